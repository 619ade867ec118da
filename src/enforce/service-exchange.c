#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "enforce/metrics.h"
#include "enforce/service-server.h"

/* Memory of one request beside its body. What those that wait hold together is bounded by
 * memory_max as well. */
#define ARENA_MAX ((size_t)64 << 20)

#define LOG_RETRY_MS 1000

/* What a thread keeps from request to request. */
struct worker {
    struct bw_service_epoch *epoch;
    uint64_t epochs;
    struct bw_gate_judge *judge;
    struct bw_arena *spare;
};

/* --- threads --- */

void bw_server_worker_free(void *arg)
{
    struct worker *worker = arg;
    bw_gate_judge_free(worker->judge);
    bw_service_epoch_unref(worker->epoch);
    bw_arena_free(worker->spare);
    free(worker);
}

static struct worker *worker_of(struct bw_server *server)
{
    struct worker *worker = pthread_getspecific(server->worker);
    if (worker)
        return worker;
    worker = calloc(1, sizeof *worker);
    if (worker && pthread_setspecific(server->worker, worker)) {
        free(worker);
        worker = NULL;
    }
    return worker;
}

/* A judge with the rules in force; the old one where there is no memory for it is no choice. */
static struct bw_gate_judge *judge_of(struct bw_server *server, struct worker *worker,
                                      struct bw_err *err)
{
    if (worker->judge && worker->epochs == atomic_load(&server->epochs))
        return worker->judge;
    pthread_mutex_lock(&server->lock);
    struct bw_service_epoch *epoch = bw_service_epoch_ref(server->epoch);
    uint64_t epochs = atomic_load(&server->epochs);
    pthread_mutex_unlock(&server->lock);
    struct bw_gate_judge *judge = bw_gate_judge_new(epoch->rules, err);
    if (!judge) {
        bw_service_epoch_unref(epoch);
        return NULL;
    }
    bw_gate_judge_free(worker->judge);
    bw_service_epoch_unref(worker->epoch);
    worker->judge = judge;
    worker->epoch = epoch;
    worker->epochs = epochs;
    return judge;
}

/* --- the log --- */

static int append(struct bw_server *server, struct bw_str record, struct bw_err *err)
{
    pthread_mutex_lock(&server->log_lock);
    int rc = 0;
    if (!server->evidence) {
        int64_t now = bw_clock_monotonic_ms();
        rc = now < server->log_retry ? bw_err_set(err, BW_EIO, "the log cannot be opened")
                                     : bw_evidence_open(&server->log, &server->evidence, err);
        if (rc)
            server->log_retry = now < server->log_retry ? server->log_retry : now + LOG_RETRY_MS;
    }
    struct bw_evidence *evidence = server->evidence;
    pthread_mutex_unlock(&server->log_lock);
    return rc ? rc : bw_evidence_append(evidence, record, err);
}

static void undecided(struct bw_server_exchange *x, const char *why)
{
    const struct bw_service_options *options = x->server->options;
    bw_buf_free(&x->public.reply);
    bw_buf_free(&x->public.record);
    x->public.status = 0;
    options->undecided(options->ctx, &x->public, why);
}

static void record(struct bw_server_exchange *x)
{
    struct bw_server *server = x->server;
    struct bw_err err = {0};
    if (!x->public.record.n || !server->options->log.path)
        return;
    int rc = bw_buf_failed(&x->public.record)
                 ? bw_err_set(&err, BW_ELIMIT, "the record is too long")
                 : append(server, bw_buf_slice(&x->public.record), &err);
    if (rc == 0)
        return;
    bw_metrics_add(server->setup->metrics, BW_METRIC_LOG_FAILURES, 1);
    if (!server->options->log_required)
        return;
    char why[BW_ERR_MSG_MAX + 64];
    snprintf(why, sizeof why, "the decision cannot be recorded: %s", err.msg);
    undecided(x, why);
}

/* --- exchanges --- */

static struct bw_server_exchange *exchange_new(struct bw_server *server, struct worker *worker,
                                               struct bw_http_request *request)
{
    struct bw_arena *arena = worker->spare ? worker->spare : bw_arena_new(ARENA_MAX);
    worker->spare = NULL;
    struct bw_server_exchange *x = arena ? bw_arena_alloc(arena, sizeof *x) : NULL;
    if (!x) {
        bw_arena_free(arena);
        return NULL;
    }
    x->server = server;
    x->request = request;
    x->public.method = request->method;
    x->public.path = request->path;
    x->public.query = request->query;
    x->public.content_type = request->content_type;
    x->public.body = request->body;
    x->public.peer = request->peer;
    x->public.arena = arena;
    x->public.metrics = server->setup->metrics;
    request->user = x;
    return x;
}

void bw_server_end(void *ctx, struct bw_http_request *request)
{
    struct bw_server *server = ctx;
    struct bw_server_exchange *x = request->user;
    if (!x)
        return;
    bw_buf_free(&x->public.reply);
    bw_buf_free(&x->public.record);
    if (x->charged) {
        pthread_mutex_lock(&server->lock);
        server->held_bytes -= x->charged;
        pthread_mutex_unlock(&server->lock);
    }
    struct bw_arena *arena = x->public.arena;
    struct worker *worker = pthread_getspecific(server->worker);
    if (!worker || worker->spare) {
        bw_arena_free(arena);
        return;
    }
    bw_arena_reset(arena);
    worker->spare = arena;
}

static void reset_reply(struct bw_server_exchange *x)
{
    bw_buf_free(&x->public.reply);
    bw_buf_free(&x->public.record);
    x->public.asks = NULL;
    x->public.asks_n = 0;
    x->public.status = 200;
    x->public.content_type_out = "application/json";
    x->public.reply = BW_BUF(BW_SERVICE_REPLY_MAX);
    x->public.record = BW_BUF(BW_EVIDENCE_LINE_MAX);
}

/* Room for the answers to come behind those that did. */
static bool grow_answers(struct bw_server_exchange *x)
{
    size_t n = x->answers_n + x->public.asks_n;
    struct bw_reader_file *grown = bw_arena_array(x->public.arena, n, sizeof *grown);
    if (!grown)
        return false;
    if (x->answers_n)
        memcpy(grown, x->answers, x->answers_n * sizeof *grown);
    for (size_t i = 0; i < x->public.asks_n; i++)
        grown[x->answers_n + i].path = x->public.asks[i];
    x->answers = grown;
    return true;
}

static enum bw_http_next finish(struct bw_server_exchange *x, struct bw_http_reply *reply)
{
    record(x);
    if (bw_buf_failed(&x->public.reply) || !x->public.status) {
        bw_buf_free(&x->public.reply);
        x->public.status = 500;
        x->public.content_type_out = "text/plain";
    }
    *reply = (struct bw_http_reply){.status = x->public.status,
                                    .content_type = x->public.content_type_out,
                                    .body = x->public.reply};
    x->public.reply = (struct bw_buf){0};
    return BW_HTTP_REPLY;
}

/* Asks or answers. */
static bool decide(struct bw_server_exchange *x, struct worker *worker)
{
    struct bw_server *server = x->server;
    struct bw_err err = {0};
    reset_reply(x);
    x->public.judge = judge_of(server, worker, &err);
    if (!x->public.judge) {
        undecided(x, err.msg);
        return true;
    }
    if (x->failed) {
        undecided(x, x->why);
        return true;
    }
    x->public.answers = x->answers;
    x->public.answers_n = x->answers_n;
    pthread_mutex_lock(&server->lock);
    x->public.rules_stale = server->status & BW_STATUS_RULES_STALE;
    x->public.stale_why = (struct bw_str){0};
    if (x->public.rules_stale)
        x->public.stale_why = bw_arena_str(x->public.arena, bw_str(server->why));
    pthread_mutex_unlock(&server->lock);
    server->options->handle(server->options->ctx, &x->public);
    if (x->public.asks_n == 0)
        return true;
    if (x->public.asks_n > BW_SERVICE_ASKS_MAX - x->answers_n)
        undecided(x, "the request refers to too many things");
    else if (!grow_answers(x))
        undecided(x, "out of memory");
    else
        return false;
    return true;
}

/* --- requests --- */

static void plain(struct bw_http_reply *reply, unsigned status, const char *text)
{
    *reply = (struct bw_http_reply){.status = status,
                                    .content_type = "text/plain; charset=utf-8",
                                    .body = BW_BUF(BW_SERVER_WHY_MAX * 2)};
    bw_buf_printf(&reply->body, "%s\n", text);
}

static void tell_ready(struct bw_server *server, struct bw_http_reply *reply)
{
    pthread_mutex_lock(&server->lock);
    int status = server->status;
    plain(reply, status & BW_STATUS_CERTIFICATE_STALE ? 503 : 200, status ? server->why : "ok");
    pthread_mutex_unlock(&server->lock);
}

static bool probe(struct bw_server *server, struct bw_http_request *request,
                  struct bw_http_reply *reply)
{
    if (!server->options->probes || !bw_str_eq(request->method, BW_STR("GET")))
        return false;
    if (bw_str_eq(request->path, BW_STR("/healthz"))) {
        plain(reply, 200, "ok");
    } else if (bw_str_eq(request->path, BW_STR("/readyz"))) {
        tell_ready(server, reply);
    } else if (bw_str_eq(request->path, BW_STR("/metrics"))) {
        *reply = (struct bw_http_reply){.status = 200,
                                        .content_type = "text/plain; version=0.0.4",
                                        .body = BW_BUF((size_t)1 << 20)};
        bw_metrics_text(server->setup->metrics, &reply->body);
    } else {
        return false;
    }
    return true;
}

enum bw_http_next bw_server_request(void *ctx, struct bw_http_request *request,
                                    struct bw_http_reply *reply)
{
    struct bw_server *server = ctx;
    struct bw_server_exchange *x = request->user;
    if (!x && probe(server, request, reply))
        return BW_HTTP_REPLY;
    if (server->options->client_ca_file && !request->verified) {
        bw_metrics_add(server->setup->metrics, BW_METRIC_REFUSED, 1);
        plain(reply, 403, "a client certificate is needed");
        return BW_HTTP_REPLY;
    }
    struct worker *worker = worker_of(server);
    if (!x && worker)
        x = exchange_new(server, worker, request);
    if (!x) {
        plain(reply, 503, "out of memory");
        return BW_HTTP_REPLY;
    }
    return decide(x, worker) ? finish(x, reply) : BW_HTTP_WAIT;
}

void bw_server_refused(void *ctx, enum bw_http_refusal why)
{
    struct bw_server *server = ctx;
    (void)why;
    bw_metrics_add(server->setup->metrics, BW_METRIC_REFUSED, 1);
}
