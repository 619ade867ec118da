#include "extract/dockerfile-pattern.h"

#include "extract/dockerfile-expand.h"

enum {
    ANY_TEXT = 0x110000, /* behind the last code point */
    ANY_CHARACTER,
};

struct pattern {
    size_t n;
    uint32_t v[BW_EXPAND_PATTERN_MAX];
};

/* The character at p, of n bytes; the text is UTF-8, or else each byte is one. */
static uint32_t decode(const char *p, size_t left, size_t *n)
{
    uint8_t c = (uint8_t)p[0];
    size_t want = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    *n = want <= left ? want : 1;
    uint32_t code = c;
    for (size_t i = 1; i < *n; i++)
        code = (code << 6 | ((uint8_t)p[i] & 0x3f)) & 0xffffff;
    return code % ANY_TEXT;
}

static int add(struct pattern *pattern, uint32_t c, struct bw_err *err)
{
    if (pattern->n == BW_EXPAND_PATTERN_MAX)
        return bw_err_set(err, BW_ELIMIT, "a pattern of more than %u characters",
                          BW_EXPAND_PATTERN_MAX);
    pattern->v[pattern->n++] = c;
    return 0;
}

static int compile(struct pattern *pattern, struct bw_str text, struct bw_err *err)
{
    pattern->n = 0;
    for (size_t i = 0, n = 0; i < text.n; i += n) {
        uint32_t c = decode(text.p + i, text.n - i, &n);
        if (c == '*') {
            c = ANY_TEXT;
        } else if (c == '?') {
            c = ANY_CHARACTER;
        } else if (c == '\\') {
            char next = i + 1 < text.n ? text.p[i + 1] : 0;
            if (next != '*' && next != '?' && next != '\\' && next != '}' && next != '/')
                return bw_err_set(err, BW_EFORMAT, "an escape in a pattern that is none");
            c = (uint8_t)next;
            n = 2;
        }
        int rc = add(pattern, c, err);
        if (rc)
            return rc;
    }
    return 0;
}

static void reverse(struct pattern *pattern)
{
    for (size_t i = 0; i < pattern->n / 2; i++) {
        uint32_t c = pattern->v[i];
        pattern->v[i] = pattern->v[pattern->n - 1 - i];
        pattern->v[pattern->n - 1 - i] = c;
    }
}

/* Which elements of the pattern may come next: bit i of a set that is moved along the value. */
struct states {
    bool v[BW_EXPAND_PATTERN_MAX + 1];
};

static void skip_stars(const struct pattern *pattern, struct states *states)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (states->v[i] && pattern->v[i] == ANY_TEXT)
            states->v[i + 1] = true;
}

static bool advance(const struct pattern *pattern, struct states *states, uint32_t c)
{
    struct states next = {0};
    bool alive = false;
    for (size_t i = 0; i < pattern->n; i++) {
        if (!states->v[i])
            continue;
        if (pattern->v[i] == ANY_TEXT)
            next.v[i] = alive = true;
        else if (pattern->v[i] == ANY_CHARACTER || pattern->v[i] == c)
            next.v[i + 1] = alive = true;
    }
    skip_stars(pattern, &next);
    *states = next;
    return alive;
}

/* The bytes of the shortest or longest beginning of the value that the pattern fits; SIZE_MAX where
 * there is none. With `end` it is read from its end. */
static size_t fit(const struct pattern *pattern, struct bw_str value, bool end, bool longest)
{
    struct states states = {.v = {true}};
    size_t found = SIZE_MAX, at = 0;
    skip_stars(pattern, &states);
    for (bool alive = true; alive;) {
        if (states.v[pattern->n]) {
            found = at;
            if (!longest)
                break;
        }
        if (at == value.n)
            break;
        size_t n = 1;
        const char *p = value.p + at;
        if (end) {
            p = value.p + value.n - at - 1;
            while (n < 4 && p > value.p && ((uint8_t)p[0] & 0xc0) == 0x80)
                p--, n++;
        }
        alive = advance(pattern, &states, decode(p, end ? n : value.n - at, &n));
        at += n;
    }
    return found;
}

static int check_length(struct bw_str value, struct bw_err *err)
{
    if (value.n > BW_EXPAND_VALUE_MAX)
        return bw_err_set(err, BW_ELIMIT, "a pattern for a value of more than %zu bytes",
                          BW_EXPAND_VALUE_MAX);
    return 0;
}

int bw_pattern_trim(struct bw_str text, struct bw_str value, bool end, bool longest,
                    struct bw_str *ret_rest, struct bw_err *err)
{
    struct pattern pattern;
    int rc = check_length(value, err);
    if (!rc)
        rc = compile(&pattern, text, err);
    if (rc)
        return rc;
    if (end)
        reverse(&pattern);
    size_t n = fit(&pattern, value, end, longest);
    if (n != SIZE_MAX)
        value = end ? bw_str_take(value, value.n - n) : bw_str_from(value, n);
    *ret_rest = value;
    return 0;
}

int bw_pattern_replace(struct bw_str text, struct bw_str value, struct bw_str replacement, bool all,
                       struct bw_buf *out, struct bw_err *err)
{
    struct pattern pattern;
    int rc = check_length(value, err);
    if (!rc)
        rc = compile(&pattern, text, err);
    if (rc)
        return rc;
    for (size_t at = 0; at <= value.n;) {
        size_t n = fit(&pattern, bw_str_from(value, at), false, true);
        if (n != SIZE_MAX)
            bw_buf_str(out, replacement);
        if (n != SIZE_MAX && !all) {
            bw_buf_str(out, bw_str_from(value, at + n));
            break;
        }
        if (n != SIZE_MAX && n) {
            at += n;
            continue;
        }
        if (at < value.n)
            bw_buf_byte(out, (uint8_t)value.p[at]);
        at++;
    }
    return 0;
}
