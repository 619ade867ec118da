/*
 * A package that conda installed: conda-meta/NAME-VERSION-BUILD.json (docs.conda.io, "Package
 * metadata").
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_conda_package;

static const char *const paths[] = {
    "**/conda-meta/*.json",
    NULL,
};

/* "python >=3.8,<4": the name. */
static void read_needs(struct bw_package_list *list, const struct bw_json *depends)
{
    struct bw_json_iter it = bw_json_iter(depends);
    for (const struct bw_json *element; !it.object && (element = bw_json_next(&it));) {
        struct bw_str need = bw_json_string(element);
        bw_package_list_depend(list, bw_str_take(need, bw_str_find(need, ' ')));
    }
}

static int read_package(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    struct bw_str sha256 = bw_json_string_at(text->root, "sha256");
    struct bw_str md5 = bw_json_string_at(text->root, "md5");
    const struct bw_package package = {
        .name = bw_json_string_at(text->root, "name"),
        .version = bw_json_string_at(text->root, "version"),
        .licence = bw_json_string_at(text->root, "license"),
        .checksum = bw_package_list_hex(list, sha256.n ? "sha256" : "md5", sha256.n ? sha256 : md5),
    };
    read_needs(list, bw_json_get(text->root, BW_STR("depends")));
    return bw_package_list_add(list, &package, bw_json_text_line(text, package.version), err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_conda_package, BW_PACKAGE_CONDA, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_package, err);
}

const struct bw_parser bw_parser_conda_package = {
    .name = "conda-package",
    .what = "packages (conda)",
    .paths = paths,
    .max = FILE_MAX,
    .parse = parse,
};
