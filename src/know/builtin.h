/*
 * builtin.h: the small set of advisories inside the program.
 *
 * Well-known, exploited vulnerabilities of operating-system packages, for a first run where no
 * source of advisories can be reached. A scan by it says little: the store is marked, and who opens
 * it makes a note gap of that.
 */
#ifndef BW_KNOW_BUILTIN_H
#define BW_KNOW_BUILTIN_H

#include "base/compiler.h"
#include "base/err.h"
#include "wrap/sqlite.h"

/* A store in memory, as store.h describes it; the caller closes it. */
int bw_builtin_open(struct bw_sqlite **ret_db, struct bw_err *err) BW_MUST_USE;

#endif
