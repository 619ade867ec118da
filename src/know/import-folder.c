#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/vec.h"
#include "know/import-record.h"
#include "wrap/crc32.h"

/* A folder of JSON files, walked in the order of the names so that every run is the same. */
struct walk {
    struct bw_import *import;
    struct bw_str source;
    struct bw_known known;
    struct bw_json_pool *pool;
    struct bw_arena *names;
    struct bw_buf bytes;
    uint64_t files, total;
    bool begun;
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

static int put_file(struct walk *w, struct bw_str name, const struct bw_err *why,
                    struct bw_err *err)
{
    struct bw_loaded loaded = {.file.name = name};
    int rc = 0;
    if (why)
        bw_load_failed(&loaded, why);
    else
        rc = bw_load(bw_buf_slice(&w->bytes), w->pool, &loaded, err);
    if (rc == 0 && !w->begun) {
        rc = bw_import_change(w->import, w->source, &w->known, err);
        w->begun = rc == 0;
    }
    if (rc == 0)
        rc = bw_import_put(w->import, w->known.source, &loaded, err);
    bw_loaded_free(&loaded);
    return rc;
}

static int take_file(struct walk *w, int folder, const char *file, struct bw_str name,
                     struct bw_err *err)
{
    struct bw_err why;
    bw_buf_clear(&w->bytes);
    int fd BW_CLEANUP(bw_fd_closep) =
        openat(folder, file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int rc = fd < 0 ? bw_err_errno(&why, "cannot open") : bw_fd_slurp(fd, &w->bytes, &why);
    w->import->records++;
    if (rc == BW_ENOMEM)
        return no_memory(err);
    if (rc) {
        struct bw_known_file *known = bw_map_get(&w->known.files, name);
        if (known)
            known->seen = true;
        return put_file(w, name, &why, err);
    }
    uint32_t crc32 = bw_crc32(0, w->bytes.p, w->bytes.n);
    w->total += w->bytes.n;
    if (bw_known_same(w->import, &w->known, name, crc32, w->bytes.n))
        return 0;
    const struct bw_source_state state = {.origin = w->source};
    if (bw_import_is_kev(bw_buf_slice(&w->bytes)) &&
        bw_import_kev_bytes(w->import, bw_buf_slice(&w->bytes), &state, NULL) == 0)
        return 0;
    return put_file(w, name, NULL, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
    BW_VEC(char *);
};

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    BW_VEC_FREE(names);
}

/* The names in a folder, sorted. Takes the descriptor. */
static int list(int fd, struct names *names, struct bw_err *err)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return bw_err_errno(err, "cannot list a folder");
    }
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char **slot = BW_VEC_PUSH(names, BW_IMPORT_FILES_MAX);
        if (!slot)
            rc = bw_err_set(err, BW_ELIMIT, "a folder has more than %d entries",
                            BW_IMPORT_FILES_MAX);
        else if (!(*slot = strdup(entry->d_name)))
            rc = no_memory(err);
    }
    closedir(dir);
    if (rc == 0 && names->n)
        qsort(names->v, names->n, sizeof *names->v, by_name);
    return rc;
}

static int walk(struct walk *w, int folder, struct bw_str path, int depth, struct bw_err *err);

static int enter(struct walk *w, int folder, const char *name, struct bw_str path, int depth,
                 struct bw_err *err)
{
    if (depth == BW_IMPORT_DEPTH_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %d folders deep", BW_IMPORT_DEPTH_MAX);
    int fd BW_CLEANUP(bw_fd_closep) =
        openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return bw_err_errno(err, "cannot open %s", path.p);
    return walk(w, fd, path, depth + 1, err);
}

static int visit(struct walk *w, int folder, const char *name, struct bw_str path, int depth,
                 struct bw_err *err)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : bw_err_errno(err, "cannot look at %s", path.p);
    if (S_ISDIR(st.st_mode))
        return enter(w, folder, name, path, depth, err);
    if (!S_ISREG(st.st_mode) || !bw_str_ends(bw_str(name), BW_STR(".json")))
        return 0;
    if (w->files++ == BW_IMPORT_FILES_MAX || w->total > BW_IMPORT_BYTES_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %d files or %llu bytes", BW_IMPORT_FILES_MAX,
                          (unsigned long long)BW_IMPORT_BYTES_MAX);
    int rc = take_file(w, folder, name, path, err);
    const struct bw_import_progress progress = {
        .source = w->source, .done = w->total, .records = w->import->records};
    return rc ? rc : bw_import_show(w->import, &progress, err);
}

static int walk(struct walk *w, int folder, struct bw_str path, int depth, struct bw_err *err)
{
    struct names names = {.v = NULL};
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = own < 0 ? bw_err_errno(err, "cannot list a folder") : list(own, &names, err);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        struct bw_str at = bw_arena_printf(w->names, "%" BW_STR_F "%s%s", BW_STR_A(path),
                                           path.n ? "/" : "", names.v[i]);
        if (!at.p)
            rc = no_memory(err);
        /* A name that is no text would be no text in the store either. */
        else if (bw_str_is_utf8(at))
            rc = visit(w, folder, names.v[i], at, depth, err);
    }
    free_names(&names);
    return rc;
}

static bool has_vanished(const struct bw_known *known)
{
    for (size_t i = 0; i < known->files.n; i++)
        if (!((const struct bw_known_file *)known->files.items[i].value)->seen)
            return true;
    return false;
}

static int finish(struct walk *w, struct bw_err *err)
{
    if (w->files == 0)
        return bw_err_set(err, BW_EUSAGE, "no JSON files and no ECOSYSTEM/all.zip in it");
    if (!w->begun && !has_vanished(&w->known)) {
        w->import->sources_unchanged++;
        return 0;
    }
    const struct bw_source_state state = {.origin = w->source};
    int rc = bw_import_change(w->import, w->source, &w->known, err);
    if (rc == 0)
        rc = bw_import_sweep(w->import, &w->known, err);
    return rc ? rc : bw_import_done(w->import, &w->known, &state, err);
}

int bw_import_folder(struct bw_import *import, const char *path, struct bw_str name,
                     struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return bw_err_errno(err, "cannot open %s", path);
    struct walk w = {
        .import = import,
        .source = name,
        .pool = bw_json_pool_new(),
        .names = bw_arena_new(BW_LOADED_MEMORY_MAX * 4),
        .bytes = BW_BUF(BW_OSV_TEXT_MAX),
    };
    int rc = w.pool && w.names ? 0 : no_memory(err);
    if (rc == 0)
        rc = bw_known_open(import, name, &w.known, err);
    if (rc == 0)
        rc = bw_known_load(import, &w.known, err);
    if (rc == 0)
        rc = walk(&w, fd, BW_STR(""), 0, err);
    if (rc == 0)
        rc = finish(&w, err);
    bw_known_free(&w.known);
    bw_buf_free(&w.bytes);
    bw_arena_free(w.names);
    bw_json_pool_free(w.pool);
    return rc;
}
