#include "cel/env.h"

#include <ctype.h>
#include <stdlib.h>

#define ENV_ARENA_MAX  ((size_t)64 << 20)
#define FUNCTIONS_MAX  4096u
#define TYPES_MAX      65536u
#define FIELDS_MAX     4096u
#define NAME_MAX_BYTES 1024u

static int short_of(const struct bw_cel_env *env, struct bw_err *err)
{
    if (bw_arena_is_full(env->arena))
        return bw_err_set(err, BW_ELIMIT, "an environment holds at most %zu bytes", ENV_ARENA_MAX);
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

static bool add_overload(struct bw_cel_env *env, const struct bw_cel_overload *overload,
                         uint16_t library, uint16_t index)
{
    struct bw_cel_candidate *candidate = bw_arena_alloc(env->arena, sizeof *candidate);
    if (!candidate)
        return false;
    candidate->signature = bw_cel_signature_split(overload->signature);
    candidate->library = library;
    candidate->index = index;
    struct bw_map_item *item = bw_map_at(&env->functions, candidate->signature.name);
    if (!item)
        return false;
    struct bw_cel_candidate *last = item->value;
    while (last && last->next)
        last = (struct bw_cel_candidate *)last->next;
    if (last)
        last->next = candidate;
    else
        item->value = candidate;
    return true;
}

static bool add_library(struct bw_cel_env *env, uint16_t at)
{
    const struct bw_cel_library *library = bw_cel_libraries[at];
    for (uint16_t i = 0; library->overloads[i].signature; i++)
        if (!add_overload(env, &library->overloads[i], at, i))
            return false;
    for (const char *const *type = library->types; type && *type; type++) {
        struct bw_map_item *item = bw_map_at(&env->opaques, bw_str(*type));
        if (!item)
            return false;
        item->value = (void *)*type;
    }
    return true;
}

struct bw_cel_env *bw_cel_env_new(enum bw_cel_dialect dialect, struct bw_err *err)
{
    unsigned bit = dialect == BW_CEL_SPEC ? BW_CEL_IN_SPEC : BW_CEL_IN_KUBERNETES;
    struct bw_cel_env *env = calloc(1, sizeof *env);
    bool fine = env && (env->arena = bw_arena_new(ENV_ARENA_MAX));
    if (fine) {
        env->dialect = dialect;
        env->functions = BW_MAP(FUNCTIONS_MAX);
        env->variables = BW_MAP(BW_CEL_VARIABLES_MAX);
        env->types = env->objects = env->opaques = BW_MAP(TYPES_MAX);
    }
    for (uint16_t i = 0; fine && bw_cel_libraries[i]; i++)
        if (bw_cel_libraries[i]->dialects & bit)
            fine = add_library(env, i);
    if (fine)
        return env;
    bw_cel_env_free(env);
    bw_err_set(err, BW_ENOMEM, "out of memory");
    return NULL;
}

static bool copy_variables(struct bw_cel_env *env, const struct bw_map *variables)
{
    for (size_t i = 0; i < variables->n; i++) {
        struct bw_map_item *item = bw_map_at(&env->variables, variables->items[i].key);
        if (!item)
            return false;
        item->value = variables->items[i].value;
    }
    return true;
}

struct bw_cel_env *bw_cel_env_extend(const struct bw_cel_env *base, struct bw_err *err)
{
    struct bw_cel_env *env = calloc(1, sizeof *env);
    struct bw_arena *arena = env ? bw_arena_new(ENV_ARENA_MAX) : NULL;
    if (arena) {
        *env = *base;
        env->base = base;
        env->arena = arena;
        env->variables = BW_MAP(BW_CEL_VARIABLES_MAX);
        env->types = BW_MAP(TYPES_MAX);
        if (copy_variables(env, &base->variables))
            return env;
        bw_cel_env_free(env);
    } else {
        free(env);
    }
    bw_err_set(err, BW_ENOMEM, "out of memory");
    return NULL;
}

static void free_declarations(struct bw_cel_env *env)
{
    for (size_t i = 0; i < env->objects.n; i++)
        bw_map_free(((struct bw_cel_type *)env->objects.items[i].value)->fields);
    bw_map_free(&env->functions);
    bw_map_free(&env->objects);
    bw_map_free(&env->opaques);
}

void bw_cel_env_free(struct bw_cel_env *env)
{
    if (!env)
        return;
    if (!env->base)
        free_declarations(env);
    bw_map_free(&env->variables);
    bw_map_free(&env->types);
    bw_arena_free(env->arena);
    free(env);
}

void bw_cel_env_freep(struct bw_cel_env **env)
{
    bw_cel_env_free(*env);
    *env = NULL;
}

/* --- types --- */

const struct bw_cel_type *bw_cel_type_dyn(struct bw_cel_env *env)
{
    (void)env;
    return bw_cel_basic(BW_CEL_T_DYN);
}

/* The type that was read before with the same text, or this one. */
static const struct bw_cel_type *intern(struct bw_cel_env *env, const struct bw_cel_type *type,
                                        struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)64 << 10);
    bw_cel_type_write(type, &buf);
    struct bw_str text =
        bw_buf_failed(&buf) ? (struct bw_str){0} : bw_arena_str(env->arena, bw_buf_slice(&buf));
    struct bw_map_item *item = text.p ? bw_map_at(&env->types, text) : NULL;
    if (!item) {
        short_of(env, err);
        return NULL;
    }
    if (!item->value)
        item->value = (void *)type;
    return item->value;
}

const struct bw_cel_type *bw_cel_type_read(struct bw_cel_env *env, struct bw_str text,
                                           struct bw_err *err)
{
    struct bw_str copy = bw_arena_str(env->arena, text);
    if (!copy.p) {
        short_of(env, err);
        return NULL;
    }
    struct bw_cel_type_reader reader = {
        .arena = env->arena, .rest = copy, .objects = &env->objects, .opaques = &env->opaques};
    const struct bw_cel_type *type = bw_cel_type_parse(&reader);
    if (!type || bw_str_trim(reader.rest).n) {
        bw_err_set(err, BW_EUSAGE, "'%" BW_STR_F "' is no type", BW_STR_A(bw_str_take(text, 200)));
        return NULL;
    }
    return type->n ? intern(env, type, err) : type;
}

int bw_cel_env_object(struct bw_cel_env *env, struct bw_str name,
                      const struct bw_cel_type **ret_type, struct bw_err *err)
{
    struct bw_cel_type *type = bw_map_get(&env->objects, name);
    if (!type && env->base)
        return bw_err_set(err, BW_EUSAGE, "an environment that extends another takes no objects");
    if (!type) {
        struct bw_str copy = bw_arena_str(env->arena, name);
        struct bw_map *fields = bw_arena_alloc(env->arena, sizeof *fields);
        type = bw_arena_alloc(env->arena, sizeof *type);
        struct bw_map_item *item = copy.p && fields && type ? bw_map_at(&env->objects, copy) : NULL;
        if (!item)
            return short_of(env, err);
        *fields = BW_MAP(FIELDS_MAX);
        *type = (struct bw_cel_type){.kind = BW_CEL_T_OBJECT, .name = copy, .fields = fields};
        item->value = type;
    }
    *ret_type = type;
    return 0;
}

int bw_cel_env_field(struct bw_cel_env *env, const struct bw_cel_type *object, struct bw_str field,
                     const struct bw_cel_type *type, struct bw_err *err)
{
    struct bw_str copy = bw_arena_str(env->arena, field);
    struct bw_map_item *item = copy.p ? bw_map_at(object->fields, copy) : NULL;
    if (!item)
        return short_of(env, err);
    item->value = (void *)type;
    return 0;
}

const char *bw_cel_env_type_name(const struct bw_cel_env *env, struct bw_str name)
{
    static const char *const plain[] = {"bool",
                                        "int",
                                        "uint",
                                        "double",
                                        "string",
                                        "bytes",
                                        "list",
                                        "map",
                                        "null_type",
                                        "type",
                                        "google.protobuf.Timestamp",
                                        "google.protobuf.Duration",
                                        "optional_type"};
    for (size_t i = 0; i < BW_ARRAY_LEN(plain); i++)
        if (bw_str_eq(name, bw_str(plain[i])))
            return plain[i];
    return bw_map_get(&env->opaques, name);
}

/* --- names --- */

static bool is_name(struct bw_str name)
{
    struct bw_str rest = name, part;
    if (!name.n || name.n > NAME_MAX_BYTES)
        return false;
    while (bw_str_split(&rest, '.', &part)) {
        if (!part.n || isdigit((unsigned char)part.p[0]))
            return false;
        for (size_t i = 0; i < part.n; i++)
            if (!isalnum((unsigned char)part.p[i]) && part.p[i] != '_')
                return false;
    }
    return true;
}

int bw_cel_env_declare(struct bw_cel_env *env, const char *name, const struct bw_cel_type *type,
                       uint32_t *ret_slot, struct bw_err *err)
{
    if (!is_name(bw_str(name)))
        return bw_err_set(err, BW_EUSAGE, "'%s' is no name of a variable", name);
    if (bw_map_get(&env->variables, bw_str(name)))
        return bw_err_set(err, BW_EUSAGE, "the variable '%s' is declared twice", name);
    if (env->variables_n == BW_CEL_VARIABLES_MAX)
        return bw_err_set(err, BW_ELIMIT, "there are more than %u variables", BW_CEL_VARIABLES_MAX);
    struct bw_str copy = bw_arena_str(env->arena, bw_str(name));
    struct bw_cel_variable *variable = bw_arena_alloc(env->arena, sizeof *variable);
    struct bw_map_item *item = copy.p && variable ? bw_map_at(&env->variables, copy) : NULL;
    if (!item)
        return short_of(env, err);
    *variable = (struct bw_cel_variable){type, env->variables_n};
    item->value = variable;
    *ret_slot = env->variables_n++;
    return 0;
}

int bw_cel_env_container(struct bw_cel_env *env, struct bw_str container, struct bw_err *err)
{
    if (container.n && !is_name(container))
        return bw_err_set(err, BW_EUSAGE, "'%" BW_STR_F "' is no name of a container",
                          BW_STR_A(bw_str_take(container, 200)));
    struct bw_str copy = bw_arena_str(env->arena, container);
    if (!copy.p)
        return short_of(env, err);
    env->container = copy;
    return 0;
}

size_t bw_cel_env_names(const struct bw_cel_env *env, struct bw_arena *arena, struct bw_str name,
                        struct bw_str ret_names[BW_CEL_CONTAINER_DEPTH_MAX + 1])
{
    size_t n = 0;
    struct bw_str container = env->container;
    while (container.n && n < BW_CEL_CONTAINER_DEPTH_MAX) {
        struct bw_str full =
            bw_arena_printf(arena, "%" BW_STR_F ".%" BW_STR_F, BW_STR_A(container), BW_STR_A(name));
        if (!full.p)
            return 0;
        ret_names[n++] = full;
        size_t dot = bw_str_rfind(container, '.');
        container = bw_str_take(container, dot == SIZE_MAX ? 0 : dot);
    }
    ret_names[n++] = name;
    return n;
}
