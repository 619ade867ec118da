#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "check/risk.h"

static struct bw_risk_input input(int score, int epss)
{
    return (struct bw_risk_input){.severity = BW_SEVERITY_HIGH,
                                  .score_tenths = score,
                                  .epss_millionths = epss,
                                  .has_fix = true};
}

static void test_figures(void **state)
{
    (void)state;
    static const struct {
        int score, epss, risk;
    } cases[] = {
        {98, 970000, 964},               /* 9.8 x 0.984 */
        {98, 10000, 98},                 /* 9.8 x 0.1 */
        {98, 430, 49},                   /* below a chance of 1 in 400 severity alone orders */
        {98, 0, 49},       {98, -1, 98}, /* not known is 1 in 100 */
        {-1, -1, 80},                    /* high without a score */
        {0, 970000, 0},    {200, 2000000, 1000},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_risk_input in = input(cases[i].score, cases[i].epss);
        assert_int_equal(bw_risk_tenths(&in), cases[i].risk);
    }
}

static void test_circumstances(void **state)
{
    (void)state;
    struct bw_risk_input in = input(75, 430);
    assert_int_equal(bw_risk_tenths(&in), 37);
    in.kev = true;
    assert_int_equal(bw_risk_tenths(&in), 750);
    in.ransomware = true;
    assert_int_equal(bw_risk_tenths(&in), 825);
    in.has_fix = false;
    assert_int_equal(bw_risk_tenths(&in), 742);
    in.loaded = BW_LOADED_YES;
    assert_int_equal(bw_risk_tenths(&in), 742);
    in.loaded = BW_LOADED_NO;
    assert_int_equal(bw_risk_tenths(&in), 185);
    in = input(100, 1000000);
    in.ransomware = true;
    assert_int_equal(bw_risk_tenths(&in), 1000);
    in = input(-1, -1);
    in.severity = BW_SEVERITY_CRITICAL;
    in.malicious = true;
    assert_int_equal(bw_risk_tenths(&in), 950);
    in.severity = BW_SEVERITY_UNKNOWN;
    in.malicious = false;
    assert_int_equal(bw_risk_tenths(&in), 55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_circumstances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
