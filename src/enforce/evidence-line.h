/*
 * evidence-line.h: one line of a log of evidence, and its files; for the files evidence*.c alone.
 */
#ifndef BW_ENFORCE_EVIDENCE_LINE_H
#define BW_ENFORCE_EVIDENCE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "enforce/evidence.h"

/* What stands before the records' own members, and behind them. */
#define BW_EVIDENCE_HEAD     "{\"sequence\":"
#define BW_EVIDENCE_TIME     ",\"time\":\""
#define BW_EVIDENCE_PREVIOUS ",\"previous\":\""
#define BW_EVIDENCE_HASH     "\",\"hash\":\""
#define BW_EVIDENCE_END      "\"}"

struct bw_evidence_line {
    uint64_t sequence;
    struct bw_str previous, hash; /* slices of the line: 64 digits */
};

/* Takes a line (without its newline) apart. false: it is none of a log, or none that is whole.
 * Whether its hash is right is another question. */
bool bw_evidence_line_read(struct bw_str line, struct bw_evidence_line *ret_line);

/* The hash that a line should have, with a NUL. The line was read. */
void bw_evidence_line_hash(struct bw_str line, char ret_hash[BW_EVIDENCE_HASH_HEX + 1]);

/* Whether bytes may be the begin of such a line. */
bool bw_evidence_line_begins(struct bw_str bytes);

/* A directory and the name of a file in it. Owned. */
struct bw_evidence_place {
    int directory;
    char *name;
};

int bw_evidence_place_open(const char *path, struct bw_evidence_place *ret_place,
                           struct bw_err *err) BW_MUST_USE;
void bw_evidence_place_close(struct bw_evidence_place *place); /* also for BW_CLEANUP */

/* Opens a regular file of the log; `number` 0 is the log itself, 1 the newest rotated one. flags as
 * in open(2). A descriptor, or -1 with errno (EBADF: it is no regular file). */
int bw_evidence_open_file(const struct bw_evidence_place *place, unsigned number, int flags);

/* "log.jsonl.1". false: longer than a name may be. */
#define BW_EVIDENCE_NAME_MAX 256u
bool bw_evidence_file_name(const struct bw_evidence_place *place, unsigned number,
                           char ret_name[BW_EVIDENCE_NAME_MAX]);

/* flock(2), for as long as BW_EVIDENCE_LOCK_MS: who may read the log could hold its lock for ever.
 * 0, or -1 with errno. */
#define BW_EVIDENCE_LOCK_MS 2000
int bw_evidence_lock(int fd, int operation) BW_MUST_USE;

#endif
