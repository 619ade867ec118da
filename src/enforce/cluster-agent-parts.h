/*
 * cluster-agent-parts.h: what agent and supervisor say, and the agent's audits; private to
 * src/enforce/cluster-agent*.c.
 */
#ifndef BW_ENFORCE_CLUSTER_AGENT_PARTS_H
#define BW_ENFORCE_CLUSTER_AGENT_PARTS_H

#include "enforce/cluster-agent.h"

/* Types of messages (service-channel.h), all from the agent. */
enum bw_cluster_message {
    BW_CLUSTER_POLICIES = 100, /* fd */
    BW_CLUSTER_NAMESPACES,     /* fd */
    BW_CLUSTER_AUDIT,          /* bytes */
    BW_CLUSTER_READ,           /* namespaces were listed, which also happens when nothing changes */
    BW_CLUSTER_TROUBLE,        /* bytes: why something did not work */
    BW_CLUSTER_AUTHORITY,      /* code: enum bw_cluster_secret_state; fds of TAKE: ca.pem, ca.key */
};

/* Audits of an agent, one at a time, each a process of its own. */
struct bw_cluster_auditor;
struct bw_cluster_auditor *bw_cluster_auditor_new(const struct bw_cluster_agent_options *options);
void bw_cluster_auditor_free(struct bw_cluster_auditor *auditor); /* takes NULL */

/* Starts one where it is time, takes what it says. An audit that has ended: its figures are
 * appended to `figures`, as bw_cluster_agent_audit has them. */
int bw_cluster_auditor_step(struct bw_cluster_auditor *auditor, struct bw_buf *figures,
                            struct bw_err *err) BW_MUST_USE;

#endif
