#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect.h"
#include "extract/path-list.h"

#define INSTALLED "lib/apk/db/installed"

static struct collected got;

static void expect(const char *content, const char *want)
{
    assert_string_equal(collect_str(&got, INSTALLED, content), want);
}

static void records_become_packages(void **state)
{
    (void)state;
    expect("C:Q1abc=\nP:libcrypto3\nV:3.1.4-r5\nA:x86_64\nS:1\nT:a: b\nL:Apache-2.0\no:openssl\n"
           "m:A <a@b>\nF:etc\nF:etc/ssl\nM:0:0:755\nR:openssl.cnf\na:0:0:644\nZ:Q1x=\nF:\nR:top\n\n"
           "P:musl\nV:1.2\n\n",
           "package libcrypto3 3.1.4-r5 x86_64 source openssl 3.1.4-r5 vendor A <a@b> licence "
           "Apache-2.0 line 1: etc/ssl/openssl.cnf top\n"
           "package musl 1.2 source musl 1.2 line 19:\n");
    expect("P:last\r\nV:1\r\nR:../x\r\nR:.\r\nR:a/./b\r\n",
           "package last 1 source last 1 line 1: a/b\n");
    expect("", "");
    expect("\n\n", "");
}

#define EMPTY_SHA1 "2jmj7l5rSw0yVb/vlWAYkK/YBwk="

static void files_have_records(void **state)
{
    (void)state;
    got.records = true;
    expect("P:a\nV:1\nF:etc\nM:0:0:1777\nR:a.conf\nZ:Q1" EMPTY_SHA1 "\n"
           "F:bin\nR:su\na:0:0:4755\nZ:Q1" EMPTY_SHA1 "\nR:plain\nR:../out\na:0:0:777\n"
           "R:odd\na:0:0:99\nZ:Q1" EMPTY_SHA1 "=\nR:new\na:0:0:755:Q1x\n"
           "Z:Q247DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
           "package a 1 source a 1 line 1: etc/a.conf[644 sha1:da09 config] bin/su[4755 sha1:da09] "
           "bin/plain[644 none] bin/odd[644 none] bin/new[755 sha256:e355]\n");
    got.records = false;
}

static void bad_records_are_gaps(void **state)
{
    (void)state;
    expect("P:a\n\nV:1\n\nP:b\nV:2\nV:3\n\nP:c\nxyz\nV:4\n\nP:d e\nV:5\n\nP:f\nV:\n",
           "blocking " INSTALLED ", line 1: the package a has no version (V:)\n"
           "blocking " INSTALLED ", line 3: a record has no name (P:)\n"
           "blocking " INSTALLED ", line 7: a record has two fields V:\n"
           "blocking " INSTALLED ", line 10: the line is not of the form X:value\n"
           "package c 4 source c 4 line 9:\n"
           "blocking " INSTALLED ", line 13: a record has a malformed name (P:)\n"
           "blocking " INSTALLED ", line 16: the package f has a malformed version (V:)\n");
}

/* A long directory joined with many names is a small file and a long list. */
static void joined_paths_have_a_maximum(void **state)
{
    (void)state;
    struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
    bw_buf_printf(&content, "P:a\nV:1\nF:%04000d\n", 0);
    for (unsigned i = 0; i < BW_PATH_LIST_BYTES_MAX / 4000 + 10; i++)
        bw_buf_printf(&content, "R:x\n");
    bw_buf_printf(&content, "\nP:b\nV:2\nF:e\nR:f\n");
    got.quiet = true;
    const char *text = collect(&got, INSTALLED, content.p, content.n);
    got.quiet = false;
    assert_int_equal(got.packages, 2);
    assert_int_equal(got.gaps, 1);
    assert_non_null(strstr(text, "more than 33554432 bytes of paths in a package"));
}

static void published_databases(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t packages, files;
    } cases[] = {{"alpine-3.9.apk-installed", 14, 79}, {"alpine-3.11.apk-installed", 14, 81}};
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_buf bytes BW_CLEANUP(bw_buf_free) = {0};
        if (!collect_shared(cases[i].name, &bytes))
            return;
        const char *text = collect(&got, INSTALLED, bytes.p, bytes.n);
        assert_int_equal(got.packages, cases[i].packages);
        assert_int_equal(got.files, cases[i].files);
        assert_int_equal(got.gaps, 0);
        assert_non_null(strstr(text, " source busybox "));
    }
}

static int end(void **state)
{
    (void)state;
    bw_buf_free(&got.text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_packages), cmocka_unit_test(files_have_records),
        cmocka_unit_test(bad_records_are_gaps),    cmocka_unit_test(joined_paths_have_a_maximum),
        COLLECT_SHARED_TEST(published_databases),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
