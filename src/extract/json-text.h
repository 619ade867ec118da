/*
 * json-text.h: a JSON file whose values know their lines.
 *
 * The text is parsed in a copy, in place, so that a string of the document stands where it stands
 * in the file.
 */
#ifndef BW_EXTRACT_JSON_TEXT_H
#define BW_EXTRACT_JSON_TEXT_H

#include "base/err.h"
#include "base/str.h"
#include "wrap/json.h"

struct bw_json_text {
    const struct bw_json *root;
    /* What follows is the module's. */
    struct bw_json_doc *doc;
    char *copy;
    struct bw_str text;
    size_t at;
    uint32_t line;
};

/* Parses a text that outlives the result. flags: 0 or BW_JSON_RELAXED. As bw_json_parse; a byte
 * order mark is skipped. */
int bw_json_text_parse(struct bw_json_text *ret_text, struct bw_str text, unsigned flags,
                       struct bw_err *err) BW_MUST_USE;
void bw_json_text_free(struct bw_json_text *text); /* also for BW_CLEANUP; takes a zeroed one */

/* The line that a string or key of the document stands on, from 1; 0 where it is none of it. Linear
 * over all calls as long as they go down the file. */
uint32_t bw_json_text_line(struct bw_json_text *text, struct bw_str s);

#endif
