/*
 * What an environment of conda is to hold: environment.yml (docs.conda.io, "Managing
 * environments"). Of its `dependencies` only those with an exact version are packages: "name==1.2",
 * "name=1.2=build", and "name=1.2.3", which means any 1.2.3.* and hardly ever anything but 1.2.3.
 * Below `pip` stand requirements of pip. The rest is counted in a note.
 */
#include "extract/package-document.h"
#include "extract/requirement.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_conda_environment;

static const char *const paths[] = {
    "**/environment.yml",
    "**/environment.yaml",
    NULL,
};

static bool is_exact(struct bw_str version, bool single)
{
    unsigned dots = 0;
    for (size_t i = 0; i < version.n; i++) {
        if (strchr("*<>!=,|~^ ", version.p[i]))
            return false;
        dots += version.p[i] == '.';
    }
    return version.n && (!single || dots >= 2);
}

/* [CHANNEL::]NAME=VERSION[=BUILD]. */
static bool split_spec(struct bw_str spec, struct bw_package *package)
{
    size_t channel = bw_str_find_str(spec, BW_STR("::"));
    spec = bw_str_trim(channel == SIZE_MAX ? spec : bw_str_from(spec, channel + 2));
    size_t equals = bw_str_find(spec, '=');
    if (equals == SIZE_MAX)
        return false;
    struct bw_str rest = bw_str_from(spec, equals + 1);
    bool two = bw_str_starts(rest, BW_STR("="));
    rest = bw_str_from(rest, two);
    size_t build = bw_str_find(rest, '=');
    package->name = bw_str_trim(bw_str_take(spec, equals));
    package->version = bw_str_trim(bw_str_take(rest, build));
    return bw_record_is_word(package->name) && is_exact(package->name, false) &&
           is_exact(package->version, !two && build == SIZE_MAX);
}

static int read_conda(struct bw_package_list *list, const struct bw_yaml *spec, uint32_t *inexact,
                      struct bw_err *err)
{
    struct bw_package package = {0};
    if (!split_spec(bw_yaml_text(spec), &package)) {
        *inexact += 1;
        return 0;
    }
    list->type = BW_PACKAGE_CONDA;
    return bw_package_list_add(list, &package, bw_yaml_line(spec), err);
}

static int read_pip(struct bw_package_list *list, const struct bw_yaml *specs, uint32_t *inexact,
                    struct bw_err *err)
{
    struct bw_yaml_iter it = bw_yaml_iter(specs);
    int rc = 0;
    list->type = BW_PACKAGE_PYPI;
    for (const struct bw_yaml *spec; !rc && (spec = bw_yaml_next(&it));) {
        struct bw_package package = {0};
        if (bw_requirement_exact(bw_yaml_text(spec), &package.name, &package.version))
            rc = bw_package_list_add(list, &package, bw_yaml_line(spec), err);
        else
            *inexact += 1;
    }
    return rc;
}

static int read_environment(struct bw_package_list *list, const struct bw_yaml *root,
                            struct bw_err *err)
{
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(root, "dependencies"));
    uint32_t inexact = 0;
    int rc = 0;
    for (const struct bw_yaml *spec; !rc && (spec = bw_yaml_next(&it));)
        rc = bw_yaml_type(spec) == BW_YAML_SCALAR
                 ? read_conda(list, spec, &inexact, err)
                 : read_pip(list, bw_yaml_get(spec, "pip"), &inexact, err);
    if (inexact)
        bw_record_gap(&list->gaps, BW_GAP_NOTE, 0, "%u requirements without an exact version",
                      inexact);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_conda_environment, BW_PACKAGE_CONDA, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_yaml(&job, read_environment, err);
}

const struct bw_parser bw_parser_conda_environment = {
    .name = "conda-environment",
    .what = "packages (conda environment)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
