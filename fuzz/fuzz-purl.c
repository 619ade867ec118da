/*
 * A package URL that is read, written and read again is the same package.
 */
#include <stdlib.h>

#include "extract/path-list.h"
#include "extract/purl.h"
#include "extract/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name without empty pieces, which no package URL keeps. */
static bool is_plain(struct bw_str name)
{
    return bw_record_is_word(name) && bw_path_is_normal(name) && name.p[0] != ':' &&
           name.p[name.n - 1] != ':';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)16 << 20);
    struct bw_purl purl, again;
    struct bw_package first, second;
    if (!arena || bw_purl_parse(bw_str_n(data, size), arena, &purl, NULL) ||
        bw_purl_package(&purl, arena, &first, NULL))
        return 0;
    if (!is_plain(first.name))
        return 0;
    struct bw_distribution distribution = bw_purl_distribution(&purl);
    struct bw_str written = bw_package_purl(&first, &distribution, arena);
    if (!written.p || written.n > BW_PURL_MAX)
        return 0;
    if (bw_purl_parse(written, arena, &again, NULL) ||
        bw_purl_package(&again, arena, &second, NULL))
        abort();
    /* Names of some types are not case sensitive, and PEP 503 folds more than case. */
    if (second.type != first.type || !bw_str_eq(second.arch, first.arch))
        abort();
    return 0;
}
