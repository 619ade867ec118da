/*
 * gatherer.h: output on its way to a sink, gathered into pieces.
 */
#ifndef BW_REPORT_GATHERER_H
#define BW_REPORT_GATHERER_H

#include "base/buf.h"
#include "report/output.h"

/* Writers append to `buf` and call bw_gatherer_drain() between elements. The first failure stays,
 * and is told by bw_gatherer_finish(). */
struct bw_gatherer {
    struct bw_buf buf;
    const struct bw_output_sink *sink;
    struct bw_err *err;
    int status;
};

struct bw_gatherer bw_gatherer(const struct bw_output_sink *sink, struct bw_err *err);

/* Hands over what is gathered once it is enough to be worth a call. */
void bw_gatherer_drain(struct bw_gatherer *gatherer);

/* Hands over the rest, frees the buffer, and tells how it went. */
int bw_gatherer_finish(struct bw_gatherer *gatherer) BW_MUST_USE;

#endif
