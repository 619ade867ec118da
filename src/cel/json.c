/* Values as JSON (RFC 8259), as cel-spec converts them to google.protobuf.Value. */
#include <math.h>
#include <stdio.h>

#include "base/base64.h"
#include "cel/function.h"
#include "cel/text.h"
#include "cel/time-text.h"

#define DEPTH_MAX 1000u

static int write_value(struct bw_value value, struct bw_buf *buf, unsigned depth,
                       struct bw_err *err);

static void write_string(struct bw_str s, struct bw_buf *buf)
{
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    bw_buf_byte(buf, '"');
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        const char *found = c ? strchr(named, c) : NULL;
        if (found)
            bw_buf_printf(buf, "\\%c", letters[found - named]);
        else if ((unsigned char)c < 0x20)
            bw_buf_printf(buf, "\\u%04x", (unsigned)c);
        else
            bw_buf_byte(buf, (uint8_t)c);
    }
    bw_buf_byte(buf, '"');
}

static void write_base64(struct bw_str s, struct bw_buf *buf)
{
    bw_buf_byte(buf, '"');
    bw_base64_write(s.p, s.n, buf);
    bw_buf_byte(buf, '"');
}

static void write_double(double d, struct bw_buf *buf)
{
    char out[BW_CEL_NUMBER_SIZE];
    if (isnan(d))
        bw_buf_str(buf, BW_STR("\"NaN\""));
    else if (isinf(d))
        bw_buf_str(buf, d < 0 ? BW_STR("\"-Infinity\"") : BW_STR("\"Infinity\""));
    else
        bw_buf_str(buf, bw_cel_number_text(bw_value_double(d), out));
}

static void write_key(struct bw_value key, struct bw_buf *buf)
{
    char out[BW_CEL_NUMBER_SIZE];
    if (key.kind == BW_VALUE_STRING)
        write_string(bw_value_text(key), buf);
    else if (key.kind == BW_VALUE_BOOL)
        write_string(key.u ? BW_STR("true") : BW_STR("false"), buf);
    else
        write_string(bw_cel_number_text(key, out), buf);
}

static int write_list(const struct bw_value_list *list, struct bw_buf *buf, unsigned depth,
                      struct bw_err *err)
{
    bw_buf_byte(buf, '[');
    for (uint32_t i = 0; i < list->n; i++) {
        if (i)
            bw_buf_byte(buf, ',');
        int code = write_value(list->v[i], buf, depth, err);
        if (code)
            return code;
    }
    bw_buf_byte(buf, ']');
    return 0;
}

static int write_map(const struct bw_value_map *map, struct bw_buf *buf, unsigned depth,
                     struct bw_err *err)
{
    bw_buf_byte(buf, '{');
    for (uint32_t i = 0; i < map->n; i++) {
        if (i)
            bw_buf_byte(buf, ',');
        write_key(map->v[i].key, buf);
        bw_buf_byte(buf, ':');
        int code = write_value(map->v[i].value, buf, depth, err);
        if (code)
            return code;
    }
    bw_buf_byte(buf, '}');
    return 0;
}

static int write_opaque(const struct bw_cel_opaque *opaque, struct bw_buf *buf, struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    uint64_t cost = 0;
    if (!opaque->class->to_string)
        return bw_err_set(err, BW_EFORMAT, "a value of type %s has no JSON form",
                          opaque->class->type);
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    struct bw_cel_call call = {
        .arena = arena, .make = {.arena = arena}, .cost = &cost, .cost_max = UINT64_MAX / 2};
    struct bw_value text = opaque->class->to_string(&call, opaque->p);
    if (text.kind != BW_VALUE_STRING)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    write_string(bw_value_text(text), buf);
    return 0;
}

static int write_foreign(struct bw_value value, struct bw_buf *buf, unsigned depth,
                         struct bw_err *err)
{
    char out[BW_CEL_TIME_SIZE];
    switch (value.kind) {
    case BW_CEL_TIMESTAMP:
        write_string(bw_cel_time_text(bw_cel_timestamp_of(value), out), buf);
        return 0;
    case BW_CEL_DURATION:
        write_string(bw_cel_duration_text(bw_cel_duration_of(value), out), buf);
        return 0;
    case BW_CEL_OPTIONAL:
        if (value.foreign)
            return write_value(bw_cel_optional_of(value), buf, depth, err);
        bw_buf_str(buf, BW_STR("null"));
        return 0;
    case BW_CEL_OPAQUE:
        return write_opaque(value.foreign, buf, err);
    case BW_CEL_ERROR:
        return bw_err_set(err, BW_EFORMAT, "an error has no JSON form: %" BW_STR_F,
                          BW_STR_A(bw_str_take(bw_cel_error_text(value), 200)));
    case BW_VALUE_UNKNOWN:
        return bw_err_set(err, BW_EFORMAT, "what is unknown has no JSON form: %" BW_STR_F,
                          BW_STR_A(bw_str_take(value.unknown->why, 200)));
    default:
        return bw_err_set(err, BW_EFORMAT, "a value of type %s has no JSON form",
                          bw_cel_type_name(value));
    }
}

static int write_value(struct bw_value value, struct bw_buf *buf, unsigned depth,
                       struct bw_err *err)
{
    char out[BW_CEL_NUMBER_SIZE];
    if (depth == 0)
        return bw_err_set(err, BW_ELIMIT, "a value is nested deeper than %u", DEPTH_MAX);
    switch (value.kind) {
    case BW_VALUE_NULL:
        bw_buf_str(buf, BW_STR("null"));
        return 0;
    case BW_VALUE_BOOL:
        bw_buf_str(buf, value.u ? BW_STR("true") : BW_STR("false"));
        return 0;
    case BW_VALUE_INT:
    case BW_VALUE_UINT:
        bw_buf_str(buf, bw_cel_number_text(value, out));
        return 0;
    case BW_VALUE_DOUBLE:
        write_double(value.d, buf);
        return 0;
    case BW_VALUE_STRING:
        write_string(bw_value_text(value), buf);
        return 0;
    case BW_VALUE_BYTES:
        write_base64(bw_value_text(value), buf);
        return 0;
    case BW_VALUE_LIST:
        return write_list(value.list, buf, depth - 1, err);
    case BW_VALUE_MAP:
        return write_map(value.map, buf, depth - 1, err);
    default:
        return write_foreign(value, buf, depth - 1, err);
    }
}

int bw_cel_json(struct bw_value value, struct bw_buf *buf, struct bw_err *err)
{
    int code = write_value(value, buf, DEPTH_MAX, err);
    if (!code && bw_buf_failed(buf))
        return bw_err_set(err, BW_ELIMIT, "the JSON is longer than %zu bytes", buf->max);
    return code;
}
