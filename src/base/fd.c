#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLURP_STEP ((size_t)64 << 10)

void bw_fd_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

ssize_t bw_fd_read_full(int fd, void *p, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t r = read(fd, (char *)p + done, n - done);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        done += (size_t)r;
    }
    return (ssize_t)done;
}

ssize_t bw_fd_pread_full(int fd, void *p, size_t n, uint64_t at)
{
    size_t done = 0;
    while (done < n) {
        ssize_t r = pread(fd, (char *)p + done, n - done, (off_t)(at + done));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        done += (size_t)r;
    }
    return (ssize_t)done;
}

int bw_fd_write_full(int fd, const void *p, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t r = write(fd, (const char *)p + done, n - done);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        done += (size_t)r;
    }
    return 0;
}

int bw_fd_slurp(int fd, struct bw_buf *buf, struct bw_err *err)
{
    for (;;) {
        size_t room = buf->max - buf->n < SLURP_STEP ? buf->max - buf->n : SLURP_STEP;
        /* At the maximum one byte more tells a full buffer from a file that just fits. */
        uint8_t probe;
        uint8_t *to = room ? bw_buf_reserve(buf, room) : &probe;
        if (!to)
            return bw_err_set(err, BW_ENOMEM, "out of memory while reading");
        ssize_t r = bw_fd_read_full(fd, to, room ? room : 1);
        if (r < 0)
            return bw_err_errno(err, "cannot read");
        if (r == 0)
            return 0;
        if (!room)
            return bw_err_set(err, BW_ELIMIT, "larger than the limit of %zu bytes", buf->max);
        buf->n += (size_t)r;
    }
}

int bw_fd_slurp_path(const char *path, struct bw_buf *buf, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return bw_err_errno(err, "cannot open %s", path);
    int rc = bw_fd_slurp(fd, buf, err);
    return rc ? bw_err_prefix(err, rc, "%s", path) : 0;
}

static int write_and_rename(const char *path, const char *aside, int fd, const void *p, size_t n,
                            struct bw_err *err)
{
    if (bw_fd_write_full(fd, p, n) || fsync(fd))
        return bw_err_errno(err, "cannot write %s", aside);
    if (rename(aside, path))
        return bw_err_errno(err, "cannot rename %s to %s", aside, path);
    return 0;
}

int bw_fd_replace_file(const char *path, const void *p, size_t n, unsigned mode, struct bw_err *err)
{
    char *aside = NULL;
    if (asprintf(&aside, "%s.XXXXXX", path) < 0)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int fd BW_CLEANUP(bw_fd_closep) = mkostemp(aside, O_CLOEXEC);
    int rc;
    if (fd < 0)
        rc = bw_err_errno(err, "cannot create %s", aside);
    else if (fchmod(fd, mode))
        rc = bw_err_errno(err, "cannot set the mode of %s", aside);
    else
        rc = write_and_rename(path, aside, fd, p, n, err);
    if (rc && fd >= 0)
        unlink(aside);
    free(aside);
    return rc;
}

int bw_fd_make_dirs(const char *path, unsigned mode, struct bw_err *err)
{
    char *copy = strdup(path);
    if (!copy)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = 0;
    for (char *at = copy + 1; *copy && rc == 0; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, mode) && errno != EEXIST)
            rc = bw_err_errno(err, "cannot create the directory %s", copy);
        *at = kept;
        if (kept == '\0')
            break;
    }
    free(copy);
    return rc;
}
