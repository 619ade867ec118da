/*
 * cluster-state.h: what a gate has to know of its cluster: policies, and labels of namespaces.
 *
 * Read by the agent (cluster-agent.h) with the cluster's credentials; handed to the supervisor as
 * text. Who may write policies and namespaces of a cluster is believed as the author of a policy
 * file is; still every count and size is bounded.
 */
#ifndef BW_ENFORCE_CLUSTER_STATE_H
#define BW_ENFORCE_CLUSTER_STATE_H

#include "acquire/kubernetes.h"
#include "base/buf.h"
#include "base/err.h"

/* Bytes of all policies with their parameters, of all namespaces. */
#define BW_CLUSTER_POLICIES_MAX   ((size_t)32 << 20)
#define BW_CLUSTER_NAMESPACES_MAX ((size_t)12 << 20)

/* Kinds of parameters. */
#define BW_CLUSTER_PARAM_KINDS_MAX 64u

/* Kinds whose changes concern the gate, for a watch: namespaces first, then those of policies. */
#define BW_CLUSTER_WATCHED_NAMESPACES 1u
#define BW_CLUSTER_WATCHED            5u
extern const struct bw_kubernetes_resource bw_cluster_watched[BW_CLUSTER_WATCHED];

#define BW_CLUSTER_UNAVAILABLE "unavailable "

/* Told of what is left out: parameters that may not be listed, a kind that is not there. */
typedef void (*bw_cluster_trouble)(void *ctx, const struct bw_err *why);

/*
 * The cluster's ValidatingAdmissionPolicies, MutatingAdmissionPolicies, their bindings, and the
 * objects that they take as parameters. One line each: "KIND NAME", a tab, and the object as JSON.
 * Of a kind of parameters that cannot be listed there is a line BW_CLUSTER_UNAVAILABLE and
 * "GROUP/VERSION KIND" (of the core "VERSION KIND"), a tab, and why, as a JSON string. *ret_params:
 * there are kinds of parameters, whose changes no watch tells.
 */
int bw_cluster_policies_read(struct bw_kubernetes *client, bw_cluster_trouble trouble, void *ctx,
                             struct bw_buf *text, bool *ret_params, struct bw_err *err) BW_MUST_USE;

/* Labels and annotations of all namespaces: {"NAME": {"labels": {...}, "annotations": {...}}, ...},
 * as a gate's configuration has them (gate.h). */
int bw_cluster_namespaces_read(struct bw_kubernetes *client, struct bw_buf *text,
                               struct bw_err *err) BW_MUST_USE;

#endif
