#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "unpack/stream-kind.h"
#include "wrap/sha256.h"

/* Blocks that may wait for the hashing thread. */
#define QUEUE_MAX 8u

/* The stack of the hashing thread, which calls nothing deep. */
#define STACK_SIZE ((size_t)256 << 10)

struct block {
    const uint8_t *p;
    size_t n;
};

/* The thread gets the very blocks that pass by. It may lag as long as they stay valid (the lag of
 * the inner stream); where they do not, it gets copies. */
struct sha256_stream {
    struct bw_stream base;
    struct bw_stream *inner;
    struct bw_sha256 *sha;
    bool have_digest;
    uint8_t digest[BW_SHA256_SIZE];

    bool threaded;
    pthread_t thread;
    struct bw_stream_ring copies; /* p is NULL where none are needed */
    unsigned lag_max;             /* blocks pushed and not yet hashed, when the next is asked for */
    pthread_mutex_t lock;         /* of all below */
    pthread_cond_t pushed_one, hashed_one;
    struct block queue[QUEUE_MAX];
    uint64_t pushed, hashed;
    bool stop;
};

static void *sha256_thread(void *arg)
{
    struct sha256_stream *s = arg;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->stop && s->hashed == s->pushed)
            pthread_cond_wait(&s->pushed_one, &s->lock);
        if (s->stop)
            break;
        struct block block = s->queue[s->hashed % QUEUE_MAX];
        pthread_mutex_unlock(&s->lock);
        bw_sha256_update(s->sha, block.p, block.n);
        pthread_mutex_lock(&s->lock);
        s->hashed++;
        pthread_cond_signal(&s->hashed_one);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void sha256_wait(struct sha256_stream *s, unsigned lag)
{
    pthread_mutex_lock(&s->lock);
    while (s->pushed - s->hashed > lag)
        pthread_cond_wait(&s->hashed_one, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static void sha256_push(struct sha256_stream *s, const uint8_t *p, size_t n)
{
    if (s->copies.p) {
        uint8_t *copy = bw_stream_ring_next(&s->copies);
        memcpy(copy, p, n);
        p = copy;
    }
    pthread_mutex_lock(&s->lock);
    s->queue[s->pushed++ % QUEUE_MAX] = (struct block){p, n};
    pthread_cond_signal(&s->pushed_one);
    pthread_mutex_unlock(&s->lock);
}

static int sha256_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n,
                       struct bw_err *err)
{
    struct sha256_stream *s = (struct sha256_stream *)base;
    if (s->threaded)
        sha256_wait(s, s->lag_max);
    int r = bw_stream_next(s->inner, ret_p, ret_n, err);
    if (r < 0)
        return r;
    if (*ret_n && s->threaded)
        sha256_push(s, *ret_p, *ret_n);
    else if (*ret_n)
        bw_sha256_update(s->sha, *ret_p, *ret_n);
    else {
        if (s->threaded)
            sha256_wait(s, 0);
        r = bw_sha256_final(s->sha, s->digest);
        if (r < 0)
            return bw_err_set(err, r, "cannot compute SHA-256");
        s->have_digest = true;
    }
    return 0;
}

static void sha256_stop(struct sha256_stream *s)
{
    if (!s->threaded)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->pushed_one);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->pushed_one);
    pthread_cond_destroy(&s->hashed_one);
    pthread_mutex_destroy(&s->lock);
}

static void sha256_free(struct bw_stream *base)
{
    struct sha256_stream *s = (struct sha256_stream *)base;
    sha256_stop(s);
    bw_sha256_free(s->sha);
    free(s->copies.p);
    bw_stream_free(s->inner);
    free(s);
}

/* Where no thread can be had the stream hashes in the caller's. */
static void sha256_start(struct sha256_stream *s)
{
    s->lag_max = s->inner->lag;
    if (s->lag_max == 0) {
        if (!bw_stream_ring_init(&s->copies, BW_STREAM_BLOCK))
            return;
        s->lag_max = BW_STREAM_TURNS - 1;
    }
    if (s->lag_max > QUEUE_MAX - 1)
        s->lag_max = QUEUE_MAX - 1;
    pthread_attr_t attr;
    if (pthread_attr_init(&attr))
        return;
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->pushed_one, NULL);
    pthread_cond_init(&s->hashed_one, NULL);
    s->threaded = pthread_create(&s->thread, &attr, sha256_thread, s) == 0;
    pthread_attr_destroy(&attr);
}

static const struct bw_stream_kind sha256_kind = {sha256_next, sha256_free};

struct bw_stream *bw_stream_sha256(struct bw_stream *inner, bool threaded)
{
    struct sha256_stream *s = inner ? calloc(1, sizeof *s) : NULL;
    if (s)
        s->sha = bw_sha256_new();
    if (!s || !s->sha) {
        free(s);
        bw_stream_free(inner);
        return NULL;
    }
    s->base.kind = &sha256_kind;
    s->base.lag = inner->lag;
    s->inner = inner;
    if (threaded)
        sha256_start(s);
    return &s->base;
}

int bw_stream_sha256_final(struct bw_stream *stream, uint8_t ret_digest[32], struct bw_err *err)
{
    const struct sha256_stream *s = (const struct sha256_stream *)stream;
    if (stream->kind != &sha256_kind || !s->have_digest)
        return bw_err_set(err, BW_EINTERNAL, "no digest before the end of the stream");
    memcpy(ret_digest, s->digest, sizeof s->digest);
    return 0;
}
