/*
 * The lock file of PDM for Python: [[package]] tables. Its groups are both extras that a user may
 * want and those of developers, so they do not tell what is for development.
 */
#include "extract/package-document.h"
#include "extract/requirement.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_pdm_lock;

static const char *const paths[] = {
    "**/pdm.lock",
    NULL,
};

static bool is_of_index(const struct bw_toml *it)
{
    static const char *const elsewhere[] = {"git", "hg", "svn", "bzr", "path", "url"};
    for (size_t i = 0; i < BW_ARRAY_LEN(elsewhere); i++)
        if (bw_toml_get(it, elsewhere[i]))
            return false;
    return true;
}

static int read_package(struct bw_package_list *list, const struct bw_toml *it, struct bw_err *err)
{
    const struct bw_toml *files = bw_toml_get(it, "files");
    struct bw_package package = {
        .name = bw_toml_string_at(it, "name"),
        .version = bw_toml_string_at(it, "version"),
    };
    if (!is_of_index(it)) {
        bw_package_list_leave_out(list);
        return 0;
    }
    if (bw_toml_size(files) == 1)
        package.checksum =
            bw_package_list_tagged(list, bw_toml_string_at(bw_toml_first(files), "hash"));
    const struct bw_toml *need = bw_toml_first(bw_toml_get(it, "dependencies"));
    for (; need; need = bw_toml_next(need))
        bw_package_list_depend(list, bw_requirement_name(bw_toml_string(need)));
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
    const struct bw_package_job job = {&bw_parser_pdm_lock, BW_PACKAGE_PYPI, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_toml(&job, read_lock, err);
}

const struct bw_parser bw_parser_pdm_lock = {
    .name = "pdm-lock",
    .what = "packages (pdm.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
