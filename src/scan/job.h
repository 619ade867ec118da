/*
 * job.h: what the scan asks of its sandboxed workers, and what they answer; private to src/scan.
 *
 * A request is a struct bw_scan_request and then, by kind, its own bytes. Parent and worker are the
 * same build and the parent is trusted, so the struct travels as it lies in memory. Answers are
 * not trusted: records are read by model/wire.h, the fixed struct bw_scan_blob by size.
 */
#ifndef BW_SCAN_JOB_H
#define BW_SCAN_JOB_H

#include <stdint.h>

#include "base/err.h"
#include "sandbox/pool.h"

enum bw_scan_job {
    BW_SCAN_DOCUMENT, /* bytes: a JSON document -> a DOCUMENT fact */
    BW_SCAN_MEMBERS,  /* fd: an uncompressed tar -> FILE facts with offsets */
    BW_SCAN_LAYER,    /* fd: a layer, bytes: wanted -> facts; BLOB */
    BW_SCAN_STREAM,   /* fd: a whole archive -> facts; BLOB and JSON by member */
    BW_SCAN_FILES,    /* fds: files, bytes: for each "PATH NUL PARSER NUL" and its struct
                         bw_scan_stat; an empty parser is none by path -> facts */
    BW_SCAN_HASH,     /* fd: a blob -> BLOB */
    BW_SCAN_LOOK,     /* fd: a layer -> KIND: which package manager its first entries tell of */
    BW_SCAN_READ,     /* fds: documents that policies judge, bytes: as documents.h says -> OBJECTS,
                         WANTED,     FOREIGN, gaps */
    BW_SCAN_SBOM, /* fd: a bill of materials, bytes: its name -> facts, in layers as it counts */
};

/* Tags of the answers. */
enum bw_scan_answer {
    BW_SCAN_RECORDS, /* records as in model/wire.h */
    BW_SCAN_BLOB,    /* a struct bw_scan_blob, then the member's path (STREAM) */
    BW_SCAN_JSON,    /* a member's path, NUL, its bytes (STREAM) */
    BW_SCAN_OBJECTS, /* a uint32_t: the file; a document as model/object.h encodes it (READ) */
    BW_SCAN_WANTED,  /* a uint32_t: the file; paths of other files, each ended by a NUL (READ) */
    BW_SCAN_FOREIGN, /* a uint32_t: the file, which is no document (READ) */
    BW_SCAN_UNREAD,  /* a uint32_t: the file; gaps that follow say why (READ) */
    BW_SCAN_KIND,    /* a uint32_t: enum bw_digest_algorithm of its database (LOOK) */
};

/* What the parent knows of a file it opened (FILES). */
struct bw_scan_stat {
    uint32_t mode, uid, gid, reserved;
    uint64_t size, capabilities;
};

enum bw_scan_flag {
    BW_SCAN_HASH_TAR = 1,  /* also the digest of the uncompressed tar */
    BW_SCAN_ONLY = 2,      /* read the wanted files and report nothing else */
    BW_SCAN_SECRETS = 4,   /* look for secrets in every file */
    BW_SCAN_ALL_FILES = 8, /* report every regular file, with its checksum */
    BW_SCAN_LOCKS = 16,    /* lock files too */
    BW_SCAN_GUESS = 32,    /* take other checksums once a package manager shows */
};

struct bw_scan_request {
    uint32_t layer; /* index that the facts carry; STREAM: members are numbered from 1 */
    uint32_t flags;
    uint32_t document;     /* enum bw_document_kind */
    uint32_t digest;       /* enum bw_digest_algorithm, with BW_SCAN_ALL_FILES */
    uint64_t offset, size; /* of the blob in the file */
    uint64_t output_max;   /* bytes of a layer, uncompressed */
    uint64_t entries_max;  /* of a layer */
    uint64_t members_max;  /* bytes of all members of one file that is an archive */
};

/* The outcome for one blob. */
struct bw_scan_blob {
    uint32_t layer;
    uint32_t has_digest, has_diff_id;
    uint32_t compressed;
    uint8_t digest[32];  /* of the bytes as stored */
    uint8_t diff_id[32]; /* of the uncompressed tar */
    uint64_t size;       /* as stored */
};

/*
 * A wanted file beyond the parsers' own patterns: where a link led. In a request a list of
 * "PATTERN NUL PARSER NUL".
 */

/* What the libraries do once and not behind a lockdown; in the parent, before workers are forked,
 * so that they share it. */
int bw_scan_worker_prepare(struct bw_err *err) BW_MUST_USE;

/* The pool's entry point in the worker. */
int bw_scan_worker_run(struct bw_worker *worker, uint32_t kind, struct bw_str request,
                       const int *fds, size_t fds_n, struct bw_err *err);

/* Whether a regular file at this path decides what is visible though no parser wants it: it stands
 * where a wanted path has a directory. */
bool bw_scan_is_ancestor(struct bw_str path);

#endif
