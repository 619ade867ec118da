#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cel/cel.h"

/* An environment with `object` (dyn), and what it is evaluated over. */
struct fixture {
    struct bw_cel_env *env;
    struct bw_arena *arena;
    struct bw_value_maker make;
    struct bw_value variables[4];
};

static struct fixture *begin(enum bw_cel_dialect dialect)
{
    static struct fixture f;
    struct bw_err err = {0};
    uint32_t slot;
    f = (struct fixture){.env = bw_cel_env_new(dialect, &err),
                         .arena = bw_arena_new((size_t)16 << 20)};
    assert_non_null(f.env);
    assert_non_null(f.arena);
    f.make.arena = f.arena;
    assert_int_equal(bw_cel_env_declare(f.env, "object", bw_cel_type_dyn(f.env), &slot, &err), 0);
    assert_int_equal(slot, 0);
    return &f;
}

static void end(struct fixture *f)
{
    bw_cel_env_free(f->env);
    bw_arena_free(f->arena);
}

/* The value as JSON, an ERROR as "!text", an UNKNOWN as "?why". */
static const char *shown(struct bw_value value)
{
    static struct bw_buf buf;
    struct bw_err err = {0};
    buf.max = 1 << 16;
    bw_buf_clear(&buf);
    if (value.kind == BW_CEL_ERROR)
        bw_buf_printf(&buf, "!%" BW_STR_F, BW_STR_A(bw_cel_error_text(value)));
    else if (value.kind == BW_VALUE_UNKNOWN)
        bw_buf_printf(&buf, "?%" BW_STR_F, BW_STR_A(value.unknown->why));
    else if (bw_cel_json(value, &buf, &err))
        bw_buf_printf(&buf, "-%s", err.msg);
    bw_buf_byte(&buf, 0);
    return (const char *)buf.p;
}

static const char *evaluated(struct fixture *f, const char *source)
{
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_err err = {0};
    if (bw_cel_compile(f->env, bw_str(source), &program, NULL, &err)) {
        static char text[sizeof err.msg + 1];
        snprintf(text, sizeof text, "#%s", err.msg);
        return text;
    }
    struct bw_cel_budget budget = {BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
    struct bw_cel_run run = {
        .variables = f->variables, .variables_n = 4, .arena = f->arena, .budget = &budget};
    return shown(bw_cel_eval(program, &run));
}

static void expressions_have_their_values(void **state)
{
    static const struct {
        const char *source, *value;
    } rows[] = {
        {"1 + 2 * 3", "7"},
        {"[1, 2, 3].map(x, x * 2)", "[2,4,6]"},
        {"'a' in ['b', 'a']", "true"},
        {"{'a': 1}.a == 1 && !has({'a': 1}.b)", "true"},
        {"[1, 2].exists(x, x > 1) ? 'yes' : 'no'", "\"yes\""},
        {"duration('90m')", "\"5400s\""},
        {"timestamp('2020-02-29T12:00:00Z').getDayOfYear()", "59"},
        {"'abc'.matches('^a.c$')", "true"},
    };
    struct fixture *f = begin(BW_CEL_SPEC);
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        assert_string_equal(evaluated(f, rows[i].source), rows[i].value);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_have_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
