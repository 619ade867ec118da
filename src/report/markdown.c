/*
 * The report as Markdown (GitHub Flavored Markdown 0.29), short enough for a comment of a pull
 * request: the verdict and the gaps are in sight, lists are folded and bounded, and what is left
 * out is counted.
 */
#include <stdio.h>

#include "base/clock.h"
#include "report/escape.h"
#include "report/gatherer.h"
#include "report/group.h"
#include "report/score.h"
#include "report/words.h"

/* Rows of a table, and advisories in one of them; a comment of GitHub takes 65,536 characters. */
#define ROWS_MAX  40u
#define NAMES_MAX 6u

struct markdown {
    struct bw_gatherer stream;
    const struct bw_report *report;
    struct bw_buf words;
};

static void put(struct markdown *m, const char *text)
{
    bw_buf_str(&m->stream.buf, bw_str(text));
}

static void put_text(struct markdown *m, struct bw_str s)
{
    bw_escape_markdown(&m->stream.buf, s);
}

static void put_words(struct markdown *m)
{
    put_text(m, bw_buf_slice(&m->words));
    bw_buf_clear(&m->words);
}

static void put_code(struct markdown *m, struct bw_str s)
{
    bw_escape_markdown_code(&m->stream.buf, s);
}

static void put_code_words(struct markdown *m)
{
    put_code(m, bw_buf_slice(&m->words));
    bw_buf_clear(&m->words);
}

static void put_count(struct markdown *m, size_t n, const char *one, const char *many)
{
    bw_buf_printf(&m->stream.buf, "%zu %s", n, n == 1 ? one : many);
}

static void end_row(struct markdown *m)
{
    put(m, " |\n");
    bw_gatherer_drain(&m->stream);
}

static void put_left_out(struct markdown *m, size_t n)
{
    if (n > ROWS_MAX)
        bw_buf_printf(&m->stream.buf, "\n… and %zu more (`--format html` or `json` has all)\n",
                      n - ROWS_MAX);
}

static void open_details(struct markdown *m, size_t n, const char *one, const char *many)
{
    put(m, "\n<details><summary>");
    put_count(m, n, one, many);
    put(m, "</summary>\n\n");
}

static void close_details(struct markdown *m)
{
    put(m, "\n</details>\n");
    bw_gatherer_drain(&m->stream);
}

/* --- counts --- */

struct tally {
    size_t severities[BW_SEVERITY_COUNT], kinds[BW_FINDING_KIND_COUNT];
    size_t all, waived, fixable, kev;
};

static struct tally tally_of(const struct bw_report *report, uint32_t subject)
{
    struct tally tally = {0};
    for (size_t i = 0; i < report->findings_n; i++) {
        const struct bw_finding *finding = &report->findings[i];
        if (finding->subject != subject)
            continue;
        if (finding->waiver) {
            tally.waived++;
            continue;
        }
        tally.all++;
        tally.severities[finding->severity]++;
        tally.kinds[finding->kind]++;
        tally.fixable += finding->fixed_version.n > 0;
        tally.kev += finding->advisory && finding->advisory->kev;
    }
    return tally;
}

static void put_tally(struct markdown *m, const struct tally *tally)
{
    put(m, "\n| ");
    for (int s = BW_SEVERITY_COUNT - 1; s >= 0; s--)
        bw_buf_printf(&m->stream.buf, "%s | ", bw_severity_name((enum bw_severity)s));
    put(m, "all | with a fix | exploited |\n|");
    for (int i = 0; i < BW_SEVERITY_COUNT + 3; i++)
        put(m, "---:|");
    put(m, "\n| ");
    for (int s = BW_SEVERITY_COUNT - 1; s >= 0; s--)
        bw_buf_printf(&m->stream.buf, "%zu | ", tally->severities[s]);
    bw_buf_printf(&m->stream.buf, "**%zu** | %zu | %s%zu%s |\n", tally->all, tally->fixable,
                  tally->kev ? "**" : "", tally->kev, tally->kev ? "**" : "");
}

/* --- vulnerabilities --- */

static void put_names(struct markdown *m, const struct bw_group *group)
{
    for (size_t i = 0; i < group->n && i < NAMES_MAX; i++) {
        if (i)
            put(m, ", ");
        bw_words_name(&m->words, &m->report->findings[group->findings[i]]);
        put_code_words(m);
    }
    if (group->n > NAMES_MAX)
        bw_buf_printf(&m->stream.buf, " and %zu more", group->n - NAMES_MAX);
}

static void put_group(struct markdown *m, const struct bw_group *group)
{
    bw_buf_printf(&m->stream.buf, "| %s%s | ", bw_severity_name(group->severity),
                  group->kev ? " **exploited**" : "");
    put_code(m, group->name);
    put(m, " | ");
    put_code(m, group->version);
    put(m, " | ");
    if (!group->fixable)
        put(m, "no fix yet");
    else if (group->fixed.n)
        put_code(m, group->fixed);
    else
        put(m, "several");
    put(m, " | ");
    put_names(m, group);
    end_row(m);
}

static int put_vulnerabilities(struct markdown *m, uint32_t subject, size_t n,
                               const struct bw_output_options *options, struct bw_err *err)
{
    struct bw_groups groups BW_CLEANUP(bw_groups_free) = {0};
    int status = bw_groups_make(m->report, subject, options, &groups, err);
    if (status || !n)
        return status;
    open_details(m, n, "vulnerability", "vulnerabilities");
    put(m, "| severity | package | installed | fixed in | advisories |\n"
           "|---|---|---|---|---|\n");
    for (size_t i = 0; i < groups.n && i < ROWS_MAX; i++)
        put_group(m, &groups.v[i]);
    put_left_out(m, groups.n);
    close_details(m);
    return 0;
}

/* --- the other kinds --- */

static void put_finding(struct markdown *m, const struct bw_finding *finding)
{
    bw_buf_printf(&m->stream.buf, "| %s | ", bw_severity_name(finding->severity));
    put_text(m, finding->title.n ? finding->title : finding->id);
    put(m, " | ");
    bw_words_object(&m->words, finding);
    put_code_words(m);
    put(m, " | ");
    put_code(m, finding->match);
    put(m, " | ");
    if (finding->deleted)
        put(m, "**deleted, still carried** ");
    bw_words_layer_of(&m->words, m->report, finding, finding->location.layer);
    put_words(m);
    end_row(m);
}

static void put_kind(struct markdown *m, uint32_t subject, enum bw_finding_kind kind, size_t n,
                     const char *one, const char *many)
{
    size_t at = 0;
    if (!n)
        return;
    open_details(m, n, one, many);
    put(m, "| severity | what | where | seen | layer |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < m->report->findings_n && at < ROWS_MAX; i++) {
        const struct bw_finding *finding = &m->report->findings[i];
        if (finding->subject == subject && finding->kind == kind && !finding->waiver) {
            put_finding(m, finding);
            at++;
        }
    }
    put_left_out(m, n);
    close_details(m);
}

static void put_waiver(struct markdown *m, const struct bw_finding *finding)
{
    const struct bw_waiver *waiver = finding->waiver;
    char when[BW_CLOCK_RFC3339_SIZE] = "";
    if (waiver->expires)
        bw_clock_rfc3339(waiver->expires - 1, when);
    bw_buf_printf(&m->stream.buf, "| %s | ", bw_severity_name(finding->severity));
    bw_words_headline(&m->words, finding);
    put_words(m);
    put(m, " | ");
    put_text(m, waiver->reason.n ? waiver->reason : waiver->justification);
    put(m, " | ");
    put_text(m, waiver->owner);
    bw_buf_printf(&m->stream.buf, " | %.10s", when);
    end_row(m);
}

static void put_waived(struct markdown *m, uint32_t subject, size_t n)
{
    size_t at = 0;
    if (!n)
        return;
    open_details(m, n, "waived finding", "waived findings");
    put(m, "| severity | finding | reason | by | until |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < m->report->findings_n && at < ROWS_MAX; i++) {
        const struct bw_finding *finding = &m->report->findings[i];
        if (finding->subject == subject && finding->waiver) {
            put_waiver(m, finding);
            at++;
        }
    }
    put_left_out(m, n);
    close_details(m);
}

/* --- subjects and gaps --- */

static void put_identity(struct markdown *m, const struct bw_subject *subject)
{
    put(m, "\n### ");
    put_code(m, subject->name);
    put(m, "\n\n");
    if (subject->distribution.id.n) {
        put_text(m, subject->distribution.pretty_name.n ? subject->distribution.pretty_name
                                                        : subject->distribution.id);
        put(m, ", ");
    }
    if (subject->platform.n) {
        put_text(m, subject->platform);
        put(m, ", ");
    }
    put_count(m, subject->packages_n, "package", "packages");
    if (subject->kind == BW_SUBJECT_IMAGE) {
        put(m, ", ");
        put_count(m, subject->layers_n, "layer", "layers");
    }
    if (subject->base.name.n) {
        put(m, ", on ");
        put_code(m, subject->base.name);
    }
    put(m, "\n");
}

static int put_subject(struct markdown *m, uint32_t index, const struct bw_output_options *options,
                       struct bw_err *err)
{
    struct tally tally = tally_of(m->report, index);
    put_identity(m, &m->report->subjects[index]);
    if (tally.all)
        put_tally(m, &tally);
    else
        put(m, bw_score_gaps(m->report, index, BW_GAP_BLOCKING)
                   ? "\nNothing found, but the examination is **incomplete**.\n"
                   : "\nNothing found.\n");
    int status = put_vulnerabilities(m, index, tally.kinds[BW_FINDING_VULNERABILITY], options, err);
    put_kind(m, index, BW_FINDING_SECRET, tally.kinds[BW_FINDING_SECRET], "secret", "secrets");
    put_kind(m, index, BW_FINDING_FILE, tally.kinds[BW_FINDING_FILE], "dangerous file",
             "dangerous files");
    put_kind(m, index, BW_FINDING_LICENCE, tally.kinds[BW_FINDING_LICENCE], "licence", "licences");
    put_kind(m, index, BW_FINDING_POLICY, tally.kinds[BW_FINDING_POLICY], "policy violation",
             "policy violations");
    put_waived(m, index, tally.waived);
    return status;
}

static void put_gaps(struct markdown *m, const struct bw_score *score)
{
    size_t shown = 0;
    if (!m->report->gaps_n)
        return;
    put(m, "\n### Not examined\n\n");
    for (int class = BW_GAP_BLOCKING; class >= BW_GAP_NOTE; class --)
        for (size_t i = 0; i < m->report->gaps_n && shown < ROWS_MAX; i++) {
            const struct bw_gap *gap = &m->report->gaps[i];
            if ((int)gap->class != class)
                continue;
            put(m, class == BW_GAP_BLOCKING ? "* **blocking**: " : "* note: ");
            put_code(m, gap->where);
            put(m, ": ");
            put_text(m, gap->what);
            put(m, ": ");
            put_text(m, gap->why);
            put(m, "\n");
            bw_gatherer_drain(&m->stream);
            shown++;
        }
    put_left_out(m, score->blocking + score->notes);
}

static void put_verdict(struct markdown *m, const struct bw_score *score)
{
    const struct bw_report *report = m->report;
    bw_buf_printf(&m->stream.buf, "## bulwark: %s%s\n\n", bw_verdict_name(report->verdict),
                  score->blocking ? ", incomplete" : "");
    put_text(m, report->verdict_reason);
    if (report->verdict_reason.n)
        put(m, ". ");
    bw_buf_printf(&m->stream.buf, "%zu of %zu checks passed, %zu of %zu evaluated, ", score->passed,
                  score->passed + score->failed, score->evaluated, score->applicable);
    put_count(m, score->blocking, "blocking gap", "blocking gaps");
    put(m, ", ");
    put_count(m, score->notes, "note", "notes");
    put(m, ".\n");
}

static void put_foot(struct markdown *m)
{
    const struct bw_report *report = m->report;
    char when[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(report->started, when);
    bw_buf_printf(&m->stream.buf, "\n<sub>bulwark %s, %s, ", report->version, when);
    if (report->database.present)
        put_count(m, report->database.records, "advisory", "advisories");
    else
        put(m, "no advisories");
    if (report->database.builtin)
        put(m, " (built-in set only)");
    if (report->hidden_unfixed)
        bw_buf_printf(&m->stream.buf, "; %u findings without a fix left out",
                      report->hidden_unfixed);
    if (report->hidden_base)
        bw_buf_printf(&m->stream.buf, "; %u findings left out by their layer", report->hidden_base);
    put(m, "</sub>\n");
}

static int write_markdown(const struct bw_report *report, const struct bw_output_options *options,
                          const struct bw_output_sink *sink, struct bw_err *err)
{
    struct markdown m = {
        .stream = bw_gatherer(sink, err), .report = report, .words = BW_BUF(BW_OUTPUT_ELEMENT_MAX)};
    struct bw_score score = bw_score_of(report);
    int status = 0;
    put_verdict(&m, &score);
    for (uint32_t i = 0; i < report->subjects_n && !status; i++)
        status = put_subject(&m, i, options, err);
    put_gaps(&m, &score);
    put_foot(&m);
    bw_buf_free(&m.words);
    int end = bw_gatherer_finish(&m.stream);
    return status ? status : end;
}

const struct bw_output bw_output_markdown = {
    .name = "markdown",
    .summary = "for a pull request: a summary, lists folded",
    .write = write_markdown,
};
