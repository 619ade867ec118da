/*
 * Any bytes as an expression, in both dialects, with and without the checker. What compiles opens
 * again from its bytes; bytes that are damaged are refused, or run to some end.
 */
#include <stdlib.h>

#include "cel/cel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bw_cel_env *make_env(enum bw_cel_dialect dialect)
{
    struct bw_cel_env *env = bw_cel_env_new(dialect, NULL);
    const struct bw_cel_type *object = NULL;
    uint32_t slot;
    if (!env || bw_cel_env_object(env, BW_STR("Pod"), &object, NULL) ||
        bw_cel_env_field(env, object, BW_STR("spec"), bw_cel_type_dyn(env), NULL) ||
        bw_cel_env_declare(env, "object", bw_cel_type_dyn(env), &slot, NULL) ||
        bw_cel_env_declare(env, "variables.pod", object, &slot, NULL))
        abort();
    return env;
}

static void run(const struct bw_cel_program *program)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)4 << 20);
    struct bw_cel_budget budget = {20000, 20000};
    struct bw_cel_run with = {.arena = arena, .budget = &budget};
    if (arena)
        (void)bw_cel_eval(program, &with);
}

/* Opens a copy of the program with one byte changed. */
static void damage(struct bw_str bytes, size_t at)
{
    uint64_t *copy = malloc(bytes.n);
    if (!copy)
        return;
    memcpy(copy, bytes.p, bytes.n);
    const struct bw_cel_program *opened = bw_cel_open(bw_str_n(copy, bytes.n), NULL);
    if (!opened)
        abort();
    ((uint8_t *)copy)[at % bytes.n] ^= (uint8_t)(at | 1);
    opened = bw_cel_open(bw_str_n(copy, bytes.n), NULL);
    if (opened)
        run(opened);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bw_cel_env *envs[2];
    struct bw_str source = bw_str_n(data, size);
    if (!envs[0]) {
        envs[0] = make_env(BW_CEL_SPEC);
        envs[1] = make_env(BW_CEL_KUBERNETES_1_34);
    }
    for (size_t i = 0; i < 4; i++) {
        struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
        struct bw_cel_issue issue;
        int code = i < 2 ? bw_cel_compile(envs[i], source, &program, &issue, NULL)
                         : bw_cel_compile_unchecked(envs[i - 2], source, &program, &issue, NULL);
        if (code && issue.offset > size)
            abort();
        if (code)
            continue;
        damage(bw_cel_bytes(program), size * 2654435761u);
        damage(bw_cel_bytes(program), size * 40503u + 12345);
    }
    return 0;
}
