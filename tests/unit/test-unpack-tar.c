#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "make-tar.h"
#include "unpack/stream.h"
#include "unpack/tar.h"
#include "wrap/tar.h"

/* A tar being read, and what it ended with. */
struct reading {
    struct bw_stream *stream;
    struct bw_tar *tar;
    struct bw_tar_entry entry;
    struct bw_err err;
};

static struct reading reading(const struct tar_maker *m)
{
    struct reading r = {0};
    r.stream = bw_stream_memory(m->p, m->n);
    assert_non_null(r.stream);
    r.tar = bw_tar_new(r.stream, BW_TAR_ENTRIES_MAX);
    assert_non_null(r.tar);
    return r;
}

static int next(struct reading *r)
{
    return bw_tar_next(r->tar, &r->entry, &r->err);
}

static void done(struct reading *r, struct tar_maker *m)
{
    bw_tar_free(r->tar);
    bw_stream_free(r->stream);
    if (m)
        tar_free(m);
}

static void expect_entry(struct reading *r, enum bw_file_type type, const char *path)
{
    assert_int_equal(next(r), 1);
    assert_int_equal(r->entry.type, type);
    assert_int_equal(r->entry.path.n, strlen(path));
    assert_memory_equal(r->entry.path.p, path, r->entry.path.n);
}

static void expect_link(const struct reading *r, const char *link)
{
    assert_int_equal(r->entry.link.n, strlen(link));
    assert_memory_equal(r->entry.link.p, link, r->entry.link.n);
}

static void expect_content(struct reading *r, const void *p, size_t n)
{
    uint8_t *got;
    size_t got_n;
    assert_int_equal(bw_tar_read(r->tar, 1 << 20, &got, &got_n, &r->err), 0);
    assert_int_equal(got_n, n);
    assert_memory_equal(got, p, n);
    free(got);
}

static void expect_text(struct reading *r, const char *path, const char *text)
{
    expect_entry(r, BW_FILE_REGULAR, path);
    expect_content(r, text, strlen(text));
}

/* The end, and the same again. */
static void expect_end(struct reading *r, struct tar_maker *m)
{
    assert_int_equal(next(r), 0);
    assert_int_equal(next(r), 0);
    done(r, m);
}

static void expect_failure(struct reading *r, int code, struct tar_maker *m)
{
    struct bw_err first;
    struct bw_tar_entry before = r->entry;
    assert_int_equal(next(r), code);
    assert_memory_equal(&r->entry, &before, sizeof before);
    first = r->err;
    assert_int_equal(next(r), code);
    assert_string_equal(first.msg, r->err.msg);
    done(r, m);
}

static void entries_of_every_type(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    tar_header(&m, '5', "./", NULL, 0);
    tar_header(&m, '5', "etc/", NULL, 0);
    tar_text(&m, "./etc/hosts", "localhost");
    tar_header(&m, '2', "etc/link", "../usr/./x", 0);
    tar_header(&m, '1', "etc/hard", "./etc/hosts", 0);
    tar_header(&m, '3', "dev/null", NULL, 0);
    tar_header(&m, '4', "dev/sda", NULL, 0);
    tar_header(&m, '6', "run/fifo", NULL, 0);
    tar_header(&m, '7', "contiguous", NULL, 0);
    tar_end(&m);
    struct reading r = reading(&m);
    expect_entry(&r, BW_FILE_DIRECTORY, "etc");
    expect_entry(&r, BW_FILE_REGULAR, "etc/hosts");
    assert_int_equal(r.entry.size, 9);
    assert_int_equal(r.entry.offset, 3 * 512);
    assert_int_equal(r.entry.mode, 0644);
    assert_int_equal(r.entry.uid, 1000);
    assert_int_equal(r.entry.gid, 100);
    assert_false(r.entry.odd_path);
    expect_content(&r, "localhost", 9);
    expect_content(&r, "", 0); /* it has been read */
    expect_entry(&r, BW_FILE_SYMLINK, "etc/link");
    expect_link(&r, "../usr/./x");
    expect_entry(&r, BW_FILE_HARDLINK, "etc/hard");
    expect_link(&r, "etc/hosts");
    expect_content(&r, "", 0);
    expect_entry(&r, BW_FILE_OTHER, "dev/null");
    expect_entry(&r, BW_FILE_OTHER, "dev/sda");
    expect_entry(&r, BW_FILE_OTHER, "run/fifo");
    expect_entry(&r, BW_FILE_REGULAR, "contiguous");
    expect_end(&r, &m);
}

static void nothing_is_an_empty_archive(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 20 * 512; n += 512) {
        struct tar_maker m = {0};
        tar_room(&m, n);
        struct reading r = reading(&m);
        expect_end(&r, &m);
    }
}

static void what_is_no_tar_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"x", "{\"schemaVersion\": 2}", "PK\3\4"};
    for (size_t i = 0; i < BW_ARRAY_LEN(texts); i++) {
        for (size_t n = strlen(texts[i]); n < 3000; n += 700) {
            struct tar_maker m = {0};
            memcpy(tar_room(&m, n), texts[i], strlen(texts[i]));
            struct reading r = reading(&m);
            expect_failure(&r, BW_EFORMAT, &m);
        }
    }
}

static void the_archive_ends_at_its_end(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    tar_text(&m, "a", "1");
    tar_end(&m);
    tar_text(&m, "b", "2");
    tar_end(&m);
    struct reading r = reading(&m);
    expect_text(&r, "a", "1");
    assert_int_equal(next(&r), 0);
    assert_int_equal(bw_stream_drain(r.stream, &r.err), 0);
    expect_end(&r, &m);

    tar_text(&m, "a", "1"); /* no zero blocks at all */
    r = reading(&m);
    expect_text(&r, "a", "1");
    expect_end(&r, &m);
}

static void single_zero_block_hides_nothing(void **state)
{
    (void)state;
    static const char zeros[512];
    struct tar_maker m = {0};
    tar_text(&m, "a", "1");
    tar_body(&m, zeros, sizeof zeros);
    tar_text(&m, "b", "2");
    tar_end(&m);
    struct reading r = reading(&m);
    expect_text(&r, "a", "1");
    expect_failure(&r, BW_EFORMAT, &m);

    tar_text(&m, "a", "1"); /* the bytes end with it: nothing can be hidden */
    tar_body(&m, zeros, sizeof zeros);
    r = reading(&m);
    expect_text(&r, "a", "1");
    expect_end(&r, &m);
}

static void garbage_between_entries_is_damage(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    tar_text(&m, "a", "1");
    tar_body(&m, "garbage", 7);
    tar_text(&m, "b", "2");
    tar_end(&m);
    struct reading r = reading(&m);
    expect_text(&r, "a", "1");
    expect_failure(&r, BW_EFORMAT, &m);
}

static void make_varied(struct tar_maker *m)
{
    tar_text(m, "one", "1");
    tar_pax(m, "path", "a/longer/path");
    tar_text(m, "two", "22");
    tar_header(m, 'L', "././@LongLink", NULL, 300);
    char name[301];
    memset(name, 'n', 300);
    memcpy(name + 150, "/", 1);
    tar_body(m, name, 300);
    tar_text(m, "three", "333");
    tar_header(m, '5', "dir/", NULL, 0);
    tar_end(m);
}

/* Cut off at any byte it is damage, but for the places between two entries. */
static void cut_off_anywhere(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    make_varied(&m);
    /* After each entry: 2, 4 more, 4 more, 1 more blocks. */
    static const size_t whole[] = {0, 2, 6, 10, 11, 12};
    for (size_t n = 0; n < m.n; n++) {
        struct tar_maker cut = {.p = malloc(n ? n : 1), .n = n};
        assert_non_null(cut.p);
        memcpy(cut.p, m.p, n);
        struct reading r = reading(&cut);
        int got;
        while ((got = next(&r)) == 1)
            ;
        bool boundary = n > 11 * 512 + 512;
        for (size_t i = 0; i < BW_ARRAY_LEN(whole); i++)
            boundary |= n == whole[i] * 512;
        assert_int_equal(got, boundary ? 0 : BW_EFORMAT);
        done(&r, &cut);
    }
    tar_free(&m);
}

static void failures_of_the_stream_come_through(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    tar_text(&m, "one", "1");
    tar_header(&m, '0', "big", NULL, 8 << 20);
    tar_room(&m, 8 << 20);
    tar_end(&m);
    struct bw_inflate_limits limits = {1 << 20, 1 << 20};
    enum bw_compression compression;
    struct reading r = {0};
    assert_int_equal(
        bw_stream_inflate(bw_stream_memory(m.p, m.n), &limits, &r.stream, &compression, &r.err), 0);
    r.tar = bw_tar_new(r.stream, 10);
    assert_non_null(r.tar);
    expect_text(&r, "one", "1");
    expect_entry(&r, BW_FILE_REGULAR, "big");
    uint8_t *p = NULL;
    size_t n;
    assert_int_equal(bw_tar_read(r.tar, 16 << 20, &p, &n, &r.err), BW_ELIMIT);
    assert_null(p);
    assert_non_null(strstr(r.err.msg, "--max-layer-size"));
    expect_failure(&r, BW_ELIMIT, &m);
}

static void names_are_bytes(void **state)
{
    (void)state;
    static const char latin[] = "caf\xe9", decomposed[] = "e\xcc\x81.txt";
    struct tar_maker m = {0};
    tar_text(&m, latin, "1");
    tar_pax(&m, "path", latin);
    tar_text(&m, "x", "2");
    tar_pax(&m, "path", decomposed); /* not to be composed */
    tar_text(&m, "x", "3");
    tar_pax(&m, "linkpath", decomposed);
    tar_header(&m, '2', "link", "x", 0);
    tar_pax(&m, "linkpath", latin);
    tar_header(&m, '1', "hard", "x", 0);
    tar_text(&m, "._hidden", "4"); /* no AppleDouble here */
    tar_text(&m, "hidden", "5");
    tar_end(&m);
    struct reading r = reading(&m);
    expect_text(&r, latin, "1");
    assert_true(r.entry.odd_path);
    expect_text(&r, latin, "2");
    assert_true(r.entry.odd_path);
    expect_text(&r, decomposed, "3");
    assert_false(r.entry.odd_path);
    expect_entry(&r, BW_FILE_SYMLINK, "link");
    expect_link(&r, decomposed);
    expect_entry(&r, BW_FILE_HARDLINK, "hard");
    expect_link(&r, latin);
    assert_true(r.entry.odd_path);
    expect_text(&r, "._hidden", "4");
    expect_text(&r, "hidden", "5");
    expect_end(&r, &m);
}

/* Go's writer leaves the size in the header of a hard link and writes no content. */
static void hard_links_have_no_content(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    tar_pax(&m, "path", "first"); /* from here on libarchive believes in pax */
    tar_text(&m, "x", "1");
    tar_header(&m, '1', "hard", "first", 100000);
    tar_text(&m, "second", "2");
    tar_header(&m, '1', "hard2", "first", 1);
    tar_text(&m, "third", "3");
    tar_end(&m);
    struct reading r = reading(&m);
    expect_text(&r, "first", "1");
    expect_entry(&r, BW_FILE_HARDLINK, "hard");
    assert_int_equal(r.entry.size, 0);
    expect_text(&r, "second", "2");
    assert_int_equal(r.entry.offset, 6 * 512);
    expect_entry(&r, BW_FILE_HARDLINK, "hard2");
    expect_text(&r, "third", "3");
    assert_int_equal(r.entry.offset, 9 * 512);
    expect_end(&r, &m);
}

static void content_where_none_can_be_is_refused(void **state)
{
    (void)state;
    for (const char *type = "23456"; *type; type++) {
        struct tar_maker m = {0};
        tar_pax(&m, "size", "1024");
        tar_header(&m, *type, "odd", "x", 0);
        tar_text(&m, "swallowed", "1");
        tar_end(&m);
        struct reading r = reading(&m);
        assert_int_equal(next(&r), 1);
        expect_failure(&r, BW_EFORMAT, &m);
    }
}

static void sparse_header(struct tar_maker *m, const char *version)
{
    char body[4096] = "";
    if (version[0] == '1') {
        pax_add(body, sizeof body, "GNU.sparse.major", "1");
        pax_add(body, sizeof body, "GNU.sparse.minor", "0");
        pax_add(body, sizeof body, "GNU.sparse.name", "holes");
        pax_add(body, sizeof body, "GNU.sparse.realsize", "5000");
    } else {
        pax_add(body, sizeof body, "GNU.sparse.size", "5000");
        pax_add(body, sizeof body, "GNU.sparse.numblocks", "2");
        if (version[2] == '1') {
            pax_add(body, sizeof body, "GNU.sparse.map", "1000,3,4000,4");
        } else {
            pax_add(body, sizeof body, "GNU.sparse.offset", "1000");
            pax_add(body, sizeof body, "GNU.sparse.numbytes", "3");
            pax_add(body, sizeof body, "GNU.sparse.offset", "4000");
            pax_add(body, sizeof body, "GNU.sparse.numbytes", "4");
        }
    }
    tar_header(m, 'x', "PaxHeaders/holes", NULL, strlen(body));
    tar_body(m, body, strlen(body));
}

static void put_gnu_sparse(uint8_t *h, const char *map)
{
    memcpy(h + 257, "ustar  ", 8);
    for (size_t i = 0; i < 4 && *map; i++) {
        unsigned at, n;
        int used;
        assert_int_equal(sscanf(map, "%u,%u%n", &at, &n, &used), 2);
        snprintf((char *)h + 386 + 24 * i, 12, "%011o", at);
        snprintf((char *)h + 398 + 24 * i, 12, "%011o", n);
        map += map[used] ? used + 1 : used;
    }
}

static void expect_holes(struct reading *r)
{
    uint8_t want[5000] = {0};
    memcpy(want + 1000, "abc", 3);
    memcpy(want + 4000, "defg", 4);
    expect_entry(r, BW_FILE_REGULAR, "holes");
    assert_int_equal(r->entry.size, sizeof want);
    assert_int_equal(r->entry.offset, 0);
    expect_content(r, want, sizeof want);
}

static void holes_read_as_zeros(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    sparse_header(&m, "0.0");
    tar_text(&m, "holes", "abcdefg");
    sparse_header(&m, "0.1");
    tar_text(&m, "holes", "abcdefg");
    sparse_header(&m, "1.0");
    tar_header(&m, '0', "GNUSparseFile.1/holes", NULL, 512 + 7);
    tar_body(&m, "2\n1000\n3\n4000\n4\n", 16);
    tar_body(&m, "abcdefg", 7);
    uint8_t *h = tar_header(&m, 'S', "holes", NULL, 7);
    put_gnu_sparse(h, "1000,3,4000,4");
    snprintf((char *)h + 483, 12, "%011o", 5000);
    tar_seal(h);
    tar_body(&m, "abcdefg", 7);
    tar_text(&m, "after", "1");
    tar_end(&m);
    struct reading r = reading(&m);
    for (int i = 0; i < 4; i++)
        expect_holes(&r);
    expect_text(&r, "after", "1");
    expect_end(&r, &m);
}

static void huge_holes_cost_nothing(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    uint8_t *h = tar_header(&m, 'S', "huge", NULL, 3);
    put_gnu_sparse(h, "1000,3");
    memcpy(h + 483, "200000000000", 12); /* 16 GiB */
    tar_seal(h);
    tar_body(&m, "abc", 3);
    tar_text(&m, "after", "1");
    tar_end(&m);
    struct reading r = reading(&m);
    expect_entry(&r, BW_FILE_REGULAR, "huge");
    assert_true(r.entry.size == (uint64_t)16 << 30);
    uint8_t *p;
    size_t n;
    assert_int_equal(bw_tar_read(r.tar, 1 << 20, &p, &n, &r.err), BW_ELIMIT);
    expect_text(&r, "after", "1"); /* the archive itself is fine */
    expect_end(&r, &m);
}

static void broken_maps_are_refused(void **state)
{
    (void)state;
    static const char *const maps[] = {"4000,4,1000,3", "4999,7", "6000,7"};
    for (size_t i = 0; i < BW_ARRAY_LEN(maps); i++) {
        struct tar_maker m = {0};
        uint8_t *h = tar_header(&m, 'S', "holes", NULL, 7);
        put_gnu_sparse(h, maps[i]);
        snprintf((char *)h + 483, 12, "%011o", 5000);
        tar_seal(h);
        tar_body(&m, "abcdefg", 7);
        tar_end(&m);
        struct reading r = reading(&m);
        expect_entry(&r, BW_FILE_REGULAR, "holes");
        uint8_t *p;
        size_t n;
        assert_int_equal(bw_tar_read(r.tar, 1 << 20, &p, &n, &r.err), BW_EFORMAT);
        done(&r, &m);
    }
}

/* The old GNU map goes on in further blocks, without end. */
static void headers_have_a_limit(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    uint8_t *h = tar_header(&m, 'S', "holes", NULL, 7);
    put_gnu_sparse(h, "0,0,0,0,0,0,0,0");
    h[482] = 1;
    tar_seal(h);
    for (size_t i = 0; i < (2 * BW_TAR_HEADER_MAX) / 512; i++) {
        uint8_t *more = tar_room(&m, 512);
        for (size_t k = 0; k < 21; k++)
            memcpy(more + 24 * k, "00000000000\00000000000000", 24);
        more[504] = 1;
    }
    struct reading r = reading(&m);
    expect_failure(&r, BW_ELIMIT, &m);
}

static void entries_have_a_limit(void **state)
{
    (void)state;
    struct tar_maker m = {0};
    for (int i = 0; i < 4; i++)
        tar_text(&m, "same", "1");
    tar_end(&m);
    for (uint64_t max = 3; max <= 4; max++) {
        struct reading r = {.stream = bw_stream_memory(m.p, m.n)};
        r.tar = bw_tar_new(r.stream, max);
        assert_non_null(r.tar);
        for (uint64_t i = 0; i < max; i++)
            expect_entry(&r, BW_FILE_REGULAR, "same");
        if (max == 3) {
            expect_failure(&r, BW_ELIMIT, NULL);
        } else {
            expect_end(&r, NULL);
        }
    }
    tar_free(&m);
}

static void long_paths_have_a_limit(void **state)
{
    (void)state;
    char path[5001];
    for (size_t n = 4095; n <= 5000; n += 1) {
        if (n == 4098)
            n = 5000;
        memset(path, 'p', n);
        for (size_t i = 100; i < n; i += 101)
            path[i] = '/';
        path[n] = '\0';
        struct tar_maker m = {0};
        tar_pax(&m, "path", path);
        tar_text(&m, "x", "1");
        tar_end(&m);
        struct reading r = reading(&m);
        if (n <= BW_TAR_PATH_MAX) {
            expect_text(&r, path, "1");
            expect_end(&r, &m);
        } else {
            expect_failure(&r, BW_ELIMIT, &m);
        }
    }
}

static void content_is_a_stream(void **state)
{
    (void)state;
    struct tar_maker inner = {0}, m = {0};
    tar_text(&inner, "in", "side");
    tar_header(&inner, '0', "big", NULL, 1000000);
    tar_room(&inner, 1000448);
    tar_end(&inner);
    tar_file(&m, "layer.tar", inner.p, inner.n);
    sparse_header(&m, "0.1");
    tar_text(&m, "holes", "abcdefg");
    tar_text(&m, "after", "1");
    tar_end(&m);
    struct reading r = reading(&m), in = {0};
    expect_entry(&r, BW_FILE_REGULAR, "layer.tar");
    in.stream = bw_stream_sha256(bw_tar_content(r.tar), true);
    assert_non_null(in.stream);
    in.tar = bw_tar_new(in.stream, 10);
    assert_non_null(in.tar);
    expect_text(&in, "in", "side");
    expect_entry(&in, BW_FILE_REGULAR, "big");
    assert_int_equal(next(&in), 0);
    assert_int_equal(bw_stream_drain(in.stream, &in.err), 0);
    expect_end(&in, &inner);
    expect_entry(&r, BW_FILE_REGULAR, "holes");
    struct bw_stream *stream = bw_tar_content(r.tar);
    const uint8_t *p;
    size_t n, total = 0;
    do {
        assert_int_equal(bw_stream_next(stream, &p, &n, &r.err), 0);
        total += n;
    } while (n);
    assert_int_equal(total, 5000);
    bw_stream_free(stream);
    expect_text(&r, "after", "1");
    expect_end(&r, &m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_every_type),
        cmocka_unit_test(nothing_is_an_empty_archive),
        cmocka_unit_test(what_is_no_tar_is_refused),
        cmocka_unit_test(the_archive_ends_at_its_end),
        cmocka_unit_test(garbage_between_entries_is_damage),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(failures_of_the_stream_come_through),
        cmocka_unit_test(names_are_bytes),
        cmocka_unit_test(hard_links_have_no_content),
        cmocka_unit_test(content_where_none_can_be_is_refused),
        cmocka_unit_test(single_zero_block_hides_nothing),
        cmocka_unit_test(holes_read_as_zeros),
        cmocka_unit_test(huge_holes_cost_nothing),
        cmocka_unit_test(broken_maps_are_refused),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(entries_have_a_limit),
        cmocka_unit_test(long_paths_have_a_limit),
        cmocka_unit_test(content_is_a_stream),
    };
    /* As the program does; names must be bytes under any locale. */
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
