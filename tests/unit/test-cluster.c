/*
 * What a gate asks of its cluster: policies, namespaces, its registration, an audit of what runs.
 */
#include "kubernetes-rig.h"

#include "check/policy.h"
#include "enforce/cluster-audit.h"
#include "enforce/cluster-policies.h"
#include "enforce/cluster-register.h"
#include "enforce/cluster-secret.h"
#include "enforce/cluster-state.h"
#include "wrap/base64.h"
#include "wrap/x509.h"

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
static const char policy_with_params[] =
    "200 {\"kind\":\"ValidatingAdmissionPolicyList\",\"items\":[{\"metadata\":{\"name\":\"p\"},"
    "\"spec\":{\"paramKind\":{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}}}]}";

static void policies_come_with_their_parameters(void **state)
{
    (void)state;
    static const char *const answers[] = {
        policy_with_params,
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
        policy_with_params,
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

/* --- policies --- */

#define VAP(name, spec)                                                                            \
    "ValidatingAdmissionPolicy " name                                                              \
    "\t{\"apiVersion\":\"admissionregistration.k8s.io/v1\",\"kind\":"                              \
    "\"ValidatingAdmissionPolicy\",\"metadata\":{\"name\":\"" name "\"},\"spec\":{"                \
    "\"matchConstraints\":{\"resourceRules\":[{\"apiGroups\":[\"\"],\"apiVersions\":[\"v1\"],"     \
    "\"operations\":[\"CREATE\"],\"resources\":[\"pods\"]}]}," spec "}}\n"
#define BINDING(name, spec)                                                                        \
    "ValidatingAdmissionPolicyBinding " name                                                       \
    "-binding\t{\"apiVersion\":\"admissionregistration.k8s.io/v1\",\"kind\":"                      \
    "\"ValidatingAdmissionPolicyBinding\",\"metadata\":{\"name\":\"" name "-binding\"},"           \
    "\"spec\":{\"policyName\":\"" name "\",\"validationActions\":[\"Deny\"]" spec "}}\n"
#define FALSE "\"validations\":[{\"expression\":\"false\"}]"

static void note_left_out(void *ctx, struct bw_str object, const char *why)
{
    struct bw_buf *text = ctx;
    bw_buf_printf(text, "%" BW_STR_F ": %s\n", BW_STR_A(object), why);
}

static void policies_that_are_bound_and_understood_are_in_force(void **state)
{
    (void)state;
    static const char text[] = /* */
        VAP("good", FALSE) BINDING("good", "") VAP("unbound", FALSE)
            VAP("broken", "\"validations\":[{\"expression\":\"object.(\"}]") BINDING("broken", "")
                BINDING("orphan", "") VAP("limited", "\"paramKind\":{\"apiVersion\":\"v1\","
                                                     "\"kind\":\"ConfigMap\"}," FALSE)
                    BINDING("limited", ",\"paramRef\":{\"name\":\"x\",\"namespace\":\"n\","
                                       "\"parameterNotFoundAction\":\"Deny\"}")
                        BW_CLUSTER_UNAVAILABLE "v1 ConfigMap\t\"not allowed\"\n";
    struct bw_buf set BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_SET_MAX);
    struct bw_buf told BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    struct bw_policy_set *opened BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_err err = {0};
    if (bw_cluster_policies_compile(bw_str(text), note_left_out, &told, &set, &err) ||
        bw_policy_set_open(bw_buf_slice(&set), &opened, &err))
        fail_msg("%s", err.msg);
    bw_buf_byte(&told, 0);
    assert_int_equal(bw_policy_count(opened), 1);
    assert_true(bw_str_eq(bw_policy_at(opened, 0)->id, BW_STR("good")));
    assert_non_null(strstr((char *)told.p, "ValidatingAdmissionPolicy broken: "));
    assert_non_null(strstr((char *)told.p, "ValidatingAdmissionPolicy limited: its parameters"));
    assert_null(strstr((char *)told.p, "good"));
    assert_null(strstr((char *)told.p, "unbound"));
}

static void without_policies_in_force_there_is_no_set(void **state)
{
    (void)state;
    struct bw_buf set BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_SET_MAX);
    assert_int_equal(
        bw_cluster_policies_compile(BW_STR(VAP("unbound", FALSE)), note_left_out, NULL, &set, NULL),
        0);
    assert_int_equal(set.n, 0);
    assert_int_equal(
        bw_cluster_policies_compile(BW_STR("nonsense\n"), note_left_out, NULL, &set, NULL),
        BW_EFORMAT);
}

/* --- the authority --- */

static void make_authority(struct bw_cluster_authority *authority)
{
    struct bw_x509_made made = {.certificate_pem = BW_BUF(BW_CLUSTER_AUTHORITY_MAX),
                                .key_pem = BW_BUF(BW_CLUSTER_AUTHORITY_MAX)};
    assert_int_equal(bw_x509_make_ca("test", 1000000000, 86400, &made, NULL), 0);
    authority->pem = made.certificate_pem;
    authority->key = made.key_pem;
}

static void free_authority(struct bw_cluster_authority *authority)
{
    bw_buf_free(&authority->pem);
    bw_buf_free(&authority->key);
}

/* "200 " and the Secret that holds an authority. */
static void put_secret(struct bw_buf *answer, const struct bw_cluster_authority *authority)
{
    bw_buf_printf(answer, "200 {\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\","
                          "\"resourceVersion\":\"7\"},\"data\":{\"ca.pem\":\"");
    bw_base64_write(authority->pem.p, authority->pem.n, answer);
    bw_buf_printf(answer, "\",\"ca.key\":\"");
    bw_base64_write(authority->key.p, authority->key.n, answer);
    bw_buf_printf(answer, "\"}}");
    bw_buf_byte(answer, 0);
}

static enum bw_cluster_secret_state sync_with(const char *const *answers,
                                              const struct bw_cluster_authority *own,
                                              struct bw_cluster_authority *theirs,
                                              struct server *server)
{
    struct bw_kubernetes *client = start(server, answers);
    enum bw_cluster_secret_state state = BW_CLUSTER_SECRET_NONE;
    struct bw_err err = {0};
    if (bw_cluster_secret_sync(client, BW_STR("n"), BW_STR("s"), own, theirs, &state, &err))
        fail_msg("%s", err.msg);
    stop(server, client);
    return state;
}

static void an_empty_secret_is_filled_with_ours(void **state)
{
    (void)state;
    static const char *const filled[] = {
        "200 {\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\",\"resourceVersion\":\"7\"}}",
        "200 {}", NULL};
    static const char *const created[] = {"404 {}", "201 {}", NULL};
    static const char *const lost[] = {"404 {}", "409 {}", NULL};
    static const char *const waiting[] = {"404 {}", NULL};
    struct bw_cluster_authority own, theirs = {.pem = BW_BUF(1 << 16), .key = BW_BUF(1 << 16)};
    const struct bw_cluster_authority nothing = {0};
    struct server s;
    make_authority(&own);
    assert_int_equal(sync_with(filled, &own, &theirs, &s), BW_CLUSTER_SECRET_SAME);
    assert_non_null(strstr(s.asked[1], "PUT /api/v1/namespaces/n/secrets/s HTTP"));
    assert_non_null(strstr(s.asked[1], "\"resourceVersion\":\"7\""));
    assert_int_equal(sync_with(created, &own, &theirs, &s), BW_CLUSTER_SECRET_SAME);
    assert_non_null(strstr(s.asked[1], "POST /api/v1/namespaces/n/secrets HTTP"));
    assert_int_equal(sync_with(lost, &own, &theirs, &s), BW_CLUSTER_SECRET_NONE);
    assert_int_equal(sync_with(waiting, &nothing, &theirs, &s), BW_CLUSTER_SECRET_NONE);
    free_authority(&own);
    free_authority(&theirs);
}

static void the_secret_wins_but_for_what_follows_it(void **state)
{
    (void)state;
    struct bw_cluster_authority own, other,
        theirs = {.pem = BW_BUF(1 << 16), .key = BW_BUF(1 << 16)};
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    struct server s;
    make_authority(&own);
    make_authority(&other);
    put_secret(&answer, &other);
    const char *const read[] = {(char *)answer.p, NULL};
    const char *const written[] = {(char *)answer.p, "200 {}", NULL};
    assert_int_equal(sync_with(read, &own, &theirs, &s), BW_CLUSTER_SECRET_TAKE);
    assert_true(bw_str_eq(bw_buf_slice(&theirs.pem), bw_buf_slice(&other.pem)));
    assert_true(bw_str_eq(bw_buf_slice(&theirs.key), bw_buf_slice(&other.key)));
    assert_int_equal(sync_with(read, &other, &theirs, &s), BW_CLUSTER_SECRET_SAME);
    /* The bundle of a replica that has made a new authority: it follows the Secret's. */
    bw_buf_str(&own.pem, bw_buf_slice(&other.pem));
    assert_int_equal(sync_with(written, &own, &theirs, &s), BW_CLUSTER_SECRET_SAME);
    assert_non_null(strstr(s.asked[1], "PUT "));
    free_authority(&own);
    free_authority(&other);
    free_authority(&theirs);
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
        cmocka_unit_test(policies_that_are_bound_and_understood_are_in_force),
        cmocka_unit_test(without_policies_in_force_there_is_no_set),
        cmocka_unit_test(an_empty_secret_is_filled_with_ours),
        cmocka_unit_test(the_secret_wins_but_for_what_follows_it),
        cmocka_unit_test(an_audit_judges_what_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
