/*
 * ValidatingAdmissionPolicy, MutatingAdmissionPolicy and their bindings
 * (admissionregistration.k8s.io/v1).
 */
#include "check/policy-load.h"

#define AT(field)         offsetof(struct bw_policy_draft, field)
#define BINDING_AT(field) offsetof(struct bw_policy_draft_binding, field)

/* The outermost fields of every document; `spec` is the one that counts. */
static int take_root(struct bw_policy_reader *reader, const struct bw_yaml *root,
                     bw_policy_take take_spec, void *out)
{
    const struct bw_policy_field fields[] = {
        {"apiVersion", NULL, 0, true, NULL}, {"kind", NULL, 0, true, NULL},
        {"metadata", NULL, 0, true, NULL},   {"spec", take_spec, 0, true, NULL},
        {"status", NULL, 0, false, NULL},
    };
    return bw_policy_take_fields(reader, root, "the document", fields, BW_ARRAY_LEN(fields), out);
}

static int take_param_kind(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"apiVersion", bw_policy_take_text, AT(param_version), true, NULL},
        {"kind", bw_policy_take_text, AT(param_kind), true, NULL},
    };
    struct bw_policy_draft *draft = at;
    draft->has_params = true;
    return bw_policy_take_fields(reader, value, "paramKind", fields, BW_ARRAY_LEN(fields), at);
}

static int take_validating_spec(struct bw_policy_reader *reader, const struct bw_yaml *value,
                                void *at)
{
    static const struct bw_policy_field fields[] = {
        {"paramKind", take_param_kind, 0, false, NULL},
        {"matchConstraints", bw_policy_take_match, AT(match), true, NULL},
        {"validations", bw_policy_take_validations, AT(validations), false, NULL},
        {"failurePolicy", bw_policy_take_failure, AT(ignores_errors), false, NULL},
        {"auditAnnotations", bw_policy_take_audits, AT(audits), false, NULL},
        {"matchConditions", bw_policy_take_conditions, AT(conditions), false, NULL},
        {"variables", bw_policy_take_variables, AT(variables), false, NULL},
    };
    const struct bw_policy_draft *draft = at;
    int rc = bw_policy_take_fields(reader, value, "spec", fields, BW_ARRAY_LEN(fields), at);
    if (rc == 0 && !draft->match.rules.n)
        return bw_policy_problem_at(reader, value, "spec.matchConstraints has no resourceRules");
    if (rc == 0 && !draft->validations.n && !draft->audits.n)
        return bw_policy_problem_at(reader, value,
                                    "spec has neither validations nor "
                                    "auditAnnotations: it says nothing");
    return rc;
}

static int add_draft(struct bw_policy_reader *reader, struct bw_policy_draft *draft)
{
    struct bw_policy_draft **slot = BW_VEC_PUSH(&reader->loader->policies, BW_POLICY_POLICIES_MAX);
    if (!slot)
        return bw_policy_problem(reader, draft->line, draft->column, "more than %u policies",
                                 BW_POLICY_POLICIES_MAX);
    *slot = draft;
    return 0;
}

int bw_policy_read_validating(struct bw_policy_reader *reader, const struct bw_yaml *root)
{
    struct bw_policy_draft *draft = bw_policy_new_draft(reader, root);
    int rc = draft ? take_root(reader, root, take_validating_spec, draft) : BW_EFORMAT;
    return rc ? rc : add_draft(reader, draft);
}

static int take_mutating_spec(struct bw_policy_reader *reader, const struct bw_yaml *value,
                              void *at)
{
    static const struct bw_policy_field fields[] = {
        {"paramKind", take_param_kind, 0, false, NULL},
        {"matchConstraints", bw_policy_take_match, AT(match), true, NULL},
        {"mutations", bw_policy_take_mutations, AT(mutations), true, NULL},
        {"failurePolicy", bw_policy_take_failure, AT(ignores_errors), false, NULL},
        {"matchConditions", bw_policy_take_conditions, AT(conditions), false, NULL},
        {"variables", bw_policy_take_variables, AT(variables), false, NULL},
        {"reinvocationPolicy", NULL, 0, false, NULL}, /* when it is asked again is the caller's */
    };
    const struct bw_policy_draft *draft = at;
    int rc = bw_policy_take_fields(reader, value, "spec", fields, BW_ARRAY_LEN(fields), at);
    if (rc == 0 && !draft->match.rules.n)
        return bw_policy_problem_at(reader, value, "spec.matchConstraints has no resourceRules");
    if (rc == 0 && !draft->mutations.n)
        return bw_policy_problem_at(reader, value, "spec has no mutations: it says nothing");
    return rc;
}

int bw_policy_read_mutating(struct bw_policy_reader *reader, const struct bw_yaml *root)
{
    struct bw_policy_draft *draft = bw_policy_new_draft(reader, root);
    if (draft)
        draft->kind = BW_POLICY_MUTATING;
    int rc = draft ? take_root(reader, root, take_mutating_spec, draft) : BW_EFORMAT;
    return rc ? rc : add_draft(reader, draft);
}

/* --- bindings --- */

static int take_not_found(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const words[] = {"Allow", "Deny"};
    uint32_t which = 0;
    int rc = bw_policy_take_choice(reader, value, words, BW_ARRAY_LEN(words), &which);
    if (rc == 0)
        *(bool *)at = which == 1;
    return rc;
}

static int take_param_selector(struct bw_policy_reader *reader, const struct bw_yaml *value,
                               void *at)
{
    struct bw_policy_draft_binding *binding = at;
    binding->has_selector = true;
    return bw_policy_take_selector(reader, value, &binding->param_requirements);
}

static int take_param_ref(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"name", bw_policy_take_text, BINDING_AT(param_name), false, NULL},
        {"namespace", bw_policy_take_text, BINDING_AT(param_namespace), false, NULL},
        {"selector", take_param_selector, 0, false, NULL},
        {"parameterNotFoundAction", take_not_found, BINDING_AT(deny_without), true, NULL},
    };
    struct bw_policy_draft_binding *binding = at;
    binding->refers = true;
    int rc = bw_policy_take_fields(reader, value, "paramRef", fields, BW_ARRAY_LEN(fields), at);
    if (rc == 0 && !binding->param_name.n == !binding->has_selector)
        return bw_policy_problem_at(reader, value, "paramRef has either a name or a selector");
    return rc;
}

static int take_binding_actions(struct bw_policy_reader *reader, const struct bw_yaml *value,
                                void *at)
{
    struct bw_policy_draft_binding *binding = at;
    binding->has_action = true;
    return bw_policy_take_actions(reader, value, &binding->action);
}

static int take_binding_spec(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"policyName", bw_policy_take_text, BINDING_AT(policy), true, NULL},
        {"paramRef", take_param_ref, 0, false, NULL},
        {"matchResources", bw_policy_take_match, BINDING_AT(match), false, NULL},
        {"validationActions", take_binding_actions, 0, false, NULL},
    };
    struct bw_policy_draft_binding *binding = at;
    int rc = bw_policy_take_fields(reader, value, "spec", fields, BW_ARRAY_LEN(fields), at);
    if (rc == 0 && binding->kind == BW_POLICY_VALIDATING && !binding->has_action)
        return bw_policy_problem_at(reader, value, "spec has no validationActions");
    return rc;
}

int bw_policy_read_binding(struct bw_policy_reader *reader, const struct bw_yaml *root)
{
    struct bw_policy_draft_binding *binding = bw_policy_new_binding(reader, root), **slot;
    if (!binding)
        return BW_EFORMAT;
    if (bw_str_starts(bw_yaml_text(bw_yaml_get(root, "kind")), BW_STR("Mutating")))
        binding->kind = BW_POLICY_MUTATING;
    int rc = take_root(reader, root, take_binding_spec, binding);
    if (rc)
        return rc;
    slot = BW_VEC_PUSH(&reader->loader->bindings, BW_POLICY_POLICIES_MAX);
    if (!slot)
        return bw_policy_problem_at(reader, root, "more than %u bindings", BW_POLICY_POLICIES_MAX);
    *slot = binding;
    return 0;
}

/* --- Kyverno --- */

static int take_kyverno_actions(struct bw_policy_reader *reader, const struct bw_yaml *value,
                                void *at)
{
    struct bw_policy_draft *draft = at;
    draft->has_action = true;
    return bw_policy_take_actions(reader, value, &draft->action);
}

static int take_evaluation(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    (void)at;
    struct bw_str mode = bw_yaml_text(bw_yaml_get(value, "mode"));
    if (mode.n && !bw_str_eq(mode, BW_STR("Kubernetes")))
        return bw_policy_problem_at(reader, bw_yaml_get(value, "mode"),
                                    "evaluation.mode %" BW_STR_F " is not supported; Kubernetes is",
                                    BW_STR_A(bw_str_take(mode, 40)));
    return 0;
}

static int take_kyverno_spec(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"matchConstraints", bw_policy_take_match, AT(match), true, NULL},
        {"validations", bw_policy_take_validations, AT(validations), true, NULL},
        {"failurePolicy", bw_policy_take_failure, AT(ignores_errors), false, NULL},
        {"auditAnnotations", bw_policy_take_audits, AT(audits), false, NULL},
        {"matchConditions", bw_policy_take_conditions, AT(conditions), false, NULL},
        {"variables", bw_policy_take_variables, AT(variables), false, NULL},
        {"validationActions", take_kyverno_actions, 0, false, NULL},
        {"evaluation", take_evaluation, 0, false, NULL},
        /* How Kyverno is called, and that what is said of Pods is also said of what makes Pods,
         * which holds here for every policy. */
        {"autogen", NULL, 0, false, NULL},
        {"webhookConfiguration", NULL, 0, false, NULL},
    };
    const struct bw_policy_draft *draft = at;
    int rc = bw_policy_take_fields(reader, value, "spec", fields, BW_ARRAY_LEN(fields), at);
    if (rc == 0 && !draft->match.rules.n)
        return bw_policy_problem_at(reader, value, "spec.matchConstraints has no resourceRules");
    return rc;
}

int bw_policy_read_kyverno(struct bw_policy_reader *reader, const struct bw_yaml *root)
{
    struct bw_policy_draft *draft = bw_policy_new_draft(reader, root);
    if (draft)
        draft->author = BW_POLICY_KYVERNO;
    int rc = draft ? take_root(reader, root, take_kyverno_spec, draft) : BW_EFORMAT;
    return rc ? rc : add_draft(reader, draft);
}
