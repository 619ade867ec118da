/*
 * cluster-register.h: tells the API server by which authority it knows its webhook.
 *
 * Of a ValidatingWebhookConfiguration and a MutatingWebhookConfiguration of one name the
 * `clientConfig.caBundle` is written, of those webhooks alone that are this gate's; and only where
 * it differs. A change that somebody else makes at the same time wins, and the next call sees it.
 */
#ifndef BW_ENFORCE_CLUSTER_REGISTER_H
#define BW_ENFORCE_CLUSTER_REGISTER_H

#include "acquire/kubernetes.h"
#include "base/buf.h"
#include "base/err.h"

struct bw_cluster_registration {
    const char *name; /* of the configurations */
    /* The Service that leads here; empty: webhooks that have a URL. */
    struct bw_str service_namespace, service_name;
    struct bw_str bundle; /* PEM: every authority that is served by now or soon */
};

/* *ret_found: webhooks that are this gate's and have the bundle. A configuration that does not
 * exist has none. BW_EACCESS (the right that is missing), BW_EFORMAT, BW_ENET, ... */
int bw_cluster_register(struct bw_kubernetes *client,
                        const struct bw_cluster_registration *registration, unsigned *ret_found,
                        struct bw_err *err) BW_MUST_USE;

/* The patch (RFC 6902) that gives a configuration (JSON) the bundle; nothing is appended where none
 * is needed. *ret_own: webhooks that are this gate's. BW_EFORMAT: no configuration. */
int bw_cluster_register_patch(const struct bw_cluster_registration *registration,
                              struct bw_str configuration, struct bw_buf *patch, unsigned *ret_own,
                              struct bw_err *err) BW_MUST_USE;

#endif
