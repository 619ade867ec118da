/*
 * evidence.h: an append-only log in which nothing can be changed or taken out unnoticed.
 *
 * One JSON object a line (JSON Lines). Each has, besides what is recorded, as its first members
 * "sequence" (from 1) and "time" (RFC 3339, UTC, microseconds), and as its last "previous" and
 * "hash": lower-case hexadecimal BLAKE2b-256 (RFC 7693). `hash` is that of the line's bytes up to
 * and without `,"hash":`, and `previous` the hash of the line before, so that each line vouches for
 * all before it. The first line of all has 64 zeros as `previous`. The chain goes on over rotated
 * files (PATH.1 is the newest one) and over restarts. A line that was cut short (the machine
 * stopped, the disk was full) is closed with a newline when the log is next opened, and the chain
 * goes on from the last whole line: verification names it.
 *
 * Any number of processes may append to one log (the runtime wrapper does): each append takes
 * flock(2) on the file, for 2 seconds at most, and reads the end of it again where another process
 * was faster, or has rotated. Each process opens the log itself: a lock is shared with a child that
 * was forked. Files are opened in the log's directory alone, also after that was closed in.
 *
 * Sequence numbers order the lines; times may go back, as clocks do. Where the file ends before
 * what this process wrote last, somebody took lines out: the chain goes on from what was written,
 * so that it shows.
 *
 * Who can write the file can write a chain anew. So the hash of the newest line is worth keeping
 * elsewhere: verification prints it, and takes one that must stand in the log.
 */
#ifndef BW_ENFORCE_EVIDENCE_H
#define BW_ENFORCE_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Bytes of one line; a longer record is BW_ELIMIT. */
#define BW_EVIDENCE_LINE_MAX ((size_t)256 << 10)

#define BW_EVIDENCE_HASH_HEX 64u

struct bw_evidence_options {
    const char *path;      /* its directory exists */
    uint64_t rotate_bytes; /* a longer file is rotated before the next line; 0: never */
    unsigned keep;         /* rotated files, 1 or more; the oldest is removed */
    bool sync;             /* fdatasync(2) after every line */
};

/* Not thread-safe but for bw_evidence_append. */
struct bw_evidence;

/* Creates the file (mode 0640) or goes on with it. BW_EACCESS, BW_EIO, BW_ENOENT (the directory),
 * BW_ETIMEOUT (another program holds the lock), BW_EFORMAT where the file is no log of this kind,
 * or no regular file: it is left alone. */
int bw_evidence_open(const struct bw_evidence_options *options, struct bw_evidence **ret_evidence,
                     struct bw_err *err) BW_MUST_USE;
void bw_evidence_close(struct bw_evidence *evidence); /* takes NULL */

/* Appends a record: the members of an object without its braces
 * (`"gate":"docker","verdict":"allow"`), valid JSON on one line, none of the four names above.
 * Thread-safe. One write(2). BW_EIO and the like where it cannot be written: what was written of it
 * is taken back (ftruncate), and the next append tries again. */
int bw_evidence_append(struct bw_evidence *evidence, struct bw_str members,
                       struct bw_err *err) BW_MUST_USE;

/* --- verification --- */

/* A place where the chain is broken: a changed line, one that is missing, one out of turn, one cut
 * short. `line` counts from 1 in `file`. */
typedef void (*bw_evidence_problem)(void *ctx, const char *file, uint64_t line, const char *what);

/* Each line that is one of such a log. intact: its hash is right. The slice is short-lived, and its
 * bytes are hostile all the same. */
typedef void (*bw_evidence_each)(void *ctx, struct bw_str line, bool intact);

struct bw_evidence_question {
    const char *path;
    const char *wanted;          /* a hash that must stand in it, or NULL */
    bw_evidence_problem problem; /* may be NULL */
    bw_evidence_each each;       /* may be NULL */
    void *ctx;
};

struct bw_evidence_verdict {
    uint64_t lines, files, problems;
    uint64_t first, last;                  /* sequence numbers; 0 where there is no line */
    char newest[BW_EVIDENCE_HASH_HEX + 1]; /* of the last line; empty where there is none */
    bool found;                            /* the hash that was asked for */
};

/* Verifies PATH and its rotated files, the oldest first. That the oldest ones were removed is no
 * problem: `first` is then more than 1. Returns 0 also where there are problems. BW_ENOENT,
 * BW_EACCESS, BW_EIO; BW_EUSAGE where `wanted` is no hash. */
int bw_evidence_verify(const struct bw_evidence_question *question,
                       struct bw_evidence_verdict *ret_verdict, struct bw_err *err) BW_MUST_USE;

#endif
