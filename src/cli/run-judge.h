/*
 * run-judge.h: what the policies say of a container before it is started.
 */
#ifndef BW_CLI_RUN_JUDGE_H
#define BW_CLI_RUN_JUDGE_H

#include "base/arena.h"
#include "enforce/run-plan.h"

struct bw_run_judging {
    /* Of the library; what they deny is denied. None: BW_POLICY_PROFILE_DEFAULT, of which what is
     * of less than high severity, or cannot be judged, is a warning: a person at a terminal knows
     * what they mean, and that the user is not root is seen to before. */
    const struct bw_str *profiles;
    size_t profiles_n;
    const char *const *paths; /* policies of one's own, beside the library */
    size_t paths_n;
};

/* Judges the plan as the body of POST /containers/create. Policies of the library that say what the
 * person has allowed by name are passed over. Appends lines for a person: what is denied and what
 * is warned of, each with its remedy, and, where the image is not at hand, what could not be
 * judged. BW_EUSAGE where a profile is none's. */
int bw_run_judge(const struct bw_run_judging *judging, const struct bw_run_plan *plan,
                 struct bw_arena *arena, bool *ret_allowed, struct bw_buf *said,
                 struct bw_err *err) BW_MUST_USE;

#endif
