#include "extract/compose-load.h"

#include <stdio.h>

#include "base/vec.h"
#include "extract/compose-project.h"
#include "extract/ignore-comment.h"

/* Services of a file that other services are made from. */
struct scope {
    struct bw_str path;
    struct bw_value services;
    struct bw_value *done; /* of each: with its bases, once `state` says so */
    uint8_t *state;        /* 0, UNDER_WAY or DONE */
};

enum {
    UNDER_WAY = 1,
    DONE,
};

struct loader {
    struct bw_compose *compose;
    struct bw_yaml_values values;
    BW_VEC_TYPE(scopes, struct scope *) scopes;                /* files that `extends` has named */
    struct bw_str including[BW_COMPOSE_INCLUDE_DEPTH_MAX + 1]; /* the files being read, outermost
                                                                   first */
    unsigned depth, loads;
    struct bw_err *err;
};

/* What happens to a file besides being read. */
enum {
    WITH_INCLUDES = 1,
    WITH_EXTENDS = 2,
};

static int load_text(struct loader *loader, struct bw_str path, struct bw_str text, unsigned how,
                     struct bw_value *model, struct bw_err *err);

/* --- names and paths --- */

struct bw_str bw_compose_base_name(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
}

struct bw_str bw_compose_dir_name(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? BW_STR("") : bw_str_take(path, slash);
}

static bool is_one_of(struct bw_str name, const char *const *names)
{
    for (; *names; names++)
        if (bw_str_eq(name, bw_str(*names)))
            return true;
    return false;
}

static const char *const default_names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                            "docker-compose.yaml", NULL};
static const char *const override_names[] = {"compose.override.yml", "compose.override.yaml",
                                             "docker-compose.override.yml",
                                             "docker-compose.override.yaml", NULL};

bool bw_compose_is_default_name(struct bw_str path)
{
    return is_one_of(bw_compose_base_name(path), default_names);
}

bool bw_compose_is_override_name(struct bw_str path)
{
    return is_one_of(bw_compose_base_name(path), override_names);
}

struct bw_str bw_compose_file(struct bw_compose *compose, struct bw_str path)
{
    return bw_reading_beside(compose->reading, compose->reading->request->path, path);
}

/* The directory of a path: "" for "./a", "b" for "./b/a". */
static struct bw_str directory(struct bw_str path)
{
    if (bw_str_starts(path, BW_STR("./")))
        path = bw_str_from(path, 2);
    return bw_compose_dir_name(path);
}

/* A file that the one at hand names; a gap where it is not to be had. */
static bool find_file(struct loader *loader, struct bw_str path, uint32_t place,
                      struct bw_str *ret_full, struct bw_str *ret_text)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str full = bw_compose_file(compose, path);
    if (bw_str_find_str(path, BW_STR("://")) != SIZE_MAX || bw_str_starts(path, BW_STR("oci:")))
        bw_compose_gap(compose, BW_GAP_BLOCKING, place, "%" BW_STR_F ": not a file of this machine",
                       BW_STR_A(path));
    else if (!full.p)
        bw_compose_gap(compose, BW_GAP_BLOCKING, place,
                       "%" BW_STR_F " lies outside of the directory that is looked at",
                       BW_STR_A(path));
    else if (!bw_reading_other(compose->reading, full, ret_text))
        bw_compose_gap(compose, BW_GAP_BLOCKING, place, "%" BW_STR_F " is not there",
                       BW_STR_A(full));
    else if (++loader->loads > BW_COMPOSE_LOADS_MAX)
        bw_compose_gap(compose, BW_GAP_BLOCKING, place,
                       "%" BW_STR_F ": more than %u files in one project", BW_STR_A(full),
                       BW_COMPOSE_LOADS_MAX);
    else {
        *ret_full = full;
        return true;
    }
    return false;
}

/* --- bases of services --- */

static struct bw_value without(struct bw_compose *compose, struct bw_value map, const char *name)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = bw_value_map(make, bw_value_count(map));
    for (uint32_t i = 0; i < bw_value_count(map); i++)
        if (!bw_value_is(map.map->v[i].key, name))
            bw_value_put(make, &out, map.map->v[i].key, map.map->v[i].value);
    out.place = map.place;
    out.flags = map.flags;
    return out;
}

static struct scope *new_scope(struct loader *loader, struct bw_str path, struct bw_value services)
{
    struct bw_arena *arena = loader->compose->reading->arena;
    struct scope *scope = bw_arena_alloc(arena, sizeof *scope);
    uint32_t n = bw_value_count(services);
    if (!scope)
        return NULL;
    *scope = (struct scope){path, services, bw_arena_array(arena, n, sizeof *scope->done),
                            bw_arena_array(arena, n, 1)};
    return scope->done && scope->state ? scope : NULL;
}

/* The services of a file that `extends` names, read once. NULL where it is not to be had. */
static struct scope *scope_of(struct loader *loader, struct bw_str path, uint32_t place)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str full = bw_compose_file(compose, path), text, dir = compose->dir;
    struct bw_value model = {0};
    struct bw_err err = {0};
    for (size_t i = 0; full.p && i < loader->scopes.n; i++)
        if (bw_str_eq(loader->scopes.v[i]->path, full))
            return loader->scopes.v[i];
    if (!find_file(loader, path, place, &full, &text))
        return NULL;
    compose->dir = directory(path);
    int rc = load_text(loader, full, text, 0, &model, &err);
    compose->dir = dir;
    if (rc)
        bw_compose_gap(compose, BW_GAP_BLOCKING, place, "%" BW_STR_F ": %s", BW_STR_A(full),
                       err.msg);
    struct scope **slot = BW_VEC_PUSH(&loader->scopes, BW_COMPOSE_LOADS_MAX);
    struct scope *scope =
        slot ? new_scope(loader, full, bw_value_get(model, BW_STR("services"))) : NULL;
    if (!scope) {
        compose->reading->make.failed = true;
        loader->scopes.n -= slot != NULL;
        return NULL;
    }
    *slot = scope;
    return scope;
}

static struct bw_value with_bases(struct loader *loader, struct scope *scope, uint32_t index,
                                  unsigned depth);

/* The service that another extends, with its own bases, or ABSENT after a gap. */
static struct bw_value base_of(struct loader *loader, struct scope *scope, struct bw_value extends,
                               unsigned depth)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value name = bw_value_get(extends, BW_STR("service"));
    struct bw_value file = bw_value_get(extends, BW_STR("file"));
    if (name.kind != BW_VALUE_STRING ||
        (file.kind != BW_VALUE_STRING && file.kind != BW_VALUE_ABSENT)) {
        if (name.kind != BW_VALUE_UNKNOWN && file.kind != BW_VALUE_UNKNOWN)
            bw_compose_gap(compose, BW_GAP_BLOCKING, extends.place,
                           "extends: which service is not said");
        return (struct bw_value){0};
    }
    if (file.kind == BW_VALUE_STRING)
        scope = scope_of(loader, bw_value_text(file), file.place);
    const struct bw_value_member *member = scope ? bw_value_member(scope->services, name) : NULL;
    uint32_t index = member ? (uint32_t)(member - scope->services.map->v) : 0;
    if (scope && !member)
        bw_compose_gap(compose, BW_GAP_BLOCKING, name.place,
                       "extends: there is no service \"%" BW_STR_F "\"",
                       BW_STR_A(bw_str_take(bw_value_text(name), 60)));
    if (!member)
        return (struct bw_value){0};
    if (scope->state[index] == UNDER_WAY || !depth) {
        bw_compose_gap(compose, BW_GAP_BLOCKING, name.place,
                       depth ? "extends: a service that extends itself"
                             : "extends: more than %u services that extend each other",
                       BW_COMPOSE_EXTENDS_DEPTH_MAX);
        return (struct bw_value){0};
    }
    return with_bases(loader, scope, index, depth - 1);
}

static struct bw_value with_bases(struct loader *loader, struct scope *scope, uint32_t index,
                                  unsigned depth)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value service = scope->services.map->v[index].value, base;
    struct bw_value extends = bw_value_get(service, BW_STR("extends"));
    if (scope->state[index] == DONE)
        return scope->done[index];
    if (service.kind == BW_VALUE_MAP && extends.kind == BW_VALUE_MAP) {
        scope->state[index] = UNDER_WAY;
        base = base_of(loader, scope, extends, depth);
        if (base.kind == BW_VALUE_MAP) {
            bool whole = bw_value_get(base, BW_STR("extends")).kind == BW_VALUE_ABSENT;
            base = bw_compose_reset(compose, base, service);
            service = bw_compose_merge(compose, &bw_compose_service, base, service);
            service = whole ? without(compose, service, "extends") : service;
        }
    }
    scope->state[index] = DONE;
    scope->done[index] = service;
    return service;
}

static struct bw_value apply_extends(struct loader *loader, struct bw_str path,
                                     struct bw_value model)
{
    struct bw_value_maker *make = &loader->compose->reading->make;
    static const char *const sections[] = {"services", "jobs"};
    for (size_t s = 0; s < BW_ARRAY_LEN(sections); s++) {
        struct bw_value services = bw_value_get(model, bw_str(sections[s]));
        if (services.kind != BW_VALUE_MAP)
            continue;
        struct scope *scope = new_scope(loader, path, services);
        struct bw_value out = bw_value_map(make, services.map->n);
        for (uint32_t i = 0; scope && i < services.map->n && !make->failed; i++)
            bw_value_put(make, &out, services.map->v[i].key,
                         with_bases(loader, scope, i, BW_COMPOSE_EXTENDS_DEPTH_MAX));
        out.place = services.place;
        out.flags = services.flags;
        make->failed |= !scope;
        bw_value_set(make, &model, sections[s], out);
    }
    return model;
}

/* --- includes --- */

/* Variables that are only named ("- HOME") take their values where the file stands. */
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

/* Maps are still the loader's alone here: members are replaced in place. */
static void resolve_variables(struct bw_compose *compose, struct bw_value model)
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
static void include_env(struct loader *loader, struct bw_value files, struct bw_str dir,
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
        if (named ? !find_file(loader, path, file.place, &full, &text)
                  : !full.p || !bw_reading_other(compose->reading, full, &text))
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

static bool is_being_read(const struct loader *loader, struct bw_str path)
{
    for (unsigned i = 0; i < loader->depth; i++)
        if (bw_str_eq(loader->including[i], path))
            return true;
    return false;
}

/* Loads the files of one include, each over those before it. */
static void load_included(struct loader *loader, struct bw_value paths, struct bw_value *model)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str full, text;
    struct bw_err err = {0};
    for (uint32_t i = 0; i < bw_value_count(paths); i++) {
        struct bw_value path = paths.list->v[i];
        if (path.kind != BW_VALUE_STRING ||
            !find_file(loader, bw_value_text(path), path.place, &full, &text))
            continue;
        if (is_being_read(loader, full) || loader->depth > BW_COMPOSE_INCLUDE_DEPTH_MAX) {
            bw_compose_gap(compose, BW_GAP_BLOCKING, path.place, "include: %" BW_STR_F "%s",
                           BW_STR_A(full),
                           is_being_read(loader, full) ? " includes itself" : " is too deep");
            continue;
        }
        if (load_text(loader, full, text, WITH_INCLUDES | WITH_EXTENDS, model, &err))
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

static void include(struct loader *loader, struct bw_value entry, struct bw_value *model)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value paths = include_paths(compose, bw_value_get(entry, BW_STR("path")));
    struct bw_str own = bw_value_text(bw_value_get(entry, BW_STR("project_directory")));
    struct bw_str first = bw_value_text(bw_value_index(paths, 0)), outer_dir = compose->dir;
    struct bw_compose_env outer = compose->env, env = {.outer = &outer};
    struct bw_value imported = {0}, unset = compose->unset;
    struct bw_str dir = directory(first);
    if (own.n) /* what directory() makes of a file in it */
        dir = directory(bw_arena_printf(compose->reading->arena, "%" BW_STR_F "/x",
                                        BW_STR_A(bw_compose_path(compose, own))));
    include_env(loader, bw_value_get(entry, BW_STR("env_file")), dir, &env);
    compose->env = env;
    compose->dir = dir;
    load_included(loader, paths, &imported);
    resolve_variables(compose, imported);
    compose->env = outer;
    compose->dir = outer_dir;
    compose->unset = unset;
    import(compose, imported, model);
}

static void apply_includes(struct loader *loader, struct bw_str path, struct bw_value *model)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value includes = bw_value_get(*model, BW_STR("include"));
    if (includes.kind == BW_VALUE_ABSENT)
        return;
    loader->including[loader->depth++] = path;
    for (uint32_t i = 0; i < bw_value_count(includes) && !compose->reading->make.failed; i++)
        include(loader, bw_value_index(includes, i), model);
    loader->depth--;
    *model = without(compose, *model, "include");
}

/* --- files --- */

/* One gap a file: what would have come of its references is not known. */
static void note_unset(struct bw_compose *compose, struct bw_str path)
{
    struct bw_buf names BW_CLEANUP(bw_buf_free) = BW_BUF(BW_ERR_MSG_MAX / 2);
    struct bw_value unset = compose->unset;
    uint32_t shown = 0;
    for (; shown < bw_value_count(unset) && names.n < BW_ERR_MSG_MAX / 4; shown++)
        bw_buf_printf(&names, "%s%" BW_STR_F, shown ? ", " : "",
                      BW_STR_A(bw_str_take(bw_value_text(unset.map->v[shown].key), 60)));
    if (shown)
        bw_compose_gap(compose, BW_GAP_NOTE, 0,
                       "%" BW_STR_F ": variables without a value: %" BW_STR_F
                       "%s; give them in the environment or in .env",
                       BW_STR_A(bw_compose_base_name(path)), BW_STR_A(bw_buf_slice(&names)),
                       shown < bw_value_count(unset) ? " and more" : "");
    compose->unset = (struct bw_value){0};
}

static int load_document(struct loader *loader, struct bw_str path, const struct bw_yaml *root,
                         unsigned how, struct bw_value *model, struct bw_err *err)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value value = {0};
    uint32_t file = loader->values.file;
    int rc = bw_yaml_value(&loader->values, root, &value, err);
    if (rc || value.kind == BW_VALUE_NULL)
        return rc;
    if (value.kind != BW_VALUE_MAP)
        return bw_err_set(err, BW_EFORMAT, "line %u: not a mapping", bw_yaml_line(root));
    if (!file && compose->name.kind == BW_VALUE_ABSENT)
        bw_compose_name(compose, value);
    value = bw_compose_interpolate(compose, value);
    value = bw_compose_canonical(compose, &bw_compose_project, value, "");
    note_unset(compose, path);
    if (how & WITH_INCLUDES)
        apply_includes(loader, path, &value);
    *model = bw_compose_reset(compose, *model, value);
    if (how & WITH_EXTENDS)
        value = apply_extends(loader, path, value);
    *model = bw_compose_merge(compose, &bw_compose_project, *model, value);
    if (compose->reading->make.failed)
        return bw_err_set(err, BW_ELIMIT, "more values than are held at a time");
    return 0;
}

static int load_text(struct loader *loader, struct bw_str path, struct bw_str text, unsigned how,
                     struct bw_value *model, struct bw_err *err)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_reading *reading = loader->compose->reading;
    size_t known = reading->files.n;
    uint32_t file = bw_reading_file(reading, path), outer = loader->values.file;
    int rc = bw_yaml_parse(&stream, text, err);
    const struct bw_yaml *root = rc ? NULL : bw_yaml_first(stream);
    if (!rc && (!file || reading->files.n > known))
        bw_ignore_yaml(reading, file, text);
    for (; !rc && root; root = bw_yaml_next_document(root)) {
        loader->values.file = file;
        rc = load_document(loader, path, root, how, model, err);
    }
    loader->values.file = outer;
    return rc;
}

static int load_override(struct loader *loader, struct bw_value *model, struct bw_err *err)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str text;
    if (!bw_compose_is_default_name(compose->reading->request->path))
        return 0;
    for (size_t i = 0; override_names[i]; i++) {
        struct bw_str full = bw_compose_file(compose, bw_str(override_names[i]));
        if (!full.p || !bw_reading_other(compose->reading, full, &text))
            continue;
        int rc = load_text(loader, full, text, WITH_INCLUDES | WITH_EXTENDS, model, err);
        return rc ? bw_err_prefix(err, rc, "%s", override_names[i]) : 0;
    }
    return 0;
}

int bw_compose_load(struct bw_compose *compose, struct bw_value *ret_project, struct bw_err *err)
{
    const struct bw_reader_request *request = compose->reading->request;
    struct loader loader = {.compose = compose,
                            .values = {.reading = compose->reading,
                                       .dialect = BW_YAML_COMPOSE,
                                       .left = BW_YAML_VALUE_BUDGET},
                            .err = err};
    struct bw_value model = {0};
    int rc =
        load_text(&loader, request->path, request->text, WITH_INCLUDES | WITH_EXTENDS, &model, err);
    if (!rc)
        rc = load_override(&loader, &model, err);
    if (!rc && model.kind != BW_VALUE_MAP)
        rc = bw_err_set(err, BW_EFORMAT, "nothing in it");
    if (!rc)
        resolve_variables(compose, model);
    BW_VEC_FREE(&loader.scopes);
    if (!rc)
        *ret_project = model;
    return rc;
}
