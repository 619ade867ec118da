#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <wchar.h>

#include <cmocka.h>

#include "report-kinds.h"
#include "report-rig.h"

static void images_for_people(void **state)
{
    (void)state;
    struct bw_finding findings[FIXED_N + KERNEL_N];
    struct bw_report report = images_report(findings);
    struct bw_output_options options = {.width = 80, .unicode = true};
    expect_golden("images-80.txt", "table", &report, options);
    options.width = 120;
    expect_golden("images-120.txt", "table", &report, options);
    options.colour = true;
    expect_golden("images-colour.txt", "table", &report, options);
    options = (struct bw_output_options){0};
    expect_golden("images-ascii.txt", "table", &report, options);
    options.detail = BW_OUTPUT_QUIET;
    expect_golden("images-quiet.txt", "table", &report, options);
    options.detail = BW_OUTPUT_VERBOSE;
    expect_golden("images-verbose.txt", "table", &report, options);
}

static void every_kind_for_people(void **state)
{
    (void)state;
    struct bw_report report = shop_report();
    struct bw_output_options options = {.width = 100, .unicode = true};
    expect_golden("shop-100.txt", "table", &report, options);
    options.width = 60;
    expect_golden("shop-60.txt", "table", &report, options);
    options.colour = true;
    expect_golden("shop-colour.txt", "table", &report, options);
    report = attack_report();
    options = (struct bw_output_options){.width = 80};
    expect_golden("attack-80.txt", "table", &report, options);
}

static void small_reports_for_people(void **state)
{
    (void)state;
    const struct bw_output_options options = {.width = 80, .unicode = true};
    struct bw_report report = builtin_report();
    expect_golden("builtin-80.txt", "table", &report, options);
    report = gaps_report();
    expect_golden("gaps-80.txt", "table", &report, options);
    report = empty_report();
    expect_golden("empty-80.txt", "table", &report, options);
}

static void hostile_report_for_people(void **state)
{
    (void)state;
    struct bw_report report = evil_report();
    struct bw_output_options options = {.width = 80, .unicode = true};
    expect_golden("hostile-80.txt", "table", &report, options);
    options.width = 48;
    expect_golden("hostile-48.txt", "table", &report, options);
}

static void reports_for_programs(void **state)
{
    (void)state;
    const struct bw_output_options options = {0};
    struct bw_finding findings[FIXED_N + KERNEL_N];
    struct bw_report report = images_report(findings);
    expect_golden("images.json", "json", &report, options);
    report = builtin_report();
    expect_golden("builtin.json", "json", &report, options);
    report = gaps_report();
    expect_golden("gaps.json", "json", &report, options);
    report = empty_report();
    expect_golden("empty.json", "json", &report, options);
    report = evil_report();
    expect_golden("hostile.json", "json", &report, options);
    report = shop_report();
    expect_golden("shop.json", "json", &report, options);
    report = attack_report();
    expect_golden("attack.json", "json", &report, options);
}

static void bills_of_materials(void **state)
{
    (void)state;
    static const char *const formats[] = {"cyclonedx", "spdx"};
    const struct bw_output_options options = {0};
    struct bw_finding findings[FIXED_N + KERNEL_N];
    for (size_t i = 0; i < BW_ARRAY_LEN(formats); i++) {
        char name[64];
        struct bw_report report = bill_report(findings);
        snprintf(name, sizeof name, "../sbom/bill.%s.json", formats[i]);
        expect_golden(name, formats[i], &report, options);
        report = images_report(findings);
        snprintf(name, sizeof name, "../sbom/images.%s.json", formats[i]);
        expect_golden(name, formats[i], &report, options);
        report = evil_report();
        snprintf(name, sizeof name, "../sbom/hostile.%s.json", formats[i]);
        expect_golden(name, formats[i], &report, options);
        report = empty_report();
        snprintf(name, sizeof name, "../sbom/empty.%s.json", formats[i]);
        expect_golden(name, formats[i], &report, options);
    }
}

/* Columns of a line on a terminal; fails on what would act on one. */
static unsigned columns_of(struct bw_str line)
{
    char text[4096];
    wchar_t wide_text[4096];
    assert_true(line.n < sizeof text);
    memcpy(text, line.p, line.n);
    text[line.n] = '\0';
    size_t n = mbstowcs(wide_text, text, BW_ARRAY_LEN(wide_text));
    assert_true(n != SIZE_MAX);
    unsigned columns = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(wcwidth(wide_text[i]) > 0);
        columns += (unsigned)wcwidth(wide_text[i]);
    }
    return columns;
}

static void expect_clean_lines(const struct bw_report *report, struct bw_output_options options)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    render("table", report, &options, &buf);
    struct bw_str rest = bw_buf_slice(&buf), line;
    assert_true(bw_str_ends(rest, BW_STR("\n")));
    while (bw_str_split(&rest, '\n', &line)) {
        assert_false(bw_str_ends(line, BW_STR(" ")));
        if (columns_of(line) > options.width)
            fail_msg("over %u columns: %" BW_STR_F, options.width, BW_STR_A(line));
        for (size_t i = 0; !options.unicode && i < line.n; i++)
            assert_true(line.p[i] >= 0x20 && line.p[i] < 0x7f);
    }
}

static void lines_fit_and_are_clean_at_every_width(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    struct bw_finding findings[FIXED_N + KERNEL_N];
    const struct bw_report reports[] = {images_report(findings), evil_report(),  builtin_report(),
                                        gaps_report(),           empty_report(), shop_report(),
                                        attack_report()};
    for (size_t i = 0; i < BW_ARRAY_LEN(reports); i++)
        for (unsigned width = 48; width < 200; width += 7)
            for (unsigned mode = 0; mode < 6; mode++)
                expect_clean_lines(&reports[i], (struct bw_output_options){
                                                    .width = width,
                                                    .unicode = mode & 1,
                                                    .detail = (enum bw_output_detail)(mode / 2),
                                                });
    setlocale(LC_CTYPE, "C");
}

struct counter {
    size_t calls, bytes, largest, fail_at;
};

static int count(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct counter *counter = ctx;
    (void)p;
    counter->bytes += n;
    if (n > counter->largest)
        counter->largest = n;
    return ++counter->calls == counter->fail_at ? bw_err_set(err, BW_EIO, "disk full") : 0;
}

static void large_reports_flow_in_pieces(void **state)
{
    (void)state;
    struct bw_finding first[FIXED_N + KERNEL_N];
    struct bw_report report = images_report(first);
    enum {
        N = 20000
    };
    struct bw_finding *many = calloc(N, sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < N; i++)
        many[i] = first[i % BW_ARRAY_LEN(first)];
    report.findings = many;
    report.findings_n = N;
    for (const struct bw_output *const *output = bw_outputs; *output; output++) {
        struct bw_output_options options = {
            .detail = BW_OUTPUT_VERBOSE,
            .template_text = BW_STR("{{#findings}}{{id}}{{{advisory.vector}}}\n{{/findings}}"),
        };
        struct counter counter = {0};
        struct bw_output_sink sink = {&counter, count};
        assert_int_equal((*output)->write(&report, &options, &sink, NULL), 0);
        assert_true(counter.largest < ((size_t)128 << 10));
        if (!strcmp((*output)->name, "json"))
            assert_true(counter.calls > 100 && counter.bytes > (size_t)N * 500);
        /* The sink's failure ends it, and comes back. */
        struct bw_err err = {0};
        size_t calls = counter.calls;
        counter = (struct counter){.fail_at = 1};
        assert_int_equal((*output)->write(&report, &options, &sink, &err), BW_EIO);
        assert_string_equal(err.msg, "disk full");
        assert_true(counter.calls == 1 || counter.calls < calls);
    }
    free(many);
}

static void several_fixes_without_an_order_name_none(void **state)
{
    (void)state;
    struct bw_finding findings[FIXED_N + KERNEL_N];
    struct bw_report report = images_report(findings);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    const struct bw_output_options options = {.width = 100};
    render("table", &report, &options, &buf);
    assert_true(bw_str_find_str(bw_buf_slice(&buf), BW_STR("several")) != SIZE_MAX);
    assert_true(bw_str_find_str(bw_buf_slice(&buf), BW_STR("3.0.14-1~deb12u2")) == SIZE_MAX);
}

static void an_order_that_was_asked_for_is_kept(void **state)
{
    (void)state;
    struct bw_finding findings[FIXED_N + KERNEL_N];
    struct bw_report report = images_report(findings);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_output_options options = {.width = 100};
    const struct bw_finding last = findings[5];
    findings[5] = findings[0];
    findings[0] = last; /* of unknown severity, in zlib */
    for (int asked = 0; asked < 2; asked++) {
        bw_buf_clear(&buf);
        options.as_ordered = asked;
        render("table", &report, &options, &buf);
        size_t zlib = bw_str_find_str(bw_buf_slice(&buf), BW_STR("zlib1g"));
        size_t kev = bw_str_find_str(bw_buf_slice(&buf), BW_STR("KEV HIGH"));
        assert_true(zlib != SIZE_MAX && kev != SIZE_MAX);
        assert_int_equal(zlib < kev, asked);
    }
}

static void outputs_are_found_by_name(void **state)
{
    (void)state;
    assert_string_equal(bw_outputs[0]->name, "table");
    assert_string_equal(bw_output_named(BW_STR("json"))->name, "json");
    assert_null(bw_output_named(BW_STR("jso")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_for_people),
        cmocka_unit_test(every_kind_for_people),
        cmocka_unit_test(small_reports_for_people),
        cmocka_unit_test(hostile_report_for_people),
        cmocka_unit_test(reports_for_programs),
        cmocka_unit_test(bills_of_materials),
        cmocka_unit_test(lines_fit_and_are_clean_at_every_width),
        cmocka_unit_test(large_reports_flow_in_pieces),
        cmocka_unit_test(several_fixes_without_an_order_name_none),
        cmocka_unit_test(an_order_that_was_asked_for_is_kept),
        cmocka_unit_test(outputs_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
