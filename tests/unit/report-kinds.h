/*
 * report-kinds.h: reports with findings of every kind, for test-report.c and test-report-forms.c.
 */
#ifndef BW_TESTS_REPORT_KINDS_H
#define BW_TESTS_REPORT_KINDS_H

#include "report-fixtures.h"

static const struct bw_check secret_check = {.id = "secret", .title = "t"};
static const struct bw_check file_check = {.id = "file", .title = "t"};
static const struct bw_check licence_check = {.id = "licence", .title = "t"};

/* --- an application on a base image --- */

static struct bw_layer shop_layers[] = {
    {S("sha256:aaaa" HEX60), S("sha256:1111" HEX60), S("/bin/sh -c #(nop) ADD file:7e0a in / "),
     29150000},
    {S("sha256:bbbb" HEX60), S("sha256:2222" HEX60),
     S("RUN /bin/sh -c apt-get update && apt-get install -y openssl curl # buildkit"), 61000000},
    {S("sha256:cccc" HEX60), S("sha256:3333" HEX60), S("COPY . /srv/app # buildkit"), 40960},
    {S("sha256:dddd" HEX60), S("sha256:4444" HEX60),
     S("RUN /bin/sh -c rm -f /srv/app/.env # buildkit"), 512},
};

static const struct bw_package express = {.type = BW_PACKAGE_NPM,
                                          .name = S("express"),
                                          .version = S("4.17.1"),
                                          .source_name = S("express"),
                                          .source_version = S("4.17.1"),
                                          .licence = S("MIT")};
static const struct bw_package readline = {.type = BW_PACKAGE_DEB,
                                           .name = S("libreadline8"),
                                           .version = S("8.2-1.3"),
                                           .source_name = S("readline"),
                                           .source_version = S("8.2-1.3"),
                                           .licence = S("GPL-3.0-or-later")};

static struct bw_installed_package shop_packages[] = {
    {.package = &libcurl4}, {.package = &libssl3}, {.package = &openssl},
    {.package = &readline}, {.package = &express},
};

static struct bw_subject shop_subjects[] = {
    {.kind = BW_SUBJECT_IMAGE,
     .name = S("shop/app:3.2"),
     .source = S("docker"),
     .digest = S("sha256:4c0f" HEX60),
     .platform = S("linux/amd64"),
     .layers = shop_layers,
     .layers_n = 4,
     .distribution = {.id = S("debian"),
                      .version_id = S("12"),
                      .pretty_name = S("Debian GNU/Linux 12 (bookworm)")},
     .packages = shop_packages,
     .packages_n = 5,
     .looked_for_secrets = true,
     .looked_at_files = true,
     .base = {.name = S("debian:12"), .how = S("history"), .layers_n = 1}},
};

static struct bw_str cve_express[] = {S("CVE-2022-24999")};
static const struct bw_advisory adv_express = {
    .id = S("GHSA-hrpp-h998-j3pp"),
    .summary = S("qs vulnerable to Prototype Pollution"),
    .cves = {cve_express, 1},
    .severity_from = S("cvss:3.1"),
    .vector = S("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
    .score_tenths = 75,
    .modified = S("2024-02-16T08:00:00Z"),
    .url = S("https://github.com/advisories/GHSA-hrpp-h998-j3pp"),
};
static const struct bw_advisory adv_curl_other = {
    .id = S("CVE-2023-38545"),
    .summary = S("curl: heap based buffer overflow in the SOCKS5 proxy handshake"),
    .cves = {cve_curl, 1},
    .score_tenths = 98,
    .modified = S("2023-10-18T00:00:00Z"),
    .url = S("https://curl.se/docs/CVE-2023-38545.html"),
};
static const struct bw_advisory *const curl_others[] = {&adv_curl_other};

static const struct bw_waiver waiver_ours = {
    .source = S(".bulwarkignore"),
    .line = 12,
    .reason = S("the parser is never reached: requests are filtered by the proxy"),
    .owner = S("web team"),
    .expires = 1798848000, /* the end of 2027-01-01 */
};
static const struct bw_waiver waiver_vex = {
    .source = S("vendor.openvex.json"),
    .status = BW_VEX_NOT_AFFECTED,
    .justification = S("vulnerable_code_not_present"),
};

#define MARK(hex) S("0011223344556677889900aabbccdd" hex)
#define UNRATED   .epss_millionths = -1, .epss_percentile_millionths = -1, .risk_tenths = -1

static struct bw_finding shop_findings[] = {
    {.id = S("DEBIAN-CVE-2023-38545"),
     .severity = BW_SEVERITY_CRITICAL,
     .location = {.layer = 1, .path = S("var/lib/dpkg/status"), .line = 40},
     .fingerprint = MARK("01"),
     .package = &libcurl4,
     .purl = S("pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12"),
     .advisory = &adv_curl,
     .others = curl_others,
     .others_n = 1,
     .fixed_version = S("7.88.1-10+deb12u6"),
     .epss_millionths = 431200,
     .epss_percentile_millionths = 974000,
     .ransomware = true,
     .risk_tenths = 981},
    {.id = S("DSA-5764-1"),
     .severity = BW_SEVERITY_CRITICAL,
     .location = {.layer = 0, .path = S("var/lib/dpkg/status")},
     .fingerprint = MARK("02"),
     .package = &libssl3,
     .purl = S("pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"),
     .in_base = true,
     .advisory = &adv_ssl_critical,
     .fixed_version = S("3.0.14-1~deb12u2"),
     .epss_millionths = 4100,
     .epss_percentile_millionths = 610000,
     .risk_tenths = 420},
    {.kind = BW_FINDING_SECRET,
     .id = S("aws-access-key-id"),
     .severity = BW_SEVERITY_CRITICAL,
     .location = {.layer = 2, .path = S("srv/app/.env"), .line = 3},
     .fingerprint = MARK("03"),
     .title = S("AWS access key"),
     .remedy = S("Revoke it in IAM, then read it from the environment at run time"),
     .match = S("AKIA****************"),
     .deleted = true,
     .deleted_in = 3,
     UNRATED},
    {.kind = BW_FINDING_SECRET,
     .id = S("generic-password"),
     .severity = BW_SEVERITY_MEDIUM,
     .location = {.layer = 2, .inner = S("Env DB_PASSWORD")},
     .fingerprint = MARK("04"),
     .title = S("Password in an environment variable"),
     .match = S("h********"),
     .encoded = true,
     UNRATED},
    {.id = S("GHSA-hrpp-h998-j3pp"),
     .severity = BW_SEVERITY_HIGH,
     .location = {.layer = 2, .path = S("srv/app/node_modules/express/package.json")},
     .fingerprint = MARK("05"),
     .package = &express,
     .purl = S("pkg:npm/express@4.17.1"),
     .advisory = &adv_express,
     .fixed_version = S("4.17.3"),
     .epss_millionths = 17000,
     .epss_percentile_millionths = 870000,
     .risk_tenths = 377,
     .waiver = &waiver_ours},
    {.id = S("DSA-5532-1"),
     .severity = BW_SEVERITY_HIGH,
     .location = {.layer = 0, .path = S("var/lib/dpkg/status")},
     .fingerprint = MARK("06"),
     .package = &libssl3,
     .in_base = true,
     .advisory = &adv_ssl_high,
     UNRATED,
     .waiver = &waiver_vex},
    {.kind = BW_FINDING_FILE,
     .id = S("setuid-unowned"),
     .severity = BW_SEVERITY_HIGH,
     .location = {.layer = 2, .path = S("srv/app/bin/helper")},
     .fingerprint = MARK("07"),
     .title = S("Setuid file that no package owns"),
     .remedy = S("Take the bit away: chmod u-s"),
     .match = S("mode 4755, owned by root"),
     UNRATED},
    {.kind = BW_FINDING_FILE,
     .id = S("setuid-unowned"),
     .severity = BW_SEVERITY_HIGH,
     .location = {.layer = 2, .path = S("srv/app/bin/other")},
     .fingerprint = MARK("08"),
     .title = S("Setuid file that no package owns"),
     .match = S("mode 6755, owned by root"),
     UNRATED},
    {.kind = BW_FINDING_FILE,
     .id = S("changed-file"),
     .severity = BW_SEVERITY_MEDIUM,
     .location = {.layer = 1, .path = S("usr/bin/openssl")},
     .fingerprint = MARK("09"),
     .title = S("File differs from what its package shipped"),
     .package = &openssl,
     UNRATED},
    {.kind = BW_FINDING_LICENCE,
     .id = S("GPL-3.0-or-later"),
     .severity = BW_SEVERITY_LOW,
     .location = {.layer = 0, .path = S("var/lib/dpkg/status")},
     .fingerprint = MARK("0a"),
     .title = S("Licence that is denied: GPL-3.0-or-later"),
     .package = &readline,
     .purl = S("pkg:deb/debian/libreadline8@8.2-1.3"),
     .in_base = true,
     UNRATED},
};

static struct bw_result shop_results[] = {
    {&vulnerability_check, 0, BW_STATUS_FAIL, 5, 4, S("4 findings in 5 packages")},
    {&secret_check, 0, BW_STATUS_FAIL, 812, 2, {NULL, 0}},
    {&file_check, 0, BW_STATUS_FAIL, 3102, 3, {NULL, 0}},
    {&licence_check, 0, BW_STATUS_FAIL, 5, 1, {NULL, 0}},
};
static struct bw_gap shop_gaps[] = {
    {BW_GAP_NOTE, 0, S("layer 2: srv/app/dump.sql.gz"), S("secrets"),
     S("the file is over the limit of 64 MiB; raise --max-file-size")},
};

static inline struct bw_report shop_report(void)
{
    return (struct bw_report){
        .version = "0.1.0",
        .started = 1795315098,
        .elapsed_ms = 1234,
        .subjects = shop_subjects,
        .subjects_n = 1,
        .results = shop_results,
        .results_n = 4,
        .findings = shop_findings,
        .findings_n = BW_ARRAY_LEN(shop_findings),
        .gaps = shop_gaps,
        .gaps_n = 1,
        .database = {.present = true,
                     .digest = S("sha256:d00d" HEX60),
                     .records = 27875,
                     .ecosystems = {ecosystems, 7},
                     .newest = S("2026-11-21T08:00:00Z"),
                     .imported = S("2026-11-22T01:00:00Z")},
        .verdict = BW_VERDICT_FAIL,
        .verdict_reason = S("5 findings of severity high or worse"),
        .waived = 2,
    };
}

/* --- an application that wants to be something else to who reads of it --- */

#define ATTACK                                                                                     \
    "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>]]>&amp;\"'"                \
    "|[x](javascript:alert(3))`a``b @everyone #1 \x1b]0;t\x07\xe2\x80\xae\xff"

static const struct bw_package attack_package = {.type = BW_PACKAGE_NPM,
                                                 .name = S("=HYPERLINK(\"http://e\")" ATTACK),
                                                 .version = S("+1;\n-1" ATTACK),
                                                 .source_name = S("@SUM(A1)" ATTACK),
                                                 .source_version = S("\t=1")};
static struct bw_str attack_cves[] = {S("CVE-2020-0001\n::error::injected" ATTACK)};
static const struct bw_advisory attack_advisory = {
    .id = S("-EVIL%0A::set-output name=x::y" ATTACK),
    .summary = S("a\r\n::warning::b" ATTACK),
    .aliases = {attack_cves, 1},
    .cves = {attack_cves, 1},
    .severity_from = S(ATTACK),
    .vector = S(ATTACK),
    .score_tenths = 100,
    .kev = true,
    .modified = S(ATTACK),
    .url = S("javascript:alert(4)//" ATTACK),
};
static const struct bw_advisory *const attack_others[] = {&attack_advisory, &attack_advisory};
static const struct bw_waiver attack_waiver = {.source = S(ATTACK),
                                               .reason = S("=cmd|' /C calc'!A0" ATTACK),
                                               .owner = S("</details>" ATTACK),
                                               .justification = S(ATTACK)};

#define ATTACK_PLACE                                                                               \
    {                                                                                              \
        .layer = 9, .path = S("a b/%2e?#" ATTACK), .inner = S(ATTACK), .line = 7                   \
    }

static struct bw_finding attack_findings[] = {
    {.id = S("-EVIL%0A::set-output name=x::y" ATTACK),
     .severity = BW_SEVERITY_CRITICAL,
     .location = ATTACK_PLACE,
     .fingerprint = MARK("01"),
     .package = &attack_package,
     .purl = S("pkg:npm/" ATTACK),
     .advisory = &attack_advisory,
     .others = attack_others,
     .others_n = 2,
     .fixed_version = S("@2" ATTACK),
     .epss_millionths = 1000000,
     .epss_percentile_millionths = 1000000,
     .risk_tenths = 1000},
    {.kind = BW_FINDING_SECRET,
     .id = S(ATTACK),
     .location = ATTACK_PLACE,
     .fingerprint = MARK("02"),
     .title = S("```\n# heading\n" ATTACK),
     .remedy = S(ATTACK),
     .match = S("=1+1" ATTACK),
     .deleted = true,
     .deleted_in = 77,
     UNRATED},
    {.kind = BW_FINDING_FILE,
     .id = S(ATTACK),
     .severity = BW_SEVERITY_LOW,
     .location = ATTACK_PLACE,
     .fingerprint = MARK("03"),
     .title = S(ATTACK),
     .match = S(ATTACK),
     UNRATED,
     .waiver = &attack_waiver},
    {.kind = BW_FINDING_LICENCE,
     .id = S(ATTACK),
     .severity = BW_SEVERITY_NEGLIGIBLE,
     .fingerprint = MARK("04"),
     .package = &attack_package,
     UNRATED},
};
static struct bw_layer attack_layers[] = {{.created_by = S("RUN \x1b[2J" ATTACK)}};
static struct bw_subject attack_subjects[] = {{.kind = BW_SUBJECT_IMAGE,
                                               .name = S("n" ATTACK),
                                               .source = S(ATTACK),
                                               .platform = S(ATTACK),
                                               .layers = attack_layers,
                                               .layers_n = 1,
                                               .distribution = {.id = S(ATTACK)},
                                               .base = {.name = S(ATTACK), .layers_n = 1}}};
static struct bw_result attack_results[] = {
    {&vulnerability_check, 0, BW_STATUS_NOT_EVALUATED, 1, 2, S(ATTACK)}};
static struct bw_gap attack_gaps[] = {
    {BW_GAP_BLOCKING, 0, S(ATTACK), S(ATTACK), S(ATTACK)},
    {BW_GAP_NOTE, BW_GAP_NO_SUBJECT, S(ATTACK), S(ATTACK), S(ATTACK)}};

static inline struct bw_report attack_report(void)
{
    return (struct bw_report){
        .version = "0.1.0",
        .started = 1795315098,
        .subjects = attack_subjects,
        .subjects_n = 1,
        .results = attack_results,
        .results_n = 1,
        .findings = attack_findings,
        .findings_n = BW_ARRAY_LEN(attack_findings),
        .gaps = attack_gaps,
        .gaps_n = 2,
        .database = {.present = true, .records = 1, .newest = S(ATTACK)},
        .verdict = BW_VERDICT_FAIL,
        .verdict_reason = S(ATTACK),
        .waived = 1,
    };
}

#endif
