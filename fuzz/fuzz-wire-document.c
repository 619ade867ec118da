/*
 * A document from a worker that was taken over. What the reader accepts is written back as the same
 * bytes: there is one form of a document.
 */
#include <stdlib.h>

#include "model/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)16 << 20);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    struct bw_str rest = bw_str_n(data, size);
    struct bw_document document;
    struct bw_err err = {0};
    if (!arena)
        return 0;
    int rc = bw_wire_get_document(&rest, arena, 0, &document, &err);
    if (rc && !err.msg[0])
        abort();
    if (rc)
        return 0;
    bw_wire_put_document(&buf, &document);
    if (!bw_buf_failed(&buf) && !bw_str_eq(bw_buf_slice(&buf), bw_str_n(data, size - rest.n)))
        abort();
    for (size_t i = 0; i < document.objects_n; i++) {
        bw_buf_clear(&buf);
        bw_object_json(document.objects[i].value, false, &buf);
    }
    return 0;
}
