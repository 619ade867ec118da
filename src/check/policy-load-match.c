/*
 * What a policy is for: admissionregistration's MatchResources, meta/v1's LabelSelector.
 */
#include "check/policy-load.h"

/* Labels of one matchLabels; requirements of one selector. */
#define REQUIREMENTS_MAX 100u

/* --- selectors --- */

static int take_match_labels(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    struct bw_policy_draft_requirements *requirements = at;
    if (bw_yaml_type(value) != BW_YAML_MAPPING)
        return bw_policy_problem_at(reader, value, "matchLabels is no mapping");
    struct bw_yaml_iter it = bw_yaml_iter(value);
    for (const struct bw_yaml *label; (label = bw_yaml_next(&it));) {
        struct bw_policy_draft_requirement *one =
            BW_POLICY_PUSH(reader, requirements, REQUIREMENTS_MAX);
        struct bw_str *text = one ? bw_arena_alloc(reader->loader->arena, sizeof *text) : NULL;
        if (!text)
            return bw_policy_problem_at(reader, label, "a selector of more than %u requirements",
                                        REQUIREMENTS_MAX);
        int rc = bw_policy_take_text(reader, label, text);
        if (rc)
            return rc;
        one->key = (struct bw_policy_scalar){bw_yaml_text(it.key), it.key};
        one->operator=(struct bw_policy_scalar){BW_STR("In"), label};
        one->values = (struct bw_strs){text, 1};
    }
    return 0;
}

static int take_requirement(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"key", bw_policy_take_scalar, offsetof(struct bw_policy_draft_requirement, key), true,
         NULL},
        {"operator", bw_policy_take_scalar, offsetof(struct bw_policy_draft_requirement, operator),
         true, NULL},
        {"values", bw_policy_take_words, offsetof(struct bw_policy_draft_requirement, values),
         false, NULL},
    };
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    struct bw_policy_draft_requirements *requirements = at;
    struct bw_policy_draft_requirement *one =
        BW_POLICY_PUSH(reader, requirements, REQUIREMENTS_MAX);
    if (!one)
        return bw_policy_problem_at(reader, value, "a selector of more than %u requirements",
                                    REQUIREMENTS_MAX);
    *one = (struct bw_policy_draft_requirement){0};
    int rc =
        bw_policy_take_fields(reader, value, "matchExpressions", fields, BW_ARRAY_LEN(fields), one);
    uint32_t which = 0;
    if (rc == 0)
        rc = bw_policy_take_choice(reader, one->operator.node, operators, BW_ARRAY_LEN(operators),
                                   &which);
    if (rc == 0 && (which < BW_POLICY_EXISTS) != (one->values.n > 0))
        return bw_policy_problem_at(reader, value, "operator %s %s values", operators[which],
                                    which < BW_POLICY_EXISTS ? "needs" : "takes no");
    return rc;
}

static int take_match_expressions(struct bw_policy_reader *reader, const struct bw_yaml *value,
                                  void *at)
{
    return bw_policy_each(reader, value, take_requirement, at);
}

int bw_policy_take_selector(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"matchLabels", take_match_labels, 0, false, NULL},
        {"matchExpressions", take_match_expressions, 0, false, NULL},
    };
    return bw_policy_take_fields(reader, value, "a label selector", fields, BW_ARRAY_LEN(fields),
                                 at);
}

/* --- rules --- */

static int take_operations(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const names[] = {"CREATE", "UPDATE", "DELETE", "CONNECT", "*"};
    uint32_t *operations = at, which = 0;
    if (bw_yaml_type(value) != BW_YAML_SEQUENCE)
        return bw_policy_problem_at(reader, value, "a list of operations is expected here");
    struct bw_yaml_iter it = bw_yaml_iter(value);
    for (const struct bw_yaml *item; (item = bw_yaml_next(&it));) {
        int rc = bw_policy_take_choice(reader, item, names, BW_ARRAY_LEN(names), &which);
        if (rc)
            return rc;
        *operations |= which == 4 ? 15u : 1u << which;
    }
    return 0;
}

static int take_scope(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const names[] = {"*", "Cluster", "Namespaced"};
    return bw_policy_take_choice(reader, value, names, BW_ARRAY_LEN(names), at);
}

static int take_rule(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"apiGroups", bw_policy_take_words, offsetof(struct bw_policy_draft_rule, groups), true,
         NULL},
        {"apiVersions", bw_policy_take_words, offsetof(struct bw_policy_draft_rule, versions), true,
         NULL},
        {"operations", take_operations, offsetof(struct bw_policy_draft_rule, operations), true,
         NULL},
        {"resources", bw_policy_take_words, offsetof(struct bw_policy_draft_rule, resources), true,
         NULL},
        {"resourceNames", bw_policy_take_words, offsetof(struct bw_policy_draft_rule, names), false,
         NULL},
        {"scope", take_scope, offsetof(struct bw_policy_draft_rule, scope), false, NULL},
    };
    struct bw_policy_draft_rules *rules = at;
    struct bw_policy_draft_rule *rule = BW_POLICY_PUSH(reader, rules, BW_POLICY_RULES_MAX);
    if (!rule)
        return bw_policy_problem_at(reader, value, "more than %u rules", BW_POLICY_RULES_MAX);
    *rule = (struct bw_policy_draft_rule){0};
    return bw_policy_take_fields(reader, value, "resourceRules", fields, BW_ARRAY_LEN(fields),
                                 rule);
}

static int take_rules(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return bw_policy_each(reader, value, take_rule, at);
}

static int take_match_policy(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const names[] = {"Equivalent", "Exact"};
    uint32_t which = 0;
    int rc = bw_policy_take_choice(reader, value, names, BW_ARRAY_LEN(names), &which);
    if (rc == 0)
        *(bool *)at = which == 1;
    return rc;
}

int bw_policy_take_match(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"resourceRules", take_rules, offsetof(struct bw_policy_draft_match, rules), false, NULL},
        {"excludeResourceRules", take_rules, offsetof(struct bw_policy_draft_match, excluded),
         false, NULL},
        {"namespaceSelector", bw_policy_take_selector,
         offsetof(struct bw_policy_draft_match, namespace_requirements), false, NULL},
        {"objectSelector", bw_policy_take_selector,
         offsetof(struct bw_policy_draft_match, label_requirements), false, NULL},
        {"matchPolicy", take_match_policy, offsetof(struct bw_policy_draft_match, exact), false,
         NULL},
    };
    struct bw_policy_draft_match *match = at;
    match->present = true;
    int rc = bw_policy_take_fields(reader, value, "what is matched", fields, BW_ARRAY_LEN(fields),
                                   match);
    match->any_resource = match->rules.n == 0;
    return rc;
}
