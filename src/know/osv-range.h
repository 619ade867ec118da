/*
 * osv-range.h: the events of an OSV range as intervals (OSV schema 1.7, "Evaluation").
 */
#ifndef BW_KNOW_OSV_RANGE_H
#define BW_KNOW_OSV_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "know/osv.h"
#include "know/version.h"

enum bw_osv_event_kind {
    BW_OSV_INTRODUCED,
    BW_OSV_FIXED,
    BW_OSV_LAST_AFFECTED,
    BW_OSV_LIMIT,
};

struct bw_osv_event {
    enum bw_osv_event_kind kind;
    struct bw_str version;
    size_t at; /* place in the list; set by bw_osv_intervals */
};

/*
 * The intervals of one range, at most as many as there are `introduced` events. The events, in any
 * order, are sorted by version; order NULL (an ecosystem whose order is not known) keeps them as
 * they stand. Where several events have the same version, an open interval is closed before the
 * next one opens, and else one opens before it closes, so that adjoining intervals and intervals of
 * one version come out as meant. The limits of a range ("*" is none) cut each of its intervals at
 * the highest limit. Events are reordered in place.
 */
int bw_osv_intervals(struct bw_osv_event *events, size_t n, const enum bw_version_order *order,
                     struct bw_arena *arena, struct bw_osv_interval **ret_intervals, size_t *ret_n,
                     struct bw_err *err) BW_MUST_USE;

/* Whether a version lies in an interval. */
bool bw_osv_interval_has(const struct bw_osv_interval *interval, enum bw_version_order order,
                         struct bw_str version);

#endif
