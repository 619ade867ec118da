/*
 * explain.h: everything a report knows of one finding, in words.
 */
#ifndef BW_CLI_EXPLAIN_H
#define BW_CLI_EXPLAIN_H

#include "base/err.h"
#include "report/output.h"

/* Explains every finding that goes by a name: its id, an alias or CVE of one of its advisories, or
 * (the start of, 8 characters or more) its fingerprint. *ret_n is how many there were; where there
 * are none the text says what was compared. */
int bw_explain(const struct bw_report *report, struct bw_str name,
               const struct bw_output_options *options, const struct bw_output_sink *sink,
               size_t *ret_n, struct bw_err *err) BW_MUST_USE;

#endif
