/*
 * path-list.h: the files that one package owns, with what its database says of each, gathered in
 * memory that serves the next package again.
 *
 * Directory names are stored once in a database and joined with many file names, so a small file
 * can stand for very long lists: besides the files of a package, the bytes of all lists of one
 * database have a maximum.
 */
#ifndef BW_EXTRACT_PATH_LIST_H
#define BW_EXTRACT_PATH_LIST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/package.h"

#define BW_PATH_LIST_FILES_MAX 2000000u
#define BW_PATH_LIST_BYTES_MAX ((size_t)32 << 20)  /* of one package's paths */
#define BW_PATH_LIST_TOTAL_MAX ((size_t)256 << 20) /* of all paths of a database */
#define BW_PATH_LIST_PATH_MAX  4096u               /* PATH_MAX: no system could have stored it */

struct bw_path_list {
    struct bw_buf bytes;
    BW_VEC(struct bw_str); /* p is NULL until bw_path_list_get; n is the length */
    BW_VEC_TYPE(bw_path_records, struct bw_file_record) records; /* of the first paths */
    bool kept;    /* the last path that was added is in the list */
    size_t total; /* bytes that were joined since the list is there, left-out ones too */
};

#define BW_PATH_LIST ((struct bw_path_list){.bytes = {.max = BW_PATH_LIST_BYTES_MAX}})

void bw_path_list_free(struct bw_path_list *list); /* also for BW_CLEANUP */

/* Forgets the paths, keeps the memory and the total. */
void bw_path_list_clear(struct bw_path_list *list);

/* Adds dir + "/" + name, normalised: without leading '/', empty and "." components. A path that
 * has a ".." component, a NUL or more than BW_PATH_LIST_PATH_MAX bytes names no file a package
 * could own, and is left out. BW_ELIMIT names the maximum that was reached. */
int bw_path_list_add(struct bw_path_list *list, struct bw_str dir, struct bw_str name,
                     struct bw_err *err) BW_MUST_USE;

/* The record of the path that was added last, to be filled; a new one says nothing. NULL where that
 * path was left out, or memory is short. Valid until the next call on the list. */
struct bw_file_record *bw_path_list_record(struct bw_path_list *list);

/* A record that says nothing. */
#define BW_FILE_RECORD ((struct bw_file_record){.mode = BW_MODE_UNKNOWN})

/* The paths in the order they came, valid until the next call on the list. */
struct bw_strs bw_path_list_get(struct bw_path_list *list);

/* Their records, one for each, or NULL where none was asked for or memory is short. */
struct bw_file_record *bw_path_list_records(struct bw_path_list *list);

/* True when a path is as bw_path_list_add would leave it. */
bool bw_path_is_normal(struct bw_str path);

#endif
