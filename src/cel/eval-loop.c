/* Macros that loop over a range or bind a name (langdef.md, "Macros"; the extension for two
 * variables). Like `&&` and `||`, quantifiers take the answer that decides over one that is bad. */
#include "cel/eval.h"

/* A range as its elements, one after the other. */
struct range {
    struct bw_cel_eval *e;
    const struct bw_cel_node *node;
    const struct bw_value_list *list; /* else the map */
    const struct bw_value_map *map;
    uint32_t n;
    uint32_t filter, body; /* nodes; filter may be BW_CEL_CHILD_NONE */
};

static void bind(const struct range *range, uint32_t i)
{
    struct bw_value *locals = range->e->locals + range->node->x;
    bool two = range->node->c;
    if (range->list) {
        locals[0] = two ? bw_value_int(i) : range->list->v[i];
        if (two)
            locals[1] = range->list->v[i];
    } else {
        locals[0] = range->map->v[i].key;
        if (two)
            locals[1] = range->map->v[i].value;
    }
}

/* BOOL, or what is bad. */
static struct bw_value predicate(const struct range *range, uint32_t node)
{
    struct bw_value value = bw_cel_step(range->e, node);
    return value.kind == BW_VALUE_BOOL || bw_cel_is_bad(value) ? value
                                                               : bw_cel_no_overload(range->e);
}

static struct bw_value quantify(const struct range *range, bool decides)
{
    struct bw_value bad = {0};
    for (uint32_t i = 0; i < range->n; i++) {
        bind(range, i);
        struct bw_value value = predicate(range, range->body);
        if (value.kind != BW_VALUE_BOOL) {
            bad = bw_cel_worse(bad, value);
            if (bw_cel_error_code(value) == BW_ELIMIT)
                return value;
        } else if ((value.u != 0) == decides) {
            return value;
        }
    }
    return bad.kind ? bad : bw_value_bool(!decides);
}

static struct bw_value exists_one(const struct range *range)
{
    struct bw_value bad = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < range->n; i++) {
        bind(range, i);
        struct bw_value value = predicate(range, range->body);
        if (value.kind == BW_CEL_ERROR)
            return value;
        if (value.kind == BW_VALUE_UNKNOWN)
            bad = bw_cel_worse(bad, value);
        else
            n += value.u != 0;
    }
    return n < 2 && bad.kind ? bad : bw_value_bool(n == 1);
}

/* Binds an element and says whether it is wanted: BOOL, or what is bad. */
static struct bw_value wanted(const struct range *range, uint32_t i)
{
    bind(range, i);
    return range->filter == BW_CEL_CHILD_NONE ? bw_value_bool(true)
                                              : predicate(range, range->filter);
}

/* filter() too, which has the element itself for its body. */
static struct bw_value transform_list(const struct range *range, bool filter)
{
    struct bw_value_maker *make = &range->e->call.make;
    struct bw_value bad = {0}, list = bw_value_list(make, filter ? 0 : range->n);
    for (uint32_t i = 0; i < range->n && !make->failed; i++) {
        struct bw_value keep = wanted(range, i);
        if (keep.kind == BW_CEL_ERROR)
            return keep;
        if (keep.kind == BW_VALUE_UNKNOWN)
            bad = bw_cel_worse(bad, keep);
        if (!bw_value_is_true(keep))
            continue;
        struct bw_value value =
            filter ? range->e->locals[range->node->x] : bw_cel_step(range->e, range->body);
        if (value.kind == BW_CEL_ERROR)
            return value;
        bw_value_add(make, &list, value);
    }
    if (make->failed)
        return bw_cel_fail_memory(make->arena);
    return bad.kind ? bad : list;
}

/* Adds what the body of a map's macro gave; ABSENT, or the ERROR. */
static struct bw_value add_members(const struct range *range, struct bw_value *map,
                                   struct bw_value value)
{
    struct bw_cel_eval *e = range->e;
    if (range->node->op == BW_CEL_O_TRANSFORM_MAP) {
        bw_value_put(&e->call.make, map, e->locals[range->node->x], value);
        return (struct bw_value){0};
    }
    if (value.kind != BW_VALUE_MAP)
        return bw_cel_no_overload(e);
    for (uint32_t i = 0; i < value.map->n; i++) {
        const struct bw_value_member *member = &value.map->v[i];
        if (bw_cel_member(*map, member->key))
            return bw_cel_fail(&e->call, "insert failed: key already exists");
        bw_value_put(&e->call.make, map, member->key, member->value);
    }
    return (struct bw_value){0};
}

static struct bw_value transform_map(const struct range *range)
{
    struct bw_value_maker *make = &range->e->call.make;
    bool entries = range->node->op == BW_CEL_O_TRANSFORM_MAP_ENTRY;
    struct bw_value bad = {0}, map = bw_value_map(make, 0);
    for (uint32_t i = 0; i < range->n && !make->failed; i++) {
        struct bw_value keep = wanted(range, i);
        struct bw_value value = bw_value_is_true(keep) ? bw_cel_step(range->e, range->body) : keep;
        if (value.kind == BW_CEL_ERROR)
            return value;
        if (value.kind == BW_VALUE_UNKNOWN && (entries || keep.kind == BW_VALUE_UNKNOWN))
            bad = bw_cel_worse(bad, value);
        else if (bw_value_is_true(keep))
            value = add_members(range, &map, value);
        if (value.kind == BW_CEL_ERROR)
            return value;
    }
    if (make->failed)
        return bw_cel_fail_memory(make->arena);
    return bad.kind ? bad : map;
}

struct bw_value bw_cel_step_loop(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    struct bw_value of = bw_cel_step(e, node->a);
    if (of.kind != BW_VALUE_LIST && of.kind != BW_VALUE_MAP)
        return bw_cel_is_bad(of) ? of : bw_cel_no_overload(e);
    struct range range = {.e = e,
                          .node = node,
                          .list = of.kind == BW_VALUE_LIST ? of.list : NULL,
                          .map = of.kind == BW_VALUE_MAP ? of.map : NULL,
                          .n = bw_value_count(of),
                          .filter = e->children[node->b],
                          .body = e->children[node->b + 1]};
    switch ((enum bw_cel_op)node->op) {
    case BW_CEL_O_ALL:
        return quantify(&range, false);
    case BW_CEL_O_EXISTS:
        return quantify(&range, true);
    case BW_CEL_O_EXISTS_ONE:
        return exists_one(&range);
    case BW_CEL_O_FILTER:
        range.filter = range.body;
        return transform_list(&range, true);
    case BW_CEL_O_TRANSFORM_LIST:
        return transform_list(&range, false);
    default:
        return transform_map(&range);
    }
}

struct bw_value bw_cel_step_bind(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    struct bw_value value = bw_cel_step(e, node->a);
    if (node->op == BW_CEL_O_BIND) { /* an ERROR is one when it is used */
        e->locals[node->x] = value;
        return bw_cel_step(e, node->b);
    }
    if (value.kind != BW_CEL_OPTIONAL)
        return bw_cel_is_bad(value) ? value : bw_cel_no_overload(e);
    if (!value.foreign)
        return value;
    e->locals[node->x] = bw_cel_optional_of(value);
    value = bw_cel_step(e, node->b);
    if (bw_cel_is_bad(value))
        return value;
    if (node->op == BW_CEL_O_OPT_MAP)
        return bw_cel_optional(&e->call, value);
    return value;
}
