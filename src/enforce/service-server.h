/*
 * service-server.h: the server of a service from within; private to src/enforce/service-*.c.
 *
 * service-server.c has its one thread that listens to the supervisor, service-exchange.c what the
 * threads of the HTTP server do with a request, service-ask.c what is asked and answered between.
 */
#ifndef BW_ENFORCE_SERVICE_SERVER_H
#define BW_ENFORCE_SERVICE_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "enforce/service-parts.h"
#include "wrap/http-server.h"

#define BW_SERVER_WHY_MAX 1024u

struct bw_server_exchange {
    struct bw_exchange public; /* first: what handlers see */
    struct bw_server *server;
    struct bw_http_request *request;
    struct bw_server_exchange *next; /* of those that wait */
    uint64_t serial;
    int64_t deadline; /* for answers; monotonic ms */
    struct bw_reader_file *answers;
    size_t answers_n, waiting;
    size_t charged; /* of held_bytes */
    bool failed;    /* an answer did not come: `why` */
    char why[BW_ERR_MSG_MAX + 128];
};

struct bw_server {
    const struct bw_service_setup *setup;
    const struct bw_service_options *options;
    int channel;
    struct bw_http_server *http;
    pthread_key_t worker;
    pthread_mutex_t lock; /* of what follows, but for what is atomic */
    struct bw_service_epoch *epoch;
    _Atomic uint64_t epochs; /* goes up with each epoch */
    bool has_certificate, serving, draining;
    int status; /* BW_STATUS_... */
    char why[BW_SERVER_WHY_MAX];
    struct bw_server_exchange *waiting;
    _Atomic size_t waiting_n;
    size_t held_bytes; /* by those that wait: their arenas, and answers */
    uint64_t serial;
    pthread_mutex_t log_lock;
    struct bw_evidence_options log; /* as seen from within the lockdown */
    struct bw_evidence *evidence;
    int64_t log_retry;
};

/* --- service-exchange.c: callbacks of the HTTP server; ctx is the server --- */

enum bw_http_next bw_server_request(void *ctx, struct bw_http_request *request,
                                    struct bw_http_reply *reply);
void bw_server_end(void *ctx, struct bw_http_request *request);
void bw_server_refused(void *ctx, enum bw_http_refusal why);
void bw_server_worker_free(void *worker); /* what a thread has kept, at its end */

/* --- service-ask.c --- */

void bw_server_ask(void *ctx, struct bw_http_request *request); /* of the HTTP server, too */
void bw_server_answer(struct bw_server *server, const struct bw_channel_message *message);
/* Ends every wait that is overdue. */
void bw_server_expire(struct bw_server *server, int64_t now);

#endif
