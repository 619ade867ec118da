/*
 * An installed package of Node.js: node_modules/NAME/package.json (docs.npmjs.com, package.json).
 *
 * A package.json without name or version, as packages carry them in folders of their own to set the
 * module type, is no package and is passed over. `license` is an SPDX expression, or the object of
 * old, or `licenses` a list of those, of which one may be chosen.
 */
#include "extract/package-document.h"

#define PACKAGE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_npm_package;

static const char *const paths[] = {
    "**/node_modules/*/package.json",
    "**/node_modules/@*/*/package.json",
    NULL,
};

static void read_licence(struct bw_package_list *list, const struct bw_json *value)
{
    struct bw_json_iter it = bw_json_iter(value);
    bw_package_list_licence(list, bw_json_string(value));
    bw_package_list_licence(list, bw_json_string_at(value, "type"));
    if (it.object)
        return;
    for (const struct bw_json *element; (element = bw_json_next(&it));) {
        bw_package_list_licence(list, bw_json_string(element));
        bw_package_list_licence(list, bw_json_string_at(element, "type"));
    }
}

static int read_package(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    const struct bw_json *root = text->root;
    struct bw_package package = {
        .name = bw_json_string_at(root, "name"),
        .version = bw_str_trim(bw_json_string_at(root, "version")),
    };
    if (!package.name.n || !package.version.n)
        return 0;
    read_licence(list, bw_json_get(root, BW_STR("license")));
    if (!list->licence.n)
        read_licence(list, bw_json_get(root, BW_STR("licenses")));
    bw_package_list_depend_keys(list, bw_json_get(root, BW_STR("dependencies")));
    bw_package_list_depend_keys(list, bw_json_get(root, BW_STR("optionalDependencies")));
    return bw_package_list_add(list, &package, bw_json_text_line(text, package.version), err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_npm_package, BW_PACKAGE_NPM, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_json(&job, 0, read_package, err);
}

const struct bw_parser bw_parser_npm_package = {
    .name = "npm-package",
    .what = "packages (npm)",
    .paths = paths,
    .max = PACKAGE_MAX,
    .parse = parse,
};
