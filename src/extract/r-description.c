/*
 * An installed package of R: library/NAME/DESCRIPTION (cran.r-project.org, "Writing R Extensions",
 * 1.1.1). R's own packages are among them.
 */
#include "extract/fields.h"
#include "extract/package-document.h"
#include "extract/requirement.h"

#define FILE_MAX ((size_t)4 << 20)

extern const struct bw_parser bw_parser_r_description;

static const char *const paths[] = {
    "**/library/*/DESCRIPTION",
    "**/site-library/*/DESCRIPTION",
    NULL,
};

/* "R (>= 3.5), methods, Rcpp (>= 1.0)": the names but R. */
static void read_needs(struct bw_package_list *list, struct bw_str value)
{
    struct bw_str rest = value, part;
    while (value.n && bw_str_split(&rest, ',', &part)) {
        struct bw_str name = bw_requirement_name(part);
        if (!bw_str_eq(name, BW_STR("R")))
            bw_package_list_depend(list, name);
    }
}

static int read_description(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct bw_package package = {0};
    struct bw_fields field = bw_fields(text);
    uint32_t line = 0;
    while (bw_fields_next(&field)) {
        if (bw_str_eq(field.name, BW_STR("Package"))) {
            package.name = field.value;
            line = field.line;
        } else if (bw_str_eq(field.name, BW_STR("Version"))) {
            package.version = field.value;
        } else if (bw_str_eq(field.name, BW_STR("License"))) {
            package.licence = bw_fields_first_line(field.value);
        } else if (bw_str_eq(field.name, BW_STR("Depends")) ||
                   bw_str_eq(field.name, BW_STR("Imports")) ||
                   bw_str_eq(field.name, BW_STR("LinkingTo"))) {
            read_needs(list, field.value);
        }
    }
    return bw_package_list_add(list, &package, line, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_r_description, BW_PACKAGE_CRAN, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_text(&job, read_description, err);
}

const struct bw_parser bw_parser_r_description = {
    .name = "r-description",
    .what = "packages (R)",
    .paths = paths,
    .max = FILE_MAX,
    .parse = parse,
};
