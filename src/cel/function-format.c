/*
 * string.format(): %s %d %f %e %b %o %x %X, the last of a precision where they have one. There are
 * two forms of it: the newest, which the conformance suite wants, and that of cel-go's versions 1
 * to 3 of the extension, which Kubernetes has.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cel/function-text.h"
#include "cel/text.h"
#include "cel/time-text.h"

#define PRECISION_DEFAULT 6
#define PRECISION_MAX     100
#define NUMBER_MAX        512 /* 309 digits before the point, and PRECISION_MAX behind it */

struct formatter {
    struct bw_cel_text text;
    bool american;
    char error[BW_ERR_MSG_MAX]; /* "": none */
};

static void complain(struct formatter *formatter, const char *what, struct bw_value value)
{
    if (!formatter->error[0])
        (void)snprintf(formatter->error, sizeof formatter->error,
                       "error during formatting: %s, was given %s", what, bw_cel_type_name(value));
}

/* --- %s --- */

static void add_value(struct formatter *formatter, struct bw_value value, bool nested,
                      unsigned depth);

/* As Go's %q writes, near enough: control characters are escaped. */
static void add_quoted(struct bw_cel_text *text, struct bw_str s)
{
    static const char plain[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
    bw_cel_text_add(text, BW_STR("\""));
    for (size_t i = 0; i < s.n && !text->spent; i++) {
        const char *special = s.p[i] ? strchr(plain, s.p[i]) : NULL;
        if (special)
            bw_cel_text_add(text, bw_str_n((char[]){'\\', letters[special - plain]}, 2));
        else if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7f)
            bw_cel_text_printf(text, "\\x%02x", (unsigned)s.p[i]);
        else
            bw_buf_byte(&text->buf, (uint8_t)s.p[i]);
    }
    bw_cel_text_add(text, BW_STR("\""));
}

static void add_double(struct formatter *formatter, double d, bool nested)
{
    char out[BW_CEL_NUMBER_SIZE];
    struct bw_cel_text *text = &formatter->text;
    if (!formatter->american)
        bw_cel_text_double(text, d);
    else if (nested && (isnan(d) || isinf(d)))
        bw_cel_text_printf(text, "\"%s\"", isnan(d) ? "NaN" : d > 0 ? "+Inf" : "-Inf");
    else if (nested)
        bw_cel_text_printf(text, "%.*f", PRECISION_DEFAULT, d);
    else
        bw_cel_text_add(text, bw_cel_number_text(bw_value_double(d), out));
}

static void add_list(struct formatter *formatter, struct bw_value list, unsigned depth)
{
    bw_cel_text_add(&formatter->text, BW_STR("["));
    for (uint32_t i = 0; i < bw_value_count(list) && !formatter->text.spent; i++) {
        if (i)
            bw_cel_text_add(&formatter->text, BW_STR(", "));
        add_value(formatter, bw_value_index(list, i), true, depth);
    }
    bw_cel_text_add(&formatter->text, BW_STR("]"));
}

struct entry {
    struct bw_str key, value;
    uint32_t index; /* the order of what is equal */
};

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = bw_str_cmp(x->key, y->key);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* What a value looks like, in the arena. */
static struct bw_str written(struct formatter *formatter, struct bw_value value, unsigned depth)
{
    struct bw_cel_call *call = formatter->text.call;
    struct formatter inner = {.text = BW_CEL_TEXT(call), .american = formatter->american};
    add_value(&inner, value, true, depth);
    struct bw_value result = bw_cel_text_end(&inner.text);
    if (inner.error[0] && !formatter->error[0])
        memcpy(formatter->error, inner.error, sizeof inner.error);
    if (result.kind != BW_VALUE_STRING)
        formatter->text.spent = true;
    return result.kind == BW_VALUE_STRING ? bw_value_text(result) : BW_STR("");
}

static bool is_key(struct bw_value value)
{
    return value.kind == BW_VALUE_STRING || value.kind == BW_VALUE_BOOL ||
           value.kind == BW_VALUE_INT || value.kind == BW_VALUE_UINT;
}

/* Members in the order of their keys as they are written. */
static void add_map(struct formatter *formatter, struct bw_value map, unsigned depth)
{
    struct bw_cel_text *text = &formatter->text;
    uint32_t n = bw_value_count(map);
    struct entry *entries = bw_arena_array(text->call->arena, n, sizeof *entries);
    if (!entries) {
        text->call->make.failed = true;
        return;
    }
    for (uint32_t i = 0; i < n && !text->spent; i++) {
        const struct bw_value_member *member = &map.map->v[i];
        if (formatter->american && !is_key(member->key))
            complain(formatter, "no formatting function for map key", member->key);
        entries[i].key = written(formatter, member->key, depth);
        entries[i].value = written(formatter, member->value, depth);
        entries[i].index = i;
    }
    qsort(entries, n, sizeof *entries, by_key);
    bw_cel_text_add(text, BW_STR("{"));
    for (uint32_t i = 0; i < n; i++) {
        bw_cel_text_add(text, i ? BW_STR(", ") : BW_STR(""));
        bw_cel_text_add(text, entries[i].key);
        bw_cel_text_add(text, formatter->american ? BW_STR(":") : BW_STR(": "));
        bw_cel_text_add(text, entries[i].value);
    }
    bw_cel_text_add(text, BW_STR("}"));
}

static void add_time(struct formatter *formatter, struct bw_value value, bool call_form)
{
    struct bw_cel_text *text = &formatter->text;
    bool timestamp = value.kind == BW_CEL_TIMESTAMP;
    if (call_form)
        bw_cel_text_printf(text, timestamp ? "timestamp(\"" : "duration(\"");
    char out[BW_CEL_TIME_SIZE];
    bw_cel_text_add(text, timestamp ? bw_cel_time_text(bw_cel_timestamp_of(value), out)
                                    : bw_cel_duration_text(bw_cel_duration_of(value), out));
    if (call_form)
        bw_cel_text_add(text, BW_STR("\")"));
}

static void add_scalar(struct formatter *formatter, struct bw_value value, bool nested)
{
    struct bw_cel_text *text = &formatter->text;
    bool quoted = nested && formatter->american;
    switch (value.kind) {
    case BW_VALUE_NULL:
        bw_cel_text_add(text, BW_STR("null"));
        break;
    case BW_VALUE_BOOL:
        bw_cel_text_add(text, value.u ? BW_STR("true") : BW_STR("false"));
        break;
    case BW_VALUE_INT:
        bw_cel_text_printf(text, "%lld", (long long)value.i);
        break;
    case BW_VALUE_UINT:
        bw_cel_text_printf(text, "%llu", (unsigned long long)value.u);
        break;
    case BW_VALUE_DOUBLE:
        add_double(formatter, value.d, nested);
        break;
    case BW_CEL_TYPE:
        bw_cel_text_add(text, bw_str(value.foreign));
        break;
    default:
        if (quoted && value.kind == BW_VALUE_BYTES)
            bw_cel_text_add(text, BW_STR("b"));
        if (quoted)
            add_quoted(text, bw_value_text(value));
        else
            bw_cel_text_add(text, bw_value_text(value));
    }
}

/* As deep as the value, which is bounded. */
static void add_value(struct formatter *formatter, struct bw_value value, bool nested,
                      unsigned depth)
{
    bool scalar =
        (value.kind >= BW_VALUE_NULL && value.kind <= BW_VALUE_BYTES) || value.kind == BW_CEL_TYPE;
    if (depth == BW_VALUE_DEPTH_MAX || formatter->error[0])
        complain(formatter, "the value nests too deeply", value);
    else if (value.kind == BW_VALUE_LIST)
        add_list(formatter, value, depth + 1);
    else if (value.kind == BW_VALUE_MAP)
        add_map(formatter, value, depth + 1);
    else if (value.kind == BW_CEL_TIMESTAMP || value.kind == BW_CEL_DURATION)
        add_time(formatter, value, nested && formatter->american);
    else if (scalar)
        add_scalar(formatter, value, nested);
    else
        complain(formatter,
                 "string clause can only be used on strings, bools, bytes, ints, doubles, maps, "
                 "lists, types, durations, and timestamps",
                 value);
}

/* --- numbers --- */

static void add_decimal(struct formatter *formatter, struct bw_value value)
{
    if (value.kind == BW_VALUE_INT || value.kind == BW_VALUE_UINT ||
        (value.kind == BW_VALUE_DOUBLE && !formatter->american))
        add_scalar(formatter, value, false);
    else
        complain(formatter, "decimal clause can only be used on integers", value);
}

static bool is_named_double(struct bw_value value)
{
    return bw_value_is(value, "NaN") || bw_value_is(value, "Infinity") ||
           bw_value_is(value, "-Infinity");
}

/* Of %f and %e. */
static bool take_double(const struct formatter *formatter, struct bw_value value, double *ret_d)
{
    if (value.kind == BW_VALUE_DOUBLE)
        *ret_d = value.d;
    else if (formatter->american && is_named_double(value))
        *ret_d = bw_value_is(value, "NaN")        ? (double)NAN
                 : bw_value_is(value, "Infinity") ? (double)INFINITY
                                                  : -(double)INFINITY;
    else if (!formatter->american && value.kind == BW_VALUE_INT)
        *ret_d = (double)value.i;
    else if (!formatter->american && value.kind == BW_VALUE_UINT)
        *ret_d = (double)value.u;
    else
        return false;
    return true;
}

static bool add_not_finite(struct formatter *formatter, double d)
{
    if (isfinite(d))
        return false;
    const char *infinite = formatter->american ? "\u221e" : "Infinity";
    bw_cel_text_printf(&formatter->text, "%s%s", isinf(d) && d < 0 ? "-" : "",
                       isnan(d) ? "NaN" : infinite);
    return true;
}

static void add_grouped(struct bw_cel_text *text, const char *number)
{
    size_t digits = strcspn(number, ".");
    for (size_t i = 0; i < digits; i++) {
        bw_cel_text_add(text, bw_str_n(number + i, 1));
        if (number[i] != '-' && i + 1 < digits && (digits - i - 1) % 3 == 0)
            bw_cel_text_add(text, BW_STR(","));
    }
    bw_cel_text_add(text, bw_str(number + digits));
}

static void add_fixed(struct formatter *formatter, struct bw_value value, int precision)
{
    char number[NUMBER_MAX];
    double d;
    if (!take_double(formatter, value, &d)) {
        complain(formatter, "fixed-point clause can only be used on doubles", value);
        return;
    }
    if (add_not_finite(formatter, d))
        return;
    (void)snprintf(number, sizeof number, "%.*f", precision, formatter->american && d == 0 ? 0 : d);
    if (formatter->american)
        add_grouped(&formatter->text, number);
    else
        bw_cel_text_add(&formatter->text, bw_str(number));
}

/* 1.500000×10⁰³, at least `width` wide: there what is a precision elsewhere is a width. */
static void add_scientific_american(struct formatter *formatter, double d, int width)
{
    static const char *const raised[] = {"\u2070", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3", "\u2074",
                                         "\u2075", "\u2076",   "\u2077",   "\u2078",   "\u2079"};
    char number[NUMBER_MAX];
    struct formatter inner = {.text = BW_CEL_TEXT(formatter->text.call), .american = true};
    (void)snprintf(number, sizeof number, "%.*e", PRECISION_DEFAULT, d == 0 ? 0 : d);
    size_t e = strcspn(number, "e");
    if (!add_not_finite(&inner, d)) {
        bw_cel_text_add(&inner.text, bw_str_n(number, e));
        bw_cel_text_add(&inner.text, BW_STR("\xc3\x97"
                                            "10"));
        for (const char *p = number + e + 1; *p; p++)
            bw_cel_text_add(&inner.text, *p == '-'   ? bw_str("\u207b")
                                         : *p == '+' ? BW_STR("")
                                                     : bw_str(raised[*p - '0']));
    }
    struct bw_str whole = bw_buf_slice(&inner.text.buf);
    for (size_t n = bw_cel_utf8_count(whole); n < (size_t)width; n++)
        bw_cel_text_add(&formatter->text, BW_STR(" "));
    bw_cel_text_add(&formatter->text, whole);
    bw_buf_free(&inner.text.buf);
}

static void add_scientific(struct formatter *formatter, struct bw_value value, int precision)
{
    char number[NUMBER_MAX];
    double d;
    if (!take_double(formatter, value, &d)) {
        complain(formatter, "scientific clause can only be used on doubles", value);
        return;
    }
    if (formatter->american) {
        add_scientific_american(formatter, d, precision);
        return;
    }
    if (add_not_finite(formatter, d))
        return;
    (void)snprintf(number, sizeof number, "%.*e", precision, d);
    bw_cel_text_add(&formatter->text, bw_str(number));
}

/* --- other bases --- */

/* A number with its sign, in base 2, 8 or 16. */
static void add_in_base(struct bw_cel_text *text, struct bw_value value, unsigned bits,
                        const char *letters)
{
    char digits[65];
    size_t at = sizeof digits;
    bool negative = value.kind == BW_VALUE_INT && value.i < 0;
    uint64_t u = negative ? 0 - value.u : value.u;
    do {
        digits[--at] = letters[u & ((1u << bits) - 1)];
        u >>= bits;
    } while (u);
    if (negative)
        bw_cel_text_add(text, BW_STR("-"));
    bw_cel_text_add(text, bw_str_n(digits + at, sizeof digits - at));
}

static bool is_integer(struct bw_value value)
{
    return value.kind == BW_VALUE_INT || value.kind == BW_VALUE_UINT;
}

static void add_hex(struct formatter *formatter, struct bw_value value, const char *letters)
{
    struct bw_str bytes = bw_value_text(value);
    if (is_integer(value))
        add_in_base(&formatter->text, value, 4, letters);
    if (!is_integer(value) && !bytes.p)
        complain(formatter, "only integers, byte buffers, and strings can be formatted as hex",
                 value);
    for (size_t i = 0; bytes.p && i < bytes.n && !formatter->text.spent; i++)
        bw_cel_text_add(&formatter->text, bw_str_n((char[]){letters[(uint8_t)bytes.p[i] >> 4],
                                                            letters[(uint8_t)bytes.p[i] & 15]},
                                                   2));
}

static void add_binary(struct formatter *formatter, struct bw_value value)
{
    if (is_integer(value) || value.kind == BW_VALUE_BOOL)
        add_in_base(&formatter->text, value, 1, "01");
    else
        complain(formatter, "only integers and bools can be formatted as binary", value);
}

static void add_octal(struct formatter *formatter, struct bw_value value)
{
    if (is_integer(value))
        add_in_base(&formatter->text, value, 3, "01234567");
    else
        complain(formatter, "octal clause can only be used on integers", value);
}

/* --- the format --- */

static void add_clause(struct formatter *formatter, struct bw_str verb, int precision,
                       struct bw_value value)
{
    /* Of a sample of any type the verb alone counts. */
    bool any = value.kind == BW_VALUE_UNKNOWN && verb.p[0] && strchr("sdfeboxX", verb.p[0]);
    switch (any ? '*' : verb.p[0]) {
    case '*':
        break;
    case 's':
        add_value(formatter, value, false, 0);
        break;
    case 'd':
        add_decimal(formatter, value);
        break;
    case 'f':
        add_fixed(formatter, value, precision);
        break;
    case 'e':
        add_scientific(formatter, value, precision);
        break;
    case 'b':
        add_binary(formatter, value);
        break;
    case 'o':
        add_octal(formatter, value);
        break;
    case 'x':
        add_hex(formatter, value, "0123456789abcdef");
        break;
    case 'X':
        add_hex(formatter, value, "0123456789ABCDEF");
        break;
    default:
        (void)snprintf(formatter->error, sizeof formatter->error,
                       "could not parse formatting clause: unrecognized formatting clause "
                       "\"%" BW_STR_F "\"",
                       BW_STR_A(bw_str_take(verb, bw_cel_character_size(verb))));
    }
}

/* ".N" at the begin of *format, cut off it. */
static bool take_precision(struct formatter *formatter, struct bw_str *format, int *ret_precision)
{
    const char *wrong = NULL;
    uint64_t precision = PRECISION_DEFAULT;
    if (bw_str_starts(*format, BW_STR("."))) {
        size_t n = 1;
        while (n < format->n && format->p[n] >= '0' && format->p[n] <= '9')
            n++;
        if (n == format->n)
            wrong = "could not find end of precision specifier";
        else if (!bw_str_to_u64(bw_str_n(format->p + 1, n - 1), &precision))
            wrong = "error while converting precision to integer";
        else if (precision > PRECISION_MAX)
            wrong = "the precision exceeds the maximum allowed precision 100";
        *format = bw_str_from(*format, n);
    }
    if (wrong)
        (void)snprintf(formatter->error, sizeof formatter->error,
                       "could not parse formatting clause: error while parsing precision: %s",
                       wrong);
    *ret_precision = (int)precision;
    return !wrong;
}

/* Takes one clause off *format, behind its percent sign. */
static void take_clause(struct formatter *formatter, struct bw_str *format, struct bw_value list,
                        uint32_t *index)
{
    int precision;
    if (bw_str_starts(*format, BW_STR("%"))) {
        bw_cel_text_add(&formatter->text, BW_STR("%"));
        *format = bw_str_from(*format, 1);
    } else if (*index >= bw_value_count(list)) {
        (void)snprintf(formatter->error, sizeof formatter->error, "index %u out of range", *index);
    } else if (!format->n) {
        (void)snprintf(formatter->error, sizeof formatter->error, "unexpected end of string");
    } else if (take_precision(formatter, format, &precision)) {
        add_clause(formatter, *format, precision, bw_value_index(list, (*index)++));
        *format = bw_str_from(*format, 1);
    }
}

static uint32_t run(struct formatter *formatter, struct bw_str format, struct bw_value list)
{
    uint32_t index = 0;
    while (format.n && !formatter->error[0] && !formatter->text.spent) {
        size_t percent = bw_str_find(format, '%');
        bw_cel_text_add(&formatter->text, bw_str_take(format, percent));
        if (percent == SIZE_MAX)
            break;
        format = bw_str_from(format, percent + 1);
        take_clause(formatter, &format, list, &index);
    }
    return index;
}

struct bw_value bw_cel_format(struct bw_cel_call *call, struct bw_str format, struct bw_value list,
                              bool american)
{
    struct formatter formatter = {.text = BW_CEL_TEXT(call), .american = american};
    (void)run(&formatter, format, list);
    struct bw_value result = bw_cel_text_end(&formatter.text);
    return formatter.error[0] ? bw_cel_fail(call, "%s", formatter.error) : result;
}

struct bw_value bw_cel_format_try(struct bw_cel_call *call, struct bw_str format,
                                  struct bw_value samples)
{
    struct formatter formatter = {.text = BW_CEL_TEXT(call), .american = true};
    uint32_t used = run(&formatter, format, samples), n = bw_value_count(samples);
    bw_buf_free(&formatter.text.buf);
    if (formatter.error[0])
        return bw_cel_fail(call, "%s", formatter.error);
    if (used < n && !formatter.text.spent)
        return bw_cel_fail(
            call, "too many arguments supplied to string.format (expected %u, got %u)", used, n);
    return bw_value_null();
}
