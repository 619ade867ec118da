/*
 * manifest-set.h: all Kubernetes objects of several documents as one object, for policies that look
 * at what only a set shows: a namespace without a quota, a service that selects nothing.
 */
#ifndef BW_EXTRACT_MANIFEST_SET_H
#define BW_EXTRACT_MANIFEST_SET_H

#include "base/arena.h"
#include "base/err.h"
#include "model/object.h"

/* The object of kind ManifestSet (bulwark.dev/v1/manifestsets): `objects`, a list of all that are
 * no views, and by resource lists of those and of the views; the lists of well-known resources are
 * always there. Values are shared with the documents. *ret_any is false, and nothing else is
 * written, where the documents hold no object of Kubernetes. BW_ELIMIT where the arena is full. */
int bw_manifest_set(const struct bw_document *const *documents, size_t n, struct bw_str name,
                    struct bw_arena *arena, struct bw_object *ret_object, bool *ret_any,
                    struct bw_err *err) BW_MUST_USE;

#endif
