#include "extract/manifest-patch.h"

#include "extract/manifest-fields.h"
#include "extract/manifest-kind.h"

static bool has_images(struct bw_value containers)
{
    for (uint32_t i = 0; i < bw_value_count(containers); i++)
        if (bw_value_get(bw_value_index(containers, i), BW_STR("image")).kind == BW_VALUE_ABSENT)
            return false;
    return bw_value_count(containers) > 0;
}

bool bw_manifest_is_patch(struct bw_str kind, struct bw_value object, struct bw_value template)
{
    if (bw_value_get(object, BW_STR("$patch")).kind != BW_VALUE_ABSENT)
        return true;
    return bw_manifest_has_template(kind) &&
           !has_images(bw_value_at(template, "spec", "containers", NULL));
}

static struct bw_value open_fields(struct bw_value_maker *make, const struct bw_field *field,
                                   struct bw_value value, struct bw_value unknown);

static struct bw_value open_list(struct bw_value_maker *make, const struct bw_field *field,
                                 struct bw_value list, struct bw_value unknown)
{
    uint32_t n = bw_value_count(list);
    if (n && list.list->v[n - 1].kind == BW_VALUE_UNKNOWN)
        return list; /* it stands at an alias, too */
    struct bw_value open = bw_value_list(make, n + 1);
    open.place = list.place ? list.place : unknown.place;
    for (uint32_t i = 0; i < n; i++)
        bw_value_add(make, &open, open_fields(make, field->of, list.list->v[i], unknown));
    bw_value_add(make, &open, unknown);
    return open;
}

/* The tables of fields do not contain themselves: that bounds the depth. */
static struct bw_value open_fields(struct bw_value_maker *make, const struct bw_field *field,
                                   struct bw_value value, struct bw_value unknown)
{
    bool absent = value.kind == BW_VALUE_ABSENT;
    /* Lists of structs are merged by the names of their elements, others are replaced. */
    if (field->type == BW_FIELD_LIST && field->of && field->of->type == BW_FIELD_STRUCT &&
        (absent || value.kind == BW_VALUE_LIST))
        return open_list(make, field, value, unknown);
    if (absent)
        return unknown;
    if (field->type != BW_FIELD_STRUCT || value.kind != BW_VALUE_MAP)
        return value;
    for (const struct bw_field *member = field->of; member->name; member++) {
        struct bw_value old = bw_value_get(value, bw_str(member->name));
        bw_value_set(make, &value, member->name, open_fields(make, member, old, unknown));
    }
    return value;
}

struct bw_value bw_manifest_patch_template(struct bw_value_maker *make, struct bw_value template)
{
    struct bw_value unknown =
        bw_value_unknown(make, BW_UNKNOWN_MISSING,
                         BW_STR("a patch: the object that it is laid over is not at hand"));
    unknown.place = template.place;
    struct bw_value spec = bw_value_get(template, BW_STR("spec"));
    bw_value_set(make, &template, "spec", open_fields(make, &bw_manifest_pod_spec, spec, unknown));
    return template;
}
