/*
 * policy-judge.h: a judge at work; for the files policy-*.c alone.
 */
#ifndef BW_CHECK_POLICY_JUDGE_H
#define BW_CHECK_POLICY_JUDGE_H

#include "check/policy-state.h"

/* The policies that are for one kind of objects. */
struct bw_policy_plan {
    struct bw_str group, version, resource, kind; /* slices of text */
    uint32_t operation;
    char *text;
    uint32_t *policies;
    size_t policies_n;
};

struct bw_policy_judge {
    const struct bw_policy_set *set;
    const struct bw_policy_selection *selection;
    struct bw_arena *arena;
    struct bw_cel_patterns *patterns; /* of all objects */
    BW_VEC_TYPE(bw_policy_plans, struct bw_policy_plan) plans;
    BW_VEC_TYPE(bw_policy_outcomes, struct bw_policy_outcome) outcomes;
    struct bw_policy_outcome spare; /* where an outcome goes that finds no room */
    bool short_of_room;

    bw_policy_found found; /* may be NULL */
    void *found_ctx;

    /* Values of variables that several policies share; memo_at: of which object. */
    struct bw_value *memo;
    uint32_t *memo_at, generation;

    /* The object at hand. */
    const struct bw_object *object;
    const struct bw_policy_around *around;
    uint32_t operation;
    struct bw_value value, request, namespace_object, authorizer; /* ABSENT: not asked for yet */

    /* The policy at hand. */
    uint32_t policy;
    const struct bw_policy_record *record;
    enum bw_policy_action action;
    struct bw_cel_budget budget;
    struct bw_cel_run run;
    struct bw_value variables[BW_POLICY_SLOTS + BW_POLICY_VARIABLES_MAX];
    uint32_t limit; /* slots from here on are not seen: a variable sees those before it */
};

/* --- policy-run.c --- */

void bw_policy_begin_object(struct bw_policy_judge *judge, const struct bw_object *object,
                            const struct bw_policy_around *around);

/* Values of variables that are kept are so no longer: the object is another. */
void bw_policy_forget(struct bw_policy_judge *judge);

/* Before the policy's expressions are evaluated, with that parameter. */
void bw_policy_begin(struct bw_policy_judge *judge, struct bw_value params);

struct bw_value bw_policy_run_program(struct bw_policy_judge *judge, uint32_t program);

/* The slot of the policy's first variable; the others are behind it. */
uint32_t bw_policy_first_variable(const struct bw_policy_judge *judge);

/* What a validation says to a person. */
struct bw_str bw_policy_message(struct bw_policy_judge *judge, const struct bw_policy_use *use);

enum bw_policy_answer bw_policy_ask_match(struct bw_policy_judge *judge,
                                          const struct bw_policy_match *match);

/* Whether a binding refers to a parameter, for the object at hand. */
bool bw_policy_wants_param(const struct bw_policy_judge *judge,
                           const struct bw_policy_binding *binding, uint32_t param);

/* `params` of a policy that no binding gives any: to Kubernetes, too, it then applies to nothing.
 */
struct bw_value bw_policy_no_params(struct bw_policy_judge *judge);

/* --- policy-explain.c --- */

/* Fills in what decided, unless it is not wanted. */
void bw_policy_explain(struct bw_policy_judge *judge, const struct bw_policy_use *use,
                       struct bw_policy_outcome *outcome);

/* --- policy-offending.c --- */

/* What a failed validation offends by, one after the other: `all` is ABSENT where the policy does
 * not say. */
struct bw_policy_offending {
    uint32_t slot, next;
    struct bw_value all;
};

struct bw_policy_offending bw_policy_offending(struct bw_policy_judge *judge,
                                               const struct bw_policy_use *use);

/* Makes the next one all that the policy's variable holds, and returns its place (0: nowhere).
 * false behind the last: the variable then is as it was. */
bool bw_policy_next_offending(struct bw_policy_judge *judge, struct bw_policy_offending *offending,
                              uint32_t *ret_place);

/* Makes what stands at a line and column all that the variable holds; where nothing of it does, it
 * stays as it is. */
void bw_policy_narrow_offending(struct bw_policy_judge *judge, const struct bw_document *document,
                                struct bw_value_place at);

#endif
