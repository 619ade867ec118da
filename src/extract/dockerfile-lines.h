/*
 * dockerfile-lines.h: a Dockerfile as logical lines, as BuildKit reads them
 * (frontend/dockerfile/parser): parser directives, comments, continuation lines, and the bodies of
 * here-documents. What stands in a line is dockerfile-syntax.h's.
 */
#ifndef BW_EXTRACT_DOCKERFILE_LINES_H
#define BW_EXTRACT_DOCKERFILE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "extract/text-map.h"

enum bw_dockerfile_directive {
    BW_DOCKERFILE_SYNTAX,
    BW_DOCKERFILE_ESCAPE,
    BW_DOCKERFILE_CHECK,
};
#define BW_DOCKERFILE_DIRECTIVES 3

/* Who listens; either may be NULL. Slices are of the text. */
struct bw_dockerfile_listener {
    void *ctx;
    void (*directive)(void *ctx, enum bw_dockerfile_directive name, struct bw_str value,
                      uint32_t line);
    /* A comment without its '#'; a directive is none. `within` an instruction that goes on behind
     * it.
     */
    void (*comment)(void *ctx, struct bw_str text, uint32_t line, bool within);
};

struct bw_dockerfile_lines {
    struct bw_str text; /* without a byte order mark */
    const struct bw_dockerfile_listener *listener;
    size_t at;
    uint32_t line; /* lines read so far */
    char escape;   /* '\\' or '`' */
    bool directives_done;
    unsigned directives_seen;
    struct bw_buf joined;
    struct bw_text_spans spans;
};

/* A logical line; text and spans until the next call. */
struct bw_dockerfile_line {
    struct bw_str text; /* continuation lines joined, comments taken out */
    const struct bw_text_spans *spans;
    uint32_t first, last;    /* from 1 */
    bool empty_continuation; /* an empty line stands between its parts */
};

/* The text and the listener are borrowed. */
void bw_dockerfile_lines_open(struct bw_dockerfile_lines *lines, struct bw_str text,
                              const struct bw_dockerfile_listener *listener);
void bw_dockerfile_lines_close(struct bw_dockerfile_lines *lines);

/* 1 and a line, or 0 at the end. BW_EFORMAT for a directive that stands twice or an escape
 * character that is none, BW_ELIMIT, BW_ENOMEM; the message begins with the line. */
int bw_dockerfile_lines_next(struct bw_dockerfile_lines *lines, struct bw_dockerfile_line *ret_line,
                             struct bw_err *err) BW_MUST_USE;

/* The lines up to the one that is `name`, which is passed; with `chomp` tabs before it do not
 * count. false where there is none: everything is passed then. */
bool bw_dockerfile_lines_heredoc(struct bw_dockerfile_lines *lines, struct bw_str name, bool chomp,
                                 struct bw_str *ret_body);

#endif
