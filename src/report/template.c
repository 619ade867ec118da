/*
 * The report by a template of the user's own (mustache.h), over the same value that --format json
 * writes. What {{name}} escapes for follows from the template's name: *.html, *.xml, *.csv, *.md;
 * all else is text, of which only what a terminal would act upon is taken out.
 */
#include "report/escape.h"
#include "report/json.h"
#include "report/mustache.h"

static bw_mustache_escape escape_for(struct bw_str name)
{
    static const struct {
        const char *ending;
        bw_mustache_escape escape;
    } forms[] = {
        {".html", bw_escape_markup}, {".htm", bw_escape_markup},  {".xml", bw_escape_markup},
        {".svg", bw_escape_markup},  {".md", bw_escape_markdown}, {".csv", bw_escape_csv},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(forms); i++)
        if (bw_str_ends(name, bw_str(forms[i].ending)))
            return forms[i].escape;
    return bw_escape_line;
}

static int add_to_buf(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct bw_buf *buf = ctx;
    bw_buf_add(buf, p, n);
    return bw_buf_failed(buf) ? bw_err_set(err, BW_ELIMIT,
                                           "the report is too large for a template: over %zu bytes "
                                           "as JSON",
                                           buf->max)
                              : 0;
}

static int write_template(const struct bw_report *report, const struct bw_output_options *options,
                          const struct bw_output_sink *sink, struct bw_err *err)
{
    struct bw_mustache *template BW_CLEANUP(bw_mustache_freep) = NULL;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_JSON_TEXT_MAX);
    const struct bw_output_sink to_buf = {.ctx = &json, .write = add_to_buf};
    int rc = bw_mustache_parse(&template, options->template_text, err);
    if (rc == 0)
        rc = bw_report_json(report, false, &to_buf, err);
    if (rc == 0)
        rc = bw_json_parse(&doc, bw_buf_slice(&json), NULL, 0, err);
    if (rc)
        return rc;
    struct bw_gatherer gatherer = bw_gatherer(sink, err);
    rc = bw_mustache_render(template, bw_json_root(doc), escape_for(options->template_name),
                            &gatherer, err);
    int end = bw_gatherer_finish(&gatherer);
    return rc ? rc : end;
}

const struct bw_output bw_output_template = {
    .name = "template",
    .summary = "by a mustache template of your own (--template FILE)",
    .needs_template = true,
    .write = write_template,
};
