/*
 * The evaluator: one step for each node, values in registers, the common case of each first. What
 * is long or rare is elsewhere, so that a step's frame stays small.
 */
#include "cel/eval.h"

static struct bw_value step(struct bw_cel_eval *e, uint32_t index);

struct bw_value bw_cel_worse(struct bw_value a, struct bw_value b)
{
    if (a.kind != BW_VALUE_UNKNOWN)
        return a.kind == BW_VALUE_ABSENT || b.kind == BW_VALUE_UNKNOWN ? b : a;
    if (b.kind == BW_VALUE_UNKNOWN && a.unknown->class == BW_UNKNOWN_INEXPRESSIBLE &&
        b.unknown->class == BW_UNKNOWN_MISSING)
        return b;
    return a;
}

struct bw_value bw_cel_no_overload(struct bw_cel_eval *e)
{
    return bw_cel_fail(&e->call, "no such overload");
}

/* --- paths --- */

static inline bool is_key(const struct bw_value *have, struct bw_value wanted)
{
    return have->tag == wanted.tag && have->kind == BW_VALUE_STRING &&
           have->text->n == wanted.text->n &&
           memcmp(have->text->p, wanted.text->p, wanted.text->n) == 0;
}

/* The member of a map under a string. */
static inline struct bw_value find(struct bw_value map, struct bw_value key)
{
    const struct bw_value_map *at = map.map;
    if (__builtin_expect(at->slots != NULL, 0))
        return bw_value_find(map, key);
    for (uint32_t i = 0; i < at->n; i++)
        if (is_key(&at->v[i].key, key))
            return at->v[i].value;
    return (struct bw_value){0};
}

static inline struct bw_value key_at(const struct bw_cel_eval *e, uint32_t index)
{
    struct bw_value key = e->constants[index];
    key.foreign = (const char *)e->program + key.u;
    return key;
}

/* Of a value what n keys select one after the other. */
static BW_NOINLINE struct bw_value follow(struct bw_cel_eval *e, struct bw_value value,
                                          uint32_t key, uint32_t n)
{
    e->cost += n;
    for (uint32_t i = 0; i < n; i++) {
        struct bw_value wanted = key_at(e, key + i), found = {0};
        if (__builtin_expect(value.kind == BW_VALUE_MAP, 1))
            found = find(value, wanted);
        if (__builtin_expect(found.kind == BW_VALUE_ABSENT, 0)) {
            found = bw_cel_select(e, value, wanted);
            if (bw_cel_is_bad(found))
                return found;
        }
        value = found;
    }
    return value;
}

static BW_NOINLINE struct bw_value has(struct bw_cel_eval *e, struct bw_value value,
                                       const struct bw_cel_node *node)
{
    uint32_t last = node->x - 1u;
    value = follow(e, value, node->b, last);
    struct bw_value wanted = key_at(e, node->b + last);
    if (value.kind != BW_VALUE_MAP)
        return bw_cel_has(e, value, wanted);
    struct bw_value found = find(value, wanted);
    return found.kind == BW_VALUE_UNKNOWN ? found : bw_value_bool(found.kind != BW_VALUE_ABSENT);
}

/* --- variables --- */

static BW_NOINLINE struct bw_value resolve(struct bw_cel_eval *e, uint32_t slot, uint32_t name)
{
    const struct bw_cel_run *run = e->run;
    struct bw_value value = {0};
    if (run->resolve)
        value = run->resolve(run, slot);
    if (value.kind == BW_VALUE_ABSENT)
        value = bw_cel_fail(&e->call, "no such attribute: %" BW_STR_F,
                            BW_STR_A(bw_value_text(bw_cel_constant(e, name))));
    else if (slot < run->variables_n)
        run->variables[slot] = value;
    return value;
}

struct bw_value bw_cel_variable(struct bw_cel_eval *e, uint32_t slot, uint32_t name)
{
    if (__builtin_expect(slot < e->run->variables_n, 1)) {
        struct bw_value value = e->run->variables[slot];
        if (__builtin_expect(value.kind != BW_VALUE_ABSENT, 1))
            return value;
    }
    return resolve(e, slot, name);
}

/* --- logic --- */

/* `&&` where `decides` is false, `||` where it is true: an operand that decides does so whatever
 * the others are. */
static BW_NOINLINE struct bw_value logic(struct bw_cel_eval *e, const struct bw_cel_node *node,
                                         bool decides)
{
    const uint32_t *child = e->children + node->a;
    struct bw_value bad = {0};
    for (uint32_t i = 0; i < node->b; i++) {
        struct bw_value value = step(e, child[i]);
        if (value.kind == BW_VALUE_BOOL) {
            if ((value.u != 0) == decides)
                return value;
        } else {
            bad = bw_cel_worse(bad, bw_cel_is_bad(value) ? value : bw_cel_no_overload(e));
        }
    }
    return bad.kind ? bad : bw_value_bool(!decides);
}

static BW_NOINLINE struct bw_value condition(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    struct bw_value value = step(e, node->a);
    if (value.kind != BW_VALUE_BOOL)
        return bw_cel_is_bad(value) ? value : bw_cel_no_overload(e);
    return step(e, value.u ? node->b : node->c);
}

/* --- literals --- */

static BW_NOINLINE struct bw_value constants(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    struct bw_value value = bw_value_list(&e->call.make, node->b);
    if (e->call.make.failed)
        return bw_cel_fail_memory(e->call.arena);
    struct bw_value_list *list = (struct bw_value_list *)value.list;
    for (uint32_t i = 0; i < node->b; i++)
        list->v[i] = bw_cel_constant(e, node->a + i);
    list->n = node->b;
    e->cost += node->b;
    return value;
}

/* The value that an element of a literal adds: ABSENT where it is an optional that is none. */
static struct bw_value element(struct bw_cel_eval *e, struct bw_value value, bool optional)
{
    if (!optional || bw_cel_is_bad(value))
        return value;
    if (value.kind != BW_CEL_OPTIONAL)
        return bw_cel_fail(&e->call,
                           "cannot initialize optional list element from non-optional value");
    return bw_cel_optional_of(value);
}

static BW_NOINLINE struct bw_value make_list(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    struct bw_value list = bw_value_list(&e->call.make, node->b);
    for (uint32_t i = 0; i < node->b; i++) {
        uint32_t child = e->children[node->a + i];
        struct bw_value value = step(e, child & ~BW_CEL_CHILD_OPTIONAL);
        value = element(e, value, child & BW_CEL_CHILD_OPTIONAL);
        if (value.kind == BW_CEL_ERROR)
            return value;
        bw_value_add(&e->call.make, &list, value);
    }
    return e->call.make.failed ? bw_cel_fail_memory(e->call.arena) : list;
}

static struct bw_value wrong_key(struct bw_cel_eval *e, struct bw_value map, struct bw_value key)
{
    if (bw_cel_is_bad(key))
        return key;
    if (key.kind != BW_VALUE_BOOL && key.kind != BW_VALUE_INT && key.kind != BW_VALUE_UINT &&
        key.kind != BW_VALUE_STRING)
        return bw_cel_fail(&e->call, "unsupported key type: %s", bw_cel_type_name(key));
    if (bw_cel_member(map, key))
        return bw_cel_fail(&e->call, "Failed with repeated key");
    return (struct bw_value){0};
}

static BW_NOINLINE struct bw_value make_map(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    struct bw_value map = bw_value_map(&e->call.make, node->b / 2);
    for (uint32_t i = 0; i < node->b && !e->call.make.failed; i += 2) {
        uint32_t child = e->children[node->a + i];
        struct bw_value key = step(e, child & ~BW_CEL_CHILD_OPTIONAL);
        struct bw_value wrong = wrong_key(e, map, key);
        if (wrong.kind)
            return wrong;
        struct bw_value value = step(e, e->children[node->a + i + 1]);
        value = element(e, value, child & BW_CEL_CHILD_OPTIONAL);
        if (value.kind == BW_CEL_ERROR)
            return value;
        bw_value_put(&e->call.make, &map, key, value);
    }
    return e->call.make.failed ? bw_cel_fail_memory(e->call.arena) : map;
}

/* --- calls --- */

/* A list or map that holds an UNKNOWN is one to a function. */
static struct bw_value hidden_unknown(struct bw_cel_eval *e, struct bw_value value)
{
    struct bw_value bad = {0};
    uint32_t n = bw_value_count(value);
    e->cost += n / 8;
    for (uint32_t i = 0; i < n; i++) {
        struct bw_value at = value.kind == BW_VALUE_LIST ? value.list->v[i] : value.map->v[i].value;
        if (at.kind == BW_VALUE_UNKNOWN)
            bad = bw_cel_worse(bad, at);
    }
    return bad;
}

static bool parameter_takes(const struct bw_cel_eval *e, const struct bw_cel_parameter *parameter,
                            struct bw_value value, bool loosely)
{
    if (parameter->kind == BW_CEL_ANY)
        return true;
    if (parameter->kind != value.kind)
        return false;
    if (parameter->opaque)
        return strcmp(bw_cel_type_name(value), bw_cel_at(e->program, parameter->name)) == 0;
    return value.kind != BW_VALUE_LIST || parameter->element == BW_CEL_ANY || !value.list->n ||
           loosely || value.list->v[0].kind == parameter->element;
}

/* The overload that takes the arguments; loosely, whatever the elements of lists are. */
static const struct bw_cel_overload_row *dispatch(const struct bw_cel_eval *e,
                                                  const struct bw_cel_node *node,
                                                  const struct bw_value *arguments, bool loosely)
{
    const struct bw_cel_overload_row *rows = bw_cel_rows(e->program, BW_CEL_P_OVERLOADS);
    const struct bw_cel_parameter *parameters = bw_cel_rows(e->program, BW_CEL_P_PARAMETERS);
    for (uint32_t i = node->b; i < node->b + node->c; i++) {
        uint32_t at = 0;
        while (at < node->x &&
               parameter_takes(e, &parameters[rows[i].parameters + at], arguments[at], loosely))
            at++;
        if (at == node->x)
            return &rows[i];
    }
    return NULL;
}

static BW_NOINLINE struct bw_value call(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    struct bw_value arguments[BW_CEL_ARGUMENTS_MAX], bad = {0};
    for (uint32_t i = 0; i < node->x; i++) {
        arguments[i] = step(e, e->children[node->a + i]);
        if (bw_cel_is_bad(arguments[i]))
            bad = bw_cel_worse(bad, arguments[i]);
    }
    if (bad.kind)
        return bad;
    const struct bw_cel_overload_row *row = dispatch(e, node, arguments, false);
    if (!row)
        row = dispatch(e, node, arguments, true);
    if (!row || !bw_cel_libraries[row->library]->takes_unknown)
        for (uint32_t i = 0; i < node->x; i++)
            bad = bw_cel_worse(bad, hidden_unknown(e, arguments[i]));
    if (!row || bad.kind)
        return bad.kind ? bad : bw_cel_no_overload(e);
    e->call.regex = row->regex ? bw_cel_at(e->program, row->regex) : NULL;
    struct bw_value value = bw_cel_libraries[row->library]->overloads[row->index].function(
        &e->call, arguments, node->x);
    if (e->cost > e->call.cost_max)
        return bw_cel_fail_budget();
    return e->call.make.failed ? bw_cel_fail_memory(e->call.arena) : value;
}

/* What a chain of `.?` selects, without an optional around it; ABSENT: nothing. */
static BW_NOINLINE struct bw_value perhaps(struct bw_cel_eval *e, uint32_t index)
{
    const struct bw_cel_node *node = &e->nodes[index];
    if (node->op != BW_CEL_O_OPT_SELECT)
        return step(e, index);
    struct bw_value of = perhaps(e, node->a), key = key_at(e, node->b);
    e->cost++;
    return of.kind == BW_VALUE_MAP ? find(of, key) : bw_cel_select_perhaps(e, of, key);
}

/* or() and orValue(): what stands behind counts only where there is no value. */
static BW_NOINLINE struct bw_value or_else(struct bw_cel_eval *e, const struct bw_cel_node *node)
{
    if (node->op == BW_CEL_O_OPT_OR_VALUE && e->nodes[node->a].op == BW_CEL_O_OPT_SELECT) {
        struct bw_value found = perhaps(e, node->a);
        return found.kind == BW_VALUE_ABSENT ? step(e, node->b) : found;
    }
    struct bw_value value = step(e, node->a);
    if (value.kind != BW_CEL_OPTIONAL)
        return value; /* as cel-go has it: what is no optional is there */
    if (value.foreign)
        return node->op == BW_CEL_O_OPT_OR ? value : bw_cel_optional_of(value);
    return step(e, node->b);
}

/* --- the step --- */

static inline bool equals_constant(struct bw_value value, struct bw_value constant)
{
    if (value.kind == BW_VALUE_STRING)
        return is_key(&value, constant);
    return value.u == constant.u;
}

static BW_NOINLINE struct bw_value compare_constant(struct bw_cel_eval *e,
                                                    const struct bw_cel_node *node)
{
    struct bw_value value = step(e, node->a), constant = bw_cel_constant(e, node->b);
    bool wanted = node->op == BW_CEL_O_EQ_CONST;
    if (value.kind == constant.kind && value.kind != BW_VALUE_DOUBLE &&
        value.kind <= BW_VALUE_STRING)
        return bw_value_bool(equals_constant(value, constant) == wanted);
    return bw_cel_binary(e, wanted ? BW_CEL_O_EQ : BW_CEL_O_NE, value, constant);
}

static BW_NOINLINE struct bw_value in_constants(struct bw_cel_eval *e,
                                                const struct bw_cel_node *node)
{
    struct bw_value value = step(e, node->a);
    if (bw_cel_is_bad(value))
        return value;
    e->cost += node->c / 8;
    for (uint32_t i = 0; i < node->c; i++) {
        struct bw_value constant = e->constants[node->b + i];
        if (value.kind == BW_VALUE_STRING && constant.tag != value.tag)
            continue;
        constant = bw_cel_constant(e, node->b + i);
        struct bw_value same = bw_cel_equality(&e->call, value, constant);
        if (same.kind != BW_VALUE_BOOL || same.u)
            return same;
    }
    return bw_value_bool(false);
}

static inline struct bw_value not(struct bw_cel_eval * e, struct bw_value value)
{
    return value.kind == BW_VALUE_BOOL ? bw_value_bool(!value.u)
                                       : bw_cel_unary(e, BW_CEL_O_NOT, value);
}

static struct bw_value step(struct bw_cel_eval *e, uint32_t index)
{
    const struct bw_cel_node *node = &e->nodes[index];
    if (__builtin_expect(++e->cost > e->call.cost_max, 0))
        return bw_cel_fail_budget();
    switch ((enum bw_cel_op)node->op) {
    case BW_CEL_O_CONST:
        return e->constants[node->a];
    case BW_CEL_O_TEXT:
        return bw_cel_constant(e, node->a);
    case BW_CEL_O_CONSTS:
        return constants(e, node);
    case BW_CEL_O_WRONG:
        return bw_cel_fail(&e->call, "%s", bw_value_text(bw_cel_constant(e, node->a)).p);
    case BW_CEL_O_LOCAL:
        return e->locals[node->x];
    case BW_CEL_O_VARIABLE:
        return bw_cel_variable(e, node->a, node->c);
    case BW_CEL_O_PATH_VARIABLE:
        return follow(e, bw_cel_variable(e, node->a, node->c), node->b, node->x);
    case BW_CEL_O_PATH_LOCAL:
        return follow(e, e->locals[node->a], node->b, node->x);
    case BW_CEL_O_PATH:
        return follow(e, step(e, node->a), node->b, node->x);
    case BW_CEL_O_HAS_VARIABLE:
        return has(e, bw_cel_variable(e, node->a, node->c), node);
    case BW_CEL_O_HAS_LOCAL:
        return has(e, e->locals[node->a], node);
    case BW_CEL_O_HAS:
        return has(e, step(e, node->a), node);
    case BW_CEL_O_OPT_SELECT:
        return bw_cel_wrap(e, perhaps(e, index));
    case BW_CEL_O_NOT:
        return not(e, step(e, node->a));
    case BW_CEL_O_NEGATE:
    case BW_CEL_O_SIZE:
    case BW_CEL_O_TYPE_OF:
        return bw_cel_unary(e, node->op, step(e, node->a));
    case BW_CEL_O_EQ_CONST:
    case BW_CEL_O_NE_CONST:
        return compare_constant(e, node);
    case BW_CEL_O_IN_CONSTS:
        return in_constants(e, node);
    case BW_CEL_O_COND:
        return condition(e, node);
    case BW_CEL_O_AND:
        return logic(e, node, false);
    case BW_CEL_O_OR:
        return logic(e, node, true);
    case BW_CEL_O_LIST:
        return make_list(e, node);
    case BW_CEL_O_MAP:
        return make_map(e, node);
    case BW_CEL_O_CALL:
        return call(e, node);
    case BW_CEL_O_OPT_OR:
    case BW_CEL_O_OPT_OR_VALUE:
        return or_else(e, node);
    case BW_CEL_O_BIND:
    case BW_CEL_O_OPT_MAP:
    case BW_CEL_O_OPT_FLAT_MAP:
        return bw_cel_step_bind(e, node);
    default:
        break;
    }
    if (node->op >= BW_CEL_O_ALL)
        return bw_cel_step_loop(e, node);
    struct bw_value left = step(e, node->a);
    return bw_cel_binary(e, node->op, left, step(e, node->b));
}

struct bw_value bw_cel_step(struct bw_cel_eval *e, uint32_t node)
{
    return step(e, node);
}

void bw_cel_eval_start(struct bw_cel_eval *e, const struct bw_cel_program *program,
                       const struct bw_cel_run *run, struct bw_value *locals)
{
    const struct bw_cel_budget *budget = run->budget;
    uint64_t most = !budget                                 ? BW_CEL_COST_EXPRESSION_MAX
                    : budget->left < budget->expression_max ? budget->left
                                                            : budget->expression_max;
    e->cost = 0;
    e->call = (struct bw_cel_call){.arena = run->arena,
                                   .make = {.arena = run->arena},
                                   .cost = &e->cost,
                                   .cost_max = most,
                                   .patterns = run->patterns};
    e->program = program;
    e->nodes = bw_cel_rows(program, BW_CEL_P_NODES);
    e->children = bw_cel_rows(program, BW_CEL_P_CHILDREN);
    e->constants = bw_cel_rows(program, BW_CEL_P_CONSTANTS);
    e->run = run;
    e->locals = locals;
}

struct bw_value bw_cel_eval(const struct bw_cel_program *program, const struct bw_cel_run *run)
{
    struct bw_cel_eval e;
    struct bw_value locals[BW_CEL_LOCALS_MAX];
    memset(locals, 0,
           program->locals * sizeof locals[0]); /* bytes may name one before it is bound */
    bw_cel_eval_start(&e, program, run, locals);
    struct bw_value value = step(&e, program->root);
    if (run->budget)
        run->budget->left -= e.cost < run->budget->left ? e.cost : run->budget->left;
    return value;
}
