/*
 * Licences of packages against the lists of what is allowed and denied. A package of a language
 * that is part of a package of the distribution is under the latter's. Without a list there is
 * nothing to judge by. A licence that is not known fails a list of the allowed, with a severity
 * that nobody rated ("unknown", which --fail-on counts); where only licences are denied it is for a
 * person to review.
 */
#include "check/check.h"

static const char *const references[] = {"ISO/IEC 5230:2020 3.3.1", NULL};

static const struct bw_check check = {
    .id = "licence",
    .title = "Every package has a licence that is allowed",
    .remedy = "Replace the package, or have the licence approved and put it on the list",
    .references = references,
};

static const struct bw_check *const checks[] = {&check, NULL};

struct counts {
    uint32_t listed, others, none; /* others: not all of it is listed by SPDX */
    uint32_t open;                 /* not known, and nothing decides */
};

static struct bw_finding finding_of(const struct bw_installed_package *installed,
                                    const struct bw_licence *licence)
{
    struct bw_finding finding = {
        .kind = BW_FINDING_LICENCE,
        .id = licence->expression,
        .severity = BW_SEVERITY_UNKNOWN,
        .location = {.layer = installed->layer,
                     .path = installed->path,
                     .inner = installed->inner,
                     .line = installed->line},
        .title = BW_STR("The licence is not known"),
        .remedy = BW_STR("Find the licence out; allow it as LicenseRef-NAME where SPDX lists none"),
        .package = installed->package,
        .match = installed->package->licence,
    };
    if (licence->standing == BW_LICENCE_DENIED) {
        finding.severity = BW_SEVERITY_HIGH;
        finding.title = BW_STR("The licence is denied");
        finding.remedy = bw_str(check.remedy);
    } else if (licence->standing == BW_LICENCE_NOT_ALLOWED) {
        finding.severity = BW_SEVERITY_MEDIUM;
        finding.title = BW_STR("The licence is not on the list of those allowed");
        finding.remedy = bw_str(check.remedy);
    }
    return finding;
}

static int judge(const struct bw_check_input *input, const struct bw_check_output *output,
                 const struct bw_installed_package *installed, struct counts *counts,
                 struct bw_err *err)
{
    struct bw_licence licence;
    if (installed->owner)
        return 0;
    int rc =
        bw_licence_read(installed->package->licence, input->licences, output->arena, &licence, err);
    if (rc)
        return rc;
    if (licence.listed)
        counts->listed++;
    else if (bw_str_eq(licence.expression, BW_STR("NOASSERTION")))
        counts->none++;
    else
        counts->others++;
    bool allows = input->licences && input->licences->allow.n;
    if (licence.standing == BW_LICENCE_ALLOWED)
        return 0;
    if (licence.standing == BW_LICENCE_UNKNOWN && !allows) {
        counts->open++;
        return 0;
    }
    struct bw_finding finding = finding_of(installed, &licence);
    return bw_check_add_finding(input, output, &finding, err);
}

static enum bw_status status_of(const struct bw_check_input *input, const struct bw_result *result,
                                const struct counts *counts)
{
    const struct bw_licence_rules *rules = input->licences;
    if (input->subject->packages_n == 0 || !rules || rules->allow.n + rules->deny.n == 0)
        return BW_STATUS_NOT_APPLICABLE;
    if (result->findings)
        return BW_STATUS_FAIL;
    return counts->open ? BW_STATUS_REVIEW : BW_STATUS_PASS;
}

static int run(const struct bw_check_input *input, const struct bw_check_output *output,
               struct bw_err *err)
{
    const struct bw_subject *subject = input->subject;
    struct bw_result result = {.check = &check, .subject = input->subject_index};
    struct counts counts = {0};
    size_t from = output->findings->n;
    int rc = 0;
    for (size_t i = 0; i < subject->packages_n && rc == 0; i++)
        rc = judge(input, output, &subject->packages[i], &counts, err);
    if (rc)
        return rc;
    bw_check_sort(output->findings, from);
    result.findings = (uint32_t)(output->findings->n - from);
    result.evaluated = counts.listed + counts.others + counts.none;
    result.status = status_of(input, &result, &counts);
    result.evidence = bw_arena_printf(
        output->arena,
        "%u packages have licences that SPDX lists, %u others that it does not, of %u none is "
        "known%s",
        counts.listed, counts.others, counts.none,
        result.status == BW_STATUS_NOT_APPLICABLE ? "; no list of licences was given" : "");
    return bw_check_add_result(output, &result, err);
}

const struct bw_check_suite bw_check_suite_licence = {
    .name = "licence",
    .checks = checks,
    .run = run,
};
