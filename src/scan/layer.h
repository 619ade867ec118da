/*
 * layer.h: reads layers and files in the worker; private to src/scan.
 */
#ifndef BW_SCAN_LAYER_H
#define BW_SCAN_LAYER_H

#include "base/map.h"
#include "scan/examine.h"
#include "unpack/stream.h"
#include "unpack/tar.h"

/* Which files beyond the parsers' patterns are wanted. Free with bw_wanted_free. */
struct bw_wanted {
    struct bw_map exact;   /* path -> const struct bw_parser */
    struct bw_buf pattern; /* "PATTERN NUL PARSER NUL" of those with '*' */
    bool only;             /* and nothing else is reported */
};

/* list: "PATTERN NUL PARSER NUL" ..., borrowed. BW_ENOMEM. */
int bw_wanted_init(struct bw_wanted *wanted, struct bw_str list, bool only,
                   struct bw_err *err) BW_MUST_USE;
void bw_wanted_free(struct bw_wanted *wanted); /* also for BW_CLEANUP; takes a zeroed one */

/* Reads the tar to its end and the stream to its own, so that checksums and digests cover all. What
 * was read before a failure has been reported. */
int bw_layer_read(struct bw_examiner *examiner, struct bw_stream *stream, uint64_t entries_max,
                  const struct bw_wanted *wanted, struct bw_err *err) BW_MUST_USE;

/* One entry of a layer: reported, and parsed where wanted. */
int bw_layer_entry(struct bw_examiner *examiner, struct bw_tar *tar,
                   const struct bw_tar_entry *entry, const struct bw_wanted *wanted,
                   struct bw_err *err) BW_MUST_USE;

/* Which package manager the first entries of a layer tell of, by the checksums that its database
 * records; BW_DIGEST_NONE where none shows before `bytes_max` bytes of content. */
int bw_layer_look(struct bw_stream *stream, uint64_t entries_max, uint64_t bytes_max,
                  enum bw_digest_algorithm *ret_algorithm, struct bw_err *err) BW_MUST_USE;

/* The whole archive of a BW_SCAN_STREAM job, from stream-job.c. */
int bw_stream_read_archive(struct bw_worker *worker, const struct bw_scan_request *request,
                           struct bw_str wanted, int fd, struct bw_err *err) BW_MUST_USE;

/* The bill of materials of a BW_SCAN_SBOM job, from document-job.c. */
int bw_sbom_read(struct bw_worker *worker, struct bw_str path, int fd,
                 struct bw_err *err) BW_MUST_USE;

#endif
