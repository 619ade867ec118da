#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "extract/purl.h"

/* "TYPE|NAME|VERSION|ARCH|SOURCE|SOURCE-VERSION|MODULE|DISTRIBUTION|RELEASE", or the error's name.
 */
static struct bw_str told(struct bw_arena *arena, const char *text)
{
    struct bw_purl purl;
    struct bw_package p;
    struct bw_err err = {0};
    int rc = bw_purl_parse(bw_str(text), arena, &purl, &err);
    if (rc == 0)
        rc = bw_purl_package(&purl, arena, &p, &err);
    if (rc)
        return bw_str(bw_code_name(rc));
    struct bw_distribution d = bw_purl_distribution(&purl);
    return bw_arena_printf(arena,
                           "%s|%" BW_STR_F "|%" BW_STR_F "|%" BW_STR_F "|%" BW_STR_F "|%" BW_STR_F
                           "|%" BW_STR_F "|%" BW_STR_F "|%" BW_STR_F,
                           bw_package_type_name(p.type), BW_STR_A(p.name), BW_STR_A(p.version),
                           BW_STR_A(p.arch), BW_STR_A(p.source_name), BW_STR_A(p.source_version),
                           BW_STR_A(p.module), BW_STR_A(d.id), BW_STR_A(d.version_id));
}

static const struct {
    const char *purl, *wanted;
} cases[] = {
    {"pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
     "deb|libssl3|3.0.11-1~deb12u2|amd64|openssl|3.0.11-1~deb12u2||debian|12"},
    {"pkg:deb/debian/bash@5.2.15-2%2Bb2?upstream=bash%405.2.15-2",
     "deb|bash|5.2.15-2+b2||bash|5.2.15-2|||"},
    {"pkg:deb/ubuntu/zlib1g@1.2.13-1?epoch=1&distro=ubuntu-22.04",
     "deb|zlib1g|1:1.2.13-1||zlib1g|1:1.2.13-1||ubuntu|22.04"},
    {"pkg:deb/ubuntu/zlib1g@1:1.2.13-1?epoch=1", "deb|zlib1g|1:1.2.13-1||zlib1g|1:1.2.13-1|||"},
    {"pkg:apk/alpine/busybox-binsh@1.36.1-r15?arch=x86_64&distro=3.19.1&upstream=busybox",
     "apk|busybox-binsh|1.36.1-r15|x86_64|busybox|1.36.1-r15||alpine|3.19.1"},
    {"pkg:rpm/redhat/"
     "bash@5.1.8-6.el9_1?epoch=0&upstream=bash-5.1.8-6.el9_1.src.rpm&distro=rhel-9.3",
     "rpm|bash|5.1.8-6.el9_1||bash|5.1.8-6.el9_1||rhel|9.3"},
    {"pkg:rpm/fedora/nodejs-libs@16.1-1?epoch=1&upstream=node-js-16.1-1.src.rpm&rpmmod=nodejs:16",
     "rpm|nodejs-libs|1:16.1-1||node-js|16.1-1|nodejs:16||"},
    {"pkg:rpm/opensuse/x@1-2?distro=opensuse-leap-15.5", "rpm|x|1-2||x|1-2||opensuse-leap|15.5"},
    {"pkg:npm/%40angular/core@12.3.1", "npm|@angular/core|12.3.1||@angular/core|12.3.1|||"},
    {"pkg:npm/@angular/core@12.3.1", "npm|@angular/core|12.3.1||@angular/core|12.3.1|||"},
    {"pkg:npm/@angular/core", "npm|@angular/core|||@angular/core||||"},
    {"pkg:maven/org.apache/log4j-core@2.14.1?type=jar",
     "maven|org.apache:log4j-core|2.14.1||org.apache:log4j-core|2.14.1|||"},
    {"pkg:golang/github.com/a/b/v2@v2.0.0#sub/dir",
     "golang|github.com/a/b/v2|v2.0.0||github.com/a/b/v2|v2.0.0|||"},
    {"PKG://PyPI//flask@1.0", "pypi|flask|1.0||flask|1.0|||"},
    {"pkg:bitnami/nginx@1.25.1-0?arch=arm64", "bitnami|nginx|1.25.1-0|arm64|nginx|1.25.1-0|||"},
    {"pkg:hackage/x@1", "unsupported"},
    {"pkg:", "format"},
    {"pkg:npm", "format"},
    {"pkg:npm/", "format"},
    {"pkg:npm/@1", "format"},
    {"npm/x@1", "format"},
    {"pkg:npm/x@%4", "format"},
    {"pkg:npm/%g0", "format"},
    {"pkg:npm/x@1?arch=%", "format"},
    {"", "format"},
};

static void package_urls_are_packages(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_str got = told(arena, cases[i].purl);
        if (!bw_str_eq(got, bw_str(cases[i].wanted)))
            fail_msg("%s: %" BW_STR_F ", not %s", cases[i].purl, BW_STR_A(got), cases[i].wanted);
    }
}

/* What bw_package_purl writes is read back. */
static void the_reverse_of_writing(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    const struct bw_distribution d = {.id = BW_STR("debian"), .version_id = BW_STR("12")};
    for (unsigned type = 0; type < BW_PACKAGE_TYPE_COUNT; type++) {
        struct bw_package p = {.type = (enum bw_package_type)type,
                               .name = type == BW_PACKAGE_MAVEN ? BW_STR("a.b:c") : BW_STR("a-c"),
                               .version = BW_STR("1:2+3~4 5"),
                               .source_name = BW_STR("s"),
                               .source_version = BW_STR("9-1")};
        struct bw_purl purl;
        struct bw_package got;
        assert_int_equal(bw_purl_parse(bw_package_purl(&p, &d, arena), arena, &purl, NULL), 0);
        assert_int_equal(bw_purl_package(&purl, arena, &got, NULL), 0);
        assert_int_equal(got.type, type);
        assert_true(bw_str_eq(got.name, p.name));
        assert_true(bw_str_eq(got.version, p.version));
        if (bw_package_is_os(p.type)) {
            assert_true(bw_str_eq(got.source_name, p.source_name));
            assert_true(bw_str_eq(got.source_version, p.source_version));
        }
    }
}

/* A NUL ends no name: what follows makes another package of it, or none. */
static void a_nul_is_kept(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_purl purl;
    struct bw_package got;
    assert_int_equal(bw_purl_parse(BW_STR("pkg:npm/%40a/b%00c@1"), arena, &purl, NULL), 0);
    assert_int_equal(bw_purl_package(&purl, arena, &got, NULL), 0);
    assert_true(bw_str_eq(got.name, BW_STR("@a/b\0c")));
}

static void limits(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_arena *small BW_CLEANUP(bw_arena_freep) = bw_arena_new(1);
    static char text[BW_PURL_MAX + 2];
    struct bw_purl purl;
    memset(text, 'a', sizeof text);
    memcpy(text, "pkg:npm/", 8);
    assert_int_equal(bw_purl_parse(bw_str_n(text, sizeof text), arena, &purl, NULL), BW_ELIMIT);
    assert_int_equal(bw_purl_parse(bw_str_n(text, sizeof text - 2), arena, &purl, NULL), 0);
    assert_int_equal(bw_purl_parse(BW_STR("pkg:npm/x@1"), small, &purl, NULL), BW_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(package_urls_are_packages),
        cmocka_unit_test(the_reverse_of_writing),
        cmocka_unit_test(a_nul_is_kept),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
