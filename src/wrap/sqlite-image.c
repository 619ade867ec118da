#include "wrap/sqlite-image.h"

#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Progress is looked at every so many instructions of SQLite's machine. A row takes about five; an
 * object of the schema about eight, and rpm's schema has about sixty. */
#define STEPS_AT_ONCE    100
#define SCHEMA_STEPS_MAX 10000u
#define ROWS_STEPS_MAX   (20u * BW_SQLITE_IMAGE_ROWS_MAX)
#define CACHE_KIB        1024

struct image {
    const uint8_t *p;
    size_t n;
    uint64_t steps, steps_max;
    int64_t deadline;
};

struct image_file {
    sqlite3_file base;
    const struct image *image;
};

/* The file system of one image. */

static int file_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

/* Bytes 18 and 19 of the header are the format versions (fileformat2.html 1.3); 2 stands for a log
 * beside the file, which SQLite would demand to open. */
static void deny_log(uint8_t *out, size_t n, uint64_t at)
{
    for (uint64_t i = 18; i <= 19; i++)
        if (i >= at && i - at < n && out[i - at] == 2)
            out[i - at] = 1;
}

static int file_read(sqlite3_file *file, void *out, int want, sqlite3_int64 at)
{
    const struct image *image = ((struct image_file *)file)->image;
    if (want < 0 || at < 0)
        return SQLITE_IOERR_READ;
    size_t n = (size_t)want, from = (uint64_t)at < image->n ? (size_t)at : image->n;
    size_t there = image->n - from < n ? image->n - from : n;
    if (there)
        memcpy(out, image->p + from, there);
    memset((uint8_t *)out + there, 0, n - there);
    deny_log(out, there, from);
    return there == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    (void)file, (void)p, (void)n, (void)at;
    return SQLITE_READONLY;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)file, (void)size;
    return SQLITE_READONLY;
}

static int file_flags(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    *ret_size = (sqlite3_int64)((struct image_file *)file)->image->n;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *file, int *ret_locked)
{
    (void)file;
    *ret_locked = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    (void)file, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int file_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_IMMUTABLE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_flags,
    .xFileSize = file_size,
    .xLock = file_flags,
    .xUnlock = file_flags,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_characteristics,
};

static int system_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *ret_flags)
{
    (void)name;
    file->pMethods = NULL;
    if (!(flags & SQLITE_OPEN_MAIN_DB))
        return SQLITE_CANTOPEN;
    ((struct image_file *)file)->image = vfs->pAppData;
    file->pMethods = &file_methods;
    if (ret_flags)
        *ret_flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    return SQLITE_OK;
}

static int system_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_IOERR_DELETE;
}

static int system_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
    (void)vfs, (void)name, (void)flags;
    *ret_there = 0;
    return SQLITE_OK;
}

static int system_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

/* Nothing that is only read needs a random number. */
static int system_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    memset(out, 0, (size_t)n);
    return n;
}

static int system_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int system_time(sqlite3_vfs *vfs, double *ret_days)
{
    (void)vfs;
    *ret_days = 2440587.5; /* 1970-01-01 */
    return SQLITE_OK;
}

static int system_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs, (void)n, (void)out;
    return 0;
}

/* The connection. */

int bw_sqlite_image_prepare(struct bw_err *err)
{
    unsigned char seed[8];
    int rc = sqlite3_initialize();
    if (rc != SQLITE_OK)
        return bw_err_set(err, BW_EINTERNAL, "SQLite cannot start: %s", sqlite3_errstr(rc));
    sqlite3_randomness(sizeof seed, seed);
    return 0;
}

static int progress(void *ctx)
{
    struct image *image = ctx;
    image->steps += STEPS_AT_ONCE;
    return image->steps > image->steps_max || bw_clock_monotonic_ms() > image->deadline;
}

static int authorize(void *ctx, int action, const char *a, const char *b, const char *database,
                     const char *view)
{
    (void)ctx, (void)a, (void)b, (void)database;
    return (action == SQLITE_SELECT || action == SQLITE_READ) && !view ? SQLITE_OK : SQLITE_DENY;
}

static void bound(sqlite3 *db, struct image *image)
{
    static const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, (int)BW_SQLITE_IMAGE_VALUE_MAX},
        {SQLITE_LIMIT_SQL_LENGTH, 4096},
        {SQLITE_LIMIT_COLUMN, 64},
        {SQLITE_LIMIT_EXPR_DEPTH, 20},
        {SQLITE_LIMIT_COMPOUND_SELECT, 4},
        {SQLITE_LIMIT_VDBE_OP, 10000},
        {SQLITE_LIMIT_FUNCTION_ARG, 8},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 8},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        sqlite3_limit(db, limits[i].id, limits[i].value);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_drop_modules(db, NULL);
    sqlite3_progress_handler(db, STEPS_AT_ONCE, progress, image);
}

static int failed(sqlite3 *db, const struct image *image, struct bw_err *err)
{
    int rc = sqlite3_errcode(db);
    if (rc == SQLITE_NOMEM)
        return bw_err_set(err, BW_ENOMEM, "no memory to read an SQLite database");
    if (rc == SQLITE_INTERRUPT)
        return bw_err_set(err, BW_ELIMIT,
                          "reading the SQLite database takes more than %" PRIu64 " steps or %d s",
                          image->steps_max, BW_SQLITE_IMAGE_TIME_MAX_MS / 1000);
    if (rc == SQLITE_TOOBIG)
        return bw_err_set(err, BW_ELIMIT, "a value of the SQLite database has more than %zu bytes",
                          BW_SQLITE_IMAGE_VALUE_MAX);
    return bw_err_set(err, BW_EFORMAT, "the SQLite database is damaged: %s", sqlite3_errmsg(db));
}

static int prepare(sqlite3 *db, const struct image *image, const char *sql, sqlite3_stmt **ret,
                   struct bw_err *err)
{
    return sqlite3_prepare_v2(db, sql, -1, ret, NULL) == SQLITE_OK ? 0 : failed(db, image, err);
}

/* A view has no columns here; there are no modules for a virtual table. */
static int check_column(sqlite3 *db, const struct image *image, const char *table,
                        const char *column, struct bw_err *err)
{
    int rc = sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return 0;
    if (rc == SQLITE_ERROR)
        return bw_err_set(err, BW_EFORMAT, "the SQLite database has no table %s with a column %s",
                          table, column);
    return failed(db, image, err);
}

/* Generated columns run functions of the schema's choice, unseen by the authorizer. */
static int check_table(sqlite3 *db, const struct image *image,
                       const struct bw_sqlite_image_query *query, struct bw_err *err)
{
    char sql[128];
    sqlite3_stmt *stmt = NULL;
    snprintf(sql, sizeof sql, "PRAGMA main.table_xinfo([%s])", query->table);
    int rc = check_column(db, image, query->table, query->id, err);
    if (!rc)
        rc = check_column(db, image, query->table, query->blob, err);
    if (!rc)
        rc = prepare(db, image, sql, &stmt, err);
    if (rc)
        return rc;
    int step;
    while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
        if (sqlite3_column_int(stmt, 6) && !rc)
            rc = bw_err_set(err, BW_EFORMAT,
                            "the table %s of the SQLite database has computed columns",
                            query->table);
    if (!rc && step != SQLITE_DONE)
        rc = failed(db, image, err);
    sqlite3_finalize(stmt);
    return rc;
}

struct reading {
    sqlite3 *db;
    struct image *image;
    bw_sqlite_image_row *row;
    void *ctx;
    uint64_t rows, bytes;
};

/* Rows that share pages would be read again and again: their bytes together are no more than the
 * database has, or some are shared. */
static int take_row(struct reading *reading, sqlite3_stmt *stmt, struct bw_err *err)
{
    bool is_blob = sqlite3_column_type(stmt, 1) == SQLITE_BLOB;
    const uint8_t *blob = is_blob ? sqlite3_column_blob(stmt, 1) : NULL;
    size_t n = blob ? (size_t)sqlite3_column_bytes(stmt, 1) : 0;
    reading->bytes += n;
    if (reading->rows == BW_SQLITE_IMAGE_ROWS_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u rows in the SQLite database",
                          BW_SQLITE_IMAGE_ROWS_MAX);
    if (reading->bytes > reading->image->n)
        return bw_err_set(err, BW_ELIMIT, "the rows of the SQLite database overlap");
    reading->rows++;
    return reading->row(reading->ctx, sqlite3_column_int64(stmt, 0), blob, n, err);
}

static int read_rows(struct reading *reading, const struct bw_sqlite_image_query *query,
                     struct bw_err *err)
{
    char sql[256];
    int n = snprintf(sql, sizeof sql, "SELECT [%s], [%s] FROM main.[%s] NOT INDEXED", query->id,
                     query->blob, query->table);
    if (n < 0 || (size_t)n >= sizeof sql)
        return bw_err_set(err, BW_EINTERNAL, "the names of a query are too long");
    sqlite3_stmt *stmt = NULL;
    int rc = prepare(reading->db, reading->image, sql, &stmt, err);
    int step = SQLITE_DONE;
    reading->image->steps = 0;
    reading->image->steps_max = ROWS_STEPS_MAX;
    while (!rc && (step = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = take_row(reading, stmt, err);
    if (!rc && step != SQLITE_DONE)
        rc = failed(reading->db, reading->image, err);
    sqlite3_finalize(stmt);
    return rc;
}

static int read_database(struct reading *reading, const struct bw_sqlite_image_query *query,
                         struct bw_err *err)
{
    bound(reading->db, reading->image);
    char pragmas[160];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; "
             "PRAGMA cache_size=-%d;",
             CACHE_KIB);
    if (sqlite3_exec(reading->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return failed(reading->db, reading->image, err);
    int rc = check_table(reading->db, reading->image, query, err);
    if (rc)
        return rc;
    sqlite3_set_authorizer(reading->db, authorize, NULL);
    return read_rows(reading, query, err);
}

int bw_sqlite_image_read(const uint8_t *p, size_t n, const struct bw_sqlite_image_query *query,
                         bw_sqlite_image_row *row, void *ctx, uint64_t *ret_rows,
                         struct bw_err *err)
{
    *ret_rows = 0;
    if (n < 512 || memcmp(p, "SQLite format 3", 16) != 0)
        return bw_err_set(err, BW_EFORMAT, "not an SQLite database");
    struct image image = {p, n, 0, SCHEMA_STEPS_MAX,
                          bw_clock_monotonic_ms() + BW_SQLITE_IMAGE_TIME_MAX_MS};
    char name[40]; /* file systems are found by name, so each image has its own */
    snprintf(name, sizeof name, "bulwark-%p", (void *)&image);
    sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct image_file),
        .mxPathname = 64,
        .zName = name,
        .pAppData = &image,
        .xOpen = system_open,
        .xDelete = system_delete,
        .xAccess = system_access,
        .xFullPathname = system_full_name,
        .xRandomness = system_random,
        .xSleep = system_sleep,
        .xCurrentTime = system_time,
        .xGetLastError = system_error,
    };
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        return bw_err_set(err, BW_ENOMEM, "no memory to read an SQLite database");
    struct reading reading = {.image = &image, .row = row, .ctx = ctx};
    int rc = sqlite3_open_v2("image", &reading.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                             name) == SQLITE_OK
                 ? read_database(&reading, query, err)
                 : bw_err_set(err, BW_ENOMEM, "no memory to read an SQLite database");
    sqlite3_close(reading.db);
    sqlite3_vfs_unregister(&vfs);
    *ret_rows = reading.rows;
    return rc;
}
