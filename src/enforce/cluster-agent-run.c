#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "enforce/cluster-agent-parts.h"
#include "enforce/cluster-register.h"
#include "enforce/cluster-state.h"
#include "enforce/service-channel.h"

#define STEP_MS         200
#define QUIET_MS        100  /* changes come in swarms */
#define RETRY_MS        2000 /* after a failure */
#define PARAMS_MS       5000 /* parameters are not watched */
#define CERTIFICATES_MS 2000
#define REGISTER_MS     10000 /* a registration may be replaced by whoever installed it */
#define BUNDLE_MAX      ((size_t)1 << 20)
#define NEVER           INT64_MAX

/* Something that is handed over when it is another than before. */
struct share {
    uint32_t type;
    int64_t due_ms;
    uint64_t hash; /* of what was handed over */
    bool shared;
};

struct agent {
    const struct bw_cluster_agent_options *options;
    struct bw_kubernetes *client;
    struct share policies, namespaces;
    int64_t certificates_ms, register_ms;
    enum bw_cluster_secret_state secret; /* what was said last */
    bool said;
    int64_t secret_ms;   /* until then what was said holds */
    uint64_t secret_own; /* hash of our bundle then */
    uint64_t registered; /* hash of the bundle that is */
    unsigned found;
    char trouble[BW_ERR_MSG_MAX];
    bool troubled; /* since it was set to false */
};

/* Said once for each new reason; the supervisor tells it where it waits. */
static void on_trouble(void *ctx, const struct bw_err *why)
{
    struct agent *agent = ctx;
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CLUSTER_TROUBLE);
    agent->troubled = true;
    if (strcmp(agent->trouble, why->msg) == 0)
        return;
    snprintf(agent->trouble, sizeof agent->trouble, "%s", why->msg);
    bw_log(BW_LOG_WARN, "cluster: %s", why->msg);
    message.bytes = bw_str(why->msg);
    (void)!bw_channel_send(BW_CLUSTER_AGENT_FD, &message, false, NULL);
}

static void on_change(void *ctx, size_t of)
{
    struct agent *agent = ctx;
    struct share *share =
        of < BW_CLUSTER_WATCHED_NAMESPACES ? &agent->namespaces : &agent->policies;
    int64_t due = bw_clock_monotonic_ms() + QUIET_MS;
    if (due < share->due_ms)
        share->due_ms = due;
}

/* --- what is handed over --- */

static int hand_over(struct share *share, struct bw_str text, struct bw_err *err)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(share->type);
    uint64_t hash = bw_str_hash(text);
    if (share->shared && hash == share->hash)
        return 0;
    int rc = bw_channel_memory(text, &message.fds[0], err);
    if (rc == 0)
        rc = bw_channel_send(BW_CLUSTER_AGENT_FD, &message, true, err);
    bw_channel_close_fds(&message);
    if (rc == 0) {
        share->shared = true;
        share->hash = hash;
    }
    return rc;
}

static int read_namespaces(struct agent *agent, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CLUSTER_NAMESPACES_MAX);
    agent->namespaces.due_ms = NEVER;
    int rc = bw_cluster_namespaces_read(agent->client, &text, err);
    if (rc == 0)
        rc = hand_over(&agent->namespaces, bw_buf_slice(&text), err);
    if (rc)
        return rc;
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CLUSTER_READ);
    return bw_channel_send(BW_CLUSTER_AGENT_FD, &message, true, err);
}

static int read_policies(struct agent *agent, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CLUSTER_POLICIES_MAX);
    bool params = false;
    int rc = 0;
    agent->policies.due_ms = NEVER;
    if (agent->options->policies)
        rc = bw_cluster_policies_read(agent->client, on_trouble, agent, &text, &params, err);
    if (rc)
        return rc;
    if (params)
        agent->policies.due_ms = bw_clock_monotonic_ms() + PARAMS_MS;
    return hand_over(&agent->policies, bw_buf_slice(&text), err);
}

static void share_if_due(struct agent *agent, struct share *share,
                         int (*read)(struct agent *agent, struct bw_err *err))
{
    struct bw_err err = {0};
    if (bw_clock_monotonic_ms() < share->due_ms)
        return;
    agent->troubled = false;
    if (read(agent, &err) == 0) {
        if (!agent->troubled)
            agent->trouble[0] = '\0'; /* the next one is news */
        return;
    }
    share->due_ms = bw_clock_monotonic_ms() + RETRY_MS;
    on_trouble(agent, &err);
}

/* --- the registration --- */

/* A file of the directory of certificates; empty where it is not there yet. */
static int read_file(const struct agent *agent, const char *name, struct bw_buf *buf,
                     struct bw_err *err)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", agent->options->tls_dir, name) >= sizeof path)
        return bw_err_set(err, BW_EUSAGE, "the path of --tls-dir is too long");
    int rc = bw_fd_slurp_path(path, buf, err);
    return rc == BW_ENOENT ? 0 : rc;
}

static int keep_registration(struct agent *agent, struct bw_err *err)
{
    const struct bw_cluster_agent_options *options = agent->options;
    struct bw_buf bundle BW_CLEANUP(bw_buf_free) = BW_BUF(BUNDLE_MAX);
    struct bw_cluster_registration registration = {
        .name = options->registration,
        .service_namespace = options->service_namespace,
        .service_name = options->service_name,
    };
    unsigned found = 0;
    int rc = read_file(agent, "ca.pem", &bundle, err);
    if (rc == 0 && !bundle.n) /* somebody else's certificate, or not made yet */
        rc = read_file(agent, "ca.crt", &bundle, err);
    if (rc || !bundle.n)
        return rc;
    uint64_t hash = bw_str_hash(bw_buf_slice(&bundle));
    int64_t now = bw_clock_monotonic_ms();
    if (hash == agent->registered && now < agent->register_ms)
        return 0;
    registration.bundle = bw_buf_slice(&bundle);
    rc = bw_cluster_register(agent->client, &registration, &found, err);
    if (rc)
        return rc;
    if (found && (hash != agent->registered || found != agent->found))
        bw_log(BW_LOG_INFO, "cluster: the authority of %u webhook%s of %s is registered", found,
               found == 1 ? "" : "s", options->registration);
    agent->registered = found ? hash : 0;
    agent->found = found;
    agent->register_ms = now + REGISTER_MS;
    return 0;
}

/* --- the shared authority --- */

static int say_authority(struct agent *agent, enum bw_cluster_secret_state state,
                         const struct bw_cluster_authority *theirs, struct bw_err *err)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CLUSTER_AUTHORITY);
    int rc = 0;
    if (agent->said && state == agent->secret && state != BW_CLUSTER_SECRET_TAKE)
        return 0;
    message.code = (int32_t)state;
    if (state == BW_CLUSTER_SECRET_TAKE) {
        rc = bw_channel_memory(bw_buf_slice(&theirs->pem), &message.fds[0], err);
        if (rc == 0)
            rc = bw_channel_memory(bw_buf_slice(&theirs->key), &message.fds[1], err);
    }
    if (rc == 0)
        rc = bw_channel_send(BW_CLUSTER_AGENT_FD, &message, true, err);
    bw_channel_close_fds(&message);
    agent->said = rc == 0;
    agent->secret = state;
    return rc;
}

/* *ret_same: what is in the directory may be registered. */
static int keep_secret(struct agent *agent, bool *ret_same, struct bw_err *err)
{
    struct bw_cluster_authority own = {.pem = BW_BUF(BW_CLUSTER_AUTHORITY_MAX),
                                       .key = BW_BUF(BW_CLUSTER_AUTHORITY_MAX)};
    struct bw_cluster_authority theirs = {.pem = BW_BUF(BW_CLUSTER_AUTHORITY_MAX),
                                          .key = BW_BUF(BW_CLUSTER_AUTHORITY_MAX)};
    enum bw_cluster_secret_state state = BW_CLUSTER_SECRET_NONE;
    int rc = read_file(agent, "ca.pem", &own.pem, err);
    if (rc == 0)
        rc = read_file(agent, "ca.key", &own.key, err);
    uint64_t hash = bw_str_hash(bw_buf_slice(&own.pem));
    int64_t now = bw_clock_monotonic_ms();
    bool settled = agent->said && agent->secret == BW_CLUSTER_SECRET_SAME &&
                   hash == agent->secret_own && now < agent->secret_ms;
    if (rc == 0 && settled)
        state = BW_CLUSTER_SECRET_SAME;
    else if (rc == 0)
        rc = bw_cluster_secret_sync(agent->client, agent->options->secret_namespace,
                                    agent->options->secret_name, &own, &theirs, &state, err);
    if (rc == 0)
        rc = say_authority(agent, state, &theirs, err);
    if (rc == 0 && !settled) {
        agent->secret_own = hash;
        agent->secret_ms = now + REGISTER_MS;
    }
    if (rc == 0)
        *ret_same = state == BW_CLUSTER_SECRET_SAME;
    bw_buf_free(&own.pem);
    bw_buf_free(&own.key);
    bw_buf_free(&theirs.pem);
    bw_buf_free(&theirs.key);
    return rc;
}

static void keep_certificates(struct agent *agent)
{
    struct bw_err err = {0};
    int64_t now = bw_clock_monotonic_ms();
    bool same = !agent->options->secret_name.n;
    int rc = 0;
    if (now < agent->certificates_ms)
        return;
    agent->certificates_ms = now + CERTIFICATES_MS;
    if (!same)
        rc = keep_secret(agent, &same, &err);
    if (rc == 0 && same && agent->options->registration)
        rc = keep_registration(agent, &err);
    if (rc)
        on_trouble(agent, &err);
}

/* --- the loop --- */

static bool is_alone(void)
{
    struct pollfd p = {.fd = BW_CLUSTER_AGENT_FD};
    return poll(&p, 1, 0) > 0 && p.revents;
}

static int audit(struct bw_cluster_auditor *auditor, struct bw_err *err)
{
    struct bw_buf figures BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CHANNEL_INLINE_MAX);
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CLUSTER_AUDIT);
    int rc = bw_cluster_auditor_step(auditor, &figures, err);
    if (rc || !figures.n)
        return rc;
    message.bytes = bw_buf_slice(&figures);
    return bw_channel_send(BW_CLUSTER_AGENT_FD, &message, true, err);
}

static int go_on(struct agent *agent, struct bw_kubernetes_watch *watch,
                 struct bw_cluster_auditor *auditor, struct bw_err *err)
{
    while (!is_alone()) {
        struct bw_err why = {0};
        keep_certificates(agent);
        share_if_due(agent, &agent->namespaces, read_namespaces);
        share_if_due(agent, &agent->policies, read_policies);
        if (auditor && audit(auditor, &why))
            on_trouble(agent, &why);
        int rc = bw_kubernetes_watch_step(watch, STEP_MS, on_trouble, err);
        if (rc)
            return rc;
    }
    return 0;
}

int bw_cluster_agent_run(const struct bw_cluster_agent_options *options, struct bw_err *err)
{
    struct bw_kubernetes *client BW_CLEANUP(bw_kubernetes_closep) = NULL;
    struct bw_kubernetes_watch *watch = NULL;
    struct bw_cluster_auditor *auditor = options->audit_ms ? bw_cluster_auditor_new(options) : NULL;
    struct agent agent = {
        .options = options,
        .policies = {.type = BW_CLUSTER_POLICIES},
        .namespaces = {.type = BW_CLUSTER_NAMESPACES},
    };
    size_t watched = options->policies ? BW_CLUSTER_WATCHED : BW_CLUSTER_WATCHED_NAMESPACES;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    int rc = bw_kubernetes_open(options->kubeconfig, options->context, &client, err);
    if (rc) {
        on_trouble(&agent, err);
        return rc;
    }
    agent.client = client;
    rc = bw_kubernetes_watch_open(client, bw_cluster_watched, watched, on_change, &agent, &watch,
                                  err);
    if (rc == 0)
        rc = go_on(&agent, watch, auditor, err);
    bw_kubernetes_watch_close(watch);
    bw_cluster_auditor_free(auditor);
    return rc;
}
