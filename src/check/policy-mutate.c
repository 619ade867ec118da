/*
 * MutatingAdmissionPolicy: from mutations to the operations of a JSON Patch.
 */
#include "check/policy-judge.h"

static int failed(struct bw_policy_judge *judge, const struct bw_policy_use *use,
                  struct bw_value value, struct bw_err *err)
{
    struct bw_str why = BW_STR("the expression gives no list of JSONPatch");
    if (value.kind == BW_CEL_ERROR)
        why = bw_cel_error_text(value);
    if (value.kind == BW_VALUE_UNKNOWN)
        why = value.unknown->why;
    return bw_err_set(err, BW_EFORMAT, "policy %" BW_STR_F ": line %u: %" BW_STR_F,
                      BW_STR_A(bw_policy_text(judge->set, judge->record->id)), use->line,
                      BW_STR_A(why));
}

/* 1: all hold; 0: one does not, or the policy does not care; else the error. */
static int conditions_hold(struct bw_policy_judge *judge, struct bw_err *err)
{
    int rc = 1;
    for (uint32_t i = 0; i < judge->record->conditions.n; i++) {
        const struct bw_policy_use *use = &judge->set->parts[judge->record->conditions.at + i];
        struct bw_value value = bw_policy_run_program(judge, use->program);
        if (value.kind == BW_VALUE_BOOL && !value.u)
            return 0;
        if (value.kind != BW_VALUE_BOOL && rc == 1)
            rc = failed(judge, use, value, err);
    }
    return rc < 0 && judge->record->ignores_errors ? 0 : rc;
}

/* Each mutation sees what the one before it made. */
static int mutate(struct bw_policy_judge *judge, struct bw_value params,
                  struct bw_value_maker *make, struct bw_value *operations, struct bw_err *err)
{
    bw_policy_begin(judge, params);
    int rc = conditions_hold(judge, err);
    if (rc <= 0)
        return rc;
    for (uint32_t i = 0; i < judge->record->mutations.n; i++) {
        const struct bw_policy_use *use = &judge->set->parts[judge->record->mutations.at + i];
        struct bw_value list = bw_policy_run_program(judge, use->program);
        rc = list.kind == BW_VALUE_LIST
                 ? bw_policy_patch(make, judge->value, list, &judge->value, err)
                 : failed(judge, use, list, err);
        if (rc)
            return rc;
        for (uint32_t j = 0; j < list.list->n; j++)
            bw_value_add(make, operations, list.list->v[j]);
        bw_policy_forget(judge);
        bw_policy_begin(judge, params);
    }
    return 0;
}

static int mutate_binding(struct bw_policy_judge *judge, const struct bw_policy_binding *binding,
                          struct bw_value_maker *make, struct bw_value *operations,
                          struct bw_err *err)
{
    int rc = 0;
    if (binding->match != BW_POLICY_NONE &&
        bw_policy_ask_match(judge, &judge->set->matches[binding->match]) != BW_POLICY_YES)
        return 0;
    if (!binding->refers)
        return mutate(judge, bw_value_null(), make, operations, err);
    for (uint32_t i = 0; i < binding->params.n && rc == 0; i++)
        if (bw_policy_wants_param(judge, binding, binding->params.at + i))
            rc = mutate(judge, judge->set->param_values[binding->params.at + i], make, operations,
                        err);
    return rc;
}

int bw_policy_mutate(struct bw_policy_judge *judge, size_t policy, const struct bw_object *object,
                     const struct bw_policy_around *around, struct bw_value *ret_operations,
                     struct bw_err *err)
{
    const struct bw_policy_set *set = judge->set;
    struct bw_value_maker make = {.arena = judge->arena};
    bw_policy_begin_object(judge, object, around);
    judge->policy = (uint32_t)policy;
    judge->record = &set->records[policy];
    judge->budget = (struct bw_cel_budget){BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
    struct bw_value operations = bw_value_list(&make, 8);
    int rc = 0;
    if (judge->record->kind == BW_POLICY_MUTATING &&
        bw_policy_ask_match(judge, &set->matches[judge->record->match]) == BW_POLICY_YES) {
        for (uint32_t i = 0; i < judge->record->bindings.n && rc == 0; i++)
            rc = mutate_binding(judge, &set->bindings[judge->record->bindings.at + i], &make,
                                &operations, err);
        if (!judge->record->bindings.n)
            rc = mutate(judge, bw_policy_no_params(judge), &make, &operations, err);
    }
    if (rc == BW_EFORMAT && judge->record->ignores_errors) {
        rc = 0;
        operations = bw_value_list(&make, 0);
    }
    if (rc == 0 && make.failed)
        return bw_err_set(err, BW_ELIMIT, "no room for the patch of an object");
    if (rc == 0)
        *ret_operations = operations;
    return rc;
}
