/*
 * policy-sets.h: the policies of a run: the library of the program, and those that a person brings.
 */
#ifndef BW_CLI_POLICY_SETS_H
#define BW_CLI_POLICY_SETS_H

#include <stdbool.h>

#include "base/err.h"
#include "scan/policy-files.h"
#include "scan/scan.h"

/* The library, and one of all that the person brought. */
#define BW_POLICY_SETS_MAX 2u

struct bw_policy_sets {
    struct bw_policy_files files[BW_POLICY_SETS_MAX];
    struct bw_policy_selection *selections[BW_POLICY_SETS_MAX];
    size_t n;
    struct bw_judge_policies judge[BW_POLICY_SETS_MAX]; /* those of which something is selected */
    size_t judged;
};

struct bw_policy_sets_choice {
    const char *const *paths; /* as bw_policy_files_open takes them */
    size_t paths_n;
    bool no_library;         /* leave out the library of the program */
    struct bw_strs profiles; /* of the library; empty: BW_POLICY_PROFILE_DEFAULT */
    struct bw_strs only, except;
    enum bw_severity at_least;
};

/* Loads and selects. BW_EUSAGE where a word names no policy or profile, with the nearest; else as
 * bw_policy_files_open. */
int bw_policy_sets_open(const struct bw_policy_sets_choice *choice, struct bw_policy_sets *sets,
                        struct bw_err *err) BW_MUST_USE;
void bw_policy_sets_free(struct bw_policy_sets *sets); /* also for BW_CLEANUP */

#endif
