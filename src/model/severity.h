/*
 * severity.h: how bad a finding is, on the scale that every output and --fail-on use.
 */
#ifndef BW_MODEL_SEVERITY_H
#define BW_MODEL_SEVERITY_H

#include <stdbool.h>

#include "base/str.h"

/* UNKNOWN stands lowest in order, and is no statement that a finding is harmless: a threshold
 * counts it as a failure unless told otherwise. */
enum bw_severity {
    BW_SEVERITY_UNKNOWN,
    BW_SEVERITY_NEGLIGIBLE,
    BW_SEVERITY_LOW,
    BW_SEVERITY_MEDIUM,
    BW_SEVERITY_HIGH,
    BW_SEVERITY_CRITICAL,
};
#define BW_SEVERITY_COUNT 6

/* "unknown", "negligible", "low", ... Never NULL. */
const char *bw_severity_name(enum bw_severity severity);

/* Reads a name, and the field's other words for it: "important" and "moderate" (Red Hat), "none",
 * "minor", "unimportant" (Debian), "untriaged", "not yet assigned"; case does not matter.
 * false for any other word. */
bool bw_severity_parse(struct bw_str word, enum bw_severity *ret_severity);

/* The qualitative rating of a CVSS score in tenths (CVSS 3.1 section 5, 4.0 section 6): 0 none,
 * 1-39 low, 40-69 medium, 70-89 high, 90-100 critical. CVSS 2 scores use the same bands, as the
 * National Vulnerability Database does since 2022. */
enum bw_severity bw_severity_of_score(unsigned tenths);

#endif
