/*
 * cluster-agent.h: the process that speaks with the cluster, and the supervisor's end of it.
 *
 * The supervisor of a gate holds sockets and rules, and must never wait for a network. So a process
 * of its own, the *agent*, has the cluster's credentials: it watches namespaces and policies and
 * hands them over, keeps the registration and the shared certificate, and starts audits. It is
 * started anew when it ends; what it handed over stays in force meanwhile. It is this program with
 * the same arguments (execve(2)), so that nothing of the supervisor's memory is in it.
 *
 *     bw_cluster_agent_new(argv, &agent, &err);
 *     bw_cluster_agent_step(agent, 30000, &changed, &err);      at start, and at every tick
 */
#ifndef BW_ENFORCE_CLUSTER_AGENT_H
#define BW_ENFORCE_CLUSTER_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "enforce/cluster-secret.h"
#include "enforce/evidence.h"

/* The descriptor that an agent finds its supervisor at. */
#define BW_CLUSTER_AGENT_FD 3

/* --- the supervisor's end --- */

struct bw_cluster_agent;

/* argv: arguments of this program that make it the agent; NULL at the end. They outlive it.
 * has_secret: it keeps a Secret. Starts nothing yet. */
int bw_cluster_agent_new(char *const *argv, bool has_secret, struct bw_cluster_agent **ret_agent,
                         struct bw_err *err) BW_MUST_USE;
void bw_cluster_agent_free(struct bw_cluster_agent *agent); /* ends it; takes NULL */
void bw_cluster_agent_freep(struct bw_cluster_agent **agent);

/* Takes what the agent said; starts it where it does not run. Waits up to wait_ms where nothing was
 * ever handed over: BW_ETIMEOUT with the agent's own trouble. *ret_changed: policies or namespaces
 * are others than at the last call. On the thread that made it. */
int bw_cluster_agent_step(struct bw_cluster_agent *agent, int wait_ms, bool *ret_changed,
                          struct bw_err *err) BW_MUST_USE;

/* What was handed over last (cluster-state.h); valid until the next step. Policies are empty where
 * none are asked for. */
struct bw_str bw_cluster_agent_policies(const struct bw_cluster_agent *agent);
struct bw_str bw_cluster_agent_namespaces(const struct bw_cluster_agent *agent);

/* What the Secret says of the authority; for TAKE with the authority itself, once: it is written to
 * the directory of certificates then. Without a Secret it is SAME. */
enum bw_cluster_secret_state
bw_cluster_agent_authority(struct bw_cluster_agent *agent,
                           const struct bw_cluster_authority **ret_authority);

/* When the cluster was last heard of, seconds since 1970; 0: never. It is every few minutes, as
 * long as it can be reached. */
int64_t bw_cluster_agent_read_at(const struct bw_cluster_agent *agent);

/* A Namespace as JSON, labels and annotations of it, as of the last step: what an object of a new
 * namespace waits for, up to wait_ms. BW_ENOENT. Any thread. */
int bw_cluster_agent_namespace(struct bw_cluster_agent *agent, struct bw_str name, int wait_ms,
                               struct bw_buf *json, struct bw_err *err) BW_MUST_USE;

/* Of the last audit: "NAME VALUE" lines: objects, denied, warned, doubtful, gaps, seconds (since
 * 1970), and "policy ID N" for each policy that objects fail. Empty before the first. */
struct bw_str bw_cluster_agent_audit(const struct bw_cluster_agent *agent);

/* --- the agent --- */

struct bw_cluster_agent_options {
    const char *kubeconfig, *context; /* NULL: what a pod is given */
    bool policies;                    /* hand the cluster's policies over */

    const char *registration; /* name of the configurations; NULL: none */
    struct bw_str service_namespace, service_name;
    const char *tls_dir;                         /* of certificate.h: its bundle is registered */
    struct bw_str secret_namespace, secret_name; /* empty: the authority is in no Secret */

    int64_t audit_ms;        /* between audits; 0: none */
    char *const *audit_argv; /* arguments that make this program an audit that prints records */
    struct bw_evidence *log; /* of audits; NULL: none */
};

/* Runs until the supervisor is gone. Fails where there are no credentials; all else is tried again,
 * and said on standard error. */
int bw_cluster_agent_run(const struct bw_cluster_agent_options *options,
                         struct bw_err *err) BW_MUST_USE;

#endif
