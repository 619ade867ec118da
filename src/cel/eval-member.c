/* Fields, elements and membership, also of optionals (langdef.md, "Field Selection"; the extension
 * for optionals). */
#include <math.h>

#include "cel/eval.h"
#include "cel/text.h"

/* What is found where something is looked for; ABSENT: nothing. Bad values come through. */
static struct bw_value missing_key(struct bw_cel_eval *e, struct bw_value key)
{
    if (key.kind == BW_VALUE_STRING)
        return bw_cel_fail(&e->call, "no such key: %" BW_STR_F,
                           BW_STR_A(bw_str_take(bw_value_text(key), 100)));
    if (key.kind == BW_VALUE_INT)
        return bw_cel_fail(&e->call, "no such key: %lld", (long long)key.i);
    return bw_cel_fail(&e->call, "no such key");
}

/* The same number as another kind of key. */
static const struct bw_value_member *number_member(struct bw_value map, struct bw_value key)
{
    struct bw_value other = key;
    if (key.kind == BW_VALUE_DOUBLE) {
        if (key.d != trunc(key.d) || fabs(key.d) >= 0x1p63)
            return NULL;
        other = bw_value_int((int64_t)key.d);
        const struct bw_value_member *member = bw_value_member(map, other);
        if (member || key.d < 0)
            return member;
        return bw_value_member(map, bw_value_uint((uint64_t)key.d));
    }
    if (key.i < 0)
        return NULL;
    other.kind = key.kind == BW_VALUE_INT ? BW_VALUE_UINT : BW_VALUE_INT;
    return bw_value_member(map, other);
}

const struct bw_value_member *bw_cel_member(struct bw_value map, struct bw_value key)
{
    const struct bw_value_member *member = bw_value_member(map, key);
    bool number = key.kind >= BW_VALUE_INT && key.kind <= BW_VALUE_DOUBLE;
    return member || !number ? member : number_member(map, key);
}

/* The place in a list that a number is: UINT64_MAX where it is none. */
static uint64_t position(struct bw_value index)
{
    if (index.kind == BW_VALUE_DOUBLE)
        return index.d == trunc(index.d) && index.d >= 0 && index.d < 0x1p53 ? (uint64_t)index.d
                                                                             : UINT64_MAX;
    return index.kind == BW_VALUE_INT && index.i < 0 ? UINT64_MAX : index.u;
}

static bool is_key(struct bw_value key)
{
    return key.kind == BW_VALUE_BOOL || key.kind == BW_VALUE_STRING ||
           (key.kind >= BW_VALUE_INT && key.kind <= BW_VALUE_DOUBLE);
}

/* Whether has() and `?` find nothing in a value that can have no members, as in Kubernetes; to
 * cel-spec that is an error. */
static bool has_none(const struct bw_cel_eval *e, struct bw_value value)
{
    return value.kind != BW_VALUE_MAP && value.kind != BW_VALUE_LIST &&
           e->program->dialect == BW_CEL_KUBERNETES_1_34;
}

static struct bw_value no_fields(struct bw_cel_eval *e, struct bw_value of)
{
    return bw_cel_fail(&e->call, "type '%s' does not support field selection",
                       bw_cel_type_name(of));
}

/* Of a list or map; *ret_found is false where the ERROR only says that there is none. */
static struct bw_value look_up(struct bw_cel_eval *e, struct bw_value of, struct bw_value key,
                               bool *ret_found)
{
    *ret_found = true;
    if (bw_cel_is_bad(of) || bw_cel_is_bad(key))
        return bw_cel_worse(bw_cel_is_bad(of) ? of : (struct bw_value){0},
                            bw_cel_is_bad(key) ? key : of);
    if (of.kind == BW_VALUE_MAP) {
        if (!is_key(key))
            return bw_cel_fail(&e->call, "unsupported key type: %s", bw_cel_type_name(key));
        const struct bw_value_member *member = bw_cel_member(of, key);
        *ret_found = member;
        return member ? member->value : (struct bw_value){0};
    }
    if (of.kind != BW_VALUE_LIST)
        return bw_cel_no_overload(e);
    if (key.kind < BW_VALUE_INT || key.kind > BW_VALUE_DOUBLE)
        return bw_cel_fail(&e->call, "unsupported index type '%s' in list", bw_cel_type_name(key));
    uint64_t at = position(key);
    if (key.kind == BW_VALUE_DOUBLE && key.d != trunc(key.d))
        return bw_cel_fail(&e->call, "invalid_argument: the index of a list is no integer");
    *ret_found = at < of.list->n;
    return *ret_found ? of.list->v[at] : (struct bw_value){0};
}

struct bw_value bw_cel_index(struct bw_cel_eval *e, struct bw_value of, struct bw_value key)
{
    bool found;
    if (of.kind == BW_CEL_OPTIONAL)
        return bw_cel_index_optional(e, of, key);
    struct bw_value value = look_up(e, of, key, &found);
    if (found)
        return value;
    if (of.kind != BW_VALUE_LIST)
        return missing_key(e, key);
    char text[BW_CEL_NUMBER_SIZE];
    return bw_cel_fail(&e->call, "index out of bounds: %" BW_STR_F,
                       BW_STR_A(bw_cel_number_text(key, text)));
}

struct bw_value bw_cel_index_optional(struct bw_cel_eval *e, struct bw_value of,
                                      struct bw_value key)
{
    bool found;
    if (of.kind == BW_CEL_OPTIONAL) {
        if (!of.foreign)
            return of;
        of = bw_cel_optional_of(of);
    }
    if (!bw_cel_is_bad(of) && is_key(key) && has_none(e, of))
        return bw_cel_optional(&e->call, (struct bw_value){0});
    struct bw_value value = look_up(e, of, key, &found);
    return found && bw_cel_is_bad(value) ? value : bw_cel_optional(&e->call, value);
}

struct bw_value bw_cel_select_perhaps(struct bw_cel_eval *e, struct bw_value of,
                                      struct bw_value key)
{
    if (of.kind == BW_CEL_OPTIONAL)
        of = bw_cel_optional_of(of);
    if (of.kind == BW_VALUE_ABSENT || bw_cel_is_bad(of))
        return of;
    if (of.kind != BW_VALUE_MAP && !has_none(e, of))
        return no_fields(e, of);
    return bw_value_find(of, key);
}

struct bw_value bw_cel_select(struct bw_cel_eval *e, struct bw_value of, struct bw_value key)
{
    if (of.kind == BW_CEL_OPTIONAL)
        return bw_cel_wrap(e, bw_cel_select_perhaps(e, of, key));
    if (bw_cel_is_bad(of))
        return of;
    if (of.kind != BW_VALUE_MAP)
        return no_fields(e, of);
    struct bw_value value = bw_value_find(of, key);
    return value.kind == BW_VALUE_ABSENT ? missing_key(e, key) : value;
}

struct bw_value bw_cel_has(struct bw_cel_eval *e, struct bw_value of, struct bw_value key)
{
    if (of.kind == BW_CEL_OPTIONAL) {
        if (!of.foreign)
            return bw_value_bool(false);
        of = bw_cel_optional_of(of);
    }
    if (bw_cel_is_bad(of))
        return of;
    if (of.kind != BW_VALUE_MAP && !has_none(e, of))
        return no_fields(e, of);
    struct bw_value value = bw_value_find(of, key);
    return value.kind == BW_VALUE_UNKNOWN ? value : bw_value_bool(value.kind != BW_VALUE_ABSENT);
}

static struct bw_value in_list(struct bw_cel_eval *e, struct bw_value value,
                               const struct bw_value_list *list)
{
    struct bw_value bad = {0};
    for (uint32_t i = 0; i < list->n; i++) {
        struct bw_value same = bw_cel_equality(&e->call, value, list->v[i]);
        if (same.kind == BW_CEL_ERROR || bw_value_is_true(same))
            return same;
        if (same.kind == BW_VALUE_UNKNOWN)
            bad = bw_cel_worse(bad, same);
    }
    return bad.kind ? bad : bw_value_bool(false);
}

struct bw_value bw_cel_in(struct bw_cel_eval *e, struct bw_value value, struct bw_value in)
{
    if (bw_cel_is_bad(value) || bw_cel_is_bad(in))
        return bw_cel_worse(bw_cel_is_bad(value) ? value : (struct bw_value){0},
                            bw_cel_is_bad(in) ? in : value);
    if (in.kind == BW_VALUE_LIST)
        return in_list(e, value, in.list);
    if (in.kind != BW_VALUE_MAP)
        return bw_cel_no_overload(e);
    const struct bw_value_member *member = is_key(value) ? bw_cel_member(in, value) : NULL;
    if (member && member->value.kind == BW_VALUE_UNKNOWN)
        return member->value; /* it may not be there */
    return bw_value_bool(member);
}
