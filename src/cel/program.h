/*
 * program.h: a compiled expression, as it lies in memory and in files; for the files of src/cel/
 * alone.
 *
 * One block of bytes: a header and seven tables, referred to by index, so that it may lie anywhere.
 * A node's operands come before it, and are less high than it: so every walk ends, and none is
 * deeper than BW_CEL_DEPTH_MAX.
 */
#ifndef BW_CEL_PROGRAM_H
#define BW_CEL_PROGRAM_H

#include "cel/cel.h"
#include "cel/function.h"

enum bw_cel_op {
    BW_CEL_O_CONST,    /* a: a constant without text */
    BW_CEL_O_TEXT,     /* a: a constant of kind STRING, BYTES or TYPE */
    BW_CEL_O_CONSTS,   /* a list of the b constants from a */
    BW_CEL_O_WRONG,    /* the error whose text is the constant a */
    BW_CEL_O_LOCAL,    /* x: slot */
    BW_CEL_O_VARIABLE, /* a: slot; c: the constant that is its name */
    /* What the x constants from b select, of ... */
    BW_CEL_O_PATH_VARIABLE, /* the variable a, named c */
    BW_CEL_O_PATH_LOCAL,    /* the local a */
    BW_CEL_O_PATH,          /* the node a */
    /* Likewise; whether the last one is there. */
    BW_CEL_O_HAS_VARIABLE,
    BW_CEL_O_HAS_LOCAL,
    BW_CEL_O_HAS,
    BW_CEL_O_OPT_SELECT, /* a: node; b: constant */
    /* Of the node a, or of a and b. */
    BW_CEL_O_NOT,
    BW_CEL_O_NEGATE,
    BW_CEL_O_SIZE,
    BW_CEL_O_TYPE_OF,
    BW_CEL_O_INDEX,
    BW_CEL_O_OPT_INDEX,
    BW_CEL_O_EQ,
    BW_CEL_O_NE,
    BW_CEL_O_LT,
    BW_CEL_O_LE,
    BW_CEL_O_GT,
    BW_CEL_O_GE,
    BW_CEL_O_ADD,
    BW_CEL_O_SUBTRACT,
    BW_CEL_O_MULTIPLY,
    BW_CEL_O_DIVIDE,
    BW_CEL_O_MODULO,
    BW_CEL_O_IN,
    /* Of the node a and the constant b, or the c constants from b. */
    BW_CEL_O_EQ_CONST,
    BW_CEL_O_NE_CONST,
    BW_CEL_O_IN_CONSTS,
    BW_CEL_O_COND, /* a ? b : c */
    /* Of the b nodes that stand in `children` from a. */
    BW_CEL_O_AND,
    BW_CEL_O_OR,
    BW_CEL_O_LIST, /* with BW_CEL_CHILD_OPTIONAL: left out where there is none */
    BW_CEL_O_MAP,  /* key, value, ...; the flag stands on the key */
    /* The first of the c overloads from b that takes the x children from a. */
    BW_CEL_O_CALL,
    /* The optional a, or else b; for OR_VALUE what is in it. */
    BW_CEL_O_OPT_OR,
    BW_CEL_O_OPT_OR_VALUE,
    /* Over the range a, its locals from slot x (two where c is 1); children[b] is the filter or
     * BW_CEL_CHILD_NONE, children[b + 1] the body. In the order of enum bw_cel_ast_kind. */
    BW_CEL_O_ALL,
    BW_CEL_O_EXISTS,
    BW_CEL_O_EXISTS_ONE,
    BW_CEL_O_FILTER,
    BW_CEL_O_TRANSFORM_LIST,
    BW_CEL_O_TRANSFORM_MAP,
    BW_CEL_O_TRANSFORM_MAP_ENTRY,
    /* The node b with the local x bound to a, or to what is in the optional a. */
    BW_CEL_O_BIND,
    BW_CEL_O_OPT_MAP,
    BW_CEL_O_OPT_FLAT_MAP,
    BW_CEL_O_END,
};

#define BW_CEL_CHILD_OPTIONAL 0x80000000u
#define BW_CEL_CHILD_NONE     0x7fffffffu

struct bw_cel_node {
    uint8_t op;
    uint8_t height;
    uint16_t x;
    uint32_t a, b, c;
};

/* Where a node stands in the source. */
struct bw_cel_span {
    uint32_t offset, length;
};

/* An overload that a call may be; its parameters stand one after the other. */
struct bw_cel_overload_row {
    uint16_t library, index;
    uint32_t parameters;
    uint32_t regex,
        regex_n; /* byte and bytes of the pattern's program, where it is a constant; 0 */
};

#define BW_CEL_ANY 255u

struct bw_cel_parameter {
    uint8_t kind;    /* of the argument, or BW_CEL_ANY */
    uint8_t element; /* of the first element of a list, or BW_CEL_ANY */
    uint16_t opaque; /* an opaque type's name stands at `name` */
    uint32_t name;   /* byte of the program */
};

enum bw_cel_table {
    BW_CEL_P_NODES,
    BW_CEL_P_SPANS, /* as many */
    BW_CEL_P_CHILDREN,
    BW_CEL_P_CONSTANTS, /* of texts the payload is the byte of the program where a bw_value_text
                           stands, of types where a C string does */
    BW_CEL_P_OVERLOADS,
    BW_CEL_P_PARAMETERS,
    BW_CEL_P_TEXTS, /* bytes */
    BW_CEL_P_TABLES,
};

struct bw_cel_table_place {
    uint32_t offset, n; /* bytes from the header, rows */
};

#define BW_CEL_MAGIC "bw-cel\n" /* and its NUL */

struct bw_cel_program {
    char magic[8];
    uint32_t build; /* bw_cel_build() */
    uint32_t size;  /* bytes of the whole */
    struct bw_cel_table_place tables[BW_CEL_P_TABLES];
    uint32_t root;
    uint32_t dialect;
    uint32_t locals;         /* slots that are used */
    uint32_t variables;      /* slots of variables that may be used */
    uint32_t source;         /* byte of its bw_value_text */
    uint32_t type;           /* likewise, the text of the result's type */
    uint32_t result_is_bool; /* or dyn */
};

/* Bytes of a row of each table. */
extern const uint8_t bw_cel_row_sizes[BW_CEL_P_TABLES];

/* What a program depends on: the layout, and the tables of libraries. */
uint32_t bw_cel_build(void);

static inline const void *bw_cel_at(const struct bw_cel_program *program, uint32_t offset)
{
    return (const char *)program + offset;
}

static inline const void *bw_cel_rows(const struct bw_cel_program *program, enum bw_cel_table table)
{
    return bw_cel_at(program, program->tables[table].offset);
}

#endif
