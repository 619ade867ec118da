/*
 * vectorscan.h: many patterns in one pass over bytes, by Vectorscan (the Hyperscan interface).
 *
 * The patterns are compiled once, when bulwark is built (vectorscan-compile.h), and the compiled
 * set is part of the program. The runtime is linked statically from the package that compiled the
 * set, so that the two are always of one version.
 */
#ifndef BW_WRAP_VECTORSCAN_H
#define BW_WRAP_VECTORSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

/* A loaded set with its working memory. One thread at a time. */
struct bw_vectorscan;

/* Copies the set out of `image`, which may go away. BW_EUNSUPPORTED where this processor cannot run
 * it or the image is of another version, BW_EFORMAT where it is none, BW_ENOMEM. */
int bw_vectorscan_load(struct bw_vectorscan **ret_set, const void *image, size_t n,
                       struct bw_err *err) BW_MUST_USE;
void bw_vectorscan_free(struct bw_vectorscan *set); /* takes NULL */
void bw_vectorscan_freep(struct bw_vectorscan **set);

/* A pattern matches the bytes that end before `end`. Called for every end of a match, in the order
 * of the ends. false stops the scan. Must not scan with the same set. */
typedef bool bw_vectorscan_found(void *ctx, unsigned id, size_t end);

/* Scans one block, at most 4 GiB. 0 also where `found` stopped it; BW_EINTERNAL. */
int bw_vectorscan_scan(struct bw_vectorscan *set, const void *p, size_t n,
                       bw_vectorscan_found *found, void *ctx, struct bw_err *err) BW_MUST_USE;

#endif
