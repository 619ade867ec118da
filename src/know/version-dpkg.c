/*
 * The order of dpkg: deb-version(7), "Sorting algorithm"; Debian Policy 5.6.12. And that of opam,
 * which has dpkg's rule for the whole string, without epoch and revision.
 */
#include <limits.h>

#include "know/version-rules.h"

struct parts {
    struct bw_str epoch, upstream, revision;
};

static struct parts split(struct bw_str s)
{
    struct parts parts = {.upstream = s};
    size_t colon = bw_str_find(s, ':');
    if (colon != SIZE_MAX && bw_version_all(bw_str_take(s, colon), bw_version_is_digit)) {
        parts.epoch = bw_str_take(s, colon);
        parts.upstream = bw_str_from(s, colon + 1);
    }
    size_t hyphen = bw_str_rfind(parts.upstream, '-');
    if (hyphen != SIZE_MAX) {
        parts.revision = bw_str_from(parts.upstream, hyphen + 1);
        parts.upstream = bw_str_take(parts.upstream, hyphen);
    }
    return parts;
}

/* '~' before the end of the part, that before letters, those before everything else. A digit ends
 * a run of other bytes just as the end of the part does. */
static int weight(struct bw_str s, size_t i)
{
    if (i >= s.n || bw_version_is_digit(s.p[i]))
        return 0;
    if (s.p[i] == '~')
        return -1;
    int byte = (unsigned char)s.p[i];
    return bw_version_is_alpha(s.p[i]) ? byte : byte + 256;
}

/* Compares the leading runs of non-digits and cuts them off. */
static int compare_texts(struct bw_str *a, struct bw_str *b)
{
    size_t i = 0;
    while (weight(*a, i) == weight(*b, i) && weight(*a, i) != 0)
        i++;
    int wa = weight(*a, i), wb = weight(*b, i);
    *a = bw_str_from(*a, i);
    *b = bw_str_from(*b, i);
    return (wa > wb) - (wa < wb);
}

static int compare_part(struct bw_str a, struct bw_str b)
{
    while (a.n > 0 || b.n > 0) {
        int c = compare_texts(&a, &b);
        if (c)
            return c;
        struct bw_str na = bw_version_cut(&a, bw_version_is_digit);
        struct bw_str nb = bw_version_cut(&b, bw_version_is_digit);
        c = bw_version_numbers(na, nb);
        if (c)
            return c;
    }
    return 0;
}

static int compare(struct bw_str a, struct bw_str b)
{
    struct parts pa = split(a), pb = split(b);
    int c = bw_version_numbers(pa.epoch, pb.epoch);
    if (!c)
        c = compare_part(pa.upstream, pb.upstream);
    if (!c)
        c = compare_part(pa.revision, pb.revision);
    return c;
}

static int compare_opam(struct bw_str a, struct bw_str b)
{
    return compare_part(a, b);
}

static bool is_upstream(char c)
{
    return bw_version_is_alnum(c) || c == '.' || c == '+' || c == '-' || c == '~' || c == ':';
}

static bool is_revision(char c)
{
    return bw_version_is_alnum(c) || c == '.' || c == '+' || c == '~';
}

static bool valid(struct bw_str s)
{
    struct parts parts = split(s);
    uint64_t epoch = 0;
    if (parts.epoch.n > 0 && (!bw_str_to_u64(parts.epoch, &epoch) || epoch > INT_MAX))
        return false;
    if (parts.epoch.n == 0 && bw_str_find(s, ':') != SIZE_MAX)
        return false;
    if (!bw_version_all(parts.upstream, is_upstream) || !bw_version_is_digit(parts.upstream.p[0]))
        return false;
    bool revision = bw_str_rfind(s, '-') != SIZE_MAX;
    return !revision || bw_version_all(parts.revision, is_revision);
}

static bool is_opam(char c)
{
    return bw_version_is_alnum(c) || c == '.' || c == '+' || c == '-' || c == '_' || c == '~';
}

static bool valid_opam(struct bw_str s)
{
    return bw_version_all(s, is_opam);
}

const struct bw_version_rules bw_version_rules_dpkg = {"dpkg", compare, valid};
const struct bw_version_rules bw_version_rules_opam = {"opam", compare_opam, valid_opam};
