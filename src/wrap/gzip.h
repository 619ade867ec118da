/*
 * gzip.h: gzip members (RFC 1952) with their header fields, CRC-32 and size verified, by ISA-L.
 */
#ifndef BW_WRAP_GZIP_H
#define BW_WRAP_GZIP_H

#include "wrap/decoder.h"

/* Needs 32 KiB of history whatever window_max is. */
extern const struct bw_decoder bw_gzip_decoder;

#endif
