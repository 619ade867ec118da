/*
 * Any expression over a fixed document with things unknown in it. Evaluating ends within its
 * budget, gives the same twice, the second time with the patterns of all runs before; what decided
 * is explained.
 */
#include <stdlib.h>

#include "cel/cel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVALUATION_COST 100000u

static const char document[] =
    "{'name': 'web', 'n': 3, 'u': 7u, 'd': 1.5, 'b': b'\\xff', 't': true, 'z': null, 'l': [1, 2, "
    "3], 's': ['a', 'bb', ''], 'm': {'a': 1, 'b/c': [true], 'x': {'y': 'z'}}, 'containers': "
    "[{'name': 'a', 'image': 'a:1'}, {'name': 'b', 'image': 'b:latest', 'root': true}], 'when': "
    "timestamp('2020-01-01T00:00:00Z'), 'long': duration('90m')}";

static struct bw_cel_env *env;
static struct bw_cel_patterns *patterns;
static struct bw_value object;

static void prepare(void)
{
    static struct bw_cel_program *program;
    uint32_t slot;
    static struct bw_arena *arena; /* the document stays */
    arena = bw_arena_new((size_t)1 << 20);
    struct bw_value_maker make = {.arena = arena};
    env = bw_cel_env_new(BW_CEL_SPEC, NULL);
    patterns = bw_cel_patterns_new();
    if (!env || !arena || !patterns ||
        bw_cel_env_declare(env, "object", bw_cel_type_dyn(env), &slot, NULL) ||
        bw_cel_compile(env, BW_STR(document), &program, NULL, NULL))
        abort();
    struct bw_cel_run run = {.arena = arena};
    object = bw_cel_eval(program, &run);
    struct bw_value unknown = bw_value_unknown(&make, BW_UNKNOWN_MISSING, BW_STR("not at hand"));
    struct bw_value list = bw_value_list(&make, 2);
    bw_value_add(&make, &list, bw_value_int(1));
    bw_value_add(&make, &list, unknown);
    bw_value_set(&make, &object, "unknown", unknown);
    bw_value_set(&make, &object, "half", list);
    if (object.kind != BW_VALUE_MAP || make.failed)
        abort();
}

static struct bw_value evaluate(const struct bw_cel_program *program, struct bw_arena *arena,
                                struct bw_cel_patterns *kept)
{
    struct bw_value variables[1] = {object};
    struct bw_cel_budget budget = {EVALUATION_COST, EVALUATION_COST};
    struct bw_cel_run run = {.variables = variables,
                             .variables_n = 1,
                             .arena = arena,
                             .budget = &budget,
                             .patterns = kept};
    struct bw_value value = bw_cel_eval(program, &run);
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    (void)!bw_cel_json(value, &json, NULL);
    return value;
}

static void explain(const struct bw_cel_program *program, struct bw_arena *arena, size_t size)
{
    struct bw_value variables[1] = {object};
    struct bw_cel_run run = {.variables = variables, .variables_n = 1, .arena = arena};
    struct bw_cel_reason reason;
    if (!bw_cel_explain(program, &run, &reason, NULL) &&
        (reason.offset > size || reason.length > size - reason.offset))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)16 << 20);
    if (!env)
        prepare();
    for (int loose = 0; arena && loose < 2; loose++) {
        struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
        struct bw_str source = bw_str_n(data, size);
        if (loose ? bw_cel_compile_unchecked(env, source, &program, NULL, NULL)
                  : bw_cel_compile(env, source, &program, NULL, NULL))
            continue;
        struct bw_value first = evaluate(program, arena, NULL);
        struct bw_value second = evaluate(program, arena, patterns);
        if (first.kind != second.kind && bw_cel_error_code(first) != BW_ELIMIT &&
            bw_cel_error_code(second) != BW_ELIMIT)
            abort();
        explain(program, arena, size);
    }
    return 0;
}
