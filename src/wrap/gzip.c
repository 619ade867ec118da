#include "wrap/gzip.h"

#include <stdbool.h>
#include <stdlib.h>

#include <isa-l/igzip_lib.h>

struct gzip {
    bool in_body; /* the header of the member has been read */
    struct isal_gzip_header header;
    struct inflate_state state;
};

static void gzip_begin_member(struct gzip *gz)
{
    gz->in_body = false;
    isal_gzip_header_init(&gz->header);
    isal_inflate_reset(&gz->state);
    gz->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
}

static void *gzip_open(size_t window_max)
{
    (void)window_max;
    /* Zeroed: isal_inflate_init() leaves the decoding tables as they are. */
    struct gzip *gz = calloc(1, sizeof *gz);
    if (!gz)
        return NULL;
    isal_inflate_init(&gz->state);
    gzip_begin_member(gz);
    return gz;
}

static int gzip_fail(int code, struct bw_err *err)
{
    switch (code) {
    case ISAL_INVALID_WRAPPER:
        return bw_err_set(err, BW_EFORMAT, "gzip: no member header where one must be");
    case ISAL_UNSUPPORTED_METHOD:
        return bw_err_set(err, BW_EFORMAT, "gzip: unknown compression method");
    case ISAL_INCORRECT_CHECKSUM:
        return bw_err_set(err, BW_EFORMAT, "gzip: checksum or size is wrong");
    case ISAL_INVALID_LOOKBACK:
        return bw_err_set(err, BW_EFORMAT, "gzip: reference before the beginning");
    case ISAL_INVALID_SYMBOL:
        return bw_err_set(err, BW_EFORMAT, "gzip: invalid symbol");
    default:
        return bw_err_set(err, BW_EFORMAT, "gzip: invalid block");
    }
}

/* The library counts in 32 bits, and bytes it was not given it must not believe to have. */
static uint32_t gzip_cap(size_t n)
{
    return n > INT32_MAX ? INT32_MAX : (uint32_t)n;
}

static int gzip_step(void *p, struct bw_decode *io, struct bw_err *err)
{
    struct gzip *gz = p;
    struct inflate_state *state = &gz->state;
    uint32_t in_n = gzip_cap(io->in_n), out_n = gzip_cap(io->out_n);
    state->next_in = (uint8_t *)io->in;
    state->avail_in = in_n;
    state->next_out = io->out;
    state->avail_out = out_n;

    int r = 0;
    if (!gz->in_body) {
        r = isal_read_gzip_header(state, &gz->header);
        gz->in_body = r == ISAL_DECOMP_OK;
    }
    if (gz->in_body)
        r = isal_inflate(state);

    io->in += in_n - state->avail_in;
    io->in_n -= in_n - state->avail_in;
    io->out += out_n - state->avail_out;
    io->out_n -= out_n - state->avail_out;
    if (r < 0)
        return gzip_fail(r, err);
    if (!gz->in_body || state->block_state != ISAL_BLOCK_FINISH)
        return BW_DECODE_MORE;
    gzip_begin_member(gz);
    return BW_DECODE_END;
}

const struct bw_decoder bw_gzip_decoder = {
    .name = "gzip",
    .open = gzip_open,
    .step = gzip_step,
    .close = free,
};
