#include <stdlib.h>

#include "base/buf.h"
#include "extract/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    (void)ctx, (void)class;
    if (!where.n || !what.n || !why.n)
        abort();
}

/* Places lie in the list and in the text; strings are UTF-8. */
static void walk(const struct bw_document *document, struct bw_value value, unsigned depth)
{
    if (value.place >= document->places_n || depth > BW_VALUE_DEPTH_MAX)
        abort();
    if (value.kind == BW_VALUE_STRING && !bw_str_is_utf8(bw_value_text(value)))
        abort();
    for (uint32_t i = 0; i < bw_value_count(value); i++)
        walk(document,
             value.kind == BW_VALUE_LIST ? bw_value_index(value, i) : value.map->v[i].value,
             depth + 1);
}

static const struct bw_reader_file files[] = {
    {.path = {"a/Dockerfile.dockerignore", 25}, .missing = true},
    {.path = {"a/.dockerignore", 15}, .text = {"*.md\n!R*\n**/x/?\n/a/b\n", 22}},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bw_reader *reader = bw_reader_named(BW_STR("dockerfile"));
    const struct bw_reader_sink sink = {NULL, take_gap};
    const struct bw_reader_request request = {
        .path = BW_STR("a/Dockerfile"), .text = bw_str_n(data, size), .files = files, .files_n = 2};
    struct bw_arena *arena = bw_arena_new((size_t)256 << 20);
    struct bw_document document;
    struct bw_str *wanted;
    struct bw_err err = {0};
    size_t wanted_n;
    if (bw_reader_read(reader, &request, &sink, arena, &document, &wanted, &wanted_n, &err)) {
        if (!err.msg[0])
            abort();
    } else {
        for (size_t i = 0; i < document.objects_n; i++)
            walk(&document, document.objects[i].value, 0);
        if (document.objects_n != 2)
            abort();
    }
    bw_arena_free(arena);
    return 0;
}
