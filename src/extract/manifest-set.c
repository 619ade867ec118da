#include "extract/manifest-set.h"

#include "base/map.h"
#include "extract/manifest-patch.h"

/* A set always has a list of these, be it empty. */
static const char *const resources[] = {
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

/* A patch, or the view of one: it is no part of what will run. */
static bool is_patch(const struct bw_document *document, const struct bw_object *object)
{
    if (object->view_of != BW_OBJECT_NO_VIEW)
        object = &document->objects[object->view_of];
    return bw_str_eq(object->resource, BW_STR(BW_MANIFEST_PATCHES));
}

static bool gather(struct set *set, const struct bw_document *const *documents, size_t n)
{
    for (size_t i = 0; resources[i]; i++)
        if (!list_of(set, bw_str(resources[i])))
            return false;
    for (size_t d = 0; d < n; d++)
        for (size_t i = 0;
             documents[d]->syntax == BW_SYNTAX_MANIFEST && i < documents[d]->objects_n; i++)
            if (!is_patch(documents[d], &documents[d]->objects[i]) &&
                !add_object(set, &documents[d]->objects[i]))
                return false;
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

int bw_manifest_set(const struct bw_document *const *documents, size_t n, struct bw_str name,
                    struct bw_arena *arena, struct bw_object *ret_object, bool *ret_any,
                    struct bw_err *err)
{
    struct set set = {.make = {.arena = arena}, .lists = BW_MAP(RESOURCES_MAX)};
    set.objects = bw_value_list(&set.make, 64);
    bool gathered = gather(&set, documents, n);
    struct bw_value value = gathered ? set_value(&set) : (struct bw_value){0};
    bw_map_free(&set.lists);
    if (!gathered || set.make.failed)
        return bw_err_set(err, BW_ELIMIT, "no room for a set of manifests");
    *ret_any = bw_value_count(set.objects) > 0;
    if (*ret_any)
        *ret_object = (struct bw_object){.syntax = BW_SYNTAX_MANIFEST,
                                         .view_of = BW_OBJECT_NO_VIEW,
                                         .group = BW_STR(BW_OBJECT_GROUP),
                                         .version = BW_STR("v1"),
                                         .resource = BW_STR("manifestsets"),
                                         .kind = BW_STR("ManifestSet"),
                                         .name = name,
                                         .value = value};
    return 0;
}
