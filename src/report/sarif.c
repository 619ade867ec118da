/*
 * The report as SARIF (OASIS Static Analysis Results Interchange Format 2.1.0), as GitHub's code
 * scanning and editors take it. One run for all subjects; a rule for each advisory, secret rule,
 * check of files and licence; gaps are notifications of the invocation, so that a run that is
 * incomplete says so.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "report/escape.h"
#include "report/gatherer.h"
#include "report/output.h"
#include "report/score.h"
#include "report/words.h"
#include "wrap/json.h"

#define SCHEMA                                                                                     \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#define URI_MAX ((size_t)4 * BW_WORDS_MAX)

struct sarif {
    struct bw_json_writer w;
    struct bw_gatherer stream;
    const struct bw_report *report;
    struct bw_buf words; /* the text at hand */
    uint32_t *by_rule;   /* the findings, by rule */
    uint32_t *rule_of;   /* of a finding: its place among the rules */
};

static int compare_rules(const struct bw_finding *a, const struct bw_finding *b)
{
    return a->kind != b->kind ? (int)a->kind - (int)b->kind : bw_str_cmp(a->id, b->id);
}

/* Of findings of one rule the worst first: it speaks for the rule. */
static int compare(const void *left, const void *right, void *ctx)
{
    const struct bw_report *report = ctx;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    const struct bw_finding *a = &report->findings[i], *b = &report->findings[j];
    int order = compare_rules(a, b);
    if (!order)
        order = (int)b->severity - (int)a->severity;
    return order ? order : (i > j) - (i < j);
}

static int find_rules(struct sarif *s, struct bw_err *err)
{
    size_t n = s->report->findings_n;
    s->by_rule = calloc(n ? n : 1, 2 * sizeof *s->by_rule);
    if (!s->by_rule)
        return bw_err_set(err, BW_ENOMEM, "no memory for the rules of %zu findings", n);
    s->rule_of = s->by_rule + n;
    for (size_t i = 0; i < n; i++)
        s->by_rule[i] = (uint32_t)i;
    if (n)
        qsort_r(s->by_rule, n, sizeof *s->by_rule, compare, (void *)s->report);
    return 0;
}

/* --- texts --- */

static struct bw_str take_words(struct sarif *s)
{
    return bw_buf_slice(&s->words);
}

static void member_words(struct sarif *s, const char *key)
{
    bw_json_member_str(&s->w, key, take_words(s));
    bw_buf_clear(&s->words);
}

/* { "text": ... } */
static void member_text(struct sarif *s, const char *key, struct bw_str text)
{
    bw_json_key(&s->w, bw_str(key));
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "text", text);
    bw_json_end(&s->w);
}

static void add_fact(void *ctx, const char *label, struct bw_str value)
{
    struct bw_buf *buf = ctx;
    bw_buf_printf(buf, "%s: ", label);
    bw_buf_str(buf, value);
    bw_buf_byte(buf, '\n');
}

/* What holds of one finding and not of its rule. */
static bool is_of_place(const char *label)
{
    static const char *const labels[] = {"Waived", "Value (masked)", "Seen", "Package",
                                         "Place",  "Layer",          "Base", "Deleted"};
    for (size_t i = 0; i < BW_ARRAY_LEN(labels); i++)
        if (!strcmp(label, labels[i]))
            return true;
    return false;
}

static void add_rule_fact(void *ctx, const char *label, struct bw_str value)
{
    if (!is_of_place(label))
        add_fact(ctx, label, value);
}

static void add_markdown_fact(void *ctx, const char *label, struct bw_str value)
{
    struct bw_buf *buf = ctx;
    if (is_of_place(label))
        return;
    bw_buf_printf(buf, "* **%s**: ", label);
    bw_escape_markdown(buf, value);
    bw_buf_byte(buf, '\n');
}

/* --- rules --- */

static const char *level_of(enum bw_severity severity)
{
    static const char *const levels[BW_SEVERITY_COUNT] = {
        [BW_SEVERITY_UNKNOWN] = "warning", [BW_SEVERITY_NEGLIGIBLE] = "note",
        [BW_SEVERITY_LOW] = "note",        [BW_SEVERITY_MEDIUM] = "warning",
        [BW_SEVERITY_HIGH] = "error",      [BW_SEVERITY_CRITICAL] = "error",
    };
    return (unsigned)severity < BW_SEVERITY_COUNT ? levels[severity] : "warning";
}

/* What GitHub orders by: the CVSS score where it is of the same band as the severity, else a score
 * of the severity's band. Nothing where nobody has rated it. */
static const char *security_severity(const struct bw_finding *finding, char out[16])
{
    static const char *const middle[BW_SEVERITY_COUNT] = {
        [BW_SEVERITY_NEGLIGIBLE] = "0.1", [BW_SEVERITY_LOW] = "2.0",
        [BW_SEVERITY_MEDIUM] = "5.5",     [BW_SEVERITY_HIGH] = "8.0",
        [BW_SEVERITY_CRITICAL] = "9.5",
    };
    int tenths = finding->advisory ? finding->advisory->score_tenths : -1;
    if (tenths > 0 && bw_severity_of_score((unsigned)tenths) == finding->severity) {
        snprintf(out, 16, "%d.%d", tenths / 10, tenths % 10);
        return out;
    }
    return (unsigned)finding->severity < BW_SEVERITY_COUNT ? middle[finding->severity] : NULL;
}

static void put_rule_properties(struct sarif *s, const struct bw_finding *finding)
{
    char score[16];
    const char *severity = security_severity(finding, score);
    bw_json_key(&s->w, BW_STR("properties"));
    bw_json_begin_object(&s->w);
    bw_json_key(&s->w, BW_STR("tags"));
    bw_json_begin_array(&s->w);
    bw_json_put_str(&s->w, BW_STR("security"));
    bw_json_put_str(&s->w, bw_str(bw_finding_kind_name(finding->kind)));
    if (finding->advisory && finding->advisory->kev)
        bw_json_put_str(&s->w, BW_STR("exploited"));
    bw_json_end(&s->w);
    bw_json_member_str(&s->w, "precision",
                       finding->kind == BW_FINDING_SECRET ? BW_STR("high") : BW_STR("very-high"));
    if (severity)
        bw_json_member_str(&s->w, "security-severity", bw_str(severity));
    bw_json_member_str(&s->w, "problem.severity",
                       bw_str(level_of(finding->severity)[0] == 'n' ? "recommendation"
                                                                    : level_of(finding->severity)));
    bw_json_end(&s->w);
}

static void put_rule(struct sarif *s, const struct bw_finding *finding)
{
    const struct bw_advisory *advisory = finding->advisory;
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "id", finding->id);
    bw_words_name(&s->words, finding);
    if (finding->title.n || (advisory && advisory->summary.n)) {
        bw_buf_str(&s->words, BW_STR(": "));
        bw_buf_str(&s->words, finding->title.n ? finding->title : advisory->summary);
    }
    member_text(s, "shortDescription", take_words(s));
    member_text(s, "fullDescription",
                advisory && advisory->summary.n ? advisory->summary : take_words(s));
    bw_buf_clear(&s->words);
    if (advisory && bw_str_starts(advisory->url, BW_STR("https://")))
        bw_json_member_str(&s->w, "helpUri", advisory->url);
    bw_json_key(&s->w, BW_STR("help"));
    bw_json_begin_object(&s->w);
    bw_words_facts(s->report, finding, add_rule_fact, &s->words);
    member_words(s, "text");
    bw_words_facts(s->report, finding, add_markdown_fact, &s->words);
    member_words(s, "markdown");
    bw_json_end(&s->w);
    bw_json_key(&s->w, BW_STR("defaultConfiguration"));
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "level", bw_str(level_of(finding->severity)));
    bw_json_end(&s->w);
    put_rule_properties(s, finding);
    bw_json_end(&s->w);
    bw_gatherer_drain(&s->stream);
}

static void put_tool(struct sarif *s)
{
    const struct bw_finding *before = NULL;
    uint32_t rules = 0;
    bw_json_key(&s->w, BW_STR("tool"));
    bw_json_begin_object(&s->w);
    bw_json_key(&s->w, BW_STR("driver"));
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "name", BW_STR("bulwark"));
    bw_json_member_str(&s->w, "version", bw_str(s->report->version));
    bw_json_member_str(&s->w, "semanticVersion", bw_str(s->report->version));
    bw_json_key(&s->w, BW_STR("rules"));
    bw_json_begin_array(&s->w);
    for (size_t i = 0; i < s->report->findings_n; i++) {
        const struct bw_finding *finding = &s->report->findings[s->by_rule[i]];
        if (!before || compare_rules(before, finding)) {
            put_rule(s, finding);
            rules++;
        }
        s->rule_of[s->by_rule[i]] = rules - 1;
        before = finding;
    }
    bw_json_end(&s->w);
    bw_json_end(&s->w);
    bw_json_end(&s->w);
}

/* --- results --- */

static void put_physical(struct sarif *s, const struct bw_finding *finding)
{
    struct bw_buf uri BW_CLEANUP(bw_buf_free) = BW_BUF(URI_MAX);
    const struct bw_subject *subject = &s->report->subjects[finding->subject];
    bool in_file = finding->location.path.n > 0;
    bw_escape_uri(&uri, in_file ? finding->location.path : subject->name);
    bw_json_key(&s->w, BW_STR("physicalLocation"));
    bw_json_begin_object(&s->w);
    bw_json_key(&s->w, BW_STR("artifactLocation"));
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "uri", bw_buf_slice(&uri));
    if (in_file)
        bw_json_member_str(&s->w, "uriBaseId", BW_STR("ROOTPATH"));
    bw_json_end(&s->w);
    bw_json_key(&s->w, BW_STR("region"));
    bw_json_begin_object(&s->w);
    bw_json_member_u64(&s->w, "startLine", finding->location.line ? finding->location.line : 1);
    if (finding->location.line && finding->column)
        bw_json_member_u64(&s->w, "startColumn", finding->column);
    bw_json_end(&s->w);
    bw_json_end(&s->w);
}

static void put_locations(struct sarif *s, const struct bw_finding *finding)
{
    bw_json_key(&s->w, BW_STR("locations"));
    bw_json_begin_array(&s->w);
    bw_json_begin_object(&s->w);
    put_physical(s, finding);
    if (finding->purl.n) {
        bw_json_key(&s->w, BW_STR("logicalLocations"));
        bw_json_begin_array(&s->w);
        bw_json_begin_object(&s->w);
        bw_json_member_str(&s->w, "name", finding->package ? finding->package->name : finding->id);
        bw_json_member_str(&s->w, "fullyQualifiedName", finding->purl);
        bw_json_member_str(&s->w, "kind", BW_STR("package"));
        bw_json_end(&s->w);
        bw_json_end(&s->w);
    }
    bw_json_end(&s->w);
    bw_json_end(&s->w);
}

/* A VEX statement or a line of an ignore file: the decision of a person (section 3.35.2). */
static void put_suppression(struct sarif *s, const struct bw_waiver *waiver)
{
    bw_json_key(&s->w, BW_STR("suppressions"));
    bw_json_begin_array(&s->w);
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "kind", BW_STR("external"));
    bw_json_member_str(&s->w, "status", BW_STR("accepted"));
    bw_buf_str(&s->words, waiver->reason.n ? waiver->reason : waiver->justification);
    if (waiver->owner.n) {
        bw_buf_str(&s->words, BW_STR(" ("));
        bw_buf_str(&s->words, waiver->owner);
        bw_buf_byte(&s->words, ')');
    }
    member_words(s, "justification");
    bw_json_end(&s->w);
    bw_json_end(&s->w);
}

static void put_result(struct sarif *s, size_t index)
{
    const struct bw_finding *finding = &s->report->findings[index];
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "ruleId", finding->id);
    bw_json_member_u64(&s->w, "ruleIndex", s->rule_of[index]);
    bw_json_member_str(&s->w, "level", bw_str(level_of(finding->severity)));
    bw_words_headline(&s->words, finding);
    bw_buf_byte(&s->words, '\n');
    bw_words_facts(s->report, finding, add_fact, &s->words);
    member_text(s, "message", take_words(s));
    bw_buf_clear(&s->words);
    if (finding->subject < s->report->subjects_n)
        put_locations(s, finding);
    bw_json_key(&s->w, BW_STR("partialFingerprints"));
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "bulwarkFingerprint/v1", finding->fingerprint);
    bw_json_end(&s->w);
    if (finding->waiver)
        put_suppression(s, finding->waiver);
    bw_json_end(&s->w);
    bw_gatherer_drain(&s->stream);
}

/* --- the run --- */

static void put_notification(struct sarif *s, const struct bw_gap *gap)
{
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "level",
                       gap->class == BW_GAP_BLOCKING ? BW_STR("error") : BW_STR("note"));
    if (gap->subject < s->report->subjects_n) {
        bw_buf_str(&s->words, s->report->subjects[gap->subject].name);
        bw_buf_str(&s->words, BW_STR(": "));
    }
    bw_buf_str(&s->words, gap->where);
    bw_buf_str(&s->words, BW_STR(": not examined: "));
    bw_buf_str(&s->words, gap->what);
    bw_buf_str(&s->words, BW_STR(": "));
    bw_buf_str(&s->words, gap->why);
    member_text(s, "message", take_words(s));
    bw_buf_clear(&s->words);
    bw_json_end(&s->w);
    bw_gatherer_drain(&s->stream);
}

static void put_invocation(struct sarif *s)
{
    char time[BW_CLOCK_RFC3339_SIZE];
    bw_json_key(&s->w, BW_STR("invocations"));
    bw_json_begin_array(&s->w);
    bw_json_begin_object(&s->w);
    bw_json_member_bool(&s->w, "executionSuccessful", bw_score_of(s->report).blocking == 0);
    bw_clock_rfc3339(s->report->started, time);
    bw_json_member_str(&s->w, "startTimeUtc", bw_str(time));
    bw_clock_rfc3339(s->report->started + s->report->elapsed_ms / 1000, time);
    bw_json_member_str(&s->w, "endTimeUtc", bw_str(time));
    bw_json_key(&s->w, BW_STR("toolExecutionNotifications"));
    bw_json_begin_array(&s->w);
    for (size_t i = 0; i < s->report->gaps_n; i++)
        put_notification(s, &s->report->gaps[i]);
    bw_json_end(&s->w);
    bw_json_end(&s->w);
    bw_json_end(&s->w);
}

static void put_run(struct sarif *s)
{
    bw_json_begin_object(&s->w);
    put_tool(s);
    bw_json_key(&s->w, BW_STR("automationDetails"));
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "id", BW_STR("bulwark/"));
    bw_json_end(&s->w);
    put_invocation(s);
    bw_json_key(&s->w, BW_STR("originalUriBaseIds"));
    bw_json_begin_object(&s->w);
    bw_json_key(&s->w, BW_STR("ROOTPATH"));
    bw_json_begin_object(&s->w);
    bw_json_member_str(&s->w, "uri", BW_STR("file:///"));
    bw_json_end(&s->w);
    bw_json_end(&s->w);
    bw_json_member_str(&s->w, "columnKind", BW_STR("unicodeCodePoints"));
    bw_json_key(&s->w, BW_STR("results"));
    bw_json_begin_array(&s->w);
    for (size_t i = 0; i < s->report->findings_n; i++)
        put_result(s, i);
    bw_json_end(&s->w);
    bw_json_end(&s->w);
}

static int write_sarif(const struct bw_report *report, const struct bw_output_options *options,
                       const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    struct sarif s = {
        .stream = bw_gatherer(sink, err), .report = report, .words = BW_BUF(BW_OUTPUT_ELEMENT_MAX)};
    int status = find_rules(&s, err);
    if (status)
        return status;
    s.w = bw_json_writer(&s.stream.buf, true);
    bw_json_begin_object(&s.w);
    bw_json_member_str(&s.w, "$schema", BW_STR(SCHEMA));
    bw_json_member_str(&s.w, "version", BW_STR("2.1.0"));
    bw_json_key(&s.w, BW_STR("runs"));
    bw_json_begin_array(&s.w);
    put_run(&s);
    bw_json_end(&s.w);
    bw_json_end(&s.w);
    free(s.by_rule);
    bw_buf_free(&s.words);
    return bw_gatherer_finish(&s.stream);
}

const struct bw_output bw_output_sarif = {
    .name = "sarif",
    .summary = "SARIF 2.1.0, for code scanning and editors",
    .write = write_sarif,
};
