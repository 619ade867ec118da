#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "model/finding.h"
#include "model/gap.h"
#include "model/package.h"
#include "model/report.h"
#include "model/result.h"
#include "model/subject.h"

static const struct bw_distribution debian = {.id = {"debian", 6}, .version_id = {"12", 2}};

static void expect_purl(const struct bw_package *package,
                        const struct bw_distribution *distribution, const char *want)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    assert_non_null(arena);
    struct bw_str purl = bw_package_purl(package, distribution, arena);
    assert_non_null(purl.p);
    assert_string_equal(purl.p, want);
}

static void purl_of_deb(void **state)
{
    (void)state;
    struct bw_package p = {
        .type = BW_PACKAGE_DEB,
        .name = BW_STR("libssl3"),
        .version = BW_STR("3.0.11-1~deb12u2"),
        .arch = BW_STR("amd64"),
        .source_name = BW_STR("openssl"),
        .source_version = BW_STR("3.0.11-1~deb12u2"),
    };
    expect_purl(&p, &debian,
                "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"
                "&upstream=openssl");
    p.name = BW_STR("libstdc++6");
    p.source_name = BW_STR("gcc-12");
    p.version = BW_STR("1:12.2.0-14+b1");
    p.source_version = BW_STR("12.2.0-14");
    expect_purl(&p, &debian,
                "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bb1?arch=amd64&distro=debian-12"
                "&upstream=gcc-12%4012.2.0-14");
    p.source_name = p.name;
    p.source_version = p.version;
    expect_purl(&p, NULL, "pkg:deb/libstdc%2B%2B6@1:12.2.0-14%2Bb1?arch=amd64");
}

static void purl_of_apk(void **state)
{
    (void)state;
    const struct bw_distribution alpine = {.id = BW_STR("alpine"), .version_id = BW_STR("3.19.1")};
    struct bw_package p = {
        .type = BW_PACKAGE_APK,
        .name = BW_STR("libcrypto3"),
        .version = BW_STR("3.1.4-r5"),
        .arch = BW_STR("x86_64"),
        .source_name = BW_STR("openssl"),
        .source_version = BW_STR("3.1.4-r5"),
    };
    expect_purl(&p, &alpine,
                "pkg:apk/alpine/libcrypto3@3.1.4-r5?arch=x86_64&distro=alpine-3.19.1"
                "&upstream=openssl");
    const struct bw_distribution wolfi = {.id = BW_STR("wolfi")};
    p.source_name = p.name;
    expect_purl(&p, &wolfi, "pkg:apk/wolfi/libcrypto3@3.1.4-r5?arch=x86_64&distro=wolfi");
}

static void purl_of_rpm(void **state)
{
    (void)state;
    struct bw_distribution d = {.id = BW_STR("rhel"), .version_id = BW_STR("9.3")};
    struct bw_package p = {
        .type = BW_PACKAGE_RPM,
        .name = BW_STR("openssl-libs"),
        .version = BW_STR("1:3.0.7-24.el9"),
        .arch = BW_STR("x86_64"),
        .source_name = BW_STR("openssl"),
        .source_version = BW_STR("3.0.7-24.el9"),
    };
    expect_purl(&p, &d,
                "pkg:rpm/redhat/openssl-libs@3.0.7-24.el9?arch=x86_64&distro=rhel-9.3&epoch=1"
                "&upstream=openssl-3.0.7-24.el9.src.rpm");
    d.id = BW_STR("opensuse-leap");
    d.version_id = BW_STR("15.5");
    p.name = p.source_name = BW_STR("NetworkManager");
    expect_purl(&p, &d,
                "pkg:rpm/opensuse/NetworkManager@3.0.7-24.el9?arch=x86_64"
                "&distro=opensuse-leap-15.5&epoch=1");
    static const char *const same[] = {"almalinux", "rocky", "amzn", "sles", "fedora", "ol"};
    for (size_t i = 0; i < BW_ARRAY_LEN(same); i++) {
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
        d.id = bw_str(same[i]);
        struct bw_str purl = bw_package_purl(&p, &d, arena);
        assert_true(bw_str_starts(bw_str_from(purl, 8), d.id));
    }
}

static void purl_of_hostile_names(void **state)
{
    (void)state;
    struct bw_package p = {
        .type = BW_PACKAGE_DEB,
        .name = BW_STR("A/b@c?d=e#f\n\x1b\xc3\xbc\xff%"),
        .version = BW_STR("1&x=2 3"),
    };
    expect_purl(&p, &debian,
                "pkg:deb/debian/a%2Fb%40c%3Fd%3De%23f%0A%1B%C3%BC%FF%25@1%26x%3D2%203"
                "?distro=debian-12");
    struct bw_arena *small BW_CLEANUP(bw_arena_freep) = bw_arena_new(16);
    assert_null(bw_package_purl(&p, &debian, small).p);
}

/* Stored in waivers and histories: a value that changes here breaks those. */
static void fingerprint_is_stable(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_package p = {
        .type = BW_PACKAGE_DEB, .name = BW_STR("libssl3"), .version = BW_STR("1")};
    struct bw_finding f = {
        .kind = BW_FINDING_VULNERABILITY,
        .id = BW_STR("DSA-5417-1"),
        .location = {.layer = 1, .path = BW_STR("var/lib/dpkg/status"), .line = 9},
        .package = &p,
    };
    /* printf 'vulnerability\0DSA-5417-1\0deb\0libssl3\0var/lib/dpkg/status\0' | sha256sum */
    assert_string_equal(bw_finding_fingerprint(&f, arena).p, "e6de8bac3c16690afc188c5b83383bf1");
    p.version = BW_STR("2");
    f.location.layer = 3;
    assert_string_equal(bw_finding_fingerprint(&f, arena).p, "e6de8bac3c16690afc188c5b83383bf1");
    p.name = BW_STR("libssl");
    f.location.path = BW_STR("3var/lib/dpkg/status");
    assert_string_not_equal(bw_finding_fingerprint(&f, arena).p,
                            "e6de8bac3c16690afc188c5b83383bf1");
    struct bw_arena *full BW_CLEANUP(bw_arena_freep) = bw_arena_new(0);
    assert_null(bw_finding_fingerprint(&f, full).p);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(bw_package_type_name(BW_PACKAGE_RPM), "rpm");
    assert_string_equal(bw_gap_class_name(BW_GAP_BLOCKING), "blocking");
    assert_string_equal(bw_gap_class_name(BW_GAP_NOTE), "note");
    assert_string_equal(bw_subject_kind_name(BW_SUBJECT_FILESYSTEM), "filesystem");
    assert_string_equal(bw_status_name(BW_STATUS_NOT_EVALUATED), "NOT_EVALUATED");
    assert_string_equal(bw_status_name(BW_STATUS_WAIVED), "WAIVED");
    assert_string_equal(bw_verdict_name(BW_VERDICT_FAIL), "FAIL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purl_of_deb),           cmocka_unit_test(purl_of_apk),
        cmocka_unit_test(purl_of_rpm),           cmocka_unit_test(purl_of_hostile_names),
        cmocka_unit_test(fingerprint_is_stable), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
