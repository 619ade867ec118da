/*
 * Records from a worker that was taken over. What the reader accepts must be written back as the
 * same bytes: there is one form of a record.
 */
#include <stdlib.h>

#include "model/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)16 << 20);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    if (!arena)
        return 0;
    struct bw_str rest = bw_str_n(data, size);
    struct bw_record record;
    while (rest.n && bw_wire_get(&rest, arena, &record, NULL) == 0) {
        if (record.kind == BW_RECORD_GAP)
            bw_wire_put_gap(&buf, &record.gap);
        else
            bw_wire_put_fact(&buf, &record.fact);
    }
    if (!bw_buf_failed(&buf) && !bw_str_eq(bw_buf_slice(&buf), bw_str_n(data, size - rest.n)))
        abort();
    return 0;
}
