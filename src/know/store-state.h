/*
 * store-state.h: what the files of the store's writer share: store-writer.c (the file and its
 * lock), store-put.c (records), store-names.c (their packages and ecosystems), store-settle.c (what
 * depends on the whole).
 */
#ifndef BW_KNOW_STORE_STATE_H
#define BW_KNOW_STORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "know/store-writer.h"

/* Packages and ecosystems of a store, and the memory their names take while it is written. */
#define BW_WRITER_PACKAGES_MAX   ((size_t)8 << 20)
#define BW_WRITER_ECOSYSTEMS_MAX 100000
#define BW_WRITER_MEMORY_MAX     ((size_t)2 << 30)

/* RFC 3339 with nanoseconds and an offset, and room for what is longer. */
#define BW_WRITER_TIME_MAX 64

enum bw_writer_stmt {
    BW_STMT_SOURCE_FIND,
    BW_STMT_SOURCE_ADD,
    BW_STMT_SOURCE_SET,
    BW_STMT_RECORD_FIND,
    BW_STMT_RECORD_SET,
    BW_STMT_RECORD_DROP,
    BW_STMT_ADVISORY_FIND,
    BW_STMT_ADVISORY_ADD,
    BW_STMT_ADVISORY_SET,
    BW_STMT_ADVISORY_COUNT,
    BW_STMT_ADVISORY_REFS,
    BW_STMT_ADVISORY_DROP,
    BW_STMT_AFFECTED_ADD,
    BW_STMT_AFFECTED_DROP,
    BW_STMT_AFFECTED_ECOSYSTEMS,
    BW_STMT_CVE_ADD,
    BW_STMT_CVE_DROP,
    BW_STMT_PACKAGE_FIND,
    BW_STMT_PACKAGE_ADD,
    BW_STMT_ECOSYSTEM_ADD,
    BW_STMT_KEV_ADD,
    BW_STMT_EPSS_ADD,
    BW_STMT_COUNT,
};

struct bw_writer_ecosystem {
    int64_t key;
    struct bw_str name, base_name;
    size_t base; /* index of the sum's row; its own for a sum */
    int64_t records;
    char newest[BW_WRITER_TIME_MAX + 1];
    int64_t stamp; /* the advisory last counted, so that each counts once */
    bool dirty;
};

struct bw_writer {
    char *path, *aside, *download_dir, *temporary;
    int lock_fd;
    struct bw_sqlite *db;
    bool in_memory, fresh, begun;
    struct bw_sqlite_stmt *stmts[BW_STMT_COUNT];
    struct bw_arena *arena;     /* names of packages and ecosystems */
    struct bw_map packages;     /* ecosystem key and name -> package key */
    struct bw_map ecosystem_at; /* name -> index + 1 */
    BW_VEC_TYPE(bw_writer_ecosystems, struct bw_writer_ecosystem) ecosystems;
    struct bw_buf key, json, list; /* scratch */
};

/* store-put.c */
int bw_writer_prepare(struct bw_writer *writer, struct bw_err *err) BW_MUST_USE;
void bw_writer_forget(struct bw_writer *writer);

/* store-names.c */
int bw_writer_no_memory(struct bw_err *err);
int bw_writer_load_ecosystems(struct bw_writer *writer, struct bw_err *err) BW_MUST_USE;

/* The first column of the first row by an integer and a text (p NULL: none), or 0. */
int bw_writer_find_i64(struct bw_writer *writer, enum bw_writer_stmt which, int64_t number,
                       struct bw_str text, int64_t *ret_value, struct bw_err *err) BW_MUST_USE;

/* The ecosystem of a name, made where it is missing. */
int bw_writer_ecosystem_index(struct bw_writer *writer, struct bw_str name, size_t *ret_index,
                              struct bw_err *err) BW_MUST_USE;

/* Adds step to the records of an ecosystem and of its sum, once an advisory. */
void bw_writer_count(struct bw_writer *writer, size_t index, int64_t advisory, int step,
                     struct bw_str modified);

/* The package of a name, made where it is missing. */
int bw_writer_package_key(struct bw_writer *writer, int64_t ecosystem, struct bw_str name,
                          int64_t *ret_key, struct bw_err *err) BW_MUST_USE;

/* store-settle.c */
int bw_writer_settle(struct bw_writer *writer, struct bw_err *err) BW_MUST_USE;

#endif
