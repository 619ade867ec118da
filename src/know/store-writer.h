/*
 * store-writer.h: making the next advisory store.
 *
 * One writer at a time: opening takes the lock file beside the store (PATH.lock) and waits for its
 * holder. Until the first change the writer only reads; bw_writer_begin copies the store to
 * PATH.new-XXXXXX, everything is changed there, and bw_writer_commit syncs it and renames it into
 * place. So whoever reads sees the old store or the new one, and a writer killed at any moment
 * leaves the old one and a temporary that the next writer removes. A writer freed without commit
 * changes nothing.
 */
#ifndef BW_KNOW_STORE_WRITER_H
#define BW_KNOW_STORE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "know/osv.h"
#include "know/store.h"

/* How long to wait for another writer. */
#define BW_WRITER_WAIT_MS (10 * 60 * 1000)

struct bw_writer;

/* Takes the lock; `waiting` (may be NULL) is called once when another writer holds it. The folder
 * of path is made where it is missing. BW_ETIMEOUT, BW_EACCESS, or as bw_store_open for an existing
 * store that cannot be continued. */
int bw_writer_open(const char *path, void (*waiting)(void *ctx), void *ctx,
                   struct bw_writer **ret_writer, struct bw_err *err) BW_MUST_USE;

/* A store in memory, begun. */
int bw_writer_open_memory(struct bw_writer **ret_writer, struct bw_err *err) BW_MUST_USE;

void bw_writer_free(struct bw_writer *writer);   /* takes NULL */
void bw_writer_freep(struct bw_writer **writer); /* for BW_CLEANUP */

/* The store as it stands for this writer; NULL before there is one. Valid until the next
 * bw_writer_begin or bw_writer_commit. */
struct bw_sqlite *bw_writer_db(struct bw_writer *writer);

/* Called before the first change; further calls do nothing. */
int bw_writer_begin(struct bw_writer *writer, struct bw_err *err) BW_MUST_USE;
bool bw_writer_begun(const struct bw_writer *writer);

/* Where the writer may keep downloads: PATH.downloads, made now; it outlives the writer. */
int bw_writer_download_dir(struct bw_writer *writer, const char **ret_path,
                           struct bw_err *err) BW_MUST_USE;

/* --- after bw_writer_begin --- */

/* What is known of a source's file, or of its list of records. Texts may be empty. */
struct bw_source_state {
    struct bw_str origin, sha256, etag, list_etag;
    uint64_t size;
};

/* The key of a source, made where it is missing. */
int bw_writer_source(struct bw_writer *writer, struct bw_str name, int64_t *ret_key,
                     struct bw_err *err) BW_MUST_USE;
int bw_writer_set_source(struct bw_writer *writer, int64_t source,
                         const struct bw_source_state *state, struct bw_err *err) BW_MUST_USE;

/* A file of a source and the bytes it was. digest: 16 bytes that identify the content. */
struct bw_writer_file {
    int64_t source;
    struct bw_str name;
    uint32_t crc32;
    uint64_t size;
    struct bw_str modified; /* of what it holds; empty where that is not known */
    uint8_t digest[16];
};

/*
 * Puts what a file holds in place of what the same file held before. Where several files give an
 * advisory of the same id, the one last modified stands, and among equals the last one put.
 */
int bw_writer_put(struct bw_writer *writer, const struct bw_writer_file *file,
                  const struct bw_osv_record *record, struct bw_err *err) BW_MUST_USE;
int bw_writer_put_left_out(struct bw_writer *writer, const struct bw_writer_file *file,
                           struct bw_err *err) BW_MUST_USE;
int bw_writer_put_unreadable(struct bw_writer *writer, const struct bw_writer_file *file,
                             const char *why, struct bw_err *err) BW_MUST_USE;

/* Forgets a file, and the advisory that no other file gives. */
int bw_writer_drop(struct bw_writer *writer, int64_t source, struct bw_str name,
                   struct bw_err *err) BW_MUST_USE;

/* Replaces the list of exploited vulnerabilities, entry by entry between clear and commit. */
int bw_writer_clear_kev(struct bw_writer *writer, struct bw_err *err) BW_MUST_USE;
int bw_writer_put_kev(struct bw_writer *writer, struct bw_str cve, struct bw_str added,
                      bool ransomware, struct bw_err *err) BW_MUST_USE;

/* The same for EPSS scores; date is what the list says of itself, or empty. */
int bw_writer_clear_epss(struct bw_writer *writer, struct bw_str date,
                         struct bw_err *err) BW_MUST_USE;
int bw_writer_put_epss(struct bw_writer *writer, struct bw_str cve, int score, int percentile,
                       struct bw_err *err) BW_MUST_USE;

/* Marks the store as the set inside the program. */
int bw_writer_set_builtin(struct bw_writer *writer, struct bw_err *err) BW_MUST_USE;

/* Settles what depends on the whole (rung 3 of the severities, KEV marks, counts, digest) and puts
 * the store in place. Without a change since bw_writer_open it touches nothing. The writer can only
 * be freed afterwards. */
int bw_writer_commit(struct bw_writer *writer, struct bw_err *err) BW_MUST_USE;

/* As commit for a writer in memory: the settled database is the caller's. */
int bw_writer_take(struct bw_writer *writer, struct bw_sqlite **ret_db,
                   struct bw_err *err) BW_MUST_USE;

/* Puts a file, already complete and checked, in place of the store; it is moved away. */
int bw_writer_replace(struct bw_writer *writer, const char *complete,
                      struct bw_err *err) BW_MUST_USE;

/* The name of a new empty temporary of this writer, removed with it; valid while it lives. */
int bw_writer_temporary(struct bw_writer *writer, const char **ret_path,
                        struct bw_err *err) BW_MUST_USE;

#endif
