/*
 * dependency-graph.h: what leads to what in a lock file that does not say itself which packages are
 * for development only.
 *
 * Nodes are known by a name of the caller's making. Names are borrowed. An edge to a name that no
 * node has leads nowhere. The time is linear, nothing recurses.
 */
#ifndef BW_EXTRACT_DEPENDENCY_GRAPH_H
#define BW_EXTRACT_DEPENDENCY_GRAPH_H

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

#define BW_DEPENDENCY_NODES_MAX 400000u
#define BW_DEPENDENCY_EDGES_MAX 4000000u

struct bw_dependency_node {
    uint32_t edges; /* of its edges the last added, index + 1 */
    bool reached;
};

struct bw_dependency_edge {
    struct bw_str to;
    uint32_t next; /* index + 1 */
};

struct bw_dependency_graph {
    struct bw_map names; /* value: index + 1 */
    BW_VEC_TYPE(, struct bw_dependency_node) nodes;
    BW_VEC_TYPE(, struct bw_dependency_edge) edges;
};

#define BW_DEPENDENCY_GRAPH ((struct bw_dependency_graph){.names = BW_MAP(BW_DEPENDENCY_NODES_MAX)})

void bw_dependency_graph_free(struct bw_dependency_graph *graph); /* empty and usable again */

/* The node of a name, made where it is missing. BW_ELIMIT, BW_ENOMEM. */
int bw_dependency_graph_node(struct bw_dependency_graph *graph, struct bw_str name,
                             uint32_t *ret_node, struct bw_err *err) BW_MUST_USE;

/* BW_ELIMIT, BW_ENOMEM. */
int bw_dependency_graph_edge(struct bw_dependency_graph *graph, uint32_t node, struct bw_str to,
                             struct bw_err *err) BW_MUST_USE;

/* Marks the node of a name and all that it leads to. BW_ENOMEM. */
int bw_dependency_graph_reach(struct bw_dependency_graph *graph, struct bw_str from,
                              struct bw_err *err) BW_MUST_USE;

bool bw_dependency_graph_is_reached(const struct bw_dependency_graph *graph, struct bw_str name);

#endif
