/*
 * risk.h: how urgent a vulnerability is, as one figure.
 *
 *     risk = impact x threat x what is at hand, 0 to 100 in tenths
 *
 *   impact  the CVSS score (0 to 10, of the advisory that rated it); without one 9.5, 8, 5.5, 2.5,
 *           0.5 for critical, high, medium, low, negligible. What nobody rated counts as medium:
 * not known is not harmless. threat  1 where CISA lists it as exploited, or the package itself is
 * malware; else the square root of its EPSS chance, of 0.05 to 1. The root, because EPSS itself is
 * 0.001 for half of all CVEs and a product with that shows zeros: so 1 in 10,000 and 1 in 100
 * differ by ten and not by a hundred, and severity still orders what nobody exploits (hence 0.05).
 *           Without an EPSS score 0.1, which is a chance of 1 in 100.
 *   at hand x 1.1 where it is used for extortion, x 0.9 without a fix (what can be mended comes
 *           first), x 0.25 where a sensor saw the container run without loading the package's
 * files.
 *
 * Compared with Grype, whose risk is EPSS x severity (and 1.05 or 1.1 for KEV): the same two
 * factors and the same order at the top; below, ours tells a critical from a low one. The figure is
 * for sorting and thresholds; it is no probability.
 */
#ifndef BW_CHECK_RISK_H
#define BW_CHECK_RISK_H

#include <stdbool.h>

#include "model/finding.h"
#include "model/severity.h"

struct bw_risk_input {
    enum bw_severity severity;
    int score_tenths;    /* 0..100, -1 without */
    int epss_millionths; /* 0..1000000, -1 without */
    bool kev;            /* known to be exploited */
    bool ransomware, malicious, has_fix;
    enum bw_loaded loaded;
};

/* 0..1000: tenths of a figure of 0 to 100. A pure function; rounds down at the end. */
int bw_risk_tenths(const struct bw_risk_input *input);

#endif
