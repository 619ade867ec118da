#include "wrap/vectorscan.h"

#include <hs_runtime.h>
#include <stdlib.h>

struct bw_vectorscan {
    hs_database_t *database;
    hs_scratch_t *scratch;
    bw_vectorscan_found *found;
    void *ctx;
};

static int failed(hs_error_t code, struct bw_err *err)
{
    switch (code) {
    case HS_NOMEM:
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    case HS_DB_VERSION_ERROR:
        return bw_err_set(err, BW_EUNSUPPORTED, "the patterns are of another Vectorscan version");
    case HS_ARCH_ERROR:
    case HS_DB_PLATFORM_ERROR:
        return bw_err_set(err, BW_EUNSUPPORTED, "this processor cannot run the patterns");
    case HS_INVALID:
    case HS_BAD_ALIGN:
        return bw_err_set(err, BW_EFORMAT, "not a set of compiled patterns");
    default:
        return bw_err_set(err, BW_EINTERNAL, "Vectorscan failed with code %d", (int)code);
    }
}

int bw_vectorscan_load(struct bw_vectorscan **ret_set, const void *image, size_t n,
                       struct bw_err *err)
{
    struct bw_vectorscan *set = calloc(1, sizeof *set);
    if (!set)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    hs_error_t code = hs_deserialize_database(image, n, &set->database);
    if (code == HS_SUCCESS)
        code = hs_alloc_scratch(set->database, &set->scratch);
    if (code != HS_SUCCESS) {
        bw_vectorscan_free(set);
        return failed(code, err);
    }
    *ret_set = set;
    return 0;
}

void bw_vectorscan_free(struct bw_vectorscan *set)
{
    if (!set)
        return;
    hs_free_scratch(set->scratch);
    hs_free_database(set->database);
    free(set);
}

void bw_vectorscan_freep(struct bw_vectorscan **set)
{
    bw_vectorscan_free(*set);
    *set = NULL;
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
    struct bw_vectorscan *set = ctx;
    (void)from, (void)flags;
    return set->found(set->ctx, id, (size_t)to) ? 0 : 1;
}

int bw_vectorscan_scan(struct bw_vectorscan *set, const void *p, size_t n,
                       bw_vectorscan_found *found, void *ctx, struct bw_err *err)
{
    if (n > UINT32_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than 4 GiB in one scan");
    set->found = found;
    set->ctx = ctx;
    hs_error_t code = hs_scan(set->database, p, (unsigned)n, 0, set->scratch, on_match, set);
    return code == HS_SUCCESS || code == HS_SCAN_TERMINATED ? 0 : failed(code, err);
}
