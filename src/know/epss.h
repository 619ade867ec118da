/*
 * epss.h: FIRST's Exploit Prediction Scoring System: for each CVE the chance that somebody exploits
 * it within the next 30 days, and which part of all CVEs has the same or a lower one.
 *
 * The daily file is CSV: a comment "#model_version:v2025.03.14,score_date:2026-11-25T12:55:00Z"
 * (older ones have none), a line "cve,epss,percentile", and then a line a CVE. The bytes may be
 * hostile; a pure function, as bw_osv_parse.
 */
#ifndef BW_KNOW_EPSS_H
#define BW_KNOW_EPSS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

#define BW_EPSS_TEXT_MAX    ((size_t)256 << 20)
#define BW_EPSS_ENTRIES_MAX 4000000

struct bw_epss_entry {
    struct bw_str cve;
    int score, percentile; /* millionths, 0..1000000 */
};

struct bw_epss {
    struct bw_str date; /* of the scores, as it stands; empty where the file does not say */
    struct bw_epss_entry *entries;
    size_t n;
};

/* True where the text begins as such a file does. */
bool bw_epss_is(struct bw_str text);

/* The entries live in the arena, their slices in the text. BW_EFORMAT where the text is no such
 * file, or a line is no CVE with two numbers from 0 to 1; BW_ELIMIT. */
int bw_epss_parse(struct bw_str text, struct bw_arena *arena, struct bw_epss *ret_epss,
                  struct bw_err *err) BW_MUST_USE;

#endif
