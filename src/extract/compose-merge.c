#include "extract/compose-model.h"

struct bw_value bw_compose_unique(struct bw_compose *compose, const struct bw_compose_type *type,
                                  struct bw_value list)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value seen, out;
    if (!type->identity || list.kind != BW_VALUE_LIST || list.list->n < 2)
        return list;
    seen = bw_value_map(make, list.list->n);
    out = bw_value_list(make, list.list->n);
    for (uint32_t i = 0; i < list.list->n && !make->failed; i++) {
        struct bw_str identity = type->identity(compose, list.list->v[i]);
        struct bw_value before = bw_value_get(seen, identity);
        if (identity.p && before.kind == BW_VALUE_INT) {
            ((struct bw_value_list *)out.list)->v[before.i] = list.list->v[i];
            continue;
        }
        if (identity.p)
            bw_value_put(make, &seen, bw_value_string(make, identity), bw_value_int(out.list->n));
        bw_value_add(make, &out, list.list->v[i]);
    }
    out.place = list.place;
    out.flags = list.flags;
    return make->failed ? (struct bw_value){0} : out;
}

static bool is_replaced(const struct bw_compose_type *type, struct bw_value base,
                        struct bw_value over)
{
    if (type->replace || base.kind != over.kind ||
        (over.kind != BW_VALUE_LIST && over.kind != BW_VALUE_MAP))
        return true;
    if (!type->one)
        return false;
    struct bw_str before = bw_value_text(bw_value_get(base, bw_str(type->one)));
    struct bw_str after = bw_value_text(bw_value_get(over, bw_str(type->one)));
    return before.p && after.p && !bw_str_eq(before, after);
}

static struct bw_value merge_lists(struct bw_compose *compose, const struct bw_compose_type *type,
                                   struct bw_value base, struct bw_value over)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value list = bw_value_list(make, base.list->n + over.list->n);
    for (uint32_t i = 0; i < base.list->n; i++)
        bw_value_add(make, &list, base.list->v[i]);
    for (uint32_t i = 0; i < over.list->n; i++)
        bw_value_add(make, &list, over.list->v[i]);
    list.place = over.place;
    return bw_compose_unique(compose, type, list);
}

static struct bw_value merge_maps(struct bw_compose *compose, const struct bw_compose_type *type,
                                  struct bw_value base, struct bw_value over)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value map = bw_value_map(make, base.map->n + over.map->n);
    for (uint32_t i = 0; i < base.map->n; i++)
        if (!(base.map->v[i].value.flags & BW_YAML_RESET))
            bw_value_put(make, &map, base.map->v[i].key, base.map->v[i].value);
    for (uint32_t i = 0; i < over.map->n && !make->failed; i++) {
        const struct bw_value_member *member = &over.map->v[i];
        const struct bw_compose_type *its =
            bw_compose_member_type(type, bw_value_text(member->key));
        if (member->value.flags & BW_YAML_RESET)
            continue;
        /* A container stands where it was first written. */
        const struct bw_value_member *old = bw_value_member(map, member->key);
        bool joined = old && old->value.kind == BW_VALUE_MAP;
        bw_value_put(
            make, &map, joined ? old->key : member->key,
            bw_compose_merge(compose, its, old ? old->value : (struct bw_value){0}, member->value));
    }
    map.place = base.place ? base.place : over.place;
    return map;
}

struct bw_value bw_compose_merge(struct bw_compose *compose, const struct bw_compose_type *type,
                                 struct bw_value base, struct bw_value over)
{
    if (over.kind == BW_VALUE_ABSENT ||
        (over.kind == BW_VALUE_NULL && !type->replace && base.kind != BW_VALUE_ABSENT))
        return base;
    if (base.kind == BW_VALUE_UNKNOWN && (over.kind == BW_VALUE_LIST || over.kind == BW_VALUE_MAP))
        return base;
    if (base.kind == BW_VALUE_ABSENT || is_replaced(type, base, over)) {
        if (over.kind != BW_VALUE_MAP)
            return over;
        base = bw_value_map(&compose->reading->make, 0); /* what is reset in it goes */
    }
    if (compose->reading->make.failed)
        return over;
    return over.kind == BW_VALUE_LIST ? merge_lists(compose, type, base, over)
                                      : merge_maps(compose, type, base, over);
}

struct bw_value bw_compose_reset(struct bw_compose *compose, struct bw_value base,
                                 struct bw_value over)
{
    struct bw_value_maker *make = &compose->reading->make;
    if (base.kind != BW_VALUE_MAP || over.kind != BW_VALUE_MAP)
        return base;
    struct bw_value map = bw_value_map(make, base.map->n);
    for (uint32_t i = 0; i < base.map->n && !make->failed; i++) {
        const struct bw_value_member *member = &base.map->v[i];
        struct bw_value after = bw_value_find(over, member->key);
        if (!(after.flags & (BW_YAML_RESET | BW_YAML_OVERRIDE)))
            bw_value_put(make, &map, member->key, bw_compose_reset(compose, member->value, after));
    }
    map.place = base.place;
    map.flags = base.flags;
    return map;
}
