/*
 * The lock file of Conan: of version 2 (docs.conan.io, "lockfile": lists of references) and of
 * version 1 (`graph_lock`, nodes with a reference). A reference is
 * NAME/VERSION[@USER/CHANNEL][#REVISION][%TIME]. The node of the consumer has no reference, or a
 * path.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_conan_lock;

static const char *const paths[] = {
    "**/conan.lock",
    NULL,
};

struct reader {
    struct bw_package_list *list;
    struct bw_json_text *text;
    struct bw_err *err;
};

static struct bw_str until(struct bw_str s, char c)
{
    size_t at = bw_str_find(s, c);
    return at == SIZE_MAX ? s : bw_str_take(s, at);
}

static int add(struct reader *reader, struct bw_str reference, bool development)
{
    struct bw_str id = until(until(until(reference, '%'), '#'), '@');
    size_t slash = bw_str_find(id, '/');
    const struct bw_package package = {
        .name = until(id, '/'),
        .version = bw_str_from(id, slash == SIZE_MAX ? id.n : slash + 1),
        .development = development,
    };
    return bw_package_list_add(reader->list, &package, bw_json_text_line(reader->text, reference),
                               reader->err);
}

static int read_list(struct reader *reader, const char *key, bool development)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(reader->text->root, bw_str(key)));
    int rc = 0;
    for (const struct bw_json *element; !rc && !it.object && (element = bw_json_next(&it));)
        rc = add(reader, bw_json_string(element), development);
    return rc;
}

static int read_nodes(struct reader *reader, const struct bw_json *nodes)
{
    struct bw_json_iter it = bw_json_iter(nodes);
    int rc = 0;
    for (const struct bw_json *node; !rc && it.object && (node = bw_json_next(&it));) {
        struct bw_str reference = bw_json_string_at(node, "ref");
        bool build = bw_str_eq(bw_json_string_at(node, "context"), BW_STR("build"));
        if (reference.n && !bw_json_string_at(node, "path").n)
            rc = add(reader, reference, build);
    }
    return rc;
}

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    struct reader reader = {list, text, err};
    const struct bw_json *graph = bw_json_get(text->root, BW_STR("graph_lock"));
    if (bw_json_type(text->root) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "no lock file of Conan: not an object");
    if (graph)
        return read_nodes(&reader, bw_json_get(graph, BW_STR("nodes")));
    int rc = read_list(&reader, "requires", false);
    if (!rc)
        rc = read_list(&reader, "build_requires", true);
    return rc ? rc : read_list(&reader, "python_requires", true);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_conan_lock, BW_PACKAGE_CONAN, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_lock, err);
}

const struct bw_parser bw_parser_conan_lock = {
    .name = "conan-lock",
    .what = "packages (Conan lock file)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
