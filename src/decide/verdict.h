/*
 * verdict.h: from findings and gaps to pass or fail.
 */
#ifndef BW_DECIDE_VERDICT_H
#define BW_DECIDE_VERDICT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/report.h"

/* What makes a run fail. Zero-initialised: nothing does. */
struct bw_verdict_rules {
    bool by_severity;
    enum bw_severity threshold; /* this severity or worse; UNKNOWN: any finding */
    bool unknown_passes;        /* a finding of unknown severity does not count as over it */
    bool kev;                   /* a finding that is known to be exploited */
    bool gap;                   /* any gap, a note as well */
};

/* Reads --fail-on's argument: a list of words, each separated by a comma: a severity
 * ("high" or worse), "any" (any finding), "kev", "gap", "none". Of several severities the lowest
 * counts. BW_EUSAGE names the words there are. */
int bw_verdict_parse(const char *list, struct bw_verdict_rules *rules,
                     struct bw_err *err) BW_MUST_USE;

/* Takes findings without a fixed version out of the report and counts them in hidden_unfixed. The
 * results keep their number of findings. */
void bw_verdict_hide_unfixed(struct bw_report *report);

/* Takes findings of layers that are the base image's (`base`), or those that are not, out of the
 * report and counts them in hidden_base. Findings of an image whose base is not known are not the
 * base's. */
void bw_verdict_hide_base(struct bw_report *report, bool base);

/* Fills verdict and verdict_reason. */
int bw_verdict_decide(struct bw_report *report, const struct bw_verdict_rules *rules,
                      struct bw_arena *arena, struct bw_err *err) BW_MUST_USE;

/* Whether a gap of the report is blocking. */
bool bw_verdict_has_blocking_gap(const struct bw_report *report);

#endif
