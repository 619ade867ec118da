/*
 * The order of Semantic Versioning 2.0.0 (section 11), that of Dart's pub, which adds the build
 * metadata to it, and that of NuGet (NuGetVersion), which does not look at case.
 */
#include "know/version-rules.h"

struct parts {
    struct bw_str numbers, pre, build;
};

static bool is_number_or_dot(char c)
{
    return bw_version_is_digit(c) || c == '.';
}

static struct bw_str without_v(struct bw_str s)
{
    bool prefixed = s.n > 1 && s.p[0] == 'v' && bw_version_is_digit(s.p[1]);
    return prefixed ? bw_str_from(s, 1) : s;
}

static struct parts split(struct bw_str s)
{
    struct parts parts = {.pre = without_v(s)};
    size_t plus = bw_str_find(parts.pre, '+');
    if (plus != SIZE_MAX) {
        parts.build = bw_str_from(parts.pre, plus + 1);
        parts.pre = bw_str_take(parts.pre, plus);
    }
    parts.numbers = bw_version_cut(&parts.pre, is_number_or_dot);
    if (parts.pre.n > 0 && parts.pre.p[0] == '-')
        parts.pre = bw_str_from(parts.pre, 1);
    return parts;
}

static bool is_dot(char c)
{
    return c == '.';
}

/* Missing numbers are 0. */
static int compare_numbers(struct bw_str a, struct bw_str b)
{
    int c = 0;
    while (!c && (a.n > 0 || b.n > 0)) {
        bw_version_cut(&a, is_dot);
        bw_version_cut(&b, is_dot);
        struct bw_str na = bw_version_cut(&a, bw_version_is_digit);
        struct bw_str nb = bw_version_cut(&b, bw_version_is_digit);
        c = bw_version_numbers(na, nb);
    }
    return c;
}

typedef int (*compare_words)(struct bw_str a, struct bw_str b);

/* Section 11.4: numbers before words, the shorter list first. */
static int compare_identifier(struct bw_str a, struct bw_str b, compare_words words)
{
    bool number_a = bw_version_all(a, bw_version_is_digit);
    bool number_b = bw_version_all(b, bw_version_is_digit);
    if (number_a && number_b)
        return bw_version_numbers(a, b);
    if (number_a != number_b)
        return number_a ? -1 : 1;
    return words(a, b);
}

static int compare_identifiers(struct bw_str a, struct bw_str b, compare_words words)
{
    for (;;) {
        struct bw_str ia, ib;
        bool has_a = bw_str_split(&a, '.', &ia), has_b = bw_str_split(&b, '.', &ib);
        if (!has_a || !has_b)
            return (int)has_a - (int)has_b;
        int c = compare_identifier(ia, ib, words);
        if (c)
            return c;
    }
}

static int compare_parts(const struct parts *a, const struct parts *b, compare_words words)
{
    int c = compare_numbers(a->numbers, b->numbers);
    if (c)
        return c;
    if (a->pre.n == 0 || b->pre.n == 0)
        return (b->pre.n > 0) - (a->pre.n > 0);
    return compare_identifiers(a->pre, b->pre, words);
}

static int compare_semver(struct bw_str a, struct bw_str b)
{
    struct parts pa = split(a), pb = split(b);
    return compare_parts(&pa, &pb, bw_version_texts);
}

static int compare_pub(struct bw_str a, struct bw_str b)
{
    struct parts pa = split(a), pb = split(b);
    int c = compare_parts(&pa, &pb, bw_version_texts);
    if (c)
        return c;
    if (pa.build.n == 0 || pb.build.n == 0)
        return (pa.build.n > 0) - (pb.build.n > 0);
    return compare_identifiers(pa.build, pb.build, bw_version_texts);
}

static int compare_nuget(struct bw_str a, struct bw_str b)
{
    struct parts pa = split(a), pb = split(b);
    return compare_parts(&pa, &pb, bw_version_texts_nocase);
}

static bool is_identifier(char c)
{
    return bw_version_is_alnum(c) || c == '-';
}

/* Section 2: no leading zeros. */
static bool is_plain_number(struct bw_str s)
{
    return bw_version_all(s, bw_version_is_digit) && (s.n == 1 || s.p[0] != '0');
}

static bool valid_identifiers(struct bw_str s, bool numbers_are_plain)
{
    struct bw_str part;
    if (s.n == 0)
        return false;
    while (bw_str_split(&s, '.', &part)) {
        if (!bw_version_all(part, is_identifier))
            return false;
        if (numbers_are_plain && bw_version_all(part, bw_version_is_digit) &&
            !is_plain_number(part))
            return false;
    }
    return true;
}

static bool valid_numbers(struct bw_str s)
{
    struct bw_str part;
    size_t count = 0;
    while (bw_str_split(&s, '.', &part)) {
        if (!is_plain_number(part))
            return false;
        count++;
    }
    return count == 3;
}

/* One to four numbers, leading zeros allowed. */
static bool valid_nuget_numbers(struct bw_str s)
{
    struct bw_str part;
    size_t count = 0;
    for (; bw_str_split(&s, '.', &part); count++)
        if (!bw_version_all(part, bw_version_is_digit))
            return false;
    return count >= 1 && count <= 4;
}

static bool valid_as(struct bw_str s, bool (*numbers)(struct bw_str))
{
    size_t plus = bw_str_find(s, '+');
    if (plus != SIZE_MAX && !valid_identifiers(bw_str_from(s, plus + 1), false))
        return false;
    s = bw_str_take(s, plus);
    size_t hyphen = bw_str_find(s, '-');
    if (hyphen != SIZE_MAX && !valid_identifiers(bw_str_from(s, hyphen + 1), true))
        return false;
    return numbers(bw_str_take(s, hyphen));
}

static bool valid(struct bw_str s)
{
    return valid_as(without_v(s), valid_numbers);
}

static bool valid_nuget(struct bw_str s)
{
    return valid_as(s, valid_nuget_numbers);
}

const struct bw_version_rules bw_version_rules_semver = {"semver", compare_semver, valid};
const struct bw_version_rules bw_version_rules_pub = {"pub", compare_pub, valid};
const struct bw_version_rules bw_version_rules_nuget = {"nuget", compare_nuget, valid_nuget};
