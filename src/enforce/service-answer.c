#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "enforce/service-parts.h"

/* Answers under way at a time, and asks that wait for one. */
#define THREADS   8u
#define QUEUE_MAX 512u

struct job {
    struct bw_service_link *link;
    uint64_t id;
    int64_t deadline; /* monotonic ms: the asker waits no longer */
    struct bw_str ask;
};

struct bw_service_answerer {
    const struct bw_service_options *options;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job queue[QUEUE_MAX]; /* a ring */
    size_t first, n;
    bool stopping;
    pthread_t threads[THREADS];
    unsigned threads_n;
};

/* --- links --- */

struct bw_service_link *bw_service_link_new(int fd)
{
    struct bw_service_link *link = calloc(1, sizeof *link);
    if (link) {
        atomic_init(&link->refs, 1);
        link->fd = fd;
    }
    return link;
}

struct bw_service_link *bw_service_link_ref(struct bw_service_link *link)
{
    atomic_fetch_add(&link->refs, 1);
    return link;
}

void bw_service_link_unref(struct bw_service_link *link)
{
    if (!link || atomic_fetch_sub(&link->refs, 1) != 1)
        return;
    bw_fd_closep(&link->fd);
    free(link);
}

/* --- answers --- */

/* What cannot be sent is not missed: the asker's time runs out. `wait`: on a thread that may. */
static void send_answer(const struct job *job, int code, struct bw_str bytes, bool wait)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_ANSWER);
    message.id = job->id;
    message.code = code;
    message.bytes = bytes;
    if (bytes.n > BW_CHANNEL_INLINE_MAX) {
        message.bytes = (struct bw_str){0};
        if (bw_channel_memory(bytes, &message.fds[0], NULL))
            message.code = BW_ENOMEM;
    }
    (void)!bw_channel_send(job->link->fd, &message, wait, NULL);
    bw_channel_close_fds(&message);
}

static void answer(struct bw_service_answerer *answerer, struct job *job)
{
    const struct bw_service_options *options = answerer->options;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SERVICE_ANSWER_MAX);
    struct bw_err err = {0};
    int rc;
    if (bw_clock_monotonic_ms() >= job->deadline)
        rc = bw_err_set(&err, BW_ETIMEOUT, "too many look-ups are under way");
    else
        rc = options->answer(options->ctx, job->ask, &buf, &err);
    if (rc == 0 && bw_buf_failed(&buf))
        rc = bw_err_set(&err, BW_ELIMIT, "an answer is longer than the limit of %zu bytes",
                        BW_SERVICE_ANSWER_MAX);
    send_answer(job, rc, rc ? bw_str(err.msg) : bw_buf_slice(&buf), true);
    free((void *)(uintptr_t)job->ask.p);
    bw_service_link_unref(job->link);
}

static void *run(void *arg)
{
    struct bw_service_answerer *answerer = arg;
    pthread_mutex_lock(&answerer->lock);
    for (;;) {
        while (answerer->n == 0 && !answerer->stopping)
            pthread_cond_wait(&answerer->more, &answerer->lock);
        if (answerer->n == 0)
            break;
        struct job job = answerer->queue[answerer->first];
        answerer->first = (answerer->first + 1) % QUEUE_MAX;
        answerer->n--;
        if (answerer->stopping)
            job.deadline = 0;
        pthread_mutex_unlock(&answerer->lock);
        answer(answerer, &job);
        pthread_mutex_lock(&answerer->lock);
    }
    pthread_mutex_unlock(&answerer->lock);
    return NULL;
}

static bool enqueue(struct bw_service_answerer *answerer, const struct job *job)
{
    pthread_mutex_lock(&answerer->lock);
    bool room = answerer->n < QUEUE_MAX && !answerer->stopping;
    if (room) {
        answerer->queue[(answerer->first + answerer->n++) % QUEUE_MAX] = *job;
        pthread_cond_signal(&answerer->more);
    }
    pthread_mutex_unlock(&answerer->lock);
    return room;
}

void bw_service_answerer_ask(struct bw_service_answerer *answerer, struct bw_service_link *link,
                             uint64_t id, struct bw_str ask)
{
    struct job job = {.link = link,
                      .id = id,
                      .deadline = bw_clock_monotonic_ms() + answerer->options->deadline_ms};
    if (!answerer->options->answer) {
        send_answer(&job, BW_ENOENT, (struct bw_str){0}, false);
        return;
    }
    char *copy = malloc(ask.n + 1);
    if (copy) {
        memcpy(copy, ask.p, ask.n);
        copy[ask.n] = '\0';
        job.ask = (struct bw_str){copy, ask.n};
        job.link = bw_service_link_ref(link);
        if (enqueue(answerer, &job))
            return;
        bw_service_link_unref(link);
        free(copy);
    }
    send_answer(&job, BW_ELIMIT, BW_STR("too many look-ups are under way"), false);
}

int bw_service_answerer_start(const struct bw_service_setup *setup,
                              struct bw_service_answerer **ret_answerer, struct bw_err *err)
{
    struct bw_service_answerer *answerer = calloc(1, sizeof *answerer);
    if (!answerer)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    answerer->options = &setup->options;
    pthread_mutex_init(&answerer->lock, NULL);
    pthread_cond_init(&answerer->more, NULL);
    unsigned wanted = setup->options.answer ? THREADS : 0;
    while (answerer->threads_n < wanted) {
        int failed = pthread_create(&answerer->threads[answerer->threads_n], NULL, run, answerer);
        if (failed) {
            bw_service_answerer_stop(answerer, 1000);
            errno = failed;
            return bw_err_errno(err, "cannot start a thread");
        }
        answerer->threads_n++;
    }
    *ret_answerer = answerer;
    return 0;
}

void bw_service_answerer_stop(struct bw_service_answerer *answerer, int wait_ms)
{
    if (!answerer)
        return;
    pthread_mutex_lock(&answerer->lock);
    answerer->stopping = true;
    pthread_cond_broadcast(&answerer->more);
    pthread_mutex_unlock(&answerer->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000 + 1;
    for (unsigned i = 0; i < answerer->threads_n; i++)
        if (pthread_timedjoin_np(answerer->threads[i], NULL, &until))
            return; /* one hangs: what it may still use stays, until the process ends */
    pthread_cond_destroy(&answerer->more);
    pthread_mutex_destroy(&answerer->lock);
    free(answerer);
}
