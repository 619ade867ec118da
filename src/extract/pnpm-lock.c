/*
 * The lock file of pnpm (github.com/pnpm/spec, lockfile): lockfileVersion 5 to 9. `packages` maps
 * dependency paths to what was chosen:
 *   5: "/NAME/VERSION[_PEERS]"    6: "/NAME@VERSION[(PEER@VERSION)...]"    9: the same without '/'
 * Another beginning (5, 6) or a ':' in the version (9) is a repository, a tarball or a directory.
 * Up to 8 an entry says `dev: true`. From 9 on what a package needs stands in `snapshots`, and what
 * no importer's dependencies lead to is for development.
 */
#include "extract/dependency-graph.h"
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_pnpm_lock;

static const char *const paths[] = {
    "**/pnpm-lock.yaml",
    NULL,
};

struct reader {
    struct bw_package_list *list;
    struct bw_dependency_graph graph;
    bool nine, five;
    struct bw_err *err;
};

static struct bw_str without_peers(struct bw_str path)
{
    return bw_str_take(path, bw_str_find(path, '('));
}

/* The index of what separates name and version, behind the scope. */
static size_t find_separator(struct bw_str path, char separator)
{
    size_t from = path.n && path.p[0] == '@' ? bw_str_find(path, '/') : 0;
    if (from == SIZE_MAX)
        return SIZE_MAX;
    size_t at = bw_str_find(bw_str_from(path, from + 1), separator);
    return at == SIZE_MAX ? at : at + from + 1;
}

/* false for what is of no registry. */
static bool split_path(const struct reader *reader, struct bw_str path, struct bw_package *package)
{
    if (!reader->nine && !bw_str_starts(path, BW_STR("/")))
        return false;
    path = bw_str_from(without_peers(path), !reader->nine);
    size_t at = find_separator(path, reader->five ? '/' : '@');
    if (at == SIZE_MAX)
        return false;
    package->name = bw_str_take(path, at);
    package->version = bw_str_from(path, at + 1);
    if (reader->five)
        package->version = bw_str_take(package->version, bw_str_find(package->version, '_'));
    return bw_str_find(package->version, ':') == SIZE_MAX;
}

/* What a member of `dependencies` leads to: NAME and a version, or a path ("other@1.0.0(p@1)"). */
static int add_edges(struct reader *reader, uint32_t node, const struct bw_yaml *needs)
{
    struct bw_yaml_iter it = bw_yaml_iter(needs);
    int rc = 0;
    for (const struct bw_yaml *value; !rc && (value = bw_yaml_next(&it));) {
        struct bw_str name = bw_yaml_text(it.key), to = bw_yaml_text(value);
        if (!to.p)
            to = bw_yaml_text_at(value, "version");
        if (!name.n || !to.n || !reader->list->arena)
            continue;
        if (find_separator(without_peers(to), '@') == SIZE_MAX)
            to = bw_arena_printf(reader->list->arena, "%" BW_STR_F "@%" BW_STR_F, BW_STR_A(name),
                                 BW_STR_A(to));
        if (!to.p)
            return bw_err_set(reader->err, BW_ELIMIT, "too many dependencies");
        rc = bw_dependency_graph_edge(&reader->graph, node, to, reader->err);
    }
    return rc;
}

static int read_graph(struct reader *reader, const struct bw_yaml *root)
{
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(root, "snapshots"));
    uint32_t start, node;
    int rc = bw_dependency_graph_node(&reader->graph, BW_STR(""), &start, reader->err);
    for (const struct bw_yaml *entry; !rc && (entry = bw_yaml_next(&it));) {
        struct bw_str key = bw_yaml_text(it.key);
        /* `packages` knows it without its peers. */
        rc = bw_dependency_graph_node(&reader->graph, without_peers(key), &node, reader->err);
        if (!rc)
            rc = bw_dependency_graph_node(&reader->graph, key, &node, reader->err);
        if (!rc)
            rc = bw_dependency_graph_edge(&reader->graph, node, without_peers(key), reader->err);
        if (!rc)
            rc = add_edges(reader, node, bw_yaml_get(entry, "dependencies"));
        if (!rc)
            rc = add_edges(reader, node, bw_yaml_get(entry, "optionalDependencies"));
    }
    it = bw_yaml_iter(bw_yaml_get(root, "importers"));
    for (const struct bw_yaml *entry; !rc && (entry = bw_yaml_next(&it));) {
        rc = add_edges(reader, start, bw_yaml_get(entry, "dependencies"));
        if (!rc)
            rc = add_edges(reader, start, bw_yaml_get(entry, "optionalDependencies"));
    }
    return rc ? rc : bw_dependency_graph_reach(&reader->graph, BW_STR(""), reader->err);
}

static void depend_on_keys(struct bw_package_list *list, const struct bw_yaml *needs)
{
    struct bw_yaml_iter it = bw_yaml_iter(needs);
    while (bw_yaml_next(&it))
        bw_package_list_depend(list, bw_yaml_text(it.key));
}

static int read_entry(struct reader *reader, const struct bw_yaml *key, const struct bw_yaml *entry,
                      const struct bw_yaml *snapshot)
{
    struct bw_package package = {0};
    if (!split_path(reader, bw_yaml_text(key), &package)) {
        bw_package_list_leave_out(reader->list);
        return 0;
    }
    package.checksum = bw_package_list_integrity(
        reader->list, bw_yaml_text_at(bw_yaml_get(entry, "resolution"), "integrity"));
    package.development = reader->nine
                              ? !bw_dependency_graph_is_reached(&reader->graph, bw_yaml_text(key))
                              : bw_str_eq(bw_yaml_text_at(entry, "dev"), BW_STR("true"));
    depend_on_keys(reader->list, bw_yaml_get(snapshot, "dependencies"));
    depend_on_keys(reader->list, bw_yaml_get(snapshot, "optionalDependencies"));
    return bw_package_list_add(reader->list, &package, bw_yaml_line(key), reader->err);
}

/* The snapshot of each package, whatever its peers: of several the last one. */
static int read_snapshots(struct bw_map *map, const struct bw_yaml *snapshots, struct bw_err *err)
{
    struct bw_yaml_iter it = bw_yaml_iter(snapshots);
    for (const struct bw_yaml *entry; (entry = bw_yaml_next(&it));) {
        struct bw_map_item *item = bw_map_at(map, without_peers(bw_yaml_text(it.key)));
        if (!item)
            return bw_err_set(err, map->n == map->max ? BW_ELIMIT : BW_ENOMEM,
                              "more than %zu snapshots", map->max);
        item->value = (void *)(uintptr_t)entry;
    }
    return 0;
}

static int read_packages(struct reader *reader, const struct bw_yaml *root)
{
    struct bw_map snapshots = BW_MAP(2 * BW_EXTRACT_PACKAGES_MAX);
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(root, "packages"));
    int rc = reader->nine ? read_graph(reader, root) : 0;
    if (!rc && reader->nine)
        rc = read_snapshots(&snapshots, bw_yaml_get(root, "snapshots"), reader->err);
    for (const struct bw_yaml *entry; !rc && (entry = bw_yaml_next(&it));) {
        const struct bw_yaml *snapshot =
            reader->nine ? bw_map_get(&snapshots, bw_yaml_text(it.key)) : entry;
        rc = read_entry(reader, it.key, entry, snapshot);
    }
    bw_map_free(&snapshots);
    return rc;
}

/* A document of what the package manager itself needs may come first. */
static int read_lock(struct bw_package_list *list, const struct bw_yaml *root, struct bw_err *err)
{
    struct reader reader = {.list = list, .graph = BW_DEPENDENCY_GRAPH, .err = err};
    int rc = 0;
    if (!bw_yaml_get(root, "lockfileVersion"))
        return bw_err_set(err, BW_EFORMAT, "no lock file of pnpm: no lockfileVersion");
    for (; root && !rc; root = bw_yaml_next_document(root)) {
        struct bw_str version = bw_yaml_text_at(root, "lockfileVersion");
        char major = version.n ? version.p[0] : 0;
        reader.five = major == '5';
        reader.nine = major == '9';
        if (major == '5' || major == '6' || major == '9')
            rc = read_packages(&reader, root);
        else
            bw_record_gap(&list->gaps, BW_GAP_BLOCKING, bw_yaml_line(root),
                          "a lock file of version %" BW_STR_F ", known are 5, 6 and 9",
                          BW_STR_A(version));
        bw_dependency_graph_free(&reader.graph);
    }
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_pnpm_lock, BW_PACKAGE_NPM, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_yaml(&job, read_lock, err);
}

const struct bw_parser bw_parser_pnpm_lock = {
    .name = "pnpm-lock",
    .what = "packages (pnpm lock file)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
