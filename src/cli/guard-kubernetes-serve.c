/*
 * guard kubernetes: what the supervisor of the webhook does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acquire/kubernetes.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/guard-kubernetes.h"
#include "enforce/certificate.h"
#include "enforce/cluster-agent.h"
#include "enforce/cluster-policies.h"
#include "enforce/kubernetes-guard.h"
#include "enforce/metrics.h"
#include "wrap/json.h"
#include "wrap/sha256.h"

#define TICK_MS       250
#define START_WAIT_MS 60000 /* for the cluster's policies and namespaces */
#define NAMESPACE_MS  2500  /* that an object of a new namespace waits for it */

/* What the service's callbacks have. */
struct serving {
    struct bw_guard_kubernetes *guard;
    struct bw_cluster_agent *agent; /* NULL: no cluster is spoken to */
    struct bw_certificate *certificate;
    struct bw_metrics *metrics;
    uint64_t policies; /* hash of those of the cluster that became `set` */
    struct bw_buf set;
    char audit[64];  /* when the last one ended */
    int64_t read_at; /* the cluster; as it is shown */
};

/* --- rules --- */

static void left_out(void *ctx, struct bw_str object, const char *why)
{
    (void)ctx;
    bw_log(BW_LOG_WARN, "a policy of the cluster is left out: %" BW_STR_F ": %s", BW_STR_A(object),
           why);
}

/* The cluster's namespaces become a member of the configuration. */
static int add_namespaces(struct bw_buf *configuration, struct bw_str namespaces,
                          struct bw_err *err)
{
    struct bw_buf merged = BW_BUF(BW_GATE_CONFIG_MAX);
    struct bw_str text = bw_str_trim(bw_buf_slice(configuration));
    if (!namespaces.n)
        return 0;
    text = bw_str_take(text, text.n - 1);
    bw_buf_str(&merged, text);
    bw_buf_printf(&merged, "%s\"namespaces\":", text.n > 1 ? "," : "");
    bw_buf_str(&merged, namespaces);
    bw_buf_byte(&merged, '}');
    if (bw_buf_failed(&merged)) {
        bw_buf_free(&merged);
        return bw_err_set(err, BW_ELIMIT,
                          "the configuration and the labels of the cluster's namespaces are longer "
                          "than %zu MiB",
                          BW_GATE_CONFIG_MAX >> 20);
    }
    bw_buf_free(configuration);
    *configuration = merged;
    return 0;
}

int bw_guard_kubernetes_rules(const struct bw_guard_kubernetes *guard, struct bw_str namespaces,
                              struct bw_service_rules *rules, struct bw_err *err)
{
    int rc = bw_gate_options_load(&guard->gate, &rules->configuration, &rules->set, err);
    return rc ? rc : add_namespaces(&rules->configuration, namespaces, err);
}

int bw_guard_kubernetes_policies(struct bw_str policies, struct bw_buf *set, struct bw_err *err)
{
    return policies.n ? bw_cluster_policies_compile(policies, left_out, NULL, set, err) : 0;
}

/* --- in the supervisor --- */

/* The cluster's policies are compiled when they change, and not whenever a namespace does. */
static int compile_policies(struct serving *serving, struct bw_err *err)
{
    struct bw_str policies = bw_cluster_agent_policies(serving->agent);
    struct bw_buf set = BW_BUF(BW_POLICY_SET_MAX);
    uint64_t hash = bw_str_hash(policies);
    if (hash == serving->policies)
        return 0;
    int rc = bw_guard_kubernetes_policies(policies, &set, err);
    if (rc) {
        bw_buf_free(&set);
        return bw_err_prefix(err, rc, "the policies of the cluster");
    }
    bw_buf_free(&serving->set);
    serving->set = set;
    serving->policies = hash;
    return 0;
}

static int load(void *ctx, struct bw_service_rules *rules, struct bw_err *err)
{
    struct serving *serving = ctx;
    struct bw_str namespaces = {0};
    if (serving->agent) {
        bool changed = false;
        int rc = bw_cluster_agent_step(serving->agent, START_WAIT_MS, &changed, err);
        if (rc == 0)
            rc = compile_policies(serving, err);
        if (rc)
            return rc;
        bw_buf_str(&rules->more, bw_buf_slice(&serving->set));
        namespaces = bw_cluster_agent_namespaces(serving->agent);
    }
    return bw_guard_kubernetes_rules(serving->guard, namespaces, rules, err);
}

static int write_authority(const struct bw_guard_kubernetes *guard,
                           const struct bw_cluster_authority *authority, struct bw_err *err)
{
    const struct {
        const char *name;
        const struct bw_buf *bytes;
    } files[] = {{"ca.key", &authority->key}, {"ca.pem", &authority->pem}};
    int rc = bw_fd_make_dirs(guard->tls_dir, 0700, err);
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(files); i++) {
        struct bw_str path = bw_arena_printf(guard->arena, "%s/%s", guard->tls_dir, files[i].name);
        rc = path.p ? bw_fd_replace_file(path.p, files[i].bytes->p, files[i].bytes->n, 0600, err)
                    : bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    return rc;
}

static int certificate(void *ctx, struct bw_service_certificate *into, bool *ret_changed,
                       struct bw_err *err)
{
    struct serving *serving = ctx;
    const struct bw_cluster_authority *authority = NULL;
    enum bw_cluster_secret_state state = BW_CLUSTER_SECRET_SAME;
    int rc = 0;
    if (serving->agent)
        state = bw_cluster_agent_authority(serving->agent, &authority);
    if (state == BW_CLUSTER_SECRET_TAKE)
        rc = write_authority(serving->guard, authority, err);
    if (rc == 0)
        rc = bw_certificate_look(serving->certificate, (int64_t)time(NULL), into, ret_changed, err);
    if (rc == 0 && state != BW_CLUSTER_SECRET_SAME)
        bw_buf_printf(&into->trouble, "the authority is not yet that of the Secret");
    return rc;
}

static int answer(void *ctx, struct bw_str ask, struct bw_buf *out, struct bw_err *err)
{
    struct serving *serving = ctx;
    struct bw_str prefix = BW_STR(BW_KUBERNETES_GUARD_ASK);
    if (!serving->agent || !bw_str_starts(ask, prefix))
        return bw_err_set(err, BW_ENOENT, "no cluster is at hand");
    return bw_cluster_agent_namespace(serving->agent, bw_str_from(ask, prefix.n), NAMESPACE_MS, out,
                                      err);
}

/* "NAME VALUE" lines become metrics. */
static void put_audit(const struct serving *serving, struct bw_buf *text)
{
    struct bw_str rest = bw_cluster_agent_audit(serving->agent), line;
    bool policies = false;
    if (rest.n)
        bw_buf_printf(text, "# HELP bulwark_audit_last What the last audit of the cluster found.\n"
                            "# TYPE bulwark_audit_last gauge\n");
    while (rest.n && bw_str_line(&rest, &line)) {
        struct bw_str words = line, name, id;
        bw_str_split(&words, ' ', &name);
        if (!bw_str_eq(name, BW_STR("policy"))) {
            bw_buf_printf(text, "bulwark_audit_last{what=\"%" BW_STR_F "\"} %" BW_STR_F "\n",
                          BW_STR_A(name), BW_STR_A(words));
            continue;
        }
        if (!policies)
            bw_buf_printf(text, "# HELP bulwark_audit_denied Findings of the last audit that would "
                                "be denied.\n# TYPE bulwark_audit_denied gauge\n");
        policies = true;
        bw_str_split(&words, ' ', &id);
        bw_buf_printf(text, "bulwark_audit_denied{policy=\"%" BW_STR_F "\"} %" BW_STR_F "\n",
                      BW_STR_A(id), BW_STR_A(words));
    }
}

static void show_metrics(struct serving *serving)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_METRICS_EXTRA_MAX);
    bw_buf_printf(
        &text,
        "# HELP bulwark_cluster_read_timestamp_seconds When the cluster was last heard of.\n"
        "# TYPE bulwark_cluster_read_timestamp_seconds gauge\n"
        "bulwark_cluster_read_timestamp_seconds %lld\n",
        (long long)serving->read_at);
    put_audit(serving, &text);
    bw_metrics_extra(serving->metrics, bw_buf_slice(&text));
}

static int tick(void *ctx, bool *ret_reload, struct bw_err *err)
{
    struct serving *serving = ctx;
    if (!serving->agent)
        return 0;
    int rc = bw_cluster_agent_step(serving->agent, 0, ret_reload, err);
    struct bw_str audit = bw_cluster_agent_audit(serving->agent);
    size_t at = bw_str_find_str(audit, BW_STR("seconds "));
    struct bw_str seconds = at == SIZE_MAX ? (struct bw_str){0} : bw_str_from(audit, at);
    seconds = bw_str_take(seconds, bw_str_find(seconds, '\n'));
    seconds = bw_str_take(seconds, sizeof serving->audit - 1);
    int64_t read_at = bw_cluster_agent_read_at(serving->agent);
    if (bw_str_eq(seconds, bw_str(serving->audit)) && read_at == serving->read_at)
        return rc;
    if (seconds.n)
        memcpy(serving->audit, seconds.p, seconds.n);
    serving->audit[seconds.n] = '\0';
    serving->read_at = read_at;
    show_metrics(serving);
    return rc;
}

/* --- serving --- */

static int make_certificate(struct serving *serving, struct bw_err *err)
{
    const struct bw_guard_kubernetes *guard = serving->guard;
    struct bw_str names[BW_GUARD_TLS_NAMES_MAX + 4];
    size_t n = 0;
    struct bw_str service = guard->service_name, namespace = guard->service_namespace;
    if (service.n) {
        static const char *const forms[] = {".svc", ".svc.cluster.local", ""};
        for (size_t i = 0; i < BW_ARRAY_LEN(forms); i++)
            names[n++] = bw_arena_printf(guard->arena, "%" BW_STR_F ".%" BW_STR_F "%s",
                                         BW_STR_A(service), BW_STR_A(namespace), forms[i]);
    }
    for (size_t i = 0; i < guard->tls_names.n; i++)
        names[n++] = bw_str(guard->tls_names.v[i]);
    if (!n) {
        names[n++] = BW_STR("localhost");
        names[n++] = BW_STR("127.0.0.1");
    }
    const struct bw_certificate_options options = {
        .directory = guard->tls_dir, .names = names, .names_n = n};
    return bw_certificate_new(&options, &serving->certificate, err);
}

static int make_parts(struct serving *serving, struct bw_err *err)
{
    struct bw_guard_kubernetes *guard = serving->guard;
    uint8_t digest[BW_SHA256_SIZE];
    serving->metrics = bw_metrics_new();
    if (!serving->metrics)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    /* OpenSSL reads its configuration at the first digest, which a server could not. */
    if (bw_sha256("", 0, digest))
        return bw_err_set(err, BW_EINTERNAL, "SHA-256 does not work");
    int rc = make_certificate(serving, err);
    if (rc || !bw_guard_kubernetes_has_cluster(guard))
        return rc;
    /* The agent would say so again and again. */
    struct bw_kubernetes *client BW_CLEANUP(bw_kubernetes_closep) = NULL;
    rc = bw_kubernetes_open(guard->kubeconfig, guard->context, &client, err);
    if (rc)
        return rc;
    char **argv = bw_guard_kubernetes_arguments(guard, BW_GUARD_AGENT_WORD, NULL);
    return argv ? bw_cluster_agent_new(argv, guard->secret_name.n > 0, &serving->agent, err)
                : bw_err_set(err, BW_ENOMEM, "out of memory");
}

int bw_guard_kubernetes_serve(struct bw_guard_kubernetes *guard, struct bw_err *err)
{
    struct serving serving = {.guard = guard};
    int rc = make_parts(&serving, err);
    const struct bw_service_options options = {
        .address = guard->listen,
        .body_max = BW_KUBERNETES_GUARD_BODY_MAX,
        .memory_max = 8 * BW_KUBERNETES_GUARD_BODY_MAX,
        .log = guard->gate.log,
        .log_required = guard->gate.log_required,
        .watch = bw_gate_options_watch(&guard->gate),
        .tick_ms = TICK_MS,
        .metrics = serving.metrics,
        .ctx = &serving,
        .load = load,
        .certificate = certificate,
        .answer = answer,
        .tick = tick,
        .handle = bw_kubernetes_guard_handle,
        .undecided = bw_kubernetes_guard_undecided,
        .probes = true,
    };
    if (rc == 0 && !options.watch)
        rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc == 0)
        rc = bw_service_run(&options, err);
    bw_buf_free(&serving.set);
    bw_cluster_agent_free(serving.agent);
    bw_certificate_free(serving.certificate);
    bw_metrics_free(serving.metrics);
    return rc;
}
