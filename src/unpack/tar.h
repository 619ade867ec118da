/*
 * tar.h: the entries of a tar archive, front to back (POSIX ustar and pax, GNU, old v7).
 *
 * wrap/tar.h says how archives are read that tar programs disagree on: as container engines do.
 */
#ifndef BW_UNPACK_TAR_H
#define BW_UNPACK_TAR_H

#include "base/err.h"
#include "model/fact.h"
#include "unpack/stream.h"

#define BW_TAR_ENTRIES_MAX   5000000u /* default of --max-entries */
#define BW_TAR_PATH_MAX      4096u
#define BW_TAR_COMPONENT_MAX 255u

struct bw_tar;

/* An entry; slices are valid until the next one. */
struct bw_tar_entry {
    struct bw_str path; /* normalised: no leading '/', no "." or empty components; ".." has been
                           resolved within the root, as an extraction in a chroot would. The root
                           directory itself is never reported. */
    enum bw_file_type type;
    struct bw_str link; /* symbolic link as stored; hard link normalised as path is */
    uint64_t size;   /* of a regular file, as its header says (sparse: the apparent size); else 0 */
    uint64_t offset; /* of its content in the stream; 0 for sparse files */
    uint32_t mode, uid, gid;
    uint64_t capabilities; /* as in struct bw_file */
    bool odd_path; /* the stored path was absolute, had "..", or was not UTF-8: worth a note */
};

/* Borrows the stream, which must outlive the tar. NULL when memory is short. */
struct bw_tar *bw_tar_new(struct bw_stream *stream, uint64_t entries_max) BW_MUST_USE;
void bw_tar_free(struct bw_tar *tar);
void bw_tar_freep(struct bw_tar **tar); /* for BW_CLEANUP */

/* 1 with an entry, 0 at the end (a zero block, or the end of the stream between two entries),
 * negative on failure: BW_EFORMAT where the archive is cut off, damaged or no tar; BW_ELIMIT at
 * entries_max (names --max-entries), at BW_TAR_PATH_MAX or BW_TAR_COMPONENT_MAX, or where the
 * headers of an entry take more than BW_TAR_HEADER_MAX (wrap/tar.h); or what the stream failed
 * with. Content that was not read is skipped. An entry that libarchive warns about is still an
 * entry. An empty stream is an empty archive. After the end, or a failure, the same is returned
 * again; what follows the end in the stream (padding) is left there. */
int bw_tar_next(struct bw_tar *tar, struct bw_tar_entry *ret_entry, struct bw_err *err) BW_MUST_USE;

/* Reads the content of the current entry (what is left of it) into memory of `max` bytes at most:
 * *ret_p is malloc'ed and the caller's. Nothing for what is no regular file. BW_ELIMIT where it is
 * larger: the next entry can be had all the same. Any other failure ends the archive. Holes of a
 * sparse file read as zeros and count. */
int bw_tar_read(struct bw_tar *tar, size_t max, uint8_t **ret_p, size_t *ret_n,
                struct bw_err *err) BW_MUST_USE;

/* The content of the current regular entry (what is left of it) as a stream of its own (a layer
 * inside an archive), valid until the next entry; the caller frees it first. */
struct bw_stream *bw_tar_content(struct bw_tar *tar) BW_MUST_USE;

/* Normalises a path as described for bw_tar_entry into out. false when it is empty (the root), or,
 * and then ret_path->p is NULL, over BW_TAR_PATH_MAX or BW_TAR_COMPONENT_MAX. *ret_odd as odd_path.
 * Also used for link targets. */
bool bw_tar_normalise(struct bw_str path, char out[BW_TAR_PATH_MAX + 1], struct bw_str *ret_path,
                      bool *ret_odd);

/* Recognises the OCI and AUFS whiteout names (OCI image-spec, layer.md) in a normalised path:
 * "a/.wh.b" hides a/b, "a/.wh..wh..opq" makes a opaque. On true *ret_type is BW_FILE_WHITEOUT or
 * BW_FILE_OPAQUE and *ret_path what it is about, a slice in `buffer`. An opaque root has an empty
 * path. A whiteout with an empty path hides nothing and is no file either: other ".wh..wh." names,
 * which are AUFS bookkeeping, and ".wh.", ".wh..", ".wh...", which name nothing. */
bool bw_tar_whiteout(struct bw_str path, char buffer[BW_TAR_PATH_MAX + 1],
                     enum bw_file_type *ret_type, struct bw_str *ret_path);

#endif
