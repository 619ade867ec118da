#include "acquire/registry-client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "acquire/registry-auth.h"
#include "base/clock.h"
#include "base/fd.h"

#define URL_MAX        2048u
#define PAUSE_SLICE_MS 50
#define PUMP_EVERY_MS  10
#define AUTHORIZATIONS 2u /* a question: a token may be too old, once */
#define REMAINING_MAX  64u
#define DOCKER_HUB     "docker.io"
#define DOCKER_HUB_URL "https://registry-1.docker.io"
#define MANIFESTS_ACCEPT                                                                           \
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "        \
    "application/vnd.docker.distribution.manifest.list.v2+json, "                                  \
    "application/vnd.docker.distribution.manifest.v2+json"

struct endpoint {
    struct bw_registry_peer peer;
    const char *base; /* "https://HOST[:PORT][/PATH]" */
    const char
        *plain_base; /* the same with http, to be tried where https does not answer; or NULL */
    bool mirror, gone;
    struct bw_registry_auth auth;
};

struct bw_registry {
    struct bw_acquire *acquire;
    const struct bw_reference *reference;
    struct bw_curl *curl;
    struct endpoint endpoints[BW_REGISTRY_ENDPOINTS_MAX];
    size_t endpoints_n;
};

/* A question, through all its attempts. */
struct exchange {
    struct bw_registry *registry;
    const char *path;   /* behind the repository: "manifests/latest" */
    const char *accept; /* or NULL */
    uint64_t size;      /* of the file that is wanted */

    struct bw_buf *buf; /* the body goes here */
    int fd;             /* or there; -1 */
    uint64_t done;      /* bytes that are there, in all attempts */
    uint64_t steady;    /* of these, when the last failure was counted */
    uint64_t unpumped;
    int64_t pumped_at;
    int failed; /* a callback of ours stopped it: not the network's fault */

    struct bw_challenge challenge;
    char remaining[REMAINING_MAX]; /* RateLimit-Remaining, "" where not there */
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

bool bw_registry_is_over(const struct bw_acquire *acquire)
{
    return acquire->deadline_ms && bw_clock_monotonic_ms() >= acquire->deadline_ms;
}

/* --- whom to ask --- */

static bool is_insecure(const struct bw_acquire *acquire, struct bw_str host)
{
    for (size_t i = 0; i < acquire->registry.insecure_n; i++)
        if (bw_str_eq(host, bw_str(acquire->registry.insecure[i])))
            return true;
    return false;
}

static struct endpoint *add_endpoint(struct bw_registry *registry, struct bw_str host)
{
    struct endpoint *e = &registry->endpoints[registry->endpoints_n++];
    e->peer = (struct bw_registry_peer){
        .host = host,
        .repository = registry->reference->repository,
        .ca_file = registry->acquire->registry.ca_file,
        .insecure = is_insecure(registry->acquire, host),
    };
    return e;
}

static int add_mirror(struct bw_registry *registry, const char *url, struct bw_err *err)
{
    struct bw_str s = bw_str(url), https = BW_STR("https://"), http = BW_STR("http://");
    bool plain = bw_str_starts(s, http);
    struct bw_str rest = bw_str_from(s, plain ? http.n : https.n);
    if ((!plain && !bw_str_starts(s, https)) || !rest.n || bw_str_find(rest, '@') != SIZE_MAX ||
        bw_str_find(rest, '?') != SIZE_MAX)
        return bw_err_set(err, BW_EUSAGE,
                          "--registry-mirror %.100s: https://HOST is wanted, without user and "
                          "password: they come from `docker login`",
                          url);
    while (bw_str_ends(s, BW_STR("/")))
        s.n--;
    struct bw_str base = bw_arena_str(registry->acquire->arena, s);
    if (!base.p)
        return no_memory(err);
    struct endpoint *e = add_endpoint(registry, bw_str_take(rest, bw_str_find(rest, '/')));
    e->base = base.p;
    e->peer.plain = plain;
    e->mirror = true;
    return 0;
}

static int add_registry(struct bw_registry *registry, struct bw_err *err)
{
    struct bw_arena *arena = registry->acquire->arena;
    struct bw_str host = registry->reference->host;
    struct endpoint *e = add_endpoint(registry, host);
    if (bw_str_eq(host, BW_STR(DOCKER_HUB))) {
        e->base = DOCKER_HUB_URL;
        return 0;
    }
    e->base = bw_arena_printf(arena, "https://%" BW_STR_F, BW_STR_A(host)).p;
    if (!e->base)
        return no_memory(err);
    if (!e->peer.insecure && !bw_reference_is_loopback(host))
        return 0;
    e->plain_base = bw_arena_printf(arena, "http://%" BW_STR_F, BW_STR_A(host)).p;
    return e->plain_base ? 0 : no_memory(err);
}

int bw_registry_open(struct bw_acquire *acquire, const struct bw_reference *reference,
                     struct bw_registry **ret_registry, struct bw_err *err)
{
    const struct bw_registry_options *options = &acquire->registry;
    struct bw_registry *registry = bw_arena_alloc(acquire->arena, sizeof *registry);
    bool mirrored = bw_str_eq(reference->host, BW_STR(DOCKER_HUB));
    int rc = 0;
    if (!registry)
        return no_memory(err);
    if (options->mirrors_n >= BW_REGISTRY_ENDPOINTS_MAX)
        return bw_err_set(err, BW_EUSAGE, "more than the limit of %u mirrors",
                          BW_REGISTRY_ENDPOINTS_MAX - 1);
    registry->acquire = acquire;
    registry->reference = reference;
    for (size_t i = 0; mirrored && rc == 0 && i < options->mirrors_n; i++)
        rc = add_mirror(registry, options->mirrors[i], err);
    rc = rc ? rc : add_registry(registry, err);
    if (rc)
        return rc;
    registry->curl = bw_curl_new();
    if (!registry->curl)
        return no_memory(err);
    *ret_registry = registry;
    return 0;
}

void bw_registry_close(struct bw_registry *registry)
{
    if (!registry)
        return;
    for (size_t i = 0; i < registry->endpoints_n; i++)
        bw_registry_auth_free(&registry->endpoints[i].auth);
    registry->endpoints_n = 0;
    bw_curl_freep(&registry->curl);
}

/* --- one attempt --- */

static int pump(struct exchange *x, struct bw_err *err)
{
    const struct bw_acquire *acquire = x->registry->acquire;
    int64_t now = bw_clock_monotonic_ms();
    if (!acquire->pump || now - x->pumped_at < PUMP_EVERY_MS)
        return 0;
    uint64_t bytes = x->unpumped;
    x->pumped_at = now;
    x->unpumped = 0;
    return acquire->pump(acquire->ctx, bytes, err);
}

static int store(struct exchange *x, const void *p, size_t n, struct bw_err *err)
{
    if (x->fd < 0) {
        bw_buf_add(x->buf, p, n);
        return bw_buf_failed(x->buf)
                   ? bw_err_set(err, BW_ELIMIT, "the answer is longer than the limit of %zu bytes",
                                x->buf->max)
                   : 0;
    }
    if (n > x->size - x->done)
        return bw_err_set(err, BW_EDIGEST,
                          "it is longer than the %llu bytes that its descriptor says",
                          (unsigned long long)x->size);
    if (bw_fd_write_full(x->fd, p, n))
        return bw_err_errno(err, "cannot write to a temporary file (TMPDIR says where)");
    return 0;
}

/* The workers are only let go on from here, where bytes come in: while libcurl looks up a name it
 * has a thread, beside which the pool must not fork. */
static int on_bytes(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct exchange *x = ctx;
    int rc = store(x, p, n, err);
    x->done += n;
    x->unpumped += n;
    rc = rc ? rc : pump(x, err);
    x->failed = rc;
    return rc;
}

/* 200 to a question for a range: the whole from its start. */
static int on_begin(void *ctx, const struct bw_curl_response *head, struct bw_err *err)
{
    struct exchange *x = ctx;
    if (x->done == 0 || head->status == 206)
        return 0;
    x->done = x->steady = 0;
    if (ftruncate(x->fd, 0) || lseek(x->fd, 0, SEEK_SET) < 0)
        x->failed = bw_err_errno(err, "cannot begin anew with a temporary file");
    return x->failed;
}

static void on_header(void *ctx, struct bw_str name, struct bw_str value)
{
    struct exchange *x = ctx;
    if (!name.n) {
        x->challenge = (struct bw_challenge){0};
        x->remaining[0] = '\0';
    } else if (bw_str_eq_nocase(name, BW_STR("www-authenticate"))) {
        bw_challenge_read(value, &x->challenge);
    } else if (bw_str_eq_nocase(name, BW_STR("ratelimit-remaining"))) {
        snprintf(x->remaining, sizeof x->remaining, "%" BW_STR_F, BW_STR_A(value));
    }
}

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    const struct exchange *x = ctx;
    return bw_registry_is_over(x->registry->acquire);
}

static int ask(struct exchange *x, struct endpoint *e, struct bw_curl_response *answer,
               struct bw_err *err)
{
    char url[URL_MAX];
    if (x->buf) {
        /* What a tag names may be another document by now: no part of one goes with another. */
        bw_buf_clear(x->buf);
        x->done = 0;
    }
    if ((size_t)snprintf(url, sizeof url, "%s/v2/%" BW_STR_F "/%s", e->base,
                         BW_STR_A(e->peer.repository), x->path) >= sizeof url)
        return bw_err_set(err, BW_EUSAGE, "the name of the image is too long");
    struct bw_curl_request request = {
        .url = url,
        .accept = x->accept,
        .ca_file = e->peer.ca_file,
        .insecure = e->peer.insecure,
        .range_from = x->done,
        .begin = on_begin,
        .write = on_bytes,
        .header = on_header,
        .progress = on_progress,
        .ctx = x,
    };
    bw_registry_auth_use(&e->auth, &request);
    x->failed = 0;
    x->remaining[0] = '\0';
    int rc = bw_curl_get(x->registry->curl, &request, answer, err);
    if (rc == BW_ENET && e->plain_base && !x->failed) {
        e->base = e->plain_base;
        e->plain_base = NULL;
        e->peer.plain = true;
        return ask(x, e, answer, err);
    }
    if (rc == 0)
        e->plain_base = NULL;
    return rc;
}

/* --- attempts in a row --- */

/* Half of it to all of it, so that many clients do not come back at once. */
static int64_t with_jitter(int64_t ms)
{
    uint16_t random = 0;
    (void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
    return ms / 2 + ms / 2 * random / UINT16_MAX;
}

static int over(struct bw_err *err)
{
    return bw_err_set(err, BW_ETIMEOUT,
                      "the time of the run was over before it was fetched (--timeout)");
}

static int rest(struct exchange *x, int64_t ms, struct bw_err *err)
{
    int64_t until = bw_clock_monotonic_ms() + ms;
    struct timespec slice = {.tv_nsec = PAUSE_SLICE_MS * 1000000L};
    int rc = 0;
    while (rc == 0 && bw_clock_monotonic_ms() < until) {
        if (bw_registry_is_over(x->registry->acquire))
            return over(err);
        rc = pump(x, err);
        nanosleep(&slice, NULL);
    }
    return rc;
}

static bool is_passing(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

static int rate_limited(const struct exchange *x, const struct endpoint *e,
                        const struct bw_curl_response *answer, struct bw_err *err)
{
    char later[64] = "";
    if (answer->retry_after_s)
        snprintf(later, sizeof later, " (it says: in %llu seconds)",
                 (unsigned long long)answer->retry_after_s);
    return bw_err_set(err, BW_ENET,
                      "the rate limit of %" BW_STR_F " is reached%s%s: wait%s, or raise it with "
                      "`docker login %" BW_STR_F "`",
                      BW_STR_A(e->peer.host), x->remaining[0] ? ", remaining: " : "", x->remaining,
                      later, BW_STR_A(e->peer.host));
}

static int refused(const struct exchange *x, const struct endpoint *e,
                   const struct bw_curl_response *answer, struct bw_err *err)
{
    switch (answer->status) {
    case 401:
    case 403:
        return bw_registry_auth_refused(&e->auth, &e->peer, err);
    case 404:
        return bw_err_set(err, BW_ENOENT, "%" BW_STR_F " has no %" BW_STR_F " %s",
                          BW_STR_A(e->peer.host), BW_STR_A(bw_str_take(e->peer.repository, 150)),
                          x->path);
    case 429:
        return rate_limited(x, e, answer, err);
    default:
        return bw_err_set(err, BW_ENET, "%" BW_STR_F " answers with status %d: %.200s",
                          BW_STR_A(e->peer.host), answer->status, answer->problem);
    }
}

/* The bytes that came are all there are. */
static int check_size(const struct exchange *x, struct bw_err *err)
{
    if (x->fd < 0 || x->done == x->size)
        return 0;
    return bw_err_set(err, BW_EDIGEST, "it has %llu bytes where its descriptor says %llu",
                      (unsigned long long)x->done, (unsigned long long)x->size);
}

/* Whether to ask again, after a pause: 0, else the failure. */
static int try_again(struct exchange *x, unsigned *tries, const struct bw_curl_response *answer,
                     int failure, struct bw_err *err)
{
    struct bw_err why = {0};
    uint64_t retry_after_s = answer->retry_after_s;
    if (x->done >= x->steady + BW_REGISTRY_STEP)
        *tries = 0;
    x->steady = x->done;
    int64_t ms = with_jitter((int64_t)BW_REGISTRY_PAUSE_MS << *tries);
    bool hopeless = retry_after_s > BW_REGISTRY_PAUSE_MAX_MS / 1000 ||
                    (answer->status == 429 && x->remaining[0] == '0');
    if (++*tries >= BW_REGISTRY_TRIES_MAX || hopeless)
        return failure;
    if (retry_after_s)
        ms = (int64_t)retry_after_s * 1000;
    int rc = rest(x, ms < BW_REGISTRY_PAUSE_MAX_MS ? ms : BW_REGISTRY_PAUSE_MAX_MS, &why);
    if (rc && err)
        *err = why;
    return rc;
}

static int get_from(struct exchange *x, struct endpoint *e, struct bw_err *err)
{
    unsigned tries = 0, authorizations = 0;
    for (;;) {
        struct bw_curl_response answer = {0};
        int rc = ask(x, e, &answer, err);
        if (rc == 0 && answer.status / 100 == 2)
            return check_size(x, err);
        if (bw_registry_is_over(x->registry->acquire))
            return over(err);
        if (rc == 0 && answer.status == 401 && authorizations++ < AUTHORIZATIONS) {
            rc = bw_registry_auth_answer(&e->auth, x->registry->acquire, x->registry->curl,
                                         &e->peer, &x->challenge, err);
            if (rc == 0)
                continue;
        } else if (rc == 0) {
            rc = refused(x, e, &answer, err);
            if (!is_passing(answer.status))
                return rc;
        }
        if (x->failed || (rc != BW_ENET && rc != BW_ETIMEOUT))
            return rc;
        /* Silence is a failure of the network as any other; a timeout is the deadline's. */
        if (err)
            err->code = BW_ENET;
        rc = try_again(x, &tries, &answer, BW_ENET, err);
        if (rc)
            return rc;
    }
}

/* --- the registry and its mirrors --- */

static int get(struct exchange *x, struct bw_err *err)
{
    struct bw_registry *registry = x->registry;
    int rc = BW_ENET;
    for (size_t i = 0; i < registry->endpoints_n; i++) {
        struct endpoint *e = &registry->endpoints[i];
        if (e->gone)
            continue;
        rc = get_from(x, e, err);
        if (rc == 0 || x->failed || !e->mirror || rc == BW_ETIMEOUT)
            break;
        e->gone = rc != BW_ENOENT;
    }
    return rc;
}

static int get_to_buf(struct bw_registry *registry, const char *what, struct bw_str name,
                      const char *accept, struct bw_buf *buf, struct bw_err *err)
{
    struct bw_str path =
        bw_arena_printf(registry->acquire->arena, "%s/%" BW_STR_F, what, BW_STR_A(name));
    if (!path.p)
        return no_memory(err);
    struct exchange x = {
        .registry = registry, .path = path.p, .accept = accept, .buf = buf, .fd = -1};
    return get(&x, err);
}

int bw_registry_manifest(struct bw_registry *registry, struct bw_str tag_or_digest,
                         struct bw_buf *buf, struct bw_err *err)
{
    return get_to_buf(registry, "manifests", tag_or_digest, MANIFESTS_ACCEPT, buf, err);
}

int bw_registry_blob(struct bw_registry *registry, struct bw_str digest, struct bw_buf *buf,
                     struct bw_err *err)
{
    return get_to_buf(registry, "blobs", digest, NULL, buf, err);
}

int bw_registry_blob_to_file(struct bw_registry *registry, struct bw_str digest, uint64_t size,
                             int fd, struct bw_err *err)
{
    struct bw_str path =
        bw_arena_printf(registry->acquire->arena, "blobs/%" BW_STR_F, BW_STR_A(digest));
    if (!path.p)
        return no_memory(err);
    struct exchange x = {.registry = registry, .path = path.p, .size = size, .fd = fd};
    return get(&x, err);
}
