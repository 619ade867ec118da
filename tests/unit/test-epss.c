#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "know/epss.h"

#define HEAD "cve,epss,percentile\n"

static int parse(const char *text, struct bw_arena *arena, struct bw_epss *ret_epss)
{
    struct bw_err err = {0};
    return bw_epss_parse(bw_str(text), arena, ret_epss, &err);
}

static void test_list(void **state)
{
    (void)state;
    struct bw_arena *arena = bw_arena_new(1 << 20);
    struct bw_epss epss;
    assert_int_equal(parse("#model_version:v2025.03.14,score_date:2026-11-25T12:55:00Z\r\n" HEAD
                           "CVE-2024-0001,0.00043,0.12345\r\nCVE-2024-00002,1,0\n\n",
                           arena, &epss),
                     0);
    assert_true(bw_str_eq(epss.date, BW_STR("2026-11-25T12:55:00Z")));
    assert_int_equal(epss.n, 2);
    assert_true(bw_str_eq(epss.entries[0].cve, BW_STR("CVE-2024-0001")));
    assert_int_equal(epss.entries[0].score, 430);
    assert_int_equal(epss.entries[0].percentile, 123450);
    assert_int_equal(epss.entries[1].score, 1000000);
    assert_int_equal(epss.entries[1].percentile, 0);
    assert_int_equal(parse(HEAD "CVE-2024-0001,0.5,0.5", arena, &epss), 0);
    assert_int_equal(epss.date.n, 0);
    assert_int_equal(parse("#model_version:v1,score_date:\x1b[2J\n" HEAD, arena, &epss), 0);
    assert_int_equal(epss.date.n, 0);
    bw_arena_free(arena);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int millionths; /* -1: refused */
    } cases[] = {
        {"0", 0},
        {"0.0", 0},
        {"0.000001", 1},
        {"0.0000019", 1},
        {"1.0", 1000000},
        {"9e-05", 90},
        {"9.75E-05", 97},
        {"1e-99", 0},
        {"0.999999", 999999},
        {"0.12345678901234567890123", 123456},
        {"1.000001", -1},
        {"2", -1},
        {"-0.1", -1},
        {"", -1},
        {".5", -1},
        {"0x1", -1},
        {"1e5", -1},
        {"0.1.2", -1},
        {"nan", -1},
        {" 0.1", -1},
        {"99999999999999999999999", -1},
        {"1e-100", -1},
        {"0.1e-", -1},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char text[128];
        struct bw_arena *arena = bw_arena_new(1 << 20);
        struct bw_epss epss;
        snprintf(text, sizeof text, HEAD "CVE-2024-0001,%s,0.5\n", cases[i].text);
        int rc = parse(text, arena, &epss);
        if (rc != (cases[i].millionths < 0 ? BW_EFORMAT : 0) ||
            (rc == 0 && epss.entries[0].score != cases[i].millionths))
            fail_msg("%s: %d", cases[i].text, rc ? rc : epss.entries[0].score);
        bw_arena_free(arena);
    }
}

static void test_what_is_no_list(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "cve,epss",
        "{}",
        "#model_version:v1",
        "#model_version:v1\nCVE-2024-0001,0.5,0.5\n",
        HEAD "CVE-2024-0001,0.5\n",
        HEAD "CVE-24-1,0.5,0.5\n",
        HEAD "CVE-2024-0001,0.5,0.5\nx\n",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_arena *arena = bw_arena_new(1 << 20);
        struct bw_epss epss = {.n = 7};
        assert_int_equal(parse(cases[i], arena, &epss), BW_EFORMAT);
        assert_int_equal(epss.n, 7);
        bw_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_what_is_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
