/*
 * finding.h: a result that needs eyes.
 */
#ifndef BW_MODEL_FINDING_H
#define BW_MODEL_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/fact.h"
#include "model/severity.h"

enum bw_finding_kind {
    BW_FINDING_VULNERABILITY,
};

/* An advisory as the store knows it (OSV schema 1.7). All slices live in the arena of the scan. */
struct bw_advisory {
    struct bw_str id; /* "DSA-5417-1", "CVE-2023-0464" */
    struct bw_str summary;
    struct bw_strs aliases;      /* the record's aliases, as they stand */
    struct bw_strs cves;         /* every CVE id of id, aliases, upstream and related; sorted */
    struct bw_str severity_from; /* the rung of the ladder that rated it: "cvss:3.1", "vendor",
                                    "CVE-2023-0464 in Bitnami", or empty for UNKNOWN */
    struct bw_str vector;        /* the CVSS vector, where one rated it */
    int score_tenths;            /* 0..100, or -1 without a score */
    bool kev;                    /* one of cves is in CISA's Known Exploited Vulnerabilities */
    struct bw_str modified;      /* RFC 3339 */
    struct bw_str url;           /* the first ADVISORY or WEB reference, or empty */
};

struct bw_finding {
    enum bw_finding_kind kind;
    struct bw_str id; /* the advisory's id */
    enum bw_severity severity;
    uint32_t subject; /* index into the report's subjects */
    struct bw_place location;
    struct bw_str fingerprint; /* see bw_finding_fingerprint */
    /* BW_FINDING_VULNERABILITY */
    const struct bw_advisory *advisory;
    const struct bw_package *package;
    struct bw_str purl;
    struct bw_str fixed_version; /* empty where no fix is known */
};

const char *bw_finding_kind_name(enum bw_finding_kind kind);

/* The name of a finding that stays the same from scan to scan, for waivers, history and
 * de-duplication: the first 32 hexadecimal digits of SHA-256 over kind, id, package type, package
 * name and path, a NUL after each. Neither the version nor the layer enters, so that a rebuild
 * keeps it. p is NULL when the arena is full, memory is short or OpenSSL failed. */
struct bw_str bw_finding_fingerprint(const struct bw_finding *finding, struct bw_arena *arena);

#endif
