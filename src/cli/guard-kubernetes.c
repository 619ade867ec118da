/*
 * guard kubernetes: the options, and which of its processes this is.
 */
#include "cli/guard-kubernetes.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/guard.h"
#include "enforce/cluster-agent.h"

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
#define ARENA_MAX        ((size_t)4 << 20)

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
    guard->is_agent = strcmp(value, BW_GUARD_AGENT_WORD) == 0;
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
        return take_word(&guard->tls_names, value, BW_GUARD_TLS_NAMES_MAX, err);
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

bool bw_guard_kubernetes_has_cluster(const struct bw_guard_kubernetes *guard)
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
    if (wants && !guard->audit_once && !bw_guard_kubernetes_has_cluster(guard))
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

char **bw_guard_kubernetes_arguments(struct bw_guard_kubernetes *guard, const char *word,
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
        if (strcmp(guard->argv[i], BW_GUARD_AGENT_WORD) != 0)
            argv[n++] = guard->argv[i];
    for (; more && *more; more++)
        argv[n++] = (char *)(uintptr_t)*more;
    return argv;
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
        .audit_argv = bw_guard_kubernetes_arguments(guard, NULL, audit),
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
        int rc = guard.is_agent ? run_agent(&guard, &err) : bw_guard_kubernetes_serve(&guard, &err);
        code = rc ? bw_cli_error(&err) : BW_EXIT_FINE;
    }
    bw_gate_options_free(&guard.gate);
    BW_VEC_FREE(&guard.tls_names);
    BW_VEC_FREE(&guard.skip);
    bw_arena_free(guard.arena);
    return code;
}
