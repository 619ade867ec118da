/*
 * sqlite.h: one-file databases, by SQLite 3.37 or later (STRICT tables).
 *
 * A connection and its statements belong to one thread at a time. Databases may come from outside:
 * every connection runs with the schema untrusted, no extension loading, defensive mode, and the
 * limits below, so that reading a hostile file ends in BW_EFORMAT, never in code of its choice.
 */
#ifndef BW_WRAP_SQLITE_H
#define BW_WRAP_SQLITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Longest value of a column, and longest SQL text. */
#define BW_SQLITE_VALUE_MAX (64 << 20)

struct bw_sqlite;
struct bw_sqlite_stmt;

enum bw_sqlite_mode {
    /* An existing file that nobody changes while it is open: no locks, no journal, read-only. */
    BW_SQLITE_IMMUTABLE,
    /* A file, made where it is missing, that only this connection uses until it is closed, and
     * that is thrown away on any failure: no journal, no fsync. Who keeps it syncs the file. */
    BW_SQLITE_ASIDE,
    /* A file, made where it is missing, shared by any number of processes: WAL, waits for locks. */
    BW_SQLITE_SHARED,
    /* No file. path is not looked at. */
    BW_SQLITE_MEMORY,
};

/* BW_ENOENT, BW_EACCESS, BW_EFORMAT (no database), BW_EIO, BW_ENOMEM. */
int bw_sqlite_open(const char *path, enum bw_sqlite_mode mode, struct bw_sqlite **ret_db,
                   struct bw_err *err) BW_MUST_USE;

/* All statements were freed before. Takes NULL. */
void bw_sqlite_close(struct bw_sqlite *db);
void bw_sqlite_closep(struct bw_sqlite **db); /* for BW_CLEANUP */

/* Runs the statements of a NUL-terminated text; rows are dropped. */
int bw_sqlite_exec(struct bw_sqlite *db, const char *sql, struct bw_err *err) BW_MUST_USE;

/* Compiles the first statement of sql. A statement used again and again keeps its compilation. */
int bw_sqlite_prepare(struct bw_sqlite *db, const char *sql, struct bw_sqlite_stmt **ret_stmt,
                      struct bw_err *err) BW_MUST_USE;
void bw_sqlite_stmt_free(struct bw_sqlite_stmt *stmt);   /* takes NULL */
void bw_sqlite_stmt_freep(struct bw_sqlite_stmt **stmt); /* for BW_CLEANUP */

/* Sets parameter `at` (from 1). Text and blobs are borrowed until the statement is reset or freed.
 * A failed binding makes the next step fail. A slice with p NULL binds NULL. */
void bw_sqlite_bind_i64(struct bw_sqlite_stmt *stmt, int at, int64_t value);
void bw_sqlite_bind_str(struct bw_sqlite_stmt *stmt, int at, struct bw_str value);
void bw_sqlite_bind_blob(struct bw_sqlite_stmt *stmt, int at, struct bw_str value);
void bw_sqlite_bind_null(struct bw_sqlite_stmt *stmt, int at);

/* 1: a row, 0: no more rows (the statement is reset, bindings stay), negative: failed (reset).
 * BW_EFORMAT for a malformed database, BW_ELIMIT where a deadline of ours or a limit was hit. */
int bw_sqlite_step(struct bw_sqlite_stmt *stmt, struct bw_err *err) BW_MUST_USE;

/* Ends a query before its last row. */
void bw_sqlite_reset(struct bw_sqlite_stmt *stmt);

/* Steps a statement that gives no rows to its end. */
int bw_sqlite_run(struct bw_sqlite_stmt *stmt, struct bw_err *err) BW_MUST_USE;

/* Columns of the current row, from 0. Slices are valid until the next step, reset or free. A column
 * of another type gives 0 or the empty slice; NULL gives p NULL. Text need not be UTF-8: SQLite
 * does not check it. */
int bw_sqlite_column_count(struct bw_sqlite_stmt *stmt);
int64_t bw_sqlite_column_i64(struct bw_sqlite_stmt *stmt, int at);
struct bw_str bw_sqlite_column_str(struct bw_sqlite_stmt *stmt, int at);
bool bw_sqlite_column_is_null(struct bw_sqlite_stmt *stmt, int at);
bool bw_sqlite_column_is_text(struct bw_sqlite_stmt *stmt, int at);

/* Rows the last INSERT, UPDATE or DELETE changed; all such rows since the database was opened; the
 * rowid of the last INSERT. */
int64_t bw_sqlite_changes(const struct bw_sqlite *db);
int64_t bw_sqlite_total_changes(const struct bw_sqlite *db);
int64_t bw_sqlite_last_rowid(const struct bw_sqlite *db);

/* For statements over a database from outside: a statement that runs more than `steps` virtual
 * machine instructions (about 100 million a second) fails with BW_ELIMIT. 0: no limit. */
void bw_sqlite_limit_steps(struct bw_sqlite *db, uint64_t steps);

#endif
