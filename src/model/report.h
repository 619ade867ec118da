/*
 * report.h: the outcome of a run: a pure function of (facts, knowledge, options, clock).
 */
#ifndef BW_MODEL_REPORT_H
#define BW_MODEL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/finding.h"
#include "model/gap.h"
#include "model/result.h"
#include "model/subject.h"

enum bw_verdict {
    BW_VERDICT_PASS,
    BW_VERDICT_FAIL,
};

/* Which advisories a run was judged by. */
struct bw_database_info {
    bool present;
    bool builtin;         /* the small set inside the program, not an imported one */
    struct bw_str digest; /* identifies the content: equal digests give equal findings */
    uint64_t records;     /* advisories */
    struct bw_strs ecosystems;
    struct bw_str newest;   /* RFC 3339: the newest `modified` of its records; empty for none */
    struct bw_str imported; /* RFC 3339: when it was made */
};

struct bw_report {
    const char *version; /* of bulwark */
    int64_t started;     /* wall time, seconds */
    int64_t elapsed_ms;
    struct bw_subject *subjects;
    size_t subjects_n;
    struct bw_result *results;
    size_t results_n;
    struct bw_finding
        *findings; /* by subject, kind, severity (worst first), then as the kind wants:
                      a vulnerability by package and id, others by id and path */
    size_t findings_n;
    struct bw_gap *gaps;
    size_t gaps_n;
    struct bw_database_info database;
    enum bw_verdict verdict;
    struct bw_str verdict_reason; /* one line: "3 findings of severity high or worse" */
    uint32_t hidden_unfixed;      /* findings left out by --ignore-unfixed */
    uint32_t hidden_base;         /* by --exclude-base and --only-base */
    uint32_t waived;              /* findings with a waiver; they are still there */
};

const char *bw_verdict_name(enum bw_verdict verdict);

#endif
