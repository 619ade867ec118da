#include "model/object.h"
#include "model/wire-parts.h"

/* Of one document. */
#define DOCUMENT_MAX ((size_t)256 << 20)

/* Values of documents lie this deep at most, and a little more where a view holds one. */
#define DEPTH_MAX (BW_VALUE_DEPTH_MAX + 8)

/* The fewest bytes that one takes. */
#define VALUE_MIN  3u /* kind, flags, place */
#define MEMBER_MIN (2u + VALUE_MIN)
#define PLACE_MIN  3u
#define OBJECT_MIN (9u + VALUE_MIN)
#define IGNORE_MIN 7u

/* --- writing --- */

static void put_value(struct bw_buf *buf, struct bw_value value, unsigned depth);

static void put_members(struct bw_buf *buf, const struct bw_value_map *map, unsigned depth)
{
    bw_put_u64(buf, map->n);
    for (uint32_t i = 0; i < map->n && !bw_buf_failed(buf); i++) {
        buf->failed |= map->v[i].key.kind != BW_VALUE_STRING;
        bw_put_u64(buf, map->v[i].key.place);
        bw_put_str(buf, bw_value_text(map->v[i].key));
        put_value(buf, map->v[i].value, depth - 1);
    }
}

static void put_elements(struct bw_buf *buf, const struct bw_value_list *list, unsigned depth)
{
    bw_put_u64(buf, list->n);
    for (uint32_t i = 0; i < list->n && !bw_buf_failed(buf); i++)
        put_value(buf, list->v[i], depth - 1);
}

static void put_value(struct bw_buf *buf, struct bw_value value, unsigned depth)
{
    buf->failed |= !depth;
    bw_buf_byte(buf, value.kind);
    bw_buf_byte(buf, value.flags);
    bw_put_u64(buf, value.place);
    switch (value.kind) {
    case BW_VALUE_UNKNOWN:
        bw_put_u64(buf, value.unknown->class);
        bw_put_str(buf, value.unknown->why);
        break;
    case BW_VALUE_NULL:
        break;
    case BW_VALUE_BOOL:
        bw_buf_byte(buf, value.u != 0);
        break;
    case BW_VALUE_INT:
    case BW_VALUE_UINT:
    case BW_VALUE_DOUBLE: /* its bits */
        bw_put_u64(buf, value.u);
        break;
    case BW_VALUE_STRING:
    case BW_VALUE_BYTES:
        bw_put_str(buf, bw_value_text(value));
        break;
    case BW_VALUE_LIST:
        put_elements(buf, value.list, depth);
        break;
    case BW_VALUE_MAP:
        put_members(buf, value.map, depth);
        break;
    default: /* ABSENT and foreign kinds stand in no document */
        buf->failed = true;
    }
}

static void put_object(struct bw_buf *buf, const struct bw_object *object)
{
    bw_put_u64(buf, object->syntax);
    bw_put_u64(buf, object->view_of);
    bw_put_str(buf, object->group);
    bw_put_str(buf, object->version);
    bw_put_str(buf, object->resource);
    bw_put_str(buf, object->kind);
    bw_put_str(buf, object->namespace);
    bw_put_str(buf, object->name);
    bw_put_u64(buf, object->place);
    put_value(buf, object->value, DEPTH_MAX);
}

static void put_ignore(struct bw_buf *buf, const struct bw_ignore *ignore)
{
    bw_put_str(buf, ignore->id);
    bw_put_str(buf, ignore->reason);
    bw_put_str(buf, ignore->until);
    bw_put_u64(buf, ignore->file);
    bw_put_u64(buf, ignore->line);
    bw_put_u64(buf, ignore->first);
    bw_put_u64(buf, ignore->last);
}

static void put_places(struct bw_buf *buf, const struct bw_document *document)
{
    bw_put_u64(buf, document->places_n);
    for (size_t i = 0; i < document->places_n && !bw_buf_failed(buf); i++) {
        bw_put_u64(buf, document->places[i].file);
        bw_put_u64(buf, document->places[i].line);
        bw_put_u64(buf, document->places[i].column);
    }
}

void bw_wire_put_document(struct bw_buf *buf, const struct bw_document *document)
{
    size_t start = buf->n;
    bw_put_u64(buf, document->syntax);
    bw_put_strs(buf, (struct bw_strs){document->files, document->files_n});
    put_places(buf, document);
    bw_put_count(buf, document->objects_n);
    for (size_t i = 0; i < document->objects_n && !bw_buf_failed(buf); i++)
        put_object(buf, &document->objects[i]);
    bw_put_count(buf, document->ignores_n);
    for (size_t i = 0; i < document->ignores_n && !bw_buf_failed(buf); i++)
        put_ignore(buf, &document->ignores[i]);
    if (buf->n - start > DOCUMENT_MAX)
        buf->failed = true;
    if (buf->failed)
        buf->n = start;
}

/* --- reading --- */

/* A document under way. Both passes read the bytes themselves; in the second one, which has an
 * arena, what is kept of them is copied. */
struct document_cursor {
    struct bw_wire_cursor c;
    struct bw_value_maker make;
    uint32_t place_base;
    size_t files_n, places_n, objects_n;
};

static bool is_building(const struct document_cursor *d)
{
    return d->c.arena && !d->c.status;
}

static void out_of_memory(struct document_cursor *d)
{
    if (!d->c.status)
        d->c.status = bw_err_set(d->c.err, bw_arena_is_full(d->c.arena) ? BW_ELIMIT : BW_ENOMEM,
                                 "no memory left for a document");
}

static struct bw_str take_copy(struct document_cursor *d)
{
    struct bw_str s = bw_take_str(&d->c);
    if (!is_building(d))
        return s;
    s = bw_arena_str(d->c.arena, s);
    if (!s.p)
        out_of_memory(d);
    return s;
}

static size_t take_count(struct document_cursor *d, size_t max, size_t element_min)
{
    uint64_t n = bw_take_below(&d->c, (uint64_t)max + 1, "too many");
    if (!d->c.status && n > (d->c.n - d->c.at) / element_min)
        bw_wire_refuse(&d->c, "it ends early");
    return d->c.status ? 0 : (size_t)n;
}

static uint32_t take_place_index(struct document_cursor *d)
{
    uint32_t place = (uint32_t)bw_take_below(&d->c, d->places_n, "no such place");
    return place ? place + d->place_base : 0;
}

static struct bw_str take_text(struct document_cursor *d)
{
    struct bw_str text = bw_take_str(&d->c);
    if (!d->c.status && (text.n > BW_VALUE_TEXT_MAX || !bw_str_is_utf8(text)))
        bw_wire_refuse(&d->c, "a string that is no UTF-8");
    return text;
}

static struct bw_value take_value(struct document_cursor *d, unsigned depth);

static struct bw_value take_list(struct document_cursor *d, unsigned depth)
{
    size_t n = take_count(d, BW_VALUE_COUNT_MAX, VALUE_MIN);
    struct bw_value list = {0};
    if (is_building(d))
        list = bw_value_list(&d->make, (uint32_t)n);
    for (size_t i = 0; i < n && !d->c.status && !d->make.failed; i++) {
        struct bw_value element = take_value(d, depth - 1);
        if (is_building(d))
            bw_value_add(&d->make, &list, element);
    }
    return list;
}

static struct bw_value take_map(struct document_cursor *d, unsigned depth)
{
    size_t n = take_count(d, BW_VALUE_COUNT_MAX, MEMBER_MIN);
    struct bw_value map = {0};
    if (is_building(d))
        map = bw_value_map(&d->make, (uint32_t)n);
    for (size_t i = 0; i < n && !d->c.status && !d->make.failed; i++) {
        uint32_t place = take_place_index(d);
        struct bw_str name = take_text(d);
        struct bw_value value = take_value(d, depth - 1);
        if (!is_building(d))
            continue;
        struct bw_value key = bw_value_string(&d->make, name);
        key.place = place;
        if (!d->make.failed && bw_value_member(map, key))
            bw_wire_refuse(&d->c, "a key stands twice");
        bw_value_put(&d->make, &map, key, value);
    }
    return map;
}

static struct bw_value take_unknown(struct document_cursor *d)
{
    uint64_t class = bw_take_below(&d->c, BW_UNKNOWN_MISSING + 1, "unknown class");
    struct bw_str why = take_text(d);
    return is_building(d) ? bw_value_unknown(&d->make, (enum bw_unknown_class) class, why)
                          : (struct bw_value){0};
}

/* A number without its kind: bits are bits. */
static struct bw_value take_bits(struct document_cursor *d, uint8_t kind)
{
    return (struct bw_value){.kind = kind, .u = bw_take_u64(&d->c)};
}

static struct bw_value take_string(struct document_cursor *d)
{
    struct bw_str text = take_text(d);
    return is_building(d) ? bw_value_string(&d->make, text) : (struct bw_value){0};
}

static struct bw_value take_bytes(struct document_cursor *d)
{
    struct bw_str bytes = bw_take_str(&d->c);
    return is_building(d) ? bw_value_bytes(&d->make, bytes) : (struct bw_value){0};
}

static struct bw_value take_payload(struct document_cursor *d, uint8_t kind, unsigned depth)
{
    switch (kind) {
    case BW_VALUE_UNKNOWN:
        return take_unknown(d);
    case BW_VALUE_NULL:
        return bw_value_null();
    case BW_VALUE_BOOL:
        return bw_value_bool(bw_take_bool(&d->c));
    case BW_VALUE_INT:
    case BW_VALUE_UINT:
    case BW_VALUE_DOUBLE:
        return take_bits(d, kind);
    case BW_VALUE_STRING:
        return take_string(d);
    case BW_VALUE_BYTES:
        return take_bytes(d);
    case BW_VALUE_LIST:
        return take_list(d, depth);
    case BW_VALUE_MAP:
        return take_map(d, depth);
    default:
        bw_wire_refuse(&d->c, "unknown kind of value");
        return (struct bw_value){0};
    }
}

static struct bw_value take_value(struct document_cursor *d, unsigned depth)
{
    if (!depth)
        bw_wire_refuse(&d->c, "too deep");
    uint8_t kind = bw_take_byte(&d->c);
    uint8_t flags = (uint8_t)bw_take_below(&d->c, BW_VALUE_DEFAULT + 1, "unknown flag");
    uint32_t place = take_place_index(d);
    if (d->c.status)
        return (struct bw_value){0};
    struct bw_value value = take_payload(d, kind, depth);
    if (is_building(d) && d->make.failed)
        out_of_memory(d);
    value.flags = flags;
    value.place = place;
    return value;
}

static void take_object(struct document_cursor *d, size_t index, struct bw_object *object)
{
    object->syntax =
        (enum bw_syntax)bw_take_below(&d->c, BW_SYNTAX_COUNT, "an object of unknown syntax");
    object->view_of = bw_take_u32(&d->c);
    if (object->view_of != BW_OBJECT_NO_VIEW && object->view_of >= index)
        bw_wire_refuse(&d->c, "a view before its origin");
    object->group = take_copy(d);
    object->version = take_copy(d);
    object->resource = take_copy(d);
    object->kind = take_copy(d);
    object->namespace = take_copy(d);
    object->name = take_copy(d);
    object->place = take_place_index(d);
    object->value = take_value(d, DEPTH_MAX);
}

static void take_ignore(struct document_cursor *d, struct bw_ignore *ignore)
{
    ignore->id = take_copy(d);
    ignore->reason = take_copy(d);
    ignore->until = take_copy(d);
    ignore->file = (uint32_t)bw_take_below(&d->c, d->files_n, "no such file");
    ignore->line = bw_take_u32(&d->c);
    ignore->first = bw_take_u32(&d->c);
    ignore->last = bw_take_u32(&d->c);
}

static void take_files(struct document_cursor *d, struct bw_document *document)
{
    size_t n = take_count(d, BW_DOCUMENT_FILES_MAX, 1);
    document->files = bw_take_array(&d->c, n, sizeof *document->files);
    for (size_t i = 0; i < n && !d->c.status; i++) {
        struct bw_str path = take_copy(d);
        if (document->files)
            document->files[i] = path;
    }
    document->files_n = d->files_n = n;
}

static void take_places(struct document_cursor *d, struct bw_document *document)
{
    struct bw_value_place scratch;
    size_t n = take_count(d, UINT32_MAX, PLACE_MIN);
    if (!d->c.status && (n == 0 || n > UINT32_MAX - d->place_base))
        bw_wire_refuse(&d->c, "a bad number of places");
    document->places = bw_take_array(&d->c, n, sizeof *document->places);
    for (size_t i = 0; i < n && !d->c.status; i++) {
        struct bw_value_place *place = document->places ? &document->places[i] : &scratch;
        place->file = (uint32_t)bw_take_below(&d->c, d->files_n, "no such file");
        place->line = bw_take_u32(&d->c);
        place->column = bw_take_u32(&d->c);
    }
    document->places_n = d->places_n = n;
}

static void take_document(struct document_cursor *d, struct bw_document *document)
{
    struct bw_object object;
    struct bw_ignore ignore;
    document->syntax =
        (enum bw_syntax)bw_take_below(&d->c, BW_SYNTAX_COUNT, "a document of unknown syntax");
    take_files(d, document);
    take_places(d, document);
    size_t n = take_count(d, BW_DOCUMENT_OBJECTS_MAX, OBJECT_MIN);
    document->objects = bw_take_array(&d->c, n, sizeof *document->objects);
    for (size_t i = 0; i < n && !d->c.status; i++)
        take_object(d, i, document->objects ? &document->objects[i] : &object);
    document->objects_n = n;
    n = take_count(d, BW_DOCUMENT_IGNORES_MAX, IGNORE_MIN);
    document->ignores = bw_take_array(&d->c, n, sizeof *document->ignores);
    for (size_t i = 0; i < n && !d->c.status; i++)
        take_ignore(d, document->ignores ? &document->ignores[i] : &ignore);
    document->ignores_n = n;
}

int bw_wire_get_document(struct bw_str *rest, struct bw_arena *arena, uint32_t place_base,
                         struct bw_document *ret_document, struct bw_err *err)
{
    struct bw_document document = {0};
    struct document_cursor first = {.c = {.p = (const uint8_t *)rest->p, .n = rest->n, .err = err},
                                    .place_base = place_base};
    if (first.c.n > DOCUMENT_MAX)
        first.c.n = DOCUMENT_MAX;
    struct document_cursor second = first;
    take_document(&first, &document);
    if (first.c.status)
        return first.c.status;
    document = (struct bw_document){0};
    second.c.arena = arena;
    second.make.arena = arena;
    take_document(&second, &document);
    if (second.c.status)
        return second.c.status;
    *rest = bw_str_from(*rest, second.c.at);
    *ret_document = document;
    return 0;
}
