/*
 * Sets of characters, for the parser of regular expressions.
 */
#include <stdlib.h>

#include "cel/regex-parts.h"

/* Of one set, before it is cleaned: some times all that Unicode has. */
#define RANGES_MAX 32768u

int bw_set_add(struct bw_arena *arena, struct set *set, uint32_t lo, uint32_t hi)
{
    if (set->n == set->cap) {
        uint32_t cap = set->cap ? set->cap * 2 : 1;
        struct range *more = set->n < RANGES_MAX ? bw_arena_array(arena, cap, sizeof *more) : NULL;
        if (!more)
            return -1;
        if (set->n)
            memcpy(more, set->v, set->n * sizeof *more);
        set->v = more;
        set->cap = cap;
    }
    set->v[set->n++] = (struct range){lo, hi};
    return 0;
}

int bw_set_join(struct bw_arena *arena, struct set *set, const struct set *more)
{
    for (uint32_t i = 0; i < more->n; i++)
        if (bw_set_add(arena, set, more->v[i].lo, more->v[i].hi))
            return -1;
    return 0;
}

static int by_begin(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return (x->lo > y->lo) - (x->lo < y->lo);
}

void bw_set_clean(struct set *set)
{
    if (set->n < 2)
        return;
    qsort(set->v, set->n, sizeof *set->v, by_begin);
    uint32_t n = 1;
    for (uint32_t i = 1; i < set->n; i++) {
        struct range *last = &set->v[n - 1];
        if (set->v[i].lo > last->hi + 1)
            set->v[n++] = set->v[i];
        else if (set->v[i].hi > last->hi)
            last->hi = set->v[i].hi;
    }
    set->n = n;
}

int bw_set_negate(struct bw_arena *arena, struct set *set)
{
    struct set result = {0};
    uint32_t from = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->v[i].lo > from && bw_set_add(arena, &result, from, set->v[i].lo - 1))
            return -1;
        from = set->v[i].hi + 1;
    }
    if (from <= RUNE_MAX && bw_set_add(arena, &result, from, RUNE_MAX))
        return -1;
    *set = result;
    return 0;
}

/* Adds what the characters of a range that stand in a run of letters lead to. */
static int fold_range(struct bw_arena *arena, struct set *set, struct range range,
                      const struct bw_regex_fold *fold)
{
    uint32_t lo = range.lo > fold->lo ? range.lo : fold->lo;
    uint32_t hi = range.hi < fold->hi ? range.hi : fold->hi;
    if (lo > hi)
        return 0;
    lo += (fold->stride - (lo - fold->lo) % fold->stride) % fold->stride;
    if (lo > hi)
        return 0;
    if (fold->stride == 1)
        return bw_set_add(arena, set, lo + (uint32_t)fold->delta, hi + (uint32_t)fold->delta);
    for (uint32_t c = lo; c <= hi; c += fold->stride)
        if (bw_set_add(arena, set, c + (uint32_t)fold->delta, c + (uint32_t)fold->delta))
            return -1;
    return 0;
}

/* The first of the first n ranges, which are in order, that ends at c or behind it. */
static uint32_t first_range(const struct set *set, uint32_t n, uint32_t c)
{
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (set->v[mid].hi < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* A letter has up to four forms; each pass leads every character to its next one. */
#define FORMS 4

int bw_set_fold(struct bw_arena *arena, struct set *set)
{
    bw_set_clean(set);
    for (unsigned pass = 1; pass < FORMS; pass++) {
        uint32_t n = set->n;
        uint32_t last = n ? set->v[n - 1].hi : 0;
        for (size_t f = 0; f < bw_regex_folds_n && bw_regex_folds[f].lo <= last; f++) {
            const struct bw_regex_fold *fold = &bw_regex_folds[f];
            for (uint32_t i = first_range(set, n, fold->lo); i < n && set->v[i].lo <= fold->hi; i++)
                if (fold_range(arena, set, set->v[i], fold))
                    return -1;
        }
        bw_set_clean(set);
    }
    return 0;
}

/* --- classes by name --- */

static const struct ascii_class {
    char name[8];
    uint8_t n;
    struct range v[4];
} ascii_classes[] = {
    {"alnum", 3, {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", 2, {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", 1, {{0, 0x7f}}},
    {"blank", 2, {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", 2, {{0, 0x1f}, {0x7f, 0x7f}}},
    {"digit", 1, {{'0', '9'}}},
    {"graph", 1, {{'!', '~'}}},
    {"lower", 1, {{'a', 'z'}}},
    {"print", 1, {{' ', '~'}}},
    {"punct", 4, {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", 2, {{'\t', '\r'}, {' ', ' '}}},
    {"upper", 1, {{'A', 'Z'}}},
    {"word", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", 3, {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

int bw_set_add_posix(struct bw_arena *arena, struct set *set, struct bw_str name)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(ascii_classes); i++) {
        const struct ascii_class *class = &ascii_classes[i];
        if (!bw_str_eq(bw_str(class->name), name))
            continue;
        for (unsigned r = 0; r < class->n; r++)
            if (bw_set_add(arena, set, class->v[r].lo, class->v[r].hi))
                return -1;
        return 0;
    }
    return 1;
}

/* Perl's \s has no vertical tab. */
int bw_set_add_perl(struct bw_arena *arena, struct set *set, char name)
{
    if (name == 'd')
        return bw_set_add_posix(arena, set, BW_STR("digit"));
    if (name == 'w')
        return bw_set_add_posix(arena, set, BW_STR("word"));
    if (name != 's')
        return 1;
    return bw_set_add(arena, set, '\t', '\n') || bw_set_add(arena, set, '\f', '\r') ||
                   bw_set_add(arena, set, ' ', ' ')
               ? -1
               : 0;
}

/* "L" is all of "Ll", "Lm", ...; the names of scripts have more than two letters. */
static bool names(const struct bw_regex_class *class, struct bw_str name)
{
    struct bw_str own = bw_str(class->name);
    return bw_str_eq(own, name) || (name.n == 1 && own.n == 2 && own.p[0] == name.p[0]);
}

int bw_set_add_unicode(struct bw_arena *arena, struct set *set, struct bw_str name)
{
    bool found = false;
    if (bw_str_eq(name, BW_STR("Any")))
        return bw_set_add(arena, set, 0, RUNE_MAX);
    for (size_t i = 0; i < bw_regex_classes_n; i++) {
        const struct bw_regex_class *class = &bw_regex_classes[i];
        if (!names(class, name))
            continue;
        found = true;
        for (uint32_t r = 0; r < class->n; r++) {
            struct range range = bw_regex_ranges[class->first + r];
            if (bw_set_add(arena, set, range.lo, range.hi))
                return -1;
        }
    }
    return found ? 0 : 1;
}
