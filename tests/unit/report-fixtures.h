/*
 * report-fixtures.h: reports made by hand, for test-report.c.
 */
#ifndef BW_TESTS_REPORT_FIXTURES_H
#define BW_TESTS_REPORT_FIXTURES_H

#include <stdio.h>

#include "base/arena.h"
#include "model/report.h"

#define S(lit)                                                                                     \
    {                                                                                              \
        (lit), sizeof(lit) - 1                                                                     \
    }
#define HEX60 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"

static const struct bw_check vulnerability_check = {.id = "vulnerability", .title = "t"};

/* --- subjects --- */

static struct bw_str web_tags[] = {S("shop/web:2.1"), S("shop/web:latest")};
static struct bw_layer web_layers[] = {
    {S("sha256:aaaa" HEX60), S("sha256:1111" HEX60), S("/bin/sh -c #(nop) ADD file:7e0a in / "),
     29150000},
    {S("sha256:bbbb" HEX60), S("sha256:2222" HEX60),
     S("RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends nginx"),
     61000000},
    {S("sha256:cccc" HEX60), S("sha256:3333" HEX60), S("COPY app /srv/app # buildkit"), 4096},
};

#define DEB(n, v, s, sv)                                                                           \
    {                                                                                              \
        .type = BW_PACKAGE_DEB, .name = S(n), .version = S(v), .arch = S("amd64"),                 \
        .source_name = S(s), .source_version = S(sv)                                               \
    }

static const struct bw_package libssl3 =
    DEB("libssl3", "3.0.11-1~deb12u2", "openssl", "3.0.11-1~deb12u2");
static const struct bw_package openssl =
    DEB("openssl", "3.0.11-1~deb12u2", "openssl", "3.0.11-1~deb12u2");
static const struct bw_package libcurl4 =
    DEB("libcurl4", "7.88.1-10+deb12u5", "curl", "7.88.1-10+deb12u5");
static const struct bw_package zlib1g = DEB("zlib1g", "1:1.2.13.dfsg-1", "zlib", "1:1.2.13.dfsg-1");
static const struct bw_package headers = DEB("linux-libc-dev", "6.1.76-1", "linux", "6.1.76-1");
static const struct bw_package bash = DEB("bash", "5.2.15-2+b2", "bash", "5.2.15-2");
static const struct bw_package gcc_base = DEB("gcc-12-base", "12.2.0-14", "gcc-12", "12.2.0-14");
static const struct bw_package bash_rpm = {
    .type = BW_PACKAGE_RPM,
    .name = S("bash"),
    .version = S("5.1.8-6.el9_1"),
    .arch = S("x86_64"),
    .source_name = S("bash"),
    .source_version = S("5.1.8-6.el9_1"),
};

static struct bw_installed_package web_packages[] = {
    {.package = &bash},    {.package = &gcc_base}, {.package = &libcurl4}, {.package = &libssl3},
    {.package = &headers}, {.package = &openssl},  {.package = &zlib1g}};
static struct bw_installed_package rpm_packages[] = {{.package = &bash_rpm}};

static struct bw_removed_package web_removed[] = {{&gcc_base, 0, 1}, {&bash, 1, 2}};
static struct bw_layer plain_layers[1];

static struct bw_subject subjects[] = {
    {.kind = BW_SUBJECT_IMAGE,
     .name = S("shop/web:2.1"),
     .source = S("docker-daemon"),
     .digest = S("sha256:4c0f" HEX60),
     .platform = S("linux/amd64"),
     .tags = {web_tags, 2},
     .layers = web_layers,
     .layers_n = 3,
     .distribution = {.id = S("debian"),
                      .version_id = S("12"),
                      .codename = S("bookworm"),
                      .name = S("Debian GNU/Linux"),
                      .pretty_name = S("Debian GNU/Linux 12 (bookworm)")},
     .packages = web_packages,
     .packages_n = 7,
     .removed = web_removed,
     .removed_n = 2},
    {.kind = BW_SUBJECT_IMAGE,
     .name = S("cache.tar"),
     .source = S("docker-archive"),
     .digest = S("sha256:9b1d" HEX60),
     .platform = S("linux/arm64/v8"),
     .layers = web_layers,
     .layers_n = 1,
     .distribution = {.id = S("alpine"),
                      .version_id = S("3.19.1"),
                      .pretty_name = S("Alpine Linux v3.19")},
     .packages = web_packages,
     .packages_n = 1},
    {.kind = BW_SUBJECT_IMAGE,
     .name = S("scratch/tool@sha256:5ad1"),
     .source = S("oci-layout"),
     .digest = S("sha256:5ad1" HEX60),
     .platform = S("linux/amd64"),
     .layers = web_layers,
     .layers_n = 2},
    {.kind = BW_SUBJECT_FILESYSTEM,
     .name = S("/"),
     .source = S("directory"),
     .layers = plain_layers,
     .layers_n = 1,
     .distribution = {.id = S("almalinux"), .version_id = S("9.3")},
     .packages = rpm_packages,
     .packages_n = 1},
};

/* --- advisories and findings --- */

static struct bw_str cve_one[] = {S("CVE-2024-5535")};
static struct bw_str cve_many[] = {S("CVE-2023-3446"), S("CVE-2023-3817"), S("CVE-2023-5363")};
static struct bw_str cve_curl[] = {S("CVE-2023-38545")};
static struct bw_str alsa_aliases[] = {S("RHSA-2024:0001")};

static const struct bw_advisory adv_ssl_critical = {
    .id = S("DSA-5764-1"),
    .summary = S("openssl - security update"),
    .cves = {cve_one, 1},
    .severity_from = S("cvss:3.1"),
    .vector = S("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H"),
    .score_tenths = 91,
    .modified = S("2024-09-03T10:00:00Z"),
    .url = S("https://www.debian.org/security/2024/dsa-5764"),
};
static const struct bw_advisory adv_ssl_high = {
    .id = S("DSA-5532-1"),
    .cves = {cve_many, 3},
    .severity_from = S("CVE-2023-5363 in Bitnami"),
    .score_tenths = 75,
};
static const struct bw_advisory adv_curl = {
    .id = S("DEBIAN-CVE-2023-38545"),
    .cves = {cve_curl, 1},
    .severity_from = S("cvss:3.1"),
    .score_tenths = 98,
    .kev = true,
};
static const struct bw_advisory adv_zlib = {.id = S("DLA-9999-1"), .score_tenths = -1};
static const struct bw_advisory adv_bash = {
    .id = S("ALSA-2024:0001"),
    .aliases = {alsa_aliases, 1},
    .severity_from = S("vendor"),
    .score_tenths = -1,
};

#define FOUND(adv, sev, pkg, sub, fix)                                                             \
    {                                                                                              \
        .id = (adv).id, .severity = BW_SEVERITY_##sev, .subject = (sub),                           \
        .location = {.layer = 1, .path = S("var/lib/dpkg/status")},                                \
        .fingerprint = S("00112233445566778899aabbccddeeff"), .advisory = &(adv),                  \
        .package = &(pkg), .purl = S("pkg:deb/debian/x@1"), .fixed_version = S(fix),               \
        .epss_millionths = -1, .epss_percentile_millionths = -1, .risk_tenths = -1                 \
    }

#define KERNEL_N 25u
#define FIXED_N  8u

/* The constant part, then the kernel's: unfixed, medium and low. */
static void fill_findings(struct bw_finding out[FIXED_N + KERNEL_N])
{
    static struct bw_advisory kernel[KERNEL_N];
    static struct bw_str kernel_cves[KERNEL_N];
    static char kernel_ids[KERNEL_N][32];
    const struct bw_finding fixed[FIXED_N] = {
        FOUND(adv_ssl_critical, CRITICAL, libssl3, 0, "3.0.14-1~deb12u2"),
        FOUND(adv_ssl_critical, CRITICAL, openssl, 0, "3.0.14-1~deb12u2"),
        FOUND(adv_ssl_high, HIGH, libssl3, 0, "3.0.11-1~deb12u3"),
        FOUND(adv_ssl_high, HIGH, openssl, 0, "3.0.11-1~deb12u3"),
        FOUND(adv_curl, HIGH, libcurl4, 0, "7.88.1-10+deb12u6"),
        FOUND(adv_zlib, UNKNOWN, zlib1g, 0, ""),
        FOUND(adv_zlib, NEGLIGIBLE, bash, 0, ""),
        FOUND(adv_bash, MEDIUM, bash_rpm, 3, "5.1.8-9.el9"),
    };
    memcpy(out, fixed, sizeof fixed);
    for (unsigned i = 0; i < KERNEL_N; i++) {
        snprintf(kernel_ids[i], sizeof kernel_ids[i], "CVE-2024-%u", 26581 + i);
        kernel_cves[i] = bw_str(kernel_ids[i]);
        kernel[i] = (struct bw_advisory){.id = bw_str(kernel_ids[i]),
                                         .cves = {&kernel_cves[i], 1},
                                         .severity_from = BW_STR("vendor"),
                                         .score_tenths = -1};
        const struct bw_finding found = FOUND(kernel[i], LOW, headers, 0, "");
        out[FIXED_N + i] = found;
        out[FIXED_N + i].severity = i < 5 ? BW_SEVERITY_MEDIUM : BW_SEVERITY_LOW;
    }
}

static struct bw_result results[] = {
    {&vulnerability_check, 0, BW_STATUS_FAIL, 7, 32, S("32 findings in 7 packages")},
    {&vulnerability_check, 1, BW_STATUS_PASS, 1, 0, {NULL, 0}},
    {&vulnerability_check, 2, BW_STATUS_NOT_EVALUATED, 0, 0, S("the distribution is unknown")},
    {&vulnerability_check, 3, BW_STATUS_FAIL, 1, 2, {NULL, 0}},
};

static struct bw_gap gaps[] = {
    {BW_GAP_NOTE, 2, S("etc/os-release"), S("vulnerabilities"),
     S("the image holds no os-release file, so that its distribution is unknown")},
    {BW_GAP_BLOCKING, 2, S("layer sha256:bbbb01234567: var/lib/dpkg/status"), S("packages (dpkg)"),
     S("the gzip stream ends early, 1048576 of 61000000 bytes were read; pull the image again")},
    {BW_GAP_NOTE, BW_GAP_NO_SUBJECT, S("advisories"), S("newer vulnerabilities"),
     S("the newest advisory is 12 days old; run `bulwark db update`")},
};

static struct bw_str ecosystems[] = {S("AlmaLinux"), S("Alpine"), S("Bitnami"),  S("Debian"),
                                     S("Go"),        S("PyPI"),   S("crates.io")};

static inline struct bw_report images_report(struct bw_finding findings[FIXED_N + KERNEL_N])
{
    fill_findings(findings);
    return (struct bw_report){
        .version = "0.1.0",
        .started = 1795315098, /* 2026-11-22T02:38:18Z */
        .elapsed_ms = 1234,
        .subjects = subjects,
        .subjects_n = 4,
        .results = results,
        .results_n = 4,
        .findings = findings,
        .findings_n = FIXED_N + KERNEL_N,
        .gaps = gaps,
        .gaps_n = 3,
        .database = {.present = true,
                     .digest = S("sha256:d00d" HEX60),
                     .records = 27875,
                     .ecosystems = {ecosystems, 7},
                     .newest = S("2026-11-10T08:00:00Z"),
                     .imported = S("2026-11-22T01:00:00Z")},
        .verdict = BW_VERDICT_FAIL,
        .verdict_reason = S("5 findings of severity high or worse"),
        .hidden_unfixed = 1,
    };
}

/* --- a report whose every text comes from an enemy --- */

#define LONG10 "0123456789"
#define LONG90 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10 LONG10

static const struct bw_package evil = {
    .type = BW_PACKAGE_DEB,
    .name = S("\x1b[31mred\x1b[0m\r\n\x07" LONG90),
    .version = S("1\xe2\x80\xae"
                 "0.2\xff\xc0\xaf" LONG90 LONG90),
    .arch = S("\t"),
    .source_name = S("\xe4\xb8\xad\xe6\x96\x87\xf0\x9f\x90\x8b" LONG90),
    .source_version = S(""),
};
static const struct bw_package evil_twin = {
    .type = BW_PACKAGE_DEB,
    .name = S("tw\xcc\x81in\0nul"),
    .version = S("1\xe2\x80\xae"
                 "0.2\xff\xc0\xaf" LONG90 LONG90),
    .source_name = S("\xe4\xb8\xad\xe6\x96\x87\xf0\x9f\x90\x8b" LONG90),
};
static const struct bw_package wide = {.type = BW_PACKAGE_APK,
                                       .name = S("\xe4\xb8\xad\xe6\x96\x87"),
                                       .version = S("1.0-r0"),
                                       .source_name = S("\xe4\xb8\xad\xe6\x96\x87"),
                                       .source_version = S("1.0-r0")};
static struct bw_installed_package evil_packages[] = {
    {.package = &evil}, {.package = &evil_twin}, {.package = &wide}};
static struct bw_removed_package evil_removed[] = {{&evil, 4000000000u, 7}};
static struct bw_str evil_tags[] = {S("t\x9b"
                                      "1m"),
                                    S("  ")};
static struct bw_subject evil_subjects[] = {
    {.name = S("evil\x1b]0;owned\x07" LONG90 LONG90),
     .source = S("oci-layout"),
     .digest = S("sha256:\x1b[2J"),
     .platform = S("linux/\xc2\x9b"),
     .tags = {evil_tags, 2},
     .layers = plain_layers,
     .layers_n = 1,
     .distribution = {.id = S("x\n"), .pretty_name = S("Fine  OS\nVerdict   PASS" LONG90)},
     .packages = evil_packages,
     .packages_n = 3,
     .removed = evil_removed,
     .removed_n = 1},
};
static struct bw_str evil_cves[] = {S("CVE-\x1b[8m" LONG90)};
static const struct bw_advisory adv_evil = {
    .id = S("E\xe2\x80\x8bVIL-" LONG90), .cves = {evil_cves, 1}, .score_tenths = -1, .kev = true};
static struct bw_result evil_results[] = {
    {&vulnerability_check, 0, BW_STATUS_FAIL, 1, 2, S("\n\n")}};
static struct bw_gap evil_gaps[] = {
    {BW_GAP_BLOCKING, 0, S("a\nVerdict   PASS"), S("\x1b[1A\x1b[2K"), S(LONG90 LONG90 "\xf0\x9f")},
};

static inline struct bw_report evil_report(void)
{
    static struct bw_finding findings[3];
    const struct bw_finding found[3] = {FOUND(adv_evil, CRITICAL, evil, 0, "\x1b[32m2"),
                                        FOUND(adv_evil, CRITICAL, evil_twin, 0, "3"),
                                        FOUND(adv_zlib, LOW, wide, 0, "1.1-r0")};
    memcpy(findings, found, sizeof found);
    return (struct bw_report){
        .version = "0.1.0",
        .elapsed_ms = 7,
        .subjects = evil_subjects,
        .subjects_n = 1,
        .results = evil_results,
        .results_n = 1,
        .findings = findings,
        .findings_n = 3,
        .gaps = evil_gaps,
        .gaps_n = 1,
        .database = {.present = true, .records = 1, .newest = S("\x1b[31myesterday")},
        .verdict = BW_VERDICT_FAIL,
        .verdict_reason = S("\x1b[0m"),
    };
}

/* --- small ones --- */

static struct bw_result pass_results[] = {
    {&vulnerability_check, 0, BW_STATUS_PASS, 1, 0, {NULL, 0}}};
static struct bw_gap note_gap = {BW_GAP_NOTE, BW_GAP_NO_SUBJECT, S("advisories"),
                                 S("most vulnerabilities"),
                                 S("only the built-in set is there; run `bulwark db update`")};

static inline struct bw_report builtin_report(void)
{
    return (struct bw_report){
        .version = "0.1.0",
        .started = 1795315098,
        .elapsed_ms = 184000,
        .subjects = subjects + 1,
        .subjects_n = 1,
        .results = pass_results,
        .results_n = 1,
        .gaps = &note_gap,
        .gaps_n = 1,
        .database = {.present = true,
                     .builtin = true,
                     .records = 34,
                     .ecosystems = {ecosystems, 4},
                     .newest = S("2026-11-21T02:00:00Z")},
    };
}

static struct bw_result gap_results[] = {
    {&vulnerability_check, 0, BW_STATUS_NOT_EVALUATED, 0, 0, S("the distribution is unknown")}};
static struct bw_gap only_gaps[] = {
    {BW_GAP_BLOCKING, 0, S("layer 1"), S("packages (rpm)"), S("the database is cut short")},
    {BW_GAP_BLOCKING, 0, S("layer 2"), S("file tree"), S("digest mismatch")},
};

static inline struct bw_report gaps_report(void)
{
    return (struct bw_report){
        .version = "0.1.0",
        .started = 1795315098,
        .subjects = subjects + 2,
        .subjects_n = 1,
        .results = gap_results,
        .results_n = 1,
        .gaps = only_gaps,
        .gaps_n = 2,
        .verdict_reason = S("no threshold was given"),
    };
}

/* --- one image of whose packages everything is known --- */

static struct bw_str express_needs[] = {S("debug"), S("not-there"), S("debug")};
static const struct bw_package node_deb = {.type = BW_PACKAGE_DEB,
                                           .name = S("node-debug"),
                                           .version = S("4.3.4-1"),
                                           .arch = S("all"),
                                           .source_name = S("node-debug"),
                                           .source_version = S("4.3.4-1"),
                                           .vendor = S("A B <a@b.example>"),
                                           .licence = S("Expat and \"other\"")};
static const struct bw_package debug_npm = {.type = BW_PACKAGE_NPM,
                                            .name = S("debug"),
                                            .version = S("4.3.4"),
                                            .source_name = S("debug"),
                                            .source_version = S("4.3.4"),
                                            .licence = S("MIT")};
static const struct bw_package debug_old_npm = {.type = BW_PACKAGE_NPM,
                                                .name = S("debug"),
                                                .version = S("2.6.9"),
                                                .source_name = S("debug"),
                                                .source_version = S("2.6.9"),
                                                .licence = S("MIT"),
                                                .locked = true,
                                                .development = true,
                                                .checksum = S("sha512:" HEX60 HEX60 "01234567")};
static const struct bw_package express_npm = {.type = BW_PACKAGE_NPM,
                                              .name = S("@web/express"),
                                              .version = S("5.0.0"),
                                              .source_name = S("@web/express"),
                                              .source_version = S("5.0.0"),
                                              .depends = {express_needs, 3}};
static const struct bw_package jar = {.type = BW_PACKAGE_MAVEN,
                                      .name = S("org.apache:log4j-core"),
                                      .version = S("2.14.1"),
                                      .source_name = S("org.apache:log4j-core"),
                                      .source_version = S("2.14.1")};
static struct bw_installed_package bill_packages[] = {
    {.package = &libssl3, .layer = 1, .path = S("var/lib/dpkg/status"), .line = 10},
    {.package = &node_deb, .path = S("var/lib/dpkg/status"), .line = 20},
    {.package = &express_npm, .layer = 2, .path = S("srv/app/package-lock.json")},
    {.package = &debug_old_npm, .layer = 2, .path = S("srv/app/package-lock.json")},
    {.package = &debug_npm, .path = S("usr/share/nodejs/debug/package.json"), .owner = &node_deb},
    {.package = &jar, .layer = 2, .path = S("srv/a.war"), .inner = S("WEB-INF/lib/l.jar")},
    {.package = &jar, .layer = 2, .path = S("srv/b.war"), .inner = S("WEB-INF/lib/l.jar")},
};
static const struct bw_file bill_file = {.type = BW_FILE_REGULAR,
                                         .digest = {BW_DIGEST_SHA256, {0xab, [31] = 0xcd}}};
static const struct bw_file spdx_files_of[] = {
    {.type = BW_FILE_REGULAR, .digest = {BW_DIGEST_SHA1, {0xff, [19] = 0x01}}},
    {.type = BW_FILE_REGULAR, .digest = {BW_DIGEST_SHA1, {0x0f, [19] = 0x02}}}};
static const struct bw_file bare_file = {.type = BW_FILE_REGULAR};
static struct bw_listed_file bill_files[] = {{S("bin/sh"), 0, &bill_file},
                                             {S("etc/x"), 1, &bare_file},
                                             {S("usr/a"), 1, &spdx_files_of[0]},
                                             {S("usr/b"), 2, &spdx_files_of[1]}};
static const struct bw_waiver bill_waiver = {.source = S("vex.json"),
                                             .reason = S("the function is never called"),
                                             .status = BW_VEX_NOT_AFFECTED,
                                             .justification =
                                                 S("vulnerable_code_not_in_execute_path")};
static struct bw_gap bill_gaps[] = {
    {BW_GAP_BLOCKING, 0, S("layer 2: opt/x.jar"), S("packages (Maven)"), S("it is cut short")},
    {BW_GAP_NOTE, 0, S("advisories"), S("newer vulnerabilities"), S("they are old")},
    {BW_GAP_NOTE, BW_GAP_NO_SUBJECT, S("advisories"), S("others"), S("the database is small")},
};

static inline struct bw_report bill_report(struct bw_finding findings[FIXED_N + KERNEL_N])
{
    static struct bw_subject subject;
    fill_findings(findings);
    for (size_t i = 0; i < 3; i++) {
        findings[i].package = &libssl3;
        findings[i].epss_millionths = -1;
    }
    findings[2].epss_millionths = 123456;
    findings[1].waiver = &bill_waiver;
    findings[1].package = &jar;
    subject = subjects[0];
    subject.packages = bill_packages;
    subject.packages_n = BW_ARRAY_LEN(bill_packages);
    subject.base =
        (struct bw_base_image){.name = S("debian:12"), .how = S("annotation"), .layers_n = 1};
    subject.all_files = bill_files;
    subject.all_files_n = BW_ARRAY_LEN(bill_files);
    return (struct bw_report){.version = "0.1.0",
                              .started = 1795315098,
                              .subjects = &subject,
                              .subjects_n = 1,
                              .findings = findings,
                              .findings_n = 3,
                              .gaps = bill_gaps,
                              .gaps_n = 3};
}

static inline struct bw_report empty_report(void)
{
    return (struct bw_report){.version = "0.1.0", .started = 1795315098};
}

#endif
