/*
 * What a waiver says of paths and package URLs, against those of a finding.
 */
#include "decide/waiver-state.h"

/* Bytes of a pattern: PATH_MAX. */
#define PATTERN_MAX 4096u

/* --- paths --- */

/* How many bytes of stars stand at i: 0, 1 of "*", 2 of "**", 3 of "**" and '/'. */
static size_t stars_at(struct bw_str pattern, size_t i)
{
    if (i >= pattern.n || pattern.p[i] != '*')
        return 0;
    if (i + 1 >= pattern.n || pattern.p[i + 1] != '*')
        return 1;
    return i + 2 < pattern.n && pattern.p[i + 2] == '/' ? 3 : 2;
}

/* Stars may stand for nothing; "**" and '/' only where a component begins. */
static void pass_stars(struct bw_str pattern, bool begins, bool *at)
{
    for (size_t i = 0; i < pattern.n; i++) {
        size_t stars = at[i] ? stars_at(pattern, i) : 0;
        if (stars && (stars < 3 || begins))
            at[i + stars] = true;
    }
}

static void step(struct bw_str pattern, char c, const bool *at, bool *next)
{
    memset(next, 0, pattern.n + 1);
    for (size_t i = 0; i < pattern.n; i++) {
        size_t stars = at[i] ? stars_at(pattern, i) : 0;
        if (stars)
            next[i] |= stars > 1 || c != '/';
        else if (at[i] && (pattern.p[i] == c || (pattern.p[i] == '?' && c != '/')))
            next[i + 1] = true;
    }
}

/* All the places of the pattern where the path so far may have led to are followed at once: the
 * time is bounded by the product of the lengths, however many stars there are. */
static bool follow(struct bw_str pattern, struct bw_str path, bool begins)
{
    bool places[2][PATTERN_MAX + 1], *at = places[0], *next = places[1];
    memset(at, 0, pattern.n + 1);
    at[0] = true;
    pass_stars(pattern, begins, at);
    for (size_t i = 0; i < path.n; i++) {
        step(pattern, path.p[i], at, next);
        pass_stars(pattern, path.p[i] == '/', next);
        bool *swap = at;
        at = next;
        next = swap;
    }
    return at[pattern.n];
}

static bool is_wild(char c)
{
    return c == '*' || c == '?';
}

/* Also where '/' is part of "**" and '/'. */
static bool ends_wild(struct bw_str pattern)
{
    char last = pattern.p[pattern.n - 1];
    return is_wild(last) || (last == '/' && pattern.n > 1 && pattern.p[pattern.n - 2] == '*');
}

bool bw_waiver_path_matches(struct bw_str pattern, struct bw_str path)
{
    size_t same = 0;
    bool begins = true;
    while (same < pattern.n && same < path.n && pattern.p[same] == path.p[same] &&
           !is_wild(pattern.p[same]))
        begins = path.p[same++] == '/';
    pattern = bw_str_from(pattern, same);
    path = bw_str_from(path, same);
    while (pattern.n && path.n && pattern.p[pattern.n - 1] == path.p[path.n - 1] &&
           !ends_wild(pattern))
        pattern.n--, path.n--;
    if (pattern.n == 0)
        return path.n == 0;
    /* What is left begins and ends with a wildcard, or differs. */
    if (!is_wild(pattern.p[0]) || !ends_wild(pattern))
        return false;
    return pattern.n <= PATTERN_MAX && follow(pattern, path, begins);
}

/* --- package URLs --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct bw_str bw_purl_decode(struct bw_str s, char out[BW_PURL_DECODED_MAX])
{
    size_t n = 0;
    if (s.n > BW_PURL_DECODED_MAX)
        return (struct bw_str){0};
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        out[n++] = low >= 0 ? (char)(high << 4 | low) : s.p[i];
        i += low >= 0 ? 2 : 0;
    }
    return bw_str_n(out, n);
}

static bool equal_decoded(struct bw_str a, struct bw_str b)
{
    char one[BW_PURL_DECODED_MAX], two[BW_PURL_DECODED_MAX];
    struct bw_str x = bw_purl_decode(a, one), y = bw_purl_decode(b, two);
    return x.n && bw_str_eq(x, y);
}

struct bw_purl_parts bw_purl_split(struct bw_str s)
{
    struct bw_purl_parts purl = {0};
    s = bw_str_take(s, bw_str_find(s, '#'));
    size_t question = bw_str_find(s, '?');
    if (question != SIZE_MAX)
        purl.qualifiers = bw_str_from(s, question + 1);
    s = bw_str_take(s, question);
    size_t at = bw_str_rfind(s, '@'), slash = bw_str_rfind(s, '/');
    bool versioned = at != SIZE_MAX && (slash == SIZE_MAX || at > slash + 1);
    purl.base = versioned ? bw_str_take(s, at) : s;
    purl.version = versioned ? bw_str_from(s, at + 1) : BW_STR("");
    return purl;
}

static bool has_qualifier(struct bw_str qualifiers, struct bw_str wanted)
{
    struct bw_str part;
    while (bw_str_split(&qualifiers, '&', &part))
        if (equal_decoded(part, wanted))
            return true;
    return false;
}

bool bw_purl_matches(struct bw_str pattern, struct bw_str s)
{
    struct bw_purl_parts wanted = bw_purl_split(pattern), purl = bw_purl_split(s);
    struct bw_str part;
    if (!equal_decoded(wanted.base, purl.base) ||
        (wanted.version.n && !equal_decoded(wanted.version, purl.version)))
        return false;
    while (wanted.qualifiers.n && bw_str_split(&wanted.qualifiers, '&', &part))
        if (part.n && !has_qualifier(purl.qualifiers, part))
            return false;
    return true;
}
