/*
 * Kubernetes' functions of lists: isSorted, sum, min, max, indexOf, lastIndexOf.
 */
#include "cel/eval.h"

/* Each element is compared once. */
static bool charge_all(struct bw_cel_call *call, struct bw_value list)
{
    for (uint32_t i = 0; i < bw_value_count(list); i++)
        if (!bw_cel_charge(call, bw_cel_compare_cost(bw_value_index(list, i))))
            return false;
    return true;
}

static struct bw_value is_sorted(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    uint32_t size = bw_value_count(args[0]);
    if (!charge_all(call, args[0]))
        return bw_cel_fail_budget();
    for (uint32_t i = 1; i < size; i++) {
        int order = bw_cel_compare(bw_value_index(args[0], i - 1), bw_value_index(args[0], i));
        if (order == 3)
            return bw_cel_fail(call, "no such overload");
        if (order == 1)
            return bw_value_bool(false);
    }
    return bw_value_bool(true);
}

/* The first that none is beyond; wanted: 1 for the greatest, -1 for the least. */
static struct bw_value extreme(struct bw_cel_call *call, struct bw_value list, int wanted)
{
    uint32_t size = bw_value_count(list);
    if (!size)
        return bw_cel_fail(call, "%s called on empty list", wanted > 0 ? "max" : "min");
    if (!charge_all(call, list))
        return bw_cel_fail_budget();
    struct bw_value best = bw_value_index(list, 0);
    for (uint32_t i = 1; i < size; i++) {
        int order = bw_cel_compare(bw_value_index(list, i), best);
        if (order == 3)
            return bw_cel_fail(call, "no such overload");
        if (order == wanted)
            best = bw_value_index(list, i);
    }
    return best;
}

static struct bw_value max_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return extreme(call, args[0], 1);
}

static struct bw_value min_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return extreme(call, args[0], -1);
}

/* --- sum --- */

/* Adds one of the same kind; false where it is another, or there is no such number. */
static bool add_to(struct bw_value *sum, struct bw_value value)
{
    if (value.kind != sum->kind)
        return false;
    if (sum->kind == BW_VALUE_DOUBLE) {
        sum->d += value.d;
        return true;
    }
    if (sum->kind == BW_VALUE_UINT)
        return !__builtin_add_overflow(sum->u, value.u, &sum->u);
    return !__builtin_add_overflow(sum->i, value.i, &sum->i);
}

static struct bw_value sum_of(struct bw_cel_call *call, struct bw_value list, struct bw_value zero)
{
    uint32_t size = bw_value_count(list);
    struct bw_value sum = zero;
    if (!bw_cel_charge(call, size))
        return bw_cel_fail_budget();
    for (uint32_t i = 0; i < size; i++)
        if (!add_to(&sum, bw_value_index(list, i)))
            return bw_cel_fail(call, bw_value_index(list, i).kind == sum.kind ? "integer overflow"
                                                                              : "no such overload");
    return sum;
}

static struct bw_value sum_ints(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return sum_of(call, args[0], bw_value_int(0));
}

static struct bw_value sum_uints(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return sum_of(call, args[0], bw_value_uint(0));
}

static struct bw_value sum_doubles(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return sum_of(call, args[0], bw_value_double(0));
}

static struct bw_value sum_durations(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    (void)n;
    return sum_of(call, args[0], bw_cel_duration(call, 0));
}

/* --- places --- */

static struct bw_value place_of(struct bw_cel_call *call, const struct bw_value *args, bool last)
{
    uint32_t size = bw_value_count(args[0]);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t at = last ? size - 1 - i : i;
        struct bw_value same = bw_cel_equality(call, args[1], bw_value_index(args[0], at));
        if (same.kind != BW_VALUE_BOOL)
            return same;
        if (same.u)
            return bw_value_int(at);
    }
    return bw_value_int(-1);
}

static struct bw_value index_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return place_of(call, args, false);
}

static struct bw_value last_index_of(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    (void)n;
    return place_of(call, args, true);
}

#define OF_COMPARABLE(name, function)                                                              \
    {"list(int)." name "(): int", function}, {"list(uint)." name "(): uint", function},            \
        {"list(double)." name "(): double", function}, {"list(bool)." name "(): bool", function},  \
        {"list(duration)." name "(): duration", function},                                         \
        {"list(timestamp)." name "(): timestamp", function},                                       \
        {"list(string)." name "(): string", function},                                             \
    {                                                                                              \
        "list(bytes)." name "(): bytes", function                                                  \
    }

static const struct bw_cel_overload overloads[] = {
    {"list(int).isSorted(): bool", is_sorted},
    {"list(uint).isSorted(): bool", is_sorted},
    {"list(double).isSorted(): bool", is_sorted},
    {"list(bool).isSorted(): bool", is_sorted},
    {"list(duration).isSorted(): bool", is_sorted},
    {"list(timestamp).isSorted(): bool", is_sorted},
    {"list(string).isSorted(): bool", is_sorted},
    {"list(bytes).isSorted(): bool", is_sorted},
    OF_COMPARABLE("max", max_of),
    OF_COMPARABLE("min", min_of),
    {"list(int).sum(): int", sum_ints},
    {"list(uint).sum(): uint", sum_uints},
    {"list(double).sum(): double", sum_doubles},
    {"list(duration).sum(): duration", sum_durations},
    {"list(A).indexOf(A): int", index_of},
    {"list(A).lastIndexOf(A): int", last_index_of},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_lists_kubernetes = {
    .name = "lists-kubernetes",
    .dialects = BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
