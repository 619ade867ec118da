/* Optional values (the extension of cel-spec, proposal 246). or() and orValue() are steps of the
 * evaluator: their argument counts only where there is no value. */
#include "cel/function.h"

static struct bw_value of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_cel_optional(call, args[0]);
}

static struct bw_value none(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)args, (void)n;
    return bw_cel_optional(call, (struct bw_value){0});
}

static bool is_zero(struct bw_value value)
{
    switch (value.kind) {
    case BW_VALUE_NULL:
        return true;
    case BW_VALUE_BOOL:
    case BW_VALUE_INT:
    case BW_VALUE_UINT:
    case BW_CEL_DURATION:
        return value.u == 0;
    case BW_VALUE_DOUBLE:
        return value.d == 0;
    case BW_VALUE_STRING:
    case BW_VALUE_BYTES:
        return value.text->n == 0;
    case BW_VALUE_LIST:
    case BW_VALUE_MAP:
        return bw_value_count(value) == 0;
    case BW_CEL_TIMESTAMP:
        return bw_cel_timestamp_of(value)->seconds == BW_CEL_TIMESTAMP_MIN &&
               bw_cel_timestamp_of(value)->nanos == 0;
    case BW_CEL_OPTIONAL:
        return !value.foreign;
    default:
        return false;
    }
}

static struct bw_value of_non_zero(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_cel_optional(call, is_zero(args[0]) ? (struct bw_value){0} : args[0]);
}

static struct bw_value has_value(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call, (void)n;
    return bw_value_bool(args[0].foreign);
}

static struct bw_value value_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return args[0].foreign ? bw_cel_optional_of(args[0])
                           : bw_cel_fail(call, "optional.none() dereference");
}

/* The values of those that have one. */
static struct bw_value unwrap(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    const struct bw_value_list *list = args[0].list;
    struct bw_value values = bw_value_list(&call->make, 0);
    (void)n;
    if (!bw_cel_charge(call, list->n))
        return args[0];
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->v[i].kind != BW_CEL_OPTIONAL)
            return bw_cel_fail(call, "an element is no optional value");
        bw_value_add(&call->make, &values, bw_cel_optional_of(list->v[i]));
    }
    return values;
}

static const struct bw_cel_overload overloads[] = {
    {"optional.of(A): optional_type(A)", of},
    {"optional.none(): optional_type(A)", none},
    {"optional.ofNonZeroValue(A): optional_type(A)", of_non_zero},
    {"optional_type(A).hasValue(): bool", has_value},
    {"optional_type(A).value(): A", value_of},
    {"optional_type(A).or(optional_type(A)): optional_type(A)", NULL},
    {"optional_type(A).orValue(A): A", NULL},
    {"optional.unwrap(list(optional_type(A))): list(A)", unwrap},
    {"list(optional_type(A)).unwrapOpt(): list(A)", unwrap},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_optional = {
    .name = "optional",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
    .takes_unknown = true,
};
