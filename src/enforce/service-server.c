#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "enforce/metrics.h"
#include "enforce/service-parts.h"
#include "sandbox/lockdown.h"
#include "wrap/http-server.h"

/* Memory of one request beside its body. What those that wait hold together is bounded by
 * memory_max as well. */
#define ARENA_MAX ((size_t)64 << 20)

/* Requests that wait for answers at a time. */
#define WAITING_MAX 512u

#define LOG_RETRY_MS 1000
#define TICK_MS      20 /* while something waits */
#define IDLE_TICK_MS 250
#define WHY_MAX      1024u

/* Address space beside what bodies and requests may take: stacks, heaps of threads, rules. */
#define ADDRESS_SPACE ((size_t)8 << 30)

struct exchange {
    struct bw_exchange public; /* first: what handlers see */
    struct server *server;
    struct bw_http_request *request;
    struct exchange *next; /* of those that wait */
    uint64_t serial;
    int64_t deadline; /* for answers; monotonic ms */
    struct bw_reader_file *answers;
    size_t answers_n, waiting;
    size_t charged; /* of held_bytes */
    bool failed;    /* an answer did not come: `why` */
    char why[BW_ERR_MSG_MAX + 128];
};

struct server {
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
    char why[WHY_MAX];
    struct exchange *waiting;
    _Atomic size_t waiting_n;
    size_t held_bytes;
    uint64_t serial;
    pthread_mutex_t log_lock;
    struct bw_evidence_options log; /* as seen from within the lockdown */
    struct bw_evidence *evidence;
    int64_t log_retry;
};

/* What a thread keeps from request to request. */
struct worker {
    struct bw_service_epoch *epoch;
    uint64_t epochs;
    struct bw_gate_judge *judge;
    struct bw_arena *spare;
};

/* --- threads --- */

static void worker_free(void *arg)
{
    struct worker *worker = arg;
    bw_gate_judge_free(worker->judge);
    bw_service_epoch_unref(worker->epoch);
    bw_arena_free(worker->spare);
    free(worker);
}

static struct worker *worker_of(struct server *server)
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
static struct bw_gate_judge *judge_of(struct server *server, struct worker *worker,
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

static int append(struct server *server, struct bw_str record, struct bw_err *err)
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

static void undecided(struct exchange *x, const char *why)
{
    const struct bw_service_options *options = x->server->options;
    bw_buf_free(&x->public.reply);
    bw_buf_free(&x->public.record);
    x->public.status = 0;
    options->undecided(options->ctx, &x->public, why);
}

static void record(struct exchange *x)
{
    struct server *server = x->server;
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

static struct exchange *exchange_new(struct server *server, struct worker *worker,
                                     struct bw_http_request *request)
{
    struct bw_arena *arena = worker->spare ? worker->spare : bw_arena_new(ARENA_MAX);
    worker->spare = NULL;
    struct exchange *x = arena ? bw_arena_alloc(arena, sizeof *x) : NULL;
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

static void on_end(void *ctx, struct bw_http_request *request)
{
    struct server *server = ctx;
    struct exchange *x = request->user;
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

static void reset_reply(struct exchange *x)
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
static bool grow_answers(struct exchange *x)
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

static enum bw_http_next finish(struct exchange *x, struct bw_http_reply *reply)
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
static bool decide(struct exchange *x, struct worker *worker)
{
    struct server *server = x->server;
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
    *reply = (struct bw_http_reply){
        .status = status, .content_type = "text/plain; charset=utf-8", .body = BW_BUF(WHY_MAX * 2)};
    bw_buf_printf(&reply->body, "%s\n", text);
}

static void tell_ready(struct server *server, struct bw_http_reply *reply)
{
    pthread_mutex_lock(&server->lock);
    int status = server->status;
    plain(reply, status & BW_STATUS_CERTIFICATE_STALE ? 503 : 200, status ? server->why : "ok");
    pthread_mutex_unlock(&server->lock);
}

static bool probe(struct server *server, struct bw_http_request *request,
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

static enum bw_http_next on_request(void *ctx, struct bw_http_request *request,
                                    struct bw_http_reply *reply)
{
    struct server *server = ctx;
    struct exchange *x = request->user;
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

static void on_refused(void *ctx, enum bw_http_refusal why)
{
    struct server *server = ctx;
    (void)why;
    bw_metrics_add(server->setup->metrics, BW_METRIC_REFUSED, 1);
}

/* --- asks; under server->lock --- */

static void take_out(struct server *server, struct exchange *x)
{
    for (struct exchange **at = &server->waiting; *at; at = &(*at)->next) {
        if (*at == x) {
            *at = x->next;
            server->waiting_n--;
            return;
        }
    }
}

static void fail_exchange(struct exchange *x, struct bw_str ask, const char *why)
{
    x->failed = true;
    snprintf(x->why, sizeof x->why, "%" BW_STR_F ": %s", BW_STR_A(bw_str_take(ask, 100)), why);
}

static void charge(struct exchange *x, size_t n)
{
    x->server->held_bytes += n;
    x->charged += n;
}

static bool send_asks(struct exchange *x)
{
    struct server *server = x->server;
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_ASK);
    for (size_t i = 0; i < x->public.asks_n; i++) {
        struct bw_err err = {0};
        message.id = x->serial << 8 | (x->answers_n + i);
        message.bytes = x->public.asks[i];
        int rc = message.bytes.n > BW_CHANNEL_INLINE_MAX
                     ? bw_err_set(&err, BW_ELIMIT, "too long to be looked up")
                     : bw_channel_send(server->channel, &message, false, &err);
        if (rc) {
            fail_exchange(x, message.bytes, err.msg);
            return false;
        }
    }
    return true;
}

/* Resumed outside of the lock, and not touched after that. */
static void on_waiting(void *ctx, struct bw_http_request *request)
{
    struct server *server = ctx;
    struct exchange *x = request->user;
    pthread_mutex_lock(&server->lock);
    x->serial = ++server->serial;
    x->waiting = x->public.asks_n;
    x->deadline = bw_clock_monotonic_ms() + server->options->deadline_ms;
    size_t held = bw_arena_used(x->public.arena);
    bool ok =
        server->waiting_n < WAITING_MAX && held <= server->options->memory_max - server->held_bytes;
    if (!ok)
        fail_exchange(x, x->public.asks[0], "too many requests wait for look-ups");
    else
        charge(x, held);
    ok = ok && send_asks(x);
    if (ok) {
        x->next = server->waiting;
        server->waiting = x;
        server->waiting_n++;
    }
    pthread_mutex_unlock(&server->lock);
    if (!ok)
        bw_http_resume(request);
}

static struct exchange *find_waiting(struct server *server, uint64_t id)
{
    for (struct exchange *x = server->waiting; x; x = x->next)
        if (x->serial == id >> 8)
            return x;
    return NULL;
}

static void take_bytes(struct exchange *x, struct bw_reader_file *answer, struct bw_str bytes)
{
    struct server *server = x->server;
    if (bytes.n > server->options->memory_max - server->held_bytes) {
        fail_exchange(x, answer->path, "the memory for look-ups is used up");
        return;
    }
    charge(x, bytes.n);
    answer->text = bw_arena_str(x->public.arena, bytes);
    if (!answer->text.p)
        fail_exchange(x, answer->path, "out of memory");
}

static void take_answer(struct server *server, const struct bw_channel_message *message)
{
    struct bw_str bytes = message->bytes, mapped = {0};
    if (message->fds[0] >= 0 && bw_channel_map(message->fds[0], &mapped, NULL) == 0)
        bytes = mapped;
    pthread_mutex_lock(&server->lock);
    struct exchange *x = find_waiting(server, message->id);
    size_t index = message->id & 255;
    struct bw_http_request *resumed = NULL;
    if (x && index >= x->answers_n && index < x->answers_n + x->public.asks_n) {
        struct bw_reader_file *answer = &x->answers[index];
        char why[256];
        snprintf(why, sizeof why, "%" BW_STR_F, BW_STR_A(bw_str_take(bytes, 200)));
        if (message->code == BW_ENOENT)
            answer->missing = true;
        else if (message->code)
            fail_exchange(x, answer->path, why);
        else
            take_bytes(x, answer, bytes);
        if (--x->waiting == 0) {
            x->answers_n += x->public.asks_n;
            take_out(server, x);
            resumed = x->request;
        }
    }
    pthread_mutex_unlock(&server->lock);
    bw_channel_unmap(mapped);
    if (resumed)
        bw_http_resume(resumed);
}

/* Every exchange whose answers are overdue. */
static void expire(struct server *server, int64_t now)
{
    for (;;) {
        struct bw_http_request *resumed = NULL;
        pthread_mutex_lock(&server->lock);
        for (struct exchange *x = server->waiting; x; x = x->next) {
            if (now < x->deadline)
                continue;
            fail_exchange(x, x->public.asks[0], "no answer came in time");
            take_out(server, x);
            resumed = x->request;
            break;
        }
        pthread_mutex_unlock(&server->lock);
        if (!resumed)
            return;
        bw_http_resume(resumed);
    }
}

/* --- what the supervisor says --- */

static void tell_failure(struct server *server, const struct bw_err *err)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_FAILED);
    message.code = err->code;
    message.bytes = bw_str(err->msg);
    (void)!bw_channel_send(server->channel, &message, false, NULL);
}

static int take_rules(struct server *server, const struct bw_channel_message *message,
                      struct bw_err *err)
{
    struct bw_service_epoch *epoch = NULL;
    int rc = bw_service_epoch_open(message->fds[0], message->fds + 1, &epoch, err);
    if (rc)
        return rc;
    pthread_mutex_lock(&server->lock);
    struct bw_service_epoch *old = server->epoch;
    server->epoch = epoch;
    atomic_fetch_add(&server->epochs, 1);
    pthread_mutex_unlock(&server->lock);
    bw_service_epoch_unref(old);
    return 0;
}

static int take_certificate(struct server *server, const struct bw_channel_message *message,
                            struct bw_err *err)
{
    struct bw_str parts[3] = {{0}};
    int rc = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(parts) && rc == 0; i++)
        if (message->fds[i] >= 0)
            rc = bw_channel_map(message->fds[i], &parts[i], err);
    if (rc == 0)
        rc = bw_http_set_certificate(server->http, parts[0], parts[1], parts[2], err);
    for (size_t i = 0; i < BW_ARRAY_LEN(parts); i++)
        bw_channel_unmap(parts[i]);
    if (rc == 0)
        server->has_certificate = true;
    return rc;
}

static void take_status(struct server *server, const struct bw_channel_message *message)
{
    pthread_mutex_lock(&server->lock);
    server->status = message->code;
    snprintf(server->why, sizeof server->why, "%" BW_STR_F, BW_STR_A(message->bytes));
    pthread_mutex_unlock(&server->lock);
}

static int serve_when_ready(struct server *server, struct bw_err *err)
{
    if (server->serving || !server->epoch ||
        (server->options->certificate && !server->has_certificate))
        return 0;
    int rc = bw_http_server_start(server->http, err);
    if (rc)
        return rc;
    server->serving = true;
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_SERVING);
    return bw_channel_send(server->channel, &message, true, err);
}

static void act_on(struct server *server, const struct bw_channel_message *message)
{
    struct bw_err err = {0};
    int rc = 0;
    if (message->type == BW_CHANNEL_RULES)
        rc = take_rules(server, message, &err);
    else if (message->type == BW_CHANNEL_CERTIFICATE)
        rc = take_certificate(server, message, &err);
    else if (message->type == BW_CHANNEL_STATUS)
        take_status(server, message);
    else if (message->type == BW_CHANNEL_ANSWER)
        take_answer(server, message);
    else if (message->type == BW_CHANNEL_STOP)
        server->draining = true;
    if (rc)
        tell_failure(server, &err);
    if ((rc = serve_when_ready(server, &err))) {
        tell_failure(server, &err);
        _exit(1);
    }
}

/* false: the supervisor is gone. */
static bool step(struct server *server)
{
    static char room[BW_CHANNEL_INLINE_MAX];
    struct pollfd fd = {.fd = server->channel, .events = POLLIN};
    bool hurried = server->draining || atomic_load(&server->waiting_n);
    int n = poll(&fd, 1, hurried ? TICK_MS : IDLE_TICK_MS);
    if (n > 0) {
        struct bw_channel_message message;
        bool closed = false;
        if (bw_channel_receive(server->channel, true, room, &message, &closed, NULL) || closed)
            return false;
        act_on(server, &message);
        bw_channel_close_fds(&message);
    }
    expire(server, bw_clock_monotonic_ms());
    return true;
}

/* --- start and end --- */

static int prepare_http(struct server *server, struct bw_err *err)
{
    const struct bw_service_options *o = server->options;
    struct bw_http_options options = {
        .listen_fd = server->setup->listen_fd,
        .tls = o->certificate != NULL,
        .ask_clients = o->client_ca_file != NULL,
        .threads = o->threads,
        .connections_max = o->connections_max,
        .body_max = o->body_max,
        .memory_max = o->memory_max,
        .deadline_ms = o->deadline_ms,
        .idle_ms = BW_HTTP_IDLE_MS,
        .ctx = server,
        .handle = on_request,
        .waiting = on_waiting,
        .end = on_end,
        .refused = on_refused,
    };
    return bw_http_server_new(&options, &server->http, err);
}

/* The log's directory; freed by nobody: it lives as long as the process. */
static int lock_down(struct server *server, struct bw_err *err)
{
    const struct bw_service_options *o = server->options;
    struct bw_lockdown_server_options options = {
        .memory_max = o->memory_max * 4 + ADDRESS_SPACE,
        .descriptors_max = o->connections_max + BW_SERVICE_DESCRIPTORS,
    };
    server->log = o->log;
    char *directory = NULL, *name = NULL;
    if (o->log.path) {
        struct bw_str path = bw_str(o->log.path);
        size_t slash = bw_str_rfind(path, '/');
        struct bw_str parent =
            slash == SIZE_MAX ? BW_STR(".") : bw_str_take(path, slash ? slash : 1);
        struct bw_str base = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
        directory = strndup(parent.p, parent.n);
        if (!directory || asprintf(&name, "/%" BW_STR_F, BW_STR_A(base)) < 0)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
        options.directory = directory;
    }
    bool rooted = false, landlock = false;
    int rc = bw_lockdown_server(&options, &rooted, &landlock, err);
    if (rc == 0 && rooted && name)
        server->log.path = name;
    if (rc == 0 && !landlock && !rooted)
        bw_log(BW_LOG_WARN, "this kernel has no Landlock: seccomp alone confines the server");
    return rc;
}

static BW_NORETURN void end_server(struct server *server)
{
    int64_t until = bw_clock_monotonic_ms() + server->options->drain_ms;
    if (server->serving)
        bw_http_drain(server->http);
    while (server->serving && bw_http_busy(server->http) && bw_clock_monotonic_ms() < until)
        if (!step(server))
            break;
    /* Whatever still waits is cut off by the end of the process. */
    if (server->serving && !bw_http_busy(server->http))
        bw_http_server_stop(server->http);
    bw_evidence_close(server->evidence);
    _exit(0);
}

void bw_service_server(const struct bw_service_setup *setup, int channel)
{
    static struct server server;
    struct bw_err err = {0};
    server.setup = setup;
    server.options = &setup->options;
    server.channel = channel;
    signal(SIGCHLD, SIG_DFL);
    pthread_mutex_init(&server.lock, NULL);
    pthread_mutex_init(&server.log_lock, NULL);
    int rc = pthread_key_create(&server.worker, worker_free)
                 ? bw_err_set(&err, BW_ENOMEM, "no thread-specific data")
                 : 0;
    if (rc == 0)
        rc = prepare_http(&server, &err);
    if (rc == 0)
        rc = lock_down(&server, &err);
    if (rc) {
        tell_failure(&server, &err);
        _exit(1);
    }
    while (step(&server))
        if (server.draining)
            end_server(&server);
    _exit(1);
}
