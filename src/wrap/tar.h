/*
 * tar.h: headers and content of a tar archive as they are stored (POSIX ustar and pax, GNU, v7), by
 * libarchive with its tar reader alone.
 *
 * Names are bytes: never converted, never normalised, whatever the locale and the pax charset. What
 * a container engine (Go's archive/tar) reads differently is mended or refused here:
 *   - the archive ends at two zero blocks, or with its bytes; what follows two is not looked at,
 *     and anything behind a single one is damage;
 *   - a hard link has no content, even where its header gives a size;
 *   - other entries that cannot have content (links, directories, devices) and do are refused;
 *   - bytes between entries that are no header are damage, not something to search through.
 */
#ifndef BW_WRAP_TAR_H
#define BW_WRAP_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Bytes of the archive that the headers of one entry may take (long names, extended attributes,
 * sparse maps); beyond is BW_ELIMIT. */
#define BW_TAR_HEADER_MAX ((uint64_t)4 << 20)

struct bw_tar_reader;

/* The next bytes, valid until the next call; *ret_n is 0 at the end. */
typedef int bw_tar_read_fn(void *arg, const uint8_t **ret_p, size_t *ret_n, struct bw_err *err);

/* An entry as stored; strings are valid until the next. */
struct bw_tar_header {
    const char *path;
    const char *link; /* target of a hard or symbolic link, else NULL */
    bool hard_link;
    unsigned type;   /* S_IFREG and so on; 0 for a hard link */
    uint64_t size;   /* apparent size of a regular file, else 0 */
    uint64_t offset; /* of the content in the archive */
    bool sparse;     /* the content has holes, which are not stored */
    uint32_t mode;   /* permission bits */
    uint32_t uid, gid;
    const void *capability; /* the attribute security.capability as it is stored, or NULL */
    size_t capability_n;
};

/* NULL when memory is short. */
struct bw_tar_reader *bw_tar_reader_new(bw_tar_read_fn *read, void *arg) BW_MUST_USE;
void bw_tar_reader_free(struct bw_tar_reader *reader); /* takes NULL */

/* 1 with an entry, 0 at the end, or BW_EFORMAT, BW_ELIMIT, BW_ENOMEM, or what `read` failed with.
 * Content that was not read is skipped. Not to be called again after the end or a failure. */
int bw_tar_reader_next(struct bw_tar_reader *reader, struct bw_tar_header *ret_header,
                       struct bw_err *err) BW_MUST_USE;

/* 1 with stored bytes of a regular file and their place in it, valid until the next call; 0 at its
 * end. Places only grow and stay within its size; what lies between is a hole. */
int bw_tar_reader_data(struct bw_tar_reader *reader, const uint8_t **ret_p, size_t *ret_n,
                       uint64_t *ret_at, struct bw_err *err) BW_MUST_USE;

#endif
