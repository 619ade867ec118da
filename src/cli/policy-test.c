/*
 * policy test: finds suites and runs them.
 */
#include <stdio.h>
#include <string.h>

#include "cli/policy-suite.h"
#include "cli/policy.h"

/* Of the suite at hand. */
#define ARENA_MAX ((size_t)1 << 30)

enum {
    OPTION_STRICT = 100
};

const struct bw_option bw_policy_test_options[] = {
    {BW_POLICY_OPTION_QUIET, 'q', "quiet", NULL, "print only what fails, and the counts"},
    {OPTION_STRICT, 0, "strict", NULL,
     "want of each policy a title, a remedy, references, profiles, and examples of both kinds"},
    {0},
};

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct bw_suite_run *run = ctx;
    (void)id, (void)value, (void)err;
    run->strict = true;
    return 0;
}

static const struct {
    const char *ending;
    void (*run)(struct bw_suite_run *run, const char *path);
} kinds[] = {
    {".examples.yaml", bw_suite_examples},  {"kyverno-test.yaml", bw_suite_kyverno},
    {"kyverno-test.yml", bw_suite_kyverno}, {"suite.yaml", bw_suite_gator},
    {"suite.yml", bw_suite_gator},
};

static bool is_suite(struct bw_str path)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(kinds); i++)
        if (bw_str_ends(path, bw_str(kinds[i].ending)))
            return true;
    return false;
}

static bool is_wanted(struct bw_str path)
{
    return is_suite(path) || bw_str_ends(path, BW_STR(".yaml"));
}

static void run_file(struct bw_suite_run *run, const char *path)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(kinds); i++)
        if (bw_str_ends(bw_str(path), bw_str(kinds[i].ending))) {
            kinds[i].run(run, path);
            return;
        }
    if (run->strict)
        bw_suite_strict(run, path);
}

static int run_path(struct bw_suite_run *run, const char *path, struct bw_err *err)
{
    struct bw_paths paths BW_CLEANUP(bw_paths_free) = {0};
    int rc = bw_paths_collect(&paths, path, is_wanted, err);
    for (size_t i = 0; i < paths.n && rc == 0; i++) {
        bw_arena_reset(run->arena);
        run_file(run, paths.v[i]);
    }
    return rc;
}

static int finish(const struct bw_suite_run *run, const struct bw_policy_words *paths)
{
    unsigned n = run->passed + run->failed + run->skipped;
    if (!n) {
        fprintf(stderr,
                "bulwark: there are no suites at %s: they are called ID.examples.yaml, "
                "kyverno-test.yaml or suite.yaml\n",
                paths->v[0]);
        return BW_EXIT_USAGE;
    }
    printf("1..%u\n# %u passed, %u failed, %u skipped\n", n, run->passed, run->failed,
           run->skipped);
    return run->failed ? BW_EXIT_VERDICT : BW_EXIT_FINE;
}

int bw_policy_test(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_policy_arguments arguments BW_CLEANUP(bw_policy_arguments_free) = {0};
    struct bw_suite_run run = {0};
    struct bw_err err = {0};
    int rc = 0, code = bw_policy_arguments_read(&arguments, verb, argc, argv, own_option, &run);
    if (code >= 0)
        return code;
    if (!arguments.operands.n) {
        bw_err_set(&err, BW_EUSAGE, "which directories or files?");
        return bw_cli_usage_error(verb, &err);
    }
    run.quiet = arguments.quiet;
    run.arena = bw_arena_new(ARENA_MAX);
    if (!run.arena)
        rc = bw_err_set(&err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; i < arguments.operands.n && rc == 0; i++)
        rc = run_path(&run, arguments.operands.v[i], &err);
    code = rc ? bw_cli_error(&err) : finish(&run, &arguments.operands);
    bw_arena_free(run.arena);
    return code;
}
