/*
 * The lock file of Composer for PHP: `packages`, and those for development apart.
 */
#include "extract/composer-packages.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_composer_lock;

static const char *const paths[] = {
    "**/composer.lock",
    NULL,
};

static bool is_development(void *ctx, struct bw_str name)
{
    (void)name;
    return *(const bool *)ctx;
}

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    bool development = false;
    const struct bw_json *packages = bw_json_get(text->root, BW_STR("packages"));
    if (bw_json_type(packages) != BW_JSON_ARRAY)
        return bw_err_set(err, BW_EFORMAT, "no lock file of Composer: no list of packages");
    int rc = bw_composer_packages_add(list, text, packages, is_development, &development, err);
    development = true;
    if (!rc)
        rc = bw_composer_packages_add(list, text, bw_json_get(text->root, BW_STR("packages-dev")),
                                      is_development, &development, err);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_composer_lock, BW_PACKAGE_COMPOSER, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_lock, err);
}

const struct bw_parser bw_parser_composer_lock = {
    .name = "composer-lock",
    .what = "packages (Composer lock file)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
