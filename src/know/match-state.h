/*
 * match-state.h: what the files of the matcher share: match.c (which advisories), match-advisory.c
 * (what they say).
 */
#ifndef BW_KNOW_MATCH_STATE_H
#define BW_KNOW_MATCH_STATE_H

#include "base/map.h"
#include "base/vec.h"
#include "know/advisories.h"
#include "know/ecosystem.h"
#include "know/know-state.h"

/* Advisories of one scan. */
#define BW_MATCH_ADVISORIES_MAX ((size_t)1 << 22)

enum {
    BW_MATCH_PACKAGE,
    BW_MATCH_AFFECTED,
    BW_MATCH_ADVISORY,
    BW_MATCH_STATEMENTS,
};

/* An entry of an advisory that says something of the installed version. */
struct bw_hit {
    int64_t advisory;
    bool is_fixed;       /* the installed version is the one it calls fixed; else vulnerable */
    struct bw_str fixed; /* in the arena; empty for none */
    bool rated;          /* the entry has a rating of its own: */
    enum bw_severity severity;
    struct bw_str from, vector;
    int score;
};

struct bw_cached_advisory {
    struct bw_advisory advisory;
    enum bw_severity severity;
};

struct bw_ecosystem_key {
    int64_t key;
    bool decides; /* see bw_ecosystem.last_decides */
};

struct bw_matcher {
    struct bw_know *know;
    struct bw_arena *arena;
    struct bw_ecosystem eco;
    enum bw_coverage coverage;
    int64_t newest; /* wall time of the newest advisory of these ecosystems, 0 for none */
    struct bw_str why;
    struct bw_sqlite_stmt *stmts[BW_MATCH_STATEMENTS];
    BW_VEC_TYPE(ecosystem_keys, struct bw_ecosystem_key) keys;
    struct bw_map advisories; /* key -> struct bw_cached_advisory */
    BW_VEC_TYPE(hits, struct bw_hit) hits;
};

/* The arena gave nothing: BW_ELIMIT or BW_ENOMEM. */
int bw_matcher_no_memory(const struct bw_matcher *m, struct bw_err *err);

/* A rank of the store, which may hold any number, as a severity. */
enum bw_severity bw_matcher_severity(int64_t rank);

/* An advisory by its key, read once. */
int bw_matcher_advisory(struct bw_matcher *m, int64_t key,
                        const struct bw_cached_advisory **ret_cached,
                        struct bw_err *err) BW_MUST_USE;

#endif
