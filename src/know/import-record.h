/*
 * import-record.h: one record on its way from bytes to the store; shared by the kinds of sources.
 */
#ifndef BW_KNOW_IMPORT_RECORD_H
#define BW_KNOW_IMPORT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/map.h"
#include "know/import.h"
#include "know/osv.h"
#include "know/store-writer.h"
#include "wrap/json.h"
#include "wrap/sha256.h"

/* Memory that the parts of one record may take. */
#define BW_LOADED_MEMORY_MAX ((size_t)256 << 20)

/* What became of the bytes of a file: its own arena holds the record. */
struct bw_loaded {
    struct bw_arena *arena;
    struct bw_osv_record record;
    struct bw_writer_file file; /* name borrowed; source not set by bw_load */
    int rc;                     /* of the parser: 0, or why it is unreadable */
    char why[200];
};

/* Parses. Failures of the bytes end in loaded->rc; only BW_ENOMEM is returned. */
int bw_load(struct bw_str json, struct bw_json_pool *pool, struct bw_loaded *loaded,
            struct bw_err *err) BW_MUST_USE;
/* As bw_load where the bytes could not even be read. */
void bw_load_failed(struct bw_loaded *loaded, const struct bw_err *why);
void bw_loaded_free(struct bw_loaded *loaded); /* takes a zeroed one */

/* Puts it into the store and counts it. */
int bw_import_put(struct bw_import *import, int64_t source, struct bw_loaded *loaded,
                  struct bw_err *err) BW_MUST_USE;

/* The files that a source had, by name, to be compared with what it has now. */
struct bw_known {
    struct bw_arena *arena;
    struct bw_map files; /* name -> struct bw_known_file */
    int64_t source;      /* its key, 0 where the store does not have it */
    char *origin, *sha256, *etag, *list_etag;
    uint64_t size;
};

struct bw_known_file {
    uint32_t crc32;
    uint64_t size;
    enum bw_store_state state;
    struct bw_str modified;
    bool seen;
};

/* The row of a source (all empty where there is none), without its files. */
int bw_known_open(struct bw_import *import, struct bw_str name, struct bw_known *ret_known,
                  struct bw_err *err) BW_MUST_USE;
int bw_known_load(struct bw_import *import, struct bw_known *known, struct bw_err *err) BW_MUST_USE;
void bw_known_free(struct bw_known *known);

/* True where the file was there with these bytes; marks it as seen either way. */
bool bw_known_same(struct bw_import *import, struct bw_known *known, struct bw_str name,
                   uint32_t crc32, uint64_t size);

/* Begins the change of a source, whose key is then known->source. Between this and bw_import_done
 * the store has half of it, and nothing may be committed. */
int bw_import_change(struct bw_import *import, struct bw_str name, struct bw_known *known,
                     struct bw_err *err) BW_MUST_USE;

int bw_import_done(struct bw_import *import, const struct bw_known *known,
                   const struct bw_source_state *state, struct bw_err *err) BW_MUST_USE;

/* Counts a source that is as it was as if it had been looked through. */
int bw_import_unchanged(struct bw_import *import, const struct bw_known *known,
                        struct bw_err *err) BW_MUST_USE;

/* Removes the files that were not seen. */
int bw_import_sweep(struct bw_import *import, struct bw_known *known,
                    struct bw_err *err) BW_MUST_USE;

/* Shows progress where it is time. BW_ETIMEOUT where the caller stops. */
int bw_import_show(struct bw_import *import, const struct bw_import_progress *progress,
                   struct bw_err *err) BW_MUST_USE;

/* A note for the person. */
void bw_import_note(struct bw_import *import, bool warning, const char *fmt, ...) BW_PRINTF(3, 4);

/* "Debian" of ".../Debian/all.zip" (percent-decoded for a URL), else the address itself. Lives in
 * the arena; p is NULL when memory is short. */
struct bw_str bw_import_source_name(struct bw_arena *arena, const char *address, bool url);

/* import-zip.c: an archive, already open, under a source name. Skipped where size and SHA-256 are
 * those of last time. The state of the source is then written with etag and list_etag. */
int bw_import_zip(struct bw_import *import, int fd, struct bw_str name,
                  const struct bw_source_state *state, struct bw_err *err) BW_MUST_USE;

/* import-folder.c: all JSON files below a folder. */
int bw_import_folder(struct bw_import *import, const char *path, struct bw_str name,
                     struct bw_err *err) BW_MUST_USE;

/* import.c: whether `bytes` are those that a source had last time. Fills sha256 (in hex) and size
 * of the state. */
int bw_import_is_same(struct bw_import *import, struct bw_str name, struct bw_str bytes,
                      struct bw_source_state *state, char hex[BW_SHA256_HEX_SIZE], bool *ret_same,
                      struct bw_err *err) BW_MUST_USE;

/* import-epss.c: a file of EPSS scores, plain or in gzip. */
bool bw_import_is_gzip(struct bw_str bytes);
int bw_import_epss_bytes(struct bw_import *import, struct bw_str bytes,
                         const struct bw_source_state *state, struct bw_err *err) BW_MUST_USE;

/* import.c: CISA's catalog, known by a member that no OSV record has. */
bool bw_import_is_kev(struct bw_str json);
int bw_import_kev_bytes(struct bw_import *import, struct bw_str json,
                        const struct bw_source_state *state, struct bw_err *err) BW_MUST_USE;

/* import.c: the bytes of a file: OSV, CISA's catalog, or EPSS scores. */
int bw_import_json(struct bw_import *import, struct bw_str json, struct bw_str name,
                   const struct bw_source_state *state, struct bw_err *err) BW_MUST_USE;

#endif
