/*
 * fd.h: file descriptors: owned, read whole, written whole.
 *
 * All calls retry EINTR. An owned descriptor is an int with BW_CLEANUP(bw_fd_closep); -1 is none.
 */
#ifndef BW_BASE_FD_H
#define BW_BASE_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"

/* Closes and sets to -1; takes -1. */
void bw_fd_closep(int *fd);

/* Hands an owned descriptor over: the variable that cleans up no longer has it. */
static inline int bw_fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Reads until n bytes or the end. Returns the bytes read, or -1 with errno. */
ssize_t bw_fd_read_full(int fd, void *p, size_t n) BW_MUST_USE;
ssize_t bw_fd_pread_full(int fd, void *p, size_t n, uint64_t at) BW_MUST_USE;

/* Writes all n bytes. Returns 0, or -1 with errno. */
int bw_fd_write_full(int fd, const void *p, size_t n) BW_MUST_USE;

/* Appends everything up to the end of the descriptor. BW_ELIMIT where buf->max is reached. */
int bw_fd_slurp(int fd, struct bw_buf *buf, struct bw_err *err) BW_MUST_USE;

/* Opens and reads a whole file. */
int bw_fd_slurp_path(const char *path, struct bw_buf *buf, struct bw_err *err) BW_MUST_USE;

/* Writes a file so that a reader sees the old or the new content, never a part: a temporary beside
 * it, fsync, rename. mode as in open(2). */
int bw_fd_replace_file(const char *path, const void *p, size_t n, unsigned mode,
                       struct bw_err *err) BW_MUST_USE;

/* mkdir -p. An existing directory is fine. */
int bw_fd_make_dirs(const char *path, unsigned mode, struct bw_err *err) BW_MUST_USE;

#endif
