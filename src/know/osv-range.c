#include "know/osv-range.h"

#include <stdlib.h>

static bool is_start(const struct bw_osv_event *event)
{
    return event->kind == BW_OSV_INTRODUCED && bw_str_eq(event->version, BW_STR("0"));
}

static int compare_versions(const struct bw_osv_event *a, const struct bw_osv_event *b,
                            enum bw_version_order order)
{
    if (is_start(a) || is_start(b))
        return (int)is_start(b) - (int)is_start(a);
    return bw_version_compare(order, a->version, b->version);
}

static int by_version(const void *pa, const void *pb, void *ctx)
{
    const struct bw_osv_event *a = pa, *b = pb;
    int c = compare_versions(a, b, *(const enum bw_version_order *)ctx);
    if (c)
        return c;
    return (a->at > b->at) - (a->at < b->at);
}

/* The intervals under construction: `open` is the one that waits for its end. */
struct builder {
    struct bw_osv_interval *v;
    size_t n;
    bool open;
    struct bw_str limit;
};

static void close_at(struct builder *b, const struct bw_osv_event *event)
{
    if (!b->open)
        return;
    struct bw_osv_interval *last = &b->v[b->n - 1];
    if (event->kind == BW_OSV_FIXED)
        last->fixed = event->version;
    else
        last->last_affected = event->version;
    b->open = false;
}

static void open_at(struct builder *b, const struct bw_osv_event *event)
{
    if (b->open)
        return;
    b->v[b->n++] = (struct bw_osv_interval){.introduced = event->version, .limit = b->limit};
    b->open = true;
}

static void apply(struct builder *b, const struct bw_osv_event *event)
{
    if (event->kind == BW_OSV_INTRODUCED)
        open_at(b, event);
    else if (event->kind != BW_OSV_LIMIT)
        close_at(b, event);
}

/* Events of one version: those of one sort, then the others. */
static void apply_group(struct builder *b, const struct bw_osv_event *events, size_t n)
{
    bool closers_first = b->open;
    for (int pass = 0; pass < 2; pass++) {
        bool closers = (pass == 0) == closers_first;
        for (size_t i = 0; i < n; i++)
            if ((events[i].kind != BW_OSV_INTRODUCED) == closers)
                apply(b, &events[i]);
    }
}

/* The highest limit, or p NULL for none: "*", or no limit event. */
static struct bw_str highest_limit(const struct bw_osv_event *events, size_t n,
                                   const enum bw_version_order *order)
{
    struct bw_str highest = {NULL, 0};
    for (size_t i = 0; i < n; i++) {
        if (events[i].kind != BW_OSV_LIMIT)
            continue;
        if (bw_str_find(events[i].version, '*') != SIZE_MAX)
            return (struct bw_str){NULL, 0};
        if (!highest.p || (order && bw_version_compare(*order, events[i].version, highest) > 0))
            highest = events[i].version;
    }
    return highest;
}

int bw_osv_intervals(struct bw_osv_event *events, size_t n, const enum bw_version_order *order,
                     struct bw_arena *arena, struct bw_osv_interval **ret_intervals, size_t *ret_n,
                     struct bw_err *err)
{
    size_t openings = 0;
    for (size_t i = 0; i < n; i++) {
        events[i].at = i;
        openings += events[i].kind == BW_OSV_INTRODUCED;
    }
    struct builder b = {.v = bw_arena_array(arena, openings, sizeof *b.v)};
    if (!b.v)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    b.limit = highest_limit(events, n, order);
    if (order && n > 1) {
        enum bw_version_order by = *order;
        qsort_r(events, n, sizeof *events, by_version, &by);
    }
    for (size_t from = 0, to; from < n; from = to) {
        to = from + 1;
        while (order && to < n && compare_versions(&events[from], &events[to], *order) == 0)
            to++;
        apply_group(&b, events + from, to - from);
    }
    *ret_intervals = b.v;
    *ret_n = b.n;
    return 0;
}

bool bw_osv_interval_has(const struct bw_osv_interval *interval, enum bw_version_order order,
                         struct bw_str version)
{
    if (!bw_str_eq(interval->introduced, BW_STR("0")) &&
        bw_version_compare(order, version, interval->introduced) < 0)
        return false;
    if (interval->fixed.p && bw_version_compare(order, version, interval->fixed) >= 0)
        return false;
    if (interval->last_affected.p &&
        bw_version_compare(order, version, interval->last_affected) > 0)
        return false;
    return !interval->limit.p || bw_version_compare(order, version, interval->limit) < 0;
}
