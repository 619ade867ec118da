/*
 * Columns: the coarsest division of all characters under which each set of a pattern is a union of
 * parts. Found by refinement: all characters begin in one part, and each set splits those that it
 * cuts.
 */
#include <stdlib.h>

#include "cel/regex-parts.h"

/* Boundaries and columns, and steps of the refinement. */
#define BOUNDARIES_MAX 65000u
#define WORK_MAX       ((size_t)16 << 20)

struct part {
    uint32_t size;    /* intervals */
    uint32_t hit;     /* of them, in the set that is looked at */
    uint32_t split;   /* where those go, once some is moved */
    uint32_t seen_by; /* the set that counted, + 1 */
};

struct refinement {
    struct bw_arena *arena;
    uint32_t *bounds; /* where each interval begins, in order */
    uint32_t *part;   /* of each interval */
    uint32_t bounds_n;
    struct part *parts;
    uint32_t parts_n;
    size_t work;
};

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int collect_bounds(struct refinement *ref, const struct set *const *sets, uint32_t n)
{
    size_t total = 1, at = 0;
    for (uint32_t i = 0; i < n; i++)
        total += (size_t)sets[i]->n * 2;
    if (total > WORK_MAX)
        return -1;
    uint32_t *bounds = ref->bounds = bw_arena_array(ref->arena, total, sizeof *bounds);
    if (!bounds)
        return -1;
    bounds[at++] = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t r = 0; r < sets[i]->n; r++) {
            bounds[at++] = sets[i]->v[r].lo;
            if (sets[i]->v[r].hi < RUNE_MAX)
                bounds[at++] = sets[i]->v[r].hi + 1;
        }
    }
    qsort(bounds, at, sizeof *bounds, by_value);
    uint32_t kept = 1;
    for (size_t i = 1; i < at; i++)
        if (bounds[i] != bounds[kept - 1] && kept <= BOUNDARIES_MAX)
            bounds[kept++] = bounds[i];
    ref->bounds_n = kept;
    ref->part = bw_arena_array(ref->arena, kept, sizeof *ref->part);
    ref->parts = bw_arena_array(ref->arena, kept, sizeof *ref->parts);
    return kept > BOUNDARIES_MAX || !ref->part || !ref->parts ? -1 : 0;
}

/* The interval that begins at c, which is a boundary. */
static uint32_t interval_at(const struct refinement *ref, uint32_t c)
{
    uint32_t lo = 0, hi = ref->bounds_n;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (ref->bounds[mid] <= c)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Calls do_it for each interval in a set. */
static bool each_interval(struct refinement *ref, const struct set *set, uint32_t ctx,
                          void (*do_it)(struct refinement *ref, uint32_t interval, uint32_t ctx))
{
    for (uint32_t r = 0; r < set->n; r++) {
        uint32_t i = interval_at(ref, set->v[r].lo);
        for (; i < ref->bounds_n && ref->bounds[i] <= set->v[r].hi; i++) {
            if (++ref->work > WORK_MAX)
                return false;
            do_it(ref, i, ctx);
        }
    }
    return true;
}

static void count(struct refinement *ref, uint32_t interval, uint32_t mark)
{
    struct part *part = &ref->parts[ref->part[interval]];
    if (part->seen_by != mark) {
        part->seen_by = mark;
        part->hit = 0;
        part->split = UINT32_MAX;
    }
    part->hit++;
}

static void move(struct refinement *ref, uint32_t interval, uint32_t mark)
{
    struct part *part = &ref->parts[ref->part[interval]];
    if (part->seen_by != mark || (part->split == UINT32_MAX && part->hit == part->size))
        return;
    if (part->split == UINT32_MAX) {
        part->split = ref->parts_n;
        ref->parts[ref->parts_n++] = (struct part){0};
    }
    part->size--;
    part->hit--;
    ref->parts[part->split].size++;
    ref->part[interval] = part->split;
}

static bool refine(struct refinement *ref, const struct set *const *sets, uint32_t n)
{
    ref->parts_n = 1;
    ref->parts[0].size = ref->bounds_n;
    for (uint32_t i = 0; i < n; i++)
        if (!each_interval(ref, sets[i], i + 1, count) || !each_interval(ref, sets[i], i + 1, move))
            return false;
    return true;
}

/* --- the result --- */

static bool is_word(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static int fill_columns(struct refinement *ref, uint32_t assertions, struct columns *columns)
{
    columns->n = ref->parts_n;
    columns->ranges_n = ref->bounds_n;
    columns->ranges = bw_arena_array(ref->arena, ref->bounds_n, sizeof *columns->ranges);
    columns->kinds = bw_arena_alloc(ref->arena, ref->parts_n);
    if (!columns->ranges || !columns->kinds)
        return -1;
    for (uint32_t i = 0; i < ref->bounds_n; i++) {
        uint32_t c = ref->bounds[i];
        columns->ranges[i] = (struct column_range){c, ref->part[i]};
        if (assertions & ASSERT_ABOUT_LINES && c == '\n')
            columns->kinds[ref->part[i]] = COLUMN_NEWLINE;
        if (assertions & ASSERT_ABOUT_WORDS && is_word(c))
            columns->kinds[ref->part[i]] = COLUMN_WORD;
    }
    return 0;
}

static uint32_t *column_bits(struct refinement *ref, const struct set *set, uint32_t words)
{
    uint32_t *bits = bw_arena_array(ref->arena, words, sizeof *bits);
    for (uint32_t r = 0; bits && r < set->n; r++) {
        uint32_t i = interval_at(ref, set->v[r].lo);
        for (; i < ref->bounds_n && ref->bounds[i] <= set->v[r].hi; i++)
            bits[ref->part[i] / 32] |= 1u << ref->part[i] % 32;
    }
    return bits;
}

/* A set of one column needs no bits of its own. */
static struct column_set one_column(const uint32_t *bits, uint32_t words)
{
    struct column_set result = {STEP_FAIL, 0};
    for (uint32_t w = 0; w < words; w++) {
        if (!bits[w])
            continue;
        if (result.kind != STEP_FAIL || bits[w] & (bits[w] - 1))
            return (struct column_set){STEP_SET, 0};
        result = (struct column_set){STEP_COLUMN, w * 32 + (uint32_t)__builtin_ctz(bits[w])};
    }
    return result;
}

static int fill_sets(struct refinement *ref, const struct set *const *sets, uint32_t n,
                     struct columns *columns, struct column_set *ret_sets)
{
    uint32_t words = columns->set_words = (columns->n + 31) / 32;
    uint32_t **kept = bw_arena_array(ref->arena, n, sizeof(uint32_t *));
    if (!kept)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *bits = column_bits(ref, sets[i], words);
        if (!bits)
            return -1;
        ret_sets[i] = one_column(bits, words);
        if (ret_sets[i].kind == STEP_SET) {
            ret_sets[i].arg = columns->sets_n;
            kept[columns->sets_n++] = bits;
        }
    }
    columns->sets = bw_arena_array(ref->arena, (size_t)columns->sets_n * words, sizeof(uint32_t));
    for (uint32_t i = 0; columns->sets && i < columns->sets_n; i++)
        memcpy(columns->sets + (size_t)i * words, kept[i], words * sizeof(uint32_t));
    return columns->sets ? 0 : -1;
}

/* What assertions tell apart. */
static struct range newline_range[] = {{'\n', '\n'}};
static struct range word_ranges[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct set newline_set = {newline_range, 1, 1};
static const struct set word_set = {word_ranges, 4, 4};

int bw_regex_columns(const struct set *const *sets, uint32_t n, uint32_t assertions,
                     struct bw_arena *arena, struct columns *ret_columns,
                     struct column_set *ret_sets, struct bw_err *err)
{
    struct refinement ref = {.arena = arena};
    struct columns columns = {0};
    uint32_t all_n = n;
    const struct set **all = bw_arena_array(arena, (size_t)n + 2, sizeof(struct set *));
    if (!all)
        return bw_err_set(err, BW_ELIMIT, "expression too large");
    if (n)
        memcpy(all, sets, n * sizeof(struct set *));
    if (assertions & ASSERT_ABOUT_LINES)
        all[all_n++] = &newline_set;
    if (assertions & ASSERT_ABOUT_WORDS)
        all[all_n++] = &word_set;
    if (collect_bounds(&ref, all, all_n) || !refine(&ref, all, all_n) ||
        fill_columns(&ref, assertions, &columns) || fill_sets(&ref, sets, n, &columns, ret_sets))
        return bw_err_set(err, BW_ELIMIT, "expression too large");
    *ret_columns = columns;
    return 0;
}
