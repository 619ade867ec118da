/*
 * The bill of materials of one target.
 */
#include <stdio.h>
#include <string.h>

#include "cli/target-options.h"
#include "cli/terminal.h"
#include "decide/verdict.h"
#include "report/output.h"

enum {
    OPTION_FILES = 100,
};

static const struct bw_option options[] = {
    {BW_OPTION_FORMAT, 'f', "format", "cyclonedx|spdx",
     "cyclonedx (default): CycloneDX 1.6, spdx: SPDX 2.3; both JSON"},
    {OPTION_FILES, 0, "files", NULL, "list every regular file with its checksum as well"},
    BW_TARGET_OPTIONS,
    {0},
};

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct bw_target_options *chosen = ctx;
    (void)id, (void)value, (void)err;
    chosen->scan.all_files = true;
    return 0;
}

static const struct bw_output *output_of(const struct bw_target_options *chosen)
{
    const char *format = chosen->format ? chosen->format : "cyclonedx";
    bool known = strcmp(format, "cyclonedx") == 0 || strcmp(format, "spdx") == 0;
    return known ? bw_output_named(bw_str(format)) : NULL;
}

/* SPDX wants SHA-1 of every file (2.3, section 8.4), and one algorithm is computed. */
static enum bw_digest_algorithm digest_of(const struct bw_output *output)
{
    return strcmp(output->name, "spdx") == 0 ? BW_DIGEST_SHA1 : BW_DIGEST_SHA256;
}

static int check(const struct bw_target_options *chosen, struct bw_err *err)
{
    if (!output_of(chosen))
        return bw_err_set(err, BW_EUSAGE, "--format takes cyclonedx or spdx, not '%s'",
                          chosen->format);
    if (chosen->all_local || chosen->targets.n > 1)
        return bw_err_set(err, BW_EUSAGE, "a bill of materials is of one target");
    return 0;
}

static int write_bill(const struct bw_target_options *chosen, const struct bw_report *report,
                      struct bw_err *err)
{
    struct bw_output_file file;
    const struct bw_output_options plain = {0};
    int rc = bw_output_open(&file, chosen->output, err);
    if (rc)
        return rc;
    struct bw_output_sink sink = {.ctx = &file, .write = bw_output_sink_write};
    rc = output_of(chosen)->write(report, &plain, &sink, err);
    int closed = bw_output_close(&file, rc == 0, rc ? NULL : err);
    return rc ? rc : closed;
}

static void warn_of_gaps(const struct bw_report *report)
{
    for (size_t i = 0; i < report->gaps_n; i++) {
        const struct bw_gap *gap = &report->gaps[i];
        fprintf(stderr, "bulwark: %s gap: %" BW_STR_F ": %" BW_STR_F ": %" BW_STR_F "\n",
                bw_gap_class_name(gap->class), BW_STR_A(gap->where), BW_STR_A(gap->what),
                BW_STR_A(gap->why));
    }
}

static int examine(struct bw_target_options *chosen, struct bw_arena *arena, struct bw_err *err)
{
    struct bw_report report = {0};
    struct bw_scan *scan = bw_scan_new(&chosen->scan, arena, err);
    int rc = scan ? bw_target_options_run(chosen, scan, err) : (int)err->code;
    if (rc == 0)
        rc = bw_scan_report(scan, &report, err);
    bw_scan_free(scan);
    if (rc == 0)
        rc = write_bill(chosen, &report, err);
    if (rc)
        return bw_cli_error(err);
    if (!chosen->quiet)
        warn_of_gaps(&report);
    return bw_verdict_has_blocking_gap(&report) ? BW_EXIT_GAP : BW_EXIT_FINE;
}

static int run(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_err err = {0};
    struct bw_target_options chosen = bw_target_options();
    int code = bw_target_options_read(&chosen, verb, argc, argv, own_option, &chosen);
    if (code < 0 && check(&chosen, &err))
        code = bw_cli_usage_error(verb, &err);
    if (code < 0) {
        chosen.scan.secrets = chosen.scan.files = false;
        if (chosen.scan.all_files)
            chosen.scan.digest = digest_of(output_of(&chosen));
        struct bw_arena *arena = bw_arena_new(BW_SCAN_FACTS_MAX);
        bw_err_set(&err, BW_ENOMEM, "out of memory");
        code = arena ? examine(&chosen, arena, &err) : bw_cli_error(&err);
        bw_arena_free(arena);
    }
    bw_target_options_free(&chosen);
    return code;
}

const struct bw_verb bw_verb_sbom = {
    .name = "sbom",
    .summary = "write the bill of materials of a target",
    .operands = "TARGET",
    .about = "Writes what a target is made of: its operating system, its packages with the\n"
             "layer and the file that each was found in, and what could not be read. The\n"
             "document can be scanned instead of the target: 'bulwark scan FILE' finds the\n"
             "same vulnerabilities. Targets are named as for 'bulwark scan'.",
    .examples = "  bulwark sbom debian:12 -o debian.cdx.json\n"
                "  bulwark sbom --format spdx --files image.tar -o image.spdx.json",
    .options = options,
    .run = run,
};
