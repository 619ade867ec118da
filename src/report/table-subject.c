#include "report/score.h"
#include "report/table.h"

/* Cells of the severity bar: one a finding, up to this many for all. */
#define BAR_MAX 60u
/* So few are seen at a glance without one. */
#define BAR_MIN 5u

#define REMOVED_SHOWN 10u
#define REMOVED_MAX   12u
#define TAGS_SHOWN    5u
#define INDENT        2u

struct counts { /* of findings that are not waived, but for `waived` */
    size_t severities[BW_SEVERITY_COUNT];
    size_t kinds[BW_FINDING_KIND_COUNT];
    size_t total, fixable, kev, waived;
    size_t in_base;
};

static struct counts count_findings(const struct bw_report *report, uint32_t subject)
{
    struct counts counts = {0};
    for (size_t i = 0; i < report->findings_n; i++) {
        const struct bw_finding *finding = &report->findings[i];
        if (finding->subject != subject)
            continue;
        if (finding->waiver) {
            counts.waived++;
            continue;
        }
        if ((unsigned)finding->severity < BW_SEVERITY_COUNT)
            counts.severities[finding->severity]++;
        if ((unsigned)finding->kind < BW_FINDING_KIND_COUNT)
            counts.kinds[finding->kind]++;
        counts.in_base += finding->in_base;
        counts.total++;
        counts.fixable += finding->fixed_version.n > 0;
        counts.kev += finding->advisory && finding->advisory->kev;
    }
    return counts;
}

static void put_part(struct bw_text *text, enum bw_style style, struct bw_str part)
{
    if (!part.n)
        return;
    if (text->column > 0)
        bw_table_separate(text, ",");
    bw_text_flow(text, style, part, INDENT);
}

static void put_distribution(struct bw_text *text, const struct bw_distribution *d)
{
    if (!d->id.n) {
        put_part(text, BW_STYLE_WARN, BW_STR("unknown distribution"));
        return;
    }
    put_part(text, BW_STYLE_STRONG, d->pretty_name.n ? d->pretty_name : d->id);
    if (!d->pretty_name.n && d->version_id.n) {
        bw_text_blanks(text, 1);
        bw_text_flow(text, BW_STYLE_STRONG, d->version_id, INDENT);
    }
}

static void put_identity(struct bw_text *text, const struct bw_subject *subject)
{
    if (subject->kind == BW_SUBJECT_DOCUMENTS) {
        put_part(text, BW_STYLE_STRONG, subject->source);
        bw_text_newline(text);
        return;
    }
    put_distribution(text, &subject->distribution);
    put_part(text, BW_STYLE_PLAIN, subject->platform);
    bw_table_separate(text, ",");
    bw_table_count(text, BW_STYLE_PLAIN, INDENT, subject->packages_n, "package", "packages");
    if (subject->kind == BW_SUBJECT_IMAGE) {
        bw_table_separate(text, ",");
        bw_table_count(text, BW_STYLE_PLAIN, INDENT, subject->layers_n, "layer", "layers");
    }
    bw_text_newline(text);
}

static void put_tags(struct bw_text *text, const struct bw_subject *subject)
{
    size_t shown = 0, left_out = 0;
    for (size_t i = 0; i < subject->tags.n; i++) {
        if (bw_str_eq(subject->tags.v[i], subject->name))
            continue;
        if (shown == TAGS_SHOWN && text->options->detail != BW_OUTPUT_VERBOSE) {
            left_out++;
            continue;
        }
        bw_table_separate(text, ",");
        if (!shown)
            bw_text_flow(text, BW_STYLE_FAINT, BW_STR("also "), INDENT);
        bw_text_flow(text, BW_STYLE_FAINT, subject->tags.v[i], INDENT);
        shown++;
    }
    if (left_out)
        bw_table_more(text, BW_STYLE_FAINT, INDENT, left_out);
}

static void put_origin(struct bw_text *text, const struct bw_subject *subject)
{
    bool bill = subject->kind == BW_SUBJECT_SBOM;
    if (subject->kind == BW_SUBJECT_DOCUMENTS)
        return;
    if (bill)
        bw_text_flow(text, BW_STYLE_FAINT,
                     subject->digest.n ? BW_STR("bill of materials of")
                                       : BW_STR("bill of materials"),
                     INDENT);
    else
        bw_text_put(text, BW_STYLE_FAINT, bw_str(bw_subject_kind_name(subject->kind)));
    if (subject->digest.n) {
        bw_text_blanks(text, 1);
        bw_text_flow(text, BW_STYLE_FAINT, bw_table_short_digest(subject->digest), INDENT);
    }
    if (subject->source.n && !bill) {
        bw_text_flow(text, BW_STYLE_FAINT, BW_STR(" from "), INDENT);
        bw_text_flow(text, BW_STYLE_FAINT, subject->source, INDENT);
    }
    put_tags(text, subject);
    bw_text_newline(text);
}

/* "base debian:12, 5 of 9 layers; 31 of 40 findings come from it" */
static void put_base(struct bw_text *text, const struct bw_subject *subject,
                     const struct counts *counts)
{
    const struct bw_base_image *base = &subject->base;
    if (!base->name.n && !base->layers_n)
        return;
    bw_text_flow(text, BW_STYLE_PLAIN, BW_STR("base "), INDENT);
    bw_text_flow(text, BW_STYLE_STRONG, base->name.n ? base->name : BW_STR("image"), INDENT);
    if (base->layers_n) {
        bw_table_separate(text, ",");
        bw_text_flowf(text, BW_STYLE_PLAIN, INDENT, "%u of %zu layers", base->layers_n,
                      subject->layers_n);
    }
    if (base->layers_n && counts->total) {
        bw_table_separate(text, ";");
        bw_text_flowf(text, BW_STYLE_PLAIN, INDENT, "%zu of %zu findings come from it",
                      counts->in_base, counts->total);
    }
    bw_text_newline(text);
}

static void put_layers(struct bw_text *text, const struct bw_subject *subject)
{
    for (size_t i = 0; i < subject->layers_n; i++) {
        const struct bw_layer *layer = &subject->layers[i];
        bw_text_tab(text, INDENT);
        bw_text_printf(text, BW_STYLE_FAINT, "layer %zu", i);
        bw_text_tab(text, INDENT + 12);
        bw_text_put(text, BW_STYLE_FAINT,
                    bw_table_short_digest(layer->digest.n ? layer->digest : layer->diff_id));
        bw_text_tab(text, INDENT + 33);
        bw_text_put_cut(text, BW_STYLE_FAINT, layer->created_by, text->width - INDENT - 33);
        bw_text_newline(text);
    }
}

/* --- counts --- */

static void put_severities(struct bw_text *text, const struct counts *counts)
{
    for (int s = BW_SEVERITY_COUNT - 1; s >= 0; s--) {
        if (!counts->severities[s])
            continue;
        bw_text_need(text, 20, INDENT);
        bw_text_printf(text, bw_style_of_severity((enum bw_severity)s), "%zu %s",
                       counts->severities[s], bw_severity_name((enum bw_severity)s));
        bw_text_blanks(text, 3);
    }
    bw_text_newline(text);
}

/* Each severity has at least a cell; what rounding leaves goes to the one with the most. */
static void share_cells(const struct counts *counts, size_t cells, size_t *share)
{
    size_t used = 0;
    int most = 0;
    for (int s = 0; s < BW_SEVERITY_COUNT; s++) {
        size_t n = counts->severities[s];
        share[s] = n ? n * cells / counts->total : 0;
        share[s] += n && !share[s];
        used += share[s];
        if (n > counts->severities[most])
            most = s;
    }
    if (used < cells)
        share[most] += cells - used;
    else if (share[most] > used - cells)
        share[most] -= used - cells;
}

static void put_bar(struct bw_text *text, const struct counts *counts)
{
    static const char *const marks[BW_SEVERITY_COUNT][2] = {
        [BW_SEVERITY_CRITICAL] = {"\xe2\x96\x88", "#"}, [BW_SEVERITY_HIGH] = {"\xe2\x96\x93", "="},
        [BW_SEVERITY_MEDIUM] = {"\xe2\x96\x92", "+"},   [BW_SEVERITY_LOW] = {"\xe2\x96\x91", "-"},
        [BW_SEVERITY_NEGLIGIBLE] = {"\xc2\xb7", "."},   [BW_SEVERITY_UNKNOWN] = {"?", "?"},
    };
    if (counts->total < BAR_MIN)
        return;
    size_t cells = text->width - 1 < BAR_MAX ? text->width - 1 : BAR_MAX;
    size_t share[BW_SEVERITY_COUNT];
    share_cells(counts, counts->total < cells ? counts->total : cells, share);
    for (int s = BW_SEVERITY_COUNT - 1; s >= 0; s--)
        for (size_t i = 0; i < share[s]; i++)
            bw_text_put(text, bw_style_of_severity((enum bw_severity)s),
                        bw_text_either(text, marks[s][0], marks[s][1]));
    bw_text_newline(text);
}

static void put_other_kinds(struct bw_text *text, const struct counts *counts)
{
    static const char *const names[BW_FINDING_KIND_COUNT][2] = {
        [BW_FINDING_SECRET] = {"secret", "secrets"},
        [BW_FINDING_FILE] = {"dangerous file", "dangerous files"},
        [BW_FINDING_LICENCE] = {"licence", "licences"},
        [BW_FINDING_POLICY] = {"policy violation", "policy violations"},
    };
    for (int kind = BW_FINDING_SECRET; kind < BW_FINDING_KIND_COUNT; kind++) {
        if (!counts->kinds[kind])
            continue;
        bw_table_separate(text, ",");
        bw_table_count(text, kind == BW_FINDING_SECRET ? BW_STYLE_BAD : BW_STYLE_PLAIN, INDENT,
                       counts->kinds[kind], names[kind][0], names[kind][1]);
    }
}

static void put_totals(struct bw_text *text, const struct counts *counts, size_t sources)
{
    size_t vulnerabilities = counts->kinds[BW_FINDING_VULNERABILITY];
    bw_table_count(text, BW_STYLE_STRONG, INDENT, counts->total, "finding", "findings");
    if (vulnerabilities && vulnerabilities < counts->total) {
        bw_table_separate(text, ":");
        bw_table_count(text, BW_STYLE_PLAIN, INDENT, vulnerabilities, "vulnerability",
                       "vulnerabilities");
    }
    if (vulnerabilities)
        bw_text_flowf(text, BW_STYLE_PLAIN, INDENT, " in %zu source %s, %zu with a fix", sources,
                      sources == 1 ? "package" : "packages", counts->fixable);
    if (counts->kev) {
        bw_table_separate(text, ",");
        bw_text_need(text, 36, INDENT);
        bw_text_printf(text, BW_STYLE_ALARM, "%zu known to be exploited (CISA KEV)", counts->kev);
    }
    put_other_kinds(text, counts);
    bw_text_newline(text);
}

/* --- results without findings --- */

static void put_result(struct bw_text *text, const struct bw_subject *subject,
                       const struct bw_result *result)
{
    switch (result->status) {
    case BW_STATUS_FAIL:
        return;
    case BW_STATUS_PASS:
        bw_text_flowf(text, BW_STYLE_GOOD, INDENT, "%s: nothing found", result->check->id);
        if (strcmp(result->check->id, "vulnerability") != 0) {
            bw_text_flowf(text, BW_STYLE_PLAIN, INDENT, " (%u examined)", result->evaluated);
            break;
        }
        bw_text_flow(text, BW_STYLE_PLAIN, BW_STR(" in "), INDENT);
        if (result->evaluated != subject->packages_n)
            bw_text_flowf(text, BW_STYLE_WARN, INDENT, "%u of ", result->evaluated);
        bw_table_count(text, BW_STYLE_PLAIN, INDENT, subject->packages_n, "package", "packages");
        break;
    default:
        bw_text_flowf(text, BW_STYLE_WARN, INDENT, "%s: %s", result->check->id,
                      bw_status_name(result->status));
    }
    if (result->evidence.n) {
        bw_table_separate(text, ":");
        bw_text_flow(text, BW_STYLE_PLAIN, result->evidence, INDENT);
    }
    bw_text_newline(text);
}

/* "policies: 41 passed, 3 failed, 2 not evaluated; 12 not applicable" */
static void put_policies(struct bw_text *text, const struct bw_report *report, uint32_t index)
{
    static const struct {
        enum bw_status status;
        enum bw_style style;
        const char *word;
    } words[] = {
        {BW_STATUS_PASS, BW_STYLE_GOOD, "passed"},
        {BW_STATUS_FAIL, BW_STYLE_BAD, "failed"},
        {BW_STATUS_WAIVED, BW_STYLE_WARN, "waived"},
        {BW_STATUS_NOT_EVALUATED, BW_STYLE_WARN, "not evaluated"},
        {BW_STATUS_NOT_APPLICABLE, BW_STYLE_FAINT, "not applicable"},
    };
    size_t counts[BW_ARRAY_LEN(words)] = {0};
    bool any = false;
    for (size_t i = 0; i < report->results_n; i++)
        for (size_t w = 0; w < BW_ARRAY_LEN(words); w++)
            if (report->results[i].subject == index && report->results[i].check->policy)
                counts[w] += report->results[i].status == words[w].status;
    for (size_t w = 0; w < BW_ARRAY_LEN(words); w++) {
        if (!counts[w])
            continue;
        bw_text_flow(text, BW_STYLE_PLAIN, any ? BW_STR(", ") : BW_STR("policies: "), INDENT);
        bw_text_flowf(text, words[w].style, INDENT, "%zu %s", counts[w], words[w].word);
        any = true;
    }
    if (any)
        bw_text_newline(text);
}

/* A check may fail by findings that an option then took out of the report. */
static void put_left_out(struct bw_text *text, const struct bw_report *report, size_t n)
{
    const char *word = n == 1 ? "finding" : "findings";
    if (report->hidden_base)
        bw_text_flowf(text, BW_STYLE_WARN, INDENT,
                      "%zu %s left out (--exclude-base, --only-base, --ignore-unfixed)", n, word);
    else
        bw_text_flowf(text, BW_STYLE_WARN, INDENT,
                      "%zu %s without a fix left out (--ignore-unfixed)", n, word);
    bw_text_newline(text);
}

static void put_results(struct bw_text *text, const struct bw_report *report, uint32_t index,
                        size_t shown)
{
    size_t n = 0, found = 0;
    for (size_t i = 0; i < report->results_n; i++) {
        if (report->results[i].subject != index)
            continue;
        if (!report->results[i].check->policy)
            put_result(text, &report->subjects[index], &report->results[i]);
        found += report->results[i].findings;
        n++;
    }
    put_policies(text, report, index);
    if (!n) {
        bw_text_put(text, BW_STYLE_WARN, BW_STR("No check was evaluated."));
        bw_text_newline(text);
    }
    if (found > shown)
        put_left_out(text, report, found - shown);
}

/* What follows may not be the whole truth: said before anything else is. */
static void put_incomplete(struct bw_text *text, const struct bw_report *report, uint32_t index)
{
    size_t n = bw_score_gaps(report, index, BW_GAP_BLOCKING);
    if (!n)
        return;
    bw_text_put(text, BW_STYLE_ALARM, BW_STR("INCOMPLETE"));
    bw_table_separate(text, ":");
    bw_text_flowf(text, BW_STYLE_BAD, INDENT, "%zu blocking %s, listed at the end", n,
                  n == 1 ? "gap" : "gaps");
    bw_text_newline(text);
}

/* --- removed packages --- */

static void put_removed(struct bw_text *text, const struct bw_subject *subject)
{
    size_t n = subject->removed_n, shown = n;
    if (!n || text->options->detail == BW_OUTPUT_QUIET)
        return;
    if (n > REMOVED_MAX && text->options->detail != BW_OUTPUT_VERBOSE)
        shown = REMOVED_SHOWN;
    bw_text_newline(text);
    bw_table_count(text, BW_STYLE_STRONG, INDENT, n, "package", "packages");
    bw_text_flow(text, BW_STYLE_PLAIN,
                 BW_STR(" removed or replaced by a later layer, still carried in the image:"),
                 INDENT);
    bw_text_newline(text);
    for (size_t i = 0; i < shown; i++) {
        const struct bw_removed_package *removed = &subject->removed[i];
        bw_text_tab(text, INDENT);
        bw_text_flow(text, BW_STYLE_PLAIN, removed->package->name, INDENT + 2);
        bw_text_blanks(text, 1);
        bw_text_flow(text, BW_STYLE_PLAIN, removed->package->version, INDENT + 2);
        bw_text_need(text, 40, INDENT + 2);
        bw_text_printf(text, BW_STYLE_FAINT, " (layer %u, gone in layer %u)", removed->installed_in,
                       removed->removed_in);
        bw_text_newline(text);
    }
    if (shown < n) {
        bw_text_tab(text, INDENT);
        bw_table_more(text, BW_STYLE_FAINT, INDENT, n - shown);
        bw_text_newline(text);
    }
}

int bw_table_subject(struct bw_text *text, const struct bw_report *report, uint32_t index,
                     struct bw_err *err)
{
    const struct bw_subject *subject = &report->subjects[index];
    struct bw_groups groups BW_CLEANUP(bw_groups_free) = {0};
    int status = bw_groups_make(report, index, text->options, &groups, err);
    if (status)
        return status;
    struct counts counts = count_findings(report, index);
    bw_text_rule(text, BW_STYLE_STRONG, subject->name);
    put_identity(text, subject);
    put_origin(text, subject);
    put_base(text, subject, &counts);
    if (text->options->detail == BW_OUTPUT_VERBOSE)
        put_layers(text, subject);
    bw_text_newline(text);
    put_incomplete(text, report, index);
    put_results(text, report, index, counts.total + counts.waived);
    if (counts.total) {
        put_severities(text, &counts);
        put_bar(text, &counts);
        put_totals(text, &counts, groups.sources);
    }
    if (counts.waived) {
        bw_table_count(text, BW_STYLE_FAINT, INDENT, counts.waived, "finding waived",
                       "findings waived");
        bw_text_newline(text);
    }
    if (groups.n && text->options->detail != BW_OUTPUT_QUIET) {
        bw_text_newline(text);
        bw_table_findings(text, report, &groups);
    }
    if (text->options->detail != BW_OUTPUT_QUIET)
        status = bw_table_lists(text, report, index, err);
    put_removed(text, subject);
    bw_text_newline(text);
    return status;
}
