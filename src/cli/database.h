/*
 * database.h: which advisory database a verb works on.
 */
#ifndef BW_CLI_DATABASE_H
#define BW_CLI_DATABASE_H

#include "base/err.h"
#include "know/advisories.h"

/* Opens the database at `path`, or where path is NULL the default one. Where the default one does
 * not exist it is the built-in set. Close with bw_know_close. */
int bw_cli_open_database(const char *path, struct bw_know **ret_know,
                         struct bw_err *err) BW_MUST_USE;

#endif
