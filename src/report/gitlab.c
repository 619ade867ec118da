/*
 * The vulnerabilities as GitLab's report of container scanning (security report schemas 15.0,
 * container-scanning-report-format.json). That form has no place for anything but packages: other
 * findings and gaps are told as messages of the scan.
 */
#include <stdio.h>

#include "base/clock.h"
#include "report/gatherer.h"
#include "report/output.h"
#include "report/score.h"
#include "report/words.h"
#include "wrap/json.h"

#define SCHEMA_VERSION "15.0.7"

/* Longest texts that the schema takes. */
#define TITLE_MAX       255u
#define SOLUTION_MAX    7000u
#define DESCRIPTION_MAX ((size_t)1 << 20)

struct gitlab {
    struct bw_json_writer w;
    struct bw_gatherer stream;
    const struct bw_report *report;
    struct bw_buf words;
};

static void member_words(struct gitlab *g, const char *key, size_t max)
{
    bw_json_member_str(&g->w, key, bw_str_take(bw_buf_slice(&g->words), max));
    bw_buf_clear(&g->words);
}

static const char *severity_of(enum bw_severity severity)
{
    static const char *const names[BW_SEVERITY_COUNT] = {
        [BW_SEVERITY_UNKNOWN] = "Unknown", [BW_SEVERITY_NEGLIGIBLE] = "Info",
        [BW_SEVERITY_LOW] = "Low",         [BW_SEVERITY_MEDIUM] = "Medium",
        [BW_SEVERITY_HIGH] = "High",       [BW_SEVERITY_CRITICAL] = "Critical",
    };
    return (unsigned)severity < BW_SEVERITY_COUNT ? names[severity] : "Unknown";
}

/* --- vulnerabilities --- */

static void put_identifier(struct gitlab *g, struct bw_str value, struct bw_str url)
{
    bool cve = bw_str_starts(value, BW_STR("CVE-"));
    bw_json_begin_object(&g->w);
    bw_json_member_str(&g->w, "type", cve ? BW_STR("cve") : BW_STR("osv"));
    bw_json_member_str(&g->w, "name", value);
    bw_json_member_str(&g->w, "value", value);
    if (bw_str_starts(url, BW_STR("https://")))
        bw_json_member_str(&g->w, "url", url);
    bw_json_end(&g->w);
}

static void put_identifiers(struct gitlab *g, const struct bw_finding *finding)
{
    const struct bw_advisory *advisory = finding->advisory;
    bw_json_key(&g->w, BW_STR("identifiers"));
    bw_json_begin_array(&g->w);
    put_identifier(g, finding->id, advisory ? advisory->url : BW_STR(""));
    for (size_t i = 0; advisory && i < advisory->cves.n; i++)
        if (!bw_str_eq(advisory->cves.v[i], finding->id))
            put_identifier(g, advisory->cves.v[i], BW_STR(""));
    for (size_t i = 0; i < finding->others_n; i++)
        put_identifier(g, finding->others[i]->id, finding->others[i]->url);
    bw_json_end(&g->w);
}

static void put_location(struct gitlab *g, const struct bw_finding *finding)
{
    const struct bw_subject *subject = &g->report->subjects[finding->subject];
    const struct bw_distribution *d = &subject->distribution;
    bw_json_key(&g->w, BW_STR("location"));
    bw_json_begin_object(&g->w);
    bw_json_key(&g->w, BW_STR("dependency"));
    bw_json_begin_object(&g->w);
    bw_json_key(&g->w, BW_STR("package"));
    bw_json_begin_object(&g->w);
    bw_json_member_str(&g->w, "name", finding->package->name);
    bw_json_end(&g->w);
    bw_json_member_str(&g->w, "version", finding->package->version);
    bw_json_end(&g->w);
    bw_buf_str(&g->words, d->id.n ? d->id : BW_STR("unknown"));
    if (d->version_id.n) {
        bw_buf_byte(&g->words, ' ');
        bw_buf_str(&g->words, d->version_id);
    }
    member_words(g, "operating_system", SIZE_MAX);
    bw_json_member_str(&g->w, "image", subject->name);
    bw_json_end(&g->w);
}

static void add_fact(void *ctx, const char *label, struct bw_str value)
{
    struct bw_buf *buf = ctx;
    bw_buf_printf(buf, "%s: ", label);
    bw_buf_str(buf, value);
    bw_buf_byte(buf, '\n');
}

/* The fingerprint as the UUID the schema wants. */
static void put_id(struct gitlab *g, struct bw_str fingerprint)
{
    static const size_t parts[] = {8, 4, 4, 4, 12};
    size_t at = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(parts); i++) {
        if (i)
            bw_buf_byte(&g->words, '-');
        bw_buf_str(&g->words, bw_str_take(bw_str_from(fingerprint, at), parts[i]));
        at += parts[i];
    }
    member_words(g, "id", SIZE_MAX);
}

static void put_vulnerability(struct gitlab *g, const struct bw_finding *finding)
{
    const struct bw_advisory *advisory = finding->advisory;
    bw_json_begin_object(&g->w);
    put_id(g, finding->fingerprint);
    bw_words_headline(&g->words, finding);
    member_words(g, "name", TITLE_MAX);
    if (advisory && advisory->summary.n) {
        bw_buf_str(&g->words, advisory->summary);
        bw_buf_byte(&g->words, '\n');
    }
    bw_words_facts(g->report, finding, add_fact, &g->words);
    member_words(g, "description", DESCRIPTION_MAX);
    bw_json_member_str(&g->w, "severity", bw_str(severity_of(finding->severity)));
    if (finding->fixed_version.n) {
        bw_buf_str(&g->words, BW_STR("Update "));
        bw_buf_str(&g->words, finding->package->name);
        bw_buf_str(&g->words, BW_STR(" to "));
        bw_buf_str(&g->words, finding->fixed_version);
        member_words(g, "solution", SOLUTION_MAX);
    }
    put_identifiers(g, finding);
    bw_json_key(&g->w, BW_STR("links"));
    bw_json_begin_array(&g->w);
    if (advisory && bw_str_starts(advisory->url, BW_STR("https://"))) {
        bw_json_begin_object(&g->w);
        bw_json_member_str(&g->w, "url", advisory->url);
        bw_json_end(&g->w);
    }
    bw_json_end(&g->w);
    put_location(g, finding);
    bw_json_end(&g->w);
    bw_gatherer_drain(&g->stream);
}

/* --- the scan --- */

static void put_tool(struct gitlab *g, const char *key)
{
    bw_json_key(&g->w, bw_str(key));
    bw_json_begin_object(&g->w);
    bw_json_member_str(&g->w, "id", BW_STR("bulwark"));
    bw_json_member_str(&g->w, "name", BW_STR("bulwark"));
    bw_json_member_str(&g->w, "version", bw_str(g->report->version));
    bw_json_key(&g->w, BW_STR("vendor"));
    bw_json_begin_object(&g->w);
    bw_json_member_str(&g->w, "name", BW_STR("bulwark"));
    bw_json_end(&g->w);
    bw_json_end(&g->w);
}

static void put_message(struct gitlab *g, const char *level)
{
    bw_json_begin_object(&g->w);
    bw_json_member_str(&g->w, "level", bw_str(level));
    member_words(g, "value", SIZE_MAX);
    bw_json_end(&g->w);
    bw_gatherer_drain(&g->stream);
}

static bool is_told(const struct bw_report *report, const struct bw_finding *finding)
{
    return finding->kind == BW_FINDING_VULNERABILITY && finding->package && !finding->waiver &&
           finding->subject < report->subjects_n;
}

static void put_messages(struct gitlab *g)
{
    const struct bw_report *report = g->report;
    size_t others = 0;
    bw_json_key(&g->w, BW_STR("messages"));
    bw_json_begin_array(&g->w);
    for (size_t i = 0; i < report->gaps_n; i++) {
        const struct bw_gap *gap = &report->gaps[i];
        bw_buf_str(&g->words, gap->where);
        bw_buf_str(&g->words, BW_STR(": not examined: "));
        bw_buf_str(&g->words, gap->what);
        bw_buf_str(&g->words, BW_STR(": "));
        bw_buf_str(&g->words, gap->why);
        put_message(g, gap->class == BW_GAP_BLOCKING ? "fatal" : "warn");
    }
    for (size_t i = 0; i < report->findings_n; i++)
        others += !is_told(report, &report->findings[i]);
    if (others) {
        bw_buf_printf(&g->words,
                      "%zu findings have no place in this form (secrets, files, licences, waived "
                      "ones): write them with --also sarif=FILE",
                      others);
        put_message(g, "warn");
    }
    bw_json_end(&g->w);
}

/* "2026-11-22T02:38:18": without the zone. */
static void member_time(struct gitlab *g, const char *key, int64_t wall)
{
    char time[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(wall, time);
    bw_json_member_str(&g->w, key, bw_str_take(bw_str(time), 19));
}

static void put_scan(struct gitlab *g)
{
    bw_json_key(&g->w, BW_STR("scan"));
    bw_json_begin_object(&g->w);
    put_tool(g, "analyzer");
    put_tool(g, "scanner");
    bw_json_member_str(&g->w, "type", BW_STR("container_scanning"));
    member_time(g, "start_time", g->report->started);
    member_time(g, "end_time", g->report->started + g->report->elapsed_ms / 1000);
    bw_json_member_str(&g->w, "status",
                       bw_score_of(g->report).blocking ? BW_STR("failure") : BW_STR("success"));
    put_messages(g);
    bw_json_end(&g->w);
}

static int write_gitlab(const struct bw_report *report, const struct bw_output_options *options,
                        const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    struct gitlab g = {
        .stream = bw_gatherer(sink, err), .report = report, .words = BW_BUF(BW_OUTPUT_ELEMENT_MAX)};
    g.w = bw_json_writer(&g.stream.buf, true);
    bw_json_begin_object(&g.w);
    bw_json_member_str(&g.w, "version", BW_STR(SCHEMA_VERSION));
    put_scan(&g);
    bw_json_key(&g.w, BW_STR("vulnerabilities"));
    bw_json_begin_array(&g.w);
    for (size_t i = 0; i < report->findings_n; i++)
        if (is_told(report, &report->findings[i]))
            put_vulnerability(&g, &report->findings[i]);
    bw_json_end(&g.w);
    bw_json_end(&g.w);
    bw_buf_free(&g.words);
    return bw_gatherer_finish(&g.stream);
}

const struct bw_output bw_output_gitlab = {
    .name = "gitlab",
    .summary = "vulnerabilities, for GitLab's container scanning",
    .write = write_gitlab,
};
