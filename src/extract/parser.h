/*
 * parser.h: what turns the bytes of a file into facts.
 *
 * A parser is one .c file that exports one `const struct bw_parser` named bw_parser_NAME and one
 * word in meson.build; the table is generated from that list. Parsers run in the sandboxed worker:
 * they see bytes, not paths they could open.
 */
#ifndef BW_EXTRACT_PARSER_H
#define BW_EXTRACT_PARSER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/fact.h"
#include "model/gap.h"

/* Where a parser's facts and gaps go. Slices may be short-lived: the sink copies. */
struct bw_extract_sink {
    void *ctx;
    /* place.path is the path the parser was called with unless it sets another; place.layer is the
     * sink's business. Non-zero stops the parser, which returns it. */
    int (*fact)(void *ctx, const struct bw_fact *fact, struct bw_err *err);
    void (*gap)(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                struct bw_str why);
};

struct bw_parser {
    const char *name;         /* "dpkg-status" */
    const char *what;         /* what is lost when it fails, for gaps: "packages (dpkg)" */
    const char *const *paths; /* patterns it wants, NULL at the end; '*' stands for any bytes but
                                 '/' within a component. No leading '/'. */
    size_t max;               /* bytes of the largest file it takes */
    /* BW_EFORMAT when the bytes as a whole are unusable; a bad record among good ones is a gap
     * (blocking) and the rest goes on. */
    int (*parse)(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err);
};

/* All parsers, NULL at the end: generated from the list in meson.build. */
extern const struct bw_parser *const bw_parsers[];

/* The first parser that wants a path, or NULL. */
const struct bw_parser *bw_parser_for(struct bw_str path);

/* Whether a path fits a pattern as in struct bw_parser. */
bool bw_parser_matches(const char *pattern, struct bw_str path);

/* By name, or NULL. */
const struct bw_parser *bw_parser_named(struct bw_str name);

#endif
