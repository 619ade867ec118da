/*
 * Conan 2's order: items joined by '.', a pre-release behind '-', a build behind '+'. Zeros at the
 * end are dropped; a pre-release is older than its release; the build counts last.
 *
 * Conan compares an item that is a number with one that is none as texts, which goes in a circle
 * ("9" < "10" < "1a" < "9"). Here an item is its leading number and the text behind ("1.1.1" <
 * "1.1.1t" < "1.1.2"), and an item without a number ("cci") is newer than one with, as Conan has it
 * for every version in its own index.
 */
#include "know/version-rules.h"

struct parts {
    struct bw_str items, pre, build;
};

static struct parts split(struct bw_str s)
{
    struct parts parts = {.items = s};
    size_t plus = bw_str_find(s, '+');
    if (plus != SIZE_MAX) {
        parts.build = bw_str_from(s, plus + 1);
        parts.items = bw_str_take(s, plus);
    }
    size_t hyphen = bw_str_find(parts.items, '-');
    if (hyphen != SIZE_MAX) {
        parts.pre = bw_str_from(parts.items, hyphen + 1);
        parts.items = bw_str_take(parts.items, hyphen);
    }
    return parts;
}

/* The next item, empty behind the last one; it is as good as 0. */
static struct bw_str next_item(struct bw_str *rest)
{
    struct bw_str item = BW_STR("");
    bw_str_split(rest, '.', &item);
    return item;
}

static int compare_items(struct bw_str a, struct bw_str b)
{
    bool number_a = a.n == 0 || bw_version_is_digit(a.p[0]);
    bool number_b = b.n == 0 || bw_version_is_digit(b.p[0]);
    if (number_a != number_b)
        return number_a ? -1 : 1;
    int c = bw_version_numbers(bw_version_cut(&a, bw_version_is_digit),
                               bw_version_cut(&b, bw_version_is_digit));
    return c ? c : bw_version_texts_nocase(a, b);
}

static int compare_lists(struct bw_str a, struct bw_str b)
{
    int c = 0;
    while (!c && (a.p || b.p)) {
        struct bw_str item_a = next_item(&a), item_b = next_item(&b);
        c = compare_items(item_a, item_b);
    }
    return c;
}

static int compare(struct bw_str a, struct bw_str b)
{
    struct parts pa = split(a), pb = split(b);
    int c = compare_lists(pa.items, pb.items);
    if (c)
        return c;
    if ((pa.pre.n > 0) != (pb.pre.n > 0))
        return pa.pre.n > 0 ? -1 : 1;
    c = compare_lists(pa.pre, pb.pre);
    if (c)
        return c;
    if ((pa.build.n > 0) != (pb.build.n > 0))
        return pa.build.n > 0 ? 1 : -1;
    return compare_lists(pa.build, pb.build);
}

static bool is_conan(char c)
{
    return bw_version_is_lower(c) || bw_version_is_digit(c) || c == '.' || c == '-' || c == '+' ||
           c == '_';
}

static bool valid(struct bw_str s)
{
    return bw_version_all(s, is_conan) && bw_version_is_alnum(s.p[0]);
}

const struct bw_version_rules bw_version_rules_conan = {"conan", compare, valid};
