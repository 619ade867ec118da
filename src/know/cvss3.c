/*
 * CVSS 3.0 and 3.1: specification, 7.1 (base metrics equations) and 7.4 (metric values). The two
 * differ in the base score by Roundup only.
 */
#include "know/cvss-vector.h"

enum {
    AV,
    AC,
    PR,
    UI,
    S,
    C,
    I,
    A,
    METRICS = 22
};

static const struct bw_cvss_metric METRIC[METRICS] = {
    [AV] = {"AV", "N A L P", true}, [AC] = {"AC", "L H", true}, [PR] = {"PR", "N L H", true},
    [UI] = {"UI", "N R", true},     [S] = {"S", "U C", true},   [C] = {"C", "N L H", true},
    [I] = {"I", "N L H", true},     [A] = {"A", "N L H", true}, {"E", "X H F P U", false},
    {"RL", "X U W T O", false},     {"RC", "X C R U", false},   {"CR", "X H M L", false},
    {"IR", "X H M L", false},       {"AR", "X H M L", false},   {"MAV", "X N A L P", false},
    {"MAC", "X L H", false},        {"MPR", "X N L H", false},  {"MUI", "X N R", false},
    {"MS", "X U C", false},         {"MC", "X N L H", false},   {"MI", "X N L H", false},
    {"MA", "X N L H", false},
};

/* Numbers of 7.4, times 100. */
static const int64_t VECTOR[] = {85, 62, 55, 20};
static const int64_t COMPLEXITY[] = {77, 44};
static const int64_t PRIVILEGES[2][3] = {{85, 62, 27}, {85, 68, 50}}; /* by scope */
static const int64_t INTERACTION[] = {85, 62};
static const int64_t SPARED[] = {100, 78, 44}; /* 1 - impact */

#define BILLION  INT64_C(1000000000)
#define TRILLION INT64_C(1000000000000)

/* base^15, both in units of 10^-9 and below 1. */
static int64_t power_15(int64_t base)
{
    int64_t power = base;
    for (int i = 1; i < 15; i++)
        power = (power * base + BILLION / 2) / BILLION;
    return power;
}

/* In units of 10^-12; lost (the specification's ISS) in 10^-6. For the changed scope
 * 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02)^15, whose power is correct to 10^-8: no base vector
 * comes that near to a boundary of Roundup, which the test of all of them shows. */
static int64_t impact_of(int64_t lost, bool changed)
{
    if (!changed)
        return 642 * lost * 10000;
    return 752 * (lost - 29000) * 10000 - 3250 * power_15((lost - 20000) * 1000);
}

/* 3.1: appendix A. 3.0: the smallest number with one decimal that is not less. */
static unsigned roundup(int64_t score, int minor)
{
    const int64_t tenth = TRILLION / 10, hundred_thousandth = TRILLION / 100000;
    if (minor == 0)
        return (unsigned)((score + tenth - 1) / tenth);
    int64_t n = (score + hundred_thousandth / 2) / hundred_thousandth;
    return (unsigned)((n + 9999) / 10000);
}

int bw_cvss3_score(struct bw_str body, int minor, unsigned *ret_tenths, struct bw_err *err)
{
    uint8_t v[METRICS];
    int rc = bw_cvss_parse(body, minor ? "3.1" : "3.0", METRIC, METRICS, v, err);
    if (rc)
        return rc;
    int64_t lost = 1000000 - SPARED[v[C]] * SPARED[v[I]] * SPARED[v[A]];
    if (lost == 0) {
        *ret_tenths = 0;
        return 0;
    }
    bool changed = v[S] == 1;
    int64_t exploitability = 822 * VECTOR[v[AV]] * COMPLEXITY[v[AC]] * PRIVILEGES[v[S]][v[PR]] *
                             INTERACTION[v[UI]] * 100;
    int64_t score = impact_of(lost, changed) + exploitability;
    if (changed)
        score = score * 108 / 100;
    *ret_tenths = score > 10 * TRILLION ? 100 : roundup(score, minor);
    return 0;
}
