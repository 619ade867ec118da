/*
 * decoder.h: the one shape that the decompression libraries are driven in.
 *
 * A decoder turns compressed bytes into plain ones, from buffer to buffer, a step at a time. What a
 * format can put one after another (gzip members, zstd frames, xz streams) are its "members".
 */
#ifndef BW_WRAP_DECODER_H
#define BW_WRAP_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Both pairs are advanced by a step past what was read and written. */
struct bw_decode {
    const uint8_t *in;
    size_t in_n;
    uint8_t *out;
    size_t out_n;
};

enum bw_decode_state {
    BW_DECODE_MORE, /* within a member; a step that moved nothing needs input or room */
    BW_DECODE_END,  /* a member is complete, its checksums are right, all its bytes are written */
};

struct bw_decoder {
    const char *name; /* for messages: "gzip" */

    /* window_max: bytes of history a member may demand. NULL when memory is short. */
    void *(*open)(size_t window_max);

    /* An enum bw_decode_state, or BW_EFORMAT, BW_ELIMIT (window_max), BW_ENOMEM. What was written
     * before a failure is good. With in_n 0 it hands out what it still holds. After BW_DECODE_END
     * the next step begins another member; after a failure there is none. */
    int (*step)(void *state, struct bw_decode *io, struct bw_err *err);

    void (*close)(void *state);
};

#endif
