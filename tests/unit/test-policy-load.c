#include "policy-helper.h"

#define HEAD VAP "metadata: {name: a}\nspec:\n" RULES("", "configmaps") "  validations:\n"

static void expect_problem(const char *text, const char *wanted)
{
    struct bw_policy_set *set = NULL;
    struct bw_err err = {0};
    assert_int_equal(build_set(text, &set, &err), BW_EFORMAT);
    if (strcmp(err.msg, wanted) != 0)
        fail_msg("\n  %s\nis not\n  %s", err.msg, wanted);
    assert_null(set);
}

static void test_names_what_it_does_not_know(void **state)
{
    (void)state;
    expect_problem(VAP "metadata: {name: a}\nspec:\n  validation: []\n",
                   "p.yaml:5:3: policy a: spec has no field 'validation'; did you mean "
                   "'validations'?");
    expect_problem(VAP "metadata: {name: a}\nspec:\n" RULES("", "pods"),
                   "p.yaml:5:3: policy a: spec has neither validations nor auditAnnotations: it "
                   "says nothing");
    expect_problem(VAP "metadata: {name: a}\nspec:\n  failurePolicy: fail\n",
                   "p.yaml:5:18: policy a: 'fail' is none of Fail, Ignore; did you mean 'Fail'?");
    expect_problem("apiVersion: admissionregistration.k8s.io/v2\nkind: ValidatingAdmissionPolicy\n"
                   "metadata: {name: a}\n",
                   "p.yaml:1:1: policy a: version v2 of ValidatingAdmissionPolicy is not known; "
                   "these are: v1 v1beta1");
    expect_problem(HEAD "    - expression:\n",
                   "p.yaml:12:7: policy a: validations has no expression");
    expect_problem("a: [b\n", "p.yaml:2:1: no valid YAML: did not find expected ',' or ']' at "
                              "line 2");
}

static void test_reads_annotations_strictly(void **state)
{
    (void)state;
    expect_problem(VAP "metadata:\n  name: a\n  annotations:\n    bulwark.dev/severty: low\n",
                   "p.yaml:6:5: policy a: there is no annotation 'bulwark.dev/severty'; did you "
                   "mean 'bulwark.dev/severity'?");
    expect_problem(VAP "metadata:\n  name: a\n  annotations:\n    bulwark.dev/severity: bad\n",
                   "p.yaml:6:27: policy a: 'bad' is none of negligible, low, medium, high, "
                   "critical");
}

static void test_keeps_what_annotations_say(void **state)
{
    (void)state;
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = set_of(
        VAP "metadata:\n  name: a\n  annotations:\n    bulwark.dev/title: One line\n"
            "    bulwark.dev/severity: low\n    bulwark.dev/remedy: |\n      Do this,\n      then "
            "that.\n    bulwark.dev/references: |\n      CIS 1\n\n      CIS 2\n"
            "    bulwark.dev/aliases: DL1, DL2\n    bulwark.dev/profiles: hosting\nspec:\n" RULES(
                "", "configmaps") "  validations: [{expression: 'true'}]\n");
    const struct bw_policy *policy = bw_policy_at(set, 0);
    assert_int_equal(bw_policy_count(set), 1);
    assert_string_equal(policy->check.id, "a");
    assert_string_equal(policy->check.title, "One line");
    assert_string_equal(policy->check.remedy, "Do this,\nthen that.");
    assert_string_equal(policy->check.references[1], "CIS 2");
    assert_null(policy->check.references[2]);
    assert_int_equal(policy->severity, BW_SEVERITY_LOW);
    assert_int_equal(policy->action, BW_POLICY_WARN);
    assert_int_equal(policy->aliases.n, 2);
    assert_true(bw_str_eq(policy->resources.v[0], BW_STR("configmaps")));
    assert_int_equal(bw_policy_find(set, BW_STR("dl2")), 0);
    assert_int_equal(bw_policy_find(set, BW_STR("DL3")), SIZE_MAX);
}

/* HEAD is eleven lines; each fault is at the word `objct`. */
static void test_points_into_expressions(void **state)
{
    static const struct {
        const char *yaml;
        unsigned line, column;
    } cases[] = {
        {"    - expression: true && objct.a\n", 12, 27},
        {"    - expression: \"'\\u00e9' == objct.a\"\n", 12, 32},
        {"    - expression: \"'\u00e9' == objct.a\"\n", 12, 27},
        {"    - expression: '''a'' == objct.a'\n", 12, 29},
        {"    - expression: |\n        true\n        && objct.a\n", 14, 12},
        {"    - expression: |2\n          true\n        && objct.a\n", 14, 12},
        {"    - expression: |\n\n        true\n          && objct.a\n", 15, 14},
        {"    - expression: >-\n        true\n        && objct.a\n", 14, 12},
        {"    - expression: >\n\n        true\n\n          && objct.a\n", 16, 14},
        {"    - expression: true &&\n        objct.a\n", 13, 9},
        {"    - expression: \"true   \n\n       && \\\n       objct.a\"\n", 15, 8},
        {"    - expression: \"true \\\n       && objct.a\"\n", 13, 11},
    };
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char text[2000], wanted[200];
        snprintf(text, sizeof text, "%s%s", HEAD, cases[i].yaml);
        snprintf(wanted, sizeof wanted,
                 "p.yaml:%u:%u: policy a: undeclared reference to 'objct'; did you mean 'object'?",
                 cases[i].line, cases[i].column);
        expect_problem(text, wanted);
    }
}

static void test_types_pods(void **state)
{
    (void)state;
    expect_problem(VAP "metadata: {name: a}\nspec:\n" RULES(
                       "", "pods") "  validations:\n    - expression: "
                                   "object.spec.containers.all(c, has(c.securityContex))\n",
                   "p.yaml:12:55: policy a: undefined field 'securityContex' of "
                   "core.Container; did you mean 'securityContext'?");
    /* Kubernetes takes what does not keep to the types, and so does bulwark. */
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) =
        set_of(VAP "metadata: {name: a}\nspec:\n" RULES(
            "", "pods") "  variables: [{name: v, expression: object.spec}]\n  validations:\n    - "
                        "expression: "
                        "\"'name' in object.metadata\"\n");
    assert_int_equal(bw_policy_count(set), 1);
    expect_problem(SIMPLE("a", "1 + 1"), "p.yaml:12:20: policy a: the expression gives int, and a "
                                         "bool is wanted");
}

static unsigned problems;

static void count_problem(void *ctx, const struct bw_policy_problem *problem)
{
    (void)ctx;
    assert_true(bw_str_eq(problem->file, BW_STR("p.yaml")));
    problems++;
}

static void test_tells_every_problem(void **state)
{
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(count_problem, NULL, NULL);
    struct bw_policy_set *set = NULL;
    struct bw_err err = {0};
    (void)state;
    problems = 0;
    assert_int_equal(bw_policy_load(loader, BW_STR("p.yaml"),
                                    BW_STR("a: 1\n---\n" SIMPLE("a", "b") "    - expression: c\n"
                                                                          "---\n" SIMPLE("b", "d")),
                                    &err),
                     BW_EFORMAT);
    assert_int_equal(bw_policy_set_build(loader, &set, &err), BW_EFORMAT);
    assert_string_equal(err.msg, "p.yaml:1:1: no object of Kubernetes: it has no apiVersion and "
                                 "kind");
    assert_int_equal(problems, 4);
}

static void test_wants_names_once(void **state)
{
    (void)state;
    expect_problem(SIMPLE("a", "true") "---\n" SIMPLE("a", "true"),
                   "p.yaml:14:1: policy a: the name stands also in p.yaml:1");
    expect_problem("apiVersion: admissionregistration.k8s.io/v1\n"
                   "kind: ValidatingAdmissionPolicyBinding\nmetadata: {name: b}\n"
                   "spec: {policyName: a, validationActions: [Deny]}\n",
                   "p.yaml:1:1: policy b: there is no policy 'a' that it could bind");
}

static void test_names_what_others_use_beyond(void **state)
{
    (void)state;
    expect_problem("apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\n",
                   "p.yaml:1:1: policy a: kind ClusterPolicy: Kyverno's patterns and JMESPath are "
                   "not supported; ValidatingPolicy (CEL) is");
    expect_problem("apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\n"
                   "metadata: {name: a}\nspec:\n  crd: {spec: {names: {kind: A}}}\n  targets:\n"
                   "    - {target: admission.k8s.gatekeeper.sh, rego: x}\n",
                   "p.yaml:7:7: policy a: the template is written in Rego, which is not supported; "
                   "one with engine K8sNativeValidation (CEL) is");
    expect_problem("apiVersion: policies.kyverno.io/v1\nkind: ValidatingPolicy\n"
                   "metadata: {name: a}\nspec:\n" RULES(
                       "", "pods") "  validations:\n    - expression: http.Get('x') == 1\n",
                   "p.yaml:12:19: policy a: undeclared reference to 'http' (Kyverno's 'http.' is "
                   "not supported: policies look nothing up while they decide)");
    expect_problem("apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\n"
                   "metadata: {name: a}\nspec:\n" RULES(
                       "", "pods") "  mutations:\n    - patchType: ApplyConfiguration\n",
                   "p.yaml:12:18: policy a: patchType ApplyConfiguration is not supported; "
                   "JSONPatch is");
}

static void test_survives_its_bytes(void **state)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) =
        set_of(SIMPLE("a", "object.x == 1") "---\n" SIMPLE("b", "object.y.all(z, z > 1)"));
    struct bw_str bytes = bw_policy_set_bytes(set);
    (void)state;
    uint8_t *copy = test_malloc(bytes.n);
    for (size_t i = 0; i < bytes.n; i++) {
        struct bw_policy_set *other = NULL;
        struct bw_err err = {0};
        memcpy(copy, bytes.p, bytes.n);
        copy[i] ^= 0xff;
        if (bw_policy_set_open(bw_str_n(copy, bytes.n), &other, &err) == 0) {
            assert_int_equal(bw_policy_count(other), 2);
            bw_policy_set_free(other);
        }
    }
    memcpy(copy, bytes.p, bytes.n);
    struct bw_policy_set *same = NULL;
    struct bw_err err = {0};
    assert_int_equal(bw_policy_set_open(bw_str_n(copy, bytes.n), &same, &err), 0);
    assert_string_equal(bw_policy_at(same, 1)->check.id, "b");
    bw_policy_set_free(same);
    assert_int_equal(bw_policy_set_open(bw_str_n(copy, bytes.n - 8), &same, &err), BW_EFORMAT);
    test_free(copy);
}

static void test_selects(void **state)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = set_of(
        VAP "metadata: {name: a, annotations: {bulwark.dev/profiles: 'baseline, hosting', "
            "bulwark.dev/aliases: X1}}\nspec:\n" RULES(
                "", "configmaps") "  validations: [{expression: 'true'}]\n---\n" VAP
                                  "metadata: {name: b, annotations: {bulwark.dev/profiles: "
                                  "restricted}}\nspec:\n" RULES(
                                      "", "configmaps") "  validations: [{expression: "
                                                        "'true'}]\n---\n" SIMPLE("c", "true"));
    struct bw_policy_selection *selection = NULL;
    struct bw_str words[] = {BW_STR("hosting"), BW_STR("x1"), BW_STR("hostin")};
    struct bw_policy_choice choice = {.profiles = {&words[0], 1}};
    struct bw_err err = {0};
    (void)state;
    assert_int_equal(bw_policy_select(set, &choice, &selection, &err), 0);
    assert_true(bw_policy_is_selected(selection, 0));
    assert_false(bw_policy_is_selected(selection, 1));
    assert_true(bw_policy_is_selected(selection, 2)); /* names none, so it is part of all */
    assert_int_equal(bw_policy_selected_count(selection), 2);
    bw_policy_selection_freep(&selection);
    choice = (struct bw_policy_choice){.only = {&words[1], 1}};
    assert_int_equal(bw_policy_select(set, &choice, &selection, &err), 0);
    assert_int_equal(bw_policy_selected_count(selection), 1);
    bw_policy_selection_freep(&selection);
    choice = (struct bw_policy_choice){.profiles = {&words[2], 1}};
    assert_int_equal(bw_policy_select(set, &choice, &selection, &err), BW_EUSAGE);
    assert_string_equal(err.msg, "there is no profile 'hostin'; did you mean 'hosting'?");
}

static void test_opens_the_library(void **state)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_err err = {0};
    (void)state;
    assert_int_equal(bw_policy_set_builtin(&set, &err), 0);
    assert_true(bw_policy_count(set) > 0);
    size_t i = bw_policy_find(set, BW_STR("container-privileged"));
    assert_true(i != SIZE_MAX);
    assert_true(bw_policy_answers_to(bw_policy_at(set, i), BW_STR("CKV_K8S_16")));
    struct bw_policy_part part;
    assert_true(bw_policy_part_at(set, i, 0, &part));
    assert_int_equal(part.kind, BW_POLICY_PART_VARIABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_what_it_does_not_know),
        cmocka_unit_test(test_reads_annotations_strictly),
        cmocka_unit_test(test_keeps_what_annotations_say),
        cmocka_unit_test(test_points_into_expressions),
        cmocka_unit_test(test_types_pods),
        cmocka_unit_test(test_tells_every_problem),
        cmocka_unit_test(test_wants_names_once),
        cmocka_unit_test(test_names_what_others_use_beyond),
        cmocka_unit_test(test_survives_its_bytes),
        cmocka_unit_test(test_selects),
        cmocka_unit_test(test_opens_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
