/*
 * dockerfile-expand.h: variables and quotes in the words of a Dockerfile, as BuildKit expands them
 * (frontend/dockerfile/shell): $x ${x} ${x:-w} ${x-w} ${x:+w} ${x+w} ${x:?w} ${x?w} ${x#p} ${x##p}
 * ${x%p} ${x%%p} ${x/p/w} ${x//p/w}, '...', "...", and the escape character.
 *
 * A variable may have a value that nobody knows (a build argument without a default, what the base
 * image sets). Its place in the result is a BW_EXPAND_UNKNOWN byte, which is in no text otherwise.
 */
#ifndef BW_EXTRACT_DOCKERFILE_EXPAND_H
#define BW_EXTRACT_DOCKERFILE_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/vec.h"

#define BW_EXPAND_UNKNOWN '\0'

/* Longest result, deepest ${a:-${b:-...}}, longest pattern in characters, and longest value that a
 * pattern is put to. */
#define BW_EXPAND_RESULT_MAX  ((size_t)256 << 10)
#define BW_EXPAND_DEPTH_MAX   32u
#define BW_EXPAND_PATTERN_MAX 256u
#define BW_EXPAND_VALUE_MAX   ((size_t)4096)

enum bw_expand_answer {
    BW_EXPAND_UNSET,
    BW_EXPAND_SET,
    BW_EXPAND_NOT_KNOWN
};

struct bw_expand {
    char escape;
    bool raw_quotes;  /* quotes stay in the result */
    bool raw_escapes; /* escape characters stay */
    bool keep_unset;  /* a variable that is not set stays as it is written */
    void *ctx;
    enum bw_expand_answer (*get)(void *ctx, struct bw_str name, struct bw_str *ret_value);
};

/* Appends the expanded word to `out`, which has nothing in it. BW_EFORMAT for what the syntax does
 * not allow and for ${x:?} of what is not set, BW_ELIMIT. The content of `out` is then undefined.
 */
int bw_expand_word(const struct bw_expand *expand, struct bw_str word, struct bw_buf *out,
                   struct bw_err *err) BW_MUST_USE;

struct bw_expand_part {
    size_t start, end;
};
BW_VEC_TYPE(bw_expand_parts, struct bw_expand_part);

/* As bw_expand_word, split at blanks that no quotes protect, also those of values: the words are
 * the parts of `out`. */
int bw_expand_words(const struct bw_expand *expand, struct bw_str word, struct bw_buf *out,
                    struct bw_expand_parts *parts, struct bw_err *err) BW_MUST_USE;

#endif
