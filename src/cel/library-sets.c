/*
 * The extension "sets" of cel-go: lists that are looked at as sets.
 */
#include "cel/function.h"

/* 1 where some element of the list stands in the other (wanted: true), or does not (false); else 0;
 * -1 where the budget is used up. */
static int some(struct bw_cel_call *call, struct bw_value list, struct bw_value other, bool wanted)
{
    uint32_t size = bw_value_count(other);
    for (uint32_t i = 0; i < bw_value_count(list); i++) {
        bool found = false;
        if (!bw_cel_charge(call, (uint64_t)size + 1))
            return -1;
        for (uint32_t k = 0; k < size && !found; k++)
            found = bw_cel_equal(bw_value_index(list, i), bw_value_index(other, k));
        if (found == wanted)
            return 1;
    }
    return 0;
}

static struct bw_value contains(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    int missing = some(call, args[1], args[0], false);
    return missing < 0 ? bw_cel_fail_budget() : bw_value_bool(!missing);
}

static struct bw_value equivalent(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    int missing = some(call, args[1], args[0], false);
    if (missing == 0)
        missing = some(call, args[0], args[1], false);
    return missing < 0 ? bw_cel_fail_budget() : bw_value_bool(!missing);
}

static struct bw_value intersects(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    int found = some(call, args[0], args[1], true);
    return found < 0 ? bw_cel_fail_budget() : bw_value_bool(found);
}

static const struct bw_cel_overload overloads[] = {
    {"sets.contains(list(A), list(A)): bool", contains},
    {"sets.equivalent(list(A), list(A)): bool", equivalent},
    {"sets.intersects(list(A), list(A)): bool", intersects},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_sets = {
    .name = "sets",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
