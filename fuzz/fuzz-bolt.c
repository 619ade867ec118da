/*
 * The bytes are containerd's database, and so a bolt database.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "extract/containerd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t kept;

static uint64_t touch(struct bw_str s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += (uint8_t)s.p[i];
    return sum;
}

/* The checksums of the first two pages would keep nearly every change from being seen. */
static void mend(uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at <= (64u << 10); at = at ? 2 * at : 1024) {
        if (at + 16 + 64 > n)
            return;
        uint64_t sum = 0xcbf29ce484222325u;
        for (size_t i = 0; i < 56; i++)
            sum = (sum ^ bytes[at + 16 + i]) * 0x100000001b3u;
        uint32_t magic;
        memcpy(&magic, bytes + at + 16, sizeof magic);
        if (magic == 0xed0cdaedu)
            memcpy(bytes + at + 16 + 56, &sum, sizeof sum);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    uint8_t *bytes = malloc(size ? size : 1);
    struct bw_image_document doc;
    if (!arena || !bytes) {
        free(bytes);
        return 0;
    }
    if (size)
        memcpy(bytes, data, size);
    mend(bytes, size);
    if (bw_containerd_parse(bw_str_n(bytes, size), arena, &doc, NULL) == 0)
        for (size_t i = 0; i < doc.items_n; i++)
            kept += touch(doc.items[i].digest) + touch(doc.items[i].ref_name) +
                    touch(doc.items[i].tags.v[0]);
    free(bytes);
    return 0;
}
