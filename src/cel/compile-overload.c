/* The overloads that a call may be, as the program holds them: what their parameters take, and the
 * programs of patterns that are constants. */
#include "cel/ast.h"
#include "cel/image.h"
#include "cel/regex.h"

/* The program of a constant pattern. One that is wrong is an issue to Kubernetes, as it is there,
 * and else left to the call. */
static void put_pattern(struct bw_cel_image *image, const struct bw_cel_ast *argument,
                        struct bw_cel_overload_row *row)
{
    const struct bw_cel_regex *regex;
    struct bw_err err = {0};
    if (argument->kind != BW_CEL_A_LITERAL || argument->value.kind != BW_VALUE_STRING)
        return;
    int code = bw_cel_regex_compile(bw_value_text(argument->value), BW_CEL_REGEX_AUTOMATON,
                                    image->arena, &regex, &err);
    if (code) {
        image->failed |= code == BW_ENOMEM;
        if (code == BW_EFORMAT && image->env->dialect == BW_CEL_KUBERNETES_1_34)
            bw_cel_complain(image->complaint, argument->offset, "%s", err.msg);
        return;
    }
    struct bw_str bytes = bw_cel_regex_bytes(regex);
    row->regex = bw_cel_image_block(image, bytes);
    row->regex_n = (uint32_t)bytes.n;
}

/* The kind that values of a type have, or BW_CEL_ANY. */
static uint8_t kind_of(const struct bw_cel_type *type)
{
    static const uint8_t kinds[] = {
        [BW_CEL_T_DYN] = BW_CEL_ANY,           [BW_CEL_T_ERROR] = BW_CEL_ANY,
        [BW_CEL_T_NULL] = BW_VALUE_NULL,       [BW_CEL_T_BOOL] = BW_VALUE_BOOL,
        [BW_CEL_T_INT] = BW_VALUE_INT,         [BW_CEL_T_UINT] = BW_VALUE_UINT,
        [BW_CEL_T_DOUBLE] = BW_VALUE_DOUBLE,   [BW_CEL_T_STRING] = BW_VALUE_STRING,
        [BW_CEL_T_BYTES] = BW_VALUE_BYTES,     [BW_CEL_T_TIMESTAMP] = BW_CEL_TIMESTAMP,
        [BW_CEL_T_DURATION] = BW_CEL_DURATION, [BW_CEL_T_TYPE] = BW_CEL_TYPE,
        [BW_CEL_T_LIST] = BW_VALUE_LIST,       [BW_CEL_T_MAP] = BW_VALUE_MAP,
        [BW_CEL_T_OPAQUE] = BW_CEL_OPAQUE,     [BW_CEL_T_OBJECT] = BW_VALUE_MAP,
        [BW_CEL_T_VARIABLE] = BW_CEL_ANY,
    };
    return bw_cel_type_is_optional(type) ? BW_CEL_OPTIONAL : kinds[type->kind];
}

static void put_parameter(struct bw_cel_image *image, struct bw_cel_type_reader *reader,
                          const struct bw_cel_ast *argument, struct bw_cel_overload_row *row)
{
    const struct bw_cel_type *type = bw_cel_type_parse(reader);
    if (!type) {
        image->failed = true;
        return;
    }
    struct bw_cel_parameter parameter = {.kind = kind_of(type), .element = BW_CEL_ANY};
    if (type->kind == BW_CEL_T_LIST)
        parameter.element = kind_of(type->parameter[0]);
    if (parameter.kind == BW_CEL_OPAQUE) {
        parameter.opaque = 1;
        parameter.name = bw_cel_image_string(image, type->name);
    }
    bw_cel_image_parameter(image, parameter);
    if (reader->pattern)
        put_pattern(image, argument, row);
}

void bw_cel_image_candidate(struct bw_cel_image *image, const struct bw_cel_ast *call,
                            const struct bw_cel_candidate *candidate)
{
    struct bw_cel_type_reader reader = {.arena = image->arena, .objects = &image->env->objects};
    struct bw_cel_overload_row row = {.library = candidate->library,
                                      .index = candidate->index,
                                      .parameters = (uint32_t)image->parameters.n};
    uint32_t at = 0;
    if (candidate->signature.receiver.p) {
        reader.rest = candidate->signature.receiver;
        put_parameter(image, &reader, call->children[at++], &row);
    }
    reader.rest = bw_str_trim(candidate->signature.arguments);
    while (reader.rest.n && !image->failed) {
        put_parameter(image, &reader, call->children[at++], &row);
        reader.rest = bw_str_trim(reader.rest);
        if (reader.rest.n && reader.rest.p[0] == ',')
            reader.rest = bw_str_from(reader.rest, 1);
    }
    bw_cel_image_overload(image, row);
}
