#include "extract/json-text.h"

#include <stdlib.h>

int bw_json_text_parse(struct bw_json_text *ret_text, struct bw_str text, unsigned flags,
                       struct bw_err *err)
{
    struct bw_json_text new = {.text = text, .line = 1};
    if (text.n > BW_JSON_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "JSON of %zu bytes is longer than the limit of %zu",
                          text.n, BW_JSON_TEXT_MAX);
    if (bw_str_starts(text, BW_STR("\xef\xbb\xbf")))
        new.text = bw_str_from(text, 3);
    new.copy = calloc(1, new.text.n + BW_JSON_PADDING);
    if (!new.copy)
        return bw_err_set(err, BW_ENOMEM, "out of memory while reading JSON");
    if (new.text.n)
        memcpy(new.copy, new.text.p, new.text.n);
    int rc = bw_json_parse(&new.doc, bw_str_n(new.copy, new.text.n), NULL, BW_JSON_IN_PLACE | flags,
                           err);
    if (rc) {
        free(new.copy);
        return rc;
    }
    new.root = bw_json_root(new.doc);
    *ret_text = new;
    return 0;
}

void bw_json_text_free(struct bw_json_text *text)
{
    bw_json_free(text->doc);
    free(text->copy);
    *text = (struct bw_json_text){0};
}

uint32_t bw_json_text_line(struct bw_json_text *text, struct bw_str s)
{
    if (!s.p || s.p < text->copy || s.p > text->copy + text->text.n)
        return 0;
    size_t to = (size_t)(s.p - text->copy);
    if (to < text->at) {
        text->at = 0;
        text->line = 1;
    }
    for (; text->at < to; text->at++)
        text->line += text->text.p[text->at] == '\n';
    return text->line;
}
