#include "extract/yaml-value.h"

#include "extract/yaml-scalar.h"

static int make_value(struct bw_yaml_values *values, const struct bw_yaml *node, unsigned depth,
                      struct bw_value *ret_value, struct bw_err *err);

/* One value less; also stops once the arena is full, which the maker remembers. */
static int spend(struct bw_yaml_values *values, const struct bw_yaml *node, struct bw_err *err)
{
    if (values->reading->make.failed)
        return bw_err_set(err, BW_ELIMIT, "line %u: more values than are held at a time",
                          bw_yaml_line(node));
    if (!values->left)
        return bw_err_set(err, BW_ELIMIT, "line %u: more than %u values once aliases are followed",
                          bw_yaml_line(node), BW_YAML_VALUE_BUDGET);
    values->left--;
    return 0;
}

static uint32_t place_of(struct bw_yaml_values *values, const struct bw_yaml *node)
{
    return bw_reading_place(values->reading, values->file, bw_yaml_line(node),
                            bw_yaml_column(node));
}

static int make_key(struct bw_yaml_values *values, const struct bw_yaml *node,
                    struct bw_value *ret_key, struct bw_err *err)
{
    int rc = spend(values, node, err);
    if (!rc && bw_yaml_type(node) != BW_YAML_SCALAR)
        rc = bw_err_set(err, BW_EFORMAT, "line %u: a key that is no scalar", bw_yaml_line(node));
    if (!rc)
        rc = bw_yaml_key(&values->reading->make, values->dialect, node, ret_key, err);
    if (!rc)
        ret_key->place = place_of(values, node);
    return rc;
}

static int make_sequence(struct bw_yaml_values *values, const struct bw_yaml *node, unsigned depth,
                         struct bw_value *ret_value, struct bw_err *err)
{
    struct bw_value_maker *make = &values->reading->make;
    struct bw_value list = bw_value_list(make, (uint32_t)bw_yaml_size(node));
    struct bw_yaml_iter it = bw_yaml_iter(node);
    for (const struct bw_yaml *element; (element = bw_yaml_next(&it));) {
        struct bw_value value = {0};
        int rc = make_value(values, element, depth, &value, err);
        if (rc)
            return rc;
        bw_value_add(make, &list, value);
    }
    *ret_value = list;
    return 0;
}

/* --- mappings --- */

static bool is_merge(const struct bw_yaml *key)
{
    return bw_yaml_type(key) == BW_YAML_SCALAR && bw_str_eq(bw_yaml_text(key), BW_STR("<<")) &&
           (bw_yaml_is_plain(key) ||
            bw_str_eq(bw_yaml_tag(key), BW_STR("tag:yaml.org,2002:merge")));
}

static uint32_t line_of(const struct bw_yaml_values *values, struct bw_value value)
{
    return value.place < values->reading->places.n ? values->reading->places.v[value.place].line
                                                   : 0;
}

/* The members that a mapping has itself, in the order of the text. */
static int make_members(struct bw_yaml_values *values, const struct bw_yaml *node, unsigned depth,
                        struct bw_value *map, bool *ret_merges, struct bw_err *err)
{
    struct bw_yaml_iter it = bw_yaml_iter(node);
    bool merges = false;
    for (const struct bw_yaml *member; (member = bw_yaml_next(&it));) {
        struct bw_value key = {0}, value = {0};
        bool merge = is_merge(it.key);
        if (merge && merges && values->dialect == BW_YAML_COMPOSE)
            return bw_err_set(err, BW_EFORMAT, "line %u: a second \"<<\" in one mapping",
                              bw_yaml_line(it.key));
        merges |= merge;
        if (merge)
            continue;
        int rc = make_key(values, it.key, &key, err);
        const struct bw_value_member *old = rc ? NULL : bw_value_member(*map, key);
        if (old)
            return bw_err_set(err, BW_EFORMAT,
                              "line %u: the key \"%" BW_STR_F "\" stands at line %u already",
                              bw_yaml_line(it.key), BW_STR_A(bw_str_take(bw_value_text(key), 60)),
                              line_of(values, old->key));
        if (!rc)
            rc = make_value(values, member, depth, &value, err);
        if (rc)
            return rc;
        bw_value_put(&values->reading->make, map, key, value);
    }
    *ret_merges = merges;
    return 0;
}

/* Puts the members of one map into another, over those that are there or beside them. One that is
 * reset is not there, for Compose: what is merged in its place then overrides. */
static void put_all(struct bw_value_maker *make, struct bw_value *map, struct bw_value from,
                    bool over)
{
    for (uint32_t i = 0; i < bw_value_count(from) && !make->failed; i++) {
        const struct bw_value_member *member = &from.map->v[i];
        const struct bw_value_member *old = bw_value_member(*map, member->key);
        struct bw_value value = member->value;
        bool reset = old && (old->value.flags & BW_YAML_RESET);
        if (reset && !(value.flags & BW_YAML_RESET))
            value.flags |= BW_YAML_OVERRIDE;
        if (over || !old || reset)
            bw_value_put(make, map, member->key, value);
    }
}

/* What "<<" names: a mapping, or several in a sequence, of which earlier ones win. */
static int make_merged(struct bw_yaml_values *values, const struct bw_yaml *node, bool alias,
                       unsigned depth, struct bw_value *ret_map, struct bw_err *err)
{
    struct bw_yaml_iter it = bw_yaml_iter(node);
    struct bw_value map = bw_value_map(&values->reading->make, 0), part = {0};
    if (bw_yaml_type(node) == BW_YAML_MAPPING)
        return make_value(values, node, depth, ret_map, err);
    if (bw_yaml_type(node) != BW_YAML_SEQUENCE || alias)
        return bw_err_set(err, BW_EFORMAT,
                          "line %u: \"<<\" merges a mapping or a sequence of mappings",
                          bw_yaml_line(node));
    for (const struct bw_yaml *element; (element = bw_yaml_next(&it));) {
        if (bw_yaml_type(element) != BW_YAML_MAPPING)
            return bw_err_set(err, BW_EFORMAT, "line %u: \"<<\" merges what is no mapping",
                              bw_yaml_line(element));
        int rc = make_value(values, element, depth, &part, err);
        if (rc)
            return rc;
        put_all(&values->reading->make, &map, part, false);
    }
    *ret_map = map;
    return 0;
}

/* The members with what is merged. go-yaml v2 applies everything in the order of the text, the
 * later one wins; yaml.v3 merges at the end, beside what is there. */
static int merge_members(struct bw_yaml_values *values, const struct bw_yaml *node, unsigned depth,
                         struct bw_value own, struct bw_value *ret_map, struct bw_err *err)
{
    struct bw_value_maker *make = &values->reading->make;
    struct bw_value map = bw_value_map(make, bw_value_count(own));
    struct bw_yaml_iter it = bw_yaml_iter(node);
    bool in_order = values->dialect == BW_YAML_KUBERNETES;
    uint32_t next = 0;
    if (!in_order)
        put_all(make, &map, own, true);
    for (const struct bw_yaml *member; (member = bw_yaml_next(&it)) && !make->failed;) {
        struct bw_value merged = {0};
        if (!is_merge(it.key)) {
            const struct bw_value_member *at = &own.map->v[next++];
            if (in_order)
                bw_value_put(make, &map, at->key, at->value);
            continue;
        }
        int rc = make_merged(values, member, it.alias, depth, &merged, err);
        if (rc)
            return rc;
        put_all(make, &map, merged, in_order);
    }
    *ret_map = map;
    return 0;
}

static int make_mapping(struct bw_yaml_values *values, const struct bw_yaml *node, unsigned depth,
                        struct bw_value *ret_value, struct bw_err *err)
{
    bool merges = false;
    struct bw_value map = bw_value_map(&values->reading->make, (uint32_t)bw_yaml_size(node));
    int rc = make_members(values, node, depth, &map, &merges, err);
    if (!rc && merges)
        rc = merge_members(values, node, depth, map, &map, err);
    if (!rc)
        *ret_value = map;
    return rc;
}

static uint8_t tag_flags(const struct bw_yaml *node)
{
    struct bw_str tag = bw_yaml_tag(node);
    if (bw_str_eq(tag, BW_STR("!reset")))
        return BW_YAML_RESET;
    return bw_str_eq(tag, BW_STR("!override")) ? BW_YAML_OVERRIDE : 0;
}

static int make_value(struct bw_yaml_values *values, const struct bw_yaml *node, unsigned depth,
                      struct bw_value *ret_value, struct bw_err *err)
{
    struct bw_value value = {0};
    int rc = spend(values, node, err);
    if (!rc && depth == 0)
        rc = bw_err_set(err, BW_ELIMIT, "line %u: deeper than %u levels once aliases are followed",
                        bw_yaml_line(node), BW_VALUE_DEPTH_MAX);
    if (rc)
        return rc;
    if (bw_yaml_type(node) == BW_YAML_MAPPING)
        rc = make_mapping(values, node, depth - 1, &value, err);
    else if (bw_yaml_type(node) == BW_YAML_SEQUENCE)
        rc = make_sequence(values, node, depth - 1, &value, err);
    else
        rc = bw_yaml_scalar(&values->reading->make, values->dialect, node, &value, err);
    if (rc)
        return rc;
    value.place = place_of(values, node);
    if (values->dialect == BW_YAML_COMPOSE)
        value.flags = tag_flags(node);
    *ret_value = value;
    return 0;
}

int bw_yaml_value(struct bw_yaml_values *values, const struct bw_yaml *node,
                  struct bw_value *ret_value, struct bw_err *err)
{
    return make_value(values, node, BW_VALUE_DEPTH_MAX, ret_value, err);
}
