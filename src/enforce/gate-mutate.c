#include "enforce/gate-mutate.h"

#include "enforce/gate-state.h"
#include "model/value-json.h"

/* Of one policy's operations, as JSON. */
#define OPERATIONS_MAX ((size_t)4 << 20)

/* --- which --- */

static bool has_any(struct bw_strs profiles, struct bw_strs wanted)
{
    for (size_t i = 0; i < profiles.n; i++)
        for (size_t j = 0; j < wanted.n; j++)
            if (bw_str_eq(profiles.v[i], wanted.v[j]))
                return true;
    return false;
}

static bool is_left_out(const struct bw_gate_rules *rules, const struct bw_policy *policy)
{
    struct bw_strs except = rules->configuration.except;
    for (size_t i = 0; i < except.n; i++)
        if (bw_gate_names_policy(except.v[i], policy))
            return true;
    return false;
}

static int choose_of_lane(struct bw_gate_rules *rules, uint32_t lane, struct bw_err *err)
{
    const struct bw_policy_set *set = rules->lanes.v[lane].set;
    for (size_t i = 0; i < bw_policy_count(set); i++) {
        const struct bw_policy *policy = bw_policy_at(set, i);
        bool any = !policy->profiles.n && set != rules->library;
        if (policy->kind != BW_POLICY_MUTATING || is_left_out(rules, policy) ||
            (!any && !has_any(policy->profiles, rules->configuration.mutate)))
            continue;
        struct bw_gate_mutator *slot = BW_VEC_PUSH(&rules->mutators, BW_POLICY_POLICIES_MAX);
        if (!slot)
            return bw_err_set(err, BW_ENOMEM, "out of memory for the gate's rules");
        *slot = (struct bw_gate_mutator){lane, (uint32_t)i};
    }
    return 0;
}

/* A lane of the library, which selects whatever it may: mutations do not ask. */
static int lane_of_library(struct bw_gate_rules *rules, uint32_t *ret_lane, struct bw_err *err)
{
    struct bw_policy_selection *selection = NULL;
    const struct bw_policy_choice everything = {0};
    int rc = bw_policy_select(rules->library, &everything, &selection, err);
    if (rc)
        return rc;
    struct bw_gate_lane *lane =
        BW_VEC_PUSH(&rules->lanes, BW_GATE_SETS_MAX + BW_GATE_SCOPES_MAX + 2);
    if (!lane) {
        bw_policy_selection_free(selection);
        return bw_err_set(err, BW_ENOMEM, "out of memory for the gate's rules");
    }
    *lane = (struct bw_gate_lane){rules->library, selection};
    *ret_lane = (uint32_t)rules->lanes.n - 1;
    return 0;
}

static int check_profile(const struct bw_gate_rules *rules, struct bw_str profile,
                         struct bw_err *err)
{
    struct bw_strs wanted = {&profile, 1};
    for (size_t i = 0; i < rules->lanes.n; i++) {
        const struct bw_policy_set *set = rules->lanes.v[i].set;
        for (size_t j = 0; j < bw_policy_count(set); j++)
            if (bw_policy_at(set, j)->kind == BW_POLICY_MUTATING &&
                has_any(bw_policy_at(set, j)->profiles, wanted))
                return 0;
    }
    return bw_err_set(err, BW_EUSAGE,
                      "the gate's configuration: \"mutate\": no mutating policy is of the profile "
                      "'%" BW_STR_F "'",
                      BW_STR_A(bw_str_take(profile, 80)));
}

int bw_gate_choose_mutators(struct bw_gate_rules *rules, struct bw_err *err)
{
    struct bw_strs profiles = rules->configuration.mutate;
    uint32_t library = 0;
    int rc = 0;
    if (!profiles.n)
        return 0;
    if (rules->library)
        rc = lane_of_library(rules, &library, err);
    for (size_t i = 0; rc == 0 && i < profiles.n; i++)
        rc = check_profile(rules, profiles.v[i], err);
    for (size_t i = 0; rc == 0 && i < rules->sets_n; i++)
        rc = choose_of_lane(rules, (uint32_t)i, err);
    return rc == 0 && rules->library ? choose_of_lane(rules, library, err) : rc;
}

/* --- applying --- */

struct mutating {
    struct bw_gate_asking asking;
    struct bw_object object; /* as it is so far */
    struct bw_value_maker make;
    struct bw_buf *patch;
    struct bw_gate_mutation *mutation;
};

/* The operations live until the policy's judge is asked again: they are kept as JSON. */
static int apply(struct mutating *m, struct bw_value operations, struct bw_err *err)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(OPERATIONS_MAX);
    struct bw_value kept = {0};
    bw_object_json(operations, false, &json);
    struct bw_str text = bw_buf_slice(&json);
    if (bw_buf_failed(&json) || text.n < 2)
        return bw_err_set(err, BW_ELIMIT, "the operations of a policy are longer than %zu MiB",
                          OPERATIONS_MAX >> 20);
    int rc = bw_value_from_json(&m->make, text, &kept, err);
    if (rc == 0)
        rc = bw_policy_patch(&m->make, m->object.value, kept, &m->object.value, err);
    if (rc)
        return rc;
    bw_buf_byte(m->patch, m->mutation->operations_n ? ',' : '[');
    bw_buf_add(m->patch, text.p + 1, text.n - 2);
    m->mutation->operations_n += bw_value_count(operations);
    return 0;
}

static int mutate(struct mutating *m, const struct bw_gate_mutator *mutator, struct bw_err *err)
{
    struct bw_gate_judge *judge = m->asking.judge;
    const struct bw_gate_lane *lane = &judge->rules->lanes.v[mutator->lane];
    const struct bw_policy *policy = bw_policy_at(lane->set, mutator->policy);
    struct bw_policy_judge **own = &judge->judges[mutator->lane];
    struct bw_value operations = {0};
    if (bw_gate_exception_for(&m->asking, policy))
        return 0;
    if (!*own)
        *own = bw_policy_judge_new(lane->set, lane->selection, err);
    if (!*own)
        return BW_ENOMEM;
    int rc =
        bw_policy_mutate(*own, mutator->policy, &m->object, &m->asking.around, &operations, err);
    if (rc || !bw_value_count(operations))
        return rc;
    if (m->mutation->policies_n < BW_GATE_MUTATED_MAX)
        m->mutation->policies[m->mutation->policies_n++] = policy;
    rc = apply(m, operations, err);
    if (rc == BW_EFORMAT)
        bw_err_prefix(err, rc, "policy %" BW_STR_F, BW_STR_A(policy->id));
    return rc;
}

/* Where nothing is enforced, or judged, nothing is changed either. */
static bool is_left_alone(const struct bw_gate_asking *asking)
{
    const struct bw_gate_rules *rules = asking->judge->rules;
    return asking->enforce == BW_POLICY_AUDIT ||
           (asking->selection == BW_GATE_NO_LIBRARY && rules->selection != BW_GATE_NO_LIBRARY);
}

int bw_gate_mutate(struct bw_gate_judge *judge, const struct bw_gate_request *request,
                   uint32_t object, struct bw_buf *patch, struct bw_gate_mutation *ret_mutation,
                   struct bw_err *err)
{
    uint64_t start = bw_gate_clock_ns();
    struct bw_gate_mutation mutation = {0};
    struct mutating m = {
        .asking = {.judge = judge, .request = request, .around = request->around},
        .object = request->document->objects[object],
        .make = {.arena = judge->arena},
        .patch = patch,
        .mutation = &mutation,
    };
    int rc = 0;
    bw_arena_reset(judge->arena);
    bw_gate_begin_object(&m.asking, object);
    if (!is_left_alone(&m.asking))
        for (size_t i = 0; rc == 0 && i < judge->rules->mutators.n; i++)
            rc = mutate(&m, &judge->rules->mutators.v[i], err);
    if (rc)
        return rc;
    if (mutation.operations_n)
        bw_buf_byte(patch, ']');
    mutation.cost_ns = bw_gate_clock_ns() - start;
    *ret_mutation = mutation;
    return 0;
}
