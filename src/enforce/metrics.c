#include "enforce/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/compiler.h"

/* Upper bounds of the histogram's buckets, in nanoseconds; the last bucket has none. */
static const uint64_t bounds[] = {10000,   25000,   50000,    100000,   250000,   500000,
                                  1000000, 2500000, 10000000, 50000000, 250000000};
#define BUCKETS (BW_ARRAY_LEN(bounds) + 1)

struct bw_metrics {
    _Atomic uint64_t values[BW_METRIC_COUNT];
    _Atomic uint64_t took[BUCKETS];
    _Atomic uint64_t took_ns;
    /* The writer fills the one that is not shown: readers copy, and it writes minutes apart. */
    _Atomic unsigned shown;
    size_t extra_n[2];
    char extra[2][BW_METRICS_EXTRA_MAX];
};

/* Metrics of one name stand together; its help stands with the first. */
static const struct {
    const char *name, *labels, *type, *help;
} table[BW_METRIC_COUNT] = {
    [BW_METRIC_ALLOWED] = {"bulwark_decisions_total", "{verdict=\"allow\"}", "counter",
                           "Requests decided."},
    [BW_METRIC_DENIED] = {"bulwark_decisions_total", "{verdict=\"deny\"}", NULL, NULL},
    [BW_METRIC_WARNED] = {"bulwark_warnings_total", "", "counter",
                          "Warnings given with decisions."},
    [BW_METRIC_WAIVED] = {"bulwark_waived_total", "", "counter",
                          "Denials that an exception took back."},
    [BW_METRIC_UNDECIDED] = {"bulwark_undecided_total", "", "counter",
                             "Requests denied because they could not be decided."},
    [BW_METRIC_REFUSED] = {"bulwark_refused_requests_total", "", "counter",
                           "Requests that were malformed, too long or too slow."},
    [BW_METRIC_LOG_FAILURES] = {"bulwark_log_failures_total", "", "counter",
                                "Decisions that could not be recorded."},
    [BW_METRIC_RELOADS] = {"bulwark_reloads_total", "", "counter", "Rules put in force."},
    [BW_METRIC_RULES_STALE] = {"bulwark_rules_stale", "", "gauge",
                               "1 while the newest rules could not be loaded."},
    [BW_METRIC_POLICIES] = {"bulwark_policies", "", "gauge", "Policies in force."},
    [BW_METRIC_SERVER_STARTS] = {"bulwark_server_starts_total", "", "counter",
                                 "Servers started; more than one means that one ended."},
};

struct bw_metrics *bw_metrics_new(void)
{
    void *p = mmap(NULL, sizeof(struct bw_metrics), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void bw_metrics_free(struct bw_metrics *metrics)
{
    if (metrics)
        munmap(metrics, sizeof *metrics);
}

void bw_metrics_add(struct bw_metrics *metrics, enum bw_metric metric, uint64_t n)
{
    atomic_fetch_add_explicit(&metrics->values[metric], n, memory_order_relaxed);
}

void bw_metrics_set(struct bw_metrics *metrics, enum bw_metric metric, uint64_t value)
{
    atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

void bw_metrics_took(struct bw_metrics *metrics, uint64_t ns)
{
    size_t bucket = 0;
    while (bucket < BW_ARRAY_LEN(bounds) && ns > bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&metrics->took[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->took_ns, ns, memory_order_relaxed);
}

static void put_histogram(const struct bw_metrics *metrics, struct bw_buf *buf)
{
    uint64_t count = 0;
    bw_buf_printf(buf, "# HELP bulwark_decision_seconds Time spent on a decision.\n"
                       "# TYPE bulwark_decision_seconds histogram\n");
    for (size_t i = 0; i < BUCKETS; i++) {
        count += atomic_load_explicit(&metrics->took[i], memory_order_relaxed);
        if (i < BW_ARRAY_LEN(bounds))
            bw_buf_printf(buf, "bulwark_decision_seconds_bucket{le=\"%g\"} %llu\n",
                          (double)bounds[i] / 1e9, (unsigned long long)count);
    }
    bw_buf_printf(
        buf,
        "bulwark_decision_seconds_bucket{le=\"+Inf\"} %llu\nbulwark_decision_seconds_sum %.9f\n"
        "bulwark_decision_seconds_count %llu\n",
        (unsigned long long)count,
        (double)atomic_load_explicit(&metrics->took_ns, memory_order_relaxed) / 1e9,
        (unsigned long long)count);
}

void bw_metrics_extra(struct bw_metrics *metrics, struct bw_str text)
{
    unsigned next = !atomic_load(&metrics->shown);
    struct bw_str kept = bw_str_take(text, BW_METRICS_EXTRA_MAX);
    if (kept.n < text.n)
        kept.n = bw_str_rfind(kept, '\n') + 1;
    if (kept.n)
        memcpy(metrics->extra[next], kept.p, kept.n);
    metrics->extra_n[next] = kept.n;
    atomic_store(&metrics->shown, next);
}

void bw_metrics_text(const struct bw_metrics *metrics, struct bw_buf *buf)
{
    for (size_t i = 0; i < BW_METRIC_COUNT; i++) {
        if (table[i].help)
            bw_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", table[i].name, table[i].help,
                          table[i].name, table[i].type);
        bw_buf_printf(
            buf, "%s%s %llu\n", table[i].name, table[i].labels,
            (unsigned long long)atomic_load_explicit(&metrics->values[i], memory_order_relaxed));
    }
    put_histogram(metrics, buf);
    unsigned shown = atomic_load(&metrics->shown);
    bw_buf_add(buf, metrics->extra[shown], metrics->extra_n[shown]);
}
