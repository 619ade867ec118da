/*
 * The report as one page that needs nothing else: the page of web/report, with the JSON report in
 * it. Its script draws what a reader asks for; without scripts the verdict and the counts are
 * there. A policy in the page (CSP) allows its own script and style by their digests and nothing
 * else: whatever a hostile image brings into the report, it is not run, and nothing is fetched.
 */
#include "report/html.h"

#include "report/escape.h"
#include "report/gatherer.h"
#include "report/json.h"
#include "report/score.h"

/* Subjects that the title names. */
#define TITLE_MAX 3u

static void put_title(struct bw_buf *buf, const struct bw_report *report)
{
    for (size_t i = 0; i < report->subjects_n && i < TITLE_MAX; i++) {
        if (i)
            bw_buf_str(buf, BW_STR(", "));
        bw_escape_markup(buf, report->subjects[i].name);
    }
    if (report->subjects_n > TITLE_MAX)
        bw_buf_printf(buf, " and %zu more", report->subjects_n - TITLE_MAX);
}

static void put_plain(struct bw_buf *buf, const struct bw_report *report)
{
    struct bw_score score = bw_score_of(report);
    bw_buf_printf(buf, "<p><strong>Verdict: %s</strong>", bw_verdict_name(report->verdict));
    if (report->verdict_reason.n)
        bw_buf_str(buf, BW_STR(": "));
    bw_escape_markup(buf, report->verdict_reason);
    bw_buf_printf(buf,
                  "</p><p>%zu findings, %u of them waived; %zu of %zu checks evaluated; %zu "
                  "blocking gaps, %zu notes.</p>",
                  report->findings_n, report->waived, score.evaluated, score.applicable,
                  score.blocking, score.notes);
}

/* JSON within a script element: "</script" and "<!--" would end it or change how it is read (HTML
 * Living Standard, "Restrictions for contents of script elements"). In JSON '<' stands in strings
 * alone. */
static int write_within_script(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct bw_gatherer *gatherer = ctx;
    struct bw_str rest = bw_str_n(p, n), part;
    bool first = true;
    (void)err;
    while (bw_str_split(&rest, '<', &part)) {
        if (!first)
            bw_buf_str(&gatherer->buf, BW_STR("\\u003c"));
        bw_buf_str(&gatherer->buf, part);
        first = false;
    }
    bw_gatherer_drain(gatherer);
    return gatherer->status;
}

static int write_html(const struct bw_report *report, const struct bw_output_options *options,
                      const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    struct bw_gatherer gatherer = bw_gatherer(sink, err);
    const struct bw_output_sink within = {.ctx = &gatherer, .write = write_within_script};
    bw_buf_str(&gatherer.buf, bw_html_before_title);
    put_title(&gatherer.buf, report);
    bw_buf_str(&gatherer.buf, bw_html_before_plain);
    put_plain(&gatherer.buf, report);
    bw_buf_str(&gatherer.buf, bw_html_before_data);
    int rc = bw_report_json(report, false, &within, err);
    bw_buf_str(&gatherer.buf, bw_html_after_data);
    int end = bw_gatherer_finish(&gatherer);
    return rc ? rc : end;
}

const struct bw_output bw_output_html = {
    .name = "html",
    .summary = "one page to read, filter and sort in a browser",
    .write = write_html,
};
