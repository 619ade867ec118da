/* Commands of a script as values: policies/schema/dockerfiles.json, command. */
#include "extract/dockerfile-build.h"
#include "extract/shell.h"

/* Letters of one word "-abc" that are told as flags of their own. */
#define LETTERS_MAX 16u

static struct bw_value text_at(struct bw_dockerfile_build *build, struct bw_str text, size_t at)
{
    return bw_dockerfile_text(build, text, bw_dockerfile_source_place(build, at));
}

static bool is_letters(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
              (s.p[i] >= '0' && s.p[i] <= '9')))
            return false;
    return s.n > 1 && s.n <= LETTERS_MAX;
}

/* "--opt=value" is "--opt"; "-yq" is that, "-y" and "-q". */
static void add_flags(struct bw_dockerfile_build *build, struct bw_value *flags,
                      struct bw_value arg)
{
    struct bw_str text = bw_value_text(arg), flag = bw_str_take(text, bw_str_find(text, '='));
    struct bw_str letters = bw_str_from(flag, 1);
    if (flag.n < text.n)
        arg = bw_dockerfile_text(build, flag, arg.place);
    bw_value_add(build->make, flags, arg);
    if (!is_letters(letters))
        return;
    for (size_t i = 0; i < letters.n; i++) {
        const char one[] = {'-', letters.p[i]};
        bw_value_add(build->make, flags, bw_dockerfile_text(build, bw_str_n(one, 2), arg.place));
    }
}

static void set_args(struct bw_dockerfile_build *build, struct bw_value *map,
                     const struct bw_shell_command *command)
{
    struct bw_value args = bw_value_list(build->make, (uint32_t)command->args_n);
    struct bw_value flags = bw_value_list(build->make, 0);
    struct bw_value words = bw_value_list(build->make, (uint32_t)command->args_n);
    bool options = true;
    for (size_t i = 0; i < command->args_n; i++) {
        struct bw_str text = command->args[i].text;
        struct bw_value arg = text_at(build, text, command->args[i].at);
        bw_value_add(build->make, &args, arg);
        if (options && bw_str_eq(text, BW_STR("--")))
            options = false;
        else if (options && text.n > 1 && text.p[0] == '-')
            add_flags(build, &flags, arg);
        else
            bw_value_add(build->make, &words, arg);
    }
    bw_value_set(build->make, map, "args", args);
    bw_value_set(build->make, map, "flags", flags);
    bw_value_set(build->make, map, "words", words);
}

static struct bw_value wrappers(struct bw_dockerfile_build *build,
                                const struct bw_shell_command *command)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)command->wrappers_n);
    for (size_t i = 0; i < command->wrappers_n; i++)
        bw_value_add(build->make, &list, bw_value_string(build->make, command->wrappers[i]));
    return list;
}

static struct bw_value assignments(struct bw_dockerfile_build *build,
                                   const struct bw_shell_command *command)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)command->assignments_n);
    for (size_t i = 0; i < command->assignments_n; i++) {
        const struct bw_shell_assignment *from = &command->assignments[i];
        struct bw_value map = bw_value_map(build->make, 2);
        map.place = bw_dockerfile_source_place(build, from->at);
        bw_value_set(build->make, &map, "name", bw_dockerfile_text(build, from->name, map.place));
        bw_value_set(build->make, &map, "value", bw_dockerfile_text(build, from->value, map.place));
        bw_value_add(build->make, &list, map);
    }
    return list;
}

static struct bw_value redirects(struct bw_dockerfile_build *build,
                                 const struct bw_shell_command *command)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)command->redirects_n);
    for (size_t i = 0; i < command->redirects_n; i++) {
        const struct bw_shell_redirect *from = &command->redirects[i];
        struct bw_value map = bw_value_map(build->make, 3);
        map.place = bw_dockerfile_source_place(build, from->at);
        bw_value_set(build->make, &map, "op", bw_dockerfile_text(build, from->op, map.place));
        bw_value_set(build->make, &map, "target",
                     bw_dockerfile_text(build, from->target, map.place));
        bw_value_set(build->make, &map, "fd", bw_value_int(from->fd));
        bw_value_add(build->make, &list, map);
    }
    return list;
}

struct bw_value bw_dockerfile_command(struct bw_dockerfile_build *build,
                                      const struct bw_shell_command *command)
{
    struct bw_value_maker *make = build->make;
    struct bw_value map = bw_value_map(make, 20);
    struct bw_text_mark mark = bw_text_map_find(&build->map, command->at);
    map.place = bw_dockerfile_source_place(build, command->at);
    bw_value_set(make, &map, "name", bw_dockerfile_text(build, command->name, map.place));
    bw_value_set(make, &map, "path", bw_dockerfile_text(build, command->path, map.place));
    set_args(build, &map, command);
    bw_value_set(make, &map, "wrappers", wrappers(build, command));
    bw_value_set(make, &map, "assignments", assignments(build, command));
    bw_value_set(make, &map, "redirects", redirects(build, command));
    bw_value_set(make, &map, "pipe", bw_value_int(command->pipe));
    bw_value_set(make, &map, "pipeLength", bw_value_int(command->pipe_length));
    bw_value_set(make, &map, "operator", bw_value_string(make, bw_str(command->op)));
    bw_value_set(make, &map, "depth", bw_value_int(command->depth));
    bw_value_set(make, &map, "conditional", bw_value_bool(command->conditional));
    bw_value_set(make, &map, "substitution", bw_value_bool(command->substitution));
    bw_value_set(make, &map, "pipefail", bw_value_bool(command->pipefail));
    bw_value_set(make, &map, "line", bw_value_int(mark.line));
    bw_value_set(make, &map, "column", bw_value_int(mark.column));
    return map;
}
