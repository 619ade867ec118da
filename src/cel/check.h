/*
 * check.h: the state of the checker, shared by its files; for them alone. See ast.h.
 */
#ifndef BW_CEL_CHECK_H
#define BW_CEL_CHECK_H

#include "cel/ast.h"
#include "cel/unify.h"

/* A variable of a macro, while its body is checked. */
struct bw_cel_local {
    const struct bw_cel_local *outer;
    struct bw_str name;
    const struct bw_cel_type *type;
    uint32_t slot;
};

struct bw_cel_checker {
    const struct bw_cel_env *env;
    bool loose; /* every type is dyn, and a name that is not known is an error of the evaluation */
    struct bw_cel_complaint *complaint;
    struct bw_cel_unifier unify;
    const struct bw_cel_local *locals; /* innermost first */
};

/* Resolves a tree and sets its type. false with the complaint. */
bool bw_cel_check_node(struct bw_cel_checker *c, struct bw_cel_ast *node);

/* A call: its candidates and its type. */
bool bw_cel_check_call(struct bw_cel_checker *c, struct bw_cel_ast *call);

/* check-format.c: whether a call of string.format() can succeed, as far as its literals tell. */
bool bw_cel_check_format(struct bw_cel_checker *c, const struct bw_cel_ast *call);

/* Whether the elements of every list and map that is written out have one type, as Kubernetes wants
 * it: also dyn is a type of its own there. false with the complaint. */
bool bw_cel_check_literals(struct bw_cel_checker *c, const struct bw_cel_ast *node);

/* Whether the calls of string.format() can succeed, as far as their literals tell. false with the
 * complaint. */
bool bw_cel_check_formats(struct bw_cel_checker *c, const struct bw_cel_ast *node);

/* "a.b.c" of nothing but names, whose first is no local; p is NULL for anything else. *ret_root
 * where it begins with a dot. */
struct bw_str bw_cel_check_qualified(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                                     bool *ret_root);

/* The names it may stand for. */
size_t bw_cel_check_names(struct bw_cel_checker *c, struct bw_str name, bool root,
                          struct bw_str ret_names[BW_CEL_CONTAINER_DEPTH_MAX + 1]);

bool bw_cel_check_assignable(struct bw_cel_checker *c, const struct bw_cel_type *a,
                             const struct bw_cel_type *b);

/* Complains that the node has the wrong type. Always false. */
bool bw_cel_check_mismatch(struct bw_cel_checker *c, const struct bw_cel_ast *node,
                           const struct bw_cel_type *wanted, const struct bw_cel_type *found);

/* The types as text, in the complaint's arena; never NULL. */
const char *bw_cel_check_text(struct bw_cel_checker *c, const struct bw_cel_type *const *types,
                              size_t n);

#endif
