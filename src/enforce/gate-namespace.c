/*
 * Namespace objects of a configuration. They are as the API server has them but for what is not
 * handed over, which is unknown.
 */
#include "enforce/gate-state.h"
#include "wrap/json.h"

static int wrong(struct bw_err *err, struct bw_str name, const char *what)
{
    return bw_err_set(err, BW_EFORMAT, "\"namespaces\": \"%" BW_STR_F "\" %s",
                      BW_STR_A(bw_str_take(name, 80)), what);
}

static int take_texts(struct bw_value_maker *make, struct bw_str name, const struct bw_json *json,
                      struct bw_value *texts, struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(json);
    if (bw_json_type(json) != BW_JSON_OBJECT)
        return wrong(err, name, "has labels or annotations that are no object");
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        if (!bw_json_string(value).p)
            return wrong(err, name, "has a label or an annotation that is no text");
        bw_value_put(make, texts, bw_value_string(make, it.key),
                     bw_value_string(make, bw_json_string(value)));
    }
    return 0;
}

static int take_metadata(struct bw_value_maker *make, struct bw_str name,
                         const struct bw_json *json, struct bw_value *metadata, struct bw_err *err)
{
    struct bw_value labels = bw_value_map(make, 4), annotations = bw_value_map(make, 4);
    struct bw_json_iter it = bw_json_iter(json);
    int rc = 0;
    if (bw_json_type(json) != BW_JSON_OBJECT)
        return wrong(err, name, "is no object: write {\"labels\": {...}}");
    for (const struct bw_json *value; rc == 0 && (value = bw_json_next(&it));) {
        if (bw_str_eq(it.key, BW_STR("labels")))
            rc = take_texts(make, name, value, &labels, err);
        else if (bw_str_eq(it.key, BW_STR("annotations")))
            rc = take_texts(make, name, value, &annotations, err);
        else
            rc = wrong(err, name, "has a member that is neither labels nor annotations");
    }
    bw_value_set(make, metadata, "name", bw_value_string(make, name));
    bw_value_set(make, metadata, "labels", labels);
    bw_value_set(make, metadata, "annotations", annotations);
    return rc;
}

int bw_gate_namespaces_read(const struct bw_json *json, struct bw_arena *arena,
                            struct bw_value *ret_namespaces, struct bw_err *err)
{
    struct bw_value_maker make = {.arena = arena};
    struct bw_json_iter it = bw_json_iter(json);
    struct bw_value all = bw_value_map(&make, (uint32_t)bw_json_size(json));
    struct bw_value rest =
        bw_value_unknown(&make, BW_UNKNOWN_MISSING,
                         BW_STR("of the Namespace, only labels and annotations are at hand"));
    if (bw_json_type(json) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT,
                          "\"namespaces\" is no object: write {\"NAME\": "
                          "{\"labels\": {...}}}");
    for (const struct bw_json *each; (each = bw_json_next(&it)) && !make.failed;) {
        struct bw_value value = bw_value_map(&make, 5), metadata = bw_value_map(&make, 3);
        int rc = take_metadata(&make, it.key, each, &metadata, err);
        if (rc)
            return rc;
        if (bw_value_get(all, it.key).kind != BW_VALUE_ABSENT)
            return wrong(err, it.key, "stands there twice");
        bw_value_set(&make, &value, "apiVersion", bw_value_string(&make, BW_STR("v1")));
        bw_value_set(&make, &value, "kind", bw_value_string(&make, BW_STR("Namespace")));
        bw_value_set(&make, &value, "metadata", metadata);
        bw_value_set(&make, &value, "spec", rest);
        bw_value_set(&make, &value, "status", rest);
        bw_value_put(&make, &all, bw_value_string(&make, it.key), value);
    }
    if (make.failed)
        return bw_err_set(err, bw_arena_is_full(arena) ? BW_ELIMIT : BW_ENOMEM, "no room for it");
    *ret_namespaces = all;
    return 0;
}

struct bw_value bw_gate_namespace(const struct bw_gate_judge *judge, struct bw_str name)
{
    return bw_value_get(judge->rules->configuration.namespaces, name);
}
