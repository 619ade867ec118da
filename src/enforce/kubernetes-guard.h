/*
 * kubernetes-guard.h: the admission webhook of Kubernetes (admission.k8s.io/v1).
 *
 * Here are the handlers of a service (enforce/service.h); `bulwark guard kubernetes` puts them
 * together.
 *
 *   POST /validate   an AdmissionReview is answered: allowed, or denied with status 403, why and
 *                    what to do; what policies warn of as warnings; ids of policies as annotations
 *                    of the audit log ("denied", "warned", "audited", "waived")
 *   POST /mutate     what the mutating policies of the configuration change, as a JSON Patch. It
 *                    denies nothing but what they cannot be applied to: /validate does that
 *
 * A body that is no AdmissionReview with a uid has no answer but an HTTP error, on which the API
 * server does what the webhook's failurePolicy says. Whatever else cannot be read or decided is
 * denied. A dry run is answered and recorded as any other request.
 *
 * A record has gate ("kubernetes"), uid, user, operation, resource ("pods/exec"), namespace, name,
 * dryRun, digest (SHA-256 of the body), and then either what the gate decided, with `unchanged`
 * (below), or `undecided` and why; of a mutation `mutates`, the ids in `mutated`, and how many
 * operations. Requests that nothing was changed of are recorded by /validate alone.
 *
 * An UPDATE that changes little of what would not be let in any more is allowed, with warnings in
 * place of the denial (kubernetes-update.h): `unchanged` in the record.
 *
 * The Namespace objects that policies ask for are the configuration's ("namespaces"); one that is
 * newer is asked for (`BW_KUBERNETES_GUARD_ASK` and its name), and answered as its JSON.
 */
#ifndef BW_ENFORCE_KUBERNETES_GUARD_H
#define BW_ENFORCE_KUBERNETES_GUARD_H

#include "enforce/service.h"

/* etcd's limit is 1.5 MiB an object; a review has two of them, with what JSON escapes. */
#define BW_KUBERNETES_GUARD_BODY_MAX ((size_t)8 << 20)

/* Bytes of what a denial says. */
#define BW_KUBERNETES_GUARD_MESSAGE_MAX ((size_t)4 << 10)

/* What the API server takes of one warning, and of all. */
#define BW_KUBERNETES_GUARD_WARNING_MAX  256u
#define BW_KUBERNETES_GUARD_WARNINGS_MAX 4096u

#define BW_KUBERNETES_GUARD_ASK "namespace/"

/* ctx is not looked at. */
void bw_kubernetes_guard_handle(void *ctx, struct bw_exchange *exchange);
void bw_kubernetes_guard_undecided(void *ctx, struct bw_exchange *exchange, const char *why);

#endif
