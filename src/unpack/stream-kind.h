/*
 * stream-kind.h: what a kind of stream is made of; only src/unpack/ and its tests include it.
 */
#ifndef BW_UNPACK_STREAM_KIND_H
#define BW_UNPACK_STREAM_KIND_H

#include <stdbool.h>

#include "unpack/stream.h"

struct bw_stream_kind {
    /* As bw_stream_next; not called again after the end or a failure. */
    int (*next)(struct bw_stream *stream, const uint8_t **ret_p, size_t *ret_n, struct bw_err *err);
    void (*free)(struct bw_stream *stream);
};

/* The first member of every kind of stream. */
struct bw_stream {
    const struct bw_stream_kind *kind;
    /* How many calls after the one that gave it a block stays valid, 0 being the promise of
     * stream.h. A reader on another thread may lag that far behind without a copy. */
    unsigned lag;
    bool ended;
    int code; /* of the failure that ended it, or 0 */
    struct bw_err err;
};

/* A producer that fills blocks itself takes turns with this many of them. */
#define BW_STREAM_TURNS 4u

struct bw_stream_ring {
    uint8_t *p;
    size_t block; /* bytes of one */
    unsigned turn;
};

/* false when memory is short. */
bool bw_stream_ring_init(struct bw_stream_ring *ring, size_t block) BW_MUST_USE;
uint8_t *bw_stream_ring_next(struct bw_stream_ring *ring);

#endif
