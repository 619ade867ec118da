/*
 * toml.h: reading TOML 1.0 (toml.io/en/v1.0.0), as far as lock files need it.
 *
 * Tables, arrays of tables, inline tables, arrays, dotted and quoted keys and the four kinds of
 * strings are read as the specification has them; numbers, dates and booleans are kept as the text
 * they are written as, looked at by their characters alone. A key that is defined twice, and a
 * table that is defined twice, are errors.
 *
 * Texts may be hostile: bytes, depth and values are bounded, the time is linear.
 *
 * A value is a `const struct bw_toml *` that lives as long as its document. Every accessor takes
 * NULL ("not there") and a value of another type, so that paths chain without checks:
 *     bw_toml_string(bw_toml_get(bw_toml_get(root, "package"), "name"))
 */
#ifndef BW_EXTRACT_TOML_H
#define BW_EXTRACT_TOML_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Longest text; deepest nesting below a header (a dotted key is a level a part), and
 * most parts of a header; most values. */
#define BW_TOML_TEXT_MAX   ((size_t)64 << 20)
#define BW_TOML_DEPTH_MAX  64u
#define BW_TOML_VALUES_MAX 1048576u

struct bw_toml;     /* a value */
struct bw_toml_doc; /* a parsed text, owner of its values */

enum bw_toml_type {
    BW_TOML_ABSENT, /* of NULL */
    BW_TOML_STRING,
    BW_TOML_BARE, /* a number, a date, a boolean */
    BW_TOML_ARRAY,
    BW_TOML_TABLE,
};

/* Parses a text, which must outlive the document: strings are slices of it where they can be.
 * BW_EFORMAT with the line in the message, BW_ELIMIT at one of the limits above, BW_ENOMEM. */
int bw_toml_parse(struct bw_toml_doc **ret_doc, struct bw_str text, struct bw_err *err) BW_MUST_USE;
void bw_toml_free(struct bw_toml_doc *doc);   /* takes NULL */
void bw_toml_freep(struct bw_toml_doc **doc); /* for BW_CLEANUP */

/* The table that the text as a whole is; never NULL. */
const struct bw_toml *bw_toml_root(const struct bw_toml_doc *doc);

enum bw_toml_type bw_toml_type(const struct bw_toml *value);

/* A string's content; p is NULL for anything else, and never for a string. */
struct bw_str bw_toml_string(const struct bw_toml *value);

/* As bw_toml_string, and a bare value as it is written. */
struct bw_str bw_toml_text(const struct bw_toml *value);

/* The member of a table. Linear. NULL where there is none. */
const struct bw_toml *bw_toml_get(const struct bw_toml *table, const char *key);

/* Elements of an array or members of a table, else 0. */
size_t bw_toml_size(const struct bw_toml *value);

/* The line a value begins on (of a table, its first header or key), from 1; 0 for NULL. */
uint32_t bw_toml_line(const struct bw_toml *value);

/* The key of a member of a table; p is NULL for an element of an array. */
struct bw_str bw_toml_key(const struct bw_toml *value);

/*
 * Elements of an array or members of a table, in the order of their first mention; NULL at the end.
 *     for (const struct bw_toml *it = bw_toml_first(list); it; it = bw_toml_next(it))
 */
const struct bw_toml *bw_toml_first(const struct bw_toml *value);
const struct bw_toml *bw_toml_next(const struct bw_toml *value);

#endif
