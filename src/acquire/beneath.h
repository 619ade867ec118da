/*
 * beneath.h: opens paths that others chose, without leaving a directory; private to src/acquire.
 */
#ifndef BW_ACQUIRE_BENEATH_H
#define BW_ACQUIRE_BENEATH_H

#include <stdbool.h>

#include "base/compiler.h"

enum bw_beneath {
    BW_BENEATH_NO_LINKS, /* a symbolic link anywhere is ELOOP */
    BW_BENEATH_LINKS,    /* links are followed as long as they stay beneath; else EXDEV */
};

/* open(2) of a relative path below a directory; "" is the directory itself. O_CLOEXEC, O_NOCTTY and
 * O_NONBLOCK are added. Returns a descriptor, or -1 with errno. With O_PATH and BW_BENEATH_NO_LINKS
 * a link as the last component is opened itself. Where the kernel has no openat2 (before 5.6, or
 * forbidden by a sandbox) links are never followed. */
int bw_beneath_open(int directory, const char *path, int flags, enum bw_beneath how) BW_MUST_USE;

#endif
