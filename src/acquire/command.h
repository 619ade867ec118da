/*
 * command.h: other programs, asked over pipes.
 */
#ifndef BW_ACQUIRE_COMMAND_H
#define BW_ACQUIRE_COMMAND_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct bw_command {
    const char *const *argv; /* NULL at the end; argv[0] is looked for in PATH */
    struct bw_str input;     /* what its standard input gives */
    int64_t timeout_ms;
    struct bw_buf *output; /* takes its standard output; its maximum is the limit */
    struct bw_buf *errors; /* takes its standard error up to its maximum; NULL: thrown away */
};

/* Runs it to its end. *ret_exit: its exit code, or 128 and the signal that ended it. BW_ENOENT
 * where there is no such program, BW_ETIMEOUT, BW_ELIMIT (it is killed), BW_EIO. */
int bw_command_run(const struct bw_command *command, int *ret_exit, struct bw_err *err) BW_MUST_USE;

#endif
