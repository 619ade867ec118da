/*
 * The order of rpm: rpm-version(7), as rpm 4.16 and later compute it (with '~' and '^').
 */
#include "know/version-rules.h"

struct parts {
    struct bw_str epoch, version, release;
    bool has_release;
};

/* As rpm's parseEVR: an epoch is digits (or nothing) before a ':' that directly follows them, a
 * release is what follows the last '-'. */
static struct parts split(struct bw_str s)
{
    struct parts parts = {.version = s};
    struct bw_str rest = s;
    struct bw_str digits = bw_version_cut(&rest, bw_version_is_digit);
    if (rest.n > 0 && rest.p[0] == ':') {
        parts.epoch = digits;
        parts.version = bw_str_from(rest, 1);
    }
    size_t hyphen = bw_str_rfind(parts.version, '-');
    if (hyphen != SIZE_MAX) {
        parts.has_release = true;
        parts.release = bw_str_from(parts.version, hyphen + 1);
        parts.version = bw_str_take(parts.version, hyphen);
    }
    return parts;
}

static bool is_separator(char c)
{
    return !bw_version_is_alnum(c) && c != '~' && c != '^';
}

static bool starts(struct bw_str s, char c)
{
    return s.n > 0 && s.p[0] == c;
}

/*
 * '~' sorts before the end of the string, '^' after it but before anything else. Returns true
 * where one of the strings begins with such a mark: *ret is the verdict, or both marks are cut off
 * and *ret is 0.
 */
static bool compare_marks(struct bw_str *a, struct bw_str *b, int *ret)
{
    bool tilde = starts(*a, '~') || starts(*b, '~');
    char mark = tilde ? '~' : '^';
    bool in_a = starts(*a, mark), in_b = starts(*b, mark);
    if (!in_a && !in_b)
        return false;
    if (in_a && in_b) {
        *a = bw_str_from(*a, 1);
        *b = bw_str_from(*b, 1);
        *ret = 0;
        return true;
    }
    size_t other = in_a ? b->n : a->n;
    bool marked_is_older = tilde || other > 0;
    *ret = in_a == marked_is_older ? -1 : 1;
    return true;
}

/* A run of digits is newer than a run of letters. Both strings begin with either. */
static int compare_runs(struct bw_str *a, struct bw_str *b)
{
    bool number = bw_version_is_digit(a->p[0]);
    if (number != bw_version_is_digit(b->p[0]))
        return number ? 1 : -1;
    bool (*is)(char) = number ? bw_version_is_digit : bw_version_is_alpha;
    struct bw_str ra = bw_version_cut(a, is), rb = bw_version_cut(b, is);
    return number ? bw_version_numbers(ra, rb) : bw_version_texts(ra, rb);
}

static int compare_part(struct bw_str a, struct bw_str b)
{
    while (a.n > 0 || b.n > 0) {
        int c = 0;
        bw_version_cut(&a, is_separator);
        bw_version_cut(&b, is_separator);
        if (compare_marks(&a, &b, &c)) {
            if (c)
                return c;
            continue;
        }
        if (a.n == 0 || b.n == 0)
            break;
        c = compare_runs(&a, &b);
        if (c)
            return c;
    }
    return (a.n > 0) - (b.n > 0);
}

static int compare(struct bw_str a, struct bw_str b)
{
    struct parts pa = split(a), pb = split(b);
    int c = bw_version_numbers(pa.epoch, pb.epoch);
    if (!c)
        c = compare_part(pa.version, pb.version);
    if (!c)
        c = (int)pa.has_release - (int)pb.has_release;
    if (!c)
        c = compare_part(pa.release, pb.release);
    return c;
}

static bool is_version(char c)
{
    return bw_version_is_alnum(c) || c == '.' || c == '_' || c == '+' || c == '~' || c == '^';
}

static bool valid(struct bw_str s)
{
    struct parts parts = split(s);
    if (starts(s, ':'))
        return false;
    return bw_version_all(parts.version, is_version) &&
           (!parts.has_release || bw_version_all(parts.release, is_version));
}

const struct bw_version_rules bw_version_rules_rpm = {"rpm", compare, valid};
