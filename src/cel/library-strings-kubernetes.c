/*
 * What of the extension "strings" is as version 2 has it, which Kubernetes 1.34 takes: a search
 * from behind the end finds nothing, and format() writes for readers of American English.
 */
#include "cel/function-text.h"

/* Whether the position is one to search from; else *ret_result is the answer. */
static bool is_inside(const struct bw_value *args, struct bw_value *ret_result)
{
    *ret_result = bw_value_text(args[1]).n ? bw_value_int(-1) : args[2];
    return args[2].i < 0 ? bw_value_text(args[1]).n > 0
                         : bw_value_text(args[1]).n > 0 &&
                               bw_cel_character_at(bw_value_text(args[0]), (size_t)args[2].i) <
                                   bw_value_text(args[0]).n;
}

static struct bw_value index_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct bw_value result;
    return is_inside(args, &result) ? bw_cel_index_of(call, args, n) : result;
}

static struct bw_value last_index_of(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    struct bw_value result;
    return is_inside(args, &result) ? bw_cel_last_index_of(call, args, n) : result;
}

static struct bw_value format(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_cel_format(call, bw_value_text(args[0]), args[1], true);
}

static const struct bw_cel_overload overloads[] = {
    {"string.indexOf(string, int): int", index_of},
    {"string.lastIndexOf(string, int): int", last_index_of},
    {"string.format(list(dyn)): string", format},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_strings_kubernetes = {
    .name = "strings-kubernetes",
    .dialects = BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
