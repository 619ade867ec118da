/*
 * Kubernetes' find() and findAll(): the first match of a pattern, and all that do not overlap.
 */
#include "cel/function-text.h"
#include "cel/regex.h"

/* Patterns are charged as the estimator of Kubernetes does: a quarter of their length for each
 * tenth of the text's; and for what the search really costs. */
static bool charge(struct bw_cel_call *call, struct bw_str text, struct bw_str pattern)
{
    uint64_t tenths = (text.n + 9) / 10, quarters = (pattern.n + 3) / 4;
    return bw_cel_charge(call, tenths * quarters);
}

static const struct bw_cel_regex *compile(struct bw_cel_call *call, struct bw_str pattern,
                                          struct bw_value *ret_error)
{
    const struct bw_cel_regex *regex;
    struct bw_err err = {0};
    if (bw_cel_regex_compile(pattern, 0, call->arena, &regex, &err)) {
        *ret_error = bw_cel_fail(call, "Illegal regex: error parsing regexp: %s", err.msg);
        return NULL;
    }
    return regex;
}

static struct bw_value find(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str text = bw_value_text(args[0]), pattern = bw_value_text(args[1]);
    struct bw_value error;
    size_t slots[2];
    bool matches;
    if (!charge(call, text, pattern))
        return bw_cel_fail_budget();
    const struct bw_cel_regex *regex = compile(call, pattern, &error);
    if (!regex)
        return error;
    if (bw_cel_regex_find(regex, text, 0, slots, 2, &matches, NULL))
        return bw_cel_fail_memory(call->arena);
    return bw_cel_string(call,
                         matches ? bw_str_n(text.p + slots[0], slots[1] - slots[0]) : BW_STR(""));
}

/* The matches from left to right; an empty one counts where none ended just there. */
static struct bw_value all_matches(struct bw_cel_call *call, const struct bw_cel_regex *regex,
                                   struct bw_str text, int64_t limit)
{
    struct bw_value list = bw_value_list(&call->make, 0);
    size_t from = 0, last_end = SIZE_MAX, slots[2];
    bool matches = true;
    while (from <= text.n && limit != 0) {
        if (bw_cel_regex_find(regex, text, from, slots, 2, &matches, NULL))
            return bw_cel_fail_memory(call->arena);
        if (!matches)
            break;
        /* Each search pays for what it went over. */
        if (!bw_cel_charge_bytes(call, (slots[1] - from) * bw_cel_regex_weight(regex) / 4 + 1))
            return bw_cel_fail_budget();
        bool empty = slots[0] == slots[1];
        if (!empty || slots[0] != last_end) {
            bw_value_add(&call->make, &list,
                         bw_cel_string(call, bw_str_n(text.p + slots[0], slots[1] - slots[0])));
            limit -= limit > 0;
        }
        last_end = slots[1];
        size_t step = bw_cel_character_size(bw_str_from(text, slots[1]));
        from = empty ? slots[1] + (step ? step : 1) : slots[1];
    }
    return list;
}

static struct bw_value find_all(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct bw_str text = bw_value_text(args[0]), pattern = bw_value_text(args[1]);
    struct bw_value error;
    if (!charge(call, text, pattern))
        return bw_cel_fail_budget();
    const struct bw_cel_regex *regex = compile(call, pattern, &error);
    return regex ? all_matches(call, regex, text, n > 2 ? args[2].i : -1) : error;
}

static const struct bw_cel_overload overloads[] = {
    {"string.find(string): string", find},
    {"string.findAll(string): list(string)", find_all},
    {"string.findAll(string, int): list(string)", find_all},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_regex = {
    .name = "regex",
    .dialects = BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
