#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/wire.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct bw_str files[] = {{"usr/bin/a", 9}, {"", 0}, {"../odd\x00name", 11}};
static struct bw_str paths[] = {{"blobs/sha256/ab", 15}, {"1f/layer.tar", 12}};
static struct bw_str tags[] = {{"nginx:1.27", 10}};
static struct bw_str diff_ids[] = {{"sha256:" HEX64, 71}};
static struct bw_history history[] = {{{"RUN x", 5}, false}, {{"ENV y", 5}, true}};
static struct bw_descriptor items[] = {
    {.media_type = {"a/b", 3}, .digest = {"sha256:" HEX64, 71}, .size = UINT64_MAX, .os = {"l", 1}},
    {.attestation = true, .ref_name = {"v1", 2}, .paths = {paths, 2}, .tags = {tags, 1}},
};

static struct bw_file_record records[] = {
    {{BW_DIGEST_MD5, {9, [15] = 8}}, 0755, true, false},
    {{BW_DIGEST_NONE, {0}}, BW_MODE_UNKNOWN, false, false},
    {{BW_DIGEST_SHA256, {[31] = 7}}, 0, false, true},
};

static struct bw_layer layers[] = {
    {.digest = {"sha256:" HEX64, 71}, .created_by = {"RUN x", 5}, .size = 77},
    {.diff_id = {"sha256:" HEX64, 71}, .size = UINT64_MAX},
};

static const struct bw_fact facts[] = {
    {.kind = BW_FACT_FILE,
     .place = {.layer = UINT32_MAX, .path = {"etc/x", 5}, .line = 7},
     .file = {.type = BW_FILE_HARDLINK,
              .link = {"etc/y", 5},
              .size = UINT64_MAX,
              .offset = 1 << 20,
              .read = true}},
    {.kind = BW_FACT_FILE,
     .place = {.path = {"bin/su", 6}, .inner = {"../x!/\n", 7}},
     .file = {.type = BW_FILE_REGULAR,
              .examined = true,
              .has_mode = true,
              .mode = 04755,
              .uid = UINT32_MAX,
              .gid = 5,
              .capabilities = UINT64_MAX,
              .digest = {BW_DIGEST_SHA1, {1, 2, 3, [19] = 20}}}},
    {.kind = BW_FACT_FILE, .file = {.type = BW_FILE_SYMLINK, .link = {"../../etc//x", 12}}},
    {.kind = BW_FACT_DISTRIBUTION,
     .place = {.layer = 1, .path = {"etc/os-release", 14}, .line = 0},
     .distribution = {.id = {"debian", 6}, .version_id = {"12", 2}, .cpe = {"cpe:/o", 6}}},
    {.kind = BW_FACT_PACKAGE,
     .place = {.layer = 2, .path = {"var/lib/dpkg/status", 19}, .line = 300},
     .package = {.type = BW_PACKAGE_RPM,
                 .name = {"bash", 4},
                 .version = {"5", 1},
                 .licence = {"GPL", 3},
                 .files = {files, 3},
                 .records = records,
                 .locked = true,
                 .checksum = {"sha256:ab", 9},
                 .depends = {tags, 1}}},
    {.kind = BW_FACT_OWNERSHIP,
     .place = {.layer = 0, .path = {"a", 1}, .line = 0},
     .ownership = {BW_PACKAGE_APK, {"x:amd64", 7}, {files, 1}, records, {"MIT", 3}}},
    {.kind = BW_FACT_SECRET,
     .place = {.path = {"a", 1}, .line = 3},
     .secret = {.rule = {"aws", 3}, .match = {"AKIA****", 8}, .count = 2, .encoded = true}},
    {.kind = BW_FACT_ELF,
     .place = {.path = {"a", 1}},
     .elf = {.machine = 62, .executable = true, .nx = true, .relro = BW_RELRO_FULL}},
    {.kind = BW_FACT_DOCUMENT,
     .document = {.kind = BW_DOCUMENT_INSPECT,
                  .os = {"linux", 5},
                  .config = {.digest = {"sha256:" HEX64, 71}},
                  .items = items,
                  .items_n = 2,
                  .diff_ids = {diff_ids, 1},
                  .history = history,
                  .history_n = 2,
                  .id = {"sha256:" HEX64, 71},
                  .lower_dir = {"/a:/b", 5},
                  .repo_digests = {tags, 1}}},
    {.kind = BW_FACT_DOCUMENT,
     .document = {.kind = BW_DOCUMENT_ARCHIVE,
                  .config = {.digest = {"ab.json", 7}},
                  .items = items + 1,
                  .items_n = 1}},
    {.kind = BW_FACT_BILL,
     .bill = {.format = {"SPDX 2.3", 8},
              .name = {"debian:12", 9},
              .digest = {"sha256:" HEX64, 71},
              .tags = {tags, 1},
              .layers = layers,
              .layers_n = 2,
              .base = {.name = {"debian:12", 9}, .how = {"given", 5}, .layers_n = 1}}},
};

static const struct bw_gap gap = {
    BW_GAP_BLOCKING, 5, {"layer 3", 7}, {"packages", 8}, {"cut short", 9}};

static void put_all(struct bw_buf *buf)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(facts); i++)
        bw_wire_put_fact(buf, &facts[i]);
    bw_wire_put_gap(buf, &gap);
    assert_false(bw_buf_failed(buf));
}

static void put_record(struct bw_buf *buf, const struct bw_record *record)
{
    if (record->kind == BW_RECORD_GAP)
        bw_wire_put_gap(buf, &record->gap);
    else
        bw_wire_put_fact(buf, &record->fact);
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_buf again BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    put_all(&buf);
    struct bw_str rest = bw_buf_slice(&buf);
    struct bw_record r[BW_ARRAY_LEN(facts) + 1];
    for (size_t i = 0; i < BW_ARRAY_LEN(r); i++) {
        assert_int_equal(bw_wire_get(&rest, arena, &r[i], NULL), 0);
        put_record(&again, &r[i]);
    }
    assert_int_equal(rest.n, 0);
    assert_true(bw_str_eq(bw_buf_slice(&buf), bw_buf_slice(&again)));
    /* Copies, not slices of the message. */
    memset(buf.p, 'X', buf.n);
    assert_int_equal(r[0].fact.place.layer, UINT32_MAX);
    assert_int_equal(r[0].fact.place.line, 7);
    assert_true(bw_str_eq(r[0].fact.file.link, BW_STR("etc/y")));
    assert_true(r[0].fact.file.size == UINT64_MAX && r[0].fact.file.read);
    assert_true(bw_str_eq(r[3].fact.distribution.id, BW_STR("debian")));
    assert_int_equal(r[4].fact.package.type, BW_PACKAGE_RPM);
    assert_int_equal(r[4].fact.package.files.n, 3);
    assert_true(bw_str_eq(r[4].fact.package.files.v[2], files[2]));
    assert_true(bw_str_eq(r[5].fact.ownership.package, BW_STR("x:amd64")));
    assert_true(r[8].fact.document.history[1].empty_layer);
    assert_true(r[8].fact.document.items[1].attestation);
    assert_true(bw_str_eq(r[8].fact.document.items[1].paths.v[1], paths[1]));
    assert_true(r[10].fact.bill.layers[1].size == UINT64_MAX);
    assert_int_equal(r[10].fact.bill.base.layers_n, 1);
    assert_int_equal(r[11].kind, BW_RECORD_GAP);
    assert_int_equal(r[11].gap.class, BW_GAP_BLOCKING);
    assert_true(r[11].gap.subject == BW_GAP_NO_SUBJECT);
    assert_true(bw_str_eq(r[11].gap.why, BW_STR("cut short")));
}

static void cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    for (size_t i = 0; i <= BW_ARRAY_LEN(facts); i++) {
        bw_buf_clear(&buf);
        if (i < BW_ARRAY_LEN(facts))
            bw_wire_put_fact(&buf, &facts[i]);
        else
            bw_wire_put_gap(&buf, &gap);
        for (size_t n = 0; n < buf.n; n++) {
            struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(4096);
            uint8_t *exact = malloc(n ? n : 1);
            assert_non_null(exact);
            memcpy(exact, buf.p, n);
            struct bw_str rest = bw_str_n(exact, n);
            struct bw_record record = {.kind = 77};
            struct bw_err err = {0};
            assert_int_equal(bw_wire_get(&rest, arena, &record, &err), BW_EFORMAT);
            assert_int_equal(record.kind, 77);
            assert_true(rest.p == (const char *)exact && rest.n == n);
            assert_true(bw_arena_used(arena) == 0 && err.msg[0]);
            free(exact);
        }
    }
}

static void expect_refused(struct bw_str bytes, int code)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_record record;
    struct bw_err err = {0};
    assert_int_equal(bw_wire_get(&bytes, arena, &record, &err), code);
    assert_int_equal(bw_arena_used(arena), 0);
}

static void hostile_bytes_are_refused(void **state)
{
    (void)state;
    expect_refused(BW_STR("\x02"), BW_EFORMAT);                     /* record */
    expect_refused(BW_STR("\x00\x07\x00\x00\x00\x00"), BW_EFORMAT); /* fact */
    expect_refused(BW_STR("\x01\x02\x00\x00\x00"), BW_EFORMAT);     /* gap class */
    expect_refused(BW_STR("\x01\x81\x00\x00\x00\x00"), BW_EFORMAT); /* two forms of 1 */
    expect_refused(BW_STR("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"),
                   BW_EFORMAT); /* boolean */
    expect_refused(BW_STR("\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00"),
                   BW_EFORMAT); /* file type */
    /* A layer past 32 bits, and a number past 64. */
    expect_refused(BW_STR("\x00\x00\xff\xff\xff\xff\x1f\x00\x00"), BW_EFORMAT);
    expect_refused(BW_STR("\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), BW_EFORMAT);
    /* Ownership of four million files, of the most that fit a number, and of one too many. */
    expect_refused(BW_STR("\x00\x03\x00\x00\x00\x00\x00\x00\x80\x92\xf4\x01"), BW_EFORMAT);
    expect_refused(
        BW_STR("\x00\x03\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        BW_EFORMAT);
    expect_refused(BW_STR("\x00\x03\x00\x00\x00\x00\x00\x00\x03\x00\x00"), BW_EFORMAT);
}

static int get_fact(const struct bw_fact *fact)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    bw_wire_put_fact(&buf, fact);
    struct bw_str rest = bw_buf_slice(&buf);
    struct bw_record record;
    return bw_wire_get(&rest, arena, &record, NULL);
}

static void paths_that_lead_out_are_refused(void **state)
{
    (void)state;
    static const struct bw_str bad[] = {
        {"/etc/x", 6},
        {"etc//x", 6},
        {"etc/", 4},
        {"..", 2},
        {"a/../b", 6},
        {"./a", 3},
        {"a/.", 3},
        {"/", 1},
        {"a\x00"
         "b",
         3},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        struct bw_fact fact = {.kind = BW_FACT_FILE, .place.path = bad[i]};
        assert_int_equal(get_fact(&fact), BW_EFORMAT);
        fact = (struct bw_fact){.kind = BW_FACT_FILE,
                                .place.path = BW_STR("a"),
                                .file = {.type = BW_FILE_HARDLINK, .link = bad[i]}};
        assert_int_equal(get_fact(&fact), BW_EFORMAT);
        struct bw_str list[] = {bad[i]};
        struct bw_descriptor item = {.paths = {list, 1}};
        fact = (struct bw_fact){
            .kind = BW_FACT_DOCUMENT,
            .document = {.kind = BW_DOCUMENT_ARCHIVE, .items = &item, .items_n = 1}};
        assert_int_equal(get_fact(&fact), BW_EFORMAT);
        item = (struct bw_descriptor){.digest = bad[i]};
        assert_int_equal(get_fact(&fact), BW_EFORMAT);
    }
    struct bw_fact fine = {.kind = BW_FACT_FILE, .place.path = BW_STR("a/..b/...")};
    assert_int_equal(get_fact(&fine), 0);
}

static void digests_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "sha256:",
        "sha256:../../x",
        HEX64,
        "sha256:" HEX64 "0",
        "sha512:" HEX64,
        "md5:" HEX64,
        "sha256:"
        "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        struct bw_str list[] = {bw_str(bad[i])};
        struct bw_fact fact = {.kind = BW_FACT_DOCUMENT,
                               .document = {.kind = BW_DOCUMENT_CONFIG, .diff_ids = {list, 1}}};
        assert_int_equal(get_fact(&fact), BW_EFORMAT);
        fact.document =
            (struct bw_image_document){.kind = BW_DOCUMENT_MANIFEST, .config.digest = list[0]};
        assert_int_equal(get_fact(&fact), BW_EFORMAT);
        fact.document = (struct bw_image_document){.kind = BW_DOCUMENT_INSPECT, .id = list[0]};
        assert_int_equal(get_fact(&fact), BW_EFORMAT);
    }
}

static void a_full_arena_and_buffer_are_told(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    bw_wire_put_fact(&buf, &facts[4]);
    for (size_t max = 0; max < 120; max += 8) {
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(max);
        struct bw_str rest = bw_buf_slice(&buf);
        struct bw_record record = {.kind = 77};
        struct bw_err err = {0};
        int status = bw_wire_get(&rest, arena, &record, &err);
        assert_true(status == BW_ELIMIT);
        assert_int_equal(record.kind, 77);
        assert_true(rest.n == buf.n);
    }
    /* What did not fit is taken back. */
    struct bw_buf small BW_CLEANUP(bw_buf_free) = BW_BUF(40);
    bw_wire_put_gap(&small, &gap);
    size_t n = small.n;
    assert_true(n > 0 && !bw_buf_failed(&small));
    bw_wire_put_fact(&small, &facts[4]);
    assert_true(bw_buf_failed(&small) && small.n == n);
}

static void a_record_has_a_maximum(void **state)
{
    (void)state;
    static char big[BW_WIRE_RECORD_MAX];
    struct bw_fact fact = {.kind = BW_FACT_PACKAGE, .package.name = {big, sizeof big}};
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_WIRE_RECORD_MAX * 2);
    bw_wire_put_fact(&buf, &fact);
    assert_true(bw_buf_failed(&buf) && buf.n == 0);
    bw_buf_clear(&buf);
    /* By hand: fact, package, layer, path, line, type, then a name of 64 MiB. */
    bw_buf_str(&buf, BW_STR("\x00\x02\x00\x00\x00\x00\x00\x80\x80\x80\x20"));
    bw_buf_add(&buf, big, sizeof big);
    bw_buf_add(&buf, big, 16);
    expect_refused(bw_buf_slice(&buf), BW_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(cut_anywhere_is_refused),
        cmocka_unit_test(hostile_bytes_are_refused),
        cmocka_unit_test(paths_that_lead_out_are_refused),
        cmocka_unit_test(digests_that_are_none_are_refused),
        cmocka_unit_test(a_full_arena_and_buffer_are_told),
        cmocka_unit_test(a_record_has_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
