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

/*
 * The same for a process that serves: connections may be accepted on sockets it holds and waited
 * for, none be made, and no socket created. With a directory, files beneath it may be opened,
 * created, read, written, renamed, locked and removed, and nothing else of the file system.
 *
 * Without a directory, root becomes user 65534. With one, root stays user 0 without any capability
 * and with the directory as its root (chroot): a log that another user could write, be it the one
 * that half the machine's services have dropped to, would be no evidence. Landlock holds it to the
 * directory as well; where the kernel has none, the chroot does. One that is not root has Landlock
 * and the permissions of its user.
 */
struct bw_lockdown_server_options {
    const char *directory;    /* NULL: none */
    size_t memory_max;        /* as above */
    unsigned descriptors_max; /* with those it has */
};

/* *ret_rooted: the directory is "/" from now on. */
int bw_lockdown_server(const struct bw_lockdown_server_options *options, bool *ret_rooted,
                       bool *ret_landlock, struct bw_err *err) BW_MUST_USE;

#endif
