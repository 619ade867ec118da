/*
 * For fuzz targets of readers: what a reader makes of hostile bytes is whole. Its values can be
 * printed, every place, view and file is there, and the document goes over the wire and back.
 */
#ifndef BW_FUZZ_READER_H
#define BW_FUZZ_READER_H

#include <stdlib.h>

#include "extract/document.h"

static inline void fuzz_gap(void *ctx, enum bw_gap_class class, struct bw_str where,
                            struct bw_str what, struct bw_str why)
{
    (void)ctx, (void)class;
    if (!where.n || !what.n || !why.n)
        abort();
}

static inline void fuzz_document(const struct bw_document *document, struct bw_arena *arena)
{
    struct bw_buf wire BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)64 << 20);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)64 << 20);
    struct bw_document back;
    bw_wire_put_document(&wire, document);
    if (bw_buf_failed(&wire))
        abort();
    struct bw_str rest = bw_buf_slice(&wire);
    int rc = bw_wire_get_document(&rest, arena, 0, &back, NULL);
    if (rc && rc != BW_ELIMIT)
        abort();
    for (size_t i = 0; i < document->objects_n; i++) {
        bw_buf_clear(&text);
        bw_object_json(document->objects[i].value, false, &text);
    }
}

static inline void fuzz_reader(const char *name, const char *path, struct bw_str bytes)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    const struct bw_reader *reader = bw_reader_named(bw_str(name));
    struct bw_reader_request request = {.path = bw_str(path), .text = bytes};
    struct bw_reader_sink sink = {NULL, fuzz_gap};
    struct bw_document document;
    struct bw_str *wanted = NULL;
    size_t wanted_n = 0;
    struct bw_err err = {0};
    if (!arena || !reader)
        abort();
    reader->recognise(request.path, bytes);
    int rc = bw_reader_read(reader, &request, &sink, arena, &document, &wanted, &wanted_n, &err);
    if (rc && !err.msg[0])
        abort();
    if (!rc)
        fuzz_document(&document, arena);
}

#endif
