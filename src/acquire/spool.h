/*
 * spool.h: files without a name for what is fetched; private to src/acquire.
 */
#ifndef BW_ACQUIRE_SPOOL_H
#define BW_ACQUIRE_SPOOL_H

#include "base/compiler.h"
#include "base/err.h"

/* An empty file to write to, in the first of $XDG_CACHE_HOME/bulwark, $TMPDIR and /var/tmp that
 * takes one. It is gone with its last descriptor. BW_EIO with the remedy. */
int bw_spool_new(int *ret_fd, struct bw_err *err) BW_MUST_USE;

/* Another descriptor of the file, that cannot write: for a worker, whose bytes another worker
 * vouches for. *fd is closed. */
int bw_spool_seal(int *fd, int *ret_fd, struct bw_err *err) BW_MUST_USE;

#endif
