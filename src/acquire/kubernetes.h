/*
 * kubernetes.h: a small client of a Kubernetes API server.
 *
 * It moves bytes and interprets none of them but the few words of a refusal (a Status): lists are
 * handed on page by page, and who reads a page says where the next one begins. Objects of a cluster
 * are hostile; they are read elsewhere.
 *
 * Credentials that are files are read again for each request, so that tokens and certificates may
 * be replaced at any time. Redirects are not followed. Answers are bounded in size and time.
 */
#ifndef BW_ACQUIRE_KUBERNETES_H
#define BW_ACQUIRE_KUBERNETES_H

#include <stdbool.h>
#include <stdint.h>

#include "acquire/kubeconfig.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "wrap/curl.h"

/* Bytes of one answer, objects asked for at a time (fewer where they are large), pages of a list,
 * time for one answer. */
#define BW_KUBERNETES_ANSWER_MAX ((size_t)16 << 20)
#define BW_KUBERNETES_PAGE       250u
#define BW_KUBERNETES_PAGES_MAX  20000u
#define BW_KUBERNETES_TIMEOUT_MS 30000u
/* A watch is begun anew after that long; a longer silence is no failure. */
#define BW_KUBERNETES_WATCH_S 290u

struct bw_kubernetes;

/* kubeconfig NULL: what a pod is given. Asks nothing yet. BW_ENOENT, BW_EACCESS, BW_EFORMAT,
 * BW_EUNSUPPORTED, BW_ENOMEM. */
int bw_kubernetes_open(const char *kubeconfig, const char *context,
                       struct bw_kubernetes **ret_client, struct bw_err *err) BW_MUST_USE;
void bw_kubernetes_close(struct bw_kubernetes *client); /* takes NULL */
void bw_kubernetes_closep(struct bw_kubernetes **client);

/* "https://10.0.0.1:6443" */
const char *bw_kubernetes_server(const struct bw_kubernetes *client);

/* A kind of thing of the API. */
struct bw_kubernetes_resource {
    const char *group;    /* "" is the core */
    const char *version;  /* "v1" */
    const char *resource; /* "pods"; "" is the list of what the group has */
};

struct bw_kubernetes_call {
    struct bw_kubernetes_resource of;
    const char *verb;         /* "get", "create", "update", "patch": as rules of RBAC have it */
    struct bw_str namespace;  /* empty: of the cluster */
    struct bw_str name;       /* empty for "create" */
    struct bw_str body;       /* JSON */
    const char *content_type; /* NULL: application/json */
};

/* Statuses that are answers and no failures; the body is then left out. */
#define BW_KUBERNETES_MISSING  404
#define BW_KUBERNETES_CONFLICT 409
#define BW_KUBERNETES_INVALID  422

/* Asks, and appends the answer's body. *ret_status: 200 or 201, or one of the three above. Any
 * other is an error with the server's own words: BW_EACCESS (401; 403 names the right that is
 * missing), else BW_ENET, and BW_ETIMEOUT. */
int bw_kubernetes_ask(struct bw_kubernetes *client, const struct bw_kubernetes_call *call,
                      struct bw_buf *body, int *ret_status, struct bw_err *err) BW_MUST_USE;

/* A page of a list: appends to `next` where the list goes on (metadata.continue), or nothing. */
typedef int (*bw_kubernetes_page)(void *ctx, struct bw_str text, struct bw_buf *next,
                                  struct bw_err *err);

/* Lists all namespaces' objects of a kind, page by page. A page that is larger than
 * BW_KUBERNETES_ANSWER_MAX is asked for again in smaller parts. BW_ENOENT: the server does not have
 * such a kind. BW_ETIMEOUT: the list went stale before its end. Else as bw_kubernetes_ask, and what
 * `page` returns. */
int bw_kubernetes_list(struct bw_kubernetes *client, const struct bw_kubernetes_resource *of,
                       bw_kubernetes_page page, void *ctx, struct bw_err *err) BW_MUST_USE;

/*
 * Watches kinds for changes, without a look at what changed: `changed` is called when the server
 * says something about a kind, which it does first of all for what there is, and again whenever the
 * watch begins anew; so who lists when told misses nothing.
 */
struct bw_kubernetes_watch;
typedef void (*bw_kubernetes_changed)(void *ctx, size_t of);

/* `of` outlives the watch; kinds that the server does not have are asked for again now and then. */
int bw_kubernetes_watch_open(struct bw_kubernetes *client, const struct bw_kubernetes_resource *of,
                             size_t n, bw_kubernetes_changed changed, void *ctx,
                             struct bw_kubernetes_watch **ret_watch,
                             struct bw_err *err) BW_MUST_USE;
void bw_kubernetes_watch_close(
    struct bw_kubernetes_watch *watch); /* takes NULL; before the client */

/* Waits up to timeout_ms for the server to say something. What fails (the server restarts) is tried
 * again after a pause; `trouble`, where not NULL, is told of it. */
int bw_kubernetes_watch_step(struct bw_kubernetes_watch *watch, int timeout_ms,
                             void (*trouble)(void *ctx, const struct bw_err *why),
                             struct bw_err *err) BW_MUST_USE;

#endif
