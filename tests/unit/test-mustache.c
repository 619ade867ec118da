#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/escape.h"
#include "report/mustache.h"

static int to_buf(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    (void)err;
    bw_buf_add(ctx, p, n);
    return 0;
}

static int render(const char *text, const char *json, struct bw_buf *out, struct bw_err *err)
{
    struct bw_mustache *template BW_CLEANUP(bw_mustache_freep) = NULL;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    const struct bw_output_sink sink = {out, to_buf};
    struct bw_gatherer gatherer = bw_gatherer(&sink, err);
    assert_int_equal(bw_json_parse(&doc, bw_str(json), NULL, 0, NULL), 0);
    int rc = bw_mustache_parse(&template, bw_str(text), err);
    if (rc == 0)
        rc = bw_mustache_render(template, bw_json_root(doc), bw_escape_markup, &gatherer, err);
    int end = bw_gatherer_finish(&gatherer);
    return rc ? rc : end;
}

/* The cases of the specification that this part of it has (github.com/mustache/spec), in own words
 * and values. */
static const struct {
    const char *text, *json, *want;
} cases[] = {
    {"", "{}", ""},
    {"plain { } }} text", "{}", "plain { } }} text"},
    {"{{a}} {{ a }} {{{a}}} {{&a}} {{& a }}", "{\"a\":\"<\"}", "&lt; &lt; < < <"},
    {"{{a}}|{{b}}|{{c}}|{{d}}|{{e}}", "{\"a\":1,\"b\":-2,\"c\":1.25,\"d\":true,\"e\":null}",
     "1|-2|1.25|true|"},
    {"[{{none}}][{{a}}][{{b}}]", "{\"a\":{},\"b\":[1]}", "[][][]"},
    {"{{a.b.c}}{{a.x.c}}", "{\"a\":{\"b\":{\"c\":\"y\"}}}", "y"},
    /* Sections. */
    {"{{#a}}x{{/a}}{{#b}}y{{/b}}{{#c}}z{{/c}}", "{\"a\":true,\"b\":false,\"c\":null}", "x"},
    {"{{#a}}x{{/a}}{{#b}}y{{/b}}{{#c}}z{{/c}}", "{\"a\":0,\"b\":\"\",\"c\":[]}", ""},
    {"{{#a}}{{.}},{{/a}}", "{\"a\":[1,\"b\",true]}", "1,b,true,"},
    {"{{#a}}{{n}}{{m}} {{/a}}", "{\"m\":\"m\",\"a\":[{\"n\":1},{\"n\":2,\"m\":\"o\"}]}", "1m 2o "},
    {"{{#a}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}", "{\"a\":{\"x\":1,\"b\":{\"y\":2}}}", "12"},
    {"{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"outer\"}}", ""},
    {"{{#a}}{{.}}{{/a}}", "{\"a\":\"text\"}", "text"},
    {"{{#a}}{{#.}}{{.}}{{/.}};{{/a}}", "{\"a\":[[1,2],[3]]}", "12;3;"},
    {"{{^a}}x{{/a}}{{^b}}y{{/b}}{{^c}}z{{/c}}", "{\"a\":true,\"b\":[]}", "yz"},
    {"{{#a}}1{{#a}}2{{/a}}3{{/a}}", "{\"a\":true}", "123"},
    /* Comments, and tags alone in their lines. */
    {"a{{! no }}b", "{}", "ab"},
    {"a\n{{! no\nat all }}\nb", "{}", "a\nb"},
    {"a\n  {{#x}}  \n  in\n\t{{/x}}\r\nb\n", "{\"x\":true}", "a\n  in\nb\n"},
    {"{{#x}}\nin\n{{/x}}", "{\"x\":[1,1]}", "in\nin\n"},
    {"a {{#x}}\nin\n{{/x}} b", "{\"x\":true}", "a \nin\n b"},
    {"  {{x}}  \n", "{\"x\":1}", "  1  \n"},
    {"  {{#x}}{{/x}}\n", "{\"x\":1}", "  \n"},
};

static void templates_are_rendered(void **state)
{
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
        struct bw_err err = {0};
        assert_int_equal(render(cases[i].text, cases[i].json, &buf, &err), 0);
        bw_buf_byte(&buf, 0);
        assert_string_equal((char *)buf.p, cases[i].want);
    }
}

static void wrong_templates_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"{{a", "line 1 of the template: a tag without its end"},
        {"\n\n{{{a}}", "line 3 of the template: a tag without its end"},
        {"{{}}", "line 1 of the template: a tag without a name"},
        {"{{#}}", "line 1 of the template: a tag without a name"},
        {"{{#a}}\n", "line 2 of the template: a section is not closed"},
        {"{{/a}}", "line 1 of the template: a section is closed that is not open"},
        {"{{#a}}{{#b}}\n{{/a}}{{/b}}",
         "line 2 of the template: a section is closed within another"},
        {"{{>a}}", "line 1 of the template: partials and other delimiters are not known"},
        {"{{=<% %>=}}", "line 1 of the template: partials and other delimiters are not known"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(wrong); i++) {
        struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
        struct bw_err err = {0};
        assert_int_equal(render(wrong[i].text, "{}", &buf, &err), BW_EFORMAT);
        assert_string_equal(err.msg, wrong[i].message);
    }
}

/* "{{#a}}" n times, something, and their ends. */
static void nest(struct bw_buf *text, unsigned n, const char *inside)
{
    for (unsigned i = 0; i < n; i++)
        bw_buf_str(text, BW_STR("{{#a}}"));
    bw_buf_str(text, bw_str(inside));
    for (unsigned i = 0; i < n; i++)
        bw_buf_str(text, BW_STR("{{/a}}"));
    bw_buf_byte(text, 0);
}

static void depth_and_work_are_bounded(void **state)
{
    (void)state;
    struct bw_buf out BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)64 << 20);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_err err = {0};
    nest(&text, BW_MUSTACHE_DEPTH_MAX, "x");
    assert_int_equal(render((char *)text.p, "{\"a\":true}", &out, &err), 0);
    assert_int_equal(out.n, 1);
    bw_buf_clear(&text);
    nest(&text, BW_MUSTACHE_DEPTH_MAX + 1, "x");
    assert_int_equal(render((char *)text.p, "{\"a\":true}", &out, &err), BW_ELIMIT);
    /* Ten elements within each other, 32 deep: more than anybody waits for. */
    bw_buf_clear(&text);
    nest(&text, BW_MUSTACHE_DEPTH_MAX, "x");
    assert_int_equal(render((char *)text.p, "{\"a\":[1,1,1,1,1,1,1,1,1,1]}", &out, &err),
                     BW_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_rendered),
        cmocka_unit_test(wrong_templates_name_the_line),
        cmocka_unit_test(depth_and_work_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
