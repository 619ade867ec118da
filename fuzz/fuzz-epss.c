/* FIRST's list of EPSS scores, as bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "know/epss.h"
#include "know/osv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena = bw_arena_new((size_t)64 << 20);
    struct bw_epss epss;
    struct bw_err err;
    if (!arena)
        return 0;
    if (bw_epss_parse(bw_str_n(data, size), arena, &epss, &err) == 0) {
        demand(bw_epss_is(bw_str_n(data, size)));
        for (size_t i = 0; i < epss.n; i++) {
            const struct bw_epss_entry *entry = &epss.entries[i];
            demand(bw_osv_is_cve(entry->cve));
            demand(entry->score >= 0 && entry->score <= 1000000);
            demand(entry->percentile >= 0 && entry->percentile <= 1000000);
        }
    }
    bw_arena_free(arena);
    return 0;
}
