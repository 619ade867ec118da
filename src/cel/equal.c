/* Equality and order (langdef.md, "Equality" and "Ordering"). */
#include <math.h>

#include "cel/eval.h"

static bool is_number(struct bw_value value)
{
    return value.kind >= BW_VALUE_INT && value.kind <= BW_VALUE_DOUBLE;
}

/* -1, 0 or 1 */
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static double as_double(struct bw_value number)
{
    return number.kind == BW_VALUE_DOUBLE ? number.d
           : number.kind == BW_VALUE_INT  ? (double)number.i
                                          : (double)number.u;
}

/* Of numbers one of which is a double the other is made one too, and loses what a double has no
 * room for: so has cel-go it, and the conformance suite. */
static int compare_numbers(struct bw_value a, struct bw_value b)
{
    bool minus_a = a.kind == BW_VALUE_INT && a.i < 0, minus_b = b.kind == BW_VALUE_INT && b.i < 0;
    if (a.kind == BW_VALUE_DOUBLE || b.kind == BW_VALUE_DOUBLE) {
        double x = as_double(a), y = as_double(b);
        return isnan(x) || isnan(y) ? 2 : ORDER(x, y);
    }
    if (minus_a != minus_b)
        return minus_a ? -1 : 1;
    return minus_a ? ORDER(a.i, b.i) : ORDER(a.u, b.u);
}

static int compare_times(const struct bw_cel_timestamp *a, const struct bw_cel_timestamp *b)
{
    if (a->seconds != b->seconds)
        return ORDER(a->seconds, b->seconds);
    return ORDER(a->nanos, b->nanos);
}

static int compare_texts(struct bw_str a, struct bw_str b)
{
    int by = bw_str_cmp(a, b); /* of any size */
    return ORDER(by, 0);
}

int bw_cel_compare(struct bw_value a, struct bw_value b)
{
    if (is_number(a) && is_number(b))
        return compare_numbers(a, b);
    if (a.kind != b.kind)
        return 3;
    switch (a.kind) {
    case BW_VALUE_BOOL:
        return ORDER(a.u, b.u);
    case BW_VALUE_STRING:
    case BW_VALUE_BYTES:
        return compare_texts(bw_value_text(a), bw_value_text(b));
    case BW_CEL_DURATION:
        return ORDER(a.i, b.i);
    case BW_CEL_TIMESTAMP:
        return compare_times(a.foreign, b.foreign);
    default:
        return 3;
    }
}

/* --- equality --- */

/* call is NULL where nothing is charged. */
struct comparison {
    struct bw_cel_call *call;
    unsigned depth;
    struct bw_value bad; /* the worst UNKNOWN that was met, or an ERROR that ends it */
};

static bool equal(struct comparison *c, struct bw_value a, struct bw_value b);

static bool lists_equal(struct comparison *c, const struct bw_value_list *a,
                        const struct bw_value_list *b)
{
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!equal(c, a->v[i], b->v[i]))
            return false;
    return true;
}

static bool maps_equal(struct comparison *c, struct bw_value a, struct bw_value b)
{
    if (a.map->n != b.map->n)
        return false;
    for (uint32_t i = 0; i < a.map->n; i++) {
        const struct bw_value_member *member = bw_cel_member(b, a.map->v[i].key);
        if (!member || !equal(c, a.map->v[i].value, member->value))
            return false;
    }
    return true;
}

static bool opaques_equal(const struct bw_cel_opaque *a, const struct bw_cel_opaque *b)
{
    return a->class == b->class && a->class->equal(a->p, b->p);
}

static bool optionals_equal(struct comparison *c, struct bw_value a, struct bw_value b)
{
    if (!a.foreign || !b.foreign)
        return a.foreign == b.foreign;
    return equal(c, bw_cel_optional_of(a), bw_cel_optional_of(b));
}

static bool same_kind_equal(struct comparison *c, struct bw_value a, struct bw_value b)
{
    switch (a.kind) {
    case BW_VALUE_NULL:
        return true;
    case BW_VALUE_STRING:
        return a.tag == b.tag && bw_str_eq(bw_value_text(a), bw_value_text(b));
    case BW_VALUE_LIST:
        return a.list == b.list || lists_equal(c, a.list, b.list);
    case BW_VALUE_MAP:
        return a.map == b.map || maps_equal(c, a, b);
    case BW_CEL_TYPE:
        return strcmp(a.foreign, b.foreign) == 0;
    case BW_CEL_OPTIONAL:
        return optionals_equal(c, a, b);
    case BW_CEL_OPAQUE:
        return opaques_equal(a.foreign, b.foreign);
    default:
        return bw_cel_compare(a, b) == 0;
    }
}

uint64_t bw_cel_compare_cost(struct bw_value value)
{
    return 1 + bw_value_text(value).n / 10;
}

static bool equal(struct comparison *c, struct bw_value a, struct bw_value b)
{
    if (c->call && !bw_cel_charge(c->call, bw_cel_compare_cost(a))) {
        c->bad = bw_cel_fail_budget();
        return false;
    }
    if (bw_cel_is_bad(a) || bw_cel_is_bad(b)) {
        if (bw_cel_is_bad(a))
            c->bad = bw_cel_worse(c->bad, a);
        if (bw_cel_is_bad(b))
            c->bad = bw_cel_worse(c->bad, b);
        return true; /* whether the others are equal decides */
    }
    if (is_number(a) && is_number(b))
        return compare_numbers(a, b) == 0;
    if (a.kind != b.kind || c->depth >= BW_CEL_EQUAL_DEPTH_MAX)
        return false;
    c->depth++;
    bool same = same_kind_equal(c, a, b);
    c->depth--;
    return same;
}

struct bw_value bw_cel_equality(struct bw_cel_call *call, struct bw_value a, struct bw_value b)
{
    struct comparison c = {.call = call};
    bool same = equal(&c, a, b);
    if (c.bad.kind == BW_CEL_ERROR || (same && c.bad.kind == BW_VALUE_UNKNOWN))
        return c.bad;
    return bw_value_bool(same);
}

struct bw_value bw_cel_stands_in(struct bw_cel_call *call, struct bw_value list,
                                 struct bw_value value)
{
    struct bw_value result = bw_value_bool(false);
    for (uint32_t i = 0; i < bw_value_count(list); i++) {
        struct bw_value same = bw_cel_equality(call, value, bw_value_index(list, i));
        if (bw_value_is_true(same) || same.kind == BW_CEL_ERROR)
            return same;
        if (same.kind == BW_VALUE_UNKNOWN)
            result = result.kind == BW_VALUE_UNKNOWN ? bw_cel_worse(result, same) : same;
    }
    return result;
}

bool bw_cel_equal(struct bw_value a, struct bw_value b)
{
    struct comparison c = {0};
    return equal(&c, a, b) && c.bad.kind == BW_VALUE_ABSENT;
}
