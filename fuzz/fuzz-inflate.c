/*
 * Compressed bytes of any format, whole and in crumbs: both give the same bytes and the same end.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../tests/unit/crumbs.h"
#include "base/str.h"
#include "unpack/stream.h"
#include "wrap/sha256.h"

#define OUTPUT_MAX ((uint64_t)1 << 20)
#define WINDOW_MAX ((uint32_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int unpack(struct bw_stream *inner, uint8_t digest[BW_SHA256_SIZE])
{
    struct bw_inflate_limits limits = {OUTPUT_MAX, WINDOW_MAX};
    struct bw_stream *stream;
    enum bw_compression compression;
    struct bw_err err;
    if (!inner)
        abort();
    int r = bw_stream_inflate(inner, &limits, &stream, &compression, &err);
    if (r < 0)
        return r;
    stream = bw_stream_sha256(stream, false);
    if (!stream)
        abort();
    r = bw_stream_drain(stream, &err);
    if (r == 0 && bw_stream_sha256_final(stream, digest, &err))
        abort();
    bw_stream_free(stream);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t whole[BW_SHA256_SIZE], crumbled[BW_SHA256_SIZE];
    int r = unpack(bw_stream_memory(data, size), whole);
    size_t piece = size ? 1 + data[size - 1] % 97 : 1;
    int again = unpack(crumbs_new(data, size, piece), crumbled);
    if (r != again || (r == 0 && memcmp(whole, crumbled, sizeof whole) != 0))
        abort();
    return 0;
}
