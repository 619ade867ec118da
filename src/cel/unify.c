#include "cel/unify.h"

static bool assignable(struct bw_cel_unifier *u, const struct bw_cel_type *a,
                       const struct bw_cel_type *b);

static bool step(struct bw_cel_unifier *u)
{
    if (++u->steps > BW_CEL_UNIFY_STEPS_MAX)
        u->failed = true;
    return !u->failed;
}

const struct bw_cel_type *bw_cel_unify_variable(struct bw_cel_unifier *u)
{
    const struct bw_cel_type *variable =
        bw_cel_type_make(u->arena, BW_CEL_T_VARIABLE, (struct bw_str){0}, NULL, NULL);
    if (!variable)
        u->failed = true;
    return variable;
}

static bool is_dyn_or_error(const struct bw_cel_type *type)
{
    return type->kind == BW_CEL_T_DYN || type->kind == BW_CEL_T_ERROR;
}

static bool is_nullable(const struct bw_cel_type *type)
{
    return type->kind == BW_CEL_T_NULL || type->kind == BW_CEL_T_OPAQUE ||
           type->kind == BW_CEL_T_OBJECT || type->kind == BW_CEL_T_DURATION ||
           type->kind == BW_CEL_T_TIMESTAMP;
}

static bool less_specific(const struct bw_cel_type *a, const struct bw_cel_type *b)
{
    if (a->kind == BW_CEL_T_DYN || a->kind == BW_CEL_T_VARIABLE)
        return true;
    if (b->kind == BW_CEL_T_NULL && is_nullable(a))
        return true;
    if (b->kind == BW_CEL_T_DYN || b->kind == BW_CEL_T_VARIABLE || a->kind != b->kind)
        return false;
    if (a->kind == BW_CEL_T_TYPE)
        return true;
    if (a->n != b->n || !bw_str_eq(a->name, b->name))
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!less_specific(a->parameter[i], b->parameter[i]))
            return false;
    return true;
}

const struct bw_cel_type *bw_cel_more_general(const struct bw_cel_type *a,
                                              const struct bw_cel_type *b)
{
    return less_specific(a, b) ? a : b;
}

static bool occurs(struct bw_cel_unifier *u, const struct bw_cel_type *variable,
                   const struct bw_cel_type *within)
{
    if (variable == within || !step(u))
        return true;
    if (within->kind == BW_CEL_T_VARIABLE)
        return within->bound && occurs(u, variable, within->bound);
    for (uint32_t i = 0; i < within->n; i++)
        if (occurs(u, variable, within->parameter[i]))
            return true;
    return false;
}

static bool bind(struct bw_cel_unifier *u, const struct bw_cel_type *variable,
                 const struct bw_cel_type *type)
{
    struct bw_cel_binding *binding = BW_VEC_PUSH(&u->trail, BW_CEL_UNIFY_STEPS_MAX);
    if (!binding) {
        u->failed = true;
        return false;
    }
    struct bw_cel_type *own = (struct bw_cel_type *)variable;
    *binding = (struct bw_cel_binding){own, own->bound};
    own->bound = type;
    return true;
}

/* Whether a variable may stand for the type; *ret_bound where it stands for one already. */
static bool substitutes(struct bw_cel_unifier *u, const struct bw_cel_type *type,
                        const struct bw_cel_type *variable, bool *ret_bound)
{
    const struct bw_cel_type *bound = variable->bound;
    *ret_bound = bound || type == variable;
    if (type == variable || (bound && bw_cel_type_equal(type, bound)))
        return true;
    if (!bound)
        return !occurs(u, variable, type) && bind(u, variable, type);
    if (!assignable(u, type, bound))
        return false;
    const struct bw_cel_type *general = bw_cel_more_general(type, bound);
    return occurs(u, variable, general) || bind(u, variable, general);
}

static bool each_assignable(struct bw_cel_unifier *u, const struct bw_cel_type *const *a,
                            const struct bw_cel_type *const *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!assignable(u, a[i], b[i]))
            return false;
    return true;
}

static bool assignable(struct bw_cel_unifier *u, const struct bw_cel_type *a,
                       const struct bw_cel_type *b)
{
    bool bound;
    if (!step(u))
        return false;
    if (b->kind == BW_CEL_T_VARIABLE) {
        if (substitutes(u, a, b, &bound))
            return true;
        if (bound)
            return false;
    }
    if (a->kind == BW_CEL_T_VARIABLE)
        return substitutes(u, b, a, &bound);
    if (is_dyn_or_error(a) || is_dyn_or_error(b))
        return true;
    if (a->kind == BW_CEL_T_NULL || b->kind == BW_CEL_T_NULL)
        return is_nullable(a) && is_nullable(b);
    if (a->kind != b->kind)
        return false;
    if (a->kind == BW_CEL_T_TYPE)
        return true;
    return a->n == b->n && bw_str_eq(a->name, b->name) &&
           each_assignable(u, a->parameter, b->parameter, a->n);
}

bool bw_cel_assignable(struct bw_cel_unifier *u, const struct bw_cel_type *const *a,
                       const struct bw_cel_type *const *b, size_t n)
{
    size_t mark = u->trail.n;
    if (each_assignable(u, a, b, n))
        return true;
    while (u->trail.n > mark) {
        const struct bw_cel_binding *binding = &u->trail.v[--u->trail.n];
        binding->variable->bound = binding->before;
    }
    return false;
}

const struct bw_cel_type *bw_cel_substitute(struct bw_cel_unifier *u,
                                            const struct bw_cel_type *type, bool close)
{
    if (!step(u))
        return bw_cel_basic(BW_CEL_T_DYN);
    if (type->kind == BW_CEL_T_VARIABLE) {
        if (type->bound)
            return bw_cel_substitute(u, type->bound, close);
        return close ? bw_cel_basic(BW_CEL_T_DYN) : type;
    }
    const struct bw_cel_type *parameter[3] = {NULL, NULL, NULL};
    bool changed = false;
    for (uint32_t i = 0; i < type->n; i++) {
        parameter[i] = bw_cel_substitute(u, type->parameter[i], close);
        changed |= parameter[i] != type->parameter[i];
    }
    if (!changed)
        return type;
    type = bw_cel_type_make(u->arena, type->kind, type->name, parameter[0], parameter[1]);
    if (type)
        return type;
    u->failed = true;
    return bw_cel_basic(BW_CEL_T_DYN);
}
