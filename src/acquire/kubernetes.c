#include "acquire/kubernetes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "wrap/json.h"

#define ARENA_MAX    ((size_t)8 << 20)
#define TOKEN_MAX    ((size_t)64 << 10)
#define PATH_MAX_    4096u
#define HTTP_GONE    410
#define RETRY_MS     1000
#define RETRY_MAX_MS 30000

struct bw_kubernetes {
    struct bw_arena *arena;
    struct bw_curl *curl;
    struct bw_kubeconfig config;
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory for the API server");
}

/* --- the client --- */

static int read_kubeconfig(struct bw_kubernetes *client, const char *path, const char *context,
                           struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KUBECONFIG_MAX);
    const char *slash = strrchr(path, '/');
    struct bw_str directory = slash ? bw_str_n(path, (size_t)(slash - path)) : BW_STR(".");
    struct bw_str kept = bw_arena_str(client->arena, directory);
    if (!kept.p)
        return no_memory(err);
    int rc = bw_fd_slurp_path(path, &text, err);
    if (rc)
        return rc;
    rc = bw_kubeconfig_read(bw_buf_slice(&text), kept.p, context, client->arena, &client->config,
                            err);
    return rc ? bw_err_prefix(err, rc, "%s", path) : 0;
}

int bw_kubernetes_open(const char *kubeconfig, const char *context,
                       struct bw_kubernetes **ret_client, struct bw_err *err)
{
    struct bw_kubernetes *client BW_CLEANUP(bw_kubernetes_closep) = calloc(1, sizeof *client);
    if (!client)
        return no_memory(err);
    client->arena = bw_arena_new(ARENA_MAX);
    client->curl = bw_curl_new();
    if (!client->arena || !client->curl)
        return no_memory(err);
    int rc = kubeconfig ? read_kubeconfig(client, kubeconfig, context, err)
                        : bw_kubeconfig_of_pod(client->arena, &client->config, err);
    if (rc)
        return rc;
    *ret_client = client;
    client = NULL;
    return 0;
}

void bw_kubernetes_close(struct bw_kubernetes *client)
{
    if (!client)
        return;
    bw_curl_free(client->curl);
    bw_arena_free(client->arena);
    free(client);
}

void bw_kubernetes_closep(struct bw_kubernetes **client)
{
    bw_kubernetes_close(*client);
    *client = NULL;
}

const char *bw_kubernetes_server(const struct bw_kubernetes *client)
{
    return client->config.server.p;
}

/* --- requests --- */

/* The token of now; a file of it ends in a newline that is no part of it. */
static int find_token(const struct bw_kubernetes *client, struct bw_buf *token, struct bw_err *err)
{
    const struct bw_kubeconfig *config = &client->config;
    if (config->token.n) {
        bw_buf_str(token, config->token);
    } else if (config->token_file.p) {
        int rc = bw_fd_slurp_path(config->token_file.p, token, err);
        if (rc)
            return rc;
        token->n = bw_str_trim(bw_buf_slice(token)).n;
    }
    if (token->n)
        bw_buf_byte(token, 0);
    return bw_buf_failed(token) ? no_memory(err) : 0;
}

static int prepare(const struct bw_kubernetes *client, const struct bw_buf *path,
                   struct bw_buf *url, struct bw_buf *token, struct bw_curl_request *ret,
                   struct bw_err *err)
{
    const struct bw_kubeconfig *config = &client->config;
    int rc = find_token(client, token, err);
    if (rc)
        return rc;
    bw_buf_str(url, config->server);
    bw_buf_str(url, bw_buf_slice(path));
    bw_buf_byte(url, 0);
    if (bw_buf_failed(url) || bw_buf_failed(path))
        return bw_err_set(err, BW_ELIMIT, "a path of the API is longer than %u bytes", PATH_MAX_);
    *ret = (struct bw_curl_request){
        .url = (const char *)url->p,
        .ca_file = config->ca_file.p,
        .cert_file = config->cert_file.p,
        .key_file = config->key_file.p,
        .ca_pem = config->ca_pem,
        .cert_pem = config->cert_pem,
        .key_pem = config->key_pem,
        .insecure = config->insecure,
        .bearer = token->n ? (const char *)token->p : NULL,
        .accept = "application/json",
        .timeout_ms = BW_KUBERNETES_TIMEOUT_MS,
        .stay = true,
    };
    return 0;
}

static void put_path(struct bw_buf *path, const struct bw_kubernetes_resource *of,
                     struct bw_str namespace, struct bw_str name)
{
    if (*of->group)
        bw_buf_printf(path, "/apis/%s/%s", of->group, of->version);
    else
        bw_buf_printf(path, "/api/%s", of->version);
    if (namespace.n) {
        bw_buf_printf(path, "/namespaces/");
        bw_curl_escape(path, namespace, "");
    }
    if (*of->resource)
        bw_buf_printf(path, "/%s", of->resource);
    if (name.n) {
        bw_buf_byte(path, '/');
        bw_curl_escape(path, name, "");
    }
}

/* The words of a Status, or what there is instead. */
static int refused(const struct bw_kubernetes *client, const struct bw_kubernetes_resource *of,
                   const char *verb, const struct bw_curl_response *answer, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_str words = bw_str(answer->problem), said = {0};
    if (bw_json_parse(&doc, words, NULL, 0, NULL) == 0)
        said = bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("message")));
    words = bw_str_take(said.n ? said : words, 200);
    if (answer->status == 401)
        return bw_err_set(err, BW_EACCESS,
                          "%s does not accept the credentials: renew the token or certificate",
                          client->config.server.p);
    if (answer->status == 403)
        return bw_err_set(err, BW_EACCESS,
                          "not allowed to %s %s%s%s: grant the verb \"%s\" with a Role or "
                          "ClusterRole (%" BW_STR_F ")",
                          verb, of->resource, *of->group ? "." : "", of->group, verb,
                          BW_STR_A(words));
    return bw_err_set(err, BW_ENET, "%s answers '%s %s' with status %d: %" BW_STR_F,
                      client->config.server.p, verb, of->resource, answer->status, BW_STR_A(words));
}

static bool is_answer(int status)
{
    return status == 200 || status == 201 || status == BW_KUBERNETES_MISSING ||
           status == BW_KUBERNETES_CONFLICT || status == BW_KUBERNETES_INVALID;
}

static const char *method_of(const char *verb)
{
    static const char *const methods[][2] = {
        {"create", "POST"}, {"update", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}};
    for (size_t i = 0; i < BW_ARRAY_LEN(methods); i++)
        if (strcmp(verb, methods[i][0]) == 0)
            return methods[i][1];
    return NULL;
}

int bw_kubernetes_ask(struct bw_kubernetes *client, const struct bw_kubernetes_call *call,
                      struct bw_buf *body, int *ret_status, struct bw_err *err)
{
    struct bw_buf path BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_MAX_);
    struct bw_buf url BW_CLEANUP(bw_buf_free) = BW_BUF(2 * PATH_MAX_);
    struct bw_buf token BW_CLEANUP(bw_buf_free) = BW_BUF(TOKEN_MAX);
    struct bw_curl_request request;
    struct bw_curl_response answer;
    put_path(&path, &call->of, call->namespace, call->name);
    int rc = prepare(client, &path, &url, &token, &request, err);
    if (rc)
        return rc;
    request.method = method_of(call->verb);
    if (request.method) {
        request.body = call->body;
        request.content_type = call->content_type ? call->content_type : "application/json";
    }
    rc = bw_curl_get_buf(client->curl, &request, body, &answer, err);
    if (rc)
        return rc;
    if (!is_answer(answer.status))
        return refused(client, &call->of, call->verb, &answer, err);
    *ret_status = answer.status;
    return 0;
}

/* --- lists --- */

struct listing {
    struct bw_kubernetes *client;
    const struct bw_kubernetes_resource *of;
    unsigned limit;
    struct bw_buf next; /* where the list goes on */
};

static int get_page(struct listing *listing, struct bw_buf *body, struct bw_err *err)
{
    struct bw_buf path BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_MAX_);
    struct bw_buf url BW_CLEANUP(bw_buf_free) = BW_BUF(2 * PATH_MAX_);
    struct bw_buf token BW_CLEANUP(bw_buf_free) = BW_BUF(TOKEN_MAX);
    struct bw_curl_request request;
    struct bw_curl_response answer;
    put_path(&path, listing->of, (struct bw_str){0}, (struct bw_str){0});
    bw_buf_printf(&path, "?limit=%u", listing->limit);
    if (listing->next.n) {
        bw_buf_printf(&path, "&continue=");
        bw_curl_escape(&path, bw_buf_slice(&listing->next), "");
    }
    int rc = prepare(listing->client, &path, &url, &token, &request, err);
    if (rc == 0)
        rc = bw_curl_get_buf(listing->client->curl, &request, body, &answer, err);
    if (rc || answer.status == 200)
        return rc;
    if (answer.status == BW_KUBERNETES_MISSING)
        return bw_err_set(err, BW_ENOENT, "%s has no %s.%s of %s", listing->client->config.server.p,
                          listing->of->resource, listing->of->group, listing->of->version);
    if (answer.status == HTTP_GONE)
        return bw_err_set(err, BW_ETIMEOUT, "the list of %s went stale before its end",
                          listing->of->resource);
    return refused(listing->client, listing->of, "list", &answer, err);
}

/* A page that fits. */
static int get_fitting_page(struct listing *listing, struct bw_buf *body, struct bw_err *err)
{
    for (;;) {
        bw_buf_clear(body);
        int rc = get_page(listing, body, err);
        if (rc != BW_ELIMIT || listing->limit == 1)
            return rc;
        listing->limit = listing->limit > 4 ? listing->limit / 4 : 1;
    }
}

int bw_kubernetes_list(struct bw_kubernetes *client, const struct bw_kubernetes_resource *of,
                       bw_kubernetes_page page, void *ctx, struct bw_err *err)
{
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KUBERNETES_ANSWER_MAX);
    struct bw_buf next BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_MAX_);
    struct listing listing = {
        .client = client, .of = of, .limit = BW_KUBERNETES_PAGE, .next = BW_BUF(PATH_MAX_)};
    int rc = 0;
    unsigned pages = 0;
    do {
        bw_buf_clear(&next);
        rc = get_fitting_page(&listing, &body, err);
        if (rc == 0)
            rc = page(ctx, bw_buf_slice(&body), &next, err);
        struct bw_buf used = listing.next;
        listing.next = next;
        next = used;
        if (rc == 0 && ++pages >= BW_KUBERNETES_PAGES_MAX && listing.next.n)
            rc = bw_err_set(err, BW_ELIMIT, "a list of %s has more than %u pages", of->resource,
                            BW_KUBERNETES_PAGES_MAX);
    } while (rc == 0 && listing.next.n);
    bw_buf_free(&listing.next);
    return rc;
}

/* --- watches --- */

struct watched {
    struct bw_kubernetes_watch *watch;
    size_t of;
    struct bw_buf url, token; /* of the transfer under way */
    bool running;
    int64_t again_ms; /* when it is begun, monotonic */
    int pause_ms;
};

struct bw_kubernetes_watch {
    struct bw_kubernetes *client;
    const struct bw_kubernetes_resource *of;
    struct bw_curl_many *many;
    bw_kubernetes_changed changed;
    void *ctx;
    void (*trouble)(void *ctx, const struct bw_err *why);
    size_t n;
    struct watched each[];
};

static int on_event(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct watched *w = ctx;
    (void)p, (void)n, (void)err;
    w->pause_ms = RETRY_MS;
    w->watch->changed(w->watch->ctx, w->of);
    return 0;
}

static void tell(struct watched *w, const struct bw_err *why)
{
    if (w->watch->trouble)
        w->watch->trouble(w->watch->ctx, why);
}

/* What ends well ended because its time was over. */
static void on_end(void *ctx, int rc, const struct bw_curl_response *answer,
                   const struct bw_err *why)
{
    struct watched *w = ctx;
    struct bw_err err = {0};
    bool fine = rc == 0 && answer->status == 200;
    w->running = false;
    w->again_ms = bw_clock_monotonic_ms() + (fine ? 0 : w->pause_ms);
    if (fine)
        return;
    w->pause_ms = w->pause_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : w->pause_ms * 2;
    if (rc == 0 && answer->status != BW_KUBERNETES_MISSING)
        refused(w->watch->client, &w->watch->of[w->of], "watch", answer, &err);
    if (rc || err.code)
        tell(w, rc ? why : &err);
}

static int begin_watch(struct watched *w, struct bw_err *err)
{
    struct bw_kubernetes_watch *watch = w->watch;
    struct bw_buf path BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_MAX_);
    struct bw_curl_request request;
    bw_buf_clear(&w->url);
    bw_buf_clear(&w->token);
    put_path(&path, &watch->of[w->of], (struct bw_str){0}, (struct bw_str){0});
    bw_buf_printf(&path, "?watch=1&timeoutSeconds=%u", BW_KUBERNETES_WATCH_S);
    int rc = prepare(watch->client, &path, &w->url, &w->token, &request, err);
    if (rc)
        return rc;
    request.timeout_ms = (BW_KUBERNETES_WATCH_S + 30) * 1000;
    request.stall_s = BW_KUBERNETES_WATCH_S + 30;
    request.write = on_event;
    request.ctx = w;
    rc = bw_curl_many_add(watch->many, &request, on_end, err);
    w->running = rc == 0;
    return rc;
}

int bw_kubernetes_watch_open(struct bw_kubernetes *client, const struct bw_kubernetes_resource *of,
                             size_t n, bw_kubernetes_changed changed, void *ctx,
                             struct bw_kubernetes_watch **ret_watch, struct bw_err *err)
{
    struct bw_kubernetes_watch *watch = calloc(1, sizeof *watch + n * sizeof watch->each[0]);
    if (!watch)
        return no_memory(err);
    *watch = (struct bw_kubernetes_watch){
        .client = client, .of = of, .changed = changed, .ctx = ctx, .n = n};
    watch->many = bw_curl_many_new();
    for (size_t i = 0; i < n; i++)
        watch->each[i] = (struct watched){.watch = watch,
                                          .of = i,
                                          .url = BW_BUF(2 * PATH_MAX_),
                                          .token = BW_BUF(TOKEN_MAX),
                                          .pause_ms = RETRY_MS};
    if (!watch->many) {
        bw_kubernetes_watch_close(watch);
        return no_memory(err);
    }
    *ret_watch = watch;
    return 0;
}

void bw_kubernetes_watch_close(struct bw_kubernetes_watch *watch)
{
    if (!watch)
        return;
    bw_curl_many_free(watch->many);
    for (size_t i = 0; i < watch->n; i++) {
        bw_buf_free(&watch->each[i].url);
        bw_buf_free(&watch->each[i].token);
    }
    free(watch);
}

int bw_kubernetes_watch_step(struct bw_kubernetes_watch *watch, int timeout_ms,
                             void (*trouble)(void *ctx, const struct bw_err *why),
                             struct bw_err *err)
{
    int64_t now = bw_clock_monotonic_ms();
    watch->trouble = trouble;
    for (size_t i = 0; i < watch->n; i++) {
        struct watched *w = &watch->each[i];
        struct bw_err why = {0};
        if (w->running || now < w->again_ms)
            continue;
        if (begin_watch(w, &why)) {
            w->again_ms = now + w->pause_ms;
            tell(w, &why);
        }
    }
    return bw_curl_many_step(watch->many, timeout_ms, err);
}
