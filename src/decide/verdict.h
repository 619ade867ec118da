/*
 * verdict.h: from findings and gaps to pass or fail.
 */
#ifndef BW_DECIDE_VERDICT_H
#define BW_DECIDE_VERDICT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "decide/condition.h"
#include "model/report.h"

#define BW_VERDICT_TERMS_MAX 32u

/* What makes a run fail: any finding that fulfils a term and is not waived. Zero-initialised:
 * nothing does. */
struct bw_verdict_rules {
    struct bw_term terms[BW_VERDICT_TERMS_MAX];
    size_t terms_n;
    bool unknown_passes; /* a finding of unknown severity does not count as over a threshold */
    bool gap;            /* any gap, a note as well */
};

/* Reads --fail-on's argument: terms as in condition.h separated by commas, "gap" (any gap) and
 * "none" (what was said before counts no more). The text is borrowed. BW_EUSAGE names the words
 * there are. */
int bw_verdict_parse(const char *list, struct bw_verdict_rules *rules,
                     struct bw_err *err) BW_MUST_USE;

/* The order of findings within a subject, as --sort names it: "severity", "risk", "epss", "cvss",
 * "name". BW_EUSAGE for another word. */
enum bw_sort {
    BW_SORT_RISK,
    BW_SORT_SEVERITY,
    BW_SORT_EPSS,
    BW_SORT_CVSS,
    BW_SORT_NAME,
};
int bw_sort_parse(const char *word, enum bw_sort *ret_sort, struct bw_err *err) BW_MUST_USE;

/* Puts the findings of each subject into an order, worst first; equals stay as they are. BW_ENOMEM.
 */
int bw_verdict_sort(struct bw_report *report, enum bw_sort sort, struct bw_err *err) BW_MUST_USE;

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
