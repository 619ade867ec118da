/*
 * run-arguments.h: the command line of `bulwark run`: options of its own, and those of `docker run`
 * that are handed on.
 */
#ifndef BW_CLI_RUN_ARGUMENTS_H
#define BW_CLI_RUN_ARGUMENTS_H

#include "base/vec.h"
#include "cli/cli.h"
#include "enforce/run-plan.h"

extern const struct bw_option bw_run_options[];

struct bw_run_arguments {
    BW_VEC_TYPE(bw_run_words, struct bw_run_word) words; /* options of the engine */
    const char *image;                                   /* NULL with print_profile alone */
    const char *const *command;                          /* what follows it: of argv */
    size_t command_n;
    unsigned allowed;   /* enum bw_run_loosening */
    const char *engine; /* NULL: the one that answers */
    BW_VEC_TYPE(bw_run_profiles, struct bw_str) profiles;
    BW_VEC_TYPE(bw_run_paths, const char *) paths; /* of policies */
    bool explain, dry_run, force, print_profile;
};

/* Options stand before the image; what follows it is the container's. -1 to go on, else the exit
 * code: help was printed, or the use was wrong. */
int bw_run_arguments_read(struct bw_run_arguments *arguments, const struct bw_verb *verb, int argc,
                          char **argv);
void bw_run_arguments_free(struct bw_run_arguments *arguments); /* also for BW_CLEANUP */

#endif
