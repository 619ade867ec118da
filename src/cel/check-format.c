/*
 * Calls of string.format() whose format is a literal and whose arguments stand in a literal list:
 * Kubernetes tells at once where they do not fit, and so do we. The format is tried with samples of
 * the arguments' types.
 */
#include "cel/check.h"
#include "cel/function-text.h"

static struct bw_value opaque_sample(struct bw_cel_call *call, struct bw_str name)
{
    struct bw_cel_opaque_class *class = bw_arena_alloc(call->arena, sizeof *class);
    struct bw_str copy = bw_arena_str(call->arena, name);
    call->make.failed = call->make.failed || !class || !copy.p;
    if (call->make.failed)
        return bw_value_null();
    class->type = copy.p;
    return bw_cel_opaque(call, class, class);
}

/* A value of the type, or UNKNOWN where that is not known before. */
static struct bw_value sample_of(struct bw_cel_call *call, const struct bw_cel_type *type)
{
    struct bw_str none = BW_STR("");
    switch (type->kind) {
    case BW_CEL_T_NULL:
        return bw_value_null();
    case BW_CEL_T_BOOL:
        return bw_value_bool(false);
    case BW_CEL_T_INT:
        return bw_value_int(0);
    case BW_CEL_T_UINT:
        return bw_value_uint(0);
    case BW_CEL_T_DOUBLE:
        return bw_value_double(0);
    case BW_CEL_T_BYTES:
        return bw_value_bytes(&call->make, none);
    case BW_CEL_T_TIMESTAMP:
        return bw_cel_timestamp(call, 0, 0);
    case BW_CEL_T_DURATION:
        return bw_cel_duration(call, 0);
    case BW_CEL_T_LIST:
        return bw_value_list(&call->make, 0);
    case BW_CEL_T_MAP:
    case BW_CEL_T_OBJECT:
        return bw_value_map(&call->make, 0);
    case BW_CEL_T_TYPE:
        return bw_cel_type_value("type");
    case BW_CEL_T_OPAQUE:
        return opaque_sample(call, type->name);
    case BW_CEL_T_STRING: /* %f and %e take this one, as they might that which it stands for */
        return bw_value_string(&call->make, BW_STR("NaN"));
    default:
        return bw_value_unknown(&call->make, BW_UNKNOWN_MISSING, none);
    }
}

static bool is_tried(const struct bw_cel_ast *call)
{
    if (call->kind != BW_CEL_A_CALL || call->n != 2 || !(call->flags & BW_CEL_MEMBER) ||
        !bw_str_eq(call->name, BW_STR("format")))
        return false;
    const struct bw_cel_ast *format = call->children[0], *list = call->children[1];
    return format->kind == BW_CEL_A_LITERAL && format->value.kind == BW_VALUE_STRING &&
           list->kind == BW_CEL_A_LIST;
}

static bool try_format(struct bw_cel_checker *c, const struct bw_cel_ast *node)
{
    uint64_t cost = 0;
    struct bw_cel_call call = {.arena = c->complaint->arena,
                               .make = {.arena = c->complaint->arena},
                               .cost = &cost,
                               .cost_max = BW_CEL_COST_EXPRESSION_MAX};
    const struct bw_cel_ast *list = node->children[1];
    struct bw_value samples = bw_value_list(&call.make, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->children[i]->flags & BW_CEL_ELEMENT_OPTIONAL)
            return true;
        bw_value_add(&call.make, &samples,
                     sample_of(&call, bw_cel_substitute(&c->unify, list->children[i]->type, true)));
    }
    struct bw_value result =
        bw_cel_format_try(&call, bw_value_text(node->children[0]->value), samples);
    if (call.make.failed)
        return bw_cel_complain_memory(c->complaint);
    if (result.kind == BW_CEL_ERROR)
        bw_cel_complain(c->complaint, node->at, "%" BW_STR_F, BW_STR_A(bw_cel_error_text(result)));
    return result.kind != BW_CEL_ERROR;
}

/* As deep as the tree, which is bounded. */
bool bw_cel_check_formats(struct bw_cel_checker *c, const struct bw_cel_ast *node)
{
    if (is_tried(node) && !try_format(c, node))
        return false;
    for (uint32_t i = 0; i < node->n; i++)
        if (node->children[i] && !bw_cel_check_formats(c, node->children[i]))
            return false;
    return true;
}
