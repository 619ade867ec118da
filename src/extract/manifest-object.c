#include "extract/manifest-object.h"

#include <stdio.h>

#include "extract/manifest-fields.h"
#include "extract/manifest-kind.h"

struct bw_manifest_maker bw_manifest_maker(struct bw_reading *reading)
{
    return (struct bw_manifest_maker){
        .reading = reading,
        .check = {.reading = reading, .who = "Kubernetes", .judge = "the API server"},
    };
}

static uint32_t line_of(const struct bw_manifest_maker *maker, struct bw_value value)
{
    const struct bw_reading *reading = maker->reading;
    return value.place < reading->places.n ? reading->places.v[value.place].line : 0;
}

/* --- fields --- */

/* Puts what became of a value back under its key, where it was; keeps the key's place. */
static void put_back(struct bw_value_maker *make, struct bw_value map, const char *key,
                     struct bw_value value)
{
    struct bw_value name = bw_value_string(make, bw_str(key));
    const struct bw_value_member *member = bw_value_member(map, name);
    if (member && value.kind != BW_VALUE_ABSENT)
        bw_value_put(make, &map, member->key, value);
}

/* To the API server a null is a field that is not set. */
static struct bw_value without_nulls(struct bw_value_maker *make, struct bw_value map)
{
    bool any = false;
    for (uint32_t i = 0; map.kind == BW_VALUE_MAP && i < map.map->n; i++)
        any |= map.map->v[i].value.kind == BW_VALUE_NULL;
    if (!any)
        return map;
    struct bw_value out = bw_value_map(make, map.map->n);
    out.place = map.place;
    for (uint32_t i = 0; i < map.map->n; i++)
        if (map.map->v[i].value.kind != BW_VALUE_NULL)
            bw_value_put(make, &out, map.map->v[i].key, map.map->v[i].value);
    return out;
}

static void conform(struct bw_manifest_maker *maker, struct bw_value map, const char *key,
                    const struct bw_field *field, const char *path)
{
    struct bw_value value = bw_value_get(map, bw_str(key));
    if (value.kind != BW_VALUE_ABSENT && value.kind != BW_VALUE_NULL)
        put_back(&maker->reading->make, map, key,
                 bw_field_conform(&maker->check, field, path, value));
}

static bool is_policy_role(const struct bw_object *object)
{
    return bw_str_eq(object->group, BW_STR("rbac.authorization.k8s.io")) &&
           (bw_str_eq(object->kind, BW_STR("Role")) ||
            bw_str_eq(object->kind, BW_STR("ClusterRole")));
}

static bool is_pod(const struct bw_object *object)
{
    return !object->group.n && bw_str_eq(object->kind, BW_STR("Pod"));
}

static void conform_template(struct bw_manifest_maker *maker, struct bw_value template,
                             const char *path)
{
    char text[96];
    snprintf(text, sizeof text, "%s.metadata", path);
    conform(maker, template, "metadata", &bw_manifest_metadata, text);
    snprintf(text, sizeof text, "%s.spec", path);
    conform(maker, template, "spec", &bw_manifest_pod_spec, text);
}

struct bw_manifest_holder bw_manifest_conform(struct bw_manifest_maker *maker,
                                              struct bw_object *object)
{
    struct bw_value_maker *make = &maker->reading->make;
    struct bw_manifest_holder holder = {0};
    struct bw_value value = without_nulls(make, object->value);
    put_back(make, value, "spec", without_nulls(make, bw_value_get(value, BW_STR("spec"))));
    conform(maker, value, "metadata", &bw_manifest_metadata, "metadata");
    if (is_pod(object))
        conform(maker, value, "spec", &bw_manifest_pod_spec, "spec");
    if (is_policy_role(object))
        conform(maker, value, "rules", &bw_manifest_policy_rules, "rules");
    holder.template = bw_manifest_template(object->kind, value, &holder.path);
    if (holder.template.kind == BW_VALUE_MAP)
        conform_template(maker, holder.template, holder.path);
    object->value = value;
    return holder;
}

/* --- views --- */

/* The template's metadata with the names that its pods live under. */
static struct bw_value view_metadata(struct bw_value_maker *make, struct bw_value template,
                                     struct bw_value object)
{
    static const char *const names[] = {"name", "namespace"};
    struct bw_value written = bw_value_get(template, BW_STR("metadata"));
    struct bw_value metadata = bw_value_map(make, bw_value_count(written) + 2);
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        bw_value_set(make, &metadata, names[i], bw_value_at(object, "metadata", names[i], NULL));
    for (uint32_t i = 0; written.kind == BW_VALUE_MAP && i < written.map->n; i++)
        bw_value_put(make, &metadata, written.map->v[i].key, written.map->v[i].value);
    metadata.place = written.place ? written.place : template.place;
    return metadata;
}

static struct bw_value view_of_template(struct bw_value_maker *make, struct bw_value template,
                                        struct bw_value object)
{
    struct bw_value pod = bw_value_map(make, 4);
    bw_value_set(make, &pod, "apiVersion", bw_value_string(make, BW_STR("v1")));
    bw_value_set(make, &pod, "kind", bw_value_string(make, BW_STR("Pod")));
    bw_value_set(make, &pod, "metadata", view_metadata(make, template, object));
    bw_value_set(make, &pod, "spec", bw_value_get(template, BW_STR("spec")));
    pod.place = template.place;
    return pod;
}

void bw_manifest_add_view(struct bw_manifest_maker *maker, const struct bw_object *object,
                          uint32_t of, struct bw_value pod)
{
    struct bw_object view = *object;
    view.group = BW_STR("");
    view.version = BW_STR("v1");
    view.resource = BW_STR("pods");
    view.kind = BW_STR("Pod");
    view.view_of = of;
    view.place = pod.place;
    view.value = pod;
    if (of != BW_OBJECT_NO_VIEW)
        bw_reading_object(maker->reading, &view);
}

/* --- adding --- */

static bool has_containers(struct bw_manifest_maker *maker, struct bw_value pod, const char *path)
{
    struct bw_value spec = bw_value_get(pod, BW_STR("spec"));
    struct bw_value containers = bw_value_get(spec, BW_STR("containers"));
    if (spec.kind == BW_VALUE_UNKNOWN || containers.kind == BW_VALUE_UNKNOWN ||
        (containers.kind == BW_VALUE_LIST && bw_value_count(containers)))
        return true;
    bw_reading_gap(maker->reading, BW_GAP_BLOCKING, line_of(maker, pod), BW_STR("a Pod"),
                   "%sspec.containers is missing or empty: the API server refuses it", path);
    return false;
}

void bw_manifest_add(struct bw_manifest_maker *maker, const struct bw_object *object,
                     struct bw_value template)
{
    if (is_pod(object) && !has_containers(maker, object->value, ""))
        return;
    uint32_t index = bw_reading_object(maker->reading, object);
    if (template.kind == BW_VALUE_MAP && has_containers(maker, template, "the template's "))
        bw_manifest_add_view(maker, object, index,
                             view_of_template(&maker->reading->make, template, object->value));
}
