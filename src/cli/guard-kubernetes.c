/*
 * guard kubernetes: the options, and what the service is told.
 */
#include "cli/guard-kubernetes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acquire/kubernetes.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/guard.h"
#include "enforce/certificate.h"
#include "enforce/cluster-agent.h"
#include "enforce/cluster-policies.h"
#include "enforce/kubernetes-guard.h"
#include "enforce/metrics.h"
#include "wrap/json.h"
#include "wrap/sha256.h"

enum {
    OPTION_LISTEN = 1,
    OPTION_TLS_DIR,
    OPTION_TLS_NAME,
    OPTION_TLS_SECRET,
    OPTION_SERVICE,
    OPTION_REGISTER,
    OPTION_KUBECONFIG,
    OPTION_CONTEXT,
    OPTION_POLICIES_FROM_CLUSTER,
    OPTION_AUDIT_INTERVAL,
    OPTION_AUDIT_ONCE,
    OPTION_AUDIT_SKIP,
    OPTION_FORMAT,
    OPTION_QUIET,
};

#define LISTEN_DEFAULT   ":8443"
#define TLS_DIR_DEFAULT  "/run/bulwark/tls"
#define AUDIT_DEFAULT_MS 600000
#define TICK_MS          250
#define START_WAIT_MS    60000 /* for the cluster's policies and namespaces */
#define NAMESPACE_MS     2500  /* that an object of a new namespace waits for it */
#define ARENA_MAX        ((size_t)4 << 20)
#define TLS_NAMES_MAX    50u

/* Not for a person: the word that makes the program the cluster's agent (cluster-agent.h). */
#define AGENT_WORD "agent"

const struct bw_option bw_guard_kubernetes_options[] = {
    {OPTION_LISTEN, 0, "listen", "ADDRESS", "HOST:PORT or :PORT (" LISTEN_DEFAULT ")"},
    {OPTION_TLS_DIR, 0, "tls-dir", "DIR",
     "certificates (" TLS_DIR_DEFAULT "): made and renewed there, unless there are tls.crt and "
     "tls.key of somebody else's"},
    {OPTION_TLS_NAME, 0, "tls-name", "NAME",
     "DNS name or address that the certificate is for, beside those of --service; may be repeated"},
    {OPTION_TLS_SECRET, 0, "tls-secret", "NAMESPACE/NAME",
     "share the authority of the certificates with other replicas in this Secret"},
    {OPTION_SERVICE, 0, "service", "NAMESPACE/NAME", "the Service that leads here"},
    {OPTION_REGISTER, 0, "register", "NAME",
     "write the authority into the Validating- and MutatingWebhookConfiguration of that name, for "
     "the webhooks of --service, else for those with a URL"},
    {OPTION_KUBECONFIG, 0, "kubeconfig", "FILE",
     "how the API server is reached; default: as a pod is told"},
    {OPTION_CONTEXT, 0, "context", "NAME", "of the kubeconfig, instead of its current one"},
    {OPTION_POLICIES_FROM_CLUSTER, 0, "policies-from-cluster", NULL,
     "the cluster's own ValidatingAdmissionPolicies and MutatingAdmissionPolicies, too"},
    BW_GATE_OPTION_ROWS,
    {OPTION_AUDIT_INTERVAL, 0, "audit-interval", "TIME",
     "how often what already runs is judged (10m); 0: never"},
    {OPTION_AUDIT_ONCE, 0, "audit-once", NULL,
     "judge what runs, print what would be denied, and end: exit code 1 where there is something"},
    {OPTION_AUDIT_SKIP, 0, "audit-skip", "NAMESPACE",
     "leave these namespaces out of audits; '*' and '?' as in file names; may be repeated"},
    {OPTION_FORMAT, 'f', "format", "NAME",
     "of --audit-once: text (default) or json, an object a line"},
    {OPTION_QUIET, 'q', "quiet", NULL, "say on standard error only what goes wrong"},
    {0},
};

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

/* --- options --- */

static int take_pair(struct bw_guard_kubernetes *guard, const char *option, const char *value,
                     struct bw_str *ret_namespace, struct bw_str *ret_name, struct bw_err *err)
{
    struct bw_str s = bw_str(value);
    size_t slash = bw_str_find(s, '/');
    struct bw_str name = slash == SIZE_MAX ? (struct bw_str){0} : bw_str_from(s, slash + 1);
    if (!slash || !name.n || bw_str_find(name, '/') != SIZE_MAX)
        return bw_err_set(err, BW_EUSAGE, "%s: NAMESPACE/NAME is wanted, not '%s'", option, value);
    *ret_namespace = bw_arena_str(guard->arena, bw_str_take(s, slash));
    *ret_name = bw_arena_str(guard->arena, name);
    return 0;
}

static int take_word(struct bw_gate_words *words, const char *value, unsigned max,
                     struct bw_err *err)
{
    const char **slot = BW_VEC_PUSH(words, max);
    if (!slot)
        return bw_err_set(err, BW_EUSAGE, "an option is given more than %u times", max);
    *slot = value;
    return 0;
}

static int take_audit(struct bw_guard_kubernetes *guard, int id, const char *value,
                      struct bw_err *err)
{
    if (id == OPTION_AUDIT_ONCE) {
        guard->audit_once = true;
        return 0;
    }
    if (id == OPTION_AUDIT_SKIP)
        return take_word(&guard->skip, value, BW_GUARD_AUDIT_SKIPS_MAX, err);
    if (id == OPTION_AUDIT_INTERVAL) {
        if (!bw_cli_parse_duration(value, &guard->audit_ms) || guard->audit_ms < 0)
            return bw_err_set(err, BW_EUSAGE, "--audit-interval: '%s' is no time (10m, 1h)", value);
        return 0;
    }
    guard->json = strcmp(value, "json") == 0;
    if (!guard->json && strcmp(value, "text") != 0)
        return bw_err_set(err, BW_EUSAGE, "--format takes text or json, not '%s'", value);
    return 0;
}

static int take_operand(struct bw_guard_kubernetes *guard, const char *value, struct bw_err *err)
{
    guard->is_agent = strcmp(value, AGENT_WORD) == 0;
    return guard->is_agent
               ? 0
               : bw_err_set(err, BW_EUSAGE, "'%s': there is nothing to name but options", value);
}

static int take(struct bw_guard_kubernetes *guard, int id, const char *value, struct bw_err *err)
{
    switch (id) {
    case OPTION_LISTEN:
        guard->listen = value;
        return 0;
    case OPTION_TLS_DIR:
        guard->tls_dir = value;
        return 0;
    case OPTION_TLS_NAME:
        return take_word(&guard->tls_names, value, TLS_NAMES_MAX, err);
    case OPTION_TLS_SECRET:
        return take_pair(guard, "--tls-secret", value, &guard->secret_namespace,
                         &guard->secret_name, err);
    case OPTION_SERVICE:
        return take_pair(guard, "--service", value, &guard->service_namespace, &guard->service_name,
                         err);
    case OPTION_REGISTER:
        guard->registration = value;
        return 0;
    case OPTION_KUBECONFIG:
        guard->kubeconfig = value;
        return 0;
    case OPTION_CONTEXT:
        guard->context = value;
        return 0;
    case OPTION_POLICIES_FROM_CLUSTER:
        guard->policies_from_cluster = true;
        return 0;
    case OPTION_QUIET:
        guard->quiet = true;
        return 0;
    case BW_ARG_OPERAND:
        return take_operand(guard, value, err);
    default:
        return id >= OPTION_AUDIT_INTERVAL && id <= OPTION_FORMAT
                   ? take_audit(guard, id, value, err)
                   : bw_gate_options_take(&guard->gate, id, value, err);
    }
}

static bool has_cluster(const struct bw_guard_kubernetes *guard)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    return guard->kubeconfig || (host && *host);
}

static int check(struct bw_guard_kubernetes *guard, struct bw_err *err)
{
    const char *wants = guard->registration            ? "--register"
                        : guard->policies_from_cluster ? "--policies-from-cluster"
                        : guard->secret_name.n         ? "--tls-secret"
                                                       : NULL;
    if (wants && !guard->audit_once && !has_cluster(guard))
        return bw_err_set(err, BW_EUSAGE,
                          "%s needs a cluster, and this is no pod of one: name a kubeconfig with "
                          "--kubeconfig",
                          wants);
    if (guard->skip.n && take_word(&guard->skip, NULL, BW_GUARD_AUDIT_SKIPS_MAX + 1, err))
        return err->code;
    return bw_gate_options_check(&guard->gate, err);
}

/* -1 to go on, else the exit code. */
static int read_arguments(struct bw_guard_kubernetes *guard, const struct bw_verb *verb, int argc,
                          char **argv)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value;
    int id;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_WRONG || take(guard, id, value, &err))
            return bw_cli_usage_error(verb, &err);
    }
    return check(guard, &err) ? bw_cli_usage_error(verb, &err) : -1;
}

/* The arguments of a process of ours: the verb's, a word in front, and others behind. */
static char **arguments(struct bw_guard_kubernetes *guard, const char *word,
                        const char *const *more)
{
    size_t n = 0;
    char **argv = bw_arena_array(guard->arena, (size_t)guard->argc + 16, sizeof *argv);
    const char *const front[] = {"bulwark", "guard", "kubernetes", word};
    if (!argv)
        return NULL;
    for (size_t i = 0; i < BW_ARRAY_LEN(front); i++)
        if (front[i])
            argv[n++] = (char *)(uintptr_t)front[i];
    for (int i = 0; i < guard->argc; i++)
        if (strcmp(guard->argv[i], AGENT_WORD) != 0)
            argv[n++] = guard->argv[i];
    for (; more && *more; more++)
        argv[n++] = (char *)(uintptr_t)*more;
    return argv;
}

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
    struct bw_str names[TLS_NAMES_MAX + 4];
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
    if (rc || !has_cluster(guard))
        return rc;
    /* The agent would say so again and again. */
    struct bw_kubernetes *client BW_CLEANUP(bw_kubernetes_closep) = NULL;
    rc = bw_kubernetes_open(guard->kubeconfig, guard->context, &client, err);
    if (rc)
        return rc;
    char **argv = arguments(guard, AGENT_WORD, NULL);
    return argv ? bw_cluster_agent_new(argv, guard->secret_name.n > 0, &serving->agent, err)
                : bw_err_set(err, BW_ENOMEM, "out of memory");
}

static int serve(struct bw_guard_kubernetes *guard, struct bw_err *err)
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

/* --- the agent --- */

static int run_agent(struct bw_guard_kubernetes *guard, struct bw_err *err)
{
    static const char *const audit[] = {"--audit-once", "--format=json", "--quiet", NULL};
    struct bw_evidence *log = NULL;
    struct bw_cluster_agent_options options = {
        .kubeconfig = guard->kubeconfig,
        .context = guard->context,
        .policies = guard->policies_from_cluster,
        .registration = guard->registration,
        .service_namespace = guard->service_namespace,
        .service_name = guard->service_name,
        .tls_dir = guard->tls_dir,
        .secret_namespace = guard->secret_namespace,
        .secret_name = guard->secret_name,
        .audit_ms = guard->audit_ms < 0 ? AUDIT_DEFAULT_MS : guard->audit_ms,
        .audit_argv = arguments(guard, NULL, audit),
    };
    int rc = options.audit_argv ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc == 0 && guard->gate.log.path)
        rc = bw_evidence_open(&guard->gate.log, &log, err);
    options.log = log;
    if (rc == 0)
        rc = bw_cluster_agent_run(&options, err);
    bw_evidence_close(log);
    return rc;
}

int bw_guard_kubernetes(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_guard_kubernetes guard = {.gate = bw_gate_options(),
                                        .arena = bw_arena_new(ARENA_MAX),
                                        .listen = LISTEN_DEFAULT,
                                        .tls_dir = TLS_DIR_DEFAULT,
                                        .audit_ms = -1,
                                        .argv = argv + 1,
                                        .argc = argc - 1};
    struct bw_err err = {0};
    if (!guard.arena)
        return BW_EXIT_INTERNAL;
    int code = read_arguments(&guard, verb, argc, argv);
    bw_log_set_level(guard.quiet ? BW_LOG_WARN : BW_LOG_INFO);
    if (code < 0 && guard.audit_once) {
        code = bw_guard_kubernetes_audit(&guard);
    } else if (code < 0) {
        int rc = guard.is_agent ? run_agent(&guard, &err) : serve(&guard, &err);
        code = rc ? bw_cli_error(&err) : BW_EXIT_FINE;
    }
    bw_gate_options_free(&guard.gate);
    BW_VEC_FREE(&guard.tls_names);
    BW_VEC_FREE(&guard.skip);
    bw_arena_free(guard.arena);
    return code;
}
