#include "extract/typed-fields.h"

#include <stdio.h>

#include "base/buf.h"

#define PATH_BYTES_MAX 512u

/* Where a value is: a chain from the part inwards. */
struct path {
    const struct path *up;
    struct bw_str name; /* p is NULL for an element of a list */
    uint32_t index;
};

static void put_path(struct bw_buf *buf, const struct path *path)
{
    if (path->up)
        put_path(buf, path->up);
    if (!path->name.p)
        bw_buf_printf(buf, "[%u]", path->index);
    else
        bw_buf_printf(buf, "%s%" BW_STR_F, buf->n ? "." : "", BW_STR_A(path->name));
}

/* --- what fits --- */

static bool fits(enum bw_field_type type, struct bw_value value)
{
    switch (type) {
    case BW_FIELD_BOOL:
        return value.kind == BW_VALUE_BOOL;
    case BW_FIELD_INT:
        return value.kind == BW_VALUE_INT;
    case BW_FIELD_STRING:
        return value.kind == BW_VALUE_STRING;
    case BW_FIELD_STRINGS:
        return value.kind == BW_VALUE_STRING || value.kind == BW_VALUE_LIST;
    case BW_FIELD_LIST:
        return value.kind == BW_VALUE_LIST;
    case BW_FIELD_MAP:
    case BW_FIELD_STRUCT:
        return value.kind == BW_VALUE_MAP;
    default:
        return true;
    }
}

static const char *written(struct bw_value value)
{
    switch (value.kind) {
    case BW_VALUE_BOOL:
        return "a boolean";
    case BW_VALUE_INT:
        return "an integer";
    case BW_VALUE_DOUBLE:
        return "a number that is no integer";
    case BW_VALUE_STRING:
        return "a string";
    case BW_VALUE_LIST:
        return "a list";
    case BW_VALUE_MAP:
        return "a map";
    default:
        return "null";
    }
}

static const char *wanted(enum bw_field_type type)
{
    static const char *const names[] = {
        [BW_FIELD_ANY] = "anything",   [BW_FIELD_BOOL] = "a boolean",
        [BW_FIELD_INT] = "an integer", [BW_FIELD_STRING] = "a string",
        [BW_FIELD_STRINGS] = "a list", [BW_FIELD_LIST] = "a list",
        [BW_FIELD_MAP] = "a map",      [BW_FIELD_STRUCT] = "a map",
        [BW_FIELD_EMBEDDED] = "a map",
    };
    return names[type];
}

static void tell(struct bw_field_check *check, enum bw_field_type type, struct bw_value value,
                 const struct path *path)
{
    struct bw_reading *reading = check->reading;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_BYTES_MAX);
    uint32_t line = value.place < reading->places.n ? reading->places.v[value.place].line : 0;
    if (check->misfits > BW_FIELD_MISFITS_MAX)
        return;
    if (check->misfits++ == BW_FIELD_MISFITS_MAX) {
        bw_reading_gap(reading, BW_GAP_BLOCKING, line, BW_STR("fields of wrong types"),
                       "there are more than the %u that are listed", BW_FIELD_MISFITS_MAX);
        return;
    }
    put_path(&text, path);
    bw_reading_gap(reading, BW_GAP_BLOCKING, line, bw_buf_slice(&text),
                   "%s where %s wants %s: %s refuses it", written(value), check->who, wanted(type),
                   check->judge);
}

static struct bw_value misfit(struct bw_field_check *check, enum bw_field_type type,
                              struct bw_value value, const struct path *path)
{
    char why[128];
    snprintf(why, sizeof why, "%s refuses this value", check->judge);
    struct bw_value unknown =
        bw_value_unknown(&check->reading->make, BW_UNKNOWN_MISSING, bw_str(why));
    unknown.place = value.place;
    tell(check, type, value, path);
    return unknown;
}

/* --- keys --- */

/* Cuts a character off the front, as Go folds those that fold to ASCII letters. */
static unsigned cut_folded(struct bw_str *s)
{
    static const struct {
        const char *text;
        char letter;
    } kin[] = {{"\xc5\xbf", 's'}, {"\xe2\x84\xaa", 'k'}};
    for (size_t i = 0; i < BW_ARRAY_LEN(kin); i++)
        if (bw_str_starts(*s, bw_str(kin[i].text))) {
            *s = bw_str_from(*s, strlen(kin[i].text));
            return (unsigned char)kin[i].letter;
        }
    unsigned char c = (unsigned char)s->p[0];
    *s = bw_str_from(*s, 1);
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool equal_folded(struct bw_str a, struct bw_str b)
{
    while (a.n && b.n)
        if (cut_folded(&a) != cut_folded(&b))
            return false;
    return !a.n && !b.n;
}

static bool is_named(const struct bw_field *field, struct bw_str name, bool fold)
{
    if (fold)
        return equal_folded(bw_str(field->name), name);
    return name.p && strncmp(field->name, name.p, name.n) == 0 && !field->name[name.n];
}

/* Structs are embedded one level deep. */
static const struct bw_field *field_named(const struct bw_field *fields, struct bw_str name,
                                          bool fold)
{
    for (; fields->name; fields++) {
        const struct bw_field *inner = NULL;
        if (fields->type == BW_FIELD_EMBEDDED)
            inner = field_named(fields->of, name, fold);
        else if (is_named(fields, name, fold))
            return fields;
        if (inner)
            return inner;
    }
    return NULL;
}

/* As json-value.c has it of keys that are the same letter by letter. */
static void tell_mixture(struct bw_field_check *check, struct bw_value key)
{
    struct bw_reading *reading = check->reading;
    uint32_t line = key.place < reading->places.n ? reading->places.v[key.place].line : 0;
    if (!check->mixed)
        bw_reading_gap(reading, BW_GAP_BLOCKING, line, bw_value_text(key),
                       "the key stands twice, with a list: the elements of both are mixed");
    check->mixed = true;
}

/* Puts a member whose key may stand already, spelled in another way. Places grow with the text. */
static void put_later(struct bw_field_check *check, struct bw_value *map, struct bw_value key,
                      struct bw_value value)
{
    struct bw_value_maker *make = &check->reading->make;
    const struct bw_value_member *old = bw_value_member(*map, key);
    bool lists = old && (old->value.kind == BW_VALUE_LIST || value.kind == BW_VALUE_LIST);
    if (lists && value.kind != BW_VALUE_NULL && old->value.kind != BW_VALUE_NULL)
        tell_mixture(check, key);
    if (old && old->value.kind == BW_VALUE_MAP && value.kind == BW_VALUE_MAP) {
        struct bw_value both = old->value;
        for (uint32_t i = 0; i < value.map->n && !make->failed; i++)
            put_later(check, &both, value.map->v[i].key, value.map->v[i].value);
        bw_value_put(make, map, key, both);
    } else if (!old || old->value.kind == BW_VALUE_NULL ||
               (value.kind != BW_VALUE_NULL && value.place >= old->value.place)) {
        bw_value_put(make, map, key, value);
    }
}

/* A key that one reader takes for the field and another does not. */
static void doubt(struct bw_field_check *check, struct bw_value key, const char *name)
{
    struct bw_reading *reading = check->reading;
    uint32_t line = key.place < reading->places.n ? reading->places.v[key.place].line : 0;
    if (check->misfits++ < BW_FIELD_MISFITS_MAX)
        bw_reading_gap(reading, BW_GAP_BLOCKING, line, bw_str_take(bw_value_text(key), 60),
                       "some readers take it for \"%s\" and others pass it over", name);
}

/* The map with the fields' own keys. */
static struct bw_value with_own_keys(struct bw_field_check *check, const struct bw_field *fields,
                                     struct bw_value map)
{
    struct bw_value_maker *make = &check->reading->make;
    struct bw_value own = bw_value_map(make, bw_value_count(map));
    for (uint32_t i = 0; i < bw_value_count(map) && !make->failed; i++) {
        struct bw_value_member member = map.map->v[i];
        /* Almost every key is spelled as its field, and compared quickly then. */
        const struct bw_field *field = field_named(fields, bw_value_text(member.key), false);
        if (!field)
            field = field_named(fields, bw_value_text(member.key), true);
        uint32_t place = member.key.place;
        if (field && check->doubt_folded && !bw_value_is(member.key, field->name))
            doubt(check, member.key, field->name);
        if (field)
            member.key = bw_value_string(make, bw_str(field->name));
        member.key.place = place;
        put_later(check, &own, member.key, member.value);
    }
    own.place = map.place;
    return own;
}

/* --- the check --- */

static struct bw_value conform(struct bw_field_check *check, const struct bw_field *field,
                               struct bw_value value, const struct path *path);

static struct bw_value conform_struct(struct bw_field_check *check, const struct bw_field *fields,
                                      struct bw_value map, const struct path *path)
{
    struct bw_value_maker *make = &check->reading->make;
    if (check->fold)
        map = with_own_keys(check, fields, map);
    struct bw_value kept = bw_value_map(make, bw_value_count(map));
    for (uint32_t i = 0; i < bw_value_count(map) && !make->failed; i++) {
        const struct bw_value_member *member = &map.map->v[i];
        const struct bw_field *field = field_named(fields, bw_value_text(member->key), false);
        struct path below = {path, bw_value_text(member->key), 0};
        struct bw_value value = member->value;
        if (field && value.kind == BW_VALUE_NULL)
            continue;
        if (field)
            value = conform(check, field, value, &below);
        bw_value_put(make, &kept, member->key, value);
    }
    kept.place = map.place;
    return kept;
}

static struct bw_value conform_members(struct bw_field_check *check, const struct bw_field *element,
                                       struct bw_value map, const struct path *path)
{
    struct bw_value_maker *make = &check->reading->make;
    for (uint32_t i = 0; i < bw_value_count(map) && !make->failed; i++) {
        struct bw_value_member member = map.map->v[i];
        struct path below = {path, bw_value_text(member.key), 0};
        if (member.value.kind != BW_VALUE_NULL)
            bw_value_put(make, &map, member.key, conform(check, element, member.value, &below));
    }
    return map;
}

static struct bw_value conform_elements(struct bw_field_check *check,
                                        const struct bw_field *element, struct bw_value list,
                                        const struct path *path)
{
    struct bw_value_maker *make = &check->reading->make;
    struct bw_value kept = bw_value_list(make, bw_value_count(list));
    for (uint32_t i = 0; i < bw_value_count(list) && !make->failed; i++) {
        struct path below = {path, {0}, i};
        bw_value_add(make, &kept, conform(check, element, list.list->v[i], &below));
    }
    kept.place = list.place;
    return kept;
}

static struct bw_value conform_strings(struct bw_field_check *check, struct bw_value value,
                                       const struct path *path)
{
    static const struct bw_field string = {NULL, BW_FIELD_STRING, NULL};
    if (value.kind == BW_VALUE_LIST)
        return conform_elements(check, &string, value, path);
    struct bw_value list = bw_value_list(&check->reading->make, 1);
    bw_value_add(&check->reading->make, &list, value);
    list.place = value.place;
    return list;
}

static struct bw_value conform(struct bw_field_check *check, const struct bw_field *field,
                               struct bw_value value, const struct path *path)
{
    if (value.kind == BW_VALUE_UNKNOWN || value.kind == BW_VALUE_ABSENT)
        return value;
    if (!fits(field->type, value))
        return misfit(check, field->type, value, path);
    if (field->type == BW_FIELD_STRINGS)
        return conform_strings(check, value, path);
    if (!field->of)
        return value;
    if (field->type == BW_FIELD_STRUCT)
        return conform_struct(check, field->of, value, path);
    if (field->type == BW_FIELD_MAP)
        return conform_members(check, field->of, value, path);
    return conform_elements(check, field->of, value, path);
}

struct bw_value bw_field_conform(struct bw_field_check *check, const struct bw_field *field,
                                 const char *path, struct bw_value value)
{
    struct path root = {NULL, bw_str(path), 0};
    return conform(check, field, value, &root);
}
