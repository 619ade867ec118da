#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "know/kev.h"
#include "know/osv-range.h"
#include "know/osv.h"

/* --- ranges --- */

/* Events "i0 f1.2 l1.3 L2.0"; versions that are and are not vulnerable, blank-separated. */
static const struct {
    const char *events, *in, *out;
} ranges[] = {
    {"i0", "0 0.1 1.0 99", ""},
    {"i0 f1.2", "0.1 1.1.9", "1.2 1.2.1 3"},
    {"i1.0 f1.2", "1.0 1.1", "0.9 1.2"},
    {"i1.0 l1.2", "1.0 1.2", "0.9 1.2.1 2"},
    {"i1.0 l1.0", "1.0", "0.9 1.0.1"},
    {"l1.0 i1.0", "1.0", "0.9 1.0.1"},
    /* several intervals, in any order of the events */
    {"i1.0 f1.0.2 i3.0 f3.2.5", "1.0 1.0.1 3.0 3.2.4", "0.9 1.0.2 2 3.2.5 4"},
    {"f3.2.5 i1.0 i3.0 f1.0.2", "1.0 1.0.1 3.0 3.2.4", "0.9 1.0.2 2 3.2.5 4"},
    /* adjoining intervals */
    {"i0 f1.0 i1.0 f2.0", "0.5 1.0 1.5", "2.0"},
    {"f2.0 f1.0 i1.0 i0", "0.5 1.0 1.5", "2.0"},
    {"i1.0 l2.0 i2.0 l3.0", "1.0 2.0 2.5 3.0", "0.9 3.1"},
    /* nothing is introduced, or only what was fixed at once */
    {"f1.0", "", "0.1 1.0 2.0"},
    {"i1.0 f1.0", "", "0.9 1.0 1.1"},
    {"f1.0 i1.0", "", "0.9 1.0 1.1"},
    /* introduced twice, fixed twice */
    {"i0 i1.0 f2.0", "0.1 1.5", "2.0"},
    {"i0 f1.0 f2.0", "0.5", "1.0 1.5 2.0"},
    /* limits: the highest counts, '*' is none */
    {"i0 L2.0", "0.1 1.9", "2.0 3.0"},
    {"i0 f5 L2.0 L1.0", "0.1 1.9", "2.0 3.0 5"},
    {"i0 L2.0 L*", "0.1 2.0 3.0", ""},
    {"i0 f3 L9", "0.1 2.9", "3 9 10"},
    /* the order is the package manager's, not that of the bytes */
    {"i9 f10", "9 9.5", "10 8"},
    {"i0 f1.0-1", "1.0~rc1-1 0.9", "1.0-1 1:0.1"},
};

static size_t parse_events(const char *text, struct bw_osv_event *events)
{
    size_t n = 0;
    struct bw_str rest = bw_str(text), word;
    while (bw_str_split(&rest, ' ', &word)) {
        char kind = word.p[0];
        events[n].kind = kind == 'i'   ? BW_OSV_INTRODUCED
                         : kind == 'f' ? BW_OSV_FIXED
                         : kind == 'l' ? BW_OSV_LAST_AFFECTED
                                       : BW_OSV_LIMIT;
        events[n++].version = bw_str_from(word, 1);
    }
    return n;
}

static bool in_any(const struct bw_osv_interval *v, size_t n, struct bw_str version)
{
    for (size_t i = 0; i < n; i++)
        if (bw_osv_interval_has(&v[i], BW_VERSION_DPKG, version))
            return true;
    return false;
}

static size_t check_versions(const char *events, const struct bw_osv_interval *v, size_t n,
                             const char *versions, bool wanted)
{
    size_t wrong = 0;
    struct bw_str rest = bw_str(versions), word;
    while (*versions && bw_str_split(&rest, ' ', &word)) {
        if (in_any(v, n, word) == wanted)
            continue;
        fprintf(stderr, "%s: %" BW_STR_F " should%s be vulnerable\n", events, BW_STR_A(word),
                wanted ? "" : " not");
        wrong++;
    }
    return wrong;
}

static void test_ranges(void **state)
{
    (void)state;
    const enum bw_version_order order = BW_VERSION_DPKG;
    size_t wrong = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(ranges); i++) {
        struct bw_arena *arena = bw_arena_new(1 << 20);
        struct bw_osv_event events[16];
        struct bw_osv_interval *v;
        size_t n, events_n = parse_events(ranges[i].events, events);
        assert_int_equal(bw_osv_intervals(events, events_n, &order, arena, &v, &n, NULL), 0);
        wrong += check_versions(ranges[i].events, v, n, ranges[i].in, true);
        wrong += check_versions(ranges[i].events, v, n, ranges[i].out, false);
        bw_arena_free(arena);
    }
    assert_int_equal(wrong, 0);
}

static void test_ranges_without_order(void **state)
{
    (void)state;
    struct bw_arena *arena = bw_arena_new(1 << 20);
    struct bw_osv_event events[8];
    struct bw_osv_interval *v;
    size_t n, events_n = parse_events("i9 f10 i0 f2", events);
    assert_int_equal(bw_osv_intervals(events, events_n, NULL, arena, &v, &n, NULL), 0);
    assert_int_equal(n, 2);
    assert_true(bw_str_eq(v[0].introduced, BW_STR("9")));
    assert_true(bw_str_eq(v[1].fixed, BW_STR("2")));
    bw_arena_free(arena);
}

/* --- records --- */

struct parsed {
    struct bw_arena *arena;
    struct bw_osv_record record;
    struct bw_err err;
    int rc;
};

static struct parsed parse(const char *json)
{
    struct parsed p = {.arena = bw_arena_new(16 << 20)};
    p.rc = bw_osv_parse(bw_str(json), NULL, p.arena, &p.record, &p.err);
    return p;
}

#define HEAD    "{\"id\":\"T-1\",\"modified\":\"2024-01-01T00:00:00Z\""
#define PACKAGE "\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"p\"}"

static void test_record(void **state)
{
    (void)state;
    struct parsed p = parse(
        "{\"id\":\"ALPINE-CVE-2021-3156\",\"modified\":\"2024-01-01T00:00:00Z\","
        "\"aliases\":[\"CVE-2020-0003\",\"GHSA-x\"],\"upstream\":[\"CVE-2020-0001\"],"
        "\"related\":[\"CVE-2020-0002\",\"CVE-2020-0001\",\"CVE-20-1\"],"
        "\"details\":\"first line\\nsecond\","
        "\"references\":[{\"type\":\"FIX\",\"url\":\"https://a/\"},"
        "{\"type\":\"WEB\",\"url\":\"https://b/\"},{\"type\":\"ADVISORY\",\"url\":\"https://c/\"}],"
        "\"affected\":[{" PACKAGE ",\"ranges\":[{\"type\":\"GIT\",\"repo\":\"r\",\"events\":"
        "[{\"introduced\":\"0\"}]},{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},"
        "{\"fixed\":\"1.0\"}]}],\"versions\":[\"0.9\",\"1.0\",\"7\"]}]}");
    assert_int_equal(p.rc, 0);
    static const char *const cves[] = {"CVE-2020-0001", "CVE-2020-0002", "CVE-2020-0003",
                                       "CVE-2021-3156"};
    assert_int_equal(p.record.cves.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(bw_str_eq(p.record.cves.v[i], bw_str(cves[i])));
    assert_true(bw_str_eq(p.record.summary, BW_STR("first line")));
    assert_true(bw_str_eq(p.record.url, BW_STR("https://c/")));
    assert_int_equal(p.record.aliases.n, 2);
    assert_int_equal(p.record.affected_n, 1);
    assert_int_equal(p.record.affected[0].intervals_n, 1);
    /* 0.9 is within the range already */
    assert_int_equal(p.record.affected[0].versions.n, 2);
    bw_arena_free(p.arena);
}

static void test_git_only_affects_nothing(void **state)
{
    (void)state;
    struct parsed p = parse(HEAD ",\"affected\":[{" PACKAGE ",\"ranges\":[{\"type\":\"GIT\","
                                 "\"repo\":\"r\",\"events\":[{\"introduced\":\"0\"}]}]}]}");
    assert_int_equal(p.rc, 0);
    assert_int_equal(p.record.affected_n, 1);
    assert_int_equal(p.record.affected[0].intervals_n, 0);
    assert_int_equal(p.record.affected[0].versions.n, 0);
    bw_arena_free(p.arena);
}

static const struct {
    const char *json, *message;
} unreadable[] = {
    {"", ""},
    {"[]", "no object"},
    {"{\"id\":\"T-1\"}", "modified"},
    {"{\"modified\":\"2024-01-01T00:00:00Z\"}", "id"},
    {"{\"id\":\"../../etc/passwd\",\"modified\":\"2024-01-01T00:00:00Z\"}", "id"},
    {"{\"id\":\"T 1\",\"modified\":\"2024-01-01T00:00:00Z\"}", "id"},
    {"{\"id\":\"T\\u0000\",\"modified\":\"2024-01-01T00:00:00Z\"}", "id"},
    {HEAD ",\"id\":\"T-2\"}", "twice"},
    {HEAD ",\"affected\":{}}", "wrong type"},
    {HEAD ",\"aliases\":[1]}", "aliases"},
    {HEAD ",\"summary\":\"\xff\"}", ""},
    {HEAD "} ", NULL},
    {HEAD "}x", ""},
    {HEAD ",\"affected\":[{" PACKAGE ",\"ranges\":[{\"type\":\"NEW\",\"events\":[]}]}]}",
     "unknown type"},
    {HEAD ",\"affected\":[{" PACKAGE ",\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":["
          "{\"introduced\":\"\"}]}]}]}",
     "empty"},
    {HEAD ",\"affected\":[{" PACKAGE ",\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":["
          "{\"introduced\":\"1\\n\"}]}]}]}",
     "control"},
    {HEAD ",\"affected\":[{\"package\":{\"ecosystem\":\"Debian:12\"}}]}", "name"},
    {HEAD ",\"affected\":[{}]}", NULL},
};

static void test_unreadable(void **state)
{
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(unreadable); i++) {
        struct parsed p = parse(unreadable[i].json);
        if (unreadable[i].message) {
            assert_int_not_equal(p.rc, 0);
            assert_non_null(strstr(p.err.msg, unreadable[i].message));
        } else {
            assert_int_equal(p.rc, 0);
        }
        bw_arena_free(p.arena);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct bw_buf json = BW_BUF(64 << 20);
    bw_buf_printf(&json, HEAD ",\"affected\":[{" PACKAGE
                              ",\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[");
    for (int i = 0; i <= BW_OSV_RANGES_MAX; i++)
        bw_buf_printf(&json, "%s{\"introduced\":\"%d\"}", i ? "," : "", i);
    bw_buf_printf(&json, "]}]}]}");
    bw_buf_byte(&json, 0);
    assert_false(bw_buf_failed(&json));
    struct parsed p = parse((const char *)json.p);
    assert_int_equal(p.rc, BW_ELIMIT);
    bw_arena_free(p.arena);
    bw_buf_clear(&json);
    bw_buf_printf(&json, HEAD ",\"aliases\":[\"");
    for (int i = 0; i <= BW_OSV_ID_MAX; i++)
        bw_buf_byte(&json, 'a');
    bw_buf_printf(&json, "\"]}");
    bw_buf_byte(&json, 0);
    p = parse((const char *)json.p);
    assert_int_equal(p.rc, BW_ELIMIT);
    bw_arena_free(p.arena);
    bw_buf_free(&json);
}

#define CRATE        "{\"package\":{\"ecosystem\":\"crates.io\",\"name\":\"c\"}"
#define UNMAINTAINED CRATE ",\"database_specific\":{\"informational\":\"unmaintained\"}}"
#define VULNERABLE   CRATE ",\"database_specific\":{\"informational\":null}}"

static void test_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *id, *more;
        bool left_out;
    } ids[] = {
        {"ALBA-2024:1", ",\"related\":[\"CVE-2024-0001\"]", true},
        {"ALEA-2024:1", "", true},
        {"ALSA-2024:1", "", false},
        {"RHBA-2024:1", "", true},
        {"RHBA-2024:1", ",\"related\":[\"CVE-2024-0001\"]", false},
        {"openSUSE-RU-2024:1", "", true},
        {"openSUSE-SU-2024:1", "", false},
        {"RUSTSEC-2024-1", ",\"affected\":[" UNMAINTAINED "]", true},
        {"RUSTSEC-2024-1", ",\"affected\":[" UNMAINTAINED "," VULNERABLE "]", false},
        {"RUSTSEC-2024-1", ",\"aliases\":[\"CVE-2024-0001\"],\"affected\":[" UNMAINTAINED "]",
         false},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(ids); i++) {
        char json[600];
        snprintf(json, sizeof json, "{\"id\":\"%s\",\"modified\":\"2024-01-01T00:00:00Z\"%s}",
                 ids[i].id, ids[i].more);
        struct parsed p = parse(json);
        assert_int_equal(p.rc, 0);
        assert_int_equal(p.record.left_out, ids[i].left_out);
        bw_arena_free(p.arena);
    }
}

/* --- the ladder --- */

#define V2  "{\"type\":\"CVSS_V2\",\"score\":\"AV:N/AC:L/Au:N/C:C/I:C/A:C\"}"
#define V31 "{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H\"}"
#define V30 "{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"}"
#define V40                                                                                        \
    "{\"type\":\"CVSS_V4\",\"score\":\"CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N" \
    "/SA:N\"}"
#define BAD "{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N\"}"
#define UBU "{\"type\":\"Ubuntu\",\"score\":\"medium\"}"

static const struct {
    const char *id, *json;
    enum bw_severity severity;
    const char *from;
    int score;
} ladder[] = {
    {"T-1", "", BW_SEVERITY_UNKNOWN, "", -1},
    {"T-1", ",\"severity\":[" V2 "]", BW_SEVERITY_CRITICAL, "cvss:2.0", 100},
    {"T-1", ",\"severity\":[" V2 "," V31 "]", BW_SEVERITY_HIGH, "cvss:3.1", 75},
    {"T-1", ",\"severity\":[" V31 "," V30 "]", BW_SEVERITY_HIGH, "cvss:3.1", 75},
    {"T-1", ",\"severity\":[" V30 "," V40 "," V31 "]", BW_SEVERITY_MEDIUM, "cvss:4.0", 48},
    {"T-1", ",\"severity\":[" BAD "," UBU "]", BW_SEVERITY_MEDIUM, "vendor", -1},
    {"T-1", ",\"severity\":[" UBU "," V30 "]", BW_SEVERITY_CRITICAL, "cvss:3.0", 98},
    {"ALSA-1", ",\"summary\":\"Important: x security update\"", BW_SEVERITY_HIGH, "vendor", -1},
    {"RLSA-1", ",\"summary\":\"Low: x security update\"", BW_SEVERITY_LOW, "vendor", -1},
    {"T-1", ",\"summary\":\"Important: x security update\"", BW_SEVERITY_UNKNOWN, "", -1},
    {"ALSA-1", ",\"summary\":\"Unimportant: x\"", BW_SEVERITY_UNKNOWN, "", -1},
    {"T-1", ",\"database_specific\":{\"severity\":\"MODERATE\"}", BW_SEVERITY_MEDIUM, "vendor", -1},
    {"T-1", ",\"database_specific\":{\"severity\":7}", BW_SEVERITY_UNKNOWN, "", -1},
    {"T-1", ",\"affected\":[{" PACKAGE ",\"ecosystem_specific\":{\"urgency\":\"low\"}}]",
     BW_SEVERITY_LOW, "vendor", -1},
    {"T-1",
     ",\"affected\":[{" PACKAGE ",\"ecosystem_specific\":{\"urgency\":\"not yet assigned\"}}]",
     BW_SEVERITY_UNKNOWN, "", -1},
    {"T-1",
     ",\"affected\":[{" PACKAGE ",\"severity\":[" V31 "],\"database_specific\":"
     "{\"severity\":\"low\"}}]",
     BW_SEVERITY_HIGH, "cvss:3.1", 75},
    /* a vector of the record stands before a word of the entry */
    {"T-1",
     ",\"severity\":[" V31 "],\"affected\":[{" PACKAGE ",\"ecosystem_specific\":"
     "{\"urgency\":\"low\"}}]",
     BW_SEVERITY_HIGH, "cvss:3.1", 75},
};

static void test_ladder(void **state)
{
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(ladder); i++) {
        char json[1500];
        snprintf(json, sizeof json, "{\"id\":\"%s\",\"modified\":\"2024-01-01T00:00:00Z\"%s}",
                 ladder[i].id, ladder[i].json);
        struct parsed p = parse(json);
        assert_int_equal(p.rc, 0);
        const struct bw_osv_rating *rating = &p.record.rating;
        if (rating->severity != ladder[i].severity || rating->score != ladder[i].score ||
            !bw_str_eq(rating->from, bw_str(ladder[i].from)))
            fail_msg("%zu: severity %d from %" BW_STR_F " score %d", i, (int)rating->severity,
                     BW_STR_A(rating->from), rating->score);
        bw_arena_free(p.arena);
    }
}

static void test_entry_rating(void **state)
{
    (void)state;
    struct parsed p = parse(
        HEAD ",\"affected\":[{" PACKAGE ",\"severity\":[" V31 "]},"
             "{\"package\":{\"ecosystem\":\"Debian:11\",\"name\":\"p\"},\"severity\":[" V30 "]}]}");
    assert_int_equal(p.rc, 0);
    /* The record has the higher version's, 3.1; the other entry keeps its own. */
    assert_int_equal(p.record.rating.score, 75);
    assert_int_equal(p.record.affected[0].rating.rung, BW_OSV_UNRATED);
    assert_int_equal(p.record.affected[1].rating.score, 98);
    bw_arena_free(p.arena);
}

static void test_module_streams(void **state)
{
    (void)state;
    static const struct {
        const char *summary, *fixed, *module;
    } cases[] = {
        {"Important: nodejs:16 security update", "1:16.1-1.module_el8.6.0+1+ab", "nodejs:16"},
        {"Moderate: virt:rhel and virt-devel:rhel security, bug fix, and enhancement update",
         "1-1.module+el8.5.0+1", "virt:rhel virt-devel:rhel"},
        {"Important: httpd security update", "2.4-1.module_el8.6.0", "*"},
        {"Important: nodejs:16 security update", "1:16.1-1.el9", ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char json[600];
        snprintf(json, sizeof json,
                 "{\"id\":\"ALSA-1\",\"modified\":\"2024-01-01T00:00:00Z\",\"summary\":\"%s\","
                 "\"affected\":[{\"package\":{\"ecosystem\":\"AlmaLinux:8\",\"name\":\"p\"},"
                 "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},"
                 "{\"fixed\":\"%s\"}]}]}]}",
                 cases[i].summary, cases[i].fixed);
        struct parsed p = parse(json);
        assert_int_equal(p.rc, 0);
        assert_true(bw_str_eq(p.record.affected[0].module, bw_str(cases[i].module)));
        bw_arena_free(p.arena);
    }
}

static void test_kev(void **state)
{
    (void)state;
    struct bw_arena *arena = bw_arena_new(1 << 20);
    struct bw_kev_entry *entries;
    size_t n;
    assert_int_equal(
        bw_kev_parse(BW_STR("{\"vulnerabilities\":[{\"cveID\":\"CVE-2021-3156\",\"dateAdded\":"
                            "\"2022-04-06\",\"knownRansomwareCampaignUse\":\"Known\"},"
                            "{\"cveID\":\"CVE-2021-4034\"}]}"),
                     arena, &entries, &n, NULL),
        0);
    assert_int_equal(n, 2);
    assert_true(entries[0].ransomware);
    assert_true(bw_str_eq(entries[0].added, BW_STR("2022-04-06")));
    assert_false(entries[1].ransomware);
    assert_int_equal(bw_kev_parse(BW_STR("{\"vulnerabilities\":[{}]}"), arena, &entries, &n, NULL),
                     BW_EFORMAT);
    assert_int_equal(bw_kev_parse(BW_STR("{}"), arena, &entries, &n, NULL), BW_EFORMAT);
    bw_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),       cmocka_unit_test(test_ranges_without_order),
        cmocka_unit_test(test_record),       cmocka_unit_test(test_git_only_affects_nothing),
        cmocka_unit_test(test_unreadable),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_left_out),     cmocka_unit_test(test_ladder),
        cmocka_unit_test(test_entry_rating), cmocka_unit_test(test_module_streams),
        cmocka_unit_test(test_kev),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
