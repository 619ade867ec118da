/*
 * The findings as CSV (RFC 4180), a line a finding: for spreadsheets and databases. Gaps are lines
 * of the kind "gap", so that a list that is incomplete says so.
 */
#include "report/escape.h"
#include "report/gatherer.h"
#include "report/output.h"
#include "report/words.h"

struct csv {
    struct bw_gatherer stream;
    const struct bw_report *report;
    struct bw_buf words;
    bool started; /* the line has a field */
};

static void put(struct csv *csv, struct bw_str s)
{
    if (csv->started)
        bw_buf_byte(&csv->stream.buf, ',');
    csv->started = true;
    bw_escape_csv(&csv->stream.buf, s);
}

static void put_words(struct csv *csv)
{
    put(csv, bw_buf_slice(&csv->words));
    bw_buf_clear(&csv->words);
}

/* A number in parts of `whole`, with the digits that has; nothing for one below 0. */
static void put_part(struct csv *csv, int n, int whole, int digits)
{
    if (n >= 0)
        bw_buf_printf(&csv->words, "%d.%0*d", n / whole, digits, n % whole);
    put_words(csv);
}

static void put_bool(struct csv *csv, bool value)
{
    put(csv, value ? BW_STR("yes") : BW_STR("no"));
}

static void end_line(struct csv *csv)
{
    bw_buf_str(&csv->stream.buf, BW_STR("\r\n"));
    bw_gatherer_drain(&csv->stream);
    csv->started = false;
}

static struct bw_str subject_name(const struct csv *csv, uint32_t index)
{
    return index < csv->report->subjects_n ? csv->report->subjects[index].name : BW_STR("");
}

static const char *const headings[] = {
    "subject",       "kind",   "severity",      "id",      "cves",  "package",     "version",
    "fixed_version", "purl",   "path",          "line",    "layer", "step",        "title",
    "match",         "score",  "vector",        "epss",    "risk",  "kev",         "base",
    "deleted",       "waived", "waiver_reason", "sources", "url",   "fingerprint",
};

static void put_package(struct csv *csv, const struct bw_finding *finding)
{
    const struct bw_package *package = finding->package;
    put(csv, package ? package->name : BW_STR(""));
    put(csv, package ? package->version : BW_STR(""));
    put(csv, finding->fixed_version);
    put(csv, finding->purl);
}

static void put_place(struct csv *csv, const struct bw_finding *finding)
{
    const struct bw_layer *layer = bw_words_layer(csv->report, finding);
    const struct bw_place in_file = {.path = finding->location.path,
                                     .inner = finding->location.inner};
    bw_words_place(&csv->words, &in_file);
    put_words(csv);
    if (finding->location.line)
        bw_buf_printf(&csv->words, "%u", finding->location.line);
    put_words(csv);
    bw_buf_printf(&csv->words, "%u", finding->location.layer);
    put_words(csv);
    if (layer)
        bw_words_step(&csv->words, layer->created_by);
    put_words(csv);
}

static void add_word(struct csv *csv, struct bw_str word)
{
    if (csv->words.n)
        bw_buf_byte(&csv->words, ' ');
    bw_buf_str(&csv->words, word);
}

static void put_finding(struct csv *csv, const struct bw_finding *finding)
{
    const struct bw_advisory *advisory = finding->advisory;
    bool vulnerability = finding->kind == BW_FINDING_VULNERABILITY;
    put(csv, subject_name(csv, finding->subject));
    put(csv, bw_str(bw_finding_kind_name(finding->kind)));
    put(csv, bw_str(bw_severity_name(finding->severity)));
    put(csv, finding->id);
    for (size_t i = 0; advisory && i < advisory->cves.n; i++)
        add_word(csv, advisory->cves.v[i]);
    put_words(csv);
    put_package(csv, finding);
    put_place(csv, finding);
    put(csv, finding->title.n || !advisory ? finding->title : advisory->summary);
    put(csv, finding->match);
    put_part(csv, advisory ? advisory->score_tenths : -1, 10, 1);
    put(csv, advisory ? advisory->vector : BW_STR(""));
    put_part(csv, vulnerability ? finding->epss_millionths : -1, 1000000, 6);
    put_part(csv, vulnerability ? finding->risk_tenths : -1, 10, 1);
    put_bool(csv, advisory && advisory->kev);
    put_bool(csv, finding->in_base);
    put_bool(csv, finding->deleted);
    put_bool(csv, finding->waiver);
    put(csv, finding->waiver ? finding->waiver->reason : BW_STR(""));
    if (advisory)
        add_word(csv, advisory->id);
    for (size_t i = 0; i < finding->others_n; i++)
        add_word(csv, finding->others[i]->id);
    put_words(csv);
    put(csv, advisory ? advisory->url : BW_STR(""));
    put(csv, finding->fingerprint);
    end_line(csv);
}

/* "severity" is its class; "path", "title" and "match" are where, what and why. */
static void put_gap(struct csv *csv, const struct bw_gap *gap)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(headings); i++) {
        const char *heading = headings[i];
        struct bw_str field = BW_STR("");
        if (!strcmp(heading, "subject"))
            field = subject_name(csv, gap->subject);
        else if (!strcmp(heading, "kind"))
            field = BW_STR("gap");
        else if (!strcmp(heading, "severity"))
            field = bw_str(bw_gap_class_name(gap->class));
        else if (!strcmp(heading, "path"))
            field = gap->where;
        else if (!strcmp(heading, "title"))
            field = gap->what;
        else if (!strcmp(heading, "match"))
            field = gap->why;
        put(csv, field);
    }
    end_line(csv);
}

static int write_csv(const struct bw_report *report, const struct bw_output_options *options,
                     const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    struct csv csv = {
        .stream = bw_gatherer(sink, err), .report = report, .words = BW_BUF(BW_OUTPUT_ELEMENT_MAX)};
    for (size_t i = 0; i < BW_ARRAY_LEN(headings); i++)
        put(&csv, bw_str(headings[i]));
    end_line(&csv);
    for (size_t i = 0; i < report->findings_n; i++)
        put_finding(&csv, &report->findings[i]);
    for (size_t i = 0; i < report->gaps_n; i++)
        put_gap(&csv, &report->gaps[i]);
    bw_buf_free(&csv.words);
    return bw_gatherer_finish(&csv.stream);
}

const struct bw_output bw_output_csv = {
    .name = "csv",
    .summary = "a line a finding, for spreadsheets (RFC 4180)",
    .write = write_csv,
};
