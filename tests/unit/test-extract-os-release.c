#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect.h"

static struct collected got;

static void expect(const char *path, const char *content, const char *want)
{
    assert_string_equal(collect_str(&got, path, content), want);
}

static void fields_are_unquoted(void **state)
{
    (void)state;
    expect("etc/os-release",
           "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n"
           "VERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL='x'\n",
           "distribution id=debian version=12 codename=bookworm name=Debian GNU/Linux "
           "pretty=Debian GNU/Linux 12 (bookworm)\n");
    expect("usr/lib/os-release",
           "ID='rhel'\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.3\"\n"
           "CPE_NAME=\"cpe:/o:redhat:enterprise_linux:9::baseos\"\nVARIANT_ID=server",
           "distribution id=rhel like=fedora version=9.3 variant=server "
           "cpe=cpe:/o:redhat:enterprise_linux:9::baseos\n");
}

/* Debian testing and unstable have no number. */
static void version_may_be_absent(void **state)
{
    (void)state;
    expect("etc/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=trixie\nID=debian\n",
           "distribution id=debian codename=trixie name=Debian GNU/Linux\n");
}

static void quoting_is_the_shells(void **state)
{
    (void)state;
    expect("etc/os-release", "ID=a\nNAME=\"q \\\" d \\$ b \\\\ t \\` n \\n\"\n",
           "distribution id=a name=q \" d $ b \\ t ` n \\n\n");
    expect("etc/os-release", "ID=a\nNAME='q \\ \" $x'\n", "distribution id=a name=q \\ \" $x\n");
    expect("etc/os-release", "ID=a\nNAME=b\\ c\\'d\n", "distribution id=a name=b c'd\n");
    expect("etc/os-release", "ID=a\nNAME=\"one \\\ntwo\"\n", "distribution id=a name=one two\n");
    expect("etc/os-release", "ID=a # why\nNAME=b#c\nPRETTY_NAME=\"d\" # e\n",
           "distribution id=a name=b#c pretty=d\n");
}

static void garbage_is_ignored(void **state)
{
    (void)state;
    expect("etc/os-release",
           "\n# ID=no\n  ID=a\nnonsense\n=b\nNAME =c\nNAME=\"open\nVERSION_ID='1\n"
           "PRETTY_NAME=\"a\"b\nVERSION_CODENAME=\x01\n",
           "distribution id=a\n");
    expect("etc/os-release", "\xef\xbb\xbfID=Alpine\r\nVERSION_ID=\"3.19.1\"\r\n",
           "distribution id=alpine version=3.19.1\n");
    expect("etc/os-release", "ID=a\nID=b\n", "distribution id=b\n");
    expect("etc/os-release", "", "");
    expect("etc/os-release", " \n\n", "");
    expect("etc/os-release",
           "\x7f"
           "ELF",
           "error format: etc/os-release names no operating system\n");
    expect("etc/os-release", "ID=\"a\\",
           "error format: etc/os-release names no operating system\n");
    expect("etc/os-release", "ID=a\\", "distribution id=a\\\n");
}

static void release_files_stand_in(void **state)
{
    (void)state;
    static const struct {
        const char *path, *content, *want;
    } cases[] = {
        {"etc/alpine-release", "3.9.6\n", "id=alpine version=3.9.6 pretty=3.9.6"},
        {"etc/redhat-release", "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
         "id=rhel version=6.10 name=Red Hat Enterprise Linux Server pretty=Red Hat Enterprise "
         "Linux Server release 6.10 (Santiago)"},
        {"etc/centos-release", "CentOS Linux release 7.9.2009 (Core)\n",
         "id=centos version=7 name=CentOS Linux pretty=CentOS Linux release 7.9.2009 (Core)"},
        {"etc/rocky-release", "Rocky Linux release 9.3 (Blue Onyx)",
         "id=rocky version=9.3 name=Rocky Linux pretty=Rocky Linux release 9.3 (Blue Onyx)"},
        {"etc/almalinux-release", "AlmaLinux release 8.9 (Midnight Oncilla)\n",
         "id=almalinux version=8.9 name=AlmaLinux pretty=AlmaLinux release 8.9 (Midnight Oncilla)"},
        {"etc/oracle-release", "Oracle Linux Server release 8.9\n",
         "id=ol version=8.9 name=Oracle Linux Server pretty=Oracle Linux Server release 8.9"},
        {"etc/system-release", "Amazon Linux AMI release 2018.03\n",
         "id=amzn version=2018.03 name=Amazon Linux AMI pretty=Amazon Linux AMI release 2018.03"},
        {"etc/fedora-release", "Fedora release 39 (Thirty Nine)\n",
         "id=fedora version=39 name=Fedora pretty=Fedora release 39 (Thirty Nine)"},
        {"etc/SuSE-release",
         "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
         "id=sles version=11.4 name=SUSE Linux Enterprise Server 11 pretty=SUSE Linux Enterprise "
         "Server 11 (x86_64)"},
        {"etc/SuSE-release", "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n",
         "id=opensuse version=13.2 name=openSUSE 13.2 pretty=openSUSE 13.2 (x86_64)"},
        {"etc/photon-release", "VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=c6d8b0a\n",
         "id=photon version=4.0 name=VMware Photon OS pretty=VMware Photon OS 4.0"},
        {"etc/mariner-release", "CBL-Mariner 2.0.20240223\n",
         "id=mariner version=2.0 name=CBL-Mariner pretty=CBL-Mariner 2.0.20240223"},
        {"etc/debian_version", "12.5\n", "id=debian version=12 name=Debian GNU/Linux pretty=12.5"},
        {"etc/debian_version", "trixie/sid\n",
         "id=debian codename=trixie name=Debian GNU/Linux pretty=trixie/sid"},
        {"etc/lsb-release",
         "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\n"
         "DISTRIB_DESCRIPTION=\"Ubuntu 22.04.4 LTS\"\n",
         "id=ubuntu version=22.04 codename=jammy name=Ubuntu pretty=Ubuntu 22.04.4 LTS"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char want[512];
        snprintf(want, sizeof want, "distribution %s\n", cases[i].want);
        expect(cases[i].path, cases[i].content, want);
    }
    expect("etc/system-release", "Some Other System release 3\n", "");
    expect("etc/debian_version", "\n", "");
    expect("etc/redhat-release", "", "");
}

static void paths_find_their_parser(void **state)
{
    (void)state;
    static const struct {
        const char *path, *parser;
    } cases[] = {
        {"etc/os-release", "os-release"},
        {"usr/lib/os-release", "os-release"},
        {"etc/debian_version", "release-files"},
        {"var/lib/dpkg/status", "dpkg-status"},
        {"var/lib/dpkg/status.d/libc6", "dpkg-status-d"},
        {"var/lib/dpkg/status.d/libc6.md5sums", "dpkg-list"},
        {"var/lib/dpkg/info/libc6:amd64.list", "dpkg-list"},
        {"lib/apk/db/installed", "apk-installed"},
        {"usr/lib/apk/db/installed", "apk-installed"},
        {"var/lib/rpm/rpmdb.sqlite", "rpm-sqlite"},
        {"usr/lib/sysimage/rpm/rpmdb.sqlite-wal", "rpm-sqlite-wal"},
        {"usr/lib/sysimage/rpm/Packages.db", "rpm-ndb"},
        {"usr/share/rpm/Packages", "rpm-bdb"},
        {"var/lib/rpmmanifest/container-manifest-2", "rpm-manifest"},
        {"var/lib/dpkg/info/a/b.list", NULL},
        {"var/lib/dpkg/info/libc6.md5sums", "dpkg-list"},
        {"var/lib/dpkg/info/libc6.conffiles", NULL},
        {"var/lib/dpkg/diversions", "dpkg-diversions"},
        {"usr/share/doc/libc6/copyright", "dpkg-copyright"},
        {"var/lib/dpkg/status.d", NULL},
        {"var/lib/dpkg/status-old", NULL},
        {"home/etc/os-release", NULL},
        {"etc/os-releasf", NULL},
        {"", NULL},
        {"e", NULL},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        const struct bw_parser *parser = bw_parser_for(bw_str(cases[i].path), true);
        if (!cases[i].parser) {
            assert_null(parser);
            continue;
        }
        assert_non_null(parser);
        assert_string_equal(parser->name, cases[i].parser);
        assert_ptr_equal(bw_parser_named(bw_str(cases[i].parser)), parser);
    }
    assert_null(bw_parser_named(BW_STR("rpm")));
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
        cmocka_unit_test(fields_are_unquoted),    cmocka_unit_test(version_may_be_absent),
        cmocka_unit_test(quoting_is_the_shells),  cmocka_unit_test(garbage_is_ignored),
        cmocka_unit_test(release_files_stand_in), cmocka_unit_test(paths_find_their_parser),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
