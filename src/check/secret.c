/*
 * Secrets: credentials that anybody who has the image can read, also where a later layer deleted
 * them again.
 */
#include "check/check.h"

static const char *const references[] = {
    "NIST SP 800-190 3.1.4",
    "CIS Docker Benchmark 1.6.0 4.10",
    "MITRE ATT&CK T1552.001",
    NULL,
};

static const struct bw_check check = {
    .id = "secret",
    .title = "No credential is in plain sight",
    .remedy = "Revoke the credential, build without it (RUN --mount=type=secret), and give it to "
              "the container when it runs",
    .references = references,
};

static const struct bw_check *const checks[] = {&check, NULL};

static int add(const struct bw_check_input *input, const struct bw_check_output *output,
               const struct bw_kept_secret *kept, struct bw_err *err)
{
    const struct bw_secret *secret = kept->secret;
    struct bw_finding finding = {
        .kind = BW_FINDING_SECRET,
        .id = secret->rule,
        .severity = secret->severity,
        .location = kept->place,
        .title = secret->title,
        .remedy = secret->remedy.n ? secret->remedy : bw_str(check.remedy),
        .match = secret->match,
        .encoded = secret->encoded,
        .deleted = kept->deleted,
        .deleted_in = kept->deleted_in,
    };
    return bw_check_add_finding(input, output, &finding, err);
}

static int run(const struct bw_check_input *input, const struct bw_check_output *output,
               struct bw_err *err)
{
    const struct bw_subject *subject = input->subject;
    size_t from = output->findings->n;
    struct bw_result result = {
        .check = &check,
        .subject = input->subject_index,
        .status = BW_STATUS_NOT_APPLICABLE,
        .evidence = subject->kind == BW_SUBJECT_SBOM ? BW_STR("a bill of materials holds no files")
                                                     : BW_STR("secrets were not looked for"),
    };
    int rc = 0;
    for (size_t i = 0; i < subject->secrets_n && rc == 0; i++)
        rc = add(input, output, &subject->secrets[i], err);
    if (rc)
        return rc;
    bw_check_sort(output->findings, from);
    result.findings = (uint32_t)(output->findings->n - from);
    if (subject->looked_for_secrets) {
        result.evaluated =
            subject->files_seen < UINT32_MAX ? (uint32_t)subject->files_seen : UINT32_MAX;
        result.status = result.findings ? BW_STATUS_FAIL : BW_STATUS_PASS;
        result.evidence = BW_STR("looked through files, variables, labels and build steps");
    }
    return bw_check_add_result(output, &result, err);
}

const struct bw_check_suite bw_check_suite_secret = {
    .name = "secret",
    .checks = checks,
    .run = run,
};
