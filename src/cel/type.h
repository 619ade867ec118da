/*
 * type.h: types of the checker; for the files of src/cel/ alone.
 *
 * A type lies in an arena and is compared by structure. Type parameters are variables that the
 * checker binds (unify.h).
 */
#ifndef BW_CEL_TYPE_H
#define BW_CEL_TYPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/map.h"
#include "base/str.h"

/* Nesting of a type that is read, and parts of one that is made: beyond that it is dyn. */
#define BW_CEL_TYPE_DEPTH_MAX 64u
#define BW_CEL_TYPE_SIZE_MAX  1000u

enum bw_cel_type_kind {
    BW_CEL_T_DYN,
    BW_CEL_T_ERROR, /* of an expression that has an issue already */
    BW_CEL_T_NULL,
    BW_CEL_T_BOOL,
    BW_CEL_T_INT,
    BW_CEL_T_UINT,
    BW_CEL_T_DOUBLE,
    BW_CEL_T_STRING,
    BW_CEL_T_BYTES,
    BW_CEL_T_TIMESTAMP,
    BW_CEL_T_DURATION,
    BW_CEL_T_TYPE,   /* of at most one parameter */
    BW_CEL_T_LIST,   /* of one */
    BW_CEL_T_MAP,    /* of two */
    BW_CEL_T_OPAQUE, /* a name, of at most two */
    BW_CEL_T_OBJECT, /* a name and fields */
    BW_CEL_T_VARIABLE,
};

struct bw_cel_type {
    enum bw_cel_type_kind kind;
    uint32_t n;    /* parameters */
    uint32_t size; /* parts, of a type with parameters */
    const struct bw_cel_type *parameter[2];
    struct bw_str name;              /* OPAQUE, OBJECT */
    struct bw_map *fields;           /* OBJECT: from names to types */
    const struct bw_cel_type *bound; /* VARIABLE: what it stands for, or NULL */
};

/* Those without parameters, by kind: DYN to DURATION, and TYPE. */
extern const struct bw_cel_type bw_cel_basic_types[];

static inline const struct bw_cel_type *bw_cel_basic(enum bw_cel_type_kind kind)
{
    return &bw_cel_basic_types[kind];
}

/* NULL when the arena has no more. parameter may hold NULLs. */
const struct bw_cel_type *bw_cel_type_make(struct bw_arena *arena, enum bw_cel_type_kind kind,
                                           struct bw_str name, const struct bw_cel_type *first,
                                           const struct bw_cel_type *second);

static inline const struct bw_cel_type *bw_cel_list_of(struct bw_arena *arena,
                                                       const struct bw_cel_type *element)
{
    return bw_cel_type_make(arena, BW_CEL_T_LIST, (struct bw_str){0}, element, NULL);
}

const struct bw_cel_type *bw_cel_optional_type(struct bw_arena *arena,
                                               const struct bw_cel_type *of);
bool bw_cel_type_is_optional(const struct bw_cel_type *type);

/* The same type, variables by identity. */
bool bw_cel_type_equal(const struct bw_cel_type *a, const struct bw_cel_type *b);

/* As the specification writes it. */
void bw_cel_type_write(const struct bw_cel_type *type, struct bw_buf *buf);

/* The basic or well-known type of that name ("int", "google.protobuf.Duration"; "list" and "map"
 * are of dyn), or NULL. */
const struct bw_cel_type *bw_cel_type_named(struct bw_str name);

/* Reads types from the front of a text. */
struct bw_cel_type_reader {
    struct bw_arena *arena;
    struct bw_str rest;
    const struct bw_map *objects; /* by name; NULL: none */
    /* By name. NULL: any name that is not known is one of an opaque type, and a capital letter is
     * a variable, which `letters` remembers. */
    const struct bw_map *opaques;
    const struct bw_cel_type *letters[26];
    bool pattern; /* the last type was "pattern", a string in signatures alone */
    unsigned depth;
};

/* NULL when it is no type or the arena has no more. */
const struct bw_cel_type *bw_cel_type_parse(struct bw_cel_type_reader *reader);

/* --- signatures --- */

struct bw_cel_signature {
    struct bw_str receiver; /* "list(A)"; p is NULL where it is no member */
    struct bw_str name;     /* with its namespace */
    struct bw_str arguments;
    struct bw_str result;
};

struct bw_cel_signature bw_cel_signature_split(const char *signature);

#endif
