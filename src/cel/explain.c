/*
 * Why a result is what it is: walks down from the root to the part that decided, evaluating again
 * what it passes, and then from that part to the value in the document that it asked about.
 */
#include <ctype.h>

#include "cel/eval.h"

/* Evaluating again may cost this many times what evaluating may. */
#define COST_FACTOR 8u

/* Where a value is. */
struct trace {
    struct bw_str path;    /* from its variable; p is NULL where it is nowhere */
    struct bw_value value; /* ABSENT where it is missing */
    uint32_t place;        /* its own, or of the nearest thing around */
};

struct explainer {
    struct bw_cel_eval e;
    struct bw_value locals[BW_CEL_LOCALS_MAX];
    struct trace traces[BW_CEL_LOCALS_MAX];
    bool failed;
};

static struct bw_value evaluate(struct explainer *x, uint32_t node)
{
    struct bw_value value = bw_cel_step(&x->e, node);
    x->failed |= bw_cel_error_code(value) == BW_ENOMEM;
    return value;
}

static bool is_spent(const struct explainer *x)
{
    return x->failed || x->e.cost > x->e.call.cost_max;
}

/* --- where a value is --- */

static struct trace trace(struct explainer *x, uint32_t index);

static bool is_name(struct bw_str key)
{
    if (!key.n || isdigit((unsigned char)key.p[0]))
        return false;
    for (size_t i = 0; i < key.n; i++)
        if (!isalnum((unsigned char)key.p[i]) && key.p[i] != '_')
            return false;
    return true;
}

static struct bw_str step_path(struct explainer *x, struct bw_str path, struct bw_value key)
{
    struct bw_str text = bw_value_text(key), longer;
    struct bw_arena *arena = x->e.call.arena;
    if (key.kind == BW_VALUE_STRING && is_name(text))
        longer = bw_arena_printf(arena, "%" BW_STR_F ".%" BW_STR_F, BW_STR_A(path), BW_STR_A(text));
    else if (key.kind == BW_VALUE_STRING)
        longer = bw_arena_printf(arena, "%" BW_STR_F "['%" BW_STR_F "']", BW_STR_A(path),
                                 BW_STR_A(text));
    else
        longer = bw_arena_printf(arena, "%" BW_STR_F "[%lld]", BW_STR_A(path), (long long)key.i);
    x->failed |= !longer.p;
    return longer;
}

/* One member or element further; what is missing stays at the place of what is around it. */
static struct trace further(struct explainer *x, struct trace t, struct bw_value key)
{
    if (!t.path.p || bw_cel_is_bad(key))
        return (struct trace){0};
    t.path = step_path(x, t.path, key);
    if (t.value.kind == BW_CEL_OPTIONAL)
        t.value = bw_cel_optional_of(t.value);
    if (t.value.kind == BW_VALUE_LIST)
        t.value = key.kind == BW_VALUE_INT && key.i >= 0 ? bw_value_index(t.value, (size_t)key.i)
                                                         : (struct bw_value){0};
    else if (t.value.kind == BW_VALUE_MAP)
        t.value = bw_value_find(t.value, key);
    else if (t.value.kind != BW_VALUE_UNKNOWN)
        t.value = (struct bw_value){0};
    if (t.value.place)
        t.place = t.value.place;
    return t;
}

static struct trace trace_root(struct explainer *x, const struct bw_cel_node *node)
{
    switch ((enum bw_cel_op)node->op) {
    case BW_CEL_O_VARIABLE:
    case BW_CEL_O_PATH_VARIABLE:
    case BW_CEL_O_HAS_VARIABLE: {
        struct bw_value value = bw_cel_variable(&x->e, node->a, node->c);
        return (struct trace){bw_value_text(bw_cel_constant(&x->e, node->c)), value, value.place};
    }
    case BW_CEL_O_PATH_LOCAL:
    case BW_CEL_O_HAS_LOCAL:
        return x->traces[node->a];
    case BW_CEL_O_LOCAL:
        return x->traces[node->x];
    default:
        return trace(x, node->a);
    }
}

static struct trace trace_path(struct explainer *x, const struct bw_cel_node *node)
{
    struct trace t = trace_root(x, node);
    for (uint32_t i = 0; t.path.p && i < node->x; i++)
        t = further(x, t, bw_cel_constant(&x->e, node->b + i));
    return t;
}

/* Of the first argument that is somewhere. */
static struct trace trace_call(struct explainer *x, const struct bw_cel_node *node)
{
    struct trace t = {0};
    for (uint32_t i = 0; !t.path.p && i < node->x; i++)
        t = trace(x, x->e.children[node->a + i]);
    return t;
}

static struct trace trace(struct explainer *x, uint32_t index)
{
    const struct bw_cel_node *node = &x->e.nodes[index];
    enum bw_cel_op op = node->op;
    struct trace t = {0};
    switch (op) {
    case BW_CEL_O_VARIABLE:
    case BW_CEL_O_LOCAL:
        return trace_root(x, node);
    case BW_CEL_O_PATH_VARIABLE:
    case BW_CEL_O_PATH_LOCAL:
    case BW_CEL_O_PATH:
    case BW_CEL_O_HAS_VARIABLE:
    case BW_CEL_O_HAS_LOCAL:
    case BW_CEL_O_HAS:
        return trace_path(x, node);
    case BW_CEL_O_OPT_SELECT:
        return further(x, trace(x, node->a), bw_cel_constant(&x->e, node->b));
    case BW_CEL_O_INDEX:
    case BW_CEL_O_OPT_INDEX:
        t = trace(x, node->a);
        return t.path.p ? further(x, t, evaluate(x, node->b)) : t;
    case BW_CEL_O_CALL:
        return trace_call(x, node);
    case BW_CEL_O_COND:
        return trace(x, bw_value_is_true(evaluate(x, node->a)) ? node->b : node->c);
    case BW_CEL_O_CONST:
    case BW_CEL_O_TEXT:
    case BW_CEL_O_CONSTS:
    case BW_CEL_O_WRONG:
    case BW_CEL_O_AND:
    case BW_CEL_O_OR:
    case BW_CEL_O_LIST:
    case BW_CEL_O_MAP:
        return t;
    default:
        break;
    }
    t = trace(x, node->a);
    bool binary = op >= BW_CEL_O_EQ && op <= BW_CEL_O_IN;
    return t.path.p || !binary ? t : trace(x, node->b);
}

/* Where the element of a range is: of a sum of lists in the one that it comes from. */
static struct trace trace_element(struct explainer *x, uint32_t range, struct bw_value of,
                                  uint32_t i)
{
    const struct bw_cel_node *node = &x->e.nodes[range];
    if (node->op == BW_CEL_O_ADD && of.kind == BW_VALUE_LIST) {
        struct bw_value left = evaluate(x, node->a);
        uint32_t n = bw_value_count(left);
        return i < n ? trace_element(x, node->a, left, i)
                     : trace_element(x, node->b, evaluate(x, node->b), i - n);
    }
    struct bw_value key = of.kind == BW_VALUE_MAP ? of.map->v[i].key : bw_value_int(i);
    struct bw_value value = of.kind == BW_VALUE_MAP ? of.map->v[i].value : bw_value_index(of, i);
    struct trace t = trace(x, range);
    if (t.path.p && node->op >= BW_CEL_O_FILTER && node->op <= BW_CEL_O_TRANSFORM_MAP_ENTRY) {
        /* The elements have other places there than in what they were taken from. */
        t.path = bw_arena_printf(x->e.call.arena, "%" BW_STR_F "[*]", BW_STR_A(t.path));
        x->failed |= !t.path.p;
    } else if (t.path.p) {
        t.path = step_path(x, t.path, key);
    }
    t.value = value;
    t.place = value.place ? value.place : t.place;
    return t;
}

/* --- what decided --- */

/* The node that decided for the value, from this one down. */
static uint32_t decide(struct explainer *x, uint32_t index, struct bw_value value);

/* Whether `value` is what made `whole`. */
static bool makes(struct bw_value value, struct bw_value whole)
{
    if (whole.kind == BW_VALUE_BOOL)
        return value.kind == BW_VALUE_BOOL && value.u == whole.u;
    return whole.kind == BW_VALUE_UNKNOWN && value.kind == BW_VALUE_UNKNOWN
               ? value.unknown->class == whole.unknown->class
               : value.kind == whole.kind;
}

/* The first operand that decides; where all agree, the last one, which mostly says the most. */
static uint32_t decide_logic(struct explainer *x, const struct bw_cel_node *node,
                             struct bw_value value)
{
    bool first = bw_cel_is_bad(value) || bw_value_is_true(value) == (node->op == BW_CEL_O_OR);
    uint32_t found = x->e.children[node->a + node->b - 1];
    for (uint32_t i = 0; first && i < node->b; i++) {
        uint32_t child = x->e.children[node->a + i];
        if (!makes(evaluate(x, child), value))
            continue;
        found = child;
        break;
    }
    return decide(x, found, evaluate(x, found));
}

static bool is_constant(const struct explainer *x, uint32_t node)
{
    return x->e.nodes[node].op == BW_CEL_O_CONST;
}

static uint32_t decide_condition(struct explainer *x, const struct bw_cel_node *node,
                                 struct bw_value value)
{
    struct bw_value condition = evaluate(x, node->a);
    uint32_t branch = bw_value_is_true(condition) ? node->b : node->c;
    if (condition.kind != BW_VALUE_BOOL || is_constant(x, branch))
        return decide(x, node->a, condition);
    return decide(x, branch, value);
}

static void bind(struct explainer *x, const struct bw_cel_node *node, struct bw_value of,
                 uint32_t i)
{
    struct bw_value *locals = x->locals + node->x;
    struct trace t = trace_element(x, node->a, of, i);
    bool list = of.kind == BW_VALUE_LIST;
    struct bw_value key = list ? bw_value_int(i) : of.map->v[i].key;
    struct bw_value value = list ? of.list->v[i] : of.map->v[i].value;
    locals[0] = list && !node->c ? value : key;
    x->traces[node->x] = t;
    if (node->c) {
        locals[1] = value;
        x->traces[node->x + 1] = t;
    }
    if (locals[0].kind != value.kind || locals[0].u != value.u)
        x->traces[node->x].value = locals[0];
}

/* The element that broke all(), or that exists() found. */
static uint32_t decide_quantifier(struct explainer *x, uint32_t index, struct bw_value value)
{
    const struct bw_cel_node *node = &x->e.nodes[index];
    struct bw_value of = evaluate(x, node->a);
    bool list = of.kind == BW_VALUE_LIST || of.kind == BW_VALUE_MAP;
    if (bw_cel_is_bad(of))
        return decide(x, node->a, of);
    if (!bw_cel_is_bad(value) && bw_value_is_true(value) != (node->op == BW_CEL_O_EXISTS))
        return index;
    uint32_t body = x->e.children[node->b + 1];
    for (uint32_t i = 0; list && i < bw_value_count(of) && !is_spent(x); i++) {
        bind(x, node, of, i);
        struct bw_value answer = evaluate(x, body);
        if (makes(answer, value))
            return decide(x, body, answer);
    }
    return index;
}

static uint32_t decide_bind(struct explainer *x, const struct bw_cel_node *node,
                            struct bw_value value)
{
    x->locals[node->x] = evaluate(x, node->a);
    x->traces[node->x] = trace(x, node->a);
    return decide(x, node->b, value);
}

/* Of a strict operation that failed: the operand that did. */
static uint32_t decide_operand(struct explainer *x, uint32_t index, struct bw_value value)
{
    const struct bw_cel_node *node = &x->e.nodes[index];
    uint32_t operands[BW_CEL_ARGUMENTS_MAX], n = 0;
    if (!bw_cel_is_bad(value))
        return index;
    if (node->op == BW_CEL_O_CALL)
        for (; n < node->x; n++)
            operands[n] = x->e.children[node->a + n];
    else if (node->op >= BW_CEL_O_NOT && node->op <= BW_CEL_O_IN_CONSTS)
        operands[n++] = node->a;
    if (node->op >= BW_CEL_O_INDEX && node->op <= BW_CEL_O_IN)
        operands[n++] = node->b;
    for (uint32_t i = 0; i < n; i++) {
        struct bw_value operand = evaluate(x, operands[i]);
        if (makes(operand, value))
            return decide(x, operands[i], operand);
    }
    return index;
}

static uint32_t decide(struct explainer *x, uint32_t index, struct bw_value value)
{
    const struct bw_cel_node *node = &x->e.nodes[index];
    if (is_spent(x))
        return index;
    switch ((enum bw_cel_op)node->op) {
    case BW_CEL_O_NOT:
        return decide(x, node->a, evaluate(x, node->a));
    case BW_CEL_O_AND:
    case BW_CEL_O_OR:
        return node->b ? decide_logic(x, node, value) : index;
    case BW_CEL_O_COND:
        return decide_condition(x, node, value);
    case BW_CEL_O_ALL:
    case BW_CEL_O_EXISTS:
        return decide_quantifier(x, index, value);
    case BW_CEL_O_BIND:
        return decide_bind(x, node, value);
    default:
        return decide_operand(x, index, value);
    }
}

static int no_memory(const struct bw_cel_run *run, struct bw_err *err)
{
    return bw_err_set(err, bw_arena_is_full(run->arena) ? BW_ELIMIT : BW_ENOMEM,
                      "there is no memory to explain a result");
}

int bw_cel_explain(const struct bw_cel_program *program, const struct bw_cel_run *run,
                   struct bw_cel_reason *ret_reason, struct bw_err *err)
{
    const struct bw_cel_span *spans = bw_cel_rows(program, BW_CEL_P_SPANS);
    struct explainer *x = bw_arena_alloc(run->arena, sizeof *x);
    if (!x)
        return no_memory(run, err);
    bw_cel_eval_start(&x->e, program, run, x->locals);
    x->e.call.cost_max = BW_CEL_COST_EXPRESSION_MAX * (uint64_t)COST_FACTOR;
    uint32_t node = decide(x, program->root, evaluate(x, program->root));
    struct bw_value value = evaluate(x, node);
    struct trace t = trace(x, node);
    if (t.value.kind == BW_CEL_OPTIONAL)
        t.value = bw_cel_optional_of(t.value);
    if (x->failed || x->e.call.make.failed)
        return no_memory(run, err);
    *ret_reason = (struct bw_cel_reason){.offset = spans[node].offset,
                                         .length = spans[node].length,
                                         .value = value,
                                         .place = t.place,
                                         .path = t.path.p ? t.path : (struct bw_str){"", 0},
                                         .found = t.path.p ? t.value : (struct bw_value){0}};
    return 0;
}
