/*
 * policy-environment.h: what the expressions of policies may name, and their programs; for the
 * files policy-*.c alone.
 *
 * A program knows variables by their slots and types, not by what they are. So policies whose
 * variables so far have the same names and types share an environment, and with it every program of
 * the same text. An expression that names no variable of the policy is compiled where there are
 * none, and is shared by all.
 *
 * Values are shared by fewer: a state is a list of variables with their expressions. Policies that
 * have come to the same one have the same values, and these are evaluated once an object.
 */
#ifndef BW_CHECK_POLICY_ENVIRONMENT_H
#define BW_CHECK_POLICY_ENVIRONMENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "cel/cel.h"
#include "check/policy-state.h"

/* What an expression may see. */
enum bw_policy_sight {
    BW_POLICY_SEES_POD = 1,    /* object is a Pod, and its fields are known */
    BW_POLICY_SEES_PARAMS = 2, /* params */
    BW_POLICY_SEES_PATCH = 4,  /* JSONPatch{...} */
};
#define BW_POLICY_SIGHTS 8u

struct bw_policy_names {
    const struct bw_policy_names *parent; /* NULL: no variables */
    unsigned sight;
    uint32_t number;
    struct bw_str name, type; /* of the last variable */
    struct bw_cel_env *env;   /* made when it is first wanted */
};

struct bw_policy_env_state {
    struct bw_policy_names *names;
    uint32_t number;
    uint32_t memo; /* of the last variable: BW_POLICY_NONE where its value depends on params, or
                      on one that does */
    bool stays;    /* no variable depends on params */
};

struct bw_policy_compiler {
    struct bw_arena *arena;
    struct bw_map name_lists; /* by parent, name and type */
    struct bw_map states;     /* by parent, name and text */
    struct bw_map programs;   /* by names and text */
    struct bw_policy_env_state *roots[BW_POLICY_SIGHTS];
    BW_VEC_TYPE(bw_policy_compiled_list, struct bw_cel_program *) compiled;
    BW_VEC_TYPE(bw_policy_memo_list, uint32_t)
    memo_of; /* of each program that names no
                 variable */
    uint32_t names_n, states_n, memos_n;
};

/* Everything lives in the arena but what the next function frees. */
struct bw_policy_compiler bw_policy_compiler(struct bw_arena *arena);
void bw_policy_compiler_free(struct bw_policy_compiler *compiler);

/* The state without variables. NULL when memory is short. */
struct bw_policy_env_state *bw_policy_state_begin(struct bw_policy_compiler *compiler,
                                                  unsigned sight, struct bw_err *err) BW_MUST_USE;

/* Compiles in a state: ret_program is an index into `compiled`. BW_EFORMAT with the issue. */
int bw_policy_compile(struct bw_policy_compiler *compiler, struct bw_policy_env_state *state,
                      struct bw_str source, uint32_t *ret_program, struct bw_cel_issue *issue,
                      struct bw_err *err) BW_MUST_USE;

/* The state with one variable more, whose program that is. */
int bw_policy_state_extend(struct bw_policy_compiler *compiler, struct bw_policy_env_state *state,
                           struct bw_str name, uint32_t program,
                           struct bw_policy_env_state **ret_state, struct bw_err *err) BW_MUST_USE;

/* policy-schema.c: the type of a Pod. */
int bw_policy_schema_pod(struct bw_cel_env *env, const struct bw_cel_type **ret_pod,
                         struct bw_err *err) BW_MUST_USE;

#endif
