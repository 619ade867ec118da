/*
 * cvss-vector.h: what the cvss*.c files share. Everyone else asks cvss.h.
 */
#ifndef BW_KNOW_CVSS_VECTOR_H
#define BW_KNOW_CVSS_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

struct bw_cvss_metric {
    const char *key;
    const char *values; /* separated by one blank; a metric's value is an index into them */
    bool mandatory;
};

/* The value of an optional metric that is not in the vector. */
#define BW_CVSS_UNSET 0xff

/*
 * Reads "KEY:VALUE/KEY:VALUE..." into values[n], which is filled also on failure. `name` is the
 * version for messages, "3.1".
 */
int bw_cvss_parse(struct bw_str body, const char *name, const struct bw_cvss_metric *metrics,
                  size_t n, uint8_t *values, struct bw_err *err) BW_MUST_USE;

/* The score in tenths of a vector without its prefix. `minor` is 0 or 1, of 3.0 and 3.1. */
int bw_cvss2_score(struct bw_str body, unsigned *ret_tenths, struct bw_err *err) BW_MUST_USE;
int bw_cvss3_score(struct bw_str body, int minor, unsigned *ret_tenths,
                   struct bw_err *err) BW_MUST_USE;
int bw_cvss4_score(struct bw_str body, unsigned *ret_tenths, struct bw_err *err) BW_MUST_USE;

/*
 * Scores in tenths of the MacroVectors of CVSS 4.0: [EQ1][EQ2][EQ3 and EQ6][EQ4][EQ5]. EQ3 and EQ6
 * are not independent: 0 is 00, 1 is 01, 2 is 10, 3 is 11, 4 is 21.
 */
extern const uint8_t bw_cvss4_macro_scores[3][2][5][3][3];

#endif
