#include "wrap/http-server.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "wrap/tls-identity.h"

/* The first piece of memory for a body whose length is told. */
#define BODY_FIRST_MAX ((size_t)64 << 10)

/* A reply over TLS up to this size leaves as one record, in one write. */
#define CORKED_MAX ((size_t)12 << 10)

#define SWEEP_MS 100
#define NEVER    INT64_MAX

/* TLS 1.2 and 1.3 alone. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

enum state {
    STATE_NEW,     /* nothing came yet */
    STATE_READING, /* a request line did */
    STATE_HANDLING,
    STATE_REPLYING,
    STATE_IDLE,
};

struct connection {
    struct connection *next, *previous; /* of the server's list, the oldest first */
    struct bw_http_server *server;
    struct MHD_Connection *mhd;
    gnutls_session_t session; /* NULL without TLS */
    int fd;
    _Atomic int state;
    _Atomic int64_t since, deadline; /* monotonic ms */
    _Atomic bool cut;
    struct bw_tls_identity *identity;
    bool verified;
    char peer[BW_TLS_NAME_MAX];
};

struct request {
    struct bw_http_request public;
    struct connection *connection;
    struct bw_buf body;
    size_t charged;
    bool large, begun, handled, corked;
    unsigned refuse; /* a status, or 0 */
    char uri[];
};

struct bw_http_server {
    struct bw_http_options options;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* of the list and the identity */
    struct connection *first, *last;
    unsigned connections_n;
    struct bw_tls_identity *identity;
    _Atomic size_t memory, memory_large;
    _Atomic unsigned busy;
    _Atomic bool draining;
    pthread_t sweeper;
    pthread_cond_t stop_sweeper;
    bool sweeping, stopping;
};

/* --- certificates --- */

int bw_http_set_certificate(struct bw_http_server *server, struct bw_str chain_pem,
                            struct bw_str key_pem, struct bw_str client_ca_pem, struct bw_err *err)
{
    struct bw_tls_identity *identity = NULL;
    int rc = bw_tls_identity_new(chain_pem, key_pem, client_ca_pem, &identity, err);
    if (rc)
        return rc;
    pthread_mutex_lock(&server->lock);
    struct bw_tls_identity *old = server->identity;
    server->identity = identity;
    pthread_mutex_unlock(&server->lock);
    bw_tls_identity_unref(old);
    return 0;
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* libmicrohttpd keeps its connection in the session. */
static struct connection *connection_of_session(gnutls_session_t session)
{
    struct MHD_Connection *mhd = gnutls_session_get_ptr(session);
    return mhd ? connection_of(mhd) : NULL;
}

static int on_certificate(gnutls_session_t session, const gnutls_datum_t *ca, int ca_n,
                          const gnutls_pk_algorithm_t *algorithms, int algorithms_n,
                          gnutls_pcert_st **chain, unsigned *chain_n, gnutls_privkey_t *key)
{
    (void)ca;
    (void)ca_n;
    (void)algorithms;
    (void)algorithms_n;
    struct connection *connection = connection_of_session(session);
    if (!connection)
        return -1;
    struct bw_http_server *server = connection->server;
    if (!connection->identity) {
        pthread_mutex_lock(&server->lock);
        if (server->identity)
            connection->identity = bw_tls_identity_ref(server->identity);
        pthread_mutex_unlock(&server->lock);
    }
    if (!connection->identity)
        return -1;
    void *shown, *secret;
    bw_tls_identity_show(connection->identity, &shown, chain_n, &secret);
    *chain = shown;
    *key = secret;
    return 0;
}

/* Part of the handshake: what is not 0 ends it. Who shows no certificate is not verified. */
static int on_client_certificate(gnutls_session_t session)
{
    struct connection *connection = connection_of_session(session);
    bool shown = false;
    if (!connection || !connection->identity)
        return GNUTLS_E_CERTIFICATE_ERROR;
    connection->verified =
        bw_tls_identity_believes(connection->identity, session, &shown, connection->peer);
    return connection->verified || !shown ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

/* --- connections --- */

static void enter(struct connection *connection, enum state state, int64_t now, int64_t deadline)
{
    atomic_store(&connection->since, now);
    atomic_store(&connection->deadline, deadline);
    atomic_store(&connection->state, (int)state);
}

static void refuse(struct bw_http_server *server, enum bw_http_refusal why)
{
    if (server->options.refused)
        server->options.refused(server->options.ctx, why);
}

static void link_connection(struct bw_http_server *server, struct connection *connection)
{
    pthread_mutex_lock(&server->lock);
    connection->previous = server->last;
    if (server->last)
        server->last->next = connection;
    else
        server->first = connection;
    server->last = connection;
    server->connections_n++;
    pthread_mutex_unlock(&server->lock);
}

static void unlink_connection(struct bw_http_server *server, struct connection *connection)
{
    pthread_mutex_lock(&server->lock);
    if (connection->next)
        connection->next->previous = connection->previous;
    else
        server->last = connection->previous;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->first = connection->next;
    server->connections_n--;
    pthread_mutex_unlock(&server->lock);
}

static void open_connection(struct bw_http_server *server, struct MHD_Connection *mhd,
                            void **socket_context)
{
    struct connection *connection = calloc(1, sizeof *connection);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    int fd = info ? info->connect_fd : -1;
    if (!connection) {
        shutdown(fd, SHUT_RDWR);
        return;
    }
    connection->server = server;
    connection->mhd = mhd;
    connection->fd = fd;
    int64_t now = bw_clock_monotonic_ms();
    enter(connection, STATE_NEW, now, now + server->options.deadline_ms);
    if (server->options.tls) {
        info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
        connection->session = info ? (gnutls_session_t)info->tls_session : NULL;
    }
    if (connection->session && server->options.ask_clients) {
        gnutls_certificate_server_set_request(connection->session, GNUTLS_CERT_REQUEST);
        gnutls_session_set_verify_function(connection->session, on_client_certificate);
    }
    *socket_context = connection;
    link_connection(server, connection);
}

/* Before the descriptor is closed and its number may be another's; after the session is gone. */
static void close_connection(struct bw_http_server *server, struct connection *connection)
{
    if (!connection)
        return;
    unlink_connection(server, connection);
    bw_tls_identity_unref(connection->identity);
    free(connection);
}

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        open_connection(ctx, mhd, socket_context);
    else
        close_connection(ctx, *socket_context);
}

static void cut(struct connection *connection)
{
    if (!atomic_exchange(&connection->cut, true))
        shutdown(connection->fd, SHUT_RDWR);
}

/* Cuts who is late. Where connections are short: who idles, the oldest first, and who is slow. */
static void sweep(struct bw_http_server *server, int64_t now)
{
    pthread_mutex_lock(&server->lock);
    bool pressed = server->connections_n >= server->options.connections_max / 8 * 7;
    unsigned room = server->options.connections_max / 4 + 1;
    for (struct connection *c = server->first; c; c = c->next) {
        enum state state = (enum state)atomic_load(&c->state);
        int64_t age = now - atomic_load(&c->since);
        bool late = now >= atomic_load(&c->deadline);
        bool idle = state == STATE_IDLE;
        if (idle && atomic_load(&server->draining))
            late = true;
        if (pressed && room && state != STATE_HANDLING &&
            age >= (idle ? SWEEP_MS * 5 : BW_HTTP_PRESSED_MS)) {
            late = true;
            room--;
        }
        if (!late || atomic_load(&c->cut))
            continue;
        if (!idle)
            refuse(server, BW_HTTP_REFUSED_SLOW);
        cut(c);
    }
    pthread_mutex_unlock(&server->lock);
}

static void *run_sweeper(void *arg)
{
    struct bw_http_server *server = arg;
    pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += SWEEP_MS * 1000000l;
        until.tv_sec += until.tv_nsec / 1000000000l;
        until.tv_nsec %= 1000000000l;
        pthread_cond_timedwait(&server->stop_sweeper, &server->lock, &until);
        if (server->stopping)
            break;
        pthread_mutex_unlock(&server->lock);
        sweep(server, bw_clock_monotonic_ms());
        pthread_mutex_lock(&server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* --- bodies --- */

static void discharge(struct request *r)
{
    struct bw_http_server *server = r->connection->server;
    atomic_fetch_sub(&server->memory, r->charged);
    if (r->large)
        atomic_fetch_sub(&server->memory_large, r->charged);
    r->charged = 0;
    r->large = false;
}

/* Accounts for what the request has now: its body, or its reply. */
static bool charge(struct request *r, size_t n)
{
    struct bw_http_server *server = r->connection->server;
    size_t more = n - r->charged;
    if (more && atomic_fetch_add(&server->memory, more) + more > server->options.memory_max) {
        atomic_fetch_sub(&server->memory, more);
        return false;
    }
    r->charged += more;
    if (r->charged <= BW_HTTP_LARGE)
        return true;
    size_t add = r->large ? more : r->charged;
    r->large = true;
    return atomic_fetch_add(&server->memory_large, add) + add <= server->options.memory_max / 2;
}

static void give_up_body(struct request *r, unsigned status, enum bw_http_refusal why)
{
    r->refuse = status;
    discharge(r);
    bw_buf_free(&r->body);
    refuse(r->connection->server, why);
}

static void take_body(struct request *r, const char *p, size_t n)
{
    if (r->refuse)
        return;
    if (n > r->body.max - r->body.n) {
        give_up_body(r, MHD_HTTP_CONTENT_TOO_LARGE, BW_HTTP_REFUSED_LONG);
        return;
    }
    bw_buf_add(&r->body, p, n);
    if (bw_buf_failed(&r->body) || !charge(r, r->body.cap))
        give_up_body(r, MHD_HTTP_SERVICE_UNAVAILABLE, BW_HTTP_REFUSED_MEMORY);
}

/* --- requests --- */

static void *on_line(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
    struct bw_http_server *server = ctx;
    struct connection *connection = connection_of(mhd);
    size_t n = strlen(uri);
    struct request *r = connection ? calloc(1, sizeof *r + n + 1) : NULL;
    if (!r)
        return NULL;
    atomic_fetch_add(&server->busy, 1);
    int64_t now = bw_clock_monotonic_ms();
    enter(connection, STATE_READING, now, now + server->options.deadline_ms);
    memcpy(r->uri, uri, n + 1);
    struct bw_str whole = {r->uri, n};
    size_t mark = bw_str_find(whole, '?');
    r->public.path = bw_str_take(whole, mark);
    r->public.query = mark == SIZE_MAX ? (struct bw_str){0} : bw_str_from(whole, mark + 1);
    r->public.peer = bw_str(connection->peer);
    r->public.verified = connection->verified;
    r->connection = connection;
    r->body = BW_BUF(server->options.body_max);
    return r;
}

static void cork(struct request *r, size_t n)
{
    if (!r->connection->session || n > CORKED_MAX)
        return;
    gnutls_record_cork(r->connection->session);
    r->corked = true;
}

/* What does not fit the socket's buffer is of a client that does not read. The library has corked
 * the socket for its own two writes, and believes that they have left. */
static void uncork(struct request *r)
{
    int off = 0;
    if (!r->corked)
        return;
    if (gnutls_record_uncork(r->connection->session, 0) < 0)
        cut(r->connection);
    setsockopt(r->connection->fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    r->corked = false;
}

static enum MHD_Result queue(struct request *r, struct bw_http_reply *reply)
{
    struct connection *connection = r->connection;
    struct bw_http_server *server = connection->server;
    size_t n = reply->body.n;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(n, reply->body.p, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        bw_buf_free(&reply->body);
        return MHD_NO;
    }
    reply->body = (struct bw_buf){0};
    bool ok = !reply->content_type ||
              MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    if (atomic_load(&server->draining) || r->refuse)
        ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") && ok;
    int64_t now = bw_clock_monotonic_ms();
    enter(connection, STATE_REPLYING, now, now + server->options.deadline_ms);
    cork(r, n);
    enum MHD_Result result =
        ok ? MHD_queue_response(connection->mhd, reply->status, response) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_refusal(struct request *r)
{
    struct bw_http_reply reply = {
        .status = r->refuse, .content_type = "text/plain", .body = BW_BUF(256)};
    bw_buf_printf(&reply.body, "%s\n",
                  r->refuse == MHD_HTTP_CONTENT_TOO_LARGE ? "the body is longer than the limit"
                                                          : "too many requests are under way");
    return queue(r, &reply);
}

/* A client that does not read holds the reply, which counts as its body did. */
static enum MHD_Result send_reply(struct request *r, struct bw_http_reply *reply)
{
    discharge(r);
    bw_buf_free(&r->body);
    if (charge(r, reply->body.n))
        return queue(r, reply);
    bw_buf_free(&reply->body);
    give_up_body(r, MHD_HTTP_SERVICE_UNAVAILABLE, BW_HTTP_REFUSED_MEMORY);
    return send_refusal(r);
}

/* The headers are there. */
static enum MHD_Result begin(struct request *r, struct MHD_Connection *mhd, const char *method)
{
    r->begun = true;
    r->public.method = bw_str(method);
    r->public.content_type =
        bw_str(MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE));
    struct bw_str length =
        bw_str(MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH));
    uint64_t n = 0;
    if (!length.p || !bw_str_to_u64(length, &n) || n == 0)
        return MHD_YES;
    if (n > r->body.max) {
        give_up_body(r, MHD_HTTP_CONTENT_TOO_LARGE, BW_HTTP_REFUSED_LONG);
        return send_refusal(r);
    }
    if (!bw_buf_reserve(&r->body, n < BODY_FIRST_MAX ? n : BODY_FIRST_MAX) ||
        !charge(r, r->body.cap)) {
        give_up_body(r, MHD_HTTP_SERVICE_UNAVAILABLE, BW_HTTP_REFUSED_MEMORY);
        return send_refusal(r);
    }
    return MHD_YES;
}

static enum MHD_Result handle(struct request *r)
{
    struct bw_http_server *server = r->connection->server;
    if (r->refuse)
        return send_refusal(r);
    r->public.body = bw_buf_slice(&r->body);
    r->handled = true;
    enter(r->connection, STATE_HANDLING, bw_clock_monotonic_ms(), NEVER);
    struct bw_http_reply reply = {0};
    if (server->options.handle(server->options.ctx, &r->public, &reply) == BW_HTTP_REPLY)
        return send_reply(r, &reply);
    MHD_suspend_connection(r->connection->mhd);
    server->options.waiting(server->options.ctx, &r->public);
    return MHD_YES;
}

static enum MHD_Result on_access(void *ctx, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_n, void **user)
{
    (void)ctx;
    (void)url;
    (void)version;
    struct request *r = *user;
    if (!r)
        return MHD_NO;
    if (!r->begun)
        return begin(r, mhd, method);
    if (*data_n == 0)
        return handle(r);
    take_body(r, data, *data_n);
    *data_n = 0;
    return MHD_YES;
}

static void on_completed(void *ctx, struct MHD_Connection *mhd, void **user,
                         enum MHD_RequestTerminationCode code)
{
    struct bw_http_server *server = ctx;
    struct request *r = *user;
    (void)mhd;
    if (!r)
        return;
    *user = NULL;
    struct connection *connection = r->connection;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        uncork(r);
    if (r->handled && server->options.end)
        server->options.end(server->options.ctx, &r->public);
    if (!r->handled && !r->refuse && !atomic_load(&connection->cut))
        refuse(server, BW_HTTP_REFUSED_BROKEN);
    discharge(r);
    bw_buf_free(&r->body);
    free(r);
    int64_t now = bw_clock_monotonic_ms();
    enter(connection, STATE_IDLE, now, now + server->options.idle_ms);
    atomic_fetch_sub(&server->busy, 1);
}

void bw_http_resume(struct bw_http_request *request)
{
    struct request *r = (struct request *)(void *)request;
    MHD_resume_connection(r->connection->mhd);
}

/* Paths reach the handler as they were sent. */
static size_t keep_escapes(void *ctx, struct MHD_Connection *mhd, char *s)
{
    (void)ctx;
    (void)mhd;
    return strlen(s);
}

static void on_panic(void *ctx, const char *file, unsigned line, const char *reason)
{
    (void)ctx;
    (void)file;
    bw_log(BW_LOG_ERROR, "the HTTP library gave up at line %u: %s", line, reason ? reason : "");
    abort();
}

/* --- the server --- */

static void set_nodelay(int listen_fd)
{
    int on = 1;
    /* Accepted sockets inherit it. A Unix socket has none. */
    setsockopt(listen_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static struct MHD_Daemon *start_daemon(struct bw_http_server *server)
{
    const struct bw_http_options *o = &server->options;
    /* With epoll the library spins while a handshake waits for its client (0.9.75 to 1.0): anybody
     * could take a processor by connecting. So TLS has poll, which is as quick for the few
     * connections that such a server has in peace. */
    unsigned flags =
        o->tls ? MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS : MHD_USE_EPOLL_INTERNAL_THREAD;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(intptr_t)on_certificate},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(
        flags | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL, on_access, server,
        MHD_OPTION_LISTEN_SOCKET, o->listen_fd, MHD_OPTION_CONNECTION_LIMIT, o->connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, BW_HTTP_HEADER_MAX, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_URI_LOG_CALLBACK, on_line, server,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_THREAD_POOL_SIZE, o->threads, MHD_OPTION_ARRAY, o->tls ? tls : none,
        MHD_OPTION_END);
}

int bw_http_server_new(const struct bw_http_options *options, struct bw_http_server **ret_server,
                       struct bw_err *err)
{
    struct bw_http_server *server = calloc(1, sizeof *server);
    if (!server)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the server");
    server->options = *options;
    pthread_condattr_t attr;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&server->stop_sweeper, &attr);
    pthread_condattr_destroy(&attr);
    *ret_server = server;
    return 0;
}

int bw_http_server_start(struct bw_http_server *server, struct bw_err *err)
{
    MHD_set_panic_func(on_panic, NULL);
    set_nodelay(server->options.listen_fd);
    int failed = pthread_create(&server->sweeper, NULL, run_sweeper, server);
    if (failed) {
        errno = failed;
        return bw_err_errno(err, "cannot start a thread");
    }
    server->sweeping = true;
    errno = 0;
    server->daemon = start_daemon(server);
    return server->daemon ? 0 : bw_err_errno(err, "cannot start the HTTP server");
}

void bw_http_drain(struct bw_http_server *server)
{
    if (server->daemon && !atomic_exchange(&server->draining, true))
        MHD_quiesce_daemon(server->daemon);
}

unsigned bw_http_busy(const struct bw_http_server *server)
{
    return atomic_load(&server->busy);
}

void bw_http_server_stop(struct bw_http_server *server)
{
    if (!server)
        return;
    bw_http_drain(server);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_signal(&server->stop_sweeper);
    pthread_mutex_unlock(&server->lock);
    if (server->sweeping)
        pthread_join(server->sweeper, NULL);
    bw_tls_identity_unref(server->identity);
    pthread_cond_destroy(&server->stop_sweeper);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
