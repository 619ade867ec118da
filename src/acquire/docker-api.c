#include "acquire/docker-api.h"

#include <stdio.h>
#include <stdlib.h>

#define URL_MAX 2048u

struct bw_docker_api {
    struct bw_curl *curl;
    struct bw_str where;
    const char *base;   /* "http://docker", "https://host:2376" */
    const char *socket; /* NULL for tcp */
    const char *ca, *cert, *key;
    uint32_t deadline_ms; /* for one answer; 0: none */
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

static int use_tls(struct bw_docker_api *api, struct bw_arena *arena, struct bw_err *err)
{
    const char *path = getenv("DOCKER_CERT_PATH"), *home = getenv("HOME");
    struct bw_str at =
        path && *path ? bw_str(path) : bw_arena_printf(arena, "%s/.docker", home ? home : "");
    struct bw_str ca = bw_arena_printf(arena, "%" BW_STR_F "/ca.pem", BW_STR_A(at));
    struct bw_str cert = bw_arena_printf(arena, "%" BW_STR_F "/cert.pem", BW_STR_A(at));
    struct bw_str key = bw_arena_printf(arena, "%" BW_STR_F "/key.pem", BW_STR_A(at));
    if (!at.p || !ca.p || !cert.p || !key.p)
        return no_memory(err);
    api->ca = ca.p;
    api->cert = cert.p;
    api->key = key.p;
    return 0;
}

static int use_host(struct bw_docker_api *api, struct bw_arena *arena, const char *host,
                    struct bw_err *err)
{
    static const char unix_scheme[] = "unix://", tcp_scheme[] = "tcp://";
    const char *verify = getenv("DOCKER_TLS_VERIFY");
    if (strncmp(host, unix_scheme, sizeof unix_scheme - 1) == 0) {
        const char *path = host + sizeof unix_scheme - 1;
        api->socket = *path ? path : BW_DOCKER_SOCKET;
        api->base = "http://docker";
        return 0;
    }
    if (strncmp(host, tcp_scheme, sizeof tcp_scheme - 1))
        return bw_err_set(err, strstr(host, "://") ? BW_EUNSUPPORTED : BW_EUSAGE,
                          "DOCKER_HOST is \"%.100s\": only unix:// and tcp:// are supported", host);
    bool tls = verify && *verify;
    struct bw_str base =
        bw_arena_printf(arena, "%s://%s", tls ? "https" : "http", host + sizeof tcp_scheme - 1);
    if (!base.p)
        return no_memory(err);
    api->base = base.p;
    return tls ? use_tls(api, arena, err) : 0;
}

int bw_docker_api_open(struct bw_arena *arena, struct bw_docker_api **ret_api, struct bw_err *err)
{
    return bw_docker_api_open_at(arena, NULL, 0, ret_api, err);
}

int bw_docker_api_open_at(struct bw_arena *arena, const char *host, uint32_t deadline_ms,
                          struct bw_docker_api **ret_api, struct bw_err *err)
{
    struct bw_docker_api *api = bw_arena_alloc(arena, sizeof *api);
    if (!api)
        return no_memory(err);
    if (!host)
        host = getenv("DOCKER_HOST");
    if (!host || !*host)
        host = "unix://" BW_DOCKER_SOCKET;
    api->deadline_ms = deadline_ms;
    int rc = use_host(api, arena, host, err);
    if (rc)
        return rc;
    api->where = bw_arena_printf(arena, "the Docker daemon at %s", host);
    api->curl = bw_curl_new();
    if (!api->curl || !api->where.p) {
        bw_docker_api_close(api);
        return no_memory(err);
    }
    *ret_api = api;
    return 0;
}

void bw_docker_api_close(struct bw_docker_api *api)
{
    if (!api)
        return;
    bw_curl_free(api->curl);
    api->curl = NULL;
}

void bw_docker_api_closep(struct bw_docker_api **api)
{
    bw_docker_api_close(*api);
    *api = NULL;
}

bool bw_docker_api_is_local(const struct bw_docker_api *api)
{
    return api->socket != NULL;
}

const char *bw_docker_api_where(const struct bw_docker_api *api)
{
    return api->where.p;
}

static int unreachable(const struct bw_docker_api *api, int rc, struct bw_err *err)
{
    rc = bw_err_prefix(err, rc, "cannot reach %s", api->where.p);
    if (rc != BW_ENOENT)
        return rc;
    /* No socket: not to be mistaken for an answer that there is no such image. */
    if (err)
        err->code = BW_ENET;
    return BW_ENET;
}

static int refused(const struct bw_docker_api *api, const struct bw_curl_response *answer,
                   struct bw_err *err)
{
    return bw_err_set(err, answer->status == 404 ? BW_ENOENT : BW_ENET,
                      "%s answers with status %d: %.200s", api->where.p, answer->status,
                      answer->problem);
}

static int prepare(const struct bw_docker_api *api, const char *path, char url[URL_MAX],
                   struct bw_curl_request *ret, struct bw_err *err)
{
    if ((size_t)snprintf(url, URL_MAX, "%s%s", api->base, path) >= URL_MAX)
        return bw_err_set(err, BW_EUSAGE, "a name is longer than the limit of %u bytes", URL_MAX);
    *ret = (struct bw_curl_request){
        .url = url,
        .unix_socket = api->socket,
        .ca_file = api->ca,
        .cert_file = api->cert,
        .key_file = api->key,
        .stall_s = BW_DOCKER_STALL_S,
        .timeout_ms = api->deadline_ms,
    };
    return 0;
}

int bw_docker_api_get(struct bw_docker_api *api, const char *path, struct bw_buf *buf,
                      struct bw_err *err)
{
    char url[URL_MAX];
    struct bw_curl_request request;
    struct bw_curl_response answer;
    int rc = prepare(api, path, url, &request, err);
    if (rc)
        return rc;
    rc = bw_curl_get_buf(api->curl, &request, buf, &answer, err);
    if (rc)
        return unreachable(api, rc, err);
    return answer.status == 200 ? 0 : refused(api, &answer, err);
}

struct piping {
    int (*write)(void *ctx, const void *p, size_t n, struct bw_err *err);
    void *ctx;
    int failed; /* what write returned: its error is the caller's own */
};

static int pass_on(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct piping *piping = ctx;
    piping->failed = piping->write(piping->ctx, p, n, err);
    return piping->failed;
}

int bw_docker_api_stream(struct bw_docker_api *api, const char *path,
                         int (*write)(void *ctx, const void *p, size_t n, struct bw_err *err),
                         void *ctx, struct bw_err *err)
{
    char url[URL_MAX];
    struct bw_curl_request request;
    struct bw_curl_response answer;
    struct piping piping = {.write = write, .ctx = ctx};
    int rc = prepare(api, path, url, &request, err);
    if (rc)
        return rc;
    request.write = pass_on;
    request.ctx = &piping;
    rc = bw_curl_get(api->curl, &request, &answer, err);
    if (rc)
        return piping.failed ? rc : unreachable(api, rc, err);
    return answer.status == 200 ? 0 : refused(api, &answer, err);
}
