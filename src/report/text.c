#include "report/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>

#include "report/character.h"

#define PRINTF_MAX 256

/* Columns kept free at the end of a wrapped line: ")," must not stand alone on the next one. */
#define SLACK 2u

/* Bytes of one wrapped text that are shown. */
#define FLOW_MAX ((size_t)4096)

static const char *const sgr[] = {
    [BW_STYLE_PLAIN] = NULL,      [BW_STYLE_STRONG] = "1",     [BW_STYLE_FAINT] = "2",
    [BW_STYLE_GOOD] = "1;32",     [BW_STYLE_WARN] = "33",      [BW_STYLE_BAD] = "1;31",
    [BW_STYLE_ALARM] = "1;37;41", [BW_STYLE_NEGLIGIBLE] = "2", [BW_STYLE_LOW] = "36",
    [BW_STYLE_MEDIUM] = "33",     [BW_STYLE_HIGH] = "31",      [BW_STYLE_CRITICAL] = "1;31",
    [BW_STYLE_UNKNOWN] = "35",
};

struct bw_text bw_text_begin(const struct bw_output_options *options,
                             const struct bw_output_sink *sink, struct bw_err *err)
{
    struct bw_text text = {.stream = bw_gatherer(sink, err), .options = options};
    text.width = options->width ? options->width : BW_OUTPUT_WIDTH;
    if (text.width < BW_OUTPUT_WIDTH_MIN)
        text.width = BW_OUTPUT_WIDTH_MIN;
    if (text.width > BW_OUTPUT_WIDTH_MAX)
        text.width = BW_OUTPUT_WIDTH_MAX;
    text.locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (text.locale)
        text.before = uselocale(text.locale);
    return text;
}

int bw_text_end(struct bw_text *text)
{
    if (text->locale) {
        uselocale(text->before);
        freelocale(text->locale);
        text->locale = (locale_t)0;
    }
    return bw_gatherer_finish(&text->stream);
}

enum bw_style bw_style_of_severity(enum bw_severity severity)
{
    static const enum bw_style styles[BW_SEVERITY_COUNT] = {
        [BW_SEVERITY_UNKNOWN] = BW_STYLE_UNKNOWN, [BW_SEVERITY_NEGLIGIBLE] = BW_STYLE_NEGLIGIBLE,
        [BW_SEVERITY_LOW] = BW_STYLE_LOW,         [BW_SEVERITY_MEDIUM] = BW_STYLE_MEDIUM,
        [BW_SEVERITY_HIGH] = BW_STYLE_HIGH,       [BW_SEVERITY_CRITICAL] = BW_STYLE_CRITICAL,
    };
    return (unsigned)severity < BW_SEVERITY_COUNT ? styles[severity] : BW_STYLE_UNKNOWN;
}

/* A character as it will be shown. */
struct glyph {
    struct bw_str bytes;
    unsigned columns;
};

/* Cuts the first character off a text that is not empty. */
static struct glyph take_glyph(const struct bw_text *text, struct bw_str *s)
{
    struct bw_character character = bw_character_take(s);
    if (character.valid && character.code_point >= 0x20 && character.code_point < 0x7f)
        return (struct glyph){character.bytes, 1};
    if (character.bytes.n > 1 && text->options->unicode) {
        int columns = wcwidth((wchar_t)character.code_point);
        if (columns > 0)
            return (struct glyph){character.bytes, (unsigned)columns};
    }
    return (struct glyph){bw_text_either(text, "\xef\xbf\xbd", "?"), 1};
}

struct bw_str bw_text_either(const struct bw_text *text, const char *unicode, const char *ascii)
{
    return bw_str(text->options->unicode ? unicode : ascii);
}

unsigned bw_text_measure(const struct bw_text *text, struct bw_str s)
{
    unsigned columns = 0;
    while (s.n && columns < UINT16_MAX)
        columns += take_glyph(text, &s).columns;
    return columns;
}

static void write_held(struct bw_text *text)
{
    for (; text->held; text->held--)
        bw_buf_byte(&text->stream.buf, ' ');
}

/* Words of one style that follow each other share a sequence, with the blanks between them. */
static void set_style(struct bw_text *text, enum bw_style style)
{
    if (!text->options->colour || style == text->style)
        return;
    if (sgr[text->style])
        bw_buf_str(&text->stream.buf, BW_STR("\x1b[0m"));
    write_held(text);
    if (sgr[style])
        bw_buf_printf(&text->stream.buf, "\x1b[%sm", sgr[style]);
    text->style = style;
}

/* Puts characters until `columns` are used up. Returns what is left. */
static struct bw_str put_columns(struct bw_text *text, struct bw_str s, unsigned columns)
{
    while (s.n) {
        struct bw_str rest = s;
        struct glyph glyph = take_glyph(text, &rest);
        if (glyph.columns > columns)
            break;
        if (glyph.bytes.n == 1 && glyph.bytes.p[0] == ' ') {
            text->held++;
        } else {
            write_held(text);
            bw_buf_str(&text->stream.buf, glyph.bytes);
        }
        text->column += glyph.columns;
        columns -= glyph.columns;
        s = rest;
    }
    return s;
}

void bw_text_put(struct bw_text *text, enum bw_style style, struct bw_str s)
{
    if (!s.n)
        return;
    set_style(text, style);
    put_columns(text, s, UINT16_MAX);
}

void bw_text_put_cut(struct bw_text *text, enum bw_style style, struct bw_str s, unsigned columns)
{
    struct bw_str mark = bw_text_either(text, "\xe2\x80\xa6", "...");
    unsigned mark_columns = bw_text_measure(text, mark);
    if (!s.n || columns <= mark_columns)
        return;
    set_style(text, style);
    if (bw_text_measure(text, s) <= columns) {
        put_columns(text, s, columns);
    } else {
        put_columns(text, s, columns - mark_columns);
        put_columns(text, mark, mark_columns);
    }
}

void bw_text_printf(struct bw_text *text, enum bw_style style, const char *fmt, ...)
{
    char line[PRINTF_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    bw_text_put(text, style, bw_str(line));
}

void bw_text_blanks(struct bw_text *text, unsigned n)
{
    text->held += n;
    text->column += n;
}

void bw_text_tab(struct bw_text *text, unsigned column)
{
    if (text->column >= column)
        return;
    set_style(text, BW_STYLE_PLAIN);
    bw_text_blanks(text, column - text->column);
}

void bw_text_newline(struct bw_text *text)
{
    text->held = text->column = 0;
    set_style(text, BW_STYLE_PLAIN);
    bw_buf_byte(&text->stream.buf, '\n');
    bw_gatherer_drain(&text->stream);
}

void bw_text_need(struct bw_text *text, unsigned columns, unsigned indent)
{
    if (text->column <= indent || text->column + columns + SLACK <= text->width)
        return;
    bw_text_newline(text);
    bw_text_tab(text, indent);
}

/* A word longer than a line is broken where the line ends. */
static void flow_word(struct bw_text *text, enum bw_style style, struct bw_str word,
                      unsigned indent)
{
    bw_text_need(text, bw_text_measure(text, word), indent);
    while (word.n) {
        if (text->column + SLACK >= text->width) {
            bw_text_newline(text);
            bw_text_tab(text, indent);
        }
        size_t before = word.n;
        set_style(text, style);
        word = put_columns(text, word, text->width - SLACK - text->column);
        /* A wide character that does not fit the last column. */
        if (word.n == before) {
            bw_text_newline(text);
            bw_text_tab(text, indent);
        }
    }
}

void bw_text_flow(struct bw_text *text, enum bw_style style, struct bw_str s, unsigned indent)
{
    struct bw_str rest = bw_str_take(s, FLOW_MAX), word;
    bool first = true;
    if (s.n && s.p[0] == ' ')
        bw_text_blanks(text, 1);
    while (bw_str_split(&rest, ' ', &word)) {
        if (!word.n)
            continue;
        if (!first)
            bw_text_blanks(text, 1);
        flow_word(text, style, word, indent);
        first = false;
    }
    if (s.n > 1 && s.p[s.n - 1] == ' ')
        bw_text_blanks(text, 1);
    if (s.n > FLOW_MAX) {
        char cut[64];
        snprintf(cut, sizeof cut, " ... and %zu bytes more (--format json)", s.n - FLOW_MAX);
        bw_text_flow(text, style, bw_str(cut), indent);
    }
}

void bw_text_flowf(struct bw_text *text, enum bw_style style, unsigned indent, const char *fmt, ...)
{
    char line[PRINTF_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    bw_text_flow(text, style, bw_str(line), indent);
}

void bw_text_rule(struct bw_text *text, enum bw_style style, struct bw_str title)
{
    struct bw_str dash = bw_text_either(text, "\xe2\x94\x80", "-");
    set_style(text, style);
    for (int i = 0; i < 2; i++)
        put_columns(text, dash, 1);
    bw_text_blanks(text, 1);
    bw_text_put_cut(text, style, title, text->width - 8);
    bw_text_blanks(text, 1);
    set_style(text, style);
    while (text->column < text->width)
        put_columns(text, dash, 1);
    bw_text_newline(text);
}
