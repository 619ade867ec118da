#include "base/str.h"

int bw_str_cmp(struct bw_str a, struct bw_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c;
    return (a.n > b.n) - (a.n < b.n);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool bw_str_eq_nocase(struct bw_str a, struct bw_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool bw_str_starts(struct bw_str s, struct bw_str prefix)
{
    return s.n >= prefix.n && bw_str_eq(bw_str_take(s, prefix.n), prefix);
}

bool bw_str_ends(struct bw_str s, struct bw_str suffix)
{
    return s.n >= suffix.n && bw_str_eq(bw_str_from(s, s.n - suffix.n), suffix);
}

struct bw_str bw_str_from(struct bw_str s, size_t from)
{
    if (from >= s.n)
        return (struct bw_str){s.p ? s.p + s.n : NULL, 0};
    return (struct bw_str){s.p + from, s.n - from};
}

struct bw_str bw_str_take(struct bw_str s, size_t n)
{
    return (struct bw_str){s.p, n < s.n ? n : s.n};
}

size_t bw_str_find(struct bw_str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t bw_str_rfind(struct bw_str s, char c)
{
    const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t bw_str_find_str(struct bw_str s, struct bw_str needle)
{
    if (needle.n == 0)
        return 0;
    const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct bw_str bw_str_trim(struct bw_str s)
{
    while (s.n && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool bw_str_split(struct bw_str *rest, char sep, struct bw_str *ret_part)
{
    if (!rest->p)
        return false;
    size_t at = bw_str_find(*rest, sep);
    if (at == SIZE_MAX) {
        *ret_part = *rest;
        *rest = (struct bw_str){NULL, 0};
        return true;
    }
    *ret_part = bw_str_take(*rest, at);
    *rest = (struct bw_str){rest->p + at + 1, rest->n - at - 1};
    return true;
}

bool bw_str_line(struct bw_str *rest, struct bw_str *ret_line)
{
    if (rest->n == 0)
        return false;
    if (!bw_str_split(rest, '\n', ret_line))
        return false;
    if (ret_line->n && ret_line->p[ret_line->n - 1] == '\r')
        ret_line->n--;
    return true;
}

bool bw_str_to_u64(struct bw_str s, uint64_t *ret_value)
{
    if (s.n == 0)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *ret_value = v;
    return true;
}

bool bw_str_to_size(struct bw_str s, uint64_t *ret_bytes)
{
    static const struct bw_str letters = {"KMGTkmgt", 8};
    size_t letter = s.n ? bw_str_find(letters, s.p[s.n - 1]) : SIZE_MAX;
    uint64_t value, factor = 1;
    if (letter != SIZE_MAX) {
        factor = UINT64_C(1024) << 10 * (letter % 4);
        s.n--;
    }
    return bw_str_to_u64(s, &value) && !__builtin_mul_overflow(value, factor, ret_bytes);
}

uint64_t bw_str_hash(struct bw_str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

/* Length of the well-formed sequence at p, or 0: the table of Unicode 15, 3.9, D92. */
static size_t utf8_sequence(const uint8_t *p, size_t n)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    size_t len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (n < len)
        return 0;
    uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

bool bw_str_is_utf8(struct bw_str s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    for (size_t i = 0; i < s.n;) {
        size_t len = utf8_sequence(p + i, s.n - i);
        if (!len)
            return false;
        i += len;
    }
    return true;
}
