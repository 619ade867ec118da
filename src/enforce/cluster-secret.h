/*
 * cluster-secret.h: one authority for all replicas of a webhook, in a Secret.
 *
 * Each replica signs its own certificate; what they share is the authority: its certificates
 * ("ca.pem", the newest first) and key ("ca.key"), as certificate.h keeps them in a directory. The
 * Secret is written with the resourceVersion that was read, so of two replicas that want to write,
 * one does, and the other takes what it wrote.
 */
#ifndef BW_ENFORCE_CLUSTER_SECRET_H
#define BW_ENFORCE_CLUSTER_SECRET_H

#include "acquire/kubernetes.h"
#include "base/buf.h"
#include "base/err.h"

/* Bytes of either. */
#define BW_CLUSTER_AUTHORITY_MAX ((size_t)256 << 10)

struct bw_cluster_authority {
    struct bw_buf pem, key;
};

enum bw_cluster_secret_state {
    BW_CLUSTER_SECRET_NONE, /* nobody has an authority yet: one is to be made */
    BW_CLUSTER_SECRET_TAKE, /* the Secret has another one, which is to be taken */
    BW_CLUSTER_SECRET_SAME, /* it has ours */
};

/*
 * Brings together what the Secret has and what we have (`own`, empty where there is none). Ours is
 * written where the Secret has none, and where it follows the Secret's: our bundle holds the
 * Secret's newest authority behind a newer one. The Secret is created where it does not exist.
 * *ret_state; for TAKE `theirs` is filled. Lost races are no failure: the next call sees them.
 * BW_EACCESS, BW_EFORMAT (the Secret holds something else), BW_ENET, ...
 */
int bw_cluster_secret_sync(struct bw_kubernetes *client, struct bw_str namespace,
                           struct bw_str name, const struct bw_cluster_authority *own,
                           struct bw_cluster_authority *theirs,
                           enum bw_cluster_secret_state *ret_state, struct bw_err *err) BW_MUST_USE;

#endif
