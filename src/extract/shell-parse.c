/* The grammar: lists, pipelines, compound commands. XCU 2.10, and bash's additions. */
#include "extract/shell-state.h"

static void pipeline(struct bw_shell_parser *parser, const struct bw_shell_context *context);
static int command(struct bw_shell_parser *parser, const struct bw_shell_context *context);

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

static void skip_blanks(struct bw_shell_parser *parser)
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

static bool take_newline(struct bw_shell_parser *parser)
{
    skip_blanks(parser);
    if (bw_shell_peek(parser, 0) != '\n')
        return false;
    parser->at++;
    for (size_t i = 0; i < parser->pending_n; i++)
        read_body(parser, &parser->pending[i]);
    parser->pending_n = 0;
    return true;
}

static void skip_newlines(struct bw_shell_parser *parser)
{
    while (take_newline(parser))
        ;
}

/* --- keywords --- */

static bool is_delimiter(int c)
{
    return c < 0 || (c && strchr(" \t\r\n;&|<>()", c));
}

static bool at_keyword(const struct bw_shell_parser *parser, const char *keyword)
{
    struct bw_str word = bw_str(keyword);
    return bw_str_starts(bw_str_from(parser->text, parser->at), word) &&
           is_delimiter(bw_shell_peek(parser, word.n));
}

static bool take_keyword(struct bw_shell_parser *parser, const char *keyword)
{
    skip_blanks(parser);
    if (!at_keyword(parser, keyword))
        return false;
    parser->at += strlen(keyword);
    return true;
}

/* As take_keyword, on a line of its own maybe. */
static void want_keyword(struct bw_shell_parser *parser, const char *keyword)
{
    skip_newlines(parser);
    if (!parser->failed && !take_keyword(parser, keyword))
        bw_shell_fail(parser, "a compound command is not complete");
}

/* What ends a list without being part of it. */
static bool at_list_end(const struct bw_shell_parser *parser)
{
    static const char *const keywords[] = {"then", "do", "done", "fi", "else", "elif", "esac", "}"};
    int c = bw_shell_peek(parser, 0);
    if (c < 0 || c == ')' || (c == ';' && bw_shell_peek(parser, 1) == ';') ||
        (c == ';' && bw_shell_peek(parser, 1) == '&'))
        return true;
    for (size_t i = 0; i < BW_ARRAY_LEN(keywords); i++)
        if (at_keyword(parser, keywords[i]))
            return true;
    return false;
}

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
    skip_blanks(parser);
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
    return true;
}

/* Digits right before an operator are the descriptor that it is about. */
static bool take_redirect(struct bw_shell_parser *parser, const struct bw_shell_context *context)
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

/* Those behind a compound command: nobody is told. */
static void skip_redirects(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    size_t mark = parser->shell->redirects.n;
    while (!parser->failed) {
        skip_blanks(parser);
        if (!take_redirect(parser, context))
            break;
    }
    parser->shell->redirects.n = mark;
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
    skip_blanks(parser);
    if (bw_shell_peek(parser, 0) == ')') {
        parser->at++;
        return true;
    }
    parser->at = at;
    return false;
}

static void function_body(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_context inner = *context;
    bool pipefail = *context->pipefail;
    if (!bw_shell_enter(parser))
        return;
    inner.depth++;
    inner.pipefail = &pipefail;
    skip_newlines(parser);
    command(parser, &inner);
    parser->nested--;
}

static void drop(struct bw_shell *shell, const struct bw_shell_simple *simple)
{
    shell->words.n = simple->words;
    shell->assignments.n = simple->assignments;
    shell->redirects.n = simple->redirects;
}

static int simple_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell *shell = parser->shell;
    const struct bw_shell_simple simple = {shell->words.n, shell->assignments.n, shell->redirects.n,
                                           parser->pending_n};
    size_t start = parser->at;
    int index = -1;
    while (!parser->failed) {
        struct bw_shell_part part;
        skip_blanks(parser);
        if (take_redirect(parser, context))
            continue;
        if (at_function(parser, &simple)) {
            drop(shell, &simple);
            function_body(parser, context);
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

/* --- compound commands --- */

static void group(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                  const char *end)
{
    bw_shell_list(parser, context);
    if (end[0] == ')' && !parser->failed && bw_shell_peek(parser, 0) == ')')
        parser->at++;
    else
        want_keyword(parser, end);
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
        want_keyword(parser, "then");
        bw_shell_list(parser, context);
    } while (!parser->failed && take_keyword(parser, "elif"));
    if (!parser->failed && take_keyword(parser, "else"))
        bw_shell_list(parser, context);
    want_keyword(parser, "fi");
}

static void loop_body(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    skip_newlines(parser);
    if (take_keyword(parser, "{")) {
        group(parser, context, "}");
        return;
    }
    want_keyword(parser, "do");
    group(parser, context, "done");
}

static void skip_words(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part part;
    do
        skip_blanks(parser);
    while (bw_shell_word(parser, context, &part));
}

static void for_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part name;
    skip_blanks(parser);
    if (bw_shell_peek(parser, 0) == '(' && bw_shell_peek(parser, 1) == '(') {
        if (!bw_shell_arithmetic(parser, context))
            bw_shell_fail(parser, "for (( has no ))");
    } else if (!bw_shell_word(parser, context, &name)) {
        bw_shell_fail(parser, "for has no name");
    } else {
        skip_newlines(parser);
        if (take_keyword(parser, "in"))
            skip_words(parser, context);
    }
    skip_blanks(parser);
    parser->at += !parser->failed && bw_shell_peek(parser, 0) == ';';
    loop_body(parser, context);
}

/* "pattern | pattern )". */
static void case_patterns(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part part;
    parser->at += bw_shell_peek(parser, 0) == '(';
    for (;;) {
        skip_blanks(parser);
        if (!bw_shell_word(parser, context, &part))
            break;
        skip_blanks(parser);
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
    skip_blanks(parser);
    if (!bw_shell_word(parser, context, &word))
        bw_shell_fail(parser, "case has no word");
    want_keyword(parser, "in");
    while (!parser->failed) {
        skip_newlines(parser);
        if (take_keyword(parser, "esac"))
            return;
        case_patterns(parser, context);
        bw_shell_list(parser, context);
        skip_newlines(parser);
        while (bw_shell_peek(parser, 0) == ';' || bw_shell_peek(parser, 0) == '&')
            parser->at++;
    }
}

/* "[[ ... ]]": a command of that name; operators stand among its words. */
static int test_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
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
    while (!parser->failed && !take_keyword(parser, "]]")) {
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

static void function_command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell_part name;
    skip_blanks(parser);
    if (!bw_shell_word(parser, context, &name))
        bw_shell_fail(parser, "function has no name");
    skip_blanks(parser);
    if (!parser->failed && bw_shell_peek(parser, 0) == '(') {
        parser->at++;
        skip_blanks(parser);
        parser->at += bw_shell_peek(parser, 0) == ')';
    }
    if (!parser->failed)
        function_body(parser, context);
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
    else if (take_keyword(parser, "{"))
        group(parser, &plain, "}");
    else if (take_keyword(parser, "if"))
        if_command(parser, &guarded);
    else if (take_keyword(parser, "while") || take_keyword(parser, "until"))
        bw_shell_list(parser, &guarded), loop_body(parser, &guarded);
    else if (take_keyword(parser, "for") || take_keyword(parser, "select"))
        for_command(parser, &plain);
    else if (take_keyword(parser, "case"))
        case_command(parser, &guarded);
    else if (take_keyword(parser, "function"))
        function_command(parser, outer);
    else
        return false;
    return true;
}

/* The index of a simple command, or -1. */
static int command(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    skip_blanks(parser);
    if (at_keyword(parser, "[["))
        return test_command(parser, context);
    if (!bw_shell_enter(parser))
        return -1;
    bool found = compound(parser, context);
    parser->nested--;
    if (!found)
        return simple_command(parser, context);
    skip_redirects(parser, context);
    return -1;
}

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
        int index = command(parser, context);
        uint32_t *slot = index >= 0 ? BW_VEC_PUSH(&shell->pipes, BW_SHELL_COMMANDS_MAX) : NULL;
        if (slot) {
            *slot = (uint32_t)index;
            shell->commands.v[index].pipe = *ret_n;
        }
        skip_blanks(parser);
        if (parser->failed || bw_shell_peek(parser, 0) != '|' || bw_shell_peek(parser, 1) == '|')
            return index;
        parser->at += bw_shell_peek(parser, 1) == '&' ? 2 : 1;
        set_operator(parser, index, "|");
        skip_newlines(parser);
    }
}

/* Returns the index of its last command. */
static int one_pipeline(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    struct bw_shell *shell = parser->shell;
    size_t mark = shell->pipes.n;
    uint32_t n;
    while (take_keyword(parser, "!"))
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
        skip_blanks(parser);
        int c = bw_shell_peek(parser, 0), next = bw_shell_peek(parser, 1);
        if (parser->failed || (c != '&' && c != '|') || next != c)
            break;
        parser->at += 2;
        set_operator(parser, last, c == '&' ? "&&" : "||");
        skip_newlines(parser);
        last = one_pipeline(parser, &right);
    }
    int c = bw_shell_peek(parser, 0);
    if (parser->failed || at_list_end(parser))
        return;
    if (c == ';' || c == '&') {
        set_operator(parser, last, c == ';' ? ";" : "&");
        parser->at++;
    } else if (take_newline(parser)) {
        skip_newlines(parser);
        set_operator(parser, last, at_list_end(parser) ? "" : ";");
    } else {
        bw_shell_fail(parser, "a command goes on with something unexpected");
    }
}

void bw_shell_list(struct bw_shell_parser *parser, const struct bw_shell_context *context)
{
    for (;;) {
        skip_newlines(parser);
        if (parser->failed || at_list_end(parser))
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
