/*
 * check.h: what judges a subject: from its facts to results and findings.
 *
 * A suite is a group of checks that look at the same facts. It is one .c file that exports one
 * `const struct bw_check_suite` named bw_check_suite_NAME and one word in meson.build; the table is
 * generated from that list. A suite is a pure function of its input. It gives one result for each
 * of its checks, in their order:
 *   PASS, FAIL         it looked, and found nothing, or something
 *   NOT_APPLICABLE     the subject has nothing of the kind, or it was not asked for
 *   NOT_EVALUATED      it has, and it could not be judged: a note gap says why
 *   REVIEW             nothing fails, and something is left that a person must decide
 */
#ifndef BW_CHECK_CHECK_H
#define BW_CHECK_CHECK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/licence.h"
#include "model/report.h"

/* Findings of one run. */
#define BW_CHECK_FINDINGS_MAX 10000000u

/* Results of one run. */
#define BW_CHECK_RESULTS_MAX 1000000u

struct bw_matcher;

struct bw_findings {
    BW_VEC(struct bw_finding);
};

struct bw_results {
    BW_VEC(struct bw_result);
};

/* Where a check's gaps go; the slices may be short-lived. */
typedef void (*bw_check_gap)(void *ctx, enum bw_gap_class class, struct bw_str where,
                             struct bw_str what, struct bw_str why);

struct bw_check_input {
    const struct bw_subject *subject;
    uint32_t subject_index;
    struct bw_matcher *matcher;              /* of the advisories; NULL: none */
    int64_t now;                             /* wall time; 0: ask for no ages */
    const struct bw_licence_rules *licences; /* may be NULL */
};

struct bw_check_output {
    struct bw_arena *arena; /* of all that is given back */
    struct bw_findings *findings;
    struct bw_results *results;
    bw_check_gap gap;
    void *gap_ctx;
};

struct bw_check_suite {
    const char *name;
    const struct bw_check *const *checks; /* NULL at the end */
    /* Appends findings, worst first, and results. BW_ELIMIT where the arena or a vector is full. */
    int (*run)(const struct bw_check_input *input, const struct bw_check_output *output,
               struct bw_err *err);
};

/* All suites, NULL at the end: generated from the list in meson.build. */
extern const struct bw_check_suite *const bw_check_suites[];

/* Appends a result. BW_ELIMIT where there are too many, or its evidence found no room. */
int bw_check_add_result(const struct bw_check_output *output, const struct bw_result *result,
                        struct bw_err *err) BW_MUST_USE;

/* Appends a finding that is no vulnerability, completed with what every finding has: subject,
 * package URL, fingerprint. */
int bw_check_add_finding(const struct bw_check_input *input, const struct bw_check_output *output,
                         const struct bw_finding *finding, struct bw_err *err) BW_MUST_USE;

/* Orders the findings from `from` on: the worst first, then by id, path, line and match. */
void bw_check_sort(struct bw_findings *findings, size_t from);

#endif
