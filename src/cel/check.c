/* The checker: names are resolved and every part gets a type (langdef.md, "Name Resolution" and
 * "Gradual Type Checking"). */
#include "cel/check.h"

static const struct bw_cel_type *basic(enum bw_cel_type_kind kind)
{
    return bw_cel_basic(kind);
}

static bool set_type(struct bw_cel_checker *c, struct bw_cel_ast *node,
                     const struct bw_cel_type *type)
{
    if (!type || c->unify.failed) {
        if (c->unify.steps > BW_CEL_UNIFY_STEPS_MAX)
            bw_cel_complain(c->complaint, node->offset, "the types are too complex");
        else
            bw_cel_complain_memory(c->complaint);
        return false;
    }
    node->type = c->loose ? basic(BW_CEL_T_DYN) : type;
    return true;
}

bool bw_cel_check_assignable(struct bw_cel_checker *c, const struct bw_cel_type *a,
                             const struct bw_cel_type *b)
{
    return bw_cel_assignable(&c->unify, &a, &b, 1);
}

static const struct bw_cel_type *now(struct bw_cel_checker *c, const struct bw_cel_type *type)
{
    return bw_cel_substitute(&c->unify, type, false);
}

const char *bw_cel_check_text(struct bw_cel_checker *c, const struct bw_cel_type *const *types,
                              size_t n)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 16);
    for (size_t i = 0; i < n; i++) {
        bw_buf_str(&buf, i ? BW_STR(", ") : BW_STR(""));
        bw_cel_type_write(bw_cel_substitute(&c->unify, types[i], true), &buf);
    }
    struct bw_str copy = bw_arena_str(c->complaint->arena, bw_str_take(bw_buf_slice(&buf), 300));
    return copy.p ? copy.p : "";
}

bool bw_cel_check_mismatch(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                           const struct bw_cel_type *wanted, const struct bw_cel_type *found)
{
    bw_cel_complain(c->complaint, node->offset, "expected type '%s' but found '%s'",
                    bw_cel_check_text(c, &wanted, 1), bw_cel_check_text(c, &found, 1));
    return false;
}

/* --- names --- */

static const struct bw_cel_local *find_local(const struct bw_cel_checker *c, struct bw_str name)
{
    for (const struct bw_cel_local *local = c->locals; local; local = local->outer)
        if (bw_str_eq(local->name, name))
            return local;
    return NULL;
}

struct bw_str bw_cel_check_qualified(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                                     bool *ret_root)
{
    if (node->kind == BW_CEL_A_NAME) {
        *ret_root = node->flags & BW_CEL_ROOT;
        bool local = !*ret_root && find_local(c, node->name);
        return local ? (struct bw_str){0} : node->name;
    }
    if (node->kind != BW_CEL_A_SELECT || node->flags)
        return (struct bw_str){0};
    struct bw_str prefix = bw_cel_check_qualified(c, node->children[0], ret_root);
    if (!prefix.p)
        return prefix;
    return bw_arena_printf(c->complaint->arena, "%" BW_STR_F ".%" BW_STR_F, BW_STR_A(prefix),
                           BW_STR_A(node->name));
}

size_t bw_cel_check_names(struct bw_cel_checker *c, struct bw_str name, bool root,
                          struct bw_str ret_names[BW_CEL_CONTAINER_DEPTH_MAX + 1])
{
    if (!root)
        return bw_cel_env_names(c->env, c->complaint->arena, name, ret_names);
    ret_names[0] = name;
    return 1;
}

static const struct bw_cel_type *type_of_type(struct bw_cel_checker *c, const char *name)
{
    const struct bw_cel_type *of = bw_cel_type_named(bw_str(name));
    if (!of)
        of = bw_cel_type_make(c->complaint->arena, BW_CEL_T_OPAQUE, bw_str(name), NULL, NULL);
    if (!of)
        return NULL;
    return bw_cel_type_make(c->complaint->arena, BW_CEL_T_TYPE, (struct bw_str){0}, of, NULL);
}

/* Makes a variable or a type of the node where a name is known. */
static bool resolve_global(struct bw_cel_checker *c, struct bw_cel_ast *node, struct bw_str name,
                           bool root)
{
    struct bw_str names[BW_CEL_CONTAINER_DEPTH_MAX + 1];
    size_t n = bw_cel_check_names(c, name, root, names);
    for (size_t i = 0; i < n; i++) {
        const struct bw_cel_variable *variable = bw_map_get(&c->env->variables, names[i]);
        const char *type_name = variable ? NULL : bw_cel_env_type_name(c->env, names[i]);
        if (!variable && !type_name)
            continue;
        node->kind = variable ? BW_CEL_A_VARIABLE : BW_CEL_A_TYPE;
        node->name = name;
        node->n = 0;
        node->slot = variable ? variable->slot : 0;
        node->type_name = type_name;
        return set_type(c, node, variable ? variable->type : type_of_type(c, type_name));
    }
    return false;
}

static bool undeclared(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    if (c->loose) {
        node->kind = BW_CEL_A_WRONG;
        node->n = 0; /* nobody looked at them */
        node->name = bw_arena_printf(c->complaint->arena, "no such attribute: %" BW_STR_F,
                                     BW_STR_A(node->name));
        return set_type(c, node, node->name.p ? basic(BW_CEL_T_DYN) : NULL);
    }
    struct bw_cel_suggestion suggestion = {.wanted = node->name};
    for (const struct bw_cel_local *local = c->locals; local; local = local->outer)
        bw_cel_suggest(&suggestion, local->name);
    bw_cel_suggest_all(&suggestion, &c->env->variables);
    bw_cel_complain(
        c->complaint, node->at, "undeclared reference to '%" BW_STR_F "'%s%" BW_STR_F "%s",
        BW_STR_A(bw_str_take(node->name, 100)), suggestion.best.p ? "; did you mean '" : "",
        BW_STR_A(suggestion.best), suggestion.best.p ? "'?" : "");
    return false;
}

static bool check_name(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    bool root = node->flags & BW_CEL_ROOT;
    const struct bw_cel_local *local = root ? NULL : find_local(c, node->name);
    if (local) {
        node->kind = BW_CEL_A_LOCAL;
        node->slot = local->slot;
        return set_type(c, node, local->type);
    }
    return resolve_global(c, node, node->name, root) ||
           (!c->complaint->code && undeclared(c, node));
}

/* --- fields --- */

static bool no_such_field(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                          const struct bw_cel_type *object)
{
    struct bw_cel_suggestion suggestion = {.wanted = node->name};
    bw_cel_suggest_all(&suggestion, object->fields);
    bw_cel_complain(
        c->complaint, node->at, "undefined field '%" BW_STR_F "' of %" BW_STR_F "%s%" BW_STR_F "%s",
        BW_STR_A(bw_str_take(node->name, 100)), BW_STR_A(bw_str_take(object->name, 100)),
        suggestion.best.p ? "; did you mean '" : "", BW_STR_A(suggestion.best),
        suggestion.best.p ? "'?" : "");
    c->complaint->issue.no_such_field = true;
    return false;
}

/* The type of a field of a type; NULL with the complaint. */
static const struct bw_cel_type *field_type(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                                            const struct bw_cel_type *of)
{
    const struct bw_cel_type *found, *dyn = basic(BW_CEL_T_DYN);
    switch (of->kind) {
    case BW_CEL_T_DYN:
    case BW_CEL_T_ERROR:
        return dyn;
    case BW_CEL_T_MAP:
        return of->parameter[1];
    case BW_CEL_T_OBJECT:
        found = bw_map_get(of->fields, node->name);
        if (!found)
            no_such_field(c, node, of);
        return found;
    case BW_CEL_T_VARIABLE:
        bw_cel_check_assignable(c, dyn, of);
        return dyn;
    default:
        return bw_cel_complain(c->complaint, node->at, "type '%s' does not support field selection",
                               bw_cel_check_text(c, &of, 1));
    }
}

/* has(a.b) where a variable was declared as "a.b": it is there. Kubernetes' policies have their own
 * variables as fields of one, and ask for them so. */
static bool is_declared(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    struct bw_str names[BW_CEL_CONTAINER_DEPTH_MAX + 1];
    bool root = false, found = false;
    unsigned flags = node->flags;
    node->flags = 0;
    struct bw_str name = bw_cel_check_qualified(c, node, &root);
    node->flags = flags;
    size_t n = name.p ? bw_cel_check_names(c, name, root, names) : 0;
    for (size_t i = 0; i < n && !found; i++)
        found = bw_map_get(&c->env->variables, names[i]);
    return found;
}

static bool check_select(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    bool root;
    if (node->flags == BW_CEL_TEST && is_declared(c, node)) {
        node->kind = BW_CEL_A_LITERAL;
        node->value = bw_value_bool(true);
        node->n = 0;
        return set_type(c, node, basic(BW_CEL_T_BOOL));
    }
    struct bw_str name = node->flags ? (struct bw_str){0} : bw_cel_check_qualified(c, node, &root);
    if (name.p && resolve_global(c, node, name, root))
        return true;
    if (c->complaint->code || !bw_cel_check_node(c, node->children[0]))
        return false;
    const struct bw_cel_type *operand = now(c, node->children[0]->type);
    bool optional = bw_cel_type_is_optional(operand);
    const struct bw_cel_type *found =
        field_type(c, node, optional ? operand->parameter[0] : operand);
    if (!found)
        return false;
    if (node->flags & BW_CEL_TEST)
        found = basic(BW_CEL_T_BOOL);
    else if (optional || node->flags & BW_CEL_OPTIONAL_SELECT)
        found = bw_cel_optional_type(c->complaint->arena, found);
    return set_type(c, node, found);
}

/* --- lists, maps, structs --- */

/* What an element adds to a literal: of an optional one, what is in it. NULL with the complaint. */
static const struct bw_cel_type *element_type(struct bw_cel_checker *c,
                                              const struct bw_cel_ast *element, bool optional)
{
    const struct bw_cel_type *type = now(c, element->type);
    if (!optional || c->loose)
        return type;
    if (bw_cel_type_is_optional(type))
        return type->parameter[0];
    if (type->kind == BW_CEL_T_DYN)
        return type;
    bw_cel_check_mismatch(c, element, bw_cel_optional_type(c->complaint->arena, type), type);
    return NULL;
}

/* Joins the type of one more element; NULL where it is. */
static const struct bw_cel_type *join(struct bw_cel_checker *c, const struct bw_cel_type *before,
                                      const struct bw_cel_type *type)
{
    if (!before || !type)
        return type;
    return bw_cel_check_assignable(c, before, type) ? bw_cel_more_general(before, type)
                                                    : basic(BW_CEL_T_DYN);
}

static bool check_list(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    const struct bw_cel_type *type = NULL;
    for (uint32_t i = 0; i < node->n; i++) {
        struct bw_cel_ast *element = node->children[i];
        bool optional = element->flags & BW_CEL_ELEMENT_OPTIONAL;
        if (!bw_cel_check_node(c, element) ||
            !(type = join(c, type, element_type(c, element, optional))))
            return false;
    }
    if (!type)
        type = bw_cel_unify_variable(&c->unify);
    return set_type(c, node, type ? bw_cel_list_of(c->complaint->arena, type) : NULL);
}

static bool check_map(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    const struct bw_cel_type *key_type = NULL, *value_type = NULL;
    for (uint32_t i = 0; i < node->n; i += 2) {
        struct bw_cel_ast *key = node->children[i], *value = node->children[i + 1];
        bool optional = key->flags & BW_CEL_ELEMENT_OPTIONAL;
        if (!bw_cel_check_node(c, key) || !(key_type = join(c, key_type, now(c, key->type))) ||
            !bw_cel_check_node(c, value) ||
            !(value_type = join(c, value_type, element_type(c, value, optional))))
            return false;
    }
    if (!node->n) {
        key_type = bw_cel_unify_variable(&c->unify);
        value_type = bw_cel_unify_variable(&c->unify);
    }
    if (!key_type || !value_type)
        return set_type(c, node, NULL);
    return set_type(c, node,
                    bw_cel_type_make(c->complaint->arena, BW_CEL_T_MAP, (struct bw_str){0},
                                     key_type, value_type));
}

static bool check_field(struct bw_cel_checker *c, const struct bw_cel_type *object,
                        struct bw_cel_ast *key, struct bw_cel_ast *value)
{
    bool optional = key->flags & BW_CEL_ELEMENT_OPTIONAL;
    struct bw_cel_ast named = *key;
    named.name = bw_value_text(key->value);
    if (!bw_cel_check_node(c, key) || !bw_cel_check_node(c, value))
        return false;
    const struct bw_cel_type *wanted = field_type(c, &named, object);
    const struct bw_cel_type *found = wanted ? element_type(c, value, optional) : NULL;
    if (!found)
        return false;
    return c->loose || bw_cel_check_assignable(c, wanted, found) ||
           bw_cel_check_mismatch(c, value, wanted, found);
}

static bool check_struct(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    struct bw_str names[BW_CEL_CONTAINER_DEPTH_MAX + 1];
    size_t n = bw_cel_check_names(c, node->name, false, names);
    const struct bw_cel_type *object = NULL;
    for (size_t i = 0; i < n && !object; i++)
        object = bw_map_get(&c->env->objects, names[i]);
    if (!object)
        return undeclared(c, node);
    for (uint32_t i = 0; i < node->n; i += 2)
        if (!check_field(c, object, node->children[i], node->children[i + 1]))
            return false;
    return set_type(c, node, object);
}

/* --- macros --- */

/* Checks a body with one or two locals bound. */
static bool check_with(struct bw_cel_checker *c, struct bw_cel_ast *node, struct bw_cel_ast *body,
                       const struct bw_cel_type *first, const struct bw_cel_type *second)
{
    uint32_t slot = c->locals ? c->locals->slot + 1 : 0;
    struct bw_cel_local one = {c->locals, node->name, first, slot};
    struct bw_cel_local two = {&one, node->second, second, slot + 1};
    if (slot + 2 > BW_CEL_LOCALS_MAX) {
        bw_cel_complain(c->complaint, node->offset, "more than %u variables are nested",
                        BW_CEL_LOCALS_MAX);
        return false;
    }
    const struct bw_cel_local *outer = c->locals;
    node->slot = slot;
    c->locals = node->second.p ? &two : &one;
    bool fine = bw_cel_check_node(c, body);
    c->locals = outer;
    return fine;
}

/* What the variables of a macro are over a range: key or index first where there are two. */
static bool range_types(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                        const struct bw_cel_type **ret_first, const struct bw_cel_type **ret_second)
{
    const struct bw_cel_type *dyn = basic(BW_CEL_T_DYN), *range = now(c, node->children[0]->type);
    bool two = node->second.p;
    *ret_first = *ret_second = dyn;
    switch (range->kind) {
    case BW_CEL_T_LIST:
        *ret_first = two ? basic(BW_CEL_T_INT) : range->parameter[0];
        *ret_second = range->parameter[0];
        return true;
    case BW_CEL_T_MAP:
        *ret_first = range->parameter[0];
        *ret_second = range->parameter[1];
        return true;
    case BW_CEL_T_VARIABLE:
        bw_cel_check_assignable(c, dyn, range);
        return true;
    case BW_CEL_T_DYN:
    case BW_CEL_T_ERROR:
        return true;
    default:
        bw_cel_complain(c->complaint, node->children[0]->offset,
                        "expression of type '%s' cannot be range of a comprehension (must be list, "
                        "map, or dynamic)",
                        bw_cel_check_text(c, &range, 1));
        return false;
    }
}

static bool want_bool(struct bw_cel_checker *c, const struct bw_cel_ast *node)
{
    const struct bw_cel_type *boolean = basic(BW_CEL_T_BOOL);
    return bw_cel_check_assignable(c, node->type, boolean) ||
           bw_cel_check_mismatch(c, node, boolean, node->type);
}

static const struct bw_cel_type *loop_type(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                                           const struct bw_cel_type *first)
{
    const struct bw_cel_ast *body = node->children[node->n - 1];
    switch (node->kind) {
    case BW_CEL_A_FILTER:
        return bw_cel_list_of(c->complaint->arena, now(c, first));
    case BW_CEL_A_TRANSFORM_LIST:
        return bw_cel_list_of(c->complaint->arena, now(c, body->type));
    case BW_CEL_A_TRANSFORM_MAP:
        return bw_cel_type_make(c->complaint->arena, BW_CEL_T_MAP, (struct bw_str){0},
                                now(c, first), now(c, body->type));
    case BW_CEL_A_TRANSFORM_MAP_ENTRY:
        return now(c, body->type);
    default:
        return basic(BW_CEL_T_BOOL);
    }
}

static bool check_loop(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    const struct bw_cel_type *first, *second;
    if (!bw_cel_check_node(c, node->children[0]) || !range_types(c, node, &first, &second))
        return false;
    for (uint32_t i = 1; i < node->n; i++) {
        bool predicate = i + 1 < node->n || node->kind <= BW_CEL_A_FILTER;
        struct bw_cel_ast *body = node->children[i];
        if (!check_with(c, node, body, first, second) || (predicate && !want_bool(c, body)))
            return false;
    }
    struct bw_cel_ast *body = node->children[node->n - 1];
    if (node->kind == BW_CEL_A_TRANSFORM_MAP_ENTRY) {
        const struct bw_cel_type *map = bw_cel_type_named(BW_STR("map"));
        if (!bw_cel_check_assignable(c, body->type, map))
            return bw_cel_check_mismatch(c, body, map, body->type);
    }
    return set_type(c, node, loop_type(c, node, first));
}

static bool check_bind(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    struct bw_cel_ast *value = node->children[0], *body = node->children[1];
    return bw_cel_check_node(c, value) && check_with(c, node, body, value->type, NULL) &&
           set_type(c, node, body->type);
}

static bool check_optional_map(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    struct bw_cel_ast *value = node->children[0], *body = node->children[1];
    const struct bw_cel_type *any = bw_cel_unify_variable(&c->unify);
    const struct bw_cel_type *optional =
        any ? bw_cel_optional_type(c->complaint->arena, any) : NULL;
    if (!optional)
        return set_type(c, node, NULL);
    if (!bw_cel_check_node(c, value))
        return false;
    if (!bw_cel_check_assignable(c, value->type, optional))
        return bw_cel_check_mismatch(c, value, optional, value->type);
    if (!check_with(c, node, body, now(c, any), NULL))
        return false;
    if (node->kind == BW_CEL_A_OPT_MAP)
        return set_type(c, node, bw_cel_optional_type(c->complaint->arena, now(c, body->type)));
    optional = bw_cel_optional_type(c->complaint->arena, bw_cel_basic(BW_CEL_T_DYN));
    if (optional && !bw_cel_check_assignable(c, body->type, optional))
        return bw_cel_check_mismatch(c, body, optional, body->type);
    return set_type(c, node, body->type);
}

/* --- the whole --- */

static const struct bw_cel_type *literal_type(const struct bw_cel_ast *node)
{
    return bw_cel_type_named(bw_str(bw_cel_type_name(node->value)));
}

bool bw_cel_check_node(struct bw_cel_checker *c, struct bw_cel_ast *node)
{
    switch (node->kind) {
    case BW_CEL_A_LITERAL:
        return set_type(c, node, literal_type(node));
    case BW_CEL_A_NAME:
        return check_name(c, node);
    case BW_CEL_A_SELECT:
        return check_select(c, node);
    case BW_CEL_A_CALL:
        return bw_cel_check_call(c, node);
    case BW_CEL_A_LIST:
        return check_list(c, node);
    case BW_CEL_A_MAP:
        return check_map(c, node);
    case BW_CEL_A_STRUCT:
        return check_struct(c, node);
    case BW_CEL_A_BIND:
        return check_bind(c, node);
    case BW_CEL_A_OPT_MAP:
    case BW_CEL_A_OPT_FLAT_MAP:
        return check_optional_map(c, node);
    case BW_CEL_A_VARIABLE:
    case BW_CEL_A_LOCAL:
    case BW_CEL_A_TYPE:
    case BW_CEL_A_WRONG:
        return true;
    default:
        return check_loop(c, node);
    }
}

bool bw_cel_check(const struct bw_cel_env *env, bool loose, struct bw_cel_complaint *complaint,
                  struct bw_cel_ast *ast)
{
    struct bw_cel_checker c = {
        .env = env, .loose = loose, .complaint = complaint, .unify = {.arena = complaint->arena}};
    bool fine = bw_cel_check_node(&c, ast);
    if (fine && !loose && env->dialect == BW_CEL_KUBERNETES_1_34)
        fine = bw_cel_check_literals(&c, ast) && bw_cel_check_formats(&c, ast);
    if (fine)
        ast->type = bw_cel_substitute(&c.unify, ast->type, true);
    BW_VEC_FREE(&c.unify.trail);
    return fine;
}
