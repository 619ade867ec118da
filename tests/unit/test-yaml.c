#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "wrap/yaml.h"

/* What is wrong with a text, or "" where it parses. */
static const char *fault(struct bw_str text)
{
    static struct bw_err err;
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    err = (struct bw_err){0};
    int rc = bw_yaml_parse(&stream, text, &err);
    assert_int_equal(rc, err.code);
    assert_int_equal(stream == NULL, rc != 0);
    return err.msg;
}

static struct bw_yaml_stream *parse(const char *text)
{
    struct bw_yaml_stream *stream = NULL;
    struct bw_err err = {0};
    if (bw_yaml_parse(&stream, bw_str(text), &err))
        fail_msg("%s", err.msg);
    return stream;
}

static void assert_text(const struct bw_yaml *value, const char *want)
{
    struct bw_str got = bw_yaml_text(value);
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void values_are_trees(void **state)
{
    (void)state;
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) =
        parse("# c\na: 1\n'b c': [x, \"y\\tz\", yes]\nd:\n- e: |\n   f\n   g\n  h:\na: 2\n");
    const struct bw_yaml *root = bw_yaml_first(stream), *list = bw_yaml_get(root, "b c");
    assert_int_equal(bw_yaml_type(root), BW_YAML_MAPPING);
    assert_int_equal(bw_yaml_size(root), 4);
    assert_text(bw_yaml_get(root, "a"), "2");
    assert_int_equal(bw_yaml_line(list), 3);
    assert_int_equal(bw_yaml_column(list), 8);
    struct bw_yaml_iter it = bw_yaml_iter(list);
    assert_text(bw_yaml_next(&it), "x");
    const struct bw_yaml *quoted = bw_yaml_next(&it);
    assert_text(quoted, "y\tz");
    assert_null(it.key);
    assert_false(bw_yaml_is_plain(quoted));
    assert_true(bw_yaml_is_plain(bw_yaml_next(&it)));
    assert_null(bw_yaml_next(&it));
    it = bw_yaml_iter(bw_yaml_get(root, "d"));
    const struct bw_yaml *member = bw_yaml_next(&it);
    assert_text(bw_yaml_get(member, "e"), "f\ng\n");
    assert_false(bw_yaml_is_plain(bw_yaml_get(member, "e")));
    assert_text(bw_yaml_get(member, "h"), "");
    assert_true(bw_yaml_is_plain(bw_yaml_get(member, "h")));
    assert_null(bw_yaml_get(bw_yaml_get(root, "none"), "e"));
    assert_null(bw_yaml_get(list, "x"));
    assert_null(bw_yaml_next_document(root));
}

static void documents_follow_each_other(void **state)
{
    (void)state;
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) =
        parse("---\na: &x 1\n---\n- !Ref &x b\n- !!str c\n- *x\n...\n--- d\n");
    const struct bw_yaml *root = bw_yaml_first(stream);
    assert_text(bw_yaml_get(root, "a"), "1");
    root = bw_yaml_next_document(root);
    struct bw_yaml_iter it = bw_yaml_iter(root);
    struct bw_str tag = bw_yaml_tag(bw_yaml_next(&it));
    assert_true(bw_str_eq(tag, BW_STR("!Ref")));
    const struct bw_yaml *c = bw_yaml_next(&it);
    assert_true(bw_str_eq(bw_yaml_tag(c), BW_STR("tag:yaml.org,2002:str")));
    assert_false(bw_yaml_is_plain(c));
    assert_text(bw_yaml_next(&it), "b");
    assert_true(it.alias);
    root = bw_yaml_next_document(root);
    assert_text(root, "d");
    assert_null(bw_yaml_next_document(root));
    struct bw_yaml_stream *empty BW_CLEANUP(bw_yaml_freep) = parse("# nothing\n");
    assert_null(bw_yaml_first(empty));
    assert_int_equal(bw_yaml_type(bw_yaml_first(empty)), BW_YAML_ABSENT);
}

static void aliases_are_no_copies(void **state)
{
    (void)state;
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) =
        parse("a: &x {k: v}\nb: *x\nc: &y d\n*y : e\n");
    const struct bw_yaml *root = bw_yaml_first(stream);
    assert_ptr_equal(bw_yaml_get(root, "a"), bw_yaml_get(root, "b"));
    assert_text(bw_yaml_get(root, "d"), "e");
    assert_string_equal(fault(BW_STR("a: *x\n")), "no valid YAML: alias without anchor at line 1");
    assert_string_equal(fault(BW_STR("a: &x 1\n---\n*x\n")),
                        "no valid YAML: alias without anchor at line 3");
    assert_string_equal(fault(BW_STR("a: &x\n - *x\n")),
                        "no valid YAML: alias within its own anchor's value at line 2");
}

static void single_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"''", ""},
        {"''''", "'"},
        {"''''''''''''", "'''''"},
        {"'a''b c'", "a'b c"},
        {"\xef\xbb\xbf'a'", "a"},
        {"\xc3\xa9: 'a'", NULL},
        {"' a  \n  b\n\n \n c '", " a b\n\nc "},
        {"'a\r\n b'", "a b"},
        {"'a \n'", "a "},
        {"'\n\n\n'", "\n\n"},
        {"'\n \t x'", " x"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = parse(cases[i].text);
        if (cases[i].want)
            assert_text(bw_yaml_first(stream), cases[i].want);
        else
            assert_text(bw_yaml_get(bw_yaml_first(stream), "\xc3\xa9"), "a");
    }
}

/* 2^40 paths, 80 values. */
static void laughs_stay_small(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    bw_buf_printf(&buf, "a0: &a0 [x]\n");
    for (unsigned i = 1; i <= 40; i++)
        bw_buf_printf(&buf, "a%u: &a%u [*a%u, *a%u]\n", i, i, i - 1, i - 1);
    assert_string_equal(fault(bw_buf_slice(&buf)), "");
}

/* The words after the prefix are the library's. */
static void bad_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"a: [1\n", "a: \"b\n",  "a: b\n  c: d\n",
                                      "}",       "a: b: c\n", "%YAML 2.0\n--- a\n"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        const char *why = fault(bw_str(bad[i]));
        assert_true(bw_str_starts(bw_str(why), BW_STR("no valid YAML: ")));
        assert_non_null(strstr(why, " at line "));
    }
    assert_string_equal(fault(BW_STR("a: \xff\n")), "no valid YAML: not in UTF-8");
    assert_string_equal(fault(BW_STR("")), "");
    assert_string_equal(fault(BW_STR("{\"a\": [\n1\n]\n}\n")), "");
}

static void repeat(struct bw_buf *buf, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bw_buf_str(buf, bw_str(text));
}

static void everything_has_a_maximum(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_YAML_TEXT_MAX);
    repeat(&buf, "- ", BW_YAML_DEPTH_MAX);
    assert_string_equal(fault(bw_buf_slice(&buf)), "");
    repeat(&buf, "- ", 100000);
    assert_string_equal(fault(bw_buf_slice(&buf)), "YAML deeper than 64 levels, at line 1");
    bw_buf_clear(&buf);
    repeat(&buf, "[", 100000);
    assert_non_null(strstr(fault(bw_buf_slice(&buf)), "de"));
    bw_buf_clear(&buf);
    repeat(&buf, "- a\n", BW_YAML_VALUES_MAX - 1);
    assert_string_equal(fault(bw_buf_slice(&buf)), "");
    repeat(&buf, "- a\n", 1);
    assert_string_equal(fault(bw_buf_slice(&buf)),
                        "YAML of more than 1048576 values, at line 1048576");
    bw_buf_clear(&buf);
    for (unsigned i = 0; i <= 65536; i++)
        bw_buf_printf(&buf, "- &a%u b\n", i);
    assert_string_equal(fault(bw_buf_slice(&buf)), "YAML of more than 65536 anchors");
    bw_buf_clear(&buf);
    repeat(&buf, " ", BW_YAML_TEXT_MAX + 1);
    assert_string_equal(fault(bw_buf_slice(&buf)),
                        "YAML of 67108865 bytes is longer than the limit of 67108864");
}

static void long_scalars(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_YAML_TEXT_MAX);
    static const char *const starts[] = {"a: ", "a: '", "a: \"", "a: |\n ", "? "};
    static const char *const ends[] = {"", "'", "\"", "\n", ""};
    for (size_t i = 0; i < BW_ARRAY_LEN(starts); i++) {
        bw_buf_clear(&buf);
        repeat(&buf, starts[i], 1);
        repeat(&buf, "xxxxxxxx", 1 << 20);
        repeat(&buf, ends[i], 1);
        assert_string_equal(fault(bw_buf_slice(&buf)), "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_trees),         cmocka_unit_test(documents_follow_each_other),
        cmocka_unit_test(aliases_are_no_copies),    cmocka_unit_test(single_quotes),
        cmocka_unit_test(laughs_stay_small),        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(everything_has_a_maximum), cmocka_unit_test(long_scalars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
