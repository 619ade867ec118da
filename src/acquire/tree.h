/*
 * tree.h: walks a directory that is a root filesystem or an overlay2 layer.
 *
 * The walk runs in the parent, which has the privilege (trusted.overlay.* attributes, mode 0700
 * directories); it sees names and types from the kernel and never reads a file's content. It opens
 * beneath the given directory only, follows no symbolic link and stays out of pseudo file systems.
 */
#ifndef BW_ACQUIRE_TREE_H
#define BW_ACQUIRE_TREE_H

#include <stdbool.h>

#include "base/err.h"
#include "model/fact.h"
#include "model/gap.h"

#define BW_TREE_DEPTH_MAX   256u
#define BW_TREE_ENTRIES_MAX 50000000u

/* Bytes of the paths of directories that wait for their turn. */
#define BW_TREE_PENDING_MAX ((size_t)256 << 20)

/* Longest path: the kernel opens no longer one. */
#define BW_TREE_PATH_MAX 4095u

struct bw_tree_visitor {
    void *ctx;
    /* Whether the content of a regular file is wanted. */
    bool (*wants)(void *ctx, struct bw_str path);
    /* A directory, symbolic link, whiteout, opaque directory (after its directory) or other entry
     * that decides what is visible; regular files only where wanted. Slices are short-lived.
     * Non-zero stops. */
    int (*entry)(void *ctx, struct bw_str path, const struct bw_file *file);
    /* The content of a wanted file, as its entry told of it; called after that. The descriptor is
     * handed over. Non-zero stops. */
    int (*content)(void *ctx, struct bw_str path, int fd, const struct bw_file *file);
    void (*gap)(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                struct bw_str why);
};

/*
 * Walks the directory, a parent before what is in it; otherwise in no order. What a callback stops
 * with is returned.
 *
 * overlay: the directory is an overlayfs layer (Documentation/filesystems/overlayfs.rst): character
 * device 0/0 is a whiteout, the attribute trusted.overlay.opaque=y (or user.overlay.opaque) an
 * opaque directory; redirect and metacopy, which no image layer has, are blocking gaps.
 *
 * Otherwise a host or container root: mounts of real local file systems are entered, pseudo and
 * network file systems are not (the latter is a note), nor are the stores of container engines,
 * which are other subjects (a note).
 *
 * A directory or wanted file that cannot be opened is a blocking gap, as is what lies deeper than
 * BW_TREE_DEPTH_MAX. BW_ELIMIT at the other maxima.
 */
int bw_tree_walk(int directory, bool overlay, const struct bw_tree_visitor *visitor,
                 struct bw_err *err) BW_MUST_USE;

/* Opens one regular file at an exact path without following any link. *ret_type says what stands
 * there; the descriptor is -1 unless it is BW_FILE_REGULAR. BW_ENOENT where nothing is, or a
 * component before the last is no directory. */
int bw_tree_lookup(int directory, bool overlay, struct bw_str path, enum bw_file_type *ret_type,
                   int *ret_fd, struct bw_err *err) BW_MUST_USE;

#endif
