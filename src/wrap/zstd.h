/*
 * zstd.h: Zstandard frames (RFC 8878) with their checksums verified, skippable frames skipped, by
 * libzstd.
 */
#ifndef BW_WRAP_ZSTD_H
#define BW_WRAP_ZSTD_H

#include "base/buf.h"
#include "base/err.h"
#include "wrap/decoder.h"

/* window_max counts from 1 KiB, rounded down to a power of two. */
extern const struct bw_decoder bw_zstd_decoder;

/* Appends a frame of the bytes, or the bytes of a frame that says how many they are. BW_ENOMEM;
 * BW_EFORMAT for anything else, BW_ELIMIT over `max`. */
int bw_zstd_pack(struct bw_str bytes, struct bw_buf *to, struct bw_err *err) BW_MUST_USE;
int bw_zstd_unpack(struct bw_str bytes, size_t max, struct bw_buf *to,
                   struct bw_err *err) BW_MUST_USE;

#endif
