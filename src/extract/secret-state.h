/*
 * secret-state.h: what the parts of the secret scanner share; of no interest to others.
 */
#ifndef BW_EXTRACT_SECRET_STATE_H
#define BW_EXTRACT_SECRET_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "extract/secret-rule.h"
#include "extract/secret.h"
#include "wrap/pcre2.h"
#include "wrap/vectorscan.h"

/* Bytes of a masked value. */
#define BW_SECRET_MASKED_MAX 64u

/* Bytes before what is new that stay at hand: a match that began there, and what stands before. */
#define BW_SECRET_BEHIND ((size_t)4 << 10)

/* New bytes of a file, or of decoded base64, that are looked at in one go. */
#define BW_SECRET_BLOCK         ((size_t)256 << 10)
#define BW_SECRET_DECODED_BLOCK ((size_t)64 << 10)

struct bw_secret_find {
    uint32_t rule;
    enum bw_severity severity;
    bool encoded;
    uint32_t line, column, count;
    uint64_t start, end; /* of the value in the file; of the run where it is encoded */
    uint64_t hash;       /* of what tells it from other values */
    char masked[BW_SECRET_MASKED_MAX];
    size_t masked_n;
};

/* Bytes that go by: p[0..n) are at hand, and what ends in p[0..looked) has been looked at. */
struct bw_secret_window {
    const uint8_t *p; /* buf, or the caller's where a file comes in one block */
    uint8_t *buf;
    size_t n, cap, used; /* used: the bytes of buf that were ever written since it was cleared */
    size_t looked;
    uint64_t base;       /* what went by before p[0] */
    uint32_t lines;      /* newlines therein */
    uint64_t line_start; /* where the line of p[0] begins */
    uint64_t *done;      /* for each rule, where the last match that was looked at ended */
    bool encoded;        /* it holds decoded base64 */
};

/* A run of base64 that is being decoded. */
struct bw_secret_run {
    bool open;               /* it reaches to the end of what was at hand */
    uint64_t next;           /* where to look for runs, or to go on */
    uint64_t start, segment; /* where the run and its current line begin */
    uint32_t line, column;
};

struct bw_secret_scanner {
    struct bw_vectorscan *set;
    const struct bw_secret_rule **rules;
    struct bw_regex_room *room;
    struct bw_regex **regexes; /* for each rule; compiled at its first hit */
    size_t rules_n;
    const struct bw_secret_rule **path_rules; /* those that have paths */
    uint32_t *path_ids;                       /* and their indices */
    size_t path_rules_n;

    /* of the file at hand */
    struct bw_str path;
    char *path_buf;
    uint64_t size, fed;
    bool binary;    /* known after the first block */
    int quiet;      /* its path silences the rules: -1 not yet known; secret-allow.h */
    uint32_t *here; /* the rules with paths that apply to it */
    size_t here_n;
    bool path_cut; /* it is longer than they search */
    struct bw_secret_window file, decoded;
    struct bw_secret_run run;
    uint32_t candidates, unsure; /* unsure: searches that reached their bounds */
    struct bw_secret_find *finds;
    size_t finds_n;
    const char *stopped; /* why the rest is not looked at */
    int failed;          /* a code; failure has the text */
    struct bw_err failure;
};

/* --- secret-confirm.c --- */

/* Looks at what ends in w->p[looked..limit) with all rules; binary files and runs included. */
void bw_secret_look(struct bw_secret_scanner *scanner, struct bw_secret_window *w, size_t limit);

/* --- secret-base64.c --- */

/* Decodes and looks at the runs that begin in w->p[looked..limit). final: nothing follows p[n). */
void bw_secret_look_encoded(struct bw_secret_scanner *scanner, const struct bw_secret_window *w,
                            size_t limit, bool final);

/* --- secret.c --- */

/* Whether the rest of the file is of no use any more. */
static inline bool bw_secret_is_over(const struct bw_secret_scanner *scanner)
{
    return scanner->stopped || scanner->failed;
}

/* Lets what was looked at go by, but for BW_SECRET_BEHIND bytes. */
void bw_secret_window_slide(struct bw_secret_window *w);
void bw_secret_window_reset(struct bw_secret_window *w, size_t rules_n);

/* The line (from 1) and column of an offset into w->p. */
void bw_secret_window_place(const struct bw_secret_window *w, size_t at, uint32_t *ret_line,
                            uint32_t *ret_column);

#endif
