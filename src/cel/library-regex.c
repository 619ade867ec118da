/*
 * Kubernetes' find() and findAll(): the first match of a pattern, and all that do not overlap.
 */
#include "cel/function-text.h"
#include "cel/pattern.h"

/* A search may look at all that is left, with each step of the pattern. */
static bool charge_search(struct bw_cel_call *call, const struct bw_cel_regex *regex, size_t bytes)
{
    return bw_cel_charge_bytes(call, bytes * bw_cel_regex_steps(regex) / 4 + 1);
}

static struct bw_value find(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str text = bw_value_text(args[0]);
    const struct bw_cel_regex *regex;
    size_t slots[2];
    bool matches;
    struct bw_value failed = bw_cel_pattern(call, args[1], &regex);
    if (failed.kind)
        return failed;
    if (!charge_search(call, regex, text.n))
        return bw_cel_fail_budget();
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
        if (!charge_search(call, regex, text.n - from))
            return bw_cel_fail_budget();
        if (bw_cel_regex_find(regex, text, from, slots, 2, &matches, NULL))
            return bw_cel_fail_memory(call->arena);
        if (!matches)
            break;
        bool empty = slots[0] == slots[1];
        if (!empty || slots[0] != last_end) {
            struct bw_str match = bw_str_n(text.p + slots[0], slots[1] - slots[0]);
            bw_value_add(&call->make, &list, bw_cel_string(call, match));
            limit -= limit > 0;
        }
        last_end = from = slots[1];
        if (empty)
            from += from < text.n ? bw_cel_character_size(bw_str_from(text, from)) : 1;
    }
    return list;
}

static struct bw_value find_all(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    const struct bw_cel_regex *regex;
    struct bw_value failed = bw_cel_pattern(call, args[1], &regex);
    return failed.kind ? failed
                       : all_matches(call, regex, bw_value_text(args[0]), n > 2 ? args[2].i : -1);
}

static const struct bw_cel_overload overloads[] = {
    {"string.find(pattern): string", find},
    {"string.findAll(pattern): list(string)", find_all},
    {"string.findAll(pattern, int): list(string)", find_all},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_regex = {
    .name = "regex",
    .dialects = BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
