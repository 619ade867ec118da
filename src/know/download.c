#include "know/download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "know/import-record.h"

/* What `begin` returns where the answer was all that was wanted; no enum bw_code. */
#define ONLY_ASKED 1

#define NOTE_MAX 8192

struct transfer {
    struct bw_import *import;
    struct bw_download *download;
    struct bw_str name;
    const char *url;
    uint64_t from; /* bytes there already */
    bool only_ask;
    bool restart; /* do not continue what is there */
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

static int ensure_client(struct bw_import *import, struct bw_err *err)
{
    if (!import->curl)
        import->curl = bw_curl_new();
    return import->curl ? 0 : no_memory(err);
}

/* --- the file and the note beside it --- */

static int open_part(struct transfer *t, struct bw_err *err)
{
    struct bw_download *d = t->download;
    const char *dir;
    int rc = bw_writer_download_dir(t->import->writer, &dir, err);
    if (rc)
        return rc;
    struct bw_buf safe BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    bw_curl_escape(&safe, t->name, "");
    /* A URL as a name may be longer than a file name: its end is what differs. */
    struct bw_str tail = bw_buf_slice(&safe);
    tail = tail.n > 200 ? bw_str_from(tail, tail.n - 200) : tail;
    if (bw_buf_failed(&safe) ||
        asprintf(&d->part, "%s/%" BW_STR_F ".part", dir, BW_STR_A(tail)) < 0)
        return no_memory(err);
    if (asprintf(&d->part_of, "%s.of", d->part) < 0)
        return no_memory(err);
    d->fd = open(d->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    return d->fd < 0 ? bw_err_errno(err, "cannot open %s", d->part) : 0;
}

/* A weak ETag does not promise the same bytes (RFC 9110 13.1.5). */
static bool is_strong(const char *etag)
{
    return *etag == '"';
}

/* How much of this very URL and content is there already, and its ETag. */
static uint64_t resumable(struct transfer *t, char etag[BW_CURL_ETAG_MAX + 1])
{
    struct bw_buf note BW_CLEANUP(bw_buf_free) = BW_BUF(NOTE_MAX);
    struct stat st;
    struct bw_str rest, url, tag;
    if (fstat(t->download->fd, &st) || bw_fd_slurp_path(t->download->part_of, &note, NULL))
        return 0;
    rest = bw_buf_slice(&note);
    if (!bw_str_line(&rest, &url) || !bw_str_line(&rest, &tag) || !bw_str_eq(url, bw_str(t->url)) ||
        tag.n > BW_CURL_ETAG_MAX)
        return 0;
    snprintf(etag, BW_CURL_ETAG_MAX + 1, "%" BW_STR_F, BW_STR_A(tag));
    return is_strong(etag) ? (uint64_t)st.st_size : 0;
}

static int write_note(struct transfer *t, const char *etag, struct bw_err *err)
{
    struct bw_buf note BW_CLEANUP(bw_buf_free) = BW_BUF(NOTE_MAX);
    bw_buf_printf(&note, "%s\n%s\n", t->url, etag);
    if (bw_buf_failed(&note) || !is_strong(etag)) {
        unlink(t->download->part_of);
        return 0;
    }
    return bw_fd_replace_file(t->download->part_of, note.p, note.n, 0644, err);
}

/* --- callbacks of the transfer --- */

static int on_begin(void *ctx, const struct bw_curl_response *head, struct bw_err *err)
{
    struct transfer *t = ctx;
    snprintf(t->download->etag, sizeof t->download->etag, "%s", head->etag);
    if (t->only_ask)
        return ONLY_ASKED;
    if (head->status != 206)
        t->from = 0;
    if (ftruncate(t->download->fd, (off_t)t->from) ||
        lseek(t->download->fd, (off_t)t->from, SEEK_SET) < 0)
        return bw_err_errno(err, "cannot write %s", t->download->part);
    return write_note(t, head->etag, err);
}

static int on_bytes(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct transfer *t = ctx;
    return bw_fd_write_full(t->download->fd, p, n)
               ? bw_err_errno(err, "cannot write %s", t->download->part)
               : 0;
}

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct transfer *t = ctx;
    const struct bw_import_progress progress = {
        .source = t->name,
        .download = true,
        .done = t->from + done,
        .total = total ? t->from + total : 0,
        .records = t->import->records,
    };
    return bw_import_show(t->import, &progress, NULL) != 0;
}

/* --- */

static int judge(const struct bw_curl_response *response, const char *url,
                 enum bw_download_outcome *ret_outcome, struct bw_err *err)
{
    if (response->status / 100 == 2)
        *ret_outcome = BW_DOWNLOAD_WHOLE;
    else if (response->status == 304)
        *ret_outcome = BW_DOWNLOAD_UNCHANGED;
    /* A bucket that may not be listed says 403 of what it does not have. */
    else if (response->status == 404 || response->status == 403 || response->status == 410)
        *ret_outcome = BW_DOWNLOAD_ABSENT;
    else
        return bw_err_set(err, BW_ENET, "%s: the server answered %d%s%s", url, response->status,
                          *response->problem ? ": " : "", response->problem);
    return 0;
}

static int transfer(struct transfer *t, const char *etag, enum bw_download_outcome *ret_outcome,
                    struct bw_err *err)
{
    char part_etag[BW_CURL_ETAG_MAX + 1] = "";
    t->from = t->only_ask || t->restart ? 0 : resumable(t, part_etag);
    const struct bw_curl_request request = {
        .url = t->url,
        .if_none_match = etag && *etag ? etag : NULL,
        .if_range = t->from ? part_etag : NULL,
        .range_from = t->from,
        .body_max = BW_IMPORT_ZIP_MAX,
        .write = on_bytes,
        .begin = on_begin,
        .progress = on_progress,
        .ctx = t,
    };
    struct bw_curl_response response;
    int rc = bw_curl_get(t->import->curl, &request, &response, err);
    if (rc == ONLY_ASKED) {
        *ret_outcome = BW_DOWNLOAD_NEWER;
        return 0;
    }
    if (rc == 0 && response.status == 416 && !t->restart) {
        /* Everything was there, or more than there is. */
        t->restart = true;
        return transfer(t, etag, ret_outcome, err);
    }
    return rc ? rc : judge(&response, t->url, ret_outcome, err);
}

int bw_download_get(struct bw_import *import, const char *url, struct bw_str name, const char *etag,
                    bool only_ask, struct bw_download *ret_download,
                    enum bw_download_outcome *ret_outcome, struct bw_err *err)
{
    struct bw_download download = {.fd = -1};
    struct transfer t = {
        .import = import, .download = &download, .name = name, .url = url, .only_ask = only_ask};
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    int rc = ensure_client(import, err);
    if (rc == 0 && !only_ask)
        rc = open_part(&t, err);
    if (rc == 0)
        rc = transfer(&t, etag, &outcome, err);
    if (rc) {
        bw_download_close(&download);
        return rc;
    }
    if (outcome != BW_DOWNLOAD_WHOLE && !only_ask)
        bw_download_discard(&download);
    *ret_download = download;
    *ret_outcome = outcome;
    return 0;
}

void bw_download_discard(struct bw_download *d)
{
    if (d->part)
        unlink(d->part);
    if (d->part_of)
        unlink(d->part_of);
    bw_download_close(d);
}

void bw_download_close(struct bw_download *d)
{
    bw_fd_closep(&d->fd);
    free(d->part);
    free(d->part_of);
    d->part = d->part_of = NULL;
}

int bw_download_small(struct bw_import *import, const char *url, const char *etag,
                      struct bw_buf *buf, char ret_etag[BW_CURL_ETAG_MAX + 1],
                      enum bw_download_outcome *ret_outcome, struct bw_err *err)
{
    int rc = ensure_client(import, err);
    const struct bw_curl_request request = {.url = url,
                                            .if_none_match = etag && *etag ? etag : NULL};
    struct bw_curl_response response;
    if (rc == 0)
        rc = bw_curl_get_buf(import->curl, &request, buf, &response, err);
    if (rc == 0)
        rc = judge(&response, url, ret_outcome, err);
    if (rc == 0)
        memcpy(ret_etag, response.etag, sizeof response.etag);
    return rc;
}
