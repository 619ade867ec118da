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
#include "model/waiver.h"

enum bw_finding_kind {
    BW_FINDING_VULNERABILITY,
    BW_FINDING_SECRET,
    BW_FINDING_FILE,
    BW_FINDING_LICENCE,
    BW_FINDING_POLICY,
};
#define BW_FINDING_KIND_COUNT 5

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

/* Whether the files of a package are used, where a sensor saw the container run. */
enum bw_loaded {
    BW_LOADED_UNKNOWN,
    BW_LOADED_NO,
    BW_LOADED_YES,
};

/* What a policy demands where it is not kept (Kubernetes' validationActions, strictest first). */
enum bw_policy_action {
    BW_POLICY_DENY,
    BW_POLICY_WARN,
    BW_POLICY_AUDIT,
};
#define BW_POLICY_ACTION_COUNT 3

struct bw_finding {
    enum bw_finding_kind kind;
    enum bw_severity severity;
    struct bw_str id; /* the advisory's, the rule's of a secret, the check's of a file, the
                         licence's, the policy's */
    uint32_t subject; /* index into the report's subjects */
    uint32_t deleted_in;
    struct bw_place location;
    struct bw_str fingerprint; /* see bw_finding_fingerprint */
    struct bw_str title;       /* one line for a person; a vulnerability has its advisory's */
    struct bw_str remedy;
    const struct bw_package *package; /* that it is about, or that owns the file; or NULL */
    struct bw_str purl;               /* of the package */
    const struct bw_waiver *waiver;   /* NULL where it stands */
    bool in_base;                     /* its layer is one of the base image's */
    bool deleted;                     /* deleted_in, a later layer, hides it, and the image still
                                         carries it */
    bool encoded;                     /* BW_FINDING_SECRET: found in what was encoded */
    /* BW_FINDING_VULNERABILITY */
    bool ransomware; /* KEV knows of its use for extortion */
    enum bw_loaded loaded;
    const struct bw_advisory *advisory;
    const struct bw_advisory *const *others; /* that speak of the same vulnerability */
    size_t others_n;
    struct bw_str fixed_version; /* empty where no fix is known */
    int epss_millionths;         /* the chance of exploitation within 30 days; -1: not known */
    int epss_percentile_millionths;
    int risk_tenths; /* 0..1000, see check/risk.h; -1: not rated */
    /* BW_FINDING_SECRET: masked. BW_FINDING_FILE: what was seen, "mode 4755, owned by root".
     * BW_FINDING_POLICY: the policy's message about this object */
    struct bw_str match;
    /* BW_FINDING_POLICY */
    struct bw_strs aliases; /* other tools' ids of what the policy looks for: "DS-0002", "DL3002" */
    enum bw_policy_action action;
    uint32_t column;      /* beside location.line; 0: not known */
    struct bw_str object; /* "Deployment default/web", "service web" */
    struct bw_str
        because; /* what decided: "spec.containers[0].securityContext.privileged is true" */
};

const char *bw_finding_kind_name(enum bw_finding_kind kind);

/* "Deny", "Warn", "Audit". */
const char *bw_policy_action_name(enum bw_policy_action action);

/* The name of a finding that stays the same from scan to scan, for waivers, history and
 * de-duplication: the first 32 hexadecimal digits of SHA-256 over kind, id, package type, package
 * name, path and, for what is no
 * vulnerability, the place within the file and the masked match, a NUL after each; of a policy's
 * finding the object, too. Neither the
 * version nor the layer enters, so that a rebuild keeps it. p is NULL when the arena is full,
 * memory is short or OpenSSL failed. */
struct bw_str bw_finding_fingerprint(const struct bw_finding *finding, struct bw_arena *arena);

#endif
