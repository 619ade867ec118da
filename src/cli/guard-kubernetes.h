/*
 * guard-kubernetes.h: what `bulwark guard kubernetes` was told, and its parts; private to
 * src/cli/guard-kubernetes*.c.
 */
#ifndef BW_CLI_GUARD_KUBERNETES_H
#define BW_CLI_GUARD_KUBERNETES_H

#include "base/arena.h"
#include "enforce/gate-config.h"
#include "enforce/service.h"

#define BW_GUARD_AUDIT_SKIPS_MAX 100u
#define BW_GUARD_TLS_NAMES_MAX   50u

/* Not for a person: the word that makes the program the cluster's agent (cluster-agent.h). */
#define BW_GUARD_AGENT_WORD "agent"

struct bw_guard_kubernetes {
    struct bw_gate_options gate;
    struct bw_arena *arena;
    const char *listen, *tls_dir, *kubeconfig, *context, *registration;
    struct bw_str service_namespace, service_name, secret_namespace, secret_name;
    struct bw_gate_words tls_names, skip; /* of audits: namespaces */
    bool policies_from_cluster, audit_once, json, quiet;
    bool is_agent;
    int64_t audit_ms; /* -1: the default */
    char **argv;      /* as the verb was given it, without its name */
    int argc;
};

/* Rules of the options, with the labels of the cluster's namespaces (cluster-state.h; may be
 * empty). */
int bw_guard_kubernetes_rules(const struct bw_guard_kubernetes *guard, struct bw_str namespaces,
                              struct bw_service_rules *rules, struct bw_err *err) BW_MUST_USE;

/* The set of the cluster's policies (cluster-state.h). Those that are left out are told on standard
 * error. */
int bw_guard_kubernetes_policies(struct bw_str policies, struct bw_buf *set,
                                 struct bw_err *err) BW_MUST_USE;

/* Whether an API server is at hand: a kubeconfig was named, or this is a pod. */
bool bw_guard_kubernetes_has_cluster(const struct bw_guard_kubernetes *guard);

/* The arguments that start a process of ours: the verb's own, a word in front of them (or NULL),
 * and others behind; NULL at the end. In the arena; NULL when it is full. */
char **bw_guard_kubernetes_arguments(struct bw_guard_kubernetes *guard, const char *word,
                                     const char *const *more);

/* Serves until it is told to stop. */
int bw_guard_kubernetes_serve(struct bw_guard_kubernetes *guard, struct bw_err *err) BW_MUST_USE;

/* --audit-once. Returns an enum bw_exit. */
int bw_guard_kubernetes_audit(struct bw_guard_kubernetes *guard);

#endif
