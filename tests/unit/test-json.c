#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wrap/json.h"

static struct bw_json_doc *parsed(const char *text)
{
    struct bw_json_doc *doc = NULL;
    struct bw_err err = {0};
    assert_int_equal(bw_json_parse(&doc, bw_str(text), NULL, 0, &err), 0);
    return doc;
}

static void is(struct bw_str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static void reads_values(void **state)
{
    (void)state;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) =
        parsed("{\"a\":{\"b\":\"x\\u0000y\"},\"n\":[18446744073709551615,-9223372036854775808,1.5],"
               "\"t\":true,\"z\":null}");
    const struct bw_json *root = bw_json_root(doc);
    struct bw_str s = bw_json_string(bw_json_get(bw_json_get(root, BW_STR("a")), BW_STR("b")));
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "x\0y", 3);
    const struct bw_json *list = bw_json_get(root, BW_STR("n"));
    assert_int_equal(bw_json_size(list), 3);
    struct bw_json_iter it = bw_json_iter(list);
    uint64_t u = 0;
    int64_t i = 0;
    double d = 0;
    const struct bw_json *v = bw_json_next(&it);
    assert_true(bw_json_u64(v, &u) && u == UINT64_MAX);
    assert_false(bw_json_i64(v, &i));
    v = bw_json_next(&it);
    assert_true(bw_json_i64(v, &i) && i == INT64_MIN);
    assert_false(bw_json_u64(v, &u));
    v = bw_json_next(&it);
    assert_true(bw_json_double(v, &d) && d > 1.4 && d < 1.6);
    assert_false(bw_json_i64(v, &i));
    assert_null(bw_json_next(&it));
    assert_true(bw_json_is_true(bw_json_get(root, BW_STR("t"))));
    assert_int_equal(bw_json_type(bw_json_get(root, BW_STR("z"))), BW_JSON_NULL);
}

static void comments_when_asked(void **state)
{
    (void)state;
    static const char text[] = "{ // a\n\"a\": [1, /* b */ 2,],\n}";
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    assert_int_equal(bw_json_parse(&doc, bw_str(text), NULL, 0, NULL), BW_EFORMAT);
    assert_int_equal(bw_json_parse(&doc, bw_str(text), NULL, BW_JSON_RELAXED, NULL), 0);
    assert_int_equal(bw_json_size(bw_json_get(bw_json_root(doc), BW_STR("a"))), 2);
}

static void absent_chains(void **state)
{
    (void)state;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = parsed("[1]");
    const struct bw_json *none = bw_json_get(bw_json_root(doc), BW_STR("a"));
    assert_null(none);
    assert_null(bw_json_get(none, BW_STR("b")));
    assert_null(bw_json_string(none).p);
    assert_int_equal(bw_json_type(none), BW_JSON_ABSENT);
    assert_int_equal(bw_json_size(none), 0);
    struct bw_json_iter it = bw_json_iter(none);
    assert_null(bw_json_next(&it));
}

static void last_duplicate_wins(void **state)
{
    (void)state;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) =
        parsed("{\"a\":{\"q\":[1,[2]]},\"b\":1,\"a\":\"last\"}");
    is(bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("a"))), "last");
    struct bw_json_iter it = bw_json_iter(bw_json_root(doc));
    const char *keys[] = {"a", "b", "a"};
    size_t n = 0;
    while (bw_json_next(&it))
        is(it.key, keys[n++]);
    assert_int_equal(n, 3);
}

static void refuses_what_is_no_json(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         "{",           "[1,]",    "{\"a\":1} x",
                                      "\"\xff\"", "\"\\ud800\"", "// c\n1", "NaN"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        struct bw_json_doc *doc = NULL;
        struct bw_err err = {0};
        assert_int_equal(bw_json_parse(&doc, bw_str(bad[i]), NULL, 0, &err), BW_EFORMAT);
        assert_null(doc);
        assert_int_not_equal(err.msg[0], 0);
    }
}

static void depth_costs_no_stack(void **state)
{
    (void)state;
    size_t n = (size_t)4 << 20;
    char *text = malloc(2 * n);
    assert_non_null(text);
    memset(text, '[', n);
    memset(text + n, ']', n);
    struct bw_json_doc *doc = NULL;
    assert_int_equal(bw_json_parse(&doc, bw_str_n(text, 2 * n), NULL, 0, NULL), 0);
    assert_int_equal(bw_json_size(bw_json_root(doc)), 1);
    bw_json_free(doc);
    free(text);
}

static void parses_in_place_from_a_pool(void **state)
{
    (void)state;
    struct bw_json_pool *pool BW_CLEANUP(bw_json_pool_freep) = bw_json_pool_new();
    assert_non_null(pool);
    for (int i = 0; i < 100; i++) {
        char text[64] = "{\"k\":\"a\\nb\"}";
        size_t n = strlen(text);
        struct bw_json_doc *doc = NULL;
        assert_int_equal(bw_json_parse(&doc, bw_str_n(text, n), pool, BW_JSON_IN_PLACE, NULL), 0);
        struct bw_str s = bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("k")));
        is(s, "a\nb");
        assert_true(s.p > text && s.p < text + sizeof text);
        bw_json_free(doc);
    }
}

static void write_sample(struct bw_json_writer *w)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "s", BW_STR("a\"\\\n\x01\xff\xc3\xa9\xe2\x82"));
    bw_json_key(w, BW_STR("l"));
    bw_json_begin_array(w);
    bw_json_put_u64(w, UINT64_MAX);
    bw_json_put_i64(w, INT64_MIN);
    bw_json_put_double(w, 0.1);
    bw_json_begin_object(w);
    bw_json_end(w);
    bw_json_put_null(w);
    bw_json_end(w);
    bw_json_member_bool(w, "b", true);
    bw_json_end(w);
}

static void writes_compact(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_json_writer w = bw_json_writer(&buf, false);
    write_sample(&w);
    is(bw_buf_slice(&buf),
       "{\"s\":\"a\\\"\\\\\\n\\u0001\\ufffd\xc3\xa9\\ufffd\\ufffd\",\"l\":[18446744073709551615,"
       "-9223372036854775808,0.1,{},null],\"b\":true}");
}

static void writes_pretty(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_json_writer w = bw_json_writer(&buf, true);
    bw_json_begin_object(&w);
    bw_json_key(&w, BW_STR("a"));
    bw_json_begin_array(&w);
    bw_json_put_bool(&w, false);
    bw_json_put_u64(&w, 1);
    bw_json_end(&w);
    bw_json_key(&w, BW_STR("e"));
    bw_json_begin_array(&w);
    bw_json_end(&w);
    bw_json_end(&w);
    is(bw_buf_slice(&buf), "{\n  \"a\": [\n    false,\n    1\n  ],\n  \"e\": []\n}\n");
}

static void any_bytes_written_read_back(void **state)
{
    (void)state;
    char all[512];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i * 131 >> (i & 1));
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(8192);
    struct bw_json_writer w = bw_json_writer(&buf, true);
    bw_json_put_str(&w, bw_str_n(all, sizeof all));
    assert_true(bw_str_is_utf8(bw_buf_slice(&buf)));
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&buf), NULL, 0, NULL), 0);
    assert_int_equal(bw_json_type(bw_json_root(doc)), BW_JSON_STRING);
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(8);
    struct bw_json_writer w = bw_json_writer(&buf, false);
    write_sample(&w);
    assert_true(bw_buf_failed(&buf));
}

/* RFC 6902, and that what is left alone stays as it is written. */
static void operations_change_a_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *operations, *result; /* NULL: refused */
    } rows[] = {
        {"{\"a\": 1.50, \"b\": 18446744073709551615, \"a\": -0}", "[]",
         "{\"a\":1.50,\"b\":18446744073709551615,\"a\":-0}"},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2.0}]", "{\"a\":2.0}"},
        {"{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/0\",\"value\":0}]", "{\"a\":[0,1]}"},
        {"{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/-\",\"value\":2}]", "{\"a\":[1,2]}"},
        {"{\"a\":1}",
         "[{\"op\":\"add\",\"path\":\"/b\",\"value\":{}},{\"op\":\"add\",\"path\":\"/b/c~1d\","
         "\"value\":null}]",
         "{\"a\":1,\"b\":{\"c/d\":null}}"},
        {"{\"a\":1,\"b\":2}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "{\"b\":2}"},
        {"{\"a\":[1,2]}", "[{\"op\":\"replace\",\"path\":\"/a/1\",\"value\":3}]", "{\"a\":[1,3]}"},
        {"{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"b\":1}"},
        {"{\"a\":[1]}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}]",
         "{\"a\":[1],\"b\":[1]}"},
        {"{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]", "{\"a\":1}"},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"\",\"value\":[]}]", "[]"},
        {"{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]", NULL},
        {"{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/b\"}]", NULL},
        {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":2}]", NULL},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b/c\",\"value\":2}]", NULL},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":2}]", NULL},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":2}]", NULL},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\"}]", NULL},
        {"{\"a\":1}", "[{\"op\":\"mend\",\"path\":\"/a\",\"value\":2}]", NULL},
        {"{\"a\":1}", "[5]", NULL},
        {"{\"a\":1}", "{}", NULL},
        {"{\"a\":1}", "", NULL},
        {"", "[]", NULL},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
        struct bw_err err = {0};
        int rc = bw_json_patch(bw_str(rows[i].text), bw_str(rows[i].operations), &buf, &err);
        assert_int_equal(rc, rows[i].result ? 0 : BW_EFORMAT);
        is(bw_buf_slice(&buf), rows[i].result ? rows[i].result : "");
    }
    struct bw_buf small BW_CLEANUP(bw_buf_free) = BW_BUF(4);
    assert_int_equal(bw_json_patch(BW_STR("[1,2,3]"), BW_STR("[]"), &small, NULL), BW_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(comments_when_asked),
        cmocka_unit_test(absent_chains),
        cmocka_unit_test(last_duplicate_wins),
        cmocka_unit_test(refuses_what_is_no_json),
        cmocka_unit_test(depth_costs_no_stack),
        cmocka_unit_test(parses_in_place_from_a_pool),
        cmocka_unit_test(writes_compact),
        cmocka_unit_test(writes_pretty),
        cmocka_unit_test(any_bytes_written_read_back),
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(operations_change_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
