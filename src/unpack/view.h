/*
 * view.h: what a stack of layers shows at its top: whiteouts, opaque directories, replaced and
 * duplicate entries, and links followed as within a chroot.
 *
 * Layers may be added in any order and interleaved; what counts is the layer's index and, within a
 * layer, the order of its entries. Specification: OCI image-spec v1.1, layer.md ("Applying
 * Changesets"); where it is silent, what containerd and Docker do when they unpack.
 *
 * The view knows the entries it was given. Directories, links, whiteouts and the files somebody
 * asked for are given; other regular files are not. So "nothing is recorded at this path" is not
 * "nothing is there", and bw_view_resolve keeps the two apart.
 */
#ifndef BW_UNPACK_VIEW_H
#define BW_UNPACK_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/fact.h"

#define BW_VIEW_ENTRIES_MAX 20000000u
#define BW_VIEW_LINKS_MAX   40u /* symbolic links followed in one resolution, as Linux does */

struct bw_view;

struct bw_view_entry {
    uint32_t layer;
    uint32_t order; /* within the layer, rising */
    struct bw_str path;
    struct bw_file file;
    struct bw_view_entry *older; /* the next older one of the same path, or NULL */
    void *facts;                 /* the caller's */
};

/* Entries live in the arena, which must outlive the view. NULL when memory is short. */
struct bw_view *bw_view_new(struct bw_arena *arena) BW_MUST_USE;
void bw_view_free(struct bw_view *view); /* takes NULL */

/* The strings must live in the arena. *ret_entry is valid as long as the arena is. */
int bw_view_add(struct bw_view *view, uint32_t layer, struct bw_str path,
                const struct bw_file *file, struct bw_view_entry **ret_entry,
                struct bw_err *err) BW_MUST_USE;

/* Whether a real entry (no whiteout, no opaque mark) is part of the top view. */
bool bw_view_visible(const struct bw_view *view, const struct bw_view_entry *entry);

/* The lowest layer that replaces or hides an entry; false when it is visible. */
bool bw_view_hidden_by(const struct bw_view *view, const struct bw_view_entry *entry,
                       uint32_t *ret_layer);

/* The newest entry recorded for a path, or NULL; the others follow by `older`. */
const struct bw_view_entry *bw_view_newest(const struct bw_view *view, struct bw_str path);

/* All recorded paths: the i-th one's newest entry, i < bw_view_paths(). */
size_t bw_view_paths(const struct bw_view *view);
struct bw_view_entry *bw_view_path(const struct bw_view *view, size_t i);

/* Gives the layers their places, where the entries were added before those were known: the layer s
 * of the view is then what was added as member_of[s]. One that is named twice stands twice; one
 * that is not named is gone. */
int bw_view_arrange(struct bw_view *view, const uint32_t *member_of, uint32_t layers_n,
                    struct bw_err *err) BW_MUST_USE;

enum bw_resolution {
    BW_RESOLUTION_FOUND,   /* *ret_entry is the entry, a directory or a file that was read */
    BW_RESOLUTION_UNREAD,  /* *ret_path is where the bytes are; they were not read so far */
    BW_RESOLUTION_UNKNOWN, /* nothing is recorded at *ret_path, where the links lead */
    BW_RESOLUTION_LOOP,    /* more than BW_VIEW_LINKS_MAX links, or a path over 4096 bytes */
};

/* Follows links in every component, the last one included. *ret_path lives in the arena. */
int bw_view_resolve(const struct bw_view *view, struct bw_str path,
                    enum bw_resolution *ret_resolution, struct bw_str *ret_path,
                    const struct bw_view_entry **ret_entry, struct bw_err *err) BW_MUST_USE;

#endif
