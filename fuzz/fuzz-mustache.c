/* A template and the value it is rendered over: the bytes before the first NUL, and after it. */
#include "report/escape.h"
#include "report/mustache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Enough to see what goes wrong; an end of the sink ends the rendering. */
#define OUTPUT_MAX ((size_t)1 << 20)

static int take(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    size_t *left = ctx;
    (void)p;
    if (n > *left)
        return bw_err_set(err, BW_ELIMIT, "enough");
    *left -= n;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_mustache *template BW_CLEANUP(bw_mustache_freep) = NULL;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_str rest = bw_str_n(data, size), text;
    struct bw_err err;
    size_t left = OUTPUT_MAX;
    const struct bw_output_sink sink = {&left, take};
    if (!bw_str_split(&rest, '\0', &text) || bw_mustache_parse(&template, text, &err))
        return 0;
    if (bw_json_parse(&doc, rest, NULL, 0, &err) || size > 4096)
        return 0;
    struct bw_gatherer gatherer = bw_gatherer(&sink, &err);
    int rc = bw_mustache_render(template, bw_json_root(doc), bw_escape_markdown, &gatherer, &err);
    int end = bw_gatherer_finish(&gatherer);
    (void)rc;
    (void)end;
    return 0;
}
