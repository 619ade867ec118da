/*
 * mounts.h: which directories of a root filesystem are part of it; private to src/acquire.
 */
#ifndef BW_ACQUIRE_MOUNTS_H
#define BW_ACQUIRE_MOUNTS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"

enum bw_mount {
    BW_MOUNT_ENTER,   /* part of it: on a local file system */
    BW_MOUNT_PSEUDO,  /* made by the kernel (/proc, /sys, /dev), or mounted by an engine for what
                         runs */
    BW_MOUNT_NETWORK, /* may hang, or hold another machine's files */
    BW_MOUNT_STORE,   /* where a container engine keeps images and containers */
};

#define BW_MOUNTS_KNOWN 16u

/* What was seen, so that a file system is asked once. Zero-initialise for a walk. */
struct bw_mounts {
    struct {
        dev_t dev;
        enum bw_mount is;
    } known[BW_MOUNTS_KNOWN];
    size_t n;
};

/* An open directory and its path below the root (empty: the root, which is always entered). */
enum bw_mount bw_mounts_look(struct bw_mounts *mounts, int fd, struct bw_str path);

#endif
