/*
 * charts.h: Helm charts below a directory: templates are no manifests before helm has rendered
 * them; private to src/scan.
 */
#ifndef BW_SCAN_CHARTS_H
#define BW_SCAN_CHARTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

#define BW_CHARTS_MAX 10000u

/* How long helm may take for one chart. */
#define BW_CHART_RENDER_MS 60000

/* Their directories, relative to the one that was looked through; "" is that itself. Charts within
 * the charts/ of another are parts of it, and not listed. */
struct bw_charts {
    BW_VEC(struct bw_str);
};
void bw_charts_free(struct bw_charts *charts); /* also for BW_CLEANUP */

/* Looks for them below an open directory. Paths are in the arena. */
int bw_charts_find(int directory, struct bw_arena *arena, struct bw_charts *charts,
                   struct bw_err *err) BW_MUST_USE;

/* Whether a path is a chart's own: its description, values, templates, what these take in from
 * files/, or a chart within it. */
bool bw_charts_own(const struct bw_charts *charts, struct bw_str path);

/* What `helm template` makes of the chart in a directory for Kubernetes 1.34, with its default
 * values. BW_ENOENT where there is no helm; BW_EFORMAT with helm's words where it fails. */
int bw_chart_render(const char *directory, struct bw_buf *ret_text, struct bw_err *err) BW_MUST_USE;

#endif
