/*
 * frame.h: how pool and worker frame what they say to each other; private to src/sandbox.
 *
 * Both ends are the same build: a frame is this header in host order, then n bytes. The descriptors
 * of a job travel with the header's first byte (SCM_RIGHTS).
 */
#ifndef BW_SANDBOX_FRAME_H
#define BW_SANDBOX_FRAME_H

#include <stdint.h>

#include "base/err.h"
#include "sandbox/pool.h"

enum bw_frame_type {
    BW_FRAME_JOB,     /* to the worker: tag is the job's kind */
    BW_FRAME_MESSAGE, /* to the parent */
    BW_FRAME_DONE,    /* to the parent: tag is the negated status, the bytes are the error text */
};

struct bw_frame {
    uint32_t type;
    uint32_t tag;
    uint64_t n;
};

/* Runs jobs until the parent closes the socket. Never returns. */
BW_NORETURN void bw_worker_main(int socket, const struct bw_pool_options *options);

/* Sends a frame, with descriptors if any. BW_EIO when the peer is gone or does not read. */
int bw_frame_send(int socket, const struct bw_frame *frame, const void *p, const int *fds,
                  size_t fds_n, struct bw_err *err) BW_MUST_USE;

#endif
