/*
 * policy eval: an expression of CEL on the command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cel/cel.h"
#include "cli/policy.h"
#include "model/value-json.h"

#define ARENA_MAX ((size_t)1 << 30)
#define JSON_MAX  ((size_t)256 << 20)

enum {
    OPTION_BIND = 100,
    OPTION_DIALECT,
};

const struct bw_option bw_policy_eval_options[] = {
    {OPTION_BIND, 'b', "bind", "NAME=JSON",
     "give a name a value; NAME=- reads it from standard input; may be repeated"},
    {OPTION_DIALECT, 0, "dialect", "NAME",
     "kubernetes (default): what policies are written in; cel-spec: the language as its "
     "specification has it"},
    {0},
};

struct evaluation {
    struct bw_policy_arguments arguments;
    struct bw_policy_words bindings;
    enum bw_cel_dialect dialect;
    struct bw_arena *arena;
    struct bw_cel_env *env;
    struct bw_cel_program *program;
    struct bw_value *values;
    struct bw_buf input; /* standard input */
};

static void free_evaluation(struct evaluation *e)
{
    bw_policy_arguments_free(&e->arguments);
    BW_VEC_FREE(&e->bindings);
    bw_cel_free(e->program);
    bw_cel_env_free(e->env);
    bw_arena_free(e->arena);
    free(e->values);
    bw_buf_free(&e->input);
}

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct evaluation *e = ctx;
    if (id == OPTION_BIND)
        return bw_policy_add_word(&e->bindings, value, err);
    if (strcmp(value, "cel-spec") == 0)
        e->dialect = BW_CEL_SPEC;
    else if (strcmp(value, "kubernetes") != 0)
        return bw_err_set(err, BW_EUSAGE,
                          "there is no dialect '%s'; there are kubernetes and cel-spec", value);
    return 0;
}

static int bind(struct evaluation *e, size_t i, struct bw_err *err)
{
    struct bw_value_maker make = {.arena = e->arena};
    struct bw_str text = bw_str(e->bindings.v[i]);
    size_t equals = bw_str_find(text, '=');
    uint32_t slot;
    if (equals == SIZE_MAX)
        return bw_err_set(err, BW_EUSAGE, "--bind %s: NAME=JSON is wanted", e->bindings.v[i]);
    struct bw_str name = bw_arena_str(e->arena, bw_str_take(text, equals));
    struct bw_str json = bw_str_from(text, equals + 1);
    int rc = name.p ? bw_cel_env_declare(e->env, name.p, bw_cel_type_dyn(e->env), &slot, err)
                    : bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc == 0 && bw_str_eq(json, BW_STR("-"))) {
        rc = bw_fd_slurp(STDIN_FILENO, &e->input, err);
        json = bw_buf_slice(&e->input);
    }
    if (rc == 0)
        rc = bw_value_from_json(&make, json, &e->values[i], err);
    if (rc == BW_EFORMAT)
        return bw_err_set(err, BW_EUSAGE,
                          "--bind %.*s: the value is no JSON; a text stands in "
                          "quotes: '%.*s=\"...\"'",
                          (int)equals, text.p, (int)equals, text.p);
    return rc;
}

static int prepare(struct evaluation *e, struct bw_err *err)
{
    e->input = BW_BUF(JSON_MAX);
    e->arena = bw_arena_new(ARENA_MAX);
    e->values = calloc(e->bindings.n + 1, sizeof *e->values);
    if (!e->arena || !e->values)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    e->env = bw_cel_env_new(e->dialect, err);
    int rc = e->env ? 0 : BW_ENOMEM;
    for (size_t i = 0; i < e->bindings.n && rc == 0; i++)
        rc = bind(e, i, err);
    return rc;
}

/* The line of the expression, and a mark below the place. */
static void print_issue(const char *source, const struct bw_cel_issue *issue)
{
    struct bw_str rest = bw_str(source), line = {0};
    fprintf(stderr, "bulwark: %u:%u: %s\n", issue->line, issue->column, issue->message);
    for (uint32_t i = 0; i < issue->line; i++)
        if (!bw_str_line(&rest, &line))
            return;
    fprintf(stderr, "  %" BW_STR_F "\n  %*s^\n", BW_STR_A(line),
            issue->column ? (int)issue->column - 1 : 0, "");
}

static int print_value(struct bw_value value)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(JSON_MAX);
    struct bw_err err = {0};
    if (value.kind == BW_CEL_ERROR) {
        struct bw_str text = bw_cel_error_text(value);
        fprintf(stderr, "bulwark: error: %" BW_STR_F "\n", BW_STR_A(text));
        return BW_EXIT_VERDICT;
    }
    if (value.kind == BW_VALUE_UNKNOWN) {
        fprintf(stderr, "bulwark: unknown: %" BW_STR_F "\n", BW_STR_A(value.unknown->why));
        return BW_EXIT_VERDICT;
    }
    if (bw_cel_json(value, &json, &err)) {
        fprintf(stderr, "bulwark: the value has no form in JSON: %s\n", err.msg);
        return BW_EXIT_VERDICT;
    }
    printf("%" BW_STR_F "\n", BW_STR_A(bw_buf_slice(&json)));
    return BW_EXIT_FINE;
}

static int evaluate(struct evaluation *e)
{
    const char *source = e->arguments.operands.v[0];
    struct bw_cel_issue issue = {0};
    struct bw_err err = {0};
    int rc = bw_cel_compile(e->env, bw_str(source), &e->program, &issue, &err);
    if (rc == BW_EFORMAT && issue.line) {
        print_issue(source, &issue);
        return BW_EXIT_VERDICT;
    }
    if (rc)
        return bw_cli_error(&err);
    struct bw_cel_budget budget = {BW_CEL_COST_POLICY_MAX, BW_CEL_COST_POLICY_MAX};
    struct bw_cel_run run = {
        .variables = e->values, .variables_n = e->bindings.n, .arena = e->arena, .budget = &budget};
    return print_value(bw_cel_eval(e->program, &run));
}

int bw_policy_eval(const struct bw_verb *verb, int argc, char **argv)
{
    struct evaluation e BW_CLEANUP(free_evaluation) = {.dialect = BW_CEL_KUBERNETES_1_34};
    struct bw_err err = {0};
    int code = bw_policy_arguments_read(&e.arguments, verb, argc, argv, own_option, &e);
    if (code >= 0)
        return code;
    if (e.arguments.operands.n != 1) {
        bw_err_set(&err, BW_EUSAGE, "eval takes one expression, in quotes");
        return bw_cli_usage_error(verb, &err);
    }
    int rc = prepare(&e, &err);
    if (rc == BW_EUSAGE)
        return bw_cli_usage_error(verb, &err);
    return rc ? bw_cli_error(&err) : evaluate(&e);
}
