#include "cel/program.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "cel/regex.h"

#define LIBRARIES_MAX 64u /* looked at; far more than there are */

const uint8_t bw_cel_row_sizes[BW_CEL_P_TABLES] = {
    [BW_CEL_P_NODES] = sizeof(struct bw_cel_node),
    [BW_CEL_P_SPANS] = sizeof(struct bw_cel_span),
    [BW_CEL_P_CHILDREN] = sizeof(uint32_t),
    [BW_CEL_P_CONSTANTS] = sizeof(struct bw_value),
    [BW_CEL_P_OVERLOADS] = sizeof(struct bw_cel_overload_row),
    [BW_CEL_P_PARAMETERS] = sizeof(struct bw_cel_parameter),
    [BW_CEL_P_TEXTS] = 1,
};

/* FNV-1a, as the build's only identity: not against anybody. */
static uint32_t add_text(uint32_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash * 16777619u;
}

/* How many overloads each library has, plus one, once bw_cel_build() has counted them. */
static _Atomic uint16_t counts[LIBRARIES_MAX];

uint32_t bw_cel_build(void)
{
    static _Atomic uint32_t known;
    uint32_t hash = atomic_load_explicit(&known, memory_order_acquire);
    if (hash)
        return hash;
    hash = 2166136261u + BW_CEL_O_END;
    for (size_t i = 0; bw_cel_libraries[i] && i < LIBRARIES_MAX; i++) {
        uint16_t n = 0;
        hash = add_text(hash, bw_cel_libraries[i]->name);
        for (; bw_cel_libraries[i]->overloads[n].signature; n++)
            hash = add_text(hash, bw_cel_libraries[i]->overloads[n].signature);
        atomic_store_explicit(&counts[i], (uint16_t)(n + 1), memory_order_relaxed);
    }
    hash |= 1;
    atomic_store_explicit(&known, hash, memory_order_release);
    return hash;
}

void bw_cel_free(struct bw_cel_program *program)
{
    free(program);
}

void bw_cel_freep(struct bw_cel_program **program)
{
    bw_cel_free(*program);
    *program = NULL;
}

static struct bw_str text_at(const struct bw_cel_program *program, uint32_t offset)
{
    const struct bw_value_text *text = bw_cel_at(program, offset);
    return (struct bw_str){text->p, text->n};
}

void bw_cel_result_type(const struct bw_cel_program *program, struct bw_buf *buf)
{
    bw_buf_str(buf, text_at(program, program->type));
}

bool bw_cel_result_is_bool(const struct bw_cel_program *program)
{
    return program->result_is_bool;
}

struct bw_str bw_cel_source(const struct bw_cel_program *program)
{
    return text_at(program, program->source);
}

struct bw_str bw_cel_bytes(const struct bw_cel_program *program)
{
    return bw_str_n(program, program->size);
}

/* --- opening --- */

/* What each of a node's operands is. */
enum operand {
    NOTHING,
    ANY, /* a number: nothing to check */
    NODE,
    SCALAR,    /* a constant that is no text */
    TEXT,      /* a constant that is one */
    STRING,    /* a constant of kind STRING */
    CONSTANT,  /* any */
    CONSTANTS, /* as many as the next operand says; of x where there is no next */
    KEYS,      /* x constants of kind STRING */
    CHILDREN,  /* as many as the next operand says */
    ARGUMENTS, /* x children */
    LOOP,      /* two children */
    OVERLOADS, /* as many as the next operand says */
    VARIABLE,  /* a slot */
    LOCAL,     /* a slot */
};

static const struct shape {
    uint8_t x, a, b, c;
} shapes[BW_CEL_O_END] = {
    [BW_CEL_O_CONST] = {NOTHING, SCALAR, NOTHING, NOTHING},
    [BW_CEL_O_TEXT] = {NOTHING, TEXT, NOTHING, NOTHING},
    [BW_CEL_O_CONSTS] = {NOTHING, CONSTANTS, ANY, NOTHING},
    [BW_CEL_O_WRONG] = {NOTHING, STRING, NOTHING, NOTHING},
    [BW_CEL_O_LOCAL] = {LOCAL, NOTHING, NOTHING, NOTHING},
    [BW_CEL_O_VARIABLE] = {NOTHING, VARIABLE, NOTHING, STRING},
    [BW_CEL_O_PATH_VARIABLE] = {ANY, VARIABLE, KEYS, STRING},
    [BW_CEL_O_PATH_LOCAL] = {ANY, LOCAL, KEYS, NOTHING},
    [BW_CEL_O_PATH] = {ANY, NODE, KEYS, NOTHING},
    [BW_CEL_O_HAS_VARIABLE] = {ANY, VARIABLE, KEYS, STRING},
    [BW_CEL_O_HAS_LOCAL] = {ANY, LOCAL, KEYS, NOTHING},
    [BW_CEL_O_HAS] = {ANY, NODE, KEYS, NOTHING},
    [BW_CEL_O_OPT_SELECT] = {NOTHING, NODE, STRING, NOTHING},
    [BW_CEL_O_NOT] = {NOTHING, NODE, NOTHING, NOTHING},
    [BW_CEL_O_NEGATE] = {NOTHING, NODE, NOTHING, NOTHING},
    [BW_CEL_O_SIZE] = {NOTHING, NODE, NOTHING, NOTHING},
    [BW_CEL_O_TYPE_OF] = {NOTHING, NODE, NOTHING, NOTHING},
    [BW_CEL_O_INDEX] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_OPT_INDEX] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_EQ] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_NE] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_LT] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_LE] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_GT] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_GE] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_ADD] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_SUBTRACT] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_MULTIPLY] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_DIVIDE] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_MODULO] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_IN] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_EQ_CONST] = {NOTHING, NODE, CONSTANT, NOTHING},
    [BW_CEL_O_NE_CONST] = {NOTHING, NODE, CONSTANT, NOTHING},
    [BW_CEL_O_IN_CONSTS] = {NOTHING, NODE, CONSTANTS, ANY},
    [BW_CEL_O_COND] = {NOTHING, NODE, NODE, NODE},
    [BW_CEL_O_AND] = {NOTHING, CHILDREN, ANY, NOTHING},
    [BW_CEL_O_OR] = {NOTHING, CHILDREN, ANY, NOTHING},
    [BW_CEL_O_LIST] = {NOTHING, CHILDREN, ANY, NOTHING},
    [BW_CEL_O_MAP] = {NOTHING, CHILDREN, ANY, NOTHING},
    [BW_CEL_O_CALL] = {ANY, ARGUMENTS, OVERLOADS, ANY},
    [BW_CEL_O_OPT_OR] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_OPT_OR_VALUE] = {NOTHING, NODE, NODE, NOTHING},
    [BW_CEL_O_ALL] = {LOCAL, NODE, LOOP, ANY},
    [BW_CEL_O_EXISTS] = {LOCAL, NODE, LOOP, ANY},
    [BW_CEL_O_EXISTS_ONE] = {LOCAL, NODE, LOOP, ANY},
    [BW_CEL_O_FILTER] = {LOCAL, NODE, LOOP, ANY},
    [BW_CEL_O_TRANSFORM_LIST] = {LOCAL, NODE, LOOP, ANY},
    [BW_CEL_O_TRANSFORM_MAP] = {LOCAL, NODE, LOOP, ANY},
    [BW_CEL_O_TRANSFORM_MAP_ENTRY] = {LOCAL, NODE, LOOP, ANY},
    [BW_CEL_O_BIND] = {LOCAL, NODE, NODE, NOTHING},
    [BW_CEL_O_OPT_MAP] = {LOCAL, NODE, NODE, NOTHING},
    [BW_CEL_O_OPT_FLAT_MAP] = {LOCAL, NODE, NODE, NOTHING},
};

struct verifier {
    const struct bw_cel_program *p;
    const struct bw_cel_node *nodes;
    uint32_t index; /* of the node that is looked at */
};

static bool in_table(const struct verifier *v, enum bw_cel_table table, uint32_t first, uint32_t n)
{
    uint32_t have = v->p->tables[table].n;
    return first <= have && n <= have - first;
}

/* An operand comes before its node, and is less high. */
static bool is_operand(const struct verifier *v, uint32_t node)
{
    return node < v->index && v->nodes[node].height < v->nodes[v->index].height;
}

static bool is_text_place(const struct bw_cel_program *p, uint64_t offset)
{
    uint64_t from = p->tables[BW_CEL_P_TEXTS].offset, end = from + p->tables[BW_CEL_P_TEXTS].n;
    if (offset < from || offset % alignof(struct bw_value_text) ||
        offset + sizeof(struct bw_value_text) > end)
        return false;
    const struct bw_value_text *text = bw_cel_at(p, (uint32_t)offset);
    uint64_t last = offset + sizeof *text + text->n;
    return last < end && *(const char *)bw_cel_at(p, (uint32_t)last) == '\0';
}

static bool is_string_place(const struct bw_cel_program *p, uint64_t offset)
{
    uint64_t from = p->tables[BW_CEL_P_TEXTS].offset, end = from + p->tables[BW_CEL_P_TEXTS].n;
    return offset >= from && offset < end && ((const char *)p)[end - 1] == '\0';
}

static bool constants_are(const struct verifier *v, uint32_t first, uint32_t n, bool texts_alone)
{
    const struct bw_value *constants = bw_cel_rows(v->p, BW_CEL_P_CONSTANTS);
    if (!in_table(v, BW_CEL_P_CONSTANTS, first, n))
        return false;
    for (uint32_t i = first; texts_alone && i < first + n; i++)
        if (constants[i].kind != BW_VALUE_STRING)
            return false;
    return true;
}

static bool constant_is_text(const struct verifier *v, uint32_t index, bool text)
{
    const struct bw_value *constants = bw_cel_rows(v->p, BW_CEL_P_CONSTANTS);
    if (!in_table(v, BW_CEL_P_CONSTANTS, index, 1))
        return false;
    uint8_t kind = constants[index].kind;
    return text == (kind == BW_VALUE_STRING || kind == BW_VALUE_BYTES || kind == BW_CEL_TYPE);
}

static bool children_are(const struct verifier *v, uint32_t first, uint32_t n, uint32_t mask,
                         bool may_lack)
{
    const uint32_t *children = bw_cel_rows(v->p, BW_CEL_P_CHILDREN);
    if (!in_table(v, BW_CEL_P_CHILDREN, first, n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t child = children[first + i] & ~mask;
        if (!is_operand(v, child) && !(may_lack && i == 0 && child == BW_CEL_CHILD_NONE))
            return false;
    }
    return true;
}

static bool overloads_are(const struct verifier *v, const struct bw_cel_node *node)
{
    const struct bw_cel_overload_row *rows = bw_cel_rows(v->p, BW_CEL_P_OVERLOADS);
    if (node->x > BW_CEL_ARGUMENTS_MAX || !in_table(v, BW_CEL_P_OVERLOADS, node->b, node->c))
        return false;
    for (uint32_t i = node->b; i < node->b + node->c; i++)
        if (!in_table(v, BW_CEL_P_PARAMETERS, rows[i].parameters, node->x))
            return false;
    return true;
}

static bool operand_is(const struct verifier *v, enum operand is, const struct bw_cel_node *node,
                       uint32_t operand, uint32_t next)
{
    uint32_t optional =
        node->op == BW_CEL_O_LIST || node->op == BW_CEL_O_MAP ? BW_CEL_CHILD_OPTIONAL : 0;
    switch (is) {
    case NODE:
        return is_operand(v, operand);
    case SCALAR:
    case TEXT:
        return constant_is_text(v, operand, is == TEXT);
    case STRING:
        return constants_are(v, operand, 1, true);
    case CONSTANT:
        return constants_are(v, operand, 1, false);
    case CONSTANTS:
        return constants_are(v, operand, next, false);
    case KEYS:
        return node->x > 0 && constants_are(v, operand, node->x, true);
    case CHILDREN:
        return (node->op != BW_CEL_O_MAP || next % 2 == 0) &&
               children_are(v, operand, next, optional, false);
    case ARGUMENTS:
        return children_are(v, operand, node->x, 0, false);
    case LOOP:
        return node->c < 2 && children_are(v, operand, 2, 0, true);
    case OVERLOADS:
        return overloads_are(v, node);
    case LOCAL:
        return operand + (node->op >= BW_CEL_O_ALL && node->c == 1) < v->p->locals;
    case VARIABLE:
        return operand < v->p->variables;
    default:
        return true;
    }
}

static bool nodes_are_valid(struct verifier *v)
{
    for (v->index = 0; v->index < v->p->tables[BW_CEL_P_NODES].n; v->index++) {
        const struct bw_cel_node *node = &v->nodes[v->index];
        if (node->op >= BW_CEL_O_END || node->height > BW_CEL_DEPTH_MAX)
            return false;
        const struct shape *shape = &shapes[node->op];
        if ((shape->x > ANY && !operand_is(v, shape->x, node, node->x, 0)) ||
            (shape->a > ANY && !operand_is(v, shape->a, node, node->a, node->b)) ||
            (shape->b > ANY && !operand_is(v, shape->b, node, node->b, node->c)) ||
            (shape->c > ANY && !operand_is(v, shape->c, node, node->c, 0)))
            return false;
    }
    return v->p->root < v->p->tables[BW_CEL_P_NODES].n;
}

static bool constants_are_valid(const struct bw_cel_program *p)
{
    const struct bw_value *constants = bw_cel_rows(p, BW_CEL_P_CONSTANTS);
    for (uint32_t i = 0; i < p->tables[BW_CEL_P_CONSTANTS].n; i++) {
        uint8_t kind = constants[i].kind;
        bool text = kind == BW_VALUE_STRING || kind == BW_VALUE_BYTES;
        bool scalar = (kind >= BW_VALUE_NULL && kind <= BW_VALUE_DOUBLE) || kind == BW_CEL_DURATION;
        if (text ? !is_text_place(p, constants[i].u)
                 : !scalar && !(kind == BW_CEL_TYPE && is_string_place(p, constants[i].u)))
            return false;
    }
    return true;
}

static bool is_overload(const struct bw_cel_overload_row *row)
{
    return row->library < LIBRARIES_MAX &&
           row->index + 1 < atomic_load_explicit(&counts[row->library], memory_order_relaxed) &&
           bw_cel_libraries[row->library]->overloads[row->index].function;
}

static bool regex_is_valid(const struct bw_cel_program *p, const struct bw_cel_overload_row *row)
{
    uint64_t from = p->tables[BW_CEL_P_TEXTS].offset, end = from + p->tables[BW_CEL_P_TEXTS].n;
    if (!row->regex)
        return true;
    return row->regex >= from && (uint64_t)row->regex + row->regex_n <= end &&
           bw_cel_regex_open(bw_str_n(bw_cel_at(p, row->regex), row->regex_n), NULL);
}

static bool overloads_are_valid(const struct bw_cel_program *p)
{
    const struct bw_cel_overload_row *rows = bw_cel_rows(p, BW_CEL_P_OVERLOADS);
    const struct bw_cel_parameter *parameters = bw_cel_rows(p, BW_CEL_P_PARAMETERS);
    for (uint32_t i = 0; i < p->tables[BW_CEL_P_OVERLOADS].n; i++)
        if (!is_overload(&rows[i]) || !regex_is_valid(p, &rows[i]))
            return false;
    for (uint32_t i = 0; i < p->tables[BW_CEL_P_PARAMETERS].n; i++)
        if (parameters[i].opaque && !is_string_place(p, parameters[i].name))
            return false;
    return true;
}

static bool tables_are_valid(const struct bw_cel_program *p)
{
    for (size_t i = 0; i < BW_CEL_P_TABLES; i++) {
        uint64_t end = p->tables[i].offset + (uint64_t)p->tables[i].n * bw_cel_row_sizes[i];
        if (p->tables[i].offset < sizeof *p || p->tables[i].offset % 8 || end > p->size)
            return false;
    }
    return p->locals <= BW_CEL_LOCALS_MAX &&
           p->tables[BW_CEL_P_SPANS].n == p->tables[BW_CEL_P_NODES].n &&
           is_text_place(p, p->source) && is_text_place(p, p->type);
}

const struct bw_cel_program *bw_cel_own(struct bw_str bytes)
{
    return (const void *)bytes.p;
}

const struct bw_cel_program *bw_cel_open(struct bw_str bytes, struct bw_err *err)
{
    const struct bw_cel_program *p = (const void *)bytes.p;
    if (bytes.n < sizeof *p || (uintptr_t)bytes.p % 8 ||
        memcmp(p->magic, BW_CEL_MAGIC, sizeof p->magic) != 0 || p->size > bytes.n) {
        bw_err_set(err, BW_EFORMAT, "these are not the bytes of a compiled expression");
        return NULL;
    }
    if (p->build != bw_cel_build()) {
        bw_err_set(err, BW_EFORMAT,
                   "the expression was compiled by another build: compile it again");
        return NULL;
    }
    struct verifier v = {.p = p};
    bool fine = tables_are_valid(p);
    if (fine)
        v.nodes = bw_cel_rows(p, BW_CEL_P_NODES);
    if (fine && constants_are_valid(p) && overloads_are_valid(p) && nodes_are_valid(&v))
        return p;
    bw_err_set(err, BW_EFORMAT, "a compiled expression is corrupt");
    return NULL;
}
