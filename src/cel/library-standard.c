/*
 * The standard functions that are no operators (langdef.md, "Standard Definitions"): conversions
 * and tests of strings.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cel/function.h"
#include "cel/pattern.h"
#include "cel/text.h"

static struct bw_value identity(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call, (void)n;
    return args[0];
}

static struct bw_value text(struct bw_cel_call *call, struct bw_str s)
{
    return bw_value_string(&call->make, s);
}

static struct bw_value wrong(struct bw_cel_call *call, const char *type, struct bw_str s)
{
    return bw_cel_fail(call, "%s conversion error: '%" BW_STR_F "'", type,
                       BW_STR_A(bw_str_take(s, 100)));
}

static struct bw_value range(struct bw_cel_call *call, const char *what)
{
    return bw_cel_fail(call, "range error: %s", what);
}

/* --- to bool, bytes, string --- */

static struct bw_value string_to_bool(struct bw_cel_call *call, const struct bw_value *args,
                                      size_t n)
{
    static const char *const words[] = {"0",     "1",    "f",     "t",    "F",     "T",
                                        "FALSE", "TRUE", "false", "true", "False", "True"};
    (void)n;
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_value_is(args[0], words[i]))
            return bw_value_bool(i % 2);
    return wrong(call, "bool", bw_value_text(args[0]));
}

static struct bw_value string_to_bytes(struct bw_cel_call *call, const struct bw_value *args,
                                       size_t n)
{
    (void)n;
    if (!bw_cel_charge(call, args[0].text->n / 10))
        return args[0];
    return bw_value_bytes(&call->make, bw_value_text(args[0]));
}

static struct bw_value bytes_to_string(struct bw_cel_call *call, const struct bw_value *args,
                                       size_t n)
{
    (void)n;
    if (!bw_cel_charge(call, args[0].text->n / 10))
        return args[0];
    if (!bw_str_is_utf8(bw_value_text(args[0])))
        return bw_cel_fail(call, "invalid UTF-8 in bytes, cannot convert to string");
    return text(call, bw_value_text(args[0]));
}

static struct bw_value bool_to_string(struct bw_cel_call *call, const struct bw_value *args,
                                      size_t n)
{
    (void)n;
    return text(call, bw_str(args[0].u ? "true" : "false"));
}

static struct bw_value number_to_string(struct bw_cel_call *call, const struct bw_value *args,
                                        size_t n)
{
    char out[BW_CEL_NUMBER_SIZE];
    (void)n;
    return text(call, bw_cel_number_text(args[0], out));
}

/* --- to int, uint, double --- */

static struct bw_value uint_to_int(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return args[0].u > INT64_MAX ? range(call, "unsigned to int")
                                 : bw_value_int((int64_t)args[0].u);
}

static struct bw_value double_to_int(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    double d = args[0].d;
    (void)n;
    if (!(d > -0x1p63 && d < 0x1p63))
        return range(call, "double to int");
    return bw_value_int((int64_t)d);
}

static struct bw_value int_to_uint(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return args[0].i < 0 ? range(call, "int to uint") : bw_value_uint((uint64_t)args[0].i);
}

static struct bw_value double_to_uint(struct bw_cel_call *call, const struct bw_value *args,
                                      size_t n)
{
    double d = args[0].d;
    (void)n;
    if (!(d >= 0 && d < 0x1p64))
        return range(call, "double to uint");
    return bw_value_uint((uint64_t)d);
}

static struct bw_value int_to_double(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    (void)call, (void)n;
    return bw_value_double((double)args[0].i);
}

static struct bw_value uint_to_double(struct bw_cel_call *call, const struct bw_value *args,
                                      size_t n)
{
    (void)call, (void)n;
    return bw_value_double((double)args[0].u);
}

/* Decimal digits alone. */
static bool read_digits(struct bw_str s, uint64_t *ret_value)
{
    return s.n && bw_str_to_u64(s, ret_value);
}

static struct bw_value string_to_int(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    struct bw_str s = bw_value_text(args[0]);
    uint64_t size;
    (void)n;
    bool minus = s.n && s.p[0] == '-', sign = minus || (s.n && s.p[0] == '+');
    if (!read_digits(bw_str_from(s, sign), &size) || size > (uint64_t)INT64_MAX + minus)
        return wrong(call, "int", s);
    return bw_value_int((int64_t)(minus ? 0 - size : size));
}

static struct bw_value string_to_uint(struct bw_cel_call *call, const struct bw_value *args,
                                      size_t n)
{
    uint64_t size;
    (void)n;
    if (!read_digits(bw_value_text(args[0]), &size))
        return wrong(call, "uint", bw_value_text(args[0]));
    return bw_value_uint(size);
}

static struct bw_value string_to_double(struct bw_cel_call *call, const struct bw_value *args,
                                        size_t n)
{
    struct bw_str s = bw_value_text(args[0]);
    char *end;
    (void)n;
    if (!s.n || s.n > 400 || isspace((unsigned char)s.p[0]) || memchr(s.p, '(', s.n))
        return wrong(call, "double", s);
    errno = 0;
    double d = strtod(s.p, &end);
    if (end != s.p + s.n || (errno == ERANGE && isinf(d)))
        return wrong(call, "double", s);
    return bw_value_double(d);
}

/* --- strings --- */

static struct bw_value contains(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    const struct bw_value_text *s = args[0].text, *needle = args[1].text;
    (void)n;
    if (!bw_cel_charge(call, s->n / 10))
        return args[0];
    return bw_value_bool(memmem(s->p, s->n, needle->p, needle->n));
}

static struct bw_value starts_with(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call, (void)n;
    return bw_value_bool(bw_str_starts(bw_value_text(args[0]), bw_value_text(args[1])));
}

static struct bw_value ends_with(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call, (void)n;
    return bw_value_bool(bw_str_ends(bw_value_text(args[0]), bw_value_text(args[1])));
}

static struct bw_value matches(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    const struct bw_cel_regex *regex;
    struct bw_str s = bw_value_text(args[0]);
    struct bw_err err = {0};
    bool found;
    (void)n;
    struct bw_value failed = bw_cel_pattern(call, args[1], &regex);
    if (failed.kind)
        return failed;
    if (!bw_cel_charge(call, s.n / 10 * bw_cel_regex_weight(regex)))
        return args[0];
    if (bw_cel_regex_match(regex, s, &found, &err))
        return bw_cel_fail(call, "%s", err.msg);
    return bw_value_bool(found);
}

static const struct bw_cel_overload overloads[] = {
    {"bool(bool): bool", identity},
    {"bool(string): bool", string_to_bool},
    {"bytes(bytes): bytes", identity},
    {"bytes(string): bytes", string_to_bytes},
    {"double(double): double", identity},
    {"double(int): double", int_to_double},
    {"double(uint): double", uint_to_double},
    {"double(string): double", string_to_double},
    {"int(int): int", identity},
    {"int(uint): int", uint_to_int},
    {"int(double): int", double_to_int},
    {"int(string): int", string_to_int},
    {"uint(uint): uint", identity},
    {"uint(int): uint", int_to_uint},
    {"uint(double): uint", double_to_uint},
    {"uint(string): uint", string_to_uint},
    {"string(string): string", identity},
    {"string(bool): string", bool_to_string},
    {"string(int): string", number_to_string},
    {"string(uint): string", number_to_string},
    {"string(double): string", number_to_string},
    {"string(bytes): string", bytes_to_string},
    {"string.contains(string): bool", contains},
    {"string.startsWith(string): bool", starts_with},
    {"string.endsWith(string): bool", ends_with},
    {"string.matches(pattern): bool", matches},
    {"matches(string, pattern): bool", matches},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_standard = {
    .name = "standard",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
