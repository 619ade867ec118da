#include "extract/compose-loader.h"

static struct bw_value give_variables(struct bw_compose *compose, struct bw_value variables)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = bw_value_map(make, bw_value_count(variables));
    for (uint32_t i = 0; i < bw_value_count(variables) && !make->failed; i++) {
        const struct bw_value_member *member = &variables.map->v[i];
        struct bw_value value = member->value;
        if (value.kind == BW_VALUE_NULL) {
            struct bw_value given = bw_compose_env_get(&compose->env, bw_value_text(member->key));
            if (given.kind != BW_VALUE_ABSENT)
                value = given;
        }
        bw_value_put(make, &out, member->key, value);
    }
    out.place = variables.place;
    out.flags = variables.flags;
    return out;
}

static struct bw_value with_variables(struct bw_compose *compose, struct bw_value service)
{
    struct bw_value environment = bw_value_get(service, BW_STR("environment"));
    if (environment.kind == BW_VALUE_MAP)
        bw_value_set(&compose->reading->make, &service, "environment",
                     give_variables(compose, environment));
    return service;
}

void bw_compose_resolve_variables(struct bw_compose *compose, struct bw_value model)
{
    static const char *const sections[] = {"services", "jobs"};
    for (size_t s = 0; s < BW_ARRAY_LEN(sections); s++) {
        struct bw_value services = bw_value_get(model, bw_str(sections[s]));
        for (uint32_t i = 0; services.kind == BW_VALUE_MAP && i < services.map->n; i++)
            if (services.map->v[i].value.kind == BW_VALUE_MAP)
                bw_value_put(&compose->reading->make, &services, services.map->v[i].key,
                             with_variables(compose, services.map->v[i].value));
    }
}

/* The variables of an include: of its env files, or of .env in its directory. */
static void include_env(struct bw_compose_loader *loader, struct bw_value files, struct bw_str dir,
                        struct bw_compose_env *env)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str text, full;
    struct bw_err err = {0};
    bool named = files.kind == BW_VALUE_LIST && files.list->n;
    for (uint32_t i = 0; i < (named ? files.list->n : 1); i++) {
        struct bw_value file = named ? files.list->v[i] : (struct bw_value){0};
        struct bw_str path = bw_arena_printf(compose->reading->arena, "%" BW_STR_F "%s.env",
                                             BW_STR_A(dir), dir.n ? "/" : "");
        if (named)
            path = bw_compose_path(compose, bw_value_text(file));
        if (named && (!path.n || bw_str_eq(path, BW_STR("/dev/null"))))
            continue;
        full = path.p ? bw_compose_file(compose, path) : path;
        if (named ? !bw_compose_find(loader, path, file.place, &full, &text)
                  : !full.p || !bw_reading_other(compose->reading, full, &text) ||
                        !bw_compose_may_read(compose, text.n, file.place))
            continue;
        if (bw_compose_env_file(compose->reading, bw_reading_file(compose->reading, full), text,
                                false, env->outer, &env->variables, &err))
            bw_compose_gap(compose, BW_GAP_BLOCKING, file.place, "%" BW_STR_F ": %s",
                           BW_STR_A(full), err.msg);
    }
}

/* What an include brings stands under what the file says itself. */
static void import(struct bw_compose *compose, struct bw_value imported, struct bw_value *model)
{
    static const char *const sections[] = {"services", "jobs",    "volumes", "networks",
                                           "secrets",  "configs", "models"};
    for (size_t s = 0; s < BW_ARRAY_LEN(sections); s++) {
        struct bw_str name = bw_str(sections[s]);
        struct bw_value theirs = bw_value_get(imported, name), ours = bw_value_get(*model, name);
        theirs = bw_compose_reset(compose, theirs, ours);
        if (theirs.kind != BW_VALUE_ABSENT)
            bw_value_set(&compose->reading->make, model, sections[s],
                         bw_compose_merge(compose,
                                          bw_compose_member_type(&bw_compose_project, name), theirs,
                                          ours));
    }
}

static bool is_being_read(const struct bw_compose_loader *loader, struct bw_str path)
{
    for (unsigned i = 0; i < loader->depth; i++)
        if (bw_str_eq(loader->including[i], path))
            return true;
    return false;
}

/* Loads the files of one include, each over those before it. */
static void load_included(struct bw_compose_loader *loader, struct bw_value paths,
                          struct bw_value *model)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str full, text;
    struct bw_err err = {0};
    for (uint32_t i = 0; i < bw_value_count(paths); i++) {
        struct bw_value path = paths.list->v[i];
        if (path.kind != BW_VALUE_STRING ||
            !bw_compose_find(loader, bw_value_text(path), path.place, &full, &text))
            continue;
        if (is_being_read(loader, full) || loader->depth > BW_COMPOSE_INCLUDE_DEPTH_MAX) {
            bw_compose_gap(compose, BW_GAP_BLOCKING, path.place, "include: %" BW_STR_F "%s",
                           BW_STR_A(full),
                           is_being_read(loader, full) ? " includes itself" : " is too deep");
            continue;
        }
        if (bw_compose_load_text(loader, full, text,
                                 BW_COMPOSE_WITH_INCLUDES | BW_COMPOSE_WITH_EXTENDS, model, &err))
            bw_compose_gap(compose, BW_GAP_BLOCKING, path.place, "%" BW_STR_F ": %s",
                           BW_STR_A(full), err.msg);
    }
}

/* Paths of an include are seen from the directory of the project that has it. */
static struct bw_value include_paths(struct bw_compose *compose, struct bw_value paths)
{
    struct bw_value list = bw_value_list(&compose->reading->make, bw_value_count(paths));
    for (uint32_t i = 0; i < bw_value_count(paths); i++) {
        struct bw_value path = paths.list->v[i];
        if (path.kind == BW_VALUE_STRING)
            path = bw_compose_string(compose, bw_compose_path(compose, bw_value_text(path)),
                                     path.place);
        bw_value_add(&compose->reading->make, &list, path);
    }
    return list;
}

static void include(struct bw_compose_loader *loader, struct bw_value entry, struct bw_value *model)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value paths = include_paths(compose, bw_value_get(entry, BW_STR("path")));
    struct bw_str own = bw_value_text(bw_value_get(entry, BW_STR("project_directory")));
    struct bw_str first = bw_value_text(bw_value_index(paths, 0)), outer_dir = compose->dir;
    struct bw_compose_env outer = compose->env, env = {.outer = &outer};
    struct bw_value imported = {0}, unset = compose->unset;
    struct bw_str dir = bw_compose_directory(first);
    if (own.n) /* what bw_compose_directory() makes of a file in it */
        dir = bw_compose_directory(bw_arena_printf(compose->reading->arena, "%" BW_STR_F "/x",
                                                   BW_STR_A(bw_compose_path(compose, own))));
    include_env(loader, bw_value_get(entry, BW_STR("env_file")), dir, &env);
    compose->env = env;
    compose->dir = dir;
    load_included(loader, paths, &imported);
    bw_compose_resolve_variables(compose, imported);
    compose->env = outer;
    compose->dir = outer_dir;
    compose->unset = unset;
    import(compose, imported, model);
}

void bw_compose_apply_includes(struct bw_compose_loader *loader, struct bw_str path,
                               struct bw_value *model)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value includes = bw_value_get(*model, BW_STR("include"));
    if (includes.kind == BW_VALUE_ABSENT)
        return;
    loader->including[loader->depth++] = path;
    for (uint32_t i = 0; i < bw_value_count(includes) && !compose->reading->make.failed; i++)
        include(loader, bw_value_index(includes, i), model);
    loader->depth--;
    *model = bw_compose_without(compose, *model, "include");
}
