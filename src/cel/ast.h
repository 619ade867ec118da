/*
 * ast.h: the syntax tree of an expression, from the parser to the compiler; for the files of
 * src/cel/ alone.
 *
 * Macros are nodes of their own and not expanded into folds: the checker knows what they mean, and
 * the evaluator has a step for each. `&&` and `||` have any number of operands.
 */
#ifndef BW_CEL_AST_H
#define BW_CEL_AST_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/value.h"
#include "cel/cel.h"
#include "cel/env.h"

enum bw_cel_ast_kind {
    BW_CEL_A_LITERAL, /* value */
    BW_CEL_A_NAME,    /* name; resolved: VARIABLE, LOCAL, TYPE or WRONG */
    BW_CEL_A_SELECT,  /* children: operand; name: the field; OPTIONAL, TEST */
    BW_CEL_A_CALL,    /* name; children: the receiver where MEMBER, then the arguments */
    BW_CEL_A_LIST, /* children; those that are ELEMENT_OPTIONAL are left out where there is none */
    BW_CEL_A_MAP,  /* children: key, value, ...; ELEMENT_OPTIONAL stands on the key */
    BW_CEL_A_STRUCT, /* name; as MAP, keys are literals */

    /* Macros. children: the range, [the filter, `true` where none is written,] what is evaluated
     * for each element with name (and second, where it is one of two) bound. */
    BW_CEL_A_ALL,
    BW_CEL_A_EXISTS,
    BW_CEL_A_EXISTS_ONE,
    BW_CEL_A_FILTER,              /* range, predicate */
    BW_CEL_A_TRANSFORM_LIST,      /* map() and transformList(): range, filter, element */
    BW_CEL_A_TRANSFORM_MAP,       /* range, filter, value */
    BW_CEL_A_TRANSFORM_MAP_ENTRY, /* range, filter, a map whose members are added */
    BW_CEL_A_BIND,                /* value, body */
    BW_CEL_A_OPT_MAP,             /* optional, body: the value */
    BW_CEL_A_OPT_FLAT_MAP,        /* optional, body: an optional */

    /* What the checker makes of names. */
    BW_CEL_A_VARIABLE, /* slot */
    BW_CEL_A_LOCAL,    /* slot */
    BW_CEL_A_TYPE,     /* type_name */
    BW_CEL_A_WRONG,    /* unchecked: name is the text of the error when it is evaluated */
};

enum {
    BW_CEL_OPTIONAL_SELECT = 1,  /* a.?b */
    BW_CEL_TEST = 2,             /* has(a.b) */
    BW_CEL_MEMBER = 4,           /* a.f(): the first child is a */
    BW_CEL_ELEMENT_OPTIONAL = 8, /* [?a], {?k: v} */
    BW_CEL_ROOT = 16,            /* .a: no local and no container */
};

struct bw_cel_ast {
    enum bw_cel_ast_kind kind;
    unsigned flags;
    uint32_t offset, length; /* of the whole in the source */
    uint32_t at;             /* what an issue points at: the operator, the field, the name */
    uint32_t height;
    struct bw_str name, second;
    struct bw_value value;
    struct bw_cel_ast **children;
    uint32_t n;

    /* From the checker. */
    const struct bw_cel_type *type;
    const char *type_name;
    uint32_t slot; /* of VARIABLE and LOCAL; of a macro's first local: the second one is the next */
    const struct bw_cel_candidate *
        *candidates; /* of CALL, in order: the first that fits is called */
    uint32_t candidates_n;
};

/* What is wrong with a source; the first complaint stays. */
struct bw_cel_complaint {
    struct bw_str source;
    struct bw_arena *arena;
    enum bw_code code; /* 0: none */
    struct bw_cel_issue issue;
};

/* Always gives NULL. */
void *bw_cel_complain(struct bw_cel_complaint *complaint, uint32_t offset, const char *fmt, ...)
    BW_PRINTF(3, 4);
void *bw_cel_complain_memory(struct bw_cel_complaint *complaint);

/* NULL with the complaint. The tree lies in the complaint's arena and borrows from the source. */
struct bw_cel_ast *bw_cel_parse(const struct bw_cel_env *env, struct bw_cel_complaint *complaint);

/* What a call stands for where it is a macro's; else the call itself. NULL with the complaint. */
struct bw_cel_ast *bw_cel_macro(const struct bw_cel_env *env, struct bw_cel_complaint *complaint,
                                struct bw_cel_ast *call);

/* Names of macros for who looks for a name that was nearly right. */
void bw_cel_macro_suggest(struct bw_cel_suggestion *suggestion);

/* Resolves names, and unless `loose` finds types, into the tree. false with the complaint. */
bool bw_cel_check(const struct bw_cel_env *env, bool loose, struct bw_cel_complaint *complaint,
                  struct bw_cel_ast *ast);

#endif
