/*
 * cel.h: the Common Expression Language (cel-spec, langdef.md), compiled and evaluated.
 *
 * The library stands on base alone and can be used by itself:
 *
 *     env = bw_cel_env_new(BW_CEL_KUBERNETES_1_34, &err);
 *     bw_cel_env_declare(env, "object", bw_cel_type_dyn(env), &slot, &err);
 *     bw_cel_compile(env, BW_STR("object.spec.replicas > 1"), &program, &error, &err);
 *     run = (struct bw_cel_run){.variables = values, .arena = arena, .budget = &budget};
 *     result = bw_cel_eval(program, &run);
 *
 * An environment says which names there are: the dialect's functions and macros, and the variables
 * that were declared. It is changed while it is made and by nobody afterwards. A program is
 * immutable, position-independent bytes; it outlives its environment, may be stored and mapped, and
 * any number of threads may evaluate it at a time.
 *
 * Evaluation never fails, never recurses deeper than BW_CEL_DEPTH_MAX, allocates from the run's
 * arena alone, and ends within its budget. Its result is a value: one of base/value.h's kinds, one
 * of the kinds below, an UNKNOWN, or an ERROR. Errors and unknowns are values, as the specification
 * wants: `false && error` is false, and an UNKNOWN that decides makes the result UNKNOWN.
 */
#ifndef BW_CEL_CEL_H
#define BW_CEL_CEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/value.h"

#define BW_CEL_SOURCE_MAX    ((size_t)1 << 20) /* bytes of one expression */
#define BW_CEL_NODES_MAX     65536u            /* of its syntax tree, macros expanded */
#define BW_CEL_DEPTH_MAX     250u              /* of its syntax tree, as in cel-go */
#define BW_CEL_VARIABLES_MAX 4096u
#define BW_CEL_MESSAGE_MAX                                                                         \
    5120u /* bytes of a message that an expression computes, as Kubernetes has it */

enum bw_cel_dialect {
    BW_CEL_SPEC,            /* what the conformance suite wants, with all extensions */
    BW_CEL_KUBERNETES_1_34, /* the base environment of Kubernetes 1.34 with its libraries, and what
                               cel-go 0.26 does there: the elements of a literal have one type (dyn
                               is one, too), has() and `?` find nothing in a scalar instead of
                               failing, constant patterns, durations and timestamps are checked */
};

/* Kinds of values that only expressions make. */
enum bw_cel_kind {
    BW_CEL_ERROR = BW_VALUE_FOREIGN, /* bw_cel_error_text() */
    BW_CEL_TYPE,
    BW_CEL_TIMESTAMP,
    BW_CEL_DURATION,
    BW_CEL_OPTIONAL,
    BW_CEL_OPAQUE, /* a quantity, an address, a URL, ...: bw_cel_opaque in function.h */
};

/* --- environments --- */

struct bw_cel_env;

/* NULL on failure. */
struct bw_cel_env *bw_cel_env_new(enum bw_cel_dialect dialect, struct bw_err *err) BW_MUST_USE;

/* An environment with all that another has, to declare further variables in; cheap. The other
 * outlives it and is not added to meanwhile. It takes no object types of its own. NULL on failure.
 */
struct bw_cel_env *bw_cel_env_extend(const struct bw_cel_env *base, struct bw_err *err) BW_MUST_USE;
void bw_cel_env_free(struct bw_cel_env *env); /* takes NULL */
void bw_cel_env_freep(struct bw_cel_env **env);

/* A type belongs to its environment. Types are interned: the same type is the same pointer. */
struct bw_cel_type;
const struct bw_cel_type *bw_cel_type_dyn(struct bw_cel_env *env);

/* Reads a type as the specification writes it: "int", "list(string)", "map(string, dyn)",
 * "optional_type(int)", "google.protobuf.Timestamp", the name of an object type that was declared.
 * NULL when it is none, or when memory is short. */
const struct bw_cel_type *bw_cel_type_read(struct bw_cel_env *env, struct bw_str text,
                                           struct bw_err *err) BW_MUST_USE;

/* An object type: a map whose fields are known; `Name{field: value}` makes one. Selecting a field
 * that it has not is an error of the checker, which names the nearest one it has. Declaring a name
 * again gives the same type; fields may be added until it is used. BW_EUSAGE in an environment that
 * extends another, BW_ELIMIT, BW_ENOMEM. */
int bw_cel_env_object(struct bw_cel_env *env, struct bw_str name,
                      const struct bw_cel_type **ret_type, struct bw_err *err) BW_MUST_USE;
int bw_cel_env_field(struct bw_cel_env *env, const struct bw_cel_type *object, struct bw_str field,
                     const struct bw_cel_type *type, struct bw_err *err) BW_MUST_USE;

/* Declares a variable. The name may be qualified ("variables.containers"): a selection that reads
 * so finds it, as the specification's name resolution wants. ret_slot: where its value stands
 * in a run; slots count from 0 in the order of declaration. BW_EUSAGE where the name is taken or
 * is no name. */
int bw_cel_env_declare(struct bw_cel_env *env, const char *name, const struct bw_cel_type *type,
                       uint32_t *ret_slot, struct bw_err *err) BW_MUST_USE;

/* The container of names, "a.b": a name is looked for in a.b, in a, and then by itself. */
int bw_cel_env_container(struct bw_cel_env *env, struct bw_str container,
                         struct bw_err *err) BW_MUST_USE;

/* --- programs --- */

/* What is wrong with an expression, for a person. */
struct bw_cel_issue {
    uint32_t offset;              /* bytes into the source */
    uint32_t line, column;        /* from 1; columns count characters */
    char message[BW_ERR_MSG_MAX]; /* "undeclared reference to 'objct'; did you mean 'object'?" */
    bool no_such_field;           /* it is that an object type has no field of that name */
};

struct bw_cel_program;

/* Parses, checks and compiles. BW_EFORMAT with *issue where the source is at fault (the first
 * issue), BW_ELIMIT, BW_ENOMEM. issue may be NULL; err then still has "LINE:COLUMN: MESSAGE". */
int bw_cel_compile(const struct bw_cel_env *env, struct bw_str source,
                   struct bw_cel_program **ret_program, struct bw_cel_issue *issue,
                   struct bw_err *err) BW_MUST_USE;

/* As bw_cel_compile, without the checker: every expression is dyn. */
int bw_cel_compile_unchecked(const struct bw_cel_env *env, struct bw_str source,
                             struct bw_cel_program **ret_program, struct bw_cel_issue *issue,
                             struct bw_err *err) BW_MUST_USE;
void bw_cel_free(struct bw_cel_program *program); /* takes NULL */
void bw_cel_freep(struct bw_cel_program **program);

/* The type an expression was found to have, as bw_cel_type_read reads it, appended. */
void bw_cel_result_type(const struct bw_cel_program *program, struct bw_buf *buf);
bool bw_cel_result_is_bool(const struct bw_cel_program *program); /* also for dyn */
struct bw_str bw_cel_source(const struct bw_cel_program *program);

/* A program as bytes, to be stored; valid under the same build alone. They are aligned to 8. */
struct bw_str bw_cel_bytes(const struct bw_cel_program *program);

/* The program in bytes that lie somewhere else (a mapped file), which must outlive it; nothing is
 * copied, and bw_cel_free() is not for it. Every index is checked. NULL with BW_EFORMAT. */
const struct bw_cel_program *bw_cel_open(struct bw_str bytes, struct bw_err *err) BW_MUST_USE;

/* The same for bytes that are part of this very executable, which were checked when it was built:
 * nothing is looked at. */
const struct bw_cel_program *bw_cel_own(struct bw_str bytes);

/* --- evaluation --- */

/* Kubernetes' units of cost: about one a step, strings count by tenths of their length. */
#define BW_CEL_COST_EXPRESSION_MAX 1000000u
#define BW_CEL_COST_POLICY_MAX     10000000u

/* Shared by all expressions of a policy. */
struct bw_cel_budget {
    uint64_t left;           /* for the policy */
    uint64_t expression_max; /* for each single expression */
};

/* Regular expressions that no program holds, because they are computed: compiled once and kept for
 * the runs that come. Bounded: when it is full it is emptied. Not thread-safe. NULL when memory is
 * short. */
struct bw_cel_patterns;
struct bw_cel_patterns *bw_cel_patterns_new(void) BW_MUST_USE;
void bw_cel_patterns_free(struct bw_cel_patterns *patterns); /* takes NULL */

struct bw_cel_run {
    /* By slot. An ABSENT one is asked of `resolve` when it is first wanted, and where there is
     * no resolve, or it has none either, its use is an error ("no such attribute"). */
    struct bw_value *variables;
    size_t variables_n;
    struct bw_value (*resolve)(const struct bw_cel_run *run, uint32_t slot);
    void *ctx; /* resolve's */
    struct bw_arena *arena;
    struct bw_cel_budget *budget;     /* NULL: BW_CEL_COST_EXPRESSION_MAX for this expression */
    struct bw_cel_patterns *patterns; /* NULL: each is compiled whenever it is met */
    int64_t now_ns; /* not used by the language: what functions with a clock would see */
};

/* Fills nothing but the arena; see above for what may come back. When the budget is used up or
 * the arena is full the result is an ERROR whose bw_cel_error_code says so. */
struct bw_value bw_cel_eval(const struct bw_cel_program *program, const struct bw_cel_run *run);

/* Of an ERROR. */
struct bw_str bw_cel_error_text(struct bw_value error);
enum bw_code bw_cel_error_code(struct bw_value error); /* BW_EFORMAT, or BW_ELIMIT, BW_ENOMEM */

/* --- why --- */

/* The part of an expression that decided, as a person would point at it: in `!(a || b.c == 1)` the
 * operand that was true; in all() the predicate for the element that broke it. */
struct bw_cel_reason {
    uint32_t offset, length; /* of the sub-expression in the source */
    struct bw_value value;   /* what it was */
    uint32_t place;     /* where in the document the value that decided was written, or the nearest
                           thing around where it is missing; 0: nowhere */
    struct bw_str path; /* of that value from its variable: "object.spec.containers[1].image" */
    struct bw_value found; /* that value; ABSENT where it is missing, or nowhere */
};

/* Evaluates once more, slowly, and says what decided. */
int bw_cel_explain(const struct bw_cel_program *program, const struct bw_cel_run *run,
                   struct bw_cel_reason *ret_reason, struct bw_err *err) BW_MUST_USE;

/* --- values --- */

/* Equality as `==` has it: numbers across kinds by value, lists and maps deep. */
bool bw_cel_equal(struct bw_value a, struct bw_value b);

/* A value as JSON, as cel-spec's conversion to google.protobuf.Value has it (timestamps and
 * durations as strings, bytes as base64, int64 as numbers). BW_EFORMAT for what has no JSON form:
 * errors, unknowns, types. */
int bw_cel_json(struct bw_value value, struct bw_buf *buf, struct bw_err *err) BW_MUST_USE;

#endif
