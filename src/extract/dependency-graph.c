#include "extract/dependency-graph.h"

void bw_dependency_graph_free(struct bw_dependency_graph *graph)
{
    bw_map_free(&graph->names);
    BW_VEC_FREE(&graph->nodes);
    BW_VEC_FREE(&graph->edges);
}

static int is_full(bool limit, const char *what, unsigned max, struct bw_err *err)
{
    return limit ? bw_err_set(err, BW_ELIMIT, "more than %u %s", max, what)
                 : bw_err_set(err, BW_ENOMEM, "out of memory while following dependencies");
}

int bw_dependency_graph_node(struct bw_dependency_graph *graph, struct bw_str name,
                             uint32_t *ret_node, struct bw_err *err)
{
    struct bw_map_item *item = bw_map_at(&graph->names, name);
    if (item && !item->value && BW_VEC_PUSH(&graph->nodes, BW_DEPENDENCY_NODES_MAX))
        item->value = (void *)(uintptr_t)graph->nodes.n;
    if (!item || !item->value)
        return is_full(graph->names.n == BW_DEPENDENCY_NODES_MAX, "packages in a lock file",
                       BW_DEPENDENCY_NODES_MAX, err);
    *ret_node = (uint32_t)(uintptr_t)item->value - 1;
    return 0;
}

int bw_dependency_graph_edge(struct bw_dependency_graph *graph, uint32_t node, struct bw_str to,
                             struct bw_err *err)
{
    struct bw_dependency_edge *edge = BW_VEC_PUSH(&graph->edges, BW_DEPENDENCY_EDGES_MAX);
    if (!edge)
        return is_full(graph->edges.n == BW_DEPENDENCY_EDGES_MAX, "dependencies in a lock file",
                       BW_DEPENDENCY_EDGES_MAX, err);
    *edge = (struct bw_dependency_edge){to, graph->nodes.v[node].edges};
    graph->nodes.v[node].edges = (uint32_t)graph->edges.n;
    return 0;
}

/* Index + 1 of the node, 0 where there is none. */
static uint32_t find(const struct bw_dependency_graph *graph, struct bw_str name)
{
    return (uint32_t)(uintptr_t)bw_map_get(&graph->names, name);
}

static void visit(struct bw_dependency_graph *graph, struct bw_str name, uint32_t *queue, size_t *n)
{
    uint32_t node = find(graph, name);
    if (!node || graph->nodes.v[node - 1].reached)
        return;
    graph->nodes.v[node - 1].reached = true;
    queue[(*n)++] = node - 1;
}

int bw_dependency_graph_reach(struct bw_dependency_graph *graph, struct bw_str from,
                              struct bw_err *err)
{
    uint32_t *queue = calloc(graph->nodes.n + 1, sizeof *queue);
    size_t n = 0;
    if (!queue)
        return is_full(false, "", 0, err);
    visit(graph, from, queue, &n);
    for (size_t i = 0; i < n; i++)
        for (uint32_t at = graph->nodes.v[queue[i]].edges; at; at = graph->edges.v[at - 1].next)
            visit(graph, graph->edges.v[at - 1].to, queue, &n);
    free(queue);
    return 0;
}

bool bw_dependency_graph_is_reached(const struct bw_dependency_graph *graph, struct bw_str name)
{
    uint32_t node = find(graph, name);
    return node && graph->nodes.v[node - 1].reached;
}
