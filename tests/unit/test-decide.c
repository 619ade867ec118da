#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide/verdict.h"

static const struct bw_advisory plain, exploited = {.kev = true};

static struct bw_finding finding(enum bw_severity severity, bool kev, const char *fixed)
{
    return (struct bw_finding){.severity = severity,
                               .advisory = kev ? &exploited : &plain,
                               .fixed_version = bw_str(fixed)};
}

static enum bw_verdict decide(struct bw_report *report, const char *list, bool unknown_passes,
                              char reason[256])
{
    struct bw_verdict_rules rules = {.unknown_passes = unknown_passes};
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 16);
    assert_non_null(arena);
    if (list)
        assert_int_equal(bw_verdict_parse(list, &rules, NULL), 0);
    assert_int_equal(bw_verdict_decide(report, &rules, arena, NULL), 0);
    assert_true(report->verdict_reason.n < 256);
    memcpy(reason, report->verdict_reason.p, report->verdict_reason.n + 1);
    return report->verdict;
}

static void threshold_counts_what_is_as_bad(void **state)
{
    (void)state;
    char reason[256];
    struct bw_finding findings[] = {finding(BW_SEVERITY_HIGH, false, "1"),
                                    finding(BW_SEVERITY_MEDIUM, false, "")};
    struct bw_report report = {.findings = findings, .findings_n = 2};
    assert_int_equal(decide(&report, NULL, false, reason), BW_VERDICT_PASS);
    assert_int_equal(decide(&report, "critical", false, reason), BW_VERDICT_PASS);
    assert_int_equal(decide(&report, "high", false, reason), BW_VERDICT_FAIL);
    assert_string_equal(reason, "1 finding of severity high or worse");
    assert_int_equal(decide(&report, "critical, medium", false, reason), BW_VERDICT_FAIL);
    assert_string_equal(reason, "2 findings of severity medium or worse");
    assert_int_equal(decide(&report, "any", false, reason), BW_VERDICT_FAIL);
    assert_string_equal(reason, "2 findings");
    assert_int_equal(decide(&report, "high,none", false, reason), BW_VERDICT_PASS);
}

static void unknown_fails_unless_told_otherwise(void **state)
{
    (void)state;
    char reason[256];
    struct bw_finding findings[] = {finding(BW_SEVERITY_UNKNOWN, false, "1")};
    struct bw_report report = {.findings = findings, .findings_n = 1};
    assert_int_equal(decide(&report, "critical", false, reason), BW_VERDICT_FAIL);
    assert_string_equal(reason, "1 finding of unknown severity");
    assert_int_equal(decide(&report, "critical", true, reason), BW_VERDICT_PASS);
    assert_int_equal(decide(&report, "any", true, reason), BW_VERDICT_FAIL);
}

static void exploited_and_gaps_count(void **state)
{
    (void)state;
    char reason[256];
    struct bw_finding findings[] = {finding(BW_SEVERITY_LOW, true, "1")};
    struct bw_gap gaps[] = {{.class = BW_GAP_NOTE}};
    struct bw_report report = {.findings = findings, .findings_n = 1, .gaps = gaps, .gaps_n = 1};
    assert_int_equal(decide(&report, "critical", false, reason), BW_VERDICT_PASS);
    assert_int_equal(decide(&report, "kev,gap", false, reason), BW_VERDICT_FAIL);
    assert_string_equal(reason, "1 finding known to be exploited, 1 gap");
    assert_false(bw_verdict_has_blocking_gap(&report));
    gaps[0].class = BW_GAP_BLOCKING;
    assert_true(bw_verdict_has_blocking_gap(&report));
}

static void unfixed_are_counted_when_hidden(void **state)
{
    (void)state;
    struct bw_finding findings[] = {finding(BW_SEVERITY_LOW, false, ""),
                                    finding(BW_SEVERITY_HIGH, false, "2")};
    struct bw_report report = {.findings = findings, .findings_n = 2};
    bw_verdict_hide_unfixed(&report);
    assert_int_equal(report.findings_n, 1);
    assert_int_equal(report.findings[0].severity, BW_SEVERITY_HIGH);
    assert_int_equal(report.hidden_unfixed, 1);
}

static void conditions_are_joined(void **state)
{
    (void)state;
    char reason[256];
    struct bw_advisory scored = {.score_tenths = 75};
    struct bw_finding findings[] = {
        {.severity = BW_SEVERITY_HIGH,
         .advisory = &scored,
         .epss_millionths = 250000,
         .risk_tenths = 700,
         .fixed_version = BW_STR("2")},
        {.severity = BW_SEVERITY_HIGH,
         .advisory = &plain,
         .epss_millionths = -1,
         .risk_tenths = -1},
        {.kind = BW_FINDING_SECRET,
         .severity = BW_SEVERITY_CRITICAL,
         .epss_millionths = -1,
         .risk_tenths = -1,
         .deleted = true},
    };
    struct bw_report report = {.findings = findings, .findings_n = 3};
    static const struct {
        const char *list, *reason;
    } cases[] = {
        {"high & fixable", "1 finding with high & fixable"},
        {"high&!fixable", "2 findings with high&!fixable"},
        {"epss>=0.25", "1 finding with epss>=0.25"},
        {"epss > 25%", NULL},
        {"epss<1", "1 finding with epss<1"},
        {"risk>=70", "1 finding with risk>=70"},
        {"risk>70", NULL},
        {"cvss = 7.5", "1 finding with cvss = 7.5"},
        {"severity=high", "2 findings with severity=high"},
        {"severity<high", NULL},
        {"secret&deleted", "1 finding with secret&deleted"},
        {"!vulnerability, kev", "1 finding with !vulnerability"},
        {"secret,critical", "1 finding with secret, 1 finding of severity critical or worse"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        enum bw_verdict verdict = decide(&report, cases[i].list, false, reason);
        assert_int_equal(verdict, cases[i].reason ? BW_VERDICT_FAIL : BW_VERDICT_PASS);
        assert_string_equal(reason,
                            cases[i].reason ? cases[i].reason : "nothing that --fail-on names");
    }
    static const struct bw_waiver waiver;
    findings[2].waiver = &waiver;
    assert_int_equal(decide(&report, "secret", false, reason), BW_VERDICT_PASS);
}

static void wrong_comparisons_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "epss>=2", "epss>=",   "risk>x",     "size>3",     "high&",     "&",         "!",
        "epss>-1", "cvss>1e9", "severity>3", "risk>=70%%", "epss>=nan", "risk>=0x10"};
    for (size_t i = 0; i < BW_ARRAY_LEN(wrong); i++) {
        struct bw_verdict_rules rules = {0};
        struct bw_err err = {0};
        assert_int_equal(bw_verdict_parse(wrong[i], &rules, &err), BW_EUSAGE);
        assert_int_equal(rules.terms_n, 0);
    }
}

static void findings_are_sorted_within_their_subject(void **state)
{
    (void)state;
    struct bw_finding findings[] = {
        {.id = BW_STR("a"), .subject = 1, .risk_tenths = 900, .severity = BW_SEVERITY_LOW},
        {.id = BW_STR("b"), .risk_tenths = 10, .severity = BW_SEVERITY_HIGH},
        {.id = BW_STR("c"), .risk_tenths = -1, .severity = BW_SEVERITY_CRITICAL},
        {.id = BW_STR("d"), .risk_tenths = 10, .severity = BW_SEVERITY_LOW},
    };
    struct bw_report report = {.findings = findings, .findings_n = 4};
    enum bw_sort sort;
    struct bw_err err = {0};
    assert_int_equal(bw_sort_parse("risk", &sort, &err), 0);
    assert_int_equal(bw_verdict_sort(&report, sort, &err), 0);
    const char *order = "bdca";
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(findings[i].id.p[0], order[i]);
    assert_int_equal(bw_sort_parse("severity", &sort, &err), 0);
    assert_int_equal(bw_verdict_sort(&report, sort, &err), 0);
    order = "cbda";
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(findings[i].id.p[0], order[i]);
    assert_int_equal(bw_sort_parse("size", &sort, &err), BW_EUSAGE);
}

static void wrong_words_are_refused_whole(void **state)
{
    (void)state;
    struct bw_verdict_rules rules = {0};
    struct bw_err err = {0};
    assert_int_equal(bw_verdict_parse("high,hihg", &rules, &err), BW_EUSAGE);
    assert_int_equal(rules.terms_n, 0);
    assert_non_null(strstr(err.msg, "hihg"));
    assert_int_equal(bw_verdict_parse("", &rules, &err), BW_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threshold_counts_what_is_as_bad),
        cmocka_unit_test(unknown_fails_unless_told_otherwise),
        cmocka_unit_test(exploited_and_gaps_count),
        cmocka_unit_test(unfixed_are_counted_when_hidden),
        cmocka_unit_test(wrong_words_are_refused_whole),
        cmocka_unit_test(conditions_are_joined),
        cmocka_unit_test(wrong_comparisons_are_refused),
        cmocka_unit_test(findings_are_sorted_within_their_subject),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
