/*
 * Composer's order, which is PHP's version_compare with a leading "v" passed over.
 *
 * A version is a list of numbers and words, cut at every other character and between digit and
 * letter. Words count by their beginning, and by their case: any other < dev < a(lpha) < b(eta) <
 * rc, RC < the end of the version < a number < p(l). '#', PHP's own, stands for any number, and
 * for none.
 */
#include "know/version-rules.h"

enum rank {
    OTHER,
    DEV,
    ALPHA,
    BETA,
    RC,
    END,
    NUMBER,
    PATCH,
    ANY_NUMBER,
};

struct part {
    enum rank rank;
    struct bw_str digits; /* of NUMBER */
};

static bool is_part(char c)
{
    return bw_version_is_alnum(c) || c == '#';
}

static bool is_no_part(char c)
{
    return !is_part(c);
}

static bool is_letter(char c)
{
    return is_part(c) && !bw_version_is_digit(c);
}

static enum rank rank_of(struct bw_str word)
{
    static const struct {
        struct bw_str with;
        enum rank rank;
    } RANKS[] = {
        {{"dev", 3}, DEV}, {{"a", 1}, ALPHA}, {{"b", 1}, BETA},       {{"RC", 2}, RC},
        {{"rc", 2}, RC},   {{"p", 1}, PATCH}, {{"#", 1}, ANY_NUMBER},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(RANKS); i++)
        if (bw_str_starts(word, RANKS[i].with))
            return RANKS[i].rank;
    return OTHER;
}

static struct part next_part(struct bw_str *rest)
{
    bw_version_cut(rest, is_no_part);
    if (rest->n == 0)
        return (struct part){.rank = END};
    struct bw_str digits = bw_version_cut(rest, bw_version_is_digit);
    if (digits.n)
        return (struct part){.rank = NUMBER, .digits = digits};
    return (struct part){.rank = rank_of(bw_version_cut(rest, is_letter))};
}

static bool is_any(enum rank rank)
{
    return rank == NUMBER || rank == END || rank == ANY_NUMBER;
}

static int compare_parts(const struct part *a, const struct part *b)
{
    if (a->rank == ANY_NUMBER || b->rank == ANY_NUMBER) {
        if (is_any(a->rank) && is_any(b->rank))
            return 0;
        enum rank rank_a = a->rank == ANY_NUMBER ? NUMBER : a->rank;
        enum rank rank_b = b->rank == ANY_NUMBER ? NUMBER : b->rank;
        return rank_a < rank_b ? -1 : 1;
    }
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return bw_version_numbers(a->digits, b->digits);
}

static struct bw_str without_v(struct bw_str s)
{
    bool prefixed = s.n > 1 && (s.p[0] == 'v' || s.p[0] == 'V') && bw_version_is_digit(s.p[1]);
    return prefixed ? bw_str_from(s, 1) : s;
}

static int compare(struct bw_str a, struct bw_str b)
{
    a = without_v(a);
    b = without_v(b);
    for (;;) {
        struct part part_a = next_part(&a), part_b = next_part(&b);
        int c = compare_parts(&part_a, &part_b);
        if (c || (part_a.rank == END && part_b.rank == END))
            return c;
    }
}

static bool is_packagist(char c)
{
    return bw_version_is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '+' || c == '/';
}

/* A number first, or a branch: "dev-main". */
static bool valid(struct bw_str s)
{
    s = without_v(s);
    return bw_version_all(s, is_packagist) &&
           (bw_version_is_digit(s.p[0]) || bw_str_starts(s, BW_STR("dev-")));
}

const struct bw_version_rules bw_version_rules_packagist = {"packagist", compare, valid};
