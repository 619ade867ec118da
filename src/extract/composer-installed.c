/*
 * What Composer installed for PHP: vendor/composer/installed.json. Composer 1 writes the array of
 * packages alone, Composer 2 an object with it and the names of those for development.
 */
#include "extract/composer-packages.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_composer_installed;

static const char *const paths[] = {
    "**/vendor/composer/installed.json",
    NULL,
};

static bool is_development(void *ctx, struct bw_str name)
{
    return name.n && bw_map_get(ctx, name);
}

static int read_names(struct bw_map *names, const struct bw_json *array, struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(array);
    for (const struct bw_json *element; (element = bw_json_next(&it));) {
        struct bw_str name = bw_json_string(element);
        struct bw_map_item *item = name.n ? bw_map_at(names, name) : NULL;
        if (item)
            item->value = names;
        else if (name.n)
            return bw_err_set(err, names->n == names->max ? BW_ELIMIT : BW_ENOMEM,
                              "too many packages for development");
    }
    return 0;
}

static int read_installed(struct bw_package_list *list, struct bw_json_text *text,
                          struct bw_err *err)
{
    struct bw_map names = BW_MAP(BW_EXTRACT_PACKAGES_MAX);
    const struct bw_json *packages = bw_json_get(text->root, BW_STR("packages"));
    if (bw_json_type(text->root) == BW_JSON_ARRAY)
        packages = text->root;
    if (bw_json_type(packages) != BW_JSON_ARRAY)
        return bw_err_set(err, BW_EFORMAT, "no list of packages");
    int rc = read_names(&names, bw_json_get(text->root, BW_STR("dev-package-names")), err);
    if (!rc)
        rc = bw_composer_packages_add(list, text, packages, is_development, &names, err);
    bw_map_free(&names);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_composer_installed, BW_PACKAGE_COMPOSER, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_installed, err);
}

const struct bw_parser bw_parser_composer_installed = {
    .name = "composer-installed",
    .what = "packages (Composer)",
    .paths = paths,
    .max = FILE_MAX,
    .parse = parse,
};
