/* From a checked tree to a program: nodes in post-order, paths fused, constants folded. */
#include "cel/ast.h"
#include "cel/eval.h"
#include "cel/image.h"

#define ARENA_MAX ((size_t)256 << 20)
#define FOLD_COST 10000u /* what a constant part may cost at compile time */

/* Index of the emitted node; UINT32_MAX with a complaint. */
static uint32_t emit(struct bw_cel_image *image, const struct bw_cel_ast *ast);

#define FAILED UINT32_MAX

static uint32_t put(struct bw_cel_image *image, const struct bw_cel_ast *ast, enum bw_cel_op op,
                    uint32_t x, uint32_t a, uint32_t b, uint32_t c)
{
    struct bw_cel_node node = {.op = (uint8_t)op,
                               .height = (uint8_t)ast->height,
                               .x = (uint16_t)x,
                               .a = a,
                               .b = b,
                               .c = c};
    return bw_cel_image_node(image, node, (struct bw_cel_span){ast->offset, ast->length});
}

static uint32_t put_constant(struct bw_cel_image *image, const struct bw_cel_ast *ast,
                             struct bw_value value)
{
    bool text =
        value.kind == BW_VALUE_STRING || value.kind == BW_VALUE_BYTES || value.kind == BW_CEL_TYPE;
    return put(image, ast, text ? BW_CEL_O_TEXT : BW_CEL_O_CONST, 0,
               bw_cel_image_constant(image, value), 0, 0);
}

static bool is_literal(const struct bw_cel_ast *ast)
{
    return ast->kind == BW_CEL_A_LITERAL;
}

static bool is_text(const struct bw_cel_ast *ast)
{
    return is_literal(ast) && ast->value.kind == BW_VALUE_STRING;
}

/* --- paths --- */

static bool is_call(const struct bw_cel_ast *ast, const char *name)
{
    return ast->kind == BW_CEL_A_CALL && bw_str_eq(ast->name, bw_str(name));
}

/* Whether the node selects a member under a string from its first child. */
static bool is_key(const struct bw_cel_ast *ast)
{
    if (ast->kind == BW_CEL_A_SELECT)
        return !(ast->flags & BW_CEL_OPTIONAL_SELECT);
    return is_call(ast, "_[_]") && is_text(ast->children[1]);
}

static uint32_t put_key(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    if (ast->kind != BW_CEL_A_SELECT)
        return bw_cel_image_constant(image, ast->children[1]->value);
    return bw_cel_image_text(image, ast->name);
}

/* Keys from the root's to that of `ast`; the first one's constant. */
static uint32_t put_keys(struct bw_cel_image *image, const struct bw_cel_ast *ast, uint32_t n)
{
    uint32_t first = image->constants.n ? (uint32_t)image->constants.n : 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct bw_cel_ast *at = ast;
        for (uint32_t up = i + 1; up < n; up++)
            at = at->children[0];
        put_key(image, at);
    }
    return first;
}

static uint32_t emit_path(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    bool test = ast->kind == BW_CEL_A_SELECT && ast->flags & BW_CEL_TEST;
    const struct bw_cel_ast *root = ast->children[0];
    uint32_t n = 1;
    while (is_key(root) && !(root->kind == BW_CEL_A_SELECT && root->flags)) {
        root = root->children[0];
        n++;
    }
    uint32_t name = root->kind == BW_CEL_A_VARIABLE ? bw_cel_image_text(image, root->name) : 0;
    if (root->kind == BW_CEL_A_VARIABLE || root->kind == BW_CEL_A_LOCAL) {
        bool local = root->kind == BW_CEL_A_LOCAL;
        enum bw_cel_op op = test    ? local ? BW_CEL_O_HAS_LOCAL : BW_CEL_O_HAS_VARIABLE
                            : local ? BW_CEL_O_PATH_LOCAL
                                    : BW_CEL_O_PATH_VARIABLE;
        return put(image, ast, op, n, root->slot, put_keys(image, ast, n), name);
    }
    uint32_t of = emit(image, root);
    if (of == FAILED)
        return FAILED;
    return put(image, ast, test ? BW_CEL_O_HAS : BW_CEL_O_PATH, n, of, put_keys(image, ast, n), 0);
}

static uint32_t emit_select(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    if (!(ast->flags & BW_CEL_OPTIONAL_SELECT))
        return emit_path(image, ast);
    uint32_t of = emit(image, ast->children[0]);
    return of == FAILED ? FAILED
                        : put(image, ast, BW_CEL_O_OPT_SELECT, 0, of,
                              bw_cel_image_text(image, ast->name), 0);
}

/* --- operators --- */

static const struct {
    const char *name;
    enum bw_cel_op op;
} unaries[] =
    {
        {"!_", BW_CEL_O_NOT},
        {"-_", BW_CEL_O_NEGATE},
        {"size", BW_CEL_O_SIZE},
        {"type", BW_CEL_O_TYPE_OF},
},
  binaries[] = {
      {"_[_]", BW_CEL_O_INDEX},   {"_[?_]", BW_CEL_O_OPT_INDEX}, {"_==_", BW_CEL_O_EQ},
      {"_!=_", BW_CEL_O_NE},      {"_<_", BW_CEL_O_LT},          {"_<=_", BW_CEL_O_LE},
      {"_>_", BW_CEL_O_GT},       {"_>=_", BW_CEL_O_GE},         {"_+_", BW_CEL_O_ADD},
      {"_-_", BW_CEL_O_SUBTRACT}, {"_*_", BW_CEL_O_MULTIPLY},    {"_/_", BW_CEL_O_DIVIDE},
      {"_%_", BW_CEL_O_MODULO},   {"@in", BW_CEL_O_IN},
};

/* The nodes of all children, in `children`; the first one's index. */
static uint32_t emit_children(struct bw_cel_image *image, struct bw_cel_ast *const *children,
                              uint32_t n)
{
    uint32_t *nodes = bw_arena_array(image->arena, n, sizeof *nodes);
    if (!nodes) {
        image->failed = true;
        return FAILED;
    }
    for (uint32_t i = 0; i < n; i++) {
        nodes[i] = emit(image, children[i]);
        if (nodes[i] == FAILED)
            return FAILED;
        if (children[i]->flags & BW_CEL_ELEMENT_OPTIONAL)
            nodes[i] |= BW_CEL_CHILD_OPTIONAL;
    }
    return bw_cel_image_children(image, nodes, n);
}

static bool all_literals(const struct bw_cel_ast *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (!is_literal(list->children[i]) || list->children[i]->flags)
            return false;
    return true;
}

static uint32_t put_literals(struct bw_cel_image *image, const struct bw_cel_ast *list)
{
    uint32_t first = (uint32_t)image->constants.n;
    for (uint32_t i = 0; i < list->n; i++)
        bw_cel_image_constant(image, list->children[i]->value);
    return first;
}

static uint32_t emit_binary(struct bw_cel_image *image, const struct bw_cel_ast *ast,
                            enum bw_cel_op op)
{
    const struct bw_cel_ast *left = ast->children[0], *right = ast->children[1];
    uint32_t a = emit(image, left);
    if (a == FAILED)
        return FAILED;
    if ((op == BW_CEL_O_EQ || op == BW_CEL_O_NE) && is_literal(right))
        return put(image, ast, op == BW_CEL_O_EQ ? BW_CEL_O_EQ_CONST : BW_CEL_O_NE_CONST, 0, a,
                   bw_cel_image_constant(image, right->value), 0);
    if (op == BW_CEL_O_IN && right->kind == BW_CEL_A_LIST && all_literals(right)) {
        uint32_t first = put_literals(image, right);
        return put(image, ast, BW_CEL_O_IN_CONSTS, 0, a, first, right->n);
    }
    uint32_t b = emit(image, right);
    return b == FAILED ? FAILED : put(image, ast, op, 0, a, b, 0);
}

/* --- calls --- */

static uint32_t emit_function(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    uint32_t children = emit_children(image, ast->children, ast->n);
    if (children == FAILED)
        return FAILED;
    uint32_t first = (uint32_t)image->overloads.n, n = 0;
    for (uint32_t i = 0; i < ast->candidates_n; i++) {
        const struct bw_cel_candidate *candidate = ast->candidates[i];
        if (!bw_cel_libraries[candidate->library]->overloads[candidate->index].function)
            continue;
        bw_cel_image_candidate(image, ast, candidate);
        n++;
    }
    return put(image, ast, BW_CEL_O_CALL, ast->n, children, first, n);
}

static uint32_t emit_many(struct bw_cel_image *image, const struct bw_cel_ast *ast,
                          enum bw_cel_op op)
{
    uint32_t first = emit_children(image, ast->children, ast->n);
    return first == FAILED ? FAILED : put(image, ast, op, 0, first, ast->n, 0);
}

static uint32_t emit_condition(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    uint32_t nodes[3];
    for (uint32_t i = 0; i < 3; i++)
        if ((nodes[i] = emit(image, ast->children[i])) == FAILED)
            return FAILED;
    return put(image, ast, BW_CEL_O_COND, 0, nodes[0], nodes[1], nodes[2]);
}

static uint32_t emit_call(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    if (is_key(ast))
        return emit_path(image, ast);
    if (is_call(ast, "_&&_"))
        return emit_many(image, ast, BW_CEL_O_AND);
    if (is_call(ast, "_||_"))
        return emit_many(image, ast, BW_CEL_O_OR);
    if (is_call(ast, "_?_:_"))
        return emit_condition(image, ast);
    if (ast->flags & BW_CEL_MEMBER && ast->n == 2 &&
        (is_call(ast, "or") || is_call(ast, "orValue")))
        return emit_binary(image, ast,
                           is_call(ast, "or") ? BW_CEL_O_OPT_OR : BW_CEL_O_OPT_OR_VALUE);
    if (is_call(ast, "dyn") && ast->n == 1)
        return emit(image, ast->children[0]);
    for (size_t i = 0; ast->n == 1 && i < BW_ARRAY_LEN(unaries); i++)
        if (is_call(ast, unaries[i].name)) {
            uint32_t of = emit(image, ast->children[0]);
            return of == FAILED ? FAILED : put(image, ast, unaries[i].op, 0, of, 0, 0);
        }
    for (size_t i = 0; ast->n == 2 && i < BW_ARRAY_LEN(binaries); i++)
        if (is_call(ast, binaries[i].name))
            return emit_binary(image, ast, binaries[i].op);
    return emit_function(image, ast);
}

/* --- macros --- */

/* The filter's node; none where every element passes. */
static uint32_t emit_filter(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    if (ast->n < 3 || (is_literal(ast->children[1]) && bw_value_is_true(ast->children[1]->value)))
        return BW_CEL_CHILD_NONE;
    return emit(image, ast->children[1]);
}

static uint32_t emit_loop(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    uint32_t range = emit(image, ast->children[0]);
    uint32_t filter = range == FAILED ? FAILED : emit_filter(image, ast);
    uint32_t body = filter == FAILED ? FAILED : emit(image, ast->children[ast->n - 1]);
    if (body == FAILED)
        return FAILED;
    uint32_t parts[2] = {filter, body};
    bool two = ast->second.p;
    bw_cel_image_locals(image, ast->slot + 1 + two);
    return put(image, ast, BW_CEL_O_ALL + (ast->kind - BW_CEL_A_ALL), ast->slot, range,
               bw_cel_image_children(image, parts, 2), two);
}

static uint32_t emit_bind(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    uint32_t a = emit(image, ast->children[0]);
    uint32_t b = a == FAILED ? FAILED : emit(image, ast->children[1]);
    if (b == FAILED)
        return FAILED;
    bw_cel_image_locals(image, ast->slot + 1);
    return put(image, ast, BW_CEL_O_BIND + (ast->kind - BW_CEL_A_BIND), ast->slot, a, b, 0);
}

static uint32_t emit_list(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    if (!all_literals(ast))
        return emit_many(image, ast, BW_CEL_O_LIST);
    uint32_t first = put_literals(image, ast);
    return put(image, ast, BW_CEL_O_CONSTS, 0, first, ast->n, 0);
}

static uint32_t emit(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    switch (ast->kind) {
    case BW_CEL_A_LITERAL:
        return put_constant(image, ast, ast->value);
    case BW_CEL_A_TYPE:
        return put_constant(image, ast, bw_cel_type_value(ast->type_name));
    case BW_CEL_A_WRONG:
        return put(image, ast, BW_CEL_O_WRONG, 0, bw_cel_image_text(image, ast->name), 0, 0);
    case BW_CEL_A_VARIABLE:
        return put(image, ast, BW_CEL_O_VARIABLE, 0, ast->slot, 0,
                   bw_cel_image_text(image, ast->name));
    case BW_CEL_A_LOCAL:
        return put(image, ast, BW_CEL_O_LOCAL, ast->slot, 0, 0, 0);
    case BW_CEL_A_SELECT:
        return emit_select(image, ast);
    case BW_CEL_A_CALL:
        return emit_call(image, ast);
    case BW_CEL_A_LIST:
        return emit_list(image, ast);
    case BW_CEL_A_MAP:
    case BW_CEL_A_STRUCT:
        return emit_many(image, ast, BW_CEL_O_MAP);
    case BW_CEL_A_BIND:
    case BW_CEL_A_OPT_MAP:
    case BW_CEL_A_OPT_FLAT_MAP:
        return emit_bind(image, ast);
    default:
        return emit_loop(image, ast);
    }
}

/* --- folding --- */

/* The value of a call of literals, in the arena; ABSENT where memory is short. */
static struct bw_value evaluate(struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    struct bw_cel_image small BW_CLEANUP(bw_cel_image_free) = {
        .env = image->env, .complaint = image->complaint, .arena = image->arena};
    struct bw_cel_budget budget = {FOLD_COST, FOLD_COST};
    struct bw_cel_run run = {.arena = image->arena, .budget = &budget};
    uint32_t root = emit(&small, ast);
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) =
        root == FAILED ? NULL
                       : bw_cel_image_finish(&small, root, (struct bw_str){"", 0}, ast->type);
    if (!program) {
        image->failed = true;
        return (struct bw_value){0};
    }
    struct bw_value value = bw_cel_eval(program, &run);
    image->failed |= bw_cel_error_code(value) == BW_ENOMEM;
    if (value.kind == BW_VALUE_STRING || value.kind == BW_VALUE_BYTES) {
        struct bw_value_maker make = {.arena = image->arena};
        struct bw_str text = bw_value_text(value);
        return value.kind == BW_VALUE_STRING ? bw_value_string(&make, text)
                                             : bw_value_bytes(&make, text);
    }
    return value;
}

/* What Kubernetes refuses before it runs: a wrong literal of what these functions read. */
static bool must_succeed(const struct bw_cel_image *image, const struct bw_cel_ast *ast)
{
    return image->env->dialect == BW_CEL_KUBERNETES_1_34 &&
           (is_call(ast, "duration") || is_call(ast, "timestamp"));
}

/* Turns calls of literals into literals, from the leaves up. What fails stays a call: it is an
 * error only when it is reached. */
static void fold(struct bw_cel_image *image, struct bw_cel_ast *ast,
                 struct bw_cel_complaint *complaint)
{
    for (uint32_t i = 0; i < ast->n; i++)
        fold(image, ast->children[i], complaint);
    if (ast->kind != BW_CEL_A_CALL || !ast->n || !all_literals(ast) || complaint->code)
        return;
    struct bw_value value = evaluate(image, ast);
    if (value.kind == BW_CEL_ERROR && must_succeed(image, ast)) {
        bw_cel_complain(complaint, ast->children[ast->n - 1]->offset, "%" BW_STR_F,
                        BW_STR_A(bw_cel_error_text(value)));
        return;
    }
    bool scalar = value.kind >= BW_VALUE_NULL && value.kind <= BW_VALUE_BYTES;
    if (!scalar && value.kind != BW_CEL_DURATION)
        return;
    ast->kind = BW_CEL_A_LITERAL;
    ast->value = value;
    ast->height = 1;
    ast->n = 0;
}

/* --- the whole --- */

static int report(const struct bw_cel_complaint *complaint, struct bw_cel_issue *issue,
                  struct bw_err *err)
{
    if (issue)
        *issue = complaint->issue;
    return bw_err_set(err, complaint->code, "%u:%u: %s", complaint->issue.line,
                      complaint->issue.column, complaint->issue.message);
}

static int build(struct bw_cel_image *image, struct bw_cel_ast *ast,
                 struct bw_cel_complaint *complaint, struct bw_cel_program **ret_program)
{
    fold(image, ast, complaint);
    uint32_t root = complaint->code ? FAILED : emit(image, ast);
    if (root != FAILED && !complaint->code)
        *ret_program = bw_cel_image_finish(image, root, complaint->source, ast->type);
    if (!complaint->code && (root == FAILED || !*ret_program))
        bw_cel_complain_memory(complaint);
    return complaint->code;
}

static int compile(const struct bw_cel_env *env, bool loose, struct bw_str source,
                   struct bw_cel_program **ret_program, struct bw_cel_issue *issue,
                   struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct bw_cel_program *program = NULL;
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    struct bw_cel_complaint complaint = {.source = source.p ? source : BW_STR(""), .arena = arena};
    if (source.n > BW_CEL_SOURCE_MAX) {
        bw_cel_complain(&complaint, 0, "the expression is longer than %zu bytes",
                        BW_CEL_SOURCE_MAX);
        complaint.code = BW_ELIMIT;
        return report(&complaint, issue, err);
    }
    struct bw_cel_ast *ast = bw_cel_parse(env, &complaint);
    if (!ast || !bw_cel_check(env, loose, &complaint, ast))
        return report(&complaint, issue, err);
    struct bw_cel_image image BW_CLEANUP(bw_cel_image_free) = {
        .env = env, .complaint = &complaint, .arena = arena};
    if (build(&image, ast, &complaint, &program))
        return report(&complaint, issue, err);
    *ret_program = program;
    return 0;
}

int bw_cel_compile(const struct bw_cel_env *env, struct bw_str source,
                   struct bw_cel_program **ret_program, struct bw_cel_issue *issue,
                   struct bw_err *err)
{
    return compile(env, false, source, ret_program, issue, err);
}

int bw_cel_compile_unchecked(const struct bw_cel_env *env, struct bw_str source,
                             struct bw_cel_program **ret_program, struct bw_cel_issue *issue,
                             struct bw_err *err)
{
    return compile(env, true, source, ret_program, issue, err);
}
