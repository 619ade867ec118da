#include "wrap/curl.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/clock.h"

#define PROGRESS_EVERY_MS 100
#define RECEIVE_BUFFER    (256L << 10)
#define HEADER_MAX        2048u
#define KEEPALIVE_S       15L

struct bw_curl {
    CURL *easy;
};

struct transfer {
    CURL *easy;
    const struct bw_curl_request *request;
    struct bw_curl_response *response;
    struct bw_err *err;
    int rc; /* of a callback that stopped the transfer; its text is in *err */
    bool begun, file;
    size_t problem_n;
    int64_t shown_at;
};

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static bool global_ready;

static void global_init(void)
{
    global_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct bw_curl *bw_curl_new(void)
{
    pthread_once(&global_once, global_init);
    struct bw_curl *curl = global_ready ? calloc(1, sizeof *curl) : NULL;
    if (!curl)
        return NULL;
    curl->easy = curl_easy_init();
    if (!curl->easy) {
        free(curl);
        return NULL;
    }
    return curl;
}

void bw_curl_free(struct bw_curl *curl)
{
    if (!curl)
        return;
    curl_easy_cleanup(curl->easy);
    free(curl);
}

void bw_curl_freep(struct bw_curl **curl)
{
    bw_curl_free(*curl);
    *curl = NULL;
}

/* The URL as a message may show it: without user, password and query, which may be secrets. */
static void shown_url(const char *url, char *out, size_t n)
{
    CURLU *u = curl_url();
    char *text = NULL;
    if (u && !curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) &&
        !curl_url_set(u, CURLUPART_USER, NULL, 0) &&
        !curl_url_set(u, CURLUPART_PASSWORD, NULL, 0) && !curl_url_set(u, CURLUPART_QUERY, NULL, 0))
        curl_url_get(u, CURLUPART_URL, &text, 0);
    snprintf(out, n, "%s", text ? text : "the URL");
    curl_free(text);
    curl_url_cleanup(u);
}

static int status_of(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (t->file)
        status = t->request->range_from ? 206 : 200;
    return (int)status;
}

static int begin_once(struct transfer *t, int status)
{
    if (t->begun)
        return 0;
    t->begun = true;
    t->response->status = status;
    return t->request->begin ? t->request->begin(t->request->ctx, t->response, t->err) : 0;
}

static void keep_problem(struct transfer *t, const char *p, size_t n)
{
    for (size_t i = 0; i < n && t->problem_n + 1 < sizeof t->response->problem; i++)
        if (p[i] >= 0x20 && p[i] < 0x7f)
            t->response->problem[t->problem_n++] = p[i];
    t->response->problem[t->problem_n] = '\0';
}

/* Returns n to go on; anything else makes curl stop with CURLE_WRITE_ERROR. */
static size_t on_body(char *p, size_t one, size_t n, void *ctx)
{
    (void)one;
    struct transfer *t = ctx;
    int status = status_of(t);
    if (status < 200 || status > 299) {
        keep_problem(t, p, n);
        return n;
    }
    uint64_t max = t->request->body_max;
    if (max && (n > max || t->response->body_size > max - n)) {
        t->rc = bw_err_set(t->err, BW_ELIMIT, "the answer is longer than the limit of %llu bytes",
                           (unsigned long long)max);
        return 0;
    }
    t->rc = begin_once(t, status);
    if (t->rc == 0)
        t->rc = t->request->write(t->request->ctx, p, n, t->err);
    t->response->body_size += n;
    return t->rc ? 0 : n;
}

static size_t on_header(char *p, size_t one, size_t n, void *ctx)
{
    (void)one;
    struct transfer *t = ctx;
    struct bw_str line = bw_str_trim(bw_str_n(p, n));
    size_t colon = bw_str_find(line, ':');
    struct bw_str name = {0}, value = {0};
    if (bw_str_starts(line, BW_STR("HTTP/"))) {
        t->response->etag[0] = '\0';
    } else if (colon != SIZE_MAX && colon) {
        name = bw_str_trim(bw_str_take(line, colon));
        value = bw_str_trim(bw_str_from(line, colon + 1));
    } else {
        return n;
    }
    if (bw_str_eq_nocase(name, BW_STR("etag")) && value.n <= BW_CURL_ETAG_MAX)
        snprintf(t->response->etag, sizeof t->response->etag, "%" BW_STR_F, BW_STR_A(value));
    if (t->request->header)
        t->request->header(t->request->ctx, name, value);
    return n;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t done, curl_off_t up_total,
                       curl_off_t up)
{
    (void)up_total, (void)up;
    struct transfer *t = ctx;
    int64_t now = bw_clock_monotonic_ms();
    if (now - t->shown_at < PROGRESS_EVERY_MS)
        return 0;
    t->shown_at = now;
    if (!t->request->progress(t->request->ctx, (uint64_t)done, (uint64_t)total))
        return 0;
    t->rc = bw_err_set(t->err, BW_ETIMEOUT, "stopped");
    return 1;
}

/* Collects the outcome of many curl_easy_setopt. */
#define SET(option, value) (rc = rc ? rc : curl_easy_setopt(easy, (option), (value)))

static CURLcode set_callbacks(CURL *easy, struct transfer *t)
{
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    if (t->request->progress) {
        SET(CURLOPT_NOPROGRESS, 0L);
        SET(CURLOPT_XFERINFOFUNCTION, on_progress);
        SET(CURLOPT_XFERINFODATA, t);
    }
    return rc;
}

/* libcurl keeps these to the first host, port and scheme by itself. */
static CURLcode set_authorization(CURL *easy, const struct bw_curl_request *r)
{
    CURLcode rc = CURLE_OK;
    if (r->bearer) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        SET(CURLOPT_XOAUTH2_BEARER, r->bearer);
    } else if (r->user) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, r->user);
        SET(CURLOPT_PASSWORD, r->password ? r->password : "");
    }
    return rc;
}

/* libcurl copies nothing of a blob here: requests outlive their transfers. */
static CURLcode set_blob(CURL *easy, CURLoption option, struct bw_str pem)
{
    struct curl_blob blob = {.data = (void *)(uintptr_t)pem.p, .len = pem.n};
    return pem.n ? curl_easy_setopt(easy, option, &blob) : CURLE_OK;
}

static CURLcode set_trust(CURL *easy, const struct bw_curl_request *r)
{
    CURLcode rc = CURLE_OK;
    if (r->ca_file && !r->ca_pem.n)
        SET(CURLOPT_CAINFO, r->ca_file);
    if (r->cert_file && !r->cert_pem.n)
        SET(CURLOPT_SSLCERT, r->cert_file);
    if (r->key_file && !r->key_pem.n)
        SET(CURLOPT_SSLKEY, r->key_file);
    rc = rc ? rc : set_blob(easy, CURLOPT_CAINFO_BLOB, r->ca_pem);
    rc = rc ? rc : set_blob(easy, CURLOPT_SSLCERT_BLOB, r->cert_pem);
    rc = rc ? rc : set_blob(easy, CURLOPT_SSLKEY_BLOB, r->key_pem);
    if (r->insecure) {
        SET(CURLOPT_SSL_VERIFYPEER, 0L);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return rc;
}

static CURLcode set_body(CURL *easy, const struct bw_curl_request *r)
{
    CURLcode rc = CURLE_OK;
    if (r->form)
        SET(CURLOPT_POSTFIELDS, r->form);
    if (!r->method)
        return rc;
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
    SET(CURLOPT_POSTFIELDS, r->body.n ? r->body.p : "");
    SET(CURLOPT_CUSTOMREQUEST, r->method);
    return rc;
}

static CURLcode set_transport(CURL *easy, const struct bw_curl_request *r, bool https)
{
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_URL, r->url);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "bulwark");
    SET(CURLOPT_PROTOCOLS_STR, "http,https,file");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "http,https");
    SET(CURLOPT_FOLLOWLOCATION, r->stay ? 0L : 1L);
    SET(CURLOPT_MAXREDIRS, (long)BW_CURL_REDIRECTS_MAX);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)BW_CURL_CONNECT_TIMEOUT_MS);
    SET(CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    /* A peer that is gone without a word is noticed, also where nothing is to be sent. */
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
    SET(CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, r->stall_s ? (long)r->stall_s : (long)BW_CURL_STALL_S);
    SET(CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
    SET(CURLOPT_FILETIME, 1L);
    if (r->unix_socket) {
        SET(CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
        SET(CURLOPT_PROXY, "");
    }
    rc = rc ? rc : set_trust(easy, r);
    rc = rc ? rc : set_body(easy, r);
    return rc ? rc : set_authorization(easy, r);
}

static int add_header(struct curl_slist **headers, const char *name, const char *value,
                      struct bw_err *err)
{
    char line[HEADER_MAX];
    if (!value)
        return 0;
    /* A line break would be a second header. */
    if ((size_t)snprintf(line, sizeof line, "%s: %s", name, value) >= sizeof line ||
        strpbrk(value, "\r\n"))
        return bw_err_set(err, BW_EUSAGE, "no valid value for %s", name);
    struct curl_slist *more = curl_slist_append(*headers, line);
    if (!more)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    *headers = more;
    return 0;
}

static enum bw_code code_of_connect(CURL *easy)
{
    long os = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os);
    return os == ENOENT ? BW_ENOENT : os == EACCES || os == EPERM ? BW_EACCESS : BW_ENET;
}

static enum bw_code code_of(CURL *easy, CURLcode rc)
{
    switch (rc) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return BW_EUSAGE;
    case CURLE_OUT_OF_MEMORY:
        return BW_ENOMEM;
    case CURLE_FILE_COULDNT_READ_FILE:
        return BW_ENOENT;
    case CURLE_OPERATION_TIMEDOUT:
        return BW_ETIMEOUT;
    case CURLE_COULDNT_CONNECT:
        return code_of_connect(easy);
    case CURLE_PEER_FAILED_VERIFICATION:
        return BW_EACCESS;
    default:
        return BW_ENET;
    }
}

/* libcurl speaks of the host, which for a Unix socket is only a name. */
static int unconnected(const struct transfer *t, struct bw_err *err)
{
    long os = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os);
    return bw_err_set(err, code_of_connect(t->easy), "cannot connect to %s: %s",
                      t->request->unix_socket, strerror((int)os));
}

static int finish(struct transfer *t, CURLcode rc, const char *detail, struct bw_err *err)
{
    char url[256];
    shown_url(t->request->url, url, sizeof url);
    if (rc && t->rc)
        return t->rc;
    if (rc == CURLE_COULDNT_CONNECT && t->request->unix_socket)
        return unconnected(t, err);
    if (rc)
        return bw_err_set(err, code_of(t->easy, rc), "cannot %s %s: %s",
                          t->request->method ? t->request->method : "get", url,
                          *detail ? detail : curl_easy_strerror(rc));
    curl_off_t modified = -1, retry_after = 0;
    curl_easy_getinfo(t->easy, CURLINFO_FILETIME_T, &modified);
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
    t->response->last_modified = modified;
    t->response->retry_after_s = retry_after > 0 ? (uint64_t)retry_after : 0;
    t->response->status = status_of(t);
    /* An empty body made no call yet. */
    return t->response->status / 100 == 2 ? begin_once(t, t->response->status) : 0;
}

static int make_headers(const struct bw_curl_request *request, struct curl_slist **headers,
                        struct bw_err *err)
{
    int rc = add_header(headers, "If-None-Match", request->if_none_match, err);
    rc = rc ? rc : add_header(headers, "If-Range", request->if_range, err);
    rc = rc ? rc : add_header(headers, "Content-Type", request->content_type, err);
    return rc ? rc : add_header(headers, "Accept", request->accept, err);
}

static CURLcode prepare(struct transfer *t, struct curl_slist *headers, char *detail)
{
    CURL *easy = t->easy;
    char range[32];
    bool https = strncasecmp(t->request->url, "https:", 6) == 0;
    CURLcode rc = set_transport(easy, t->request, https);
    rc = rc ? rc : set_callbacks(easy, t);
    SET(CURLOPT_ERRORBUFFER, detail);
    if (headers)
        SET(CURLOPT_HTTPHEADER, headers);
    if (t->request->range_from) {
        snprintf(range, sizeof range, "%llu-", (unsigned long long)t->request->range_from);
        SET(CURLOPT_RANGE, range);
    }
    return rc;
}

static int perform(struct bw_curl *curl, struct transfer *t, struct curl_slist *headers,
                   struct bw_err *err)
{
    char detail[CURL_ERROR_SIZE] = "";
    CURLcode rc = prepare(t, headers, detail);
    rc = rc ? rc : curl_easy_perform(curl->easy);
    int result = finish(t, rc, detail, err);
    /* Nothing of this call's frame stays behind in the handle. libcurl 7.88 cannot use a handle
     * again after a file that could not be opened: a failure costs the handle. */
    curl_easy_reset(curl->easy);
    if (rc) {
        curl_easy_cleanup(curl->easy);
        curl->easy = NULL;
    }
    return result;
}

int bw_curl_get(struct bw_curl *curl, const struct bw_curl_request *request,
                struct bw_curl_response *ret_response, struct bw_err *err)
{
    struct bw_curl_response response = {.last_modified = -1};
    if (!curl->easy && !(curl->easy = curl_easy_init()))
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    struct transfer t = {.easy = curl->easy, .request = request, .response = &response};
    struct bw_err local = {0};
    t.err = err ? err : &local;
    if (!strstr(request->url, "://"))
        return bw_err_set(err, BW_EUSAGE, "not a URL: %s", request->url);
    t.file = strncasecmp(request->url, "file:", 5) == 0;
    struct curl_slist *headers = NULL;
    int rc = make_headers(request, &headers, err);
    rc = rc ? rc : perform(curl, &t, headers, err);
    curl_slist_free_all(headers);
    if (rc == 0)
        *ret_response = response;
    return rc;
}

static int write_buf(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct bw_buf *buf = ctx;
    bw_buf_add(buf, p, n);
    if (!bw_buf_failed(buf))
        return 0;
    if (n > buf->max - buf->n)
        return bw_err_set(err, BW_ELIMIT, "the answer is longer than the limit of %zu bytes",
                          buf->max);
    return bw_err_set(err, BW_ENOMEM, "out of memory for an answer");
}

int bw_curl_get_buf(struct bw_curl *curl, const struct bw_curl_request *request, struct bw_buf *buf,
                    struct bw_curl_response *ret_response, struct bw_err *err)
{
    struct bw_curl_request to_buf = *request;
    to_buf.write = write_buf;
    to_buf.begin = NULL;
    to_buf.progress = NULL;
    to_buf.header = NULL;
    to_buf.ctx = buf;
    return bw_curl_get(curl, &to_buf, ret_response, err);
}

/* --- several at a time --- */

struct bw_curl_many {
    CURLM *multi;
    struct job *jobs;
    unsigned n;
};

struct job {
    struct job *next;
    struct transfer transfer;
    struct bw_curl_request request;
    struct bw_curl_response response;
    struct bw_err err;
    bw_curl_done done;
    struct curl_slist *headers;
    char detail[CURL_ERROR_SIZE];
};

struct bw_curl_many *bw_curl_many_new(void)
{
    pthread_once(&global_once, global_init);
    struct bw_curl_many *many = global_ready ? calloc(1, sizeof *many) : NULL;
    if (many && !(many->multi = curl_multi_init())) {
        free(many);
        return NULL;
    }
    return many;
}

static void free_job(struct bw_curl_many *many, struct job *job)
{
    struct job **at = &many->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    many->n--;
    curl_multi_remove_handle(many->multi, job->transfer.easy);
    curl_easy_cleanup(job->transfer.easy);
    curl_slist_free_all(job->headers);
    free(job);
}

void bw_curl_many_free(struct bw_curl_many *many)
{
    if (!many)
        return;
    while (many->jobs)
        free_job(many, many->jobs);
    curl_multi_cleanup(many->multi);
    free(many);
}

void bw_curl_many_freep(struct bw_curl_many **many)
{
    bw_curl_many_free(*many);
    *many = NULL;
}

static int begin_job(struct bw_curl_many *many, struct job *job, struct bw_err *err)
{
    if (!job->transfer.easy)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = make_headers(&job->request, &job->headers, err);
    if (rc)
        return rc;
    CURLcode code = prepare(&job->transfer, job->headers, job->detail);
    if (code)
        return finish(&job->transfer, code, job->detail, err);
    curl_easy_setopt(job->transfer.easy, CURLOPT_PRIVATE, job);
    if (curl_multi_add_handle(many->multi, job->transfer.easy))
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    return 0;
}

int bw_curl_many_add(struct bw_curl_many *many, const struct bw_curl_request *request,
                     bw_curl_done done, struct bw_err *err)
{
    if (many->n >= BW_CURL_MANY_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u transfers at a time", BW_CURL_MANY_MAX);
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    job->request = *request;
    job->response.last_modified = -1;
    job->done = done;
    job->transfer = (struct transfer){.easy = curl_easy_init(),
                                      .request = &job->request,
                                      .response = &job->response,
                                      .err = &job->err};
    job->next = many->jobs;
    many->jobs = job;
    many->n++;
    int rc = begin_job(many, job, err);
    if (rc)
        free_job(many, job);
    return rc;
}

static void end_job(struct bw_curl_many *many, struct job *job, CURLcode code)
{
    int rc = finish(&job->transfer, code, job->detail, &job->err);
    struct job over = *job;
    free_job(many, job);
    over.done(over.request.ctx, rc, rc ? NULL : &over.response, rc ? &over.err : NULL);
}

int bw_curl_many_step(struct bw_curl_many *many, int timeout_ms, struct bw_err *err)
{
    int running = 0, waiting = 0;
    CURLMcode rc = curl_multi_perform(many->multi, &running);
    if (rc == CURLM_OK)
        rc = curl_multi_poll(many->multi, NULL, 0, timeout_ms, NULL);
    if (rc == CURLM_OK)
        rc = curl_multi_perform(many->multi, &running);
    if (rc != CURLM_OK)
        return bw_err_set(err, BW_EIO, "transfers cannot go on: %s", curl_multi_strerror(rc));
    for (CURLMsg *message; (message = curl_multi_info_read(many->multi, &waiting));) {
        struct job *job = NULL;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job) == CURLE_OK)
            end_job(many, job, message->data.result);
    }
    return 0;
}

void bw_curl_escape(struct bw_buf *buf, struct bw_str s, const char *keep)
{
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c && (strchr(unreserved, c) || strchr(keep, c)))
            bw_buf_byte(buf, (uint8_t)c);
        else
            bw_buf_printf(buf, "%%%02X", (uint8_t)c);
    }
}
