/*
 * manifest-kind.h: what Kubernetes calls a kind of object in its API, and where it holds a pod.
 */
#ifndef BW_EXTRACT_MANIFEST_KIND_H
#define BW_EXTRACT_MANIFEST_KIND_H

#include "base/arena.h"
#include "base/value.h"

/* "apps/v1" is group "apps", version "v1"; "v1" is the core group, which has no name. */
void bw_manifest_group(struct bw_str api_version, struct bw_str *ret_group,
                       struct bw_str *ret_version);

/*
 * The resource of a kind: "networkpolicies". What the API server knows is written down; for other
 * kinds the plural is formed as English forms it, which is how nearly all custom resources are
 * named. p is NULL when the arena is full.
 */
struct bw_str bw_manifest_resource(struct bw_arena *arena, struct bw_str kind);

/* Whether Kubernetes itself has that kind, and a pod template in it. */
bool bw_manifest_has_template(struct bw_str kind);

/*
 * The pod template of an object, or ABSENT: of the kinds that Kubernetes has, and of any other one
 * that keeps a template with containers in one of the usual places (Argo's Rollout, Knative's
 * Service, KEDA's ScaledJob). ret_path: where it is, for a person: "spec.template".
 */
struct bw_value bw_manifest_template(struct bw_str kind, struct bw_value object,
                                     const char **ret_path);

#endif
