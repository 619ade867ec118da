/*
 * yaml.h: reading YAML into trees of values, by libyaml.
 *
 * It is the reader that Kubernetes' and Docker Compose's was translated from, so that a text means
 * the same here as there: YAML 1.1, with what 1.2 changed in the syntax of strings.
 *
 * A text is a stream of documents. Scalars stay text: whether a plain `yes` is true is the
 * dialect's business, which the caller knows, so bw_yaml_is_plain() tells plain ones from quoted
 * ones. Tags are kept, comments are not. Merge keys ("<<") are keys as any other.
 *
 * Texts may be hostile. The reader bounds the bytes, the depth and the values, and recurses over
 * none of them. An alias is a pointer to the value of its anchor, never a copy, and no accessor
 * shows it: a value that lies behind ten aliases is one value. There are no cycles, since an alias
 * within the value of its own anchor is refused. But a walk over all paths of a document whose
 * aliases double at each level never ends: who walks values bounds how many it visits, or follows
 * no alias (bw_yaml_iter: `alias`).
 *
 * A value is a `const struct bw_yaml *` that lives as long as its stream. Every accessor takes NULL
 * ("not there") and a value of another type, so that paths chain without checks:
 *     bw_yaml_text(bw_yaml_get(bw_yaml_get(root, "metadata"), "name"))
 */
#ifndef BW_WRAP_YAML_H
#define BW_WRAP_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Longest text, deepest nesting (a document's root is 1), most values of a stream (keys are values
 * too). */
#define BW_YAML_TEXT_MAX   ((size_t)64 << 20)
#define BW_YAML_DEPTH_MAX  64u
#define BW_YAML_VALUES_MAX 1048576u

struct bw_yaml;        /* a value */
struct bw_yaml_stream; /* a parsed text, owner of its values */

enum bw_yaml_type {
    BW_YAML_ABSENT, /* of NULL */
    BW_YAML_SCALAR,
    BW_YAML_SEQUENCE,
    BW_YAML_MAPPING,
};

/* Parses a text in UTF-8. It may go away afterwards. BW_EFORMAT with the line in the message,
 * BW_ELIMIT at one of the limits above, BW_ENOMEM. */
int bw_yaml_parse(struct bw_yaml_stream **ret_stream, struct bw_str text,
                  struct bw_err *err) BW_MUST_USE;

/* As bw_yaml_parse, of a part of a text: its lines are counted from first_line on. */
int bw_yaml_parse_part(struct bw_yaml_stream **ret_stream, struct bw_str text, uint32_t first_line,
                       struct bw_err *err) BW_MUST_USE;

void bw_yaml_free(struct bw_yaml_stream *stream);   /* takes NULL */
void bw_yaml_freep(struct bw_yaml_stream **stream); /* for BW_CLEANUP */

/* The root of the first document, or NULL where the text has none; then of the one after it. */
const struct bw_yaml *bw_yaml_first(const struct bw_yaml_stream *stream);
const struct bw_yaml *bw_yaml_next_document(const struct bw_yaml *root);

enum bw_yaml_type bw_yaml_type(const struct bw_yaml *value);

/* The text of a scalar, which may hold NUL, as its style has it (escapes replaced, lines folded);
 * p is NULL for anything else, and never for a scalar. */
struct bw_str bw_yaml_text(const struct bw_yaml *value);

/* A scalar without quotes that is no block ("|", ">") and has no tag of its own: the kind that a
 * dialect may read as null, true or a number. */
bool bw_yaml_is_plain(const struct bw_yaml *value);

/* A tag as it resolves ("tag:yaml.org,2002:binary", "!Ref"); p is NULL where there is none. */
struct bw_str bw_yaml_tag(const struct bw_yaml *value);

/* Where a value begins, from 1; that of an alias is where the value of its anchor begins. 0 for
 * NULL. Columns count characters. */
uint32_t bw_yaml_line(const struct bw_yaml *value);
uint32_t bw_yaml_column(const struct bw_yaml *value);

/* The member of a mapping whose key is that scalar; of several the last one. Linear. NULL where
 * there is none. */
const struct bw_yaml *bw_yaml_get(const struct bw_yaml *mapping, const char *key);

/* Elements of a sequence, members of a mapping (duplicates count), else 0. */
size_t bw_yaml_size(const struct bw_yaml *value);

/*
 * Elements of a sequence or members of a mapping in the order of the text; nothing for a scalar.
 *     struct bw_yaml_iter it = bw_yaml_iter(mapping);
 *     for (const struct bw_yaml *value; (value = bw_yaml_next(&it));)
 *         ... bw_yaml_text(it.key) ...
 */
struct bw_yaml_iter {
    const struct bw_yaml *key; /* of the member last returned; NULL in a sequence */
    const struct bw_yaml *at;
    bool alias; /* the value last returned stands here by an alias */
};
struct bw_yaml_iter bw_yaml_iter(const struct bw_yaml *value);
const struct bw_yaml *bw_yaml_next(struct bw_yaml_iter *it);

#endif
