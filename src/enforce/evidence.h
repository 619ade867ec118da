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
 * flock(2) on the file, and reads the end of it again where another process was faster, or has
 * rotated.
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

/* Creates the file (mode 0640) or goes on with it. BW_EACCESS, BW_EIO, BW_EFORMAT where the file is
 * no log of this kind: it is left alone. */
int bw_evidence_open(const struct bw_evidence_options *options, struct bw_evidence **ret_evidence,
                     struct bw_err *err) BW_MUST_USE;
void bw_evidence_close(struct bw_evidence *evidence); /* takes NULL */

/* Appends a record: the members of an object without its braces
 * (`"gate":"docker","verdict":"allow"`), valid JSON on one line, none of the four names above.
 * Thread-safe. One write(2). BW_EIO and the like where it cannot be written: what was written of it
 * is taken back (ftruncate), and the next append tries again. */
int bw_evidence_append(struct bw_evidence *evidence, struct bw_str members,
                       struct bw_err *err) BW_MUST_USE;

struct bw_evidence_verdict {
    uint64_t lines, files;
    uint64_t first, last; /* sequence numbers */
    char newest[BW_EVIDENCE_HASH_HEX + 1];
    bool found; /* the hash that was asked for */
};

/* Verifies PATH and its rotated files, the oldest first. `problem` is told of every place where the
 * chain is broken: a changed line, one that is missing, one out of turn, one cut short. `wanted`: a
 * hash that must stand in it, or NULL. Returns 0 also where there are problems. BW_ENOENT,
 * BW_EACCESS, BW_EIO. */
int bw_evidence_verify(const char *path, const char *wanted,
                       void (*problem)(void *ctx, const char *file, uint64_t line,
                                       const char *what),
                       void *ctx, struct bw_evidence_verdict *ret_verdict,
                       struct bw_err *err) BW_MUST_USE;

#endif
