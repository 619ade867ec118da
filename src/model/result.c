#include "model/result.h"

#include "base/compiler.h"

const char *bw_status_name(enum bw_status status)
{
    static const char *const names[] = {
        [BW_STATUS_PASS] = "PASS",
        [BW_STATUS_FAIL] = "FAIL",
        [BW_STATUS_NOT_APPLICABLE] = "NOT_APPLICABLE",
        [BW_STATUS_NOT_EVALUATED] = "NOT_EVALUATED",
        [BW_STATUS_REVIEW] = "REVIEW",
        [BW_STATUS_WAIVED] = "WAIVED",
    };
    /* A status nobody knows must never read as a pass. */
    return (unsigned)status < BW_ARRAY_LEN(names) ? names[status] : "NOT_EVALUATED";
}
