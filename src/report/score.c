#include "report/score.h"

struct bw_score bw_score_of(const struct bw_report *report)
{
    struct bw_score score = {0};
    for (size_t i = 0; i < report->results_n; i++) {
        enum bw_status status = report->results[i].status;
        score.passed += status == BW_STATUS_PASS;
        score.failed += status == BW_STATUS_FAIL;
        score.applicable += status != BW_STATUS_NOT_APPLICABLE;
        score.evaluated += status != BW_STATUS_NOT_APPLICABLE && status != BW_STATUS_NOT_EVALUATED;
    }
    for (size_t i = 0; i < report->gaps_n; i++) {
        if (report->gaps[i].class == BW_GAP_BLOCKING)
            score.blocking++;
        else
            score.notes++;
    }
    return score;
}

size_t bw_score_gaps(const struct bw_report *report, uint32_t subject, enum bw_gap_class class)
{
    size_t n = 0;
    for (size_t i = 0; i < report->gaps_n; i++)
        n += report->gaps[i].subject == subject && report->gaps[i].class == class;
    return n;
}
