/*
 * What a gate asks of its cluster: policies, namespaces, its registration, an audit of what runs.
 */
#include "kubernetes-rig.h"

#include "enforce/cluster-audit.h"
#include "enforce/cluster-register.h"
#include "enforce/cluster-state.h"

static void no_trouble(void *ctx, const struct bw_err *why)
{
    (void)ctx;
    fail_msg("%s", why->msg);
}

static void count_trouble(void *ctx, const struct bw_err *why)
{
    unsigned *n = ctx;
    (void)why;
    ++*n;
}

#define NO_ITEMS "200 {\"kind\":\"XList\",\"items\":[]}"
#define POLICY_WITH_PARAMS                                                                         \
    "200 {\"kind\":\"ValidatingAdmissionPolicyList\",\"items\":[{\"metadata\":{\"name\":\"p\"},"   \
    "\"spec\":{\"paramKind\":{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}}}]}"

static void policies_come_with_their_parameters(void **state)
{
    (void)state;
    static const char *const answers[] = {
        POLICY_WITH_PARAMS,
        "200 {\"kind\":\"XList\",\"items\":[{\"metadata\":{\"name\":\"b\"},\"spec\":{}}]}",
        "404 {}",
        "404 {}",
        "200 {\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"configmaps/x\",\"kind\":"
        "\"ConfigMap\"},{\"name\":\"configmaps\",\"kind\":\"ConfigMap\"}]}",
        "200 {\"kind\":\"XList\",\"items\":[{\"metadata\":{\"name\":\"c\",\"namespace\":\"n\"},"
        "\"data\":{}}]}",
        NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    struct bw_err err = {0};
    bool params = false;
    if (bw_cluster_policies_read(client, no_trouble, NULL, &text, &params, &err))
        fail_msg("%s", err.msg);
    stop(&s, client);
    bw_buf_byte(&text, 0);
    assert_true(params);
    assert_string_equal(
        (char *)text.p,
        "ValidatingAdmissionPolicy p\t{\"apiVersion\":\"admissionregistration.k8s.io/v1\",\"kind\":"
        "\"ValidatingAdmissionPolicy\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"paramKind\":{"
        "\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}}}\n"
        "ValidatingAdmissionPolicyBinding b\t{\"apiVersion\":\"admissionregistration.k8s.io/v1\","
        "\"kind\":\"ValidatingAdmissionPolicyBinding\",\"metadata\":{\"name\":\"b\"},\"spec\":{}}\n"
        "ConfigMap n/c\t{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\","
        "\"namespace\":\"n\"},\"data\":{}}\n");
    assert_non_null(strstr(s.asked[4], "GET /api/v1 HTTP"));
    assert_non_null(strstr(s.asked[5], "GET /api/v1/configmaps?limit="));
}

static void parameters_that_may_not_be_listed_are_said(void **state)
{
    (void)state;
    static const char *const answers[] = {
        POLICY_WITH_PARAMS,
        NO_ITEMS,
        "404 {}",
        "404 {}",
        "200 {\"resources\":[{\"name\":\"configmaps\",\"kind\":\"ConfigMap\"}]}",
        "403 {\"message\":\"no\"}",
        NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    bool params = false;
    unsigned troubles = 0;
    assert_int_equal(
        bw_cluster_policies_read(client, count_trouble, &troubles, &text, &params, NULL), 0);
    assert_int_equal(troubles, 1);
    stop(&s, client);
}

static void of_namespaces_labels_and_annotations_are_kept(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "200 "
        "{\"kind\":\"NamespaceList\",\"metadata\":{\"continue\":\"x\"},\"items\":[{\"metadata\":{"
        "\"name\":\"a\",\"labels\":{\"k\":\"v\"},\"managedFields\":[]},\"spec\":{}}]}",
        "200 {\"kind\":\"NamespaceList\",\"items\":[{\"metadata\":{\"name\":\"b\",\"annotations\":{"
        "\"x\":\"y\"}}}]}",
        NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    assert_int_equal(bw_cluster_namespaces_read(client, &text, NULL), 0);
    stop(&s, client);
    bw_buf_byte(&text, 0);
    assert_string_equal((char *)text.p,
                        "{\"a\":{\"labels\":{\"k\":\"v\"}},\"b\":{\"annotations\":{\"x\":\"y\"}}}");
}

/* --- registration --- */

#define CONFIGURATION(bundle)                                                                      \
    "{\"webhooks\":[{\"name\":\"other\",\"clientConfig\":{\"service\":{\"namespace\":\"n\","       \
    "\"name\":\"x\"}}},{\"name\":\"own\",\"clientConfig\":{\"service\":{\"namespace\":\"n\","      \
    "\"name\":\"s\"}" bundle "}},{\"name\":\"far\",\"clientConfig\":{\"url\":\"https://h\"}}]}"

static void only_own_webhooks_get_the_bundle(void **state)
{
    (void)state;
    const struct bw_cluster_registration registration = {.name = "w",
                                                         .service_namespace = BW_STR("n"),
                                                         .service_name = BW_STR("s"),
                                                         .bundle = BW_STR("PEM")};
    struct bw_buf patch BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    unsigned own = 0;
    assert_int_equal(
        bw_cluster_register_patch(&registration, BW_STR(CONFIGURATION("")), &patch, &own, NULL), 0);
    assert_int_equal(own, 1);
    bw_buf_byte(&patch, 0);
    assert_string_equal((char *)patch.p,
                        "[{\"op\":\"test\",\"path\":\"/webhooks/1/name\",\"value\":\"own\"},"
                        "{\"op\":\"add\",\"path\":\"/webhooks/1/clientConfig/caBundle\",\"value\":"
                        "\"UEVN\"}]");
    bw_buf_clear(&patch);
    assert_int_equal(bw_cluster_register_patch(&registration,
                                               BW_STR(CONFIGURATION(",\"caBundle\":\"UEVN\"")),
                                               &patch, &own, NULL),
                     0);
    assert_int_equal(patch.n, 0);
    assert_int_equal(own, 1);
}

static void without_a_service_webhooks_with_a_url_are_own(void **state)
{
    (void)state;
    const struct bw_cluster_registration registration = {.name = "w", .bundle = BW_STR("PEM")};
    struct bw_buf patch BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    unsigned own = 0;
    assert_int_equal(
        bw_cluster_register_patch(&registration, BW_STR(CONFIGURATION("")), &patch, &own, NULL), 0);
    assert_int_equal(own, 1);
    assert_int_not_equal(bw_str_find_str(bw_buf_slice(&patch), BW_STR("/webhooks/2/")), SIZE_MAX);
    assert_int_equal(
        bw_cluster_register_patch(&registration, BW_STR("nonsense"), &patch, &own, NULL),
        BW_EFORMAT);
}

static void a_configuration_is_patched_once_and_may_be_absent(void **state)
{
    (void)state;
    static const char *const answers[] = {"200 " CONFIGURATION(""), "200 {}", "404 {}", NULL};
    const struct bw_cluster_registration registration = {.name = "w", .bundle = BW_STR("PEM")};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_err err = {0};
    unsigned found = 0;
    if (bw_cluster_register(client, &registration, &found, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(found, 1);
    stop(&s, client);
    assert_non_null(strstr(s.asked[1], "PATCH /apis/admissionregistration.k8s.io/v1/"
                                       "validatingwebhookconfigurations/w HTTP"));
}

/* --- audit --- */

struct told {
    struct bw_buf text;
    unsigned gaps;
};

static int note_result(void *ctx, const struct bw_cluster_audit_result *result, struct bw_err *err)
{
    struct told *told = ctx;
    (void)err;
    bw_buf_printf(&told->text, "%s%" BW_STR_F "\n", result->doubtful ? "doubt " : "",
                  BW_STR_A(result->record));
    return 0;
}

static void note_gap(void *ctx, const char *what, const struct bw_err *why)
{
    struct told *told = ctx;
    told->gaps++;
    bw_buf_printf(&told->text, "gap %s: %s\n", what, why->msg);
}

#define PRIVILEGED                                                                                 \
    "{\"containers\":[{\"name\":\"c\",\"image\":\"r.example/i:1\",\"securityContext\":{"           \
    "\"privileged\":true}}]}"

/* In the order of the kinds: deployments, ..., pods are the eighth. */
static const char *const audited[] = {
    "200 {\"kind\":\"DeploymentList\",\"items\":[{\"metadata\":{\"name\":\"d\",\"namespace\":\"n\","
    "\"uid\":\"u1\"},\"spec\":{\"template\":{\"spec\":" PRIVILEGED "}}}]}",
    NO_ITEMS,
    "403 {\"message\":\"no\"}",
    NO_ITEMS,
    NO_ITEMS,
    NO_ITEMS,
    NO_ITEMS,
    "200 {\"kind\":\"PodList\",\"items\":["
    /* Of a manager that was told already. */
    "{\"metadata\":{\"name\":\"managed\",\"namespace\":\"n\",\"uid\":\"u2\",\"ownerReferences\":[{"
    "\"controller\":true,\"uid\":\"u1\"}]},\"spec\":" PRIVILEGED "},"
    /* Hides behind a manager that has no such fault. */
    "{\"metadata\":{\"name\":\"hidden\",\"namespace\":\"n\",\"uid\":\"u3\",\"ownerReferences\":[{"
    "\"controller\":true,\"uid\":\"u9\"}]},\"spec\":" PRIVILEGED "},"
    "{\"metadata\":{\"name\":\"fine\",\"namespace\":\"n\",\"uid\":\"u4\"},\"spec\":{\"containers\":"
    "[{"
    "\"name\":\"c\",\"image\":\"r.example/i:1\"}]}},"
    "{\"metadata\":{\"name\":\"left-out\",\"namespace\":\"kube-system\"},\"spec\":" PRIVILEGED "},"
    "{\"metadata\":{\"name\":\"broken\",\"namespace\":\"n\",\"uid\":\"u5\"},\"spec\":{"
    "\"containers\":7}}]}",
    NO_ITEMS,
    NO_ITEMS,
    NO_ITEMS,
    NO_ITEMS,
    NO_ITEMS,
    NO_ITEMS,
    NO_ITEMS,
    NULL};

static void an_audit_judges_what_runs(void **state)
{
    (void)state;
    static const char *const skip[] = {"kube-*", NULL};
    struct told told = {.text = BW_BUF(65536)};
    struct bw_gate_rules *rules = NULL;
    struct bw_cluster_audit_summary summary = {0};
    struct bw_err err = {0};
    struct server s;
    struct bw_kubernetes *client = start(&s, audited);
    if (bw_gate_rules_open(BW_STR("{\"profiles\":[\"baseline\"]}"), NULL, 0, &rules, &err))
        fail_msg("%s", err.msg);
    const struct bw_cluster_audit_options options = {.client = client,
                                                     .rules = rules,
                                                     .skip = skip,
                                                     .now_ns = 1,
                                                     .tell = note_result,
                                                     .gap = note_gap,
                                                     .ctx = &told};
    if (bw_cluster_audit(&options, &summary, &err))
        fail_msg("%s", err.msg);
    bw_gate_rules_unref(rules);
    stop(&s, client);
    bw_buf_byte(&told.text, 0);
    const char *text = (const char *)told.text.p;
    assert_int_equal(summary.objects, 5);
    assert_int_equal(summary.gaps, 1);
    assert_int_equal(summary.denied, 3);
    assert_int_equal(summary.doubtful, 1);
    assert_non_null(strstr(text, "\"kind\":\"Deployment\",\"namespace\":\"n\",\"name\":\"d\""));
    assert_non_null(strstr(text, "\"policy\":\"container-privileged\""));
    assert_non_null(strstr(text, "\"name\":\"hidden\""));
    assert_non_null(strstr(text, "gap daemonsets: not allowed to list daemonsets.apps"));
    assert_non_null(strstr(text, "doubt \"gate\":\"kubernetes-audit\""));
    assert_null(strstr(text, "\"name\":\"managed\""));
    assert_null(strstr(text, "\"name\":\"fine\""));
    assert_null(strstr(text, "left-out"));
    bw_buf_free(&told.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_come_with_their_parameters),
        cmocka_unit_test(parameters_that_may_not_be_listed_are_said),
        cmocka_unit_test(of_namespaces_labels_and_annotations_are_kept),
        cmocka_unit_test(only_own_webhooks_get_the_bundle),
        cmocka_unit_test(without_a_service_webhooks_with_a_url_are_own),
        cmocka_unit_test(a_configuration_is_patched_once_and_may_be_absent),
        cmocka_unit_test(an_audit_judges_what_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
