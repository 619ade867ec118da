/*
 * db.h: what the files of the verb `db` share: db.c (update, import, export), db-status.c,
 * db-compare.c.
 */
#ifndef BW_CLI_DB_H
#define BW_CLI_DB_H

#include "base/compiler.h"
#include "base/err.h"
#include "cli/cli.h"

/* The database that was named, or the usual one; free(3) it. */
int bw_db_path(const char *given, char **ret_path, struct bw_err *err) BW_MUST_USE;

extern const struct bw_option bw_db_status_options[];
int bw_db_status(const struct bw_verb *verb, int argc, char **argv);
int bw_db_compare(const struct bw_verb *verb, int argc, char **argv);

#endif
