#include <stdlib.h>

#include "extract/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

static void touch(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        seen ^= (uint8_t)s.p[i];
}

static void check(const struct bw_shell_command *command, size_t size)
{
    if (command->at > size || command->pipe >= command->pipe_length || !command->op)
        abort();
    touch(command->name);
    touch(command->path);
    for (size_t i = 0; i < command->args_n; i++) {
        touch(command->args[i].text);
        if (command->args[i].at > size)
            abort();
    }
    for (size_t i = 0; i < command->wrappers_n; i++)
        touch(command->wrappers[i]);
    for (size_t i = 0; i < command->assignments_n; i++) {
        touch(command->assignments[i].name);
        touch(command->assignments[i].value);
        if (command->assignments[i].at > size)
            abort();
    }
    for (size_t i = 0; i < command->redirects_n; i++) {
        touch(command->redirects[i].op);
        touch(command->redirects[i].target);
        if (command->redirects[i].at > size)
            abort();
    }
}

/* The text as a script and, cut at NULs, as the words of a command. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena = bw_arena_new((size_t)64 << 20);
    const struct bw_shell_text text = {.text = bw_str_n(data, size)};
    struct bw_shell_word words[8] = {0};
    struct bw_str rest = bw_str_n(data, size), part;
    struct bw_shell_script script;
    size_t n = 0;
    if (bw_shell_parse(&text, arena, &script)) {
        touch(script.interpreter);
        for (size_t i = 0; i < script.commands_n; i++)
            check(&script.commands[i], size);
        if (script.unparsed && script.unparsed_at > size)
            abort();
    }
    while (n < 8 && bw_str_split(&rest, '\0', &part)) {
        words[n].at = (size_t)(part.p - (const char *)data);
        words[n++].text = part;
    }
    if (bw_shell_exec(&text, words, n, arena, &script))
        for (size_t i = 0; i < script.commands_n; i++)
            check(&script.commands[i], size);
    bw_arena_free(arena);
    return 0;
}
