#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "ask-rig.h"
#include "know/language.h"

#define SHARED "../shared/data/osv"

/* --- names and versions --- */

static void test_names(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"PyPI", "Flask_Login", "flask-login"},
        {"PyPI", "zope.-_interface", "zope-interface"},
        {"NuGet", "Newtonsoft.Json", "newtonsoft.json"},
        {"Packagist", "Symfony/HTTP-Kernel", "symfony/http-kernel"},
        {"Packagist:https://packages.drupal.org/8", "Drupal/Core", "drupal/core"},
        {"npm", "@Scope/Name", "@Scope/Name"},
        {"Maven", "org.Example:A", "org.Example:A"},
        {"Go", "github.com/BurntSushi/toml", "github.com/BurntSushi/toml"},
        {"SwiftURL", "https://github.com/Apple/swift-nio.git", "github.com/apple/swift-nio"},
        {"SwiftURL", "ssh://git@github.com/a/b/", "github.com/a/b"},
        {"SwiftURL", "git@github.com:a/b.git", "github.com/a/b"},
        {"SwiftURL", "github.com/a/b", "github.com/a/b"},
        {"SwiftURL", "https://host:8443/a", "host:8443/a"},
        {"Debian:12", "LibX_y", "LibX_y"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_buf buf = BW_BUF(4096);
        bw_language_put_name(&buf, bw_str(cases[i][0]), bw_str(cases[i][1]));
        if (!bw_str_eq(bw_buf_slice(&buf), bw_str(cases[i][2])))
            fail_msg("%s %s: %.*s", cases[i][0], cases[i][1], (int)buf.n, (const char *)buf.p);
        bw_buf_free(&buf);
    }
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        enum bw_package_type type;
        const char *version, *wanted;
    } cases[] = {
        {BW_PACKAGE_GO, "go1.21.3", "1.21.3"},
        {BW_PACKAGE_GO, "go1.21.3 X:boringcrypto", "1.21.3"},
        {BW_PACKAGE_GO, "v0.0.0-20210101000000-abcdef123456", "v0.0.0-20210101000000-abcdef123456"},
        {BW_PACKAGE_GO, "(devel)", ""},
        {BW_PACKAGE_GO, "devel go1.22-abc", ""},
        {BW_PACKAGE_NPM, " 1.0.0 ", "1.0.0"},
        {BW_PACKAGE_NPM, "latest", ""},
        {BW_PACKAGE_NPM, "", ""},
        {BW_PACKAGE_MAVEN, "${project.version}", ""},
        {BW_PACKAGE_MAVEN, "r09", "r09"},
        {BW_PACKAGE_MAVEN, "Finchley.SR2", "Finchley.SR2"},
        {BW_PACKAGE_COMPOSER, "v5.4.0", "v5.4.0"},
        {BW_PACKAGE_COMPOSER, "dev-main", ""},
        {BW_PACKAGE_CONAN, "cci.20240101", "cci.20240101"},
        {BW_PACKAGE_PYPI, "unknown", ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_str got = bw_language_version(cases[i].type, bw_str(cases[i].version));
        if (!bw_str_eq(got, bw_str(cases[i].wanted)))
            fail_msg("%s: %.*s", cases[i].version, (int)got.n, got.p);
    }
}

static bool is_usual(struct bw_str name)
{
    struct bw_strs usual = bw_ecosystem_known(true);
    for (size_t i = 0; i < usual.n; i++)
        if (bw_str_eq(usual.v[i], name))
            return true;
    return false;
}

/* The three tables say the same: types, orders, and what an update fetches. */
static void test_tables_agree(void **state)
{
    (void)state;
    size_t languages = 0;
    for (int type = 0; type < BW_PACKAGE_TYPE_COUNT; type++) {
        struct bw_ecosystem eco;
        enum bw_version_order order;
        if (!bw_language_ecosystem((enum bw_package_type)type, &eco))
            continue;
        languages++;
        assert_true(bw_version_order_of_ecosystem(eco.name, &order));
        assert_int_equal(order, eco.order);
        assert_true(is_usual(eco.name));
    }
    assert_int_equal(languages, BW_PACKAGE_TYPE_COUNT - 4); /* deb, apk, rpm, Conda */
    assert_true(is_usual(BW_STR("Debian")));
    assert_false(is_usual(BW_STR("opam")));
}

/* --- one record an ecosystem --- */

static struct bw_package installed(enum bw_package_type type, const char *name, const char *version)
{
    return package(type, name, version, "", "");
}

#define SEMVER(eco, name, events)                                                                  \
    "{\"package\":{\"ecosystem\":\"" eco "\",\"name\":\"" name "\"},\"ranges\":[{\"type\":"        \
    "\"SEMVER\",\"events\":[" events "]}]}"
#define LISTED(eco, name, versions)                                                                \
    "{\"package\":{\"ecosystem\":\"" eco "\",\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define ALIASES(list) ",\"aliases\":[" list "]"
#define RATED(vector) ",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"" vector "\"}]"
#define CRITICAL      "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define MEDIUM        "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"

static const char *const each[] = {
    RECORD("N-1", "",
           SEMVER("npm", "@s/n", FROM("1.0.0") UNTIL("1.2.3") "," FROM("2.0.0-0") UNTIL("2.1.0"))),
    RECORD("P-1", "",
           AFFECTED("PyPI", "Flask-Login", FROM("0") UNTIL("0.6"), ",\"versions\":[\"0.7.0\"]")),
    RECORD("M-1", "",
           AFFECTED("Maven", "g:a", FROM("1.0") UNTIL("1.4.1.Final"),
                    "") "," LISTED("Maven", "g:b", "\"1.0.0\",\"2.0-rc-1\"")),
    RECORD("R-1", "", AFFECTED("RubyGems", "rack", FROM("0") UNTIL("2.2.6.2"), "")),
    RECORD("U-1", "", AFFECTED("NuGet", "Newtonsoft.Json", FROM("0") UNTIL("13.0.1"), "")),
    RECORD("C-1", "", AFFECTED("Packagist", "Vendor/Name", FROM("5.0.0") UNTIL("5.4.20"), "")),
    RECORD("G-1", "",
           SEMVER("Go", "stdlib", FROM("0") UNTIL("1.20.8") "," FROM("1.21.0-0") UNTIL("1.21.1"))),
    RECORD("G-2", "", SEMVER("Go", "github.com/x/y", FROM("0") UNTIL("2.0.0+incompatible"))),
    RECORD("X-1", "", SEMVER("crates.io", "time", FROM("0.1.0") UNTIL("0.2.23"))),
    RECORD("D-1", "", AFFECTED("Pub", "http", FROM("0") UNTIL("0.13.3"), "")),
    RECORD("H-1", "", SEMVER("Hex", "plug", FROM("0") UNTIL("1.0.4"))),
    RECORD("S-1", "",
           SEMVER("SwiftURL", "https://github.com/apple/swift-nio", FROM("2.0.0") UNTIL("2.39.1"))),
    RECORD("J-1", "", SEMVER("Julia", "HTTP", FROM("0") UNTIL("1.10.17"))),
    RECORD("L-1", "", AFFECTED("CRAN", "commonmark", FROM("0.2") UNTIL("1.8"), "")),
    RECORD("O-1", "", AFFECTED("ConanCenter", "openssl", FROM("1.1.1") UNTIL("1.1.1t"), "")),
    RECORD("B-1", "",
           SEMVER("Bitnami", "nginx",
                  FROM("1.5.13") ","
                                 "{\"last_affected\":\"1.22.0\"}")),
};

static const struct {
    enum bw_package_type type;
    const char *name, *version, *found;
} expectations[] = {
    {BW_PACKAGE_NPM, "@s/n", "1.2.2", "N-1:1.2.3"},
    {BW_PACKAGE_NPM, "@s/n", "1.2.3", ""},
    {BW_PACKAGE_NPM, "@s/n", "0.9.0", ""},
    {BW_PACKAGE_NPM, "@s/n", "2.0.0-rc.1", "N-1:2.1.0"},
    {BW_PACKAGE_NPM, "s/n", "1.2.2", ""},
    {BW_PACKAGE_PYPI, "flask_login", "0.5.1", "P-1:0.6"},
    {BW_PACKAGE_PYPI, "Flask.Login", "0.6.0", ""},
    {BW_PACKAGE_PYPI, "flask-login", "0.6rc1", "P-1:0.6"},
    {BW_PACKAGE_PYPI, "flask-login", "0.7", "P-1:"},
    {BW_PACKAGE_MAVEN, "g:a", "1.4.0.Final", "M-1:1.4.1.Final"},
    {BW_PACKAGE_MAVEN, "g:a", "1.4.1", ""},
    {BW_PACKAGE_MAVEN, "g:b", "1", "M-1:"},
    {BW_PACKAGE_MAVEN, "g:b", "2.0-RC1", "M-1:"},
    {BW_PACKAGE_MAVEN, "g:b", "2.0", ""},
    {BW_PACKAGE_GEM, "rack", "2.2.6", "R-1:2.2.6.2"},
    {BW_PACKAGE_GEM, "rack", "3.0.0.rc1", ""},
    {BW_PACKAGE_NUGET, "newtonsoft.json", "12.0.3.0", "U-1:13.0.1"},
    {BW_PACKAGE_NUGET, "Newtonsoft.JSON", "13.0.1.0", ""},
    {BW_PACKAGE_COMPOSER, "vendor/name", "v5.4.19", "C-1:5.4.20"},
    {BW_PACKAGE_COMPOSER, "vendor/name", "dev-main", ""},
    {BW_PACKAGE_GO, "stdlib", "go1.21.0", "G-1:1.21.1"},
    {BW_PACKAGE_GO, "stdlib", "go1.21rc2", "G-1:1.21.1"},
    {BW_PACKAGE_GO, "stdlib", "go1.20.8", ""},
    {BW_PACKAGE_GO, "github.com/x/y", "v1.9.0+incompatible", "G-2:2.0.0+incompatible"},
    {BW_PACKAGE_GO, "github.com/x/y", "v2.0.0+incompatible", ""},
    {BW_PACKAGE_GO, "github.com/x/y", "v0.0.0-20210101000000-abcdef123456",
     "G-2:2.0.0+incompatible"},
    {BW_PACKAGE_GO, "github.com/x/y", "(devel)", ""},
    {BW_PACKAGE_CARGO, "time", "0.1.43", "X-1:0.2.23"},
    {BW_PACKAGE_PUB, "http", "0.13.2", "D-1:0.13.3"},
    {BW_PACKAGE_HEX, "plug", "1.0.3", "H-1:1.0.4"},
    {BW_PACKAGE_SWIFT, "github.com/Apple/swift-nio.git", "2.39.0", "S-1:2.39.1"},
    {BW_PACKAGE_JULIA, "HTTP", "v1.10.16", "J-1:1.10.17"},
    {BW_PACKAGE_CRAN, "commonmark", "1.7", "L-1:1.8"},
    {BW_PACKAGE_CONAN, "openssl", "1.1.1s", "O-1:1.1.1t"},
    {BW_PACKAGE_BITNAMI, "nginx", "1.22.0", "B-1:"},
    {BW_PACKAGE_BITNAMI, "nginx", "1.22.1", ""},
};

/* Asked twice: the second answer is the remembered one. */
static void test_each_ecosystem(void **state)
{
    (void)state;
    struct asked a = ask(each, BW_ARRAY_LEN(each), "debian", "12");
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < BW_ARRAY_LEN(expectations); i++) {
            const struct bw_package p =
                installed(expectations[i].type, expectations[i].name, expectations[i].version);
            const char *found = matches(&a, &p);
            if (strcmp(found, expectations[i].found))
                fail_msg("%s %s: '%s', not '%s'", p.name.p, p.version.p, found,
                         expectations[i].found);
        }
    asked_free(&a);
}

static void test_fix_outside_of_all_ranges(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("N-1", "",
               SEMVER("npm", "p",
                      FROM("0") UNTIL("1.5.0") "," FROM("2.0.0")
                          UNTIL("2.5.0")) "," SEMVER("npm", "p",
                                                     FROM("1.0.0")
                                                         UNTIL("1.8.0")) "," LISTED("npm", "p",
                                                                                    "\"1.2.0\"")),
    };
    struct asked a = ask(records, 1, "", "");
    struct bw_package p = installed(BW_PACKAGE_NPM, "p", "0.9.0");
    assert_string_equal(matches(&a, &p), "N-1:1.5.0");
    p.version = BW_STR("1.2.0");
    assert_string_equal(matches(&a, &p), "N-1:1.8.0");
    p.version = BW_STR("2.1.0");
    assert_string_equal(matches(&a, &p), "N-1:2.5.0");
    asked_free(&a);
}

static void test_coverage_of_types(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("P-1", "", AFFECTED("PyPI", "p", FROM("0"), "")),
    };
    struct asked a = ask(records, 1, "", "");
    assert_int_equal(covering(&a, BW_PACKAGE_PYPI).coverage, BW_COVERAGE_THERE);
    assert_true(bw_str_eq(covering(&a, BW_PACKAGE_PYPI).ecosystem, BW_STR("PyPI")));
    struct bw_covering npm = covering(&a, BW_PACKAGE_NPM);
    assert_int_equal(npm.coverage, BW_COVERAGE_NOT_IMPORTED);
    assert_true(bw_str_eq(npm.why, BW_STR("the advisory database has nothing for npm: run "
                                          "`bulwark db update`")));
    struct bw_covering conda = covering(&a, BW_PACKAGE_CONDA);
    assert_int_equal(conda.coverage, BW_COVERAGE_UNSUPPORTED);
    assert_true(bw_str_eq(conda.why, BW_STR("OSV has no advisories for Conda")));
    struct bw_package p = installed(BW_PACKAGE_GO, "x", "(devel)");
    assert_false(bw_matcher_has_version(&p));
    asked_free(&a);
}

/* --- several records of one vulnerability --- */

static void test_aliases_are_one(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("PYSEC-2024-1", ALIASES("\"CVE-2024-0001\",\"GHSA-aaaa-aaaa-aaaa\""),
               AFFECTED("PyPI", "p", FROM("0") UNTIL("1.5"), "")),
        RECORD("GHSA-aaaa-aaaa-aaaa", ALIASES("\"CVE-2024-0001\"") RATED(MEDIUM),
               AFFECTED("PyPI", "p", FROM("0") UNTIL("1.6"), "")),
        /* Another vulnerability, which only the related CVE has in common. */
        RECORD("GHSA-bbbb-bbbb-bbbb", RATED(CRITICAL) ",\"related\":[\"CVE-2024-0001\"]",
               AFFECTED("PyPI", "p", FROM("0") UNTIL("2.0"), "")),
        /* Joined by a third record's alias alone. */
        RECORD("Z-1", ALIASES("\"CVE-2024-0009\""), AFFECTED("PyPI", "q", FROM("0"), "")),
        RECORD("Z-2", ALIASES("\"CVE-2024-0010\""), AFFECTED("PyPI", "q", FROM("0"), "")),
        RECORD("Z-3", ALIASES("\"CVE-2024-0009\",\"CVE-2024-0010\""),
               AFFECTED("PyPI", "q", FROM("0"), "")),
        /* A distribution's errata stay what they are. */
        RECORD("DSA-1", ALIASES("\"CVE-2024-0001\""),
               AFFECTED("Debian:12", "p", FROM("0") UNTIL("1.5"), "")),
        RECORD("DSA-2", ALIASES("\"CVE-2024-0001\""),
               AFFECTED("Debian:12", "p", FROM("0") UNTIL("1.6"), "")),
    };
    struct asked a = ask(records, BW_ARRAY_LEN(records), "debian", "12");
    struct bw_package p = installed(BW_PACKAGE_PYPI, "p", "1.0");
    struct bw_match match = {0};
    assert_string_equal(matches(&a, &p), "CVE-2024-0001:1.6>PYSEC-2024-1 GHSA-bbbb-bbbb-bbbb:2.0");
    assert_int_equal(match_first(&a, &p, &match), 2);
    assert_true(bw_str_eq(match.advisory->id, BW_STR("GHSA-aaaa-aaaa-aaaa")));
    assert_int_equal(match.severity, BW_SEVERITY_MEDIUM);
    p = installed(BW_PACKAGE_PYPI, "q", "1.0");
    assert_string_equal(matches(&a, &p), "CVE-2024-0009:>Z-2>Z-3");
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_true(bw_str_eq(match.advisory->id, BW_STR("Z-1")));
    assert_int_equal(match.advisory->cves.n, 2);
    assert_true(bw_str_eq(match.advisory->cves.v[1], BW_STR("CVE-2024-0010")));
    p = package(BW_PACKAGE_DEB, "p", "1.0", "p", "1.0");
    assert_string_equal(matches(&a, &p), "DSA-1:1.5 DSA-2:1.6");
    asked_free(&a);
}

/* The best rung decides, and within it the worst. */
static void test_severity_of_several(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("A-1", ALIASES("\"CVE-2024-0001\"") ",\"database_specific\":{\"severity\":\"HIGH\"}",
               AFFECTED("npm", "p", FROM("0"), "")),
        RECORD("A-2", ALIASES("\"CVE-2024-0001\"") RATED(MEDIUM),
               AFFECTED("npm", "p", FROM("0"), "")),
        RECORD("B-1", ALIASES("\"CVE-2024-0002\"") RATED(MEDIUM),
               AFFECTED("npm", "q", FROM("0"), "")),
        RECORD("B-2", ALIASES("\"CVE-2024-0002\"") RATED(CRITICAL),
               AFFECTED("npm", "q", FROM("0"), "")),
    };
    struct asked a = ask(records, BW_ARRAY_LEN(records), "debian", "12");
    struct bw_package p = installed(BW_PACKAGE_NPM, "p", "1.0.0");
    struct bw_match match = {0};
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_int_equal(match.severity, BW_SEVERITY_MEDIUM);
    p = installed(BW_PACKAGE_NPM, "q", "1.0.0");
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_int_equal(match.severity, BW_SEVERITY_CRITICAL);
    assert_int_equal(match.advisory->score_tenths, 98);
    asked_free(&a);
}

static void test_malware(void **state)
{
    (void)state;
    static const char *const records[] = {
        RECORD("MAL-2024-1", ALIASES("\"GHSA-cccc-cccc-cccc\""),
               LISTED("npm", "evil", "\"1.0.1\",\"1.0.2\"")),
        RECORD("GHSA-cccc-cccc-cccc", RATED(MEDIUM), SEMVER("npm", "evil", FROM("0"))),
        RECORD("MAL-2024-2", "", SEMVER("npm", "worse", FROM("0"))),
    };
    struct asked a = ask(records, BW_ARRAY_LEN(records), "debian", "12");
    struct bw_package p = installed(BW_PACKAGE_NPM, "evil", "1.0.2");
    struct bw_match match = {0};
    assert_string_equal(matches(&a, &p), "MAL-2024-1:>GHSA-cccc-cccc-cccc");
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_int_equal(match.severity, BW_SEVERITY_CRITICAL);
    assert_true(match.malicious);
    assert_true(bw_str_eq(match.advisory->severity_from, BW_STR("malicious")));
    p = installed(BW_PACKAGE_NPM, "evil", "1.0.0");
    assert_string_equal(matches(&a, &p), "GHSA-cccc-cccc-cccc:");
    p = installed(BW_PACKAGE_NPM, "worse", "7.0.0");
    assert_string_equal(matches(&a, &p), "MAL-2024-2:");
    asked_free(&a);
}

/* --- exploitation --- */

static void test_epss_and_ransomware(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_import import;
    rig_text(&rig, "r/1.json",
             RECORD("GHSA-1", ALIASES("\"CVE-2024-0001\",\"CVE-2024-0002\""),
                    AFFECTED("npm", "p", FROM("0"), "")));
    rig_text(&rig, "r/2.json",
             RECORD("GHSA-2", ALIASES("\"CVE-2024-0003\""), AFFECTED("npm", "q", FROM("0"), "")));
    rig_text(&rig, "kev.json",
             "{\"vulnerabilities\":[{\"cveID\":\"CVE-2024-0001\",\"dateAdded\":\"2024-03-01\","
             "\"knownRansomwareCampaignUse\":\"Known\"}]}");
    static const char scores[] = "#model_version:v2025.03.14,score_date:2026-11-25T12:55:00Z\n"
                                 "cve,epss,percentile\n"
                                 "CVE-2024-0001,0.00043,0.12\nCVE-2024-0002,0.97,0.99987\n";
    rig_text(&rig, "epss.csv", scores);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "r"), NULL, NULL), 0);
    char *before = rig_string(&rig, "SELECT value FROM meta WHERE key='digest'");
    assert_int_equal(rig_import(&rig, rig_path(&rig, "kev.json"), NULL, NULL), 0);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "epss.csv"), NULL, NULL), 0);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "epss.csv"), &import, NULL), 0);
    assert_int_equal(import.sources_unchanged, 1);
    assert_text(&rig, "SELECT value FROM meta WHERE key='epss_date'", "2026-11-25T12:55:00Z");
    assert_text(&rig, "SELECT value FROM meta WHERE key='epss'", "2");
    char *after = rig_string(&rig, "SELECT value FROM meta WHERE key='digest'");
    assert_string_not_equal(before, after);
    free(before);
    free(after);
    struct asked a = ask_store(rig.db, "debian", "12");
    a.rig = rig;
    struct bw_package p = installed(BW_PACKAGE_NPM, "p", "1.0.0");
    struct bw_match match = {0};
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_int_equal(match.epss_millionths, 970000);
    assert_int_equal(match.epss_percentile_millionths, 999870);
    assert_true(match.kev && match.ransomware);
    p = installed(BW_PACKAGE_NPM, "q", "1.0.0");
    assert_int_equal(match_first(&a, &p, &match), 1);
    assert_int_equal(match.epss_millionths, -1);
    assert_false(match.kev || match.ransomware);
    asked_free(&a);
}

/* --- the public data, where it is at hand --- */

static void test_shared_data(void **state)
{
    (void)state;
    if (access(SHARED "/Go/all.zip", R_OK)) {
        fprintf(stderr, "SKIP " SHARED " is absent\n");
        return;
    }
    struct rig rig = rig_open();
    static const char *const folders[] = {"Go", "PyPI", "crates.io", "Bitnami"};
    for (size_t i = 0; i < BW_ARRAY_LEN(folders); i++) {
        char path[128];
        struct bw_import import;
        snprintf(path, sizeof path, SHARED "/%s/all.zip", folders[i]);
        assert_int_equal(rig_import(&rig, path, &import, NULL), 0);
        assert_int_equal(import.unreadable, 0);
    }
    struct asked a = ask_store(rig.db, "", "");
    a.rig = rig;
    static const struct {
        enum bw_package_type type;
        const char *name, *version, *found, *not_found;
    } cases[] = {
        {BW_PACKAGE_GO, "stdlib", "go1.21.0", "CVE-2023-39318:1.21.1", "CVE-2022-41717"},
        {BW_PACKAGE_GO, "golang.org/x/text", "v0.3.5", "CVE-2021-38561:0.3.7", "CVE-2020-14040"},
        {BW_PACKAGE_PYPI, "Jinja2", "2.11.2", "CVE-2020-28493:2.11.3", "CVE-2019-10906"},
        {BW_PACKAGE_CARGO, "smallvec", "0.6.9", "CVE-2019-15551:0.6.10", "none"},
        {BW_PACKAGE_BITNAMI, "nginx", "1.20.0", "CVE-2021-23017:1.20.1", "CVE-2019-9511"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        const struct bw_package p = installed(cases[i].type, cases[i].name, cases[i].version);
        const char *found = matches(&a, &p);
        if (!strstr(found, cases[i].found) || strstr(found, cases[i].not_found))
            fail_msg("%s %s: %s", cases[i].name, cases[i].version, found);
    }
    asked_free(&a);
}

int main(void)
{
    /* A directive in the name is TAP's form of a skip; cmocka's skip() is "not ok". */
    const char *shared = access(SHARED "/Go/all.zip", R_OK) ? "test_shared_data # SKIP " SHARED
                                                              " is absent"
                                                            : "test_shared_data";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_tables_agree),
        cmocka_unit_test(test_each_ecosystem),
        cmocka_unit_test(test_fix_outside_of_all_ranges),
        cmocka_unit_test(test_coverage_of_types),
        cmocka_unit_test(test_aliases_are_one),
        cmocka_unit_test(test_severity_of_several),
        cmocka_unit_test(test_malware),
        cmocka_unit_test(test_epss_and_ransomware),
        {shared, test_shared_data, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
