/* What lies between commands: blanks, comments, the bodies of here-documents, keywords. */
#include "extract/shell-state.h"

/* --- parsers --- */

size_t bw_shell_source(const struct bw_shell_parser *parser, size_t at)
{
    at += parser->base;
    return parser->spans ? bw_text_source(parser->spans, at) : at;
}

void bw_shell_note(struct bw_shell_parser *parser, const char *why, bool limit)
{
    struct bw_shell *shell = parser->shell;
    if (shell->unparsed && (shell->limit || !limit))
        return; /* the first counts, and a limit more than what is odd */
    shell->unparsed = why;
    shell->unparsed_at = bw_shell_source(parser, parser->at);
    shell->limit = limit;
}

void bw_shell_fail(struct bw_shell_parser *parser, const char *why)
{
    if (!parser->failed)
        bw_shell_note(parser, why, false);
    parser->failed = true;
}

void bw_shell_stop(struct bw_shell_parser *parser, const char *why)
{
    bw_shell_note(parser, why, true);
    parser->failed = true;
    parser->at = parser->text.n;
}

bool bw_shell_enter(struct bw_shell_parser *parser)
{
    if (parser->nested == BW_SHELL_DEPTH_MAX) {
        bw_shell_stop(parser, "constructs are nested more than 100 deep");
        return false;
    }
    parser->nested++;
    return true;
}

bool bw_shell_inner(struct bw_shell_parser *parser, struct bw_str text,
                    const struct bw_text_spans *spans, size_t base,
                    struct bw_shell_parser *ret_inner)
{
    struct bw_shell *shell = parser->shell;
    if (parser->scripts == BW_SHELL_SCRIPTS_MAX || text.n > shell->budget) {
        bw_shell_note(parser, "scripts within scripts are nested too deeply", true);
        return false;
    }
    shell->budget -= text.n;
    *ret_inner = (struct bw_shell_parser){.shell = shell,
                                          .text = text,
                                          .spans = spans,
                                          .base = base,
                                          .nested = parser->nested,
                                          .scripts = parser->scripts + 1,
                                          .quiet = parser->quiet};
    return true;
}

/* --- blanks, comments, here-documents --- */

void bw_shell_skip_blanks(struct bw_shell_parser *parser)
{
    for (;;) {
        int c = bw_shell_peek(parser, 0), next = bw_shell_peek(parser, 1);
        if (c == ' ' || c == '\t' || c == '\r')
            parser->at++;
        else if (c == '\\' && next == '\n')
            parser->at += 2;
        else if (c == '\\' && next == '\r' && bw_shell_peek(parser, 2) == '\n')
            parser->at += 3;
        else
            break;
    }
    if (bw_shell_peek(parser, 0) == '#')
        while (bw_shell_peek(parser, 0) >= 0 && bw_shell_peek(parser, 0) != '\n')
            parser->at++;
}

/* The body of a here-document, which begins here, and its end; up to the end of the text where it
 * has none. */
static struct bw_str take_body(struct bw_shell_parser *parser,
                               const struct bw_shell_pending *pending)
{
    size_t start = parser->at;
    struct bw_str rest = bw_str_from(parser->text, start), line;
    while (bw_str_line(&rest, &line)) {
        size_t end = (size_t)(line.p - parser->text.p);
        while (pending->chomp && bw_str_starts(line, BW_STR("\t")))
            line = bw_str_from(line, 1);
        if (bw_str_eq(line, pending->name)) {
            parser->at = parser->text.n - rest.n;
            return bw_str_n(parser->text.p + start, end - start);
        }
    }
    parser->at = parser->text.n;
    return bw_str_from(parser->text, start);
}

static void read_body(struct bw_shell_parser *parser, const struct bw_shell_pending *pending)
{
    size_t start = parser->at;
    struct bw_str body = take_body(parser, pending);
    struct bw_shell_parser inner;
    if (parser->quiet)
        return;
    if (pending->script) {
        bw_shell_heredoc_script(parser, pending, body, start);
    } else if (!pending->quoted &&
               (bw_str_find_str(body, BW_STR("$(")) != SIZE_MAX ||
                bw_str_find(body, '`') != SIZE_MAX) &&
               bw_shell_inner(parser, body, parser->spans, parser->base + start, &inner)) {
        bool pipefail = pending->pipefail;
        struct bw_shell_context context = pending->context;
        context.pipefail = &pipefail;
        bw_shell_expansions(&inner, &context);
    }
}

bool bw_shell_take_newline(struct bw_shell_parser *parser)
{
    bw_shell_skip_blanks(parser);
    if (bw_shell_peek(parser, 0) != '\n')
        return false;
    parser->at++;
    for (size_t i = 0; i < parser->pending_n; i++)
        read_body(parser, &parser->pending[i]);
    parser->pending_n = 0;
    return true;
}

void bw_shell_skip_newlines(struct bw_shell_parser *parser)
{
    while (bw_shell_take_newline(parser))
        ;
}

/* --- keywords --- */

static bool is_delimiter(int c)
{
    return c < 0 || (c && strchr(" \t\r\n;&|<>()", c));
}

bool bw_shell_at_keyword(const struct bw_shell_parser *parser, const char *keyword)
{
    struct bw_str word = bw_str(keyword);
    return bw_str_starts(bw_str_from(parser->text, parser->at), word) &&
           is_delimiter(bw_shell_peek(parser, word.n));
}

bool bw_shell_take_keyword(struct bw_shell_parser *parser, const char *keyword)
{
    bw_shell_skip_blanks(parser);
    if (!bw_shell_at_keyword(parser, keyword))
        return false;
    parser->at += strlen(keyword);
    return true;
}

/* As take_keyword, on a line of its own maybe. */
void bw_shell_want_keyword(struct bw_shell_parser *parser, const char *keyword)
{
    bw_shell_skip_newlines(parser);
    if (!parser->failed && !bw_shell_take_keyword(parser, keyword))
        bw_shell_fail(parser, "a compound command is not complete");
}

/* What ends a list without being part of it. */
bool bw_shell_at_list_end(const struct bw_shell_parser *parser)
{
    static const char *const keywords[] = {"then", "do", "done", "fi", "else", "elif", "esac", "}"};
    int c = bw_shell_peek(parser, 0);
    if (c < 0 || c == ')' || (c == ';' && bw_shell_peek(parser, 1) == ';') ||
        (c == ';' && bw_shell_peek(parser, 1) == '&'))
        return true;
    for (size_t i = 0; i < BW_ARRAY_LEN(keywords); i++)
        if (bw_shell_at_keyword(parser, keywords[i]))
            return true;
    return false;
}
