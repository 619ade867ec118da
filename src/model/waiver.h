/*
 * waiver.h: why a finding need not be mended, who says so, and until when.
 *
 * It comes from an ignore file of ours, from .trivyignore, or from a VEX document. A waived finding
 * stays in the report, as waived.
 */
#ifndef BW_MODEL_WAIVER_H
#define BW_MODEL_WAIVER_H

#include <stdint.h>

#include "base/str.h"

/* The status words of VEX (OpenVEX 0.2.0, "Status Labels"). */
enum bw_vex_status {
    BW_VEX_NONE, /* an ignore file, which knows no status */
    BW_VEX_NOT_AFFECTED,
    BW_VEX_AFFECTED,
    BW_VEX_FIXED,
    BW_VEX_UNDER_INVESTIGATION,
};

struct bw_waiver {
    struct bw_str source; /* the file it stands in */
    uint32_t line;        /* 0 where lines have no meaning */
    struct bw_str reason; /* for a person */
    struct bw_str owner;  /* who decided */
    int64_t expires;      /* wall time; 0 is never */
    enum bw_vex_status status;
    struct bw_str justification; /* VEX: "vulnerable_code_not_present", ... */
};

#endif
