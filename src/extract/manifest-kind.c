#include "extract/manifest-kind.h"

void bw_manifest_group(struct bw_str api_version, struct bw_str *ret_group,
                       struct bw_str *ret_version)
{
    size_t slash = bw_str_find(api_version, '/');
    *ret_group = slash == SIZE_MAX ? BW_STR("") : bw_str_take(api_version, slash);
    *ret_version = slash == SIZE_MAX ? api_version : bw_str_from(api_version, slash + 1);
}

/* Kinds whose resource is no plural, or not the one that the rule makes. */
static const struct {
    const char *kind, *resource;
} irregular[] = {
    {"Endpoints", "endpoints"},
    {"PodMetrics", "pods"},
    {"NodeMetrics", "nodes"},
    {"Kubernetes", "kubernetes"},
    {"SecurityContextConstraints", "securitycontextconstraints"},
};

static bool ends_like(struct bw_str s, const char *const *endings)
{
    for (; *endings; endings++)
        if (bw_str_ends(s, bw_str(*endings)))
            return true;
    return false;
}

static struct bw_str lower(struct bw_arena *arena, struct bw_str s)
{
    struct bw_str copy = bw_arena_str(arena, s);
    for (size_t i = 0; i < copy.n; i++)
        if (copy.p[i] >= 'A' && copy.p[i] <= 'Z')
            ((char *)copy.p)[i] = (char)(copy.p[i] - 'A' + 'a');
    return copy;
}

struct bw_str bw_manifest_resource(struct bw_arena *arena, struct bw_str kind)
{
    static const char *const hissing[] = {"s", "x", "z", "ch", "sh", NULL};
    static const char *const vowel_y[] = {"ay", "ey", "oy", "uy", NULL};
    for (size_t i = 0; i < BW_ARRAY_LEN(irregular); i++)
        if (bw_str_eq(kind, bw_str(irregular[i].kind)))
            return bw_arena_str(arena, bw_str(irregular[i].resource));
    struct bw_str name = lower(arena, kind);
    if (!name.p)
        return name;
    const char *ending = "s";
    if (ends_like(name, hissing)) {
        ending = "es";
    } else if (bw_str_ends(name, BW_STR("y")) && !ends_like(name, vowel_y)) {
        name.n--;
        ending = "ies";
    }
    return bw_arena_printf(arena, "%" BW_STR_F "%s", BW_STR_A(name), ending);
}

/* --- pod templates --- */

#define STEPS_MAX 5u

static const struct holder {
    const char *path;
    const char *steps[STEPS_MAX];
} holders[] = {
    {"spec.template", {"spec", "template"}},
    {"spec.jobTemplate.spec.template", {"spec", "jobTemplate", "spec", "template"}},
    {"template", {"template"}},
    {"spec.jobTargetRef.template", {"spec", "jobTargetRef", "template"}},
};

/* Their templates count even where they have no containers. */
static const char *const known[] = {
    "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController",
    "Job",        "CronJob",    "PodTemplate",
};

bool bw_manifest_has_template(struct bw_str kind)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(known); i++)
        if (bw_str_eq(kind, bw_str(known[i])))
            return true;
    return false;
}

struct bw_value bw_manifest_template(struct bw_str kind, struct bw_value object,
                                     const char **ret_path)
{
    bool certain = bw_manifest_has_template(kind);
    for (size_t i = 0; i < BW_ARRAY_LEN(holders); i++) {
        struct bw_value at = object;
        for (size_t k = 0; k < STEPS_MAX && holders[i].steps[k]; k++)
            at = bw_value_get(at, bw_str(holders[i].steps[k]));
        if (at.kind != BW_VALUE_MAP)
            continue;
        struct bw_value spec = bw_value_get(at, BW_STR("spec"));
        if (!certain && bw_value_get(spec, BW_STR("containers")).kind != BW_VALUE_LIST)
            continue;
        *ret_path = holders[i].path;
        return at;
    }
    return (struct bw_value){0};
}
