#include "unpack/stream.h"

#include <limits.h>
#include <stdlib.h>

#include "base/fd.h"
#include "unpack/stream-kind.h"

bool bw_stream_ring_init(struct bw_stream_ring *ring, size_t block)
{
    ring->block = block;
    ring->turn = 0;
    ring->p = malloc(block * BW_STREAM_TURNS);
    return ring->p;
}

uint8_t *bw_stream_ring_next(struct bw_stream_ring *ring)
{
    uint8_t *p = ring->p + ring->turn * ring->block;
    ring->turn = (ring->turn + 1) % BW_STREAM_TURNS;
    return p;
}

int bw_stream_next(struct bw_stream *stream, const uint8_t **ret_p, size_t *ret_n,
                   struct bw_err *err)
{
    if (stream->code)
        return bw_err_set(err, stream->code, "%s", stream->err.msg);
    const uint8_t *p = NULL;
    size_t n = 0;
    if (!stream->ended) {
        int r = stream->kind->next(stream, &p, &n, &stream->err);
        if (r < 0) {
            stream->code = r;
            return bw_err_set(err, r, "%s", stream->err.msg);
        }
        stream->ended = n == 0;
    }
    *ret_p = p;
    *ret_n = n;
    return 0;
}

void bw_stream_free(struct bw_stream *stream)
{
    if (stream)
        stream->kind->free(stream);
}

void bw_stream_freep(struct bw_stream **stream)
{
    bw_stream_free(*stream);
    *stream = NULL;
}

int bw_stream_drain(struct bw_stream *stream, struct bw_err *err)
{
    const uint8_t *p;
    size_t n = 0;
    do {
        int r = bw_stream_next(stream, &p, &n, err);
        if (r < 0)
            return r;
    } while (n > 0);
    return 0;
}

struct memory_stream {
    struct bw_stream base;
    const uint8_t *p;
    size_t n;
};

static int memory_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n,
                       struct bw_err *err)
{
    (void)err;
    struct memory_stream *s = (struct memory_stream *)base;
    size_t n = s->n < BW_STREAM_BLOCK ? s->n : BW_STREAM_BLOCK;
    *ret_p = s->p;
    *ret_n = n;
    s->p += n;
    s->n -= n;
    return 0;
}

static void memory_free(struct bw_stream *base)
{
    free(base);
}

static const struct bw_stream_kind memory_kind = {memory_next, memory_free};

struct bw_stream *bw_stream_memory(const void *p, size_t n)
{
    struct memory_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.kind = &memory_kind;
    s->base.lag = UINT_MAX;
    s->p = n ? p : (const void *)"";
    s->n = n;
    return &s->base;
}

struct file_stream {
    struct bw_stream base;
    struct bw_stream_ring ring;
    int fd;
    uint64_t at, left; /* of a range */
};

static int range_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n,
                      struct bw_err *err)
{
    struct file_stream *s = (struct file_stream *)base;
    size_t n = s->left < s->ring.block ? (size_t)s->left : s->ring.block;
    uint8_t *p = bw_stream_ring_next(&s->ring);
    ssize_t got = n ? bw_fd_pread_full(s->fd, p, n, s->at) : 0;
    if (got < 0)
        return bw_err_errno(err, "cannot read");
    if ((size_t)got < n)
        return bw_err_set(err, BW_EFORMAT, "the file is cut off: %llu bytes are missing",
                          (unsigned long long)(s->left - (uint64_t)got));
    s->at += n;
    s->left -= n;
    *ret_p = p;
    *ret_n = n;
    return 0;
}

static int fd_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n, struct bw_err *err)
{
    struct file_stream *s = (struct file_stream *)base;
    uint8_t *p = bw_stream_ring_next(&s->ring);
    ssize_t got = bw_fd_read_full(s->fd, p, s->ring.block);
    if (got < 0)
        return bw_err_errno(err, "cannot read");
    *ret_p = p;
    *ret_n = (size_t)got;
    return 0;
}

static void file_free(struct bw_stream *base)
{
    struct file_stream *s = (struct file_stream *)base;
    free(s->ring.p);
    free(s);
}

static const struct bw_stream_kind range_kind = {range_next, file_free};
static const struct bw_stream_kind fd_kind = {fd_next, file_free};

static struct file_stream *file_new(const struct bw_stream_kind *kind, int fd, size_t block)
{
    struct file_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (!bw_stream_ring_init(&s->ring, block)) {
        free(s);
        return NULL;
    }
    s->base.kind = kind;
    s->base.lag = BW_STREAM_TURNS - 1;
    s->fd = fd;
    return s;
}

struct bw_stream *bw_stream_range(int fd, uint64_t offset, uint64_t size)
{
    size_t block = size < BW_STREAM_BLOCK ? (size_t)size : BW_STREAM_BLOCK;
    struct file_stream *s = file_new(&range_kind, fd, block ? block : 1);
    if (!s)
        return NULL;
    s->at = offset;
    s->left = size;
    return &s->base;
}

struct bw_stream *bw_stream_fd(int fd)
{
    struct file_stream *s = file_new(&fd_kind, fd, BW_STREAM_BLOCK);
    return s ? &s->base : NULL;
}
