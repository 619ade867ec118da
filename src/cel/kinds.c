/* The kinds of values that only expressions make. */
#include <stdarg.h>
#include <stdio.h>

#include "cel/function.h"

struct error {
    enum bw_code code;
    struct bw_str text;
};

static const struct error no_memory = {BW_ENOMEM, {"out of memory", 13}};
static const struct error no_room = {BW_ELIMIT, {"the expression needs too much memory", 36}};
static const struct error no_budget = {BW_ELIMIT, {"actual cost limit exceeded", 26}};

static struct bw_value error_value(const struct error *error)
{
    return (struct bw_value){.kind = BW_CEL_ERROR, .foreign = error};
}

struct bw_value bw_cel_fail_memory(const struct bw_arena *arena)
{
    return error_value(bw_arena_is_full(arena) ? &no_room : &no_memory);
}

struct bw_value bw_cel_fail_budget(void)
{
    return error_value(&no_budget);
}

struct bw_value bw_cel_fail(struct bw_cel_call *call, const char *fmt, ...)
{
    char text[BW_ERR_MSG_MAX];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    struct error *error = bw_arena_alloc(call->arena, sizeof *error);
    struct bw_str copy =
        error ? bw_arena_str(call->arena, bw_str_n(text, length)) : (struct bw_str){0};
    if (!copy.p)
        return bw_cel_fail_memory(call->arena);
    *error = (struct error){BW_EFORMAT, copy};
    return error_value(error);
}

struct bw_str bw_cel_error_text(struct bw_value error)
{
    return error.kind == BW_CEL_ERROR ? ((const struct error *)error.foreign)->text
                                      : (struct bw_str){0};
}

enum bw_code bw_cel_error_code(struct bw_value error)
{
    return error.kind == BW_CEL_ERROR ? ((const struct error *)error.foreign)->code : BW_OK;
}

bool bw_cel_charge(struct bw_cel_call *call, uint64_t n)
{
    if (n > call->cost_max || *call->cost > call->cost_max - n) {
        *call->cost = call->cost_max + 1;
        return false;
    }
    *call->cost += n;
    return true;
}

static struct bw_value foreign(struct bw_cel_call *call, enum bw_cel_kind kind, const void *from,
                               size_t size)
{
    void *p = bw_arena_alloc(call->arena, size);
    if (!p)
        return bw_cel_fail_memory(call->arena);
    memcpy(p, from, size);
    return (struct bw_value){.kind = (uint8_t)kind, .foreign = p};
}

struct bw_value bw_cel_timestamp(struct bw_cel_call *call, int64_t seconds, int32_t nanos)
{
    struct bw_cel_timestamp timestamp = {seconds, nanos};
    if (seconds < BW_CEL_TIMESTAMP_MIN || seconds > BW_CEL_TIMESTAMP_MAX)
        return bw_cel_fail(call, "timestamp overflow");
    return foreign(call, BW_CEL_TIMESTAMP, &timestamp, sizeof timestamp);
}

const struct bw_cel_timestamp *bw_cel_timestamp_of(struct bw_value value)
{
    return value.kind == BW_CEL_TIMESTAMP ? value.foreign : NULL;
}

struct bw_value bw_cel_duration(struct bw_cel_call *call, int64_t nanoseconds)
{
    (void)call;
    return (struct bw_value){.kind = BW_CEL_DURATION, .i = nanoseconds};
}

int64_t bw_cel_duration_of(struct bw_value value)
{
    return value.kind == BW_CEL_DURATION ? value.i : 0;
}

struct bw_value bw_cel_optional(struct bw_cel_call *call, struct bw_value value)
{
    if (value.kind == BW_VALUE_ABSENT)
        return (struct bw_value){.kind = BW_CEL_OPTIONAL, .foreign = NULL};
    return foreign(call, BW_CEL_OPTIONAL, &value, sizeof value);
}

struct bw_value bw_cel_optional_of(struct bw_value value)
{
    if (value.kind != BW_CEL_OPTIONAL || !value.foreign)
        return (struct bw_value){0};
    return *(const struct bw_value *)value.foreign;
}

struct bw_value bw_cel_opaque(struct bw_cel_call *call, const struct bw_cel_opaque_class *class,
                              const void *p)
{
    struct bw_cel_opaque opaque = {class, p};
    return foreign(call, BW_CEL_OPAQUE, &opaque, sizeof opaque);
}

const void *bw_cel_opaque_of(struct bw_value value, const struct bw_cel_opaque_class *class)
{
    if (value.kind != BW_CEL_OPAQUE)
        return NULL;
    const struct bw_cel_opaque *opaque = value.foreign;
    return opaque->class == class ? opaque->p : NULL;
}

struct bw_value bw_cel_type_value(const char *name)
{
    return (struct bw_value){.kind = BW_CEL_TYPE, .foreign = name};
}

const char *bw_cel_type_name(struct bw_value value)
{
    static const char *const names[] = {
        [BW_VALUE_NULL] = "null_type",
        [BW_VALUE_BOOL] = "bool",
        [BW_VALUE_INT] = "int",
        [BW_VALUE_UINT] = "uint",
        [BW_VALUE_DOUBLE] = "double",
        [BW_VALUE_STRING] = "string",
        [BW_VALUE_BYTES] = "bytes",
        [BW_VALUE_LIST] = "list",
        [BW_VALUE_MAP] = "map",
        [BW_CEL_ERROR] = "error",
        [BW_CEL_TYPE] = "type",
        [BW_CEL_TIMESTAMP] = "google.protobuf.Timestamp",
        [BW_CEL_DURATION] = "google.protobuf.Duration",
        [BW_CEL_OPTIONAL] = "optional_type",
    };
    if (value.kind == BW_CEL_OPAQUE)
        return ((const struct bw_cel_opaque *)value.foreign)->class->type;
    return value.kind < BW_ARRAY_LEN(names) && names[value.kind] ? names[value.kind] : "unknown";
}
