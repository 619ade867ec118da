/*
 * guard kubernetes --audit-once: what runs in a cluster already, judged by the rules of its gate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "acquire/kubernetes.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/guard-kubernetes.h"
#include "enforce/cluster-audit.h"
#include "enforce/cluster-state.h"
#include "report/escape.h"
#include "wrap/json.h"

#define LINE_MAX_ ((size_t)256 << 10)

struct printing {
    bool json;
};

static void on_trouble(void *ctx, const struct bw_err *why)
{
    (void)ctx;
    bw_log(BW_LOG_WARN, "%s", why->msg);
}

static void put_member(struct bw_buf *line, const struct bw_json *record, const char *key,
                       const char *before)
{
    struct bw_str text = bw_json_string(bw_json_get(record, bw_str(key)));
    if (!text.n)
        return;
    bw_buf_printf(line, "%s", before);
    bw_escape_line(line, text);
}

static void print_reasons(const struct bw_json *record, struct bw_buf *line)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(record, BW_STR("reasons")));
    for (const struct bw_json *reason; (reason = bw_json_next(&it));) {
        struct bw_str weight = bw_json_string(bw_json_get(reason, BW_STR("weight")));
        if (bw_str_eq(weight, BW_STR("audit")) || bw_str_eq(weight, BW_STR("waived")))
            continue;
        bw_buf_printf(line, "    %s", bw_str_eq(weight, BW_STR("warn")) ? "warning: " : "");
        put_member(line, reason, "message", "");
        put_member(line, reason, "policy", "  [");
        bw_buf_printf(line, "%s\n", bw_json_get(reason, BW_STR("policy")) ? "]" : "");
    }
    put_member(line, record, "undecided", "    ");
    if (bw_json_get(record, BW_STR("undecided")))
        bw_buf_byte(line, '\n');
}

/* For a person: the object, then why. */
static void print_record(const struct bw_cluster_audit_result *result, struct bw_buf *line)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(LINE_MAX_);
    bw_buf_byte(&text, '{');
    bw_buf_str(&text, result->record);
    bw_buf_byte(&text, '}');
    if (bw_json_parse(&doc, bw_buf_slice(&text), NULL, 0, NULL))
        return;
    const struct bw_json *record = bw_json_root(doc);
    bw_buf_printf(line, "%s  ",
                  result->doubtful ? "NOT JUDGED"
                  : result->denied ? "DENIED    "
                                   : "WARNED    ");
    put_member(line, record, "kind", "");
    put_member(line, record, "namespace", " ");
    put_member(line, record, "name", bw_json_get(record, BW_STR("namespace")) ? "/" : " ");
    bw_buf_byte(line, '\n');
    print_reasons(record, line);
}

static int tell(void *ctx, const struct bw_cluster_audit_result *result, struct bw_err *err)
{
    const struct printing *printing = ctx;
    struct bw_buf line BW_CLEANUP(bw_buf_free) = BW_BUF(2 * LINE_MAX_);
    if (printing->json)
        bw_buf_printf(&line, "{%" BW_STR_F "}\n", BW_STR_A(result->record));
    else
        print_record(result, &line);
    if (fwrite(line.p, 1, line.n, stdout) != line.n)
        return bw_err_errno(err, "cannot write to standard output");
    return 0;
}

static void gap(void *ctx, const char *what, const struct bw_err *why)
{
    (void)ctx;
    bw_log(BW_LOG_WARN, "%s were not audited, or not all of them: %s", what, why->msg);
}

static void print_summary(const struct printing *printing,
                          const struct bw_cluster_audit_summary *summary)
{
    const struct {
        const char *key;
        uint64_t value;
    } figures[] = {{"objects", summary->objects},
                   {"denied", summary->denied},
                   {"warned", summary->warned},
                   {"doubtful", summary->doubtful},
                   {"gaps", summary->gaps}};
    if (!printing->json) {
        printf("%s%llu objects judged: %llu would be denied (%llu of them could not be judged), "
               "%llu warned of; %llu gap%s\n",
               summary->denied || summary->warned ? "\n" : "", (unsigned long long)summary->objects,
               (unsigned long long)summary->denied, (unsigned long long)summary->doubtful,
               (unsigned long long)summary->warned, (unsigned long long)summary->gaps,
               summary->gaps == 1 ? "" : "s");
        return;
    }
    printf("{\"summary\":{");
    for (size_t i = 0; i < BW_ARRAY_LEN(figures); i++)
        printf("%s\"%s\":%llu", i ? "," : "", figures[i].key, (unsigned long long)figures[i].value);
    printf("}}\n");
}

static int open_rules(struct bw_guard_kubernetes *guard, struct bw_kubernetes *client,
                      struct bw_service_rules *rules, struct bw_gate_rules **ret_rules,
                      struct bw_err *err)
{
    struct bw_buf policies BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CLUSTER_POLICIES_MAX);
    struct bw_buf namespaces BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CLUSTER_NAMESPACES_MAX);
    bool params = false;
    int rc = bw_cluster_namespaces_read(client, &namespaces, err);
    if (rc == 0 && guard->policies_from_cluster)
        rc = bw_cluster_policies_read(client, on_trouble, NULL, &policies, &params, err);
    if (rc == 0)
        rc = bw_guard_kubernetes_policies(bw_buf_slice(&policies), &rules->more, err);
    if (rc == 0)
        rc = bw_guard_kubernetes_rules(guard, bw_buf_slice(&namespaces), rules, err);
    if (rc)
        return rc;
    struct bw_str sets[2];
    size_t n = 0;
    if (rules->set.n)
        sets[n++] = bw_buf_slice(&rules->set);
    if (rules->more.n)
        sets[n++] = bw_buf_slice(&rules->more);
    return bw_gate_rules_open(bw_buf_slice(&rules->configuration), sets, n, ret_rules, err);
}

/* What a person has set up for kubectl. */
static const char *default_kubeconfig(struct bw_arena *arena)
{
    const char *named = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (named && *named)
        return named;
    if (getenv("KUBERNETES_SERVICE_HOST") || !home)
        return NULL;
    return bw_arena_printf(arena, "%s/.kube/config", home).p;
}

int bw_guard_kubernetes_audit(struct bw_guard_kubernetes *guard)
{
    struct bw_kubernetes *client BW_CLEANUP(bw_kubernetes_closep) = NULL;
    struct bw_gate_rules *rules BW_CLEANUP(bw_gate_rules_unrefp) = NULL;
    struct bw_service_rules texts = {.configuration = BW_BUF(BW_GATE_CONFIG_MAX),
                                     .set = BW_BUF(BW_POLICY_SET_MAX),
                                     .more = BW_BUF(BW_POLICY_SET_MAX)};
    struct printing printing = {.json = guard->json};
    struct bw_cluster_audit_summary summary = {0};
    struct bw_err err = {0};
    const char *kubeconfig =
        guard->kubeconfig ? guard->kubeconfig : default_kubeconfig(guard->arena);
    int rc = bw_kubernetes_open(kubeconfig, guard->context, &client, &err);
    if (rc && !guard->kubeconfig)
        rc = bw_err_prefix(&err, rc, "no cluster is at hand (--kubeconfig names one)");
    if (rc == 0)
        rc = open_rules(guard, client, &texts, &rules, &err);
    const struct bw_cluster_audit_options options = {.client = client,
                                                     .rules = rules,
                                                     .skip = guard->skip.n ? guard->skip.v : NULL,
                                                     .now_ns = (int64_t)time(NULL) * 1000000000,
                                                     .tell = tell,
                                                     .gap = gap,
                                                     .ctx = &printing};
    if (rc == 0)
        rc = bw_cluster_audit(&options, &summary, &err);
    if (rc == 0)
        print_summary(&printing, &summary);
    bw_buf_free(&texts.configuration);
    bw_buf_free(&texts.set);
    bw_buf_free(&texts.more);
    if (rc)
        return bw_cli_error(&err);
    return summary.denied ? BW_EXIT_VERDICT : summary.gaps ? BW_EXIT_GAP : BW_EXIT_FINE;
}
