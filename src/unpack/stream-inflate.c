#include <stdlib.h>
#include <string.h>

#include "unpack/stream-kind.h"
#include "wrap/gzip.h"
#include "wrap/xz.h"
#include "wrap/zstd.h"

/* The longest of the magic numbers, xz's. */
#define MAGIC_MAX 6

struct inflate_stream {
    struct bw_stream base;
    struct bw_stream *inner;
    const struct bw_decoder *decoder; /* NULL: passed through */
    void *state;
    struct bw_stream_ring ring;
    uint64_t output, output_max;

    const uint8_t *in; /* of the inner stream's last block, or of head */
    size_t in_n;
    const uint8_t *later; /* the block that comes after head */
    size_t later_n;
    bool in_ended;
    bool between; /* members; the first bytes are known to begin one */
    int pending;  /* failure that comes after the bytes it left */
    uint8_t head[MAGIC_MAX];
    struct bw_err pending_err;
};

/* Makes in_n positive, or in_ended true. */
static int inflate_fetch(struct inflate_stream *s, struct bw_err *err)
{
    if (s->in_n || s->in_ended)
        return 0;
    if (s->later_n) {
        s->in = s->later;
        s->in_n = s->later_n;
        s->later_n = 0;
        return 0;
    }
    int r = bw_stream_next(s->inner, &s->in, &s->in_n, err);
    if (r < 0)
        return r;
    s->in_ended = s->in_n == 0;
    if (s->in_ended)
        s->in = s->head; /* decoders do arithmetic on it */
    return 0;
}

static int inflate_skip_padding(struct inflate_stream *s, struct bw_err *err)
{
    while (!s->in_ended) {
        while (s->in_n && *s->in == 0) {
            s->in++;
            s->in_n--;
        }
        if (s->in_n)
            return bw_err_set(err, BW_EFORMAT, "%s: garbage after the end", s->decoder->name);
        int r = inflate_fetch(s, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* 1 when bytes moved, 0 at the end of all. */
static int inflate_step(struct inflate_stream *s, struct bw_decode *io, struct bw_err *err)
{
    int r = inflate_fetch(s, err);
    if (r < 0)
        return r;
    if (s->between && s->in_n && *s->in == 0)
        return inflate_skip_padding(s, err);
    if (s->between && s->in_ended)
        return 0;
    size_t in_n = s->in_n, out_n = io->out_n;
    io->in = s->in;
    io->in_n = s->in_n;
    r = s->decoder->step(s->state, io, err);
    s->in = io->in;
    s->in_n = io->in_n;
    if (r < 0)
        return r;
    s->between = r == BW_DECODE_END;
    if (s->between || s->in_n < in_n || io->out_n < out_n)
        return 1;
    if (s->in_ended)
        return bw_err_set(err, BW_EFORMAT, "%s: cut off", s->decoder->name);
    return bw_err_set(err, BW_EFORMAT, "%s: corrupt data", s->decoder->name);
}

static int inflate_count(struct inflate_stream *s, size_t n, struct bw_err *err)
{
    if (n > s->output_max - s->output)
        return bw_err_set(err, BW_ELIMIT, "more than %llu bytes unpacked; see --max-layer-size",
                          (unsigned long long)s->output_max);
    s->output += n;
    return 0;
}

static int inflate_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n,
                        struct bw_err *err)
{
    struct inflate_stream *s = (struct inflate_stream *)base;
    if (s->pending)
        return bw_err_set(err, s->pending, "%s", s->pending_err.msg);
    uint8_t *out = bw_stream_ring_next(&s->ring);
    struct bw_decode io = {.out = out, .out_n = s->ring.block};
    int r = 1;
    while (r > 0 && io.out_n)
        r = inflate_step(s, &io, &s->pending_err);
    size_t n = s->ring.block - io.out_n;
    if (r < 0 && n == 0)
        return bw_err_set(err, r, "%s", s->pending_err.msg);
    s->pending = r < 0 ? r : 0;
    r = inflate_count(s, n, err);
    if (r < 0)
        return r;
    *ret_p = out;
    *ret_n = n;
    return 0;
}

static int pass_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n,
                     struct bw_err *err)
{
    struct inflate_stream *s = (struct inflate_stream *)base;
    int r = inflate_fetch(s, err);
    if (r == 0)
        r = inflate_count(s, s->in_n, err);
    if (r < 0)
        return r;
    *ret_p = s->in;
    *ret_n = s->in_n;
    s->in_n = 0;
    return 0;
}

static void inflate_free(struct bw_stream *base)
{
    struct inflate_stream *s = (struct inflate_stream *)base;
    if (s->state)
        s->decoder->close(s->state);
    free(s->ring.p);
    bw_stream_free(s->inner);
    free(s);
}

static const struct bw_stream_kind inflate_kind = {inflate_next, inflate_free};
static const struct bw_stream_kind pass_kind = {pass_next, inflate_free};

/* Gathers the bytes of a magic number, also from blocks that are shorter. */
static int inflate_peek(struct inflate_stream *s, struct bw_err *err)
{
    int r = inflate_fetch(s, err);
    if (r < 0 || s->in_n >= MAGIC_MAX)
        return r;
    size_t n = 0;
    while (!s->in_ended) {
        size_t take = s->in_n < MAGIC_MAX - n ? s->in_n : MAGIC_MAX - n;
        memcpy(s->head + n, s->in, take);
        n += take;
        s->in += take;
        s->in_n -= take;
        if (n == MAGIC_MAX)
            break;
        r = inflate_fetch(s, err);
        if (r < 0)
            return r;
    }
    s->later = s->in;
    s->later_n = s->in_n;
    s->in = s->head;
    s->in_n = n;
    /* An end that was seen is seen again after head: a stream repeats its end. */
    s->in_ended = n == 0;
    return 0;
}

static bool starts(const uint8_t *p, size_t n, const char *magic, size_t magic_n)
{
    return n >= magic_n && memcmp(p, magic, magic_n) == 0;
}

static enum bw_compression inflate_detect(const uint8_t *p, size_t n)
{
    if (starts(p, n, "\x1f\x8b\x08", 3))
        return BW_COMPRESSION_GZIP;
    if (starts(p, n, "\x28\xb5\x2f\xfd", 4))
        return BW_COMPRESSION_ZSTD;
    /* RFC 8878, 3.1.2: a skippable frame may come first. */
    if (n >= 4 && (p[0] & 0xf0) == 0x50 && starts(p + 1, n - 1, "\x2a\x4d\x18", 3))
        return BW_COMPRESSION_ZSTD;
    if (starts(p, n, "\xfd\x37\x7a\x58\x5a\x00", 6))
        return BW_COMPRESSION_XZ;
    return BW_COMPRESSION_NONE;
}

static int inflate_start(struct inflate_stream *s, enum bw_compression compression,
                         size_t window_max, struct bw_err *err)
{
    static const struct bw_decoder *const decoders[] = {
        [BW_COMPRESSION_NONE] = NULL,
        [BW_COMPRESSION_GZIP] = &bw_gzip_decoder,
        [BW_COMPRESSION_ZSTD] = &bw_zstd_decoder,
        [BW_COMPRESSION_XZ] = &bw_xz_decoder,
    };
    s->decoder = decoders[compression];
    if (!s->decoder) {
        s->base.kind = &pass_kind;
        s->base.lag = s->inner->lag;
        return 0;
    }
    s->base.lag = BW_STREAM_TURNS - 1;
    s->state = s->decoder->open(window_max);
    if (!s->state || !bw_stream_ring_init(&s->ring, BW_STREAM_BLOCK))
        return bw_err_set(err, BW_ENOMEM, "no memory to unpack %s", s->decoder->name);
    return 0;
}

int bw_stream_inflate(struct bw_stream *inner, const struct bw_inflate_limits *limits,
                      struct bw_stream **ret_stream, enum bw_compression *ret_compression,
                      struct bw_err *err)
{
    struct inflate_stream *s = inner ? calloc(1, sizeof *s) : NULL;
    if (!s) {
        bw_stream_free(inner);
        return bw_err_set(err, BW_ENOMEM, "no memory to unpack");
    }
    s->base.kind = &inflate_kind;
    s->inner = inner;
    s->output_max = limits->output_max;
    int r = inflate_peek(s, err);
    enum bw_compression compression = BW_COMPRESSION_NONE;
    if (r == 0) {
        compression = inflate_detect(s->in, s->in_n);
        r = inflate_start(s, compression, limits->window_max, err);
    }
    if (r < 0) {
        bw_stream_free(&s->base);
        return r;
    }
    *ret_stream = &s->base;
    *ret_compression = compression;
    return 0;
}
