/*
 * deflate.h: one DEFLATE stream (RFC 1951), raw or as zlib wraps it (RFC 1950), from memory to
 * memory, by ISA-L.
 */
#ifndef BW_WRAP_DEFLATE_H
#define BW_WRAP_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"

struct bw_inflater;

/* Some 80 KB, for any number of streams one after the other. NULL when memory is short. */
struct bw_inflater *bw_inflater_new(void) BW_MUST_USE;
void bw_inflater_free(struct bw_inflater *inflater); /* takes NULL */

/* A whole raw stream that unpacks to exactly out_n bytes. BW_EFORMAT for anything else. */
int bw_inflate(struct bw_inflater *inflater, const void *in, size_t in_n, void *out, size_t out_n,
               struct bw_err *err) BW_MUST_USE;

/* Appends what a whole zlib stream unpacks to; bytes behind it do not matter. BW_ELIMIT at
 * buf->max, BW_EFORMAT for damage, a cut-off stream and a wrong checksum. */
int bw_inflate_zlib(struct bw_inflater *inflater, const void *in, size_t in_n, struct bw_buf *buf,
                    struct bw_err *err) BW_MUST_USE;

#endif
