/* The grammar of langdef.md ("Syntax"), by recursive descent. */
#include "base/vec.h"
#include "cel/ast.h"
#include "cel/lexer.h"

struct parser {
    const struct bw_cel_env *env;
    struct bw_cel_complaint *complaint;
    struct bw_value_maker make;
    struct bw_cel_lexer lexer;
    struct bw_cel_token now;
    size_t end; /* of the word before */
    uint32_t depth, nodes;
};

BW_VEC_TYPE(nodes, struct bw_cel_ast *);

static struct bw_cel_ast *parse_expression(struct parser *p);

static void *limit(struct parser *p, const char *what, unsigned most)
{
    bw_cel_complain(p->complaint, p->now.offset, "the expression has %s than %u", what, most);
    p->complaint->code = BW_ELIMIT;
    return NULL;
}

static void *unexpected(struct parser *p, const char *wanted)
{
    if (p->now.word == BW_CEL_W_WRONG)
        return bw_cel_complain(p->complaint, p->now.offset, "%s", p->now.wrong);
    if (p->now.word == BW_CEL_W_END)
        return bw_cel_complain(p->complaint, p->now.offset,
                               "the expression ends where %s should stand", wanted);
    return bw_cel_complain(p->complaint, p->now.offset, "'%" BW_STR_F "' stands where %s should",
                           BW_STR_A(bw_str_take(p->now.text, 40)), wanted);
}

/* --- words and nodes --- */

static void advance(struct parser *p)
{
    p->end = (size_t)(p->now.text.p - p->lexer.source.p) + p->now.text.n +
             (p->now.word == BW_CEL_W_QUOTED_NAME);
    p->now = bw_cel_lex(&p->lexer);
}

static bool at_sign(const struct parser *p, char sign)
{
    return p->now.word == BW_CEL_W_SIGN && p->now.text.p[0] == sign;
}

static bool eat(struct parser *p, char sign)
{
    if (!at_sign(p, sign))
        return false;
    advance(p);
    return true;
}

static bool want(struct parser *p, char sign)
{
    char wanted[] = {'\'', sign, '\'', '\0'};
    if (eat(p, sign))
        return true;
    unexpected(p, wanted);
    return false;
}

/* A node that began at `from` and ends before the word at hand. Children are moved in. */
static struct bw_cel_ast *make_node(struct parser *p, enum bw_cel_ast_kind kind, uint32_t from,
                                    struct nodes *children)
{
    size_t n = children ? children->n : 0;
    struct bw_cel_ast *node = bw_arena_alloc(p->complaint->arena, sizeof *node);
    struct bw_cel_ast **copy =
        n ? bw_arena_array(p->complaint->arena, n, sizeof(struct bw_cel_ast *)) : NULL;
    if (!node || (n && !copy))
        return bw_cel_complain_memory(p->complaint);
    if (++p->nodes > BW_CEL_NODES_MAX)
        return limit(p, "more parts", BW_CEL_NODES_MAX);
    *node = (struct bw_cel_ast){.kind = kind,
                                .offset = from,
                                .at = from,
                                .length = (uint32_t)p->end - from,
                                .height = 1,
                                .children = copy,
                                .n = (uint32_t)n};
    for (size_t i = 0; i < n; i++) {
        copy[i] = children->v[i];
        if (copy[i]->height >= node->height)
            node->height = copy[i]->height + 1;
    }
    return node->height > BW_CEL_DEPTH_MAX ? limit(p, "deeper nesting", BW_CEL_DEPTH_MAX) : node;
}

static bool push(struct parser *p, struct nodes *nodes, struct bw_cel_ast *node)
{
    struct bw_cel_ast **slot = node ? BW_VEC_PUSH(nodes, BW_CEL_NODES_MAX) : NULL;
    if (slot)
        *slot = node;
    else if (node)
        bw_cel_complain_memory(p->complaint);
    return slot;
}

static void nodes_free(struct nodes *nodes)
{
    BW_VEC_FREE(nodes);
}

static struct bw_cel_ast *make_call(struct parser *p, const char *name, uint32_t at,
                                    struct bw_cel_ast *first, struct bw_cel_ast *second)
{
    struct bw_cel_ast *both[2] = {first, second};
    struct nodes children = {.v = both, .n = second ? 2 : 1};
    struct bw_cel_ast *node = make_node(p, BW_CEL_A_CALL, first->offset, &children);
    if (!node)
        return NULL;
    node->name = bw_str(name);
    node->at = at;
    return node;
}

/* --- literals --- */

static struct bw_cel_ast *make_literal(struct parser *p, uint32_t from, struct bw_value value)
{
    advance(p);
    struct bw_cel_ast *node = make_node(p, BW_CEL_A_LITERAL, from, NULL);
    if (node)
        node->value = value;
    return node;
}

static struct bw_cel_ast *parse_text(struct parser *p)
{
    const char *wrong;
    size_t at = 0;
    uint32_t from = p->now.offset;
    struct bw_value value = bw_cel_literal_text(&p->make, &p->now, &wrong, &at);
    if (wrong)
        return bw_cel_complain(p->complaint, from + (uint32_t)at, "%s", wrong);
    if (value.kind == BW_VALUE_ABSENT)
        return bw_cel_complain_memory(p->complaint);
    return make_literal(p, from, value);
}

static struct bw_cel_ast *parse_number(struct parser *p, bool negative, uint32_t from)
{
    struct bw_value value = bw_cel_literal_number(&p->now, negative);
    if (value.kind == BW_VALUE_ABSENT)
        return bw_cel_complain(p->complaint, from, "the number is out of range");
    return make_literal(p, from, value);
}

/* --- lists, maps, arguments --- */

/* [e, ?e, ...] up to the sign that closes it, which is eaten. */
static bool parse_elements(struct parser *p, char close, bool optionals, struct nodes *nodes)
{
    while (!at_sign(p, close)) {
        bool optional = optionals && eat(p, '?');
        struct bw_cel_ast *element = parse_expression(p);
        if (!push(p, nodes, element))
            return false;
        if (optional)
            element->flags |= BW_CEL_ELEMENT_OPTIONAL;
        if (!eat(p, ','))
            break;
        if (close == ')' && at_sign(p, close)) {
            unexpected(p, "an argument");
            return false;
        }
    }
    return want(p, close);
}

static struct bw_cel_ast *parse_list(struct parser *p)
{
    uint32_t from = p->now.offset;
    struct nodes nodes BW_CLEANUP(nodes_free) = {0};
    advance(p);
    return parse_elements(p, ']', true, &nodes) ? make_node(p, BW_CEL_A_LIST, from, &nodes) : NULL;
}

/* The name of a field as a literal. */
static struct bw_cel_ast *parse_field_name(struct parser *p)
{
    if (p->now.word != BW_CEL_W_NAME && p->now.word != BW_CEL_W_QUOTED_NAME)
        return unexpected(p, "the name of a field");
    struct bw_value name = bw_value_string(&p->make, p->now.text);
    if (name.kind == BW_VALUE_ABSENT)
        return bw_cel_complain_memory(p->complaint);
    return make_literal(p, p->now.offset, name);
}

/* {k: v, ?k: v} after the brace. */
static bool parse_entries(struct parser *p, bool fields, struct nodes *nodes)
{
    while (!at_sign(p, '}')) {
        bool optional = eat(p, '?');
        struct bw_cel_ast *key = fields ? parse_field_name(p) : parse_expression(p);
        if (!push(p, nodes, key) || !want(p, ':') || !push(p, nodes, parse_expression(p)))
            return false;
        if (optional)
            key->flags |= BW_CEL_ELEMENT_OPTIONAL;
        if (!eat(p, ','))
            break;
    }
    return want(p, '}');
}

static struct bw_cel_ast *parse_map(struct parser *p)
{
    uint32_t from = p->now.offset;
    struct nodes nodes BW_CLEANUP(nodes_free) = {0};
    advance(p);
    return parse_entries(p, false, &nodes) ? make_node(p, BW_CEL_A_MAP, from, &nodes) : NULL;
}

/* "a.b.C" of nothing but names; p is NULL for anything else. */
static struct bw_str qualified_name(struct parser *p, const struct bw_cel_ast *node)
{
    const struct bw_cel_ast *at = node;
    while (at->kind == BW_CEL_A_SELECT && !at->flags)
        at = at->children[0];
    if (at->kind != BW_CEL_A_NAME)
        return (struct bw_str){0};
    if (at == node)
        return node->name;
    struct bw_str prefix = qualified_name(p, node->children[0]);
    struct bw_str whole = bw_arena_printf(p->complaint->arena, "%" BW_STR_F ".%" BW_STR_F,
                                          BW_STR_A(prefix), BW_STR_A(node->name));
    if (!whole.p)
        bw_cel_complain_memory(p->complaint);
    return whole;
}

static struct bw_cel_ast *parse_struct(struct parser *p, struct bw_cel_ast *type)
{
    struct nodes nodes BW_CLEANUP(nodes_free) = {0};
    struct bw_str name = qualified_name(p, type);
    if (!name.p)
        return unexpected(p, "an operator");
    advance(p);
    struct bw_cel_ast *node =
        parse_entries(p, true, &nodes) ? make_node(p, BW_CEL_A_STRUCT, type->offset, &nodes) : NULL;
    if (node)
        node->name = name;
    return node;
}

/* f(...) or a.f(...), after the parenthesis. */
static struct bw_cel_ast *parse_call(struct parser *p, struct bw_str name, uint32_t at,
                                     struct bw_cel_ast *receiver, uint32_t from)
{
    struct nodes nodes BW_CLEANUP(nodes_free) = {0};
    if ((receiver && !push(p, &nodes, receiver)) || !parse_elements(p, ')', false, &nodes))
        return NULL;
    struct bw_cel_ast *node = make_node(p, BW_CEL_A_CALL, from, &nodes);
    if (!node)
        return NULL;
    node->name = name;
    node->at = at;
    node->flags = receiver ? BW_CEL_MEMBER : 0;
    return bw_cel_macro(p->env, p->complaint, node);
}

/* --- primaries and members --- */

static struct bw_cel_ast *parse_name(struct parser *p)
{
    uint32_t from = p->now.offset;
    bool root = eat(p, '.');
    if (p->now.word != BW_CEL_W_NAME)
        return unexpected(p, "an expression");
    struct bw_cel_token name = p->now;
    advance(p);
    if (bw_cel_is_reserved(name.text))
        return bw_cel_complain(p->complaint, name.offset, "'%" BW_STR_F "' is a reserved word",
                               BW_STR_A(name.text));
    struct bw_cel_ast *node = eat(p, '(') ? parse_call(p, name.text, name.offset, NULL, from)
                                          : make_node(p, BW_CEL_A_NAME, from, NULL);
    if (node && node->kind == BW_CEL_A_NAME) {
        node->name = name.text;
        node->at = name.offset;
    }
    if (node && root)
        node->flags |= BW_CEL_ROOT;
    return node;
}

static struct bw_cel_ast *parse_parenthesis(struct parser *p)
{
    uint32_t from = p->now.offset;
    advance(p);
    struct bw_cel_ast *node = parse_expression(p);
    if (!node || !want(p, ')'))
        return NULL;
    node->offset = from;
    node->length = (uint32_t)p->end - from;
    return node;
}

static struct bw_cel_ast *parse_primary(struct parser *p)
{
    switch (p->now.word) {
    case BW_CEL_W_INT:
    case BW_CEL_W_UINT:
    case BW_CEL_W_DOUBLE:
        return parse_number(p, false, p->now.offset);
    case BW_CEL_W_STRING:
    case BW_CEL_W_BYTES:
        return parse_text(p);
    case BW_CEL_W_TRUE:
    case BW_CEL_W_FALSE:
        return make_literal(p, p->now.offset, bw_value_bool(p->now.word == BW_CEL_W_TRUE));
    case BW_CEL_W_NULL:
        return make_literal(p, p->now.offset, bw_value_null());
    default:
        if (at_sign(p, '('))
            return parse_parenthesis(p);
        if (at_sign(p, '['))
            return parse_list(p);
        return at_sign(p, '{') ? parse_map(p) : parse_name(p);
    }
}

/* After the dot. */
static struct bw_cel_ast *parse_select(struct parser *p, struct bw_cel_ast *operand)
{
    bool optional = eat(p, '?');
    struct bw_cel_token field = p->now;
    if (field.word != BW_CEL_W_NAME && field.word != BW_CEL_W_QUOTED_NAME)
        return unexpected(p, "the name of a field");
    advance(p);
    if (!optional && field.word == BW_CEL_W_NAME && eat(p, '('))
        return parse_call(p, field.text, field.offset, operand, operand->offset);
    struct nodes children = {.v = &operand, .n = 1};
    struct bw_cel_ast *node = make_node(p, BW_CEL_A_SELECT, operand->offset, &children);
    if (!node)
        return NULL;
    node->name = field.text;
    node->at = field.offset;
    node->flags = optional ? BW_CEL_OPTIONAL_SELECT : 0;
    return node;
}

/* After the bracket. */
static struct bw_cel_ast *parse_index(struct parser *p, struct bw_cel_ast *operand, uint32_t at)
{
    bool optional = eat(p, '?');
    struct bw_cel_ast *index = parse_expression(p);
    if (!index || !want(p, ']'))
        return NULL;
    return make_call(p, optional ? "_[?_]" : "_[_]", at, operand, index);
}

static struct bw_cel_ast *parse_members(struct parser *p, struct bw_cel_ast *node)
{
    while (node) {
        uint32_t at = p->now.offset;
        if (eat(p, '.'))
            node = parse_select(p, node);
        else if (eat(p, '['))
            node = parse_index(p, node, at);
        else if (at_sign(p, '{'))
            node = parse_struct(p, node);
        else
            break;
    }
    return node;
}

/* --- operators --- */

static struct bw_cel_ast *parse_unary(struct parser *p)
{
    char sign = at_sign(p, '!') ? '!' : at_sign(p, '-') ? '-' : '\0';
    uint32_t from = p->now.offset, last = from;
    size_t n = 0;
    while (sign && at_sign(p, sign)) {
        last = p->now.offset;
        advance(p);
        n++;
    }
    enum bw_cel_word word = p->now.word;
    bool number = word == BW_CEL_W_INT || word == BW_CEL_W_UINT || word == BW_CEL_W_DOUBLE;
    if (sign == '-' && number && n % 2)
        return parse_members(p, parse_number(p, true, n == 1 ? from : last));
    struct bw_cel_ast *node = parse_members(p, parse_primary(p));
    if (node && n % 2) {
        node = make_call(p, sign == '!' ? "!_" : "-_", from, node, NULL);
        if (node) {
            node->length += node->offset - from;
            node->offset = from;
        }
    }
    return node;
}

static const struct operator_row {
    const char *text, *name;
    unsigned level;
} operators[] = {
    {"||", "_||_", 1}, {"&&", "_&&_", 2}, {"==", "_==_", 3}, {"!=", "_!=_", 3}, {"<", "_<_", 3},
    {"<=", "_<=_", 3}, {">", "_>_", 3},   {">=", "_>=_", 3}, {"in", "@in", 3},  {"+", "_+_", 4},
    {"-", "_-_", 4},   {"*", "_*_", 5},   {"/", "_/_", 5},   {"%", "_%_", 5},
};

#define LEVEL_VARIADIC 2u /* and below: one node of all operands */
#define LEVEL_UNARY    6u

static const struct operator_row *operator_at(const struct parser *p, unsigned level)
{
    bool sign = p->now.word >= BW_CEL_W_IN;
    for (size_t i = 0; sign && i < BW_ARRAY_LEN(operators); i++)
        if (operators[i].level == level && bw_str_eq(p->now.text, bw_str(operators[i].text)))
            return &operators[i];
    return NULL;
}

static struct bw_cel_ast *parse_binary(struct parser *p, unsigned level);

static struct bw_cel_ast *parse_variadic(struct parser *p, const struct operator_row *op,
                                         struct bw_cel_ast *first)
{
    struct nodes nodes BW_CLEANUP(nodes_free) = {0};
    uint32_t at = p->now.offset;
    bool fine = push(p, &nodes, first);
    while (fine && operator_at(p, op->level)) {
        advance(p);
        fine = push(p, &nodes, parse_binary(p, op->level + 1));
    }
    struct bw_cel_ast *node = fine ? make_node(p, BW_CEL_A_CALL, first->offset, &nodes) : NULL;
    if (node) {
        node->name = bw_str(op->name);
        node->at = at;
    }
    return node;
}

static struct bw_cel_ast *parse_binary(struct parser *p, unsigned level)
{
    if (level == LEVEL_UNARY)
        return parse_unary(p);
    struct bw_cel_ast *node = parse_binary(p, level + 1);
    const struct operator_row *op;
    while (node && (op = operator_at(p, level))) {
        if (level <= LEVEL_VARIADIC)
            return parse_variadic(p, op, node);
        uint32_t at = p->now.offset;
        advance(p);
        struct bw_cel_ast *right = parse_binary(p, level + 1);
        node = right ? make_call(p, op->name, at, node, right) : NULL;
    }
    return node;
}

static struct bw_cel_ast *parse_conditional(struct parser *p)
{
    struct bw_cel_ast *parts[3] = {parse_binary(p, 1)};
    uint32_t at = p->now.offset;
    if (!parts[0] || !eat(p, '?'))
        return parts[0];
    if (!(parts[1] = parse_binary(p, 1)) || !want(p, ':') || !(parts[2] = parse_expression(p)))
        return NULL;
    struct nodes children = {.v = parts, .n = 3};
    struct bw_cel_ast *node = make_node(p, BW_CEL_A_CALL, parts[0]->offset, &children);
    if (node) {
        node->name = BW_STR("_?_:_");
        node->at = at;
    }
    return node;
}

static struct bw_cel_ast *parse_expression(struct parser *p)
{
    if (p->depth >= BW_CEL_DEPTH_MAX)
        return limit(p, "deeper nesting", BW_CEL_DEPTH_MAX);
    p->depth++;
    struct bw_cel_ast *node = parse_conditional(p);
    p->depth--;
    return node;
}

struct bw_cel_ast *bw_cel_parse(const struct bw_cel_env *env, struct bw_cel_complaint *complaint)
{
    struct parser p = {.env = env,
                       .complaint = complaint,
                       .make = {.arena = complaint->arena},
                       .lexer = {.source = complaint->source}};
    if (!bw_str_is_utf8(complaint->source))
        return bw_cel_complain(complaint, 0, "the expression is not UTF-8");
    p.now = bw_cel_lex(&p.lexer);
    struct bw_cel_ast *node = parse_expression(&p);
    if (node && p.now.word != BW_CEL_W_END)
        return unexpected(&p, "an operator or the end");
    return node;
}
