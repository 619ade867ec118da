/*
 * dockerfile-pattern.h: the patterns of ${x#p}, ${x%p} and ${x/p/w}: '*' is any text, '?' any
 * character, '\' takes the meaning off '*', '?', '\', '}' and '/'.
 */
#ifndef BW_EXTRACT_DOCKERFILE_PATTERN_H
#define BW_EXTRACT_DOCKERFILE_PATTERN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* What is left of a value without the shortest (or longest) beginning (or end) that the pattern
 * fits. BW_EFORMAT for an escape that is none, BW_ELIMIT for a pattern of more than
 * BW_EXPAND_PATTERN_MAX characters or a value of more than BW_EXPAND_VALUE_MAX bytes. */
int bw_pattern_trim(struct bw_str pattern, struct bw_str value, bool end, bool longest,
                    struct bw_str *ret_rest, struct bw_err *err) BW_MUST_USE;

/* Appends the value with the first place (or all places) that the pattern fits replaced. */
int bw_pattern_replace(struct bw_str pattern, struct bw_str value, struct bw_str replacement,
                       bool all, struct bw_buf *out, struct bw_err *err) BW_MUST_USE;

#endif
