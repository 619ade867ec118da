/*
 * text-map.h: which line and column a byte of a text is at, also when what is read is a rewritten
 * copy: continuation lines joined, quotes removed.
 */
#ifndef BW_EXTRACT_TEXT_MAP_H
#define BW_EXTRACT_TEXT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

struct bw_text_mark {
    uint32_t line, column;
};

/* Of a text of less than 4 GiB. The look-up takes constant time, wherever lines end. */
struct bw_text_map {
    struct bw_str text;
    struct bw_text_mark *marks; /* of every BW_TEXT_MARK_STEP-th byte */
};

#define BW_TEXT_MARK_STEP 256u

/* The text is borrowed. false where the arena is full. */
bool bw_text_map_make(struct bw_text_map *map, struct bw_str text,
                      struct bw_arena *arena) BW_MUST_USE;

/* Line and column from 1; columns count characters. Offsets behind the end are the end's. */
struct bw_text_mark bw_text_map_find(const struct bw_text_map *map, size_t at);

/* A copy as runs of its source, in ascending order: byte `at` of the copy was byte `source`. */
struct bw_text_span {
    uint32_t at, source;
};
BW_VEC_TYPE(bw_text_spans, struct bw_text_span);

#define BW_TEXT_SPANS_MAX ((size_t)4 << 20)

/* Byte `at`, which is behind all that are there, came from `source`; nothing is added where that
 * follows from the span before. false at the maximum. */
bool bw_text_span_add(struct bw_text_spans *spans, size_t at, size_t source) BW_MUST_USE;

/* The source of a byte of the copy; without spans it is the byte itself. */
size_t bw_text_source(const struct bw_text_spans *spans, size_t at);

/* As much of a text as a message has room for: at most 60 bytes and no half of a character. */
struct bw_str bw_text_brief(struct bw_str text);

#endif
