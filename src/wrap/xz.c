#include "wrap/xz.h"

#include <stdbool.h>
#include <stdlib.h>

#include <lzma.h>

struct xz {
    lzma_stream stream;
    bool in_member;
    size_t window_max;
};

static void *xz_open(size_t window_max)
{
    struct xz *xz = calloc(1, sizeof *xz);
    if (xz)
        xz->window_max = window_max;
    return xz;
}

static void xz_close(void *p)
{
    struct xz *xz = p;
    if (!xz)
        return;
    lzma_end(&xz->stream);
    free(xz);
}

static int xz_fail(const struct xz *xz, lzma_ret code, struct bw_err *err)
{
    switch (code) {
    case LZMA_MEM_ERROR:
        return bw_err_set(err, BW_ENOMEM, "xz: no memory");
    case LZMA_MEMLIMIT_ERROR:
        return bw_err_set(err, BW_ELIMIT,
                          "xz: a block demands more history than the limit of %zu bytes",
                          xz->window_max);
    case LZMA_UNSUPPORTED_CHECK:
        return bw_err_set(err, BW_EUNSUPPORTED, "xz: unknown kind of checksum");
    case LZMA_OPTIONS_ERROR:
        return bw_err_set(err, BW_EUNSUPPORTED, "xz: unknown filter or flag");
    case LZMA_FORMAT_ERROR:
        return bw_err_set(err, BW_EFORMAT, "xz: no stream header where one must be");
    default:
        return bw_err_set(err, BW_EFORMAT, "xz: corrupt data or checksum");
    }
}

static int xz_step(void *p, struct bw_decode *io, struct bw_err *err)
{
    struct xz *xz = p;
    if (!xz->in_member) {
        lzma_ret r = lzma_stream_decoder(&xz->stream, (uint64_t)xz->window_max + BW_XZ_MEMORY,
                                         LZMA_TELL_UNSUPPORTED_CHECK);
        if (r != LZMA_OK)
            return xz_fail(xz, r, err);
        xz->in_member = true;
    }
    xz->stream.next_in = io->in;
    xz->stream.avail_in = io->in_n;
    xz->stream.next_out = io->out;
    xz->stream.avail_out = io->out_n;
    lzma_ret r = lzma_code(&xz->stream, LZMA_RUN);
    io->in = xz->stream.next_in;
    io->in_n = xz->stream.avail_in;
    io->out = xz->stream.next_out;
    io->out_n = xz->stream.avail_out;
    if (r == LZMA_OK || r == LZMA_BUF_ERROR) /* the latter: nothing to do without more bytes */
        return BW_DECODE_MORE;
    if (r != LZMA_STREAM_END)
        return xz_fail(xz, r, err);
    xz->in_member = false;
    return BW_DECODE_END;
}

const struct bw_decoder bw_xz_decoder = {
    .name = "xz",
    .open = xz_open,
    .step = xz_step,
    .close = xz_close,
};
