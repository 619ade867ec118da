/*
 * escape.h: texts from outside, made harmless for the form they are written in.
 *
 * Every function appends to the buffer. In all of them but bw_escape_uri() bytes that are not UTF-8
 * and characters that a reader would not see as they are meant (character.h) become U+FFFD, so that
 * what is written is valid UTF-8 and valid XML 1.0 text; tabs and line ends become a blank: an
 * element of a report is one line.
 */
#ifndef BW_REPORT_ESCAPE_H
#define BW_REPORT_ESCAPE_H

#include "base/buf.h"

/* Nothing more than that. */
void bw_escape_line(struct bw_buf *buf, struct bw_str s);

/* HTML and XML, as text and within quotes: & < > " ' as references. */
void bw_escape_markup(struct bw_buf *buf, struct bw_str s);

/* GitHub Flavored Markdown 0.29, within a line: what could start markup, a link, a mention or
 * a reference to an issue is taken literally. */
void bw_escape_markdown(struct bw_buf *buf, struct bw_str s);

/* The same as a code span; a text with backquotes in it is fenced by more of them. A '|' is
 * escaped, as a cell of a table needs it. Nothing for an empty text. */
void bw_escape_markdown_code(struct bw_buf *buf, struct bw_str s);

/* A field of RFC 4180, in quotes where it needs them. One that a spreadsheet would take for
 * a formula (= + - @, and what it skips before them) gets a leading apostrophe. */
void bw_escape_csv(struct bw_buf *buf, struct bw_str s);

/* The message of a workflow command of GitHub Actions, and the value of one of its properties
 * (which : and , would end). */
void bw_escape_workflow_message(struct bw_buf *buf, struct bw_str s);
void bw_escape_workflow_property(struct bw_buf *buf, struct bw_str s);

/* A path as a relative reference (RFC 3986, section 4.2): every byte that is not unreserved or '/'
 * is percent-encoded, so that no part of it is taken for a scheme, a query or a fragment. */
void bw_escape_uri(struct bw_buf *buf, struct bw_str path);

#endif
