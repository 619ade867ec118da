/*
 * service.h: a gate that is a server: a supervisor and a server, processes of their own.
 *
 * The *supervisor* has the files, the credentials and the network: it loads policies and
 * certificates, listens, watches for changes, answers what the server asks. It reads no request.
 * The *server* is its child: it holds the listening sockets, reads requests, decides, and appends
 * to the log. It is locked down (sandbox/lockdown.h: no file may be opened but beneath the log's
 * directory, no program started, nothing connected to) before it accepts a connection. A server
 * that ends for whatever reason is replaced at once; the sockets stay open meanwhile, so that
 * clients wait and are not refused. When the supervisor dies, the server ends, too.
 *
 * They speak over a socket pair: the supervisor sends rules (sealed memfds: the configuration of
 * gate.h and compiled sets) and certificates; the server asks for what a request refers to (a
 * volume by its name), and is answered. Servers are forked by a third process, the spawner, which
 * was forked itself before the supervisor read anything or had a thread: what the supervisor knows
 * later (a token, a key) is not in the memory of a server. So `handle` sees what `ctx` held when
 * bw_service_run was called.
 *
 * Signals of the supervisor: SIGHUP loads anew, SIGTERM and SIGINT let requests under way end
 * (drain_ms) and stop. Files and directories that are watched are loaded anew when they change.
 * Where loading fails, the old rules stay in force, and it is said: in the log, as metric
 * bulwark_rules_stale 1, in /readyz's text.
 */
#ifndef BW_ENFORCE_SERVICE_H
#define BW_ENFORCE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "enforce/evidence.h"
#include "enforce/gate.h"
#include "extract/document.h"

/* Defaults, and what requests may ask for. */
#define BW_SERVICE_BODY_MAX        ((size_t)4 << 20)
#define BW_SERVICE_MEMORY_MAX      ((size_t)64 << 20) /* bodies under way, all together */
#define BW_SERVICE_CONNECTIONS_MAX 1024u              /* over TLS about 50 KiB each */
#define BW_SERVICE_DRAIN_MS        5000
#define BW_SERVICE_DEADLINE_MS     10000 /* for a request to arrive, and again to be decided */
#define BW_SERVICE_ASKS_MAX        64u   /* of one request */
#define BW_SERVICE_ANSWER_MAX      ((size_t)4 << 20)
#define BW_SERVICE_REPLY_MAX       ((size_t)8 << 20)
#define BW_SERVICE_THREADS_MAX     8u

struct bw_metrics; /* enforce/metrics.h */

/* One request, on a thread of the server. */
struct bw_exchange {
    /* The request. Slices live as long as the exchange; p is NULL for a header that is not there.
     */
    struct bw_str method, path, query; /* path and query are as they were sent, undecoded */
    struct bw_str content_type;
    struct bw_str body;
    struct bw_str peer; /* TLS: the subject's common name of the client's certificate; else empty */

    struct bw_arena *arena;      /* for this request */
    struct bw_gate_judge *judge; /* with the rules in force; the thread's */
    bool rules_stale;            /* the newest rules could not be loaded: `stale_why` */
    struct bw_str stale_why;
    struct bw_metrics *metrics;

    /* What `handle` asked for before, and got. As bw_reader_request has it: `missing` where there
     * is none. */
    const struct bw_reader_file *answers;
    size_t answers_n;

    /* --- set by handle --- */
    /* To ask: fill asks (in the arena) and return; handle is called once more when all are
     * answered, on the same thread, with the answers in the order of the asks behind earlier ones.
     * It may ask again, BW_SERVICE_ASKS_MAX in all. Where an answer fails or does not come in
     * time, `undecided` is called instead. */
    const struct bw_str *asks;
    size_t asks_n;
    /* To answer. */
    unsigned status;              /* 200 */
    const char *content_type_out; /* "application/json" */
    struct bw_buf reply;          /* freed by the service */
    /* Members for the log (bw_evidence_append); empty: nothing is recorded. Where the log cannot be
     * written and the log is required, `undecided` is called, which makes `reply` a denial that
     * says so. */
    struct bw_buf record;
};

struct bw_service;

/* What the supervisor loads. Everything is copied. */
struct bw_service_rules {
    struct bw_buf configuration; /* JSON, gate.h */
    struct bw_buf set;           /* bytes of a compiled set, or empty */
    struct bw_buf more;          /* of another one, or empty */
};

struct bw_service_certificate {
    struct bw_buf chain_pem, key_pem;
    /* What is wrong with it though it is served (it has expired), for the log and /readyz; empty:
     * nothing. Clients will not take it, so /readyz says 503. */
    struct bw_buf trouble;
};

struct bw_service_options {
    /* Where: one of both. A descriptor that the service manager passed (LISTEN_FDS,
     * sd_listen_fds(3)) goes before. */
    const char
        *socket; /* a path: mode 0600, its directory is made, a stale socket of it is replaced */
    const char *address; /* "127.0.0.1:8443", "[::]:8443", ":8443" */

    /* 0: the default. */
    unsigned threads; /* one for each processor, at most BW_SERVICE_THREADS_MAX */
    size_t body_max, memory_max;
    unsigned connections_max;
    int deadline_ms, drain_ms;

    struct bw_evidence_options log; /* path NULL: no log */
    bool log_required;              /* a decision that cannot be recorded is a denial */

    const char *const *watch;   /* files and directories; NULL at the end */
    int tick_ms;                /* 0: no tick */
    struct bw_metrics *metrics; /* for what the caller counts as well; NULL: the service's own */
    void *ctx;

    /* --- in the supervisor --- */
    int (*load)(void *ctx, struct bw_service_rules *rules, struct bw_err *err);
    /* NULL: no TLS. Called at start, at reload, at each tick and every few seconds; *ret_changed
     * says whether there is a new one; trouble is told again each time. */
    int (*certificate)(void *ctx, struct bw_service_certificate *certificate, bool *ret_changed,
                       struct bw_err *err);
    const char *client_ca_file; /* clients must have a certificate of it; NULL: none is asked for */
    /* Answers an ask. BW_ENOENT: there is no such thing, `missing` for the asker. May be NULL. On a
     * thread of its own, so that a slow answer holds up nobody else. */
    int (*answer)(void *ctx, struct bw_str ask, struct bw_buf *answer, struct bw_err *err);
    /* Every tick_ms. *ret_reload: rules are to be loaded anew. May be NULL. */
    int (*tick)(void *ctx, bool *ret_reload, struct bw_err *err);

    /* --- in the server --- */
    void (*handle)(void *ctx, struct bw_exchange *exchange);
    void (*undecided)(void *ctx, struct bw_exchange *exchange, const char *why);
    /* Paths that are answered by the service itself where this is set: GET /healthz, /readyz,
     * /metrics. */
    bool probes;
};

/* Runs until it is told to stop; 0 then. Says (bw_log, mostly at BW_LOG_INFO: the caller sets that
 * level) what it listens on, with how many policies, and every reload. Counts what is the
 * service's in the metrics; decisions are counted by `handle` and `undecided`. The caller has one
 * thread; signals are its own again afterwards. Fails where the first rules cannot be loaded or
 * nothing can be listened on: BW_EFORMAT, BW_EACCESS, BW_EIO, ... */
int bw_service_run(const struct bw_service_options *options, struct bw_err *err) BW_MUST_USE;

#endif
