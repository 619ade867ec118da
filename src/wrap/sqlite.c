#include "wrap/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_STEP 10000
#define BUSY_WAIT_MS  10000

struct bw_sqlite {
    sqlite3 *db;
    uint64_t steps_max, steps;
};

struct bw_sqlite_stmt {
    sqlite3_stmt *stmt;
    struct bw_sqlite *owner;
    int bind_rc; /* the first failed binding since the last reset */
};

static enum bw_code code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return BW_ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return BW_EFORMAT;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return BW_EACCESS;
    case SQLITE_TOOBIG:
    case SQLITE_INTERRUPT:
        return BW_ELIMIT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return BW_ETIMEOUT;
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
        return BW_EIO;
    default:
        return BW_EFORMAT;
    }
}

static int failed(struct bw_sqlite *db, int rc, struct bw_err *err)
{
    return bw_err_set(err, code_of(rc), "database: %s",
                      rc == SQLITE_NOMEM ? "out of memory" : sqlite3_errmsg(db->db));
}

static int count_steps(void *ctx)
{
    struct bw_sqlite *db = ctx;
    if (!db->steps_max)
        return 0;
    db->steps += PROGRESS_STEP;
    return db->steps > db->steps_max;
}

/* SQLite's own message for a file that is not there says only that it cannot open it. */
static int check_there(const char *path, struct bw_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return bw_err_errno(err, "cannot open %s", path);
    close(fd);
    return 0;
}

/* The URI form takes '%', '?' and '#' as its own; everything else stands for itself. */
static char *immutable_uri(const char *path)
{
    static const char head[] = "file:", tail[] = "?immutable=1&mode=ro";
    char *uri = malloc(sizeof head + sizeof tail + 3 * strlen(path));
    if (!uri)
        return NULL;
    char *to = stpcpy(uri, head);
    for (const char *at = path; *at; at++) {
        if (*at == '%' || *at == '?' || *at == '#')
            to += sprintf(to, "%%%02X", (unsigned char)*at);
        else
            *to++ = *at;
    }
    memcpy(to, tail, sizeof tail);
    return uri;
}

static int open_handle(struct bw_sqlite *db, const char *path, enum bw_sqlite_mode mode,
                       struct bw_err *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    char *uri = NULL;
    const char *name = path;
    if (mode == BW_SQLITE_IMMUTABLE) {
        int rc = check_there(path, err);
        if (rc)
            return rc;
        uri = immutable_uri(path);
        if (!uri)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
        name = uri;
        flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    } else {
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        if (mode == BW_SQLITE_MEMORY)
            name = ":memory:";
    }
    int rc = sqlite3_open_v2(name, &db->db, flags, NULL);
    free(uri);
    if (rc == SQLITE_OK)
        return 0;
    return db->db ? failed(db, rc, err) : bw_err_set(err, BW_ENOMEM, "out of memory");
}

static int set_up(struct bw_sqlite *db, enum bw_sqlite_mode mode, struct bw_err *err)
{
    static const char *const pragmas[] = {
        [BW_SQLITE_IMMUTABLE] = "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;",
        [BW_SQLITE_ASIDE] = "PRAGMA trusted_schema=OFF; PRAGMA journal_mode=OFF;"
                            "PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
                            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
                            "PRAGMA foreign_keys=OFF;",
        [BW_SQLITE_SHARED] = "PRAGMA trusted_schema=OFF; PRAGMA journal_mode=WAL;"
                             "PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
        [BW_SQLITE_MEMORY] = "PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
                             "PRAGMA journal_mode=OFF;",
    };
    sqlite3_limit(db->db, SQLITE_LIMIT_LENGTH, BW_SQLITE_VALUE_MAX);
    sqlite3_limit(db->db, SQLITE_LIMIT_SQL_LENGTH, BW_SQLITE_VALUE_MAX);
    sqlite3_limit(db->db, SQLITE_LIMIT_ATTACHED, 1);
    sqlite3_busy_timeout(db->db, BUSY_WAIT_MS);
    /* A defensive connection refuses journal_mode=OFF, which the throw-away file wants. */
    if (mode == BW_SQLITE_IMMUTABLE || mode == BW_SQLITE_SHARED)
        sqlite3_db_config(db->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_progress_handler(db->db, PROGRESS_STEP, count_steps, db);
    return bw_sqlite_exec(db, pragmas[mode], err);
}

/* SQLite counts its memory under a lock of the whole process, for figures that nobody asks for. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int bw_sqlite_open(const char *path, enum bw_sqlite_mode mode, struct bw_sqlite **ret_db,
                   struct bw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
    struct bw_sqlite *db = calloc(1, sizeof *db);
    if (!db)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = open_handle(db, path, mode, err);
    if (rc == 0)
        rc = set_up(db, mode, err);
    if (rc) {
        bw_sqlite_close(db);
        return mode == BW_SQLITE_MEMORY ? rc : bw_err_prefix(err, rc, "%s", path);
    }
    *ret_db = db;
    return 0;
}

void bw_sqlite_close(struct bw_sqlite *db)
{
    if (!db)
        return;
    sqlite3_close(db->db);
    free(db);
}

void bw_sqlite_closep(struct bw_sqlite **db)
{
    bw_sqlite_close(*db);
    *db = NULL;
}

int bw_sqlite_exec(struct bw_sqlite *db, const char *sql, struct bw_err *err)
{
    db->steps = 0;
    int rc = sqlite3_exec(db->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : failed(db, rc, err);
}

int bw_sqlite_prepare(struct bw_sqlite *db, const char *sql, struct bw_sqlite_stmt **ret_stmt,
                      struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt = calloc(1, sizeof *stmt);
    if (!stmt)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    stmt->owner = db;
    int rc = sqlite3_prepare_v3(db->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->stmt, NULL);
    if (rc != SQLITE_OK) {
        free(stmt);
        return failed(db, rc, err);
    }
    *ret_stmt = stmt;
    return 0;
}

void bw_sqlite_stmt_free(struct bw_sqlite_stmt *stmt)
{
    if (!stmt)
        return;
    sqlite3_finalize(stmt->stmt);
    free(stmt);
}

void bw_sqlite_stmt_freep(struct bw_sqlite_stmt **stmt)
{
    bw_sqlite_stmt_free(*stmt);
    *stmt = NULL;
}

static void bound(struct bw_sqlite_stmt *stmt, int rc)
{
    if (rc != SQLITE_OK && stmt->bind_rc == SQLITE_OK)
        stmt->bind_rc = rc;
}

void bw_sqlite_bind_i64(struct bw_sqlite_stmt *stmt, int at, int64_t value)
{
    bound(stmt, sqlite3_bind_int64(stmt->stmt, at, value));
}

void bw_sqlite_bind_str(struct bw_sqlite_stmt *stmt, int at, struct bw_str value)
{
    bound(stmt, sqlite3_bind_text64(stmt->stmt, at, value.p, value.n, SQLITE_STATIC, SQLITE_UTF8));
}

void bw_sqlite_bind_blob(struct bw_sqlite_stmt *stmt, int at, struct bw_str value)
{
    bound(stmt, sqlite3_bind_blob64(stmt->stmt, at, value.p, value.n, SQLITE_STATIC));
}

void bw_sqlite_bind_null(struct bw_sqlite_stmt *stmt, int at)
{
    bound(stmt, sqlite3_bind_null(stmt->stmt, at));
}

int bw_sqlite_step(struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    int rc = stmt->bind_rc;
    if (rc == SQLITE_OK) {
        stmt->owner->steps = 0;
        rc = sqlite3_step(stmt->stmt);
    }
    if (rc == SQLITE_ROW)
        return 1;
    int ret = rc == SQLITE_DONE ? 0 : failed(stmt->owner, rc, err);
    bw_sqlite_reset(stmt);
    return ret;
}

void bw_sqlite_reset(struct bw_sqlite_stmt *stmt)
{
    stmt->bind_rc = SQLITE_OK;
    sqlite3_reset(stmt->stmt);
}

int bw_sqlite_run(struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    int rc;
    do
        rc = bw_sqlite_step(stmt, err);
    while (rc > 0);
    return rc;
}

int bw_sqlite_column_count(struct bw_sqlite_stmt *stmt)
{
    return sqlite3_column_count(stmt->stmt);
}

int64_t bw_sqlite_column_i64(struct bw_sqlite_stmt *stmt, int at)
{
    return sqlite3_column_type(stmt->stmt, at) == SQLITE_INTEGER
               ? sqlite3_column_int64(stmt->stmt, at)
               : 0;
}

struct bw_str bw_sqlite_column_str(struct bw_sqlite_stmt *stmt, int at)
{
    int type = sqlite3_column_type(stmt->stmt, at);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB)
        return (struct bw_str){NULL, 0};
    const char *p = sqlite3_column_blob(stmt->stmt, at);
    size_t n = (size_t)sqlite3_column_bytes(stmt->stmt, at);
    return (struct bw_str){p ? p : "", p ? n : 0};
}

bool bw_sqlite_column_is_null(struct bw_sqlite_stmt *stmt, int at)
{
    return sqlite3_column_type(stmt->stmt, at) == SQLITE_NULL;
}

bool bw_sqlite_column_is_text(struct bw_sqlite_stmt *stmt, int at)
{
    return sqlite3_column_type(stmt->stmt, at) == SQLITE_TEXT;
}

int64_t bw_sqlite_changes(const struct bw_sqlite *db)
{
    return sqlite3_changes64(db->db);
}

int64_t bw_sqlite_total_changes(const struct bw_sqlite *db)
{
    return sqlite3_total_changes64(db->db);
}

int64_t bw_sqlite_last_rowid(const struct bw_sqlite *db)
{
    return sqlite3_last_insert_rowid(db->db);
}

void bw_sqlite_limit_steps(struct bw_sqlite *db, uint64_t steps)
{
    db->steps_max = steps;
    db->steps = 0;
}
