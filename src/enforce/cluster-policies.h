/*
 * cluster-policies.h: a compiled set of the policies that a cluster has of its own.
 *
 * As the API server has it, a policy without a binding is not in force. One that is not understood
 * here, or whose parameters are not at hand, is left out and told of: the others are in force, and
 * the API server itself goes on to evaluate it.
 */
#ifndef BW_ENFORCE_CLUSTER_POLICIES_H
#define BW_ENFORCE_CLUSTER_POLICIES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Objects of one text. */
#define BW_CLUSTER_OBJECTS_MAX 50000u

/* text: as bw_cluster_policies_read gives it (cluster-state.h). `left_out` is told of each object
 * that is not used, and why. The set is appended; nothing where no policy is in force. BW_EFORMAT
 * where the rest does not fit together, BW_ELIMIT, BW_ENOMEM. */
int bw_cluster_policies_compile(struct bw_str text,
                                void (*left_out)(void *ctx, struct bw_str object, const char *why),
                                void *ctx, struct bw_buf *set, struct bw_err *err) BW_MUST_USE;

#endif
