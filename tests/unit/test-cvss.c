#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "know/cvss.h"

#define GOLDEN_MAX ((size_t)1 << 20)

static void check_golden(const char *path, int want_version)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(GOLDEN_MAX);
    struct bw_err err = {0};
    if (bw_fd_slurp_path(path, &buf, &err))
        fail_msg("%s", err.msg);
    struct bw_str rest = bw_buf_slice(&buf), line, vector;
    size_t n = 0;
    while (bw_str_line(&rest, &line)) {
        uint64_t want = 0;
        unsigned tenths = 0;
        int version = 0;
        if (bw_str_starts(line, BW_STR("#")))
            continue;
        assert_true(bw_str_split(&line, ' ', &vector));
        assert_true(bw_str_to_u64(line, &want));
        if (bw_cvss_score(vector, &tenths, &version, &err))
            fail_msg("%" BW_STR_F ": %s", BW_STR_A(vector), err.msg);
        if (tenths != want || version != want_version)
            fail_msg("%" BW_STR_F ": %u, not %u", BW_STR_A(vector), tenths, (unsigned)want);
        n++;
    }
    assert_true(n > 200);
}

static void golden_2_0(void **state)
{
    (void)state;
    check_golden("tests/unit/data/cvss-2.0.txt", 20);
}

static void golden_3_0(void **state)
{
    (void)state;
    check_golden("tests/unit/data/cvss-3.0.txt", 30);
}

static void golden_3_1(void **state)
{
    (void)state;
    check_golden("tests/unit/data/cvss-3.1.txt", 31);
}

static void golden_4_0(void **state)
{
    (void)state;
    check_golden("tests/unit/data/cvss-4.0.txt", 40);
}

#define V2  "AV:N/AC:L/Au:N/C:N/I:N/A:C"
#define V31 "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define V4  "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"

static void sloppy_forms_are_read(void **state)
{
    (void)state;
    static const char *const VECTORS[] = {
        V2,          "(" V2 ")", "CVSS2#" V2, "CVSS2#(" V2 ")", "(CVSS2#" V2 ")", "CVSS:2.0/" V2,
        " " V2 "\n",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(VECTORS); i++) {
        unsigned tenths = 0;
        int version = 0;
        assert_int_equal(bw_cvss_score(bw_str(VECTORS[i]), &tenths, &version, NULL), 0);
        assert_int_equal(tenths, 78);
        assert_int_equal(version, 20);
    }
    assert_int_equal(bw_cvss_score(BW_STR("CVSS:3.1/" V31), NULL, NULL, NULL), 0);
}

struct refusal {
    const char *vector;
    int code;
    const char *message; /* a part of it */
};

static void bad_vectors_are_refused(void **state)
{
    (void)state;
    static const struct refusal REFUSALS[] = {
        {"", BW_EFORMAT, "CVSS 2.0"},
        {"CVSS:3.1/", BW_EFORMAT, "CVSS 3.1"},
        {"CVSS:3.1/" V31 "/AV:N", BW_EFORMAT, "AV is given twice"},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", BW_EFORMAT, "A is missing"},
        {"CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", BW_EFORMAT, "AV has an unknown value"},
        {"CVSS:3.1/" V31 "/", BW_EFORMAT, "unknown metric"},
        {"CVSS:3.1/" V31 "/ZZ:\x1b[2J", BW_EFORMAT, "unknown metric"},
        {"CVSS:3.1/" V31 "/E", BW_EFORMAT, "unknown metric"},
        {"CVSS:3.1/" V31 "/E:", BW_EFORMAT, "E has an unknown value"},
        {"CVSS:3.1/" V31 "/E:X H", BW_EFORMAT, "E has an unknown value"},
        {"CVSS:3.1/av:N", BW_EFORMAT, "unknown metric"},
        {"CVSS:3.0/" V4, BW_EFORMAT, "CVSS 3.0"},
        {"CVSS:4.0/" V31, BW_EFORMAT, "CVSS 4.0"},
        {"CVSS:4.0/" V4 "/MSC:S", BW_EFORMAT, "MSC has an unknown value"},
        {"CVSS:4.0/" V4 "/U:green", BW_EFORMAT, "U has an unknown value"},
        {"(" V2, BW_EFORMAT, "unknown metric"},
        {V2 "/E:X", BW_EFORMAT, "E has an unknown value"},
        {"CVSS:3.2/" V31, BW_EUNSUPPORTED, "not of version"},
        {"cvss:3.1/" V31, BW_EFORMAT, "unknown metric"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(REFUSALS); i++) {
        struct bw_err err = {0};
        unsigned tenths = 777;
        int version = 777;
        assert_int_equal(bw_cvss_score(bw_str(REFUSALS[i].vector), &tenths, &version, &err),
                         REFUSALS[i].code);
        if (!strstr(err.msg, REFUSALS[i].message) || strchr(err.msg, '\x1b'))
            fail_msg("%s: %s", REFUSALS[i].vector, err.msg);
        assert_int_equal(tenths, 777);
        assert_int_equal(version, 777);
    }
}

static void long_vectors_are_refused(void **state)
{
    (void)state;
    char vector[BW_CVSS_VECTOR_MAX + 1];
    struct bw_err err = {0};
    memset(vector, 'A', sizeof vector);
    assert_int_equal(bw_cvss_score(bw_str_n(vector, sizeof vector), NULL, NULL, &err), BW_ELIMIT);
    assert_non_null(strstr(err.msg, "BW_CVSS_VECTOR_MAX"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_2_0),
        cmocka_unit_test(golden_3_0),
        cmocka_unit_test(golden_3_1),
        cmocka_unit_test(golden_4_0),
        cmocka_unit_test(sloppy_forms_are_read),
        cmocka_unit_test(bad_vectors_are_refused),
        cmocka_unit_test(long_vectors_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
