/*
 * The lock file of Pipenv for Python: `default` and `develop` map names to pinned versions
 * ("==1.2") and the checksums of the files that may serve; where there is one such file, it is the
 * package's.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_pipfile_lock;

static const char *const paths[] = {
    "**/Pipfile.lock",
    NULL,
};

static int read_group(struct bw_package_list *list, struct bw_json_text *text, const char *group,
                      bool development, struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(text->root, bw_str(group)));
    int rc = 0;
    for (const struct bw_json *entry; !rc && it.object && (entry = bw_json_next(&it));) {
        struct bw_str version = bw_json_string_at(entry, "version");
        const struct bw_json *hashes = bw_json_get(entry, BW_STR("hashes"));
        struct bw_json_iter hash = bw_json_iter(hashes);
        struct bw_str only =
            bw_json_size(hashes) == 1 ? bw_json_string(bw_json_next(&hash)) : (struct bw_str){0};
        if (!bw_str_starts(version, BW_STR("=="))) {
            bw_package_list_leave_out(list);
            continue;
        }
        const struct bw_package package = {
            .name = it.key,
            .version = bw_str_from(version, bw_str_starts(version, BW_STR("===")) ? 3 : 2),
            .checksum = bw_package_list_tagged(list, only),
            .development = development,
        };
        rc = bw_package_list_add(list, &package, bw_json_text_line(text, it.key), err);
    }
    return rc;
}

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    if (!bw_json_get(text->root, BW_STR("_meta")))
        return bw_err_set(err, BW_EFORMAT, "no lock file of Pipenv: no _meta");
    int rc = read_group(list, text, "default", false, err);
    return rc ? rc : read_group(list, text, "develop", true, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_pipfile_lock, BW_PACKAGE_PYPI, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_lock, err);
}

const struct bw_parser bw_parser_pipfile_lock = {
    .name = "pipfile-lock",
    .what = "packages (Pipfile.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
