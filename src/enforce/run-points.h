/*
 * run-points.h: what a person may give up of the defaults of `bulwark run`, point by point.
 */
#ifndef BW_ENFORCE_RUN_POINTS_H
#define BW_ENFORCE_RUN_POINTS_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Points of the defaults that a person gives up by name. */
enum bw_run_loosening {
    BW_RUN_ROOT = 1u << 0,           /* "root" */
    BW_RUN_WRITABLE_ROOT = 1u << 1,  /* "writable-root" */
    BW_RUN_CAPABILITIES = 1u << 2,   /* "capabilities" */
    BW_RUN_NEW_PRIVILEGES = 1u << 3, /* "new-privileges" */
    BW_RUN_SECCOMP = 1u << 4,        /* "engine-seccomp" */
    BW_RUN_UNLIMITED = 1u << 5,      /* "unlimited" */
    BW_RUN_HOST_PATHS = 1u << 6,     /* "host-paths" */
};

/* Adds the points of a list like "root,unlimited". BW_EUSAGE for a word that is none, with all. */
int bw_run_loosen(struct bw_str list, unsigned *points, struct bw_err *err) BW_MUST_USE;

struct bw_run_point {
    const char *name, *meaning; /* and what is given up with it */
    unsigned point;
    const char *policies; /* of the library that say the same, a blank between them */
};

/* NULL where there is no i-th one. */
const struct bw_run_point *bw_run_point_at(size_t i);

#endif
