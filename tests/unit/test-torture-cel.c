/*
 * Allocation-failure torture of CEL: compiling and evaluating say that memory was short, or are
 * right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cel/cel.h"
#include "torture.h"

static const char *source;

static bool is_short(int code)
{
    assert_int_equal(code, BW_ENOMEM);
    return false;
}

/* From an environment to a value, and why it is so. The object is {'a': ['x', 'yy']}. */
static bool expression_scenario(void)
{
    struct bw_err err = {0};
    uint32_t slot;
    struct bw_cel_env *env BW_CLEANUP(bw_cel_env_freep) = bw_cel_env_new(BW_CEL_SPEC, &err);
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    if (!env || !arena)
        return false;
    int code = bw_cel_env_declare(env, "object", bw_cel_type_dyn(env), &slot, &err);
    if (!code)
        code = bw_cel_compile(env, bw_str(source), &program, NULL, &err);
    if (code)
        return is_short(code);
    struct bw_value_maker make = {.arena = arena};
    struct bw_value object = bw_value_map(&make, 1), list = bw_value_list(&make, 2);
    bw_value_add(&make, &list, bw_value_string(&make, BW_STR("x")));
    bw_value_add(&make, &list, bw_value_string(&make, BW_STR("yy")));
    bw_value_set(&make, &object, "a", list);
    if (make.failed)
        return false;
    struct bw_cel_run run = {.variables = &object, .variables_n = 1, .arena = arena};
    struct bw_value value = bw_cel_eval(program, &run);
    if (value.kind == BW_CEL_ERROR)
        return is_short(bw_cel_error_code(value));
    assert_true(bw_value_is_true(value));
    struct bw_cel_reason reason;
    code = bw_cel_explain(program, &run, &reason, &err);
    return code ? is_short(code) : true;
}

static void memory_may_be_short_anywhere(void **state)
{
    static const char *const sources[] = {
        "object.a.all(x, x.size() > 0 || x in ['b', 'c'])",
        "{'k': [1, 2.5, 'a' + 'b', b'c'], ?'o': object.?z}.k.size() == 4",
        "object.a.map(x, x + '!').filter(x, x.startsWith('y')) == ['yy!']",
        "cel.bind(t, timestamp('2020-01-01T00:00:00Z'), t + duration('1h') > t)",
    };
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(sources); i++) {
        source = sources[i];
        torture(expression_scenario, 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_be_short_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
