#include "know/import.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/vec.h"
#include "know/ecosystem.h"
#include "know/epss.h"
#include "know/import-record.h"
#include "know/import-remote.h"
#include "know/kev.h"
#include "wrap/crc32.h"

static const struct bw_str KEV_SOURCE = {"kev", 3};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

void bw_import_end(struct bw_import *import)
{
    bw_curl_freep(&import->curl);
}

/* --- one JSON file --- */

static int put_kev(struct bw_import *import, const struct bw_kev_entry *entries, size_t n,
                   const struct bw_source_state *state, struct bw_err *err)
{
    struct bw_writer *writer = import->writer;
    int64_t source;
    int rc = bw_writer_begin(writer, err);
    if (rc == 0)
        rc = bw_writer_source(writer, KEV_SOURCE, &source, err);
    if (rc == 0)
        rc = bw_writer_clear_kev(writer, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc =
            bw_writer_put_kev(writer, entries[i].cve, entries[i].added, entries[i].ransomware, err);
    return rc ? rc : bw_writer_set_source(writer, source, state, err);
}

int bw_import_is_same(struct bw_import *import, struct bw_str name, struct bw_str bytes,
                      struct bw_source_state *state, char hex[BW_SHA256_HEX_SIZE], bool *ret_same,
                      struct bw_err *err)
{
    uint8_t digest[BW_SHA256_SIZE];
    struct bw_known known BW_CLEANUP(bw_known_free);
    if (bw_sha256(bytes.p, bytes.n, digest))
        return bw_err_set(err, BW_EINTERNAL, "SHA-256 failed");
    bw_sha256_hex(digest, hex);
    state->sha256 = bw_str(hex);
    state->size = bytes.n;
    int rc = bw_known_open(import, name, &known, err);
    *ret_same = rc == 0 && known.source && known.size == state->size &&
                bw_str_eq(bw_str(known.sha256), state->sha256);
    return rc;
}

bool bw_import_is_kev(struct bw_str json)
{
    return json.n && bw_str_find_str(json, BW_STR("\"cveID\"")) != SIZE_MAX;
}

int bw_import_kev_bytes(struct bw_import *import, struct bw_str json,
                        const struct bw_source_state *state, struct bw_err *err)
{
    char hex[BW_SHA256_HEX_SIZE];
    struct bw_source_state now = *state;
    bool same = false;
    int rc = bw_import_is_same(import, KEV_SOURCE, json, &now, hex, &same, err);
    if (rc || same) {
        import->sources_unchanged += same;
        return rc;
    }
    struct bw_arena *arena = bw_arena_new(BW_LOADED_MEMORY_MAX);
    struct bw_kev_entry *entries = NULL;
    size_t n = 0;
    rc = arena ? bw_kev_parse(json, arena, &entries, &n, err) : no_memory(err);
    if (rc == 0)
        rc = put_kev(import, entries, n, &now, err);
    bw_arena_free(arena);
    return rc;
}

static int import_record_bytes(struct bw_import *import, struct bw_loaded *loaded,
                               struct bw_str name, const struct bw_source_state *state,
                               struct bw_err *err)
{
    struct bw_known known BW_CLEANUP(bw_known_free);
    int rc = bw_known_open(import, name, &known, err);
    if (rc == 0)
        rc = bw_known_load(import, &known, err);
    import->records++;
    loaded->file.name = name;
    if (rc == 0 && bw_known_same(import, &known, name, loaded->file.crc32, loaded->file.size)) {
        import->sources_unchanged++;
        return 0;
    }
    if (rc == 0)
        rc = bw_import_change(import, name, &known, err);
    if (rc == 0)
        rc = bw_import_put(import, known.source, loaded, err);
    return rc ? rc : bw_import_done(import, &known, state, err);
}

int bw_import_json(struct bw_import *import, struct bw_str json, struct bw_str name,
                   const struct bw_source_state *state, struct bw_err *err)
{
    if (bw_import_is_gzip(json) || bw_epss_is(json))
        return bw_import_epss_bytes(import, json, state, err);
    int rc = bw_import_is_kev(json) ? bw_import_kev_bytes(import, json, state, err) : BW_EFORMAT;
    if (rc != BW_EFORMAT)
        return rc;
    struct bw_loaded loaded = {.arena = NULL};
    rc = bw_load(json, NULL, &loaded, err);
    /* The person named this one file: that it is nothing to read is an error, not a gap. */
    if (rc == 0 && loaded.rc)
        rc = bw_err_set(err, (enum bw_code)loaded.rc, "%s", loaded.why);
    if (rc == 0)
        rc = import_record_bytes(import, &loaded, name, state, err);
    bw_loaded_free(&loaded);
    return rc;
}

/* --- paths --- */

static int is_bucket(const char *path, bool *ret_bucket, struct bw_err *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return bw_err_errno(err, "cannot open %s", path);
    *ret_bucket = false;
    for (struct dirent *entry; !*ret_bucket && (entry = readdir(dir));) {
        char name[512];
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/all.zip", entry->d_name);
        *ret_bucket = fstatat(dirfd(dir), name, &st, 0) == 0 && S_ISREG(st.st_mode);
    }
    closedir(dir);
    return 0;
}

static int import_json_fd(struct bw_import *import, int fd, struct bw_str name,
                          const struct bw_source_state *state, struct bw_err *err)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KEV_TEXT_MAX);
    int rc = bw_fd_slurp(fd, &bytes, err);
    return rc ? rc : bw_import_json(import, bw_buf_slice(&bytes), name, state, err);
}

static int import_file(struct bw_import *import, const char *path, struct bw_str name,
                       struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return bw_err_errno(err, "cannot open");
    char magic[4] = "";
    if (bw_fd_pread_full(fd, magic, sizeof magic, 0) < 0)
        return bw_err_errno(err, "cannot read");
    const struct bw_source_state state = {.origin = bw_str(path)};
    if (memcmp(magic, "PK", 2) == 0)
        return bw_import_zip(import, fd, name, &state, err);
    return import_json_fd(import, fd, name, &state, err);
}

static int import_named(struct bw_import *import, const char *path, bool folder, struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
    struct bw_str name = arena ? bw_import_source_name(arena, path, false) : BW_STR("");
    if (!arena || !name.p)
        return no_memory(err);
    import->sources++;
    return folder ? bw_import_folder(import, path, name, err)
                  : import_file(import, path, name, err);
}

/* A bucket, one ecosystem of a bucket, or JSON files. */
static int import_directory(struct bw_import *import, const char *path, struct bw_err *err)
{
    bool bucket = false;
    char *zip = NULL;
    int rc = is_bucket(path, &bucket, err);
    if (rc)
        return rc;
    if (bucket)
        return bw_import_bucket(import, path, (struct bw_strs){NULL, 0}, err);
    if (asprintf(&zip, "%s/all.zip", path) < 0)
        return no_memory(err);
    rc = access(zip, F_OK) ? import_named(import, path, true, err)
                           : import_named(import, zip, false, err);
    free(zip);
    return rc;
}

static int import_resolved(struct bw_import *import, const char *path, struct bw_err *err)
{
    struct stat st;
    if (stat(path, &st))
        return bw_err_errno(err, "cannot look at it");
    if (S_ISDIR(st.st_mode))
        return import_directory(import, path, err);
    if (!S_ISREG(st.st_mode))
        return bw_err_set(err, BW_EUSAGE, "neither a file nor a folder");
    return import_named(import, path, false, err);
}

int bw_import_path(struct bw_import *import, const char *path, struct bw_err *err)
{
    char *resolved = realpath(path, NULL);
    if (!resolved)
        return bw_err_errno(err, "cannot import %s", path);
    int rc = import_resolved(import, resolved, err);
    free(resolved);
    return rc ? bw_err_prefix(err, rc, "cannot import %s", path) : 0;
}

/* --- a bucket in a folder --- */

static int import_folder_ecosystem(struct bw_import *import, const char *root, struct bw_str name,
                                   struct bw_err *err)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%" BW_STR_F "/all.zip", root, BW_STR_A(name)) < 0)
        return no_memory(err);
    import->sources++;
    int rc = import_file(import, path, name, err);
    if (rc)
        rc = bw_err_prefix(err, rc, "%s", path);
    free(path);
    return rc;
}

/* Past a source that cannot be read the import goes on; past our own trouble it does not. */
static int survive(struct bw_import *import, struct bw_str name, int rc, const struct bw_err *why)
{
    if (rc == 0 || rc == BW_ENOMEM || rc == BW_EINTERNAL || rc == BW_EIO || import->halfway ||
        import->stopped)
        return rc;
    import->sources_failed++;
    bw_import_note(import, true, "%" BW_STR_F " was not imported: %s", BW_STR_A(name), why->msg);
    return 0;
}

/* *ret_outcome: 0 where one was imported, else why none was. */
static int import_listed(struct bw_import *import, const char *root, bool remote,
                         struct bw_strs names, int *ret_outcome, struct bw_err *err)
{
    int rc = 0;
    *ret_outcome = BW_ENOENT;
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        struct bw_err why = {.code = BW_OK};
        rc = remote ? bw_import_remote_ecosystem(import, root, names.v[i], &why)
                    : import_folder_ecosystem(import, root, names.v[i], &why);
        if (*ret_outcome && rc != BW_ENOENT)
            *ret_outcome = rc;
        if (rc == BW_ENOENT && import->probing)
            rc = 0;
        rc = survive(import, names.v[i], rc, &why);
        if (rc && err)
            *err = why;
    }
    return rc;
}

static int by_bytes(const void *a, const void *b)
{
    return bw_str_cmp(*(const struct bw_str *)a, *(const struct bw_str *)b);
}

static int list_folder(const char *root, struct bw_arena *arena, struct bw_strs *ret_names,
                       struct bw_err *err)
{
    BW_VEC_TYPE(found, struct bw_str) found = {.v = NULL};
    DIR *dir = opendir(root);
    if (!dir)
        return bw_err_errno(err, "cannot open %s", root);
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof path, "%s/all.zip", entry->d_name);
        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), path, &st, 0))
            continue;
        struct bw_str *slot = BW_VEC_PUSH(&found, BW_ECOSYSTEMS_MAX);
        if (!slot || !(*slot = bw_arena_str(arena, bw_str(entry->d_name))).p)
            rc = no_memory(err);
    }
    closedir(dir);
    if (rc == 0 && found.n)
        qsort(found.v, found.n, sizeof *found.v, by_bytes);
    struct bw_strs names = {.v = bw_arena_array(arena, found.n, sizeof *names.v), .n = found.n};
    if (rc == 0 && !names.v)
        rc = no_memory(err);
    if (rc == 0 && names.v && found.n)
        memcpy(names.v, found.v, found.n * sizeof *names.v);
    BW_VEC_FREE(&found);
    if (rc == 0)
        *ret_names = names;
    return rc;
}

static int check_names(struct bw_strs names, struct bw_err *err)
{
    for (size_t i = 0; i < names.n; i++)
        if (!bw_ecosystem_is_folder(names.v[i]))
            return bw_err_set(err, BW_EUSAGE, "'%" BW_STR_F "' is no name of an ecosystem",
                              BW_STR_A(names.v[i]));
    return 0;
}

static bool wants_all(struct bw_strs names)
{
    return names.n == 1 && bw_str_eq(names.v[0], BW_STR("all"));
}

static int import_all_of(struct bw_import *import, const char *root, bool remote,
                         struct bw_strs asked, struct bw_arena *arena, struct bw_err *err)
{
    struct bw_strs names = asked;
    int rc = check_names(asked, err);
    if (rc == 0 && (asked.n == 0 || wants_all(asked)))
        rc = remote ? bw_import_remote_list(import, root, asked.n > 0, arena, &names, err)
                    : list_folder(root, arena, &names, err);
    if (rc == 0 && names.n == 0)
        rc = bw_err_set(err, BW_ENOENT, "%s holds no ECOSYSTEM/all.zip", root);
    int outcome = 0;
    if (rc == 0)
        rc = import_listed(import, root, remote, names, &outcome, err);
    if (rc == 0 && outcome)
        rc = bw_err_set(err, (enum bw_code)outcome, "nothing of %s was imported", root);
    return rc;
}

/* What lies beside the ecosystems; that it is not there is no trouble. */
static int import_beside(struct bw_import *import, const char *root, bool remote, const char *path,
                         struct bw_str what,
                         int (*take)(struct bw_import *import, const char *where,
                                     struct bw_err *err),
                         struct bw_err *err)
{
    char *where = NULL;
    if (asprintf(&where, "%s/%s", root, path) < 0)
        return no_memory(err);
    struct bw_err why = {.code = BW_OK};
    int rc = 0;
    if (remote || access(where, R_OK) == 0)
        rc = take(import, where, &why);
    if (rc == BW_ENOENT)
        rc = 0;
    rc = survive(import, what, rc, &why);
    if (rc && err)
        *err = why;
    free(where);
    return rc;
}

int bw_import_bucket(struct bw_import *import, const char *root, struct bw_strs ecosystems,
                     struct bw_err *err)
{
    bool remote = bw_import_is_url(root);
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(64 << 20);
    if (!arena)
        return no_memory(err);
    const char *at = root;
    if (bw_str_starts(bw_str(root), BW_STR("file://"))) {
        at = root + strlen("file://");
        remote = false;
    }
    int rc = import_all_of(import, at, remote, ecosystems, arena, err);
    if (rc == 0)
        rc = import_beside(import, at, remote, "kev/known_exploited_vulnerabilities.json",
                           BW_STR("the list of exploited vulnerabilities"), bw_import_kev, err);
    if (rc == 0)
        rc = import_beside(import, at, remote, "epss/epss_scores-current.csv.gz",
                           BW_STR("the list of EPSS scores"), bw_import_epss, err);
    return rc;
}

int bw_import_kev(struct bw_import *import, const char *where, struct bw_err *err)
{
    if (bw_import_is_url(where) && !bw_str_starts(bw_str(where), BW_STR("file://")))
        return bw_import_remote_file(import, where, KEV_SOURCE, bw_import_kev_bytes, err);
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KEV_TEXT_MAX);
    const char *path =
        bw_str_starts(bw_str(where), BW_STR("file://")) ? where + strlen("file://") : where;
    const struct bw_source_state state = {.origin = bw_str(where)};
    int rc = bw_fd_slurp_path(path, &bytes, err);
    if (rc)
        return rc;
    import->sources++;
    rc = bw_import_kev_bytes(import, bw_buf_slice(&bytes), &state, err);
    return rc ? bw_err_prefix(err, rc, "cannot import %s", where) : 0;
}
