/*
 * Macros: calls that are something else. Those of langdef.md ("Macros"), of the extensions for
 * optionals, bindings, two variables, lists and numbers, and of the conformance suite (cel.block).
 */
#include "cel/ast.h"

/* What a macro may do to its call. */
struct expansion {
    const struct bw_cel_env *env;
    struct bw_cel_complaint *complaint;
    struct bw_cel_ast *call;
    const struct macro *macro;
    struct bw_cel_ast **arguments; /* without the receiver */
    uint32_t n;
};

struct macro {
    const char *name;
    const char *space; /* "cel", "math": its namespace */
    struct bw_cel_ast *(*expand)(struct expansion *x);
    enum bw_cel_ast_kind kind; /* for loop(): of what it makes */
    uint32_t names;            /* for loop(): how many arguments are names */
    uint32_t least, most;      /* arguments */
    bool member;               /* of a value; else in the namespace, or alone */
    bool spec_alone;           /* not in Kubernetes */
};

/* --- making nodes --- */

/* A node in the place of the call. */
static struct bw_cel_ast *make(struct expansion *x, enum bw_cel_ast_kind kind,
                               struct bw_cel_ast *const *children, uint32_t n)
{
    struct bw_cel_ast *node = bw_arena_alloc(x->complaint->arena, sizeof *node);
    struct bw_cel_ast **copy = bw_arena_array(x->complaint->arena, n, sizeof(struct bw_cel_ast *));
    if (!node || !copy)
        return bw_cel_complain_memory(x->complaint);
    *node = (struct bw_cel_ast){.kind = kind,
                                .offset = x->call->offset,
                                .length = x->call->length,
                                .at = x->call->at,
                                .height = 1,
                                .children = copy,
                                .n = n};
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = children[i];
        if (copy[i]->height >= node->height)
            node->height = copy[i]->height + 1;
    }
    if (node->height <= BW_CEL_DEPTH_MAX)
        return node;
    bw_cel_complain(x->complaint, node->offset, "the expression has deeper nesting than %u",
                    BW_CEL_DEPTH_MAX);
    x->complaint->code = BW_ELIMIT;
    return NULL;
}

/* The name that an argument is: "x", or what cel.iterVar() made of one. p is NULL for others. */
static struct bw_str plain_name(const struct bw_cel_ast *node)
{
    bool plain = node->kind == BW_CEL_A_NAME && !(node->flags & BW_CEL_ROOT);
    return plain ? node->name : (struct bw_str){0};
}

static bool take_names(struct expansion *x, uint32_t n, struct bw_cel_ast *node)
{
    for (uint32_t i = 0; i < n; i++) {
        struct bw_str name = plain_name(x->arguments[i]);
        if (!name.p || bw_str_eq(name, BW_STR("__result__"))) {
            bw_cel_complain(x->complaint, x->arguments[i]->offset,
                            "argument %u of %s() must be a simple name", i + 1, x->macro->name);
            return false;
        }
        *(i ? &node->second : &node->name) = name;
    }
    if (n == 2 && bw_str_eq(node->name, node->second)) {
        bw_cel_complain(x->complaint, x->arguments[1]->offset,
                        "the two variables of %s() have the same name", x->macro->name);
        return false;
    }
    return true;
}

/* --- the macros --- */

static struct bw_cel_ast *has(struct expansion *x)
{
    struct bw_cel_ast *field = x->arguments[0];
    if (field->kind != BW_CEL_A_SELECT || field->flags)
        return bw_cel_complain(x->complaint, field->offset,
                               "has() takes the selection of a field, as in has(a.b)");
    struct bw_cel_ast *node = make(x, BW_CEL_A_SELECT, field->children, 1);
    if (node) {
        node->name = field->name;
        node->at = field->at;
        node->flags = BW_CEL_TEST;
    }
    return node;
}

/* Stands where a filter may. */
static struct bw_cel_ast *always(struct expansion *x)
{
    struct bw_cel_ast *node = make(x, BW_CEL_A_LITERAL, NULL, 0);
    if (node)
        node->value = bw_value_bool(true);
    return node;
}

/* range.macro(name, [second,] [filter,] body) */
static struct bw_cel_ast *loop(struct expansion *x)
{
    const struct macro *macro = x->macro;
    bool filters =
        macro->kind >= BW_CEL_A_TRANSFORM_LIST && macro->kind <= BW_CEL_A_TRANSFORM_MAP_ENTRY;
    struct bw_cel_ast *body = x->arguments[x->n - 1];
    struct bw_cel_ast *filter = x->n > macro->names + 1 ? x->arguments[macro->names] : always(x);
    struct bw_cel_ast *children[3] = {x->call->children[0], filters ? filter : body, body};
    struct bw_cel_ast *node = !filter ? NULL : make(x, macro->kind, children, filters ? 3 : 2);
    return node && take_names(x, macro->names, node) ? node : NULL;
}

/* cel.bind(name, value, body) */
static struct bw_cel_ast *bind(struct expansion *x)
{
    struct bw_cel_ast *node = make(x, BW_CEL_A_BIND, x->arguments + 1, 2);
    return node && take_names(x, 1, node) ? node : NULL;
}

static struct bw_cel_ast *named(struct expansion *x, struct bw_str name)
{
    struct bw_cel_ast *node = name.p ? make(x, BW_CEL_A_NAME, NULL, 0) : NULL;
    if (!name.p)
        return bw_cel_complain_memory(x->complaint);
    if (node)
        node->name = name;
    return node;
}

/* Whether all arguments are small numbers, as the conformance suite writes them. */
static bool take_numbers(struct expansion *x, unsigned numbers[2])
{
    for (uint32_t i = 0; i < x->n; i++) {
        struct bw_value value = x->arguments[i]->value;
        if (x->arguments[i]->kind != BW_CEL_A_LITERAL || value.kind != BW_VALUE_INT ||
            value.i < 0 || value.i > (int64_t)BW_CEL_NODES_MAX) {
            bw_cel_complain(x->complaint, x->arguments[i]->offset,
                            "%s() takes the literals of numbers", x->macro->name);
            return false;
        }
        numbers[i] = (unsigned)value.i;
    }
    return true;
}

static struct bw_cel_ast *index_name(struct expansion *x)
{
    unsigned numbers[2] = {0};
    if (!take_numbers(x, numbers))
        return NULL;
    return named(x, bw_arena_printf(x->complaint->arena, "@index%u", numbers[0]));
}

static struct bw_cel_ast *iteration_name(struct expansion *x)
{
    unsigned numbers[2] = {0};
    if (!take_numbers(x, numbers))
        return NULL;
    return named(x, bw_arena_printf(x->complaint->arena, "@it:%u:%u", numbers[0], numbers[1]));
}

/* cel.block([a, b], body): as cel.bind(@index0, a, cel.bind(@index1, b, body)). */
static struct bw_cel_ast *block(struct expansion *x)
{
    struct bw_cel_ast *list = x->arguments[0], *node = x->arguments[1];
    if (list->kind != BW_CEL_A_LIST)
        return bw_cel_complain(x->complaint, list->offset,
                               "cel.block() takes the literal of a list");
    for (uint32_t i = list->n; node && i-- > 0;) {
        struct bw_cel_ast *children[2] = {list->children[i], node};
        node = make(x, BW_CEL_A_BIND, children, 2);
        struct bw_str name = bw_arena_printf(x->complaint->arena, "@index%u", i);
        if (!name.p)
            return bw_cel_complain_memory(x->complaint);
        if (node)
            node->name = name;
    }
    return node;
}

static struct bw_cel_ast *call_of(struct expansion *x, const char *name,
                                  struct bw_cel_ast *const *children, uint32_t n, unsigned flags)
{
    struct bw_cel_ast *node = make(x, BW_CEL_A_CALL, children, n);
    if (node) {
        node->name = bw_str(name);
        node->flags = flags;
    }
    return node;
}

/* list.sortBy(e, key): the list by the keys that map(e, key) gives. */
static struct bw_cel_ast *sort_by(struct expansion *x)
{
    struct bw_str name = BW_STR("@range");
    struct bw_cel_ast *range[2] = {named(x, name), named(x, name)}, *filter = always(x);
    if (!range[0] || !range[1] || !filter)
        return NULL;
    struct bw_cel_ast *parts[3] = {range[1], filter, x->arguments[1]};
    struct bw_cel_ast *keys = make(x, BW_CEL_A_TRANSFORM_LIST, parts, 3);
    if (!keys || !take_names(x, 1, keys))
        return NULL;
    struct bw_cel_ast *both[2] = {range[0], keys};
    struct bw_cel_ast *sorted = call_of(x, "@sortByAssociatedKeys", both, 2, BW_CEL_MEMBER);
    struct bw_cel_ast *bound[2] = {x->call->children[0], sorted};
    struct bw_cel_ast *node = sorted ? make(x, BW_CEL_A_BIND, bound, 2) : NULL;
    if (node)
        node->name = name;
    return node;
}

/* Whether it may be a number, as far as can be seen without types. */
static bool may_be_number(const struct bw_cel_ast *node)
{
    if (node->kind == BW_CEL_A_LITERAL)
        return node->value.kind >= BW_VALUE_INT && node->value.kind <= BW_VALUE_DOUBLE;
    return node->kind != BW_CEL_A_LIST && node->kind != BW_CEL_A_MAP &&
           node->kind != BW_CEL_A_STRUCT;
}

static bool are_numbers(struct expansion *x, struct bw_cel_ast *const *nodes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!may_be_number(nodes[i])) {
            bw_cel_complain(x->complaint, nodes[i]->offset, "math.%s() invalid %s", x->macro->name,
                            x->n == 1 ? "single argument value" : "argument: it is no number");
            return false;
        }
    return true;
}

/* math.greatest(a, b, ...) and math.least: of one number, two, or a list. */
static struct bw_cel_ast *extreme(struct expansion *x)
{
    const char *name = bw_str_eq(x->call->name, BW_STR("greatest")) ? "math.@max" : "math.@min";
    struct bw_cel_ast *only = x->arguments[0];
    if (x->n == 1 && only->kind == BW_CEL_A_LIST && only->n) {
        if (!are_numbers(x, only->children, only->n))
            return NULL;
    } else if (!are_numbers(x, x->arguments, x->n)) {
        return NULL;
    }
    if (x->n <= 2)
        return call_of(x, name, x->arguments, x->n, 0);
    struct bw_cel_ast *list = make(x, BW_CEL_A_LIST, x->arguments, x->n);
    return list ? call_of(x, name, &list, 1, 0) : NULL;
}

static const struct macro macros[] = {
    {"has", NULL, has, BW_CEL_A_SELECT, 0, 1, 1, false, false},
    {"all", NULL, loop, BW_CEL_A_ALL, 1, 2, 2, true, false},
    {"all", NULL, loop, BW_CEL_A_ALL, 2, 3, 3, true, false},
    {"exists", NULL, loop, BW_CEL_A_EXISTS, 1, 2, 2, true, false},
    {"exists", NULL, loop, BW_CEL_A_EXISTS, 2, 3, 3, true, false},
    {"exists_one", NULL, loop, BW_CEL_A_EXISTS_ONE, 1, 2, 2, true, false},
    {"existsOne", NULL, loop, BW_CEL_A_EXISTS_ONE, 1, 2, 2, true, false},
    {"existsOne", NULL, loop, BW_CEL_A_EXISTS_ONE, 2, 3, 3, true, false},
    {"filter", NULL, loop, BW_CEL_A_FILTER, 1, 2, 2, true, false},
    {"map", NULL, loop, BW_CEL_A_TRANSFORM_LIST, 1, 2, 3, true, false},
    {"transformList", NULL, loop, BW_CEL_A_TRANSFORM_LIST, 2, 3, 4, true, false},
    {"transformMap", NULL, loop, BW_CEL_A_TRANSFORM_MAP, 2, 3, 4, true, false},
    {"transformMapEntry", NULL, loop, BW_CEL_A_TRANSFORM_MAP_ENTRY, 2, 3, 4, true, false},
    {"optMap", NULL, loop, BW_CEL_A_OPT_MAP, 1, 2, 2, true, false},
    {"optFlatMap", NULL, loop, BW_CEL_A_OPT_FLAT_MAP, 1, 2, 2, true, false},
    {"sortBy", NULL, sort_by, BW_CEL_A_TRANSFORM_LIST, 1, 2, 2, true, false},
    {"bind", "cel", bind, BW_CEL_A_BIND, 1, 3, 3, false, true},
    {"block", "cel", block, BW_CEL_A_BIND, 0, 2, 2, false, true},
    {"index", "cel", index_name, BW_CEL_A_NAME, 0, 1, 1, false, true},
    {"iterVar", "cel", iteration_name, BW_CEL_A_NAME, 0, 2, 2, false, true},
    {"greatest", "math", extreme, BW_CEL_A_CALL, 0, 1, UINT32_MAX, false, true},
    {"least", "math", extreme, BW_CEL_A_CALL, 0, 1, UINT32_MAX, false, true},
};

static bool is_space(const struct bw_cel_ast *node, const char *space)
{
    return node->kind == BW_CEL_A_NAME && !(node->flags & BW_CEL_ROOT) &&
           bw_str_eq(node->name, bw_str(space));
}

static bool fits(const struct macro *macro, const struct bw_cel_env *env,
                 const struct bw_cel_ast *call)
{
    bool receiver = call->flags & BW_CEL_MEMBER;
    uint32_t n = call->n - receiver;
    if (n < macro->least || n > macro->most || receiver != (macro->member || macro->space) ||
        !bw_str_eq(call->name, bw_str(macro->name)))
        return false;
    if (macro->spec_alone && env->dialect != BW_CEL_SPEC)
        return false;
    return !macro->space || is_space(call->children[0], macro->space);
}

struct bw_cel_ast *bw_cel_macro(const struct bw_cel_env *env, struct bw_cel_complaint *complaint,
                                struct bw_cel_ast *call)
{
    bool receiver = call->flags & BW_CEL_MEMBER;
    for (size_t i = 0; i < BW_ARRAY_LEN(macros); i++)
        if (fits(&macros[i], env, call)) {
            struct expansion x = {.env = env,
                                  .complaint = complaint,
                                  .call = call,
                                  .macro = &macros[i],
                                  .arguments = call->children + receiver,
                                  .n = call->n - receiver};
            return macros[i].expand(&x);
        }
    return call;
}

void bw_cel_macro_suggest(struct bw_cel_suggestion *suggestion)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(macros); i++)
        bw_cel_suggest(suggestion, bw_str(macros[i].name));
}
