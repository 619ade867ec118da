/*
 * The extension "math" of cel-go. greatest() and least() are macros of the parser, which become
 * math.@max and math.@min of one number, of two, or of a list.
 */
#include <math.h>

#include "cel/eval.h"

static bool is_number(struct bw_value value)
{
    return value.kind == BW_VALUE_INT || value.kind == BW_VALUE_UINT ||
           value.kind == BW_VALUE_DOUBLE;
}

/* --- extremes --- */

/* The first of the values that none is beyond; wanted: 1 for the greatest, -1 for the least. */
static struct bw_value extreme(struct bw_cel_call *call, const struct bw_value *values, size_t n,
                               int wanted)
{
    if (!n)
        return bw_cel_fail(call, "math.@%s(list) argument must not be empty",
                           wanted > 0 ? "max" : "min");
    struct bw_value best = values[0];
    for (size_t i = 0; i < n; i++) {
        if (!is_number(values[i]))
            return bw_cel_fail(call, "no such overload");
        if (!bw_cel_charge(call, 1))
            return bw_cel_fail_budget();
        if (bw_cel_compare(values[i], best) == wanted)
            best = values[i];
    }
    return best;
}

static struct bw_value extreme_of(struct bw_cel_call *call, const struct bw_value *args, size_t n,
                                  int wanted)
{
    if (n == 1 && args[0].kind == BW_VALUE_LIST)
        return extreme(call, args[0].list->v, args[0].list->n, wanted);
    return extreme(call, args, n, wanted);
}

static struct bw_value greatest(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    return extreme_of(call, args, n, 1);
}

static struct bw_value least(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    return extreme_of(call, args, n, -1);
}

/* --- doubles --- */

#define OF_DOUBLE(name, expression)                                                                \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        (void)call;                                                                                \
        (void)n;                                                                                   \
        double d = args[0].d;                                                                      \
        return expression;                                                                         \
    }

OF_DOUBLE(math_ceil, bw_value_double(ceil(d)))
OF_DOUBLE(math_floor, bw_value_double(floor(d)))
OF_DOUBLE(math_round, bw_value_double(round(d)))
OF_DOUBLE(math_trunc, bw_value_double(trunc(d)))
OF_DOUBLE(abs_double, bw_value_double(fabs(d)))
OF_DOUBLE(sign_double, bw_value_double(isnan(d) ? d : (double)((d > 0) - (d < 0))))
OF_DOUBLE(sqrt_double, bw_value_double(sqrt(d)))
OF_DOUBLE(is_nan, bw_value_bool(isnan(d)))
OF_DOUBLE(is_inf, bw_value_bool(isinf(d)))
OF_DOUBLE(is_finite, bw_value_bool(isfinite(d)))

/* --- integers --- */

#define OF_INTEGER(name, expression)                                                               \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        (void)call;                                                                                \
        (void)n;                                                                                   \
        struct bw_value a = args[0];                                                               \
        return expression;                                                                         \
    }

/* Of two of the same kind, which the result has, too. */
#define BITWISE(name, expression)                                                                  \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        (void)call;                                                                                \
        (void)n;                                                                                   \
        uint64_t a = args[0].u, b = args[1].u;                                                     \
        return args[0].kind == BW_VALUE_INT ? bw_value_int((int64_t)(expression))                  \
                                            : bw_value_uint(expression);                           \
    }

OF_INTEGER(same, a)
OF_INTEGER(sign_int, bw_value_int((a.i > 0) - (a.i < 0)))
OF_INTEGER(sign_uint, bw_value_uint(a.u > 0))
OF_INTEGER(sqrt_int, bw_value_double(sqrt((double)a.i)))
OF_INTEGER(sqrt_uint, bw_value_double(sqrt((double)a.u)))
OF_INTEGER(not_int, bw_value_int(~a.i))
OF_INTEGER(not_uint, bw_value_uint(~a.u))
BITWISE(bit_and, a &b)
BITWISE(bit_or, a | b)
BITWISE(bit_xor, a ^ b)

static struct bw_value abs_int(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    if (args[0].i == INT64_MIN)
        return bw_cel_fail(call, "integer overflow");
    return bw_value_int(args[0].i < 0 ? -args[0].i : args[0].i);
}

/* Bits are shifted as those of an unsigned number, also to the right. */
static struct bw_value shift(struct bw_cel_call *call, const struct bw_value *args, bool left)
{
    int64_t by = args[1].i;
    if (by < 0)
        return bw_cel_fail(call, "math.%s() negative offset: %lld",
                           left ? "bitShiftLeft" : "bitShiftRight", (long long)by);
    uint64_t u = by > 63 ? 0 : left ? args[0].u << by : args[0].u >> by;
    return args[0].kind == BW_VALUE_INT ? bw_value_int((int64_t)u) : bw_value_uint(u);
}

static struct bw_value shift_left(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return shift(call, args, true);
}

static struct bw_value shift_right(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return shift(call, args, false);
}

#define EXTREME(name, function)                                                                    \
    {name "(int): int", function}, {name "(uint): uint", function},                                \
        {name "(double): double", function}, {name "(int, int): int", function},                   \
        {name "(uint, uint): uint", function}, {name "(double, double): double", function},        \
        {name "(int, uint): dyn", function}, {name "(int, double): dyn", function},                \
        {name "(uint, int): dyn", function}, {name "(uint, double): dyn", function},               \
        {name "(double, int): dyn", function}, {name "(double, uint): dyn", function},             \
        {name "(list(int)): int", function}, {name "(list(uint)): uint", function},                \
        {name "(list(double)): double", function},                                                 \
    {                                                                                              \
        name "(list(dyn)): dyn", function                                                          \
    }

static const struct bw_cel_overload overloads[] = {
    EXTREME("math.@max", greatest),
    EXTREME("math.@min", least),
    {"math.ceil(double): double", math_ceil},
    {"math.floor(double): double", math_floor},
    {"math.round(double): double", math_round},
    {"math.trunc(double): double", math_trunc},
    {"math.abs(int): int", abs_int},
    {"math.abs(uint): uint", same},
    {"math.abs(double): double", abs_double},
    {"math.sign(int): int", sign_int},
    {"math.sign(uint): uint", sign_uint},
    {"math.sign(double): double", sign_double},
    {"math.isNaN(double): bool", is_nan},
    {"math.isInf(double): bool", is_inf},
    {"math.isFinite(double): bool", is_finite},
    {"math.sqrt(double): double", sqrt_double},
    {"math.sqrt(int): double", sqrt_int},
    {"math.sqrt(uint): double", sqrt_uint},
    {"math.bitAnd(int, int): int", bit_and},
    {"math.bitAnd(uint, uint): uint", bit_and},
    {"math.bitOr(int, int): int", bit_or},
    {"math.bitOr(uint, uint): uint", bit_or},
    {"math.bitXor(int, int): int", bit_xor},
    {"math.bitXor(uint, uint): uint", bit_xor},
    {"math.bitNot(int): int", not_int},
    {"math.bitNot(uint): uint", not_uint},
    {"math.bitShiftLeft(int, int): int", shift_left},
    {"math.bitShiftLeft(uint, int): uint", shift_left},
    {"math.bitShiftRight(int, int): int", shift_right},
    {"math.bitShiftRight(uint, int): uint", shift_right},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_math = {
    .name = "math",
    .dialects = BW_CEL_IN_SPEC,
    .overloads = overloads,
};
