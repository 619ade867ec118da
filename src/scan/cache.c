#include "scan/cache.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/build.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/map.h"
#include "wrap/sqlite.h"
#include "wrap/zstd.h"

#define SCHEMA       2
#define SETTLED_SECS 2
#define SUBJECTS_MAX 1000000u

enum statement {
    GET,
    PUT,
    TOUCH,
    STATEMENTS,
};

static const char *const SQL[STATEMENTS] = {
    [GET] = "SELECT bytes, used FROM entry WHERE kind=?1 AND key=?2",
    [PUT] = ("INSERT OR REPLACE INTO entry(kind, key, used, size, label, build, bytes)"
             " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
    [TOUCH] = "UPDATE entry SET used=?3 WHERE kind=?1 AND key=?2",
};

struct bw_cache {
    struct bw_sqlite *db;
    struct bw_sqlite_stmt *stmts[STATEMENTS];
    int64_t today;
    bool failed; /* it was said once, and the cache is left alone */
};

/* --- keys --- */

struct bw_cache_parts bw_cache_parts(void)
{
    return (struct bw_cache_parts){bw_sha256_new()};
}

/* The length before the bytes, so that no two lists of parts are alike. */
void bw_cache_part(struct bw_cache_parts *parts, struct bw_str part)
{
    bw_cache_part_u64(parts, part.n);
    if (parts->sha)
        bw_sha256_update(parts->sha, part.p, part.n);
}

void bw_cache_part_u64(struct bw_cache_parts *parts, uint64_t part)
{
    if (parts->sha)
        bw_sha256_update(parts->sha, &part, sizeof part);
}

bool bw_cache_key(struct bw_cache_parts *parts, struct bw_cache_key *ret_key)
{
    bool made = parts->sha && bw_sha256_final(parts->sha, ret_key->bytes) == 0;
    bw_sha256_free(parts->sha);
    parts->sha = NULL;
    return made;
}

bool bw_cache_identify(int fd, uint64_t offset, uint64_t size, struct bw_cache_key *ret_key)
{
    struct stat st;
    int64_t now = bw_clock_wall();
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
        now - st.st_mtim.tv_sec < SETTLED_SECS || now - st.st_ctim.tv_sec < SETTLED_SECS)
        return false;
    struct bw_cache_parts parts = bw_cache_parts();
    const uint64_t numbers[] = {
        st.st_dev,
        st.st_ino,
        (uint64_t)st.st_size,
        (uint64_t)st.st_mtim.tv_sec,
        (uint64_t)st.st_mtim.tv_nsec,
        (uint64_t)st.st_ctim.tv_sec,
        (uint64_t)st.st_ctim.tv_nsec,
        offset,
        size,
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(numbers); i++)
        bw_cache_part_u64(&parts, numbers[i]);
    return bw_cache_key(&parts, ret_key);
}

/* --- opening --- */

int bw_cache_default_path(char **ret_path, struct bw_err *err)
{
    const char *set = getenv("BULWARK_CACHE"), *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME"), *rest = "/bulwark/cache.db";
    const struct passwd *user = home && *home ? NULL : getpwuid(geteuid());
    const char *from = cache;
    if (set && *set) {
        from = set;
        rest = "";
    } else if (geteuid() == 0 && !(cache && *cache == '/')) {
        from = "/var/cache";
    } else if (!cache || *cache != '/') {
        from = user ? user->pw_dir : home;
        rest = "/.cache/bulwark/cache.db";
    }
    if (!from || !*from)
        return bw_err_set(err, BW_EUSAGE,
                          "no home directory to keep a cache in: set BULWARK_CACHE to a file");
    return asprintf(ret_path, "%s%s", from, rest) < 0 ? bw_err_set(err, BW_ENOMEM, "out of memory")
                                                      : 0;
}

static int64_t schema_of(struct bw_sqlite *db)
{
    struct bw_sqlite_stmt *stmt BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    if (bw_sqlite_prepare(db, "PRAGMA user_version", &stmt, NULL) ||
        bw_sqlite_step(stmt, NULL) <= 0)
        return -1;
    return bw_sqlite_column_i64(stmt, 0);
}

/* Processes may come at the same time: the tables are made under a lock, and only where they are
 * not there. What an older schema had is worth nothing. */
static int make_tables(struct bw_sqlite *db, struct bw_err *err)
{
    if (schema_of(db) == SCHEMA)
        return 0;
    int rc = bw_sqlite_exec(db, "BEGIN IMMEDIATE", err);
    if (rc == 0 && schema_of(db) != SCHEMA)
        rc = bw_sqlite_exec(db,
                            "DROP TABLE IF EXISTS entry;"
                            "CREATE TABLE entry("
                            " kind INTEGER NOT NULL, key BLOB NOT NULL, used INTEGER NOT NULL,"
                            " size INTEGER NOT NULL, label TEXT, build BLOB NOT NULL,"
                            " bytes BLOB NOT NULL, PRIMARY KEY(kind, key)) STRICT;"
                            "CREATE INDEX entry_used ON entry(used, size);"
                            "PRAGMA user_version = 2",
                            err);
    int ended = bw_sqlite_exec(db, rc ? "ROLLBACK" : "COMMIT", rc ? NULL : err);
    return rc ? rc : ended;
}

static int make_directory(const char *path, struct bw_err *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    char *directory = strndup(path, (size_t)(slash - path));
    if (!directory)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = bw_fd_make_dirs(directory, 0700, err);
    free(directory);
    return rc;
}

int bw_cache_open(const char *path, struct bw_cache **ret_cache, struct bw_err *err)
{
    struct bw_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    cache->today = bw_clock_wall() / 86400;
    mode_t before = umask(0077);
    int rc = make_directory(path, err);
    if (rc == 0)
        rc = bw_sqlite_open(path, BW_SQLITE_SHARED, &cache->db, err);
    umask(before);
    if (rc == 0)
        rc = make_tables(cache->db, err);
    for (int i = 0; rc == 0 && i < STATEMENTS; i++)
        rc = bw_sqlite_prepare(cache->db, SQL[i], &cache->stmts[i], err);
    if (rc) {
        bw_cache_close(cache);
        return rc;
    }
    *ret_cache = cache;
    return 0;
}

void bw_cache_close(struct bw_cache *cache)
{
    if (!cache)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        bw_sqlite_stmt_free(cache->stmts[i]);
    bw_sqlite_close(cache->db);
    free(cache);
}

/* --- entries --- */

static void give_up(struct bw_cache *cache, const struct bw_err *err)
{
    if (!cache->failed)
        bw_log(BW_LOG_WARN, "the cache is not used: %s", err->msg);
    cache->failed = true;
}

static struct bw_sqlite_stmt *bind(struct bw_cache *cache, enum statement which,
                                   enum bw_cache_kind kind, const struct bw_cache_key *key)
{
    struct bw_sqlite_stmt *stmt = cache->stmts[which];
    bw_sqlite_bind_i64(stmt, 1, kind);
    bw_sqlite_bind_blob(stmt, 2, bw_str_n(key->bytes, sizeof key->bytes));
    return stmt;
}

/* Once a day is enough to know what is old, and keeps readers from writing. */
static void touch(struct bw_cache *cache, enum bw_cache_kind kind, const struct bw_cache_key *key)
{
    struct bw_err err = {0};
    struct bw_sqlite_stmt *stmt = bind(cache, TOUCH, kind, key);
    bw_sqlite_bind_i64(stmt, 3, cache->today);
    if (bw_sqlite_run(stmt, &err))
        give_up(cache, &err);
}

bool bw_cache_get(struct bw_cache *cache, enum bw_cache_kind kind, const struct bw_cache_key *key,
                  struct bw_buf *to)
{
    struct bw_err err = {0};
    if (!cache || cache->failed)
        return false;
    struct bw_sqlite_stmt *stmt = bind(cache, GET, kind, key);
    int rc = bw_sqlite_step(stmt, &err);
    if (rc < 0)
        give_up(cache, &err);
    if (rc <= 0)
        return false;
    bool old = bw_sqlite_column_i64(stmt, 1) != cache->today;
    rc = bw_zstd_unpack(bw_sqlite_column_str(stmt, 0), BW_CACHE_ENTRY_MAX, to, &err);
    bw_sqlite_reset(stmt);
    if (rc == 0 && old)
        touch(cache, kind, key);
    return rc == 0;
}

static int evict(struct bw_cache *cache, struct bw_err *err)
{
    struct bw_sqlite_stmt *sum BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(cache->db, "SELECT total(size) > ?1 FROM entry", &sum, err);
    if (rc)
        return rc;
    bw_sqlite_bind_i64(sum, 1, (int64_t)BW_CACHE_SIZE_MAX);
    rc = bw_sqlite_step(sum, err);
    bool full = rc > 0 && bw_sqlite_column_i64(sum, 0);
    bw_sqlite_reset(sum);
    if (rc < 0 || !full)
        return rc < 0 ? rc : 0;
    return bw_sqlite_exec(cache->db,
                          "DELETE FROM entry WHERE rowid IN"
                          " (SELECT rowid FROM entry ORDER BY used, size DESC"
                          "  LIMIT (SELECT 1 + count(*) / 4 FROM entry))",
                          err);
}

void bw_cache_put(struct bw_cache *cache, enum bw_cache_kind kind, const struct bw_cache_key *key,
                  struct bw_str label, struct bw_str bytes)
{
    struct bw_err err = {0};
    struct bw_buf packed BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_CACHE_ENTRY_MAX);
    if (!cache || cache->failed || bytes.n > BW_CACHE_ENTRY_MAX)
        return;
    int rc = bw_zstd_pack(bytes, &packed, &err);
    if (packed.n > BW_SQLITE_VALUE_MAX)
        return;
    if (rc == 0 && kind == BW_CACHE_SUBJECT)
        rc = evict(cache, &err);
    struct bw_sqlite_stmt *stmt = bind(cache, PUT, kind, key);
    bw_sqlite_bind_i64(stmt, 3, cache->today);
    bw_sqlite_bind_i64(stmt, 4, (int64_t)packed.n);
    bw_sqlite_bind_str(stmt, 5, label.n ? label : (struct bw_str){0});
    bw_sqlite_bind_blob(stmt, 6, bw_build_id());
    bw_sqlite_bind_blob(stmt, 7, bw_buf_slice(&packed));
    if (rc == 0)
        rc = bw_sqlite_run(stmt, &err);
    bw_sqlite_reset(stmt);
    if (rc)
        give_up(cache, &err);
}

int bw_cache_subjects(struct bw_cache *cache,
                      int (*each)(void *ctx, struct bw_str label, struct bw_str bytes,
                                  struct bw_err *err),
                      void *ctx, struct bw_err *err)
{
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc =
        bw_sqlite_prepare(cache->db,
                          "SELECT label, bytes FROM (SELECT label, bytes, row_number() OVER"
                          " (PARTITION BY label ORDER BY used DESC, rowid DESC) AS n FROM entry"
                          " WHERE kind=?1 AND build=?2 AND label IS NOT NULL)"
                          " WHERE n=1 ORDER BY label LIMIT ?3",
                          &rows, err);
    if (rc)
        return rc;
    bw_sqlite_bind_i64(rows, 1, BW_CACHE_SUBJECT);
    bw_sqlite_bind_blob(rows, 2, bw_build_id());
    bw_sqlite_bind_i64(rows, 3, SUBJECTS_MAX);
    while ((rc = bw_sqlite_step(rows, err)) > 0) {
        struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CACHE_ENTRY_MAX);
        struct bw_err damaged = {0};
        if (bw_zstd_unpack(bw_sqlite_column_str(rows, 1), BW_CACHE_ENTRY_MAX, &bytes, &damaged))
            continue;
        int stop = each(ctx, bw_sqlite_column_str(rows, 0), bw_buf_slice(&bytes), err);
        if (stop) {
            bw_sqlite_reset(rows);
            return stop;
        }
    }
    return rc;
}
