#include "know/import-remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/vec.h"
#include "know/download.h"
#include "know/ecosystem.h"
#include "know/import-record.h"

/* More records gone than this part of all of them: rather a list that was cut off. */
#define VANISHED_PART 10

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

bool bw_import_is_url(const char *text)
{
    struct bw_str s = bw_str(text);
    return bw_str_starts(s, BW_STR("http://")) || bw_str_starts(s, BW_STR("https://")) ||
           bw_str_starts(s, BW_STR("file://"));
}

/* ROOT/FOLDER/FILE with both percent-encoded. */
static struct bw_str address(struct bw_arena *arena, const char *root, struct bw_str folder,
                             struct bw_str file)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(16 << 10);
    struct bw_str head = bw_str(root);
    while (head.n && head.p[head.n - 1] == '/')
        head.n--;
    bw_buf_str(&buf, head);
    if (folder.n) {
        bw_buf_byte(&buf, '/');
        bw_curl_escape(&buf, folder, "");
    }
    bw_buf_byte(&buf, '/');
    bw_curl_escape(&buf, file, "/");
    return bw_buf_failed(&buf) ? (struct bw_str){NULL, 0} : bw_arena_str(arena, bw_buf_slice(&buf));
}

/* One ecosystem on its way. */
struct remote {
    struct bw_import *import;
    struct bw_arena *arena;
    const char *root;
    struct bw_str name;
    struct bw_str url; /* of all.zip */
    const char *etag;  /* of all.zip as the store has it; "" where it has none of this URL */
    struct bw_known known;
};

static int import_whole(struct remote *r, struct bw_err *err)
{
    struct bw_download download;
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    int rc =
        bw_download_get(r->import, r->url.p, r->name, r->etag, false, &download, &outcome, err);
    if (rc)
        return rc;
    if (outcome == BW_DOWNLOAD_ABSENT)
        return bw_err_set(err, BW_ENOENT, "%s is not there", r->url.p);
    r->import->sources++;
    if (outcome == BW_DOWNLOAD_UNCHANGED)
        return bw_import_unchanged(r->import, &r->known, err);
    const struct bw_source_state state = {.origin = r->url, .etag = bw_str(download.etag)};
    rc = bw_import_zip(r->import, download.fd, r->name, &state, err);
    if (rc == 0 || rc == BW_EFORMAT || rc == BW_ELIMIT)
        bw_download_discard(&download);
    else
        bw_download_close(&download);
    return rc;
}

/* --- record by record --- */

BW_VEC_TYPE(ids, struct bw_str);

/* Timestamps are the same where only the digits of the fraction differ in trailing zeros. */
static struct bw_str plain_time(struct bw_str time)
{
    if (time.n && time.p[time.n - 1] == 'Z')
        time.n--;
    if (bw_str_find(time, '.') == SIZE_MAX)
        return time;
    while (time.n && time.p[time.n - 1] == '0')
        time.n--;
    if (time.n && time.p[time.n - 1] == '.')
        time.n--;
    return time;
}

/* A line TIMESTAMP,ID: appends the id where the store has it otherwise. */
static int compare_line(struct remote *r, struct bw_str line, struct ids *changed,
                        struct bw_err *err)
{
    size_t comma = bw_str_find(line, ',');
    struct bw_str id = comma == SIZE_MAX ? BW_STR("") : bw_str_from(line, comma + 1);
    if (!bw_osv_is_id(id))
        return bw_err_set(err, BW_EFORMAT, "modified_id.csv has a line without an id");
    struct bw_str file = bw_arena_printf(r->arena, "%" BW_STR_F ".json", BW_STR_A(id));
    if (!file.p)
        return no_memory(err);
    struct bw_known_file *known = bw_map_get(&r->known.files, file);
    if (known)
        known->seen = true;
    if (known && bw_str_eq(plain_time(known->modified), plain_time(bw_str_take(line, comma))))
        return 0;
    struct bw_str *slot = BW_VEC_PUSH(changed, BW_IMPORT_SINGLE_MAX);
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "more than %d changes", BW_IMPORT_SINGLE_MAX);
    *slot = file;
    return 0;
}

static uint64_t vanished(const struct bw_known *known)
{
    uint64_t n = 0;
    for (size_t i = 0; i < known->files.n; i++)
        n += !((const struct bw_known_file *)known->files.items[i].value)->seen;
    return n;
}

/* What changed, from modified_id.csv. Any failure means: take all.zip. */
static int list_changes(struct remote *r, struct ids *changed, struct bw_err *err)
{
    struct bw_buf csv BW_CLEANUP(bw_buf_free) = BW_BUF(BW_IMPORT_LIST_MAX);
    struct bw_str url = address(r->arena, r->root, r->name, BW_STR("modified_id.csv"));
    char etag[BW_CURL_ETAG_MAX + 1];
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    int rc = url.p ? bw_download_small(r->import, url.p, NULL, &csv, etag, &outcome, err)
                   : no_memory(err);
    if (rc == 0 && outcome != BW_DOWNLOAD_WHOLE)
        rc = bw_err_set(err, BW_ENOENT, "no modified_id.csv");
    if (rc == 0)
        rc = bw_known_load(r->import, &r->known, err);
    struct bw_str rest = bw_buf_slice(&csv), line;
    while (rc == 0 && bw_str_line(&rest, &line))
        rc = compare_line(r, line, changed, err);
    if (rc == 0 && vanished(&r->known) > r->known.files.n / VANISHED_PART)
        rc = bw_err_set(err, BW_EFORMAT, "modified_id.csv lacks too many records");
    return rc;
}

static int fetch_record(struct remote *r, struct bw_str file, struct bw_buf *bytes,
                        struct bw_json_pool *pool, struct bw_err *err)
{
    struct bw_str url = address(r->arena, r->root, r->name, file);
    char etag[BW_CURL_ETAG_MAX + 1];
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    if (!url.p)
        return no_memory(err);
    bw_buf_clear(bytes);
    int rc = bw_download_small(r->import, url.p, NULL, bytes, etag, &outcome, err);
    /* Listed and gone: withdrawn from the bucket in between; the next list will not have it. */
    if (rc || outcome != BW_DOWNLOAD_WHOLE)
        return rc;
    struct bw_loaded loaded = {.file.name = file};
    rc = bw_load(bw_buf_slice(bytes), pool, &loaded, err);
    if (rc == 0)
        rc = bw_import_put(r->import, r->known.source, &loaded, err);
    bw_loaded_free(&loaded);
    return rc;
}

static int fetch_all(struct remote *r, const struct ids *changed, struct bw_err *err)
{
    struct bw_json_pool *pool BW_CLEANUP(bw_json_pool_freep) = bw_json_pool_new();
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_OSV_TEXT_MAX);
    int rc = pool ? 0 : no_memory(err);
    uint64_t done = 0;
    for (size_t i = 0; rc == 0 && i < changed->n; i++) {
        rc = fetch_record(r, changed->v[i], &bytes, pool, err);
        done += bytes.n;
        const struct bw_import_progress progress = {
            .source = r->name, .download = true, .done = done, .records = r->import->records + i};
        if (rc == 0)
            rc = bw_import_show(r->import, &progress, err);
    }
    return rc;
}

static int import_changes(struct remote *r, const struct ids *changed, const char *etag,
                          struct bw_err *err)
{
    uint64_t before = r->import->changed;
    int rc = bw_import_change(r->import, r->name, &r->known, err);
    if (rc == 0)
        rc = fetch_all(r, changed, err);
    if (rc == 0)
        rc = bw_import_sweep(r->import, &r->known, err);
    /* The archive's ETag was asked before the list, so that what changed in between shows the next
     * time. Its bytes were never here. */
    const struct bw_source_state state = {.origin = r->url, .etag = bw_str(etag)};
    if (rc == 0)
        rc = bw_import_done(r->import, &r->known, &state, err);
    if (rc)
        return rc;
    r->import->sources++;
    r->import->records += r->known.files.n;
    r->import->unchanged += r->known.files.n - (r->import->changed - before);
    return 0;
}

/* The store has the ecosystem: is there anything new, and is it little? */
static int import_newer(struct remote *r, struct bw_err *err)
{
    struct bw_download head;
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    int rc = bw_download_get(r->import, r->url.p, r->name, r->etag, true, &head, &outcome, err);
    if (rc)
        return rc;
    if (outcome == BW_DOWNLOAD_ABSENT)
        return bw_err_set(err, BW_ENOENT, "%s is not there", r->url.p);
    if (outcome == BW_DOWNLOAD_UNCHANGED) {
        r->import->sources++;
        return bw_import_unchanged(r->import, &r->known, err);
    }
    struct ids changed = {.v = NULL};
    rc = list_changes(r, &changed, err);
    bool few = rc == 0;
    if (few)
        rc = import_changes(r, &changed, head.etag, err);
    BW_VEC_FREE(&changed);
    if (few || rc == BW_ENOMEM)
        return rc;
    return import_whole(r, err);
}

int bw_import_remote_ecosystem(struct bw_import *import, const char *root, struct bw_str name,
                               struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(BW_LOADED_MEMORY_MAX);
    if (!arena)
        return no_memory(err);
    struct remote r = {.import = import, .arena = arena, .root = root, .name = name, .etag = ""};
    r.url = address(arena, root, name, BW_STR("all.zip"));
    int rc = r.url.p ? bw_known_open(import, name, &r.known, err) : no_memory(err);
    if (rc == 0) {
        bool same_place = r.known.source && bw_str_eq(bw_str(r.known.origin), r.url);
        r.etag = same_place ? r.known.etag : "";
        rc = r.known.source ? import_newer(&r, err) : import_whole(&r, err);
    }
    bw_known_free(&r.known);
    return rc;
}

/* --- which ecosystems --- */

static int parse_list(struct bw_str text, struct bw_arena *arena, struct bw_strs *ret_names,
                      struct bw_err *err)
{
    struct bw_strs names = {.v = bw_arena_array(arena, BW_ECOSYSTEMS_MAX, sizeof *names.v)};
    if (!names.v)
        return no_memory(err);
    struct bw_str line;
    while (bw_str_line(&text, &line)) {
        line = bw_str_trim(line);
        /* A release's archive is part of its distribution's; commits are not versions. */
        if (!bw_ecosystem_is_folder(line) || bw_str_find(line, ':') != SIZE_MAX ||
            bw_str_eq(line, BW_STR("GIT")) || line.p[0] == '[')
            continue;
        if (names.n == BW_ECOSYSTEMS_MAX)
            return bw_err_set(err, BW_ELIMIT, "ecosystems.txt has more than %d names",
                              BW_ECOSYSTEMS_MAX);
        names.v[names.n] = bw_arena_str(arena, line);
        if (!names.v[names.n++].p)
            return no_memory(err);
    }
    *ret_names = names;
    return 0;
}

static bool is_public_bucket(const char *root)
{
    struct bw_str s = bw_str(root);
    while (s.n && s.p[s.n - 1] == '/')
        s.n--;
    return bw_str_eq(s, BW_STR(BW_IMPORT_PUBLIC_BUCKET));
}

int bw_import_remote_list(struct bw_import *import, const char *root, bool all,
                          struct bw_arena *arena, struct bw_strs *ret_names, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_str url = address(arena, root, BW_STR(""), BW_STR("ecosystems.txt"));
    char etag[BW_CURL_ETAG_MAX + 1];
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    int rc =
        url.p ? bw_download_small(import, url.p, NULL, &text, etag, &outcome, err) : no_memory(err);
    if (rc)
        return rc;
    bool usual = is_public_bucket(root) && !all;
    if (usual || outcome != BW_DOWNLOAD_WHOLE) {
        import->probing = true;
        *ret_names = bw_ecosystem_known(usual);
        return 0;
    }
    return parse_list(bw_buf_slice(&text), arena, ret_names, err);
}

/* --- single files --- */

int bw_import_remote_file(struct bw_import *import, const char *url, struct bw_str source,
                          int (*put)(struct bw_import *import, struct bw_str json,
                                     const struct bw_source_state *state, struct bw_err *err),
                          struct bw_err *err)
{
    struct bw_known known BW_CLEANUP(bw_known_free);
    int rc = bw_known_open(import, source, &known, err);
    if (rc)
        return rc;
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_OSV_TEXT_MAX * 2);
    bool same_place = known.source && strcmp(known.origin, url) == 0;
    char etag[BW_CURL_ETAG_MAX + 1];
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    rc = bw_download_small(import, url, same_place ? known.etag : "", &bytes, etag, &outcome, err);
    if (rc)
        return rc;
    if (outcome == BW_DOWNLOAD_ABSENT)
        return bw_err_set(err, BW_ENOENT, "%s is not there", url);
    import->sources++;
    if (outcome == BW_DOWNLOAD_UNCHANGED) {
        import->sources_unchanged++;
        return 0;
    }
    const struct bw_source_state state = {.origin = bw_str(url), .etag = bw_str(etag)};
    return put(import, bw_buf_slice(&bytes), &state, err);
}

static int import_downloaded(struct bw_import *import, int fd, struct bw_str name,
                             const struct bw_source_state *state, struct bw_err *err)
{
    char magic[2] = "";
    if (bw_fd_pread_full(fd, magic, sizeof magic, 0) < 0)
        return bw_err_errno(err, "cannot read");
    if (memcmp(magic, "PK", 2) == 0)
        return bw_import_zip(import, fd, name, state, err);
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_OSV_TEXT_MAX * 2);
    int rc = lseek(fd, 0, SEEK_SET) < 0 ? bw_err_errno(err, "cannot read")
                                        : bw_fd_slurp(fd, &bytes, err);
    return rc ? rc : bw_import_json(import, bw_buf_slice(&bytes), name, state, err);
}

static int import_named_url(struct bw_import *import, const char *url, struct bw_str name,
                            struct bw_err *err)
{
    struct bw_known known BW_CLEANUP(bw_known_free);
    int rc = bw_known_open(import, name, &known, err);
    if (rc)
        return rc;
    bool same_place = known.source && strcmp(known.origin, url) == 0;
    struct bw_download download;
    enum bw_download_outcome outcome = BW_DOWNLOAD_ABSENT;
    rc = bw_download_get(import, url, name, same_place ? known.etag : "", false, &download,
                         &outcome, err);
    if (rc)
        return rc;
    if (outcome == BW_DOWNLOAD_ABSENT)
        return bw_err_set(err, BW_ENOENT, "%s is not there", url);
    import->sources++;
    if (outcome == BW_DOWNLOAD_UNCHANGED)
        return bw_import_unchanged(import, &known, err);
    const struct bw_source_state state = {.origin = bw_str(url), .etag = bw_str(download.etag)};
    rc = import_downloaded(import, download.fd, name, &state, err);
    bw_download_discard(&download);
    return rc;
}

int bw_import_url(struct bw_import *import, const char *url, struct bw_err *err)
{
    if (bw_str_starts(bw_str(url), BW_STR("file://")))
        return bw_import_path(import, url + strlen("file://"), err);
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
    struct bw_str name = arena ? bw_import_source_name(arena, url, true) : BW_STR("");
    if (!arena || !name.p)
        return no_memory(err);
    return import_named_url(import, url, name, err);
}
