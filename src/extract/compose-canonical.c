#include "extract/compose-model.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Longest number in a string. */
#define DIGITS_MAX 63u

/* --- scalars --- */

static struct bw_value keep_place(struct bw_value value, struct bw_value of)
{
    value.place = of.place;
    value.flags = of.flags & (BW_YAML_RESET | BW_YAML_OVERRIDE);
    return value;
}

static struct bw_value to_bool(struct bw_compose *compose, struct bw_value value, const char *name)
{
    static const char *const words[] = {"true", "y", "yes", "on", "false", "n", "no", "off"};
    struct bw_str text = bw_value_text(value);
    if (value.kind == BW_VALUE_BOOL)
        return value;
    for (size_t i = 0; text.p && i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq_nocase(text, bw_str(words[i])))
            return keep_place(bw_value_bool(i < 4), value);
    return bw_compose_misfit(compose, value, "%s is neither true nor false", name);
}

/* A number in a string; false where there is none, or more. */
static bool to_number(struct bw_str text, bool integer, struct bw_value *ret_number)
{
    char digits[DIGITS_MAX + 1], *end = NULL;
    if (!text.n || text.n > DIGITS_MAX || isspace((unsigned char)text.p[0]))
        return false;
    memcpy(digits, text.p, text.n);
    digits[text.n] = '\0';
    errno = 0;
    if (integer)
        *ret_number = bw_value_int(strtoll(digits, &end, 10));
    else
        *ret_number = bw_value_double(strtod(digits, &end));
    return !errno && end == digits + text.n && (integer || isfinite(ret_number->d));
}

static struct bw_value to_int(struct bw_compose *compose, struct bw_value value, const char *name)
{
    struct bw_value number = {0};
    if (value.kind == BW_VALUE_INT)
        return value;
    if (value.kind == BW_VALUE_DOUBLE && fabs(value.d) < 9e18)
        return keep_place(bw_value_int((int64_t)value.d), value);
    if (to_number(bw_value_text(value), true, &number))
        return keep_place(number, value);
    return bw_compose_misfit(compose, value, "%s is no integer", name);
}

static struct bw_value to_double(struct bw_compose *compose, struct bw_value value,
                                 const char *name)
{
    struct bw_value number = {0};
    if (value.kind == BW_VALUE_INT)
        return keep_place(bw_value_double((double)value.i), value);
    if (value.kind == BW_VALUE_DOUBLE)
        return value;
    if (to_number(bw_value_text(value), false, &number))
        return keep_place(number, value);
    return bw_compose_misfit(compose, value, "%s is no number", name);
}

/* Permission bits: digits in a string are octal. */
static struct bw_value to_mode(struct bw_compose *compose, struct bw_value value, const char *name)
{
    struct bw_str text = bw_value_text(value);
    int64_t bits = 0;
    size_t i = 0;
    if (value.kind != BW_VALUE_STRING)
        return to_int(compose, value, name);
    for (; i < text.n && i < 8 && text.p[i] >= '0' && text.p[i] <= '7'; i++)
        bits = bits * 8 + (text.p[i] - '0');
    if (!text.n || i < text.n)
        return bw_compose_misfit(compose, value, "%s is no octal number", name);
    return keep_place(bw_value_int(bits), value);
}

/* "1.5g", "512 MiB", "64k", "10b": units of 1024, as go-units has them. */
static bool to_bytes(struct bw_str text, struct bw_value *ret_bytes)
{
    struct bw_value number = {0};
    size_t n = 0;
    while (n < text.n && (isdigit((unsigned char)text.p[n]) || text.p[n] == '.'))
        n++;
    struct bw_str unit = bw_str_from(text, n);
    if (unit.n && unit.p[0] == ' ')
        unit = bw_str_from(unit, 1);
    if (!to_number(bw_str_take(text, n), false, &number))
        return false;
    size_t at =
        unit.n ? bw_str_find(BW_STR("kmgtp"), (char)tolower((unsigned char)unit.p[0])) : SIZE_MAX;
    double scale = at == SIZE_MAX ? 1 : ldexp(1, ((int)at + 1) * 10);
    struct bw_str suffix = at == SIZE_MAX ? unit : bw_str_from(unit, 1);
    bool known = !suffix.n || bw_str_eq_nocase(suffix, BW_STR("b")) ||
                 (at != SIZE_MAX && bw_str_eq_nocase(suffix, BW_STR("ib")));
    if (!known || number.d * scale > 9e18)
        return false;
    *ret_bytes = bw_value_int((int64_t)(number.d * scale));
    return true;
}

static struct bw_value to_size(struct bw_compose *compose, struct bw_value value, const char *name)
{
    struct bw_value number = {0};
    if (value.kind != BW_VALUE_STRING)
        return to_int(compose, value, name);
    if (to_number(bw_value_text(value), true, &number) || to_bytes(bw_value_text(value), &number))
        return keep_place(number, value);
    return bw_compose_misfit(compose, value, "%s is no size: 64m, 1.5g, 1024", name);
}

/* The shortest decimal that is this double. */
static struct bw_value text_of_double(struct bw_compose *compose, struct bw_value value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value.d);
        if (strtod(text, NULL) == value.d)
            break;
    }
    return bw_compose_string(compose, bw_str(text), value.place);
}

/* Without what stands for the parts that are unknown. */
static struct bw_value without_holes(struct bw_compose *compose, struct bw_value value)
{
    struct bw_str text = bw_value_text(value);
    if (!(value.flags & BW_COMPOSE_PARTIAL))
        return value;
    bw_buf_clear(&compose->text);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != BW_COMPOSE_HOLE)
            bw_buf_byte(&compose->text, (uint8_t)text.p[i]);
    if (!compose->text.n)
        return keep_place(bw_compose_unknown(compose, "a variable that nobody gave", value.place),
                          value);
    return keep_place(bw_compose_string(compose, bw_buf_slice(&compose->text), value.place), value);
}

static struct bw_value to_string(struct bw_compose *compose, enum bw_compose_form form,
                                 struct bw_value value, const char *name)
{
    char digits[32];
    bool number = form == BW_COMPOSE_TEXT;
    if (value.kind == BW_VALUE_STRING && form != BW_COMPOSE_STRING && form != BW_COMPOSE_PATH)
        return without_holes(compose, value);
    if (value.kind == BW_VALUE_STRING && (value.flags & BW_COMPOSE_PARTIAL))
        return bw_compose_misfit(compose, value, "%s", name);
    if (value.kind == BW_VALUE_STRING && form == BW_COMPOSE_PATH && compose->dir.n)
        return keep_place(
            bw_compose_string(compose, bw_compose_path(compose, bw_value_text(value)), value.place),
            value);
    if (value.kind == BW_VALUE_STRING)
        return value;
    if (number && value.kind == BW_VALUE_DOUBLE)
        return text_of_double(compose, value);
    if (number && value.kind == BW_VALUE_INT)
        snprintf(digits, sizeof digits, "%lld", (long long)value.i);
    else if (number && value.kind == BW_VALUE_UINT)
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)value.u);
    else if (number && value.kind == BW_VALUE_BOOL)
        snprintf(digits, sizeof digits, "%s", value.u ? "true" : "false");
    else
        return bw_compose_misfit(compose, value, "%s is no string", name);
    return keep_place(bw_compose_string(compose, bw_str(digits), value.place), value);
}

/* --- long forms --- */

/* As it stands; of its flags those of `keep`. What is reset and not kept is left out. */
static struct bw_value plain(struct bw_compose *compose, struct bw_value value, unsigned depth,
                             uint8_t keep)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = without_holes(compose, value);
    if (value.kind == BW_VALUE_LIST && depth) {
        out = bw_value_list(make, value.list->n);
        for (uint32_t i = 0; i < value.list->n && !make->failed; i++)
            if (!(value.list->v[i].flags & BW_YAML_RESET))
                bw_value_add(make, &out, plain(compose, value.list->v[i], depth - 1, keep));
    } else if (value.kind == BW_VALUE_MAP && depth) {
        out = bw_value_map(make, value.map->n);
        for (uint32_t i = 0; i < value.map->n && !make->failed; i++)
            if ((keep & BW_YAML_RESET) || !(value.map->v[i].value.flags & BW_YAML_RESET))
                bw_value_put(make, &out, value.map->v[i].key,
                             plain(compose, value.map->v[i].value, depth - 1, keep));
    }
    compose->tagged |= (value.flags & (BW_YAML_RESET | BW_YAML_OVERRIDE)) != 0;
    out.place = value.place;
    out.flags = value.flags & keep;
    return out;
}

struct bw_value bw_compose_untagged(struct bw_compose *compose, struct bw_value value)
{
    return compose->tagged ? plain(compose, value, BW_VALUE_DEPTH_MAX, BW_VALUE_DEFAULT) : value;
}

static struct bw_value canonical_list(struct bw_compose *compose,
                                      const struct bw_compose_type *type, struct bw_value value,
                                      const char *name)
{
    struct bw_value_maker *make = &compose->reading->make;
    if (value.kind != BW_VALUE_LIST)
        return bw_compose_misfit(compose, value, "%s is no list", name);
    struct bw_value list = bw_value_list(make, value.list->n);
    for (uint32_t i = 0; i < value.list->n && !make->failed; i++)
        if (!(value.list->v[i].flags & BW_YAML_RESET))
            bw_value_add(make, &list,
                         bw_compose_canonical(compose, type->element, value.list->v[i], name));
    return bw_compose_unique(compose, type, keep_place(list, value));
}

/* What a record has no such member for. "name" of what: the section that it stands in. */
static void unknown_member(struct bw_compose *compose, const struct bw_compose_type *type,
                           const struct bw_value_member *member, const char *name)
{
    struct bw_str key = bw_str_take(bw_value_text(member->key), 60);
    const char *near =
        bw_compose_hears(compose, BW_GAP_NOTE) ? bw_compose_nearest(type, key) : NULL;
    bw_compose_gap(compose, BW_GAP_NOTE, member->key.place,
                   "%s%scompose does not know \"%" BW_STR_F "\"%s%s%s", name, *name ? ": " : "",
                   BW_STR_A(key), near ? "; did you mean \"" : "", near ? near : "",
                   near ? "\"?" : "");
}

static void add_member(struct bw_compose *compose, const struct bw_compose_type *type,
                       const struct bw_value_member *member, const char *name, struct bw_value *map)
{
    struct bw_value key = without_holes(compose, member->key), value = member->value;
    const struct bw_compose_type *its = bw_compose_member_type(type, bw_value_text(member->key));
    char own_name[64];
    if (!its)
        unknown_member(compose, type, member, name);
    if (!its || key.kind != BW_VALUE_STRING)
        return; /* in a list of names one that nobody gave, which has been said */
    snprintf(own_name, sizeof own_name, "%" BW_STR_F,
             BW_STR_A(bw_str_take(bw_value_text(key), sizeof own_name - 1)));
    if (its == &bw_compose_service && value.kind == BW_VALUE_NULL)
        bw_compose_gap(compose, BW_GAP_NOTE, key.place,
                       "%s: nothing stands there, and compose takes no such service", own_name);
    if (value.flags & BW_YAML_RESET) /* it goes, whatever it is */
        compose->tagged = true;
    else
        value = bw_compose_canonical(compose, its, value, own_name);
    bw_value_put(&compose->reading->make, map, key, value);
}

static struct bw_value canonical_map(struct bw_compose *compose, const struct bw_compose_type *type,
                                     struct bw_value value, const char *name)
{
    if (value.kind != BW_VALUE_MAP)
        return bw_compose_misfit(compose, value, "%s is no mapping", *name ? name : "it");
    struct bw_value map = bw_value_map(&compose->reading->make, value.map->n);
    for (uint32_t i = 0; i < value.map->n && !compose->reading->make.failed; i++)
        add_member(compose, type, &value.map->v[i], name, &map);
    return keep_place(map, value);
}

static struct bw_value canonical_null(struct bw_compose *compose,
                                      const struct bw_compose_type *type, struct bw_value value)
{
    if (type->null == BW_COMPOSE_NULL_KEPT)
        return value;
    if (type->null == BW_COMPOSE_NULL_EMPTY)
        return bw_compose_string(compose, BW_STR(""), value.place);
    return (struct bw_value){0};
}

struct bw_value bw_compose_canonical(struct bw_compose *compose, const struct bw_compose_type *type,
                                     struct bw_value value, const char *name)
{
    compose->tagged |= (value.flags & (BW_YAML_RESET | BW_YAML_OVERRIDE)) != 0;
    if (value.kind == BW_VALUE_NULL)
        return canonical_null(compose, type, value);
    if (type->convert && value.kind != BW_VALUE_UNKNOWN)
        value = type->convert(compose, value, name);
    if (value.kind == BW_VALUE_UNKNOWN || value.kind == BW_VALUE_ABSENT)
        return value;
    switch (type->form) {
    case BW_COMPOSE_ANY:
        return plain(compose, value, BW_VALUE_DEPTH_MAX, BW_YAML_RESET | BW_YAML_OVERRIDE);
    case BW_COMPOSE_BOOL:
        return to_bool(compose, value, name);
    case BW_COMPOSE_INT:
        return to_int(compose, value, name);
    case BW_COMPOSE_NUMBER:
        return to_double(compose, value, name);
    case BW_COMPOSE_BYTES:
        return to_size(compose, value, name);
    case BW_COMPOSE_MODE:
        return to_mode(compose, value, name);
    case BW_COMPOSE_LIST:
        return canonical_list(compose, type, value, name);
    case BW_COMPOSE_MAP:
    case BW_COMPOSE_RECORD:
        return canonical_map(compose, type, value, name);
    default:
        return to_string(compose, type->form, value, name);
    }
}
