#include "know/store-state.h"

int bw_writer_no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

int bw_writer_find_i64(struct bw_writer *w, enum bw_writer_stmt which, int64_t number,
                       struct bw_str text, int64_t *ret_value, struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt = w->stmts[which];
    bw_sqlite_bind_i64(stmt, 1, number);
    if (text.p)
        bw_sqlite_bind_str(stmt, 2, text);
    int rc = bw_sqlite_step(stmt, err);
    if (rc < 0)
        return rc;
    *ret_value = rc ? bw_sqlite_column_i64(stmt, 0) : 0;
    bw_sqlite_reset(stmt);
    return 0;
}

static struct bw_str base_of(struct bw_str name)
{
    return bw_str_take(name, bw_str_find(name, ':'));
}

static int remember_ecosystem(struct bw_writer *w, int64_t key, struct bw_str name,
                              size_t *ret_index, struct bw_err *err)
{
    struct bw_str copy = bw_arena_str(w->arena, name);
    struct bw_map_item *item = copy.p ? bw_map_at(&w->ecosystem_at, copy) : NULL;
    struct bw_writer_ecosystem *slot =
        item ? BW_VEC_PUSH(&w->ecosystems, BW_WRITER_ECOSYSTEMS_MAX) : NULL;
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "more than %d ecosystems, or out of memory",
                          BW_WRITER_ECOSYSTEMS_MAX);
    slot->key = key;
    slot->name = copy;
    slot->base_name = base_of(copy);
    slot->stamp = -1;
    *ret_index = w->ecosystems.n - 1;
    slot->base = *ret_index;
    item->value = (void *)(uintptr_t)w->ecosystems.n;
    return 0;
}

static int add_ecosystem(struct bw_writer *w, struct bw_str name, size_t *ret_index,
                         struct bw_err *err)
{
    struct bw_sqlite_stmt *add = w->stmts[BW_STMT_ECOSYSTEM_ADD];
    bw_sqlite_bind_str(add, 1, name);
    bw_sqlite_bind_str(add, 2, base_of(name));
    int rc = bw_sqlite_run(add, err);
    return rc ? rc : remember_ecosystem(w, bw_sqlite_last_rowid(w->db), name, ret_index, err);
}

int bw_writer_ecosystem_index(struct bw_writer *w, struct bw_str name, size_t *ret_index,
                              struct bw_err *err)
{
    const void *known = bw_map_get(&w->ecosystem_at, name);
    if (known) {
        *ret_index = (size_t)(uintptr_t)known - 1;
        return 0;
    }
    size_t base = SIZE_MAX, index = 0;
    struct bw_str sum = base_of(name);
    int rc = sum.n < name.n ? bw_writer_ecosystem_index(w, sum, &base, err) : 0;
    if (rc == 0)
        rc = add_ecosystem(w, name, &index, err);
    if (rc)
        return rc;
    if (base != SIZE_MAX)
        w->ecosystems.v[index].base = base;
    *ret_index = index;
    return 0;
}

int bw_writer_load_ecosystems(struct bw_writer *w, struct bw_err *err)
{
    struct bw_sqlite_stmt *all BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(
        w->db, "SELECT key, name, records, newest FROM ecosystem ORDER BY key", &all, err);
    while (rc == 0 && (rc = bw_sqlite_step(all, err)) > 0) {
        size_t index = 0;
        struct bw_str newest = bw_sqlite_column_str(all, 3);
        rc = remember_ecosystem(w, bw_sqlite_column_i64(all, 0), bw_sqlite_column_str(all, 1),
                                &index, err);
        if (rc)
            break;
        struct bw_writer_ecosystem *eco = &w->ecosystems.v[index];
        eco->records = bw_sqlite_column_i64(all, 2);
        memcpy(eco->newest, newest.p,
               newest.n < BW_WRITER_TIME_MAX ? newest.n : BW_WRITER_TIME_MAX);
    }
    for (size_t i = 0; rc == 0 && i < w->ecosystems.n; i++) {
        const void *base = bw_map_get(&w->ecosystem_at, w->ecosystems.v[i].base_name);
        if (base)
            w->ecosystems.v[i].base = (size_t)(uintptr_t)base - 1;
    }
    return rc;
}

static void count_one(struct bw_writer_ecosystem *eco, int64_t advisory, int step,
                      struct bw_str modified)
{
    if (eco->stamp == advisory)
        return;
    eco->stamp = advisory;
    eco->records += step;
    eco->dirty = true;
    if (step > 0 && modified.n <= BW_WRITER_TIME_MAX &&
        bw_str_cmp(modified, bw_str(eco->newest)) > 0) {
        memcpy(eco->newest, modified.p, modified.n);
        eco->newest[modified.n] = '\0';
    }
}

void bw_writer_count(struct bw_writer *w, size_t index, int64_t advisory, int step,
                     struct bw_str modified)
{
    struct bw_writer_ecosystem *eco = &w->ecosystems.v[index];
    count_one(eco, advisory, step, modified);
    count_one(&w->ecosystems.v[eco->base], advisory, step, modified);
}

int bw_writer_package_key(struct bw_writer *w, int64_t ecosystem, struct bw_str name,
                          int64_t *ret_key, struct bw_err *err)
{
    bw_buf_clear(&w->key);
    bw_buf_add(&w->key, &ecosystem, sizeof ecosystem);
    bw_buf_str(&w->key, name);
    const void *known = bw_map_get(&w->packages, bw_buf_slice(&w->key));
    if (known) {
        *ret_key = (int64_t)(uintptr_t)known;
        return 0;
    }
    int64_t key = 0;
    int rc = w->fresh ? 0 : bw_writer_find_i64(w, BW_STMT_PACKAGE_FIND, ecosystem, name, &key, err);
    if (rc == 0 && key == 0) {
        bw_sqlite_bind_i64(w->stmts[BW_STMT_PACKAGE_ADD], 1, ecosystem);
        bw_sqlite_bind_str(w->stmts[BW_STMT_PACKAGE_ADD], 2, name);
        rc = bw_sqlite_run(w->stmts[BW_STMT_PACKAGE_ADD], err);
        key = bw_sqlite_last_rowid(w->db);
    }
    if (rc)
        return rc;
    struct bw_str copy = bw_arena_str(w->arena, bw_buf_slice(&w->key));
    struct bw_map_item *item = copy.p ? bw_map_at(&w->packages, copy) : NULL;
    if (!item)
        return bw_err_set(err, BW_ELIMIT, "more than %zu packages, or out of memory",
                          BW_WRITER_PACKAGES_MAX);
    item->value = (void *)(uintptr_t)key;
    *ret_key = key;
    return 0;
}
