#include "decide/verdict.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

static int read_word(struct bw_str word, struct bw_verdict_rules *rules, struct bw_err *err)
{
    if (bw_str_eq(word, BW_STR("none"))) {
        *rules = (struct bw_verdict_rules){.unknown_passes = rules->unknown_passes};
        return 0;
    }
    if (bw_str_eq(word, BW_STR("gap"))) {
        rules->gap = true;
        return 0;
    }
    if (rules->terms_n == BW_VERDICT_TERMS_MAX)
        return bw_err_set(err, BW_EUSAGE, "--fail-on takes at most %u conditions",
                          BW_VERDICT_TERMS_MAX);
    int rc = bw_term_parse(word, &rules->terms[rules->terms_n], err);
    rules->terms_n += rc == 0;
    return rc;
}

int bw_verdict_parse(const char *list, struct bw_verdict_rules *rules, struct bw_err *err)
{
    struct bw_str rest = bw_str(list), word;
    struct bw_verdict_rules read = *rules;
    while (bw_str_split(&rest, ',', &word)) {
        int rc = read_word(bw_str_trim(word), &read, err);
        if (rc)
            return rc;
    }
    *rules = read;
    return 0;
}

/* Keeps the findings that `keeps` says yes to, in their order. Returns how many went. */
static uint32_t keep_only(struct bw_report *report, bool (*keeps)(const struct bw_finding *, bool),
                          bool argument)
{
    size_t kept = 0, before = report->findings_n;
    for (size_t i = 0; i < before; i++)
        if (keeps(&report->findings[i], argument))
            report->findings[kept++] = report->findings[i];
    report->findings_n = kept;
    return (uint32_t)(before - kept);
}

static bool has_fix(const struct bw_finding *finding, bool unused)
{
    (void)unused;
    return finding->kind != BW_FINDING_VULNERABILITY || finding->fixed_version.n > 0;
}

void bw_verdict_hide_unfixed(struct bw_report *report)
{
    report->hidden_unfixed += keep_only(report, has_fix, true);
}

static bool is_of_base(const struct bw_finding *finding, bool base)
{
    return finding->in_base == base;
}

void bw_verdict_hide_base(struct bw_report *report, bool base)
{
    report->hidden_base += keep_only(report, is_of_base, !base);
}

/* A term that is a severity or worse, and nothing else. */
static bool is_threshold(const struct bw_term *term)
{
    return term->n == 1 && term->tests[0].subject == BW_TEST_SEVERITY &&
           term->tests[0].relation == BW_TEST_AT_LEAST && !term->tests[0].negated;
}

static bool is_alone(const struct bw_term *term, enum bw_test_subject subject)
{
    return term->n == 1 && term->tests[0].subject == subject && !term->tests[0].negated;
}

struct tally {
    size_t of_term[BW_VERDICT_TERMS_MAX];
    size_t unknown; /* over a threshold because nobody rated them */
    size_t findings, gaps;
};

/* Of several thresholds the lowest counts: what is over the others is over it. */
static bool is_lower_elsewhere(const struct bw_verdict_rules *rules, size_t at)
{
    for (size_t i = 0; is_threshold(&rules->terms[at]) && i < rules->terms_n; i++)
        if (i != at && is_threshold(&rules->terms[i]) &&
            (rules->terms[i].tests[0].value < rules->terms[at].tests[0].value ||
             (rules->terms[i].tests[0].value == rules->terms[at].tests[0].value && i < at)))
            return true;
    return false;
}

static void count_finding(const struct bw_finding *finding, const struct bw_verdict_rules *rules,
                          struct tally *tally)
{
    bool any = false;
    for (size_t i = 0; i < rules->terms_n; i++) {
        const struct bw_term *term = &rules->terms[i];
        if (is_lower_elsewhere(rules, i) || !bw_term_holds(term, finding, rules->unknown_passes))
            continue;
        any = true;
        if (is_threshold(term) && finding->severity == BW_SEVERITY_UNKNOWN &&
            term->tests[0].value != BW_SEVERITY_UNKNOWN)
            tally->unknown++;
        else
            tally->of_term[i]++;
    }
    tally->findings += any;
}

static struct tally count(const struct bw_report *report, const struct bw_verdict_rules *rules)
{
    struct tally tally = {.gaps = rules->gap ? report->gaps_n : 0};
    for (size_t i = 0; i < report->findings_n; i++)
        if (!report->findings[i].waiver)
            count_finding(&report->findings[i], rules, &tally);
    return tally;
}

static void add_reason(struct bw_buf *text, size_t n, const char *one, const char *many)
{
    if (n)
        bw_buf_printf(text, "%s%zu %s", text->n ? ", " : "", n, n == 1 ? one : many);
}

static void describe_term(struct bw_buf *text, const struct bw_term *term, size_t n)
{
    char one[256], many[256];
    const char *format = "%s with %" BW_STR_F;
    struct bw_str what = bw_str_take(term->text, 200);
    if (is_alone(term, BW_TEST_ANY)) {
        add_reason(text, n, "finding", "findings");
        return;
    }
    if (is_alone(term, BW_TEST_KEV)) {
        add_reason(text, n, "finding known to be exploited", "findings known to be exploited");
        return;
    }
    if (is_threshold(term)) {
        format = "%s of severity %" BW_STR_F " or worse";
        what = bw_str(bw_severity_name((enum bw_severity)term->tests[0].value));
    }
    snprintf(one, sizeof one, format, "finding", BW_STR_A(what));
    snprintf(many, sizeof many, format, "findings", BW_STR_A(what));
    add_reason(text, n, one, many);
}

static void describe(struct bw_buf *text, const struct tally *tally,
                     const struct bw_verdict_rules *rules)
{
    for (size_t i = 0; i < rules->terms_n; i++)
        describe_term(text, &rules->terms[i], tally->of_term[i]);
    add_reason(text, tally->unknown, "finding of unknown severity", "findings of unknown severity");
    add_reason(text, tally->gaps, "gap", "gaps");
}

int bw_verdict_decide(struct bw_report *report, const struct bw_verdict_rules *rules,
                      struct bw_arena *arena, struct bw_err *err)
{
    struct tally tally = count(report, rules);
    bool asked = rules->terms_n || rules->gap;
    bool fails = tally.findings || tally.gaps;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(16384);
    if (fails)
        describe(&text, &tally, rules);
    else
        bw_buf_str(&text, asked ? BW_STR("nothing that --fail-on names")
                                : BW_STR("no threshold was set (--fail-on)"));
    struct bw_str reason = bw_arena_str(arena, bw_buf_slice(&text));
    if (!reason.p || bw_buf_failed(&text))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the verdict");
    report->verdict = fails ? BW_VERDICT_FAIL : BW_VERDICT_PASS;
    report->verdict_reason = reason;
    return 0;
}

/* --- the order --- */

static const char *const sorts[] = {
    [BW_SORT_RISK] = "risk", [BW_SORT_SEVERITY] = "severity", [BW_SORT_EPSS] = "epss",
    [BW_SORT_CVSS] = "cvss", [BW_SORT_NAME] = "name",
};

int bw_sort_parse(const char *word, enum bw_sort *ret_sort, struct bw_err *err)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(sorts); i++)
        if (strcmp(word, sorts[i]) == 0) {
            *ret_sort = (enum bw_sort)i;
            return 0;
        }
    return bw_err_set(err, BW_EUSAGE, "--sort takes risk, severity, epss, cvss or name, not '%s'",
                      word);
}

static int64_t rank_of(const struct bw_finding *f, enum bw_sort sort)
{
    switch (sort) {
    case BW_SORT_RISK:
        return f->risk_tenths;
    case BW_SORT_SEVERITY:
        return f->severity;
    case BW_SORT_EPSS:
        return f->epss_millionths;
    case BW_SORT_CVSS:
        return f->advisory ? f->advisory->score_tenths : -1;
    default:
        return 0;
    }
}

static int compare_names(const struct bw_finding *x, const struct bw_finding *y)
{
    struct bw_str a = x->package ? x->package->name : x->location.path;
    struct bw_str b = y->package ? y->package->name : y->location.path;
    int c = bw_str_cmp(a, b);
    return c ? c : bw_str_cmp(x->id, y->id);
}

struct sorting {
    struct bw_finding finding;
    size_t at; /* qsort is not stable */
};

static int compare_findings(const void *a, const void *b, void *ctx)
{
    const struct sorting *x = a, *y = b;
    enum bw_sort sort = *(const enum bw_sort *)ctx;
    if (x->finding.subject != y->finding.subject)
        return x->finding.subject < y->finding.subject ? -1 : 1;
    int c = 0;
    if (sort == BW_SORT_NAME) {
        c = compare_names(&x->finding, &y->finding);
    } else {
        int64_t p = rank_of(&x->finding, sort), q = rank_of(&y->finding, sort);
        c = (p < q) - (p > q);
    }
    return c ? c : (x->at > y->at) - (x->at < y->at);
}

int bw_verdict_sort(struct bw_report *report, enum bw_sort sort, struct bw_err *err)
{
    size_t n = report->findings_n;
    struct sorting *v = reallocarray(NULL, n ? n : 1, sizeof *v);
    if (!v)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the order of findings");
    for (size_t i = 0; i < n; i++)
        v[i] = (struct sorting){report->findings[i], i};
    qsort_r(v, n, sizeof *v, compare_findings, &sort);
    for (size_t i = 0; i < n; i++)
        report->findings[i] = v[i].finding;
    free(v);
    return 0;
}

bool bw_verdict_has_blocking_gap(const struct bw_report *report)
{
    for (size_t i = 0; i < report->gaps_n; i++)
        if (report->gaps[i].class == BW_GAP_BLOCKING)
            return true;
    return false;
}
