/*
 * group.h: the vulnerabilities of a subject, gathered as a person mends them: by source package.
 *
 * One update of a source package mends all packages that were built from it, so these are one
 * group; what has a fix and what has none are two, since only the first can be acted upon.
 */
#ifndef BW_REPORT_GROUP_H
#define BW_REPORT_GROUP_H

#include "report/output.h"

struct bw_group {
    const uint32_t *findings; /* indices: known exploited first, then by severity, then by id */
    const uint32_t *by_name;  /* the same, by package name */
    size_t n;
    struct bw_str name;        /* the package, or the source of several */
    struct bw_str version;     /* installed; empty for a finding that is about no package */
    uint32_t first;            /* the lowest of findings */
    size_t packages;           /* distinct names among the findings */
    enum bw_severity severity; /* the worst */
    int risk_tenths;           /* the worst; -1: none is rated */
    bool kev;                  /* one is known to be exploited */
    bool fixable;              /* all have a fix, or none has */
    struct bw_str fixed;       /* the version that mends all; empty where several differ and no
                                  comparison is at hand */
};

struct bw_groups {
    struct bw_group *v; /* worst first, or in the order of the report */
    size_t n;
    size_t sources;  /* distinct source packages: one with and without fixes is two groups */
    uint32_t *order; /* what the groups point into */
};

/* The name of what a finding is about: its package, else its file. */
struct bw_str bw_group_name_of(const struct bw_finding *finding);

/* The vulnerabilities of one subject that are not waived; options tell the order of versions and of
 * groups. Heap memory, to be freed with bw_groups_free; BW_ENOMEM. */
int bw_groups_make(const struct bw_report *report, uint32_t subject,
                   const struct bw_output_options *options, struct bw_groups *ret_groups,
                   struct bw_err *err) BW_MUST_USE;

void bw_groups_free(struct bw_groups *groups); /* also for BW_CLEANUP */

#endif
