/*
 * pool.h: worker processes that run jobs behind a lockdown.
 *
 * The parent is one thread around poll(); a worker is a fork of it, locked down before it sees its
 * first job. A job is a request of bytes and descriptors; its worker answers with messages, and at
 * last with an outcome. A worker that dies (a crash, a call outside its filter, its memory limit)
 * fails its job alone: another takes its place.
 *
 * Two roles keep computing apart from parsing: what a HASHER says about bytes cannot have been
 * made up by a PARSER that those bytes took over. The parent must be single-threaded when workers
 * are forked: in bw_pool_new, and whenever a dead one is replaced.
 */
#ifndef BW_SANDBOX_POOL_H
#define BW_SANDBOX_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Descriptors one job may carry. The kernel's own limit is 253. */
#define BW_JOB_FDS_MAX 128u

/* Bytes of one message, either way. */
#define BW_POOL_MESSAGE_MAX ((size_t)80 << 20)

/* Workers of one role. */
#define BW_POOL_WORKERS_MAX 64u

enum bw_worker_role {
    BW_WORKER_PARSER,
    BW_WORKER_HASHER,
};
#define BW_WORKER_ROLES 2

struct bw_worker; /* the worker's own end */
struct bw_pool;

/* In the worker: runs one job. The descriptors are closed by the pool afterwards. A failure goes to
 * the parent as the outcome of the job. */
typedef int (*bw_worker_run)(struct bw_worker *worker, uint32_t kind, struct bw_str request,
                             const int *fds, size_t fds_n, struct bw_err *err);

/* In the worker: sends a message about the job at hand. The tag is the job's business. */
int bw_worker_send(struct bw_worker *worker, uint32_t tag, const void *p, size_t n,
                   struct bw_err *err) BW_MUST_USE;

struct bw_pool_options {
    unsigned workers[BW_WORKER_ROLES]; /* 1 or more of each role that gets jobs */
    bw_worker_run run;
    size_t memory_max; /* bytes a worker may add to what it starts with; 0 is no limit */
};

/* A job, in the parent. The caller fills the first part and keeps it alive until `done` was called;
 * `request` and `fds` are borrowed until then. */
struct bw_job {
    enum bw_worker_role role;
    uint32_t kind;
    struct bw_str request;
    const int *fds;
    size_t fds_n;
    uint64_t weight; /* the heaviest waiting job of a role goes first: bytes to read */
    void *ctx;
    /* A message. A failure ends the job with that error, and its worker with it. */
    int (*message)(struct bw_job *job, uint32_t tag, struct bw_str bytes, struct bw_err *err);
    /* The end: status 0, or negative with *err. Called once. May submit further jobs. */
    void (*done)(struct bw_job *job, int status, const struct bw_err *err);

    struct bw_job *next; /* the pool's */
};

/* The workers are started at once. NULL on failure. */
struct bw_pool *bw_pool_new(const struct bw_pool_options *options, struct bw_err *err) BW_MUST_USE;

/* Ends the workers. Jobs that have not ended are forgotten without a call. Takes NULL. */
void bw_pool_free(struct bw_pool *pool);

/* Whether the kernel gave the workers Landlock as well. */
bool bw_pool_has_landlock(const struct bw_pool *pool);

/* From then on (monotonic milliseconds; 0 is never) every job that has not ended ends with
 * BW_ETIMEOUT. */
void bw_pool_set_deadline(struct bw_pool *pool, int64_t monotonic_ms);

void bw_pool_submit(struct bw_pool *pool, struct bw_job *job);

/* Jobs that wait or run. */
size_t bw_pool_pending(const struct bw_pool *pool);

/* Hands out jobs and takes messages once, waiting up to timeout_ms (-1: until something happens)
 * for one, or until `also_writable` (a descriptor, or -1) can be written. */
int bw_pool_step(struct bw_pool *pool, int timeout_ms, int also_writable,
                 struct bw_err *err) BW_MUST_USE;

/* Steps until nothing is pending. */
int bw_pool_run(struct bw_pool *pool, struct bw_err *err) BW_MUST_USE;

/* Called about ten times a second while the pool waits or works, for a progress line. */
void bw_pool_set_tick(struct bw_pool *pool, void (*tick)(void *ctx), void *ctx);

#endif
