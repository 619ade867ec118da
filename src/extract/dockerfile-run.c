#include "extract/dockerfile-build.h"
#include "extract/shell.h"

/* --- mounts: "type=cache,target=/x" --- */

struct mount_key {
    const char *name, *key;
};

static const struct mount_key mount_keys[] = {
    {"type", "type"},         {"target", "target"},
    {"dst", "target"},        {"destination", "target"},
    {"source", "source"},     {"src", "source"},
    {"from", "from"},         {"id", "id"},
    {"uid", "uid"},           {"gid", "gid"},
    {"mode", "mode"},         {"sharing", "sharing"},
    {"env", "env"},           {"size", "size"},
    {"ro", "readonly"},       {"readonly", "readonly"},
    {"rw", "readwrite"},      {"readwrite", "readwrite"},
    {"required", "required"},
};

static const char *mount_key(struct bw_str name)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(mount_keys); i++)
        if (bw_str_eq_nocase(name, bw_str(mount_keys[i].name)))
            return mount_keys[i].key;
    return NULL;
}

static bool is_switch(const char *key)
{
    return strcmp(key, "readonly") == 0 || strcmp(key, "required") == 0 ||
           strcmp(key, "readwrite") == 0;
}

static void mount_field(struct bw_dockerfile_build *build, struct bw_value *mount,
                        struct bw_str field, size_t at)
{
    size_t equals = bw_str_find(field, '=');
    const char *key = mount_key(bw_str_take(field, equals));
    struct bw_str text = equals == SIZE_MAX ? BW_STR("") : bw_str_from(field, equals + 1);
    if (!key) {
        bw_dockerfile_bad(build, "a mount has no field \"%" BW_STR_F "\"",
                          BW_STR_A(bw_text_brief(bw_str_take(field, equals))));
    } else if (is_switch(key)) {
        bool on = !bw_str_eq_nocase(text, BW_STR("false"));
        bool writable = strcmp(key, "readwrite") == 0;
        struct bw_value value = bw_value_bool(writable ? !on : on);
        value.place = bw_dockerfile_place(build, at);
        bw_value_set(build->make, mount, writable ? "readonly" : key, value);
    } else {
        at += equals == SIZE_MAX ? 0 : equals + 1;
        bw_value_set(build->make, mount, key, bw_dockerfile_expanded(build, text, at));
    }
}

static struct bw_value mount(struct bw_dockerfile_build *build, struct bw_str text, size_t at)
{
    struct bw_value map = bw_value_map(build->make, 8);
    const char *start = text.p;
    struct bw_str field;
    map.place = bw_dockerfile_place(build, at);
    bw_value_set(build->make, &map, "type", bw_value_string(build->make, BW_STR("bind")));
    while (bw_str_split(&text, ',', &field))
        mount_field(build, &map, field, at + (size_t)(field.p - start));
    if (bw_value_get(map, BW_STR("target")).kind == BW_VALUE_ABSENT)
        bw_value_set(build->make, &map, "target", bw_value_string(build->make, BW_STR("")));
    struct bw_value from = bw_value_get(map, BW_STR("from"));
    if (from.kind == BW_VALUE_STRING && build->expand)
        bw_value_set(build->make, &map, "fromStage",
                     bw_value_int(bw_dockerfile_source_stage(build, bw_value_text(from))));
    return map;
}

static struct bw_value mounts(struct bw_dockerfile_build *build)
{
    struct bw_value list = bw_value_list(build->make, 0);
    for (size_t i = 0; i < build->it.flags.n; i++) {
        const struct bw_dockerfile_word *flag = &build->it.flags.v[i];
        size_t n = sizeof "--mount=" - 1;
        if (bw_str_starts(flag->text, BW_STR("--mount=")))
            bw_value_add(build->make, &list,
                         mount(build, bw_str_from(flag->text, n), flag->at + n));
    }
    return list;
}

static void set_flag(struct bw_dockerfile_build *build, struct bw_value *run, const char *flag,
                     const char *otherwise)
{
    struct bw_str text;
    size_t at;
    bool there = bw_dockerfile_flag(build, flag, &text, &at);
    bw_value_set(build->make, run, flag,
                 there ? bw_dockerfile_text(build, text, bw_dockerfile_place(build, at))
                       : bw_value_string(build->make, bw_str(otherwise)));
}

/* --- commands --- */

/* "sh", "bash", "powershell" ...: SHELL's, or what a comment says instead. */
static struct bw_str shell_name(const struct bw_dockerfile_build *build)
{
    static const char *const alike[][2] = {{"pwsh", "powershell"},
                                           {"powershell.exe", "powershell"},
                                           {"pwsh.exe", "powershell"},
                                           {"cmd.exe", "cmd"}};
    struct bw_str name = BW_STR("/bin/sh");
    if (build->pragma_shell.n)
        name = build->pragma_shell;
    else if (build->stages.n && bw_value_count(build->stages.v[build->stages.n - 1].shell))
        name = bw_value_text(bw_value_index(build->stages.v[build->stages.n - 1].shell, 0));
    size_t slash = bw_str_rfind(name, '\\');
    name = bw_shell_basename(slash == SIZE_MAX ? name : bw_str_from(name, slash + 1));
    for (size_t i = 0; i < BW_ARRAY_LEN(alike); i++)
        if (bw_str_eq_nocase(name, bw_str(alike[i][0])))
            return bw_str(alike[i][1]);
    return name;
}

/* SHELL ["/bin/bash", "-o", "pipefail", "-c"]. */
static bool shell_has_pipefail(const struct bw_dockerfile_build *build)
{
    struct bw_value shell =
        build->stages.n ? build->stages.v[build->stages.n - 1].shell : (struct bw_value){0};
    for (uint32_t i = 1; i < bw_value_count(shell); i++)
        if (bw_value_is(bw_value_index(shell, i), "pipefail"))
            return true;
    return false;
}

/* The line and, behind it, the here-documents: what the builder gives the shell. */
static bool parse_with_heredocs(struct bw_dockerfile_build *build, struct bw_shell_text text,
                                struct bw_shell_script *script)
{
    struct bw_arena *arena = build->reading->arena;
    size_t start = (size_t)(build->it.heredocs.v[0].body.p - build->map.text.p);
    struct bw_str bodies = bw_str_n(build->map.text.p + start, build->lines.at - start);
    struct bw_str line = bw_str_take(build->line.text, text.base + text.text.n);
    struct bw_text_spans spans = {0};
    char *all = bw_arena_alloc(arena, line.n + 1 + bodies.n);
    bool good = all;
    for (size_t i = 0; good && i < build->line.spans->n; i++)
        good = bw_text_span_add(&spans, build->line.spans->v[i].at, build->line.spans->v[i].source);
    good = good && bw_text_span_add(&spans, line.n + 1, start);
    if (good) {
        memcpy(all, line.p, line.n);
        all[line.n] = '\n';
        memcpy(all + line.n + 1, bodies.p, bodies.n);
        text.text = bw_str_from(bw_str_n(all, line.n + 1 + bodies.n), text.base);
        text.spans = &spans;
        good = bw_shell_parse(&text, arena, script);
    }
    BW_VEC_FREE(&spans);
    return good;
}

static bool parse_text(struct bw_dockerfile_build *build, struct bw_shell_script *script)
{
    const struct bw_dockerfile_instruction *it = &build->it;
    struct bw_shell_text text = {it->rest.text, build->line.spans, it->rest.at,
                                 shell_has_pipefail(build)};
    if (it->keyword == BW_DOCKERFILE_HEALTHCHECK) {
        text.text = it->args.v[1].text;
        text.base = it->args.v[1].at;
    }
    return it->heredocs.n ? parse_with_heredocs(build, text, script)
                          : bw_shell_parse(&text, build->reading->arena, script);
}

static bool parse_words(struct bw_dockerfile_build *build, struct bw_shell_script *script)
{
    const struct bw_dockerfile_words *args = &build->it.args;
    const struct bw_shell_text text = {.text = build->line.text, .spans = build->line.spans};
    size_t first = build->it.keyword == BW_DOCKERFILE_HEALTHCHECK;
    struct bw_shell_word *words = bw_arena_array(build->reading->arena, args->n + 1, sizeof *words);
    if (!words)
        return false;
    for (size_t i = first; i < args->n; i++) {
        words[i].text = args->v[i].text;
        words[i].at = args->v[i].at;
    }
    return bw_shell_exec(&text, words + first, args->n - first, build->reading->arena, script);
}

static void tell_unparsed(struct bw_dockerfile_build *build, const struct bw_shell_script *script)
{
    struct bw_text_mark mark = bw_text_map_find(&build->map, script->unparsed_at);
    uint32_t line = mark.line > build->line.first ? mark.line : build->line.first;
    bw_reading_gap(build->reading, script->limit ? BW_GAP_BLOCKING : BW_GAP_NOTE, line,
                   BW_STR("commands of a script"), "%s", script->unparsed);
}

static void tell_shell(struct bw_dockerfile_build *build, struct bw_str name)
{
    name = bw_text_brief(name);
    if (!build->shell_told)
        bw_reading_gap(build->reading, BW_GAP_NOTE, build->line.first,
                       BW_STR("commands of scripts"),
                       "\"%" BW_STR_F "\" is no shell whose scripts are read", BW_STR_A(name));
    build->shell_told = true;
}

static struct bw_value commands(struct bw_dockerfile_build *build,
                                const struct bw_shell_script *script)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)script->commands_n);
    for (size_t i = 0; i < script->commands_n; i++)
        bw_value_add(build->make, &list, bw_dockerfile_command(build, &script->commands[i]));
    return list;
}

/* The commands of the instruction at hand; false where memory is short. *read: nothing hinders. */
static bool parse(struct bw_dockerfile_build *build, struct bw_str shell,
                  struct bw_shell_script *script, bool *read)
{
    *read = build->it.json || bw_shell_is_shell(shell);
    if (build->it.keyword == BW_DOCKERFILE_HEALTHCHECK && build->it.args.n < 2)
        return true; /* NONE */
    if (!*read) {
        tell_shell(build, shell);
        return true;
    }
    bool good = build->it.json ? parse_words(build, script) : parse_text(build, script);
    if (good && script->unparsed)
        tell_unparsed(build, script);
    return good;
}

static void set_commands(struct bw_dockerfile_build *build, struct bw_value *run)
{
    struct bw_shell_script script = {.interpreter = BW_STR("")};
    struct bw_str shell = build->it.json ? BW_STR("") : shell_name(build);
    bool read;
    if (!parse(build, shell, &script, &read))
        build->make->failed = true;
    if (script.interpreter.n)
        shell = script.interpreter;
    bw_value_set(build->make, run, "shell", bw_value_string(build->make, shell));
    bw_value_set(build->make, run, "commands", commands(build, &script));
    bw_value_set(build->make, run, "unparsed", bw_value_bool(!read || script.unparsed));
}

void bw_dockerfile_run(struct bw_dockerfile_build *build, struct bw_value *instruction)
{
    struct bw_value run = bw_value_map(build->make, 6);
    run.place = bw_dockerfile_place(build, build->it.rest.at);
    if (build->it.keyword == BW_DOCKERFILE_RUN) {
        bw_value_set(build->make, &run, "mounts", mounts(build));
        set_flag(build, &run, "network", "default");
        set_flag(build, &run, "security", "sandbox");
    }
    set_commands(build, &run);
    bw_value_set(build->make, instruction, "run", run);
}
