/*
 * metrics.h: counters of a gate, in the text format of Prometheus (version 0.0.4).
 *
 * Threads count without locks (atomics). Names and help stand in one table in metrics.c.
 */
#ifndef BW_ENFORCE_METRICS_H
#define BW_ENFORCE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum bw_metric {
    BW_METRIC_ALLOWED,       /* bulwark_decisions_total{verdict="allow"} */
    BW_METRIC_DENIED,        /* bulwark_decisions_total{verdict="deny"} */
    BW_METRIC_WARNED,        /* bulwark_warnings_total */
    BW_METRIC_WAIVED,        /* bulwark_waived_total */
    BW_METRIC_UNDECIDED,     /* bulwark_undecided_total: denied for want of memory, log, answers */
    BW_METRIC_REFUSED,       /* bulwark_refused_requests_total: too long, too slow, malformed */
    BW_METRIC_LOG_FAILURES,  /* bulwark_log_failures_total */
    BW_METRIC_RELOADS,       /* bulwark_reloads_total */
    BW_METRIC_RULES_STALE,   /* bulwark_rules_stale (gauge) */
    BW_METRIC_POLICIES,      /* bulwark_policies (gauge) */
    BW_METRIC_SERVER_STARTS, /* bulwark_server_starts_total */
};
#define BW_METRIC_COUNT 11

struct bw_metrics;

/* In memory that parent and child share, so that counts outlive a server that is replaced. */
struct bw_metrics *bw_metrics_new(void);
void bw_metrics_free(struct bw_metrics *metrics); /* takes NULL */

void bw_metrics_add(struct bw_metrics *metrics, enum bw_metric metric, uint64_t n);
void bw_metrics_set(struct bw_metrics *metrics, enum bw_metric metric, uint64_t value);

/* Into the histogram bulwark_decision_seconds. */
void bw_metrics_took(struct bw_metrics *metrics, uint64_t ns);

/* Metrics that the supervisor makes now and then, as they stand in the text: whole lines, at most
 * BW_METRICS_EXTRA_MAX bytes (what is longer ends at a line). One writer. */
#define BW_METRICS_EXTRA_MAX ((size_t)64 << 10)
void bw_metrics_extra(struct bw_metrics *metrics, struct bw_str text);

void bw_metrics_text(const struct bw_metrics *metrics, struct bw_buf *buf);

#endif
