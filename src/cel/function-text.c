#include "cel/function-text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
        bw_cel_text_add(text, bw_str_n(piece, (size_t)n < sizeof piece ? (size_t)n : sizeof piece));
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

#define DIGITS_MAX 17

/* "d.ddde[+-]xx" with as few digits as read back the same. */
static void shortest(double d, char *to, size_t size)
{
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        (void)snprintf(to, size, "%.*e", digits - 1, d);
        if (strtod(to, NULL) == d)
            return;
    }
}

/* All digits in one run, and how many of them stand before the point. */
static int take_digits(const char *scientific, char *digits, int *ret_n)
{
    int n = 0;
    for (; *scientific && *scientific != 'e'; scientific++)
        if (*scientific >= '0' && *scientific <= '9')
            digits[n++] = *scientific;
    *ret_n = n;
    return (*scientific == 'e' ? atoi(scientific + 1) : 0) + 1;
}

static void add_zeros(struct bw_cel_text *text, int n)
{
    if (n > 0)
        bw_cel_text_printf(text, "%0*d", n, 0);
}

void bw_cel_text_double(struct bw_cel_text *text, double d)
{
    char scientific[40], digits[DIGITS_MAX + 1];
    int n;
    if (isnan(d) || isinf(d)) {
        bw_cel_text_printf(text, "%s", isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return;
    }
    shortest(d, scientific, sizeof scientific);
    int before = take_digits(scientific, digits, &n);
    int whole = before < 0 ? 0 : before < n ? before : n;
    bw_cel_text_printf(text, "%s%.*s", signbit(d) ? "-" : "", whole, digits);
    if (before >= n) {
        add_zeros(text, before - n);
        return;
    }
    bw_cel_text_add(text, before > 0 ? BW_STR(".") : BW_STR("0."));
    add_zeros(text, -before);
    bw_cel_text_printf(text, "%.*s", n - whole, digits + whole);
}

void bw_cel_text_shortest(struct bw_cel_text *text, double d)
{
    char scientific[40];
    shortest(d, scientific, sizeof scientific);
    int exponent = atoi(strchr(scientific, 'e') + 1);
    if (exponent < -4 || exponent >= 6)
        bw_cel_text_add(text, bw_str(scientific));
    else
        bw_cel_text_double(text, d);
}
