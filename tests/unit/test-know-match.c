#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "ask-rig.h"
#include "know/ecosystem.h"

#define SHARED     "../shared/data/osv"
#define SHARED_KEV "../shared/data/kev/known_exploited_vulnerabilities.json"

/* --- distributions and ecosystems --- */

static const struct {
    const char *id, *version, *codename, *pretty;
    const char *names; /* '|' between them; NULL: no ecosystem */
} distributions[] = {
    {"debian", "12", "bookworm", "", "Debian:12"},
    {"debian", "12.5", "", "", "Debian:12"},
    {"debian", "", "bullseye", "", "Debian:11"},
    {"debian", "", "forky", "", "Debian:14"},
    {"debian", "", "", "", NULL},
    {"ubuntu", "22.04", "jammy", "", "Ubuntu:22.04:LTS|Ubuntu:Pro:22.04:LTS"},
    {"ubuntu", "23.10", "mantic", "", "Ubuntu:23.10"},
    {"ubuntu", "23.04", "lunar", "", "Ubuntu:23.04"},
    {"alpine", "3.19.1", "", "", "Alpine:v3.19"},
    {"alpine", "3.21.0_alpha20240807", "", "", "Alpine:edge"},
    {"almalinux", "9.3", "", "", "AlmaLinux:9"},
    {"almalinux", "10", "", "", "AlmaLinux:10"},
    {"rocky", "8.9", "", "", "Rocky Linux:8"},
    {"rhel", "9.2", "", "",
     "Red Hat:enterprise_linux:9|Red Hat:enterprise_linux:9::*|Red Hat:enterprise_linux:9.*"},
    {"sles", "15.5", "", "",
     "SUSE:Linux Enterprise Server 15 SP5|SUSE:Linux Enterprise Module for * 15 SP5|"
     "SUSE:Linux Enterprise Server 15 SP5-LTSS|SUSE:Linux Enterprise Desktop 15 SP5|"
     "SUSE:Linux Enterprise Micro 15 SP5"},
    {"opensuse-leap", "15.6", "", "", "openSUSE:Leap 15.6"},
    {"opensuse-tumbleweed", "20240101", "", "", "openSUSE:Tumbleweed"},
    {"photon", "5.0", "", "", "Photon OS:5.0"},
    {"azurelinux", "3.0", "", "", "Azure Linux:3|Azure Linux:3.0"},
    {"mariner", "2.0", "", "", "Azure Linux:2|Azure Linux:2.0"},
    {"wolfi", "20230201", "", "", "Wolfi|Wolfi:*"},
    {"chainguard", "20230214", "", "", "Chainguard|Chainguard:*"},
    {"minimos", "", "", "", "MinimOS|MinimOS:*"},
    {"mageia", "9", "", "", "Mageia:9"},
    {"openEuler", "22.03", "", "openEuler 22.03 (LTS-SP3)", "openEuler:22.03-LTS-SP3"},
    {"amzn", "2023", "", "", NULL},
    {"ol", "9.3", "", "", NULL},
    {"fedora", "39", "", "", NULL},
    {"centos", "7", "", "", NULL},
    {"", "", "", "", NULL},
    {"debian", "1*", "", "", NULL},
    {"x\x1b[2J", "1", "", "", NULL},
};

static void test_ecosystems(void **state)
{
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(distributions); i++) {
        struct bw_arena *arena = bw_arena_new(1 << 20);
        struct bw_distribution d = distribution(distributions[i].id, distributions[i].version);
        d.codename = bw_str(distributions[i].codename);
        d.pretty_name = bw_str(distributions[i].pretty);
        struct bw_ecosystem eco;
        struct bw_err err = {0};
        int rc = bw_ecosystem_of(&d, arena, &eco, &err);
        if (!distributions[i].names) {
            assert_true(rc == BW_EUNSUPPORTED || rc == BW_EFORMAT);
            assert_null(strchr(err.msg, '\x1b'));
            bw_arena_free(arena);
            continue;
        }
        assert_int_equal(rc, 0);
        struct bw_buf names = BW_BUF(4096);
        for (size_t k = 0; k < eco.names.n; k++)
            bw_buf_printf(&names, "%s%" BW_STR_F, k ? "|" : "", BW_STR_A(eco.names.v[k]));
        bw_buf_byte(&names, 0);
        assert_string_equal((const char *)names.p, distributions[i].names);
        bw_buf_free(&names);
        bw_arena_free(arena);
    }
}

/* --- a store and its questions --- */

static void test_by_source(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("D-1", "", AFFECTED("Debian:12", "openssl", FROM("0") UNTIL("3.0.11-1"), "")),
        RECORD("D-2", "", AFFECTED("Debian:11", "openssl", FROM("0") UNTIL("9"), "")),
        RECORD("D-3", "", AFFECTED("Debian:12", "libssl3", FROM("0"), "")),
        RECORD("D-4", "", AFFECTED("Debian:12", "openssl", FROM("0"), "")),
        RECORD("D-5", ",\"withdrawn\":\"2024-02-01T00:00:00Z\"",
               AFFECTED("Debian:12", "openssl", FROM("0"), "")),
        RECORD("D-6", "",
               "{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"openssl\"},"
               "\"versions\":[\"3.0.9-1\",\"3.0.12-1\"]}"),
    };
    struct asked a = ask(records, BW_ARRAY_LEN(records), "debian", "12");
    assert_int_equal(covering(&a, BW_PACKAGE_DEB).coverage, BW_COVERAGE_THERE);
    struct bw_package p = package(BW_PACKAGE_DEB, "libssl3", "3.0.9-1+b1", "openssl", "3.0.9-1");
    assert_string_equal(matches(&a, &p), "D-1:3.0.11-1 D-4: D-6:");
    p.source_version = BW_STR("3.0.12-1");
    assert_string_equal(matches(&a, &p), "D-4: D-6:");
    p = package(BW_PACKAGE_RPM, "openssl", "3.0.9-1", "openssl", "3.0.9-1");
    assert_int_equal(covering(&a, BW_PACKAGE_RPM).coverage, BW_COVERAGE_UNSUPPORTED);
    assert_string_equal(matches(&a, &p), "");
    asked_free(&a);
}

static void test_lowest_fix_that_fixes(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("D-1", "",
               AFFECTED("Debian:12", "p", FROM("0") UNTIL("1.5") "," FROM("2.0") UNTIL("2.5"),
                        "") "," AFFECTED("Debian:12", "p", FROM("0") UNTIL("3.0"), "")),
    };
    struct asked a = ask(records, 1, "debian", "12");
    struct bw_package p = package(BW_PACKAGE_DEB, "p", "1.0", "p", "1.0");
    assert_string_equal(matches(&a, &p), "D-1:1.5");
    p.source_version = BW_STR("2.0");
    assert_string_equal(matches(&a, &p), "D-1:2.5");
    p.source_version = BW_STR("2.7");
    assert_string_equal(matches(&a, &p), "D-1:3.0");
    p.source_version = BW_STR("2.5");
    assert_string_equal(matches(&a, &p), "D-1:3.0");
    p.source_version = BW_STR("3.0");
    assert_string_equal(matches(&a, &p), "");
    asked_free(&a);
}

static void test_ubuntu_pro(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("U-1", "",
               AFFECTED("Ubuntu:22.04:LTS", "p", FROM("0"), "") "," AFFECTED(
                   "Ubuntu:Pro:22.04:LTS", "p", FROM("0") UNTIL("1.0-1ubuntu1+esm1"), "")),
    };
    struct asked a = ask(records, 1, "ubuntu", "22.04");
    struct bw_package p = package(BW_PACKAGE_DEB, "p", "x", "p", "1.0-1ubuntu1");
    assert_string_equal(matches(&a, &p), "U-1:1.0-1ubuntu1+esm1");
    p.source_version = BW_STR("1.0-1ubuntu1+esm1");
    assert_string_equal(matches(&a, &p), "");
    p.source_version = BW_STR("1.0-1ubuntu1+esm2");
    assert_string_equal(matches(&a, &p), "");
    asked_free(&a);
}

static void test_rpm_names(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("A-1", "", AFFECTED("AlmaLinux:9", "openssl", FROM("0") UNTIL("1:3.0-2"), "")),
        RECORD("R-1", "", AFFECTED("Rocky Linux:9", "openssl", FROM("0") UNTIL("1:3.0-2"), "")),
        RECORD("H-1", "",
               AFFECTED("Red Hat:enterprise_linux:9::appstream", "openssl-libs",
                        FROM("0") UNTIL("1:3.0-2"), "")),
        RECORD("H-2", "",
               AFFECTED("Red Hat:rhel_eus:9.2::appstream", "openssl-libs",
                        FROM("0") UNTIL("1:3.0-2"), "")),
        RECORD("S-1", "",
               AFFECTED("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "openssl",
                        FROM("0") UNTIL("1:3.0-2"), "")),
    };
    /* The source package's name has no epoch, the advisory's version has one. */
    const struct bw_package libs =
        package(BW_PACKAGE_RPM, "openssl-libs", "1:3.0-1", "openssl", "3.0-1");
    const struct bw_package fixed =
        package(BW_PACKAGE_RPM, "openssl-libs", "1:3.0-2", "openssl", "3.0-2");
    struct asked a = ask(records, BW_ARRAY_LEN(records), "almalinux", "9.3");
    assert_string_equal(matches(&a, &libs), "");
    asked_free(&a);
    a = ask(records, BW_ARRAY_LEN(records), "rocky", "9.3");
    assert_string_equal(matches(&a, &libs), "R-1:1:3.0-2");
    assert_string_equal(matches(&a, &fixed), "");
    asked_free(&a);
    a = ask(records, BW_ARRAY_LEN(records), "rhel", "9.3");
    assert_string_equal(matches(&a, &libs), "H-1:1:3.0-2");
    asked_free(&a);
    a = ask(records, BW_ARRAY_LEN(records), "sles", "15.5");
    assert_string_equal(matches(&a, &libs), "S-1:1:3.0-2");
    asked_free(&a);
}

static void test_module_streams(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("ALSA-16", ",\"summary\":\"Important: nodejs:16 security update\"",
               AFFECTED("AlmaLinux:8", "nodejs", FROM("0") UNTIL("1:16.5-1.module_el8.6.0+1+a"),
                        "") "," AFFECTED("AlmaLinux:8", "nodejs",
                                         FROM("0") UNTIL("1:16.5-1.module_el8.7.0+9+b"), "")),
        RECORD(
            "ALSA-18", ",\"summary\":\"Important: nodejs:18 security update\"",
            AFFECTED("AlmaLinux:8", "nodejs", FROM("0") UNTIL("1:18.5-1.module_el8.6.0+2+a"), "")),
        RECORD("ALSA-0", ",\"summary\":\"Important: nodejs security update\"",
               AFFECTED("AlmaLinux:8", "nodejs", FROM("0") UNTIL("1:99-1.el8"), "")),
    };
    struct asked a = ask(records, BW_ARRAY_LEN(records), "almalinux", "8.7");
    struct bw_package p =
        package(BW_PACKAGE_RPM, "nodejs", "1:16.4-1.module_el8.6.0+0+a", "nodejs", "16.4-1");
    p.module = BW_STR("nodejs:16:8060020220523160029:ad008a3a");
    assert_string_equal(matches(&a, &p), "ALSA-16:1:16.5-1.module_el8.6.0+1+a");
    /* fixed in its own build, though another build has a higher version */
    p.version = BW_STR("1:16.5-1.module_el8.6.0+1+a");
    assert_string_equal(matches(&a, &p), "");
    /* a modular build that does not say its stream */
    p.version = BW_STR("1:16.4-1.module_el8.6.0+0+a");
    p.module = BW_STR("");
    assert_string_equal(matches(&a, &p),
                        "ALSA-16:1:16.5-1.module_el8.6.0+1+a ALSA-18:1:18.5-1.module_el8.6.0+2+a");
    /* no module */
    p.version = BW_STR("1:16.4-1.el8");
    assert_string_equal(matches(&a, &p), "ALSA-0:1:99-1.el8");
    asked_free(&a);
}

static void test_advisory(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("D-1",
               ",\"aliases\":[\"GHSA-1\"],\"upstream\":[\"CVE-2024-0002\",\"CVE-2024-0001\"],"
               "\"summary\":\"s\",\"references\":[{\"type\":\"WEB\",\"url\":\"https://w/\"}]",
               AFFECTED("Debian:12", "p", FROM("0"),
                        ",\"ecosystem_specific\":{\"urgency\":"
                        "\"low\"}") "," AFFECTED("Debian:11", "p", FROM("0"),
                                                 ",\"ecosystem_specific\":{\"urgency\":"
                                                 "\"high\"}")),
    };
    struct asked a = ask(records, 1, "debian", "12");
    struct bw_package p = package(BW_PACKAGE_DEB, "p", "1", "p", "1");
    struct bw_match match = {0};
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_int_equal(match.severity, BW_SEVERITY_LOW);
    const struct bw_advisory *advisory = match.advisory;
    assert_true(bw_str_eq(advisory->severity_from, BW_STR("vendor")));
    assert_int_equal(advisory->score_tenths, -1);
    assert_int_equal(advisory->aliases.n, 1);
    assert_int_equal(advisory->cves.n, 2);
    assert_true(bw_str_eq(advisory->cves.v[0], BW_STR("CVE-2024-0001")));
    assert_true(bw_str_eq(advisory->url, BW_STR("https://w/")));
    assert_true(bw_str_eq(advisory->summary, BW_STR("s")));
    asked_free(&a);
}

static void test_coverage(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("D-1", "", AFFECTED("Debian:11", "p", FROM("0"), "")),
    };
    static const struct {
        const char *id, *version;
        enum bw_coverage coverage;
        const char *why;
    } cases[] = {
        {"debian", "11", BW_COVERAGE_THERE, ""},
        {"debian", "13", BW_COVERAGE_RELEASE_ABSENT, "only for Debian:11"},
        {"alpine", "3.19", BW_COVERAGE_NOT_IMPORTED, "nothing for Alpine"},
        {"amzn", "2023", BW_COVERAGE_UNSUPPORTED, "Amazon Linux"},
        {"", "", BW_COVERAGE_UNSUPPORTED, "not known"},
        {"void", "", BW_COVERAGE_UNSUPPORTED, "void"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct asked a = ask(records, 1, cases[i].id, cases[i].version);
        enum bw_package_type type = strcmp(cases[i].id, "alpine") ? BW_PACKAGE_DEB : BW_PACKAGE_APK;
        struct bw_covering of = covering(&a, type);
        assert_int_equal(of.coverage, cases[i].coverage);
        assert_true(bw_str_find_str(of.why, bw_str(cases[i].why)) != SIZE_MAX);
        struct bw_package p = package(BW_PACKAGE_DEB, "p", "1", "p", "1");
        assert_string_equal(matches(&a, &p), i == 0 ? "D-1:" : "");
        asked_free(&a);
    }
}

static void test_builtin(void **state)
{
    (void)state;
    struct bw_know *know = NULL;
    struct bw_err err = {0};
    if (bw_know_open_builtin(&know, &err))
        fail_msg("%s", err.msg);
    struct asked a = {.know = know, .arena = bw_arena_new(1 << 20), .found = BW_BUF(1 << 20)};
    struct bw_database_info info;
    assert_int_equal(bw_know_info(know, a.arena, &info, &err), 0);
    assert_true(info.builtin);
    assert_true(info.records >= 25);
    assert_int_equal(info.digest.n, 64);
    assert_true(info.ecosystems.n >= 4);
    const struct bw_distribution d = distribution("debian", "12");
    assert_int_equal(bw_matcher_new(know, a.arena, &a.matcher, &err), 0);
    assert_int_equal(bw_matcher_set_distribution(a.matcher, &d, &err), 0);
    struct bw_package p =
        package(BW_PACKAGE_DEB, "libc6", "2.36-9+deb12u1", "glibc", "2.36-9+deb12u1");
    struct bw_match match = {0};
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_true(bw_str_eq(match.id, BW_STR("CVE-2023-4911")));
    assert_int_equal(match.severity, BW_SEVERITY_HIGH);
    assert_int_equal(match.advisory->score_tenths, 78);
    assert_true(match.kev && match.advisory->kev);
    p.source_version = BW_STR("2.36-9+deb12u3");
    assert_int_equal(match_first(&a, &p, &match), 0);
    asked_free(&a);
}

/* --- the public data, where it is at hand --- */

static void test_shared_data(void **state)
{
    (void)state;
    if (access(SHARED "/Debian/all.zip", R_OK)) {
        fprintf(stderr, "SKIP " SHARED " is absent\n");
        return;
    }
    struct rig rig = rig_open();
    struct bw_import import;
    assert_int_equal(rig_import(&rig, SHARED, &import, NULL), 0);
    assert_int_equal(import.records, 27875);
    assert_int_equal(import.unreadable, 0);
    assert_int_equal(import.left_out, 1200);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM advisory"), 27875 - 1200);
    assert_int_equal(rig_import(&rig, SHARED_KEV, NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM kev"), 1404);

    static const struct {
        const char *id, *release;
        enum bw_package_type type;
        const char *name, *version, *source, *source_version;
        const char *found; /* one advisory that must be among the found */
        const char *not_found;
    } cases[] = {
        {"debian", "10", BW_PACKAGE_DEB, "sudo", "1.8.27-1+deb10u2", "sudo", "1.8.27-1+deb10u2",
         "DSA-4839-1:1.8.27-1+deb10u3", "DSA-4543-1"},
        {"debian", "11", BW_PACKAGE_DEB, "libpolkit-gobject-1-0", "0.105-31", "policykit-1",
         "0.105-31", "DSA-5059-1:0.105-31+deb11u1", "DLA-2899-1"},
        {"debian", "11", BW_PACKAGE_DEB, "pkexec", "0.105-31+deb11u1", "policykit-1",
         "0.105-31+deb11u1", "", "DSA-5059-1"},
        {"alpine", "3.11.5", BW_PACKAGE_APK, "apache2-utils", "2.4.38-r0", "apache2", "2.4.38-r0",
         "ALPINE-CVE-2019-0211:2.4.39-r0", ""},
        {"almalinux", "8.5", BW_PACKAGE_RPM, "polkit-libs", "0.115-13.el8_5.1", "polkit",
         "0.115-13.el8_5.1", "ALSA-2022:0267:0.115-13.el8_5.2", ""},
        {"almalinux", "9.2", BW_PACKAGE_RPM, "glibc", "2.34-60.el9_2.6", "glibc", "2.34-60.el9_2.6",
         "ALSA-2023:5453:2.34-60.el9_2.7", "ALSA-2023:5455"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct asked a = ask_store(rig.db, cases[i].id, cases[i].release);
        const struct bw_package p = package(cases[i].type, cases[i].name, cases[i].version,
                                            cases[i].source, cases[i].source_version);
        const char *found = matches(&a, &p);
        if (!strstr(found, cases[i].found) ||
            (*cases[i].not_found && strstr(found, cases[i].not_found)))
            fail_msg("%s %s: %s", cases[i].name, cases[i].version, found);
        asked_free(&a);
    }
    rig_close(&rig);
}

int main(void)
{
    /* A directive in the name is TAP's form of a skip; cmocka's skip() is "not ok". */
    const char *shared = access(SHARED "/Debian/all.zip", R_OK) ? "test_shared_data # SKIP " SHARED
                                                                  " is absent"
                                                                : "test_shared_data";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecosystems),
        cmocka_unit_test(test_by_source),
        cmocka_unit_test(test_lowest_fix_that_fixes),
        cmocka_unit_test(test_ubuntu_pro),
        cmocka_unit_test(test_rpm_names),
        cmocka_unit_test(test_module_streams),
        cmocka_unit_test(test_advisory),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_builtin),
        {shared, test_shared_data, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
