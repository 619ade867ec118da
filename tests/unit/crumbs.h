/*
 * crumbs.h: a stream that hands its bytes out in small pieces and takes each back at the next call,
 * as the contract of streams allows. For tests and fuzz targets.
 */
#ifndef TESTS_UNIT_CRUMBS_H
#define TESTS_UNIT_CRUMBS_H

#include <stdlib.h>
#include <string.h>

#include "unpack/stream-kind.h"

struct crumbs {
    struct bw_stream base;
    const uint8_t *p;
    size_t n, size;
    uint8_t *piece;
};

static inline int crumbs_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n,
                              struct bw_err *err)
{
    struct crumbs *s = (struct crumbs *)base;
    free(s->piece);
    size_t n = s->n < s->size ? s->n : s->size;
    s->piece = malloc(n ? n : 1);
    if (!s->piece)
        return bw_err_set(err, BW_ENOMEM, "no memory");
    if (n)
        memcpy(s->piece, s->p, n);
    s->p += n;
    s->n -= n;
    *ret_p = s->piece;
    *ret_n = n;
    return 0;
}

static inline void crumbs_free(struct bw_stream *base)
{
    struct crumbs *s = (struct crumbs *)base;
    free(s->piece);
    free(s);
}

/* Borrows the bytes. NULL when memory is short. */
static inline struct bw_stream *crumbs_new(const uint8_t *p, size_t n, size_t size)
{
    static const struct bw_stream_kind kind = {crumbs_next, crumbs_free};
    struct crumbs *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.kind = &kind;
    s->p = p;
    s->n = n;
    s->size = size;
    return &s->base;
}

#endif
