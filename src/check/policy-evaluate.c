/*
 * Policies over one object. Everything is in the judge's arena, which is emptied before each
 * object; nothing else is allocated once a judge has seen its kinds of objects.
 */
#include <stdlib.h>

#include "check/policy-judge.h"

#define OUTCOMES_MAX 1000000u

/* Kinds of objects whose policies are remembered. */
#define PLANS_MAX 4096u

struct bw_policy_judge *bw_policy_judge_new(const struct bw_policy_set *set,
                                            const struct bw_policy_selection *selection,
                                            struct bw_err *err)
{
    struct bw_policy_judge *judge = calloc(1, sizeof *judge);
    if (judge) {
        judge->set = set;
        judge->selection = selection;
        judge->arena = bw_arena_new(BW_POLICY_ARENA_MAX);
        judge->patterns = bw_cel_patterns_new();
        judge->memo = calloc((size_t)set->head->memos + 1, sizeof *judge->memo);
        judge->memo_at = calloc((size_t)set->head->memos + 1, sizeof *judge->memo_at);
    }
    if (!judge || !judge->arena || !judge->patterns || !judge->memo || !judge->memo_at) {
        bw_policy_judge_free(judge);
        bw_err_set(err, BW_ENOMEM, "out of memory for policies");
        return NULL;
    }
    return judge;
}

static void free_plan(struct bw_policy_plan *plan)
{
    free(plan->policies);
    free(plan->text);
}

void bw_policy_judge_free(struct bw_policy_judge *judge)
{
    if (!judge)
        return;
    for (size_t i = 0; i < judge->plans.n; i++)
        free_plan(&judge->plans.v[i]);
    BW_VEC_FREE(&judge->plans);
    BW_VEC_FREE(&judge->outcomes);
    bw_arena_free(judge->arena);
    bw_cel_patterns_free(judge->patterns);
    free(judge->memo);
    free(judge->memo_at);
    free(judge);
}

void bw_policy_judge_freep(struct bw_policy_judge **judge)
{
    bw_policy_judge_free(*judge);
    *judge = NULL;
}

/* --- which policies --- */

static bool plan_is_for(const struct bw_policy_plan *plan, const struct bw_object *object,
                        uint32_t operation)
{
    return plan->operation == operation && bw_str_eq(plan->resource, object->resource) &&
           bw_str_eq(plan->group, object->group) && bw_str_eq(plan->version, object->version) &&
           bw_str_eq(plan->kind, object->kind);
}

static struct bw_str append(char **at, struct bw_str s)
{
    struct bw_str copy = {*at, s.n};
    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

static bool name_plan(struct bw_policy_plan *plan, const struct bw_object *object)
{
    plan->text =
        malloc(object->group.n + object->version.n + object->resource.n + object->kind.n + 1);
    char *at = plan->text;
    if (!at)
        return false;
    plan->group = append(&at, object->group);
    plan->version = append(&at, object->version);
    plan->resource = append(&at, object->resource);
    plan->kind = append(&at, object->kind);
    return true;
}

static bool make_plan(const struct bw_policy_judge *judge, const struct bw_object *object,
                      uint32_t operation, struct bw_policy_plan *ret_plan)
{
    const struct bw_policy_set *set = judge->set;
    struct bw_policy_plan plan = {.operation = operation};
    plan.policies = calloc(set->policies_n + 1, sizeof *plan.policies);
    if (!plan.policies || !name_plan(&plan, object)) {
        free_plan(&plan);
        return false;
    }
    for (size_t i = 0; i < set->policies_n; i++)
        if (bw_policy_is_selected(judge->selection, i) &&
            set->records[i].kind == BW_POLICY_VALIDATING &&
            bw_policy_match_kind(set, &set->matches[set->records[i].match], object, operation))
            plan.policies[plan.policies_n++] = (uint32_t)i;
    *ret_plan = plan;
    return true;
}

/* Of more kinds than are remembered the last is replaced. NULL when memory is short. */
static const struct bw_policy_plan *plan_for(struct bw_policy_judge *judge,
                                             const struct bw_object *object, uint32_t operation)
{
    struct bw_policy_plan *slot = NULL, made;
    for (size_t i = 0; i < judge->plans.n; i++)
        if (plan_is_for(&judge->plans.v[i], object, operation))
            return &judge->plans.v[i];
    if (!make_plan(judge, object, operation, &made))
        return NULL;
    if (judge->plans.n < PLANS_MAX) {
        slot = BW_VEC_PUSH(&judge->plans, PLANS_MAX);
    } else {
        slot = &judge->plans.v[PLANS_MAX - 1];
        free_plan(slot);
    }
    if (slot)
        *slot = made;
    else
        free_plan(&made);
    return slot;
}

/* --- outcomes --- */

static struct bw_policy_outcome *add(struct bw_policy_judge *judge, enum bw_status status,
                                     struct bw_str message)
{
    struct bw_policy_outcome *outcome = BW_VEC_PUSH(&judge->outcomes, OUTCOMES_MAX);
    if (!outcome) {
        judge->short_of_room = true;
        return &judge->spare;
    }
    *outcome = (struct bw_policy_outcome){
        .policy = judge->policy, .status = status, .action = judge->action, .message = message};
    return outcome;
}

static void add_unknown(struct bw_policy_judge *judge, struct bw_value unknown)
{
    add(judge,
        unknown.unknown->class == BW_UNKNOWN_MISSING ? BW_STATUS_NOT_EVALUATED
                                                     : BW_STATUS_NOT_APPLICABLE,
        unknown.unknown->why);
}

static void add_answer(struct bw_policy_judge *judge, enum bw_policy_answer answer)
{
    if (answer == BW_POLICY_MISSING)
        add(judge, BW_STATUS_NOT_EVALUATED,
            BW_STR("the labels that the policy selects by are not at hand"));
    else if (answer == BW_POLICY_INEXPRESSIBLE)
        add(judge, BW_STATUS_NOT_APPLICABLE, BW_STR("there are no labels to select by"));
}

/* A failed expression fails the object, unless the policy says that it does not matter. */
static void add_error(struct bw_policy_judge *judge, const struct bw_policy_use *use,
                      struct bw_value error)
{
    struct bw_str why = error.kind == BW_CEL_ERROR ? bw_cel_error_text(error)
                                                   : BW_STR("the expression gives no bool");
    struct bw_str text = bw_arena_printf(
        judge->arena, "the expression at line %u failed: %" BW_STR_F, use->line, BW_STR_A(why));
    bool ignored = judge->record->ignores_errors;
    struct bw_policy_outcome *outcome =
        add(judge, ignored ? BW_STATUS_NOT_EVALUATED : BW_STATUS_FAIL, text.p ? text : why);
    outcome->error = true;
    outcome->reason = bw_policy_text(judge->set, use->reason);
    bw_policy_explain(judge, use, outcome);
}

/* --- one policy --- */

/* Whether the conditions hold; where they do not, or nobody knows, the outcome is added. One that
 * is false decides, whatever the others say (as in Kubernetes). */
static bool conditions_hold(struct bw_policy_judge *judge)
{
    const struct bw_policy_use *failed = NULL;
    struct bw_value error = {0}, unknown = {0};
    for (uint32_t i = 0; i < judge->record->conditions.n; i++) {
        const struct bw_policy_use *use = &judge->set->parts[judge->record->conditions.at + i];
        struct bw_value value = bw_policy_run_program(judge, use->program);
        if (value.kind == BW_VALUE_BOOL && !value.u) {
            add(judge, BW_STATUS_NOT_APPLICABLE, BW_STR("a condition of the policy does not hold"));
            return false;
        }
        if (value.kind == BW_VALUE_UNKNOWN && !unknown.kind)
            unknown = value;
        if (value.kind != BW_VALUE_BOOL && value.kind != BW_VALUE_UNKNOWN && !failed) {
            failed = use;
            error = value;
        }
    }
    if (failed)
        add_error(judge, failed, error);
    else if (unknown.kind)
        add_unknown(judge, unknown);
    return !failed && !unknown.kind;
}

static struct bw_policy_outcome *add_failure(struct bw_policy_judge *judge,
                                             const struct bw_policy_use *use)
{
    struct bw_policy_outcome *outcome = add(judge, BW_STATUS_FAIL, bw_policy_message(judge, use));
    outcome->reason = bw_policy_text(judge->set, use->reason);
    return outcome;
}

/* One outcome, or one for each part of the object that offends. */
static void add_failures(struct bw_policy_judge *judge, const struct bw_policy_use *use)
{
    struct bw_policy_offending offending = bw_policy_offending(judge, use);
    uint32_t place;
    if (!offending.all.kind)
        bw_policy_explain(judge, use, add_failure(judge, use));
    while (bw_policy_next_offending(judge, &offending, &place))
        add_failure(judge, use)->place = place ? place : judge->object->place;
}

/* Which of two unknowns is told: what is missing before what has no words. */
static bool is_graver(struct bw_value a, struct bw_value b)
{
    return !b.kind ||
           (a.unknown->class == BW_UNKNOWN_MISSING && b.unknown->class == BW_UNKNOWN_INEXPRESSIBLE);
}

/* All validations, so that everything wrong is told at once. */
static void validate(struct bw_policy_judge *judge)
{
    size_t before = judge->outcomes.n;
    struct bw_value unknown = {0};
    if (!conditions_hold(judge))
        return;
    for (uint32_t i = 0; i < judge->record->validations.n; i++) {
        const struct bw_policy_use *use = &judge->set->parts[judge->record->validations.at + i];
        struct bw_value value = bw_policy_run_program(judge, use->program);
        if (value.kind == BW_VALUE_UNKNOWN) {
            unknown = is_graver(value, unknown) ? value : unknown;
        } else if (value.kind != BW_VALUE_BOOL) {
            add_error(judge, use, value);
        } else if (!value.u) {
            add_failures(judge, use);
        }
    }
    if (judge->outcomes.n > before)
        return;
    if (unknown.kind)
        add_unknown(judge, unknown);
    else
        add(judge, BW_STATUS_PASS, BW_STR(""));
}

static int rank(enum bw_status status)
{
    switch (status) {
    case BW_STATUS_FAIL:
        return 3;
    case BW_STATUS_NOT_EVALUATED:
        return 2;
    case BW_STATUS_PASS:
        return 1;
    default:
        return 0;
    }
}

/* Of several bindings and parameters the gravest outcomes stay; of those that are no failures
 * one. */
static void settle(struct bw_policy_judge *judge, size_t from)
{
    struct bw_policy_outcome *v = judge->outcomes.v;
    size_t n = from;
    int gravest = 0;
    for (size_t i = from; i < judge->outcomes.n; i++)
        gravest = rank(v[i].status) > gravest ? rank(v[i].status) : gravest;
    for (size_t i = from; i < judge->outcomes.n; i++)
        if (rank(v[i].status) == gravest && (gravest == 3 || n == from))
            v[n++] = v[i];
    judge->outcomes.n = n;
}

static void judge_binding(struct bw_policy_judge *judge, const struct bw_policy_binding *binding)
{
    const struct bw_policy_set *set = judge->set;
    bool any = false;
    if (binding->match != BW_POLICY_NONE) {
        enum bw_policy_answer answer = bw_policy_ask_match(judge, &set->matches[binding->match]);
        if (answer != BW_POLICY_YES) {
            add_answer(judge, answer);
            return;
        }
    }
    judge->action = (enum bw_policy_action)binding->action;
    if (!binding->refers) {
        bw_policy_begin(judge, bw_value_null());
        validate(judge);
        return;
    }
    for (uint32_t i = 0; i < binding->params.n; i++) {
        if (!bw_policy_wants_param(judge, binding, binding->params.at + i))
            continue;
        any = true;
        bw_policy_begin(judge, set->param_values[binding->params.at + i]);
        validate(judge);
    }
    if (!any)
        add(judge, binding->deny_without ? BW_STATUS_FAIL : BW_STATUS_NOT_APPLICABLE,
            BW_STR("there is no parameter that the binding refers to"));
}

static void judge_policy(struct bw_policy_judge *judge, uint32_t policy)
{
    const struct bw_policy_set *set = judge->set;
    size_t from = judge->outcomes.n;
    judge->policy = policy;
    judge->record = &set->records[policy];
    judge->action = (enum bw_policy_action)judge->record->action;
    judge->budget = (struct bw_cel_budget){BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
    enum bw_policy_answer answer = bw_policy_ask_match(judge, &set->matches[judge->record->match]);
    if (answer != BW_POLICY_YES) {
        add_answer(judge, answer);
        return;
    }
    for (uint32_t i = 0; i < judge->record->bindings.n; i++)
        judge_binding(judge, &set->bindings[judge->record->bindings.at + i]);
    if (!judge->record->bindings.n) {
        bw_policy_begin(judge, bw_policy_no_params(judge));
        validate(judge);
    }
    settle(judge, from);
}

int bw_policy_judge_object(struct bw_policy_judge *judge, const struct bw_object *object,
                           const struct bw_policy_around *around,
                           const struct bw_policy_outcome **ret_outcomes, size_t *ret_n,
                           struct bw_err *err)
{
    bw_policy_begin_object(judge, object, around);
    const struct bw_policy_plan *plan = plan_for(judge, object, judge->operation);
    for (size_t i = 0; plan && i < plan->policies_n; i++)
        judge_policy(judge, plan->policies[i]);
    if (!plan || judge->short_of_room)
        return bw_err_set(err, BW_ENOMEM, "out of memory for what policies say of an object");
    *ret_outcomes = judge->outcomes.v;
    *ret_n = judge->outcomes.n;
    return 0;
}
