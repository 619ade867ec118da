/*
 * The first byte, a digit, chooses the kind of document, the rest is its text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "extract/image-document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t kept;

/* Reads what the parser handed out, so that a slice outside its memory is seen. */
static uint64_t touch(struct bw_str s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += (uint8_t)s.p[i];
    return sum;
}

static uint64_t touch_document(const struct bw_image_document *doc)
{
    uint64_t sum = touch(doc->os) + touch(doc->config.digest) + touch(doc->lower_dir);
    for (size_t i = 0; i < doc->items_n; i++) {
        sum += touch(doc->items[i].digest) + touch(doc->items[i].ref_name);
        for (size_t k = 0; k < doc->items[i].paths.n; k++)
            sum += touch(doc->items[i].paths.v[k]);
    }
    for (size_t i = 0; i < doc->history_n; i++)
        sum += touch(doc->history[i].created_by);
    for (size_t i = 0; i < doc->diff_ids.n; i++)
        sum += touch(doc->diff_ids.v[i]);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)16 << 20);
    if (!arena)
        return 0;
    struct bw_image_document doc;
    struct bw_err err;
    enum bw_document_kind kind = (uint8_t)(data[0] - '0') % BW_DOCUMENT_KIND_COUNT;
    if (bw_image_document_parse(kind, bw_str_n(data + 1, size - 1), arena, &doc, &err) == 0)
        kept = touch_document(&doc);
    return 0;
}
