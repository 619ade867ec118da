/*
 * osv-reader.h: what the files of the OSV parser share: osv.c (the record), osv-affected.c (its
 * affected entries), osv-reader.c (texts and lists).
 */
#ifndef BW_KNOW_OSV_READER_H
#define BW_KNOW_OSV_READER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "know/osv.h"
#include "wrap/json.h"

struct bw_osv_reader {
    struct bw_arena *arena;
    struct bw_osv_record *record;
    struct bw_err *err;
    size_t informational; /* affected entries that are no vulnerability */
};

/* The arena gave nothing: BW_ELIMIT or BW_ENOMEM. */
int bw_osv_no_memory(struct bw_osv_reader *r);

/* Copies a text that may be neither empty nor longer than max nor hold control characters. */
int bw_osv_take_text(struct bw_osv_reader *r, const struct bw_json *value, size_t max,
                     const char *what, struct bw_str *ret_text) BW_MUST_USE;

/* BW_ELIMIT where an array has more than max elements. */
int bw_osv_check_size(struct bw_osv_reader *r, const struct bw_json *array, size_t max,
                      const char *what) BW_MUST_USE;

/* A list of such texts; NULL gives the empty list. */
int bw_osv_take_list(struct bw_osv_reader *r, const struct bw_json *array, size_t max,
                     size_t text_max, const char *what, struct bw_strs *ret_list) BW_MUST_USE;

/* An element of "affected". Without a package (the schema allows it where only commits are
 * affected) *ret_has_package is false. */
int bw_osv_take_affected(struct bw_osv_reader *r, const struct bw_json *object,
                         struct bw_osv_affected *affected, bool *ret_has_package) BW_MUST_USE;

#endif
