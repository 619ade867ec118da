/* kubernetes-guard.c and gate-mutate.c: reviews and their answers. */
#include "policy-helper.h"

#include <stdlib.h>

#include "enforce/kubernetes-guard.h"
#include "enforce/metrics.h"
#include "wrap/base64.h"
#include "wrap/json.h"

static struct bw_gate_rules *rules;
static struct bw_exchange exchange;
static struct bw_policy_set *own; /* handed over beside the library, or NULL */
static struct bw_buf answer;      /* with a NUL behind */
static struct bw_err error;

static int setup(void **state)
{
    (void)state;
    exchange = (struct bw_exchange){
        .method = BW_STR("POST"),
        .path = BW_STR("/validate"),
        .content_type = BW_STR("application/json"),
        .arena = bw_arena_new((size_t)16 << 20),
        .metrics = bw_metrics_new(),
        .reply = BW_BUF((size_t)1 << 20),
        .record = BW_BUF((size_t)1 << 20),
    };
    answer = BW_BUF((size_t)2 << 20);
    return exchange.arena && exchange.metrics ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bw_gate_judge_freep(&exchange.judge);
    bw_gate_rules_unrefp(&rules);
    bw_policy_set_freep(&own);
    bw_metrics_free(exchange.metrics);
    bw_arena_free(exchange.arena);
    bw_buf_free(&exchange.reply);
    bw_buf_free(&exchange.record);
    bw_buf_free(&answer);
    return 0;
}

static int open_rules(const char *configuration)
{
    struct bw_str bytes = own ? bw_policy_set_bytes(own) : (struct bw_str){0};
    bw_gate_judge_freep(&exchange.judge);
    bw_gate_rules_unrefp(&rules);
    return bw_gate_rules_open(bw_str(configuration), &bytes, own != NULL, &rules, &error);
}

static void use(const char *configuration)
{
    if (open_rules(configuration))
        fail_msg("%s", error.msg);
    exchange.judge = bw_gate_judge_new(rules, &error);
    assert_non_null(exchange.judge);
}

static const char *text_of(const struct bw_buf *buf)
{
    bw_buf_clear(&answer);
    bw_buf_str(&answer, bw_buf_slice(buf));
    bw_buf_byte(&answer, 0);
    assert_false(bw_buf_failed(&answer));
    return (const char *)answer.p;
}

/* The reply to a body. */
static const char *ask(const char *body)
{
    exchange.body = bw_str(body);
    exchange.status = 0;
    exchange.asks_n = 0;
    bw_buf_clear(&exchange.reply);
    bw_buf_clear(&exchange.record);
    bw_arena_reset(exchange.arena);
    bw_kubernetes_guard_handle(NULL, &exchange);
    return text_of(&exchange.reply);
}

/* The members of the record, as an object that is read. */
static struct bw_json_doc *record(void)
{
    struct bw_json_doc *doc = NULL;
    bw_buf_clear(&answer);
    bw_buf_byte(&answer, '{');
    bw_buf_str(&answer, bw_buf_slice(&exchange.record));
    bw_buf_byte(&answer, '}');
    if (bw_json_parse(&doc, bw_buf_slice(&answer), NULL, 0, &error))
        fail_msg("%s", error.msg);
    return doc;
}

static bool holds(struct bw_json_doc *doc, const char *key, const char *text)
{
    return bw_str_eq(bw_json_string(bw_json_get(bw_json_root(doc), bw_str(key))), bw_str(text));
}

static uint64_t metric(const char *line)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    bw_metrics_text(exchange.metrics, &text);
    bw_buf_byte(&text, 0);
    const char *at = strstr((const char *)text.p, line);
    assert_non_null(at);
    return strtoull(at + strlen(line), NULL, 10);
}

#define START                                                                                      \
    "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":"   \
    "\"u-1\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{"         \
    "\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},\"name\":\"web\",\"namespace\":"     \
    "\"shop\",\"userInfo\":{\"username\":\"jane\",\"groups\":[\"dev\"]},"
#define META(more)                                                                                 \
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web\",\"namespace\":"        \
    "\"shop\"" more "},\"spec\":{"
#define CONTAINER(more) "\"containers\":[{\"name\":\"web\",\"image\":\"web:1\"" more "}]"
#define CREATE(spec)    START "\"operation\":\"CREATE\",\"object\":" META("") spec "}}}}"
#define UPDATE(sub, old, new, end)                                                                 \
    START sub "\"operation\":\"UPDATE\",\"oldObject\":" old "}" end ",\"object\":" new "}" end "}" \
                                                                                       "}"
#define ALLOWED                                                                                    \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{\"uid\":"  \
    "\"u-1\",\"allowed\":true"
#define PRIVILEGED ",\"securityContext\":{\"privileged\":true}"

static void test_allows_and_denies(void **state)
{
    (void)state;
    use("{}");
    assert_string_equal(ask(CREATE(CONTAINER(""))), ALLOWED "}}");
    assert_int_equal(exchange.status, 200);
    assert_string_equal(exchange.content_type_out, "application/json");
    struct bw_json_doc *doc = record();
    assert_true(holds(doc, "gate", "kubernetes") && holds(doc, "uid", "u-1") &&
                holds(doc, "user", "jane") && holds(doc, "operation", "CREATE") &&
                holds(doc, "resource", "pods") && holds(doc, "namespace", "shop") &&
                holds(doc, "name", "web") && holds(doc, "verdict", "allow"));
    assert_int_equal(bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("digest"))).n, 64);
    bw_json_free(doc);
    const char *denied = ask(CREATE(CONTAINER(PRIVILEGED)));
    assert_non_null(strstr(denied, "\"allowed\":false"));
    assert_non_null(strstr(denied, "\"code\":403,\"reason\":\"Forbidden\",\"message\":\"Pod "
                                   "shop/web is denied for 1 reason"));
    assert_non_null(strstr(denied, "\"auditAnnotations\":{\"denied\":\"container-privileged\"}"));
    doc = record();
    assert_true(holds(doc, "verdict", "deny"));
    bw_json_free(doc);
    assert_int_equal(metric("decisions_total{verdict=\"allow\"} "), 1);
    assert_int_equal(metric("decisions_total{verdict=\"deny\"} "), 1);
}

static void test_warns(void **state)
{
    (void)state;
    use("{\"enforce\":\"warn\"}");
    const char *warned = ask(CREATE(CONTAINER(PRIVILEGED)));
    assert_non_null(strstr(warned, ALLOWED ",\"warnings\":[\"[container-privileged] Pod shop/web"));
    assert_non_null(strstr(warned, "\"auditAnnotations\":{\"warned\":\"container-privileged\"}"));
}

/* The API server cuts what is longer, wherever that may be. */
static void test_bounds_warnings(void **state)
{
    (void)state;
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    use("{\"profiles\":[\"restricted\"],\"enforce\":\"warn\"}");
    bw_buf_str(&body, BW_STR(START "\"operation\":\"CREATE\",\"object\":" META(
                          "") "\"hostNetwork\":true,\"containers\":["));
    for (int i = 0; i < 100; i++)
        bw_buf_printf(&body,
                      "%s{\"name\":\"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4-%d\",\"image\":"
                      "\"x:1\",\"ports\":[{\"hostPort\":1%d}]" PRIVILEGED "}",
                      i ? "," : "", i, i);
    bw_buf_str(&body, BW_STR("]}}}}"));
    bw_buf_byte(&body, 0);
    ask((const char *)body.p);
    struct bw_json_doc *doc = NULL;
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&exchange.reply), NULL, 0, &error), 0);
    const struct bw_json *response = bw_json_get(bw_json_root(doc), BW_STR("response"));
    const struct bw_json *warnings = bw_json_get(response, BW_STR("warnings"));
    struct bw_json_iter it = bw_json_iter(warnings);
    size_t total = 0;
    assert_true(bw_json_size(warnings) > 3);
    for (const struct bw_json *each; (each = bw_json_next(&it));) {
        struct bw_str text = bw_json_string(each);
        assert_in_range(text.n, 1, BW_KUBERNETES_GUARD_WARNING_MAX);
        assert_int_equal(bw_str_find_str(text, BW_STR("\xef\xbf\xbd")), SIZE_MAX);
        total += text.n;
    }
    assert_in_range(total, 1, BW_KUBERNETES_GUARD_WARNINGS_MAX);
    bw_json_free(doc);
}

static void test_dry_runs_are_decided_alike(void **state)
{
    (void)state;
    use("{}");
    assert_non_null(strstr(ask(START "\"dryRun\":true,\"operation\":\"CREATE\",\"object\":" META("")
                                   CONTAINER(PRIVILEGED) "}}}}"),
                           "\"allowed\":false"));
    struct bw_json_doc *doc = record();
    assert_true(bw_json_is_true(bw_json_get(bw_json_root(doc), BW_STR("dryRun"))));
    bw_json_free(doc);
}

/* Finalizers must come off what a policy would not let in any more. */
static void test_lets_go_of_what_was_there(void **state)
{
    (void)state;
    use("{}");
    const char *freed =
        ask(UPDATE("", META(",\"finalizers\":[\"x\"],\"generation\":1") CONTAINER(PRIVILEGED),
                   META("") CONTAINER(PRIVILEGED), "}"));
    assert_non_null(strstr(freed, ALLOWED ",\"warnings\":[\"[container-privileged]"));
    assert_non_null(strstr(freed, "\"unchanged\":\"true\""));
    struct bw_json_doc *doc = record();
    assert_true(holds(doc, "verdict", "allow"));
    assert_true(bw_json_is_true(bw_json_get(bw_json_root(doc), BW_STR("unchanged"))));
    bw_json_free(doc);
    freed = ask(UPDATE("", META("") CONTAINER(PRIVILEGED),
                       META(",\"labels\":{\"a\":\"b\"}") CONTAINER(PRIVILEGED), "}"));
    assert_non_null(strstr(freed, ALLOWED));
    static const char *const changes[] = {
        UPDATE("", META("") CONTAINER(""), META("") CONTAINER(PRIVILEGED), "}"),
        UPDATE("", META("") "\"hostPID\":true," CONTAINER(PRIVILEGED),
               META("") "\"hostPID\":true,\"hostIPC\":true," CONTAINER(PRIVILEGED), "}"),
        UPDATE("", META("") "\"priority\":1," CONTAINER(PRIVILEGED), META("") CONTAINER(PRIVILEGED),
               "}"),
        UPDATE("\"subResource\":\"ephemeralcontainers\",", META("") CONTAINER(PRIVILEGED),
               META("") CONTAINER(PRIVILEGED), "}"),
        START "\"operation\":\"UPDATE\",\"object\":" META("") CONTAINER(PRIVILEGED) "}}}}",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(changes); i++)
        if (!strstr(ask(changes[i]), "\"allowed\":false"))
            fail_msg("%s", changes[i]);
}

#define ON_PODS(name, expression)                                                                  \
    VAP "metadata: {name: " name                                                                   \
        "}\nspec:\n" RULES("", "pods") "  validations: [{expression: \"" expression "\"}]\n"
#define RELABELLED                                                                                 \
    UPDATE("", META(",\"labels\":{\"a\":\"b\"}") CONTAINER(""),                                    \
           META(",\"labels\":{\"a\":\"c\"}") CONTAINER(""), "}")

/* What is wrong with the change, or with who makes it, was not so before. */
static void test_denies_changes_themselves(void **state)
{
    (void)state;
    static const char *const policies[] = {
        ON_PODS("a", "object.metadata.labels.a == 'b'"),
        ON_PODS("a", "request.userInfo.username != 'jane'"),
        ON_PODS("a", "request.operation != 'UPDATE'"),
        ON_PODS("a", "oldObject == null"),
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(policies); i++) {
        bw_gate_judge_freep(&exchange.judge);
        bw_gate_rules_unrefp(&rules);
        bw_policy_set_freep(&own);
        own = set_of(policies[i]);
        use("{\"library\":false}");
        if (!strstr(ask(RELABELLED), "\"allowed\":false"))
            fail_msg("%s", policies[i]);
    }
    bw_gate_judge_freep(&exchange.judge);
    bw_gate_rules_unrefp(&rules);
    bw_policy_set_freep(&own);
    own = set_of(ON_PODS("a", "'z' in object.metadata.labels"));
    use("{\"library\":false}");
    assert_non_null(strstr(ask(RELABELLED), ALLOWED ",\"warnings\":[\"[a] Pod shop/web: "));
}

#define REPLICA_SET(n, more)                                                                       \
    "{\"kind\":\"ReplicaSet\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"name\":\"web\","          \
    "\"namespace\":\"shop\"},\"spec\":{\"replicas\":" n                                            \
    ",\"template\":{\"spec\":{" CONTAINER(PRIVILEGED) more "}}},\"status\":{\"replicas\":" n "}}"
#define SCALED(more)                                                                               \
    "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":"   \
    "\"u-1\",\"kind\":{\"group\":\"apps\",\"version\":\"v1\",\"kind\":\"ReplicaSet\"},"            \
    "\"resource\":{"                                                                               \
    "\"group\":\"apps\",\"version\":\"v1\",\"resource\":\"replicasets\"},\"name\":\"web\","        \
    "\"namespace\":\"shop\",\"userInfo\":{\"username\":\"c\"},\"operation\":\"UPDATE\","           \
    "\"oldObject\":" REPLICA_SET("3", "") ",\"object\":" REPLICA_SET("2", more) "}}"

/* A rollout away from what is forbidden must come to its end. */
static void test_lets_replicas_go(void **state)
{
    (void)state;
    use("{}");
    assert_non_null(strstr(ask(SCALED("")), ALLOWED ",\"warnings\":[\"[container-privileged] "));
    assert_non_null(strstr(ask(SCALED(",\"hostPID\":true")), "\"allowed\":false"));
}

static void test_refuses_what_is_no_review(void **state)
{
    (void)state;
    use("{}");
    assert_non_null(strstr(ask("{"), "JSON"));
    assert_int_equal(exchange.status, 400);
    assert_int_equal(exchange.record.n, 0);
    const char *twice = ask(CREATE("\"hostPID\":true,\"hostPID\":false," CONTAINER("")));
    assert_non_null(strstr(twice, "\"allowed\":false,\"status\":{\"code\":400"));
    assert_non_null(strstr(twice, "stands twice"));
    assert_int_equal(exchange.status, 200);
    assert_true(exchange.record.n > 0);
    const char *other = ask(START "\"operation\":\"CREATE\",\"object\":{\"kind\":\"Secret\"}}}");
    assert_non_null(strstr(other, "kind is another than the request's"));
    exchange.method = BW_STR("GET");
    ask("");
    assert_int_equal(exchange.status, 405);
    exchange.method = BW_STR("POST");
    exchange.content_type = BW_STR("text/yaml");
    ask(CREATE(CONTAINER("")));
    assert_int_equal(exchange.status, 415);
    exchange.content_type = BW_STR("application/json; charset=utf-8");
    ask(CREATE(CONTAINER("")));
    assert_int_equal(exchange.status, 200);
    exchange.path = BW_STR("/validate/");
    ask(CREATE(CONTAINER("")));
    assert_int_equal(exchange.status, 404);
}

static void test_denies_what_is_undecided(void **state)
{
    (void)state;
    use("{}");
    ask(CREATE(CONTAINER("")));
    bw_kubernetes_guard_undecided(NULL, &exchange, "the log cannot be written");
    const char *denied = text_of(&exchange.reply);
    assert_non_null(strstr(denied, "\"uid\":\"u-1\",\"allowed\":false,\"status\":{\"code\":500,"
                                   "\"reason\":\"InternalError\",\"message\":\"the log cannot"));
    exchange.body = BW_STR("x");
    bw_kubernetes_guard_undecided(NULL, &exchange, "the log cannot be written");
    assert_int_equal(exchange.status, 503);
}

#define OF_TEAM                                                                                    \
    VAP "metadata: {name: of-team}\nspec:\n" RULES("", "pods") "    namespaceSelector: "           \
                                                               "{matchLabels: {team: green}}\n"    \
                                                               "  validations: [{expression: "     \
                                                               "'false'}]\n"

/* What is not in the configuration is asked for once. */
static void test_asks_for_namespaces(void **state)
{
    (void)state;
    own = set_of(OF_TEAM);
    use("{\"library\":false,\"namespaces\":{\"shop\":{\"labels\":{\"team\":\"green\"}}}}");
    assert_non_null(strstr(ask(CREATE(CONTAINER(""))), "\"denied\":\"of-team\""));
    use("{\"library\":false,\"namespaces\":{\"shop\":{\"labels\":{\"team\":\"red\"}}}}");
    assert_string_equal(ask(CREATE(CONTAINER(""))), ALLOWED "}}");
    use("{\"library\":false}");
    assert_string_equal(ask(CREATE(CONTAINER(""))), "");
    assert_int_equal(exchange.asks_n, 1);
    assert_true(bw_str_eq(exchange.asks[0], BW_STR("namespace/shop")));
    struct bw_reader_file file = {.path = BW_STR("namespace/shop"),
                                  .text = BW_STR("{\"metadata\":{\"name\":\"shop\",\"labels\":{"
                                                 "\"team\":\"red\"}}}")};
    exchange.answers = &file;
    exchange.answers_n = 1;
    assert_string_equal(ask(CREATE(CONTAINER(""))), ALLOWED "}}");
    file.missing = true;
    assert_non_null(strstr(ask(CREATE(CONTAINER(""))), "\"denied\":\"of-team\""));
    assert_int_equal(exchange.asks_n, 0);
}

#define LABELLED(label)                                                                            \
    "\"namespaces\":{\"shop\":{\"labels\":{\"bulwark.dev/profile\":\"" label "\"}}}"

/* Where it is wanted, and no scope says otherwise. */
static void test_namespaces_choose_a_profile(void **state)
{
    (void)state;
    const char *review = CREATE(CONTAINER(""));
    use("{" LABELLED("restricted") "}");
    assert_string_equal(ask(review), ALLOWED "}}");
    use("{\"namespaceLabels\":true," LABELLED("restricted") "}");
    assert_non_null(strstr(ask(review), "\"allowed\":false"));
    use("{\"namespaceLabels\":true," LABELLED("none") "}");
    assert_string_equal(ask(review), ALLOWED "}}");
    use("{\"namespaceLabels\":true," LABELLED(
        "restricted") ",\"scopes\":[{\"namespaces\":[\"shop\"],\"profiles\":[\"baseline\"]}]}");
    assert_string_equal(ask(review), ALLOWED "}}");
    use("{\"namespaceLabels\":true,\"profiles\":[\"restricted\"]," LABELLED("baseline") "}");
    assert_string_equal(ask(review), ALLOWED "}}");
}

/* --- /mutate --- */

/* The patch of an answer, decoded. */
static const char *patch_of(const char *body)
{
    struct bw_json_doc *doc = NULL;
    ask(body);
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&exchange.reply), NULL, 0, &error), 0);
    const struct bw_json *response = bw_json_get(bw_json_root(doc), BW_STR("response"));
    struct bw_str text = bw_json_string(bw_json_get(response, BW_STR("patch")));
    bw_buf_clear(&answer);
    if (!bw_json_is_true(bw_json_get(response, BW_STR("allowed"))))
        bw_buf_str(&answer, BW_STR("denied"));
    if (text.p) {
        assert_true(bw_str_eq(bw_json_string(bw_json_get(response, BW_STR("patchType"))),
                              BW_STR("JSONPatch")));
        assert_true(bw_base64_read(text, &answer));
    }
    bw_buf_byte(&answer, 0);
    bw_json_free(doc);
    return (const char *)answer.p;
}

#define MUTATING(name, annotations, expression)                                                    \
    "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicy\n"            \
    "metadata: {name: " name annotations "}\nspec:\n" RULES(                                       \
        "", "pods") "  reinvocationPolicy: Never\n  mutations:\n    - patchType: JSONPatch\n"      \
                    "      jsonPatch: {expression: \"" expression "\"}\n"
#define PROFILED ", annotations: {bulwark.dev/profiles: mine}"

static void test_mutates(void **state)
{
    (void)state;
    exchange.path = BW_STR("/mutate");
    use("{}");
    assert_string_equal(patch_of(CREATE(CONTAINER(""))), "");
    assert_int_equal(exchange.record.n, 0);
    use("{\"mutate\":[\"harden\"],\"except\":[\"harden-capabilities\"]}");
    const char *seccomp = "{\"op\":\"add\",\"path\":\"/spec/securityContext\",\"value\":{}},"
                          "{\"op\":\"add\",\"path\":\"/spec/securityContext/seccompProfile\","
                          "\"value\":{\"type\":\"RuntimeDefault\"}}";
    const char *patch = patch_of(CREATE(CONTAINER("")));
    assert_non_null(strstr(patch, seccomp));
    assert_non_null(strstr(patch, "allowPrivilegeEscalation\",\"value\":false}"));
    assert_null(strstr(patch, "capabilities"));
    assert_true(patch[0] == '[' && patch[strlen(patch) - 1] == ']');
    struct bw_json_doc *doc = record();
    assert_int_equal(bw_json_size(bw_json_get(bw_json_root(doc), BW_STR("mutated"))), 3);
    bw_json_free(doc);
    assert_string_equal(patch_of(UPDATE("", META("") CONTAINER(""), META("") CONTAINER(""), "}")),
                        "");
}

/* Each policy sees what the one before it made, and what judges comes last of all. */
static void test_mutates_in_order(void **state)
{
    (void)state;
    exchange.path = BW_STR("/mutate");
    own = set_of(MUTATING(
        "a", "",
        "[JSONPatch{op: 'add', path: '/spec/nodeName', value: 'n1'}]") "---\n" MUTATING("b",
                                                                                        PROFILED,
                                                                                        "[JSONPatch"
                                                                                        "{op: "
                                                                                        "'add', "
                                                                                        "path: "
                                                                                        "'/spec/"
                                                                                        "hostname',"
                                                                                        " value: "
                                                                                        "object."
                                                                                        "spec."
                                                                                        "nodeName "
                                                                                        "+ 'x'}]"));
    use("{\"library\":false,\"mutate\":[\"mine\"]}");
    assert_string_equal(patch_of(CREATE(CONTAINER(""))),
                        "[{\"op\":\"add\",\"path\":\"/spec/nodeName\",\"value\":\"n1\"},"
                        "{\"op\":\"add\",\"path\":\"/spec/hostname\",\"value\":\"n1x\"}]");
    assert_int_equal(open_rules("{\"mutate\":[\"none\"]}"), BW_EUSAGE);
    assert_non_null(strstr(error.msg, "no mutating policy is of the profile 'none'"));
}

static void test_leaves_alone(void **state)
{
    (void)state;
    static const char *const quiet[] = {
        "{\"mutate\":[\"harden\"],\"enforce\":\"audit\"}",
        "{\"mutate\":[\"harden\"],\"scopes\":[{\"namespaces\":[\"shop\"],\"profiles\":[]}]}",
        ("{\"mutate\":[\"harden\"],\"exceptions\":[{\"id\":[\"harden-*\"],\"namespaces\":[\"shop\"]"
         ",\"reason\":\"r\",\"expires\":\"2999-01-01\"}]}"),
    };
    exchange.path = BW_STR("/mutate");
    for (size_t i = 0; i < BW_ARRAY_LEN(quiet); i++) {
        use(quiet[i]);
        assert_string_equal(patch_of(CREATE(CONTAINER(""))), "");
    }
}

static void test_mutations_that_fail_are_doubts(void **state)
{
    (void)state;
    exchange.path = BW_STR("/mutate");
    own = set_of(MUTATING("a", "", "[JSONPatch{op: 'remove', path: '/spec/none'}]"));
    use("{\"library\":false,\"mutate\":[]}");
    assert_string_equal(patch_of(CREATE(CONTAINER(""))), "");
    bw_policy_set_freep(&own);
    own = set_of(MUTATING("a", PROFILED, "[JSONPatch{op: 'remove', path: '/spec/none'}]"));
    use("{\"library\":false,\"mutate\":[\"mine\"]}");
    assert_string_equal(patch_of(CREATE(CONTAINER(""))), "denied");
}

static void test_namespaces_are_strict(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"namespaces\":[]}",
        "{\"namespaces\":{\"a\":1}}",
        "{\"namespaces\":{\"a\":{\"label\":{}}}}",
        "{\"namespaces\":{\"a\":{\"labels\":[]}}}",
        "{\"namespaces\":{\"a\":{\"labels\":{\"x\":1}}}}",
        "{\"namespaces\":{\"a\":{},\"a\":{}}}",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(wrong); i++)
        if (open_rules(wrong[i]) != BW_EFORMAT || !strstr(error.msg, "\"namespaces\""))
            fail_msg("%s: %s", wrong[i], error.msg);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_allows_and_denies),
        CASE(test_warns),
        CASE(test_bounds_warnings),
        CASE(test_dry_runs_are_decided_alike),
        CASE(test_lets_go_of_what_was_there),
        CASE(test_denies_changes_themselves),
        CASE(test_lets_replicas_go),
        CASE(test_refuses_what_is_no_review),
        CASE(test_denies_what_is_undecided),
        CASE(test_asks_for_namespaces),
        CASE(test_namespaces_choose_a_profile),
        CASE(test_mutates),
        CASE(test_mutates_in_order),
        CASE(test_leaves_alone),
        CASE(test_mutations_that_fail_are_doubts),
        CASE(test_namespaces_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
