/* The values of literals: escapes, and numbers in their ranges. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cel/lexer.h"
#include "cel/text.h"

/* What is read, and what is written; the text never grows. */
struct decoder {
    struct bw_str rest;
    bool bytes;
    char *out;
    size_t n;
    const char *wrong;
};

static void put_byte(struct decoder *d, unsigned byte)
{
    d->out[d->n++] = (char)byte;
}

/* One code point of a string, one octet of bytes. */
static void put_code(struct decoder *d, uint32_t code)
{
    if (d->bytes)
        put_byte(d, code);
    else
        d->n += bw_cel_utf8_put(d->out + d->n, code);
}

static bool read_number(struct decoder *d, size_t digits, unsigned base, uint32_t *ret_code)
{
    uint32_t code = 0;
    if (d->rest.n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        char c = (char)tolower((unsigned char)d->rest.p[i]);
        unsigned digit = isdigit((unsigned char)c) ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f'    ? (unsigned)(c - 'a') + 10
                                                   : 99;
        if (digit >= base)
            return false;
        code = code * base + digit;
    }
    d->rest = bw_str_from(d->rest, digits);
    *ret_code = code;
    return true;
}

static void read_coded(struct decoder *d, size_t digits, unsigned base)
{
    uint32_t code;
    if (!read_number(d, digits, base, &code)) {
        d->wrong = "an escape has too few digits";
    } else if (digits > 3 && d->bytes) {
        d->wrong = "bytes have no code points: \\u and \\U stand in strings alone";
    } else if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        d->wrong = "an escape is no code point";
    } else if (digits == 3 && code > 0xff) {
        d->wrong = "an octal escape is over \\377";
    } else {
        put_code(d, code);
    }
}

/* After the backslash. */
static void read_escape(struct decoder *d)
{
    static const char plain[] = "abfnrtv\\?\"'`", values[] = "\a\b\f\n\r\t\v\\?\"'`";
    char c = d->rest.p[0];
    const char *found = c ? strchr(plain, c) : NULL;
    if (c >= '0' && c <= '3') {
        read_coded(d, 3, 8);
        return;
    }
    d->rest = bw_str_from(d->rest, 1);
    if (found)
        put_byte(d, (unsigned char)values[found - plain]);
    else if (c == 'x' || c == 'X')
        read_coded(d, 2, 16);
    else if (c == 'u')
        read_coded(d, 4, 16);
    else if (c == 'U')
        read_coded(d, 8, 16);
    else
        d->wrong = "there is no such escape";
}

/* Line ends are '\n', as in cel-go, whatever the source has. */
static void decode(struct decoder *d, bool raw)
{
    while (d->rest.n && !d->wrong) {
        char c = d->rest.p[0];
        if (c == '\\' && !raw) {
            d->rest = bw_str_from(d->rest, 1);
            read_escape(d);
        } else {
            put_byte(d, (unsigned char)c);
            d->rest = bw_str_from(d->rest, 1);
        }
    }
}

struct bw_value bw_cel_literal_text(struct bw_value_maker *make, const struct bw_cel_token *token,
                                    const char **ret_wrong, size_t *ret_at)
{
    struct bw_str s = token->text;
    bool raw = false;
    while (s.p[0] != '"' && s.p[0] != '\'') {
        raw |= s.p[0] == 'r' || s.p[0] == 'R';
        s = bw_str_from(s, 1);
    }
    size_t quotes = s.n >= 6 && s.p[1] == s.p[0] && s.p[2] == s.p[0] ? 3 : 1;
    struct decoder d = {.rest = {s.p + quotes, s.n - 2 * quotes},
                        .bytes = token->word == BW_CEL_W_BYTES,
                        .out = bw_arena_alloc(make->arena, s.n)};
    *ret_wrong = NULL;
    if (!d.out) {
        make->failed = true;
        return (struct bw_value){0};
    }
    decode(&d, raw);
    *ret_wrong = d.wrong;
    *ret_at = (size_t)(d.rest.p - token->text.p);
    if (d.wrong)
        return (struct bw_value){0};
    struct bw_str text = bw_str_n(d.out, d.n);
    return d.bytes ? bw_value_bytes(make, text) : bw_value_string(make, text);
}

static struct bw_value integer(uint64_t u, bool is_unsigned, bool negative)
{
    if (is_unsigned)
        return negative ? (struct bw_value){0} : bw_value_uint(u);
    if (negative)
        return u <= (uint64_t)INT64_MAX + 1 ? bw_value_int((int64_t)(0 - u)) : (struct bw_value){0};
    return u <= INT64_MAX ? bw_value_int((int64_t)u) : (struct bw_value){0};
}

struct bw_value bw_cel_literal_number(const struct bw_cel_token *token, bool negative)
{
    char digits[512];
    bool is_unsigned = token->word == BW_CEL_W_UINT;
    size_t n = token->text.n - is_unsigned;
    if (n >= sizeof digits)
        return (struct bw_value){0};
    memcpy(digits, token->text.p, n);
    digits[n] = '\0';
    errno = 0;
    if (token->word == BW_CEL_W_DOUBLE) {
        double d = strtod(digits, NULL);
        return isinf(d) ? (struct bw_value){0} : bw_value_double(negative ? -d : d);
    }
    bool hex = n > 2 && digits[1] == 'x';
    uint64_t u = strtoull(hex ? digits + 2 : digits, NULL, hex ? 16 : 10);
    return errno ? (struct bw_value){0} : integer(u, is_unsigned, negative);
}
