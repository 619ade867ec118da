/*
 * policy-sets.h: the policies of a run: the library of the program, and those that a person brings.
 */
#ifndef BW_CLI_POLICY_SETS_H
#define BW_CLI_POLICY_SETS_H

#include <stdbool.h>

#include "base/err.h"
#include "check/policy.h"
#include "scan/scan.h"

/* Sets of one run: each --policy is one. */
#define BW_POLICY_SETS_MAX 17u

struct bw_policy_sets {
    struct bw_policy_set *sets[BW_POLICY_SETS_MAX];
    struct bw_policy_selection *selections[BW_POLICY_SETS_MAX];
    struct bw_buf files[BW_POLICY_SETS_MAX]; /* bytes of compiled sets */
    size_t n;
    struct bw_judge_policies judge[BW_POLICY_SETS_MAX]; /* those of which something is selected */
    size_t judged;
};

struct bw_policy_sets_choice {
    const char *const *paths; /* files and directories of policies, and compiled sets */
    size_t paths_n;
    bool no_library;         /* leave out the library of the program */
    struct bw_strs profiles; /* of the library; empty: BW_POLICY_PROFILE_DEFAULT */
    struct bw_strs only, except;
    enum bw_severity at_least;
};

/* Loads and selects. BW_EUSAGE where a word names no policy or profile; BW_EFORMAT
 * ("FILE:LINE:COLUMN:
 * ...") for the first fault in a policy, BW_EIO. */
int bw_policy_sets_open(const struct bw_policy_sets_choice *choice, struct bw_policy_sets *sets,
                        struct bw_err *err) BW_MUST_USE;
void bw_policy_sets_free(struct bw_policy_sets *sets); /* also for BW_CLEANUP */

/* Gives every policy document at or below a path to a loader: *.yaml, *.yml and *.json that hold
 * one, but no *.examples.yaml. A file that was named itself must hold one. */
int bw_policy_sets_load(struct bw_policy_loader *loader, const char *path,
                        struct bw_err *err) BW_MUST_USE;

#endif
