/*
 * import.h: bringing advisories into the store.
 *
 * A source is an ecosystem of a bucket, a ZIP archive, a folder of JSON files, or one JSON file;
 * its name in the store is the ecosystem where its address ends in "ECOSYSTEM/all.zip", and else
 * its absolute path or URL, so that importing it again replaces what it gave before: what did not
 * change is not read, records that vanished from it are removed.
 *
 * Bucket layout (that of the public OSV bucket), below a folder or an http(s) URL:
 *     ecosystems.txt                              names, a line each (URLs only; may be missing)
 *     ECOSYSTEM/all.zip                           a file ID.json a record
 *     ECOSYSTEM/modified_id.csv                   lines TIMESTAMP,ID of all records (or missing)
 *     ECOSYSTEM/ID.json                           each record by itself
 *     kev/known_exploited_vulnerabilities.json    CISA's catalog (may be missing)
 *     epss/epss_scores-current.csv.gz             FIRST's EPSS scores (may be missing)
 *
 * Over HTTP an unchanged file costs one request (ETag, If-None-Match). Where the store has the
 * ecosystem and modified_id.csv shows fewer than BW_IMPORT_SINGLE_MAX changes, only the changed
 * records are fetched; else all.zip. A transfer that is cut off goes on where it stopped the next
 * time (Range with If-Range).
 *
 * A record that cannot be read is counted, named in the store with the reason, and the import goes
 * on; so does a bucket past an ecosystem that cannot be read, which keeps what it had. Nothing is
 * in place before bw_writer_commit.
 */
#ifndef BW_KNOW_IMPORT_H
#define BW_KNOW_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "know/store-writer.h"
#include "model/package.h"
#include "wrap/curl.h"

#define BW_IMPORT_PUBLIC_BUCKET "https://osv-vulnerabilities.storage.googleapis.com"
#define BW_IMPORT_PUBLIC_KEV                                                                       \
    "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
#define BW_IMPORT_PUBLIC_EPSS "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"

#define BW_IMPORT_SINGLE_MAX 1000                 /* records fetched one by one */
#define BW_IMPORT_FILES_MAX  2000000              /* JSON files of a folder */
#define BW_IMPORT_DEPTH_MAX  8                    /* folders in folders */
#define BW_IMPORT_BYTES_MAX  ((uint64_t)32 << 30) /* uncompressed bytes of a source */
#define BW_IMPORT_ZIP_MAX    ((uint64_t)4 << 30)  /* a download */
#define BW_IMPORT_LIST_MAX   ((size_t)256 << 20)  /* ecosystems.txt, modified_id.csv */

struct bw_import_progress {
    struct bw_str source;
    bool download;        /* bytes come over the network; else they are imported */
    uint64_t done, total; /* bytes; total 0 where not known */
    uint64_t records;     /* looked at so far, of all sources */
};

struct bw_import {
    struct bw_writer *writer;
    /* Called about ten times a second. true stops the import with BW_ETIMEOUT. May be NULL. */
    bool (*progress)(void *ctx, const struct bw_import_progress *progress);
    /* A line for a person: a source that failed (warning), or what became of one. May be NULL. */
    void (*note)(void *ctx, bool warning, const char *text);
    void *ctx;

    /* The outcome, added up over all calls. Start with zeros. */
    uint64_t sources, sources_unchanged, sources_failed;
    uint64_t records;            /* of the sources that were looked at */
    uint64_t unchanged, changed; /* records; changed are new or other than before */
    uint64_t removed, left_out, unreadable;

    /* Private. */
    struct bw_curl *curl;
    bool stopped; /* by the progress callback */
    bool halfway; /* the store has half of a source */
    bool probing; /* an ecosystem that is not there is no failure */
    int64_t shown_at;
};

/* Frees what the calls below made; the struct itself is the caller's. */
void bw_import_end(struct bw_import *import);

/* A path of any kind above: a bucket is a folder whose folders hold all.zip, and a folder that
 * holds all.zip is one ecosystem. A file may also be CISA's catalog, or FIRST's EPSS scores, plain
 * or in gzip. BW_EUSAGE where it is nothing of the kind. */
int bw_import_path(struct bw_import *import, const char *path, struct bw_err *err) BW_MUST_USE;

/* The same for a URL of a ZIP or JSON file. */
int bw_import_url(struct bw_import *import, const char *url, struct bw_err *err) BW_MUST_USE;

/* A bucket below a folder or a URL. ecosystems: which (empty: see below); "all" means all that
 * ecosystems.txt lists, or the folder has. By default a folder and a mirror are taken whole, and of
 * the public bucket the ecosystems that images are made of (bw_ecosystem_known). A mirror without
 * ecosystems.txt is asked for every ecosystem that is known by name. */
int bw_import_bucket(struct bw_import *import, const char *root, struct bw_strs ecosystems,
                     struct bw_err *err) BW_MUST_USE;

/* CISA's catalog, from a path or a URL. */
int bw_import_kev(struct bw_import *import, const char *where, struct bw_err *err) BW_MUST_USE;

/* FIRST's EPSS scores (epss.h), plain or in gzip, from a path or a URL. */
int bw_import_epss(struct bw_import *import, const char *where, struct bw_err *err) BW_MUST_USE;

#endif
