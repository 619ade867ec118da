#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "extract/toml.h"

/* What is wrong with a text, or "" where it parses. */
static const char *fault(struct bw_str text)
{
    static struct bw_err err;
    struct bw_toml_doc *doc BW_CLEANUP(bw_toml_freep) = NULL;
    err = (struct bw_err){0};
    int rc = bw_toml_parse(&doc, text, &err);
    assert_int_equal(rc, err.code);
    assert_int_equal(doc == NULL, rc != 0);
    return err.msg;
}

static void put(struct bw_buf *buf, const struct bw_toml *value)
{
    static const char *const open[] = {"", "'", "", "[", "{"}, *const close[] = {"", "'", "", "]",
                                                                                 "}"};
    enum bw_toml_type type = bw_toml_type(value);
    if (bw_toml_key(value).p)
        bw_buf_printf(buf, "%" BW_STR_F "=", BW_STR_A(bw_toml_key(value)));
    bw_buf_printf(buf, "%s%" BW_STR_F, open[type], BW_STR_A(bw_toml_text(value)));
    for (const struct bw_toml *it = bw_toml_first(value); it; it = bw_toml_next(it)) {
        put(buf, it);
        if (bw_toml_next(it))
            bw_buf_byte(buf, ' ');
    }
    bw_buf_printf(buf, "%s", close[type]);
}

/* The text written on one line. */
static void expect(const char *text, const char *want)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_toml_doc *doc BW_CLEANUP(bw_toml_freep) = NULL;
    struct bw_err err = {0};
    if (bw_toml_parse(&doc, bw_str(text), &err))
        fail_msg("%s", err.msg);
    put(&buf, bw_toml_root(doc));
    bw_buf_byte(&buf, 0);
    assert_string_equal((char *)buf.p, want);
}

static void tables_and_arrays(void **state)
{
    (void)state;
    expect("", "{}");
    expect("\xef\xbb\xbf# c\r\na = 1 # d\r\n\r\nb.c.\"d e\" = [ 1, [2,\n # x\n 3], ]\nb.'f'=true",
           "{a=1 b={c={d e=[1 [2 3]]} f=true}}");
    expect(
        "[[p]]\nn='1'\n[p.s]\nx=1\n[[p.l]]\n[[p.l]]\ny=2\n[[p]]\n[p.s]\nx=2\n[q . r]\n[q]\nz=3\n",
        "{p=[{n='1' s={x=1} l=[{} {y=2}]} {s={x=2}}] q={r={} z=3}}");
    expect("a={}\nb={c=1,d.e='x', f={g=[{h=1}]}}\n", "{a={} b={c=1 d={e='x'} f={g=[{h=1}]}}}");
    expect("[fruit]\napple.color=1\n[fruit.pear]\n", "{fruit={apple={color=1} pear={}}}");
    expect("d=1979-05-27 07:32:00Z\nt=07:32:00.5\nf=[+1e-3,-inf,nan,0x_f,1979-05-27]\n",
           "{d=1979-05-27 07:32:00Z t=07:32:00.5 f=[+1e-3 -inf nan 0x_f 1979-05-27]}");
}

static void strings(void **state)
{
    (void)state;
    expect("a='c:\\x'\nb=\"\\\"\\t\\u00e9\\U0001F600\\u0800\\u007f\\\\\"\nc=\"\"\nd=''",
           "{a='c:\\x' b='\"\t\xc3\xa9\xf0\x9f\x98\x80\xe0\xa0\x80\x7f\\' c='' d=''}");
    expect("a=\"\"\"\nx\\\n   \n  y \"\" z\n\"\"\"\nb='''\r\nx\\'y'''''\nc=\"\"\"\"\"\"\nd=1",
           "{a='xy \"\" z\n' b='x\\'y''' c='' d=1}");
    expect("\"\" = 1\n'a.b'.\"\\u0063\" = 2", "{=1 a.b={c=2}}");
}

static void lines_are_known(void **state)
{
    (void)state;
    struct bw_toml_doc *doc BW_CLEANUP(bw_toml_freep) = NULL;
    struct bw_str text = BW_STR("a='''\nx\n'''\nb=\"\"\"\\\n\n\"\"\"\n[[p]]\nn=1\n");
    assert_int_equal(bw_toml_parse(&doc, text, NULL), 0);
    const struct bw_toml *root = bw_toml_root(doc), *p = bw_toml_get(root, "p");
    assert_int_equal(bw_toml_line(bw_toml_get(root, "b")), 4);
    assert_int_equal(bw_toml_line(bw_toml_first(p)), 7);
    assert_int_equal(bw_toml_line(bw_toml_get(bw_toml_first(p), "n")), 8);
    assert_int_equal(bw_toml_size(p), 1);
    assert_null(bw_toml_string(bw_toml_get(bw_toml_first(p), "n")).p);
    assert_null(bw_toml_get(p, "n"));
    assert_null(bw_toml_get(bw_toml_get(root, "a"), "n"));
    assert_int_equal(bw_toml_line(NULL), 0);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"a", "no '=' behind a key at line 1"},
        {"\n= 1", "no key at line 2"},
        {"a = ", "no value at line 1"},
        {"a = yes", "no value at line 1"},
        {"a = 1 b = 2", "more than one thing at line 1"},
        {"a = 'x\n'", "a string without its end at line 1"},
        {"a = \"\"\"x\"\"", "a string without its end at line 1"},
        {"a = \"x\\\"", "a string without its end at line 1"},
        {"a = \"\\x\"", "an unknown escape at line 1"},
        {"a = \"\\", "a string without its end at line 1"},
        {"a = \"\\u12\"", "an escape without its digits at line 1"},
        {"a = \"\\ud800\"", "an escape that is no character at line 1"},
        {"a = [1", "an array without its end at line 1"},
        {"a = {b=1", "an inline table without its end at line 1"},
        {"a = 1\na = 2", "a key for the second time at line 2"},
        {"a.b = 1\na = 2", "a key for the second time at line 2"},
        {"a = 1\na.b = 2", "a key leads through what is no table to be added to at line 2"},
        {"a = {}\na.b = 2", "a key leads through what is no table to be added to at line 2"},
        {"a = [{}]\n[[a]]", "a [[header]] for what is no array of tables at line 2"},
        {"[a]\n[a]", "a table for the second time at line 2"},
        {"[a.b]\n[a]\nb.c=1", "a key leads through what is no table to be added to at line 3"},
        {"a.b=1\n[a]", "a table for the second time at line 2"},
        {"[[a]]\n[a]", "a table for the second time at line 2"},
        {"[a\n]", "a header without its end at line 1"},
        {"[[a]\n", "a header without its end at line 1"},
        {"'''a''' = 1", "a key in three quotes at line 1"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        const char *why = fault(bw_str(cases[i].text));
        assert_true(bw_str_starts(bw_str(why), BW_STR("no valid TOML: ")));
        assert_string_equal(why + 15, cases[i].why);
    }
    assert_string_equal(fault(BW_STR("a='\xff'")), "no valid TOML: not in UTF-8");
}

static void repeat(struct bw_buf *buf, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bw_buf_str(buf, bw_str(text));
}

static void everything_has_a_maximum(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_TOML_TEXT_MAX);
    repeat(&buf, "a=", 1);
    repeat(&buf, "[", 1000000);
    assert_string_equal(fault(bw_buf_slice(&buf)), "TOML deeper than 64 levels, at line 1");
    bw_buf_clear(&buf);
    repeat(&buf, "a={", 1000000);
    assert_string_equal(fault(bw_buf_slice(&buf)), "TOML deeper than 64 levels, at line 1");
    bw_buf_clear(&buf);
    repeat(&buf, "a.", 1000000);
    assert_string_equal(fault(bw_buf_slice(&buf)), "TOML key of more than 64 parts, at line 1");
    bw_buf_clear(&buf);
    repeat(&buf, "[[a]]\n", BW_TOML_VALUES_MAX - 1);
    assert_string_equal(fault(bw_buf_slice(&buf)), "");
    repeat(&buf, "[[a]]\n", 1);
    assert_string_equal(fault(bw_buf_slice(&buf)),
                        "TOML of more than 1048576 values, at line 1048576");
    bw_buf_clear(&buf);
    repeat(&buf, " ", BW_TOML_TEXT_MAX + 1);
    assert_string_equal(fault(bw_buf_slice(&buf)),
                        "TOML of 67108865 bytes is longer than the limit of 67108864");
}

/* Quadratic lookups would take hours. */
static void many_different_tables(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_TOML_TEXT_MAX);
    for (unsigned i = 0; i < 200000; i++)
        bw_buf_printf(&buf, "[[deps.a%u]]\nb%u=1\n", i, i);
    assert_string_equal(fault(bw_buf_slice(&buf)), "");
    bw_buf_printf(&buf, "[deps.a77]\nc=1\n");
    assert_string_equal(fault(bw_buf_slice(&buf)),
                        "no valid TOML: a table for the second time at line 400001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_and_arrays),        cmocka_unit_test(strings),
        cmocka_unit_test(lines_are_known),          cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(everything_has_a_maximum), cmocka_unit_test(many_different_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
