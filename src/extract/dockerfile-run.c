#include "extract/dockerfile-build.h"

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
        bw_dockerfile_bad(build, "a mount has no field \"%.60s\"",
                          bw_value_text(bw_value_string(build->make, field)).p);
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

void bw_dockerfile_run(struct bw_dockerfile_build *build, struct bw_value *instruction)
{
    struct bw_value run = bw_value_map(build->make, 6);
    run.place = bw_dockerfile_place(build, build->it.rest.at);
    if (build->it.keyword == BW_DOCKERFILE_RUN) {
        bw_value_set(build->make, &run, "mounts", mounts(build));
        set_flag(build, &run, "network", "default");
        set_flag(build, &run, "security", "sandbox");
    }
    bw_value_set(build->make, &run, "commands", bw_value_list(build->make, 0));
    bw_value_set(build->make, instruction, "run", run);
}
