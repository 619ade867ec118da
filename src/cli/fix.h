/*
 * fix.h: the mechanical remedies of policies, applied to the files they are about: `check --fix`.
 */
#ifndef BW_CLI_FIX_H
#define BW_CLI_FIX_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "check/policy.h"
#include "scan/scan.h"

#define BW_FIXES_MAX 1000000u

/* A finding, and what it was found by. */
struct bw_fix {
    const struct bw_judge_policies *policies;
    size_t policy;
    const struct bw_document *document;
    const struct bw_object *object;
    struct bw_str fingerprint;
    struct bw_value_place at; /* line and column */
};

struct bw_fixes {
    BW_VEC(struct bw_fix);
    bool lost;    /* one found no room */
    bool written; /* bw_fixes_apply() has changed files: what was found is of before */
};

void bw_fixes_free(struct bw_fixes *fixes); /* also for BW_CLEANUP */

/* struct bw_judge_options' `found`; ctx is a struct bw_fixes. */
void bw_fixes_take(void *ctx, const struct bw_judge_policies *policies,
                   const struct bw_finding *finding, size_t policy,
                   const struct bw_document *document, const struct bw_object *object);

/* Shows what would change as a diff on standard output, and what cannot be changed on standard
 * error; then, with `yes` or where a person on the terminal says so, writes the files. Findings
 * that the report has as waived are left alone, and so is what is no file: standard input, what
 * helm made. A file that is not as it was shown is an error. */
int bw_fixes_apply(struct bw_fixes *fixes, const struct bw_report *report, struct bw_arena *arena,
                   bool yes, struct bw_err *err) BW_MUST_USE;

#endif
