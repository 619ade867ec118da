#include "base/clock.h"
#include "report/table.h"
#include "report/words.h"

#include <stdlib.h>

#define INDENT BW_TABLE_SEVERITY_SIZE

/* A list is cut to SHOWN when it has more than MAX, as that of advisories is. */
#define ROWS_SHOWN  30u
#define ROWS_MAX    36u
#define NAMES_SHOWN 16u
#define NAMES_MAX   20u

struct list {
    struct bw_text *text;
    const struct bw_report *report;
    uint32_t *v; /* the findings of the subject that are listed here, in order */
    size_t n;
    struct bw_buf words;
};

static size_t shown(const struct bw_text *text, size_t n, size_t max, size_t cut)
{
    return n <= max || text->options->detail == BW_OUTPUT_VERBOSE ? n : cut;
}

static const struct bw_finding *at(const struct list *list, size_t i)
{
    return &list->report->findings[list->v[i]];
}

static void flow_words(struct list *list, enum bw_style style, unsigned indent)
{
    bw_text_flow(list->text, style, bw_buf_slice(&list->words), indent);
    bw_buf_clear(&list->words);
}

static void put_heading(struct list *list, size_t n, const char *one, const char *many)
{
    bw_text_newline(list->text);
    bw_table_count(list->text, BW_STYLE_STRONG, 0, n, one, many);
    bw_text_newline(list->text);
}

static void put_severity(struct list *list, enum bw_severity severity)
{
    char name[BW_TABLE_SEVERITY_SIZE];
    bw_table_severity(severity, name);
    bw_text_put(list->text, bw_style_of_severity(severity), bw_str(name));
    bw_text_tab(list->text, INDENT);
}

static void put_more(struct list *list, size_t n)
{
    if (!n)
        return;
    bw_table_more(list->text, BW_STYLE_FAINT, INDENT, n);
    bw_text_newline(list->text);
}

/* --- secrets --- */

/* CRITICAL    AWS access key: srv/app/config.py:12
 *             AKIA************  layer 2: COPY app /srv/app; deleted in layer 3, still carried */
static void put_secret(struct list *list, const struct bw_finding *finding)
{
    struct bw_text *text = list->text;
    put_severity(list, finding->severity);
    bw_text_flow(text, BW_STYLE_STRONG, finding->title.n ? finding->title : finding->id, INDENT);
    bw_table_separate(text, ":");
    bw_words_place(&list->words, &finding->location);
    flow_words(list, BW_STYLE_PLAIN, INDENT);
    bw_text_newline(text);
    bw_text_tab(text, INDENT);
    bw_text_flow(text, BW_STYLE_PLAIN, finding->match, INDENT);
    if (finding->encoded)
        bw_text_flow(text, BW_STYLE_PLAIN, BW_STR(" (within base64)"), INDENT);
    bw_words_layer_of(&list->words, list->report, finding, finding->location.layer);
    bool in_layer = list->words.n > 0;
    if (in_layer && text->column > INDENT)
        bw_text_blanks(text, 2);
    flow_words(list, BW_STYLE_FAINT, INDENT);
    if (finding->deleted) {
        if (in_layer)
            bw_table_separate(text, ";");
        else if (text->column > INDENT)
            bw_text_blanks(text, 2);
        bw_text_flowf(text, BW_STYLE_WARN, INDENT, "deleted in layer %u, still carried",
                      finding->deleted_in);
    }
    bw_text_newline(text);
}

static void put_secrets(struct list *list, size_t from, size_t n)
{
    size_t last = shown(list->text, n, ROWS_MAX, ROWS_SHOWN);
    if (!n)
        return;
    put_heading(list, n, "secret", "secrets");
    for (size_t i = 0; i < last; i++)
        put_secret(list, at(list, from + i));
    put_more(list, n - last);
}

/* --- files and licences --- */

static void put_object(struct list *list, const struct bw_finding *finding)
{
    bw_words_object(&list->words, finding);
    bw_text_need(list->text, bw_text_measure(list->text, bw_buf_slice(&list->words)), INDENT);
    flow_words(list, BW_STYLE_PLAIN, INDENT);
    if (finding->match.n) {
        bw_text_put(list->text, BW_STYLE_FAINT, BW_STR(" ("));
        bw_text_flow(list->text, BW_STYLE_FAINT, finding->match, INDENT);
        bw_text_put(list->text, BW_STYLE_FAINT, BW_STR(")"));
    }
}

/* MEDIUM      setuid file that its package does not ship so: usr/bin/a (mode 4755), ... */
static void put_check(struct list *list, size_t from, size_t n)
{
    const struct bw_finding *first = at(list, from);
    size_t last = shown(list->text, n, NAMES_MAX, NAMES_SHOWN);
    put_severity(list, first->severity);
    bw_text_flow(list->text, BW_STYLE_STRONG, first->title.n ? first->title : first->id, INDENT);
    bw_table_separate(list->text, ":");
    for (size_t i = 0; i < last; i++) {
        if (i)
            bw_table_separate(list->text, ",");
        put_object(list, at(list, from + i));
    }
    if (last < n)
        bw_table_more(list->text, BW_STYLE_FAINT, INDENT, n - last);
    bw_text_newline(list->text);
}

static bool is_same_check(const struct bw_finding *a, const struct bw_finding *b)
{
    return a->severity == b->severity && bw_str_eq(a->id, b->id) && bw_str_eq(a->title, b->title);
}

static void put_checks(struct list *list, size_t from, size_t n, const char *one, const char *many)
{
    if (n)
        put_heading(list, n, one, many);
    for (size_t start = 0, end; start < n; start = end) {
        for (end = start + 1; end < n; end++)
            if (!is_same_check(at(list, from + start), at(list, from + end)))
                break;
        put_check(list, from + start, end - start);
    }
}

/* --- policies --- */

/* k8s/web.yaml:23:11, Deployment default/web: container "web" runs privileged */
static void put_violation(struct list *list, const struct bw_finding *finding)
{
    bw_text_tab(list->text, INDENT);
    bw_words_object(&list->words, finding);
    flow_words(list, BW_STYLE_PLAIN, INDENT);
    if (finding->match.n && !bw_str_eq(finding->match, finding->title)) {
        bw_table_separate(list->text, ":");
        bw_text_flow(list->text, BW_STYLE_FAINT, finding->match, INDENT);
    }
    bw_text_newline(list->text);
}

/* Its lines are paragraphs. */
static void put_remedy(struct list *list, struct bw_str remedy)
{
    struct bw_str line;
    if (remedy.n)
        bw_text_tab(list->text, INDENT);
    bw_text_flow(list->text, BW_STYLE_FAINT, remedy.n ? BW_STR("Remedy: ") : BW_STR(""), INDENT);
    while (remedy.n && bw_str_line(&remedy, &line)) {
        bw_text_tab(list->text, INDENT);
        bw_text_flow(list->text, BW_STYLE_FAINT, line, INDENT);
        bw_text_newline(list->text);
    }
}

/* HIGH        A container runs privileged (container-privileged), denied
 *             k8s/web.yaml:23:11, Deployment default/web: container "web" runs privileged
 *             Remedy: ... */
static void put_policy(struct list *list, size_t from, size_t n)
{
    static const char *const actions[BW_POLICY_ACTION_COUNT] = {"denied", "warning", "audit"};
    const struct bw_finding *first = at(list, from);
    size_t last = shown(list->text, n, NAMES_MAX, NAMES_SHOWN);
    put_severity(list, first->severity);
    bw_text_flow(list->text, BW_STYLE_STRONG, first->title.n ? first->title : first->id, INDENT);
    bw_text_flowf(list->text, BW_STYLE_FAINT, INDENT, " (%" BW_STR_F ")", BW_STR_A(first->id));
    bw_table_separate(list->text, ",");
    bw_text_flow(list->text, first->action == BW_POLICY_DENY ? BW_STYLE_BAD : BW_STYLE_WARN,
                 bw_str(actions[first->action]), INDENT);
    bw_text_newline(list->text);
    for (size_t i = 0; i < last; i++)
        put_violation(list, at(list, from + i));
    put_more(list, n - last);
    put_remedy(list, first->remedy);
}

static void put_policies(struct list *list, size_t from, size_t n)
{
    if (n)
        put_heading(list, n, "policy violation", "policy violations");
    for (size_t start = 0, end; start < n; start = end) {
        for (end = start + 1; end < n; end++)
            if (!is_same_check(at(list, from + start), at(list, from + end)))
                break;
        put_policy(list, from + start, end - start);
    }
}

/* --- waived --- */

static void put_waived_one(struct list *list, const struct bw_finding *finding)
{
    const struct bw_waiver *waiver = finding->waiver;
    struct bw_text *text = list->text;
    char when[BW_CLOCK_RFC3339_SIZE];
    put_severity(list, finding->severity);
    bw_words_headline(&list->words, finding);
    flow_words(list, BW_STYLE_FAINT, INDENT);
    bw_table_separate(text, ":");
    struct bw_str reason = waiver->reason.n ? waiver->reason : waiver->justification;
    bw_text_flow(text, BW_STYLE_FAINT, reason.n ? reason : BW_STR("without a reason"), INDENT);
    if (waiver->owner.n) {
        bw_table_separate(text, ",");
        bw_text_flow(text, BW_STYLE_FAINT, waiver->owner, INDENT);
    }
    if (waiver->expires) {
        bw_clock_rfc3339(waiver->expires - 1, when);
        bw_table_separate(text, ",");
        bw_text_flowf(text, BW_STYLE_FAINT, INDENT, "until %.10s", when);
    }
    bw_text_newline(text);
}

static void put_waived(struct list *list, size_t from, size_t n)
{
    size_t last = shown(list->text, n, ROWS_MAX, ROWS_SHOWN);
    if (!n)
        return;
    put_heading(list, n, "waived finding", "waived findings");
    for (size_t i = 0; i < last; i++)
        put_waived_one(list, at(list, from + i));
    put_more(list, n - last);
}

/* --- all of them --- */

/* The waived behind all others. */
static int place_of(const struct bw_finding *finding)
{
    return finding->waiver ? BW_FINDING_KIND_COUNT : (int)finding->kind;
}

/* By kind, severity (worst first), check; within one check as the report has them. */
static int compare(const void *left, const void *right, void *ctx)
{
    const struct bw_report *report = ctx;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    const struct bw_finding *a = &report->findings[i], *b = &report->findings[j];
    int order = place_of(a) - place_of(b);
    if (!order)
        order = (int)b->severity - (int)a->severity;
    if (!order && !a->waiver)
        order = bw_str_cmp(a->id, b->id);
    if (!order && !a->waiver)
        order = bw_str_cmp(a->title, b->title);
    return order ? order : (i > j) - (i < j);
}

static bool is_listed(const struct bw_finding *finding, uint32_t subject)
{
    return finding->subject == subject &&
           (finding->kind != BW_FINDING_VULNERABILITY || finding->waiver);
}

static void put_lists(struct list *list)
{
    size_t from[BW_FINDING_KIND_COUNT + 2] = {0};
    for (size_t i = 0; i < list->n; i++)
        from[place_of(at(list, i)) + 1]++;
    for (int place = 1; place < BW_FINDING_KIND_COUNT + 2; place++)
        from[place] += from[place - 1];
    put_secrets(list, from[BW_FINDING_SECRET],
                from[BW_FINDING_SECRET + 1] - from[BW_FINDING_SECRET]);
    put_checks(list, from[BW_FINDING_FILE], from[BW_FINDING_FILE + 1] - from[BW_FINDING_FILE],
               "dangerous file", "dangerous files");
    put_checks(list, from[BW_FINDING_LICENCE],
               from[BW_FINDING_LICENCE + 1] - from[BW_FINDING_LICENCE], "licence", "licences");
    put_policies(list, from[BW_FINDING_POLICY],
                 from[BW_FINDING_POLICY + 1] - from[BW_FINDING_POLICY]);
    put_waived(list, from[BW_FINDING_KIND_COUNT],
               from[BW_FINDING_KIND_COUNT + 1] - from[BW_FINDING_KIND_COUNT]);
}

int bw_table_lists(struct bw_text *text, const struct bw_report *report, uint32_t subject,
                   struct bw_err *err)
{
    struct list list = {.text = text, .report = report, .words = BW_BUF(BW_OUTPUT_ELEMENT_MAX)};
    size_t n = 0;
    for (size_t i = 0; i < report->findings_n; i++)
        n += is_listed(&report->findings[i], subject);
    if (!n)
        return 0;
    list.v = calloc(n, sizeof *list.v);
    if (!list.v)
        return bw_err_set(err, BW_ENOMEM, "no memory to list %zu findings", n);
    for (size_t i = 0; i < report->findings_n; i++)
        if (is_listed(&report->findings[i], subject))
            list.v[list.n++] = (uint32_t)i;
    qsort_r(list.v, list.n, sizeof *list.v, compare, (void *)report);
    put_lists(&list);
    free(list.v);
    bw_buf_free(&list.words);
    return 0;
}
