/*
 * local-files.h: the files of a directory, or the members of a tar at rest, as bw_layout_resolve
 * wants them; private to src/acquire.
 */
#ifndef BW_ACQUIRE_LOCAL_FILES_H
#define BW_ACQUIRE_LOCAL_FILES_H

#include "acquire/layout.h"
#include "base/map.h"

/* Links followed from member to member before giving up. */
#define BW_LOCAL_LINKS_MAX 16u

struct bw_local_files {
    struct bw_acquire *acquire;
    struct bw_image *image; /* keeps the descriptors of blobs that were found */
    int directory;          /* borrowed; -1 for a tar */
    struct bw_blob tar;     /* its descriptor is the image's */
    struct bw_map members;  /* by path; of several with one path the last, as tar(1) does it */
};

/* The files of a directory. */
struct bw_local_files bw_local_files_directory(struct bw_acquire *acquire, struct bw_image *image,
                                               int directory);

/* The members of a tar. BW_EFORMAT where it is none. Free with bw_local_files_free. */
int bw_local_files_tar(struct bw_acquire *acquire, struct bw_image *image, struct bw_blob tar,
                       struct bw_local_files *ret_files, struct bw_err *err) BW_MUST_USE;
void bw_local_files_free(struct bw_local_files *files); /* for BW_CLEANUP */

struct bw_layout_files bw_local_files_layout(struct bw_local_files *files);

/* Hands a descriptor over to the image; it is closed where there is no memory to keep it. */
int bw_image_keep_file(struct bw_image *image, struct bw_arena *arena, int fd,
                       struct bw_err *err) BW_MUST_USE;

#endif
