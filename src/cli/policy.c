/*
 * policy: the library of policies, and those of others: what there is, what it means, whether it
 * does what it says.
 */
#include "cli/policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/terminal.h"

#define WORDS_MAX 10000u

int bw_policy_add_word(struct bw_policy_words *words, const char *word, struct bw_err *err)
{
    const char **slot = BW_VEC_PUSH(words, WORDS_MAX);
    if (!slot)
        return bw_err_set(err, BW_EUSAGE, "more than %u words", WORDS_MAX);
    *slot = word;
    return 0;
}

static int take(struct bw_policy_arguments *arguments, int id, const char *value,
                int (*own)(void *ctx, int id, const char *value, struct bw_err *err), void *ctx,
                struct bw_err *err)
{
    switch (id) {
    case BW_ARG_OPERAND:
        return bw_policy_add_word(&arguments->operands, value, err);
    case BW_POLICY_OPTION_POLICY:
        return bw_policy_add_word(&arguments->paths, value, err);
    case BW_POLICY_OPTION_FORMAT:
        arguments->format = value;
        return 0;
    case BW_POLICY_OPTION_OUTPUT:
        arguments->output = value;
        return 0;
    case BW_POLICY_OPTION_QUIET:
        arguments->quiet = true;
        return 0;
    default:
        return own ? own(ctx, id, value, err)
                   : bw_err_set(err, BW_EINTERNAL, "an option without meaning");
    }
}

int bw_policy_arguments_read(struct bw_policy_arguments *arguments, const struct bw_verb *verb,
                             int argc, char **argv,
                             int (*own)(void *ctx, int id, const char *value, struct bw_err *err),
                             void *ctx)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value;
    int id;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_WRONG || take(arguments, id, value, own, ctx, &err))
            return bw_cli_usage_error(verb, &err);
    }
    return -1;
}

void bw_policy_arguments_free(struct bw_policy_arguments *arguments)
{
    BW_VEC_FREE(&arguments->operands);
    BW_VEC_FREE(&arguments->paths);
}

/* --- lint, compile --- */

static int count_kinds(const struct bw_policy_set *set)
{
    size_t mutating = 0, n = bw_policy_count(set);
    for (size_t i = 0; i < n; i++)
        mutating += bw_policy_at(set, i)->kind == BW_POLICY_MUTATING;
    printf("%zu %s: %zu judge, %zu mutate\n", n, n == 1 ? "policy" : "policies", n - mutating,
           mutating);
    return BW_EXIT_FINE;
}

int bw_policy_lint(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_policy_arguments arguments BW_CLEANUP(bw_policy_arguments_free) = {0};
    struct bw_policy_files files BW_CLEANUP(bw_policy_files_close) = {0};
    struct bw_err err = {0};
    int code = bw_policy_arguments_read(&arguments, verb, argc, argv, NULL, NULL);
    if (code >= 0)
        return code;
    if (!arguments.operands.n) {
        bw_err_set(&err, BW_EUSAGE, "which files or directories?");
        return bw_cli_usage_error(verb, &err);
    }
    int rc = bw_policy_files_open(&files, arguments.operands.v, arguments.operands.n, &err);
    if (rc == BW_EFORMAT)
        return BW_EXIT_VERDICT; /* the problems were printed */
    return rc ? bw_cli_error(&err) : count_kinds(files.set);
}

const struct bw_option bw_policy_compile_options[] = {
    {BW_POLICY_OPTION_OUTPUT, 'o', "output", "FILE", "where to write the set"},
    {0},
};

int bw_policy_compile_verb(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_policy_arguments arguments BW_CLEANUP(bw_policy_arguments_free) = {0};
    struct bw_policy_files files BW_CLEANUP(bw_policy_files_close) = {0};
    struct bw_output_file file = {0};
    struct bw_err err = {0};
    int code = bw_policy_arguments_read(&arguments, verb, argc, argv, NULL, NULL);
    if (code >= 0)
        return code;
    if (!arguments.operands.n || !arguments.output) {
        bw_err_set(&err, BW_EUSAGE, "compile takes files or directories, and -o FILE");
        return bw_cli_usage_error(verb, &err);
    }
    int rc = bw_policy_files_open(&files, arguments.operands.v, arguments.operands.n, &err);
    if (rc == BW_EFORMAT)
        return BW_EXIT_VERDICT;
    if (rc == 0)
        rc = bw_output_open(&file, arguments.output, &err);
    if (rc)
        return bw_cli_error(&err);
    struct bw_str bytes = bw_policy_set_bytes(files.set);
    rc = bw_output_sink_write(&file, bytes.p, bytes.n, &err);
    struct bw_err closing = {0};
    int closed = bw_output_close(&file, rc == 0, rc ? &closing : &err);
    if (rc || closed)
        return bw_cli_error(&err);
    fprintf(stderr, "%s: %zu policies, %zu bytes\n", arguments.output, bw_policy_count(files.set),
            bytes.n);
    return BW_EXIT_FINE;
}

static const struct bw_option no_options[] = {{0}};

static const struct bw_verb verbs[] = {
    {
        .name = "list",
        .summary = "the policies there are",
        .operands = "[WORD...]",
        .about = "Lists the built-in policies, or those of --policy. With words, those whose id,\n"
                 "title, aliases or references hold all of the words.",
        .examples = "  bulwark policy list\n"
                    "  bulwark policy list --profile restricted\n"
                    "  bulwark policy list DL3008\n"
                    "  bulwark policy list --resource dockerfiles 'CIS Docker'\n"
                    "  bulwark policy list --format json | jq '.policies[].id'",
        .options = bw_policy_list_options,
        .run = bw_policy_list,
    },
    {
        .name = "explain",
        .summary = "what a policy looks at, why, and what to do",
        .operands = "ID...",
        .about =
            "Explains policies by id, or by another tool's id for the same (DL3008, KSV-0017,\n"
            "CKV_K8S_16): what each looks at, its expressions, the remedy, references and\n"
            "other names. Why it fails on a document of yours says\n"
            "'bulwark check --explain ID PATH'.",
        .examples = "  bulwark policy explain container-privileged\n"
                    "  bulwark policy explain KSV-0017\n"
                    "  bulwark policy explain --policy my-policies/ my-policy",
        .options = bw_policy_explain_options,
        .run = bw_policy_explain_verb,
    },
    {
        .name = "test",
        .summary = "run the examples and suites beside policies",
        .operands = "PATH...",
        .about =
            "Runs every suite at or below the paths, and prints a line for each test:\n"
            "  ID.examples.yaml   beside ID.yaml: what must pass and what must fail\n"
            "  kyverno-test.yaml  as the Kyverno CLI has it\n"
            "  suite.yaml         as Gatekeeper's gator has it\n\n"
            "An examples file is a list; `as` says what a document is (manifest, dockerfile,\n"
            "compose, docker-create, docker-inspect, docker-request, oci-spec, image):\n"
            "  - as: dockerfile\n"
            "    pass: |\n"
            "      FROM debian:13\n"
            "    fail: |\n"
            "      FROM debian:latest\n"
            "`with` may give bindings and parameters for the policy.\n\n"
            "What passes must be judged and pass: a policy that does not look at the document\n"
            "passes no test. Exit code 1 where a test fails.",
        .examples = "  bulwark policy test policies/\n"
                    "  bulwark policy test -q my-policies/ web/kyverno-test.yaml",
        .options = bw_policy_test_options,
        .run = bw_policy_test,
    },
    {
        .name = "eval",
        .summary = "evaluate an expression of CEL",
        .operands = "EXPRESSION",
        .about = "Evaluates an expression and prints its value as JSON. Names get values with\n"
                 "--bind; where there is none, 'object' may be bound from standard input with\n"
                 "--bind object=-. An error, and a value that is not known, are told on standard\n"
                 "error, with exit code 1.",
        .examples =
            "  bulwark policy eval '1 + 1'\n"
            "  bulwark policy eval 'quantity(\"1Gi\").isGreaterThan(quantity(\"500Mi\"))'\n"
            "  bulwark policy eval 'xs.exists(x, x > 2)' --bind 'xs=[1,2,3]'\n"
            "  kubectl get pod web -o json |\n"
            "      bulwark policy eval 'object.spec.containers.map(c, c.image)' -b object=-",
        .options = bw_policy_eval_options,
        .run = bw_policy_eval,
    },
    {
        .name = "lint",
        .summary = "whether policy files are understood",
        .operands = "PATH...",
        .about = "Reads and compiles the policies at or below the paths, and prints every problem\n"
                 "with its file, line and column, within expressions too. Exit code 1 where there\n"
                 "is one.",
        .examples = "  bulwark policy lint my-policies/",
        .options = no_options,
        .run = bw_policy_lint,
    },
    {
        .name = "compile",
        .summary = "write policies as one file that is mapped, not read",
        .operands = "PATH...",
        .about = "Compiles the policies at or below the paths into one file for --policy. It is\n"
                 "good for this build of bulwark alone; another says so and wants it compiled\n"
                 "anew.",
        .examples = "  bulwark policy compile my-policies/ -o my.set\n"
                    "  bulwark policy list --policy my.set",
        .options = bw_policy_compile_options,
        .run = bw_policy_compile_verb,
    },
    {0},
};

const struct bw_verb bw_verb_policy = {
    .name = "policy",
    .summary = "policies: list, explain, test, eval, lint, compile",
    .operands = "list|explain|test|eval|lint|compile",
    .about = "Policies say what a container must look like. They are documents of Kubernetes'\n"
             "kind ValidatingAdmissionPolicy, with expressions in CEL; Kyverno's\n"
             "ValidatingPolicy and Gatekeeper's templates that carry CEL load, too.",
    .verbs = verbs,
};
