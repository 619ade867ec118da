/*
 * http-server.h: an HTTP/1.1 server that hostile clients cannot hold up, by libmicrohttpd and
 * GnuTLS.
 *
 * A few threads serve many connections. A handler runs on one of them and never waits: what takes
 * time is begun, the connection put aside (BW_HTTP_WAIT), and taken up again by bw_http_resume from
 * any thread.
 *
 * What is bounded, and what happens at the bound:
 *   - connections: more wait unaccepted; connections that idle make room, the oldest first;
 *   - a header with its request line, BW_HTTP_HEADER_MAX bytes: 431 or 414;
 *   - a body, body_max: 413, at once where Content-Length says so, else once it has ended;
 *   - all bodies, memory_max: 503. Those over BW_HTTP_LARGE get at most half of it, so that a few
 *     large ones never keep the small ones out;
 *   - a request, deadline_ms from the accepted connection or, on one that was kept, from its
 * request line to its last byte, and as much again to take the reply: the connection is cut. It is
 * less where connections are short (BW_HTTP_PRESSED_MS);
 *   - a kept connection without a request, idle_ms.
 * Times are monotonic: a clock that is set does no harm.
 */
#ifndef BW_WRAP_HTTP_SERVER_H
#define BW_WRAP_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define BW_HTTP_HEADER_MAX  ((size_t)32 << 10)
#define BW_HTTP_LARGE       ((size_t)256 << 10)
#define BW_HTTP_THREADS_MAX 64u
#define BW_HTTP_PRESSED_MS  1000

/* Longer than the idle time of usual clients (Go: 90 s), so that it is they who close. */
#define BW_HTTP_IDLE_MS 120000

struct bw_http_server;

/* Slices live until the reply is given, but for the body's all of them until `end`; p is NULL for a
 * header that is not there. */
struct bw_http_request {
    struct bw_str method, path, query; /* path and query as they were sent, undecoded */
    struct bw_str content_type;
    struct bw_str body;
    bool verified;      /* the client has a certificate of the CA */
    struct bw_str peer; /* its subject's common name; else empty */
    void *user;         /* the handler's own; NULL at first */
};

struct bw_http_reply {
    unsigned status;
    const char *content_type; /* NULL: none; a literal */
    struct bw_buf body;       /* taken over */
};

enum bw_http_next {
    BW_HTTP_REPLY, /* the reply is filled */
    BW_HTTP_WAIT,  /* `waiting` is called, and bw_http_resume follows */
};

enum bw_http_refusal {
    BW_HTTP_REFUSED_SLOW,
    BW_HTTP_REFUSED_LONG,
    BW_HTTP_REFUSED_MEMORY,
    BW_HTTP_REFUSED_BROKEN, /* malformed, or the client went away */
};

/* Callbacks run on the server's threads, several at a time. */
struct bw_http_options {
    int listen_fd;    /* listening, Unix or TCP; borrowed and never shut down: others share it */
    bool tls;         /* bw_http_set_certificate comes before bw_http_server_start */
    bool ask_clients; /* ask clients for a certificate, and refuse one that is not the CA's */
    unsigned threads; /* 1 to BW_HTTP_THREADS_MAX */
    unsigned connections_max;
    size_t body_max, memory_max;
    int deadline_ms, idle_ms;
    void *ctx;
    /* Once a whole request is there, and again after each bw_http_resume. */
    enum bw_http_next (*handle)(void *ctx, struct bw_http_request *request,
                                struct bw_http_reply *reply);
    /* The connection is put aside now: what brings bw_http_resume may begin. */
    void (*waiting)(void *ctx, struct bw_http_request *request);
    /* The last of a request that was handled, whatever became of it. */
    void (*end)(void *ctx, struct bw_http_request *request);
    void (*refused)(void *ctx, enum bw_http_refusal why); /* a request that is never handled */
};

/* BW_ENOMEM. */
int bw_http_server_new(const struct bw_http_options *options, struct bw_http_server **ret_server,
                       struct bw_err *err) BW_MUST_USE;

/* Serves from now on. Once. BW_EIO, BW_ENOMEM. */
int bw_http_server_start(struct bw_http_server *server, struct bw_err *err) BW_MUST_USE;

/* Once for each BW_HTTP_WAIT, from any thread. */
void bw_http_resume(struct bw_http_request *request);

/* What connections made from now on are served with; earlier ones keep theirs. A PEM chain, leaf
 * first, its key, and the CAs of clients (empty: none). BW_EFORMAT where a part is unusable or
 * chain and key do not belong together: nothing changes then. */
int bw_http_set_certificate(struct bw_http_server *server, struct bw_str chain_pem,
                            struct bw_str key_pem, struct bw_str client_ca_pem,
                            struct bw_err *err) BW_MUST_USE;

/* Accepts no more and closes connections after the reply that is under way, idle ones at once. */
void bw_http_drain(struct bw_http_server *server);

/* Requests that have begun and not ended. */
unsigned bw_http_busy(const struct bw_http_server *server);

/* Ends everything. No request waits any more (each was resumed). Takes NULL. */
void bw_http_server_stop(struct bw_http_server *server);

#endif
