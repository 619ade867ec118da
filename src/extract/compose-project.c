#include "extract/compose-project.h"

#include <ctype.h>

#include "extract/compose-load.h"

/* --- the name --- */

/* Lower case, and nothing but letters, digits, "_" and "-", of which the last two do not lead. */
static struct bw_value normal_name(struct bw_compose *compose, struct bw_value name)
{
    struct bw_buf *out = &compose->text;
    struct bw_str text = bw_value_text(name);
    bw_buf_clear(out);
    for (size_t i = 0; i < text.n; i++) {
        int c = tolower((unsigned char)text.p[i]);
        if ((c < 0x80 && isalnum(c)) || (out->n && (c == '_' || c == '-')))
            bw_buf_byte(out, (uint8_t)c);
    }
    if (!out->n)
        return (struct bw_value){0};
    return bw_compose_string(compose, bw_buf_slice(out), name.place);
}

void bw_compose_name(struct bw_compose *compose, struct bw_value root)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_str dir = bw_compose_dir_name(compose->reading->request->path);
    struct bw_str variable = BW_STR("COMPOSE_PROJECT_NAME");
    struct bw_value name = normal_name(compose, bw_compose_env_get(&compose->env, variable));
    if (name.kind == BW_VALUE_ABSENT)
        name = normal_name(compose,
                           bw_compose_interpolate(compose, bw_value_get(root, BW_STR("name"))));
    if (name.kind == BW_VALUE_ABSENT) {
        name = normal_name(compose, bw_compose_string(compose, bw_compose_base_name(dir), 0));
        name.flags = BW_VALUE_DEFAULT;
    }
    if (name.kind == BW_VALUE_ABSENT)
        return;
    compose->name = name;
    if (compose->env.variables.kind != BW_VALUE_MAP)
        compose->env.variables = bw_value_map(make, 1);
    bw_value_put(make, &compose->env.variables, bw_value_string(make, variable), name);
}

/* --- members --- */

static void put(struct bw_compose *compose, struct bw_value *map, const char *name,
                struct bw_value value)
{
    bw_value_set(&compose->reading->make, map, name, value);
}

static void put_default(struct bw_compose *compose, struct bw_value *map, const char *name,
                        struct bw_value value)
{
    value.flags |= BW_VALUE_DEFAULT;
    if (bw_value_get(*map, bw_str(name)).kind == BW_VALUE_ABSENT)
        put(compose, map, name, value);
}

static struct bw_value literal(struct bw_compose *compose, const char *text, uint32_t place)
{
    return bw_compose_string(compose, bw_str(text), place);
}

/* A copy to be changed; of null an empty map. The tags have had their effect. */
static struct bw_value copy_map(struct bw_compose *compose, struct bw_value map)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = bw_value_map(make, bw_value_count(map) + 2);
    for (uint32_t i = 0; i < bw_value_count(map); i++)
        bw_value_put(make, &out, map.map->v[i].key, map.map->v[i].value);
    out.place = map.place;
    return out;
}

typedef struct bw_value (*completion)(struct bw_compose *compose, struct bw_value value);

/* Each element of a list, or member of a map, completed; anything else as it is. */
static struct bw_value each(struct bw_compose *compose, struct bw_value value, completion complete)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = value;
    if (value.kind == BW_VALUE_LIST) {
        out = bw_value_list(make, value.list->n);
        for (uint32_t i = 0; i < value.list->n && !make->failed; i++)
            bw_value_add(make, &out, complete(compose, value.list->v[i]));
    } else if (value.kind == BW_VALUE_MAP) {
        out = bw_value_map(make, value.map->n);
        for (uint32_t i = 0; i < value.map->n && !make->failed; i++)
            bw_value_put(make, &out, value.map->v[i].key, complete(compose, value.map->v[i].value));
    }
    out.place = value.place;
    return out;
}

static struct bw_value dependency(struct bw_compose *compose, struct bw_value value)
{
    if (value.kind != BW_VALUE_MAP)
        return value;
    value = copy_map(compose, value);
    put_default(compose, &value, "condition", literal(compose, "service_started", value.place));
    put_default(compose, &value, "required", bw_value_bool(true));
    return value;
}

static struct bw_value port(struct bw_compose *compose, struct bw_value value)
{
    if (value.kind != BW_VALUE_MAP)
        return value;
    value = copy_map(compose, value);
    put_default(compose, &value, "protocol", literal(compose, "tcp", value.place));
    put_default(compose, &value, "mode", literal(compose, "ingress", value.place));
    return value;
}

static struct bw_value file_mount(struct bw_compose *compose, struct bw_value value,
                                  const char *dir)
{
    struct bw_value source = bw_value_get(value, BW_STR("source"));
    if (value.kind != BW_VALUE_MAP || source.kind != BW_VALUE_STRING)
        return value;
    struct bw_str target = bw_arena_printf(compose->reading->arena, "%s/%" BW_STR_F, dir,
                                           BW_STR_A(bw_value_text(source)));
    value = copy_map(compose, value);
    if (target.p)
        put_default(compose, &value, "target", bw_compose_string(compose, target, source.place));
    return value;
}

static struct bw_value secret(struct bw_compose *compose, struct bw_value value)
{
    return file_mount(compose, value, "/run/secrets");
}

static struct bw_value config(struct bw_compose *compose, struct bw_value value)
{
    return file_mount(compose, value, "");
}

static struct bw_value mount(struct bw_compose *compose, struct bw_value value)
{
    struct bw_value bind = bw_value_get(value, BW_STR("bind"));
    if (value.kind != BW_VALUE_MAP || bind.kind != BW_VALUE_MAP)
        return value;
    value = copy_map(compose, value);
    bind = copy_map(compose, bind);
    put_default(compose, &bind, "create_host_path", bw_value_bool(true));
    put(compose, &value, "bind", bind);
    return value;
}

static struct bw_value gpu(struct bw_compose *compose, struct bw_value value)
{
    if (value.kind != BW_VALUE_MAP ||
        bw_value_get(value, BW_STR("device_ids")).kind != BW_VALUE_ABSENT)
        return value;
    value = copy_map(compose, value);
    put_default(compose, &value, "count", literal(compose, "all", value.place));
    return value;
}

static struct bw_value ulimit(struct bw_compose *compose, struct bw_value value)
{
    if (value.kind != BW_VALUE_INT)
        return value;
    struct bw_value pair = bw_value_map(&compose->reading->make, 2);
    pair.place = value.place;
    put(compose, &pair, "soft", value);
    put(compose, &pair, "hard", value);
    return pair;
}

/* --- services --- */

static struct bw_value build(struct bw_compose *compose, struct bw_value value)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value args = bw_value_get(value, BW_STR("args")), out;
    if (value.kind != BW_VALUE_MAP)
        return value;
    value = copy_map(compose, value);
    put_default(compose, &value, "context", literal(compose, ".", value.place));
    if (bw_value_get(value, BW_STR("dockerfile_inline")).kind == BW_VALUE_ABSENT)
        put_default(compose, &value, "dockerfile", literal(compose, "Dockerfile", value.place));
    put(compose, &value, "ulimits", each(compose, bw_value_get(value, BW_STR("ulimits")), ulimit));
    put(compose, &value, "secrets", each(compose, bw_value_get(value, BW_STR("secrets")), secret));
    if (args.kind != BW_VALUE_MAP)
        return value;
    out = bw_value_map(make, args.map->n);
    out.place = args.place;
    for (uint32_t i = 0; i < args.map->n; i++) {
        const struct bw_value_member *member = &args.map->v[i];
        struct bw_value arg = member->value;
        if (arg.kind == BW_VALUE_NULL)
            arg = bw_compose_env_get(&compose->env, bw_value_text(member->key));
        bw_value_put(make, &out, member->key, arg);
    }
    put(compose, &value, "args", out);
    return value;
}

/* What one env file sets, or a file of labels, over *variables. */
static void read_pairs(struct bw_compose *compose, struct bw_value file, const char *name,
                       const struct bw_compose_env *env, struct bw_value *variables)
{
    struct bw_value path = file.kind == BW_VALUE_MAP ? bw_value_get(file, BW_STR("path")) : file;
    struct bw_value required = bw_value_get(file, BW_STR("required"));
    bool raw = bw_value_is(bw_value_get(file, BW_STR("format")), "raw");
    struct bw_err err = {0};
    struct bw_str text;
    if (path.kind != BW_VALUE_STRING)
        return;
    struct bw_str full = bw_compose_file(compose, bw_value_text(path));
    if (!full.p)
        bw_compose_gap(compose, BW_GAP_NOTE, path.place,
                       "%s: %" BW_STR_F " lies outside of the directory that is looked at", name,
                       BW_STR_A(bw_value_text(path)));
    else if (bw_reading_other(compose->reading, full, &text)) {
        if (bw_compose_may_read(compose, text.n, path.place) &&
            bw_compose_env_file(compose->reading, bw_reading_file(compose->reading, full), text,
                                raw, env, variables, &err))
            bw_compose_gap(compose, BW_GAP_BLOCKING, path.place, "%" BW_STR_F ": %s",
                           BW_STR_A(full), err.msg);
    } else if (required.kind == BW_VALUE_ABSENT || bw_value_is_true(required))
        bw_compose_gap(compose, BW_GAP_NOTE, path.place, "%s: %" BW_STR_F " is not there", name,
                       BW_STR_A(full));
}

/* What a service says itself stands over what files say; references in these see what is outside,
 * then the service's own; where there is no outside, nothing but the file. */
static void add_pairs(struct bw_compose *compose, struct bw_value *service, const char *files_name,
                      const char *name, const struct bw_compose_env *outside)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value own = bw_value_get(*service, bw_str(name)), all = {0};
    struct bw_value files = bw_value_get(*service, bw_str(files_name));
    struct bw_compose_env env = {.outer = outside};
    if (files.kind != BW_VALUE_LIST || own.kind == BW_VALUE_UNKNOWN)
        return;
    if (outside)
        env.variables = own;
    for (uint32_t i = 0; i < files.list->n && !make->failed; i++)
        read_pairs(compose, files.list->v[i], files_name, &env, &all);
    if (all.kind != BW_VALUE_MAP)
        return;
    for (uint32_t i = 0; i < bw_value_count(own); i++)
        bw_value_put(make, &all, own.map->v[i].key, own.map->v[i].value);
    all.place = own.place ? own.place : files.place;
    put(compose, service, name, all);
}

static struct bw_value default_network(struct bw_compose *compose)
{
    struct bw_value map = bw_value_map(&compose->reading->make, 1);
    map.flags |= BW_VALUE_DEFAULT;
    put_default(compose, &map, "default", bw_value_null());
    return map;
}

static bool is_whole(struct bw_value service)
{
    static const char *const any_of[] = {"image", "build", "provider"};
    bool found = false;
    for (size_t i = 0; i < BW_ARRAY_LEN(any_of); i++)
        found |= bw_value_get(service, bw_str(any_of[i])).kind != BW_VALUE_ABSENT;
    return found && bw_value_get(service, BW_STR("extends")).kind == BW_VALUE_ABSENT;
}

/* Another file, which is not at hand, may say anything of what this one does not. */
static void leave_open(struct bw_compose *compose, struct bw_value *service)
{
    struct bw_value unknown = bw_compose_unknown(compose, "another file completes this service", 0);
    for (const struct bw_compose_field *field = bw_compose_service.fields; field->name; field++)
        if (bw_value_get(*service, bw_str(field->name)).kind == BW_VALUE_ABSENT)
            put(compose, service, field->name, unknown);
}

static void join_default_network(struct bw_compose *compose, struct bw_value *service)
{
    if (bw_value_get(*service, BW_STR("network_mode")).kind == BW_VALUE_ABSENT &&
        bw_value_get(*service, BW_STR("provider")).kind == BW_VALUE_ABSENT &&
        bw_value_get(*service, BW_STR("networks")).kind != BW_VALUE_UNKNOWN &&
        !bw_value_count(bw_value_get(*service, BW_STR("networks"))))
        put(compose, service, "networks", default_network(compose));
}

static struct bw_value service(struct bw_compose *compose, struct bw_value value);

/* An init container is what its service is, but for what it says itself; volumes, and what is for
 * a service as a whole, it has only of its own. */
static struct bw_value init_containers(struct bw_compose *compose, struct bw_value of)
{
    static const char *const own[] = {
        "attach",     "container_name", "depends_on",  "deploy",   "develop",
        "expose",     "external_links", "healthcheck", "links",    "ports",
        "post_start", "pre_start",      "pre_stop",    "profiles", "restart",
        "scale",      "stdin_open",     "tty",         "volumes"};
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value hooks = bw_value_get(of, BW_STR("pre_start")), list, base;
    if (hooks.kind != BW_VALUE_LIST)
        return hooks;
    base = copy_map(compose, of);
    for (size_t i = 0; i < BW_ARRAY_LEN(own); i++)
        if (bw_value_get(base, bw_str(own[i])).kind != BW_VALUE_ABSENT)
            put(compose, &base, own[i], bw_value_null());
    list = bw_value_list(make, hooks.list->n);
    list.place = hooks.place;
    for (uint32_t i = 0; i < hooks.list->n && !make->failed; i++) {
        struct bw_value hook =
            bw_compose_merge(compose, &bw_compose_service, base, hooks.list->v[i]);
        bw_value_add(make, &list, service(compose, hook));
    }
    return list;
}

static struct bw_value service(struct bw_compose *compose, struct bw_value value)
{
    struct bw_value_maker *make = &compose->reading->make;
    static const struct {
        const char *name;
        completion complete;
    } members[] = {
        {"depends_on", dependency}, {"ports", port},     {"secrets", secret}, {"configs", config},
        {"volumes", mount},         {"ulimits", ulimit}, {"gpus", gpu}};
    struct bw_value out = bw_value_map(make, bw_value_count(value) + 4);
    if (value.kind == BW_VALUE_UNKNOWN)
        return value;
    out.place = value.place;
    for (uint32_t i = 0; i < bw_value_count(value); i++)
        if (value.map->v[i].value.kind != BW_VALUE_NULL)
            bw_value_put(make, &out, value.map->v[i].key, value.map->v[i].value);
    for (size_t i = 0; i < BW_ARRAY_LEN(members); i++)
        put(compose, &out, members[i].name,
            each(compose, bw_value_get(out, bw_str(members[i].name)), members[i].complete));
    put(compose, &out, "build", build(compose, bw_value_get(out, BW_STR("build"))));
    add_pairs(compose, &out, "env_file", "environment", &compose->env);
    add_pairs(compose, &out, "label_file", "labels", NULL);
    put(compose, &out, "pre_start", init_containers(compose, out));
    if (bw_value_is(bw_value_get(out, BW_STR("pull_policy")), "if_not_present"))
        put(compose, &out, "pull_policy",
            literal(compose, "missing", bw_value_get(out, BW_STR("pull_policy")).place));
    if (is_whole(out))
        join_default_network(compose, &out);
    else
        leave_open(compose, &out);
    return out;
}

/* Whether profiles ask for a service: all do where none is named. */
static bool is_active(const struct bw_compose *compose, struct bw_value value)
{
    const struct bw_reader_request *request = compose->reading->request;
    struct bw_value profiles = bw_value_get(value, BW_STR("profiles"));
    if (!request->profiles_n || !bw_value_count(profiles))
        return true;
    for (size_t i = 0; i < request->profiles_n; i++) {
        if (bw_str_eq(request->profiles[i], BW_STR("*")))
            return true;
        for (uint32_t j = 0; profiles.kind == BW_VALUE_LIST && j < profiles.list->n; j++)
            if (bw_str_eq(request->profiles[i], bw_value_text(profiles.list->v[j])))
                return true;
    }
    return false;
}

static struct bw_value services(struct bw_compose *compose, struct bw_value all)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = bw_value_map(make, bw_value_count(all));
    if (all.kind != BW_VALUE_MAP)
        return all;
    out.place = all.place;
    for (uint32_t i = 0; i < all.map->n && !make->failed; i++)
        if (is_active(compose, all.map->v[i].value))
            bw_value_put(make, &out, all.map->v[i].key, service(compose, all.map->v[i].value));
    return out;
}

/* --- what services refer to --- */

static bool uses_default(struct bw_value services)
{
    for (uint32_t i = 0; services.kind == BW_VALUE_MAP && i < services.map->n; i++) {
        struct bw_value networks = bw_value_get(services.map->v[i].value, BW_STR("networks"));
        if (networks.kind == BW_VALUE_MAP &&
            bw_value_get(networks, BW_STR("default")).kind != BW_VALUE_ABSENT)
            return true;
    }
    return false;
}

/* Networks, volumes, secrets and configs are known to the engine by the project's name and theirs,
 * unless they say otherwise. */
static struct bw_value resources(struct bw_compose *compose, struct bw_value all)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = bw_value_map(make, bw_value_count(all));
    if (all.kind != BW_VALUE_MAP)
        return all;
    out.place = all.place;
    for (uint32_t i = 0; i < all.map->n && !make->failed; i++) {
        const struct bw_value_member *member = &all.map->v[i];
        struct bw_value value = member->value;
        if (value.kind == BW_VALUE_MAP || value.kind == BW_VALUE_NULL) {
            bool external = bw_value_is_true(bw_value_get(value, BW_STR("external")));
            struct bw_str key = bw_value_text(member->key);
            struct bw_str name =
                bw_arena_printf(compose->reading->arena, "%" BW_STR_F "_%" BW_STR_F,
                                BW_STR_A(bw_value_text(compose->name)), BW_STR_A(key));
            uint8_t flags = value.flags & BW_VALUE_DEFAULT;
            value = copy_map(compose, value);
            value.flags |= flags;
            if (external || compose->name.kind == BW_VALUE_STRING)
                put_default(compose, &value, "name",
                            bw_compose_string(compose, external ? key : name, 0));
        }
        bw_value_put(make, &out, member->key, value);
    }
    return out;
}

struct bw_value bw_compose_finish(struct bw_compose *compose, struct bw_value project)
{
    static const char *const sections[] = {"volumes", "secrets", "configs"};
    struct bw_value out = copy_map(compose, bw_compose_untagged(compose, project)), networks;
    out.place = project.place;
    if (bw_value_get(out, BW_STR("services")).kind == BW_VALUE_ABSENT)
        put(compose, &out, "services", bw_value_map(&compose->reading->make, 0));
    put(compose, &out, "services", services(compose, bw_value_get(out, BW_STR("services"))));
    put(compose, &out, "jobs", services(compose, bw_value_get(out, BW_STR("jobs"))));
    networks = copy_map(compose, bw_value_get(out, BW_STR("networks")));
    if (uses_default(bw_value_get(out, BW_STR("services"))) ||
        uses_default(bw_value_get(out, BW_STR("jobs"))))
        put_default(compose, &networks, "default", bw_value_null());
    if (bw_value_count(networks))
        put(compose, &out, "networks", resources(compose, networks));
    for (size_t i = 0; i < BW_ARRAY_LEN(sections); i++)
        put(compose, &out, sections[i], resources(compose, bw_value_get(out, bw_str(sections[i]))));
    if (compose->name.kind == BW_VALUE_STRING)
        put(compose, &out, "name", compose->name);
    else
        put(compose, &out, "name",
            bw_compose_unknown(compose, "the directory's name, which is not at hand", 0));
    return out;
}
