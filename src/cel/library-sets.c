/*
 * The extension "sets" of cel-go: lists that are looked at as sets.
 */
#include "cel/eval.h"

/* Whether some element of the list stands in the other (wanted: true), or does not (false); where
 * no other element decides, an UNKNOWN. */
static struct bw_value some(struct bw_cel_call *call, struct bw_value list, struct bw_value other,
                            bool wanted)
{
    struct bw_value result = bw_value_bool(false);
    for (uint32_t i = 0; i < bw_value_count(list); i++) {
        struct bw_value found = bw_cel_stands_in(call, other, bw_value_index(list, i));
        if (found.kind == BW_CEL_ERROR || !bw_cel_charge(call, 1))
            return bw_cel_fail_budget();
        if (found.kind == BW_VALUE_UNKNOWN)
            result = found;
        else if (bw_value_is_true(found) == wanted)
            return bw_value_bool(true);
    }
    return result;
}

static struct bw_value negated(struct bw_value value)
{
    return value.kind == BW_VALUE_BOOL ? bw_value_bool(!value.u) : value;
}

static struct bw_value contains(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return negated(some(call, args[1], args[0], false));
}

static struct bw_value equivalent(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_value missing = some(call, args[1], args[0], false);
    if (missing.kind == BW_CEL_ERROR || bw_value_is_true(missing))
        return negated(missing);
    struct bw_value other = some(call, args[0], args[1], false);
    return negated(missing.kind == BW_VALUE_UNKNOWN && other.kind == BW_VALUE_BOOL && !other.u
                       ? missing
                       : other);
}

static struct bw_value intersects(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return some(call, args[0], args[1], true);
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
