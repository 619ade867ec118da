/*
 * cluster-audit.h: judges what a cluster runs already, by the rules of its gate.
 *
 * Lists pods, workloads and what else policies look at, and asks of each object what the webhook
 * would say if it were created now, by nobody in particular: what depends on who asks is a doubt,
 * and said so. The objects are hostile: pages go as bytes to a confined worker (sandbox/pool.h),
 * which reads and judges them.
 *
 * All objects are judged. What an object has in common with the one that manages it (a Pod of a
 * Deployment) is told once, of the manager.
 */
#ifndef BW_ENFORCE_CLUSTER_AUDIT_H
#define BW_ENFORCE_CLUSTER_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "acquire/kubernetes.h"
#include "base/err.h"
#include "base/str.h"
#include "enforce/gate.h"

/* Memory a worker may add for a page and its objects. */
#define BW_CLUSTER_AUDIT_MEMORY_MAX ((size_t)512 << 20)

/* Of one object: what there is to say. */
struct bw_cluster_audit_result {
    bool denied, warned, doubtful; /* doubtful: denied for a doubt alone */
    struct bw_str record; /* the members of a JSON object, fit for a log (evidence.h): gate,
                             resource, namespace, name, uid, verdict, reasons, ... */
};

struct bw_cluster_audit_options {
    struct bw_kubernetes *client;
    struct bw_gate_rules *rules;
    const char *const *skip; /* globs of namespaces that are left out; NULL at the end, or NULL */
    int64_t now_ns;          /* for exceptions that expire */
    int (*tell)(void *ctx, const struct bw_cluster_audit_result *result, struct bw_err *err);
    /* What was not looked at, and why. */
    void (*gap)(void *ctx, const char *what, const struct bw_err *why);
    void *ctx;
};

struct bw_cluster_audit_summary {
    uint64_t objects; /* judged */
    uint64_t denied, warned, doubtful, gaps;
};

/* For a process with one thread. What cannot be listed or judged is a gap; an error is of this
 * machine, or what `tell` returned. */
int bw_cluster_audit(const struct bw_cluster_audit_options *options,
                     struct bw_cluster_audit_summary *ret_summary, struct bw_err *err) BW_MUST_USE;

#endif
