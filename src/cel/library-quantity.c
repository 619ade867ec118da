/*
 * kubernetes.Quantity: "1.5Gi", "100m", "2e3", with the arithmetic of Kubernetes'
 * resource.Quantity.
 *
 * A quantity is a whole number of billionths: smaller parts are rounded up, away from zero, as
 * Kubernetes does. Beside that stands how Kubernetes would hold it, as 64 bits and a power of ten
 * or as a decimal of any length, since isInteger() and asInteger() tell these apart. The largest
 * quantity here is about 1.7e29; Kubernetes has no bound.
 */
#include <math.h>
#include <stdio.h>

#include "cel/function-text.h"

#define NANO_DIGITS     9
#define FAST_DIGITS_MAX 18 /* of a number that Kubernetes holds in 64 bits */

struct quantity {
    __int128_t nanos;
    bool fast;     /* held in 64 bits */
    int64_t value; /* where it is fast */
    int32_t scale; /* the power of ten that Kubernetes' number is multiplied with */
};

#define WHY_FORMAT                                                                                 \
    "quantities must match the regular expression "                                                \
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
#define WHY_SUFFIX "unable to parse quantity's suffix"
#define WHY_NUMBER "unable to parse numeric part of quantity"
#define WHY_LARGE  "the quantity is too large for this program, which counts up to 1.7e29"

/* --- reading --- */

struct parts {
    bool negative;
    bool has_digits;
    struct bw_str whole, fraction; /* digits; whole is without zeros at its begin */
    struct bw_str suffix;
    bool binary;
    int32_t exponent; /* of 10, or of 2 */
};

static struct bw_str take_digits(struct bw_str *s)
{
    size_t n = 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    struct bw_str digits = bw_str_take(*s, n);
    *s = bw_str_from(*s, n);
    return digits;
}

static bool is_suffix(struct bw_str s)
{
    static const char letters[] = "eEinumkKMGTP";
    size_t n = 0;
    while (n < s.n && s.p[n] && strchr(letters, s.p[n]))
        n++;
    if (n < s.n && (s.p[n] == '-' || s.p[n] == '+'))
        n++;
    s = bw_str_from(s, n);
    (void)take_digits(&s);
    return !s.n;
}

/* e3, E-3 */
static bool read_exponent(struct bw_str s, int32_t *ret_exponent)
{
    bool negative = s.n > 1 && s.p[1] == '-';
    uint64_t value;
    size_t sign = s.n > 1 && (s.p[1] == '-' || s.p[1] == '+');
    if (s.n < 2 || (s.p[0] | 32) != 'e' || !bw_str_to_u64(bw_str_from(s, 1 + sign), &value))
        return false;
    if (value > INT32_MAX / 2)
        value = INT32_MAX / 2;
    *ret_exponent = negative ? -(int32_t)value : (int32_t)value;
    return true;
}

static bool read_suffix(struct parts *parts)
{
    static const struct {
        char text[3];
        bool binary;
        int32_t exponent;
    } suffixes[] = {
        {"n", false, -9}, {"u", false, -6}, {"m", false, -3}, {"", false, 0},
        {"k", false, 3},  {"M", false, 6},  {"G", false, 9},  {"T", false, 12},
        {"P", false, 15}, {"E", false, 18}, {"Ki", true, 10}, {"Mi", true, 20},
        {"Gi", true, 30}, {"Ti", true, 40}, {"Pi", true, 50}, {"Ei", true, 60},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(suffixes); i++) {
        if (!bw_str_eq(parts->suffix, bw_str(suffixes[i].text)))
            continue;
        parts->binary = suffixes[i].binary;
        parts->exponent = suffixes[i].exponent;
        return true;
    }
    return read_exponent(parts->suffix, &parts->exponent);
}

static const char *read_parts(struct bw_str s, struct parts *parts)
{
    *parts = (struct parts){.negative = bw_str_starts(s, BW_STR("-"))};
    if (!s.n)
        return WHY_FORMAT;
    if (parts->negative || s.p[0] == '+')
        s = bw_str_from(s, 1);
    parts->has_digits = bw_str_starts(s, BW_STR("0"));
    while (s.n && s.p[0] == '0')
        s = bw_str_from(s, 1);
    parts->whole = take_digits(&s);
    if (bw_str_starts(s, BW_STR("."))) {
        s = bw_str_from(s, 1);
        parts->fraction = take_digits(&s);
    }
    parts->has_digits = parts->has_digits || parts->whole.n || parts->fraction.n;
    parts->suffix = s;
    if (!is_suffix(s))
        return WHY_FORMAT;
    return read_suffix(parts) ? NULL : WHY_SUFFIX;
}

/* --- exact numbers --- */

static bool times(__int128_t *value, int64_t factor)
{
    return !__builtin_mul_overflow(*value, factor, value);
}

/* value * 10^exponent; what is left over is rounded up. */
static bool scale_by_ten(__int128_t *value, int32_t exponent, bool rest)
{
    for (; exponent > 0 && *value; exponent--)
        if (!times(value, 10))
            return false;
    for (; exponent < 0 && *value; exponent++) {
        rest = rest || *value % 10;
        *value /= 10;
    }
    return !rest || !__builtin_add_overflow(*value, 1, value);
}

/* Digits past those that 128 bits hold are behind the point of a billionth, or too many. */
static bool add_digits(__int128_t *value, struct bw_str digits)
{
    for (size_t i = 0; i < digits.n; i++)
        if (!times(value, 10) || __builtin_add_overflow(*value, digits.p[i] - '0', value))
            return false;
    return true;
}

/* Of the fraction, all that can count beside a rest that is not zero. */
#define FRACTION_MAX 19

/* Of the number before the point is set right: digits, times a power of two. */
static bool read_whole(const struct parts *parts, struct bw_str fraction, __int128_t *ret_value)
{
    __int128_t value = 0;
    if (!add_digits(&value, parts->whole) || !add_digits(&value, fraction))
        return false;
    *ret_value = value;
    return !parts->binary || times(ret_value, (int64_t)1 << parts->exponent);
}

/* Kubernetes caps what has a binary suffix. */
static bool read_nanos(const struct parts *parts, __int128_t *ret_nanos)
{
    struct bw_str fraction = bw_str_take(parts->fraction, FRACTION_MAX);
    bool rest = false;
    for (size_t i = fraction.n; i < parts->fraction.n; i++)
        rest = rest || parts->fraction.p[i] != '0';
    int32_t exponent = NANO_DIGITS - (int32_t)fraction.n + (parts->binary ? 0 : parts->exponent);
    __int128_t value, most = (__int128_t)INT64_MAX * 1000000000;
    bool fits = read_whole(parts, fraction, &value) && scale_by_ten(&value, exponent, rest);
    if (!fits && !parts->binary)
        return false;
    if (parts->binary && (!fits || value > most))
        value = most;
    *ret_nanos = parts->negative ? -value : value;
    return true;
}

static bool is_capped(const struct parts *parts, const struct quantity *quantity)
{
    __int128_t most = (__int128_t)INT64_MAX * 1000000000;
    return parts->binary && (quantity->nanos == most || quantity->nanos == -most);
}

/* Whether Kubernetes holds it in 64 bits, and in which. */
static void choose_form(const struct parts *parts, struct quantity *quantity)
{
    int64_t digits = (int64_t)(parts->whole.n ? parts->whole.n : 1) + (int64_t)parts->fraction.n;
    int64_t left = FAST_DIGITS_MAX - digits;
    int64_t scale = parts->exponent - (int64_t)parts->fraction.n;
    if (parts->binary) {
        left = parts->fraction.n ? -1 : 15 - digits - parts->exponent * 3 / 10 - 1;
        scale = 0;
    }
    quantity->fast = left >= 0 && scale >= -NANO_DIGITS;
    quantity->scale = quantity->fast               ? (int32_t)scale
                      : is_capped(parts, quantity) ? 0
                                                   : -NANO_DIGITS;
    if (!quantity->fast)
        return;
    __int128_t value = 0;
    (void)add_digits(&value, parts->whole);
    (void)add_digits(&value, parts->fraction);
    if (parts->binary)
        value <<= parts->exponent;
    quantity->value = (int64_t)(parts->negative ? -value : value);
}

/* A number without any digit is 0 where 64 bits hold it, and else refused: so Kubernetes has it. */
static const char *check_digits(const struct parts *parts)
{
    struct quantity quantity = {0};
    choose_form(parts, &quantity);
    return quantity.fast || parts->has_digits ? NULL : WHY_NUMBER;
}

static const char *read_quantity(struct bw_str s, struct quantity *ret_quantity)
{
    struct parts parts;
    struct quantity quantity = {0};
    const char *why = read_parts(s, &parts);
    if (!why)
        why = check_digits(&parts);
    if (why)
        return why;
    if (!read_nanos(&parts, &quantity.nanos))
        return WHY_LARGE;
    choose_form(&parts, &quantity);
    *ret_quantity = quantity;
    return NULL;
}

/* --- values --- */

static bool quantity_equal(const void *a, const void *b)
{
    const struct quantity *x = a, *y = b;
    return x->nanos == y->nanos;
}

static struct bw_value quantity_to_string(struct bw_cel_call *call, const void *p)
{
    const struct quantity *quantity = p;
    __uint128_t rest =
        quantity->nanos < 0 ? -(__uint128_t)quantity->nanos : (__uint128_t)quantity->nanos;
    char text[48];
    size_t at = sizeof text;
    bool begun = false;
    for (int digit = 0; rest || digit <= NANO_DIGITS; digit++, rest /= 10) {
        if (digit == NANO_DIGITS && begun)
            text[--at] = '.';
        begun = begun || rest % 10 || digit >= NANO_DIGITS;
        if (begun)
            text[--at] = (char)('0' + (int)(rest % 10));
    }
    if (quantity->nanos < 0)
        text[--at] = '-';
    return bw_cel_string(call, bw_str_n(text + at, sizeof text - at));
}

static const struct bw_cel_opaque_class quantity_class = {"kubernetes.Quantity", quantity_equal,
                                                          quantity_to_string};

static const struct quantity *quantity_of(struct bw_value value)
{
    return bw_cel_opaque_of(value, &quantity_class);
}

static struct bw_value make(struct bw_cel_call *call, const struct quantity *from)
{
    struct quantity *quantity = bw_arena_alloc(call->arena, sizeof *quantity);
    if (!quantity)
        return bw_cel_fail_memory(call->arena);
    *quantity = *from;
    return bw_cel_opaque(call, &quantity_class, quantity);
}

static struct bw_value from_string(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct quantity quantity;
    if (!bw_cel_charge_bytes(call, bw_value_text(args[0]).n))
        return bw_cel_fail_budget();
    const char *why = read_quantity(bw_value_text(args[0]), &quantity);
    return why ? bw_cel_fail(call, "%s", why) : make(call, &quantity);
}

static struct bw_value is_quantity(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct parts parts;
    if (!bw_cel_charge_bytes(call, bw_value_text(args[0]).n))
        return bw_cel_fail_budget();
    return bw_value_bool(!read_parts(bw_value_text(args[0]), &parts) && !check_digits(&parts));
}

/* --- arithmetic --- */

/* value * 10^by in 64 bits. */
static bool lift(int64_t *value, int32_t by)
{
    for (; by > 0 && *value; by--)
        if (__builtin_mul_overflow(*value, 10, value))
            return false;
    return true;
}

/* The 64-bit form of a sum, where there is one. */
static bool add_fast(const struct quantity *a, const struct quantity *b, struct quantity *sum)
{
    int64_t x = a->value, y = b->value;
    sum->scale = a->scale < b->scale ? a->scale : b->scale;
    if (!a->fast || !b->fast)
        return false;
    if (!x || !y)
        sum->scale = x ? a->scale : b->scale;
    if (!y)
        sum->scale = a->scale;
    return lift(&x, x ? a->scale - sum->scale : 0) && lift(&y, y ? b->scale - sum->scale : 0) &&
           !__builtin_add_overflow(x, y, &sum->value);
}

static struct quantity from_int(int64_t i)
{
    return (struct quantity){
        .nanos = (__int128_t)i * 1000000000, .fast = true, .value = i, .scale = 0};
}

static struct bw_value sum_of(struct bw_cel_call *call, const struct bw_value *args, bool negate)
{
    const struct quantity *a = quantity_of(args[0]), *other = quantity_of(args[1]);
    struct quantity b = other ? *other : from_int(args[1].i), sum = {0};
    if (negate) {
        b.nanos = -b.nanos;
        b.fast = b.fast && b.value != INT64_MIN;
        b.value = b.fast ? -b.value : 0;
    }
    if (__builtin_add_overflow(a->nanos, b.nanos, &sum.nanos))
        return bw_cel_fail(call, WHY_LARGE);
    sum.fast = add_fast(a, &b, &sum);
    return make(call, &sum);
}

static struct bw_value add(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return sum_of(call, args, false);
}

static struct bw_value sub(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return sum_of(call, args, true);
}

static bool as_integer(const struct quantity *quantity, int64_t *ret_value)
{
    *ret_value = quantity->value;
    return quantity->fast && quantity->scale >= 0 && lift(ret_value, quantity->scale);
}

static struct bw_value to_integer(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    int64_t value;
    if (!as_integer(quantity_of(args[0]), &value))
        return bw_cel_fail(call, "cannot convert value to integer");
    return bw_value_int(value);
}

static struct bw_value is_integer(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    int64_t value;
    return bw_value_bool(as_integer(quantity_of(args[0]), &value));
}

static struct bw_value to_float(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    const struct quantity *quantity = quantity_of(args[0]);
    __int128_t number = quantity->nanos;
    for (int32_t i = -NANO_DIGITS; i < quantity->scale && number; i++)
        number /= 10;
    if (quantity->fast)
        number = quantity->value;
    return bw_value_double((double)number * (quantity->scale ? pow(10, quantity->scale) : 1));
}

static int compare(const struct bw_value *args)
{
    __int128_t a = quantity_of(args[0])->nanos, b = quantity_of(args[1])->nanos;
    return (a > b) - (a < b);
}

static struct bw_value compare_to(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return bw_value_int(compare(args));
}

static struct bw_value is_less(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return bw_value_bool(compare(args) < 0);
}

static struct bw_value is_greater(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return bw_value_bool(compare(args) > 0);
}

static struct bw_value sign(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    __int128_t nanos = quantity_of(args[0])->nanos;
    return bw_value_int((nanos > 0) - (nanos < 0));
}

#define Q "kubernetes.Quantity"

static const char *const types[] = {Q, NULL};

/* sign() is no member in Kubernetes. */
static const struct bw_cel_overload overloads[] = {
    {"quantity(string): " Q, from_string},
    {"isQuantity(string): bool", is_quantity},
    {"sign(" Q "): int", sign},
    {Q ".isInteger(): bool", is_integer},
    {Q ".asInteger(): int", to_integer},
    {Q ".asApproximateFloat(): double", to_float},
    {Q ".add(" Q "): " Q, add},
    {Q ".add(int): " Q, add},
    {Q ".sub(" Q "): " Q, sub},
    {Q ".sub(int): " Q, sub},
    {Q ".compareTo(" Q "): int", compare_to},
    {Q ".isLessThan(" Q "): bool", is_less},
    {Q ".isGreaterThan(" Q "): bool", is_greater},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_quantity = {
    .name = "quantity",
    .dialects = BW_CEL_IN_KUBERNETES,
    .types = types,
    .overloads = overloads,
};
