/* Compound commands: ( ), { }, if, while, until, for, select, case, functions. */
#include "extract/shell-state.h"

static void group(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                  const char *end)
{
    bw_shell_list(parser, context);
    if (end[0] == ')' && !parser->failed && bw_shell_peek(parser, 0) == ')')
        parser->at++;
    else
        bw_shell_want_keyword(parser, end);
}

static void subshell(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    bool pipefail = *context->pipefail;
    struct bw_shell_context inner = *context;
    inner.pipefail = &pipefail;
    parser->at++;
    group(parser, &inner, ")");
}

static void if_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    do {
        bw_shell_list(parser, context);
        bw_shell_want_keyword(parser, "then");
        bw_shell_list(parser, context);
    } while (!parser->failed && bw_shell_take_keyword(parser, "elif"));
    if (!parser->failed && bw_shell_take_keyword(parser, "else"))
        bw_shell_list(parser, context);
    bw_shell_want_keyword(parser, "fi");
}

static void loop_body(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    bw_shell_skip_newlines(parser);
    if (bw_shell_take_keyword(parser, "{")) {
        group(parser, context, "}");
        return;
    }
    bw_shell_want_keyword(parser, "do");
    group(parser, context, "done");
}

static void skip_words(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part part;
    do
        bw_shell_skip_blanks(parser);
    while (bw_shell_word(parser, context, &part));
}

static void for_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part name;
    bw_shell_skip_blanks(parser);
    if (bw_shell_peek(parser, 0) == '(' && bw_shell_peek(parser, 1) == '(') {
        if (!bw_shell_arithmetic(parser, context))
            bw_shell_fail(parser, "for (( has no ))");
    } else if (!bw_shell_word(parser, context, &name)) {
        bw_shell_fail(parser, "for has no name");
    } else {
        bw_shell_skip_newlines(parser);
        if (bw_shell_take_keyword(parser, "in"))
            skip_words(parser, context);
    }
    bw_shell_skip_blanks(parser);
    parser->at += !parser->failed && bw_shell_peek(parser, 0) == ';';
    loop_body(parser, context);
}

/* "pattern | pattern )". */
static void case_patterns(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part part;
    parser->at += bw_shell_peek(parser, 0) == '(';
    for (;;) {
        bw_shell_skip_blanks(parser);
        if (!bw_shell_word(parser, context, &part))
            break;
        bw_shell_skip_blanks(parser);
        if (bw_shell_peek(parser, 0) != '|')
            break;
        parser->at++;
    }
    if (!parser->failed && bw_shell_peek(parser, 0) != ')')
        bw_shell_fail(parser, "a pattern of case has no )");
    parser->at += !parser->failed;
}

static void case_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part word;
    bw_shell_skip_blanks(parser);
    if (!bw_shell_word(parser, context, &word))
        bw_shell_fail(parser, "case has no word");
    bw_shell_want_keyword(parser, "in");
    while (!parser->failed) {
        bw_shell_skip_newlines(parser);
        if (bw_shell_take_keyword(parser, "esac"))
            return;
        case_patterns(parser, context);
        bw_shell_list(parser, context);
        bw_shell_skip_newlines(parser);
        while (bw_shell_peek(parser, 0) == ';' || bw_shell_peek(parser, 0) == '&')
            parser->at++;
    }
}

void bw_shell_function_body(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_context inner = *context;
    bool pipefail = *context->pipefail;
    if (!bw_shell_enter(parser))
        return;
    inner.depth++;
    inner.pipefail = &pipefail;
    bw_shell_skip_newlines(parser);
    bw_shell_command(parser, &inner);
    parser->nested--;
}

static void function_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part name;
    bw_shell_skip_blanks(parser);
    if (!bw_shell_word(parser, context, &name))
        bw_shell_fail(parser, "function has no name");
    bw_shell_skip_blanks(parser);
    if (!parser->failed && bw_shell_peek(parser, 0) == '(') {
        parser->at++;
        bw_shell_skip_blanks(parser);
        parser->at += bw_shell_peek(parser, 0) == ')';
    }
    if (!parser->failed)
        bw_shell_function_body(parser, context);
}

/* One within the limits; false where there is none here. */
static bool compound(struct bw_shell_parser *parser, const struct bw_shell_context *outer)
{
    struct bw_shell_context plain = *outer, guarded = *outer;
    plain.depth++;
    guarded.depth++;
    guarded.conditional = true;
    if (bw_shell_peek(parser, 0) == '(' && bw_shell_peek(parser, 1) == '(' &&
        bw_shell_arithmetic(parser, outer))
        return true;
    if (bw_shell_peek(parser, 0) == '(')
        subshell(parser, &plain);
    else if (bw_shell_take_keyword(parser, "{"))
        group(parser, &plain, "}");
    else if (bw_shell_take_keyword(parser, "if"))
        if_command(parser, &guarded);
    else if (bw_shell_take_keyword(parser, "while") || bw_shell_take_keyword(parser, "until"))
        bw_shell_list(parser, &guarded), loop_body(parser, &guarded);
    else if (bw_shell_take_keyword(parser, "for") || bw_shell_take_keyword(parser, "select"))
        for_command(parser, &plain);
    else if (bw_shell_take_keyword(parser, "case"))
        case_command(parser, &guarded);
    else if (bw_shell_take_keyword(parser, "function"))
        function_command(parser, outer);
    else
        return false;
    return true;
}

/* Those behind a compound command: nobody is told. */
static void skip_redirects(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    size_t mark = parser->shell->redirects.n;
    while (!parser->failed) {
        bw_shell_skip_blanks(parser);
        if (!bw_shell_take_redirect(parser, context))
            break;
    }
    parser->shell->redirects.n = mark;
}

/* The index of a simple command, or -1. */
int bw_shell_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    bw_shell_skip_blanks(parser);
    if (bw_shell_at_keyword(parser, "[["))
        return bw_shell_test_command(parser, context);
    if (!bw_shell_enter(parser))
        return -1;
    bool found = compound(parser, context);
    parser->nested--;
    if (!found)
        return bw_shell_simple_command(parser, context);
    skip_redirects(parser, context);
    return -1;
}
