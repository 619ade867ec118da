#include "extract/compose-model.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#define WHAT BW_STR("the compose file")

/* --- gaps --- */

static bool may_send(struct bw_compose *compose, enum bw_gap_class class)
{
    unsigned *sent = &compose->gaps[class == BW_GAP_BLOCKING];
    if (*sent == BW_COMPOSE_GAPS_MAX)
        bw_reading_gap(compose->reading, class, 0, WHAT,
                       "more than %u things of this kind; those after them are not listed",
                       BW_COMPOSE_GAPS_MAX);
    return (*sent)++ < BW_COMPOSE_GAPS_MAX;
}

bool bw_compose_hears(const struct bw_compose *compose, enum bw_gap_class class)
{
    return compose->gaps[class == BW_GAP_BLOCKING] <= BW_COMPOSE_GAPS_MAX;
}

static void gap_at(struct bw_compose *compose, enum bw_gap_class class, uint32_t place,
                   const char *why)
{
    const struct bw_reading *reading = compose->reading;
    struct bw_value_place where = {0};
    if (!may_send(compose, class))
        return;
    if (place < reading->places.n)
        where = reading->places.v[place];
    if (!where.file)
        bw_reading_gap(compose->reading, class, where.line, WHAT, "%s", why);
    else
        bw_reading_gap(compose->reading, class, 0, WHAT, "%" BW_STR_F ":%u: %s",
                       BW_STR_A(reading->files.v[where.file]), where.line, why);
}

void bw_compose_gap(struct bw_compose *compose, enum bw_gap_class class, uint32_t place,
                    const char *why, ...)
{
    char text[BW_ERR_MSG_MAX];
    va_list args;
    va_start(args, why);
    vsnprintf(text, sizeof text, why, args);
    va_end(args);
    gap_at(compose, class, place, text);
}

struct bw_value bw_compose_misfit(struct bw_compose *compose, struct bw_value value,
                                  const char *why, ...)
{
    char text[BW_ERR_MSG_MAX];
    va_list args;
    if (value.flags & BW_COMPOSE_PARTIAL)
        return bw_compose_unknown(compose, "a variable that nobody gave", value.place);
    va_start(args, why);
    vsnprintf(text, sizeof text, why, args);
    va_end(args);
    gap_at(compose, BW_GAP_BLOCKING, value.place, text);
    return bw_compose_unknown(compose, "compose does not take what stands there", value.place);
}

bool bw_compose_may_read(struct bw_compose *compose, size_t n, uint32_t place)
{
    bool may = n <= BW_READER_FILES_MAX - compose->read;
    if (may)
        compose->read += n;
    else
        bw_compose_gap(compose, BW_GAP_BLOCKING, place, "more than %zu MiB of files in one project",
                       BW_READER_FILES_MAX >> 20);
    return may;
}

struct bw_value bw_compose_string(struct bw_compose *compose, struct bw_str text, uint32_t place)
{
    struct bw_value value = bw_value_string(&compose->reading->make, text);
    value.place = place;
    return value;
}

struct bw_value bw_compose_unknown(struct bw_compose *compose, const char *why, uint32_t place)
{
    struct bw_value value =
        bw_value_unknown(&compose->reading->make, BW_UNKNOWN_MISSING, bw_str(why));
    value.place = place;
    return value;
}

struct bw_str bw_compose_path(struct bw_compose *compose, struct bw_str path)
{
    struct bw_str dir = compose->dir, part;
    if (!dir.n || !path.n || path.p[0] == '/' || path.p[0] == '~' || path.p[0] == '\\' ||
        (path.n > 1 && isalpha((unsigned char)path.p[0]) && path.p[1] == ':'))
        return path;
    while (bw_str_starts(path, BW_STR("../")) || bw_str_starts(path, BW_STR("./")) ||
           bw_str_eq(path, BW_STR("..")) || bw_str_eq(path, BW_STR("."))) {
        bool up = bw_str_starts(path, BW_STR(".."));
        size_t slash = bw_str_rfind(dir, '/');
        part = slash == SIZE_MAX ? dir : bw_str_from(dir, slash + 1);
        if (up && (!dir.n || bw_str_eq(part, BW_STR(".."))))
            break;
        if (up)
            dir = bw_str_take(dir, slash == SIZE_MAX ? 0 : slash);
        path = bw_str_from(path, up ? 3 : 2);
    }
    if (!dir.n)
        return bw_arena_printf(compose->reading->arena, "%s%" BW_STR_F,
                               bw_str_starts(path, BW_STR("..")) ? "" : "./", BW_STR_A(path));
    return bw_arena_printf(compose->reading->arena, "%s%" BW_STR_F "%s%" BW_STR_F,
                           bw_str_starts(dir, BW_STR("..")) ? "" : "./", BW_STR_A(dir),
                           path.n ? "/" : "", BW_STR_A(path));
}

/* --- references --- */

static void note_unset(void *ctx, struct bw_str name, bool required)
{
    struct bw_compose *compose = ctx;
    struct bw_value_maker *make = &compose->reading->make;
    (void)required;
    if (compose->unset.kind != BW_VALUE_MAP)
        compose->unset = bw_value_map(make, 4);
    bw_value_put(make, &compose->unset, bw_value_string(make, name), bw_value_null());
    bw_buf_byte(&compose->text, BW_COMPOSE_HOLE);
}

static struct bw_value interpolate_text(struct bw_compose *compose, struct bw_value value)
{
    struct bw_err err = {0};
    struct bw_compose_text result = {.out = &compose->text, .ctx = compose, .unset = note_unset};
    uint8_t tags = value.flags;
    uint32_t place = value.place;
    if (bw_str_find(bw_value_text(value), '$') == SIZE_MAX)
        return value;
    bw_buf_clear(&compose->text);
    if (bw_compose_substitute(bw_value_text(value), &compose->env, &result, &err))
        value = bw_compose_misfit(compose, value, "%s", err.msg);
    else if (result.missing && compose->text.n == 1)
        value = bw_compose_unknown(compose, "a variable that nobody gave", place);
    else
        value = bw_compose_string(compose, bw_buf_slice(&compose->text), place);
    value.flags |= tags;
    if (result.missing && value.kind == BW_VALUE_STRING)
        value.flags |= BW_COMPOSE_PARTIAL;
    return value;
}

static struct bw_value interpolate(struct bw_compose *compose, struct bw_value value,
                                   unsigned depth);

static bool is_unchanged(struct bw_value a, struct bw_value b)
{
    return a.kind == b.kind && a.flags == b.flags && a.tag == b.tag && a.place == b.place &&
           a.u == b.u;
}

/* The same container where nothing in it changes, which is so for most of them. */
static struct bw_value interpolate_all(struct bw_compose *compose, struct bw_value value,
                                       unsigned depth)
{
    struct bw_value_maker *make = &compose->reading->make;
    bool map = value.kind == BW_VALUE_MAP, changed = false;
    struct bw_value out = {0};
    for (uint32_t i = 0; i < bw_value_count(value) && !make->failed; i++) {
        struct bw_value old = map ? value.map->v[i].value : value.list->v[i];
        struct bw_value new = interpolate(compose, old, depth - 1);
        if (!changed && is_unchanged(old, new))
            continue;
        if (!changed) {
            out = map ? bw_value_map(make, value.map->n) : bw_value_list(make, value.list->n);
            for (uint32_t j = 0; j < i; j++)
                if (map)
                    bw_value_put(make, &out, value.map->v[j].key, value.map->v[j].value);
                else
                    bw_value_add(make, &out, value.list->v[j]);
            changed = true;
        }
        if (map)
            bw_value_put(make, &out, value.map->v[i].key, new);
        else
            bw_value_add(make, &out, new);
    }
    out.place = value.place;
    out.flags = value.flags;
    return changed ? out : value;
}

static struct bw_value interpolate(struct bw_compose *compose, struct bw_value value,
                                   unsigned depth)
{
    if (value.kind == BW_VALUE_STRING)
        return interpolate_text(compose, value);
    if (!depth || (value.kind != BW_VALUE_LIST && value.kind != BW_VALUE_MAP))
        return value;
    return interpolate_all(compose, value, depth);
}

struct bw_value bw_compose_interpolate(struct bw_compose *compose, struct bw_value value)
{
    return interpolate(compose, value, BW_VALUE_DEPTH_MAX);
}
