/*
 * CVSS 2.0: "A Complete Guide to the Common Vulnerability Scoring System", 3.2.1.
 */
#include "know/cvss-vector.h"

enum {
    AV,
    AC,
    AU,
    C,
    I,
    A,
    METRICS = 14
};

static const struct bw_cvss_metric METRIC[METRICS] = {
    [AV] = {"AV", "L A N", true},     [AC] = {"AC", "H M L", true},  [AU] = {"Au", "M S N", true},
    [C] = {"C", "N P C", true},       [I] = {"I", "N P C", true},    [A] = {"A", "N P C", true},
    {"E", "U POC F H ND", false},     {"RL", "OF TF W U ND", false}, {"RC", "UC UR C ND", false},
    {"CDP", "N L LM MH H ND", false}, {"TD", "N L M H ND", false},   {"CR", "L M H ND", false},
    {"IR", "L M H ND", false},        {"AR", "L M H ND", false},
};

/* Numbers of the guide, 3.2.1, times what makes them whole. */
static const int64_t VECTOR_1000[] = {395, 646, 1000};
static const int64_t COMPLEXITY_100[] = {35, 61, 71};
static const int64_t AUTHENTICATION_1000[] = {450, 560, 704};
static const int64_t SPARED_1000[] = {1000, 725, 340}; /* 1 - impact */

#define TRILLION INT64_C(1000000000000)

int bw_cvss2_score(struct bw_str body, unsigned *ret_tenths, struct bw_err *err)
{
    uint8_t v[METRICS];
    int rc = bw_cvss_parse(body, "2.0", METRIC, METRICS, v, err);
    if (rc)
        return rc;
    int64_t lost = INT64_C(1000000000) - SPARED_1000[v[C]] * SPARED_1000[v[I]] * SPARED_1000[v[A]];
    if (lost == 0) { /* f(Impact) = 0 */
        *ret_tenths = 0;
        return 0;
    }
    /* 0.6 * 10.41 * lost and 0.4 * 20 * AV * AC * Au, in units of 10^-12. */
    int64_t impact = 6 * 1041 * lost;
    int64_t exploitability =
        8 * VECTOR_1000[v[AV]] * COMPLEXITY_100[v[AC]] * AUTHENTICATION_1000[v[AU]] * 10000;
    int64_t score = (impact + exploitability - TRILLION * 3 / 2) * 1176; /* 10^-15 */
    const int64_t tenth = TRILLION * 100;
    *ret_tenths = score < 0 ? 0 : (unsigned)((score + tenth / 2) / tenth);
    return 0;
}
