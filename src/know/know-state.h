/*
 * know-state.h: what advisories.c and match.c share.
 */
#ifndef BW_KNOW_STATE_H
#define BW_KNOW_STATE_H

#include "know/advisories.h"
#include "wrap/sqlite.h"

struct bw_know {
    struct bw_sqlite *db;
};

#endif
