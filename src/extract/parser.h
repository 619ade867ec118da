/*
 * parser.h: what turns the bytes of a file into facts.
 *
 * A parser is one .c file that exports one `const struct bw_parser` named bw_parser_NAME and one
 * word in meson.build; the table is generated from that list. Parsers run in the sandboxed worker:
 * they see bytes, not paths they could open.
 */
#ifndef BW_EXTRACT_PARSER_H
#define BW_EXTRACT_PARSER_H

#include <stdbool.h>
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
    /* A file within the file at hand: a member of an archive, by its path there. It is examined as
     * any other file is (parsers by path and by content, secrets), and its facts carry the place
     * of the outermost file with `inner` set. The depth and the bytes of all members of one file
     * are bounded by the composer, which makes gaps of what goes over. NULL: members are not looked
     * at. */
    int (*member)(void *ctx, struct bw_str path, const uint8_t *p, size_t n, struct bw_err *err);
};

struct bw_parser {
    const char *name;         /* "dpkg-status" */
    const char *what;         /* what is lost when it fails, for gaps: "packages (dpkg)" */
    const char *const *paths; /* patterns it wants, NULL at the end; '*' stands for any bytes but
                                 '/' within a component; a leading "**" and '/' for any directories,
                                 none included. No leading '/'. */
    /* Also wants a file that no pattern claims, by its first bytes (at most
     * BW_PARSER_SNIFF; fewer only where the file is shorter). NULL: by path alone. */
    bool (*sniff)(const uint8_t *p, size_t n);
    size_t max; /* bytes of the largest file it takes */
    bool lock;  /* what it reads says what is to be installed, not what is: a lock file, a manifest.
                   Wanted in source trees; in an image only when asked for */
    /* BW_EFORMAT when the bytes as a whole are unusable; a bad record among good ones is a gap
     * (blocking) and the rest goes on. */
    int (*parse)(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err);
};

#define BW_PARSER_SNIFF 512u

/* All parsers, NULL at the end: generated from the list in meson.build. */
extern const struct bw_parser *const bw_parsers[];

/* The first parser that wants a path, or NULL; those of lock files only with `locks`. */
const struct bw_parser *bw_parser_for(struct bw_str path, bool locks);

/* The first parser that wants a content by its first bytes, or NULL. */
const struct bw_parser *bw_parser_sniff(const uint8_t *p, size_t n);

/* Whether a path fits a pattern as in struct bw_parser. */
bool bw_parser_matches(const char *pattern, struct bw_str path);

/* By name, or NULL. */
const struct bw_parser *bw_parser_named(struct bw_str name);

#endif
