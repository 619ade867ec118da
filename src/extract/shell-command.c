/* Simple commands: what runs what, and the scripts that are arguments. */
#include "extract/shell-state.h"

/* --- names --- */

struct bw_str bw_shell_basename(struct bw_str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX || slash + 1 == path.n ? path : bw_str_from(path, slash + 1);
}

bool bw_shell_is_shell(struct bw_str name)
{
    static const char *const names[] = {"sh",   "bash", "dash",  "ash", "ksh",
                                        "mksh", "zsh",  "rbash", "yash"};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_str_eq(name, bw_str(names[i])))
            return true;
    return false;
}

/* --- what a simple command is made of --- */

static void *copy_of(struct bw_shell *shell, const void *v, size_t n, size_t size)
{
    void *copy = n ? bw_arena_array(shell->arena, n, size) : NULL;
    if (copy)
        memcpy(copy, v, n * size);
    else if (n)
        shell->full = true;
    return copy;
}

static void set_args(struct bw_shell *shell, struct bw_shell_command *command,
                     const struct bw_shell_part *parts, size_t n)
{
    struct bw_shell_word *args = n ? bw_arena_array(shell->arena, n, sizeof *args) : NULL;
    if (n && !args) {
        shell->full = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        args[i] = parts[i].word;
    command->args = args;
    command->args_n = n;
}

/* The command behind wrappers: the index of its word. */
static size_t look_through(struct bw_shell *shell, struct bw_shell_command *command,
                           const struct bw_shell_part *parts, size_t n)
{
    struct bw_str names[BW_SHELL_WRAPPERS_MAX];
    size_t count, at = bw_shell_unwrap(parts, n, names, &count);
    command->wrappers = copy_of(shell, names, count, sizeof *names);
    command->wrappers_n = command->wrappers ? count : 0;
    return at;
}

/* `set -o pipefail`, also among other options. */
static void note_pipefail(const struct bw_shell_command *command, bool *pipefail)
{
    if (!bw_str_eq(command->name, BW_STR("set")) && !bw_str_eq(command->name, BW_STR("shopt")))
        return;
    for (size_t i = 1; i < command->args_n; i++) {
        struct bw_str option = command->args[i - 1].text;
        if (bw_str_eq(command->args[i].text, BW_STR("pipefail")) && option.n > 1)
            *pipefail = option.p[0] == '-' && bw_str_find(option, 'u') != 1;
    }
}

/* --- scripts that are arguments --- */

/* Where the bytes of a word of the exec form come from: a JSON string of the parser's text. */
static bool json_spans(const struct bw_shell_parser *parser, const struct bw_shell_part *part,
                       struct bw_text_spans *spans)
{
    struct bw_str text = part->word.text;
    size_t raw = part->start;
    bool good = true;
    for (size_t i = 0; good && i < text.n; i++) {
        raw = raw < parser->text.n ? raw : parser->text.n;
        good = bw_text_span_add(spans, i, bw_shell_source(parser, raw));
        if (raw + 1 >= parser->text.n || parser->text.p[raw] != '\\') {
            raw++;
            continue;
        }
        raw += parser->text.p[raw + 1] == 'u' ? 6 : 2;
        while (i + 1 < text.n && ((uint8_t)text.p[i + 1] & 0xc0) == 0x80)
            i++;
    }
    return good;
}

/* Words joined by blanks as they are after quotes are removed, each byte with its source. */
static bool join_words(struct bw_shell_parser *parser, const struct bw_shell_part *parts, size_t n,
                       struct bw_buf *text, struct bw_text_spans *spans)
{
    bool good = true;
    for (size_t i = 0; good && i < n; i++) {
        struct bw_shell_parser again = *parser;
        struct bw_text_spans one = {0};
        struct bw_shell_part part = parts[i];
        const struct bw_shell_context nowhere = {.pipefail = &(bool){false}};
        if (i)
            bw_buf_byte(text, ' ');
        if (parts[i].end > parts[i].start) {
            again.at = parts[i].start;
            again.quiet = true;
            again.pending_n = 0;
            again.record = &one;
            again.record_base = parser->shell->scratch.n;
            good = bw_shell_word(&again, &nowhere, &part);
        } else {
            good = json_spans(parser, &part, &one);
        }
        for (size_t at = 0; good && at < one.n; at++)
            good = bw_text_span_add(spans, text->n + one.v[at].at, one.v[at].source);
        bw_buf_str(text, part.word.text);
        BW_VEC_FREE(&one);
    }
    return good && !bw_buf_failed(text);
}

static void argument_script(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                            const struct bw_shell_part *parts, size_t n, bool pipefail)
{
    struct bw_shell_context within = *context;
    struct bw_shell_parser inner;
    struct bw_text_spans spans = {0};
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(parser->shell->scratch.max);
    bool substituted = false;
    size_t length = n;
    within.depth++;
    within.pipefail = &pipefail;
    for (size_t i = 0; i < n; i++) {
        substituted = substituted || parts[i].substitutes;
        length += parts[i].word.text.n;
    }
    if (parser->shell->budget < 2 * length) {
        bw_shell_note(parser, "scripts within scripts are nested too deeply", true);
        return;
    }
    parser->shell->budget -= length; /* for reading the words again */
    if (!join_words(parser, parts, n, &text, &spans)) {
        parser->shell->full = true;
    } else {
        struct bw_str copy = bw_arena_str(parser->shell->arena, bw_buf_slice(&text));
        parser->shell->full = parser->shell->full || !copy.p;
        if (copy.p && bw_shell_inner(parser, copy, &spans, 0, &inner)) {
            inner.substituted = substituted;
            bw_shell_all(&inner, &within);
        }
    }
    BW_VEC_FREE(&spans);
}

/* `sh -euxo pipefail -c SCRIPT`: the index of the script among the parts; n where there is none.
 * *file: a file is run instead. */
static size_t shell_script(const struct bw_shell_part *parts, size_t n, bool *pipefail, bool *file)
{
    bool command = false;
    size_t i = 1;
    for (; i < n; i++) {
        struct bw_str word = parts[i].word.text;
        if (word.n < 2 || (word.p[0] != '-' && word.p[0] != '+') || bw_str_eq(word, BW_STR("--")))
            break;
        if (bw_str_starts(word, BW_STR("--")))
            continue;
        command = command || bw_str_find(word, 'c') != SIZE_MAX;
        if (i + 1 < n && strchr("oO", word.p[word.n - 1])) {
            i++;
            if (bw_str_eq(parts[i].word.text, BW_STR("pipefail")))
                *pipefail = word.p[0] == '-';
        }
    }
    *file = !command && i < n;
    return command ? i : n;
}

/* `su -c SCRIPT`, `runuser --command=...` is left out: nobody writes it. */
static size_t option_script(const struct bw_shell_part *parts, size_t n)
{
    for (size_t i = 1; i + 1 < n; i++)
        if (bw_str_eq(parts[i].word.text, BW_STR("-c")) ||
            bw_str_eq(parts[i].word.text, BW_STR("--command")))
            return i + 1;
    return n;
}

/* The scripts in the arguments of a command, which is parts[0]. Returns whether it is a shell that
 * reads its script from standard input. */
static bool scripts_of(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                       struct bw_str name, const struct bw_shell_part *parts, size_t n)
{
    bool pipefail = false, file = false;
    bool shell = bw_shell_is_shell(name);
    if (!shell && !bw_str_eq(name, BW_STR("eval")) && !bw_str_eq(name, BW_STR("su")) &&
        !bw_str_eq(name, BW_STR("runuser")))
        return false;
    parts =
        copy_of(parser->shell, parts, n, sizeof *parts); /* the stack moves while they are read */
    if (!parts)
        return false;
    if (shell) {
        size_t at = shell_script(parts, n, &pipefail, &file);
        if (at < n)
            argument_script(parser, context, parts + at, 1, pipefail);
        return at == n && !file;
    }
    if (bw_str_eq(name, BW_STR("eval"))) {
        argument_script(parser, context, parts + 1, n - 1, *context->pipefail);
    } else {
        size_t at = option_script(parts, n);
        if (at < n)
            argument_script(parser, context, parts + at, 1, false);
    }
    return false;
}

/* --- emitting --- */

static struct bw_shell_command *push(struct bw_shell_parser *parser,
                                     const struct bw_shell_context *context)
{
    struct bw_shell *shell = parser->shell;
    struct bw_shell_command *command = BW_VEC_PUSH(&shell->commands, BW_SHELL_COMMANDS_MAX);
    if (!command) {
        bw_shell_stop(parser, "it has more than 20000 commands");
        return NULL;
    }
    *command = (struct bw_shell_command){.name = BW_STR(""),
                                         .path = BW_STR(""),
                                         .op = "",
                                         .pipe_length = 1,
                                         .depth = context->depth,
                                         .conditional = context->conditional,
                                         .substitution = context->substitution,
                                         .pipefail = *context->pipefail};
    return command;
}

static void mark_pending(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                         size_t from, bool alone)
{
    for (size_t i = from; i < parser->pending_n; i++) {
        parser->pending[i].script = true;
        parser->pending[i].alone = alone;
        parser->pending[i].pipefail = *context->pipefail && alone;
    }
}

/* What stands on the stacks from the command's heights on, kept. */
static void keep_surroundings(struct bw_shell *shell, struct bw_shell_command *command,
                              const struct bw_shell_simple *simple)
{
    size_t n = shell->assignments.n - simple->assignments;
    if (n)
        command->assignments = copy_of(shell, shell->assignments.v + simple->assignments, n,
                                       sizeof *command->assignments);
    command->assignments_n = command->assignments ? n : 0;
    n = shell->redirects.n - simple->redirects;
    if (n)
        command->redirects =
            copy_of(shell, shell->redirects.v + simple->redirects, n, sizeof *command->redirects);
    command->redirects_n = command->redirects ? n : 0;
    if (command->assignments_n)
        command->at = command->assignments[0].at;
    else if (command->redirects_n)
        command->at = command->redirects[0].at;
}

int bw_shell_emit(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                  const struct bw_shell_simple *simple)
{
    struct bw_shell *shell = parser->shell;
    size_t n = shell->words.n - simple->words;
    if (!n && shell->assignments.n == simple->assignments && parser->pending_n > simple->pending) {
        mark_pending(parser, context, simple->pending, true); /* RUN <<EOF */
        return -1;
    }
    struct bw_shell_command *command = push(parser, context);
    if (!command)
        return -1;
    int index = (int)(shell->commands.n - 1);
    keep_surroundings(shell, command, simple);
    if (!n)
        return index;
    const struct bw_shell_part *parts = shell->words.v + simple->words;
    size_t at = look_through(shell, command, parts, n);
    command->path = parts[at].word.text;
    command->name = bw_shell_basename(command->path);
    command->at = parts[at].word.at;
    set_args(shell, command, parts + at + 1, n - at - 1);
    note_pipefail(command, context->pipefail);
    if (scripts_of(parser, context, command->name, parts + at, n - at))
        mark_pending(parser, context, simple->pending, false);
    return index;
}

/* "#!/usr/bin/env -S bash -e" is bash. */
static struct bw_str shebang(struct bw_str body)
{
    struct bw_str line = {0}, word = {0};
    bw_str_line(&body, &line);
    line = bw_str_trim(bw_str_from(line, 2));
    while (bw_str_split(&line, ' ', &word)) {
        struct bw_str name = bw_shell_basename(word);
        if (name.n && name.p[0] != '-' && !bw_str_eq(name, BW_STR("env")) &&
            bw_str_find(name, '=') == SIZE_MAX)
            return name;
    }
    return BW_STR("");
}

void bw_shell_heredoc_script(struct bw_shell_parser *parser, const struct bw_shell_pending *pending,
                             struct bw_str body, size_t at)
{
    struct bw_shell_context context = pending->context;
    struct bw_shell_parser inner;
    bool pipefail = pending->pipefail;
    if (!bw_shell_inner(parser, body, parser->spans, parser->base + at, &inner))
        return;
    context.pipefail = &pipefail;
    context.depth++;
    if (pending->alone && bw_str_starts(body, BW_STR("#!"))) {
        parser->shell->interpreter = shebang(body);
        if (!bw_shell_is_shell(parser->shell->interpreter)) {
            bw_shell_note(&inner, "it is a script for another interpreter", false);
            return;
        }
    }
    bw_shell_all(&inner, &context);
}

/* --- the whole --- */

static bool finish(struct bw_shell *shell, struct bw_shell_script *ret_script)
{
    ret_script->commands =
        copy_of(shell, shell->commands.v, shell->commands.n, sizeof *shell->commands.v);
    ret_script->commands_n = ret_script->commands ? shell->commands.n : 0;
    ret_script->interpreter = shell->interpreter;
    ret_script->unparsed = shell->unparsed;
    ret_script->limit = shell->limit;
    ret_script->unparsed_at = shell->unparsed_at;
    BW_VEC_FREE(&shell->commands);
    BW_VEC_FREE(&shell->words);
    BW_VEC_FREE(&shell->assignments);
    BW_VEC_FREE(&shell->redirects);
    BW_VEC_FREE(&shell->pipes);
    bw_buf_free(&shell->scratch);
    return !shell->full;
}

static struct bw_shell begin(struct bw_arena *arena, size_t length)
{
    return (struct bw_shell){.arena = arena,
                             .scratch = BW_BUF(2 * length + 65536),
                             .budget = 16 * length + 65536,
                             .interpreter = BW_STR("")};
}

bool bw_shell_parse(const struct bw_shell_text *text, struct bw_arena *arena,
                    struct bw_shell_script *ret_script)
{
    struct bw_shell shell = begin(arena, text->text.n);
    struct bw_shell_parser parser = {
        .shell = &shell, .text = text->text, .spans = text->spans, .base = text->base};
    bool pipefail = text->pipefail;
    const struct bw_shell_context context = {.pipefail = &pipefail};
    bw_shell_all(&parser, &context);
    return finish(&shell, ret_script);
}

bool bw_shell_exec(const struct bw_shell_text *text, const struct bw_shell_word *words, size_t n,
                   struct bw_arena *arena, struct bw_shell_script *ret_script)
{
    struct bw_shell shell = begin(arena, text->text.n);
    struct bw_shell_parser parser = {
        .shell = &shell, .text = text->text, .spans = text->spans, .base = text->base};
    bool pipefail = text->pipefail;
    const struct bw_shell_context context = {.pipefail = &pipefail};
    for (size_t i = 0; i < n; i++) {
        struct bw_shell_part *slot = BW_VEC_PUSH(&shell.words, BW_SHELL_WORDS_MAX);
        if (!slot)
            break;
        slot->word = words[i];
        slot->word.at = bw_shell_source(&parser, words[i].at);
        slot->start = slot->end = words[i].at;
    }
    if (shell.words.n)
        bw_shell_emit(&parser, &context, &(struct bw_shell_simple){0});
    return finish(&shell, ret_script);
}
