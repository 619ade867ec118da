/*
 * stream.h: bytes pulled front to back, without copies.
 *
 * A stream yields blocks that stay valid until the next call on it. Streams stack: a decompressor
 * owns the stream below it. All run in the sandboxed worker; none allocates after it was made, but
 * for what the decompression library itself needs, which is bounded here.
 */
#ifndef BW_UNPACK_STREAM_H
#define BW_UNPACK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The bytes of a block, at most: small enough to stay in a core's cache until all have used it,
 * large enough that a block costs nothing (128 KiB to 1 MiB measure the same). A stream that fills
 * blocks has four of them. */
#define BW_STREAM_BLOCK ((size_t)256 << 10)

struct bw_stream;

/* *ret_n is 0 at the end and only there. After an error or the end the stream gives the same again.
 * BW_EFORMAT: corrupt or cut off; BW_ELIMIT: a maximum was reached; BW_EUNSUPPORTED: a variant of a
 * format that is not read; BW_EIO; BW_ENOMEM. The bytes before the fault have been given. */
int bw_stream_next(struct bw_stream *stream, const uint8_t **ret_p, size_t *ret_n,
                   struct bw_err *err) BW_MUST_USE;

/* Frees it and every stream below it; takes NULL. Descriptors are not closed. */
void bw_stream_free(struct bw_stream *stream);
void bw_stream_freep(struct bw_stream **stream); /* for BW_CLEANUP */

/* All constructors give NULL (bw_stream_inflate: BW_ENOMEM) when memory is short, and also when the
 * stream they are to stand on is NULL for that reason: a stack is checked once, at its top. */

/* Bytes of a seekable file, by pread. A file that ends before is BW_EFORMAT ("cut off"). */
struct bw_stream *bw_stream_range(int fd, uint64_t offset, uint64_t size) BW_MUST_USE;

/* A pipe, socket or file from where it stands, to its end. Waits until it has a whole block. */
struct bw_stream *bw_stream_fd(int fd) BW_MUST_USE;

/* Bytes in memory, borrowed. */
struct bw_stream *bw_stream_memory(const void *p, size_t n) BW_MUST_USE;

/* How a stream was compressed. */
enum bw_compression {
    BW_COMPRESSION_NONE,
    BW_COMPRESSION_GZIP,
    BW_COMPRESSION_ZSTD,
    BW_COMPRESSION_XZ,
};

struct bw_inflate_limits {
    uint64_t output_max; /* bytes it may yield, compressed or not; beyond is BW_ELIMIT that names
                            the option --max-layer-size */
    uint32_t window_max; /* bytes of history a zstd frame or an xz block may demand */
};

/* Decompresses what the first bytes of `inner` announce (RFC 1952 gzip, RFC 8878 zstd, xz), or
 * passes them through. Takes ownership of inner, also on failure. Several gzip members or zstd
 * frames in a row are one stream, as gunzip and zstd treat them; zero padding after the last is
 * skipped, anything else is BW_EFORMAT. Checksums of the format are verified. */
int bw_stream_inflate(struct bw_stream *inner, const struct bw_inflate_limits *limits,
                      struct bw_stream **ret_stream, enum bw_compression *ret_compression,
                      struct bw_err *err) BW_MUST_USE;

/* Passes `inner` on and computes the SHA-256 of all that went through, on a thread of its own where
 * `threaded` (and where one can be had). The thread works on the blocks of inner themselves while
 * inner fills others; only those of bw_tar_content are copied. Takes ownership of inner, also on
 * failure. */
struct bw_stream *bw_stream_sha256(struct bw_stream *inner, bool threaded) BW_MUST_USE;

/* The digest, once the stream has ended: 32 bytes. BW_EINTERNAL before its end. */
int bw_stream_sha256_final(struct bw_stream *stream, uint8_t ret_digest[32],
                           struct bw_err *err) BW_MUST_USE;

/* Pulls until the end. */
int bw_stream_drain(struct bw_stream *stream, struct bw_err *err) BW_MUST_USE;

#endif
