#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "know-rig.h"
#include "know/advisories.h"
#include "know/exchange.h"
#include "know/store-writer.h"

/* A record of one package: id, modified, more members, fixed version. */
#define RECORD(id, modified, more, fixed)                                                          \
    "{\"id\":\"" id "\",\"modified\":\"" modified "\"" more                                        \
    ",\"affected\":[{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"p\"},\"ranges\":[{"       \
    "\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"" fixed "\"}]}]}]}"

#define JAN "2024-01-01T00:00:00Z"
#define FEB "2024-02-01T00:00:00Z"

static void test_zip_incremental(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_import import;
    struct zip_entry entries[] = {
        {"A-1.json", RECORD("A-1", JAN, "", "1.0"), false},
        {"A-2.json", RECORD("A-2", JAN, "", "2.0"), false},
        {"A-3.json", RECORD("A-3", FEB, "", "3.0"), false},
        {"README.txt", "no record", false},
    };
    rig_zip(&rig, "osv/Debian/all.zip", entries, 4);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "osv"), &import, NULL), 0);
    assert_int_equal(import.records, 3);
    assert_int_equal(import.changed, 3);
    assert_int_equal(rig_number(&rig, "SELECT value + 0 FROM meta WHERE key='records'"), 3);
    assert_text(&rig, "SELECT value FROM meta WHERE key='newest'", FEB);
    assert_text(&rig, "SELECT name FROM source", "Debian");

    struct stat before, after;
    assert_int_equal(stat(rig.db, &before), 0);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "osv"), &import, NULL), 0);
    assert_int_equal(import.unchanged, 3);
    assert_int_equal(import.sources_unchanged, 1);
    assert_int_equal(stat(rig.db, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);

    /* One changed, one gone, one new, one as it was. */
    entries[1].content = RECORD("A-2", FEB, "", "2.5");
    entries[2] = (struct zip_entry){"A-4.json", RECORD("A-4", JAN, "", "4.0"), false};
    rig_zip(&rig, "osv/Debian/all.zip", entries, 3);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "osv"), &import, NULL), 0);
    assert_int_equal(import.changed, 2);
    assert_int_equal(import.unchanged, 1);
    assert_int_equal(import.removed, 1);
    assert_text(&rig, "SELECT group_concat(id) FROM (SELECT id FROM advisory ORDER BY id)",
                "A-1,A-2,A-4");
    assert_text(&rig, "SELECT fixed FROM affected JOIN advisory ON key=advisory WHERE id='A-2'",
                "2.5");
    assert_int_equal(rig_number(&rig, "SELECT records FROM ecosystem WHERE name='Debian:12'"), 3);
    assert_int_equal(rig_number(&rig, "SELECT records FROM ecosystem WHERE name='Debian'"), 3);
    rig_close(&rig);
}

static void test_digest_depends_on_content_alone(void **state)
{
    (void)state;
    struct rig a = rig_open(), b = rig_open();
    const struct zip_entry one[] = {{"A-1.json", RECORD("A-1", JAN, "", "1.0"), false},
                                    {"A-2.json", RECORD("A-2", JAN, "", "2.0"), false}};
    const struct zip_entry other[] = {{"A-3.json", RECORD("A-3", JAN, "", "1.0"), false},
                                      {"A-1.json", RECORD("A-1", JAN, "", "1.0"), false}};
    rig_zip(&a, "Debian/all.zip", one, 2);
    assert_int_equal(rig_import(&a, rig_path(&a, "Debian/all.zip"), NULL, NULL), 0);
    /* The other store comes to the same by another way. */
    rig_zip(&b, "Debian/all.zip", other, 2);
    assert_int_equal(rig_import(&b, rig_path(&b, "Debian/all.zip"), NULL, NULL), 0);
    char *first = rig_string(&a, "SELECT value FROM meta WHERE key='digest'");
    char *second = rig_string(&b, "SELECT value FROM meta WHERE key='digest'");
    assert_string_not_equal(first, second);
    free(second);
    rig_zip(&b, "Debian/all.zip", one, 2);
    assert_int_equal(rig_import(&b, rig_path(&b, "Debian/all.zip"), NULL, NULL), 0);
    second = rig_string(&b, "SELECT value FROM meta WHERE key='digest'");
    assert_string_equal(first, second);
    free(first);
    free(second);
    rig_close(&a);
    rig_close(&b);
}

static void test_one_id_of_two_sources(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    rig_text(&rig, "old/A-1.json", RECORD("A-1", JAN, "", "1.0"));
    rig_text(&rig, "new/A-1.json", RECORD("A-1", FEB, "", "2.0"));
    rig_text(&rig, "new/B-1.json", RECORD("B-1", FEB, "", "2.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "new"), NULL, NULL), 0);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "old"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM advisory"), 2);
    assert_text(&rig, "SELECT modified FROM advisory WHERE id='A-1'", FEB);
    assert_int_equal(rig_number(&rig, "SELECT records FROM advisory WHERE id='A-1'"), 2);
    /* Gone from one source it stays, from both it goes. */
    unlink(rig_path(&rig, "new/A-1.json"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "new"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM advisory"), 2);
    rig_text(&rig, "old/A-1.json", RECORD("A-9", JAN, "", "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "old"), NULL, NULL), 0);
    assert_text(&rig, "SELECT group_concat(id) FROM (SELECT id FROM advisory ORDER BY id)",
                "A-9,B-1");
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM affected"), 2);
    rig_close(&rig);
}

static void test_unreadable_records(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_import import;
    const struct zip_entry entries[] = {
        {"A-1.json", RECORD("A-1", JAN, "", "1.0"), false},
        {"bad.json", "{\"id\":", false},
        {"crc.json", RECORD("A-2", JAN, "", "1.0"), true},
        {"A-1.json", RECORD("A-3", JAN, "", "1.0"), false},
        {"ALBA-1.json", "{\"id\":\"ALBA-1\",\"modified\":\"" JAN "\"}", false},
    };
    rig_zip(&rig, "Debian/all.zip", entries, 5);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "Debian/all.zip"), &import, NULL), 0);
    assert_int_equal(import.unreadable, 2);
    assert_int_equal(import.left_out, 1);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM advisory"), 2);
    assert_text(&rig, "SELECT name FROM record WHERE state=2 ORDER BY name LIMIT 1", "bad.json");
    assert_text(&rig, "SELECT why FROM record WHERE name='crc.json'", "ZIP: CRC error");
    struct bw_know *know = NULL;
    uint64_t unreadable = 0;
    assert_int_equal(bw_know_open(rig.db, &know, NULL), 0);
    assert_int_equal(bw_know_unreadable(know, &unreadable, NULL), 0);
    assert_int_equal(unreadable, 2);
    bw_know_close(know);
    rig_close(&rig);
}

static void test_what_is_no_source(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_err err;
    rig_text(&rig, "empty/notes.txt", "nothing");
    rig_text(&rig, "broken.zip", "PK\3\4 and no more");
    rig_text(&rig, "broken.json", "{");
    assert_int_equal(rig_import(&rig, rig_path(&rig, "empty"), NULL, &err), BW_EUSAGE);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "broken.zip"), NULL, &err), BW_EFORMAT);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "broken.json"), NULL, &err), BW_EFORMAT);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "missing"), NULL, &err), BW_ENOENT);
    assert_int_equal(access(rig.db, F_OK), -1);
    rig_close(&rig);
}

/* A bucket of which one ecosystem is broken gives the others, and keeps what it had of that one. */
static void test_bucket_with_a_broken_ecosystem(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_import import;
    struct zip_entry entry = {"A-1.json", RECORD("A-1", JAN, "", "1.0"), false};
    rig_zip(&rig, "osv/Debian/all.zip", &entry, 1);
    entry = (struct zip_entry){"B-1.json", RECORD("B-1", JAN, "", "1.0"), false};
    rig_zip(&rig, "osv/Alpine/all.zip", &entry, 1);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "osv"), NULL, NULL), 0);
    rig_text(&rig, "osv/Alpine/all.zip", "PK, and nothing else");
    entry = (struct zip_entry){"A-2.json", RECORD("A-2", JAN, "", "1.0"), false};
    rig_zip(&rig, "osv/Debian/all.zip", &entry, 1);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "osv"), &import, NULL), 0);
    assert_int_equal(import.sources_failed, 1);
    assert_text(&rig, "SELECT group_concat(id) FROM (SELECT id FROM advisory ORDER BY id)",
                "A-2,B-1");
    rig_close(&rig);
}

/* --- the third rung, and KEV --- */

#define RATED(vector) ",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"" vector "\"}]"
#define CRITICAL      "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define MEDIUM        "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"
#define FOR(cve)      ",\"upstream\":[\"" cve "\"]"

static void test_borrowed_severity(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    rig_text(&rig, "a/A-1.json", RECORD("A-1", JAN, FOR("CVE-2024-0001"), "1.0"));
    rig_text(&rig, "a/A-2.json", RECORD("A-2", JAN, FOR("CVE-2024-0002"), "1.0"));
    rig_text(&rig, "b/B-1.json", RECORD("B-1", JAN, FOR("CVE-2024-0001") RATED(MEDIUM), "1.0"));
    rig_text(&rig, "b/B-2.json", RECORD("B-2", JAN, FOR("CVE-2024-0001") RATED(CRITICAL), "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 0);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "b"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 5);
    assert_text(&rig, "SELECT severity_from FROM advisory WHERE id='A-1'",
                "CVE-2024-0001 in Debian");
    assert_text(&rig, "SELECT vector FROM advisory WHERE id='A-1'", CRITICAL);
    assert_int_equal(rig_number(&rig, "SELECT score FROM advisory WHERE id='A-1'"), 98);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-2'"), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='B-1'"), 3);
    /* The lender goes: the next best, then nobody. */
    unlink(rig_path(&rig, "b/B-2.json"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "b"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 3);
    rig_text(&rig, "b/B-1.json", RECORD("B-1", FEB, FOR("CVE-2024-0009") RATED(MEDIUM), "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "b"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 0);
    assert_text(&rig, "SELECT severity_from FROM advisory WHERE id='A-1'", "");
    rig_close(&rig);
}

/* An erratum is as bad as the worst of its CVEs, which need not be this one. */
static void test_who_lends(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    rig_text(&rig, "a/A-1.json", RECORD("A-1", JAN, FOR("CVE-2024-0001"), "1.0"));
    rig_text(&rig, "a/E-1.json",
             RECORD("E-1", JAN, FOR("CVE-2024-0001\",\"CVE-2024-0002") RATED(CRITICAL), "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 5);
    rig_text(&rig, "a/V-1.json",
             RECORD("V-1", JAN,
                    FOR("CVE-2024-0001") ",\"database_specific\":{\"severity\":\"LOW\"}", "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 5);
    rig_text(&rig, "a/S-1.json", RECORD("S-1", JAN, FOR("CVE-2024-0001") RATED(MEDIUM), "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 3);
    /* Of several CVEs the worst counts. */
    rig_text(&rig, "a/A-2.json", RECORD("A-2", JAN, FOR("CVE-2024-0001\",\"CVE-2024-0002"), "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-2'"), 5);
    rig_close(&rig);
}

static void test_withdrawn_lends_nothing(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    rig_text(&rig, "a/A-1.json", RECORD("A-1", JAN, FOR("CVE-2024-0001"), "1.0"));
    rig_text(&rig, "a/B-1.json",
             RECORD("B-1", JAN, FOR("CVE-2024-0001") RATED(CRITICAL) ",\"withdrawn\":\"" FEB "\"",
                    "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT severity FROM advisory WHERE id='A-1'"), 0);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM affected"), 1);
    assert_int_equal(rig_number(&rig, "SELECT value + 0 FROM meta WHERE key='withdrawn'"), 1);
    rig_close(&rig);
}

static void test_exploited(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_import import;
    rig_text(&rig, "a/A-1.json", RECORD("A-1", JAN, FOR("CVE-2024-0001"), "1.0"));
    rig_text(&rig, "a/A-2.json", RECORD("A-2", JAN, FOR("CVE-2024-0002"), "1.0"));
    rig_text(&rig, "kev.json",
             "{\"vulnerabilities\":[{\"cveID\":\"CVE-2024-0002\",\"dateAdded\":\"2024-03-01\"}]}");
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(rig_import(&rig, rig_path(&rig, "kev.json"), NULL, NULL), 0);
    assert_text(&rig, "SELECT group_concat(id) FROM advisory WHERE kev", "A-2");
    assert_int_equal(rig_import(&rig, rig_path(&rig, "kev.json"), &import, NULL), 0);
    assert_int_equal(import.sources_unchanged, 1);
    rig_text(&rig, "kev.json", "{\"vulnerabilities\":[{\"cveID\":\"CVE-2024-0001\"}]}");
    assert_int_equal(rig_import(&rig, rig_path(&rig, "kev.json"), NULL, NULL), 0);
    assert_text(&rig, "SELECT group_concat(id) FROM advisory WHERE kev", "A-1");
    rig_close(&rig);
}

/* --- the file --- */

static size_t count_files(const struct rig *rig, const char *part)
{
    char command[300], answer[32] = "";
    snprintf(command, sizeof command, "ls %s/db | grep -c -- '%s'", rig->dir, part);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(answer, sizeof answer, pipe));
    pclose(pipe);
    return (size_t)atoi(answer);
}

static void write_many(const struct rig *rig, int n)
{
    for (int i = 0; i < n; i++) {
        char name[64], text[600];
        snprintf(name, sizeof name, "many/M-%d.json", i);
        snprintf(text, sizeof text,
                 "{\"id\":\"M-%d\",\"modified\":\"" JAN "\",\"affected\":[{\"package\":{"
                 "\"ecosystem\":\"Debian:12\",\"name\":\"p%d\"},\"versions\":[\"1\"]}]}",
                 i, i);
        rig_text(rig, name, text);
    }
}

/* Killed at any moment, the store is the old one or the new one, and opens. */
static void test_killed_while_importing(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    rig_text(&rig, "a/A-1.json", RECORD("A-1", JAN, "", "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    write_many(&rig, 400);
    for (int i = 0; i < 12; i++) {
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            rig_import(&rig, rig_path(&rig, "many"), NULL, NULL);
            for (;;)
                pause();
        }
        nanosleep(&(struct timespec){.tv_nsec = (i * 5L + 1) * 1000000L}, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        int64_t n = rig_number(&rig, "SELECT count(*) FROM advisory");
        assert_true(n == 1 || n == 401);
        assert_int_equal(rig_number(&rig, "SELECT count(*) FROM advisory WHERE id='A-1'"), 1);
    }
    assert_int_equal(rig_import(&rig, rig_path(&rig, "many"), NULL, NULL), 0);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM advisory"), 401);
    assert_int_equal(count_files(&rig, "\\.new-"), 0);
    rig_close(&rig);
}

static void test_a_reader_keeps_its_snapshot(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_sqlite *db = NULL;
    int64_t n = 0;
    rig_text(&rig, "a/A-1.json", RECORD("A-1", JAN, "", "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(bw_store_open(rig.db, &db, NULL), 0);
    rig_text(&rig, "a/A-2.json", RECORD("A-2", JAN, "", "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    assert_int_equal(
        bw_store_get_i64(db, "SELECT count(*) FROM advisory", (struct bw_str){NULL, 0}, &n, NULL),
        0);
    assert_int_equal(n, 1);
    bw_sqlite_close(db);
    assert_int_equal(rig_number(&rig, "SELECT count(*) FROM advisory"), 2);
    rig_close(&rig);
}

static void note_waiting(void *ctx)
{
    pid_t *holder = ctx;
    kill(*holder, SIGKILL);
}

static void test_writers_wait_for_each_other(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct bw_writer *writer = NULL;
        if (bw_writer_open(rig.db, NULL, NULL, &writer, NULL) || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct bw_writer *writer = NULL;
    /* The holder dies when it is found to hold. */
    assert_int_equal(bw_writer_open(rig.db, note_waiting, &child, &writer, NULL), 0);
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    bw_writer_free(writer);
    close(ready[0]);
    close(ready[1]);
    rig_close(&rig);
}

static void test_foreign_files(void **state)
{
    (void)state;
    struct rig rig = rig_open();
    struct bw_err err;
    struct bw_know *know = NULL;
    assert_int_equal(bw_know_open(rig.db, &know, &err), BW_ENOENT);
    assert_non_null(strstr(err.msg, "bulwark db update"));
    rig_text(&rig, "db/advisories.db", "this is no database, and is longer than a header");
    assert_int_equal(bw_know_open(rig.db, &know, &err), BW_EFORMAT);
    unlink(rig.db);
    struct bw_sqlite *db = NULL;
    assert_int_equal(bw_sqlite_open(rig.db, BW_SQLITE_ASIDE, &db, NULL), 0);
    assert_int_equal(bw_store_create_tables(db, NULL), 0);
    assert_int_equal(bw_sqlite_exec(db, "PRAGMA user_version=99", NULL), 0);
    bw_sqlite_close(db);
    assert_int_equal(bw_know_open(rig.db, &know, &err), BW_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "upgrade"));
    rig_close(&rig);
}

/* --- carrying it over --- */

static int take_in(const struct rig *rig, const char *from, struct bw_err *err)
{
    struct bw_writer *writer = NULL;
    assert_int_equal(bw_writer_open(rig->db, NULL, NULL, &writer, NULL), 0);
    int rc = bw_exchange_import(writer, from, err);
    bw_writer_free(writer);
    return rc;
}

static void change_export(const struct rig *rig, const char *sql)
{
    struct bw_sqlite *db = NULL;
    assert_int_equal(bw_sqlite_open(rig_path(rig, "export.db"), BW_SQLITE_ASIDE, &db, NULL), 0);
    assert_int_equal(bw_sqlite_exec(db, sql, NULL), 0);
    bw_sqlite_close(db);
}

static void test_export_and_import(void **state)
{
    (void)state;
    struct rig rig = rig_open(), other = rig_open();
    char checksum[65];
    struct bw_err err;
    rig_text(&rig, "a/A-1.json", RECORD("A-1", JAN, "", "1.0"));
    assert_int_equal(rig_import(&rig, rig_path(&rig, "a"), NULL, NULL), 0);
    const char *file = rig_path(&rig, "export.db");
    assert_int_equal(bw_exchange_export(rig.db, file, checksum, &err), 0);
    assert_int_equal(strlen(checksum), 64);
    assert_true(bw_exchange_is(file));
    assert_int_equal(take_in(&other, file, &err), 0);
    assert_text(&other, "SELECT id FROM advisory", "A-1");

    static const struct {
        const char *sql;
        int rc;
    } attacks[] = {
        {"UPDATE advisory SET summary='x'", BW_EDIGEST},
        {"DELETE FROM meta WHERE key='checksum'", BW_EFORMAT},
        {"CREATE VIEW v AS SELECT 1", BW_EFORMAT},
        {"CREATE TRIGGER t AFTER INSERT ON kev BEGIN SELECT 1; END", BW_EFORMAT},
        {"DROP TABLE kev", BW_EFORMAT},
        {"UPDATE advisory SET summary=CAST(x'ff' AS TEXT)", BW_EFORMAT},
        {"UPDATE advisory SET summary='a' || char(27) || '[2J'", BW_EFORMAT},
        {"PRAGMA user_version=1", BW_EUNSUPPORTED},
        {"PRAGMA application_id=1", BW_EFORMAT},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(attacks); i++) {
        unlink(file);
        assert_int_equal(bw_exchange_export(rig.db, file, checksum, &err), 0);
        change_export(&rig, attacks[i].sql);
        assert_int_equal(take_in(&other, file, &err), attacks[i].rc);
        assert_text(&other, "SELECT id FROM advisory", "A-1");
    }
    assert_int_equal(truncate(file, 8192), 0);
    assert_int_not_equal(take_in(&other, file, &err), 0);
    rig_close(&rig);
    rig_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zip_incremental),
        cmocka_unit_test(test_digest_depends_on_content_alone),
        cmocka_unit_test(test_one_id_of_two_sources),
        cmocka_unit_test(test_unreadable_records),
        cmocka_unit_test(test_what_is_no_source),
        cmocka_unit_test(test_bucket_with_a_broken_ecosystem),
        cmocka_unit_test(test_borrowed_severity),
        cmocka_unit_test(test_who_lends),
        cmocka_unit_test(test_withdrawn_lends_nothing),
        cmocka_unit_test(test_exploited),
        cmocka_unit_test(test_killed_while_importing),
        cmocka_unit_test(test_a_reader_keeps_its_snapshot),
        cmocka_unit_test(test_writers_wait_for_each_other),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_export_and_import),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
