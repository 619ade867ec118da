/*
 * Gatekeeper: a ConstraintTemplate that carries CEL (engine K8sNativeValidation) is a policy, each
 * constraint of its kind a binding whose parameter is the constraint itself.
 */
#include "check/policy-load.h"

#define AT(field)         offsetof(struct bw_policy_draft, field)
#define BINDING_AT(field) offsetof(struct bw_policy_draft_binding, field)

#define ENGINE "K8sNativeValidation"

/* --- templates --- */

static int take_generate(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    bool ignored = false;
    (void)at;
    return bw_policy_take_bool(reader, value, &ignored);
}

static int take_source(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"validations", bw_policy_take_validations, AT(validations), true, NULL},
        {"failurePolicy", bw_policy_take_failure, AT(ignores_errors), false, NULL},
        {"matchConditions", bw_policy_take_conditions, AT(conditions), false, NULL},
        {"variables", bw_policy_take_variables, AT(variables), false, NULL},
        {"generateVAP", take_generate, 0, false, NULL},
    };
    return bw_policy_take_fields(reader, value, "source", fields, BW_ARRAY_LEN(fields), at);
}

/* What Gatekeeper puts before the template's own variables. */
static int add_builtin_variables(struct bw_policy_reader *reader, struct bw_policy_draft *draft)
{
    static const struct {
        const char *name, *expression;
    } builtin[] = {
        {"anyObject", "request.operation == \"DELETE\" && object == null ? oldObject : object"},
        {"params", "has(params.spec) && has(params.spec.parameters) ? params.spec.parameters "
                   ": null"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(builtin); i++) {
        struct bw_policy_draft_part *part =
            BW_POLICY_PUSH(reader, &draft->variables, BW_POLICY_VARIABLES_MAX);
        if (!part)
            return bw_policy_no_room(reader);
        *part = (struct bw_policy_draft_part){
            .name = {bw_str(builtin[i].name), NULL},
            .expression = {bw_str(builtin[i].expression), NULL},
        };
    }
    return 0;
}

static int take_target(struct bw_policy_reader *reader, const struct bw_yaml *target,
                       struct bw_policy_draft *draft)
{
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(target, "code"));
    for (const struct bw_yaml *code; (code = bw_yaml_next(&it));) {
        if (!bw_str_eq(bw_yaml_text(bw_yaml_get(code, "engine")), BW_STR(ENGINE)))
            continue;
        int rc = add_builtin_variables(reader, draft);
        return rc ? rc : take_source(reader, bw_yaml_get(code, "source"), draft);
    }
    return bw_policy_problem_at(reader, target,
                                "the template is written in Rego, which is not supported; one "
                                "with engine " ENGINE " (CEL) is");
}

int bw_policy_read_template(struct bw_policy_reader *reader, const struct bw_yaml *root)
{
    const struct bw_yaml *spec = bw_yaml_get(root, "spec");
    const struct bw_yaml *targets = bw_yaml_get(spec, "targets");
    const struct bw_yaml *names =
        bw_yaml_get(bw_yaml_get(bw_yaml_get(spec, "crd"), "spec"), "names");
    struct bw_policy_draft *draft = bw_policy_new_draft(reader, root);
    if (!draft)
        return BW_EFORMAT;
    draft->author = BW_POLICY_GATEKEEPER;
    draft->has_params = true;
    draft->match = (struct bw_policy_draft_match){.present = true, .any_resource = true};
    draft->constraint_kind = bw_yaml_text(bw_yaml_get(names, "kind"));
    draft->param_version = BW_STR("constraints.gatekeeper.sh/v1beta1");
    draft->param_kind = draft->constraint_kind;
    if (!draft->constraint_kind.n)
        return bw_policy_problem_at(reader, root, "it has no spec.crd.spec.names.kind");
    if (bw_yaml_size(targets) != 1)
        return bw_policy_problem_at(reader, root, "spec.targets has one target");
    struct bw_yaml_iter it = bw_yaml_iter(targets);
    int rc = take_target(reader, bw_yaml_next(&it), draft);
    if (rc)
        return rc;
    struct bw_policy_draft **slot = BW_VEC_PUSH(&reader->loader->policies, BW_POLICY_POLICIES_MAX);
    if (!slot)
        return bw_policy_problem_at(reader, root, "more than %u policies", BW_POLICY_POLICIES_MAX);
    *slot = draft;
    return 0;
}

/* --- constraints --- */

static int take_kinds_entry(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"apiGroups", bw_policy_take_words, offsetof(struct bw_policy_draft_rule, groups), false,
         NULL},
        {"kinds", bw_policy_take_words, offsetof(struct bw_policy_draft_rule, kinds), false, NULL},
    };
    static const struct bw_str any = {"*", 1};
    struct bw_policy_draft_match *match = at;
    struct bw_policy_draft_rule *rule = BW_POLICY_PUSH(reader, &match->rules, BW_POLICY_RULES_MAX);
    if (!rule)
        return bw_policy_problem_at(reader, value, "more than %u rules", BW_POLICY_RULES_MAX);
    struct bw_strs all = {(struct bw_str *)&any, 1};
    *rule = (struct bw_policy_draft_rule){.groups = all, .kinds = all, .operations = 15};
    match->any_resource = false;
    return bw_policy_take_fields(reader, value, "match.kinds", fields, BW_ARRAY_LEN(fields), rule);
}

static int take_kinds(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return bw_policy_each(reader, value, take_kinds_entry, at);
}

/* For all rules; a constraint without kinds has one for everything. */
static int take_match_scope(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const names[] = {"*", "Cluster", "Namespaced"};
    uint32_t *scope = at;
    return bw_policy_take_choice(reader, value, names, BW_ARRAY_LEN(names), scope);
}

struct constraint {
    struct bw_policy_draft_binding *binding;
    struct bw_policy_draft_match match;
    uint32_t scope;
};

#define MATCH_AT(field)                                                                            \
    (offsetof(struct constraint, match) + offsetof(struct bw_policy_draft_match, field))

static int take_constraint_match(struct bw_policy_reader *reader, const struct bw_yaml *value,
                                 void *at)
{
    static const struct bw_policy_field fields[] = {
        {"kinds", take_kinds, offsetof(struct constraint, match), false, NULL},
        {"scope", take_match_scope, offsetof(struct constraint, scope), false, NULL},
        {"namespaces", bw_policy_take_words, MATCH_AT(namespaces), false, NULL},
        {"excludedNamespaces", bw_policy_take_words, MATCH_AT(excluded_namespaces), false, NULL},
        {"labelSelector", bw_policy_take_selector, MATCH_AT(label_requirements), false, NULL},
        {"namespaceSelector", bw_policy_take_selector, MATCH_AT(namespace_requirements), false,
         NULL},
        {"name", bw_policy_take_scalar, MATCH_AT(name), false, NULL},
        {"source", NULL, 0, false, NULL},
    };
    struct constraint *constraint = at;
    int rc = bw_policy_take_fields(reader, value, "match", fields, BW_ARRAY_LEN(fields), at);
    if (rc || constraint->scope == BW_POLICY_SCOPE_ANY)
        return rc;
    if (!constraint->match.rules.n) {
        static const struct bw_str any = {"*", 1};
        struct bw_policy_draft_rule *rule = BW_POLICY_PUSH(reader, &constraint->match.rules, 1);
        if (!rule)
            return bw_policy_no_room(reader);
        struct bw_strs all = {(struct bw_str *)&any, 1};
        *rule = (struct bw_policy_draft_rule){.groups = all, .kinds = all, .operations = 15};
        constraint->match.any_resource = false;
    }
    for (size_t i = 0; i < constraint->match.rules.n; i++)
        constraint->match.rules.v[i].scope = constraint->scope;
    return 0;
}

static int take_enforcement(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const words[] = {"deny", "warn", "dryrun"};
    struct constraint *constraint = at;
    uint32_t which = 0;
    if (bw_str_eq(bw_yaml_text(value), BW_STR("scoped")))
        return bw_policy_problem_at(reader, value,
                                    "enforcementAction scoped is not supported; "
                                    "deny, warn and dryrun are");
    int rc = bw_policy_take_choice(reader, value, words, BW_ARRAY_LEN(words), &which);
    if (rc == 0)
        constraint->binding->action = (enum bw_policy_action)which;
    return rc;
}

static int take_constraint_spec(struct bw_policy_reader *reader, const struct bw_yaml *value,
                                void *at)
{
    static const struct bw_policy_field fields[] = {
        {"match", take_constraint_match, 0, false, NULL},
        {"enforcementAction", take_enforcement, 0, false, NULL},
        {"parameters", NULL, 0, false, NULL},
        {"scopedEnforcementActions", NULL, 0, false, "deny, warn and dryrun are"},
    };
    return bw_policy_take_fields(reader, value, "spec", fields, BW_ARRAY_LEN(fields), at);
}

int bw_policy_read_constraint(struct bw_policy_reader *reader, const struct bw_yaml *root)
{
    struct constraint constraint = {.match = {.present = true, .any_resource = true}};
    struct bw_policy_draft_binding *binding = bw_policy_new_binding(reader, root), **slot;
    if (!binding)
        return BW_EFORMAT;
    constraint.binding = binding;
    binding->policy = bw_yaml_text(bw_yaml_get(root, "kind"));
    binding->constraint = root;
    binding->has_action = binding->refers = true;
    binding->param_name = binding->name;
    const struct bw_yaml *spec = bw_yaml_get(root, "spec");
    int rc = spec ? take_constraint_spec(reader, spec, &constraint) : 0;
    if (rc)
        return rc;
    binding->match = constraint.match;
    slot = BW_VEC_PUSH(&reader->loader->bindings, BW_POLICY_POLICIES_MAX);
    if (!slot)
        return bw_policy_problem_at(reader, root, "more than %u bindings", BW_POLICY_POLICIES_MAX);
    *slot = binding;
    return 0;
}
