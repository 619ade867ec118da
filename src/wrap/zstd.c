#include "wrap/zstd.h"

#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

/* Records compress to a tenth; more effort gains little. */
#define PACK_LEVEL 1

struct zstd {
    ZSTD_DCtx *ctx;
    size_t window_max;
};

/* RFC 8878, 3.1.1.1.2: windows are 1 KiB at least; the library takes up to 2 GiB. */
static int zstd_window_log(size_t window_max)
{
    int log = 10;
    while (log < 31 && (size_t)2 << log <= window_max)
        log++;
    return log;
}

static void zstd_close(void *p)
{
    struct zstd *z = p;
    if (!z)
        return;
    ZSTD_freeDCtx(z->ctx);
    free(z);
}

static void *zstd_open(size_t window_max)
{
    struct zstd *z = calloc(1, sizeof *z);
    if (!z)
        return NULL;
    z->window_max = window_max;
    z->ctx = ZSTD_createDCtx();
    int log = zstd_window_log(window_max);
    if (!z->ctx || ZSTD_isError(ZSTD_DCtx_setParameter(z->ctx, ZSTD_d_windowLogMax, log))) {
        zstd_close(z);
        return NULL;
    }
    return z;
}

static int zstd_fail(const struct zstd *z, size_t code, struct bw_err *err)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return bw_err_set(err, BW_ELIMIT,
                          "zstd: the frame demands more history than the limit of %zu bytes",
                          z->window_max);
    case ZSTD_error_memory_allocation:
        return bw_err_set(err, BW_ENOMEM, "zstd: no memory");
    default:
        return bw_err_set(err, BW_EFORMAT, "zstd: %s", ZSTD_getErrorName(code));
    }
}

static int zstd_step(void *p, struct bw_decode *io, struct bw_err *err)
{
    struct zstd *z = p;
    ZSTD_inBuffer in = {io->in, io->in_n, 0};
    ZSTD_outBuffer out = {io->out, io->out_n, 0};
    size_t r = ZSTD_decompressStream(z->ctx, &out, &in);
    if (ZSTD_isError(r))
        return zstd_fail(z, r, err);
    io->in += in.pos;
    io->in_n -= in.pos;
    io->out += out.pos;
    io->out_n -= out.pos;
    return r == 0 ? BW_DECODE_END : BW_DECODE_MORE;
}

const struct bw_decoder bw_zstd_decoder = {
    .name = "zstd",
    .open = zstd_open,
    .step = zstd_step,
    .close = zstd_close,
};

int bw_zstd_pack(struct bw_str bytes, struct bw_buf *to, struct bw_err *err)
{
    size_t bound = ZSTD_compressBound(bytes.n);
    uint8_t *room = ZSTD_isError(bound) ? NULL : bw_buf_reserve(to, bound);
    size_t n = room ? ZSTD_compress(room, bound, bytes.p, bytes.n, PACK_LEVEL) : 0;
    if (!room || ZSTD_isError(n))
        return bw_err_set(err, BW_ENOMEM, "out of memory to compress");
    to->n += n;
    return 0;
}

int bw_zstd_unpack(struct bw_str bytes, size_t max, struct bw_buf *to, struct bw_err *err)
{
    unsigned long long n = ZSTD_getFrameContentSize(bytes.p, bytes.n);
    if (n == ZSTD_CONTENTSIZE_ERROR || n == ZSTD_CONTENTSIZE_UNKNOWN)
        return bw_err_set(err, BW_EFORMAT, "zstd: no frame of a known size");
    if (n > max)
        return bw_err_set(err, BW_ELIMIT, "zstd: more than %zu bytes", max);
    uint8_t *room = bw_buf_reserve(to, (size_t)n);
    if (!room)
        return bw_err_set(err, BW_ENOMEM, "out of memory to decompress");
    size_t got = ZSTD_decompress(room, (size_t)n, bytes.p, bytes.n);
    if (ZSTD_isError(got) || got != n)
        return bw_err_set(err, BW_EFORMAT, "zstd: damaged");
    to->n += got;
    return 0;
}
