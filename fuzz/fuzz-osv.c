/* One OSV record, as bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "know/osv-range.h"
#include "know/osv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct bw_osv_record *record)
{
    if (!bw_osv_is_id(record->id))
        abort();
    for (size_t i = 0; i < record->cves.n; i++)
        if (!bw_osv_is_cve(record->cves.v[i]))
            abort();
    if (!bw_str_is_utf8(record->summary) || record->summary.n > BW_OSV_SUMMARY_MAX)
        abort();
    for (size_t i = 0; i < record->affected_n; i++) {
        const struct bw_osv_affected *affected = &record->affected[i];
        for (size_t k = 0; k < affected->intervals_n; k++) {
            const struct bw_osv_interval *interval = &affected->intervals[k];
            if (!interval->introduced.p)
                abort();
            /* An end that fixes is outside. */
            if (interval->fixed.p &&
                bw_osv_interval_has(interval, BW_VERSION_DPKG, interval->fixed))
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena = bw_arena_new((size_t)64 << 20);
    struct bw_osv_record record;
    struct bw_err err;
    if (!arena)
        return 0;
    if (bw_osv_parse(bw_str_n(data, size), NULL, arena, &record, &err) == 0 && !record.left_out)
        use(&record);
    bw_arena_free(arena);
    return 0;
}
