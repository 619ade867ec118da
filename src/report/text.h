/*
 * text.h: lines for a terminal: neutralised, measured, wrapped.
 *
 * Every text that comes from outside goes through bw_text_put() and its kind: bytes that are not
 * UTF-8, control characters, characters without a width (which could reorder, hide or overlay what
 * a person reads) become a replacement mark. Columns are counted as terminals do, by wcwidth(3).
 * Blanks are held back until something follows them, so that no line ends in one.
 */
#ifndef BW_REPORT_TEXT_H
#define BW_REPORT_TEXT_H

#include <locale.h>

#include "model/severity.h"
#include "report/gatherer.h"

enum bw_style {
    BW_STYLE_PLAIN,
    BW_STYLE_STRONG,
    BW_STYLE_FAINT,
    BW_STYLE_GOOD,
    BW_STYLE_WARN,
    BW_STYLE_BAD,
    BW_STYLE_ALARM, /* cannot be overlooked */
    BW_STYLE_NEGLIGIBLE,
    BW_STYLE_LOW,
    BW_STYLE_MEDIUM,
    BW_STYLE_HIGH,
    BW_STYLE_CRITICAL,
    BW_STYLE_UNKNOWN,
};

struct bw_text {
    struct bw_gatherer stream;
    const struct bw_output_options *options;
    unsigned width;      /* of the page */
    unsigned column;     /* where the next character goes, held blanks counted */
    unsigned held;       /* blanks not yet written */
    enum bw_style style; /* that the terminal is in */
    locale_t locale;     /* UTF-8, for wcwidth; 0 where the system has none */
    locale_t before;     /* what the thread had */
};

/* From begin to end the thread's locale is the text's. */
struct bw_text bw_text_begin(const struct bw_output_options *options,
                             const struct bw_output_sink *sink, struct bw_err *err);
int bw_text_end(struct bw_text *text) BW_MUST_USE;

enum bw_style bw_style_of_severity(enum bw_severity severity);

/* Columns a text takes once neutralised. */
unsigned bw_text_measure(const struct bw_text *text, struct bw_str s);

/* Appends to the line. */
void bw_text_put(struct bw_text *text, enum bw_style style, struct bw_str s);

/* As bw_text_put, at most `columns` of it; a cut one ends in an ellipsis. */
void bw_text_put_cut(struct bw_text *text, enum bw_style style, struct bw_str s, unsigned columns);

/* One of two words of ours, after the options: text in UTF-8, or in ASCII. */
struct bw_str bw_text_either(const struct bw_text *text, const char *unicode, const char *ascii);

/* A short text of ours with numbers; at most 255 bytes. */
void bw_text_printf(struct bw_text *text, enum bw_style style, const char *fmt, ...)
    BW_PRINTF(3, 4);

/* Blanks up to a column, from 0; none where it is passed. */
void bw_text_tab(struct bw_text *text, unsigned column);
void bw_text_blanks(struct bw_text *text, unsigned n);

/* Goes to a new line at `indent` if fewer than `columns` are left on this one. As in
 * bw_text_flow(), two columns are kept free for the punctuation that may follow. */
void bw_text_need(struct bw_text *text, unsigned columns, unsigned indent);

/* Words, broken at blanks where the line is full and hard where a word is longer than a line;
 * following lines start at `indent`. A blank at the front or the end stays, several in
 * a row become one. */
void bw_text_flow(struct bw_text *text, enum bw_style style, struct bw_str s, unsigned indent);

/* As bw_text_flow, of a short text of ours; at most 255 bytes. */
void bw_text_flowf(struct bw_text *text, enum bw_style style, unsigned indent, const char *fmt, ...)
    BW_PRINTF(4, 5);

void bw_text_newline(struct bw_text *text);

/* A line across the page with a title in it. */
void bw_text_rule(struct bw_text *text, enum bw_style style, struct bw_str title);

#endif
