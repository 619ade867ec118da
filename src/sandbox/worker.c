#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "sandbox/frame.h"
#include "sandbox/lockdown.h"

struct bw_worker {
    int socket;
    bw_worker_run run;
    struct bw_buf request;
    int fds[BW_JOB_FDS_MAX];
    size_t fds_n;
};

int bw_worker_send(struct bw_worker *worker, uint32_t tag, const void *p, size_t n,
                   struct bw_err *err)
{
    struct bw_frame frame = {.type = BW_FRAME_MESSAGE, .tag = tag, .n = n};
    return bw_frame_send(worker->socket, &frame, p, NULL, 0, err);
}

static void take_descriptors(struct bw_worker *worker, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        worker->fds_n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(worker->fds, CMSG_DATA(c), worker->fds_n * sizeof(int));
    }
}

/* false when the parent is gone. */
static bool receive_job(struct bw_worker *worker, struct bw_frame *frame)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * BW_JOB_FDS_MAX)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = frame, .iov_len = sizeof *frame};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    worker->fds_n = 0;
    ssize_t r;
    do
        r = recvmsg(worker->socket, &msg, MSG_CMSG_CLOEXEC);
    while (r < 0 && errno == EINTR);
    if (r <= 0)
        return false;
    take_descriptors(worker, &msg);
    size_t rest = sizeof *frame - (size_t)r;
    if (bw_fd_read_full(worker->socket, (char *)frame + r, rest) != (ssize_t)rest)
        return false;
    bw_buf_clear(&worker->request);
    uint8_t *to = bw_buf_reserve(&worker->request, frame->n);
    if (!to || bw_fd_read_full(worker->socket, to, frame->n) != (ssize_t)frame->n)
        return false;
    worker->request.n = frame->n;
    return true;
}

static bool answer(struct bw_worker *worker, const struct bw_frame *job)
{
    struct bw_err err = {0};
    int rc = worker->run(worker, job->tag, bw_buf_slice(&worker->request), worker->fds,
                         worker->fds_n, &err);
    for (size_t i = 0; i < worker->fds_n; i++)
        bw_fd_closep(&worker->fds[i]);
    size_t n = rc ? strlen(err.msg) : 0;
    struct bw_frame frame = {.type = BW_FRAME_DONE, .tag = (uint32_t)-rc, .n = n};
    return bw_frame_send(worker->socket, &frame, err.msg, NULL, 0, NULL) == 0;
}

/* The one thing said before the first job: whether there is Landlock, or why there is no worker. */
static void lock_down(struct bw_worker *worker, const struct bw_pool_options *options)
{
    struct bw_err err = {0};
    struct bw_lockdown_options lockdown = {.memory_max = options->memory_max};
    bool landlock = false;
    int rc = bw_lockdown(&lockdown, &landlock, &err);
    struct bw_frame frame = {
        .type = rc ? BW_FRAME_DONE : BW_FRAME_MESSAGE,
        .tag = rc ? (uint32_t)-rc : landlock,
        .n = rc ? strlen(err.msg) : 0,
    };
    if (bw_frame_send(worker->socket, &frame, err.msg, NULL, 0, NULL) || rc)
        _exit(1);
}

/* _exit and not exit: what the parent registered to run at its end is not ours to run. */
void bw_worker_main(int socket, const struct bw_pool_options *options)
{
    struct bw_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        _exit(1);
    worker->socket = socket;
    worker->run = options->run;
    worker->request = BW_BUF(BW_POOL_MESSAGE_MAX);
    lock_down(worker, options);
    struct bw_frame frame = {0};
    while (receive_job(worker, &frame))
        if (!answer(worker, &frame))
            break;
    _exit(0);
}
