/*
 * The lock file of Julia's Pkg: Manifest.toml (pkgdocs.julialang.org). [[deps.NAME]] in format 2,
 * [[NAME]] in format 1. What has no version is of Julia's own library; what names a repository or a
 * path comes from no registry.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_julia_manifest;

static const char *const paths[] = {
    "**/Manifest.toml",
    "**/JuliaManifest.toml",
    "**/Manifest-v*.toml",
    NULL,
};

/* A list of names, or a table of them where a name alone is ambiguous. */
static void read_needs(struct bw_package_list *list, const struct bw_toml *deps)
{
    for (const struct bw_toml *it = bw_toml_first(deps); it; it = bw_toml_next(it))
        bw_package_list_depend(list, bw_toml_key(it).p ? bw_toml_key(it) : bw_toml_string(it));
}

static int read_package(struct bw_package_list *list, struct bw_str name, const struct bw_toml *it,
                        struct bw_err *err)
{
    const struct bw_package package = {.name = name, .version = bw_toml_string_at(it, "version")};
    if (bw_toml_get(it, "path") || bw_toml_get(it, "repo-url")) {
        bw_package_list_leave_out(list);
        return 0;
    }
    if (!package.version.n)
        return 0;
    read_needs(list, bw_toml_get(it, "deps"));
    return bw_package_list_add(list, &package, bw_toml_line(it), err);
}

static int read_lock(struct bw_package_list *list, const struct bw_toml *root, struct bw_err *err)
{
    bool two = bw_toml_text(bw_toml_get(root, "manifest_format")).n;
    int rc = 0;
    const struct bw_toml *entry = bw_toml_first(two ? bw_toml_get(root, "deps") : root);
    for (; entry && !rc; entry = bw_toml_next(entry)) {
        const struct bw_toml *it = NULL;
        if (bw_toml_type(entry) == BW_TOML_ARRAY)
            it = bw_toml_first(entry);
        for (; it && !rc; it = bw_toml_next(it))
            rc = read_package(list, bw_toml_key(entry), it, err);
    }
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_julia_manifest, BW_PACKAGE_JULIA, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_toml(&job, read_lock, err);
}

const struct bw_parser bw_parser_julia_manifest = {
    .name = "julia-manifest",
    .what = "packages (Julia manifest)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
