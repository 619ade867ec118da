#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/service-parts.h"

#define BACKLOG         4096
#define FIRST_PASSED_FD 3 /* SD_LISTEN_FDS_START */

/* --- what the service manager gives and is told --- */

/* sd_listen_fds(3). -1: nothing was passed. */
static int passed_fd(void)
{
    const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
    uint64_t value = 0, count = 0;
    bool ours = pid && n && bw_str_to_u64(bw_str(pid), &value) && value == (uint64_t)getpid() &&
                bw_str_to_u64(bw_str(n), &count) && count >= 1;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return ours ? FIRST_PASSED_FD : -1;
}

void bw_service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if (n < 2 || n >= sizeof address.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(address.sun_path, path, n);
    if (*path == '@') /* an abstract socket */
        address.sun_path[0] = '\0';
    int fd BW_CLEANUP(bw_fd_closep) = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

/* --- a Unix socket --- */

static int make_directory(const char *path, struct bw_err *err)
{
    struct bw_str s = bw_str(path);
    size_t slash = bw_str_rfind(s, '/');
    if (slash == SIZE_MAX || slash == 0)
        return 0;
    char *directory = strndup(path, slash);
    if (!directory)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = bw_fd_make_dirs(directory, 0755, err);
    free(directory);
    return rc;
}

/* A socket that nobody listens on any more may go; one that is served, or a file, may not. */
static int remove_stale(const struct sockaddr_un *address, struct bw_err *err)
{
    struct stat st;
    if (lstat(address->sun_path, &st))
        return errno == ENOENT ? 0 : bw_err_errno(err, "%s", address->sun_path);
    if (!S_ISSOCK(st.st_mode))
        return bw_err_set(err, BW_EUSAGE, "%s is there and is no socket", address->sun_path);
    int fd BW_CLEANUP(bw_fd_closep) =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return bw_err_errno(err, "cannot make a socket");
    /* A full backlog (EAGAIN) is somebody, too. */
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
        errno != ECONNREFUSED)
        return bw_err_set(err, BW_EUSAGE, "another process serves %s", address->sun_path);
    if (unlink(address->sun_path) && errno != ENOENT)
        return bw_err_errno(err, "cannot remove %s", address->sun_path);
    return 0;
}

static int listen_at_path(struct bw_service_setup *setup, struct bw_err *err)
{
    const char *path = setup->options.socket;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return bw_err_set(err, BW_EUSAGE, "the path of the socket is too long: %s", path);
    memcpy(address.sun_path, path, strlen(path));
    int rc = make_directory(path, err);
    if (rc == 0)
        rc = remove_stale(&address, err);
    if (rc)
        return rc;
    int fd BW_CLEANUP(bw_fd_closep) =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return bw_err_errno(err, "cannot make a socket");
    /* Made with the mode it keeps: there is no moment at which others could connect. */
    mode_t mask = umask(0177);
    int failed = bind(fd, (const struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (failed || listen(fd, BACKLOG))
        return bw_err_errno(err, "cannot listen on %s", path);
    setup->made_socket = true;
    setup->listen_fd = bw_fd_take(&fd);
    snprintf(setup->where, sizeof setup->where, "%s", path);
    return 0;
}

/* --- TCP --- */

/* "127.0.0.1:8443", "[::]:8443", ":8443" into host (may be empty) and port. */
static int split_address(const char *text, char host[64], char port[8], struct bw_err *err)
{
    struct bw_str s = bw_str(text);
    size_t colon = bw_str_rfind(s, ':');
    uint64_t number = 0;
    struct bw_str h = bw_str_take(s, colon);
    struct bw_str p = colon == SIZE_MAX ? (struct bw_str){0} : bw_str_from(s, colon + 1);
    if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
        h = bw_str_take(bw_str_from(h, 1), h.n - 2);
    if (!p.n || h.n >= 64 || p.n >= 8 || !bw_str_to_u64(p, &number) || number > 65535)
        return bw_err_set(err, BW_EUSAGE, "not an address to listen on: %s", text);
    snprintf(host, 64, "%" BW_STR_F, BW_STR_A(h));
    snprintf(port, 8, "%" BW_STR_F, BW_STR_A(p));
    return 0;
}

/* 0 or an errno. */
static int listen_on(const struct addrinfo *info, int *ret_fd)
{
    int on = 1, off = 0;
    int fd BW_CLEANUP(bw_fd_closep) =
        socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) || listen(fd, BACKLOG))
        return errno;
    *ret_fd = bw_fd_take(&fd);
    return 0;
}

static int listen_at_address(struct bw_service_setup *setup, struct bw_err *err)
{
    char host[64], port[8];
    int rc = split_address(setup->options.address, host, port, err);
    if (rc)
        return rc;
    struct addrinfo hints = {.ai_family = *host ? AF_UNSPEC : AF_INET6,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    if (getaddrinfo(*host ? host : NULL, port, &hints, &info))
        return bw_err_set(err, BW_EUSAGE, "not an address to listen on: %s",
                          setup->options.address);
    int failed = listen_on(info, &setup->listen_fd);
    freeaddrinfo(info);
    /* A machine without IPv6. */
    hints.ai_family = AF_INET;
    if (failed == EAFNOSUPPORT && !*host && getaddrinfo(NULL, port, &hints, &info) == 0) {
        failed = listen_on(info, &setup->listen_fd);
        freeaddrinfo(info);
    }
    if (failed) {
        errno = failed;
        return bw_err_errno(err, "cannot listen on %s", setup->options.address);
    }
    snprintf(setup->where, sizeof setup->where, "%s", setup->options.address);
    return 0;
}

int bw_service_listen(struct bw_service_setup *setup, struct bw_err *err)
{
    setup->listen_fd = passed_fd();
    if (setup->listen_fd >= 0) {
        fcntl(setup->listen_fd, F_SETFD, FD_CLOEXEC);
        snprintf(setup->where, sizeof setup->where, "the socket that was passed");
        return 0;
    }
    if (!setup->options.socket == !setup->options.address)
        return bw_err_set(err, BW_EUSAGE, "either a socket or an address to listen on is needed");
    return setup->options.socket ? listen_at_path(setup, err) : listen_at_address(setup, err);
}

void bw_service_unlisten(struct bw_service_setup *setup)
{
    bw_fd_closep(&setup->listen_fd);
    if (setup->made_socket)
        unlink(setup->options.socket);
    setup->made_socket = false;
}
