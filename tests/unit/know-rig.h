/*
 * know-rig.h: a folder for a store and its sources, and what tests ask of them.
 */
#ifndef BW_TESTS_KNOW_RIG_H
#define BW_TESTS_KNOW_RIG_H

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "know/import.h"
#include "know/store.h"
#include "make-zip.h"

struct rig {
    char dir[64], db[128];
};

static inline struct rig rig_open(void)
{
    struct rig rig;
    snprintf(rig.dir, sizeof rig.dir, "/tmp/bw-know-XXXXXX");
    assert_non_null(mkdtemp(rig.dir));
    snprintf(rig.db, sizeof rig.db, "%s/db/advisories.db", rig.dir);
    return rig;
}

static inline int rig_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void rig_close(struct rig *rig)
{
    nftw(rig->dir, rig_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the rig; four at a time. */
static inline const char *rig_path(const struct rig *rig, const char *name)
{
    static char paths[4][256];
    static unsigned at;
    at = (at + 1) % 4;
    snprintf(paths[at], sizeof paths[at], "%s/%s", rig->dir, name);
    return paths[at];
}

static inline void rig_write(const struct rig *rig, const char *name, const void *p, size_t n)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%s", rig_path(rig, name));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(bw_fd_make_dirs(folder, 0755, NULL), 0);
    assert_int_equal(bw_fd_replace_file(rig_path(rig, name), p, n, 0644, NULL), 0);
}

static inline void rig_text(const struct rig *rig, const char *name, const char *text)
{
    rig_write(rig, name, text, strlen(text));
}

static inline void rig_zip(const struct rig *rig, const char *name, const struct zip_entry *entries,
                           size_t n)
{
    struct bw_buf zip = BW_BUF(1 << 20);
    make_zip(&zip, entries, n);
    assert_false(bw_buf_failed(&zip));
    rig_write(rig, name, zip.p, zip.n);
    bw_buf_free(&zip);
}

/* Imports a path into the rig's store; the outcome's counts, and the code. */
static inline int rig_import(const struct rig *rig, const char *path, struct bw_import *ret_import,
                             struct bw_err *err)
{
    struct bw_writer *writer = NULL;
    assert_int_equal(bw_writer_open(rig->db, NULL, NULL, &writer, err), 0);
    struct bw_import import = {.writer = writer};
    int rc = bw_import_path(&import, path, err);
    if (rc == 0)
        rc = bw_writer_commit(writer, err);
    bw_import_end(&import);
    bw_writer_free(writer);
    if (ret_import)
        *ret_import = import;
    return rc;
}

/* One integer of the store. */
static inline int64_t rig_number(const struct rig *rig, const char *sql)
{
    struct bw_sqlite *db = NULL;
    int64_t value = -1;
    assert_int_equal(bw_store_open(rig->db, &db, NULL), 0);
    assert_int_equal(bw_store_get_i64(db, sql, (struct bw_str){NULL, 0}, &value, NULL), 0);
    bw_sqlite_close(db);
    return value;
}

static inline char *rig_string(const struct rig *rig, const char *sql)
{
    struct bw_sqlite *db = NULL;
    char *value = NULL;
    assert_int_equal(bw_store_open(rig->db, &db, NULL), 0);
    assert_int_equal(bw_store_get_text(db, sql, (struct bw_str){NULL, 0}, &value, NULL), 0);
    bw_sqlite_close(db);
    return value;
}

#define assert_text(rig, sql, wanted)                                                              \
    do {                                                                                           \
        char *got_ = rig_string((rig), (sql));                                                     \
        assert_string_equal(got_, (wanted));                                                       \
        free(got_);                                                                                \
    } while (0)

#endif
