/* Words: quotes, expansions, and what is substituted in them. */
#include "extract/shell-state.h"

static void put(struct bw_shell_parser *parser, size_t at, size_t n)
{
    struct bw_shell *shell = parser->shell;
    if (parser->record && n &&
        !bw_text_span_add(parser->record, shell->scratch.n - parser->record_base,
                          bw_shell_source(parser, at)))
        shell->full = true;
    bw_buf_add(&shell->scratch, parser->text.p + at, n);
}

static void dollar(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                   struct bw_shell_part *part);
static void backquote(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                      struct bw_shell_part *part);

/* --- quotes --- */

static void single_quote(struct bw_shell_parser *parser)
{
    size_t start = ++parser->at;
    struct bw_str rest = bw_str_from(parser->text, start);
    size_t n = bw_str_find(rest, '\'');
    if (n == SIZE_MAX) {
        put(parser, start, rest.n);
        parser->at = parser->text.n;
        bw_shell_fail(parser, "a single quote has no end");
        return;
    }
    put(parser, start, n);
    parser->at = start + n + 1;
}

/* $'...': escapes stay as they are written, but those that matter for finding the end. */
static void ansi_quote(struct bw_shell_parser *parser)
{
    parser->at += 2;
    for (int c; (c = bw_shell_peek(parser, 0)) != '\'';) {
        if (c < 0) {
            bw_shell_fail(parser, "a quote has no end");
            return;
        }
        size_t n = c == '\\' && bw_shell_peek(parser, 1) >= 0 ? 2 : 1;
        put(parser, parser->at, n);
        parser->at += n;
    }
    parser->at++;
}

static void escape_in_quotes(struct bw_shell_parser *parser)
{
    int next = bw_shell_peek(parser, 1);
    if (next == '\n') {
        parser->at += 2;
    } else if (next >= 0 && strchr("$`\"\\", next)) {
        put(parser, parser->at + 1, 1);
        parser->at += 2;
    } else {
        put(parser, parser->at++, 1);
    }
}

/* Up to `end`, which is '"' or, for a here-document, the end of the text (-1). */
static void in_quotes(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                      struct bw_shell_part *part, int end)
{
    for (int c; !parser->failed && (c = bw_shell_peek(parser, 0)) != end;) {
        if (c < 0)
            bw_shell_fail(parser, "a double quote has no end");
        else if (c == '\\')
            escape_in_quotes(parser);
        else if (c == '$')
            dollar(parser, context, part);
        else if (c == '`')
            backquote(parser, context, part);
        else
            put(parser, parser->at++, 1);
    }
}

static void double_quote(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                         struct bw_shell_part *part)
{
    if (!bw_shell_enter(parser))
        return;
    parser->at++;
    in_quotes(parser, context, part, '"');
    parser->at += !parser->failed;
    parser->nested--;
}

/* --- expansions: what they hold is looked into, and stays as it is written --- */

/* What was put since `mark` becomes the text from `start` to here. */
static void as_written(struct bw_shell_parser *parser, size_t mark, size_t start)
{
    parser->shell->scratch.n = mark;
    if (parser->record)
        while (parser->record->n &&
               parser->record->v[parser->record->n - 1].at + parser->record_base >= mark)
            parser->record->n--;
    put(parser, start, parser->at - start);
}

void bw_shell_substitution(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    bool pipefail = *context->pipefail;
    const struct bw_shell_context inner = {context->depth + 1, context->conditional, true,
                                           &pipefail};
    bool quiet = parser->quiet;
    if (!bw_shell_enter(parser))
        return;
    parser->quiet = quiet || parser->substituted;
    bw_shell_list(parser, &inner);
    parser->quiet = quiet;
    if (!parser->failed && bw_shell_peek(parser, 0) != ')')
        bw_shell_fail(parser, "$( has no )");
    parser->at += !parser->failed;
    parser->nested--;
}

/* Up to '}'. */
static void braces(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                   struct bw_shell_part *part)
{
    if (!bw_shell_enter(parser))
        return;
    for (int c; !parser->failed && (c = bw_shell_peek(parser, 0)) != '}';) {
        if (c < 0)
            bw_shell_fail(parser, "${ has no }");
        else if (c == '\\')
            parser->at += bw_shell_peek(parser, 1) >= 0 ? 2 : 1;
        else if (c == '"')
            double_quote(parser, context, part);
        else if (c == '$')
            dollar(parser, context, part);
        else if (c == '`')
            backquote(parser, context, part);
        else
            parser->at++;
    }
    parser->at += !parser->failed;
    parser->nested--;
}

static bool is_name(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* $x, $1, $?; false where the '$' is one for itself. */
static bool variable(struct bw_shell_parser *parser)
{
    int c = bw_shell_peek(parser, 1);
    if (c > 0 && strchr("@*#?-$!0123456789", c)) {
        parser->at += 2;
        return true;
    }
    if (!is_name(c))
        return false;
    parser->at++;
    while (is_name(bw_shell_peek(parser, 0)))
        parser->at++;
    return true;
}

static void dollar(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                   struct bw_shell_part *part)
{
    size_t start = parser->at, mark = parser->shell->scratch.n;
    int next = bw_shell_peek(parser, 1);
    if (next == '(') {
        parser->at++;
        part->substitutes = true;
        if (bw_shell_peek(parser, 1) != '(' || !bw_shell_arithmetic(parser, context)) {
            parser->at++;
            bw_shell_substitution(parser, context);
        }
    } else if (next == '{') {
        parser->at += 2;
        braces(parser, context, part);
    } else if (!variable(parser)) {
        put(parser, parser->at++, 1);
        return;
    }
    part->word.expands = true;
    as_written(parser, mark, start);
}

/* The index behind a quoted string or an escaped character at `at`; at + 1 for anything else. */
static size_t skip_quoted(struct bw_str text, size_t at)
{
    char quote = text.p[at++];
    if (quote == '\\')
        return at + 1;
    if (quote != '\'' && quote != '"')
        return at;
    while (at < text.n && text.p[at] != quote)
        at += quote == '"' && text.p[at] == '\\' ? 2 : 1;
    return at + 1;
}

/* Whether the "((" at the parser's place ends in "))", as far as parentheses tell: what begins a
 * subshell in a subshell ends in ") )". Nothing is read twice but by this look ahead. */
static bool is_arithmetic(struct bw_shell_parser *parser)
{
    struct bw_str text = parser->text;
    size_t at = parser->at + 2, open = 0;
    while (at < text.n && (text.p[at] != ')' || open)) {
        open += text.p[at] == '(';
        open -= text.p[at] == ')';
        at = skip_quoted(text, at);
    }
    size_t cost = at - parser->at;
    if (cost > parser->shell->budget)
        return false;
    parser->shell->budget -= cost;
    return at + 1 < text.n && text.p[at + 1] == ')';
}

bool bw_shell_arithmetic(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    size_t open = 0, mark = parser->shell->scratch.n;
    struct bw_shell_part part = {0};
    if (!is_arithmetic(parser))
        return false;
    if (!bw_shell_enter(parser))
        return true;
    parser->at += 2;
    for (int c; !parser->failed && ((c = bw_shell_peek(parser, 0)) != ')' || open);) {
        open += c == '(';
        open -= c == ')';
        if (c < 0)
            bw_shell_fail(parser, "(( has no ))");
        else if (c == '$')
            dollar(parser, context, &part);
        else if (c == '`')
            backquote(parser, context, &part);
        else
            parser->at += c == '\\' && bw_shell_peek(parser, 1) >= 0 ? 2 : 1;
    }
    parser->nested--;
    parser->shell->scratch.n = mark;
    if (!parser->failed && bw_shell_peek(parser, 1) != ')')
        bw_shell_fail(parser, "(( has no ))");
    parser->at += parser->failed ? 0 : 2;
    return true;
}

/* The text between backquotes, with its own level of escapes taken off, is a script. */
static void backquote_script(struct bw_shell_parser *parser, size_t end,
                             const struct bw_shell_context *context)
{
    struct bw_text_spans spans = {0};
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(parser->text.n);
    struct bw_shell_parser inner;
    bool pipefail = *context->pipefail, good = true;
    const struct bw_shell_context of = {context->depth + 1, context->conditional, true, &pipefail};
    for (size_t i = parser->at; i < end; i++) {
        if (parser->text.p[i] == '\\' && i + 1 < end && strchr("$`\\", parser->text.p[i + 1]))
            i++;
        good = good && bw_text_span_add(&spans, text.n, bw_shell_source(parser, i));
        bw_buf_byte(&text, (uint8_t)parser->text.p[i]);
    }
    struct bw_str copy = bw_arena_str(parser->shell->arena, bw_buf_slice(&text));
    if (!copy.p || !good)
        parser->shell->full = true;
    else if (bw_shell_inner(parser, copy, &spans, 0, &inner))
        bw_shell_all(&inner, &of);
    BW_VEC_FREE(&spans);
}

static void backquote(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                      struct bw_shell_part *part)
{
    size_t start = parser->at++, end = parser->at;
    size_t mark = parser->shell->scratch.n;
    while (end < parser->text.n && parser->text.p[end] != '`')
        end += parser->text.p[end] == '\\' ? 2 : 1;
    if (end >= parser->text.n) {
        parser->at = parser->text.n;
        bw_shell_fail(parser, "a backquote has no end");
        return;
    }
    part->substitutes = part->word.expands = true;
    if (!parser->quiet && !parser->substituted)
        backquote_script(parser, end, context);
    parser->at = end + 1;
    as_written(parser, mark, start);
}

/* --- words --- */

static bool ends_word(int c)
{
    return c < 0 || (c && strchr(" \t\r\n;&|<>()", c));
}

/* A word within a word. */
static void append_word(struct bw_shell_parser *parser, struct bw_shell_part *part,
                        const struct bw_shell_part *inner)
{
    part->substitutes = part->substitutes || inner->substitutes;
    part->word.expands = part->word.expands || inner->word.expands;
    bw_buf_str(&parser->shell->scratch, inner->word.text);
}

/* "x=(a b c)" and "@(a|b)": what stands in the parentheses is part of the word. */
static void parentheses(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                        struct bw_shell_part *part)
{
    if (!bw_shell_enter(parser))
        return;
    put(parser, parser->at++, 1);
    for (int c; !parser->failed && (c = bw_shell_peek(parser, 0)) != ')';) {
        struct bw_shell_part inner;
        if (c < 0)
            bw_shell_fail(parser, "( has no )");
        else if (c == '#' && strchr(" \t\n", parser->text.p[parser->at - 1]))
            while (bw_shell_peek(parser, 0) >= 0 && bw_shell_peek(parser, 0) != '\n')
                parser->at++;
        else if (ends_word(c) || !bw_shell_word(parser, context, &inner))
            put(parser, parser->at++, 1);
        else
            append_word(parser, part, &inner);
    }
    if (!parser->failed)
        put(parser, parser->at++, 1);
    parser->nested--;
}

static bool opens_parentheses(const struct bw_shell_parser *parser, size_t start)
{
    char before = parser->at > start ? parser->text.p[parser->at - 1] : 0;
    return bw_shell_peek(parser, 0) == '(' && before && strchr("=?*+@!", before);
}

static void piece(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                  struct bw_shell_part *part)
{
    int c = bw_shell_peek(parser, 0), next = bw_shell_peek(parser, 1);
    part->quoted = part->quoted || c == '\'' || c == '"' || c == '\\';
    if (c == '\'') {
        single_quote(parser);
    } else if (c == '"') {
        double_quote(parser, context, part);
    } else if (c == '$' && next == '\'') {
        part->quoted = true;
        ansi_quote(parser);
    } else if (c == '$' && next == '"') {
        part->quoted = true;
        parser->at++;
        double_quote(parser, context, part);
    } else if (c == '$') {
        dollar(parser, context, part);
    } else if (c == '`') {
        backquote(parser, context, part);
    } else if (c == '\\' && next >= 0) {
        if (next != '\n')
            put(parser, parser->at + 1, 1);
        parser->at += 2;
    } else {
        put(parser, parser->at++, 1);
    }
}

/* A slice of the text where nothing was taken off, else a copy. */
static struct bw_str keep(struct bw_shell_parser *parser, size_t mark, size_t start)
{
    struct bw_str text = bw_str_from(bw_buf_slice(&parser->shell->scratch), mark);
    struct bw_str written = bw_str_n(parser->text.p + start, parser->at - start);
    if (!bw_str_eq(text, written))
        written = bw_arena_str(parser->shell->arena, text);
    if (!written.p || bw_buf_failed(&parser->shell->scratch))
        parser->shell->full = true;
    return written.p ? written : BW_STR("");
}

bool bw_shell_word(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                   struct bw_shell_part *ret_part)
{
    size_t start = parser->at, mark = parser->shell->scratch.n;
    struct bw_shell_part part = {.word.at = bw_shell_source(parser, start), .start = start};
    if (parser->failed || ends_word(bw_shell_peek(parser, 0)))
        return false;
    while (!parser->failed) {
        if (opens_parentheses(parser, start))
            parentheses(parser, context, &part);
        else if (ends_word(bw_shell_peek(parser, 0)))
            break;
        else
            piece(parser, context, &part);
    }
    part.end = parser->at;
    part.word.text = keep(parser, mark, start);
    parser->shell->scratch.n = mark;
    *ret_part = part;
    return true;
}

void bw_shell_expansions(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part part = {0};
    size_t mark = parser->shell->scratch.n;
    in_quotes(parser, context, &part, -1);
    parser->shell->scratch.n = mark;
}
