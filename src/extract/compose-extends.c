#include "extract/compose-loader.h"

/* Services of a file that other services are made from. */
struct bw_compose_scope {
    struct bw_str path;
    const struct bw_value_map *variables; /* that its references saw: an include has its own */
    struct bw_value services;
    struct bw_value *done; /* of each: with its bases, once `state` says so */
    uint8_t *state;        /* 0, UNDER_WAY or DONE */
};

enum {
    UNDER_WAY = 1,
    DONE,
};

static struct bw_compose_scope *new_scope(struct bw_compose_loader *loader, struct bw_str path,
                                          struct bw_value services)
{
    struct bw_arena *arena = loader->compose->reading->arena;
    struct bw_compose_scope *scope = bw_arena_alloc(arena, sizeof *scope);
    uint32_t n = bw_value_count(services);
    if (!scope)
        return NULL;
    scope->path = path;
    scope->variables = loader->compose->env.variables.map;
    scope->services = services;
    scope->done = bw_arena_array(arena, n, sizeof *scope->done);
    scope->state = bw_arena_array(arena, n, 1);
    return scope->done && scope->state ? scope : NULL;
}

/* The services of a file that `extends` names, read once. NULL where it is not to be had. */
static struct bw_compose_scope *scope_of(struct bw_compose_loader *loader, struct bw_str path,
                                         uint32_t place)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str full = bw_compose_file(compose, path), text, dir = compose->dir;
    struct bw_value model = {0};
    struct bw_err err = {0};
    for (size_t i = 0; full.p && i < loader->scopes.n; i++)
        if (bw_str_eq(loader->scopes.v[i]->path, full) &&
            loader->scopes.v[i]->variables == compose->env.variables.map)
            return loader->scopes.v[i];
    if (!bw_compose_find(loader, path, place, &full, &text))
        return NULL;
    compose->dir = bw_compose_directory(path);
    int rc = bw_compose_load_text(loader, full, text, 0, &model, &err);
    compose->dir = dir;
    if (rc)
        bw_compose_gap(compose, BW_GAP_BLOCKING, place, "%" BW_STR_F ": %s", BW_STR_A(full),
                       err.msg);
    struct bw_compose_scope **slot = BW_VEC_PUSH(&loader->scopes, BW_COMPOSE_LOADS_MAX);
    struct bw_compose_scope *scope =
        slot ? new_scope(loader, full, bw_value_get(model, BW_STR("services"))) : NULL;
    if (!scope) {
        compose->reading->make.failed = true;
        loader->scopes.n -= slot != NULL;
        return NULL;
    }
    *slot = scope;
    return scope;
}

static struct bw_value with_bases(struct bw_compose_loader *loader, struct bw_compose_scope *scope,
                                  uint32_t index, unsigned depth);

/* The service that another extends, with its own bases, or ABSENT after a gap. */
static struct bw_value base_of(struct bw_compose_loader *loader, struct bw_compose_scope *scope,
                               struct bw_value extends, unsigned depth)
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

static struct bw_value with_bases(struct bw_compose_loader *loader, struct bw_compose_scope *scope,
                                  uint32_t index, unsigned depth)
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
            uint32_t place = service.place;
            service = bw_compose_merge(compose, &bw_compose_service, base, service);
            service.place = place;
            service = whole ? bw_compose_without(compose, service, "extends") : service;
        }
    }
    scope->state[index] = DONE;
    scope->done[index] = service;
    return service;
}

struct bw_value bw_compose_apply_extends(struct bw_compose_loader *loader, struct bw_str path,
                                         struct bw_value model)
{
    struct bw_value_maker *make = &loader->compose->reading->make;
    static const char *const sections[] = {"services", "jobs"};
    for (size_t s = 0; s < BW_ARRAY_LEN(sections); s++) {
        struct bw_value services = bw_value_get(model, bw_str(sections[s]));
        if (services.kind != BW_VALUE_MAP)
            continue;
        struct bw_compose_scope *scope = new_scope(loader, path, services);
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
