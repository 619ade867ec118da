/*
 * Docker Compose files, by the compose specification, as compose-go v2 loads them.
 *
 * A project becomes one "composefiles" and, of each service and job, and of each init container
 * ("SERVICE/pre_start/0"), one "composeservices" and a Pod. The steps: compose-env.h (variables),
 * compose-model.h (one file), compose-load.h (files together), compose-project.h (defaults),
 * compose-view.h (Pods).
 *
 * An override file with one of compose's own names is judged with the file beside it, and brings
 * nothing by itself where that is at hand.
 */
#include "extract/compose-load.h"
#include "extract/compose-project.h"
#include "extract/compose-view.h"

/* --- recognising --- */

static bool cut_yaml(struct bw_str *name)
{
    bool yaml = bw_str_ends(*name, BW_STR(".yaml")), yml = bw_str_ends(*name, BW_STR(".yml"));
    *name = bw_str_take(*name, name->n - (yaml ? 5 : yml ? 4 : 0));
    return yaml || yml;
}

/* Whether a line begins with it, at the left edge. */
static bool has_line(struct bw_str text, struct bw_str start)
{
    for (struct bw_str rest = text; rest.n;) {
        size_t at = bw_str_find_str(rest, start);
        if (at == SIZE_MAX)
            return false;
        const char *p = rest.p + at;
        if (p == text.p || p[-1] == '\n')
            return true;
        rest = bw_str_from(rest, at + start.n);
    }
    return false;
}

static bool has(struct bw_str text, const char *word)
{
    return bw_str_find_str(text, bw_str(word)) != SIZE_MAX;
}

/* A mapping `services` whose members have an image or a build. */
static bool looks_like(struct bw_str text)
{
    struct bw_str start = bw_str_trim(bw_str_take(text, 256));
    if (bw_str_starts(start, BW_STR("{")))
        return has(text, "\"services\"") && (has(text, "\"image\"") || has(text, "\"build\"")) &&
               !has(text, "\"apiVersion\"");
    return has_line(text, BW_STR("services:")) && (has(text, " image:") || has(text, " build:")) &&
           !has_line(text, BW_STR("apiVersion:"));
}

static bool recognise(struct bw_str path, struct bw_str text)
{
    struct bw_str name = bw_compose_base_name(path);
    bool pipe = bw_str_eq(path, BW_STR("-"));
    if (bw_compose_is_default_name(path) || bw_compose_is_override_name(path))
        return true;
    if (!cut_yaml(&name) && !pipe && !bw_str_ends(path, BW_STR(".json")))
        return false;
    bool named = bw_str_starts(name, BW_STR("docker-compose")) ||
                 bw_str_starts(name, BW_STR("compose.")) || bw_str_ends(name, BW_STR(".compose"));
    return looks_like(text) ||
           (named && has_line(text, BW_STR("services:")) && !has_line(text, BW_STR("apiVersion:")));
}

/* --- reading --- */

static void read_env(struct bw_compose *compose, struct bw_compose_env *outer)
{
    struct bw_err err = {0};
    struct bw_reading *reading = compose->reading;
    struct bw_str path = bw_compose_file(compose, BW_STR(".env")), text;
    outer->variables = bw_compose_env_list(&reading->make, reading->request->environment,
                                           reading->request->environment_n);
    compose->env = (struct bw_compose_env){.outer = outer};
    if (!path.p || !bw_reading_other(reading, path, &text))
        return;
    if (bw_compose_env_file(reading, bw_reading_file(reading, path), text, false, outer,
                            &compose->env.variables, &err))
        bw_compose_gap(compose, BW_GAP_BLOCKING, 0, "%" BW_STR_F ": %s", BW_STR_A(path), err.msg);
}

/* Whether the file is an override, and what it overrides is at hand. */
static bool is_read_with_another(struct bw_compose *compose)
{
    const char *const *names = bw_compose_default_names;
    struct bw_str text, path;
    if (!bw_compose_is_override_name(compose->reading->request->path))
        return false;
    for (size_t i = 0; names[i]; i++) {
        path = bw_compose_file(compose, bw_str(names[i]));
        if (!path.p || !bw_reading_other(compose->reading, path, &text))
            continue;
        bw_compose_gap(compose, BW_GAP_NOTE, 0, "an override; it is judged as part of %s",
                       names[i]);
        return true;
    }
    return false;
}

static uint32_t place_of(struct bw_value key, struct bw_value value)
{
    return key.place ? key.place : value.place;
}

static void add_project(struct bw_compose *compose, struct bw_value project)
{
    struct bw_str name = bw_value_text(compose->name);
    struct bw_object object = {
        .view_of = BW_OBJECT_NO_VIEW,
        .group = BW_STR(BW_OBJECT_GROUP),
        .version = BW_STR("v1"),
        .resource = BW_STR("composefiles"),
        .kind = BW_STR("ComposeFile"),
        .name = name.n ? name : compose->reading->request->path,
        .place = project.place,
        .value = project,
    };
    bw_reading_object(compose->reading, &object);
}

/* A service or job, or an init container of one. */
static void add_container(struct bw_compose *compose, struct bw_value project, struct bw_value key,
                          struct bw_value service)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value value = bw_value_map(make, bw_value_count(service) + 2);
    bw_value_set(make, &value, "name", key);
    bw_value_set(make, &value, "project", bw_value_get(project, BW_STR("name")));
    for (uint32_t i = 0; i < bw_value_count(service); i++)
        bw_value_put(make, &value, service.map->v[i].key, service.map->v[i].value);
    value.place = service.place;
    struct bw_object object = {
        .view_of = BW_OBJECT_NO_VIEW,
        .group = BW_STR(BW_OBJECT_GROUP),
        .version = BW_STR("v1"),
        .resource = BW_STR("composeservices"),
        .kind = BW_STR("ComposeService"),
        .name = bw_value_text(key),
        .place = place_of(key, service),
        .value = value,
    };
    uint32_t of = bw_reading_object(compose->reading, &object);
    /* A provider runs no container, but a program of its own. */
    if (of != BW_OBJECT_NO_VIEW && bw_value_get(service, BW_STR("provider")).kind != BW_VALUE_MAP)
        bw_compose_view(compose, project, key, service, of);
}

static void add_service(struct bw_compose *compose, struct bw_value project, struct bw_value key,
                        struct bw_value service)
{
    struct bw_value hooks = bw_value_get(service, BW_STR("pre_start"));
    add_container(compose, project, key, service);
    for (uint32_t i = 0; hooks.kind == BW_VALUE_LIST && i < hooks.list->n; i++) {
        struct bw_value hook = hooks.list->v[i];
        struct bw_str name = bw_arena_printf(compose->reading->arena, "%" BW_STR_F "/pre_start/%u",
                                             BW_STR_A(bw_value_text(key)), i);
        if (hook.kind == BW_VALUE_MAP && name.p)
            add_container(compose, project, bw_compose_string(compose, name, hook.place), hook);
    }
}

static void add_objects(struct bw_compose *compose, struct bw_value project)
{
    static const char *const sections[] = {"services", "jobs"};
    add_project(compose, project);
    for (size_t s = 0; s < BW_ARRAY_LEN(sections); s++) {
        struct bw_value all = bw_value_get(project, bw_str(sections[s]));
        for (uint32_t i = 0; all.kind == BW_VALUE_MAP && i < all.map->n; i++)
            if (all.map->v[i].value.kind == BW_VALUE_MAP)
                add_service(compose, project, all.map->v[i].key, all.map->v[i].value);
    }
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    struct bw_compose compose = {.reading = reading, .text = BW_BUF(BW_COMPOSE_TEXT_MAX)};
    struct bw_compose_env outer = {0};
    struct bw_value project = {0};
    int rc = 0;
    if (is_read_with_another(&compose))
        return 0;
    read_env(&compose, &outer);
    rc = bw_compose_load(&compose, &project, err);
    if (!rc)
        add_objects(&compose, bw_compose_finish(&compose, project));
    bw_buf_free(&compose.text);
    return rc;
}

const struct bw_reader bw_reader_compose = {
    .name = "compose",
    .what = "the compose file",
    .syntax = BW_SYNTAX_COMPOSE,
    .recognise = recognise,
    .read = read,
};
