/*
 * Databases are made page by page, of pages of 1024 bytes; what bbolt itself writes is read in
 * tests/e2e/stores.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "extract/bolt.h"
#include "extract/containerd.h"

#define PAGE   1024u
#define PAGES  16u
#define DIGEST "sha256:abababababababababababababababababababababababababababababababab"

struct member {
    const char *key;
    struct bw_str value;
    bool bucket;
};

struct database {
    uint8_t bytes[PAGES * PAGE];
    struct bw_arena *arena;
};

static void put(uint8_t *at, uint64_t value, size_t n)
{
    memcpy(at, &value, n);
}

/* A page with so many members; it ends behind the last value. */
static struct bw_str leaf(struct database *db, const struct member *members, size_t n)
{
    uint8_t page[PAGE] = {0};
    size_t end = 16 + 16 * n;
    put(page + 8, 2, 2);
    put(page + 10, n, 2);
    for (size_t i = 0; i < n; i++) {
        uint8_t *element = page + 16 + 16 * i;
        size_t key_n = strlen(members[i].key);
        assert_true(end + key_n + members[i].value.n <= sizeof page);
        put(element, members[i].bucket, 4);
        put(element + 4, end - (size_t)(element - page), 4);
        put(element + 8, key_n, 4);
        put(element + 12, members[i].value.n, 4);
        memcpy(page + end, members[i].key, key_n);
        if (members[i].value.n)
            memcpy(page + end + key_n, members[i].value.p, members[i].value.n);
        end += key_n + members[i].value.n;
    }
    return bw_arena_str(db->arena, bw_str_n(page, end));
}

static void place(struct database *db, size_t id, struct bw_str page)
{
    memcpy(db->bytes + id * PAGE, page.p, page.n);
    put(db->bytes + id * PAGE, id, 8);
}

static void branch(struct database *db, size_t id, size_t n, const size_t *children)
{
    uint8_t *page = db->bytes + id * PAGE;
    memset(page, 0, PAGE);
    put(page + 8, 1, 2);
    put(page + 10, n, 2);
    for (size_t i = 0; i < n; i++)
        put(page + 16 + 16 * i + 8, children[i], 8);
}

/* The value of a bucket: at a page, or inside. */
static struct bw_str at_page(struct database *db, uint64_t id)
{
    uint64_t head[2] = {id, 0};
    return bw_arena_str(db->arena, bw_str_n(head, sizeof head));
}

static struct bw_str inside(struct database *db, struct bw_str page)
{
    uint8_t value[16 + PAGE] = {0};
    memcpy(value + 16, page.p, page.n);
    return bw_arena_str(db->arena, bw_str_n(value, 16 + page.n));
}

static void meta(struct database *db, size_t id, uint64_t root, uint64_t transaction)
{
    uint8_t *page = db->bytes + id * PAGE, *m = page + 16;
    uint64_t sum = 0xcbf29ce484222325u;
    memset(page, 0, PAGE);
    put(page + 8, 4, 2);
    put(m, 0xed0cdaedu, 4);
    put(m + 4, 2, 4);
    put(m + 8, PAGE, 4);
    put(m + 16, root, 8);
    put(m + 40, PAGES, 8);
    put(m + 48, transaction, 8);
    for (size_t i = 0; i < 56; i++)
        sum = (sum ^ m[i]) * 0x100000001b3u;
    put(m + 56, sum, 8);
}

static struct bw_str image(struct database *db, const char *digest)
{
    struct member target[] = {{"digest", bw_str(digest), false}, {"mediatype", BW_STR("x"), false}};
    struct member members[] = {{"createdat", BW_STR("y"), false},
                               {"target", inside(db, leaf(db, target, 2)), true}};
    return inside(db, leaf(db, members, 2));
}

/* v1 / default / images, at pages 3, 4, 5 and 6. */
static int setup(void **state)
{
    struct database *db = calloc(1, sizeof *db);
    *state = db;
    if (!db || !(db->arena = bw_arena_new((size_t)16 << 20)))
        return -1;
    meta(db, 0, 3, 7);
    meta(db, 1, 3, 6);
    place(db, 3, leaf(db, &(struct member){"v1", at_page(db, 4), true}, 1));
    place(db, 4, leaf(db, &(struct member){"default", at_page(db, 5), true}, 1));
    place(db, 5, leaf(db, &(struct member){"images", at_page(db, 6), true}, 1));
    place(db, 6, leaf(db, &(struct member){"a:1", image(db, DIGEST), true}, 1));
    return 0;
}

static int teardown(void **state)
{
    struct database *db = *state;
    bw_arena_free(db->arena);
    free(db);
    return 0;
}

static int parse(struct database *db, size_t n, struct bw_image_document *doc, struct bw_err *err)
{
    /* At the end of its memory, so that a read beyond it is seen. */
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, db->bytes, n);
    int rc = bw_containerd_parse(bw_str_n(copy, n), db->arena, doc, err);
    free(copy);
    return rc;
}

static void is(struct bw_str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static void finds_an_image(void **state)
{
    struct database *db = *state;
    struct bw_image_document doc;
    assert_int_equal(parse(db, sizeof db->bytes, &doc, NULL), 0);
    assert_int_equal(doc.kind, BW_DOCUMENT_CONTAINERD);
    assert_int_equal(doc.items_n, 1);
    is(doc.items[0].ref_name, "a:1");
    is(doc.items[0].digest, DIGEST);
    is(doc.items[0].tags.v[0], "default");
}

static void goes_down_the_branches(void **state)
{
    struct database *db = *state;
    struct bw_image_document doc;
    static const size_t children[] = {7, 8};
    branch(db, 6, 2, children);
    place(db, 7, leaf(db, &(struct member){"a:1", image(db, DIGEST), true}, 1));
    place(db, 8, leaf(db, &(struct member){"b:1", image(db, DIGEST), true}, 1));
    assert_int_equal(parse(db, sizeof db->bytes, &doc, NULL), 0);
    assert_int_equal(doc.items_n, 2);
    is(doc.items[1].ref_name, "b:1");
}

static void takes_the_newer_state_that_is_whole(void **state)
{
    struct database *db = *state;
    struct bw_image_document doc;
    struct bw_err err;
    place(db, 9, leaf(db, NULL, 0));
    meta(db, 1, 9, 8);
    assert_int_equal(parse(db, sizeof db->bytes, &doc, NULL), 0);
    assert_int_equal(doc.items_n, 0);
    db->bytes[PAGE + 16 + 48] ^= 1; /* torn */
    assert_int_equal(parse(db, sizeof db->bytes, &doc, NULL), 0);
    assert_int_equal(doc.items_n, 1);
    db->bytes[16 + 48] ^= 1;
    assert_int_equal(parse(db, sizeof db->bytes, &doc, &err), BW_EFORMAT);
}

static void circles_end(void **state)
{
    struct database *db = *state;
    struct bw_image_document doc;
    struct bw_err err;
    static const size_t self[] = {6};
    branch(db, 6, 1, self);
    assert_int_equal(parse(db, sizeof db->bytes, &doc, &err), BW_EFORMAT);
    /* Wide as well as deep: each page of a chain leads to itself many times. */
    size_t many[60];
    for (size_t i = 0; i < BW_ARRAY_LEN(many); i++)
        many[i] = 7;
    branch(db, 6, BW_ARRAY_LEN(many), many);
    for (size_t i = 0; i < BW_ARRAY_LEN(many); i++)
        many[i] = 8;
    branch(db, 7, BW_ARRAY_LEN(many), many);
    place(db, 8, leaf(db, &(struct member){"a:1", image(db, DIGEST), true}, 1));
    assert_int_equal(parse(db, sizeof db->bytes, &doc, &err), BW_EFORMAT);
}

static void what_lies_outside_is_refused(void **state)
{
    struct database *db = *state;
    struct bw_image_document doc;
    struct bw_err err;
    uint8_t *element = db->bytes + 6 * PAGE + 16;
    static const size_t fields[] = {4, 8, 12};
    for (size_t i = 0; i < BW_ARRAY_LEN(fields); i++) {
        uint32_t before, wild = UINT32_MAX;
        memcpy(&before, element + fields[i], 4);
        memcpy(element + fields[i], &wild, 4);
        assert_int_equal(parse(db, sizeof db->bytes, &doc, &err), BW_EFORMAT);
        memcpy(element + fields[i], &before, 4);
    }
    put(db->bytes + 6 * PAGE + 10, 64, 2); /* more elements than the page has room for */
    assert_int_equal(parse(db, sizeof db->bytes, &doc, &err), BW_EFORMAT);
    put(db->bytes + 6 * PAGE + 10, 1, 2);
    put(db->bytes + 6 * PAGE + 12, PAGES, 4); /* overflow beyond the file */
    assert_int_equal(parse(db, sizeof db->bytes, &doc, &err), BW_EFORMAT);
    put(db->bytes + 6 * PAGE + 12, 0, 4);
    meta(db, 0, UINT64_MAX, 9);
    assert_int_equal(parse(db, sizeof db->bytes, &doc, &err), BW_EFORMAT);
}

static void every_cut_is_survived(void **state)
{
    struct database *db = *state;
    struct bw_image_document doc;
    for (size_t n = 0; n < 8 * PAGE; n += n < 200 ? 1 : 37)
        (void)!parse(db, n, &doc, NULL);
    assert_int_equal(parse(db, 7 * PAGE, &doc, NULL), 0);
}

static void leaves_out_what_is_no_image(void **state)
{
    struct database *db = *state;
    struct bw_image_document doc;
    struct member members[] = {{"", image(db, DIGEST), true},
                               {"\xff", image(db, DIGEST), true},
                               {"a", BW_STR("no bucket"), false},
                               {"b", image(db, "sha512:ab"), true},
                               {"c", image(db, "sha256:../../../etc/passwd"), true}};
    place(db, 6, leaf(db, members, 5));
    assert_int_equal(parse(db, sizeof db->bytes, &doc, NULL), 0);
    assert_int_equal(doc.items_n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_an_image, setup, teardown),
        cmocka_unit_test_setup_teardown(goes_down_the_branches, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_the_newer_state_that_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(circles_end, setup, teardown),
        cmocka_unit_test_setup_teardown(what_lies_outside_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(every_cut_is_survived, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_out_what_is_no_image, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
