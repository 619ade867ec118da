#include "cel/image.h"

#include <stdalign.h>

#define ROWS_MAX  (BW_CEL_NODES_MAX * 4u)
#define TEXTS_MAX ((size_t)64 << 20)

/* Writes a new row, and gives the index of the last one. */
#define ADD(image, table, slot, value)                                                             \
    do {                                                                                           \
        (slot) = BW_VEC_PUSH(&(image)->table, ROWS_MAX);                                           \
        if (slot)                                                                                  \
            *(slot) = (value);                                                                     \
        else                                                                                       \
            (image)->failed = true;                                                                \
    } while (0)

static uint32_t last(size_t n)
{
    return n ? (uint32_t)n - 1 : UINT32_MAX;
}

void bw_cel_image_free(struct bw_cel_image *image)
{
    BW_VEC_FREE(&image->nodes);
    BW_VEC_FREE(&image->spans);
    BW_VEC_FREE(&image->children);
    BW_VEC_FREE(&image->constants);
    BW_VEC_FREE(&image->overloads);
    BW_VEC_FREE(&image->parameters);
    bw_buf_free(&image->texts);
    bw_map_free(&image->seen);
}

uint32_t bw_cel_image_node(struct bw_cel_image *image, struct bw_cel_node node,
                           struct bw_cel_span span)
{
    if (node.op == BW_CEL_O_VARIABLE || node.op == BW_CEL_O_PATH_VARIABLE ||
        node.op == BW_CEL_O_HAS_VARIABLE)
        image->variables = node.a >= image->variables ? node.a + 1 : image->variables;
    struct bw_cel_span *place;
    struct bw_cel_node *row;
    ADD(image, spans, place, span);
    ADD(image, nodes, row, node);
    return row ? last(image->nodes.n) : UINT32_MAX;
}

/* A bw_value_text among the texts; from their beginning. */
static uint32_t put_text(struct bw_cel_image *image, struct bw_str text)
{
    image->texts.max = TEXTS_MAX;
    image->seen.max = ROWS_MAX;
    struct bw_map_item *item = bw_map_at(&image->seen, text);
    if (!item) {
        image->failed = true;
        return 0;
    }
    if (!item->value) {
        uint32_t n = (uint32_t)text.n;
        while (image->texts.n % alignof(struct bw_value_text))
            bw_buf_byte(&image->texts, 0);
        item->value = (void *)(image->texts.n + 1);
        bw_buf_add(&image->texts, &n, sizeof n);
        bw_buf_str(&image->texts, text);
        bw_buf_byte(&image->texts, 0);
        image->failed |= bw_buf_failed(&image->texts);
    }
    return (uint32_t)((uintptr_t)item->value - 1);
}

uint32_t bw_cel_image_block(struct bw_cel_image *image, struct bw_str bytes)
{
    image->texts.max = TEXTS_MAX;
    while (image->texts.n % 8)
        bw_buf_byte(&image->texts, 0);
    uint32_t at = (uint32_t)image->texts.n;
    bw_buf_str(&image->texts, bytes);
    image->failed |= bw_buf_failed(&image->texts);
    return at;
}

uint32_t bw_cel_image_string(struct bw_cel_image *image, struct bw_str text)
{
    return put_text(image, text) + (uint32_t)offsetof(struct bw_value_text, p);
}

uint32_t bw_cel_image_constant(struct bw_cel_image *image, struct bw_value value)
{
    value.place = 0;
    if (value.kind == BW_VALUE_STRING || value.kind == BW_VALUE_BYTES)
        value.u = put_text(image, bw_value_text(value));
    else if (value.kind == BW_CEL_TYPE)
        value.u = bw_cel_image_string(image, bw_str(value.foreign));
    struct bw_value *slot;
    ADD(image, constants, slot, value);
    return last(image->constants.n);
}

uint32_t bw_cel_image_text(struct bw_cel_image *image, struct bw_str text)
{
    struct bw_value value = {.kind = BW_VALUE_STRING, .tag = bw_value_tag(text)};
    value.u = put_text(image, text);
    struct bw_value *slot;
    ADD(image, constants, slot, value);
    return last(image->constants.n);
}

uint32_t bw_cel_image_overload(struct bw_cel_image *image, struct bw_cel_overload_row row)
{
    struct bw_cel_overload_row *slot;
    ADD(image, overloads, slot, row);
    return last(image->overloads.n);
}

uint32_t bw_cel_image_parameter(struct bw_cel_image *image, struct bw_cel_parameter parameter)
{
    struct bw_cel_parameter *slot;
    ADD(image, parameters, slot, parameter);
    return last(image->parameters.n);
}

uint32_t bw_cel_image_children(struct bw_cel_image *image, const uint32_t *nodes, uint32_t n)
{
    uint32_t first = (uint32_t)image->children.n;
    uint32_t *slot;
    for (uint32_t i = 0; i < n; i++)
        ADD(image, children, slot, nodes[i]);
    return first;
}

void bw_cel_image_locals(struct bw_cel_image *image, uint32_t n)
{
    image->locals = n > image->locals ? n : image->locals;
}

/* --- the whole --- */

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static void lay_out(struct bw_cel_image *image, struct bw_cel_program *header)
{
    const size_t counts[BW_CEL_P_TABLES] = {
        [BW_CEL_P_NODES] = image->nodes.n,         [BW_CEL_P_SPANS] = image->spans.n,
        [BW_CEL_P_CHILDREN] = image->children.n,   [BW_CEL_P_CONSTANTS] = image->constants.n,
        [BW_CEL_P_OVERLOADS] = image->overloads.n, [BW_CEL_P_PARAMETERS] = image->parameters.n,
        [BW_CEL_P_TEXTS] = image->texts.n,
    };
    size_t at = aligned(sizeof *header);
    for (size_t i = 0; i < BW_CEL_P_TABLES; i++) {
        header->tables[i] = (struct bw_cel_table_place){(uint32_t)at, (uint32_t)counts[i]};
        at = aligned(at + counts[i] * bw_cel_row_sizes[i]);
    }
    header->size = (uint32_t)at;
}

/* Places among the texts become places in the program. */
static void relocate(struct bw_cel_image *image, struct bw_cel_program *header)
{
    uint32_t texts = header->tables[BW_CEL_P_TEXTS].offset;
    for (size_t i = 0; i < image->constants.n; i++) {
        uint8_t kind = image->constants.v[i].kind;
        if (kind == BW_VALUE_STRING || kind == BW_VALUE_BYTES || kind == BW_CEL_TYPE)
            image->constants.v[i].u += texts;
    }
    for (size_t i = 0; i < image->parameters.n; i++)
        if (image->parameters.v[i].opaque)
            image->parameters.v[i].name += texts;
    for (size_t i = 0; i < image->overloads.n; i++)
        if (image->overloads.v[i].regex_n)
            image->overloads.v[i].regex += texts;
    header->source += texts;
    header->type += texts;
}

static void copy_tables(const struct bw_cel_image *image, const struct bw_cel_program *header,
                        char *to)
{
    const void *const rows[BW_CEL_P_TABLES] = {
        [BW_CEL_P_NODES] = image->nodes.v,         [BW_CEL_P_SPANS] = image->spans.v,
        [BW_CEL_P_CHILDREN] = image->children.v,   [BW_CEL_P_CONSTANTS] = image->constants.v,
        [BW_CEL_P_OVERLOADS] = image->overloads.v, [BW_CEL_P_PARAMETERS] = image->parameters.v,
        [BW_CEL_P_TEXTS] = image->texts.p,
    };
    memcpy(to, header, sizeof *header);
    for (size_t i = 0; i < BW_CEL_P_TABLES; i++)
        if (header->tables[i].n)
            memcpy(to + header->tables[i].offset, rows[i],
                   (size_t)header->tables[i].n * bw_cel_row_sizes[i]);
}

struct bw_cel_program *bw_cel_image_finish(struct bw_cel_image *image, uint32_t root,
                                           struct bw_str source, const struct bw_cel_type *type)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_cel_program header = {.magic = BW_CEL_MAGIC,
                                    .build = bw_cel_build(),
                                    .root = root,
                                    .dialect = image->env->dialect,
                                    .locals = image->locals,
                                    .variables = image->variables,
                                    .result_is_bool =
                                        type->kind == BW_CEL_T_BOOL || type->kind == BW_CEL_T_DYN};
    bw_cel_type_write(type, &text);
    header.source = put_text(image, source);
    header.type = put_text(image, bw_buf_slice(&text));
    if (image->failed || bw_buf_failed(&text))
        return NULL;
    lay_out(image, &header);
    relocate(image, &header);
    char *bytes = calloc(1, header.size);
    if (bytes)
        copy_tables(image, &header, bytes);
    return (struct bw_cel_program *)bytes;
}
