/*
 * The lock file of Cargo for Rust (doc.rust-lang.org/cargo), versions 1 to 4: [[package]] tables.
 * One without source is a part of the project; one of a repository has no registry's.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_cargo_lock;

static const char *const paths[] = {
    "**/Cargo.lock",
    NULL,
};

/* "name", "name version", "name version (source)". */
static void read_needs(struct bw_package_list *list, const struct bw_toml *dependencies)
{
    for (const struct bw_toml *it = bw_toml_first(dependencies); it; it = bw_toml_next(it)) {
        struct bw_str need = bw_toml_string(it);
        bw_package_list_depend(list, bw_str_take(need, bw_str_find(need, ' ')));
    }
}

static int read_package(struct bw_package_list *list, const struct bw_toml *it, struct bw_err *err)
{
    struct bw_str source = bw_toml_string_at(it, "source");
    if (!source.n)
        return 0;
    if (!bw_str_starts(source, BW_STR("registry+")) && !bw_str_starts(source, BW_STR("sparse+"))) {
        bw_package_list_leave_out(list);
        return 0;
    }
    const struct bw_package package = {
        .name = bw_toml_string_at(it, "name"),
        .version = bw_toml_string_at(it, "version"),
        .checksum = bw_package_list_hex(list, "sha256", bw_toml_string_at(it, "checksum")),
    };
    read_needs(list, bw_toml_get(it, "dependencies"));
    return bw_package_list_add(list, &package, bw_toml_line(it), err);
}

static int read_lock(struct bw_package_list *list, const struct bw_toml *root, struct bw_err *err)
{
    int rc = 0;
    const struct bw_toml *it = bw_toml_first(bw_toml_get(root, "package"));
    for (; it && !rc; it = bw_toml_next(it))
        rc = read_package(list, it, err);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_cargo_lock, BW_PACKAGE_CARGO, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_toml(&job, read_lock, err);
}

const struct bw_parser bw_parser_cargo_lock = {
    .name = "cargo-lock",
    .what = "packages (Cargo.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
