/*
 * unify.h: whether one type may stand where another is wanted, and what type variables then are;
 * for the checker alone. The rules are those of langdef.md ("Gradual Type Checking") as cel-go has
 * them.
 */
#ifndef BW_CEL_UNIFY_H
#define BW_CEL_UNIFY_H

#include "base/vec.h"
#include "cel/type.h"

/* Comparisons of types in one expression: types that nest in each other can be exponential. */
#define BW_CEL_UNIFY_STEPS_MAX 200000u

struct bw_cel_binding {
    struct bw_cel_type *variable;
    const struct bw_cel_type *before;
};

struct bw_cel_unifier {
    struct bw_arena *arena;
    BW_VEC_TYPE(bw_cel_bindings, struct bw_cel_binding) trail;
    uint32_t steps;
    bool failed; /* memory is short, or there were too many steps */
};

/* A new type variable; NULL when the arena has no more. */
const struct bw_cel_type *bw_cel_unify_variable(struct bw_cel_unifier *u);

/* Whether each a[i] may stand where b[i] is wanted. Variables are bound as that wants it, and not
 * at all where it is false. */
bool bw_cel_assignable(struct bw_cel_unifier *u, const struct bw_cel_type *const *a,
                       const struct bw_cel_type *const *b, size_t n);

/* The type with variables replaced by what they are bound to; those that are free become dyn where
 * `close` is set. dyn where memory is short. */
const struct bw_cel_type *bw_cel_substitute(struct bw_cel_unifier *u,
                                            const struct bw_cel_type *type, bool close);

/* The more general one of two that unify. */
const struct bw_cel_type *bw_cel_more_general(const struct bw_cel_type *a,
                                              const struct bw_cel_type *b);

#endif
