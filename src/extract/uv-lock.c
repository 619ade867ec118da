/*
 * The lock file of uv for Python (docs.astral.sh/uv): [[package]] tables with their source.
 * Editable and virtual ones are the project; what leads from them is used, what only their
 * dev-dependencies lead to is for development.
 */
#include "extract/dependency-graph.h"
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_uv_lock;

static const char *const paths[] = {
    "**/uv.lock",
    NULL,
};

static bool is_project(const struct bw_toml *it)
{
    const struct bw_toml *source = bw_toml_get(it, "source");
    return bw_toml_get(source, "editable") || bw_toml_get(source, "virtual");
}

static int add_edges(struct bw_dependency_graph *graph, uint32_t node, const struct bw_toml *needs,
                     struct bw_err *err)
{
    int rc = 0;
    for (const struct bw_toml *it = bw_toml_first(needs); it && !rc; it = bw_toml_next(it))
        rc = bw_dependency_graph_edge(graph, node, bw_toml_string_at(it, "name"), err);
    return rc;
}

/* Nodes are names: of a package in two versions both are reached when one is. */
static int read_graph(struct bw_dependency_graph *graph, const struct bw_toml *packages,
                      struct bw_err *err)
{
    uint32_t root, node;
    int rc = bw_dependency_graph_node(graph, BW_STR(""), &root, err);
    for (const struct bw_toml *it = bw_toml_first(packages); it && !rc; it = bw_toml_next(it)) {
        struct bw_str name = bw_toml_string_at(it, "name");
        rc = bw_dependency_graph_node(graph, name, &node, err);
        if (!rc && is_project(it))
            rc = bw_dependency_graph_edge(graph, root, name, err);
        if (!rc)
            rc = add_edges(graph, node, bw_toml_get(it, "dependencies"), err);
        const struct bw_toml *extra = bw_toml_first(bw_toml_get(it, "optional-dependencies"));
        for (; extra && !rc; extra = bw_toml_next(extra))
            rc = add_edges(graph, node, extra, err);
    }
    return rc ? rc : bw_dependency_graph_reach(graph, BW_STR(""), err);
}

static struct bw_str only_hash(const struct bw_toml *it)
{
    const struct bw_toml *wheels = bw_toml_get(it, "wheels"), *sdist = bw_toml_get(it, "sdist");
    if (sdist && !bw_toml_size(wheels))
        return bw_toml_string_at(sdist, "hash");
    return !sdist && bw_toml_size(wheels) == 1 ? bw_toml_string_at(bw_toml_first(wheels), "hash")
                                               : (struct bw_str){0};
}

static int read_package(struct bw_package_list *list, const struct bw_dependency_graph *graph,
                        const struct bw_toml *it, struct bw_err *err)
{
    struct bw_str name = bw_toml_string_at(it, "name");
    if (is_project(it))
        return 0;
    if (!bw_toml_get(bw_toml_get(it, "source"), "registry")) {
        bw_package_list_leave_out(list);
        return 0;
    }
    const struct bw_package package = {
        .name = name,
        .version = bw_toml_string_at(it, "version"),
        .checksum = bw_package_list_tagged(list, only_hash(it)),
        .development = !bw_dependency_graph_is_reached(graph, name),
    };
    const struct bw_toml *need = bw_toml_first(bw_toml_get(it, "dependencies"));
    for (; need; need = bw_toml_next(need))
        bw_package_list_depend(list, bw_toml_string_at(need, "name"));
    return bw_package_list_add(list, &package, bw_toml_line(it), err);
}

static int read_lock(struct bw_package_list *list, const struct bw_toml *root, struct bw_err *err)
{
    struct bw_dependency_graph graph = BW_DEPENDENCY_GRAPH;
    const struct bw_toml *packages = bw_toml_get(root, "package");
    int rc = read_graph(&graph, packages, err);
    for (const struct bw_toml *it = bw_toml_first(packages); it && !rc; it = bw_toml_next(it))
        rc = read_package(list, &graph, it, err);
    bw_dependency_graph_free(&graph);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_uv_lock, BW_PACKAGE_PYPI, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_toml(&job, read_lock, err);
}

const struct bw_parser bw_parser_uv_lock = {
    .name = "uv-lock",
    .what = "packages (uv.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
