/*
 * stream.h: output on its way to a sink, gathered into pieces.
 */
#ifndef BW_REPORT_STREAM_H
#define BW_REPORT_STREAM_H

#include "base/buf.h"
#include "report/output.h"

/* Writers append to `buf` and call bw_stream_drain() between elements. The first failure stays, and
 * is told by bw_stream_finish(). */
struct bw_stream {
    struct bw_buf buf;
    const struct bw_output_sink *sink;
    struct bw_err *err;
    int status;
};

struct bw_stream bw_stream(const struct bw_output_sink *sink, struct bw_err *err);

/* Hands over what is gathered once it is enough to be worth a call. */
void bw_stream_drain(struct bw_stream *stream);

/* Hands over the rest, frees the buffer, and tells how it went. */
int bw_stream_finish(struct bw_stream *stream) BW_MUST_USE;

#endif
