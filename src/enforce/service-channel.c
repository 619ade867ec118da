#include "enforce/service-channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

struct header {
    uint32_t type;
    int32_t code;
    uint64_t id;
};

union control {
    char bytes[CMSG_SPACE(sizeof(int) * BW_CHANNEL_FDS_MAX)];
    struct cmsghdr align;
};

int bw_channel_pair(int ret_ends[2], struct bw_err *err)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends))
        return bw_err_errno(err, "cannot make a channel between processes");
    return 0;
}

static void attach(struct msghdr *msg, union control *control, const int *fds)
{
    size_t n = 0;
    int sent[BW_CHANNEL_FDS_MAX];
    for (size_t i = 0; i < BW_CHANNEL_FDS_MAX; i++)
        if (fds[i] >= 0)
            sent[n++] = fds[i];
    if (n == 0)
        return;
    msg->msg_control = control->bytes;
    msg->msg_controllen = CMSG_SPACE(sizeof(int) * n);
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * n);
    memcpy(CMSG_DATA(c), sent, sizeof(int) * n);
}

int bw_channel_send(int socket, const struct bw_channel_message *message, bool wait,
                    struct bw_err *err)
{
    struct header header = {message->type, message->code, message->id};
    struct bw_str bytes = bw_str_take(message->bytes, BW_CHANNEL_INLINE_MAX);
    struct iovec iov[] = {{&header, sizeof header}, {(void *)(uintptr_t)bytes.p, bytes.n}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = BW_ARRAY_LEN(iov)};
    union control control = {0};
    attach(&msg, &control, message->fds);
    ssize_t r;
    do
        r = sendmsg(socket, &msg, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    while (r < 0 && errno == EINTR);
    if (r >= 0)
        return 0;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return bw_err_set(err, BW_ELIMIT, "the other process does not read");
    return bw_err_errno(err, "cannot send to the other process");
}

void bw_channel_close_fds(struct bw_channel_message *message)
{
    for (size_t i = 0; i < BW_CHANNEL_FDS_MAX; i++)
        bw_fd_closep(&message->fds[i]);
}

static void take_fds_of(struct msghdr *msg, struct bw_channel_message *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(message->fds, CMSG_DATA(c), n * sizeof(int));
    }
}

int bw_channel_receive(int socket, bool take_fds, char room[BW_CHANNEL_INLINE_MAX],
                       struct bw_channel_message *ret_message, bool *ret_closed, struct bw_err *err)
{
    struct header header = {0};
    struct iovec iov[] = {{&header, sizeof header}, {room, BW_CHANNEL_INLINE_MAX}};
    union control control;
    struct msghdr msg = {
        .msg_iov = iov,
        .msg_iovlen = BW_ARRAY_LEN(iov),
        /* Without room for them the kernel closes descriptors by itself. */
        .msg_control = take_fds ? control.bytes : NULL,
        .msg_controllen = take_fds ? sizeof control.bytes : 0,
    };
    ssize_t r;
    do
        r = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
    while (r < 0 && errno == EINTR);
    *ret_closed = r == 0 || (r < 0 && errno == ECONNRESET);
    if (*ret_closed)
        return 0;
    if (r < 0)
        return bw_err_errno(err, "cannot receive from the other process");
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(header.type);
    take_fds_of(&msg, &message);
    if ((size_t)r < sizeof header || (msg.msg_flags & MSG_TRUNC)) {
        bw_channel_close_fds(&message);
        return bw_err_set(err, BW_EFORMAT, "a malformed message of the other process");
    }
    message.code = header.code;
    message.id = header.id;
    message.bytes = (struct bw_str){room, (size_t)r - sizeof header};
    *ret_message = message;
    return 0;
}

int bw_channel_memory(struct bw_str bytes, int *ret_fd, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = memfd_create("bulwark", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || bw_fd_write_full(fd, bytes.p, bytes.n))
        return bw_err_errno(err, "cannot make memory to share");
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
        return bw_err_errno(err, "cannot seal memory to share");
    *ret_fd = bw_fd_take(&fd);
    return 0;
}

int bw_channel_map(int fd, struct bw_str *ret_bytes, struct bw_err *err)
{
    /* Not by fstat(2), which is another call in each C library: the asker may be locked down. */
    off_t n = lseek(fd, 0, SEEK_END);
    if (n < 0)
        return bw_err_errno(err, "cannot look at shared memory");
    if (n == 0) {
        *ret_bytes = (struct bw_str){0};
        return 0;
    }
    void *p = mmap(NULL, (size_t)n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return bw_err_errno(err, "cannot map shared memory");
    *ret_bytes = (struct bw_str){p, (size_t)n};
    return 0;
}

void bw_channel_unmap(struct bw_str bytes)
{
    if (bytes.n)
        munmap((void *)(uintptr_t)bytes.p, bytes.n);
}
