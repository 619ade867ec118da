/*
 * manifest-fields.h: the types of those fields of Kubernetes objects that policies ask about
 * (core/v1, rbac.authorization.k8s.io/v1).
 */
#ifndef BW_EXTRACT_MANIFEST_FIELDS_H
#define BW_EXTRACT_MANIFEST_FIELDS_H

#include "extract/typed-fields.h"

extern const struct bw_field bw_manifest_metadata;
extern const struct bw_field bw_manifest_pod_spec;
extern const struct bw_field bw_manifest_policy_rules; /* of a Role or ClusterRole */

#endif
