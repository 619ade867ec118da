/*
 * function.h: how a function of CEL is written; for the files of src/cel/ alone.
 *
 * A library is a table of overloads, each with its signature in the specification's notation and
 * a C function. The checker reads the signatures; a compiled program holds the overload's number.
 * A library is one file, src/cel/library-NAME.c, and one word in src/cel/meson.build.
 */
#ifndef BW_CEL_FUNCTION_H
#define BW_CEL_FUNCTION_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/value.h"
#include "cel/cel.h"

#define BW_CEL_ARGUMENTS_MAX 8u

/* How many variables of macros are in use at a time at most. */
#define BW_CEL_LOCALS_MAX 256u

/* What a function may use while it runs. */
struct bw_cel_regex;

struct bw_cel_call {
    struct bw_arena *arena;
    struct bw_value_maker make; /* in that arena; a failure of it is looked at after the call */
    uint64_t *cost; /* adds to it what the call costs beyond 1; 10 bytes of a string are 1 */
    uint64_t cost_max;
    const struct bw_cel_regex *regex; /* bw_cel_pattern() in pattern.h */
    struct bw_cel_patterns *patterns; /* the same */
};

/* Arguments are of the kinds the signature names (dyn: any but ERROR and UNKNOWN; of list(int) the
 * first element is looked at, the others may be anything); a member function has its receiver
 * first. A list or map has no UNKNOWN element unless the
 * library takes them. Returns the result, or what bw_cel_fail makes. */
typedef struct bw_value (*bw_cel_function)(struct bw_cel_call *call, const struct bw_value *args,
                                           size_t n);

struct bw_cel_overload {
    /* "size(string): int", "string.charAt(int): string" (member), "list(A).sort(): list(A)"; single
     * capital letters are type parameters; "net.IP", "kubernetes.Quantity" are opaque types by
     * their names. What stands before the function's name is a receiver where it is a type, and a
     * type's last word is one of the language's or begins with a capital letter; else it is a
     * namespace: "math.abs(int): int". A string of the type `pattern` is a regular expression:
     * where it is a constant the program holds it compiled. Of several overloads that fit the first
     * one is taken. */
    const char *signature;
    bw_cel_function function;
};

/* In which dialects a library is. */
#define BW_CEL_IN_SPEC       1u
#define BW_CEL_IN_KUBERNETES 2u

struct bw_cel_library {
    const char *name; /* "strings" */
    unsigned dialects;
    const struct bw_cel_overload *overloads; /* a NULL signature ends them */
    /* Opaque types that expressions may name (`type(x) == net.IP`), ended by NULL; NULL: none. */
    const char *const *types;
    /* Its functions take lists and maps as they are, with UNKNOWN elements too. */
    bool takes_unknown;
};

/* All libraries, NULL at the end: generated from the list in meson.build. */
extern const struct bw_cel_library *const bw_cel_libraries[];

/* An ERROR value with that text. */
struct bw_value bw_cel_fail(struct bw_cel_call *call, const char *fmt, ...) BW_PRINTF(2, 3);

/* The ERRORs of an arena that has no more, and of a budget that is used up. */
struct bw_value bw_cel_fail_memory(const struct bw_arena *arena);
struct bw_value bw_cel_fail_budget(void);

/* Charges n units. false when the budget is used up: the function then returns at once, with any
 * value. Loops charge as they go. */
bool bw_cel_charge(struct bw_cel_call *call, uint64_t n) BW_MUST_USE;

/* --- kinds of values --- */

#define BW_CEL_TIMESTAMP_MIN (-62135596800)
#define BW_CEL_TIMESTAMP_MAX 253402300799

struct bw_cel_timestamp { /* 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z */
    int64_t seconds;      /* since 1970 */
    int32_t nanos;        /* 0..999999999 */
};

/* A kind of opaque value: one constant for each of "net.IP", "kubernetes.Quantity", ... */
struct bw_cel_opaque_class {
    const char *type;
    bool (*equal)(const void *a, const void *b);
    /* As JSON shows it; NULL: it has no such form. */
    struct bw_value (*to_string)(struct bw_cel_call *call, const void *p);
};

struct bw_cel_opaque {
    const struct bw_cel_opaque_class *class;
    const void *p; /* in the arena */
};

/* An ERROR where it is out of range. */
struct bw_value bw_cel_timestamp(struct bw_cel_call *call, int64_t seconds, int32_t nanos);
struct bw_value bw_cel_duration(struct bw_cel_call *call, int64_t nanoseconds);
struct bw_value bw_cel_optional(struct bw_cel_call *call, struct bw_value value); /* ABSENT: none */
struct bw_value bw_cel_opaque(struct bw_cel_call *call, const struct bw_cel_opaque_class *class,
                              const void *p);

/* A type as a value, by its name, which must outlive it; and the name of a value's own type, as
 * type() has it: "int", "list", "net.IP". */
struct bw_value bw_cel_type_value(const char *name);
const char *bw_cel_type_name(struct bw_value value);

/* Of values of these kinds. */
const struct bw_cel_timestamp *bw_cel_timestamp_of(struct bw_value value);
int64_t bw_cel_duration_of(struct bw_value value);
struct bw_value bw_cel_optional_of(struct bw_value value); /* ABSENT where it is none */
const void *bw_cel_opaque_of(struct bw_value value,
                             const struct bw_cel_opaque_class *class); /* NULL: another */

#endif
