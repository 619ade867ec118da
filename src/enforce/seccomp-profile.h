/*
 * seccomp-profile.h: the system calls that a container may make by default.
 *
 * One table (seccomp-calls.c), organised by what the calls are for, and two renderings of it:
 *
 * - Docker's and Podman's form (`--security-opt seccomp=FILE`), which leaves capabilities and
 *   architecture open: what packaging/seccomp/bulwark.json is;
 * - the OCI runtime's form (config.md "linux.seccomp" of the runtime specification), resolved for
 *   the capabilities and the architecture of one container.
 *
 * It is an allow-list. What programs need is allowed; what belongs to a capability is allowed where
 * the container has that capability, and fails with EPERM elsewhere; what no container should have
 * (io_uring, userfaultfd, the kernel's keyrings, kexec) fails with EPERM; and what the table does
 * not know fails with ENOSYS, so that a C library newer than this table falls back to what it did
 * before. As io_uring is refused, each request for the kernel passes here.
 *
 * The numbers of EPERM, ENOSYS and EAFNOSUPPORT are those of every architecture that
 * bw_seccomp_profile_oci knows.
 */
#ifndef BW_ENFORCE_SECCOMP_PROFILE_H
#define BW_ENFORCE_SECCOMP_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Bytes that either rendering stays below. */
#define BW_SECCOMP_PROFILE_MAX ((size_t)128 << 10)

/* A group's answer: 0 lets the call pass, a positive number is the errno it fails with. */
#define BW_SECCOMP_ALLOW 0
/* Not named in a rendering: it fails like a call that nobody knows. */
#define BW_SECCOMP_ABSENT (-1)

/* What an argument must be for a group to apply. Each value gives a rule of its own, any of which
 * is enough. Arguments are compared as the 64 bits in the register. */
enum bw_seccomp_test {
    BW_SECCOMP_ANY,  /* no look at the arguments */
    BW_SECCOMP_IS,   /* argument == value */
    BW_SECCOMP_OVER, /* argument > value */
    BW_SECCOMP_HAS,  /* argument & value == value */
    BW_SECCOMP_LACKS /* argument & value == 0 */
};

/* System calls that are there for one purpose. Lists are words, a blank between them. */
struct bw_seccomp_group {
    const char *purpose; /* what for, or why not: one line */
    const char *names;
    int answer, otherwise;
    /* Capabilities any of which brings `answer`; without them the calls get `otherwise`. */
    const char *with;
    const char *without; /* the group is there only where none of these capabilities is */
    const char *arches;  /* the group is there only on these (names of GOARCH), or not on these */
    const char *not_arches;
    enum bw_seccomp_test test;
    unsigned argument; /* index, from 0 */
    size_t values_n;
    const uint64_t *values;
};

extern const struct bw_seccomp_group bw_seccomp_groups[];
extern const size_t bw_seccomp_groups_n;

/* In Docker's form, pretty-printed. Whether it fitted tells bw_buf_failed(). */
void bw_seccomp_profile_docker(struct bw_buf *buf);

/* A container that the OCI runtime's form is made for. */
struct bw_seccomp_container {
    const struct bw_str *capabilities; /* "CAP_CHOWN": its bounding set */
    size_t capabilities_n;
    struct bw_str arch; /* a name of GOARCH; empty: that of this program */
};

/* The value of linux.seccomp: {"defaultAction": ...}, without a newline. BW_EUNSUPPORTED where the
 * architecture is not known, BW_ENOMEM (or the buffer is full). */
int bw_seccomp_profile_oci(const struct bw_seccomp_container *container, struct bw_buf *buf,
                           struct bw_err *err) BW_MUST_USE;

#endif
