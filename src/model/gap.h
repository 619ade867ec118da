/*
 * gap.h: something that was not examined, and why. Silence never reads as clean.
 */
#ifndef BW_MODEL_GAP_H
#define BW_MODEL_GAP_H

#include <stdint.h>

#include "base/str.h"

enum bw_gap_class {
    BW_GAP_NOTE,     /* nothing to verify against, stale advisories: the run is what it can be */
    BW_GAP_BLOCKING, /* bytes that should have been read and were not: exit code 3 */
};

#define BW_GAP_NO_SUBJECT UINT32_MAX

/* Texts are for a person, without a final full stop. */
struct bw_gap {
    enum bw_gap_class class;
    uint32_t subject;    /* index into the report's subjects, or BW_GAP_NO_SUBJECT */
    struct bw_str where; /* "layer sha256:ab12… : var/lib/dpkg/status", "advisories" */
    struct bw_str what;  /* what was not examined: "packages of the distribution" */
    struct bw_str why;   /* the reason, and the option that mends it, where there is one */
};

/* "note", "blocking". */
const char *bw_gap_class_name(enum bw_gap_class class);

#endif
