#include "wrap/deflate.h"

#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#define STEP ((size_t)64 << 10)

struct bw_inflater {
    struct inflate_state state;
};

struct bw_inflater *bw_inflater_new(void)
{
    /* Zeroed: isal_inflate_init() leaves the decoding tables as they are. */
    return calloc(1, sizeof(struct bw_inflater));
}

void bw_inflater_free(struct bw_inflater *inflater)
{
    free(inflater);
}

int bw_inflate(struct bw_inflater *inflater, const void *in, size_t in_n, void *out, size_t out_n,
               struct bw_err *err)
{
    struct inflate_state *state = &inflater->state;
    if (in_n > INT32_MAX || out_n > INT32_MAX)
        return bw_err_set(err, BW_ELIMIT, "a compressed stream of more than 2 GiB");
    isal_inflate_init(state);
    state->crc_flag = ISAL_DEFLATE;
    state->next_in = (uint8_t *)in;
    state->avail_in = (uint32_t)in_n;
    state->next_out = out;
    state->avail_out = (uint32_t)out_n;
    int rc = isal_inflate_stateless(state);
    if (rc != ISAL_DECOMP_OK || state->avail_out || state->block_state != ISAL_BLOCK_FINISH)
        return bw_err_set(err, BW_EFORMAT, "compressed bytes are damaged, or not of that size");
    return 0;
}

int bw_inflate_zlib(struct bw_inflater *inflater, const void *in, size_t in_n, struct bw_buf *buf,
                    struct bw_err *err)
{
    struct inflate_state *state = &inflater->state;
    if (in_n > INT32_MAX)
        return bw_err_set(err, BW_ELIMIT, "a compressed stream of more than 2 GiB");
    isal_inflate_init(state);
    state->crc_flag = ISAL_ZLIB;
    state->next_in = (uint8_t *)in;
    state->avail_in = (uint32_t)in_n;
    while (state->block_state != ISAL_BLOCK_FINISH) {
        size_t room = buf->max - buf->n < STEP ? buf->max - buf->n : STEP;
        uint8_t *to = room ? bw_buf_reserve(buf, room) : NULL;
        if (!to)
            return bw_err_set(err, BW_ELIMIT, "unpacks to more than %zu bytes", buf->max);
        state->next_out = to;
        state->avail_out = (uint32_t)room;
        int rc = isal_inflate(state);
        buf->n += room - state->avail_out;
        if (rc != ISAL_DECOMP_OK ||
            (state->avail_out == room && state->block_state != ISAL_BLOCK_FINISH))
            return bw_err_set(err, BW_EFORMAT, "compressed bytes are damaged or cut off");
    }
    return 0;
}
