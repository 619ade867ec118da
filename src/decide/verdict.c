#include "decide/verdict.h"

#include <stdio.h>

#include "base/buf.h"

static int read_word(struct bw_str word, struct bw_verdict_rules *rules, struct bw_err *err)
{
    enum bw_severity severity;
    if (bw_str_eq(word, BW_STR("none"))) {
        *rules = (struct bw_verdict_rules){.unknown_passes = rules->unknown_passes};
    } else if (bw_str_eq(word, BW_STR("kev"))) {
        rules->kev = true;
    } else if (bw_str_eq(word, BW_STR("gap"))) {
        rules->gap = true;
    } else if (bw_str_eq(word, BW_STR("any")) || bw_severity_parse(word, &severity)) {
        if (bw_str_eq(word, BW_STR("any")))
            severity = BW_SEVERITY_UNKNOWN;
        if (!rules->by_severity || severity < rules->threshold)
            rules->threshold = severity;
        rules->by_severity = true;
    } else {
        return bw_err_set(err, BW_EUSAGE,
                          "--fail-on does not know '%" BW_STR_F "'; it takes critical, high, "
                          "medium, low, negligible, any, kev, gap or none, separated by commas",
                          BW_STR_A(word));
    }
    return 0;
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

static bool over_threshold(const struct bw_finding *finding, const struct bw_verdict_rules *rules)
{
    if (!rules->by_severity)
        return false;
    if (finding->severity == BW_SEVERITY_UNKNOWN && rules->threshold != BW_SEVERITY_UNKNOWN)
        return !rules->unknown_passes;
    return finding->severity >= rules->threshold;
}

struct tally {
    size_t severe, unknown, kev, gaps;
};

static struct tally count(const struct bw_report *report, const struct bw_verdict_rules *rules)
{
    struct tally tally = {.gaps = rules->gap ? report->gaps_n : 0};
    for (size_t i = 0; i < report->findings_n; i++) {
        const struct bw_finding *finding = &report->findings[i];
        if (over_threshold(finding, rules)) {
            tally.severe++;
            tally.unknown += finding->severity == BW_SEVERITY_UNKNOWN;
        }
        if (rules->kev && finding->advisory && finding->advisory->kev)
            tally.kev++;
    }
    return tally;
}

static void add_reason(struct bw_buf *text, size_t n, const char *one, const char *many)
{
    if (n)
        bw_buf_printf(text, "%s%zu %s", text->n ? ", " : "", n, n == 1 ? one : many);
}

static void describe(struct bw_buf *text, const struct tally *tally,
                     const struct bw_verdict_rules *rules)
{
    char many[128], one[128];
    const char *name = bw_severity_name(rules->threshold);
    if (rules->threshold == BW_SEVERITY_UNKNOWN) {
        add_reason(text, tally->severe, "finding", "findings");
    } else {
        snprintf(one, sizeof one, "finding of severity %s or worse", name);
        snprintf(many, sizeof many, "findings of severity %s or worse", name);
        add_reason(text, tally->severe - tally->unknown, one, many);
        add_reason(text, tally->unknown, "finding of unknown severity",
                   "findings of unknown severity");
    }
    add_reason(text, tally->kev, "finding known to be exploited", "findings known to be exploited");
    add_reason(text, tally->gaps, "gap", "gaps");
}

int bw_verdict_decide(struct bw_report *report, const struct bw_verdict_rules *rules,
                      struct bw_arena *arena, struct bw_err *err)
{
    struct tally tally = count(report, rules);
    bool asked = rules->by_severity || rules->kev || rules->gap;
    bool fails = tally.severe || tally.kev || tally.gaps;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1024);
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

bool bw_verdict_has_blocking_gap(const struct bw_report *report)
{
    for (size_t i = 0; i < report->gaps_n; i++)
        if (report->gaps[i].class == BW_GAP_BLOCKING)
            return true;
    return false;
}
