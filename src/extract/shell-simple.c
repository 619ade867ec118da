/* Simple commands with their redirections. */
#include "extract/shell-state.h"

/* --- redirections --- */

static const char *redirect_operator(const struct bw_shell_parser *parser)
{
    static const char *const operators[] = {"&>>", "&>", "<<<", "<<-", "<<", "<&",
                                            "<>",  ">>", ">&",  ">|",  ">",  "<"};
    struct bw_str rest = bw_str_from(parser->text, parser->at);
    for (size_t i = 0; i < BW_ARRAY_LEN(operators); i++)
        if (bw_str_starts(rest, bw_str(operators[i])))
            return operators[i];
    return NULL;
}

static void add_pending(struct bw_shell_parser *parser, const struct bw_shell_part *name,
                        bool chomp, const struct bw_shell_context *context)
{
    if (parser->pending_n == BW_SHELL_PENDING_MAX) {
        bw_shell_stop(parser, "more than 32 here-documents in a line");
        return;
    }
    parser->pending[parser->pending_n++] = (struct bw_shell_pending){.name = name->word.text,
                                                                     .chomp = chomp,
                                                                     .quoted = name->quoted,
                                                                     .pipefail = *context->pipefail,
                                                                     .context = *context};
}

/* <(list), >(list): its commands are told, the word is as it is written. */
static bool process_substitution(struct bw_shell_parser *parser,
                                 const struct bw_shell_context *context,
                                 struct bw_shell_part *ret_part)
{
    int c = bw_shell_peek(parser, 0);
    size_t start = parser->at;
    if ((c != '<' && c != '>') || bw_shell_peek(parser, 1) != '(')
        return false;
    parser->at += 2;
    bw_shell_substitution(parser, context);
    *ret_part =
        (struct bw_shell_part){.word = {bw_str_n(parser->text.p + start, parser->at - start),
                                        bw_shell_source(parser, start), true},
                               .start = start,
                               .end = parser->at,
                               .substitutes = true};
    return true;
}

/* "2>&1", "{fd}>x": the digits before it were taken. */
static bool redirect(struct bw_shell_parser *parser, const struct bw_shell_context *context, int fd)
{
    const char *op = redirect_operator(parser);
    size_t at = parser->at;
    struct bw_shell_part target;
    if (!op)
        return false;
    if ((op[0] == '<' || op[0] == '>') && !op[1] && bw_shell_peek(parser, 1) == '(')
        return false; /* <( ) is a word */
    parser->at += strlen(op);
    bw_shell_skip_blanks(parser);
    if (!process_substitution(parser, context, &target) &&
        !bw_shell_word(parser, context, &target)) {
        bw_shell_fail(parser, "a redirection goes nowhere");
        return true;
    }
    bool heredoc = op[0] == '<' && op[1] == '<' && op[2] != '<';
    if (heredoc)
        add_pending(parser, &target, op[2] == '-', context);
    struct bw_shell_redirect *slot = BW_VEC_PUSH(&parser->shell->redirects, BW_SHELL_WORDS_MAX);
    if (slot)
        *slot = (struct bw_shell_redirect){.op = bw_str(op),
                                           .target = target.word.text,
                                           .fd = fd >= 0 ? fd : op[0] != '<',
                                           .at = bw_shell_source(parser, at)};
    else
        bw_shell_stop(parser, "a command has more than 100000 redirections");
    return true;
}

/* Digits right before an operator are the descriptor that it is about. */
bool bw_shell_take_redirect(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    size_t start = parser->at;
    int fd = -1;
    for (int c; (c = bw_shell_peek(parser, 0)) >= '0' && c <= '9' && fd < 1000; parser->at++)
        fd = (fd < 0 ? 0 : fd) * 10 + c - '0';
    if (redirect(parser, context, fd) || parser->failed)
        return true;
    parser->at = start;
    return false;
}

/* --- simple commands --- */

/* "NAME=", "NAME+=", "NAME[...]=" at the beginning of a word; the bytes up to behind the '='. */
static size_t assignment_prefix(struct bw_str word)
{
    size_t n = 0;
    while (n < word.n &&
           (word.p[n] == '_' || (word.p[n] >= 'a' && word.p[n] <= 'z') ||
            (word.p[n] >= 'A' && word.p[n] <= 'Z') || (n && word.p[n] >= '0' && word.p[n] <= '9')))
        n++;
    if (!n)
        return 0;
    if (n < word.n && word.p[n] == '[') {
        size_t close = bw_str_find(word, ']');
        n = close == SIZE_MAX ? word.n : close + 1;
    }
    n += n < word.n && word.p[n] == '+';
    return n < word.n && word.p[n] == '=' ? n + 1 : 0;
}

static void add_word(struct bw_shell_parser *parser, const struct bw_shell_part *part, bool first)
{
    struct bw_shell *shell = parser->shell;
    struct bw_str written = bw_str_n(parser->text.p + part->start, part->end - part->start);
    size_t n = first ? assignment_prefix(written) : 0;
    if (n && n <= part->word.text.n) {
        struct bw_shell_assignment *slot = BW_VEC_PUSH(&shell->assignments, BW_SHELL_WORDS_MAX);
        struct bw_str name = bw_str_take(part->word.text, n - 1);
        name.n -= bw_str_ends(name, BW_STR("+"));
        if (slot)
            *slot =
                (struct bw_shell_assignment){name, bw_str_from(part->word.text, n), part->word.at};
        else
            bw_shell_stop(parser, "a command has more than 100000 assignments");
        return;
    }
    struct bw_shell_part *slot = BW_VEC_PUSH(&shell->words, BW_SHELL_WORDS_MAX);
    if (slot)
        *slot = *part;
    else
        bw_shell_stop(parser, "a command has more than 100000 words");
}

/* "name()": the word was the last one read. */
static bool at_function(struct bw_shell_parser *parser, const struct bw_shell_simple *simple)
{
    if (parser->shell->words.n != simple->words + 1 || bw_shell_peek(parser, 0) != '(')
        return false;
    size_t at = parser->at++;
    bw_shell_skip_blanks(parser);
    if (bw_shell_peek(parser, 0) == ')') {
        parser->at++;
        return true;
    }
    parser->at = at;
    return false;
}

static void drop(struct bw_shell *shell, const struct bw_shell_simple *simple)
{
    shell->words.n = simple->words;
    shell->assignments.n = simple->assignments;
    shell->redirects.n = simple->redirects;
}

int bw_shell_simple_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell *shell = parser->shell;
    const struct bw_shell_simple simple = {shell->words.n, shell->assignments.n, shell->redirects.n,
                                           parser->pending_n};
    size_t start = parser->at;
    int index = -1;
    while (!parser->failed) {
        struct bw_shell_part part;
        bw_shell_skip_blanks(parser);
        if (bw_shell_take_redirect(parser, context))
            continue;
        if (at_function(parser, &simple)) {
            drop(shell, &simple);
            bw_shell_function_body(parser, context);
            return -1;
        }
        if (!process_substitution(parser, context, &part) && !bw_shell_word(parser, context, &part))
            break;
        add_word(parser, &part, shell->words.n == simple.words);
    }
    if (!parser->failed && parser->at == start)
        bw_shell_fail(parser, "a command begins with something that none begins with");
    if (!parser->quiet && parser->at > start)
        index = bw_shell_emit(parser, context, &simple);
    drop(shell, &simple);
    return index;
}

/* "[[ ... ]]": a command of that name; operators stand among its words. */
int bw_shell_test_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell *shell = parser->shell;
    const struct bw_shell_simple simple = {shell->words.n, shell->assignments.n, shell->redirects.n,
                                           parser->pending_n};
    struct bw_shell_part part = {.word = {bw_str_n(parser->text.p + parser->at, 2),
                                          bw_shell_source(parser, parser->at), false},
                                 .start = parser->at,
                                 .end = parser->at + 2};
    int index = -1;
    parser->at += 2;
    add_word(parser, &part, false);
    while (!parser->failed && !bw_shell_take_keyword(parser, "]]")) {
        if (bw_shell_peek(parser, 0) < 0)
            bw_shell_fail(parser, "[[ has no ]]");
        else if (bw_shell_word(parser, context, &part))
            add_word(parser, &part, false);
        else
            parser->at++;
    }
    if (!parser->quiet)
        index = bw_shell_emit(parser, context, &simple);
    drop(shell, &simple);
    return index;
}
