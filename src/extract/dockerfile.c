/* The reader of Dockerfiles: moby/buildkit, frontend/dockerfile/docs/reference.md. */
#include "extract/dockerfile-build.h"

/* --- recognition --- */

static bool starts_nocase(struct bw_str s, const char *prefix)
{
    return bw_str_eq_nocase(bw_str_take(s, strlen(prefix)), bw_str(prefix));
}

static bool ends_nocase(struct bw_str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n > n && bw_str_eq_nocase(bw_str_from(s, s.n - n), bw_str(suffix));
}

/* The first instruction is FROM, or ARG, which alone may stand before it. */
static bool begins_with_from(struct bw_str text)
{
    struct bw_str line;
    while (bw_str_line(&text, &line)) {
        line = bw_str_trim(line);
        if (line.n && line.p[0] != '#')
            return starts_nocase(line, "FROM ") || starts_nocase(line, "ARG ");
    }
    return false;
}

/* Of programs that deal with Dockerfiles, and of what Dockerfiles are made from. */
static bool is_of_another_kind(struct bw_str name)
{
    static const char *const suffixes[] = {
        ".c",    ".cs",   ".erb",  ".go",  ".hs",  ".html",     ".j2",   ".java", ".jinja", ".js",
        ".json", ".lua",  ".md",   ".nix", ".php", ".py",       ".rb",   ".rs",   ".rst",   ".sh",
        ".tf",   ".toml", ".tmpl", ".tpl", ".ts",  ".template", ".yaml", ".yml"};
    for (size_t i = 0; i < BW_ARRAY_LEN(suffixes); i++)
        if (ends_nocase(name, suffixes[i]))
            return true;
    return false;
}

static bool recognise(struct bw_str path, struct bw_str text)
{
    static const char *const suffixes[] = {".dockerfile", ".containerfile"};
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str name = bw_str_from(path, slash == SIZE_MAX ? 0 : slash + 1);
    if (bw_str_eq(path, BW_STR("-")))
        return begins_with_from(text);
    if (ends_nocase(name, ".dockerignore"))
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(suffixes); i++)
        if (ends_nocase(name, suffixes[i]) || bw_str_eq_nocase(name, bw_str(suffixes[i] + 1)))
            return true;
    if (starts_nocase(name, "Dockerfile.") || starts_nocase(name, "Containerfile."))
        return !is_of_another_kind(name) || begins_with_from(text);
    /* Nobody's convention, and seen often: then the content must say it, too. */
    return (starts_nocase(name, "Dockerfile-") || starts_nocase(name, "Dockerfile_") ||
            starts_nocase(name, "Containerfile-")) &&
           begins_with_from(text);
}

/* --- reading --- */

/* The text as it is or, where it is not, as UTF-8; each byte that is none is one character. p is
 * NULL where the arena is full. */
static struct bw_str as_utf8(struct bw_arena *arena, struct bw_str text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    if (bw_str_is_utf8(text))
        return text;
    char *to = bw_arena_array(arena, text.n, 3);
    size_t n = 0;
    for (size_t i = 0; to && i < text.n;) {
        size_t size = 1;
        while (size <= 4 && i + size <= text.n && !bw_str_is_utf8(bw_str_n(text.p + i, size)))
            size++;
        bool good = size <= 4 && i + size <= text.n;
        memcpy(to + n, good ? text.p + i : replacement, good ? size : 3);
        n += good ? size : 3;
        i += good ? size : 1;
    }
    return (struct bw_str){to, n};
}

static void hear_directive(void *ctx, enum bw_dockerfile_directive name, struct bw_str value,
                           uint32_t line)
{
    static const char *const keys[] = {"syntax", "escape", "check"};
    struct bw_dockerfile_build *build = ctx;
    struct bw_value text = bw_value_string(build->make, value);
    text.place = bw_reading_place(build->reading, 0, line, 1);
    bw_value_set(build->make, &build->directives, keys[name], text);
    if (name == BW_DOCKERFILE_CHECK)
        bw_dockerfile_check_directive(build, value, line);
}

static void hear_comment(void *ctx, struct bw_str text, uint32_t line, bool within)
{
    struct bw_dockerfile_build *build = ctx;
    bw_dockerfile_comment(build, text, line);
    if (within)
        return;
    text = bw_str_trim(text);
    if (!text.n)
        build->comments_n = 0;
    else if (build->comments_n < BW_DOCKERFILE_COMMENTS_MAX)
        build->comments[build->comments_n++] = text;
}

static int read_heredocs(struct bw_dockerfile_build *build, struct bw_err *err)
{
    for (size_t i = 0; i < build->it.heredocs.n; i++) {
        struct bw_dockerfile_heredoc *heredoc = &build->it.heredocs.v[i];
        if (!bw_dockerfile_lines_heredoc(&build->lines, heredoc->name, heredoc->chomp,
                                         &heredoc->body))
            return bw_err_set(err, BW_EFORMAT,
                              "line %u: the here-document %" BW_STR_F " has no end",
                              build->line.first, BW_STR_A(bw_text_brief(heredoc->name)));
    }
    return 0;
}

static int read_instruction(struct bw_dockerfile_build *build, struct bw_err *err)
{
    int rc = bw_dockerfile_parse(&build->it, build->line.text, build->lines.escape,
                                 build->reading->arena, err);
    if (rc) {
        bw_dockerfile_bad(build, "%s", err->msg);
        return 0;
    }
    rc = read_heredocs(build, err);
    if (rc)
        return rc;
    if (build->it.keyword != BW_DOCKERFILE_UNKNOWN)
        bw_dockerfile_add_instruction(build);
    else if (!build->strangers++)
        bw_dockerfile_bad(build, "there is no instruction \"%" BW_STR_F "\"",
                          BW_STR_A(bw_text_brief(build->it.original.text)));
    return 0;
}

static int read_all(struct bw_dockerfile_build *build, struct bw_err *err)
{
    int rc;
    while ((rc = bw_dockerfile_lines_next(&build->lines, &build->line, err)) == 1) {
        if (build->read++ == BW_DOCKERFILE_INSTRUCTIONS_MAX) {
            bw_dockerfile_bad(build, "more than %u instructions: the rest is not read",
                              BW_DOCKERFILE_INSTRUCTIONS_MAX);
            return 0;
        }
        rc = read_instruction(build, err);
        if (bw_arena_is_full(build->reading->arena) || build->make->failed) {
            build->make->failed = true; /* whatever else came of it: bw_reader_read tells this */
            return 0;
        }
        if (rc)
            return rc;
        bw_dockerfile_comments_end(build, build->line.first, build->lines.line);
    }
    if (build->strangers > 1)
        bw_dockerfile_bad(build, "%u more lines begin with no instruction: is it a template?",
                          build->strangers - 1);
    return rc;
}

static int add_objects(struct bw_dockerfile_build *build, struct bw_err *err)
{
    struct bw_reading *reading = build->reading;
    struct bw_value file = bw_value_map(build->make, 5);
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .group = BW_STR(BW_OBJECT_GROUP),
                               .version = BW_STR("v1"),
                               .resource = BW_STR("dockerfiles"),
                               .kind = BW_STR("Dockerfile"),
                               .namespace = BW_STR(""),
                               .name = reading->request->path};
    if (!build->stages.n)
        return bw_err_set(err, BW_EFORMAT, "line %u: there is no FROM", build->lines.line);
    file.place = object.place = bw_reading_place(reading, 0, 1, 1);
    bw_value_set(build->make, &file, "path", bw_value_string(build->make, reading->request->path));
    bw_value_set(build->make, &file, "directives", build->directives);
    bw_value_set(build->make, &file, "instructions", build->instructions);
    bw_value_set(build->make, &file, "stages", bw_dockerfile_stage_values(build));
    bw_value_set(build->make, &file, "warnings", build->warnings);
    object.value = file;
    uint32_t index = bw_reading_object(reading, &object);
    if (index != BW_OBJECT_NO_VIEW)
        bw_dockerfile_pod(build, index);
    return 0;
}

static void close_build(struct bw_dockerfile_build *build)
{
    for (size_t i = 0; i < build->stages.n; i++)
        BW_VEC_FREE(&build->stages.v[i].sources);
    BW_VEC_FREE(&build->stages);
    BW_VEC_FREE(&build->waiting);
    bw_dockerfile_lines_close(&build->lines);
    bw_dockerfile_instruction_free(&build->it);
    bw_buf_free(&build->word);
}

static int read_text(struct bw_reading *reading, struct bw_str text, struct bw_err *err)
{
    struct bw_value_maker *make = &reading->make;
    struct bw_dockerfile_build build = {.reading = reading,
                                        .make = make,
                                        .directives = bw_value_map(make, 3),
                                        .instructions = bw_value_list(make, 32),
                                        .warnings = bw_value_list(make, 0),
                                        .global_args = bw_value_map(make, 0),
                                        .word = BW_BUF(BW_EXPAND_RESULT_MAX)};
    const struct bw_dockerfile_listener listener = {&build, hear_directive, hear_comment};
    if (!bw_text_map_make(&build.map, text, reading->arena) || make->failed) {
        make->failed = true;
        return 0;
    }
    bw_dockerfile_lines_open(&build.lines, text, &listener);
    int rc = read_all(&build, err);
    if (!rc && !make->failed)
        rc = add_objects(&build, err);
    close_build(&build);
    return rc;
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    struct bw_str text = reading->request->text;
    if (bw_str_find(text, '\0') != SIZE_MAX)
        return bw_err_set(err, BW_EFORMAT, "it is a binary file, no Dockerfile");
    if (bw_str_starts(text, BW_STR("\xef\xbb\xbf")))
        text = bw_str_from(text, 3);
    struct bw_str good = as_utf8(reading->arena, text);
    if (text.n && !good.p) {
        reading->make.failed = true;
        return 0;
    }
    return read_text(reading, good, err);
}

const struct bw_reader bw_reader_dockerfile = {.name = "dockerfile",
                                               .what = "the Dockerfile",
                                               .syntax = BW_SYNTAX_DOCKERFILE,
                                               .recognise = recognise,
                                               .read = read};
