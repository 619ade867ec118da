/*
 * report-files.h: the forms that a report is written in, and where to: --format, --output,
 * --template and --also of the verbs that make a report.
 */
#ifndef BW_CLI_REPORT_FILES_H
#define BW_CLI_REPORT_FILES_H

#include "base/buf.h"
#include "base/vec.h"
#include "cli/target-options.h"
#include "report/output.h"

/* Forms that one report is written in beside the first. */
#define BW_REPORT_ALSO_MAX 16u

enum {
    BW_OPTION_TEMPLATE = 200,
    BW_OPTION_ALSO,
};

/* Their descriptions, to be put into a verb's table; --output is of target-options.h. */
#define BW_REPORT_OPTIONS                                                                          \
    {BW_OPTION_FORMAT, 'f', "format", "NAME",                                                      \
     "table (default, for people), html, markdown, json, sarif, junit, gitlab, github, csv, "      \
     "cyclonedx, spdx, openvex or template"},                                                      \
        {BW_OPTION_TEMPLATE, 0, "template", "FILE",                                                \
         "the mustache template of --format template, which it implies"},                          \
    {                                                                                              \
        BW_OPTION_ALSO, 0, "also", "NAME=FILE",                                                    \
            "write the same report in another format to FILE as well; may be repeated"             \
    }

struct bw_report_also {
    const struct bw_output *output;
    const char *path;
};

struct bw_report_files {
    const struct bw_output *first;
    const char *template;
    const char *explain; /* tell of this finding alone, as explain.h does, in place of `first` */
    struct bw_buf template_text;
    BW_VEC_TYPE(bw_report_alsos, struct bw_report_also) also;
};

void bw_report_files_free(struct bw_report_files *files);

/* Takes --template and --also. BW_EUSAGE. */
int bw_report_files_option(struct bw_report_files *files, int id, const char *value,
                           struct bw_err *err) BW_MUST_USE;

/* Once all options are known: finds the output of --format and reads the template. BW_EUSAGE, or
 * why the template cannot be read. */
int bw_report_files_choose(struct bw_report_files *files, const struct bw_target_options *targets,
                           struct bw_err *err) BW_MUST_USE;

/* Writes all forms; each file appears whole or not at all. as_ordered: as in
 * bw_output_options. */
int bw_report_files_write(const struct bw_report_files *files,
                          const struct bw_target_options *targets, bool as_ordered,
                          const struct bw_report *report, struct bw_err *err) BW_MUST_USE;

#endif
