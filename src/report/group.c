#include "report/group.h"

#include <stdlib.h>

static bool is_kev(const struct bw_finding *finding)
{
    return finding->advisory && finding->advisory->kev;
}

static bool is_fixable(const struct bw_finding *finding)
{
    return finding->fixed_version.n > 0;
}

/* What a group is made by. A finding without a package is about a file. */
static struct bw_str source_of(const struct bw_finding *finding)
{
    const struct bw_package *package = finding->package;
    if (!package)
        return finding->location.path;
    return package->source_name.n ? package->source_name : package->name;
}

static int type_of(const struct bw_finding *finding)
{
    return finding->package ? (int)finding->package->type : -1;
}

static struct bw_str version_of(const struct bw_finding *finding)
{
    return finding->package ? finding->package->version : BW_STR("");
}

struct bw_str bw_group_name_of(const struct bw_finding *finding)
{
    return finding->package ? finding->package->name : finding->location.path;
}

static int compare_sources(const struct bw_finding *a, const struct bw_finding *b)
{
    if (type_of(a) != type_of(b))
        return type_of(a) < type_of(b) ? -1 : 1;
    return bw_str_cmp(source_of(a), source_of(b));
}

/* 0 for two findings of the same group. */
static int compare_groups(const struct bw_finding *a, const struct bw_finding *b)
{
    int order = compare_sources(a, b);
    if (!order)
        order = bw_str_cmp(version_of(a), version_of(b));
    return order ? order : (int)is_fixable(b) - (int)is_fixable(a);
}

static int compare_findings(const void *left, const void *right, void *ctx)
{
    const struct bw_report *report = ctx;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    const struct bw_finding *a = &report->findings[i], *b = &report->findings[j];
    int order = compare_groups(a, b);
    if (!order)
        order = (int)is_kev(b) - (int)is_kev(a);
    if (!order)
        order = (int)b->severity - (int)a->severity;
    if (!order)
        order = bw_str_cmp(a->id, b->id);
    if (!order)
        order = bw_str_cmp(bw_group_name_of(a), bw_group_name_of(b));
    return order ? order : (i > j) - (i < j);
}

static int compare_worst_first(const void *left, const void *right)
{
    const struct bw_group *a = left, *b = right;
    if (a->kev != b->kev)
        return a->kev ? -1 : 1;
    if (a->risk_tenths != b->risk_tenths)
        return a->risk_tenths > b->risk_tenths ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->fixable != b->fixable)
        return a->fixable ? -1 : 1;
    int order = bw_str_cmp(a->name, b->name);
    return order ? order : bw_str_cmp(a->version, b->version);
}

static int compare_firsts(const void *left, const void *right)
{
    const struct bw_group *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

static int compare_names(const void *left, const void *right, void *ctx)
{
    const struct bw_report *report = ctx;
    return bw_str_cmp(bw_group_name_of(&report->findings[*(const uint32_t *)left]),
                      bw_group_name_of(&report->findings[*(const uint32_t *)right]));
}

static size_t sort_names(const struct bw_report *report, uint32_t *by_name, size_t n)
{
    qsort_r(by_name, n, sizeof *by_name, compare_names, (void *)report);
    size_t distinct = 1;
    for (size_t i = 1; i < n; i++)
        distinct += compare_names(&by_name[i - 1], &by_name[i], (void *)report) != 0;
    return distinct;
}

static struct bw_str highest_fix(const struct bw_report *report, const struct bw_group *group,
                                 bw_output_compare compare)
{
    const struct bw_finding *best = &report->findings[group->findings[0]];
    for (size_t i = 1; i < group->n; i++) {
        const struct bw_finding *f = &report->findings[group->findings[i]];
        if (bw_str_eq(f->fixed_version, best->fixed_version))
            continue;
        if (!compare || !f->package)
            return BW_STR("");
        if (compare(f->package->type, f->fixed_version, best->fixed_version) > 0)
            best = f;
    }
    return best->fixed_version;
}

/* by_name has room for the findings. */
static struct bw_group make_group(const struct bw_report *report, const uint32_t *findings,
                                  size_t n, bw_output_compare compare, uint32_t *by_name)
{
    const struct bw_finding *first = &report->findings[findings[0]];
    struct bw_group group = {
        .findings = findings,
        .by_name = by_name,
        .n = n,
        .version = version_of(first),
        .first = findings[0],
        .risk_tenths = -1,
        .kev = is_kev(first),
        .fixable = is_fixable(first),
    };
    for (size_t i = 0; i < n; i++) {
        const struct bw_finding *finding = &report->findings[findings[i]];
        if (findings[i] < group.first)
            group.first = findings[i];
        if (finding->severity > group.severity)
            group.severity = finding->severity;
        if (finding->risk_tenths > group.risk_tenths)
            group.risk_tenths = finding->risk_tenths;
    }
    memcpy(by_name, findings, n * sizeof *by_name);
    group.packages = sort_names(report, by_name, n);
    group.name = group.packages == 1 ? bw_group_name_of(first) : source_of(first);
    group.fixed = highest_fix(report, &group, compare);
    return group;
}

void bw_groups_free(struct bw_groups *groups)
{
    free(groups->v);
    free(groups->order);
    *groups = (struct bw_groups){0};
}

/* Cuts the sorted findings into groups. The upper half of `order` becomes their by_name. */
static void cut_groups(const struct bw_report *report, struct bw_groups *groups, size_t n,
                       bw_output_compare compare)
{
    const struct bw_finding *before = NULL;
    for (size_t start = 0, end; start < n; start = end) {
        const struct bw_finding *first = &report->findings[groups->order[start]];
        for (end = start + 1; end < n; end++)
            if (compare_groups(first, &report->findings[groups->order[end]]))
                break;
        groups->v[groups->n++] = make_group(report, groups->order + start, end - start, compare,
                                            groups->order + n + start);
        groups->sources += !before || compare_sources(before, first);
        before = first;
    }
}

/* Others are no matter of updating a package, and what is waived is left alone. */
static bool is_grouped(const struct bw_finding *finding, uint32_t subject)
{
    return finding->subject == subject && finding->kind == BW_FINDING_VULNERABILITY &&
           !finding->waiver;
}

int bw_groups_make(const struct bw_report *report, uint32_t subject,
                   const struct bw_output_options *options, struct bw_groups *ret_groups,
                   struct bw_err *err)
{
    struct bw_groups groups = {0};
    size_t n = 0, at = 0;
    for (size_t i = 0; i < report->findings_n; i++)
        n += is_grouped(&report->findings[i], subject);
    if (n) {
        /* As many groups as findings at most. */
        groups.v = calloc(n, sizeof *groups.v);
        groups.order = calloc(n, 2 * sizeof *groups.order);
        if (!groups.v || !groups.order) {
            bw_groups_free(&groups);
            return bw_err_set(err, BW_ENOMEM, "no memory to group %zu findings", n);
        }
        for (size_t i = 0; i < report->findings_n; i++)
            if (is_grouped(&report->findings[i], subject))
                groups.order[at++] = (uint32_t)i;
        qsort_r(groups.order, n, sizeof *groups.order, compare_findings, (void *)report);
        cut_groups(report, &groups, n, options->compare);
        qsort(groups.v, groups.n, sizeof *groups.v,
              options->as_ordered ? compare_firsts : compare_worst_first);
    }
    *ret_groups = groups;
    return 0;
}
