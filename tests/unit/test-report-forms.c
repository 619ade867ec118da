/* The forms for other programs: what they hold, and that nothing from outside breaks out of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report-kinds.h"
#include "report-rig.h"
#include "report/character.h"
#include "report/escape.h"
#include "wrap/json.h"

static const struct {
    const char *format, *ending;
} forms[] = {
    {"sarif", "sarif"}, {"junit", "junit.xml"}, {"gitlab", "gitlab"},   {"github", "github"},
    {"markdown", "md"}, {"csv", "csv"},         {"openvex", "openvex"},
};

static void forms_are_as_they_were_read(void **state)
{
    (void)state;
    struct bw_finding findings[FIXED_N + KERNEL_N];
    const struct {
        const char *name;
        struct bw_report report;
    } reports[] = {{"shop", shop_report()},
                   {"images", images_report(findings)},
                   {"gaps", gaps_report()},
                   {"empty", empty_report()},
                   {"attack", attack_report()}};
    for (size_t i = 0; i < BW_ARRAY_LEN(reports); i++)
        for (size_t k = 0; k < BW_ARRAY_LEN(forms); k++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", reports[i].name, forms[k].ending);
            expect_golden(name, forms[k].format, &reports[i].report, (struct bw_output_options){0});
        }
}

static void render_attack(const char *format, struct bw_buf *buf)
{
    struct bw_report report = attack_report();
    const struct bw_output_options options = {.compare = by_bytes};
    render(format, &report, &options, buf);
}

static size_t count_of(struct bw_str s, const char *needle)
{
    size_t n = 0;
    for (size_t at; (at = bw_str_find_str(s, bw_str(needle))) != SIZE_MAX; n++)
        s = bw_str_from(s, at + 1);
    return n;
}

/* JSON may hold what it escapes; all else shows every character as it is meant. */
static void nothing_acts_on_its_reader(void **state)
{
    (void)state;
    for (size_t k = 0; k < BW_ARRAY_LEN(forms); k++) {
        struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
        bool json = !strcmp(forms[k].format, "gitlab") || !strcmp(forms[k].format, "sarif");
        render_attack(forms[k].format, &buf);
        for (struct bw_str rest = bw_buf_slice(&buf); rest.n;) {
            struct bw_character c = bw_character_take(&rest);
            bool end = c.code_point == '\n' || c.code_point == '\r';
            assert_true(c.valid);
            if (json)
                assert_true(end || c.code_point >= 0x20);
            else if (!end && !bw_character_is_plain(&c))
                fail_msg("%s holds U+%04X", forms[k].format, c.code_point);
        }
    }
}

static void html_holds_the_report_and_no_other_script(void **state)
{
    (void)state;
    struct bw_buf page BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    render_attack("html", &page);
    struct bw_str all = bw_buf_slice(&page);
    assert_int_equal(count_of(all, "<script"), 2);
    assert_int_equal(count_of(all, "</script"), 2);
    assert_int_equal(count_of(all, "<!--"), 0);
    assert_int_equal(count_of(all, "<img"), 0);
    assert_int_equal(count_of(all, "http-equiv=\"Content-Security-Policy\""), 1);
    assert_true(bw_str_is_utf8(all));
    const struct bw_str mark = BW_STR("id=\"data\">");
    struct bw_str data = bw_str_from(all, bw_str_find_str(all, mark) + mark.n);
    data = bw_str_take(data, bw_str_find_str(data, BW_STR("</script>")));
    assert_int_equal(bw_json_parse(&doc, data, NULL, 0, NULL), 0);
    const struct bw_json *findings = bw_json_get(bw_json_root(doc), BW_STR("findings"));
    assert_int_equal(bw_json_size(findings), BW_ARRAY_LEN(attack_findings));
    /* The same value as --format json writes. */
    struct bw_json_iter it = bw_json_iter(findings);
    struct bw_str title = bw_json_string(bw_json_get(bw_json_next(&it), BW_STR("id")));
    assert_true(bw_str_find_str(title, BW_STR("</script><script>alert(1)")) != SIZE_MAX);
}

static void workflow_commands_stay_one_a_line(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    render_attack("github", &buf);
    struct bw_str rest = bw_buf_slice(&buf), line;
    size_t lines = 0;
    while (bw_str_line(&rest, &line)) {
        lines++;
        assert_true(bw_str_starts(line, BW_STR("::error ")) ||
                    bw_str_starts(line, BW_STR("::warning ")) ||
                    bw_str_starts(line, BW_STR("::notice ")));
        /* Up to the second "::" there are properties alone, whose ':' and ',' are escaped. */
        struct bw_str properties = bw_str_from(line, 2);
        properties = bw_str_take(properties, bw_str_find_str(properties, BW_STR("::")));
        assert_true(count_of(properties, "=") >= 1);
        assert_true(bw_str_find_str(properties, BW_STR("title=")) != SIZE_MAX);
        assert_true(bw_str_find(properties, ':') == SIZE_MAX);
        assert_true(count_of(properties, ",") <= 2);
    }
    /* Two gaps, a secret, a licence, a group of packages, the verdict; the file is waived. */
    assert_int_equal(lines, 6);
}

/* Cuts a field of RFC 4180 off, its quotes taken away; true where the record goes on. */
static bool take_field(struct bw_str *rest, char *out, size_t size)
{
    size_t i = 0, n = 0;
    bool quoted = rest->n && rest->p[0] == '"';
    for (i = quoted; i < rest->n; i++) {
        if (quoted && rest->p[i] == '"') {
            if (i + 1 == rest->n || rest->p[i + 1] != '"') {
                i++;
                break;
            }
            i++;
        } else if (!quoted && (rest->p[i] == ',' || rest->p[i] == '\r')) {
            break;
        }
        assert_true(n + 1 < size);
        out[n++] = rest->p[i];
    }
    out[n] = '\0';
    assert_true(i < rest->n);
    bool more = rest->p[i] == ',';
    if (!more)
        assert_memory_equal(rest->p + i, "\r\n", 2);
    *rest = bw_str_from(*rest, i + (more ? 1 : 2));
    return more;
}

static void spreadsheets_find_no_formula(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    render_attack("csv", &buf);
    size_t records = 0;
    for (struct bw_str rest = bw_buf_slice(&buf); rest.n; records++) {
        size_t fields = 0;
        bool more = true;
        while (more) {
            char field[8192];
            more = take_field(&rest, field, sizeof field);
            assert_true(!*field || !strchr("=+-@\t\r\n", *field));
            fields++;
        }
        assert_int_equal(fields, 27);
    }
    assert_int_equal(records, 1 + BW_ARRAY_LEN(attack_findings) + 2);
}

/* Whatever begins with '<' is a tag of ours. */
static void markdown_holds_our_tags_alone(void **state)
{
    (void)state;
    static const char *const ours[] = {"<details>",  "</details>", "<summary>",
                                       "</summary>", "<sub>",      "</sub>"};
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    render_attack("markdown", &buf);
    struct bw_str rest = bw_buf_slice(&buf);
    bool in_code = false;
    size_t fence = 0;
    for (size_t i = 0; i < rest.n; i++) {
        char c = rest.p[i];
        if (c == '`' && (i == 0 || in_code || rest.p[i - 1] != '\\')) {
            size_t row = 1;
            while (i + row < rest.n && rest.p[i + row] == '`')
                row++;
            if (!in_code)
                fence = row;
            if (!in_code || row == fence)
                in_code = !in_code;
            i += row - 1;
        } else if (c == '<' && !in_code) {
            bool known = false;
            for (size_t k = 0; k < BW_ARRAY_LEN(ours); k++)
                known |= bw_str_starts(bw_str_from(rest, i), bw_str(ours[k]));
            if (!known)
                fail_msg("%.60s", rest.p + i);
        } else if ((c == '[' || c == '@') && !in_code) {
            assert_true(i > 0 && rest.p[i - 1] == '\\');
        }
    }
    assert_false(in_code);
}

static void escapes_are_those_of_their_forms(void **state)
{
    (void)state;
    static const struct {
        void (*escape)(struct bw_buf *, struct bw_str);
        struct bw_str text;
        const char *want;
    } cases[] = {
        {bw_escape_line, S("a\tb\r\nc\x1b[1m\xff"), "a b  c\xef\xbf\xbd[1m\xef\xbf\xbd"},
        {bw_escape_line, S("\xe2\x80\xaex\xef\xbb\xbf\xe4\xb8\xad\xf0\x9f\x90\x8b"),
         "\xef\xbf\xbdx\xef\xbf\xbd\xe4\xb8\xad\xf0\x9f\x90\x8b"},
        {bw_escape_line, S("\xef\xbf\xbe\0"), "\xef\xbf\xbd\xef\xbf\xbd"},
        {bw_escape_markup, S("<a b=\"c\">&'"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;"},
        {bw_escape_markdown, S("*a*|_b_ <c> @d #1"), "\\*a\\*\\|\\_b\\_ &lt;c&gt; &#64;d &#35;1"},
        {bw_escape_markdown, S("v1.2: (a-b)"), "v1.2: (a-b)"},
        {bw_escape_markdown, S("https://e.x WWW.e"), "https&#58;//e&#46;x WWW&#46;e"},
        {bw_escape_markdown_code, S("a"), "`a`"},
        {bw_escape_markdown_code, S("a`b``c|d"), "``` a`b``c\\|d ```"},
        {bw_escape_markdown_code, S(""), ""},
        {bw_escape_csv, S("plain"), "plain"},
        {bw_escape_csv, S("a,b"), "\"a,b\""},
        {bw_escape_csv, S("a\"b"), "\"a\"\"b\""},
        {bw_escape_csv, S("=1+1"), "\"'=1+1\""},
        {bw_escape_csv, S(" @x"), "\"' @x\""},
        {bw_escape_csv, S("\t-1"), "\"' -1\""},
        {bw_escape_csv, S("1-1"), "1-1"},
        {bw_escape_workflow_message, S("50%\na::b,c"), "50%25 a::b,c"},
        {bw_escape_workflow_property, S("50%\na::b,c"), "50%25 a%3A%3Ab%2Cc"},
        {bw_escape_uri, S("a b/c:d?e#f%"), "a%20b/c%3Ad%3Fe%23f%25"},
        {bw_escape_uri, S("\xe4\xb8\xad~-_."), "%E4%B8%AD~-_."},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(1024);
        cases[i].escape(&buf, cases[i].text);
        bw_buf_byte(&buf, 0);
        assert_string_equal((char *)buf.p, cases[i].want);
    }
}

static void templates_see_the_report(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_report report = shop_report();
    struct bw_output_options options = {
        .template_name = BW_STR("x.html"),
        .template_text = BW_STR("{{#findings}}{{#waiver}}<li>{{advisory.id}} {{reason}}</li>\n"
                                "{{/waiver}}{{/findings}}{{verdict.status}}\n"),
    };
    render("template", &report, &options, &buf);
    assert_string_equal(
        (bw_buf_byte(&buf, 0), (char *)buf.p),
        "<li>GHSA-hrpp-h998-j3pp the parser is never reached: requests are filtered by the "
        "proxy</li>\n<li>DSA-5532-1 </li>\nFAIL\n");
    bw_buf_clear(&buf);
    report = attack_report();
    options.template_text = BW_STR("{{verdict.reason}}");
    render("template", &report, &options, &buf);
    assert_true(bw_str_find(bw_buf_slice(&buf), '<') == SIZE_MAX);
    bw_buf_clear(&buf);
    options.template_name = BW_STR("x.csv");
    options.template_text = BW_STR("{{#findings}}{{package.name}}\n{{/findings}}");
    render("template", &report, &options, &buf);
    assert_true(bw_str_starts(bw_buf_slice(&buf), BW_STR("\"'=HYPERLINK(\"\"")));
}

static void a_broken_template_is_told(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_report report = shop_report();
    const struct bw_output_options options = {.template_text = BW_STR("a\nb {{#findings}}")};
    const struct bw_output_sink sink = {&buf, to_buf};
    struct bw_err err = {0};
    const struct bw_output *output = bw_output_named(BW_STR("template"));
    assert_true(output->needs_template);
    assert_int_equal(output->write(&report, &options, &sink, &err), BW_EFORMAT);
    assert_string_equal(err.msg, "line 2 of the template: a section is not closed");
    assert_int_equal(buf.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_as_they_were_read),
        cmocka_unit_test(nothing_acts_on_its_reader),
        cmocka_unit_test(html_holds_the_report_and_no_other_script),
        cmocka_unit_test(workflow_commands_stay_one_a_line),
        cmocka_unit_test(spreadsheets_find_no_formula),
        cmocka_unit_test(markdown_holds_our_tags_alone),
        cmocka_unit_test(escapes_are_those_of_their_forms),
        cmocka_unit_test(templates_see_the_report),
        cmocka_unit_test(a_broken_template_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
