#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/database.h"
#include "cli/report-files.h"
#include "cli/target-options.h"
#include "cli/terminal.h"
#include "cli/waiver-files.h"
#include "decide/verdict.h"

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
    BW_REPORT_OPTIONS,
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
     "Read as well: .bulwarkignore.yaml, .trivyignore and .trivyignore.yaml here, where they "
     "exist"},
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
    bool has_sort;
    enum bw_sort sort;
    const char *database;
    struct bw_arena *arena; /* of the run */
    struct bw_judge_options judging;
    struct bw_report_files files;
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
        choice->files.explain = value;
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
    case BW_OPTION_TEMPLATE:
    case BW_OPTION_ALSO:
        return bw_report_files_option(&choice->files, id, value, err);
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

static int run_scan(struct choice *choice, struct bw_arena *arena, struct bw_err *err)
{
    struct bw_report report = {0};
    choice->targets.scan.progress = show_progress;
    struct bw_scan *scan = bw_scan_new(&choice->targets.scan, arena, err);
    int rc = scan ? bw_target_options_run(&choice->targets, scan, err) : (int)err->code;
    if (rc == 0)
        rc = judge(choice, scan, arena, &report, err);
    bw_scan_free(scan);
    if (rc == 0)
        rc =
            bw_report_files_write(&choice->files, &choice->targets, choice->has_sort, &report, err);
    if (rc)
        return bw_cli_error(err);
    if (report.verdict == BW_VERDICT_FAIL)
        return BW_EXIT_VERDICT;
    return bw_verdict_has_blocking_gap(&report) ? BW_EXIT_GAP : BW_EXIT_FINE;
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
        int rc = bw_report_files_choose(&choice.files, &choice.targets, &err);
        if (rc)
            code = rc == BW_EUSAGE ? bw_cli_usage_error(verb, &err) : bw_cli_error(&err);
        else
            code = run_scan(&choice, arena, &err);
    }
    bw_report_files_free(&choice.files);
    bw_target_options_free(&choice.targets);
    bw_waiver_files_free(&choice.waivers);
    return code;
}

const struct bw_verb bw_verb_scan = {
    .name = "scan",
    .summary = "find vulnerabilities, secrets and dangerous files",
    .operands = "TARGET...",
    .about = "A target is, without a flag, what it looks like:\n"
             "  FILE        a docker-archive (docker save), an OCI layout as tar, or the tar\n"
             "              of a root filesystem; gzip, zstd or xz compressed or not; or a\n"
             "              bill of materials (.json: CycloneDX, SPDX, Syft)\n"
             "  DIRECTORY   an OCI layout, a root filesystem, or a source tree, in which what\n"
             "              lock files name counts as well\n"
             "  -           any of the files, from standard input\n"
             "  NAME[:TAG]  an image of the local Docker daemon (DOCKER_HOST)\n"
             "A prefix forces one: docker-archive:PATH, oci:PATH, rootfs:PATH, dir:PATH,\n"
             "sbom:PATH, docker:NAME, registry:NAME, containerd:[NAMESPACE/]NAME, podman:NAME.\n"
             "\n"
             "What could not be examined is reported as a gap. Exit codes: 0 fine; 1 what\n"
             "--fail-on names was found; 2 wrong use; 3 a blocking gap: something that should\n"
             "have been read was not; 4 internal error.",
    .examples = "  bulwark scan nginx:1.27\n"
                "  bulwark scan --fail-on high,kev --ignore-unfixed image.tar\n"
                "  docker save app | bulwark scan -\n"
                "  bulwark scan --format json --output report.json /srv/rootfs\n"
                "  bulwark scan --also html=report.html --also sarif=report.sarif app:1.4",
    .options = options,
    .run = run,
};
