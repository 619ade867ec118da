/* Verdicts: matching, conditions, variables, parameters, unknowns, reports, waivers. */
#include "policy-helper.h"

#include "base/clock.h"
#include "cel/cel.h"

static struct bw_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = bw_arena_new((size_t)16 << 20);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bw_arena_freep(&arena);
    return 0;
}

static struct bw_object object_of(const char *group, const char *resource, const char *json)
{
    struct bw_value value = json_value(arena, json);
    return (struct bw_object){
        .syntax = BW_SYNTAX_MANIFEST,
        .view_of = BW_OBJECT_NO_VIEW,
        .group = bw_str(group),
        .version = BW_STR("v1"),
        .resource = bw_str(resource),
        .kind = bw_value_text(bw_value_at(value, "kind", NULL)),
        .namespace = bw_value_text(bw_value_at(value, "metadata", "namespace", NULL)),
        .name = bw_value_text(bw_value_at(value, "metadata", "name", NULL)),
        .value = value,
    };
}

static struct bw_object config_map(const char *json)
{
    return object_of("", "configmaps", json);
}

static const char letters[] = {[BW_STATUS_PASS] = 'P',
                               [BW_STATUS_FAIL] = 'F',
                               [BW_STATUS_NOT_APPLICABLE] = 'n',
                               [BW_STATUS_NOT_EVALUATED] = '?'};

static char seen[64];
static char message[512];

/* What all policies of a text say: a letter for each outcome; the first message in `message`. */
static const char *judge_with(const char *policies, const struct bw_object *object,
                              const struct bw_policy_around *around)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = set_of(policies);
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_policy_choice all = {0};
    struct bw_err err = {0};
    assert_int_equal(bw_policy_select(set, &all, &selection, &err), 0);
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, &err);
    const struct bw_policy_outcome *outcomes = NULL;
    size_t n = 0;
    assert_non_null(judge);
    assert_int_equal(bw_policy_judge_object(judge, object, around, &outcomes, &n, &err), 0);
    assert_true(n < sizeof seen);
    for (size_t i = 0; i < n; i++)
        seen[i] = letters[outcomes[i].status];
    seen[n] = '\0';
    snprintf(message, sizeof message, "%" BW_STR_F, BW_STR_A(n ? outcomes[0].message : BW_STR("")));
    return seen;
}

static const char *judge(const char *policies, struct bw_object object)
{
    struct bw_policy_around around = {0};
    return judge_with(policies, &object, &around);
}

#define MAP(rest) "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"" rest

static void test_passes_and_fails(void **state)
{
    struct bw_object one = config_map(MAP("},\"data\":{\"x\":\"1\"}}"));
    (void)state;
    assert_string_equal(judge(SIMPLE("a", "object.data.x == '1'"), one), "P");
    assert_string_equal(judge(SIMPLE("a", "object.data.x == '2'"), one), "F");
    assert_string_equal(message, "failed expression: object.data.x == '2'");
    assert_string_equal(judge(SIMPLE("a", "object.data.y == '2'"), one), "F");
    assert_non_null(strstr(message, "no such key"));
    assert_string_equal(judge(SIMPLE("a", "object.data.x == '2'") "      message: told\n", one),
                        "F");
    assert_string_equal(message, "told");
    assert_string_equal(judge(SIMPLE("a", "false") "      message: told\n      messageExpression: "
                                                   "\"'x is ' + object.data.x\"\n",
                              one),
                        "F");
    assert_string_equal(message, "x is 1");
    assert_string_equal(
        judge(SIMPLE("a", "false") "      message: told\n      messageExpression: object.no\n",
              one),
        "F");
    assert_string_equal(message, "told");
    assert_string_equal(
        judge(SIMPLE("a", "true") "    - expression: 'false'\n    - expression: 'false'\n", one),
        "FF");
}

static void test_errors_follow_the_failure_policy(void **state)
{
    struct bw_object one = config_map(MAP("}}"));
    (void)state;
    assert_string_equal(judge(SIMPLE("a", "object.data.x == '1'"), one), "F");
    assert_string_equal(judge(SIMPLE("a", "object.data.x == '1'") "  failurePolicy: Ignore\n", one),
                        "?");
    assert_string_equal(judge(SIMPLE("a", "object.data == '1' || true"), one), "P");
    assert_string_equal(
        judge(SIMPLE("a", "object.metadata.name.size() * 0 == [1,2,3].map(x, [1,2,3]).size() - 3"),
              one),
        "P");
}

static void test_matches(void **state)
{
    struct bw_object one = config_map(MAP(",\"labels\":{\"tier\":\"web\"}}}"));
    (void)state;
    struct bw_object secret =
        object_of("", "secrets", "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}");
    assert_string_equal(judge(SIMPLE("a", "false"), secret), "");
#define MATCHING(rest)                                                                             \
    VAP "metadata: {name: a}\nspec:\n  validations: [{expression: 'false'}]\n" RULES(              \
        "", "configmaps") rest
    assert_string_equal(judge(MATCHING("        resourceNames: [b]\n"), one), "");
    assert_string_equal(judge(MATCHING("        resourceNames: [b, a]\n"), one), "F");
    assert_string_equal(judge(MATCHING("        scope: Cluster\n"), one), "");
    assert_string_equal(judge(MATCHING("    objectSelector: {matchLabels: {tier: web}}\n"), one),
                        "F");
    assert_string_equal(
        judge(MATCHING("    objectSelector: {matchExpressions: [{key: tier, operator: NotIn, "
                       "values: [web]}]}\n"),
              one),
        "");
    assert_string_equal(
        judge(MATCHING("    excludeResourceRules: [{apiGroups: ['*'], apiVersions: ['*'], "
                       "operations: ['*'], resources: ['*/*']}]\n"),
              one),
        "");
#define ANY(groups, resources)                                                                     \
    VAP "metadata: {name: a}\nspec:\n  validations: [{expression: 'false'}]\n"                     \
        "  matchConstraints:\n    resourceRules:\n      - {apiGroups: [" groups                    \
        "], apiVersions: ['*'], operations: ['*'], resources: [" resources "]}\n"
    assert_string_equal(judge(ANY("'*'", "'*'"), one), "F");
    assert_string_equal(judge(ANY("'*'", "configmaps/status"), one), "");
    assert_string_equal(judge(ANY("'*'", "'configmaps/*'"), one), "F");
    assert_string_equal(judge(ANY("apps", "'*'"), one), "");
    struct bw_object old =
        object_of("extensions", "deployments", "{\"kind\":\"Deployment\",\"metadata\":{}}");
    assert_string_equal(judge(ANY("apps", "deployments"), old), "F");
    struct bw_object native =
        object_of("bulwark.dev", "dockerfiles", "{\"kind\":\"Dockerfile\",\"path\":\"x\"}");
    assert_string_equal(judge(ANY("'*'", "'*'"), native), "");
    assert_string_equal(judge(ANY("bulwark.dev", "dockerfiles"), native), "F");
}

static void test_matches_subresources(void **state)
{
    struct bw_object exec =
        object_of("", "pods/exec", "{\"kind\":\"PodExecOptions\",\"command\":[\"sh\"]}");
    (void)state;
    assert_string_equal(judge(ANY("''", "pods"), exec), "");
    assert_string_equal(judge(ANY("''", "'*'"), exec), "");
    assert_string_equal(judge(ANY("''", "pods/status"), exec), "");
    assert_string_equal(judge(ANY("''", "pods/exec"), exec), "F");
    assert_string_equal(judge(ANY("''", "'pods/*'"), exec), "F");
    assert_string_equal(judge(ANY("''", "'*/exec'"), exec), "F");
    assert_string_equal(judge(ANY("''", "'*/*'"), exec), "F");
}

/* Of a change the labels before it select, too; of a deletion they alone. */
static void test_selects_by_what_was(void **state)
{
    struct bw_object one = config_map(MAP("}}"));
    struct bw_object gone = one;
    struct bw_policy_around around = {
        .old_object = json_value(arena, "{\"metadata\":{\"labels\":{\"tier\":\"web\"}}}")};
    (void)state;
    gone.value = bw_value_null();
#define BY_TIER MATCHING("    objectSelector: {matchLabels: {tier: web}}\n")
#define BY_NO_TIER                                                                                 \
    MATCHING("    objectSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}\n")
    assert_string_equal(judge(BY_TIER, one), "");
    assert_string_equal(judge_with(BY_TIER, &one, &around), "F");
    assert_string_equal(judge_with(BY_TIER, &gone, &around), "F");
    assert_string_equal(judge_with(BY_NO_TIER, &one, &around), "F");
    assert_string_equal(judge_with(BY_NO_TIER, &gone, &around), "");
}

static struct bw_value namespace_named(void *ctx, struct bw_str name)
{
    return bw_str_eq(name, BW_STR("shop")) ? *(struct bw_value *)ctx : (struct bw_value){0};
}

static void test_selects_namespaces(void **state)
{
    struct bw_object there = config_map(MAP(",\"namespace\":\"shop\"}}"));
    struct bw_object elsewhere = config_map(MAP(",\"namespace\":\"other\"}}"));
    struct bw_value shop =
        json_value(arena, "{\"metadata\":{\"name\":\"shop\",\"labels\":{\"team\":\"green\"}}}");
    struct bw_policy_around around = {.namespace_named = namespace_named, .ctx = &shop};
    (void)state;
#define BY_TEAM MATCHING("    namespaceSelector: {matchLabels: {team: green}}\n")
#define BY_NAME                                                                                    \
    MATCHING("    namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, "      \
             "operator: NotIn, values: [other]}]}\n")
    assert_string_equal(judge_with(BY_TEAM, &there, &around), "F");
    assert_string_equal(judge_with(BY_TEAM, &elsewhere, &around), "?");
    assert_string_equal(judge_with(BY_NAME, &there, &around), "F");
    assert_string_equal(judge_with(BY_NAME, &elsewhere, &around), "");
    assert_string_equal(
        judge_with(SIMPLE("a", "namespaceObject.metadata.labels.team == 'green'"), &there, &around),
        "P");
    assert_string_equal(judge_with(SIMPLE("a", "namespaceObject.metadata.labels.team == 'green'"),
                                   &elsewhere, &around),
                        "?");
    assert_string_equal(
        judge_with(SIMPLE("a", "namespaceObject.metadata.name == 'other'"), &elsewhere, &around),
        "P");
    struct bw_object nowhere = config_map(MAP("}}"));
    nowhere.cluster_scoped = true;
    assert_string_equal(judge_with(BY_TEAM, &nowhere, &around), "F");
    assert_string_equal(judge_with(SIMPLE("a", "namespaceObject == null"), &nowhere, &around), "P");
}

/* A call that makes a container is one request, and two kinds of objects. */
static void test_a_given_request_is_about_the_object(void **state)
{
    struct bw_object object = config_map(MAP("}}"));
    struct bw_policy_around around = {
        .request = json_value(arena, "{\"resource\":{\"group\":\"bulwark.dev\",\"version\":\"v1\","
                                     "\"resource\":\"dockerrequests\"},\"operation\":\"CREATE\","
                                     "\"requestResource\":{\"resource\":\"dockerrequests\"},"
                                     "\"userInfo\":{\"username\":\"alice\"}}")};
    (void)state;
    assert_string_equal(
        judge_with(SIMPLE("a", "request.resource.resource == 'configmaps'"), &object, &around),
        "P");
    assert_string_equal(
        judge_with(SIMPLE("a", "request.resource.group == '' && "
                               "request.requestResource.resource == 'dockerrequests'"),
                   &object, &around),
        "P");
    assert_string_equal(
        judge_with(SIMPLE("a", "request.userInfo.username == 'alice'"), &object, &around), "P");
}

static void test_evaluates_variables_when_they_are_wanted(void **state)
{
    struct bw_object one = config_map(MAP("},\"data\":{\"x\":\"1\"}}"));
    (void)state;
#define WITH_VARIABLES(name, condition, expression)                                                \
    VAP "metadata: {name: " name "}\nspec:\n" RULES(                                               \
        "", "configmaps") "  variables:\n    - {name: bad, expression: object.data.none}\n"        \
                          "    - {name: x, expression: object.data.x}\n"                           \
                          "    - {name: y, expression: \"variables.x + '!'\"}\n"                   \
                          "  matchConditions: [{name: c, expression: \"" condition "\"}]\n"        \
                          "  validations: [{expression: \"" expression "\"}]\n"
    assert_string_equal(judge(WITH_VARIABLES("a", "true", "variables.y == '1!'"), one), "P");
    assert_string_equal(judge(WITH_VARIABLES("a", "has(variables.x)", "has(variables.bad)"), one),
                        "P");
    assert_string_equal(judge(WITH_VARIABLES("a", "variables.x == '2'", "false"), one), "n");
    assert_string_equal(judge(WITH_VARIABLES("a", "true", "variables.bad == '1'"), one), "F");
    assert_string_equal(judge(WITH_VARIABLES("a", "variables.bad == '1'", "true"), one), "F");
    assert_string_equal(
        judge(WITH_VARIABLES("a", "true", "variables.y == '1!'") "---\n" WITH_VARIABLES(
                  "b", "true", "variables.x == '1'") "---\n" WITH_VARIABLES("c", "true",
                                                                            "variables.y == ''"),
              one),
        "PPF");
}

/* Programs are shared where names and types are the same, values only where expressions are. */
static void test_keeps_values_of_policies_apart(void **state)
{
    struct bw_object one = config_map(MAP("},\"data\":{\"x\":\"1\",\"z\":\"2\"}}"));
    (void)state;
#define OF_ITS_OWN(name, key, expression)                                                          \
    VAP "metadata: {name: " name "}\nspec:\n" RULES(                                               \
        "", "configmaps") "  variables:\n    - {name: x, expression: object.data." key "}\n"       \
                          "    - {name: y, expression: \"variables.x + '!'\"}\n"                   \
                          "  validations: [{expression: \"" expression "\"}]\n"
    assert_string_equal(
        judge(OF_ITS_OWN("a", "x", "variables.y == '1!'") "---\n" OF_ITS_OWN(
                  "b", "z", "variables.y == '1!'") "---\n" OF_ITS_OWN("c", "z",
                                                                      "variables.y == '2!'"),
              one),
        "PFP");
}

static void test_sees_the_request(void **state)
{
    struct bw_object one = config_map(MAP("}}"));
    struct bw_policy_around update = {
        .request =
            json_value(arena, "{\"operation\":\"UPDATE\",\"userInfo\":{\"username\":\"u\"}}"),
        .old_object = json_value(arena, "{\"data\":{\"x\":\"1\"}}")};
    (void)state;
    assert_string_equal(
        judge(SIMPLE("a", "request.operation == 'CREATE' && request.kind.kind == 'ConfigMap' && "
                          "request.namespace == 'default' && oldObject == null"),
              one),
        "P");
    assert_string_equal(judge(SIMPLE("a", "request.userInfo.username == 'u'"), one), "?");
    assert_string_equal(judge_with(SIMPLE("a", "request.userInfo.username == 'u' && "
                                               "oldObject.data.x == '1'"),
                                   &one, &update),
                        "P");
    assert_string_equal(judge(SIMPLE("a", "authorizer.group('').resource('pods').check('create')"
                                          ".allowed()"),
                              one),
                        "?");
}

static struct bw_value unknown_of(enum bw_unknown_class class, const char *why)
{
    struct bw_value_maker make = {.arena = arena};
    return bw_value_unknown(&make, class, bw_str(why));
}

static void test_unknowns_are_no_verdict(void **state)
{
    struct bw_value_maker make = {.arena = arena};
    struct bw_object one = config_map(MAP("}}"));
    (void)state;
    bw_value_set(&make, &one.value, "mute", unknown_of(BW_UNKNOWN_INEXPRESSIBLE, "no words"));
    bw_value_set(&make, &one.value, "gone", unknown_of(BW_UNKNOWN_MISSING, "not at hand"));
    assert_string_equal(judge(SIMPLE("a", "object.mute == 1"), one), "n");
    assert_string_equal(message, "no words");
    assert_string_equal(judge(SIMPLE("a", "object.gone.x.y == 1"), one), "?");
    assert_string_equal(message, "not at hand");
    assert_string_equal(judge(SIMPLE("a", "object.mute == 1 || true"), one), "P");
    assert_string_equal(judge(SIMPLE("a", "object.gone == 1 && false"), one), "F");
    assert_string_equal(judge(SIMPLE("a", "object.mute == 1 && object.gone == 1"), one), "?");
    assert_string_equal(judge(SIMPLE("a", "object.mute == 1") "    - expression: 'true'\n", one),
                        "n");
    assert_string_equal(judge(SIMPLE("a", "object.mute == 1") "    - expression: 'false'\n", one),
                        "F");
}

#define BOUND                                                                                      \
    VAP "metadata: {name: a}\nspec:\n" RULES(                                                      \
        "", "configmaps") "  paramKind: {apiVersion: rules.example.com/v1, kind: Limit}\n"         \
                          "  validations: [{expression: object.data.size() <= params.max}]\n"
#define BINDING(name, ref, actions)                                                                \
    "---\napiVersion: admissionregistration.k8s.io/v1\n"                                           \
    "kind: ValidatingAdmissionPolicyBinding\nmetadata: {name: " name "}\nspec:\n"                  \
    "  policyName: a\n  validationActions: [" actions "]\n  paramRef: {" ref "}\n"
#define PARAM(name, max)                                                                           \
    "---\napiVersion: rules.example.com/v1\nkind: Limit\nmetadata: {name: " name                   \
    ", labels: {of: " name "}}\nmax: " max "\n"

static void test_takes_parameters(void **state)
{
    struct bw_object two = config_map(MAP("},\"data\":{\"x\":\"1\",\"y\":\"2\"}}"));
    (void)state;
    assert_string_equal(judge(BOUND, two), "n");
    assert_string_equal(judge(BOUND BINDING("b", "name: small, parameterNotFoundAction: Deny",
                                            "Deny") PARAM("small", "1") PARAM("big", "9"),
                              two),
                        "F");
    assert_string_equal(judge(BOUND BINDING("b", "name: big, parameterNotFoundAction: Deny", "Deny")
                                  PARAM("small", "1") PARAM("big", "9"),
                              two),
                        "P");
    assert_string_equal(judge(BOUND BINDING("b", "name: none, parameterNotFoundAction: Deny",
                                            "Deny") PARAM("small", "1"),
                              two),
                        "F");
    assert_string_equal(judge(BOUND BINDING("b", "name: none, parameterNotFoundAction: Allow",
                                            "Deny") PARAM("small", "1"),
                              two),
                        "n");
    assert_string_equal(
        judge(BOUND BINDING("b",
                            "selector: {matchLabels: {of: small}}, parameterNotFoundAction: "
                            "Allow",
                            "Audit") BINDING("c", "name: big, parameterNotFoundAction: Deny",
                                             "Deny") PARAM("small", "1") PARAM("big", "9"),
              two),
        "F");
}

static void test_loads_gatekeeper_and_kyverno(void **state)
{
    struct bw_object one = config_map(MAP(",\"namespace\":\"shop\"},\"data\":{\"x\":\"1\"}}"));
    (void)state;
#define TEMPLATE                                                                                   \
    "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: needs}\n"  \
    "spec:\n  crd: {spec: {names: {kind: Needs}}}\n  targets:\n"                                   \
    "    - target: admission.k8s.gatekeeper.sh\n      code:\n"                                     \
    "        - engine: K8sNativeValidation\n          source:\n            validations:\n"         \
    "              - expression: variables.params.keys.all(k, k in variables.anyObject.data)\n"    \
    "                message: a key is missing\n"
#define CONSTRAINT(keys, more)                                                                     \
    "---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Needs\nmetadata: {name: c}\n"       \
    "spec:\n  enforcementAction: warn\n  match:\n    kinds: [{apiGroups: [''], kinds: "            \
    "[ConfigMap]}]\n" more "  parameters: {keys: [" keys "]}\n"
    assert_string_equal(judge(TEMPLATE CONSTRAINT("x", ""), one), "P");
    assert_string_equal(judge(TEMPLATE CONSTRAINT("x, y", ""), one), "F");
    assert_string_equal(message, "a key is missing");
    assert_string_equal(judge(TEMPLATE CONSTRAINT("y", "    excludedNamespaces: [sh*]\n"), one),
                        "");
    assert_string_equal(
        judge("apiVersion: policies.kyverno.io/v1\nkind: ValidatingPolicy\nmetadata: {name: k}\n"
              "spec:\n  validationActions: [Audit]\n  evaluation: {background: {enabled: "
              "true}}\n" RULES(
                  "", "configmaps") "  validations: [{expression: object.data.x == '2'}]\n",
              one),
        "F");
}

static void test_mutates(void **state)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = set_of(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\n"
        "metadata: {name: m}\nspec:\n" RULES(
            "", "configmaps") "  reinvocationPolicy: Never\n  mutations:\n"
                              "    - patchType: JSONPatch\n      jsonPatch: {expression: "
                              "\"[JSONPatch{op: 'add', path: '/data/n', value: "
                              "string(object.data.size())}]\"}\n"
                              "    - patchType: JSONPatch\n      jsonPatch: {expression: "
                              "\"[JSONPatch{op: 'replace', path: '/data/n', value: object.data.n + "
                              "'!'}]\"}\n");
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_policy_choice all = {0};
    struct bw_policy_around around = {0};
    struct bw_err err = {0};
    struct bw_object one = config_map(MAP("},\"data\":{\"x\":\"1\"}}"));
    struct bw_value operations = {0}, made = {0};
    struct bw_value_maker make = {.arena = arena};
    (void)state;
    assert_int_equal(bw_policy_select(set, &all, &selection, &err), 0);
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, &err);
    if (bw_policy_mutate(judge, 0, &one, &around, &operations, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(bw_value_count(operations), 2);
    if (bw_policy_patch(&make, one.value, operations, &made, &err))
        fail_msg("%s", err.msg);
    assert_true(bw_value_is(bw_value_at(made, "data", "n", NULL), "1!"));
}

/* --- reports --- */

static struct bw_buf gaps = {.max = 65536};

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    (void)ctx;
    bw_buf_printf(&gaps, "%s: %" BW_STR_F ": %" BW_STR_F ": %" BW_STR_F "\n",
                  bw_gap_class_name(class), BW_STR_A(where), BW_STR_A(what), BW_STR_A(why));
}

static struct bw_findings findings;
static struct bw_results results;

static void report(const char *policies, const struct bw_document *document)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = set_of(policies);
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_policy_choice all = {0};
    struct bw_err err = {0};
    struct bw_subject subject = {.kind = BW_SUBJECT_DOCUMENTS, .name = BW_STR("x")};
    struct bw_check_input input = {.subject = &subject, .now = 1800000000};
    struct bw_check_output output = {
        .arena = arena, .findings = &findings, .results = &results, .gap = on_gap};
    struct bw_policy_documents documents = {document, 1};
    BW_VEC_FREE(&findings);
    BW_VEC_FREE(&results);
    bw_buf_clear(&gaps);
    assert_int_equal(bw_policy_select(set, &all, &selection, &err), 0);
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, &err);
    assert_int_equal(bw_policy_check(judge, &documents, &input, &output, &err), 0);
}

static struct bw_str files[] = {{"shop.yaml", 9}};
static struct bw_value_place places[] = {{0, 0, 0}, {0, 7, 3}, {0, 9, 5}};

static struct bw_document document_of(struct bw_object *objects, size_t n)
{
    return (struct bw_document){.files = files,
                                .files_n = 1,
                                .places = places,
                                .places_n = BW_ARRAY_LEN(places),
                                .objects = objects,
                                .objects_n = n};
}

static void test_reports(void **state)
{
    struct bw_object objects[] = {
        config_map(MAP(",\"namespace\":\"shop\"},\"data\":{\"x\":\"1\"}}")),
        config_map(MAP("},\"data\":{\"x\":\"2\"}}"))};
    struct bw_document document = document_of(objects, 2);
    (void)state;
    objects[0].place = 1;
    report(SIMPLE("a", "object.data.x == '2'") "---\n" SIMPLE(
               "b",
               "request.userInfo.username == "
               "'u'") "---\n" SIMPLE("c", "true") "---\n" VAP
                                                  "metadata: {name: d}\nspec:\n" RULES(
                                                      "", "secrets") "  validations: [{expression: "
                                                                     "'false'}]\n",
           &document);
    assert_int_equal(results.n, 4);
    assert_int_equal(results.v[0].status, BW_STATUS_FAIL);
    assert_int_equal(results.v[0].evaluated, 2);
    assert_int_equal(results.v[0].findings, 1);
    assert_int_equal(results.v[1].status, BW_STATUS_NOT_EVALUATED);
    assert_int_equal(results.v[2].status, BW_STATUS_PASS);
    assert_int_equal(results.v[3].status, BW_STATUS_NOT_APPLICABLE);
    assert_int_equal(findings.n, 1);
    const struct bw_finding *f = &findings.v[0];
    assert_int_equal(f->kind, BW_FINDING_POLICY);
    assert_int_equal(f->location.line, 7);
    assert_int_equal(f->column, 3);
    assert_true(bw_str_eq(f->location.path, BW_STR("shop.yaml")));
    assert_true(bw_str_eq(f->object, BW_STR("ConfigMap shop/a")));
    assert_string_equal(f->because.p, "data.x is \"1\"");
    assert_non_null(f->fingerprint.p);
    bw_buf_byte(&gaps, 0);
    assert_string_equal((char *)gaps.p,
                        "note: shop.yaml: ConfigMap shop/a: policy b: who will create the "
                        "object is known only when it is created\n");
}

static void test_waives(void **state)
{
    struct bw_object objects[] = {config_map(
        MAP(",\"annotations\":{\"bulwark.dev/ignore\":\"b,a; reason=known; owner=me; "
            "until=2027-01-15\",\"checkov.io/skip1\":\"CKV_1=other\","
            "\"bulwark.dev/ignore.x\":\"d; until=2026-01-01\",\"bulwark.dev/ignore.y\":\"d; "
            "untl=1\"}}}"))};
    struct bw_ignore ignores[] = {
        {.id = BW_STR("e"), .reason = BW_STR("line"), .first = 6, .last = 8, .line = 5},
        {.id = BW_STR("f"), .first = 9, .last = 9}};
    struct bw_document document = document_of(objects, 1);
    (void)state;
    objects[0].place = 1;
    document.ignores = ignores;
    document.ignores_n = 2;
    report(SIMPLE("a",
                  "false") "---\n" VAP "metadata: {name: c, annotations: {bulwark.dev/aliases: "
                           "CKV_1}}\nspec:\n" RULES(
                               "",
                               "configmaps") "  validations: [{expression: "
                                             "'false'}]\n---\n" SIMPLE(
                                                 "d",
                                                 "fal"
                                                 "se") "---\n" SIMPLE("e",
                                                                      "false") "---\n" SIMPLE("f",
                                                                                              "fals"
                                                                                              "e"),
           &document);
    assert_int_equal(findings.n, 5);
    const struct bw_waiver *w = findings.v[0].waiver;
    assert_non_null(w);
    assert_true(bw_str_eq(w->reason, BW_STR("known")));
    assert_true(bw_str_eq(w->owner, BW_STR("me")));
    assert_int_equal(w->expires, 1800057600);
    assert_true(bw_str_eq(findings.v[1].waiver->reason, BW_STR("other")));
    assert_null(findings.v[2].waiver);
    assert_true(bw_str_eq(findings.v[3].waiver->reason, BW_STR("line")));
    assert_int_equal(findings.v[3].waiver->line, 5);
    assert_null(findings.v[4].waiver);
    bw_buf_byte(&gaps, 0);
    assert_non_null(strstr((char *)gaps.p, "it has expired"));
    assert_non_null(strstr((char *)gaps.p, "it is not understood"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_passes_and_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_follow_the_failure_policy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matches_subresources, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selects_by_what_was, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selects_namespaces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_given_request_is_about_the_object, setup, teardown),
        cmocka_unit_test_setup_teardown(test_evaluates_variables_when_they_are_wanted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keeps_values_of_policies_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sees_the_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknowns_are_no_verdict, setup, teardown),
        cmocka_unit_test_setup_teardown(test_takes_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loads_gatekeeper_and_kyverno, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reports, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waives, setup, teardown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    BW_VEC_FREE(&findings);
    BW_VEC_FREE(&results);
    bw_buf_free(&gaps);
    return failed;
}
