#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        {"'z' < 'w'", "false"}, /* three apart */
        {"b'a' < b'd' && 'y' > 'w' && 'a' <= 'ab'", "true"},
    };
    struct fixture *f = begin(BW_CEL_SPEC);
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        assert_string_equal(evaluated(f, rows[i].source), rows[i].value);
    end(f);
}

/* The first issue of a source, "LINE:COLUMN: MESSAGE". */
static const char *issue_of(struct fixture *f, const char *source)
{
    static char text[BW_ERR_MSG_MAX + 32];
    struct bw_cel_program *program = NULL;
    struct bw_cel_issue issue = {0};
    struct bw_err err = {0};
    int code = bw_cel_compile(f->env, bw_str(source), &program, &issue, &err);
    assert_null(program);
    assert_true(code == BW_EFORMAT || code == BW_ELIMIT);
    snprintf(text, sizeof text, "%u:%u: %s", issue.line, issue.column, issue.message);
    assert_string_equal(text, err.msg);
    return text;
}

static void issues_say_where(void **state)
{
    static const struct {
        const char *source, *issue;
    } rows[] = {
        {"", "1:1: the expression ends where an expression should stand"},
        {"1 +", "1:4: the expression ends where an expression should stand"},
        {"1 + // more", "1:12: the expression ends where an expression should stand"},
        {"1 2", "1:3: '2' stands where an operator or the end should"},
        {"a.\n  b c", "2:5: 'c' stands where an operator or the end should"},
        {"'\xc3\xa4' + @", "1:7: a character that no expression has here"},
        {"'abc", "1:1: a string is not closed"},
        {"'a\\qc'", "1:5: there is no such escape"},
        {"'\\ud800'", "1:8: an escape is no code point"},
        {"b'\\u0041'", "1:9: bytes have no code points: \\u and \\U stand in strings alone"},
        {"9223372036854775808", "1:1: the number is out of range"},
        {"12ab", "1:1: a number ends in a letter"},
        {"package", "1:1: 'package' is a reserved word"},
        {"[1, 2", "1:6: the expression ends where ']' should stand"},
        {"f(1,)", "1:5: ')' stands where an argument should"},
        {"has(object)", "1:5: has() takes the selection of a field, as in has(a.b)"},
        {"[1].all(1, true)", "1:9: argument 1 of all() must be a simple name"},
        {"[1].all(x, x, true)", "1:12: the two variables of all() have the same name"},
        {"objct.spec", "1:1: undeclared reference to 'objct'; did you mean 'object'?"},
        {"'a'.startWith('b')",
         "1:5: undeclared reference to 'startWith'; did you mean 'startsWith'?"},
        {"[1].exist(x, true)", "1:5: undeclared reference to 'exist'; did you mean 'exists'?"},
        {"[1].all(item, itme > 0)", "1:15: undeclared reference to 'itme'; did you mean 'item'?"},
        {"sets.contain([1], [2])",
         "1:6: undeclared reference to 'sets.contain'; did you mean 'sets.contains'?"},
        {"1 + 'a'", "1:3: found no matching overload for '_+_' applied to '(int, string)'"},
        {"'a'.size(1)", "1:5: found no matching overload for 'size' applied to 'string.(int)'"},
        {"1.foo", "1:3: type 'int' does not support field selection"},
        {"true && 1", "1:9: expected type 'bool' but found 'int'"},
        {"[1, 'a']", "1:5: expected type 'int' but found 'string'"},
        {"['a', object.a]", "1:7: expected type 'string' but found 'dyn'"},
        {"'%d %s'.format([1, {'a': [1, 'b']}]) + 1",
         "1:38: found no matching overload for '_+_' applied to '(string, int)'"},
        {"{'a': 1, 'b': 'c'}", "1:15: expected type 'int' but found 'string'"},
        {"[1].all(x, x)", "1:12: expected type 'bool' but found 'int'"},
        {"1.all(x, true)",
         "1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or "
         "dynamic)"},
        {"pod.spce", "1:5: undefined field 'spce' of Pod; did you mean 'spec'?"},
        {"Pod{spec: 1, nmae: 'a'}", "1:14: undefined field 'nmae' of Pod; did you mean 'name'?"},
        {"Pod{name: 1}", "1:11: expected type 'string' but found 'int'"},
        {"duration('1x')", "1:10: invalid duration '1x'"},
        {"object.a.matches('(')", "1:18: missing closing ): `(`"},
        {"cel.bind(x, 1, x)", "1:1: undeclared reference to 'cel'"},
    };
    struct fixture *f = begin(BW_CEL_KUBERNETES_1_34);
    const struct bw_cel_type *pod, *string = bw_cel_type_read(f->env, BW_STR("string"), NULL);
    uint32_t slot;
    (void)state;
    assert_int_equal(bw_cel_env_object(f->env, BW_STR("Pod"), &pod, NULL), 0);
    assert_int_equal(bw_cel_env_field(f->env, pod, BW_STR("spec"), bw_cel_type_dyn(f->env), NULL),
                     0);
    assert_int_equal(bw_cel_env_field(f->env, pod, BW_STR("name"), string, NULL), 0);
    assert_int_equal(bw_cel_env_declare(f->env, "pod", pod, &slot, NULL), 0);
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        assert_string_equal(issue_of(f, rows[i].source), rows[i].issue);
    end(f);
}

static void an_environment_is_asked_properly(void **state)
{
    struct fixture *f = begin(BW_CEL_KUBERNETES_1_34);
    struct bw_err err = {0};
    uint32_t slot;
    const struct bw_cel_type *dyn = bw_cel_type_dyn(f->env);
    (void)state;
    assert_int_equal(bw_cel_env_declare(f->env, "object", dyn, &slot, &err), BW_EUSAGE);
    assert_int_equal(bw_cel_env_declare(f->env, "1a", dyn, &slot, &err), BW_EUSAGE);
    assert_int_equal(bw_cel_env_declare(f->env, "a..b", dyn, &slot, &err), BW_EUSAGE);
    assert_int_equal(bw_cel_env_declare(f->env, "variables.a", dyn, &slot, &err), 0);
    assert_int_equal(slot, 1);
    assert_null(bw_cel_type_read(f->env, BW_STR("list(int"), &err));
    assert_null(bw_cel_type_read(f->env, BW_STR("Unheard"), &err));
    assert_null(bw_cel_type_read(f->env, BW_STR("map(int)"), &err));
    assert_ptr_equal(bw_cel_type_read(f->env, BW_STR("map(string,list(int))"), &err),
                     bw_cel_type_read(f->env, BW_STR("map(string, list(int))"), &err));
    f->variables[1] = bw_value_int(7);
    assert_string_equal(evaluated(f, "variables.a + 1"), "8");
    assert_string_equal(evaluated(f, "variables.b"),
                        "#1:1: undeclared reference to 'variables'; did you mean 'variables.a'?");
    assert_int_equal(bw_cel_env_container(f->env, BW_STR("variables"), &err), 0);
    assert_string_equal(evaluated(f, "a + 1"), "8");
    end(f);
}

static void an_environment_extends_another(void **state)
{
    struct fixture *f = begin(BW_CEL_KUBERNETES_1_34);
    struct bw_cel_env *base = f->env;
    const struct bw_cel_type *pod, *text = bw_cel_type_read(base, BW_STR("string"), NULL);
    struct bw_err err = {0};
    uint32_t slot;
    (void)state;
    assert_int_equal(bw_cel_env_object(base, BW_STR("Pod"), &pod, &err), 0);
    assert_int_equal(bw_cel_env_field(base, pod, BW_STR("name"), text, &err), 0);
    f->env = bw_cel_env_extend(base, &err);
    assert_non_null(f->env);
    const struct bw_cel_type *pods = bw_cel_type_read(f->env, BW_STR("list(Pod)"), &err);
    assert_int_equal(bw_cel_env_declare(f->env, "variables.pods", pods, &slot, &err), 0);
    assert_int_equal(slot, 1);
    assert_int_equal(bw_cel_env_declare(f->env, "object", pods, &slot, &err), BW_EUSAGE);
    assert_int_equal(bw_cel_env_object(f->env, BW_STR("Node"), &pod, &err), BW_EUSAGE);
    assert_int_equal(bw_cel_env_object(f->env, BW_STR("Pod"), &pod, &err), 0);
    f->variables[0] = bw_value_string(&f->make, BW_STR("a"));
    f->variables[1] = bw_value_list(&f->make, 0);
    assert_string_equal(evaluated(f, "variables.pods.size() == 0 && object == 'a'"), "true");
    assert_non_null(strstr(evaluated(f, "variables.pods[0].nam"), "name"));
    bw_cel_env_free(f->env);
    f->env = base;
    assert_int_equal(evaluated(f, "variables.pods.size()")[0], '#');
    end(f);
}

static void types_are_found(void **state)
{
    static const struct {
        const char *source, *type;
        bool boolean;
    } rows[] = {
        {"1 == 2", "bool", true},
        {"object.a", "dyn", true},
        {"[1, 2].map(x, string(x))", "list(string)", false},
        {"{'a': [1.5]}", "map(string, list(double))", false},
        {"optional.of(1)", "optional_type(int)", false},
        {"type(1)", "type(int)", false},
        {"[]", "list(dyn)", false},
    };
    struct fixture *f = begin(BW_CEL_KUBERNETES_1_34);
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
        struct bw_buf type BW_CLEANUP(bw_buf_free) = BW_BUF(1000);
        assert_int_equal(bw_cel_compile(f->env, bw_str(rows[i].source), &program, NULL, NULL), 0);
        bw_cel_result_type(program, &type);
        assert_true(bw_str_eq(bw_buf_slice(&type), bw_str(rows[i].type)));
        assert_int_equal(bw_cel_result_is_bool(program), rows[i].boolean);
        assert_true(bw_str_eq(bw_cel_source(program), bw_str(rows[i].source)));
    }
    end(f);
}

static void errors_and_unknowns_are_values(void **state)
{
    static const struct {
        const char *source, *value;
    } rows[] = {
        {"object.missing.a", "!no such key: missing"},
        {"object.missing.a && false", "false"},
        {"false || object.missing.a", "!no such key: missing"},
        {"object.user == 'root'", "?no image"},
        {"object.user != 'root'", "?no image"},
        {"has(object.user)", "?no image"},
        {"has(object.user.name)", "?no image"},
        {"object.user.name[3]", "?no image"},
        {"object.?user.orValue('x')", "?no image"},
        {"object.user == 'root' || true", "true"},
        {"object.user == 'root' && false", "false"},
        {"object.user == 'root' && true", "?no image"},
        {"object.user == 'root' && object.missing", "?no image"},
        {"object.user == object.mode", "?no image"},
        {"object.mode == object.user", "?no image"},
        {"object.mode && object.user", "?no image"},
        {"object.mode || object.mode", "?no words"},
        {"object.user ? 1 : 2", "?no image"},
        {"!object.user", "?no image"},
        {"object.user in ['a']", "?no image"},
        {"'a' in object.args", "true"},
        {"'b' in object.args", "?no words"},
        {"object.args == ['a', 'b']", "?no words"},
        {"object.args == ['b', 'b']", "false"},
        {"object.args.size()", "2"},
        {"object.args.join(' ')", "?no words"},
        {"optional.of(object.args).value().size()", "2"},
        {"'user' in object", "?no image"},
        {"has(object.name.first)", "false"},
        {"object.?name.first.orValue('none')", "\"none\""},
        {"object.name.?first == optional.none()", "true"},
        {"object.name.orValue('none')", "\"web\""},
        {"object.args.all(x, x == 'a')", "?no words"},
        {"object.args.all(x, x == 'b')", "false"},
        {"object.args.exists(x, x == 'a')", "true"},
        {"object.args.exists(x, x == 'b')", "?no words"},
        {"object.args.exists_one(x, x == 'a')", "?no words"},
        {"object.args.filter(x, x == 'a')", "?no words"},
        {"object.args.map(x, 1)", "[1,1]"},
        {"object.args.map(x, x)[0]", "\"a\""},
        {"object.args.map(x, x).size()", "2"},
        {"object.user.exists(x, x)", "?no image"},
        {"[object.user].size()", "1"},
        {"{'a': object.user}.a", "?no image"},
        {"1 / 0 == 1", "!divide by zero"},
        {"object.name.startsWith('w')", "true"},
        {"object.user.startsWith('w')", "?no image"},
        {"object.name + 1", "!no such overload"},
        {"9223372036854775807 + 1", "!return error for overflow"},
        {"[1][1]", "!index out of bounds: 1"},
        {"other", "!no such attribute: other"},
    };
    struct fixture *f = begin(BW_CEL_KUBERNETES_1_34);
    uint32_t slot;
    struct bw_value object = bw_value_map(&f->make, 4), args = bw_value_list(&f->make, 2);
    (void)state;
    struct bw_value unset =
        bw_value_unknown(&f->make, BW_UNKNOWN_INEXPRESSIBLE, BW_STR("no words"));
    bw_value_add(&f->make, &args, bw_value_string(&f->make, BW_STR("a")));
    bw_value_add(&f->make, &args, unset);
    bw_value_set(&f->make, &object, "user",
                 bw_value_unknown(&f->make, BW_UNKNOWN_MISSING, BW_STR("no image")));
    bw_value_set(&f->make, &object, "mode", unset);
    bw_value_set(&f->make, &object, "args", args);
    bw_value_set(&f->make, &object, "name", bw_value_string(&f->make, BW_STR("web")));
    assert_false(f->make.failed);
    f->variables[0] = object;
    assert_int_equal(bw_cel_env_declare(f->env, "other", bw_cel_type_dyn(f->env), &slot, NULL), 0);
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        assert_string_equal(evaluated(f, rows[i].source), rows[i].value);
    end(f);
}

static struct bw_value resolve_two(const struct bw_cel_run *run, uint32_t slot)
{
    ++*(unsigned *)run->ctx;
    return slot == 1 ? bw_value_int(2) : (struct bw_value){0};
}

static void variables_are_resolved_once(void **state)
{
    struct fixture *f = begin(BW_CEL_SPEC);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    unsigned asked = 0;
    uint32_t slot;
    (void)state;
    assert_int_equal(bw_cel_env_declare(f->env, "two", bw_cel_type_dyn(f->env), &slot, NULL), 0);
    assert_int_equal(bw_cel_compile(f->env, BW_STR("two * two + two"), &program, NULL, NULL), 0);
    struct bw_cel_run run = {.variables = f->variables,
                             .variables_n = 2,
                             .resolve = resolve_two,
                             .ctx = &asked,
                             .arena = f->arena};
    assert_string_equal(shown(bw_cel_eval(program, &run)), "6");
    assert_int_equal(asked, 1);
    assert_int_equal(f->variables[1].i, 2);
    end(f);
}

static void budgets_end_an_evaluation(void **state)
{
    struct fixture *f = begin(BW_CEL_SPEC);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    static const char source[] =
        "cel.bind(l, [1,2,3,4,5,6,7,8,9,10], l.all(a, l.all(b, l.all(c, l.all(d, l.all(e, l.all(f, "
        "l.all(g, a + b + c + d + e + f + g > 0))))))))";
    (void)state;
    assert_int_equal(bw_cel_compile(f->env, BW_STR(source), &program, NULL, NULL), 0);
    struct bw_cel_budget budget = {1500000, BW_CEL_COST_EXPRESSION_MAX};
    struct bw_cel_run run = {.arena = f->arena, .budget = &budget};
    struct bw_value value = bw_cel_eval(program, &run);
    assert_int_equal(bw_cel_error_code(value), BW_ELIMIT);
    assert_in_range(budget.left, 499000, 500001);
    assert_int_equal(bw_cel_error_code(bw_cel_eval(program, &run)), BW_ELIMIT);
    assert_int_equal(budget.left, 0);
    end(f);
}

static void an_arena_bounds_what_is_made(void **state)
{
    struct fixture *f = begin(BW_CEL_SPEC);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_arena *small BW_CLEANUP(bw_arena_freep) = bw_arena_new(4096);
    static const char source[] =
        "[1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, 'abcdefgh' + string(b)))";
    (void)state;
    assert_int_equal(bw_cel_compile(f->env, BW_STR(source), &program, NULL, NULL), 0);
    struct bw_cel_run run = {.arena = small};
    struct bw_value value = bw_cel_eval(program, &run);
    assert_int_equal(bw_cel_error_code(value), BW_ELIMIT);
    end(f);
}

/* A pattern that is computed is not compiled again: the arena of the run has no room for it. */
static void patterns_are_kept(void **state)
{
    struct fixture *f = begin(BW_CEL_KUBERNETES_1_34);
    struct bw_cel_patterns *patterns = bw_cel_patterns_new();
    struct bw_arena *small BW_CLEANUP(bw_arena_freep) = bw_arena_new(4096);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    (void)state;
    assert_non_null(patterns);
    assert_int_equal(bw_cel_compile(f->env, BW_STR("'a7'.matches(object)"), &program, NULL, NULL),
                     0);
    struct bw_cel_run run = {.variables = f->variables, .variables_n = 1, .arena = small};
    f->variables[0] = bw_value_string(&f->make, BW_STR("^a(x{999}|7)"));
    assert_int_equal(bw_cel_error_code(bw_cel_eval(program, &run)), BW_ELIMIT);
    bw_arena_reset(small);
    run.patterns = patterns;
    assert_string_equal(shown(bw_cel_eval(program, &run)), "true");
    for (int i = 0; i < 1000; i++) { /* more than are kept */
        char text[32];
        snprintf(text, sizeof text, "^a%d$", i % 600);
        f->variables[0] = bw_value_string(&f->make, bw_str(text));
        assert_string_equal(shown(bw_cel_eval(program, &run)), i % 600 == 7 ? "true" : "false");
    }
    f->variables[0] = bw_value_string(&f->make, BW_STR("(a"));
    assert_non_null(strstr(shown(bw_cel_eval(program, &run)), "missing closing )"));
    bw_cel_patterns_free(patterns);
    end(f);
}

static void depth_is_bounded(void **state)
{
    static const struct {
        const char *open, *core, *close;
    } rows[] = {{"(", "1", ")"},          {"[", "1", "]"},      {"!(", "true", ")"},
                {"-(", "1", ")"},         {"{1:", "1", "}"},    {"", "1", "+1"},
                {"", "object", ".a"},     {"1==2?3:", "1", ""}, {"size([", "1", "])"},
                {"[1].map(x,", "x", ")"}, {"", "object", "[0]"}};
    struct fixture *f = begin(BW_CEL_SPEC);
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_buf source BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
        struct bw_cel_program *program = NULL;
        struct bw_err err = {0};
        for (int n = 0; n < 50000; n++)
            bw_buf_str(&source, bw_str(rows[i].open));
        bw_buf_str(&source, bw_str(rows[i].core));
        for (int n = 0; n < 50000; n++)
            bw_buf_str(&source, bw_str(rows[i].close));
        assert_int_equal(bw_cel_compile(f->env, bw_buf_slice(&source), &program, NULL, &err),
                         BW_ELIMIT);
    }
    end(f);
}

/* Types that nest in each other: their size is exponential in that of the source. */
static void types_do_not_explode(void **state)
{
    struct fixture *f = begin(BW_CEL_SPEC);
    struct bw_buf source BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    (void)state;
    bw_buf_str(&source, BW_STR("cel.bind(x0, {}, "));
    for (int i = 0; i < 100; i++)
        bw_buf_printf(&source, "cel.bind(x%d, {1: [x%d, x%d], 2: [{2: x%d}]}, ", i + 1, i, i, i);
    bw_buf_str(&source, BW_STR("x100 == x99"));
    for (int i = 0; i < 101; i++)
        bw_buf_byte(&source, ')');
    int code = bw_cel_compile(f->env, bw_buf_slice(&source), &program, NULL, NULL);
    assert_true(code == 0 || code == BW_EFORMAT);
    end(f);
}

static void programs_are_their_bytes(void **state)
{
    static const char *const sources[] = {
        "object.a.all(x, x in ['a', 'b'] || x.matches('^c+$')) && type(1) == int",
        "{'k': [object.a[0], b'x', 1.5, 2u, null, duration('1s')], ?'o': object.?zz}",
        "object.a.map(x, x + 'y').filter(y, y != 'ay').size() == 2 ? [1] : []",
    };
    struct fixture *f = begin(BW_CEL_SPEC);
    struct bw_value object = bw_value_map(&f->make, 1), list = bw_value_list(&f->make, 3);
    (void)state;
    bw_value_add(&f->make, &list, bw_value_string(&f->make, BW_STR("a")));
    bw_value_add(&f->make, &list, bw_value_string(&f->make, BW_STR("b")));
    bw_value_add(&f->make, &list, bw_value_string(&f->make, BW_STR("cc")));
    bw_value_set(&f->make, &object, "a", list);
    f->variables[0] = object;
    for (size_t i = 0; i < BW_ARRAY_LEN(sources); i++) {
        struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
        struct bw_err err = {0};
        struct bw_cel_run run = {.variables = f->variables, .variables_n = 1, .arena = f->arena};
        assert_int_equal(bw_cel_compile(f->env, bw_str(sources[i]), &program, NULL, &err), 0);
        struct bw_str bytes = bw_cel_bytes(program);
        uint64_t *copy = malloc(bytes.n);
        assert_non_null(copy);
        memcpy(copy, bytes.p, bytes.n);
        struct bw_value value = bw_cel_eval(program, &run);
        const struct bw_cel_program *opened = bw_cel_open(bw_str_n(copy, bytes.n), &err);
        assert_non_null(opened);
        assert_true(bw_cel_equal(bw_cel_eval(opened, &run), value));
        assert_true(bw_str_eq(bw_cel_source(opened), bw_str(sources[i])));
        /* Any byte may be wrong: it is refused, or ends somehow. */
        for (size_t at = 0; at < bytes.n; at++) {
            struct bw_cel_budget budget = {10000, 10000};
            run.budget = &budget;
            memcpy(copy, bytes.p, bytes.n);
            ((uint8_t *)copy)[at] ^= 0xff;
            opened = bw_cel_open(bw_str_n(copy, bytes.n), &err);
            if (opened)
                (void)bw_cel_eval(opened, &run);
            run.budget = NULL;
        }
        for (size_t n = 0; n < bytes.n; n += 8)
            assert_null(bw_cel_open(bw_str_n(copy, n), &err));
        free(copy);
    }
    end(f);
}

/* --- why --- */

/* Gives every value a place: 1 for the root, then in the order of the document. */
static void number(struct bw_value *value, uint32_t *next)
{
    value->place = ++*next;
    struct bw_value_list *list = (struct bw_value_list *)value->list;
    struct bw_value_map *map = (struct bw_value_map *)value->map;
    for (uint32_t i = 0; value->kind == BW_VALUE_LIST && i < list->n; i++)
        number(&list->v[i], next);
    for (uint32_t i = 0; value->kind == BW_VALUE_MAP && i < map->n; i++)
        number(&map->v[i].value, next);
}

static const char *explained(struct fixture *f, const char *source)
{
    static char text[1024];
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_cel_reason reason;
    struct bw_err err = {0};
    assert_int_equal(bw_cel_compile(f->env, bw_str(source), &program, NULL, &err), 0);
    struct bw_cel_run run = {.variables = f->variables, .variables_n = 1, .arena = f->arena};
    assert_int_equal(bw_cel_explain(program, &run, &reason, &err), 0);
    snprintf(text, sizeof text, "%.*s = %s | %" BW_STR_F " | %u", (int)reason.length,
             source + reason.offset, shown(reason.value), BW_STR_A(reason.path), reason.place);
    return text;
}

static void explanations_find_what_decided(void **state)
{
    static const struct {
        const char *source, *reason;
    } rows[] = {
        {"object.spec.net == true", "object.spec.net == true = false | object.spec.net | 4"},
        {"!(object.name == 'a' || object.spec.net == false)",
         "object.spec.net == false = true | object.spec.net | 4"},
        {"object.name == 'web' && object.spec.net",
         "object.spec.net = false | object.spec.net | 4"},
        {"has(object.spec.user)", "has(object.spec.user) = false | object.spec.user | 3"},
        {"object.spec.containers.all(c, !has(c.root) || !c.root)",
         "c.root = true | object.spec.containers[1].root | 12"},
        {"object.spec.containers.all(c, has(c.root) && c.root)",
         "has(c.root) = false | object.spec.containers[0].root | 6"},
        {"(object.spec.containers + object.spec.?more.orValue([])).all(c, c.image != 'c:latest')",
         "c.image != 'c:latest' = false | object.spec.more[0].image | 15"},
        {"object.spec.containers.exists(c, c.image.endsWith(':latest'))",
         "c.image.endsWith(':latest') = true | object.spec.containers[1].image | 11"},
        {"object.spec.containers.exists(c, c.image == 'x')",
         "object.spec.containers.exists(c, c.image == 'x') = false | object.spec.containers | 5"},
        {"object.labels.all(k, v, v != 'b')", "v != 'b' = false | object.labels['a/b'] | 18"},
        {"object.spec.missing.deep", "object.spec.missing.deep = !no such key: missing | "
                                     "object.spec.missing.deep | 3"},
        {"object.spec.net ? true : object.name == 'x'",
         "object.name == 'x' = false | object.name | 2"},
        {"object.spec.containers.filter(c, has(c.root)).all(c, c.image == 'x')",
         "c.image == 'x' = false | object.spec.containers[*].image | 11"},
        {"size(object.spec.containers) > 2",
         "size(object.spec.containers) > 2 = false | object.spec.containers | 5"},
        {"1 == 2", "1 == 2 = false |  | 0"},
    };
    static const char document[] =
        "{'name': 'web', 'spec': {'net': false, 'containers': [{'image': 'a:1', 'ports': [80]}, "
        "{'image': 'b:latest', 'root': true}], 'more': [{'image': 'c:latest'}]}, 'labels': "
        "{'a': 'x', 'a/b': 'b'}}";
    struct fixture *f = begin(BW_CEL_SPEC);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_cel_run run = {.arena = f->arena};
    uint32_t places = 0;
    (void)state;
    assert_int_equal(bw_cel_compile(f->env, BW_STR(document), &program, NULL, NULL), 0);
    f->variables[0] = bw_cel_eval(program, &run);
    number(&f->variables[0], &places);
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        assert_string_equal(explained(f, rows[i].source), rows[i].reason);
    end(f);
}

static void unchecked_expressions_find_out_later(void **state)
{
    static const struct {
        const char *source, *value;
    } rows[] = {
        {"nothing || true", "true"},
        {"nothing", "!no such attribute: nothing"},
        {"f(1) || true", "true"},
        {"f(1)", "!unbound function: f"},
        {"Nothing{field: int('1')}", "!no such attribute: Nothing"},
        {"1 + 'a'", "!no such overload"},
        {"[1, 'a'].size()", "2"},
        {"has('a'.b)", "!type 'string' does not support field selection"},
    };
    struct fixture *f = begin(BW_CEL_SPEC);
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
        struct bw_cel_run run = {.arena = f->arena};
        assert_int_equal(
            bw_cel_compile_unchecked(f->env, bw_str(rows[i].source), &program, NULL, NULL), 0);
        assert_string_equal(shown(bw_cel_eval(program, &run)), rows[i].value);
    }
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_have_their_values),
        cmocka_unit_test(issues_say_where),
        cmocka_unit_test(an_environment_is_asked_properly),
        cmocka_unit_test(an_environment_extends_another),
        cmocka_unit_test(types_are_found),
        cmocka_unit_test(errors_and_unknowns_are_values),
        cmocka_unit_test(variables_are_resolved_once),
        cmocka_unit_test(budgets_end_an_evaluation),
        cmocka_unit_test(an_arena_bounds_what_is_made),
        cmocka_unit_test(patterns_are_kept),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(types_do_not_explode),
        cmocka_unit_test(programs_are_their_bytes),
        cmocka_unit_test(explanations_find_what_decided),
        cmocka_unit_test(unchecked_expressions_find_out_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
