/*
 * JSON Patch (RFC 6902) over trees of values. A tree is never changed: the containers along a path
 * are made anew, all else is shared.
 */
#include "cel/cel.h"
#include "check/policy.h"

/* Parts of one path (RFC 6901), and its bytes. */
#define PARTS_MAX      BW_VALUE_DEPTH_MAX
#define PATH_MAX_BYTES 4096u

struct pointer {
    struct bw_str parts[PARTS_MAX];
    size_t n;
    char text[PATH_MAX_BYTES]; /* of the parts, without escapes */
};

struct patch {
    struct bw_value_maker *make;
    size_t number; /* of the operation, for errors */
    struct bw_err *err;
};

static int wrong(struct patch *patch, const char *why, struct bw_value path)
{
    return bw_err_set(patch->err, BW_EFORMAT, "operation %zu of the patch: %s '%" BW_STR_F "'",
                      patch->number, why, BW_STR_A(bw_str_take(bw_value_text(path), 200)));
}

/* "~1" is '/', "~0" is '~'. */
static bool unescape(struct bw_str part, char *out, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] != '~') {
            out[n++] = part.p[i];
            continue;
        }
        if (++i == part.n || (part.p[i] != '0' && part.p[i] != '1'))
            return false;
        out[n++] = part.p[i] == '0' ? '~' : '/';
    }
    *ret_n = n;
    return true;
}

static int read_pointer(struct patch *patch, struct bw_value path, struct pointer *pointer)
{
    struct bw_str rest = bw_value_text(path), part;
    char *out = pointer->text;
    pointer->n = 0;
    if (path.kind != BW_VALUE_STRING || (rest.n && rest.p[0] != '/') || rest.n > PATH_MAX_BYTES)
        return wrong(patch, "no path", path);
    if (!rest.n)
        return 0;
    rest = bw_str_from(rest, 1);
    while (bw_str_split(&rest, '/', &part)) {
        size_t n;
        if (pointer->n == PARTS_MAX || !unescape(part, out, &n))
            return wrong(patch, "no path", path);
        pointer->parts[pointer->n++] = (struct bw_str){out, n};
        out += n;
    }
    return 0;
}

/* An index without leading zeros; "-" is the place behind the last element. */
static bool read_index(struct bw_str part, uint32_t n, uint32_t *ret_index)
{
    uint64_t i;
    if (bw_str_eq(part, BW_STR("-"))) {
        *ret_index = n;
        return true;
    }
    if (!bw_str_to_u64(part, &i) || i > n || (part.n > 1 && part.p[0] == '0'))
        return false;
    *ret_index = (uint32_t)i;
    return true;
}

static struct bw_value child(struct bw_value value, struct bw_str part)
{
    uint32_t i;
    if (value.kind == BW_VALUE_MAP)
        return bw_value_get(value, part);
    if (value.kind == BW_VALUE_LIST && read_index(part, value.list->n, &i))
        return bw_value_index(value, i);
    return (struct bw_value){0};
}

static struct bw_value find(struct bw_value tree, const struct pointer *pointer)
{
    for (size_t i = 0; i < pointer->n; i++)
        tree = child(tree, pointer->parts[i]);
    return tree;
}

/* --- one container, made anew --- */

enum change {
    ADD,
    REPLACE,
    REMOVE
};

static struct bw_value change_map(struct bw_value_maker *make, struct bw_value map,
                                  struct bw_str part, struct bw_value value)
{
    struct bw_value made = bw_value_map(make, map.map->n + 1);
    bool done = false;
    for (uint32_t i = 0; i < map.map->n; i++) {
        const struct bw_value_member *member = &map.map->v[i];
        bool is_it = bw_str_eq(bw_value_text(member->key), part);
        bw_value_put(make, &made, member->key, is_it ? value : member->value);
        done = done || is_it;
    }
    if (!done && value.kind)
        bw_value_put(make, &made, bw_value_string(make, part), value);
    made.place = map.place;
    return made;
}

static struct bw_value change_list(struct bw_value_maker *make, struct bw_value list,
                                   enum change change, uint32_t at, struct bw_value value)
{
    struct bw_value made = bw_value_list(make, list.list->n + 1);
    for (uint32_t i = 0; i < list.list->n; i++) {
        if (i == at)
            bw_value_add(make, &made, value);
        if (i != at || change == ADD)
            bw_value_add(make, &made, list.list->v[i]);
    }
    if (at == list.list->n)
        bw_value_add(make, &made, value);
    made.place = list.place;
    return made;
}

/* The container with its member changed; ABSENT where that cannot be. */
static struct bw_value change_member(struct bw_value_maker *make, struct bw_value container,
                                     enum change change, struct bw_str part, struct bw_value value)
{
    uint32_t i;
    bool there = child(container, part).kind != BW_VALUE_ABSENT;
    if (change != ADD && !there)
        return (struct bw_value){0};
    if (container.kind == BW_VALUE_MAP)
        return change_map(make, container, part, value);
    if (container.kind == BW_VALUE_LIST && read_index(part, container.list->n, &i))
        return change_list(make, container, change, i, value);
    return (struct bw_value){0};
}

static int apply_change(struct patch *patch, struct bw_value *tree, enum change change,
                        struct bw_value path, struct bw_value value)
{
    struct pointer pointer;
    struct bw_value chain[PARTS_MAX];
    int rc = read_pointer(patch, path, &pointer);
    if (rc)
        return rc;
    if (!pointer.n) {
        if (change == REMOVE)
            return wrong(patch, "the whole cannot be removed", path);
        *tree = value;
        return 0;
    }
    chain[0] = *tree;
    for (size_t i = 1; i < pointer.n; i++)
        chain[i] = child(chain[i - 1], pointer.parts[i - 1]);
    for (size_t i = pointer.n; i-- > 0;) {
        value = change_member(patch->make, chain[i], change, pointer.parts[i], value);
        if (!value.kind)
            return patch->make->failed ? bw_err_set(patch->err, BW_ELIMIT, "no room for the patch")
                                       : wrong(patch, "there is no", path);
        change = REPLACE;
    }
    *tree = value;
    return 0;
}

/* --- operations --- */

static int find_from(struct patch *patch, struct bw_value tree, struct bw_value from,
                     struct bw_value *ret_value)
{
    struct pointer pointer;
    int rc = read_pointer(patch, from, &pointer);
    if (rc)
        return rc;
    *ret_value = find(tree, &pointer);
    return ret_value->kind ? 0 : wrong(patch, "there is no", from);
}

static bool is_below(struct bw_str path, struct bw_str from)
{
    return path.n > from.n && bw_str_starts(path, from) && path.p[from.n] == '/';
}

static int move_value(struct patch *patch, struct bw_value *tree, struct bw_value from,
                      struct bw_value path)
{
    struct bw_value value, without = *tree;
    if (is_below(bw_value_text(path), bw_value_text(from)))
        return wrong(patch, "nothing can be moved into itself:", path);
    int rc = find_from(patch, *tree, from, &value);
    if (rc == 0)
        rc = apply_change(patch, &without, REMOVE, from, (struct bw_value){0});
    if (rc == 0)
        rc = apply_change(patch, &without, ADD, path, value);
    if (rc == 0)
        *tree = without;
    return rc;
}

static int test_value(struct patch *patch, struct bw_value tree, struct bw_value path,
                      struct bw_value wanted)
{
    struct bw_value found;
    int rc = find_from(patch, tree, path, &found);
    if (rc)
        return rc;
    return bw_cel_equal(found, wanted) ? 0 : wrong(patch, "another value stands at", path);
}

static int apply_one(struct patch *patch, struct bw_value *tree, struct bw_value operation)
{
    struct bw_value op = bw_value_at(operation, "op", NULL);
    struct bw_value path = bw_value_at(operation, "path", NULL);
    struct bw_value from = bw_value_at(operation, "from", NULL);
    struct bw_value value = bw_value_at(operation, "value", NULL);
    bool wants_value =
        bw_value_is(op, "add") || bw_value_is(op, "replace") || bw_value_is(op, "test");
    if (wants_value && !value.kind)
        return wrong(patch, "there is no value for", path);
    if (bw_value_is(op, "add"))
        return apply_change(patch, tree, ADD, path, value);
    if (bw_value_is(op, "replace"))
        return apply_change(patch, tree, REPLACE, path, value);
    if (bw_value_is(op, "remove"))
        return apply_change(patch, tree, REMOVE, path, (struct bw_value){0});
    if (bw_value_is(op, "move"))
        return move_value(patch, tree, from, path);
    if (bw_value_is(op, "test"))
        return test_value(patch, *tree, path, value);
    if (!bw_value_is(op, "copy"))
        return wrong(patch, "there is no such operation as", op);
    int rc = find_from(patch, *tree, from, &value);
    return rc ? rc : apply_change(patch, tree, ADD, path, value);
}

int bw_policy_patch(struct bw_value_maker *make, struct bw_value tree, struct bw_value operations,
                    struct bw_value *ret_tree, struct bw_err *err)
{
    struct patch patch = {.make = make, .err = err};
    if (operations.kind != BW_VALUE_LIST)
        return bw_err_set(err, BW_EFORMAT, "a patch is a list of operations");
    if (operations.list->n > BW_POLICY_PATCH_MAX)
        return bw_err_set(err, BW_ELIMIT, "a patch of more than %u operations",
                          BW_POLICY_PATCH_MAX);
    for (uint32_t i = 0; i < operations.list->n; i++) {
        patch.number = i + 1;
        int rc = apply_one(&patch, &tree, operations.list->v[i]);
        if (rc)
            return rc;
    }
    if (make->failed)
        return bw_err_set(err, BW_ELIMIT, "no room for the patch");
    *ret_tree = tree;
    return 0;
}
