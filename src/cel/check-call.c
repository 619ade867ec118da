/* The checker of calls: which overloads fit (langdef.md, "Functions"). */
#include "cel/check.h"

static bool undeclared(struct bw_cel_checker *c, struct bw_cel_ast *call)
{
    if (c->loose) {
        call->kind = BW_CEL_A_WRONG;
        call->type = bw_cel_basic(BW_CEL_T_DYN);
        call->name = bw_arena_printf(c->complaint->arena, "unbound function: %" BW_STR_F,
                                     BW_STR_A(call->name));
        return call->name.p || bw_cel_complain_memory(c->complaint);
    }
    struct bw_cel_suggestion suggestion = {.wanted = call->name};
    bw_cel_suggest_all(&suggestion, &c->env->functions);
    bw_cel_macro_suggest(&suggestion);
    bw_cel_complain(
        c->complaint, call->at, "undeclared reference to '%" BW_STR_F "'%s%" BW_STR_F "%s",
        BW_STR_A(bw_str_take(call->name, 100)), suggestion.best.p ? "; did you mean '" : "",
        BW_STR_A(suggestion.best), suggestion.best.p ? "'?" : "");
    return false;
}

static bool mismatch(struct bw_cel_checker *c, const struct bw_cel_ast *call,
                     const struct bw_cel_type *const *types)
{
    bool member = call->flags & BW_CEL_MEMBER;
    bw_cel_complain(c->complaint, call->at,
                    "found no matching overload for '%" BW_STR_F "' applied to '%s%s(%s)'",
                    BW_STR_A(bw_str_take(call->name, 100)),
                    member ? bw_cel_check_text(c, types, 1) : "", member ? "." : "",
                    bw_cel_check_text(c, types + member, call->n - member));
    return false;
}

/* The types of a candidate, its variables fresh: the receiver's and the arguments', and the
 * result's. false where they are not n; *ret_broken where memory is short. */
static bool read_signature(struct bw_cel_checker *c, const struct bw_cel_candidate *candidate,
                           const struct bw_cel_type **ret_types, uint32_t n,
                           const struct bw_cel_type **ret_result)
{
    struct bw_cel_type_reader reader = {.arena = c->complaint->arena,
                                        .objects = &c->env->objects,
                                        .rest = candidate->signature.receiver};
    uint32_t at = 0;
    if (reader.rest.p && !(ret_types[at++] = bw_cel_type_parse(&reader)))
        return false;
    reader.rest = bw_str_trim(candidate->signature.arguments);
    while (reader.rest.n) {
        if (at == n || !(ret_types[at++] = bw_cel_type_parse(&reader)))
            return false;
        reader.rest = bw_str_trim(reader.rest);
        if (reader.rest.n && reader.rest.p[0] == ',')
            reader.rest = bw_str_from(reader.rest, 1);
    }
    reader.rest = candidate->signature.result;
    return at == n && (*ret_result = bw_cel_type_parse(&reader));
}

/* How many arguments, the receiver included. */
static uint32_t arity(const struct bw_cel_signature *signature)
{
    uint32_t n = signature->receiver.p ? 1 : 0, depth = 0;
    if (signature->arguments.n)
        n++;
    for (size_t i = 0; i < signature->arguments.n; i++) {
        char sign = signature->arguments.p[i];
        depth += sign == '(';
        depth -= sign == ')';
        n += sign == ',' && !depth;
    }
    return n;
}

static void add_candidate(struct bw_cel_ast *call, const struct bw_cel_candidate *candidate)
{
    call->candidates[call->candidates_n++] = candidate;
}

static bool room_for(struct bw_cel_checker *c, struct bw_cel_ast *call,
                     const struct bw_cel_candidate *first)
{
    size_t n = 0;
    for (const struct bw_cel_candidate *at = first; at; at = at->next)
        n++;
    call->candidates =
        bw_arena_array(c->complaint->arena, n, sizeof(const struct bw_cel_candidate *));
    call->candidates_n = 0;
    return call->candidates || bw_cel_complain_memory(c->complaint);
}

/* All candidates of that arity: which one it is shows when it is called. */
static bool resolve_loosely(struct bw_cel_ast *call, const struct bw_cel_candidate *first)
{
    bool member = call->flags & BW_CEL_MEMBER;
    for (const struct bw_cel_candidate *at = first; at; at = at->next)
        if (member == (at->signature.receiver.p != NULL) && arity(&at->signature) == call->n)
            add_candidate(call, at);
    call->type = bw_cel_basic(BW_CEL_T_DYN);
    return true;
}

/* Tries one candidate; *type is the result's so far, NULL: none. */
static void try_candidate(struct bw_cel_checker *c, struct bw_cel_ast *call,
                          const struct bw_cel_candidate *candidate,
                          const struct bw_cel_type *const *types, const struct bw_cel_type **type)
{
    const struct bw_cel_type *wanted[BW_CEL_ARGUMENTS_MAX], *result;
    if (!read_signature(c, candidate, wanted, call->n, &result) ||
        !bw_cel_assignable(&c->unify, types, wanted, call->n))
        return;
    add_candidate(call, candidate);
    result = bw_cel_substitute(&c->unify, result, false);
    if (!*type)
        *type = result;
    else if ((*type)->kind != BW_CEL_T_DYN && !bw_cel_type_equal(*type, result))
        *type = bw_cel_basic(BW_CEL_T_DYN);
}

static bool resolve(struct bw_cel_checker *c, struct bw_cel_ast *call,
                    const struct bw_cel_candidate *first)
{
    const struct bw_cel_type *types[BW_CEL_ARGUMENTS_MAX], *type = NULL;
    bool member = call->flags & BW_CEL_MEMBER;
    if (call->n > BW_CEL_ARGUMENTS_MAX) {
        bw_cel_complain(c->complaint, call->at, "a call has more than %u arguments",
                        BW_CEL_ARGUMENTS_MAX);
        return false;
    }
    if (!room_for(c, call, first))
        return false;
    if (c->loose)
        return resolve_loosely(call, first);
    for (uint32_t i = 0; i < call->n; i++)
        types[i] = call->children[i]->type;
    for (const struct bw_cel_candidate *at = first; at; at = at->next)
        if (member == (at->signature.receiver.p != NULL))
            try_candidate(c, call, at, types, &type);
    if (c->unify.failed)
        return bw_cel_complain_memory(c->complaint);
    if (!type)
        return mismatch(c, call, types);
    call->type = type;
    return true;
}

/* `&&` and `||`, of any number of operands. */
static bool check_logic(struct bw_cel_checker *c, struct bw_cel_ast *call)
{
    const struct bw_cel_type *boolean = bw_cel_basic(BW_CEL_T_BOOL);
    for (uint32_t i = 0; i < call->n; i++) {
        struct bw_cel_ast *operand = call->children[i];
        if (!c->loose && !bw_cel_check_assignable(c, operand->type, boolean))
            return bw_cel_check_mismatch(c, operand, boolean, operand->type);
    }
    call->type = c->loose ? bw_cel_basic(BW_CEL_T_DYN) : boolean;
    return true;
}

static const struct bw_cel_candidate *find_function(struct bw_cel_checker *c, struct bw_str name,
                                                    bool root)
{
    struct bw_str names[BW_CEL_CONTAINER_DEPTH_MAX + 1];
    size_t n = bw_cel_check_names(c, name, root, names);
    const struct bw_cel_candidate *found = NULL;
    for (size_t i = 0; i < n && !found; i++)
        found = bw_map_get(&c->env->functions, names[i]);
    return found;
}

static bool is_variable(struct bw_cel_checker *c, struct bw_str name, bool root)
{
    struct bw_str names[BW_CEL_CONTAINER_DEPTH_MAX + 1];
    size_t n = bw_cel_check_names(c, name, root, names);
    for (size_t i = 0; i < n; i++)
        if (bw_map_get(&c->env->variables, names[i]))
            return true;
    return false;
}

/* Whether functions have names that begin so. */
static bool is_namespace(const struct bw_cel_env *env, struct bw_str space)
{
    for (size_t i = 0; i < env->functions.n; i++)
        if (bw_str_starts(env->functions.items[i].key, space) &&
            env->functions.items[i].key.n > space.n &&
            env->functions.items[i].key.p[space.n] == '.')
            return true;
    return false;
}

/* a.b.f(x) where a.b.f is a function, or should be one: its receiver is no value then. */
static const struct bw_cel_candidate *find_in_namespace(struct bw_cel_checker *c,
                                                        struct bw_cel_ast *call)
{
    bool root;
    struct bw_str space = bw_cel_check_qualified(c, call->children[0], &root);
    if (!space.p)
        return NULL;
    struct bw_str name = bw_arena_printf(c->complaint->arena, "%" BW_STR_F ".%" BW_STR_F,
                                         BW_STR_A(space), BW_STR_A(call->name));
    const struct bw_cel_candidate *found = name.p ? find_function(c, name, root) : NULL;
    bool mistaken = !found && is_namespace(c->env, space) && !is_variable(c, space, root);
    if (found || (mistaken && !c->loose)) {
        call->name = name;
        call->flags &= ~(unsigned)BW_CEL_MEMBER;
        call->children++;
        call->n--;
    }
    return found;
}

bool bw_cel_check_call(struct bw_cel_checker *c, struct bw_cel_ast *call)
{
    const struct bw_cel_candidate *found = NULL;
    if (call->flags & BW_CEL_MEMBER)
        found = find_in_namespace(c, call);
    bool member = call->flags & BW_CEL_MEMBER;
    if (!found)
        found = find_function(c, call->name, call->flags & BW_CEL_ROOT);
    if (member && !bw_cel_check_node(c, call->children[0]))
        return false;
    if (!found && !c->loose)
        return undeclared(c, call);
    for (uint32_t i = member; i < call->n; i++)
        if (!bw_cel_check_node(c, call->children[i]))
            return false;
    if (!found)
        return undeclared(c, call);
    if (bw_str_eq(call->name, BW_STR("_&&_")) || bw_str_eq(call->name, BW_STR("_||_")))
        return check_logic(c, call);
    return resolve(c, call, found);
}
