#include "report/stream.h"

#define PIECE ((size_t)64 << 10)

struct bw_stream bw_stream(const struct bw_output_sink *sink, struct bw_err *err)
{
    return (struct bw_stream){.buf = BW_BUF(BW_OUTPUT_ELEMENT_MAX), .sink = sink, .err = err};
}

static void hand_over(struct bw_stream *stream)
{
    if (!stream->status && bw_buf_failed(&stream->buf))
        stream->status = stream->buf.n > BW_OUTPUT_ELEMENT_MAX / 2
                             ? bw_err_set(stream->err, BW_ELIMIT,
                                          "an element of the report is over the limit of %zu bytes",
                                          BW_OUTPUT_ELEMENT_MAX)
                             : bw_err_set(stream->err, BW_ENOMEM, "no memory for the report");
    if (!stream->status && stream->buf.n)
        stream->status =
            stream->sink->write(stream->sink->ctx, stream->buf.p, stream->buf.n, stream->err);
    bw_buf_clear(&stream->buf);
}

void bw_stream_drain(struct bw_stream *stream)
{
    if (stream->status || bw_buf_failed(&stream->buf) || stream->buf.n >= PIECE)
        hand_over(stream);
}

int bw_stream_finish(struct bw_stream *stream)
{
    hand_over(stream);
    bw_buf_free(&stream->buf);
    return stream->status;
}
