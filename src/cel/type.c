#include "cel/type.h"

#include <ctype.h>

const struct bw_cel_type bw_cel_basic_types[] = {
    [BW_CEL_T_DYN] = {.kind = BW_CEL_T_DYN},
    [BW_CEL_T_ERROR] = {.kind = BW_CEL_T_ERROR},
    [BW_CEL_T_NULL] = {.kind = BW_CEL_T_NULL},
    [BW_CEL_T_BOOL] = {.kind = BW_CEL_T_BOOL},
    [BW_CEL_T_INT] = {.kind = BW_CEL_T_INT},
    [BW_CEL_T_UINT] = {.kind = BW_CEL_T_UINT},
    [BW_CEL_T_DOUBLE] = {.kind = BW_CEL_T_DOUBLE},
    [BW_CEL_T_STRING] = {.kind = BW_CEL_T_STRING},
    [BW_CEL_T_BYTES] = {.kind = BW_CEL_T_BYTES},
    [BW_CEL_T_TIMESTAMP] = {.kind = BW_CEL_T_TIMESTAMP},
    [BW_CEL_T_DURATION] = {.kind = BW_CEL_T_DURATION},
    [BW_CEL_T_TYPE] = {.kind = BW_CEL_T_TYPE},
};

static const struct bw_cel_type list_of_dyn = {
    .kind = BW_CEL_T_LIST, .n = 1, .parameter = {&bw_cel_basic_types[BW_CEL_T_DYN]}};
static const struct bw_cel_type map_of_dyn = {
    .kind = BW_CEL_T_MAP,
    .n = 2,
    .parameter = {&bw_cel_basic_types[BW_CEL_T_DYN], &bw_cel_basic_types[BW_CEL_T_DYN]}};

#define OPTIONAL_NAME "optional_type"

static const struct {
    const char *name;
    enum bw_cel_type_kind kind;
} names[] = {
    {"dyn", BW_CEL_T_DYN},
    {"null_type", BW_CEL_T_NULL},
    {"bool", BW_CEL_T_BOOL},
    {"int", BW_CEL_T_INT},
    {"uint", BW_CEL_T_UINT},
    {"double", BW_CEL_T_DOUBLE},
    {"string", BW_CEL_T_STRING},
    {"bytes", BW_CEL_T_BYTES},
    {"type", BW_CEL_T_TYPE},
    {"google.protobuf.Timestamp", BW_CEL_T_TIMESTAMP},
    {"google.protobuf.Duration", BW_CEL_T_DURATION},
    {"timestamp", BW_CEL_T_TIMESTAMP}, /* written shorter in signatures */
    {"duration", BW_CEL_T_DURATION},
};

const struct bw_cel_type *bw_cel_type_make(struct bw_arena *arena, enum bw_cel_type_kind kind,
                                           struct bw_str name, const struct bw_cel_type *first,
                                           const struct bw_cel_type *second)
{
    uint32_t size = 1 + (first ? first->size + 1 : 0) + (second ? second->size + 1 : 0);
    if (size > BW_CEL_TYPE_SIZE_MAX)
        return bw_cel_basic(BW_CEL_T_DYN);
    struct bw_cel_type *type = bw_arena_alloc(arena, sizeof *type);
    if (!type)
        return NULL;
    type->kind = kind;
    type->size = size;
    type->name = name;
    type->n = second ? 2 : first ? 1 : 0;
    type->parameter[0] = first;
    type->parameter[1] = second;
    return type;
}

const struct bw_cel_type *bw_cel_optional_type(struct bw_arena *arena, const struct bw_cel_type *of)
{
    return bw_cel_type_make(arena, BW_CEL_T_OPAQUE, BW_STR(OPTIONAL_NAME), of, NULL);
}

bool bw_cel_type_is_optional(const struct bw_cel_type *type)
{
    return type->kind == BW_CEL_T_OPAQUE && bw_str_eq(type->name, BW_STR(OPTIONAL_NAME));
}

bool bw_cel_type_equal(const struct bw_cel_type *a, const struct bw_cel_type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->kind == BW_CEL_T_VARIABLE || a->n != b->n ||
        !bw_str_eq(a->name, b->name))
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!bw_cel_type_equal(a->parameter[i], b->parameter[i]))
            return false;
    return true;
}

static const char *basic_name(enum bw_cel_type_kind kind)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (names[i].kind == kind)
            return names[i].name;
    return kind == BW_CEL_T_LIST ? "list" : kind == BW_CEL_T_MAP ? "map" : "error";
}

void bw_cel_type_write(const struct bw_cel_type *type, struct bw_buf *buf)
{
    while (type->kind == BW_CEL_T_VARIABLE && type->bound)
        type = type->bound;
    if (type->kind == BW_CEL_T_VARIABLE)
        type = bw_cel_basic(BW_CEL_T_DYN);
    if (type->kind == BW_CEL_T_OPAQUE || type->kind == BW_CEL_T_OBJECT)
        bw_buf_str(buf, type->name);
    else
        bw_buf_str(buf, bw_str(basic_name(type->kind)));
    for (uint32_t i = 0; i < type->n; i++) {
        bw_buf_str(buf, i ? BW_STR(", ") : BW_STR("("));
        bw_cel_type_write(type->parameter[i], buf);
    }
    if (type->n)
        bw_buf_byte(buf, ')');
}

const struct bw_cel_type *bw_cel_type_named(struct bw_str name)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_str_eq(name, bw_str(names[i].name)))
            return bw_cel_basic(names[i].kind);
    if (bw_str_eq(name, BW_STR("list")))
        return &list_of_dyn;
    return bw_str_eq(name, BW_STR("map")) ? &map_of_dyn : NULL;
}

/* --- reading --- */

static void skip_blanks(struct bw_cel_type_reader *reader)
{
    while (reader->rest.n && reader->rest.p[0] == ' ')
        reader->rest = bw_str_from(reader->rest, 1);
}

static bool eat(struct bw_cel_type_reader *reader, char c)
{
    skip_blanks(reader);
    if (!reader->rest.n || reader->rest.p[0] != c)
        return false;
    reader->rest = bw_str_from(reader->rest, 1);
    return true;
}

static struct bw_str read_name(struct bw_cel_type_reader *reader)
{
    size_t n = 0;
    skip_blanks(reader);
    while (n < reader->rest.n && (isalnum((unsigned char)reader->rest.p[n]) ||
                                  reader->rest.p[n] == '_' || reader->rest.p[n] == '.'))
        n++;
    struct bw_str name = bw_str_take(reader->rest, n);
    reader->rest = bw_str_from(reader->rest, n);
    return name;
}

static const struct bw_cel_type *read_letter(struct bw_cel_type_reader *reader, char letter)
{
    const struct bw_cel_type **slot = &reader->letters[letter - 'A'];
    if (!*slot)
        *slot = bw_cel_type_make(reader->arena, BW_CEL_T_VARIABLE, (struct bw_str){0}, NULL, NULL);
    return *slot;
}

static const struct bw_cel_type *read_plain(struct bw_cel_type_reader *reader, struct bw_str name)
{
    const struct bw_cel_type *type = bw_cel_type_named(name);
    reader->pattern = !reader->opaques && bw_str_eq(name, BW_STR("pattern"));
    if (reader->pattern)
        return bw_cel_basic(BW_CEL_T_STRING);
    if (!type && reader->objects)
        type = bw_map_get(reader->objects, name);
    if (type || !name.n)
        return type;
    if (!reader->opaques && name.n == 1 && name.p[0] >= 'A' && name.p[0] <= 'Z')
        return read_letter(reader, name.p[0]);
    if (reader->opaques && !bw_map_get(reader->opaques, name))
        return NULL;
    return bw_cel_type_make(reader->arena, BW_CEL_T_OPAQUE, name, NULL, NULL);
}

static const struct bw_cel_type *read_applied(struct bw_cel_type_reader *reader, struct bw_str name)
{
    const struct bw_cel_type *parameter[2] = {NULL, NULL};
    size_t n = 0;
    do {
        if (n == 2 || !(parameter[n++] = bw_cel_type_parse(reader)))
            return NULL;
    } while (eat(reader, ','));
    if (!eat(reader, ')'))
        return NULL;
    static const struct {
        const char *name;
        size_t n;
        enum bw_cel_type_kind kind;
    } shapes[] = {
        {"list", 1, BW_CEL_T_LIST},
        {"map", 2, BW_CEL_T_MAP},
        {"type", 1, BW_CEL_T_TYPE},
        {OPTIONAL_NAME, 1, BW_CEL_T_OPAQUE},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(shapes); i++)
        if (bw_str_eq(name, bw_str(shapes[i].name)))
            return shapes[i].n != n
                       ? NULL
                       : bw_cel_type_make(reader->arena, shapes[i].kind,
                                          shapes[i].kind == BW_CEL_T_OPAQUE ? name
                                                                            : (struct bw_str){0},
                                          parameter[0], parameter[1]);
    return NULL;
}

const struct bw_cel_type *bw_cel_type_parse(struct bw_cel_type_reader *reader)
{
    if (reader->depth >= BW_CEL_TYPE_DEPTH_MAX)
        return NULL;
    reader->depth++;
    struct bw_str name = read_name(reader);
    const struct bw_cel_type *type =
        eat(reader, '(') ? read_applied(reader, name) : read_plain(reader, name);
    reader->depth--;
    return type;
}

/* --- signatures --- */

/* "list(A)", "int", "net.IP": see function.h. */
static bool is_receiver(struct bw_str text)
{
    size_t dot = bw_str_rfind(text, '.');
    struct bw_str last = dot == SIZE_MAX ? text : bw_str_from(text, dot + 1);
    return bw_str_find(text, '(') != SIZE_MAX || isupper((unsigned char)last.p[0]) ||
           bw_cel_type_named(text);
}

/* The parenthesis whose partner is followed by ": ". */
static size_t find_arguments(struct bw_str s, size_t *ret_end)
{
    size_t depth = 0, start = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '(' && depth++ == 0)
            start = i;
        if (s.p[i] == ')' && --depth == 0 && i + 1 < s.n && s.p[i + 1] == ':') {
            *ret_end = i;
            return start;
        }
    }
    return SIZE_MAX;
}

struct bw_cel_signature bw_cel_signature_split(const char *signature)
{
    struct bw_str s = bw_str(signature);
    size_t end = 0, start = find_arguments(s, &end);
    if (start == SIZE_MAX)
        return (struct bw_cel_signature){0};
    struct bw_str head = bw_str_take(s, start);
    struct bw_cel_signature split = {.name = head,
                                     .arguments = bw_str_n(s.p + start + 1, end - start - 1),
                                     .result = bw_str_trim(bw_str_from(s, end + 2))};
    size_t dot = bw_str_rfind(head, '.');
    if (dot != SIZE_MAX && dot && is_receiver(bw_str_take(head, dot))) {
        split.receiver = bw_str_take(head, dot);
        split.name = bw_str_from(head, dot + 1);
    }
    return split;
}
