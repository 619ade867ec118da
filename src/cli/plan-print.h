/*
 * plan-print.h: a command of an engine on standard output: as a shell takes it, or explained.
 */
#ifndef BW_CLI_PLAN_PRINT_H
#define BW_CLI_PLAN_PRINT_H

#include "enforce/run-plan.h"

/* The command on one line, quoted for a shell. */
int bw_print_command(const char *const *argv, struct bw_err *err) BW_MUST_USE;

struct bw_command_explained {
    const char *begin; /* "docker run" */
    const struct bw_run_flag *flags;
    size_t flags_n;
    const char *const *rest;    /* what follows them; NULL at the end */
    const char *const *remarks; /* paragraphs behind the command; NULL at the end */
    struct bw_str notes;        /* lines behind them; those that are indented stay so */
};

/* One flag a line, and below it what it is good for. */
int bw_print_explained(const struct bw_command_explained *command, struct bw_err *err) BW_MUST_USE;

#endif
