/*
 * The report as annotations of a GitHub Actions run: workflow commands on standard output
 * (docs.github.com, "Workflow commands"). A run shows ten errors, ten warnings and ten notices of
 * a step, so that what one update mends is one annotation, the worst come first, and what does not
 * fit is counted.
 */
#include "report/escape.h"
#include "report/gatherer.h"
#include "report/group.h"
#include "report/words.h"

#define ANNOTATIONS_MAX 50u

/* Advisories that one annotation names. */
#define NAMES_MAX 8u

struct github {
    struct bw_gatherer stream;
    const struct bw_report *report;
    struct bw_buf title, message;
    size_t put, left_out, waived;
};

static const char *command_of(enum bw_severity severity)
{
    static const char *const commands[BW_SEVERITY_COUNT] = {
        [BW_SEVERITY_UNKNOWN] = "warning", [BW_SEVERITY_NEGLIGIBLE] = "notice",
        [BW_SEVERITY_LOW] = "notice",      [BW_SEVERITY_MEDIUM] = "warning",
        [BW_SEVERITY_HIGH] = "error",      [BW_SEVERITY_CRITICAL] = "error",
    };
    return (unsigned)severity < BW_SEVERITY_COUNT ? commands[severity] : "warning";
}

/* ::error file=app/config.py,line=12,title=AWS access key::critical; ... */
static void put_command(struct github *g, const char *command, const struct bw_place *place)
{
    struct bw_buf *out = &g->stream.buf;
    bw_buf_printf(out, "::%s ", command);
    if (place && place->path.n) {
        bw_buf_str(out, BW_STR("file="));
        bw_escape_workflow_property(out, place->path);
        if (place->line)
            bw_buf_printf(out, ",line=%u", place->line);
        bw_buf_byte(out, ',');
    }
    bw_buf_str(out, BW_STR("title="));
    bw_escape_workflow_property(out, bw_buf_slice(&g->title));
    bw_buf_str(out, BW_STR("::"));
    bw_escape_workflow_message(out, bw_buf_slice(&g->message));
    bw_buf_byte(out, '\n');
    bw_gatherer_drain(&g->stream);
    bw_buf_clear(&g->title);
    bw_buf_clear(&g->message);
}

static bool is_full(struct github *g)
{
    if (g->put < ANNOTATIONS_MAX) {
        g->put++;
        return false;
    }
    g->left_out++;
    return true;
}

/* --- findings --- */

static void put_group(struct github *g, const struct bw_group *group)
{
    const struct bw_finding *first = &g->report->findings[group->findings[0]];
    if (is_full(g))
        return;
    bw_buf_str(&g->title, group->name);
    bw_buf_byte(&g->title, ' ');
    bw_buf_str(&g->title, group->version);
    bw_buf_printf(&g->title, ": %zu %s, worst %s", group->n,
                  group->n == 1 ? "vulnerability" : "vulnerabilities",
                  bw_severity_name(group->severity));
    if (group->kev)
        bw_buf_str(&g->title, BW_STR(", known to be exploited"));
    bw_buf_str(&g->message, g->report->subjects[first->subject].name);
    bw_buf_str(&g->message, BW_STR(": "));
    for (size_t i = 0; i < group->n && i < NAMES_MAX; i++) {
        if (i)
            bw_buf_str(&g->message, BW_STR(", "));
        bw_words_name(&g->message, &g->report->findings[group->findings[i]]);
    }
    if (group->n > NAMES_MAX)
        bw_buf_printf(&g->message, " and %zu more", group->n - NAMES_MAX);
    if (!group->fixable)
        bw_buf_str(&g->message, BW_STR("; no fixed version yet"));
    else if (group->fixed.n) {
        bw_buf_str(&g->message, BW_STR("; update to "));
        bw_buf_str(&g->message, group->fixed);
    }
    put_command(g, command_of(group->severity), &first->location);
}

static void put_finding(struct github *g, const struct bw_finding *finding)
{
    if (is_full(g))
        return;
    bw_buf_str(&g->title, finding->title.n ? finding->title : finding->id);
    bw_buf_str(&g->message, g->report->subjects[finding->subject].name);
    bw_buf_str(&g->message, BW_STR(": "));
    bw_words_object(&g->message, finding);
    bw_buf_printf(&g->message, ": %s %s", bw_severity_name(finding->severity),
                  bw_finding_kind_name(finding->kind));
    if (finding->match.n) {
        bw_buf_str(&g->message, BW_STR(": "));
        bw_buf_str(&g->message, finding->match);
    }
    if (finding->deleted)
        bw_buf_str(&g->message, BW_STR("; a later layer deletes it, the image still carries it"));
    if (finding->remedy.n) {
        bw_buf_str(&g->message, BW_STR(". "));
        bw_buf_str(&g->message, finding->remedy);
    }
    put_command(g, command_of(finding->severity), &finding->location);
}

/* Of every kind the worst before the others: `severity` alone is put. */
static void put_severity(struct github *g, const struct bw_groups *groups, uint32_t subject,
                         enum bw_severity severity)
{
    for (size_t i = 0; i < g->report->findings_n; i++) {
        const struct bw_finding *finding = &g->report->findings[i];
        if (finding->subject == subject && finding->severity == severity && !finding->waiver &&
            finding->kind != BW_FINDING_VULNERABILITY)
            put_finding(g, finding);
    }
    for (size_t i = 0; i < groups->n; i++)
        if (groups->v[i].severity == severity)
            put_group(g, &groups->v[i]);
}

static int put_subject(struct github *g, uint32_t subject, const struct bw_output_options *options,
                       struct bw_err *err)
{
    struct bw_groups groups BW_CLEANUP(bw_groups_free) = {0};
    int status = bw_groups_make(g->report, subject, options, &groups, err);
    if (status)
        return status;
    for (int severity = BW_SEVERITY_COUNT - 1; severity >= 0; severity--)
        put_severity(g, &groups, subject, (enum bw_severity)severity);
    return 0;
}

/* --- the rest --- */

static void put_gap(struct github *g, const struct bw_gap *gap)
{
    bool blocking = gap->class == BW_GAP_BLOCKING;
    if (is_full(g))
        return;
    bw_buf_str(&g->title, blocking ? BW_STR("Not examined") : BW_STR("Note"));
    if (gap->subject < g->report->subjects_n) {
        bw_buf_str(&g->message, g->report->subjects[gap->subject].name);
        bw_buf_str(&g->message, BW_STR(": "));
    }
    bw_buf_str(&g->message, gap->where);
    bw_buf_str(&g->message, BW_STR(": "));
    bw_buf_str(&g->message, gap->what);
    bw_buf_str(&g->message, BW_STR(": "));
    bw_buf_str(&g->message, gap->why);
    put_command(g, blocking ? "error" : "notice", NULL);
}

static void put_gaps(struct github *g, enum bw_gap_class class)
{
    for (size_t i = 0; i < g->report->gaps_n; i++)
        if (g->report->gaps[i].class == class)
            put_gap(g, &g->report->gaps[i]);
}

static void put_verdict(struct github *g)
{
    const struct bw_report *report = g->report;
    bool fail = report->verdict == BW_VERDICT_FAIL;
    bw_buf_printf(&g->title, "bulwark: %s", bw_verdict_name(report->verdict));
    bw_buf_str(&g->message, report->verdict_reason);
    bw_buf_printf(&g->message, "%s%zu %s", report->verdict_reason.n ? "; " : "", report->findings_n,
                  report->findings_n == 1 ? "finding" : "findings");
    if (g->waived)
        bw_buf_printf(&g->message, ", %zu of them waived", g->waived);
    if (g->left_out)
        bw_buf_printf(&g->message, "; %zu annotations more than fit (--format json lists all)",
                      g->left_out);
    put_command(g, fail ? "error" : "notice", NULL);
}

static int write_github(const struct bw_report *report, const struct bw_output_options *options,
                        const struct bw_output_sink *sink, struct bw_err *err)
{
    struct github g = {.stream = bw_gatherer(sink, err),
                       .report = report,
                       .title = BW_BUF(BW_OUTPUT_ELEMENT_MAX),
                       .message = BW_BUF(BW_OUTPUT_ELEMENT_MAX)};
    int status = 0;
    for (size_t i = 0; i < report->findings_n; i++)
        g.waived += report->findings[i].waiver != NULL;
    put_gaps(&g, BW_GAP_BLOCKING);
    for (uint32_t i = 0; i < report->subjects_n && !status; i++)
        status = put_subject(&g, i, options, err);
    put_gaps(&g, BW_GAP_NOTE);
    if (!status)
        put_verdict(&g);
    bw_buf_free(&g.title);
    bw_buf_free(&g.message);
    int end = bw_gatherer_finish(&g.stream);
    return status ? status : end;
}

const struct bw_output bw_output_github = {
    .name = "github",
    .summary = "annotations of a GitHub Actions run",
    .write = write_github,
};
