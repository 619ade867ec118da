#include "check/check.h"

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for more findings or results");
}

int bw_check_add_result(const struct bw_check_output *output, const struct bw_result *result,
                        struct bw_err *err)
{
    struct bw_result *slot = BW_VEC_PUSH(output->results, BW_CHECK_RESULTS_MAX);
    if (!slot || !result->evidence.p)
        return full(err);
    *slot = *result;
    return 0;
}

int bw_check_add_finding(const struct bw_check_input *input, const struct bw_check_output *output,
                         const struct bw_finding *finding, struct bw_err *err)
{
    struct bw_finding *slot = BW_VEC_PUSH(output->findings, BW_CHECK_FINDINGS_MAX);
    if (!slot)
        return full(err);
    *slot = *finding;
    slot->subject = input->subject_index;
    slot->epss_millionths = slot->epss_percentile_millionths = slot->risk_tenths = -1;
    if (slot->package)
        slot->purl = bw_package_purl(slot->package, &input->subject->distribution, output->arena);
    slot->fingerprint = bw_finding_fingerprint(slot, output->arena);
    return (slot->package && !slot->purl.p) || !slot->fingerprint.p ? full(err) : 0;
}

static int compare(const void *a, const void *b)
{
    const struct bw_finding *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    int c = bw_str_cmp(x->id, y->id);
    if (c == 0)
        c = bw_str_cmp(x->location.path, y->location.path);
    if (c == 0)
        c = bw_str_cmp(x->location.inner, y->location.inner);
    if (c == 0)
        c = (x->location.line > y->location.line) - (x->location.line < y->location.line);
    if (c == 0)
        c = bw_str_cmp(x->match, y->match);
    return c ? c : bw_str_cmp(x->fingerprint, y->fingerprint);
}

void bw_check_sort(struct bw_findings *findings, size_t from)
{
    if (findings->n > from)
        qsort(findings->v + from, findings->n - from, sizeof *findings->v, compare);
}
