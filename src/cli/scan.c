#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/database.h"
#include "cli/explain.h"
#include "cli/target-options.h"
#include "cli/terminal.h"
#include "cli/waiver-files.h"
#include "decide/verdict.h"
#include "know/version.h"
#include "report/output.h"

enum {
    OPTION_FAIL_ON = 100,
    OPTION_UNKNOWN,
    OPTION_IGNORE_UNFIXED,
    OPTION_DATABASE,
    OPTION_BASE,
    OPTION_EXCLUDE_BASE,
    OPTION_ONLY_BASE,
    OPTION_SORT,
    OPTION_VEX,
    OPTION_IGNORE_FILE,
    OPTION_NO_IGNORE,
    OPTION_EXPLAIN,
    OPTION_LICENCE_ALLOW,
    OPTION_LICENCE_DENY,
};

static const struct bw_option options[] = {
    {BW_OPTION_FORMAT, 'f', "format", "NAME", "table (default, for people) or json"},
    {OPTION_FAIL_ON, 0, "fail-on", "LIST",
     "exit with 1 on any of these, separated by commas: a severity or worse (critical, high, "
     "medium, low, negligible), any finding (any), known exploited (kev), ransomware, fixable, "
     "base, deleted, a kind (vulnerability, secret, file, licence), any gap (gap), or a comparison "
     "of severity, cvss, epss, percentile or risk with a value (risk>=70, epss>10%); '&' joins "
     "what must hold together (high&fixable), '!' negates. Unknown severity counts as a failure "
     "of every severity"},
    {OPTION_VEX, 0, "vex", "FILE",
     "a VEX document (OpenVEX, CycloneDX, CSAF): what it calls not affected or fixed is waived; "
     "may "
     "be given again"},
    {OPTION_IGNORE_FILE, 0, "ignore-file", "FILE",
     "findings that may stand, with the reason, in YAML, or a .trivyignore; may be given again. "
     "Default: .bulwarkignore.yaml, .trivyignore and .trivyignore.yaml here, where they exist"},
    {OPTION_NO_IGNORE, 0, "no-ignore", NULL, "read no ignore file but those named"},
    {OPTION_EXPLAIN, 0, "explain", "ID",
     "tell everything about the findings of that name (an id, CVE, alias or fingerprint) instead "
     "of "
     "the report"},
    {OPTION_SORT, 0, "sort", "KEY",
     "order of the findings: severity (default), risk, epss, cvss or name"},
    {OPTION_UNKNOWN, 0, "unknown", "fail|pass",
     "what --fail-on SEVERITY makes of findings whose severity "
     "nobody has rated. Default fail"},
    {OPTION_IGNORE_UNFIXED, 0, "ignore-unfixed", NULL,
     "leave out findings without a fixed version (their number "
     "is told)"},
    {OPTION_DATABASE, 0, "db", "FILE", "the advisory database; default: see 'bulwark db status'"},
    {OPTION_BASE, 0, "base", "TARGET",
     "the image that TARGETs were built on, to tell its layers; default: as annotations and "
     "history tell"},
    {OPTION_EXCLUDE_BASE, 0, "exclude-base", NULL,
     "leave out what the base image brought (its number is told)"},
    {OPTION_ONLY_BASE, 0, "only-base", NULL, "leave out what the base image did not bring"},
    {OPTION_LICENCE_ALLOW, 0, "licence-allow", "LIST",
     "the licences that packages may have: SPDX ids, '*' in them for any characters, separated by "
     "commas. Any other is a finding, and so is one that is not known"},
    {OPTION_LICENCE_DENY, 0, "licence-deny", "LIST", "the licences that no package may have"},
    BW_TARGET_OPTIONS,
    {0},
};

struct choice {
    struct bw_target_options targets;
    struct bw_waiver_files waivers;
    struct bw_verdict_rules rules;
    bool ignore_unfixed, exclude_base, only_base;
    const char *explain;
    bool has_sort;
    enum bw_sort sort;
    const char *database;
    struct bw_arena *arena; /* of the run */
    struct bw_judge_options judging;
};

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct choice *choice = ctx;
    switch (id) {
    case OPTION_FAIL_ON:
        return bw_verdict_parse(value, &choice->rules, err);
    case OPTION_IGNORE_UNFIXED:
        choice->ignore_unfixed = true;
        return 0;
    case OPTION_VEX:
    case OPTION_IGNORE_FILE:
        return bw_waiver_files_add(&choice->waivers, value, err);
    case OPTION_NO_IGNORE:
        choice->waivers.no_default = true;
        return 0;
    case OPTION_EXPLAIN:
        choice->explain = value;
        return 0;
    case OPTION_SORT:
        choice->has_sort = true;
        return bw_sort_parse(value, &choice->sort, err);
    case OPTION_BASE:
        choice->targets.scan.base = value;
        return 0;
    case OPTION_EXCLUDE_BASE:
        choice->exclude_base = true;
        return 0;
    case OPTION_ONLY_BASE:
        choice->only_base = true;
        return 0;
    case OPTION_DATABASE:
        choice->database = value;
        return 0;
    case OPTION_LICENCE_ALLOW:
        return bw_licence_list_add(&choice->judging.licences.allow, bw_str(value), choice->arena,
                                   err);
    case OPTION_LICENCE_DENY:
        return bw_licence_list_add(&choice->judging.licences.deny, bw_str(value), choice->arena,
                                   err);
    default:
        if (strcmp(value, "fail") != 0 && strcmp(value, "pass") != 0)
            return bw_err_set(err, BW_EUSAGE, "--unknown takes fail or pass, not '%s'", value);
        choice->rules.unknown_passes = strcmp(value, "pass") == 0;
        return 0;
    }
}

static void show_progress(void *ctx, const struct bw_scan_progress *progress)
{
    (void)ctx;
    bw_progress_show(progress->target, progress->targets_done + 1, progress->targets_n,
                     progress->bytes_done, progress->bytes_total);
}

/* The order that the package manager of a type uses. */
static int compare_versions(enum bw_package_type type, struct bw_str a, struct bw_str b)
{
    static const enum bw_version_order orders[BW_PACKAGE_TYPE_COUNT] = {
        [BW_PACKAGE_DEB] = BW_VERSION_DPKG,
        [BW_PACKAGE_APK] = BW_VERSION_APK,
        [BW_PACKAGE_RPM] = BW_VERSION_RPM,
    };
    return bw_version_compare(orders[type], a, b);
}

static int write_report(const struct choice *choice, const struct bw_output *output,
                        const struct bw_report *report, struct bw_err *err)
{
    struct bw_output_file file;
    bool to_file = choice->targets.output && strcmp(choice->targets.output, "-") != 0;
    struct bw_output_options options_of = {
        .width = to_file ? 0 : bw_terminal_width(1),
        .colour = !to_file && bw_terminal_colour(1),
        .unicode = bw_terminal_unicode(),
        .detail = choice->targets.quiet     ? BW_OUTPUT_QUIET
                  : choice->targets.verbose ? BW_OUTPUT_VERBOSE
                                            : BW_OUTPUT_NORMAL,
        .compare = compare_versions,
    };
    int rc = bw_output_open(&file, choice->targets.output, err);
    if (rc)
        return rc;
    struct bw_output_sink sink = {.ctx = &file, .write = bw_output_sink_write};
    size_t explained;
    rc = choice->explain
             ? bw_explain(report, bw_str(choice->explain), &options_of, &sink, &explained, err)
             : output->write(report, &options_of, &sink, err);
    int closed = bw_output_close(&file, rc == 0, rc ? NULL : err);
    return rc ? rc : closed;
}

static int judge(struct choice *choice, struct bw_scan *scan, struct bw_arena *arena,
                 struct bw_report *report, struct bw_err *err)
{
    struct bw_know *know BW_CLEANUP(bw_know_closep) = NULL;
    int rc = bw_cli_open_database(choice->database, &know, err);
    if (rc == 0)
        rc = bw_scan_judge(scan, know, &choice->judging, report, err);
    if (rc == 0)
        rc = bw_waiver_files_apply(&choice->waivers, report, arena, err);
    if (rc)
        return rc;
    if (choice->ignore_unfixed)
        bw_verdict_hide_unfixed(report);
    if (choice->exclude_base)
        bw_verdict_hide_base(report, true);
    if (choice->only_base)
        bw_verdict_hide_base(report, false);
    rc = choice->has_sort ? bw_verdict_sort(report, choice->sort, err) : 0;
    return rc ? rc : bw_verdict_decide(report, &choice->rules, arena, err);
}

static int run_scan(struct choice *choice, const struct bw_output *output, struct bw_arena *arena,
                    struct bw_err *err)
{
    struct bw_report report = {0};
    choice->targets.scan.progress = show_progress;
    struct bw_scan *scan = bw_scan_new(&choice->targets.scan, arena, err);
    int rc = scan ? bw_target_options_run(&choice->targets, scan, err) : (int)err->code;
    if (rc == 0)
        rc = judge(choice, scan, arena, &report, err);
    bw_scan_free(scan);
    if (rc == 0)
        rc = write_report(choice, output, &report, err);
    if (rc)
        return bw_cli_error(err);
    if (report.verdict == BW_VERDICT_FAIL)
        return BW_EXIT_VERDICT;
    return bw_verdict_has_blocking_gap(&report) ? BW_EXIT_GAP : BW_EXIT_FINE;
}

static const struct bw_output *choose_output(const char *name, struct bw_err *err)
{
    const struct bw_output *output = name ? bw_output_named(bw_str(name)) : bw_outputs[0];
    if (output)
        return output;
    char names[256] = "";
    for (const struct bw_output *const *o = bw_outputs; *o; o++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "",
                 (*o)->name);
    bw_err_set(err, BW_EUSAGE, "--format does not know '%s'; there is %s", name, names);
    return NULL;
}

static int run(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_err err = {0};
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(BW_SCAN_FACTS_MAX);
    struct choice choice = {.targets = bw_target_options(), .arena = arena};
    if (!arena)
        return BW_EXIT_INTERNAL;
    int code = bw_target_options_read(&choice.targets, verb, argc, argv, own_option, &choice);
    if (code < 0) {
        const struct bw_output *output = choose_output(choice.targets.format, &err);
        code = output ? run_scan(&choice, output, arena, &err) : bw_cli_usage_error(verb, &err);
    }
    bw_target_options_free(&choice.targets);
    bw_waiver_files_free(&choice.waivers);
    return code;
}

const struct bw_verb bw_verb_scan = {
    .name = "scan",
    .summary = "find known vulnerabilities in images and root filesystems",
    .operands = "TARGET...",
    .about = "A target is, without a flag, what it looks like:\n"
             "  FILE        a docker-archive (docker save), an OCI layout as tar, or the tar\n"
             "              of a root filesystem; gzip, zstd or xz compressed or not\n"
             "  DIRECTORY   an OCI layout, or a root filesystem\n"
             "  -           any of the files, from standard input\n"
             "  NAME[:TAG]  an image of the local Docker daemon (DOCKER_HOST)\n"
             "A prefix forces one: docker-archive:PATH, oci:PATH, rootfs:PATH, docker:NAME,\n"
             "registry:NAME, containerd:[NAMESPACE/]NAME, podman:NAME.\n"
             "\n"
             "What could not be examined is reported as a gap. Exit codes: 0 fine; 1 what\n"
             "--fail-on names was found; 2 wrong use; 3 a blocking gap: something that should\n"
             "have been read was not; 4 internal error.",
    .examples = "  bulwark scan nginx:1.27\n"
                "  bulwark scan --fail-on high,kev --ignore-unfixed image.tar\n"
                "  docker save app | bulwark scan -\n"
                "  bulwark scan --format json --output report.json /srv/rootfs",
    .options = options,
    .run = run,
};
