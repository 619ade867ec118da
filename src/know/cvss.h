/*
 * cvss.h: the score of a CVSS vector string.
 *
 * Implements the base equations of CVSS 2.0 (guide, 3.2.1), 3.0 and 3.1 (specification, 7.1; 3.1's
 * Roundup of its appendix A), and the MacroVector scoring of 4.0 (specification, 8), all of FIRST.
 * Integer arithmetic throughout: the same vector gives the same score on every machine, and equals
 * the exact decimal result. Pure, no allocation, callable from any thread.
 */
#ifndef BW_KNOW_CVSS_H
#define BW_KNOW_CVSS_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* A full CVSS 4.0 vector has some 220 bytes. */
#define BW_CVSS_VECTOR_MAX 512

/*
 * *ret_tenths: 0..100, the score times ten. *ret_version: 20, 30, 31 or 40, by the vector's own
 * prefix (advisories label vectors wrongly). Either may be NULL.
 *
 * 2.0, 3.0, 3.1: the base score. Temporal and environmental metrics are checked and otherwise
 * ignored: a publisher's guess of today's exploitability must not move a severity for years.
 * 4.0: the score of the vector as given, with its threat and environmental metrics (CVSS-B, -BT,
 * -BE or -BTE), as the specification has but one score; supplemental metrics do not count.
 *
 * Metrics may stand in any order. 2.0 has no prefix, and may have "CVSS2#" or "CVSS:2.0/" and be
 * in parentheses. Blanks around the vector are ignored.
 *
 * BW_EFORMAT: a metric unknown, given twice or with an unknown value, a mandatory one missing.
 * BW_EUNSUPPORTED: "CVSS:" with another version. BW_ELIMIT: longer than BW_CVSS_VECTOR_MAX. The
 * message names the metric only where it is one of the specification, never bytes of the input.
 */
int bw_cvss_score(struct bw_str vector, unsigned *ret_tenths, int *ret_version,
                  struct bw_err *err) BW_MUST_USE;

#endif
