/* CISA's catalog, as bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "know/kev.h"
#include "know/osv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena = bw_arena_new((size_t)64 << 20);
    struct bw_kev_entry *entries;
    size_t n;
    struct bw_err err;
    if (!arena)
        return 0;
    if (bw_kev_parse(bw_str_n(data, size), arena, &entries, &n, &err) == 0)
        for (size_t i = 0; i < n; i++)
            if (!bw_osv_is_cve(entries[i].cve))
                abort();
    bw_arena_free(arena);
    return 0;
}
