/*
 * curl.h: HTTP requests, by libcurl: most are a GET.
 *
 * Only http, https and file URLs are fetched. Redirects are followed up to BW_CURL_REDIRECTS_MAX,
 * to https alone where the URL was https. Proxies come from the environment (http_proxy,
 * https_proxy, no_proxy), never for a Unix socket. Certificates are verified unless a request says
 * that they are not to be. What a request has for the Authorization header goes to the host, port
 * and scheme of its URL alone: not to where a redirect leads.
 */
#ifndef BW_WRAP_CURL_H
#define BW_WRAP_CURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"

#define BW_CURL_REDIRECTS_MAX      5
#define BW_CURL_CONNECT_TIMEOUT_MS 5000
/* A transfer slower than a byte a second for this long is given up. */
#define BW_CURL_STALL_S 60
/* Longest ETag kept; a longer one counts as none. */
#define BW_CURL_ETAG_MAX 255
/* Kept of the body of a 4xx or 5xx answer. */
#define BW_CURL_PROBLEM_MAX 1023
/* Transfers beside each other. */
#define BW_CURL_MANY_MAX 64u

struct bw_curl; /* a client: keeps connections open from one request to the next */
struct bw_curl_response;

/* Not thread-safe: one client a thread. NULL when memory is short. */
struct bw_curl *bw_curl_new(void) BW_MUST_USE;
void bw_curl_free(struct bw_curl *curl);   /* takes NULL */
void bw_curl_freep(struct bw_curl **curl); /* for BW_CLEANUP */

/* What to get. Zero or NULL is "no" for every member but url and write. */
struct bw_curl_request {
    const char *url;
    const char *unix_socket; /* path: connect there; the host of the URL is only a name */
    const char *ca_file;     /* PEM, instead of the system's file of authorities */
    const char *cert_file;   /* PEM: client certificate and its key */
    const char *key_file;
    struct bw_str ca_pem, cert_pem, key_pem; /* the same as text; they go before the files */
    const char *if_none_match; /* an ETag: unchanged content answers with status 304, no body */
    const char *if_range;      /* an ETag: with range_from, a changed resource answers 200, whole */
    uint64_t range_from;       /* skip this many bytes: answers 206, or 200 where not supported */
    uint64_t body_max;         /* longer bodies are BW_ELIMIT; 0: no limit */
    uint32_t timeout_ms;       /* from connecting to the last byte: BW_ETIMEOUT; 0: no limit */
    uint32_t stall_s;          /* instead of BW_CURL_STALL_S: for answers that take their time */
    const char *accept;        /* the header Accept */
    const char *user;          /* with password: Basic authorization (RFC 7617) */
    const char *password;
    const char *bearer; /* Bearer authorization (RFC 6750): visible ASCII, no blanks */
    const char *form;   /* POST this, application/x-www-form-urlencoded */
    const char *method; /* "PUT", "PATCH", ...: sent with `body`; NULL: GET, or POST of a form */
    struct bw_str body; /* of a method; may be empty */
    const char *content_type; /* of the body */
    bool insecure;            /* any certificate will do */
    bool stay;                /* follow no redirect: the answer is the one with status 3xx */

    /* Called for each piece of the body of a 2xx answer (only these). Non-zero stops, and is
     * returned. */
    int (*write)(void *ctx, const void *p, size_t n, struct bw_err *err);
    /* Called before the first write, once the headers are known: head has status and etag, to see
     * 200 from 206 and to note what a transfer that is cut off was a part of. */
    int (*begin)(void *ctx, const struct bw_curl_response *head, struct bw_err *err);
    /* Called about ten times a second; total is 0 where not known. true stops: BW_ETIMEOUT. */
    bool (*progress)(void *ctx, uint64_t done, uint64_t total);
    /* Called for each header field. An empty name: an answer begins, and makes void what came
     * before it (of a redirect). */
    void (*header)(void *ctx, struct bw_str name, struct bw_str value);
    void *ctx;
};

struct bw_curl_response {
    int status;                            /* of the last answer; 200 for file URLs */
    char etag[BW_CURL_ETAG_MAX + 1];       /* as sent, with quotes and W/; empty for none */
    int64_t last_modified;                 /* seconds since 1970, -1 where not known */
    uint64_t body_size;                    /* bytes given to write */
    uint64_t retry_after_s;                /* Retry-After, either form of it; 0 where not there */
    char problem[BW_CURL_PROBLEM_MAX + 1]; /* the beginning of the body of a 4xx or 5xx answer:
                                              printable ASCII only */
};

/* An answer of any status is success; who calls looks at ret_response->status. BW_ENOENT: file URL
 * of no file, or no such Unix socket; BW_EACCESS: no permission for them, or a certificate that is
 * not trusted; BW_EUSAGE: a URL of another scheme or malformed; BW_ENET: no connection, TLS
 * failure, transfer cut off; BW_ETIMEOUT; BW_ELIMIT. Messages name the URL without user and
 * password. */
int bw_curl_get(struct bw_curl *curl, const struct bw_curl_request *request,
                struct bw_curl_response *ret_response, struct bw_err *err) BW_MUST_USE;

/* As bw_curl_get, with the body appended to a buffer; buf->max is the limit. The callbacks
 * of the request and their ctx are not used. */
int bw_curl_get_buf(struct bw_curl *curl, const struct bw_curl_request *request, struct bw_buf *buf,
                    struct bw_curl_response *ret_response, struct bw_err *err) BW_MUST_USE;

/* --- several at a time, on one thread --- */

struct bw_curl_many;
struct bw_curl_many *bw_curl_many_new(void) BW_MUST_USE; /* NULL when memory is short */
void bw_curl_many_free(struct bw_curl_many *many);       /* what goes on is cut off; takes NULL */
void bw_curl_many_freep(struct bw_curl_many **many);

/* Told once that a transfer is over: rc and err as bw_curl_get has them; response where rc is 0.
 * May add transfers. */
typedef void (*bw_curl_done)(void *ctx, int rc, const struct bw_curl_response *response,
                             const struct bw_err *err);

/* Begins a transfer; the request is copied, what it points to outlives the transfer. No file URLs.
 * BW_ELIMIT, BW_EUSAGE, BW_ENOMEM. */
int bw_curl_many_add(struct bw_curl_many *many, const struct bw_curl_request *request,
                     bw_curl_done done, struct bw_err *err) BW_MUST_USE;

/* Moves what can be moved, and waits for more up to timeout_ms. Callbacks are made from here. */
int bw_curl_many_step(struct bw_curl_many *many, int timeout_ms, struct bw_err *err) BW_MUST_USE;

/* Appends s with every byte percent-encoded that is not unreserved (RFC 3986 2.3) nor in `keep`. */
void bw_curl_escape(struct bw_buf *buf, struct bw_str s, const char *keep);

#endif
