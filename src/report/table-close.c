#include "report/score.h"
#include "report/table.h"

#include "base/clock.h"

#define LABEL            10u
#define GAPS_SHOWN       50u
#define GAPS_MAX         60u
#define SECONDS_DAY      86400
#define ECOSYSTEMS_SHOWN 4u

static void put_label(struct bw_text *text, const char *label)
{
    bw_text_put(text, BW_STYLE_FAINT, bw_str(label));
    bw_text_tab(text, LABEL);
}

static void put_word(struct bw_text *text, enum bw_style style, const char *words)
{
    bw_text_flow(text, style, bw_str(words), LABEL);
}

/* --- gaps --- */

static void put_gap(struct bw_text *text, const struct bw_report *report, const struct bw_gap *gap)
{
    bool blocking = gap->class == BW_GAP_BLOCKING;
    bw_text_put(text, blocking ? BW_STYLE_ALARM : BW_STYLE_WARN,
                blocking ? BW_STR("BLOCKING") : BW_STR("note"));
    bw_text_tab(text, LABEL);
    if (gap->subject < report->subjects_n) {
        bw_text_flow(text, BW_STYLE_STRONG, report->subjects[gap->subject].name, LABEL);
        bw_table_separate(text, ":");
    }
    bw_text_flow(text, BW_STYLE_STRONG, gap->where, LABEL);
    bw_text_newline(text);
    bw_text_tab(text, LABEL);
    bw_text_flow(text, BW_STYLE_PLAIN, gap->what, LABEL);
    bw_table_separate(text, ":");
    bw_text_flow(text, BW_STYLE_PLAIN, gap->why, LABEL);
    bw_text_newline(text);
}

/* Up to *left of one class. Returns how many there are. */
static size_t put_gaps_of(struct bw_text *text, const struct bw_report *report,
                          enum bw_gap_class class, size_t *left)
{
    size_t n = 0;
    for (size_t i = 0; i < report->gaps_n; i++) {
        if (report->gaps[i].class != class)
            continue;
        n++;
        if (*left) {
            put_gap(text, report, &report->gaps[i]);
            --*left;
        }
    }
    return n;
}

static void put_gaps(struct bw_text *text, const struct bw_report *report)
{
    if (!report->gaps_n)
        return;
    size_t shown = report->gaps_n;
    if (shown > GAPS_MAX && text->options->detail != BW_OUTPUT_VERBOSE)
        shown = GAPS_SHOWN;
    bw_text_rule(text, BW_STYLE_STRONG, BW_STR("Gaps: what was not examined"));
    size_t left = shown;
    put_gaps_of(text, report, BW_GAP_BLOCKING, &left);
    put_gaps_of(text, report, BW_GAP_NOTE, &left);
    if (shown < report->gaps_n) {
        bw_table_more(text, BW_STYLE_WARN, 0, report->gaps_n - shown);
        bw_text_newline(text);
    }
    bw_text_newline(text);
}

/* --- what was examined --- */

static void put_elapsed(struct bw_text *text, int64_t ms)
{
    if (ms < 1000)
        bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, "%d ms", (int)ms);
    else if (ms < 120000)
        bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, "%d.%d s", (int)(ms / 1000),
                      (int)(ms / 100 % 10));
    else
        bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, "%lld min %d s", (long long)(ms / 60000),
                      (int)(ms / 1000 % 60));
}

struct examined {
    size_t n;
    const char *one, *many;
};

/* "1 image, 2 filesystems and 14 documents" */
static void put_kinds(struct bw_text *text, const struct examined *kinds, size_t n)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
        left += kinds[i].n > 0;
    if (!left)
        bw_table_count(text, BW_STYLE_PLAIN, LABEL, 0, kinds[0].one, kinds[0].many);
    for (size_t i = 0; i < n; i++) {
        if (!kinds[i].n)
            continue;
        bw_table_count(text, BW_STYLE_PLAIN, LABEL, kinds[i].n, kinds[i].one, kinds[i].many);
        if (--left)
            put_word(text, BW_STYLE_PLAIN, left > 1 ? ", " : " and ");
    }
}

static void put_examined(struct bw_text *text, const struct bw_report *report)
{
    struct examined kinds[] = {{0, "image", "images"},
                               {0, "filesystem", "filesystems"},
                               {0, "bill of materials", "bills of materials"},
                               {0, "document", "documents"}};
    size_t packages = 0, documents = 0;
    for (size_t i = 0; i < report->subjects_n; i++) {
        const struct bw_subject *subject = &report->subjects[i];
        packages += subject->packages_n;
        documents += subject->kind == BW_SUBJECT_DOCUMENTS;
        if (subject->kind == BW_SUBJECT_DOCUMENTS)
            kinds[3].n += subject->files_seen;
        else
            kinds[subject->kind == BW_SUBJECT_IMAGE  ? 0
                  : subject->kind == BW_SUBJECT_SBOM ? 2
                                                     : 1]
                .n++;
    }
    put_label(text, "Examined");
    if (documents && documents == report->subjects_n)
        bw_table_count(text, BW_STYLE_PLAIN, LABEL, kinds[3].n, kinds[3].one, kinds[3].many);
    else
        put_kinds(text, kinds, BW_ARRAY_LEN(kinds));
    if (documents < report->subjects_n || !documents) {
        put_word(text, BW_STYLE_PLAIN, " with ");
        bw_table_count(text, BW_STYLE_PLAIN, LABEL, packages, "package", "packages");
    }
    put_word(text, BW_STYLE_PLAIN, " in ");
    put_elapsed(text, report->elapsed_ms);
    char when[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(report->started, when);
    bw_table_separate(text, ",");
    bw_text_need(text, (unsigned)strlen(when), LABEL);
    bw_text_put(text, BW_STYLE_PLAIN, bw_str(when));
    bw_table_separate(text, ",");
    bw_text_need(text, (unsigned)strlen(report->version) + 8, LABEL);
    bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, "bulwark %s", report->version);
    bw_text_newline(text);
}

/* --- by what --- */

static void put_ecosystems(struct bw_text *text, struct bw_strs ecosystems)
{
    size_t shown =
        ecosystems.n <= ECOSYSTEMS_SHOWN + 1 || text->options->detail == BW_OUTPUT_VERBOSE
            ? ecosystems.n
            : ECOSYSTEMS_SHOWN;
    if (!ecosystems.n)
        return;
    put_word(text, BW_STYLE_PLAIN, " for ");
    for (size_t i = 0; i < shown; i++) {
        if (i)
            bw_table_separate(text, ",");
        bw_text_flow(text, BW_STYLE_PLAIN, ecosystems.v[i], LABEL);
    }
    if (shown < ecosystems.n)
        bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, " and %zu more", ecosystems.n - shown);
}

/* The day of a time, and how long before the report it was. */
static void put_date(struct bw_text *text, const struct bw_report *report, const char *what,
                     struct bw_str when)
{
    int64_t wall;
    if (!when.n)
        return;
    bw_table_separate(text, ";");
    bw_text_need(text, (unsigned)strlen(what) + 27, LABEL);
    bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, "%s ", what);
    if (!bw_clock_parse(when, &wall)) {
        bw_text_flow(text, BW_STYLE_PLAIN, when, LABEL);
        return;
    }
    char day[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(wall, day);
    bw_text_put(text, BW_STYLE_PLAIN, bw_str_take(bw_str(day), 10));
    int64_t days = (report->started - wall) / SECONDS_DAY;
    if (days > 0)
        bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, " (%lld %s old)", (long long)days,
                      days == 1 ? "day" : "days");
    else if (days == 0)
        put_word(text, BW_STYLE_PLAIN, " (today)");
}

static void put_database(struct bw_text *text, const struct bw_report *report)
{
    const struct bw_database_info *database = &report->database;
    put_label(text, "Database");
    if (!database->present) {
        put_word(text, BW_STYLE_WARN,
                 "none: packages were listed and not judged; run `bulwark db update`");
        bw_text_newline(text);
        return;
    }
    if (database->builtin)
        put_word(text, BW_STYLE_WARN, "built-in set only: ");
    bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, "%llu %s", (unsigned long long)database->records,
                  database->records == 1 ? "advisory" : "advisories");
    put_ecosystems(text, database->ecosystems);
    put_date(text, report, "newest", database->newest);
    if (!database->builtin)
        put_date(text, report, "imported", database->imported);
    if (database->digest.n) {
        struct bw_str digest = bw_table_short_digest(database->digest);
        bw_table_separate(text, ";");
        bw_text_need(text, bw_text_measure(text, digest), LABEL);
        bw_text_put(text, BW_STYLE_FAINT, digest);
    }
    if (database->builtin)
        put_word(text, BW_STYLE_WARN, "; `bulwark db update` gets all advisories");
    bw_text_newline(text);
}

/* --- score and verdict --- */

static void put_score(struct bw_text *text, const struct bw_score *score)
{
    size_t judged = score->passed + score->failed;
    put_label(text, "Score");
    if (judged)
        bw_text_flowf(text, BW_STYLE_PLAIN, LABEL, "%zu of %zu passed (%zu%%)", score->passed,
                      judged, score->passed * 100 / judged);
    else
        put_word(text, BW_STYLE_WARN, "nothing was judged");
    bw_table_separate(text, ";");
    bw_text_flowf(text, score->evaluated < score->applicable ? BW_STYLE_WARN : BW_STYLE_PLAIN,
                  LABEL, "%zu of %zu evaluated", score->evaluated, score->applicable);
    bw_table_separate(text, ";");
    if (!score->blocking && !score->notes)
        put_word(text, BW_STYLE_PLAIN, "no gaps");
    if (score->blocking)
        bw_table_count(text, BW_STYLE_ALARM, LABEL, score->blocking, "blocking gap",
                       "blocking gaps");
    if (score->blocking && score->notes)
        put_word(text, BW_STYLE_PLAIN, " and ");
    if (score->notes)
        bw_table_count(text, BW_STYLE_WARN, LABEL, score->notes, "note", "notes");
    bw_text_newline(text);
}

static void put_verdict(struct bw_text *text, const struct bw_report *report,
                        const struct bw_score *score)
{
    bool pass = report->verdict == BW_VERDICT_PASS;
    put_label(text, "Verdict");
    bw_text_put(text, pass ? BW_STYLE_GOOD : BW_STYLE_ALARM,
                bw_str(bw_verdict_name(report->verdict)));
    if (score->blocking) {
        bw_table_separate(text, ",");
        bw_text_put(text, BW_STYLE_ALARM, BW_STR("INCOMPLETE"));
    }
    if (report->verdict_reason.n) {
        bw_table_separate(text, ":");
        bw_text_flow(text, BW_STYLE_PLAIN, report->verdict_reason, LABEL);
    }
    bw_text_newline(text);
}

/* Whether advisories had a part in it: policies need none. */
static bool only_policies(const struct bw_report *report)
{
    for (size_t i = 0; i < report->results_n; i++)
        if (!report->results[i].check->policy)
            return false;
    return report->results_n > 0;
}

void bw_table_close(struct bw_text *text, const struct bw_report *report)
{
    struct bw_score score = bw_score_of(report);
    put_gaps(text, report);
    bw_text_rule(text, BW_STYLE_STRONG, BW_STR("Summary"));
    put_examined(text, report);
    if (!only_policies(report))
        put_database(text, report);
    if (report->hidden_unfixed) {
        put_label(text, "Left out");
        bw_table_count(text, BW_STYLE_PLAIN, LABEL, report->hidden_unfixed, "finding", "findings");
        put_word(text, BW_STYLE_PLAIN, " without a fix (--ignore-unfixed)");
        bw_text_newline(text);
    }
    if (report->hidden_base) {
        put_label(text, "Left out");
        bw_table_count(text, BW_STYLE_PLAIN, LABEL, report->hidden_base, "finding", "findings");
        put_word(text, BW_STYLE_PLAIN, " by their layer (--exclude-base, --only-base)");
        bw_text_newline(text);
    }
    put_score(text, &score);
    put_verdict(text, report, &score);
}
