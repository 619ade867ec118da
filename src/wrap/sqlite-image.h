/*
 * sqlite-image.h: reads one table out of an SQLite database that lies in memory and may be hostile.
 *
 * The bytes are never copied or written, and nothing else is ever opened: the database is read
 * through a file system of its own, which knows this one file and refuses all others (journals,
 * temporary files). So nothing is asked of the operating system but memory, and a sandbox without
 * file access holds; SQLite's state, its random seed among it, is made by bw_sqlite_image_prepare,
 * before.
 *
 * A database in WAL mode is read as it stands, as if its log were not there: whoever knows of a log
 * must say so.
 *
 * The schema is not trusted: the table must be an ordinary one without computed columns; views,
 * virtual tables (there are no modules for them), triggers and functions do not run, an authorizer
 * refuses all but reading, indexes are not used, statements of the schema and its size are bounded,
 * and so are steps and time.
 */
#ifndef BW_WRAP_SQLITE_IMAGE_H
#define BW_WRAP_SQLITE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BW_SQLITE_IMAGE_ROWS_MAX    1000000u
#define BW_SQLITE_IMAGE_VALUE_MAX   ((size_t)64 << 20) /* bytes of one value */
#define BW_SQLITE_IMAGE_TIME_MAX_MS 60000

/* Makes SQLite ready. To be called before a sandbox closes, on one thread; again is harmless. */
int bw_sqlite_image_prepare(struct bw_err *err) BW_MUST_USE;

/* A row. blob is NULL where the value is none. Non-zero stops, and is returned. */
typedef int bw_sqlite_image_row(void *ctx, int64_t id, const uint8_t *blob, size_t n,
                                struct bw_err *err);

/* What to read: literals, put into SQL as they are. */
struct bw_sqlite_image_query {
    const char *table, *id, *blob; /* an integer column and a blob column */
};

/*
 * Calls `row` for each row of the table, in the order they are stored. *ret_rows counts them, also
 * on failure. BW_EFORMAT: not a database, no such table, or damaged; what was read before the
 * damage has gone to `row`. BW_ELIMIT: a maximum above, or more bytes in rows than in the database.
 */
int bw_sqlite_image_read(const uint8_t *p, size_t n, const struct bw_sqlite_image_query *query,
                         bw_sqlite_image_row *row, void *ctx, uint64_t *ret_rows,
                         struct bw_err *err) BW_MUST_USE;

#endif
