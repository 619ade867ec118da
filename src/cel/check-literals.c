/* What Kubernetes demands of lists and maps that are written out, beyond their types. */
#include "cel/check.h"

/* What an element adds to its literal, when all types are known. */
static const struct bw_cel_type *type_of(struct bw_cel_checker *c, const struct bw_cel_ast *element,
                                         bool optional)
{
    const struct bw_cel_type *type = bw_cel_substitute(&c->unify, element->type, true);
    return optional && bw_cel_type_is_optional(type) ? type->parameter[0] : type;
}

/* Every `stride`th child from `first` is of one type. */
static bool are_alike(struct bw_cel_checker *c, const struct bw_cel_ast *node, uint32_t first,
                      uint32_t stride)
{
    const struct bw_cel_type *wanted = NULL;
    for (uint32_t i = first; i < node->n; i += stride) {
        const struct bw_cel_ast *flagged = node->children[i - first];
        const struct bw_cel_type *type = type_of(
            c, node->children[i], first + 1 == stride && flagged->flags & BW_CEL_ELEMENT_OPTIONAL);
        if (!wanted)
            wanted = type;
        else if (!bw_cel_type_equal(wanted, type))
            return bw_cel_check_mismatch(c, node->children[i], wanted, type);
    }
    return true;
}

bool bw_cel_check_literals(struct bw_cel_checker *c, const struct bw_cel_ast *node)
{
    if (node->kind == BW_CEL_A_CALL && bw_str_eq(node->name, BW_STR("format")))
        return true; /* whose list holds what the format names */
    for (uint32_t i = 0; i < node->n; i++)
        if (!bw_cel_check_literals(c, node->children[i]))
            return false;
    if (node->kind == BW_CEL_A_LIST)
        return are_alike(c, node, 0, 1);
    return node->kind != BW_CEL_A_MAP || (are_alike(c, node, 0, 2) && are_alike(c, node, 1, 2));
}
