/*
 * eval.h: the state of an evaluation, shared by the evaluator's files; for them alone.
 */
#ifndef BW_CEL_EVAL_H
#define BW_CEL_EVAL_H

#include "cel/program.h"

/* Nesting of values that are compared. */
#define BW_CEL_EQUAL_DEPTH_MAX 1000u

struct bw_cel_eval {
    struct bw_cel_call call;
    uint64_t cost;
    const struct bw_cel_program *program;
    const struct bw_cel_node *nodes;
    const uint32_t *children;
    const struct bw_value *constants;
    const struct bw_cel_run *run;
    struct bw_value *locals;
};

/* Ready to evaluate nodes. locals: as many as the program uses. */
void bw_cel_eval_start(struct bw_cel_eval *e, const struct bw_cel_program *program,
                       const struct bw_cel_run *run, struct bw_value *locals);

/* The value of a node. */
struct bw_value bw_cel_step(struct bw_cel_eval *e, uint32_t node);

/* Nodes that loop or bind. */
struct bw_value bw_cel_step_loop(struct bw_cel_eval *e, const struct bw_cel_node *node);
struct bw_value bw_cel_step_bind(struct bw_cel_eval *e, const struct bw_cel_node *node);

/* The value of a variable, resolved; an ERROR where it has none. */
struct bw_value bw_cel_variable(struct bw_cel_eval *e, uint32_t slot, uint32_t name);

/* A constant, its text found. */
static inline struct bw_value bw_cel_constant(const struct bw_cel_eval *e, uint32_t index)
{
    struct bw_value value = e->constants[index];
    if (value.kind == BW_VALUE_STRING || value.kind == BW_VALUE_BYTES || value.kind == BW_CEL_TYPE)
        value.foreign = (const char *)e->program + value.u;
    return value;
}

/* ERROR or UNKNOWN: what an operation on it is, too. */
static inline bool bw_cel_is_bad(struct bw_value value)
{
    return value.kind == BW_CEL_ERROR || value.kind == BW_VALUE_UNKNOWN;
}

/* Which of two bad values an operation on both is: UNKNOWN before ERROR, and of two UNKNOWNs the
 * one that is MISSING; b where a is ABSENT. */
struct bw_value bw_cel_worse(struct bw_value a, struct bw_value b);

/* "no such overload". */
struct bw_value bw_cel_no_overload(struct bw_cel_eval *e);

/* --- eval-operator.c; operands that are bad are handled --- */

struct bw_value bw_cel_unary(struct bw_cel_eval *e, enum bw_cel_op op, struct bw_value a);
struct bw_value bw_cel_binary(struct bw_cel_eval *e, enum bw_cel_op op, struct bw_value a,
                              struct bw_value b);

/* --- eval-member.c --- */

/* The member or element; an ERROR where there is none. */
struct bw_value bw_cel_index(struct bw_cel_eval *e, struct bw_value of, struct bw_value key);
struct bw_value bw_cel_index_optional(struct bw_cel_eval *e, struct bw_value of,
                                      struct bw_value key);
struct bw_value bw_cel_select(struct bw_cel_eval *e, struct bw_value of, struct bw_value key);
/* The field, also of what is in an optional; ABSENT where there is none. */
struct bw_value bw_cel_select_perhaps(struct bw_cel_eval *e, struct bw_value of,
                                      struct bw_value key);

/* An optional of it, or of nothing where it is ABSENT; what is bad stays so. */
static inline struct bw_value bw_cel_wrap(struct bw_cel_eval *e, struct bw_value value)
{
    return bw_cel_is_bad(value) ? value : bw_cel_optional(&e->call, value);
}

struct bw_value bw_cel_has(struct bw_cel_eval *e, struct bw_value of, struct bw_value key);
struct bw_value bw_cel_in(struct bw_cel_eval *e, struct bw_value value, struct bw_value in);

/* The member of a map, numbers of any kind found by value; NULL: none. */
const struct bw_value_member *bw_cel_member(struct bw_value map, struct bw_value key);

/* --- equal.c --- */

/* BOOL or UNKNOWN, or an ERROR when the budget is used up. */
struct bw_value bw_cel_equality(struct bw_cel_call *call, struct bw_value a, struct bw_value b);

/* Whether an element of the list equals the value, each comparison charged: true; else an UNKNOWN
 * where one of them is; else false. Or an ERROR when the budget is used up. */
struct bw_value bw_cel_stands_in(struct bw_cel_call *call, struct bw_value list,
                                 struct bw_value value);

/* -1, 0, 1, or 2 where they have no order, and 3 where they are not of ordered kinds. */
int bw_cel_compare(struct bw_value a, struct bw_value b);

/* What it costs to compare the value, itself and not what it holds, with another. */
uint64_t bw_cel_compare_cost(struct bw_value value);

#endif
