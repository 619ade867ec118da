#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "wrap/xml.h"

/* What is wrong with a text, or "" where it parses. */
static const char *fault(struct bw_str text)
{
    static struct bw_err err;
    struct bw_xml_doc *doc BW_CLEANUP(bw_xml_freep) = NULL;
    err = (struct bw_err){0};
    int rc = bw_xml_parse(&doc, text, &err);
    assert_int_equal(rc, err.code);
    assert_int_equal(doc == NULL, rc != 0);
    return err.msg;
}

static void assert_text(struct bw_str got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void elements_are_a_tree(void **state)
{
    (void)state;
    struct bw_xml_doc *doc BW_CLEANUP(bw_xml_freep) = NULL;
    struct bw_str text = BW_STR("<?xml version=\"1.0\"?>\n<!DOCTYPE p>\n"
                                "<p xmlns='urn:x' m:a='1&amp;2' a='3'>\n"
                                " one <!-- no --> <q><v>1.<![CDATA[2<]]>&#x41;</v></q> two\n"
                                " <m:r b=''/><q/></p>\n");
    assert_int_equal(bw_xml_parse(&doc, text, NULL), 0);
    const struct bw_xml *root = bw_xml_root(doc), *q = bw_xml_child(root, "q");
    assert_text(bw_xml_name(root), "p");
    assert_text(bw_xml_text(root), "one   two");
    assert_text(bw_xml_attribute(root, "a"), "1&2");
    assert_null(bw_xml_attribute(root, "b").p);
    assert_int_equal(bw_xml_line(root), 3);
    assert_int_equal(bw_xml_line(q), 4);
    assert_text(bw_xml_text(bw_xml_child(q, "v")), "1.2<A");
    const struct bw_xml *r = bw_xml_next(q);
    assert_text(bw_xml_name(r), "r");
    assert_non_null(bw_xml_attribute(r, "b").p);
    assert_int_equal(bw_xml_attribute(r, "b").n, 0);
    assert_int_equal(bw_xml_line(bw_xml_next(r)), 5);
    assert_null(bw_xml_next(bw_xml_next(r)));
    assert_null(bw_xml_first(r));
    assert_null(bw_xml_child(bw_xml_child(root, "none"), "v"));
    assert_int_equal(bw_xml_text(NULL).n + bw_xml_name(NULL).n + bw_xml_line(NULL), 0);
}

static void other_encodings_become_utf8(void **state)
{
    (void)state;
    struct bw_xml_doc *doc BW_CLEANUP(bw_xml_freep) = NULL;
    assert_int_equal(
        bw_xml_parse(&doc, BW_STR("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"), NULL),
        0);
    assert_text(bw_xml_text(bw_xml_root(doc)), "\xc3\xa9");
    bw_xml_freep(&doc);
    assert_int_equal(bw_xml_parse(&doc, BW_STR("\xff\xfe<\0a\0>\0\xe9\0<\0/\0a\0>\0"), NULL), 0);
    assert_text(bw_xml_text(bw_xml_root(doc)), "\xc3\xa9");
    bw_xml_freep(&doc);
    assert_int_equal(bw_xml_parse(&doc, BW_STR("\xef\xbb\xbf<a/>"), NULL), 0);
}

static void bad_documents_are_refused(void **state)
{
    (void)state;
    assert_string_equal(fault(BW_STR("")), "no valid XML: no element found at line 1");
    assert_string_equal(fault(BW_STR("<a>\n<b></a>")), "no valid XML: mismatched tag at line 2");
    assert_string_equal(fault(BW_STR("<a>\n")), "no valid XML: no element found at line 2");
    assert_string_equal(fault(BW_STR("<a/><b/>")),
                        "no valid XML: junk after document element at line 1");
    assert_string_equal(fault(BW_STR("<a b='1' b='2'/>")),
                        "no valid XML: duplicate attribute at line 1");
    assert_string_equal(fault(BW_STR("<a>&b;</a>")), "no valid XML: undefined entity at line 1");
    assert_string_equal(fault(BW_STR("<a>\xff</a>")),
                        "no valid XML: not well-formed (invalid token) at line 1");
    assert_string_equal(fault(BW_STR("<?xml version='1.0' encoding='x-own'?><a/>")),
                        "no valid XML: unknown encoding at line 1");
}

static void entities_are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "<!DOCTYPE a [\n<!ENTITY b 'x'>]><a>&b;</a>",
        "<!DOCTYPE a [\n<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "<!DOCTYPE a [\n<!ENTITY % b 'x'>]><a/>",
        "<!DOCTYPE a SYSTEM 'a.dtd'>\n<a>&b;</a>",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(refused); i++)
        assert_string_equal(fault(bw_str(refused[i])),
                            "XML with entities of its own, at line 2: refused");
}

static void repeat(struct bw_buf *buf, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bw_buf_str(buf, bw_str(text));
}

static void everything_has_a_maximum(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_XML_TEXT_MAX);
    repeat(&buf, "<a>", BW_XML_DEPTH_MAX);
    repeat(&buf, "</a>", BW_XML_DEPTH_MAX);
    assert_string_equal(fault(bw_buf_slice(&buf)), "");
    bw_buf_clear(&buf);
    repeat(&buf, "<a>\n", 1000000);
    assert_string_equal(fault(bw_buf_slice(&buf)), "XML deeper than 64 elements, at line 65");
    bw_buf_clear(&buf);
    bw_buf_str(&buf, BW_STR("<a>"));
    repeat(&buf, "<b/>", BW_XML_NODES_MAX - 1);
    bw_buf_str(&buf, BW_STR("</a>"));
    assert_string_equal(fault(bw_buf_slice(&buf)), "");
    buf.n -= 4;
    bw_buf_str(&buf, BW_STR("<b/></a>"));
    assert_string_equal(fault(bw_buf_slice(&buf)),
                        "XML of more than 262144 elements and attributes");
    bw_buf_clear(&buf);
    repeat(&buf, " ", BW_XML_TEXT_MAX + 1);
    assert_string_equal(fault(bw_buf_slice(&buf)),
                        "XML of 16777217 bytes is longer than the limit of 16777216");
}

static void text_as_long_as_the_document(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_XML_TEXT_MAX);
    struct bw_xml_doc *doc BW_CLEANUP(bw_xml_freep) = NULL;
    bw_buf_str(&buf, BW_STR("<a b='"));
    repeat(&buf, "x", BW_XML_TEXT_MAX / 2 - 8);
    bw_buf_str(&buf, BW_STR("'>"));
    repeat(&buf, "y", BW_XML_TEXT_MAX / 2 - 8);
    bw_buf_str(&buf, BW_STR("</a>"));
    assert_int_equal(bw_xml_parse(&doc, bw_buf_slice(&buf), NULL), 0);
    assert_int_equal(bw_xml_text(bw_xml_root(doc)).n, BW_XML_TEXT_MAX / 2 - 8);
    assert_int_equal(bw_xml_attribute(bw_xml_root(doc), "b").n, BW_XML_TEXT_MAX / 2 - 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_a_tree),       cmocka_unit_test(other_encodings_become_utf8),
        cmocka_unit_test(bad_documents_are_refused), cmocka_unit_test(entities_are_refused),
        cmocka_unit_test(everything_has_a_maximum),  cmocka_unit_test(text_as_long_as_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
