#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect.h"
#include "extract/record.h"

#define STATUS "var/lib/dpkg/status"

static struct collected got;

static void expect(const char *path, const char *content, const char *want)
{
    assert_string_equal(collect_str(&got, path, content), want);
}

static void stanzas_become_packages(void **state)
{
    (void)state;
    expect(STATUS,
           "Package: libssl3\nStatus: install ok installed\nMaintainer: A B <a@b>\n"
           "Architecture: amd64\nSource: openssl\nVersion: 3.0.11-1~deb12u2\n"
           "Description: toolkit\n Version: 0\n .\n\ttext\n\n"
           "Version: 1:2-3+b1\nsource: tool (1:2-3)\nPACKAGE: tool-bin\n",
           "package libssl3 3.0.11-1~deb12u2 amd64 source openssl 3.0.11-1~deb12u2 vendor A B "
           "<a@b> line 1:\n"
           "package tool-bin 1:2-3+b1 source tool 1:2-3 line 12:\n");
    expect(STATUS, "Package: a\r\nVersion: 1\r\n\r\n\r\nPackage: b\r\nVersion: 2\r\n",
           "package a 1 source a 1 line 1:\npackage b 2 source b 2 line 5:\n");
    expect(STATUS, "", "");
    expect(STATUS, "\n\n\n", "");
}

static void state_decides(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        unsigned packages, gaps;
    } cases[] = {
        {"install ok installed", 1, 0},        {"hold ok unpacked", 1, 0},
        {"install ok half-configured", 1, 0},  {"install ok triggers-awaited", 1, 0},
        {"install ok triggers-pending", 1, 0}, {"deinstall ok config-files", 0, 0},
        {"purge ok not-installed", 0, 0},      {"install reinstreq half-installed", 0, 1},
        {"install ok strange", 0, 1},          {"", 0, 1},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char content[128];
        snprintf(content, sizeof content, "Package: a\nStatus: %s\nVersion: 1\n", cases[i].status);
        collect_str(&got, STATUS, content);
        assert_int_equal(got.packages, cases[i].packages);
        assert_int_equal(got.gaps, cases[i].gaps);
    }
    expect(STATUS, "Package: a\nStatus: x x not-installed\n", "");
}

static void bad_stanzas_are_gaps(void **state)
{
    (void)state;
    expect(STATUS, "Package: a\nVersion: 1\n\nPackage: b\n\nVersion: 2\n\nPackage: c\nVersion: 3\n",
           "package a 1 source a 1 line 1:\n"
           "blocking " STATUS ", line 4: the package b has no Version\n"
           "blocking " STATUS ", line 6: a stanza has no Package\n"
           "package c 3 source c 3 line 8:\n");
    expect(STATUS, "Package: a\nVersion: 1\nVersion: 2\n",
           "blocking " STATUS ", line 3: a stanza has two fields Version\n");
    expect(STATUS, "Package: a b\nVersion: 1\n",
           "blocking " STATUS ", line 1: a stanza has a malformed Package\n");
    expect(STATUS, "Package: a\ngarbage\nVersion: 1\n",
           "blocking " STATUS ", line 2: the line is neither a field nor a continuation\n"
           "package a 1 source a 1 line 1:\n");
    expect(STATUS, " x\nPackage: a\nVersion: 1\n",
           "blocking " STATUS ", line 1: a stanza starts with a continuation line\n"
           "package a 1 source a 1 line 1:\n");
    expect(STATUS, "Package: a\nVersion: 1\nSource: b (2\n",
           "blocking " STATUS ", line 1: the package a has a malformed Source\n"
           "package a 1 source a 1 line 1:\n");
}

static void gaps_are_counted_at_last(void **state)
{
    (void)state;
    struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
    for (unsigned i = 0; i < BW_EXTRACT_GAPS_MAX + 7; i++)
        bw_buf_printf(&content, "Package: p%u\n\n", i);
    const char *text = collect(&got, STATUS, content.p, content.n);
    assert_int_equal(got.gaps, BW_EXTRACT_GAPS_MAX + 1);
    assert_non_null(strstr(text, STATUS ": 7 more bad records (at most 50 are named)\n"));
}

static void packages_have_a_maximum(void **state)
{
    (void)state;
    struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
    for (unsigned i = 0; i < BW_EXTRACT_PACKAGES_MAX + 5; i++)
        bw_buf_printf(&content, "Package: p\nVersion: %u\n\n", i);
    got.quiet = true;
    const char *text = collect(&got, STATUS, content.p, content.n);
    got.quiet = false;
    assert_int_equal(got.packages, BW_EXTRACT_PACKAGES_MAX);
    assert_string_equal(text, "blocking " STATUS
                              ", line 600001: more than 200000 packages: the rest was left out\n");
}

static void status_d_has_no_status(void **state)
{
    (void)state;
    expect("var/lib/dpkg/status.d/base",
           "Package: base-files\nVersion: 12.4\nArchitecture: arm64\n",
           "package base-files 12.4 arm64 source base-files 12.4 line 1:\n");
}

static void lists_lose_their_directories(void **state)
{
    (void)state;
    expect("var/lib/dpkg/info/a.list", "/.\n/usr\n/usr/bin\n/usr/bin/x\n/usr/bin-y\n/var/empty\n",
           "owns a: usr/bin/x usr/bin-y var/empty\n");
    /* Order and neighbours do not matter, doubles go, what names no file is left out. */
    expect("var/lib/dpkg/info/l:amd64.list",
           "/b/c/d\n/b-c\n/b.c\n/b/c\n/b\n/z\n/z\n/../x\n/y//x\n\nrelative\n",
           "owns l:amd64: b/c/d b-c b.c z relative\n");
    expect("var/lib/dpkg/info/empty.list", "/.\n", "owns empty:\n");
    expect("var/lib/dpkg/info/none.list", "", "owns none:\n");
    expect("var/lib/dpkg/info/.list", "/a\n",
           "error format: the name var/lib/dpkg/info/.list is not that of a package\n");
}

static void digests_list_files(void **state)
{
    (void)state;
    expect(
        "var/lib/dpkg/status.d/libc6.md5sums",
        "d41d8cd98f00b204e9800998ecf8427e  lib/x.so\nd41d8cd98f00b204e9800998ecf8427e  ./etc/a b\n"
        "short\n",
        "owns libc6: lib/x.so etc/a b\n");
    got.records = true;
    expect("var/lib/dpkg/info/a:amd64.md5sums",
           "d41d8cd98f00b204e9800998ecf8427e  usr/bin/x\n"
           "D41D8CD98F00B204E9800998ECF84270  usr/bin/y z\n"
           "d41d8cd98f00b204e9800998ecf8427  usr/short\n"
           "g41d8cd98f00b204e9800998ecf8427e  usr/wrong\n",
           "owns a:amd64: usr/bin/x[? md5:d47e] usr/bin/y z[? md5:d470] usr/short[? none] "
           "usr/wrong[? none]\n");
    got.records = false;
}

static void settings_are_marked(void **state)
{
    (void)state;
    got.records = true;
    expect(STATUS,
           "Package: a\nVersion: 1\nArchitecture: amd64\nConffiles:\n"
           " /etc/a.conf d41d8cd98f00b204e9800998ecf8427e\n"
           " /etc/old d41d8cd98f00b204e9800998ecf8427e obsolete\n /etc/new newconffile\n"
           " /etc/../x d41d8cd98f00b204e9800998ecf8427e\nDescription: a\n /not/this one\n\n"
           "Package: b\nVersion: 2\n\n"
           "Package: c\nStatus: deinstall ok config-files\nVersion: 3\nConffiles:\n /etc/c x\n\n"
           "Package: d\nVersion: 4\n",
           "package a 1 amd64 source a 1 line 1:\n"
           "owns a:amd64: etc/a.conf[? md5:d47e config] etc/old[? md5:d47e config] "
           "etc/new[? none config]\n"
           "package b 2 source b 2 line 12:\n"
           "package d 4 source d 4 line 21:\n");
    got.records = false;
}

#define DIVERSIONS "var/lib/dpkg/diversions"

static void diverted_files_are_of_no_package(void **state)
{
    (void)state;
    expect(DIVERSIONS, "/bin/sh\n/bin/sh.distrib\ndash\n/sbin/initctl\n/sbin/initctl.real\n:\n",
           "owns : bin/sh bin/sh.distrib sbin/initctl sbin/initctl.real\n");
    expect(DIVERSIONS, "", "");
    expect(DIVERSIONS, "/a\n/b\nc\n/d\n/e\n",
           "blocking " DIVERSIONS ", line 4: the last diversion has fewer lines than 3\n"
           "owns : a b\n");
}

#define COPYRIGHT "usr/share/doc/tool/copyright"

static void copyright_files_name_licences(void **state)
{
    (void)state;
    expect(COPYRIGHT,
           "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
           "Upstream-Name: tool\n\nFiles: *\nCopyright: 2020 A\nLicense: GPL-2+ or Artistic\n\n"
           "Files: b\nCopyright: B\nLicense: Expat\n Permission is hereby granted\n\n"
           "Files: c\nLicense: expat\n\nLicense: GPL-2+\n text\n\nFiles: d\n",
           "owns tool licence (GPL-2+ or Artistic) AND Expat:\n");
    expect(COPYRIGHT, "Format: x\nLicense: MIT\n\nFiles: *\n", "owns tool licence MIT:\n");
    expect(COPYRIGHT,
           "It was packaged by A.\n\nOn Debian systems see /usr/share/common-licenses/GPL-2.\n"
           "and `/usr/share/common-licenses/LGPL-2.1', /usr/share/common-licenses/GPL-2\n",
           "owns tool licence GPL-2 AND LGPL-2.1:\n");
    expect(COPYRIGHT, "It may be used.\n", "");
    expect(COPYRIGHT, "Format: x\nLicense: a\001b\n", "");
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
        cmocka_unit_test(stanzas_become_packages),
        cmocka_unit_test(state_decides),
        cmocka_unit_test(bad_stanzas_are_gaps),
        cmocka_unit_test(gaps_are_counted_at_last),
        cmocka_unit_test(packages_have_a_maximum),
        cmocka_unit_test(status_d_has_no_status),
        cmocka_unit_test(lists_lose_their_directories),
        cmocka_unit_test(digests_list_files),
        cmocka_unit_test(settings_are_marked),
        cmocka_unit_test(diverted_files_are_of_no_package),
        cmocka_unit_test(copyright_files_name_licences),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
