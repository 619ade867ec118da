#include "acquire/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_LENGTH_MAX 4095u
#define TRIES_MAX       32

/* One component, which may not lead upwards. Closes `at` unless it is the directory we began in. */
static int step(int begin, int at, const char *part, int flags)
{
    int fd = -1;
    if (strcmp(part, "..") == 0)
        errno = EXDEV;
    else
        fd = openat(at, part, flags | O_NOFOLLOW | O_CLOEXEC);
    int why = errno;
    if (at != begin)
        close(at);
    errno = why;
    return fd;
}

static int open_stepwise(int directory, const char *path, int flags)
{
    char copy[PATH_LENGTH_MAX + 1], *part = copy, *slash;
    size_t n = strlen(path);
    if (n > PATH_LENGTH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(copy, path, n + 1);
    int at = directory;
    while (at >= 0 && (slash = strchr(part, '/'))) {
        *slash = '\0';
        at = step(directory, at, part, O_PATH | O_DIRECTORY);
        part = slash + 1;
    }
    return at < 0 ? -1 : step(directory, at, part, flags);
}

int bw_beneath_open(int directory, const char *path, int flags, enum bw_beneath how)
{
    flags |= O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY | O_NONBLOCK);
    if (how == BW_BENEATH_NO_LINKS)
        flags |= O_NOFOLLOW;
    struct open_how open_how = {
        .flags = (unsigned)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
                   (how == BW_BENEATH_NO_LINKS ? RESOLVE_NO_SYMLINKS : 0),
    };
    const char *at = *path ? path : ".";
    long fd = -1;
    /* EAGAIN: somebody renamed something meanwhile. */
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        fd = syscall(SYS_openat2, directory, at, &open_how, sizeof open_how);
        if (fd >= 0 || (errno != EINTR && errno != EAGAIN))
            break;
    }
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return open_stepwise(directory, at, flags);
    return (int)fd;
}
