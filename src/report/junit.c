/*
 * The report as JUnit XML, in the form that Jenkins, GitLab and others read. A suite for each
 * subject and kind of findings, in which a finding is a test that failed and a waived one a test
 * that was skipped; and a suite for each subject with what its checks say beside that, in which
 * a blocking gap is a test that ended in an error.
 */
#include "base/clock.h"
#include "report/escape.h"
#include "report/gatherer.h"
#include "report/output.h"
#include "report/words.h"

struct junit {
    struct bw_gatherer stream;
    const struct bw_report *report;
    struct bw_buf words;
};

struct tests {
    size_t all, failures, errors, skipped;
};

static void put(struct junit *j, const char *text)
{
    bw_buf_str(&j->stream.buf, bw_str(text));
}

static void put_words(struct junit *j)
{
    bw_escape_markup(&j->stream.buf, bw_buf_slice(&j->words));
    bw_buf_clear(&j->words);
}

static void put_attribute(struct junit *j, const char *name, struct bw_str value)
{
    bw_buf_printf(&j->stream.buf, " %s=\"", name);
    bw_escape_markup(&j->stream.buf, value);
    put(j, "\"");
}

static void open_suite(struct junit *j, struct bw_str subject, const char *what,
                       const struct tests *tests)
{
    char when[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(j->report->started, when);
    put(j, "  <testsuite name=\"");
    bw_escape_markup(&j->stream.buf, subject);
    bw_buf_printf(
        &j->stream.buf,
        ": %s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" timestamp=\"%s\">\n",
        what, tests->all, tests->failures, tests->errors, tests->skipped, when);
}

static void open_case(struct junit *j, const char *class)
{
    bw_buf_printf(&j->stream.buf, "    <testcase classname=\"%s\" name=\"", class);
}

static void add_fact(void *ctx, const char *label, struct bw_str value)
{
    struct junit *j = ctx;
    bw_buf_printf(&j->stream.buf, "%s: ", label);
    bw_escape_markup(&j->stream.buf, value);
    put(j, "\n");
}

static void put_finding(struct junit *j, const struct bw_finding *finding)
{
    const char *end = finding->waiver ? "skipped" : "failure";
    open_case(j, bw_finding_kind_name(finding->kind));
    bw_words_headline(&j->words, finding);
    put_words(j);
    bw_buf_printf(&j->stream.buf, "\">\n      <%s", end);
    put_attribute(j, "type", bw_str(bw_severity_name(finding->severity)));
    bw_words_headline(&j->words, finding);
    put_attribute(j, "message", bw_buf_slice(&j->words));
    bw_buf_clear(&j->words);
    put(j, ">");
    bw_words_facts(j->report, finding, add_fact, j);
    bw_buf_printf(&j->stream.buf, "</%s>\n    </testcase>\n", end);
    bw_gatherer_drain(&j->stream);
}

static bool belongs(const struct bw_finding *finding, uint32_t subject, enum bw_finding_kind kind)
{
    return finding->subject == subject && finding->kind == kind;
}

static struct tests count_kind(const struct bw_report *report, uint32_t subject,
                               enum bw_finding_kind kind)
{
    struct tests tests = {0};
    for (size_t i = 0; i < report->findings_n; i++)
        if (belongs(&report->findings[i], subject, kind)) {
            tests.all++;
            tests.failures += !report->findings[i].waiver;
            tests.skipped += report->findings[i].waiver != NULL;
        }
    return tests;
}

static void put_kind(struct junit *j, uint32_t subject, enum bw_finding_kind kind)
{
    struct tests tests = count_kind(j->report, subject, kind);
    if (!tests.all)
        return;
    open_suite(j, j->report->subjects[subject].name, bw_finding_kind_name(kind), &tests);
    for (size_t i = 0; i < j->report->findings_n; i++)
        if (belongs(&j->report->findings[i], subject, kind))
            put_finding(j, &j->report->findings[i]);
    put(j, "  </testsuite>\n");
}

/* --- checks and gaps --- */

/* The findings of one that failed are tests of their own. */
static bool is_told(const struct bw_result *result, uint32_t subject)
{
    return result->subject == subject && result->status != BW_STATUS_FAIL;
}

static bool is_of(const struct bw_gap *gap, uint32_t subject, enum bw_gap_class class)
{
    return gap->subject == subject && gap->class == class;
}

static bool has_gaps(const struct bw_report *report, uint32_t subject)
{
    for (size_t i = 0; i < report->gaps_n; i++)
        if (report->gaps[i].subject == subject)
            return true;
    return false;
}

static struct tests count_checks(const struct bw_report *report, uint32_t subject)
{
    struct tests tests = {0};
    for (size_t i = 0; i < report->results_n; i++)
        if (is_told(&report->results[i], subject)) {
            tests.all++;
            tests.skipped += report->results[i].status != BW_STATUS_PASS;
        }
    for (size_t i = 0; i < report->gaps_n; i++)
        tests.errors += is_of(&report->gaps[i], subject, BW_GAP_BLOCKING);
    tests.all += tests.errors;
    return tests;
}

static void put_result(struct junit *j, const struct bw_result *result)
{
    open_case(j, "check");
    bw_escape_markup(&j->stream.buf, bw_str(result->check->id));
    if (result->status == BW_STATUS_PASS) {
        put(j, "\"/>\n");
        return;
    }
    put(j, "\">\n      <skipped");
    put_attribute(j, "type", bw_str(bw_status_name(result->status)));
    put_attribute(j, "message", result->evidence);
    put(j, "/>\n    </testcase>\n");
    bw_gatherer_drain(&j->stream);
}

static void add_gap(struct junit *j, const struct bw_gap *gap)
{
    bw_buf_str(&j->words, gap->where);
    bw_buf_str(&j->words, BW_STR(": "));
    bw_buf_str(&j->words, gap->what);
    bw_buf_str(&j->words, BW_STR(": "));
    bw_buf_str(&j->words, gap->why);
}

static void put_error(struct junit *j, const struct bw_gap *gap)
{
    open_case(j, "gap");
    bw_escape_markup(&j->stream.buf, gap->where);
    put(j, "\">\n      <error type=\"blocking\" message=\"not examined: ");
    add_gap(j, gap);
    put_words(j);
    put(j, "\"/>\n    </testcase>\n");
    bw_gatherer_drain(&j->stream);
}

static void put_gaps(struct junit *j, uint32_t subject)
{
    bool any = false;
    for (size_t i = 0; i < j->report->gaps_n; i++) {
        const struct bw_gap *gap = &j->report->gaps[i];
        if (gap->subject != subject)
            continue;
        if (!any)
            put(j, "    <system-err>");
        any = true;
        bw_buf_printf(&j->stream.buf, "%s: ", bw_gap_class_name(gap->class));
        add_gap(j, gap);
        put_words(j);
        put(j, "\n");
        bw_gatherer_drain(&j->stream);
    }
    if (any)
        put(j, "</system-err>\n");
}

static void put_checks(struct junit *j, uint32_t subject, struct bw_str name)
{
    const struct bw_report *report = j->report;
    struct tests tests = count_checks(report, subject);
    open_suite(j, name, "checks", &tests);
    for (size_t i = 0; i < report->results_n; i++)
        if (is_told(&report->results[i], subject))
            put_result(j, &report->results[i]);
    for (size_t i = 0; i < report->gaps_n; i++)
        if (is_of(&report->gaps[i], subject, BW_GAP_BLOCKING))
            put_error(j, &report->gaps[i]);
    put_gaps(j, subject);
    put(j, "  </testsuite>\n");
}

static struct tests count_all(const struct bw_report *report)
{
    struct tests tests = {0};
    for (size_t i = 0; i < report->findings_n; i++)
        if (report->findings[i].subject < report->subjects_n) {
            tests.all++;
            tests.failures += !report->findings[i].waiver;
        }
    for (size_t i = 0; i <= report->subjects_n; i++) {
        struct tests checks =
            count_checks(report, i < report->subjects_n ? (uint32_t)i : BW_GAP_NO_SUBJECT);
        tests.all += checks.all;
        tests.errors += checks.errors;
    }
    return tests;
}

static int write_junit(const struct bw_report *report, const struct bw_output_options *options,
                       const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    struct junit j = {
        .stream = bw_gatherer(sink, err), .report = report, .words = BW_BUF(BW_OUTPUT_ELEMENT_MAX)};
    struct tests all = count_all(report);
    bw_buf_printf(&j.stream.buf,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuites name=\"bulwark\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
                  all.all, all.failures, all.errors);
    for (uint32_t i = 0; i < report->subjects_n; i++) {
        for (int kind = 0; kind < BW_FINDING_KIND_COUNT; kind++)
            put_kind(&j, i, (enum bw_finding_kind)kind);
        put_checks(&j, i, report->subjects[i].name);
    }
    if (has_gaps(report, BW_GAP_NO_SUBJECT))
        put_checks(&j, BW_GAP_NO_SUBJECT, BW_STR("bulwark"));
    put(&j, "</testsuites>\n");
    bw_buf_free(&j.words);
    return bw_gatherer_finish(&j.stream);
}

const struct bw_output bw_output_junit = {
    .name = "junit",
    .summary = "JUnit XML: a finding is a test that failed",
    .write = write_junit,
};
