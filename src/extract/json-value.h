/*
 * json-value.h: from a JSON text to values with places.
 *
 * The tree comes from wrap/json.h, which knows no positions; the text, known to be valid by then,
 * is walked in step with it. Numbers are what the API server's decoder makes of them: an integer
 * without fraction and exponent that fits int64 is an INT, everything else a DOUBLE.
 */
#ifndef BW_EXTRACT_JSON_VALUE_H
#define BW_EXTRACT_JSON_VALUE_H

#include <stdint.h>

#include "base/err.h"
#include "base/value.h"
#include "extract/document.h"
#include "wrap/json.h"

/* Values and keys of one text. */
#define BW_JSON_VALUES_MAX 4194304u

enum bw_json_duplicates {
    BW_JSON_DUPLICATES_REFUSED, /* a key that stands twice in an object is an error */
    /* As Go's encoding/json fills a struct: two objects under one key become one, of anything else
     * the last one stays, and a null changes nothing. Two lists are a blocking gap: their elements
     * would be mixed as Go's types say. */
    BW_JSON_DUPLICATES_MERGED,
    /* The same, and a blocking gap for each: readers in production differ in what they take. */
    BW_JSON_DUPLICATES_DOUBTED,
};

/* Gaps about keys that stand twice in one text. */
#define BW_JSON_DOUBTS_MAX 100u

/*
 * The value that a text consists of. `file` is the index of the text among the document's files. A
 * byte order mark in front is skipped. BW_EFORMAT: no valid JSON, a key twice; BW_ELIMIT: more
 * values than BW_JSON_VALUES_MAX or the arena holds, deeper than BW_VALUE_DEPTH_MAX; BW_ENOMEM.
 */
int bw_json_value(struct bw_reading *reading, uint32_t file, struct bw_str text,
                  enum bw_json_duplicates duplicates, struct bw_value *ret_value,
                  struct bw_err *err) BW_MUST_USE;

/* The value of a tree that is parsed already, without places, for documents that a program wrote:
 * several times as fast. "-0" is a DOUBLE then. The text has been bounded by the caller. */
int bw_json_value_bare(struct bw_reading *reading, const struct bw_json *json,
                       enum bw_json_duplicates duplicates, struct bw_value *ret_value,
                       struct bw_err *err) BW_MUST_USE;

#endif
