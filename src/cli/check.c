#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fix.h"
#include "cli/policy-sets.h"
#include "cli/report-files.h"
#include "cli/target-options.h"
#include "cli/terminal.h"
#include "cli/waiver-files.h"
#include "decide/verdict.h"

enum {
    OPTION_FAIL_ON = 100,
    OPTION_PROFILE,
    OPTION_POLICY,
    OPTION_NO_LIBRARY,
    OPTION_ONLY,
    OPTION_SKIP,
    OPTION_SEVERITY,
    OPTION_IGNORE_FILE,
    OPTION_NO_IGNORE,
    OPTION_EXPLAIN,
    OPTION_COMPOSE_PROFILE,
    OPTION_ENV,
    OPTION_FIX,
    OPTION_YES,
};

static const struct bw_option options[] = {
    BW_REPORT_OPTIONS,
    {OPTION_PROFILE, 'p', "profile", "LIST",
     "which of the built-in policies: hosting (default), baseline, restricted, cis-docker, strict "
     "(what is a matter of taste too); several are separated by commas"},
    {OPTION_POLICY, 0, "policy", "PATH",
     "policies of your own, beside the built-in ones: a file, a directory, or what 'bulwark policy "
     "compile' wrote; may be given again"},
    {OPTION_NO_LIBRARY, 0, "no-builtin", NULL, "leave the built-in policies out"},
    {OPTION_ONLY, 0, "only", "LIST",
     "these policies alone, whatever the profile: ids, or other tools' ids for them (DL3008, "
     "KSV-0017), separated by commas"},
    {OPTION_SKIP, 0, "skip", "LIST", "not these policies"},
    {OPTION_SEVERITY, 0, "severity", "NAME", "only policies of this severity or worse"},
    {OPTION_FAIL_ON, 0, "fail-on", "LIST",
     "exit with 1 on any of these: a policy that denies (deny, the default), or warns too (warn), "
     "a severity or worse, any finding (any), any gap (gap), none; as for 'bulwark scan'"},
    {OPTION_IGNORE_FILE, 0, "ignore-file", "FILE",
     "findings that may stand, with the reason, in YAML, or a .trivyignore; may be given again. "
     "Read as well: .bulwarkignore.yaml, .trivyignore and .trivyignore.yaml here, where they "
     "exist"},
    {OPTION_NO_IGNORE, 0, "no-ignore", NULL, "read no ignore file but those named"},
    {OPTION_EXPLAIN, 0, "explain", "ID",
     "tell everything about the findings of that policy, alias or fingerprint instead of the "
     "report"},
    {OPTION_COMPOSE_PROFILE, 0, "compose-profile", "NAME",
     "look at the services that 'docker compose --profile NAME' would start; may be given again. "
     "Default: all services"},
    {OPTION_ENV, 'e', "env", "NAME=VALUE",
     "a variable that compose files use; may be given again. The environment is not looked at"},
    {OPTION_FIX, 0, "fix", NULL,
     "instead of the report: show as a diff what has one mechanical remedy in a Dockerfile, "
     "compose file or manifest, and make the changes once you agree; the exit code is then that of "
     "what remains"},
    {OPTION_YES, 'y', "yes", NULL, "with --fix: make the changes without asking"},
    BW_TARGET_OPTIONS,
    {0},
};

#define LIST_MAX 1000u

BW_VEC_TYPE(words, struct bw_str);

struct choice {
    struct bw_target_options targets;
    struct bw_waiver_files waivers;
    struct bw_verdict_rules rules;
    bool has_rules;
    struct bw_report_files files;
    struct bw_policy_sets_choice policies;
    BW_VEC_TYPE(policy_paths, const char *) paths;
    bool fix, yes;
    struct bw_fixes fixes;
    struct words profiles, only, except, compose_profiles, environment;
};

static int add_words(struct words *words, const char *list, char separator, struct bw_err *err)
{
    struct bw_str rest = bw_str(list), word;
    while (bw_str_split(&rest, separator, &word)) {
        struct bw_str *slot = BW_VEC_PUSH(words, LIST_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "more than %u names", LIST_MAX);
        *slot = bw_str_trim(word);
    }
    return 0;
}

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct choice *choice = ctx;
    switch (id) {
    case OPTION_FAIL_ON:
        choice->has_rules = true;
        return bw_verdict_parse(value, &choice->rules, err);
    case OPTION_PROFILE:
        return add_words(&choice->profiles, value, ',', err);
    case OPTION_POLICY: {
        const char **slot = BW_VEC_PUSH(&choice->paths, LIST_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "more than %u paths of policies", LIST_MAX);
        *slot = value;
        return 0;
    }
    case OPTION_NO_LIBRARY:
        choice->policies.no_library = true;
        return 0;
    case OPTION_ONLY:
        return add_words(&choice->only, value, ',', err);
    case OPTION_SKIP:
        return add_words(&choice->except, value, ',', err);
    case OPTION_SEVERITY:
        if (bw_severity_parse(bw_str(value), &choice->policies.at_least))
            return 0;
        return bw_err_set(err, BW_EUSAGE,
                          "--severity takes critical, high, medium, low or negligible, not '%s'",
                          value);
    case OPTION_IGNORE_FILE:
        return bw_waiver_files_add(&choice->waivers, value, err);
    case OPTION_NO_IGNORE:
        choice->waivers.no_default = true;
        return 0;
    case OPTION_EXPLAIN:
        choice->files.explain = value;
        return 0;
    case OPTION_FIX:
        choice->fix = true;
        return 0;
    case OPTION_YES:
        choice->yes = true;
        return 0;
    case OPTION_COMPOSE_PROFILE:
        return add_words(&choice->compose_profiles, value, ',', err);
    case OPTION_ENV:
        if (strchr(value, '=') == NULL)
            return bw_err_set(err, BW_EUSAGE, "--env takes NAME=VALUE, not '%s'", value);
        return add_words(&choice->environment, value, '\0', err);
    default:
        return bw_report_files_option(&choice->files, id, value, err);
    }
}

static void show_progress(void *ctx, const struct bw_scan_progress *progress)
{
    (void)ctx;
    bw_progress_show(progress->target, progress->targets_done + 1, progress->targets_n,
                     progress->bytes_done, progress->bytes_total);
}

/* The lists that were gathered, as those who use them want them. */
static void settle(struct choice *choice)
{
    choice->policies.paths = choice->paths.v;
    choice->policies.paths_n = choice->paths.n;
    choice->policies.profiles = (struct bw_strs){choice->profiles.v, choice->profiles.n};
    choice->policies.only = (struct bw_strs){choice->only.v, choice->only.n};
    choice->policies.except = (struct bw_strs){choice->except.v, choice->except.n};
    choice->targets.documents = true;
    choice->targets.read = (struct bw_read_options){
        .profiles = choice->compose_profiles.v,
        .profiles_n = choice->compose_profiles.n,
        .environment = choice->environment.v,
        .environment_n = choice->environment.n,
    };
    choice->targets.scan.objects = true;
    choice->targets.scan.progress = show_progress;
}

static int examine(struct choice *choice, const struct bw_policy_sets *sets, struct bw_arena *arena,
                   struct bw_report *report, struct bw_err *err)
{
    const struct bw_judge_options judging = {
        .policies = sets->judge,
        .policies_n = sets->judged,
        .only_policies = true,
        .found = choice->fix && !choice->fixes.written ? bw_fixes_take : NULL,
        .found_ctx = &choice->fixes,
    };
    struct bw_scan *scan = bw_scan_new(&choice->targets.scan, arena, err);
    int rc = scan ? bw_target_options_run(&choice->targets, scan, err) : (int)err->code;
    if (rc == 0)
        rc = bw_scan_judge(scan, NULL, &judging, report, err);
    if (rc == 0)
        rc = bw_waiver_files_apply(&choice->waivers, report, arena, err);
    if (rc == 0 && judging.found)
        rc = bw_fixes_apply(&choice->fixes, report, arena, choice->yes, err);
    bw_scan_free(scan); /* the places of documents are its own */
    if (rc == 0 && !choice->has_rules)
        rc = bw_verdict_parse("deny", &choice->rules, err);
    return rc ? rc : bw_verdict_decide(report, &choice->rules, arena, err);
}

static bool reads_input(const struct bw_target_options *targets)
{
    for (size_t i = 0; i < targets->targets.n; i++)
        if (strcmp(targets->targets.v[i], "-") == 0)
            return true;
    return false;
}

/* After changes the verdict is that of what is there now; what came by a pipe is no more. */
static int examine_again(struct choice *choice, const struct bw_policy_sets *sets,
                         struct bw_arena *arena, struct bw_report *report, struct bw_err *err)
{
    struct bw_report now = {0};
    if (!choice->fixes.written || reads_input(&choice->targets))
        return 0;
    int rc = examine(choice, sets, arena, &now, err);
    if (rc == 0)
        *report = now;
    return rc;
}

static int run_check(struct choice *choice, struct bw_arena *arena, struct bw_err *err)
{
    struct bw_report report = {0};
    struct bw_policy_sets sets BW_CLEANUP(bw_policy_sets_free) = {0};
    int rc = bw_policy_sets_open(&choice->policies, &sets, err);
    if (rc == 0)
        rc = examine(choice, &sets, arena, &report, err);
    if (rc == 0)
        rc = examine_again(choice, &sets, arena, &report, err);
    if (rc == 0 && !choice->fix)
        rc = bw_report_files_write(&choice->files, &choice->targets, false, &report, err);
    if (rc)
        return bw_cli_error(err);
    if (report.verdict == BW_VERDICT_FAIL)
        return BW_EXIT_VERDICT;
    return bw_verdict_has_blocking_gap(&report) ? BW_EXIT_GAP : BW_EXIT_FINE;
}

static void free_choice(struct choice *choice)
{
    bw_fixes_free(&choice->fixes);
    BW_VEC_FREE(&choice->paths);
    BW_VEC_FREE(&choice->profiles);
    BW_VEC_FREE(&choice->only);
    BW_VEC_FREE(&choice->except);
    BW_VEC_FREE(&choice->compose_profiles);
    BW_VEC_FREE(&choice->environment);
    bw_report_files_free(&choice->files);
    bw_target_options_free(&choice->targets);
    bw_waiver_files_free(&choice->waivers);
}

static int run(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_err err = {0};
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(BW_SCAN_FACTS_MAX);
    struct choice choice = {.targets = bw_target_options()};
    if (!arena)
        return BW_EXIT_INTERNAL;
    int code = bw_target_options_read(&choice.targets, verb, argc, argv, own_option, &choice);
    if (code < 0) {
        settle(&choice);
        int rc = bw_report_files_choose(&choice.files, &choice.targets, &err);
        if (rc)
            code = rc == BW_EUSAGE ? bw_cli_usage_error(verb, &err) : bw_cli_error(&err);
        else
            code = run_check(&choice, arena, &err);
    }
    free_choice(&choice);
    return code;
}

const struct bw_verb bw_verb_check = {
    .name = "check",
    .summary = "judge Dockerfiles, compose files, manifests, images by policies",
    .operands = "PATH...",
    .about = "A PATH is a file, a directory that is looked through, or - for standard input.\n"
             "What is inside is recognised: Dockerfiles, compose files, Kubernetes manifests\n"
             "(and a chart's output), bodies of 'docker create', output of 'docker inspect',\n"
             "requests to Docker's API, config.json of an OCI runtime, image configurations.\n"
             "Images are named with a prefix, as for 'bulwark scan': docker:NAME, oci:PATH,\n"
             "docker-archive:PATH, ...\n"
             "\n"
             "The same policies judge all of them; 'bulwark policy list' shows them,\n"
             "'bulwark policy explain ID' tells of one. What a form cannot say is not\n"
             "applicable, and what it leaves open is not evaluated: neither counts as\n"
             "passed.\n"
             "\n"
             "A finding may stand by a comment before the line ('# bulwark:ignore ID\n"
             "reason', and those of hadolint, trivy, checkov and BuildKit), by an annotation\n"
             "of the object (bulwark.dev/ignore: \"ID; reason=...; until=2027-01-31\"), or by\n"
             "an ignore file.\n"
             "\n"
             "Exit codes: 0 fine; 1 a policy denies, or what --fail-on names was found; 2\n"
             "wrong use; 3 a blocking gap: something that should have been read was not; 4\n"
             "internal error.",
    .examples = "  bulwark check .\n"
                "  bulwark check --profile restricted k8s/\n"
                "  helm template web ./chart | bulwark check -\n"
                "  bulwark check --only DL3008,image-tag-latest Dockerfile\n"
                "  bulwark check --format sarif --output check.sarif .",
    .options = options,
    .run = run,
};
