/*
 * The lock file of Bun (bun.sh/docs/install/lockfile): JSON with comments and trailing commas.
 * `packages` maps places ("a", "parent/a") to arrays: "NAME@VERSION", for packages of a registry
 * its address ("" for npm's own), what the package says of itself, and its integrity.
 *
 * A package that nothing but development dependencies of the workspaces leads to is of development.
 * Of the places a name may lead to, all are followed: too many is no harm there.
 */
#include "extract/dependency-graph.h"
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_bun_lock;

static const char *const paths[] = {
    "**/bun.lock",
    NULL,
};

struct reader {
    struct bw_package_list *list;
    struct bw_json_text *text;
    struct bw_dependency_graph graph;
    struct bw_err *err;
};

static const char *const needs[] = {"dependencies", "optionalDependencies", "peerDependencies"};
#define INSTALLED_NEEDS 2u /* without those that another package has to bring */

/* "@scope/name@1.2.3" at its last '@' that is not the first byte. */
static bool split_id(struct bw_str id, struct bw_str *ret_name, struct bw_str *ret_version)
{
    size_t at = bw_str_find(bw_str_from(id, 1), '@');
    if (at == SIZE_MAX)
        return false;
    *ret_name = bw_str_take(id, at + 1);
    *ret_version = bw_str_from(id, at + 2);
    return true;
}

/* The name that others ask for, the end of a place: "parent/@scope/name". */
static struct bw_str name_of_place(struct bw_str place)
{
    size_t slash = bw_str_rfind(place, '/');
    if (slash == SIZE_MAX)
        return place;
    size_t before = bw_str_rfind(bw_str_take(place, slash), '/');
    size_t start = before == SIZE_MAX ? 0 : before + 1;
    return bw_str_from(place, place.p[start] == '@' ? start : slash + 1);
}

static const struct bw_json *description(const struct bw_json *entry)
{
    struct bw_json_iter it = bw_json_iter(entry);
    for (const struct bw_json *element; (element = bw_json_next(&it));)
        if (bw_json_type(element) == BW_JSON_OBJECT)
            return element;
    return NULL;
}

static int add_edges(struct reader *reader, uint32_t node, const struct bw_json *object,
                     size_t kinds)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < kinds; i++) {
        struct bw_json_iter it = bw_json_iter(bw_json_get(object, bw_str(needs[i])));
        while (!rc && it.object && bw_json_next(&it))
            rc = bw_dependency_graph_edge(&reader->graph, node, it.key, reader->err);
    }
    return rc;
}

/* Nodes are names: those of two places are one. */
static int read_graph(struct reader *reader, const struct bw_json *packages,
                      const struct bw_json *workspaces)
{
    struct bw_json_iter it = bw_json_iter(packages);
    uint32_t node, root;
    int rc = bw_dependency_graph_node(&reader->graph, BW_STR(""), &root, reader->err);
    for (const struct bw_json *entry; !rc && it.object && (entry = bw_json_next(&it));) {
        rc = bw_dependency_graph_node(&reader->graph, name_of_place(it.key), &node, reader->err);
        if (!rc)
            rc = add_edges(reader, node, description(entry), BW_ARRAY_LEN(needs));
    }
    it = bw_json_iter(workspaces);
    for (const struct bw_json *entry; !rc && it.object && (entry = bw_json_next(&it));)
        rc = add_edges(reader, root, entry, BW_ARRAY_LEN(needs));
    if (!rc)
        rc = bw_dependency_graph_reach(&reader->graph, BW_STR(""), reader->err);
    return rc;
}

static int read_entry(struct reader *reader, struct bw_str place, const struct bw_json *entry)
{
    struct bw_json_iter it = bw_json_iter(entry);
    struct bw_package package = {0};
    struct bw_str id = bw_json_string(bw_json_next(&it)), last = {0};
    const struct bw_json *about = description(entry);
    if (!split_id(id, &package.name, &package.version)) {
        bw_record_gap(&reader->list->gaps, BW_GAP_BLOCKING, bw_json_text_line(reader->text, place),
                      "a package without NAME@VERSION");
        return 0;
    }
    if (bw_str_starts(package.version, BW_STR("workspace:")))
        return 0;
    if (bw_str_find(package.version, ':') != SIZE_MAX) {
        bw_package_list_leave_out(reader->list);
        return 0;
    }
    for (const struct bw_json *element; (element = bw_json_next(&it));)
        last = bw_json_string(element);
    for (size_t i = 0; i < INSTALLED_NEEDS; i++)
        bw_package_list_depend_keys(reader->list, bw_json_get(about, bw_str(needs[i])));
    package.checksum = bw_package_list_integrity(reader->list, last);
    package.development = !bw_dependency_graph_is_reached(&reader->graph, name_of_place(place));
    return bw_package_list_add(reader->list, &package, bw_json_text_line(reader->text, place),
                               reader->err);
}

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    struct reader reader = {.list = list, .text = text, .graph = BW_DEPENDENCY_GRAPH, .err = err};
    const struct bw_json *packages = bw_json_get(text->root, BW_STR("packages"));
    if (bw_json_type(packages) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "no lock file of Bun: no packages");
    int rc = read_graph(&reader, packages, bw_json_get(text->root, BW_STR("workspaces")));
    struct bw_json_iter it = bw_json_iter(packages);
    for (const struct bw_json *entry; !rc && (entry = bw_json_next(&it));)
        rc = read_entry(&reader, it.key, entry);
    bw_dependency_graph_free(&reader.graph);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_bun_lock, BW_PACKAGE_NPM, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_json(&job, BW_JSON_RELAXED, read_lock, err);
}

const struct bw_parser bw_parser_bun_lock = {
    .name = "bun-lock",
    .what = "packages (bun lock file)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
