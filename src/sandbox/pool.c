#include "sandbox/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "sandbox/frame.h"

#define TICK_MS        100
#define SEND_TIMEOUT_S 30
#define READ_STEP      ((size_t)256 << 10)

struct slot {
    pid_t pid; /* 0 is a worker that could not be started */
    int socket;
    enum bw_worker_role role;
    bool ready; /* it has said that it is locked down */
    struct bw_job *job;
    struct bw_buf in;
};

struct bw_pool {
    struct bw_pool_options options;
    struct slot slots[BW_WORKER_ROLES * BW_POOL_WORKERS_MAX];
    size_t slots_n;
    struct bw_job *waiting;
    size_t pending;
    int64_t deadline, last_tick;
    void (*tick)(void *);
    void *tick_ctx;
    bool landlock;
};

static int null_stdin_stdout(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
        return -1;
    return 0;
}

/* In the child: keep the socket as descriptor 3 and standard error, nothing else. */
static BW_NORETURN void become_worker(const struct bw_pool *pool, int socket)
{
    struct bw_pool_options options = pool->options;
    signal(SIGINT, SIG_IGN);
    if (null_stdin_stdout() || (socket != 3 && dup2(socket, 3) < 0) || close_range(4, ~0u, 0))
        _exit(1);
    bw_worker_main(3, &options);
}

static int start(struct bw_pool *pool, struct slot *slot, struct bw_err *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return bw_err_errno(err, "cannot make a socket pair");
    struct timeval patience = {.tv_sec = SEND_TIMEOUT_S};
    setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    pid_t pid = fork();
    if (pid < 0) {
        int rc = bw_err_errno(err, "cannot fork a worker");
        close(pair[0]);
        close(pair[1]);
        return rc;
    }
    if (pid == 0)
        become_worker(pool, pair[1]);
    close(pair[1]);
    slot->pid = pid;
    slot->socket = pair[0];
    slot->ready = false;
    return 0;
}

/* Ends a worker and says how it ended. One that already ended keeps its own status; one that only
 * closed its socket must not keep us waiting. */
static int reap(struct slot *slot)
{
    int status = 0;
    if (!slot->pid)
        return 0;
    kill(slot->pid, SIGKILL);
    while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    slot->pid = 0;
    bw_fd_closep(&slot->socket);
    bw_buf_free(&slot->in);
    return status;
}

struct bw_pool *bw_pool_new(const struct bw_pool_options *options, struct bw_err *err)
{
    struct bw_pool *pool = calloc(1, sizeof *pool);
    if (!pool) {
        bw_err_set(err, BW_ENOMEM, "out of memory");
        return NULL;
    }
    pool->options = *options;
    for (int role = 0; role < BW_WORKER_ROLES; role++) {
        unsigned n = options->workers[role];
        for (unsigned i = 0; i < n && i < BW_POOL_WORKERS_MAX; i++) {
            struct slot *slot = &pool->slots[pool->slots_n++];
            *slot = (struct slot){.socket = -1, .role = (enum bw_worker_role)role};
            slot->in = BW_BUF(BW_POOL_MESSAGE_MAX + READ_STEP);
            if (start(pool, slot, err)) {
                bw_pool_free(pool);
                return NULL;
            }
        }
    }
    return pool;
}

void bw_pool_free(struct bw_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->slots_n; i++)
        reap(&pool->slots[i]);
    free(pool);
}

bool bw_pool_has_landlock(const struct bw_pool *pool)
{
    return pool->landlock;
}

void bw_pool_set_deadline(struct bw_pool *pool, int64_t monotonic_ms)
{
    pool->deadline = monotonic_ms;
}

void bw_pool_set_tick(struct bw_pool *pool, void (*tick)(void *ctx), void *ctx)
{
    pool->tick = tick;
    pool->tick_ctx = ctx;
}

void bw_pool_submit(struct bw_pool *pool, struct bw_job *job)
{
    struct bw_job **at = &pool->waiting;
    while (*at && (*at)->weight >= job->weight)
        at = &(*at)->next;
    job->next = *at;
    *at = job;
    pool->pending++;
}

size_t bw_pool_pending(const struct bw_pool *pool)
{
    return pool->pending;
}

static void finish(struct bw_pool *pool, struct bw_job *job, int status, const struct bw_err *err)
{
    pool->pending--;
    job->done(job, status, err);
}

static void describe_death(int status, struct bw_err *err)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        bw_err_set(err, BW_EINTERNAL, "the sandboxed worker made a system call it must not make");
    else if (WIFSIGNALED(status))
        bw_err_set(err, BW_EINTERNAL, "the sandboxed worker was ended by signal %d (%s)",
                   WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        bw_err_set(err, BW_EINTERNAL, "the sandboxed worker ended by itself with status %d",
                   WEXITSTATUS(status));
}

/* The worker is gone or must go; its job, if any, fails with err, or with how the worker died when
 * err is NULL. A successor is started; where that fails, the slot stays empty. */
static void replace(struct bw_pool *pool, struct slot *slot, const struct bw_err *err)
{
    struct bw_job *job = slot->job;
    struct bw_err why = {0};
    int status = reap(slot);
    if (err)
        why = *err;
    else
        describe_death(status, &why);
    slot->job = NULL;
    if (start(pool, slot, NULL))
        slot->pid = 0;
    if (job)
        finish(pool, job, why.code, &why);
}

/* The first heaviest job of the role, taken off the queue. */
static struct bw_job *take_job(struct bw_pool *pool, enum bw_worker_role role)
{
    for (struct bw_job **at = &pool->waiting; *at; at = &(*at)->next) {
        struct bw_job *job = *at;
        if (job->role == role) {
            *at = job->next;
            return job;
        }
    }
    return NULL;
}

static void hand_out(struct bw_pool *pool)
{
    for (size_t i = 0; i < pool->slots_n && pool->waiting; i++) {
        struct slot *slot = &pool->slots[i];
        if (!slot->pid || slot->job)
            continue;
        struct bw_job *job = take_job(pool, slot->role);
        if (!job)
            continue;
        slot->job = job;
        struct bw_frame frame = {.type = BW_FRAME_JOB, .tag = job->kind, .n = job->request.n};
        struct bw_err err = {0};
        if (bw_frame_send(slot->socket, &frame, job->request.p, job->fds, job->fds_n, &err))
            replace(pool, slot, NULL);
    }
}

/* A DONE frame outside a job is a worker that could not lock itself down. */
static int take_frame(struct bw_pool *pool, struct slot *slot, const struct bw_frame *frame,
                      struct bw_str bytes, struct bw_err *err)
{
    if (frame->type == BW_FRAME_MESSAGE && !slot->ready) {
        slot->ready = true;
        pool->landlock = frame->tag;
        return 0;
    }
    if (frame->type == BW_FRAME_MESSAGE && slot->job)
        return slot->job->message(slot->job, frame->tag, bytes, err);
    if (frame->type != BW_FRAME_DONE || !slot->ready || !slot->job)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker could not be set up: %" BW_STR_F,
                          BW_STR_A(bytes));
    struct bw_job *job = slot->job;
    struct bw_err outcome = {0};
    int status = frame->tag <= (uint32_t)-BW_EINTERNAL ? -(int)frame->tag : BW_EINTERNAL;
    if (status)
        bw_err_set(&outcome, (enum bw_code)status, "%" BW_STR_F, BW_STR_A(bytes));
    slot->job = NULL;
    finish(pool, job, status, &outcome);
    return 0;
}

static int take_frames(struct bw_pool *pool, struct slot *slot, struct bw_err *err)
{
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && slot->in.n - at >= sizeof(struct bw_frame)) {
        struct bw_frame frame;
        memcpy(&frame, slot->in.p + at, sizeof frame);
        if (frame.n > BW_POOL_MESSAGE_MAX - sizeof frame)
            return bw_err_set(err, BW_ELIMIT, "the sandboxed worker sent a message over %zu bytes",
                              BW_POOL_MESSAGE_MAX);
        if (slot->in.n - at - sizeof frame < frame.n)
            break;
        struct bw_str bytes = bw_str_n(slot->in.p + at + sizeof frame, frame.n);
        at += sizeof frame + frame.n;
        rc = take_frame(pool, slot, &frame, bytes, err);
    }
    if (at)
        memmove(slot->in.p, slot->in.p + at, slot->in.n - at);
    slot->in.n -= at;
    return rc;
}

static void receive(struct bw_pool *pool, struct slot *slot)
{
    struct bw_err err = {0};
    uint8_t *to = bw_buf_reserve(&slot->in, READ_STEP);
    if (!to) {
        bw_err_set(&err, BW_ENOMEM, "out of memory for the answer of a worker");
        replace(pool, slot, &err);
        return;
    }
    ssize_t r = recv(slot->socket, to, READ_STEP, MSG_DONTWAIT);
    if (r < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (r <= 0) {
        replace(pool, slot, NULL);
        return;
    }
    slot->in.n += (size_t)r;
    if (take_frames(pool, slot, &err))
        replace(pool, slot, &err);
}

static void expire(struct bw_pool *pool)
{
    struct bw_err err = {0};
    bw_err_set(&err, BW_ETIMEOUT, "not finished within the time allowed (--timeout)");
    for (size_t i = 0; i < pool->slots_n; i++)
        if (pool->slots[i].job)
            replace(pool, &pool->slots[i], &err);
    while (pool->waiting) {
        struct bw_job *job = pool->waiting;
        pool->waiting = job->next;
        finish(pool, job, BW_ETIMEOUT, &err);
    }
}

/* A role whose workers can no longer be started ends its jobs instead of waiting for ever. */
static void fail_orphans(struct bw_pool *pool)
{
    bool alive[BW_WORKER_ROLES] = {0};
    for (size_t i = 0; i < pool->slots_n; i++)
        if (pool->slots[i].pid)
            alive[pool->slots[i].role] = true;
    struct bw_err err = {0};
    bw_err_set(&err, BW_EINTERNAL, "no sandboxed worker can be started");
    for (int role = 0; role < BW_WORKER_ROLES; role++)
        for (struct bw_job *job; !alive[role] && (job = take_job(pool, (enum bw_worker_role)role));)
            finish(pool, job, BW_EINTERNAL, &err);
}

static void do_tick(struct bw_pool *pool)
{
    int64_t now = bw_clock_monotonic_ms();
    if (pool->tick && now - pool->last_tick >= TICK_MS) {
        pool->last_tick = now;
        pool->tick(pool->tick_ctx);
    }
    if (pool->deadline && now >= pool->deadline)
        expire(pool);
}

int bw_pool_step(struct bw_pool *pool, int timeout_ms, int also_writable, struct bw_err *err)
{
    struct pollfd fds[BW_ARRAY_LEN(pool->slots) + 1];
    struct slot *of[BW_ARRAY_LEN(pool->slots)];
    nfds_t n = 0;
    hand_out(pool);
    fail_orphans(pool);
    for (size_t i = 0; i < pool->slots_n; i++) {
        if (!pool->slots[i].pid)
            continue;
        of[n] = &pool->slots[i];
        fds[n++] = (struct pollfd){.fd = pool->slots[i].socket, .events = POLLIN};
    }
    nfds_t workers = n;
    if (also_writable >= 0)
        fds[n++] = (struct pollfd){.fd = also_writable, .events = POLLOUT};
    bool ticking = (pool->tick || pool->deadline) && (timeout_ms < 0 || timeout_ms > TICK_MS);
    if (poll(fds, n, ticking ? TICK_MS : timeout_ms) < 0 && errno != EINTR)
        return bw_err_errno(err, "poll");
    for (nfds_t i = 0; i < workers; i++)
        if (fds[i].revents && of[i]->pid)
            receive(pool, of[i]);
    do_tick(pool);
    return 0;
}

int bw_pool_run(struct bw_pool *pool, struct bw_err *err)
{
    while (pool->pending) {
        int rc = bw_pool_step(pool, -1, -1, err);
        if (rc)
            return rc;
    }
    return 0;
}
