/*
 * The lock file of renv for R (rstudio.github.io/renv): `Packages` maps names to what was
 * installed, from a repository, or from elsewhere.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_renv_lock;

static const char *const paths[] = {
    "**/renv.lock",
    NULL,
};

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    const struct bw_json *packages = bw_json_get(text->root, BW_STR("Packages"));
    struct bw_json_iter it = bw_json_iter(packages);
    int rc = 0;
    if (bw_json_type(packages) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "no lock file of renv: no Packages");
    for (const struct bw_json *entry; !rc && (entry = bw_json_next(&it));) {
        struct bw_str name = bw_json_string_at(entry, "Package");
        struct bw_json_iter need = bw_json_iter(bw_json_get(entry, BW_STR("Requirements")));
        const struct bw_package package = {
            .name = name.n ? name : it.key,
            .version = bw_json_string_at(entry, "Version"),
            .licence = bw_json_string_at(entry, "License"),
        };
        if (!bw_str_eq(bw_json_string_at(entry, "Source"), BW_STR("Repository"))) {
            bw_package_list_leave_out(list);
            continue;
        }
        for (const struct bw_json *element; !need.object && (element = bw_json_next(&need));)
            if (!bw_str_eq(bw_json_string(element), BW_STR("R")))
                bw_package_list_depend(list, bw_json_string(element));
        rc = bw_package_list_add(list, &package, bw_json_text_line(text, it.key), err);
    }
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_renv_lock, BW_PACKAGE_CRAN, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_json(&job, 0, read_lock, err);
}

const struct bw_parser bw_parser_renv_lock = {
    .name = "renv-lock",
    .what = "packages (renv.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
