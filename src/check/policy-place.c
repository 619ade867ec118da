/*
 * From a byte of a scalar's text back to its place in the file.
 *
 * The text is what YAML made of the source: indentation gone, lines folded, escapes replaced. Both
 * are walked side by side. What stands in the source and not in the text is white space (and the
 * escapes of quoted scalars), so that the walk never has to guess.
 */
#include "check/policy-load.h"

struct walk {
    struct bw_str source;
    size_t at;
    uint32_t line, column;
    char style;      /* '|', '>', '"', '\'' or 0 */
    uint32_t indent; /* of a block scalar */
};

static bool at_end(const struct walk *w)
{
    return w->at >= w->source.n;
}

static bool at_break(const struct walk *w)
{
    return !at_end(w) && (w->source.p[w->at] == '\n' || w->source.p[w->at] == '\r');
}

static bool at_blank(const struct walk *w)
{
    return !at_end(w) && (w->source.p[w->at] == ' ' || w->source.p[w->at] == '\t');
}

static void step(struct walk *w, size_t n)
{
    for (; n && !at_end(w); n--, w->at++)
        w->column += ((uint8_t)w->source.p[w->at] & 0xc0) != 0x80;
}

static void skip_indent(struct walk *w)
{
    if (w->style == '|' || w->style == '>')
        for (uint32_t i = 0; i < w->indent && !at_end(w) && w->source.p[w->at] == ' '; i++)
            step(w, 1);
    else
        while (at_blank(w))
            step(w, 1);
}

static void next_line(struct walk *w)
{
    w->at += !at_end(w) && w->source.p[w->at] == '\r';
    w->at += !at_end(w) && w->source.p[w->at] == '\n';
    w->line++;
    w->column = 1;
    skip_indent(w);
}

/* Blanks that the text's first line that is not empty begins with: they are no indentation. */
static uint32_t leading_blanks(struct bw_str text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.n && (text.p[i] == ' ' || text.p[i] == '\n'); i++)
        n = text.p[i] == ' ' ? n + 1 : 0;
    return n;
}

/* Indentation is what the first line that is not empty has more than its text. */
static void enter_block(struct walk *w, struct bw_str text)
{
    uint32_t blanks = leading_blanks(text);
    while (!at_end(w) && !at_break(w))
        step(w, 1);
    struct walk look = *w;
    do {
        next_line(&look);
        while (!at_end(&look) && look.source.p[look.at] == ' ')
            step(&look, 1);
    } while (at_break(&look));
    w->indent = look.column - 1 > blanks ? look.column - 1 - blanks : 0;
    next_line(w);
}

/* Bytes of an escape's source; 0 where it stands for nothing (a line's continuation). */
static size_t escape_length(const struct walk *w)
{
    char c = w->at + 1 < w->source.n ? w->source.p[w->at + 1] : '\0';
    switch (c) {
    case 'x':
        return 4;
    case 'u':
        return 6;
    case 'U':
        return 10;
    case '\n':
    case '\r':
        return 0;
    default:
        return 2;
    }
}

static bool skip_continuation(struct walk *w)
{
    if (w->style != '"' || at_end(w) || w->source.p[w->at] != '\\' || escape_length(w))
        return false;
    step(w, 1);
    next_line(w);
    return true;
}

/* Comes to where character c stands. */
static void seek(struct walk *w, char c)
{
    bool is_space = c == ' ' || c == '\n';
    while (!at_end(w)) {
        if (skip_continuation(w))
            continue;
        if (w->source.p[w->at] == c || (at_break(w) && is_space))
            return;
        if (at_break(w))
            next_line(w);
        else if (at_blank(w))
            step(w, 1);
        else
            return;
    }
}

/* Steps over one character of the text; its first byte is c. */
static void pass(struct walk *w, char c, size_t bytes)
{
    seek(w, c);
    if (at_break(w))
        next_line(w);
    else if (w->style == '"' && !at_end(w) && w->source.p[w->at] == '\\')
        step(w, escape_length(w));
    else
        step(w, w->style == '\'' && c == '\'' ? 2 : bytes);
}

static size_t character_length(struct bw_str text, size_t at)
{
    size_t n = 1;
    while (at + n < text.n && ((uint8_t)text.p[at + n] & 0xc0) == 0x80)
        n++;
    return n;
}

static void begin(struct walk *w, struct bw_str text)
{
    char c = at_end(w) ? '\0' : w->source.p[w->at];
    if (c == '|' || c == '>') {
        w->style = c;
        enter_block(w, text);
    } else if (c == '"' || c == '\'') {
        w->style = c;
        step(w, 1);
    }
}

void bw_policy_place_of(const struct bw_policy_source *source, const struct bw_yaml *scalar,
                        size_t offset, uint32_t *ret_line, uint32_t *ret_column)
{
    struct bw_str text = bw_yaml_text(scalar);
    struct walk w = {.source = source->text, .line = bw_yaml_line(scalar), .column = 1};
    if (!w.line || w.line > source->lines_n) {
        *ret_line = *ret_column = 0;
        return;
    }
    w.at = source->lines[w.line - 1];
    while (w.column < bw_yaml_column(scalar) && !at_end(&w))
        step(&w, 1);
    while (!at_end(&w) && ((uint8_t)w.source.p[w.at] & 0xc0) == 0x80)
        w.at++;
    begin(&w, text);
    for (size_t i = 0; i < offset && i < text.n;) {
        size_t n = character_length(text, i);
        pass(&w, text.p[i], n);
        i += n;
    }
    if (offset < text.n)
        seek(&w, text.p[offset]);
    *ret_line = w.line;
    *ret_column = w.column;
}
