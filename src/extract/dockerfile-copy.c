#include "extract/dockerfile-build.h"

static void set_flag(struct bw_dockerfile_build *build, struct bw_value *copy, const char *flag,
                     const char *key, bool expand)
{
    struct bw_str text;
    size_t at;
    if (!bw_dockerfile_flag(build, flag, &text, &at))
        return;
    bw_value_set(build->make, copy, key,
                 expand ? bw_dockerfile_expanded(build, text, at)
                        : bw_dockerfile_text(build, text, bw_dockerfile_place(build, at)));
}

/* "--link", "--link=true"; where `always`, false is written for what is not there. */
static void set_switch(struct bw_dockerfile_build *build, struct bw_value *copy, const char *flag,
                       const char *key, bool always)
{
    struct bw_str text;
    size_t at = 0;
    bool there = bw_dockerfile_flag(build, flag, &text, &at);
    if (!there && !always)
        return;
    struct bw_value value = bw_value_bool(there && !bw_str_eq_nocase(text, BW_STR("false")));
    value.place = there ? bw_dockerfile_place(build, at) : 0;
    bw_value_set(build->make, copy, key, value);
}

static void set_excludes(struct bw_dockerfile_build *build, struct bw_value *copy)
{
    struct bw_value list = bw_value_list(build->make, 0);
    for (size_t i = 0; i < build->it.flags.n; i++) {
        struct bw_dockerfile_word flag = build->it.flags.v[i];
        if (!bw_str_starts(flag.text, BW_STR("--exclude=")))
            continue;
        flag.text = bw_str_from(flag.text, sizeof "--exclude=" - 1);
        flag.at += sizeof "--exclude=" - 1;
        bw_value_add(build->make, &list, bw_dockerfile_raw(build, &flag));
    }
    bw_value_set(build->make, copy, "exclude", list);
}

static void set_from(struct bw_dockerfile_build *build, struct bw_value *copy)
{
    struct bw_str text;
    size_t at;
    int stage = -1;
    if (bw_dockerfile_flag(build, "from", &text, &at)) {
        stage = build->expand ? bw_dockerfile_source_stage(build, text) : -1;
        bw_value_set(build->make, copy, "from",
                     bw_dockerfile_text(build, text, bw_dockerfile_place(build, at)));
    }
    bw_value_set(build->make, copy, "fromStage", bw_value_int(stage));
}

static bool is_heredoc(const struct bw_dockerfile_build *build, size_t i)
{
    return build->it.heredocs.n && i < build->it.args.n &&
           bw_str_find_str(build->it.args.v[i].text, BW_STR("<<")) != SIZE_MAX;
}

static bool is_remote(struct bw_str source)
{
    return bw_str_find_str(source, BW_STR("://")) != SIZE_MAX ||
           bw_str_starts(source, BW_STR("git@"));
}

/* Sources, and those of them that .dockerignore keeps out. */
static void set_sources(struct bw_dockerfile_build *build, struct bw_value *copy,
                        struct bw_value args)
{
    uint32_t n = bw_value_count(args);
    struct bw_value sources = bw_value_list(build->make, n);
    struct bw_value ignored = bw_value_list(build->make, 0);
    bool local = build->expand && bw_value_get(*copy, BW_STR("from")).kind == BW_VALUE_ABSENT;
    for (uint32_t i = 0; i + 1 < n; i++) {
        struct bw_value source = bw_value_index(args, i);
        if (is_heredoc(build, i))
            continue;
        bw_value_add(build->make, &sources, source);
        if (!local || source.kind != BW_VALUE_STRING || is_remote(bw_value_text(source)) ||
            !bw_dockerfile_is_ignored(build, bw_value_text(source)))
            continue;
        bw_value_add(build->make, &ignored, source);
        bw_dockerfile_warn(build, "CopyIgnoredFile", ".dockerignore leaves out %" BW_STR_F,
                           BW_STR_A(bw_text_brief(bw_value_text(source))));
    }
    bw_value_set(build->make, copy, "sources", sources);
    bw_value_set(build->make, copy, "ignored", ignored);
    bw_value_set(build->make, copy, "destination", bw_value_index(args, n - 1));
}

bool bw_dockerfile_copy(struct bw_dockerfile_build *build, struct bw_value *instruction,
                        struct bw_value args)
{
    struct bw_value copy = bw_value_map(build->make, 14);
    copy.place = instruction->place;
    if (bw_value_count(args) < 2) {
        bw_dockerfile_bad(build, "it needs a source and a destination");
        return false;
    }
    set_from(build, &copy);
    set_sources(build, &copy, args);
    set_flag(build, &copy, "chown", "chown", true);
    set_flag(build, &copy, "chmod", "chmod", true);
    set_flag(build, &copy, "checksum", "checksum", true);
    set_switch(build, &copy, "link", "link", true);
    set_switch(build, &copy, "parents", "parents", true);
    set_switch(build, &copy, "keep-git-dir", "keepGitDir", true);
    set_switch(build, &copy, "unpack", "unpack", false);
    set_excludes(build, &copy);
    bw_value_set(build->make, instruction, "copy", copy);
    return true;
}
