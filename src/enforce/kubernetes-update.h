/*
 * kubernetes-update.h: updates of what would not be let in any more.
 *
 * What was there before a policy must remain deletable, and what makes Pods must be able to make
 * fewer: finalizers come off, controllers write owners and status, a rollout takes replicas from
 * the old ReplicaSet. So a denial of an UPDATE is none where nothing but metadata, status and
 * spec.replicas changes, and every reason for it is one against the object as it was, whoever
 * asks. A reason that depends on the request, or on what it changes, stays.
 */
#ifndef BW_ENFORCE_KUBERNETES_UPDATE_H
#define BW_ENFORCE_KUBERNETES_UPDATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "enforce/gate.h"
#include "extract/admission-review.h"

/* Whether a denial is to be none. *decision, a denial that the judge has just come to, is come to
 * once more. BW_ENOMEM, BW_ELIMIT: as bw_gate_decide. */
int bw_kubernetes_was_so_before(struct bw_gate_judge *judge,
                                const struct bw_admission_review *review,
                                const struct bw_gate_request *request, struct bw_arena *arena,
                                struct bw_gate_decision *decision, bool *ret_was_so,
                                struct bw_err *err) BW_MUST_USE;

#endif
