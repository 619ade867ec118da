/*
 * The library that is part of the program; policy-compile makes it when bulwark is built.
 */
#include "check/policy-state.h"

extern const char bw_policy_library[];
extern const uint64_t bw_policy_library_size;

int bw_policy_set_builtin(struct bw_policy_set **ret_set, struct bw_err *err)
{
    struct bw_str bytes = {bw_policy_library, (size_t)bw_policy_library_size};
    return bw_policy_set_open_own(bytes, ret_set, err);
}
