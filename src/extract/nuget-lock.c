/*
 * The lock file of NuGet: packages.lock.json (learn.microsoft.com, "Locking dependencies"),
 * versions 1 and 2. `dependencies` maps target frameworks to packages; a package of two frameworks
 * counts once. Those of type "Project" are parts of the solution.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_nuget_lock;

static const char *const paths[] = {
    "**/packages.lock.json",
    NULL,
};

static int read_framework(struct bw_package_list *list, struct bw_json_text *text,
                          const struct bw_json *packages, struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(packages);
    int rc = 0;
    for (const struct bw_json *entry; !rc && it.object && (entry = bw_json_next(&it));) {
        const struct bw_package package = {
            .name = it.key,
            .version = bw_json_string_at(entry, "resolved"),
            .checksum =
                bw_package_list_base64(list, "sha512", bw_json_string_at(entry, "contentHash")),
        };
        if (bw_str_eq_nocase(bw_json_string_at(entry, "type"), BW_STR("Project")))
            continue;
        bw_package_list_depend_keys(list, bw_json_get(entry, BW_STR("dependencies")));
        rc = bw_package_list_add(list, &package, bw_json_text_line(text, it.key), err);
    }
    return rc;
}

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    const struct bw_json *frameworks = bw_json_get(text->root, BW_STR("dependencies"));
    struct bw_json_iter it = bw_json_iter(frameworks);
    int rc = 0;
    if (bw_json_type(frameworks) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "no lock file of NuGet: no dependencies");
    for (const struct bw_json *packages; !rc && (packages = bw_json_next(&it));)
        rc = read_framework(list, text, packages, err);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_nuget_lock, BW_PACKAGE_NUGET, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_lock, err);
}

const struct bw_parser bw_parser_nuget_lock = {
    .name = "nuget-lock",
    .what = "packages (NuGet lock file)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
