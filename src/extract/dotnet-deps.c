/*
 * What a .NET program was published with: NAME.deps.json (github.com/dotnet/sdk,
 * documentation/specs/runtime-configuration-file.md). `libraries` lists NAME/VERSION with its type,
 * `targets` what each needs. Packages count, and the runtime that a self-contained program carries.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_dotnet_deps;

static const char *const paths[] = {
    "**/*.deps.json",
    NULL,
};

#define RUNTIME "runtimepack."

/* The entry of each library in the targets: of several targets the last one. */
static int read_targets(struct bw_map *entries, const struct bw_json *targets, struct bw_err *err)
{
    struct bw_json_iter target = bw_json_iter(targets);
    for (const struct bw_json *libraries; (libraries = bw_json_next(&target));) {
        struct bw_json_iter it = bw_json_iter(libraries);
        for (const struct bw_json *entry; it.object && (entry = bw_json_next(&it));) {
            struct bw_map_item *item = bw_map_at(entries, it.key);
            if (!item)
                return bw_err_set(err, entries->n == entries->max ? BW_ELIMIT : BW_ENOMEM,
                                  "more than %zu libraries", entries->max);
            item->value = (void *)(uintptr_t)entry;
        }
    }
    return 0;
}

static int read_library(struct bw_package_list *list, struct bw_json_text *text, struct bw_str id,
                        const struct bw_json *library, const struct bw_json *target,
                        struct bw_err *err)
{
    struct bw_str type = bw_json_string_at(library, "type");
    bool runtime = bw_str_eq(type, BW_STR("runtimepack"));
    size_t slash = bw_str_find(id, '/');
    if (!runtime && !bw_str_eq(type, BW_STR("package")))
        return 0;
    struct bw_package package = {
        .name = bw_str_take(id, slash),
        .version = bw_str_from(id, slash == SIZE_MAX ? id.n : slash + 1),
        .checksum = bw_package_list_integrity(list, bw_json_string_at(library, "sha512")),
    };
    if (runtime && bw_str_starts(id, BW_STR(RUNTIME)))
        package.name = bw_str_from(package.name, sizeof RUNTIME - 1);
    bw_package_list_depend_keys(list, bw_json_get(target, BW_STR("dependencies")));
    return bw_package_list_add(list, &package, bw_json_text_line(text, id), err);
}

static int read_deps(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    struct bw_map entries = BW_MAP(2 * BW_EXTRACT_PACKAGES_MAX);
    struct bw_json_iter it = bw_json_iter(bw_json_get(text->root, BW_STR("libraries")));
    if (bw_json_type(text->root) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "not an object");
    int rc = read_targets(&entries, bw_json_get(text->root, BW_STR("targets")), err);
    for (const struct bw_json *library; !rc && it.object && (library = bw_json_next(&it));)
        rc = read_library(list, text, it.key, library, bw_map_get(&entries, it.key), err);
    bw_map_free(&entries);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_dotnet_deps, BW_PACKAGE_NUGET, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_deps, err);
}

const struct bw_parser bw_parser_dotnet_deps = {
    .name = "dotnet-deps",
    .what = "packages (.NET)",
    .paths = paths,
    .max = FILE_MAX,
    .parse = parse,
};
