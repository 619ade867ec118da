#include "check/risk.h"

#include <stdint.h>

#define THREAT_MAX     1000 /* thousandths */
#define THREAT_LEAST   50
#define THREAT_UNKNOWN 100

static uint64_t impact_tenths(const struct bw_risk_input *in)
{
    static const uint8_t by_severity[BW_SEVERITY_COUNT] = {
        [BW_SEVERITY_UNKNOWN] = 55, [BW_SEVERITY_NEGLIGIBLE] = 5, [BW_SEVERITY_LOW] = 25,
        [BW_SEVERITY_MEDIUM] = 55,  [BW_SEVERITY_HIGH] = 80,      [BW_SEVERITY_CRITICAL] = 95,
    };
    if (in->score_tenths >= 0)
        return in->score_tenths > 100 ? 100 : (uint64_t)in->score_tenths;
    return by_severity[in->severity];
}

/* The root of millionths is thousandths. */
static uint64_t root(uint64_t millionths)
{
    uint64_t r = 0;
    while (r < THREAT_MAX && (r + 1) * (r + 1) <= millionths)
        r++;
    return r;
}

static uint64_t threat_thousandths(const struct bw_risk_input *in)
{
    if (in->kev || in->malicious)
        return THREAT_MAX;
    if (in->epss_millionths < 0)
        return THREAT_UNKNOWN;
    uint64_t threat = root((uint64_t)in->epss_millionths);
    return threat < THREAT_LEAST ? THREAT_LEAST : threat;
}

int bw_risk_tenths(const struct bw_risk_input *in)
{
    /* tenths x thousandths: 100,000 is the most, and 1,000 the most of the answer. */
    uint64_t risk = impact_tenths(in) * threat_thousandths(in);
    if (in->ransomware)
        risk = risk * 11 / 10;
    if (!in->has_fix)
        risk = risk * 9 / 10;
    if (in->loaded == BW_LOADED_NO)
        risk /= 4;
    risk /= 100;
    return risk > 1000 ? 1000 : (int)risk;
}
