/*
 * From the annotations bulwark.dev/fix to changes of a text.
 */
#include "check/policy-judge.h"

static const struct bw_policy_use *fix_for(const struct bw_policy_set *set,
                                           const struct bw_policy_record *record, bool compose)
{
    for (uint32_t i = 0; i < record->fixes.n; i++) {
        const struct bw_policy_use *use = &set->parts[record->fixes.at + i];
        if (compose == (use->name.n > 0))
            return use;
    }
    return NULL;
}

/* Kubernetes' fields mend a manifest alone; a view of something else is mended where it was
 * written. */
static bool is_view_of_other(const struct bw_object *object)
{
    return object->view_of != BW_OBJECT_NO_VIEW && object->syntax != BW_SYNTAX_MANIFEST;
}

static bool is_service(const struct bw_object *object)
{
    return is_view_of_other(object) && object->syntax == BW_SYNTAX_COMPOSE;
}

static const struct bw_policy_use *fix_of(const struct bw_policy_set *set, size_t policy,
                                          const struct bw_object *object)
{
    bool written = object->syntax == BW_SYNTAX_MANIFEST || object->syntax == BW_SYNTAX_DOCKERFILE ||
                   object->syntax == BW_SYNTAX_COMPOSE;
    if (!written || (is_view_of_other(object) && !is_service(object)))
        return NULL;
    return fix_for(set, &set->records[policy], is_service(object));
}

bool bw_policy_mends(const struct bw_policy_set *set, size_t policy, const struct bw_object *object)
{
    return fix_of(set, policy, object) != NULL;
}

int bw_policy_fix(struct bw_policy_judge *judge, size_t policy, const struct bw_document *document,
                  const struct bw_object *object, const struct bw_value_place *at,
                  struct bw_value *ret_changes, struct bw_err *err)
{
    static const struct bw_policy_around nothing = {0};
    struct bw_value_maker make = {.arena = judge->arena};
    const struct bw_policy_use *use = fix_of(judge->set, policy, object);
    if (is_service(object))
        object = &document->objects[object->view_of];
    bw_policy_begin_object(judge, object, &nothing);
    judge->policy = (uint32_t)policy;
    judge->record = &judge->set->records[policy];
    judge->budget = (struct bw_cel_budget){BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
    struct bw_value changes = bw_value_list(&make, 0);
    if (use) {
        bw_policy_begin(judge, bw_policy_no_params(judge));
        if (at)
            bw_policy_narrow_offending(judge, document, *at);
        changes = bw_policy_run_program(judge, use->program);
    }
    if (make.failed)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a change");
    if (changes.kind != BW_VALUE_LIST)
        return bw_err_set(
            err, BW_EFORMAT, "policy %" BW_STR_F ": its fix gives no list%s%" BW_STR_F,
            BW_STR_A(bw_policy_text(judge->set, judge->record->id)),
            changes.kind == BW_CEL_ERROR ? ": " : "",
            BW_STR_A(changes.kind == BW_CEL_ERROR ? bw_cel_error_text(changes) : BW_STR("")));
    *ret_changes = changes;
    return 0;
}
