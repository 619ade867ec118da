/* Lists and pipelines: XCU 2.10. */
#include "extract/shell-state.h"

/* --- lists --- */

static void set_operator(struct bw_shell_parser *parser, int index, const char *op)
{
    if (index >= 0)
        parser->shell->commands.v[index].op = op;
}

static int pipeline_from(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                         uint32_t *ret_n)
{
    struct bw_shell *shell = parser->shell;
    for (*ret_n = 0;; ++*ret_n) {
        int index = bw_shell_command(parser, context);
        uint32_t *slot = index >= 0 ? BW_VEC_PUSH(&shell->pipes, BW_SHELL_COMMANDS_MAX) : NULL;
        if (slot) {
            *slot = (uint32_t)index;
            shell->commands.v[index].pipe = *ret_n;
        }
        bw_shell_skip_blanks(parser);
        if (parser->failed || bw_shell_peek(parser, 0) != '|' || bw_shell_peek(parser, 1) == '|')
            return index;
        parser->at += bw_shell_peek(parser, 1) == '&' ? 2 : 1;
        set_operator(parser, index, "|");
        bw_shell_skip_newlines(parser);
    }
}

/* Returns the index of its last command. */
static int one_pipeline(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell *shell = parser->shell;
    size_t mark = shell->pipes.n;
    uint32_t n;
    while (bw_shell_take_keyword(parser, "!"))
        ;
    int last = pipeline_from(parser, context, &n);
    for (size_t i = mark; i < shell->pipes.n; i++)
        shell->commands.v[shell->pipes.v[i]].pipe_length = n + 1;
    shell->pipes.n = mark;
    return last;
}

/* Pipelines with && and || between them; what ends them is taken and told. */
static void pipeline(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_context right = *context;
    int last = one_pipeline(parser, context);
    right.conditional = true;
    for (;;) {
        bw_shell_skip_blanks(parser);
        int c = bw_shell_peek(parser, 0), next = bw_shell_peek(parser, 1);
        if (parser->failed || (c != '&' && c != '|') || next != c)
            break;
        parser->at += 2;
        set_operator(parser, last, c == '&' ? "&&" : "||");
        bw_shell_skip_newlines(parser);
        last = one_pipeline(parser, &right);
    }
    int c = bw_shell_peek(parser, 0);
    if (parser->failed || bw_shell_at_list_end(parser))
        return;
    if (c == ';' || c == '&') {
        set_operator(parser, last, c == ';' ? ";" : "&");
        parser->at++;
    } else if (bw_shell_take_newline(parser)) {
        bw_shell_skip_newlines(parser);
        set_operator(parser, last, bw_shell_at_list_end(parser) ? "" : ";");
    } else {
        bw_shell_fail(parser, "a command goes on with something unexpected");
    }
}

void bw_shell_list(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    for (;;) {
        bw_shell_skip_newlines(parser);
        if (parser->failed || bw_shell_at_list_end(parser))
            return;
        pipeline(parser, context);
    }
}

/* Past what ends a command, so that the next one is found. */
static void recover(struct bw_shell_parser *parser)
{
    while (bw_shell_peek(parser, 0) >= 0 && !strchr("\n;&|", bw_shell_peek(parser, 0)))
        parser->at++;
    while (bw_shell_peek(parser, 0) > 0 && strchr("\n;&|", bw_shell_peek(parser, 0)))
        parser->at++;
    parser->failed = false;
    parser->pending_n = 0;
}

void bw_shell_all(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    while (bw_shell_peek(parser, 0) >= 0 && !parser->shell->full) {
        bw_shell_list(parser, context);
        if (!parser->failed && bw_shell_peek(parser, 0) >= 0) {
            bw_shell_fail(parser, "something ends that did not begin");
            parser->at++;
        }
        if (parser->failed)
            recover(parser);
    }
}
