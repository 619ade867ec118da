#include "sandbox/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int send_rest(int socket, const void *p, size_t n, struct bw_err *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t r = send(socket, (const char *)p + done, n - done, MSG_NOSIGNAL);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return bw_err_errno(err, "cannot send to the other process");
        done += (size_t)r;
    }
    return 0;
}

int bw_frame_send(int socket, const struct bw_frame *frame, const void *p, const int *fds,
                  size_t fds_n, struct bw_err *err)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * BW_JOB_FDS_MAX)];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)frame, .iov_len = sizeof *frame};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fds_n > BW_JOB_FDS_MAX)
        return bw_err_set(err, BW_EINTERNAL, "a job with more than %u descriptors", BW_JOB_FDS_MAX);
    if (fds_n) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * fds_n);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fds_n);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * fds_n);
    }
    ssize_t r;
    do
        r = sendmsg(socket, &msg, MSG_NOSIGNAL);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return bw_err_errno(err, "cannot send to the other process");
    int rc = send_rest(socket, (const char *)frame + r, sizeof *frame - (size_t)r, err);
    return rc ? rc : send_rest(socket, p, frame->n, err);
}
