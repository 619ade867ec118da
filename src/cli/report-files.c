#include "cli/report-files.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/explain.h"
#include "cli/terminal.h"
#include "know/language.h"
#include "know/version.h"

#define TEMPLATE_MAX ((size_t)1 << 20)

void bw_report_files_free(struct bw_report_files *files)
{
    bw_buf_free(&files->template_text);
    BW_VEC_FREE(&files->also);
}

static const struct bw_output *choose_output(const char *option, struct bw_str name,
                                             struct bw_err *err)
{
    const struct bw_output *output = bw_output_named(name);
    if (output)
        return output;
    char names[256] = "";
    for (const struct bw_output *const *o = bw_outputs; *o; o++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "",
                 (*o)->name);
    bw_err_set(err, BW_EUSAGE, "%s does not know '%" BW_STR_F "'; there is %s", option,
               BW_STR_A(name), names);
    return NULL;
}

static int add_also(struct bw_report_files *files, const char *value, struct bw_err *err)
{
    const char *path = strchr(value, '=');
    if (!path || !path[1])
        return bw_err_set(err, BW_EUSAGE, "--also takes FORMAT=FILE, not '%s'", value);
    const struct bw_output *output =
        choose_output("--also", bw_str_n(value, (size_t)(path - value)), err);
    if (!output)
        return BW_EUSAGE;
    struct bw_report_also *also = BW_VEC_PUSH(&files->also, BW_REPORT_ALSO_MAX);
    if (!also)
        return bw_err_set(err, BW_EUSAGE, "--also is there more than %u times", BW_REPORT_ALSO_MAX);
    *also = (struct bw_report_also){output, path + 1};
    return 0;
}

int bw_report_files_option(struct bw_report_files *files, int id, const char *value,
                           struct bw_err *err)
{
    if (id == BW_OPTION_ALSO)
        return add_also(files, value, err);
    files->template = value;
    return 0;
}

int bw_report_files_choose(struct bw_report_files *files, const struct bw_target_options *targets,
                           struct bw_err *err)
{
    const char *name = targets->format   ? targets->format
                       : files->template ? "template"
                                         : bw_outputs[0]->name;
    files->first = choose_output("--format", bw_str(name), err);
    if (!files->first)
        return BW_EUSAGE;
    bool needs = files->first->needs_template;
    for (size_t i = 0; i < files->also.n; i++)
        needs |= files->also.v[i].output->needs_template;
    if (needs && !files->template)
        return bw_err_set(err, BW_EUSAGE, "the format template needs --template FILE");
    files->template_text = BW_BUF(TEMPLATE_MAX);
    return files->template ? bw_fd_slurp_path(files->template, &files->template_text, err) : 0;
}

/* The order that the package manager of a type uses. Where none is known, the one that makes sense
 * of most versions. */
static int compare_versions(enum bw_package_type type, struct bw_str a, struct bw_str b)
{
    static const enum bw_version_order orders[] = {
        [BW_PACKAGE_DEB] = BW_VERSION_DPKG,
        [BW_PACKAGE_APK] = BW_VERSION_APK,
        [BW_PACKAGE_RPM] = BW_VERSION_RPM,
    };
    struct bw_ecosystem ecosystem = {.order = BW_VERSION_SEMVER};
    if (bw_package_is_os(type))
        return bw_version_compare(orders[type], a, b);
    (void)bw_language_ecosystem(type, &ecosystem);
    return bw_version_compare(ecosystem.order, a, b);
}

static int write_one(const struct bw_output *output, const char *explain, const char *path,
                     const struct bw_output_options *how, const struct bw_report *report,
                     struct bw_err *err)
{
    struct bw_output_file file;
    bool to_file = path && strcmp(path, "-") != 0;
    struct bw_output_options options = *how;
    size_t explained;
    options.width = to_file ? 0 : bw_terminal_width(1);
    options.colour = !to_file && bw_terminal_colour(1);
    int rc = bw_output_open(&file, path, err);
    if (rc)
        return rc;
    struct bw_output_sink sink = {.ctx = &file, .write = bw_output_sink_write};
    rc = explain ? bw_explain(report, bw_str(explain), &options, &sink, &explained, err)
                 : output->write(report, &options, &sink, err);
    int closed = bw_output_close(&file, rc == 0, rc ? NULL : err);
    return rc ? rc : closed;
}

int bw_report_files_write(const struct bw_report_files *files,
                          const struct bw_target_options *targets, bool as_ordered,
                          const struct bw_report *report, struct bw_err *err)
{
    const struct bw_output_options how = {
        .unicode = bw_terminal_unicode(),
        .detail = targets->quiet     ? BW_OUTPUT_QUIET
                  : targets->verbose ? BW_OUTPUT_VERBOSE
                                     : BW_OUTPUT_NORMAL,
        .compare = compare_versions,
        .as_ordered = as_ordered,
        .template_text = bw_buf_slice(&files->template_text),
        .template_name = bw_str(files->template),
    };
    int rc = write_one(files->first, files->explain, targets->output, &how, report, err);
    for (size_t i = 0; i < files->also.n && rc == 0; i++)
        rc = write_one(files->also.v[i].output, NULL, files->also.v[i].path, &how, report, err);
    return rc;
}
