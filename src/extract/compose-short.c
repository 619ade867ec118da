#include "extract/compose-short.h"

bool bw_compose_has_hole(struct bw_value whole, struct bw_str piece)
{
    return (whole.flags & BW_COMPOSE_PARTIAL) && bw_str_find(piece, BW_COMPOSE_HOLE) != SIZE_MAX;
}

struct bw_value bw_compose_piece(struct bw_compose *compose, struct bw_value whole,
                                 struct bw_str piece)
{
    struct bw_value value = bw_compose_string(compose, piece, whole.place);
    if (bw_compose_has_hole(whole, piece))
        value.flags |= BW_COMPOSE_PARTIAL;
    return value;
}

struct bw_value bw_compose_in_place(struct bw_value container, struct bw_value value)
{
    container.place = value.place;
    container.flags = value.flags & (BW_YAML_RESET | BW_YAML_OVERRIDE);
    return container;
}

static struct bw_value new_map(struct bw_compose *compose, struct bw_value where)
{
    return bw_compose_in_place(bw_value_map(&compose->reading->make, 4), where);
}

static struct bw_value new_list(struct bw_compose *compose, struct bw_value where)
{
    return bw_compose_in_place(bw_value_list(&compose->reading->make, bw_value_count(where)),
                               where);
}

void bw_compose_set(struct bw_compose *compose, struct bw_value *map, const char *name,
                    struct bw_value value)
{
    struct bw_value key = bw_compose_string(compose, bw_str(name), map->place);
    bw_value_put(&compose->reading->make, map, key, value);
}

static struct bw_value literal(struct bw_compose *compose, const char *text, struct bw_value where)
{
    return bw_compose_string(compose, bw_str(text), where.place);
}

/* {name: value}, where the value stands in its short form. */
static struct bw_value wrap(struct bw_compose *compose, const char *name, struct bw_value value)
{
    struct bw_value map = new_map(compose, value);
    value.flags &= (uint8_t) ~(BW_YAML_RESET | BW_YAML_OVERRIDE);
    bw_compose_set(compose, &map, name, value);
    return map;
}

struct bw_value bw_compose_to_list(struct bw_compose *compose, struct bw_value value,
                                   const char *field)
{
    (void)field;
    if (value.kind == BW_VALUE_LIST)
        return value;
    struct bw_value list = new_list(compose, value);
    value.flags &= (uint8_t) ~(BW_YAML_RESET | BW_YAML_OVERRIDE);
    bw_value_add(&compose->reading->make, &list, value);
    return list;
}

struct bw_value bw_compose_to_test(struct bw_compose *compose, struct bw_value value,
                                   const char *field)
{
    struct bw_value list = new_list(compose, value);
    if (value.kind != BW_VALUE_STRING)
        return value;
    (void)field;
    value.flags &= (uint8_t) ~(BW_YAML_RESET | BW_YAML_OVERRIDE);
    bw_value_add(&compose->reading->make, &list, literal(compose, "CMD-SHELL", value));
    bw_value_add(&compose->reading->make, &list, value);
    return list;
}

/* --- lists that are maps --- */

/* Elements "NAME=VALUE" of a list; a name alone has the value `alone`, or is a misfit where that is
 * ABSENT. What is no string is left for its type to complain about. */
static struct bw_value to_map(struct bw_compose *compose, struct bw_value list,
                              struct bw_value alone, const char *field)
{
    struct bw_value map = new_map(compose, list);
    for (uint32_t i = 0; i < list.list->n; i++) {
        struct bw_value element = list.list->v[i], value = alone;
        struct bw_str text = bw_value_text(element);
        size_t cut = bw_str_find(text, '=');
        if (element.kind == BW_VALUE_UNKNOWN)
            continue; /* nobody gave it: that has been said, and its name is not known */
        if (element.kind != BW_VALUE_STRING) {
            bw_compose_misfit(compose, element, "%s: an entry is NAME=VALUE", field);
            continue;
        }
        if (cut != SIZE_MAX)
            value = bw_compose_piece(compose, element, bw_str_from(text, cut + 1));
        else if (value.kind == BW_VALUE_ABSENT)
            value = bw_compose_misfit(compose, element, "%s: an entry is NAME=VALUE", field);
        value.place = element.place;
        bw_value_put(&compose->reading->make, &map,
                     bw_compose_piece(compose, element, bw_str_take(text, cut)), value);
    }
    return map;
}

struct bw_value bw_compose_to_variables(struct bw_compose *compose, struct bw_value value,
                                        const char *field)
{
    return value.kind == BW_VALUE_LIST ? to_map(compose, value, bw_value_null(), field) : value;
}

struct bw_value bw_compose_to_texts(struct bw_compose *compose, struct bw_value value,
                                    const char *field)
{
    struct bw_value empty = bw_compose_string(compose, BW_STR(""), value.place);
    return value.kind == BW_VALUE_LIST ? to_map(compose, value, empty, field) : value;
}

static bool is_elsewhere(struct bw_str context)
{
    return bw_str_find_str(context, BW_STR("://")) != SIZE_MAX ||
           bw_str_starts(context, BW_STR("service:")) || bw_str_starts(context, BW_STR("git@")) ||
           bw_str_starts(context, BW_STR("github.com/")) ||
           bw_str_starts(context, BW_STR("docker-image:"));
}

struct bw_value bw_compose_to_contexts(struct bw_compose *compose, struct bw_value value,
                                       const char *field)
{
    if (value.kind == BW_VALUE_LIST)
        value = to_map(compose, value, (struct bw_value){0}, field);
    if (value.kind != BW_VALUE_MAP || !compose->dir.n)
        return value;
    struct bw_value map = new_map(compose, value);
    for (uint32_t i = 0; i < value.map->n; i++) {
        struct bw_value context = value.map->v[i].value;
        struct bw_str text = bw_value_text(context);
        if (text.p && !is_elsewhere(text) && !bw_compose_has_hole(context, text))
            context = bw_compose_string(compose, bw_compose_path(compose, text), context.place);
        bw_value_put(&compose->reading->make, &map, value.map->v[i].key, context);
    }
    return map;
}

/* A list of names as a map, each with that value. */
static struct bw_value named(struct bw_compose *compose, struct bw_value list,
                             struct bw_value value, const char *field)
{
    struct bw_value map = new_map(compose, list);
    for (uint32_t i = 0; i < list.list->n; i++) {
        struct bw_value name = list.list->v[i];
        value.place = name.place;
        if (name.kind == BW_VALUE_STRING)
            bw_value_put(&compose->reading->make, &map, name, value);
        else
            bw_compose_misfit(compose, name, "%s: an entry is a name", field);
    }
    return map;
}

struct bw_value bw_compose_to_names(struct bw_compose *compose, struct bw_value value,
                                    const char *field)
{
    return value.kind == BW_VALUE_LIST ? named(compose, value, bw_value_null(), field) : value;
}

struct bw_value bw_compose_to_dependencies(struct bw_compose *compose, struct bw_value value,
                                           const char *field)
{
    if (value.kind != BW_VALUE_LIST)
        return value;
    struct bw_value condition = new_map(compose, value);
    condition.flags = 0;
    bw_compose_set(compose, &condition, "condition", literal(compose, "service_started", value));
    bw_compose_set(compose, &condition, "required", bw_value_bool(true));
    return named(compose, value, condition, field);
}

/* Adds addresses, apart by commas, to those of a host. "[::1]" is written without its brackets. */
static void add_addresses(struct bw_compose *compose, struct bw_value *map, struct bw_str host,
                          struct bw_str addresses, struct bw_value where)
{
    struct bw_value list = bw_value_get(*map, host);
    struct bw_str address;
    if (list.kind != BW_VALUE_LIST) {
        list = new_list(compose, where);
        list.flags = 0;
    }
    while (bw_str_split(&addresses, ',', &address)) {
        if (address.n > 2 && address.p[0] == '[' && address.p[address.n - 1] == ']')
            address = bw_str_n(address.p + 1, address.n - 2);
        bw_value_add(&compose->reading->make, &list, bw_compose_piece(compose, where, address));
    }
    bw_value_put(&compose->reading->make, map, bw_compose_string(compose, host, where.place), list);
}

static void add_host(struct bw_compose *compose, struct bw_value *map, struct bw_value entry,
                     const char *field)
{
    struct bw_str text = bw_value_text(entry);
    size_t cut = bw_str_find(text, '=');
    if (cut == SIZE_MAX)
        cut = bw_str_find(text, ':');
    if (cut == SIZE_MAX || !cut)
        bw_compose_misfit(compose, entry, "%s: an entry is HOST=ADDRESS", field);
    else
        add_addresses(compose, map, bw_str_take(text, cut), bw_str_from(text, cut + 1), entry);
}

struct bw_value bw_compose_to_hosts(struct bw_compose *compose, struct bw_value value,
                                    const char *field)
{
    struct bw_value map = new_map(compose, value);
    if (value.kind != BW_VALUE_LIST && value.kind != BW_VALUE_MAP)
        return value;
    for (uint32_t i = 0; i < bw_value_count(value); i++) {
        if (value.kind == BW_VALUE_LIST) {
            add_host(compose, &map, value.list->v[i], field);
            continue;
        }
        const struct bw_value_member *member = &value.map->v[i];
        if (member->value.kind == BW_VALUE_STRING)
            add_addresses(compose, &map, bw_value_text(member->key), bw_value_text(member->value),
                          member->value);
        else
            bw_value_put(&compose->reading->make, &map, member->key, member->value);
    }
    return map;
}

/* --- strings that are maps --- */

struct bw_value bw_compose_to_build(struct bw_compose *compose, struct bw_value value,
                                    const char *field)
{
    (void)field;
    return value.kind == BW_VALUE_STRING ? wrap(compose, "context", value) : value;
}

struct bw_value bw_compose_to_extends(struct bw_compose *compose, struct bw_value value,
                                      const char *field)
{
    (void)field;
    return value.kind == BW_VALUE_STRING ? wrap(compose, "service", value) : value;
}

struct bw_value bw_compose_to_file_mount(struct bw_compose *compose, struct bw_value value,
                                         const char *field)
{
    (void)field;
    return value.kind == BW_VALUE_STRING ? wrap(compose, "source", value) : value;
}

struct bw_value bw_compose_to_include(struct bw_compose *compose, struct bw_value value,
                                      const char *field)
{
    (void)field;
    return value.kind == BW_VALUE_STRING ? wrap(compose, "path", value) : value;
}

struct bw_value bw_compose_to_env_file(struct bw_compose *compose, struct bw_value value,
                                       const char *field)
{
    (void)field;
    if (value.kind != BW_VALUE_STRING)
        return value;
    struct bw_value map = wrap(compose, "path", value);
    bw_compose_set(compose, &map, "required", bw_value_bool(true));
    return map;
}

struct bw_value bw_compose_to_gpus(struct bw_compose *compose, struct bw_value value,
                                   const char *field)
{
    if (value.kind != BW_VALUE_STRING)
        return value;
    struct bw_value request = new_map(compose, value);
    bw_compose_set(compose, &request, "count", literal(compose, "all", value));
    return bw_compose_to_list(compose, request, field);
}

/* "SOURCE", "SOURCE:TARGET", "SOURCE:TARGET:PERMISSIONS". */
struct bw_value bw_compose_to_device(struct bw_compose *compose, struct bw_value value,
                                     const char *field)
{
    struct bw_str rest = bw_value_text(value), part, parts[3] = {{0}};
    size_t n = 0;
    if (value.kind != BW_VALUE_STRING)
        return value;
    while (bw_str_split(&rest, ':', &part)) {
        if (n == BW_ARRAY_LEN(parts))
            return bw_compose_misfit(compose, value, "%s: SOURCE:TARGET:PERMISSIONS at most",
                                     field);
        parts[n++] = part;
    }
    struct bw_value map = new_map(compose, value);
    bw_compose_set(compose, &map, "source", bw_compose_piece(compose, value, parts[0]));
    bw_compose_set(compose, &map, "target",
                   bw_compose_piece(compose, value, n > 1 && parts[1].n ? parts[1] : parts[0]));
    bw_compose_set(compose, &map, "permissions",
                   n > 2 ? bw_compose_piece(compose, value, parts[2])
                         : literal(compose, "rwm", value));
    return map;
}

struct bw_value bw_compose_to_resource(struct bw_compose *compose, struct bw_value value,
                                       const char *field)
{
    (void)field;
    struct bw_value external = bw_value_get(value, BW_STR("external")), map;
    if (external.kind != BW_VALUE_MAP)
        return value;
    map = new_map(compose, value);
    for (uint32_t i = 0; i < value.map->n; i++)
        bw_value_put(&compose->reading->make, &map, value.map->v[i].key, value.map->v[i].value);
    struct bw_value yes = bw_value_bool(true);
    yes.place = external.place;
    bw_compose_set(compose, &map, "external", yes);
    if (bw_value_get(value, BW_STR("name")).kind == BW_VALUE_ABSENT)
        bw_compose_set(compose, &map, "name", bw_value_get(external, BW_STR("name")));
    return map;
}

/* --- what makes elements one --- */

struct bw_str bw_compose_by_text(struct bw_compose *compose, struct bw_value element)
{
    (void)compose;
    return bw_value_text(element);
}

struct bw_str bw_compose_by_content(struct bw_compose *compose, struct bw_value element)
{
    bw_buf_clear(&compose->text);
    bw_object_json(element, false, &compose->text);
    if (bw_buf_failed(&compose->text))
        return (struct bw_str){0};
    return bw_arena_str(compose->reading->arena, bw_buf_slice(&compose->text));
}

struct bw_str bw_compose_by_name(struct bw_compose *compose, struct bw_value element)
{
    (void)compose;
    struct bw_str text = bw_value_text(element);
    return text.p ? bw_str_take(text, bw_str_find(text, '=')) : text;
}

struct bw_str bw_compose_by_target(struct bw_compose *compose, struct bw_value element)
{
    (void)compose;
    return bw_value_text(bw_value_get(element, BW_STR("target")));
}

struct bw_str bw_compose_by_path(struct bw_compose *compose, struct bw_value element)
{
    (void)compose;
    return bw_value_text(bw_value_get(element, BW_STR("path")));
}

static struct bw_str by_file_mount(struct bw_compose *compose, struct bw_value element,
                                   const char *dir)
{
    struct bw_str target = bw_compose_by_target(compose, element);
    struct bw_str source = bw_value_text(bw_value_get(element, BW_STR("source")));
    if (target.p || !source.p)
        return target;
    return bw_arena_printf(compose->reading->arena, "%s/%" BW_STR_F, dir, BW_STR_A(source));
}

struct bw_str bw_compose_by_secret(struct bw_compose *compose, struct bw_value element)
{
    return by_file_mount(compose, element, "/run/secrets");
}

struct bw_str bw_compose_by_config(struct bw_compose *compose, struct bw_value element)
{
    return by_file_mount(compose, element, "");
}

struct bw_str bw_compose_by_port(struct bw_compose *compose, struct bw_value element)
{
    struct bw_value target = bw_value_get(element, BW_STR("target"));
    struct bw_str ip = bw_value_text(bw_value_get(element, BW_STR("host_ip")));
    struct bw_value published = bw_value_get(element, BW_STR("published"));
    struct bw_str protocol = bw_value_text(bw_value_get(element, BW_STR("protocol")));
    if (target.kind != BW_VALUE_INT || published.kind == BW_VALUE_UNKNOWN)
        return (struct bw_str){0};
    return bw_arena_printf(compose->reading->arena, "%" BW_STR_F ":%" BW_STR_F ":%lld/%" BW_STR_F,
                           BW_STR_A(ip.n ? ip : BW_STR("0.0.0.0")),
                           BW_STR_A(bw_value_text(published)), (long long)target.i,
                           BW_STR_A(protocol.n ? protocol : BW_STR("tcp")));
}
