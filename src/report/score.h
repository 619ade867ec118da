/*
 * score.h: the numbers that every output states, counted in one place.
 */
#ifndef BW_REPORT_SCORE_H
#define BW_REPORT_SCORE_H

#include "model/report.h"

/* Results and gaps of the whole report. A score is passed / (passed + failed); coverage is
 * evaluated / applicable; neither stands for anything without the gaps. */
struct bw_score {
    size_t passed, failed;
    size_t evaluated;  /* with a verdict, or waiting for a person's */
    size_t applicable; /* all but NOT_APPLICABLE */
    size_t blocking, notes;
};

struct bw_score bw_score_of(const struct bw_report *report);

/* Gaps of one class of one subject; BW_GAP_NO_SUBJECT: those that belong to none. */
size_t bw_score_gaps(const struct bw_report *report, uint32_t subject, enum bw_gap_class class);

#endif
