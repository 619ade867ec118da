#include "know/advisories.h"

#include <stdlib.h>

#include "base/vec.h"
#include "know/builtin.h"
#include "know/know-state.h"
#include "know/store.h"

#define ECOSYSTEMS_MAX 100000

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

static int wrap(struct bw_sqlite *db, struct bw_know **ret_know, struct bw_err *err)
{
    struct bw_know *know = calloc(1, sizeof *know);
    if (!know) {
        bw_sqlite_close(db);
        return no_memory(err);
    }
    know->db = db;
    *ret_know = know;
    return 0;
}

int bw_know_open(const char *path, struct bw_know **ret_know, struct bw_err *err)
{
    char *usual = NULL;
    int rc = path ? 0 : bw_store_default_path(&usual, err);
    struct bw_sqlite *db = NULL;
    if (rc == 0)
        rc = bw_store_open(path ? path : usual, &db, err);
    free(usual);
    return rc ? rc : wrap(db, ret_know, err);
}

int bw_know_open_builtin(struct bw_know **ret_know, struct bw_err *err)
{
    struct bw_sqlite *db = NULL;
    int rc = bw_builtin_open(&db, err);
    return rc ? rc : wrap(db, ret_know, err);
}

void bw_know_close(struct bw_know *know)
{
    if (!know)
        return;
    bw_sqlite_close(know->db);
    free(know);
}

void bw_know_closep(struct bw_know **know)
{
    bw_know_close(*know);
    *know = NULL;
}

static int meta_text(struct bw_know *know, const char *key, struct bw_arena *arena,
                     struct bw_str *ret_text, struct bw_err *err)
{
    char *text = NULL;
    int rc =
        bw_store_get_text(know->db, "SELECT value FROM meta WHERE key=?1", bw_str(key), &text, err);
    if (rc)
        return rc;
    struct bw_str copy = bw_arena_str(arena, bw_str(text));
    free(text);
    if (!copy.p)
        return no_memory(err);
    *ret_text = copy;
    return 0;
}

static int meta_count(struct bw_know *know, const char *key, uint64_t *ret_count,
                      struct bw_err *err)
{
    int64_t count;
    int rc = bw_store_get_i64(know->db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key=?1",
                              bw_str(key), &count, err);
    if (rc == 0)
        *ret_count = count > 0 ? (uint64_t)count : 0;
    return rc;
}

static int list_ecosystems(struct bw_know *know, struct bw_arena *arena, struct bw_strs *ret_names,
                           struct bw_err *err)
{
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    BW_VEC_TYPE(names, struct bw_str) names = {.v = NULL};
    int rc = bw_sqlite_prepare(
        know->db, "SELECT name FROM ecosystem WHERE name = base AND records > 0 ORDER BY name",
        &rows, err);
    while (rc == 0 && (rc = bw_sqlite_step(rows, err)) > 0) {
        struct bw_str *slot = BW_VEC_PUSH(&names, ECOSYSTEMS_MAX);
        rc = slot ? 0 : no_memory(err);
        if (slot && !(*slot = bw_arena_str(arena, bw_sqlite_column_str(rows, 0))).p)
            rc = no_memory(err);
    }
    struct bw_strs list = {.v = bw_arena_array(arena, names.n, sizeof *list.v), .n = names.n};
    if (rc == 0 && !list.v)
        rc = no_memory(err);
    if (rc == 0 && list.v && names.n)
        memcpy(list.v, names.v, names.n * sizeof *names.v);
    BW_VEC_FREE(&names);
    if (rc == 0)
        *ret_names = list;
    return rc;
}

int bw_know_info(struct bw_know *know, struct bw_arena *arena, struct bw_database_info *ret_info,
                 struct bw_err *err)
{
    struct bw_database_info info = {.present = true};
    uint64_t builtin = 0;
    int rc = meta_count(know, "builtin", &builtin, err);
    if (rc == 0)
        rc = meta_count(know, "records", &info.records, err);
    if (rc == 0)
        rc = meta_text(know, "digest", arena, &info.digest, err);
    if (rc == 0)
        rc = meta_text(know, "newest", arena, &info.newest, err);
    if (rc == 0)
        rc = meta_text(know, "imported", arena, &info.imported, err);
    if (rc == 0)
        rc = list_ecosystems(know, arena, &info.ecosystems, err);
    if (rc)
        return rc;
    info.builtin = builtin != 0;
    *ret_info = info;
    return 0;
}

int bw_know_unreadable(struct bw_know *know, uint64_t *ret_count, struct bw_err *err)
{
    return meta_count(know, "unreadable", ret_count, err);
}
