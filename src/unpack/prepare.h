/*
 * prepare.h: what a process does before it closes itself in.
 *
 * The libraries that unpacking stands on open files when they are first used: OpenSSL its
 * configuration, the C library its tables of character sets. A process that parses hostile bytes
 * under a filter which allows no open() calls this before. Afterwards streams and tars call, for
 * memory, brk, mmap, mremap, munmap, madvise; for threads (bw_stream_sha256) also mprotect, clone3
 * or clone, rseq, set_robust_list, rt_sigprocmask, futex, exit; for bytes pread64 or read; no
 * others.
 */
#ifndef BW_UNPACK_PREPARE_H
#define BW_UNPACK_PREPARE_H

#include "base/err.h"

int bw_unpack_prepare(struct bw_err *err) BW_MUST_USE;

#endif
