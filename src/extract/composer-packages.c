#include "extract/composer-packages.h"

/* The platform ("php", "ext-json", "composer-runtime-api") has no vendor. */
static void read_needs(struct bw_package_list *list, const struct bw_json *require)
{
    struct bw_json_iter it = bw_json_iter(require);
    while (it.object && bw_json_next(&it))
        if (bw_str_find(it.key, '/') != SIZE_MAX)
            bw_package_list_depend(list, it.key);
}

static void read_licences(struct bw_package_list *list, const struct bw_json *licence)
{
    struct bw_json_iter it = bw_json_iter(licence);
    bw_package_list_licence(list, bw_json_string(licence));
    for (const struct bw_json *element; !it.object && (element = bw_json_next(&it));)
        bw_package_list_licence(list, bw_json_string(element));
}

int bw_composer_packages_add(struct bw_package_list *list, struct bw_json_text *text,
                             const struct bw_json *packages,
                             bw_composer_is_development *is_development, void *ctx,
                             struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(packages);
    int rc = 0;
    for (const struct bw_json *entry; !rc && !it.object && (entry = bw_json_next(&it));) {
        struct bw_str shasum = bw_json_string_at(bw_json_get(entry, BW_STR("dist")), "shasum");
        struct bw_package package = {
            .name = bw_json_string_at(entry, "name"),
            .version = bw_json_string_at(entry, "version"),
            .checksum = bw_package_list_hex(list, "sha1", shasum),
        };
        package.development = is_development(ctx, package.name);
        read_licences(list, bw_json_get(entry, BW_STR("license")));
        read_needs(list, bw_json_get(entry, BW_STR("require")));
        rc = bw_package_list_add(list, &package, bw_json_text_line(text, package.name), err);
    }
    return rc;
}
