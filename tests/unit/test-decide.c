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

static void wrong_words_are_refused_whole(void **state)
{
    (void)state;
    struct bw_verdict_rules rules = {0};
    struct bw_err err = {0};
    assert_int_equal(bw_verdict_parse("high,hihg", &rules, &err), BW_EUSAGE);
    assert_false(rules.by_severity);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
