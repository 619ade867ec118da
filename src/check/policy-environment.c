#include "check/policy-environment.h"

#include <stdio.h>

#define STATES_MAX   1000000u
#define PROGRAMS_MAX 4000000u
#define TYPE_MAX     ((size_t)64 << 10)

struct bw_policy_compiler bw_policy_compiler(struct bw_arena *arena)
{
    return (struct bw_policy_compiler){.arena = arena,
                                       .name_lists = BW_MAP(STATES_MAX),
                                       .states = BW_MAP(STATES_MAX),
                                       .programs = BW_MAP(PROGRAMS_MAX)};
}

void bw_policy_compiler_free(struct bw_policy_compiler *compiler)
{
    for (size_t i = 0; i < compiler->name_lists.n; i++) {
        const struct bw_policy_names *names = compiler->name_lists.items[i].value;
        bw_cel_env_free(names ? names->env : NULL);
    }
    for (size_t i = 0; i < BW_POLICY_SIGHTS; i++) /* which the others extend */
        if (compiler->roots[i])
            bw_cel_env_free(compiler->roots[i]->names->env);
    for (size_t i = 0; i < compiler->compiled.n; i++)
        bw_cel_free(compiler->compiled.v[i]);
    bw_map_free(&compiler->name_lists);
    bw_map_free(&compiler->states);
    bw_map_free(&compiler->programs);
    BW_VEC_FREE(&compiler->compiled);
    BW_VEC_FREE(&compiler->memo_of);
}

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory for policies");
}

struct bw_policy_env_state *bw_policy_state_begin(struct bw_policy_compiler *compiler,
                                                  unsigned sight, struct bw_err *err)
{
    if (compiler->roots[sight])
        return compiler->roots[sight];
    struct bw_policy_env_state *root = bw_arena_alloc(compiler->arena, sizeof *root);
    struct bw_policy_names *names = bw_arena_alloc(compiler->arena, sizeof *names);
    if (!root || !names) {
        no_memory(err);
        return NULL;
    }
    *names = (struct bw_policy_names){.sight = sight, .number = ++compiler->names_n};
    *root = (struct bw_policy_env_state){
        .names = names, .number = ++compiler->states_n, .memo = BW_POLICY_NONE, .stays = true};
    compiler->roots[sight] = root;
    return root;
}

/* --- environments --- */

/* The operations of a JSON Patch as MutatingAdmissionPolicy writes them. */
static int declare_patch(struct bw_cel_env *env, struct bw_err *err)
{
    static const struct {
        const char *name, *type;
    } fields[] = {{"op", "string"}, {"path", "string"}, {"from", "string"}, {"value", "dyn"}};
    const struct bw_cel_type *patch;
    int rc = bw_cel_env_object(env, BW_STR("JSONPatch"), &patch, err);
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(fields); i++) {
        const struct bw_cel_type *type = bw_cel_type_read(env, bw_str(fields[i].type), err);
        rc = type ? bw_cel_env_field(env, patch, bw_str(fields[i].name), type, err) : BW_EINTERNAL;
    }
    return rc;
}

/* The names every policy may use, in the order of enum bw_policy_slot. */
static int declare_all(struct bw_cel_env *env, unsigned sight, struct bw_err *err)
{
    const struct bw_cel_type *dyn = bw_cel_type_dyn(env), *object = dyn;
    const struct bw_cel_type *authorizer =
        bw_cel_type_read(env, BW_STR("kubernetes.authorization.Authorizer"), NULL);
    const struct bw_cel_type *check =
        bw_cel_type_read(env, BW_STR("kubernetes.authorization.ResourceCheck"), NULL);
    int rc = sight & BW_POLICY_SEES_POD ? bw_policy_schema_pod(env, &object, err) : 0;
    if (rc == 0 && sight & BW_POLICY_SEES_PATCH)
        rc = declare_patch(env, err);
    const struct {
        const char *name;
        const struct bw_cel_type *type;
    } names[BW_POLICY_SLOTS] = {
        [BW_POLICY_SLOT_OBJECT] = {"object", object},
        [BW_POLICY_SLOT_OLD_OBJECT] = {"oldObject", object},
        [BW_POLICY_SLOT_REQUEST] = {"request", dyn},
        [BW_POLICY_SLOT_NAMESPACE] = {"namespaceObject", dyn},
        [BW_POLICY_SLOT_AUTHORIZER] = {"authorizer", authorizer ? authorizer : dyn},
        [BW_POLICY_SLOT_RESOURCE] = {"authorizer.requestResource", check ? check : dyn},
        [BW_POLICY_SLOT_PARAMS] = {"params", dyn},
    };
    size_t n = sight & BW_POLICY_SEES_PARAMS ? BW_POLICY_SLOTS : BW_POLICY_SLOT_PARAMS;
    for (uint32_t i = 0, slot; rc == 0 && i < n; i++)
        rc = bw_cel_env_declare(env, names[i].name, names[i].type, &slot, err);
    return rc;
}

static int declare_variable(struct bw_cel_env *env, const struct bw_policy_names *names,
                            struct bw_err *err)
{
    char name[300];
    uint32_t slot;
    const struct bw_cel_type *type = bw_cel_type_read(env, names->type, NULL);
    snprintf(name, sizeof name, "variables.%" BW_STR_F, BW_STR_A(names->name));
    return bw_cel_env_declare(env, name, type ? type : bw_cel_type_dyn(env), &slot, err);
}

static int make_root(struct bw_policy_names *root, struct bw_err *err)
{
    if (root->env)
        return 0;
    struct bw_cel_env *env = bw_cel_env_new(BW_CEL_KUBERNETES_1_34, err);
    int rc = env ? declare_all(env, root->sight, err) : BW_ENOMEM;
    if (rc) {
        bw_cel_env_free(env);
        return rc;
    }
    root->env = env;
    return 0;
}

static int make_env(struct bw_policy_names *names, struct bw_policy_names *root, struct bw_err *err)
{
    const struct bw_policy_names *chain[BW_POLICY_VARIABLES_MAX];
    size_t n = 0;
    int rc = make_root(root, err);
    if (rc || names->env)
        return rc;
    for (const struct bw_policy_names *s = names; s->parent; s = s->parent)
        chain[n++] = s;
    struct bw_cel_env *env = bw_cel_env_extend(root->env, err);
    rc = env ? 0 : BW_ENOMEM;
    while (rc == 0 && n)
        rc = declare_variable(env, chain[--n], err);
    if (rc) {
        bw_cel_env_free(env);
        return rc;
    }
    names->env = env;
    return 0;
}

/* --- programs --- */

/* A word of the text; one in a literal counts too, which costs a shared program and no more. */
static bool mentions(struct bw_str source, const char *word)
{
    return bw_str_find_str(source, bw_str(word)) != SIZE_MAX;
}

static struct bw_str key_of(struct bw_policy_compiler *compiler, uint32_t number,
                            struct bw_str name, struct bw_str source)
{
    return bw_arena_printf(compiler->arena, "%u\n%" BW_STR_F "\n%" BW_STR_F, number, BW_STR_A(name),
                           BW_STR_A(source));
}

static int keep_program(struct bw_policy_compiler *compiler, struct bw_cel_program *program,
                        struct bw_str key, uint32_t *ret_program, struct bw_err *err)
{
    struct bw_cel_program **slot = BW_VEC_PUSH(&compiler->compiled, PROGRAMS_MAX);
    uint32_t *memo = slot ? BW_VEC_PUSH(&compiler->memo_of, PROGRAMS_MAX) : NULL;
    struct bw_map_item *item = memo ? bw_map_at(&compiler->programs, key) : NULL;
    if (slot)
        *slot = program;
    else
        bw_cel_free(program);
    if (!item)
        return no_memory(err);
    *memo = BW_POLICY_NONE;
    *ret_program = (uint32_t)(compiler->compiled.n - 1);
    item->value = (void *)(uintptr_t)compiler->compiled.n;
    return 0;
}

int bw_policy_compile(struct bw_policy_compiler *compiler, struct bw_policy_env_state *state,
                      struct bw_str source, uint32_t *ret_program, struct bw_cel_issue *issue,
                      struct bw_err *err)
{
    struct bw_policy_names *root = compiler->roots[state->names->sight]->names;
    struct bw_policy_names *in = mentions(source, "variables") ? state->names : root;
    struct bw_cel_program *program;
    if (source.n > BW_CEL_SOURCE_MAX)
        return bw_err_set(err, BW_ELIMIT, "an expression of more than %zu bytes",
                          BW_CEL_SOURCE_MAX);
    if (bw_str_find(source, '\0') != SIZE_MAX) /* a key's text would end there */
        return bw_err_set(err, BW_ELIMIT, "a NUL in an expression");
    struct bw_str key = key_of(compiler, in->number, BW_STR(""), source);
    if (!key.p)
        return no_memory(err);
    uintptr_t known = (uintptr_t)bw_map_get(&compiler->programs, key);
    if (known) {
        *ret_program = (uint32_t)known - 1;
        return 0;
    }
    int rc = make_env(in, root, err);
    if (rc == 0)
        rc = bw_cel_compile(in->env, source, &program, issue, err);
    return rc ? rc : keep_program(compiler, program, key, ret_program, err);
}

/* --- variables --- */

/* A program that names other variables has a value for each state that it is evaluated in. */
static uint32_t memo_for(struct bw_policy_compiler *compiler,
                         const struct bw_policy_env_state *state, uint32_t program)
{
    struct bw_str source = bw_cel_source(compiler->compiled.v[program]);
    bool names_others = mentions(source, "variables");
    if (mentions(source, "params") || (names_others && !state->stays))
        return BW_POLICY_NONE;
    if (names_others)
        return compiler->memos_n++;
    if (compiler->memo_of.v[program] == BW_POLICY_NONE)
        compiler->memo_of.v[program] = compiler->memos_n++;
    return compiler->memo_of.v[program];
}

static int extend_names(struct bw_policy_compiler *compiler, struct bw_policy_names *names,
                        struct bw_str name, const struct bw_cel_program *program,
                        struct bw_policy_names **ret_names, struct bw_err *err)
{
    struct bw_buf type BW_CLEANUP(bw_buf_free) = BW_BUF(TYPE_MAX);
    bw_cel_result_type(program, &type);
    struct bw_str text = bw_arena_str(compiler->arena, bw_buf_slice(&type));
    struct bw_str key = text.p ? key_of(compiler, names->number, name, text) : (struct bw_str){0};
    struct bw_map_item *item = key.p ? bw_map_at(&compiler->name_lists, key) : NULL;
    if (item && !item->value) {
        struct bw_policy_names *more = bw_arena_alloc(compiler->arena, sizeof *more);
        if (more)
            *more = (struct bw_policy_names){.parent = names,
                                             .sight = names->sight,
                                             .number = ++compiler->names_n,
                                             .name = name,
                                             .type = text};
        item->value = more;
    }
    if (!item || !item->value)
        return no_memory(err);
    *ret_names = item->value;
    return 0;
}

static int new_state(struct bw_policy_compiler *compiler, const struct bw_policy_env_state *state,
                     struct bw_str name, uint32_t program, struct bw_policy_env_state **ret_state,
                     struct bw_err *err)
{
    struct bw_policy_names *names = NULL;
    int rc = extend_names(compiler, state->names, name, compiler->compiled.v[program], &names, err);
    struct bw_policy_env_state *more = rc ? NULL : bw_arena_alloc(compiler->arena, sizeof *more);
    if (!more)
        return rc ? rc : no_memory(err);
    uint32_t memo = memo_for(compiler, state, program);
    *more = (struct bw_policy_env_state){.names = names,
                                         .number = ++compiler->states_n,
                                         .memo = memo,
                                         .stays = state->stays && memo != BW_POLICY_NONE};
    *ret_state = more;
    return 0;
}

int bw_policy_state_extend(struct bw_policy_compiler *compiler, struct bw_policy_env_state *state,
                           struct bw_str name, uint32_t program,
                           struct bw_policy_env_state **ret_state, struct bw_err *err)
{
    struct bw_policy_env_state *more = NULL;
    struct bw_str key =
        key_of(compiler, state->number, name, bw_cel_source(compiler->compiled.v[program]));
    struct bw_map_item *item = key.p ? bw_map_at(&compiler->states, key) : NULL;
    if (!item)
        return no_memory(err);
    if (!item->value) {
        int rc = new_state(compiler, state, name, program, &more, err);
        if (rc)
            return rc;
        item->value = more;
    }
    *ret_state = item->value;
    return 0;
}
