/*
 * local.h: images and filesystems that a path names; private to src/acquire.
 */
#ifndef BW_ACQUIRE_LOCAL_H
#define BW_ACQUIRE_LOCAL_H

#include "acquire/source.h"

/* Whether an argument is "-" or names something that exists, with or without ":NAME" behind it.
 * Without `forced` a ":NAME" is only looked for where the part before it is clearly a path: it has
 * a '/' or ".tar" in it. */
bool bw_local_exists(const char *argument, bool forced);
bool bw_local_is_directory(const char *argument);

/* A directory that holds an OCI layout. */
bool bw_local_is_layout(const char *argument);

/*
 * Opens what the path names. kind is what it has to be, BW_ARCHIVE_ANY to find out:
 *   a directory: an OCI layout, an unpacked docker-archive, or a tree;
 *   a tar at rest: blobs in place;
 *   a tar that is compressed, or a pipe: BW_FORM_STREAM.
 */
int bw_local_open(struct bw_acquire *acquire, const char *argument, enum bw_archive_kind kind,
                  struct bw_image *ret_image, struct bw_err *err) BW_MUST_USE;

#endif
