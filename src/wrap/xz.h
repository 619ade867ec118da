/*
 * xz.h: xz streams (The .xz File Format 1.1.0) with their checks verified, by liblzma.
 */
#ifndef BW_WRAP_XZ_H
#define BW_WRAP_XZ_H

#include "wrap/decoder.h"

/* The decoder may take BW_XZ_MEMORY bytes beside window_max. A check of a kind that liblzma does
 * not know is BW_EUNSUPPORTED. */
#define BW_XZ_MEMORY ((size_t)1 << 20)

extern const struct bw_decoder bw_xz_decoder;

#endif
