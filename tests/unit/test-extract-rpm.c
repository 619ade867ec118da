#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect.h"
#include "extract/rpm-header.h"
#include "extract/rpm-packages.h"
#include "rpm-blobs.h"
#include "wrap/sqlite-image.h"
#include "wrap/sqlite.h"

#define NDB    "var/lib/rpm/Packages.db"
#define BDB    "var/lib/rpm/Packages"
#define SQLITE "var/lib/rpm/rpmdb.sqlite"
#define WAL    "var/lib/rpm/rpmdb.sqlite-wal"

static struct collected got;

static void expect(const char *path, struct bw_buf database, const char *want)
{
    assert_false(bw_buf_failed(&database));
    assert_string_equal(collect(&got, path, database.p, database.n), want);
    bw_buf_free(&database);
}

/* One header, through the plainest of the databases. */
static void expect_blob(struct bw_buf blob, const char *want)
{
    expect(NDB, ndb_of(&blob, 1), want);
    bw_buf_free(&blob);
}

static void header_becomes_package(void **state)
{
    (void)state;
    struct blob blob = blob_begin(true);
    blob_string(&blob, 1000, "nodejs");
    blob_string(&blob, 1001, "16.1.0");
    blob_string(&blob, 1002, "3.el8");
    blob_int32(&blob, 1003, (const uint32_t[]){1}, 1);
    blob_string(&blob, 1011, "Vendor, Inc.");
    blob_string(&blob, 1014, "MIT");
    blob_string(&blob, 1022, "x86_64");
    blob_int16(&blob, 1030, (const uint16_t[]){0100755, 040755, 0120777}, 3);
    blob_string(&blob, 1044, "node-js-src-16.1.0-3.el8.src.rpm");
    blob_int32(&blob, 1116, (const uint32_t[]){1, 0, 1}, 3);
    blob_strings(&blob, 1117, "node|lib|npm");
    blob_strings(&blob, 1118, "/usr/|/usr/bin/");
    blob_string(&blob, 5096, "nodejs:16:8060020220523160029:ad008a3a");
    expect_blob(blob_end(&blob),
                "package nodejs 1:16.1.0-3.el8 x86_64 source node-js-src 1:16.1.0-3.el8 module "
                "nodejs:16:8060020220523160029:ad008a3a vendor Vendor, Inc. licence MIT line 0: "
                "usr/bin/node usr/bin/npm\n");
}

#define ZEROS "00000000000000000000000000000000"

/* a: as it was; b: a setting; c: a ghost; d: not to be compared; e: another package's by now;
 * f: with capabilities; g: a link, without a checksum. */
static void files_have_records(void **state)
{
    (void)state;
    struct blob blob = blob_begin(true);
    blob_string(&blob, 1000, "a");
    blob_string(&blob, 1001, "1");
    blob_string(&blob, 1002, "2");
    blob_int8(&blob, 1029, (const uint8_t[]){0, 0, 0, 0, 1, 0, 0}, 7);
    blob_int16(&blob, 1030,
               (const uint16_t[]){0104755, 0100644, 0100600, 0100644, 0100755, 0100755, 0120777},
               7);
    blob_strings(&blob, 1035,
                 ZEROS ZEROS "|" ZEROS ZEROS "|" ZEROS ZEROS "|" ZEROS ZEROS "|" ZEROS ZEROS
                             "|" ZEROS ZEROS "|");
    blob_int32(&blob, 1037, (const uint32_t[]){0, 1 | 1 << 4, 1 << 6, 0, 0, 0, 0}, 7);
    blob_int32(&blob, 1045, (const uint32_t[]){~0u, ~0u, ~0u, ~1u, ~0u, ~0u, ~0u}, 7);
    blob_int32(&blob, 1116, (const uint32_t[]){0, 0, 0, 0, 0, 0, 0}, 7);
    blob_strings(&blob, 1117, "a|b|c|d|e|f|g");
    blob_strings(&blob, 1118, "/");
    blob_strings(&blob, 5010, "|||||cap_net_raw=ep|");
    blob_int32(&blob, 5011, (const uint32_t[]){8}, 1);
    got.records = true;
    expect_blob(blob_end(&blob),
                "package a 1-2 source a 1-2 line 0: a[4755 sha256:0000] b[644 sha256:0000 config] "
                "c[600 none] d[644 none] e[? none] f[755 sha256:0000 capabilities] g[777 none]\n");
    got.records = false;
}

/* Without an algorithm it is MD5; of another than the three nothing is known, nor where there is
 * not one value a file. */
static void checksums_have_an_algorithm(void **state)
{
    (void)state;
    static const struct {
        uint32_t algorithm;
        const char *digests, *want;
    } cases[] = {
        {0, ZEROS, "md5:0000"}, {1, ZEROS, "md5:0000"}, {2, ZEROS "00000000", "sha1:0000"},
        {10, ZEROS, "none"},    {8, ZEROS, "none"},     {0, ZEROS "|" ZEROS, "none"},
    };
    got.records = true;
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char want[128];
        struct blob blob = blob_begin(true);
        blob_string(&blob, 1000, "a");
        blob_string(&blob, 1001, "1");
        blob_string(&blob, 1002, "2");
        blob_strings(&blob, 1035, cases[i].digests);
        blob_int32(&blob, 1116, (const uint32_t[]){0}, 1);
        blob_strings(&blob, 1117, "a");
        blob_strings(&blob, 1118, "/");
        if (cases[i].algorithm)
            blob_int32(&blob, 5011, &cases[i].algorithm, 1);
        snprintf(want, sizeof want, "package a 1-2 source a 1-2 line 0: a[? %s]\n", cases[i].want);
        expect_blob(blob_end(&blob), want);
    }
    got.records = false;
}

/* rpm 3: no region, whole file names. */
static void old_headers_have_whole_names(void **state)
{
    (void)state;
    struct blob blob = blob_begin(false);
    blob_string(&blob, 1000, "a");
    blob_string(&blob, 1001, "1");
    blob_string(&blob, 1002, "2");
    blob_strings(&blob, 1027, "/bin/a|/etc/dir");
    blob_int16(&blob, 1030, (const uint16_t[]){0100644, 040755}, 2);
    expect_blob(blob_end(&blob), "package a 1-2 source a 1-2 line 0: bin/a\n");
}

static void later_entries_replace_the_regions(void **state)
{
    (void)state;
    struct blob blob = blob_begin(true);
    blob_string(&blob, 1000, "a");
    blob_string(&blob, 1001, "1");
    blob_string(&blob, 1002, "2");
    blob_strings(&blob, 1027, "/bin/old");
    blob_region_end(&blob);
    blob_string(&blob, 1022, "noarch");
    blob_string(&blob, 1001, "7");
    blob_int32(&blob, 1116, (const uint32_t[]){0}, 1);
    blob_strings(&blob, 1117, "new");
    blob_strings(&blob, 1118, "/bin/");
    expect_blob(blob_end(&blob), "package a 7-2 noarch source a 7-2 line 0: bin/new\n");
}

static void keys_are_no_packages(void **state)
{
    (void)state;
    expect_blob(blob_simple("gpg-pubkey"), "");
}

static void sources_are_split(void **state)
{
    (void)state;
    struct bw_str name, version;
    assert_true(bw_rpm_split_source(BW_STR("a-b-1.0-2.el8.src.rpm"), &name, &version));
    assert_true(bw_str_eq(name, BW_STR("a-b")) && bw_str_eq(version, BW_STR("1.0-2.el8")));
    assert_true(bw_rpm_split_source(BW_STR("a-1-2.nosrc.rpm"), &name, &version));
    assert_true(bw_str_eq(name, BW_STR("a")) && bw_str_eq(version, BW_STR("1-2")));
    static const char *const bad[] = {
        "",          "a",     "a-1.src.rpm", "-1-2.src.rpm", "a-1-.src.rpm", "a--2.src.rpm",
        "a-1-2.rpm", "(none)"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++)
        assert_false(bw_rpm_split_source(bw_str(bad[i]), &name, &version));
    struct bw_package package = {.name = BW_STR("sub"), .version = BW_STR("4:1-2")};
    bw_rpm_set_source(&package, BW_STR("main-7-2.src.rpm"));
    assert_true(bw_str_eq(package.source_version, BW_STR("7-2")));
}

static void broken_headers_are_gaps(void **state)
{
    (void)state;
    struct blob blob = blob_begin(true);
    blob_string(&blob, 1000, "a");
    blob_string(&blob, 1000, "b");
    expect_blob(blob_end(&blob),
                "blocking " NDB ": record 1: malformed package header: tag 1000 stands twice\n");
    blob = blob_begin(true);
    blob_int32(&blob, 1000, (const uint32_t[]){1}, 1);
    expect_blob(blob_end(&blob),
                "blocking " NDB
                ": record 1: malformed package header: tag 1000 has a wrong type\n");
    blob = blob_begin(true);
    blob_string(&blob, 1000, "a");
    expect_blob(blob_end(&blob),
                "blocking " NDB ": record 1: no or a malformed name, version or release\n");
    struct bw_buf cut = blob_simple("a");
    cut.n--;
    expect_blob(cut, "blocking " NDB ": record 1: malformed package header: its length\n");
    struct bw_buf empty = BW_BUF(1);
    expect_blob(empty, "blocking " NDB ": record 1: malformed package header: its length\n");
}

/* Every byte of a header changed in turn: no crash, and never a silent loss. */
static void damage_is_never_silent(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    struct bw_buf blob BW_CLEANUP(bw_buf_free) = blob_simple("a");
    for (size_t i = 0; i < blob.n * sizeof values; i++) {
        uint8_t *at = blob.p + i / sizeof values, was = *at;
        *at = values[i % sizeof values];
        struct bw_buf database BW_CLEANUP(bw_buf_free) = ndb_of(&blob, 1);
        const char *text = collect(&got, NDB, database.p, database.n);
        assert_true(got.packages == 1 || got.gaps > 0);
        assert_true(strncmp(text, "error", 5) != 0);
        *at = was;
    }
}

static void overlapping_entries_are_refused(void **state)
{
    (void)state;
    struct blob blob = blob_begin(false);
    blob_strings(&blob, 1117, "a|b|c");
    blob_entry(&blob, 1118, BLOB_STRINGS, 2, 2);
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = blob_end(&blob);
    struct bw_rpm_header header;
    assert_int_equal(bw_rpm_header_parse(bytes.p, bytes.n, &header, NULL), BW_EFORMAT);
}

static void files_need_their_directories(void **state)
{
    (void)state;
    struct blob blob = blob_begin(false);
    blob_string(&blob, 1000, "a");
    blob_string(&blob, 1001, "1");
    blob_string(&blob, 1002, "2");
    blob_int32(&blob, 1116, (const uint32_t[]){0, 9}, 2);
    blob_strings(&blob, 1117, "b|c");
    blob_strings(&blob, 1118, "/");
    expect_blob(blob_end(&blob),
                "blocking " NDB ": the files of a are not all known: malformed package header: a "
                "file's directory\n"
                "package a 1-2 source a 1-2 line 0: b\n");
}

static void ndb_frames_are_checked(void **state)
{
    (void)state;
    struct bw_buf blobs[3] = {blob_simple("a"), blob_simple("b"), blob_simple("c")};
    expect(NDB, ndb_of(blobs, 3),
           "package a 1.0-2 source a 1.0-2 line 0: usr/bin/tool\n"
           "package b 1.0-2 source b 1.0-2 line 0: usr/bin/tool\n"
           "package c 1.0-2 source c 1.0-2 line 0: usr/bin/tool\n");
    struct bw_buf database = ndb_of(blobs, 2);
    memcpy(database.p + 32 + 32, database.p + 32, 16); /* the first slot again */
    memcpy(database.p + 32 + 36, "\7\0\0\0", 4);       /* as another package */
    expect(NDB, database,
           "package a 1.0-2 source a 1.0-2 line 0: usr/bin/tool\n"
           "blocking " NDB ": record 7 overlaps another one\n"
           "package b 1.0-2 source b 1.0-2 line 0: usr/bin/tool\n");
    database = ndb_of(blobs, 2);
    database.n -= 16;
    expect(NDB, database,
           "blocking " NDB ": record 2 lies outside of the database: it may be cut\n"
           "package a 1.0-2 source a 1.0-2 line 0: usr/bin/tool\n");
    database = ndb_of(blobs, 1);
    database.p[4096 + 16 + 8 + 7 * 16]++; /* the first byte of the data, the name */
    expect(NDB, database,
           "blocking " NDB ": record 1: its checksum is wrong, so it may say something else\n"
           "package b 1.0-2 source b 1.0-2 line 0: usr/bin/tool\n");
    database = ndb_of(blobs, 1);
    database.p[4096 + 4]++;
    expect(NDB, database, "blocking " NDB ": record 1: the frame of its header is damaged\n");
    database = ndb_of(blobs, 0);
    expect(NDB, database, "");
    database = ndb_of(blobs, 0);
    database.n = 4000;
    expect(NDB, database, "error format: not an ndb package database\n");
    for (size_t i = 0; i < 3; i++)
        bw_buf_free(&blobs[i]);
}

static void bdb_pages_are_followed(void **state)
{
    (void)state;
    struct blob big = blob_begin(true);
    char licence[1500] = "";
    memset(licence, 'x', sizeof licence - 1);
    blob_string(&big, 1000, "big");
    blob_string(&big, 1001, "1");
    blob_string(&big, 1002, "2");
    blob_string(&big, 1014, licence);
    struct bw_buf blobs[2] = {blob_simple("a"), blob_end(&big)};
    char want[2048];
    snprintf(want, sizeof want,
             "package a 1.0-2 source a 1.0-2 line 0: usr/bin/tool\n"
             "package big 1-2 source big 1-2 licence %s line 0:\n",
             licence);
    expect(BDB, bdb_of(blobs, 2, false), want);
    expect(BDB, bdb_of(blobs, 2, true), want);

    struct bw_buf database = bdb_of(blobs, 2, true);
    put_le32_at(database.p + BDB_PAGE * 3 + 16, 2); /* its second page leads back to its first */
    expect(BDB, database,
           "package a 1.0-2 source a 1.0-2 line 0: usr/bin/tool\n"
           "blocking " BDB
           ": record 2: its pages are damaged, or it is larger than 67108864 bytes\n");
    database = bdb_of(blobs, 1, true);
    put_le32_at(database.p + BDB_PAGE + 16, 1); /* the bucket's page follows itself */
    expect(BDB, database,
           "package a 1.0-2 source a 1.0-2 line 0: usr/bin/tool\n"
           "blocking " BDB ": page 1 of the database is damaged\n");
    database = bdb_of(blobs, 1, true);
    put_le16(database.p + BDB_PAGE + 20, 5);
    expect(BDB, database, "blocking " BDB ": page 1 of the database is damaged\n");
    database = bdb_of(blobs, 1, true);
    put_le32_at(database.p + 72, 1000); /* more buckets than pages */
    expect(BDB, database, "error format: the Berkeley DB database is cut, or its head damaged\n");
    database = bdb_of(blobs, 1, true);
    put_le32_at(database.p + 12, 0x00053162);
    expect(BDB, database, "error unsupported: a Berkeley DB tree, where rpm has a hash table\n");
    for (size_t i = 0; i < 2; i++)
        bw_buf_free(&blobs[i]);
}

/* A database that a script makes; with `log`, the write-ahead log beside it. */
static struct bw_buf sqlite_of(const char *script, bool log)
{
    char path[64] = "/tmp/bulwark-test-XXXXXX", name[80];
    struct bw_err err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct bw_sqlite *db = NULL;
    assert_int_equal(bw_sqlite_open(path, log ? BW_SQLITE_SHARED : BW_SQLITE_ASIDE, &db, &err), 0);
    if (bw_sqlite_exec(db, script, &err))
        fail_msg("%s", err.msg);
    struct bw_buf bytes = BW_BUF(BLOB_MAX);
    if (!log)
        bw_sqlite_close(db);
    snprintf(name, sizeof name, "%s%s", path, log ? "-wal" : "");
    assert_int_equal(bw_fd_slurp_path(name, &bytes, &err), 0);
    if (log)
        bw_sqlite_close(db);
    unlink(path);
    return bytes;
}

#define SCHEMA "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"

static void put_insert(struct bw_buf *script, unsigned number, struct bw_buf blob)
{
    bw_buf_printf(script, "INSERT INTO Packages VALUES (%u, X'", number);
    for (size_t i = 0; i < blob.n; i++)
        bw_buf_printf(script, "%02x", blob.p[i]);
    bw_buf_printf(script, "');");
    bw_buf_free(&blob);
}

static void sqlite_rows_are_read(void **state)
{
    (void)state;
    struct bw_buf script BW_CLEANUP(bw_buf_free) = BW_BUF(BLOB_MAX);
    bw_buf_printf(&script, SCHEMA "INSERT INTO Packages VALUES (2, 'text');");
    put_insert(&script, 7, blob_simple("a"));
    put_insert(&script, 9, blob_simple("b"));
    bw_buf_byte(&script, 0);
    struct bw_buf database = sqlite_of((const char *)script.p, false);
    database.p[18] = database.p[19] = 2; /* as rpm leaves it: WAL mode */
    expect(SQLITE, database,
           "blocking " SQLITE ": record 2: malformed package header: its length\n"
           "package a 1.0-2 source a 1.0-2 line 0: usr/bin/tool\n"
           "package b 1.0-2 source b 1.0-2 line 0: usr/bin/tool\n");
}

static void sqlite_schemas_are_not_trusted(void **state)
{
    (void)state;
    const char *none =
        "error format: the SQLite database has no table Packages with a column hnum\n";
    expect(SQLITE, sqlite_of("CREATE VIEW Packages AS SELECT 1 AS hnum, X'00' AS blob;", false),
           none);
    expect(SQLITE, sqlite_of("CREATE TABLE other (a);", false), none);
    expect(SQLITE, sqlite_of("CREATE TABLE Packages (a, b);", false), none);
    expect(SQLITE,
           sqlite_of("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, x, blob AS (zeroblob(9)));"
                     "INSERT INTO Packages VALUES (1, 2);",
                     false),
           "error format: the table Packages of the SQLite database has computed columns\n");
    /* The schema's columns say it is a table, its text makes a view. */
    const char table[] = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB, padding)";
    const char view[] = "CREATE VIEW Packages AS SELECT 1 AS hnum, x'00' AS blob             ";
    struct bw_buf lie BW_CLEANUP(bw_buf_free) = sqlite_of(table, false);
    uint8_t *at = memmem(lie.p, lie.n, table, sizeof table - 1);
    assert_non_null(at);
    memcpy(at, view, sizeof view - 1);
    assert_non_null(strstr(collect(&got, SQLITE, lie.p, lie.n), "error format: "));
    struct bw_buf many BW_CLEANUP(bw_buf_free) = BW_BUF(BLOB_MAX);
    bw_buf_printf(&many, "BEGIN;" SCHEMA);
    for (unsigned i = 0; i < 3000; i++)
        bw_buf_printf(&many, "CREATE TABLE t%u (a);", i);
    bw_buf_printf(&many, "COMMIT;");
    bw_buf_byte(&many, 0);
    struct bw_buf database BW_CLEANUP(bw_buf_free) = sqlite_of((const char *)many.p, false);
    const char *text = collect(&got, SQLITE, database.p, database.n);
    assert_non_null(strstr(text, "error limit: reading the SQLite database takes more than"));
}

static void sqlite_bytes_are_not_trusted(void **state)
{
    (void)state;
    struct bw_buf text = BW_BUF(64);
    bw_buf_printf(&text, "SQLite format 3");
    expect(SQLITE, text, "error format: not an SQLite database\n");
    struct bw_buf script BW_CLEANUP(bw_buf_free) = BW_BUF(BLOB_MAX);
    bw_buf_printf(&script, SCHEMA);
    for (unsigned i = 1; i < 60; i++)
        put_insert(&script, i, blob_simple("a"));
    bw_buf_byte(&script, 0);
    struct bw_buf whole BW_CLEANUP(bw_buf_free) = sqlite_of((const char *)script.p, false);
    const char *said = collect(&got, SQLITE, whole.p, whole.n);
    assert_int_equal(got.packages, 59);
    assert_int_equal(got.gaps, 0);
    for (size_t cut = 512; cut < whole.n; cut += 512) {
        said = collect(&got, SQLITE, whole.p, cut);
        assert_true(got.gaps || got.packages == 59 || strstr(said, "error format: "));
    }
}

static void logs_with_commits_are_gaps(void **state)
{
    (void)state;
    struct bw_buf log BW_CLEANUP(bw_buf_free) = sqlite_of(SCHEMA, true);
    const char *text = collect(&got, WAL, log.p, log.n);
    assert_int_equal(got.gaps, 1);
    assert_non_null(strstr(text, "blocking " WAL ": changes to the package database lie in"));
    collect(&got, WAL, log.p, 32); /* a header and no frame */
    assert_int_equal(got.gaps, 0);
    collect(&got, WAL, log.p, 0);
    assert_int_equal(got.gaps, 0);
    log.p[32 + 24 + 100] ^= 1; /* the first frame, which the second's checksum continues */
    collect(&got, WAL, log.p, log.n);
    assert_int_equal(got.gaps, 0);
}

static void manifest_lines_are_packages(void **state)
{
    (void)state;
    const char *path = "var/lib/rpmmanifest/container-manifest-2";
    assert_string_equal(
        collect_str(
            &got, path,
            "glibc\t2.35-4.cm2\t1653816591\t1653628955\tMicrosoft Corporation\t(none)\t"
            "10855265\tx86_64\t0\tglibc-2.35-4.cm2.src.rpm\n"
            "shadow-libs\t4.9-1\t1\t1\t(none)\t2\t1\tnoarch\t2\tshadow-utils-4.9-1.src.rpm\n"
            "short\t1-2\n"),
        "package glibc 2.35-4.cm2 x86_64 source glibc 2.35-4.cm2 vendor Microsoft Corporation line "
        "1:\n"
        "package shadow-libs 2:4.9-1 noarch source shadow-utils 2:4.9-1 line 2:\n"
        "blocking var/lib/rpmmanifest/container-manifest-2, line 3: the line does not describe a "
        "package\n");
}

/* Numbers as `rpm -qa` gives them, less gpg-pubkey; files as `rpm -qal`, less directories. */
static void published_databases(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path;
        size_t packages, files;
        const char *has;
    } cases[] = {
        {"amazon-2023.rpmdb.sqlite", SQLITE, 102, 6763,
         "package openssl-libs 1:3.0.8-1.amzn2023.0.4 x86_64 source openssl 1:3.0.8-1.amzn2023"},
        {"sle15.rpmdb.ndb", NDB, 35, 1777, "package glibc 2.31-9.3.2 x86_64"},
        {"libuuid.rpmdb.bdb", BDB, 1, 5,
         "package libuuid 2.32.1-42.el8_8 x86_64 source util-linux 2.32.1-42.el8_8"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_buf bytes BW_CLEANUP(bw_buf_free) = {0};
        if (!collect_shared(cases[i].name, &bytes))
            return;
        const char *text = collect(&got, cases[i].path, bytes.p, bytes.n);
        assert_int_equal(got.packages, cases[i].packages);
        assert_int_equal(got.files, cases[i].files);
        assert_int_equal(got.gaps, 0);
        assert_non_null(strstr(text, cases[i].has));
    }
}

static int start(void **state)
{
    (void)state;
    return bw_sqlite_image_prepare(NULL);
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
        cmocka_unit_test(header_becomes_package),
        cmocka_unit_test(files_have_records),
        cmocka_unit_test(checksums_have_an_algorithm),
        cmocka_unit_test(old_headers_have_whole_names),
        cmocka_unit_test(later_entries_replace_the_regions),
        cmocka_unit_test(keys_are_no_packages),
        cmocka_unit_test(sources_are_split),
        cmocka_unit_test(broken_headers_are_gaps),
        cmocka_unit_test(damage_is_never_silent),
        cmocka_unit_test(overlapping_entries_are_refused),
        cmocka_unit_test(files_need_their_directories),
        cmocka_unit_test(ndb_frames_are_checked),
        cmocka_unit_test(bdb_pages_are_followed),
        cmocka_unit_test(sqlite_rows_are_read),
        cmocka_unit_test(sqlite_schemas_are_not_trusted),
        cmocka_unit_test(sqlite_bytes_are_not_trusted),
        cmocka_unit_test(logs_with_commits_are_gaps),
        cmocka_unit_test(manifest_lines_are_packages),
        COLLECT_SHARED_TEST(published_databases),
    };
    return cmocka_run_group_tests(tests, start, end);
}
