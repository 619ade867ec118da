#include "report/gatherer.h"

#define PIECE ((size_t)64 << 10)

struct bw_gatherer bw_gatherer(const struct bw_output_sink *sink, struct bw_err *err)
{
    return (struct bw_gatherer){.buf = BW_BUF(BW_OUTPUT_ELEMENT_MAX), .sink = sink, .err = err};
}

static void hand_over(struct bw_gatherer *gatherer)
{
    if (!gatherer->status && bw_buf_failed(&gatherer->buf))
        gatherer->status =
            gatherer->buf.n > BW_OUTPUT_ELEMENT_MAX / 2
                ? bw_err_set(gatherer->err, BW_ELIMIT,
                             "an element of the report is over the limit of %zu bytes",
                             BW_OUTPUT_ELEMENT_MAX)
                : bw_err_set(gatherer->err, BW_ENOMEM, "no memory for the report");
    if (!gatherer->status && gatherer->buf.n)
        gatherer->status = gatherer->sink->write(gatherer->sink->ctx, gatherer->buf.p,
                                                 gatherer->buf.n, gatherer->err);
    bw_buf_clear(&gatherer->buf);
}

void bw_gatherer_drain(struct bw_gatherer *gatherer)
{
    if (gatherer->status || bw_buf_failed(&gatherer->buf) || gatherer->buf.n >= PIECE)
        hand_over(gatherer);
}

int bw_gatherer_finish(struct bw_gatherer *gatherer)
{
    hand_over(gatherer);
    bw_buf_free(&gatherer->buf);
    return gatherer->status;
}
