/*
 * Lists of numbers, of which the longer is the newer one where the shorter is its beginning:
 * R's package_version (numbers joined by '.' or '-', CRAN) and Haskell's Data.Version (joined by
 * '.', Hackage). What is no number is older than every number.
 */
#include "know/version-rules.h"

static bool is_dot(char c)
{
    return c == '.';
}

static bool is_dot_or_hyphen(char c)
{
    return c == '.' || c == '-';
}

/* Cuts the part before the first joint off; false at the end. */
static bool next_part(struct bw_str *rest, bool (*is_joint)(char), struct bw_str *ret_part)
{
    if (!rest->p)
        return false;
    size_t n = 0;
    while (n < rest->n && !is_joint(rest->p[n]))
        n++;
    *ret_part = bw_str_take(*rest, n);
    *rest = n < rest->n ? bw_str_from(*rest, n + 1) : (struct bw_str){NULL, 0};
    return true;
}

static int compare_parts(struct bw_str a, struct bw_str b)
{
    bool number_a = bw_version_all(a, bw_version_is_digit);
    bool number_b = bw_version_all(b, bw_version_is_digit);
    if (number_a != number_b)
        return number_a ? 1 : -1;
    return number_a ? bw_version_numbers(a, b) : bw_version_texts(a, b);
}

static int compare(struct bw_str a, struct bw_str b, bool (*is_joint)(char))
{
    if (a.n == 0 || b.n == 0)
        return (a.n > 0) - (b.n > 0);
    for (;;) {
        struct bw_str part_a, part_b;
        bool more_a = next_part(&a, is_joint, &part_a), more_b = next_part(&b, is_joint, &part_b);
        if (!more_a || !more_b)
            return (int)more_a - (int)more_b;
        int c = compare_parts(part_a, part_b);
        if (c)
            return c;
    }
}

static bool valid(struct bw_str s, bool (*is_joint)(char), size_t least)
{
    struct bw_str part;
    size_t n = 0;
    for (; next_part(&s, is_joint, &part); n++)
        if (!bw_version_all(part, bw_version_is_digit))
            return false;
    return n >= least;
}

static int compare_cran(struct bw_str a, struct bw_str b)
{
    return compare(a, b, is_dot_or_hyphen);
}

/* R wants two numbers at least. */
static bool valid_cran(struct bw_str s)
{
    return valid(s, is_dot_or_hyphen, 2);
}

static int compare_hackage(struct bw_str a, struct bw_str b)
{
    return compare(a, b, is_dot);
}

static bool valid_hackage(struct bw_str s)
{
    return valid(s, is_dot, 1);
}

const struct bw_version_rules bw_version_rules_cran = {"cran", compare_cran, valid_cran};
const struct bw_version_rules bw_version_rules_hackage = {"hackage", compare_hackage,
                                                          valid_hackage};
