/*
 * The parts of a policy: conditions, variables, validations, audit annotations, mutations.
 */
#include "check/policy-load.h"

#define AT(field) offsetof(struct bw_policy_draft_part, field)

/* A name that an expression may use after "variables." (CEL's IDENT). */
static bool is_identifier(struct bw_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.n > 0;
}

/* One more part, read by its table of fields. */
static int take_part(struct bw_policy_reader *reader, const struct bw_yaml *value, const char *what,
                     const struct bw_policy_field *fields, size_t n,
                     struct bw_policy_draft_parts *parts, uint32_t max)
{
    struct bw_policy_draft_part *part = BW_POLICY_PUSH(reader, parts, max);
    if (!part)
        return bw_policy_problem_at(reader, value, "%s has more than %u entries", what, max);
    *part = (struct bw_policy_draft_part){0};
    int rc = bw_policy_take_fields(reader, value, what, fields, n, part);
    if (rc)
        return rc;
    for (size_t i = 0; part->name.node && i + 1 < parts->n; i++)
        if (bw_str_eq(parts->v[i].name.text, part->name.text))
            return bw_policy_problem_at(reader, part->name.node,
                                        "%s: the name '%" BW_STR_F "' stands twice", what,
                                        BW_STR_A(part->name.text));
    return 0;
}

static int take_condition(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"name", bw_policy_take_scalar, AT(name), true, NULL},
        {"expression", bw_policy_take_scalar, AT(expression), true, NULL},
    };
    return take_part(reader, value, "matchConditions", fields, BW_ARRAY_LEN(fields), at,
                     BW_POLICY_EXPRESSIONS_MAX);
}

int bw_policy_take_conditions(struct bw_policy_reader *reader, const struct bw_yaml *value,
                              void *at)
{
    return bw_policy_each(reader, value, take_condition, at);
}

static int take_variable(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"name", bw_policy_take_scalar, AT(name), true, NULL},
        {"expression", bw_policy_take_scalar, AT(expression), true, NULL},
    };
    struct bw_policy_draft_parts *parts = at;
    int rc = take_part(reader, value, "variables", fields, BW_ARRAY_LEN(fields), parts,
                       BW_POLICY_VARIABLES_MAX);
    if (rc == 0 && !is_identifier(parts->v[parts->n - 1].name.text))
        return bw_policy_problem_at(reader, parts->v[parts->n - 1].name.node,
                                    "the name of a variable is a letter or '_', then letters, "
                                    "digits and '_'");
    return rc;
}

int bw_policy_take_variables(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return bw_policy_each(reader, value, take_variable, at);
}

static int take_validation(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"expression", bw_policy_take_scalar, AT(expression), true, NULL},
        {"message", bw_policy_take_scalar, AT(message), false, NULL},
        {"messageExpression", bw_policy_take_scalar, AT(message_expression), false, NULL},
        {"reason", bw_policy_take_scalar, AT(reason), false, NULL},
    };
    static const char *const reasons[] = {"Unauthorized", "Forbidden", "Invalid",
                                          "RequestEntityTooLarge"};
    struct bw_policy_draft_parts *parts = at;
    uint32_t which;
    int rc = take_part(reader, value, "validations", fields, BW_ARRAY_LEN(fields), parts,
                       BW_POLICY_EXPRESSIONS_MAX);
    const struct bw_yaml *reason = rc ? NULL : parts->v[parts->n - 1].reason.node;
    return reason ? bw_policy_take_choice(reader, reason, reasons, BW_ARRAY_LEN(reasons), &which)
                  : rc;
}

int bw_policy_take_validations(struct bw_policy_reader *reader, const struct bw_yaml *value,
                               void *at)
{
    return bw_policy_each(reader, value, take_validation, at);
}

static int take_audit(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"key", bw_policy_take_scalar, AT(name), true, NULL},
        {"valueExpression", bw_policy_take_scalar, AT(expression), true, NULL},
    };
    return take_part(reader, value, "auditAnnotations", fields, BW_ARRAY_LEN(fields), at,
                     BW_POLICY_EXPRESSIONS_MAX);
}

int bw_policy_take_audits(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return bw_policy_each(reader, value, take_audit, at);
}

static int take_json_patch(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"expression", bw_policy_take_scalar, 0, true, NULL},
    };
    return bw_policy_take_fields(reader, value, "jsonPatch", fields, BW_ARRAY_LEN(fields), at);
}

static int take_patch_type(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const types[] = {"JSONPatch", "ApplyConfiguration"};
    uint32_t which = 0;
    int rc = bw_policy_take_choice(reader, value, types, BW_ARRAY_LEN(types), &which);
    if (rc == 0 && which == 1)
        return bw_policy_problem_at(reader, value,
                                    "patchType ApplyConfiguration is not supported; JSONPatch is");
    return rc ? rc : bw_policy_take_scalar(reader, value, at);
}

static int take_mutation(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const struct bw_policy_field fields[] = {
        {"patchType", take_patch_type, AT(patch_type), true, NULL},
        {"jsonPatch", take_json_patch, AT(expression), false, NULL},
        {"applyConfiguration", NULL, 0, false,
         "patches of ApplyConfiguration merge by a schema; "
         "JSONPatch is supported"},
    };
    struct bw_policy_draft_parts *parts = at;
    int rc = take_part(reader, value, "mutations", fields, BW_ARRAY_LEN(fields), parts,
                       BW_POLICY_EXPRESSIONS_MAX);
    if (rc == 0 && !parts->v[parts->n - 1].expression.node)
        return bw_policy_problem_at(reader, value, "mutations has no jsonPatch");
    return rc;
}

int bw_policy_take_mutations(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return bw_policy_each(reader, value, take_mutation, at);
}

int bw_policy_take_failure(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const words[] = {"Fail", "Ignore"};
    uint32_t which = 0;
    int rc = bw_policy_take_choice(reader, value, words, BW_ARRAY_LEN(words), &which);
    if (rc == 0)
        *(bool *)at = which == 1;
    return rc;
}

int bw_policy_take_actions(struct bw_policy_reader *reader, const struct bw_yaml *value,
                           enum bw_policy_action *ret)
{
    static const char *const words[] = {"Deny", "Warn", "Audit"};
    uint32_t strictest = BW_POLICY_ACTION_COUNT, which = 0;
    if (bw_yaml_type(value) != BW_YAML_SEQUENCE || !bw_yaml_size(value))
        return bw_policy_problem_at(reader, value, "a list of Deny, Warn, Audit is expected here");
    struct bw_yaml_iter it = bw_yaml_iter(value);
    for (const struct bw_yaml *item; (item = bw_yaml_next(&it));) {
        int rc = bw_policy_take_choice(reader, item, words, BW_ARRAY_LEN(words), &which);
        if (rc)
            return rc;
        strictest = which < strictest ? which : strictest;
    }
    *ret = (enum bw_policy_action)strictest;
    return 0;
}
