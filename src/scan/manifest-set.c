#include "scan/manifest-set.h"

#include "base/map.h"

const char *const bw_manifest_set_resources[] = {
    "namespaces",
    "pods",
    "deployments",
    "statefulsets",
    "daemonsets",
    "replicasets",
    "replicationcontrollers",
    "jobs",
    "cronjobs",
    "services",
    "ingresses",
    "networkpolicies",
    "serviceaccounts",
    "roles",
    "clusterroles",
    "rolebindings",
    "clusterrolebindings",
    "resourcequotas",
    "limitranges",
    "poddisruptionbudgets",
    "horizontalpodautoscalers",
    "configmaps",
    "secrets",
    "persistentvolumes",
    "persistentvolumeclaims",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    NULL,
};

/* A list under the name of each resource, and one of all objects. */
struct set {
    struct bw_value_maker make;
    struct bw_map lists; /* resource -> struct bw_value in the arena */
    struct bw_value objects;
};

#define RESOURCES_MAX 10000u

static struct bw_value *list_of(struct set *set, struct bw_str resource)
{
    struct bw_map_item *item = bw_map_at(&set->lists, resource);
    if (item && !item->value) {
        struct bw_value *list = bw_arena_alloc(set->make.arena, sizeof *list);
        if (list)
            *list = bw_value_list(&set->make, 0);
        item->value = list;
    }
    return item ? item->value : NULL;
}

static bool add_object(struct set *set, const struct bw_object *object)
{
    struct bw_value *list = list_of(set, object->resource);
    if (!list)
        return false;
    bw_value_add(&set->make, list, object->value);
    if (object->view_of == BW_OBJECT_NO_VIEW)
        bw_value_add(&set->make, &set->objects, object->value);
    return true;
}

static bool gather(struct set *set, const struct bw_scan *scan, size_t first)
{
    for (size_t i = 0; bw_manifest_set_resources[i]; i++)
        if (!list_of(set, bw_str(bw_manifest_set_resources[i])))
            return false;
    for (size_t d = first; d < scan->documents.n; d++) {
        const struct bw_document *document = &scan->documents.v[d].document;
        for (size_t i = 0; document->syntax == BW_SYNTAX_MANIFEST && i < document->objects_n; i++)
            if (!add_object(set, &document->objects[i]))
                return false;
    }
    return !set->make.failed;
}

static struct bw_value set_value(struct set *set)
{
    struct bw_value value = bw_value_map(&set->make, (uint32_t)set->lists.n + 3);
    bw_value_set(&set->make, &value, "apiVersion",
                 bw_value_string(&set->make, BW_STR("bulwark.dev/v1")));
    bw_value_set(&set->make, &value, "kind", bw_value_string(&set->make, BW_STR("ManifestSet")));
    bw_value_set(&set->make, &value, "objects", set->objects);
    for (size_t i = 0; i < set->lists.n; i++) {
        struct bw_value key = bw_value_string(&set->make, set->lists.items[i].key);
        bw_value_put(&set->make, &value, key, *(struct bw_value *)set->lists.items[i].value);
    }
    return value;
}

static struct bw_object *new_object(struct bw_arena *arena, struct bw_str name,
                                    struct bw_value value)
{
    struct bw_object *object = bw_arena_alloc(arena, sizeof *object);
    if (object)
        *object = (struct bw_object){.syntax = BW_SYNTAX_MANIFEST,
                                     .view_of = BW_OBJECT_NO_VIEW,
                                     .group = BW_STR(BW_OBJECT_GROUP),
                                     .version = BW_STR("v1"),
                                     .resource = BW_STR("manifestsets"),
                                     .kind = BW_STR("ManifestSet"),
                                     .name = name,
                                     .value = value};
    return object;
}

int bw_manifest_set_add(struct bw_scan *scan, size_t first, struct bw_str name, struct bw_err *err)
{
    struct set set = {.make = {.arena = scan->arena}, .lists = BW_MAP(RESOURCES_MAX)};
    set.objects = bw_value_list(&set.make, 64);
    bool gathered = gather(&set, scan, first);
    struct bw_value value = gathered ? set_value(&set) : (struct bw_value){0};
    bool empty = gathered && bw_value_count(set.objects) == 0;
    bw_map_free(&set.lists);
    if (empty)
        return 0;
    struct bw_object *object = new_object(scan->arena, name, value);
    struct bw_read_document *slot =
        object && !set.make.failed && gathered
            ? BW_VEC_PUSH(&scan->documents, BW_SCAN_TARGETS_MAX * (size_t)1024)
            : NULL;
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "no room for more objects");
    slot->subject = (uint32_t)scan->subjects.n;
    slot->document.syntax = BW_SYNTAX_MANIFEST;
    slot->document.objects = object;
    slot->document.objects_n = 1;
    return 0;
}
