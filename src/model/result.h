/*
 * result.h: what a check says of a subject.
 */
#ifndef BW_MODEL_RESULT_H
#define BW_MODEL_RESULT_H

#include <stdint.h>

#include "base/str.h"
#include "model/check.h"

enum bw_status {
    BW_STATUS_PASS,
    BW_STATUS_FAIL,
    BW_STATUS_NOT_APPLICABLE,
    BW_STATUS_NOT_EVALUATED, /* a gap of the same subject says why */
    BW_STATUS_REVIEW,        /* a person must attest */
    BW_STATUS_WAIVED,
};

struct bw_result {
    const struct bw_check *check;
    uint32_t subject; /* index into the report's subjects */
    enum bw_status status;
    uint32_t evaluated;     /* facts the check looked at: packages for "vulnerability" */
    uint32_t findings;      /* how many findings it made */
    struct bw_str evidence; /* one line; for NOT_EVALUATED the reason */
};

/* "PASS", "FAIL", "NOT_APPLICABLE", ... */
const char *bw_status_name(enum bw_status status);

#endif
