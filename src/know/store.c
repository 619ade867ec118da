#include "know/store.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RESET_REMEDY "remove it and run `bulwark db update`"

static const char TABLES[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE severity(rank INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "INSERT INTO severity VALUES(0,'unknown'),(1,'negligible'),(2,'low'),(3,'medium'),"
    "(4,'high'),(5,'critical');"
    "CREATE TABLE source(key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, origin TEXT NOT NULL,"
    " sha256 TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, list_etag TEXT NOT NULL,"
    " imported TEXT NOT NULL) STRICT;"
    "CREATE TABLE record(source INTEGER NOT NULL, name TEXT NOT NULL, crc32 INTEGER NOT NULL,"
    " size INTEGER NOT NULL, modified TEXT NOT NULL, state INTEGER NOT NULL,"
    " advisory INTEGER, why TEXT,"
    " PRIMARY KEY(source, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE ecosystem(key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " base TEXT NOT NULL, records INTEGER NOT NULL, newest TEXT NOT NULL) STRICT;"
    "CREATE TABLE advisory(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " modified TEXT NOT NULL, published TEXT NOT NULL, withdrawn TEXT NOT NULL,"
    " summary TEXT NOT NULL, aliases TEXT NOT NULL, cves TEXT NOT NULL,"
    " severity INTEGER NOT NULL, severity_from TEXT NOT NULL, vector TEXT NOT NULL,"
    " score INTEGER NOT NULL, kev INTEGER NOT NULL, url TEXT NOT NULL, digest BLOB NOT NULL,"
    " records INTEGER NOT NULL) STRICT;"
    "CREATE TABLE package(key INTEGER PRIMARY KEY, ecosystem INTEGER NOT NULL,"
    " name TEXT NOT NULL, UNIQUE(ecosystem, name)) STRICT;"
    "CREATE TABLE affected(advisory INTEGER NOT NULL, n INTEGER NOT NULL,"
    " package INTEGER NOT NULL, introduced TEXT, fixed TEXT, last_affected TEXT, before TEXT,"
    " versions TEXT, module TEXT, severity INTEGER, severity_from TEXT, vector TEXT,"
    " score INTEGER, PRIMARY KEY(advisory, n)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE cve(cve TEXT NOT NULL, advisory INTEGER NOT NULL, severity INTEGER NOT NULL,"
    " score INTEGER NOT NULL, PRIMARY KEY(cve, advisory)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE kev(cve TEXT PRIMARY KEY, added TEXT NOT NULL, ransomware INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE epss(cve TEXT PRIMARY KEY, score INTEGER NOT NULL,"
    " percentile INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

static const char INDEXES[] = "CREATE INDEX IF NOT EXISTS affected_package ON affected(package);";

static int join(const char *head, const char *tail, char **ret_path, struct bw_err *err)
{
    return asprintf(ret_path, "%s%s", head, tail) < 0 ? bw_err_set(err, BW_ENOMEM, "out of memory")
                                                      : 0;
}

int bw_store_default_path(char **ret_path, struct bw_err *err)
{
    const char *set = getenv("BULWARK_DB");
    if (set && *set)
        return join(set, "", ret_path, err);
    if (geteuid() == 0)
        return join("/var/lib/bulwark/advisories.db", "", ret_path, err);
    const char *data = getenv("XDG_DATA_HOME");
    /* The XDG base directory specification: a relative path is to be ignored. */
    if (data && *data == '/')
        return join(data, "/bulwark/advisories.db", ret_path, err);
    const char *home = getenv("HOME");
    const struct passwd *user = home && *home ? NULL : getpwuid(geteuid());
    if (user)
        home = user->pw_dir;
    if (!home || !*home)
        return bw_err_set(err, BW_EUSAGE,
                          "no home directory to keep advisories in: set BULWARK_DB to a file");
    return join(home, "/.local/share/bulwark/advisories.db", ret_path, err);
}

int bw_store_get_i64(struct bw_sqlite *db, const char *sql, struct bw_str parameter,
                     int64_t *ret_value, struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(db, sql, &stmt, err);
    if (rc)
        return rc;
    if (parameter.p)
        bw_sqlite_bind_str(stmt, 1, parameter);
    rc = bw_sqlite_step(stmt, err);
    if (rc < 0)
        return rc;
    *ret_value = rc ? bw_sqlite_column_i64(stmt, 0) : 0;
    return 0;
}

int bw_store_get_text(struct bw_sqlite *db, const char *sql, struct bw_str parameter,
                      char **ret_text, struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(db, sql, &stmt, err);
    if (rc)
        return rc;
    if (parameter.p)
        bw_sqlite_bind_str(stmt, 1, parameter);
    rc = bw_sqlite_step(stmt, err);
    if (rc < 0)
        return rc;
    struct bw_str text = rc ? bw_sqlite_column_str(stmt, 0) : BW_STR("");
    char *copy = strndup(text.p ? text.p : "", text.n);
    if (!copy)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    *ret_text = copy;
    return 0;
}

static int check_identity(struct bw_sqlite *db, struct bw_err *err)
{
    int64_t application, schema;
    int rc =
        bw_store_get_i64(db, "PRAGMA application_id", (struct bw_str){NULL, 0}, &application, err);
    if (rc == 0)
        rc = bw_store_get_i64(db, "PRAGMA user_version", (struct bw_str){NULL, 0}, &schema, err);
    if (rc == BW_EFORMAT)
        return bw_err_set(err, BW_EFORMAT, "damaged, or no advisory database: " RESET_REMEDY);
    if (rc)
        return rc;
    if (application != BW_STORE_APPLICATION_ID)
        return bw_err_set(err, BW_EFORMAT, "not an advisory database of bulwark");
    if (schema > BW_STORE_SCHEMA)
        return bw_err_set(err, BW_EUNSUPPORTED,
                          "made by a newer bulwark (schema %lld, this one reads %d): upgrade "
                          "bulwark, or " RESET_REMEDY,
                          (long long)schema, BW_STORE_SCHEMA);
    if (schema < BW_STORE_SCHEMA)
        return bw_err_set(
            err, BW_EUNSUPPORTED,
            "made by an older bulwark (schema %lld, this one reads %d): " RESET_REMEDY,
            (long long)schema, BW_STORE_SCHEMA);
    return 0;
}

int bw_store_open(const char *path, struct bw_sqlite **ret_db, struct bw_err *err)
{
    struct bw_sqlite *db = NULL;
    int rc = bw_sqlite_open(path, BW_SQLITE_IMMUTABLE, &db, err);
    if (rc == BW_ENOENT)
        return bw_err_set(err, BW_ENOENT,
                          "there are no advisories yet (%s): run `bulwark db update`", path);
    if (rc)
        return rc;
    rc = check_identity(db, err);
    if (rc) {
        bw_sqlite_close(db);
        return bw_err_prefix(err, rc, "%s", path);
    }
    *ret_db = db;
    return 0;
}

int bw_store_create_tables(struct bw_sqlite *db, struct bw_err *err)
{
    char head[128];
    snprintf(head, sizeof head, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
             BW_STORE_APPLICATION_ID, BW_STORE_SCHEMA);
    int rc = bw_sqlite_exec(db, head, err);
    return rc ? rc : bw_sqlite_exec(db, TABLES, err);
}

int bw_store_create_indexes(struct bw_sqlite *db, struct bw_err *err)
{
    return bw_sqlite_exec(db, INDEXES, err);
}

int bw_store_set_meta(struct bw_sqlite *db, const char *key, struct bw_str value,
                      struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(db, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)", &stmt, err);
    if (rc)
        return rc;
    bw_sqlite_bind_str(stmt, 1, bw_str(key));
    bw_sqlite_bind_str(stmt, 2, value);
    return bw_sqlite_run(stmt, err);
}

static const char SCHEMA_QUERY[] =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";

static bool same_row(struct bw_sqlite_stmt *a, struct bw_sqlite_stmt *b)
{
    for (int i = 0; i < 4; i++)
        if (!bw_str_eq(bw_sqlite_column_str(a, i), bw_sqlite_column_str(b, i)))
            return false;
    return true;
}

static int compare_schemas(struct bw_sqlite *a, struct bw_sqlite *b, struct bw_err *err)
{
    struct bw_sqlite_stmt *in_a BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    struct bw_sqlite_stmt *in_b BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(a, SCHEMA_QUERY, &in_a, err);
    if (rc == 0)
        rc = bw_sqlite_prepare(b, SCHEMA_QUERY, &in_b, err);
    while (rc == 0) {
        int row_a = bw_sqlite_step(in_a, err);
        int row_b = row_a < 0 ? 0 : bw_sqlite_step(in_b, err);
        if (row_a < 0 || row_b < 0)
            return row_a < 0 ? row_a : row_b;
        if (row_a != row_b || (row_a && !same_row(in_a, in_b)))
            return bw_err_set(err, BW_EFORMAT, "its tables are not those of an advisory database");
        if (!row_a)
            break;
    }
    return rc;
}

int bw_store_check_schema(struct bw_sqlite *db, struct bw_err *err)
{
    struct bw_sqlite *own BW_CLEANUP(bw_sqlite_closep) = NULL;
    int rc = bw_sqlite_open(NULL, BW_SQLITE_MEMORY, &own, err);
    if (rc == 0)
        rc = bw_store_create_tables(own, err);
    if (rc == 0)
        rc = bw_store_create_indexes(own, err);
    return rc ? rc : compare_schemas(db, own, err);
}
