#include "acquire/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"

#define PATH_MAX_BYTES 4096u

static int open_in(const char *directory, const char *below)
{
    char path[PATH_MAX_BYTES];
    if (!directory || directory[0] != '/' ||
        (size_t)snprintf(path, sizeof path, "%s%s", directory, below) + 32 >= sizeof path)
        return -1;
    if (*below && bw_fd_make_dirs(path, 0700, NULL))
        return -1;
    int fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    /* Not every file system has files without a name. */
    snprintf(path + strlen(path), sizeof path - strlen(path), "/bulwark-XXXXXX");
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

int bw_spool_new(int *ret_fd, struct bw_err *err)
{
    int fd = open_in(getenv("XDG_CACHE_HOME"), "/bulwark");
    fd = fd < 0 ? open_in(getenv("TMPDIR"), "") : fd;
    fd = fd < 0 ? open_in("/var/tmp", "") : fd;
    if (fd < 0)
        return bw_err_errno(err, "no place for a temporary file, tried $XDG_CACHE_HOME/bulwark, "
                                 "$TMPDIR and /var/tmp: set TMPDIR to a directory with room");
    *ret_fd = fd;
    return 0;
}

int bw_spool_seal(int *fd, int *ret_fd, struct bw_err *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
    int sealed = open(path, O_RDONLY | O_CLOEXEC);
    if (sealed < 0)
        return bw_err_errno(err, "cannot open a temporary file to read it: %s", path);
    bw_fd_closep(fd);
    *ret_fd = sealed;
    return 0;
}
