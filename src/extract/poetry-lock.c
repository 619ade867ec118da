/*
 * The lock file of Poetry for Python: [[package]] tables. Poetry 2 names the groups that want each,
 * Poetry 1 up to 1.4 a category; between them nothing tells. [package.source] says where it comes
 * from when that is not PyPI; of type "legacy" it is another index.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_poetry_lock;

static const char *const paths[] = {
    "**/poetry.lock",
    NULL,
};

static bool is_development(const struct bw_toml *it)
{
    const struct bw_toml *group = bw_toml_first(bw_toml_get(it, "groups"));
    if (!group)
        return bw_str_eq(bw_toml_string_at(it, "category"), BW_STR("dev"));
    for (; group; group = bw_toml_next(group))
        if (bw_str_eq(bw_toml_string(group), BW_STR("main")))
            return false;
    return true;
}

static int read_package(struct bw_package_list *list, const struct bw_toml *it, struct bw_err *err)
{
    const struct bw_toml *files = bw_toml_get(it, "files");
    struct bw_str source = bw_toml_string_at(bw_toml_get(it, "source"), "type");
    struct bw_package package = {
        .name = bw_toml_string_at(it, "name"),
        .version = bw_toml_string_at(it, "version"),
        .development = is_development(it),
    };
    if (source.n && !bw_str_eq(source, BW_STR("legacy"))) {
        bw_package_list_leave_out(list);
        return 0;
    }
    if (bw_toml_size(files) == 1)
        package.checksum =
            bw_package_list_tagged(list, bw_toml_string_at(bw_toml_first(files), "hash"));
    const struct bw_toml *need = bw_toml_first(bw_toml_get(it, "dependencies"));
    for (; need; need = bw_toml_next(need))
        bw_package_list_depend(list, bw_toml_key(need));
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
    const struct bw_package_job job = {&bw_parser_poetry_lock, BW_PACKAGE_PYPI, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_toml(&job, read_lock, err);
}

const struct bw_parser bw_parser_poetry_lock = {
    .name = "poetry-lock",
    .what = "packages (poetry.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
