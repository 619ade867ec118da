/*
 * match-state.h: what the files of the matcher share: match.c (a package and the entries that speak
 * of it), match-lane.c (where to look), match-advisory.c (what an advisory says), match-merge.c
 * (entries to advisories, advisories to vulnerabilities).
 */
#ifndef BW_KNOW_MATCH_STATE_H
#define BW_KNOW_MATCH_STATE_H

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "know/advisories.h"
#include "know/ecosystem.h"
#include "know/know-state.h"

/* Advisories and distributions of one run; packages whose outcome is remembered (further ones are
 * looked up each time). */
#define BW_MATCH_ADVISORIES_MAX ((size_t)1 << 22)
#define BW_MATCH_LANES_MAX      10000
#define BW_MATCH_MEMO_MAX       ((size_t)1 << 20)
/* Entries of one package, and ids of its advisories. */
#define BW_MATCH_HITS_MAX 1000000

enum {
    BW_MATCH_PACKAGE,
    BW_MATCH_AFFECTED,
    BW_MATCH_ADVISORY,
    BW_MATCH_EPSS,
    BW_MATCH_KEV,
    BW_MATCH_STATEMENTS,
};

/* Where the packages of a distribution, or of a type, are looked up. */
struct bw_ecosystem_key {
    int64_t key;
    bool decides; /* see bw_ecosystem.last_decides */
};

struct bw_lane {
    struct bw_ecosystem eco;
    enum bw_coverage coverage;
    struct bw_str why;
    int64_t newest; /* wall time of the newest advisory of these ecosystems, 0 for none */
    bool language;  /* records of one vulnerability are merged; versions compared when listed */
    uint32_t number;
    BW_VEC_TYPE(ecosystem_keys, struct bw_ecosystem_key) keys;
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
    int epss_millionths, epss_percentile_millionths;
    bool ransomware;
};

/* An advisory that the installed version is vulnerable to. */
struct bw_found {
    const struct bw_cached_advisory *cached;
    const struct bw_advisory *advisory; /* cached's, or this package's own version of it */
    enum bw_severity severity;
    struct bw_str fixed;
    size_t group; /* for match-merge.c: where the first of its vulnerability stands */
};

/* What is remembered of a package. */
struct bw_remembered {
    const struct bw_match *matches;
    size_t n;
};

struct bw_matcher {
    struct bw_know *know;
    struct bw_arena *arena;
    struct bw_sqlite_stmt *stmts[BW_MATCH_STATEMENTS];
    BW_VEC_TYPE(lanes, struct bw_lane *) lanes; /* all of them */
    struct bw_map distributions;                /* text of a distribution -> its lane */
    struct bw_lane *languages[BW_PACKAGE_TYPE_COUNT];
    const struct bw_lane *system; /* of the distribution at hand; NULL before there was one */
    struct bw_map advisories;     /* key -> struct bw_cached_advisory */
    struct bw_map memo;           /* lane and package -> struct bw_remembered */
    BW_VEC_TYPE(hits, struct bw_hit) hits;
    BW_VEC_TYPE(found, struct bw_found) found;
    struct bw_buf key, name; /* scratch */
};

/* The arena gave nothing: BW_ELIMIT or BW_ENOMEM. */
int bw_matcher_no_memory(const struct bw_matcher *m, struct bw_err *err);

/* A rank of the store, which may hold any number, as a severity. */
enum bw_severity bw_matcher_severity(int64_t rank);

/* match-advisory.c: an advisory by its key, read once. */
int bw_matcher_advisory(struct bw_matcher *m, int64_t key,
                        const struct bw_cached_advisory **ret_cached,
                        struct bw_err *err) BW_MUST_USE;

/* match-lane.c: where a type is looked up; *ret_lane is NULL for packages of an operating system
 * where no distribution was set. */
int bw_matcher_lane(struct bw_matcher *m, enum bw_package_type type,
                    const struct bw_lane **ret_lane, struct bw_err *err) BW_MUST_USE;

/* match-merge.c: from m->hits to vulnerabilities. */
int bw_matcher_merge(struct bw_matcher *m, const struct bw_lane *lane,
                     struct bw_remembered *ret_matches, struct bw_err *err) BW_MUST_USE;

#endif
