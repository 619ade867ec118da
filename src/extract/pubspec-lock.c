/*
 * The lock file of Dart's pub: `packages` maps names to what was chosen. What comes from the SDK, a
 * repository or a directory is of no registry. Of what others need it does not tell who.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_pubspec_lock;

static const char *const paths[] = {
    "**/pubspec.lock",
    NULL,
};

static int read_lock(struct bw_package_list *list, const struct bw_yaml *root, struct bw_err *err)
{
    const struct bw_yaml *packages = bw_yaml_get(root, "packages");
    struct bw_yaml_iter it = bw_yaml_iter(packages);
    int rc = 0;
    if (bw_yaml_type(packages) != BW_YAML_MAPPING)
        return bw_err_set(err, BW_EFORMAT, "no lock file of pub: no packages");
    for (const struct bw_yaml *entry; !rc && (entry = bw_yaml_next(&it));) {
        struct bw_str sha256 = bw_yaml_text_at(bw_yaml_get(entry, "description"), "sha256");
        if (!bw_str_eq(bw_yaml_text_at(entry, "source"), BW_STR("hosted"))) {
            bw_package_list_leave_out(list);
            continue;
        }
        const struct bw_package package = {
            .name = bw_yaml_text(it.key),
            .version = bw_yaml_text_at(entry, "version"),
            .checksum = bw_package_list_hex(list, "sha256", sha256),
            .development = bw_str_eq(bw_yaml_text_at(entry, "dependency"), BW_STR("direct dev")),
        };
        rc = bw_package_list_add(list, &package, bw_yaml_line(it.key), err);
    }
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_pubspec_lock, BW_PACKAGE_PUB, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_yaml(&job, read_lock, err);
}

const struct bw_parser bw_parser_pubspec_lock = {
    .name = "pubspec-lock",
    .what = "packages (pubspec.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
