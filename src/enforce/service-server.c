#include "enforce/service-server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "sandbox/lockdown.h"

#define TICK_MS      20 /* while something waits */
#define IDLE_TICK_MS 250

/* Address space beside what bodies and requests may take: stacks, heaps of threads, rules. */
#define ADDRESS_SPACE ((size_t)8 << 30)

/* --- what the supervisor says --- */

static void tell_failure(struct bw_server *server, const struct bw_err *err)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_FAILED);
    message.code = err->code;
    message.bytes = bw_str(err->msg);
    (void)!bw_channel_send(server->channel, &message, false, NULL);
}

static int take_rules(struct bw_server *server, const struct bw_channel_message *message,
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

static int take_certificate(struct bw_server *server, const struct bw_channel_message *message,
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

static void take_status(struct bw_server *server, const struct bw_channel_message *message)
{
    pthread_mutex_lock(&server->lock);
    server->status = message->code;
    snprintf(server->why, sizeof server->why, "%" BW_STR_F, BW_STR_A(message->bytes));
    pthread_mutex_unlock(&server->lock);
}

static int serve_when_ready(struct bw_server *server, struct bw_err *err)
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

static void act_on(struct bw_server *server, const struct bw_channel_message *message)
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
        bw_server_answer(server, message);
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
static bool step(struct bw_server *server)
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
    bw_server_expire(server, bw_clock_monotonic_ms());
    return true;
}

/* --- start and end --- */

static int prepare_http(struct bw_server *server, struct bw_err *err)
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
        .handle = bw_server_request,
        .waiting = bw_server_ask,
        .end = bw_server_end,
        .refused = bw_server_refused,
    };
    return bw_http_server_new(&options, &server->http, err);
}

static int lock_down(struct bw_server *server, struct bw_err *err)
{
    const struct bw_service_options *o = server->options;
    struct bw_lockdown_server_options options = {
        .directory = server->setup->log_directory,
        .memory_max = o->memory_max * 4 + ADDRESS_SPACE,
        .descriptors_max = o->connections_max + BW_SERVICE_DESCRIPTORS,
    };
    server->log = o->log;
    bool rooted = false, landlock = false;
    int rc = bw_lockdown_server(&options, &rooted, &landlock, err);
    if (rc == 0 && rooted)
        server->log.path = server->setup->log_name;
    if (rc == 0 && !landlock && !rooted)
        bw_log(BW_LOG_WARN, "this kernel has no Landlock: seccomp alone confines the server");
    return rc;
}

static BW_NORETURN void end_server(struct bw_server *server)
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
    static struct bw_server server;
    struct bw_err err = {0};
    server.setup = setup;
    server.options = &setup->options;
    server.channel = channel;
    signal(SIGCHLD, SIG_DFL);
    pthread_mutex_init(&server.lock, NULL);
    pthread_mutex_init(&server.log_lock, NULL);
    int rc = pthread_key_create(&server.worker, bw_server_worker_free)
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
