#include "model/report.h"

const char *bw_verdict_name(enum bw_verdict verdict)
{
    return verdict == BW_VERDICT_PASS ? "PASS" : "FAIL";
}
