#include "know/import-record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "wrap/crc32.h"
#include "wrap/sha256.h"
#include "wrap/zip.h"

#define SHOW_EVERY_MS 100

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

int bw_load(struct bw_str json, struct bw_json_pool *pool, struct bw_loaded *loaded,
            struct bw_err *err)
{
    uint8_t digest[BW_SHA256_SIZE];
    loaded->file.size = json.n;
    loaded->file.crc32 = bw_crc32(0, json.p, json.n);
    if (bw_sha256(json.p, json.n, digest))
        return bw_err_set(err, BW_EINTERNAL, "SHA-256 failed");
    memcpy(loaded->file.digest, digest, sizeof loaded->file.digest);
    loaded->arena = bw_arena_new(BW_LOADED_MEMORY_MAX);
    if (!loaded->arena)
        return no_memory(err);
    struct bw_err why = {.code = BW_OK};
    loaded->rc = bw_osv_parse(json, pool, loaded->arena, &loaded->record, &why);
    if (loaded->rc == BW_ENOMEM)
        return no_memory(err);
    if (loaded->rc)
        bw_load_failed(loaded, &why);
    return 0;
}

void bw_load_failed(struct bw_loaded *loaded, const struct bw_err *why)
{
    loaded->rc = why->code;
    snprintf(loaded->why, sizeof loaded->why, "%.199s", why->msg);
}

void bw_loaded_free(struct bw_loaded *loaded)
{
    bw_arena_free(loaded->arena);
    loaded->arena = NULL;
}

int bw_import_put(struct bw_import *import, int64_t source, struct bw_loaded *loaded,
                  struct bw_err *err)
{
    loaded->file.source = source;
    import->changed++;
    loaded->file.modified = loaded->rc ? BW_STR("") : loaded->record.modified;
    if (loaded->rc) {
        import->unreadable++;
        return bw_writer_put_unreadable(import->writer, &loaded->file, loaded->why, err);
    }
    if (loaded->record.left_out) {
        import->left_out++;
        return bw_writer_put_left_out(import->writer, &loaded->file, err);
    }
    return bw_writer_put(import->writer, &loaded->file, &loaded->record, err);
}

/* --- what a source had --- */

static int take_source_row(struct bw_sqlite_stmt *row, struct bw_known *known, struct bw_err *err)
{
    char **texts[] = {&known->origin, &known->sha256, &known->etag, &known->list_etag};
    known->source = bw_sqlite_column_i64(row, 0);
    known->size = (uint64_t)bw_sqlite_column_i64(row, 5);
    for (int i = 0; i < 4; i++) {
        struct bw_str text = bw_sqlite_column_str(row, i + 1);
        free(*texts[i]);
        *texts[i] = strndup(text.p ? text.p : "", text.n);
        if (!*texts[i])
            return no_memory(err);
    }
    return 0;
}

int bw_known_open(struct bw_import *import, struct bw_str name, struct bw_known *ret_known,
                  struct bw_err *err)
{
    *ret_known = (struct bw_known){.files = BW_MAP(BW_ZIP_ENTRIES_MAX)};
    ret_known->origin = strdup("");
    ret_known->sha256 = strdup("");
    ret_known->etag = strdup("");
    ret_known->list_etag = strdup("");
    if (!ret_known->origin || !ret_known->sha256 || !ret_known->etag || !ret_known->list_etag)
        return no_memory(err);
    struct bw_sqlite *db = bw_writer_db(import->writer);
    if (!db)
        return 0;
    struct bw_sqlite_stmt *row BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(
        db, "SELECT key, origin, sha256, etag, list_etag, size FROM source WHERE name=?1", &row,
        err);
    if (rc)
        return rc;
    bw_sqlite_bind_str(row, 1, name);
    rc = bw_sqlite_step(row, err);
    return rc > 0 ? take_source_row(row, ret_known, err) : rc;
}

static int add_known(struct bw_known *known, struct bw_sqlite_stmt *row, struct bw_err *err)
{
    struct bw_known_file *file = bw_arena_alloc(known->arena, sizeof *file);
    struct bw_str name = bw_arena_str(known->arena, bw_sqlite_column_str(row, 0));
    struct bw_map_item *item = file && name.p ? bw_map_at(&known->files, name) : NULL;
    if (!item)
        return no_memory(err);
    item->value = file;
    file->crc32 = (uint32_t)bw_sqlite_column_i64(row, 1);
    file->size = (uint64_t)bw_sqlite_column_i64(row, 2);
    file->state = (enum bw_store_state)bw_sqlite_column_i64(row, 3);
    file->modified = bw_arena_str(known->arena, bw_sqlite_column_str(row, 4));
    return file->modified.p ? 0 : no_memory(err);
}

int bw_known_load(struct bw_import *import, struct bw_known *known, struct bw_err *err)
{
    known->arena = bw_arena_new(BW_LOADED_MEMORY_MAX * 4);
    if (!known->arena)
        return no_memory(err);
    if (!known->source)
        return 0;
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(
        bw_writer_db(import->writer),
        "SELECT name, crc32, size, state, modified FROM record WHERE source=?1", &rows, err);
    if (rc == 0)
        bw_sqlite_bind_i64(rows, 1, known->source);
    while (rc == 0 && (rc = bw_sqlite_step(rows, err)) > 0)
        rc = add_known(known, rows, err);
    return rc;
}

void bw_known_free(struct bw_known *known)
{
    bw_map_free(&known->files);
    bw_arena_free(known->arena);
    free(known->origin);
    free(known->sha256);
    free(known->etag);
    free(known->list_etag);
}

bool bw_known_same(struct bw_import *import, struct bw_known *known, struct bw_str name,
                   uint32_t crc32, uint64_t size)
{
    struct bw_known_file *file = bw_map_get(&known->files, name);
    if (!file)
        return false;
    file->seen = true;
    if (file->crc32 != crc32 || file->size != size)
        return false;
    import->unchanged++;
    import->left_out += file->state == BW_STORE_LEFT_OUT;
    import->unreadable += file->state == BW_STORE_UNREADABLE;
    return true;
}

int bw_import_change(struct bw_import *import, struct bw_str name, struct bw_known *known,
                     struct bw_err *err)
{
    int rc = bw_writer_begin(import->writer, err);
    import->halfway = true;
    return rc ? rc : bw_writer_source(import->writer, name, &known->source, err);
}

int bw_import_done(struct bw_import *import, const struct bw_known *known,
                   const struct bw_source_state *state, struct bw_err *err)
{
    int rc = bw_writer_set_source(import->writer, known->source, state, err);
    import->halfway = rc != 0;
    return rc;
}

int bw_import_unchanged(struct bw_import *import, const struct bw_known *known, struct bw_err *err)
{
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(
        bw_writer_db(import->writer),
        "SELECT count(*), sum(state = 1), sum(state = 2) FROM record WHERE source=?1", &rows, err);
    if (rc)
        return rc;
    bw_sqlite_bind_i64(rows, 1, known->source);
    rc = bw_sqlite_step(rows, err);
    if (rc <= 0)
        return rc;
    import->records += (uint64_t)bw_sqlite_column_i64(rows, 0);
    import->unchanged += (uint64_t)bw_sqlite_column_i64(rows, 0);
    import->left_out += (uint64_t)bw_sqlite_column_i64(rows, 1);
    import->unreadable += (uint64_t)bw_sqlite_column_i64(rows, 2);
    import->sources_unchanged++;
    return 0;
}

int bw_import_sweep(struct bw_import *import, struct bw_known *known, struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < known->files.n; i++) {
        const struct bw_map_item *item = &known->files.items[i];
        if (((const struct bw_known_file *)item->value)->seen)
            continue;
        rc = bw_writer_drop(import->writer, known->source, item->key, err);
        import->removed++;
    }
    return rc;
}

/* --- the person --- */

int bw_import_show(struct bw_import *import, const struct bw_import_progress *progress,
                   struct bw_err *err)
{
    if (!import->progress)
        return 0;
    int64_t now = bw_clock_monotonic_ms();
    if (now - import->shown_at < SHOW_EVERY_MS)
        return 0;
    import->shown_at = now;
    import->stopped = import->progress(import->ctx, progress);
    return import->stopped ? bw_err_set(err, BW_ETIMEOUT, "stopped") : 0;
}

void bw_import_note(struct bw_import *import, bool warning, const char *fmt, ...)
{
    if (!import->note)
        return;
    char text[BW_ERR_MSG_MAX + 256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    import->note(import->ctx, warning, text);
}

/* --- names --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct bw_str decode(struct bw_arena *arena, struct bw_str s)
{
    char *out = bw_arena_alloc(arena, s.n);
    size_t n = 0;
    for (size_t i = 0; out && i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        out[n++] = low >= 0 ? (char)(high << 4 | low) : s.p[i];
        i += low >= 0 ? 2 : 0;
    }
    return (struct bw_str){out, n};
}

struct bw_str bw_import_source_name(struct bw_arena *arena, const char *address, bool url)
{
    struct bw_str s = bw_str(address);
    static const struct bw_str all = {"/all.zip", 8};
    if (!bw_str_ends(s, all))
        return bw_arena_str(arena, s);
    struct bw_str folder = bw_str_take(s, s.n - all.n);
    size_t slash = bw_str_rfind(folder, '/');
    struct bw_str last = slash == SIZE_MAX ? folder : bw_str_from(folder, slash + 1);
    if (last.n == 0 || last.p[0] == '.')
        return bw_arena_str(arena, s);
    return url ? decode(arena, last) : bw_arena_str(arena, last);
}
