/*
 * The extension "lists" of cel-go, version 3: both dialects have it. sortBy() is a macro of the
 * parser, which becomes @sortByAssociatedKeys() of the list and of its keys.
 */
#include <stdlib.h>

#include "cel/eval.h"

static struct bw_value slice(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    long long from = args[1].i, to = args[2].i, size = bw_value_count(args[0]);
    if (from < 0 || to < 0)
        return bw_cel_fail(call, "cannot slice(%lld, %lld), negative indexes not supported", from,
                           to);
    if (from > to)
        return bw_cel_fail(
            call, "cannot slice(%lld, %lld), start index must be less than or equal to end index",
            from, to);
    if (to > size)
        return bw_cel_fail(call, "cannot slice(%lld, %lld), list is length %lld", from, to, size);
    if (!bw_cel_charge(call, (uint64_t)(to - from)))
        return bw_cel_fail_budget();
    struct bw_value list = bw_value_list(&call->make, (uint32_t)(to - from));
    for (long long i = from; i < to; i++)
        bw_value_add(&call->make, &list, bw_value_index(args[0], (size_t)i));
    return list;
}

/* --- flatten --- */

/* As deep as values are, which BW_VALUE_DEPTH_MAX bounds. */
static bool flatten_into(struct bw_cel_call *call, struct bw_value *to, struct bw_value list,
                         int64_t levels)
{
    for (uint32_t i = 0; i < bw_value_count(list); i++) {
        struct bw_value element = bw_value_index(list, i);
        if (!bw_cel_charge(call, 1))
            return false;
        if (element.kind != BW_VALUE_LIST || levels == 0)
            bw_value_add(&call->make, to, element);
        else if (!flatten_into(call, to, element, levels - 1))
            return false;
    }
    return true;
}

static struct bw_value flatten(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    int64_t levels = n > 1 ? args[1].i : 1;
    if (levels < 0)
        return bw_cel_fail(call, "level must be non-negative");
    if (levels > BW_VALUE_DEPTH_MAX)
        levels = BW_VALUE_DEPTH_MAX;
    struct bw_value list = bw_value_list(&call->make, bw_value_count(args[0]));
    if (!flatten_into(call, &list, args[0], levels))
        return bw_cel_fail_budget();
    return list;
}

/* --- sort --- */

struct keyed {
    struct bw_value key;
    uint32_t index; /* the order of equals stays */
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = bw_cel_compare(x->key, y->key);
    if (order == 2) /* NaN comes first: a sort needs an order */
        order = (y->key.d != y->key.d) - (x->key.d != x->key.d);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static const char *why_unsortable(struct bw_value keys)
{
    struct bw_value first = bw_value_index(keys, 0);
    for (uint32_t i = 0; i < bw_value_count(keys); i++) {
        struct bw_value key = bw_value_index(keys, i);
        if (bw_cel_compare(key, key) == 3)
            return "list elements must be comparable";
        if (key.kind != first.kind)
            return "list elements must have the same type";
    }
    return NULL;
}

/* Each key is compared about log2(n) times. */
static bool charge_sort(struct bw_cel_call *call, struct bw_value keys)
{
    uint32_t n = bw_value_count(keys), rounds = 1;
    while (rounds < 32 && n >> rounds)
        rounds++;
    for (uint32_t i = 0; i < n; i++)
        if (!bw_cel_charge(call, rounds * bw_cel_compare_cost(bw_value_index(keys, i))))
            return false;
    return true;
}

static struct bw_value sort_by(struct bw_cel_call *call, struct bw_value list, struct bw_value keys)
{
    uint32_t n = bw_value_count(list);
    if (bw_value_count(keys) != n)
        return bw_cel_fail(call,
                           "@sortByAssociatedKeys() expected a list of the same size as the "
                           "associated keys list, but got %u and %u elements respectively",
                           n, bw_value_count(keys));
    if (!charge_sort(call, keys))
        return bw_cel_fail_budget();
    const char *wrong = why_unsortable(keys);
    if (wrong)
        return bw_cel_fail(call, "%s", wrong);
    struct keyed *keyed = bw_arena_array(call->arena, n, sizeof *keyed);
    struct bw_value sorted = bw_value_list(&call->make, n);
    if (!keyed)
        return bw_cel_fail_memory(call->arena);
    for (uint32_t i = 0; i < n; i++)
        keyed[i] = (struct keyed){bw_value_index(keys, i), i};
    qsort(keyed, n, sizeof *keyed, by_key);
    for (uint32_t i = 0; i < n; i++)
        bw_value_add(&call->make, &sorted, bw_value_index(list, keyed[i].index));
    return sorted;
}

static struct bw_value sort(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return sort_by(call, args[0], args[0]);
}

static struct bw_value sort_by_keys(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return sort_by(call, args[0], args[1]);
}

/* --- the rest --- */

static struct bw_value distinct(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_value list = bw_value_list(&call->make, 0);
    for (uint32_t i = 0; i < bw_value_count(args[0]); i++) {
        struct bw_value element = bw_value_index(args[0], i);
        struct bw_value found = bw_cel_stands_in(call, list, element);
        if (!bw_cel_charge(call, 1))
            return bw_cel_fail_budget();
        if (found.kind != BW_VALUE_BOOL)
            return found;
        if (!found.u)
            bw_value_add(&call->make, &list, element);
    }
    return list;
}

static struct bw_value range(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    int64_t size = args[0].i < 0 ? 0 : args[0].i;
    if (!bw_cel_charge(call, (uint64_t)size))
        return bw_cel_fail_budget();
    struct bw_value list = bw_value_list(&call->make, 0);
    for (int64_t i = 0; i < size && !call->make.failed; i++)
        bw_value_add(&call->make, &list, bw_value_int(i));
    return list;
}

static struct bw_value reverse(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    uint32_t size = bw_value_count(args[0]);
    if (!bw_cel_charge(call, size))
        return bw_cel_fail_budget();
    struct bw_value list = bw_value_list(&call->make, size);
    for (uint32_t i = size; i > 0; i--)
        bw_value_add(&call->make, &list, bw_value_index(args[0], i - 1));
    return list;
}

static struct bw_value first(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_cel_optional(call, bw_value_index(args[0], 0));
}

static struct bw_value last(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    /* 0 - 1 of an empty list is behind its end. */
    return bw_cel_optional(call, bw_value_index(args[0], (size_t)bw_value_count(args[0]) - 1));
}

#define OF_COMPARABLE(before, after, function)                                                     \
    {"list(int)" before "int" after, function}, {"list(uint)" before "uint" after, function},      \
        {"list(double)" before "double" after, function},                                          \
        {"list(bool)" before "bool" after, function},                                              \
        {"list(duration)" before "duration" after, function},                                      \
        {"list(timestamp)" before "timestamp" after, function},                                    \
        {"list(string)" before "string" after, function},                                          \
    {                                                                                              \
        "list(bytes)" before "bytes" after, function                                               \
    }

static const struct bw_cel_overload overloads[] = {
    {"list(A).slice(int, int): list(A)", slice},
    {"list(list(A)).flatten(): list(A)", flatten},
    {"list(dyn).flatten(): list(dyn)", flatten}, /* of a dyn that turns out to be flat */
    {"list(dyn).flatten(int): list(dyn)", flatten},
    OF_COMPARABLE(".sort(): list(", ")", sort),
    {"list(A).@sortByAssociatedKeys(list(int)): list(A)", sort_by_keys},
    {"list(A).@sortByAssociatedKeys(list(uint)): list(A)", sort_by_keys},
    {"list(A).@sortByAssociatedKeys(list(double)): list(A)", sort_by_keys},
    {"list(A).@sortByAssociatedKeys(list(bool)): list(A)", sort_by_keys},
    {"list(A).@sortByAssociatedKeys(list(duration)): list(A)", sort_by_keys},
    {"list(A).@sortByAssociatedKeys(list(timestamp)): list(A)", sort_by_keys},
    {"list(A).@sortByAssociatedKeys(list(string)): list(A)", sort_by_keys},
    {"list(A).@sortByAssociatedKeys(list(bytes)): list(A)", sort_by_keys},
    {"list(A).distinct(): list(A)", distinct},
    {"lists.range(int): list(int)", range},
    {"list(A).reverse(): list(A)", reverse},
    {"list(A).first(): optional_type(A)", first},
    {"list(A).last(): optional_type(A)", last},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_lists = {
    .name = "lists",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
