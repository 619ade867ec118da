#include "know/exchange.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "know/fields.h"
#include "know/store.h"
#include "wrap/sha256.h"

/* Virtual machine steps that a statement over a foreign file may take: some minutes. */
#define STEPS_MAX ((uint64_t)20000000000)

#define COPY_STEP ((size_t)1 << 20)

/* Every table, in an order that is the content's own and not that of the file. */
static const char *const ROWS[] = {
    "SELECT * FROM meta WHERE key <> 'checksum' ORDER BY key",
    "SELECT * FROM severity ORDER BY rank",
    "SELECT * FROM source ORDER BY key",
    "SELECT * FROM record ORDER BY source, name",
    "SELECT * FROM ecosystem ORDER BY key",
    "SELECT * FROM advisory ORDER BY key",
    "SELECT * FROM package ORDER BY key",
    "SELECT * FROM affected ORDER BY advisory, n",
    "SELECT * FROM cve ORDER BY cve, advisory",
    "SELECT * FROM kev ORDER BY cve",
};

static int hash_value(struct bw_sha256 *sha, struct bw_sqlite_stmt *row, int at, struct bw_err *err)
{
    char head[32];
    struct bw_str text = bw_sqlite_column_str(row, at);
    bool is_text = bw_sqlite_column_is_text(row, at);
    if (is_text && (!bw_str_is_utf8(text) || bw_fields_has_control(text)))
        return bw_err_set(err, BW_EFORMAT, "a text in it is no plain UTF-8");
    char sort = bw_sqlite_column_is_null(row, at) ? 'n' : is_text ? 't' : text.p ? 'b' : 'i';
    long long number = sort == 'i' ? (long long)bw_sqlite_column_i64(row, at) : (long long)text.n;
    bw_sha256_update(sha, head, (size_t)snprintf(head, sizeof head, "%c%lld:", sort, number));
    bw_sha256_update(sha, text.p, text.n);
    return 0;
}

static int hash_rows(struct bw_sqlite *db, struct bw_sha256 *sha, const char *sql,
                     struct bw_err *err)
{
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(db, sql, &rows, err);
    while (rc == 0 && (rc = bw_sqlite_step(rows, err)) > 0) {
        rc = 0;
        for (int at = 0; rc == 0 && at < bw_sqlite_column_count(rows); at++)
            rc = hash_value(sha, rows, at, err);
        bw_sha256_update(sha, "\n", 1);
    }
    return rc;
}

static int checksum(struct bw_sqlite *db, char hex[BW_SHA256_HEX_SIZE], struct bw_err *err)
{
    struct bw_sha256 *sha BW_CLEANUP(bw_sha256_freep) = bw_sha256_new();
    uint8_t digest[BW_SHA256_SIZE];
    int rc = sha ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(ROWS); i++)
        rc = hash_rows(db, sha, ROWS[i], err);
    if (rc == 0 && bw_sha256_final(sha, digest))
        rc = bw_err_set(err, BW_EINTERNAL, "SHA-256 failed");
    if (rc == 0)
        bw_sha256_hex(digest, hex);
    return rc;
}

/* --- out --- */

static int compact(const char *store, const char *aside, struct bw_err *err)
{
    struct bw_sqlite *db BW_CLEANUP(bw_sqlite_closep) = NULL;
    struct bw_sqlite_stmt *vacuum BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_store_open(store, &db, err);
    if (rc == 0)
        rc = bw_sqlite_prepare(db, "VACUUM INTO ?1", &vacuum, err);
    if (rc)
        return rc;
    bw_sqlite_bind_str(vacuum, 1, bw_str(aside));
    return bw_sqlite_run(vacuum, err);
}

static int add_checksum(const char *aside, char hex[BW_SHA256_HEX_SIZE], struct bw_err *err)
{
    struct bw_sqlite *db BW_CLEANUP(bw_sqlite_closep) = NULL;
    int rc = bw_sqlite_open(aside, BW_SQLITE_ASIDE, &db, err);
    if (rc == 0)
        rc = checksum(db, hex, err);
    return rc ? rc : bw_store_set_meta(db, "checksum", bw_str(hex), err);
}

static int put_in_place(const char *aside, const char *to, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(aside, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fchmod(fd, 0644) || fsync(fd))
        return bw_err_errno(err, "cannot write %s", aside);
    return rename(aside, to) ? bw_err_errno(err, "cannot rename %s to %s", aside, to) : 0;
}

int bw_exchange_export(const char *store, const char *to, char ret_checksum[65], struct bw_err *err)
{
    char *aside = NULL, hex[BW_SHA256_HEX_SIZE];
    if (asprintf(&aside, "%s.XXXXXX", to) < 0)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int fd BW_CLEANUP(bw_fd_closep) = mkostemp(aside, O_CLOEXEC);
    int rc = fd < 0 ? bw_err_errno(err, "cannot create %s", aside) : compact(store, aside, err);
    if (rc == 0)
        rc = add_checksum(aside, hex, err);
    if (rc == 0)
        rc = put_in_place(aside, to, err);
    if (rc && fd >= 0)
        unlink(aside);
    free(aside);
    if (rc == 0)
        memcpy(ret_checksum, hex, sizeof hex);
    return rc;
}

/* --- in --- */

bool bw_exchange_is(const char *path)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic];
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd >= 0 && bw_fd_pread_full(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head, magic, sizeof head) == 0;
}

static int check_pages(struct bw_sqlite *db, struct bw_err *err)
{
    char *answer = NULL;
    int rc = bw_store_get_text(db, "PRAGMA quick_check(1)", (struct bw_str){NULL, 0}, &answer, err);
    if (rc == 0 && strcmp(answer, "ok") != 0)
        rc = bw_err_set(err, BW_EFORMAT, "the database is damaged");
    free(answer);
    return rc;
}

static int check_sum(struct bw_sqlite *db, struct bw_err *err)
{
    char hex[BW_SHA256_HEX_SIZE], *stated = NULL;
    int rc = bw_store_get_text(db, "SELECT value FROM meta WHERE key='checksum'",
                               (struct bw_str){NULL, 0}, &stated, err);
    if (rc)
        return rc;
    if (!*stated)
        rc = bw_err_set(err, BW_EFORMAT,
                        "no export: it has no checksum (make one with `bulwark db export`)");
    else
        rc = checksum(db, hex, err);
    if (rc == 0 && strcmp(stated, hex) != 0)
        rc = bw_err_set(err, BW_EDIGEST, "its content does not have its checksum");
    free(stated);
    return rc;
}

int bw_exchange_check(const char *path, struct bw_err *err)
{
    struct stat st;
    struct bw_sqlite *db BW_CLEANUP(bw_sqlite_closep) = NULL;
    if (stat(path, &st))
        return bw_err_errno(err, "cannot open");
    if ((uint64_t)st.st_size > BW_EXCHANGE_MAX)
        return bw_err_set(err, BW_ELIMIT, "larger than the limit of %llu bytes",
                          (unsigned long long)BW_EXCHANGE_MAX);
    int rc = bw_store_open(path, &db, err);
    if (rc)
        return rc;
    bw_sqlite_limit_steps(db, STEPS_MAX);
    rc = bw_store_check_schema(db, err);
    if (rc == 0)
        rc = check_pages(db, err);
    return rc ? rc : check_sum(db, err);
}

static int copy(const char *from, const char *to, struct bw_err *err)
{
    int in BW_CLEANUP(bw_fd_closep) = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int out BW_CLEANUP(bw_fd_closep) = open(to, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0 || out < 0)
        return bw_err_errno(err, "cannot open %s", in < 0 ? from : to);
    uint8_t *block = malloc(COPY_STEP);
    if (!block)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = 0;
    uint64_t total = 0;
    ssize_t n;
    while (rc == 0 && (n = bw_fd_read_full(in, block, COPY_STEP)) != 0) {
        total += n > 0 ? (uint64_t)n : 0;
        if (n < 0 || total > BW_EXCHANGE_MAX || bw_fd_write_full(out, block, (size_t)n))
            rc = bw_err_errno(err, "cannot copy %s", from);
    }
    free(block);
    return rc;
}

/* The copy is what is checked, so that nobody changes it in between. */
int bw_exchange_import(struct bw_writer *writer, const char *from, struct bw_err *err)
{
    const char *own;
    int rc = bw_writer_temporary(writer, &own, err);
    if (rc == 0)
        rc = copy(from, own, err);
    if (rc)
        return rc;
    struct bw_err why = {.code = BW_OK};
    rc = bw_exchange_check(own, &why);
    if (rc)
        return bw_err_set(err, (enum bw_code)rc, "cannot import %s: %s", from, why.msg);
    return bw_writer_replace(writer, own, err);
}
