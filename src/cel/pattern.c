#include "cel/pattern.h"

/* Compiling costs about this for a byte of the pattern. */
#define PATTERN_COST 8u

struct bw_value bw_cel_pattern(struct bw_cel_call *call, struct bw_value pattern,
                               const struct bw_cel_regex **ret_regex)
{
    struct bw_err err = {0};
    *ret_regex = call->regex;
    if (call->regex)
        return (struct bw_value){0};
    if (!bw_cel_charge(call, (uint64_t)pattern.text->n * PATTERN_COST))
        return bw_cel_fail_budget();
    int code = bw_cel_regex_compile(bw_value_text(pattern), 0, call->arena, ret_regex, &err);
    if (code == BW_ENOMEM)
        return bw_cel_fail_memory(call->arena);
    return code ? bw_cel_fail(call, "error parsing regexp: %s", err.msg) : (struct bw_value){0};
}
