/*
 * gate-mutate.h: what policies change of an object before it is judged.
 *
 * Mutating policies (MutatingAdmissionPolicy) are chosen by profiles of their own, the member
 * "mutate" of a configuration: none, unless it names any. Of the library those of these profiles
 * are applied, of the other sets those of these profiles and those of no profile.
 */
#ifndef BW_ENFORCE_GATE_MUTATE_H
#define BW_ENFORCE_GATE_MUTATE_H

#include "base/buf.h"
#include "enforce/gate.h"

/* Policies that are named in a record. */
#define BW_GATE_MUTATED_MAX 64u

struct bw_gate_mutation {
    const struct bw_policy *policies[BW_GATE_MUTATED_MAX]; /* that change something */
    size_t policies_n;
    size_t operations_n; /* 0: nothing changes */
    uint64_t cost_ns;
};

/*
 * Applies the mutating policies to an object (an index) of the request's document, in the order of
 * the sets and then the library: each sees what those before it made. A policy that an exception is
 * for is passed over, and all of them are where a scope enforces nothing or turns policies off. The
 * operations of all (RFC 6902) are appended to `patch` as one JSON array, where there are any.
 * BW_EFORMAT: a policy that does not ignore errors failed, or its operations cannot be done, which
 * is a doubt: the object is refused. BW_ELIMIT, BW_ENOMEM.
 */
int bw_gate_mutate(struct bw_gate_judge *judge, const struct bw_gate_request *request,
                   uint32_t object, struct bw_buf *patch, struct bw_gate_mutation *ret_mutation,
                   struct bw_err *err) BW_MUST_USE;

#endif
