/*
 * lockdown.h: gives up everything a process does not need to turn bytes into facts.
 *
 * After it the process cannot open or create a file, reach the network, start a program, send a
 * signal to another process or gain a privilege; it keeps the descriptors it has and the ones that
 * are sent to it. In order: no_new_privs; resource limits (no core, no file growth, few
 * descriptors); with root, no supplementary groups, user and group 65534, no capability; Landlock
 * with every file system right taken and none given; a seccomp allow-list. A call outside the list
 * ends the process (SIGSYS); opening a file fails with EACCES.
 */
#ifndef BW_SANDBOX_LOCKDOWN_H
#define BW_SANDBOX_LOCKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct bw_lockdown_options {
    size_t memory_max; /* bytes of address space it may still add; 0 is no limit */
};

/* For a process with one thread. A kernel without Landlock is no failure: *ret_landlock tells.
 * Anything else that cannot be given up is: a worker that is not locked down must not run. */
int bw_lockdown(const struct bw_lockdown_options *options, bool *ret_landlock,
                struct bw_err *err) BW_MUST_USE;

#endif
