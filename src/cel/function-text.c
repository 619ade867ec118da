#include "cel/function-text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "cel/text.h"

#define BYTES_PER_UNIT 10u

bool bw_cel_charge_bytes(struct bw_cel_call *call, size_t n)
{
    return bw_cel_charge(call, (n + BYTES_PER_UNIT - 1) / BYTES_PER_UNIT);
}

static bool begins_character(char c)
{
    return ((uint8_t)c & 0xc0) != 0x80;
}

size_t bw_cel_character_at(struct bw_str s, size_t index)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (begins_character(s.p[i]) && n++ == index)
            return i;
    return n == index ? s.n : SIZE_MAX;
}

size_t bw_cel_character_size(struct bw_str s)
{
    size_t n = s.n > 0;
    while (n < s.n && !begins_character(s.p[n]))
        n++;
    return n;
}

void bw_cel_text_add(struct bw_cel_text *text, struct bw_str s)
{
    if (text->spent || !bw_cel_charge_bytes(text->call, s.n))
        text->spent = true;
    else
        bw_buf_str(&text->buf, s);
}

void bw_cel_text_printf(struct bw_cel_text *text, const char *fmt, ...)
{
    char piece[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(piece, sizeof piece, fmt, ap);
    va_end(ap);
    if (n > 0)
        bw_cel_text_add(text,
                        bw_str_n(piece, (size_t)n < sizeof piece ? (size_t)n : sizeof piece - 1));
}

struct bw_value bw_cel_text_end(struct bw_cel_text *text)
{
    struct bw_value result;
    if (text->spent)
        result = bw_cel_fail_budget();
    else if (bw_buf_failed(&text->buf))
        result = bw_cel_fail(text->call, "string too long");
    else
        result = bw_value_string(&text->call->make, bw_buf_slice(&text->buf));
    bw_buf_free(&text->buf);
    return result;
}

struct bw_value bw_cel_string(struct bw_cel_call *call, struct bw_str s)
{
    return bw_value_string(&call->make, s);
}

struct bw_value bw_cel_string_lossy(struct bw_cel_call *call, struct bw_str s)
{
    struct bw_cel_text text = BW_CEL_TEXT(call);
    if (bw_str_is_utf8(s))
        return bw_cel_string(call, s);
    while (s.n && !text.spent) {
        char out[4];
        size_t n;
        bw_cel_text_add(&text, bw_str_n(out, bw_cel_utf8_put(out, bw_cel_utf8_get(s, &n))));
        s = bw_str_from(s, n);
    }
    return bw_cel_text_end(&text);
}

void bw_cel_text_double(struct bw_cel_text *text, double d)
{
    char out[BW_CEL_PLAIN_SIZE];
    if (isnan(d) || isinf(d))
        bw_cel_text_printf(text, "%s", isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
    else
        bw_cel_text_add(text, bw_cel_double_plain(d, out));
}
