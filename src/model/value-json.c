#include "model/value-json.h"

#include "wrap/json.h"

static struct bw_value from_json(struct bw_value_maker *make, const struct bw_json *json,
                                 unsigned depth);

static struct bw_value from_array(struct bw_value_maker *make, const struct bw_json *json,
                                  unsigned depth)
{
    struct bw_json_iter it = bw_json_iter(json);
    struct bw_value value = bw_value_list(make, (uint32_t)bw_json_size(json));
    for (const struct bw_json *item; (item = bw_json_next(&it));)
        bw_value_add(make, &value, from_json(make, item, depth + 1));
    return value;
}

static struct bw_value from_object(struct bw_value_maker *make, const struct bw_json *json,
                                   unsigned depth)
{
    struct bw_json_iter it = bw_json_iter(json);
    struct bw_value value = bw_value_map(make, (uint32_t)bw_json_size(json));
    for (const struct bw_json *item; (item = bw_json_next(&it));)
        bw_value_put(make, &value, bw_value_string(make, it.key), from_json(make, item, depth + 1));
    return value;
}

static struct bw_value from_number(const struct bw_json *json)
{
    int64_t i;
    uint64_t u;
    double d = 0;
    if (bw_json_i64(json, &i))
        return bw_value_int(i);
    if (bw_json_u64(json, &u))
        return bw_value_uint(u);
    return bw_json_double(json, &d) ? bw_value_double(d) : bw_value_null();
}

static struct bw_value from_json(struct bw_value_maker *make, const struct bw_json *json,
                                 unsigned depth)
{
    if (depth > BW_VALUE_DEPTH_MAX || bw_json_size(json) > BW_VALUE_COUNT_MAX)
        make->failed = true;
    switch (make->failed ? BW_JSON_ABSENT : bw_json_type(json)) {
    case BW_JSON_NULL:
        return bw_value_null();
    case BW_JSON_BOOL:
        return bw_value_bool(bw_json_is_true(json));
    case BW_JSON_NUMBER:
        return from_number(json);
    case BW_JSON_STRING:
        return bw_value_string(make, bw_json_string(json));
    case BW_JSON_ARRAY:
        return from_array(make, json, depth);
    case BW_JSON_OBJECT:
        return from_object(make, json, depth);
    default:
        return (struct bw_value){0};
    }
}

int bw_value_from_json(struct bw_value_maker *make, struct bw_str json, struct bw_value *ret_value,
                       struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, json, NULL, 0, err);
    if (rc)
        return rc;
    struct bw_value value = from_json(make, bw_json_root(doc), 1);
    if (make->failed)
        return bw_err_set(err, BW_ELIMIT, "JSON of more values or levels than are held");
    *ret_value = value;
    return 0;
}
