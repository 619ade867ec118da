/*
 * zstd.h: Zstandard frames (RFC 8878) with their checksums verified, skippable frames skipped, by
 * libzstd.
 */
#ifndef BW_WRAP_ZSTD_H
#define BW_WRAP_ZSTD_H

#include "wrap/decoder.h"

/* window_max counts from 1 KiB, rounded down to a power of two. */
extern const struct bw_decoder bw_zstd_decoder;

#endif
