#include "enforce/cluster-policies.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "check/policy.h"
#include "enforce/cluster-state.h"
#include "wrap/json.h"

struct object {
    struct bw_str label; /* "ValidatingAdmissionPolicy p" */
    struct bw_str name;  /* "p" */
    struct bw_str json;
    struct bw_str bound;  /* of a binding: its policy's kind and name, as that policy's label */
    struct bw_str params; /* of a policy: "v1 ConfigMap", or empty; of what is unavailable, too */
    bool is_policy, is_binding, is_unavailable, out;
};

struct compiling {
    BW_VEC_TYPE(objects, struct object) objects;
    struct bw_map by_label;
    struct bw_arena *arena;
    void (*left_out)(void *ctx, struct bw_str object, const char *why);
    void *ctx;
    size_t dropped; /* in this round */
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory for policies of the cluster");
}

/* --- the text --- */

/* The label of the policy that a binding is for; empty where it says none. */
static struct bw_str find_bound(struct compiling *c, const struct object *object,
                                const struct bw_json *spec)
{
    size_t blank = bw_str_find(object->label, ' ');
    struct bw_str kind = bw_str_take(object->label, blank - (sizeof "Binding" - 1));
    struct bw_str policy = bw_json_string(bw_json_get(spec, BW_STR("policyName")));
    return bw_arena_printf(c->arena, "%" BW_STR_F " %" BW_STR_F, BW_STR_A(kind), BW_STR_A(policy));
}

static struct bw_str find_params(struct compiling *c, const struct bw_json *spec)
{
    const struct bw_json *kind = bw_json_get(spec, BW_STR("paramKind"));
    if (!kind)
        return BW_STR("");
    struct bw_str version = bw_json_string(bw_json_get(kind, BW_STR("apiVersion")));
    struct bw_str name = bw_json_string(bw_json_get(kind, BW_STR("kind")));
    return bw_arena_printf(c->arena, "%" BW_STR_F " %" BW_STR_F, BW_STR_A(version), BW_STR_A(name));
}

/* What ties it to others. */
static int find_ties(struct compiling *c, struct object *object, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, object->json, NULL, 0, err);
    if (rc)
        return rc;
    const struct bw_json *spec = bw_json_get(bw_json_root(doc), BW_STR("spec"));
    struct bw_str *tie = object->is_binding ? &object->bound : &object->params;
    *tie = object->is_binding ? find_bound(c, object, spec) : find_params(c, spec);
    return tie->p ? 0 : no_memory(err);
}

static int take_line(struct compiling *c, struct bw_str line, struct bw_err *err)
{
    size_t tab = bw_str_find(line, '\t'), blank = bw_str_find(line, ' ');
    if (tab == SIZE_MAX || blank >= tab)
        return bw_err_set(err, BW_EFORMAT, "a policy of the cluster has no name");
    struct object *object = BW_VEC_PUSH(&c->objects, BW_CLUSTER_OBJECTS_MAX);
    if (!object)
        return bw_err_set(err, BW_ELIMIT,
                          "the cluster has more than %u policies, bindings and "
                          "parameters",
                          BW_CLUSTER_OBJECTS_MAX);
    struct bw_str kind = bw_str_take(line, blank);
    *object = (struct object){
        .label = bw_str_take(line, tab),
        .name = bw_str_n(line.p + blank + 1, tab - blank - 1),
        .json = bw_str_from(line, tab + 1),
        .is_policy = bw_str_ends(kind, BW_STR("AdmissionPolicy")),
        .is_binding = bw_str_ends(kind, BW_STR("AdmissionPolicyBinding")),
    };
    if (bw_str_starts(line, BW_STR(BW_CLUSTER_UNAVAILABLE))) {
        object->is_unavailable = object->out = true;
        object->params = object->name;
    }
    return object->is_binding || object->is_policy ? find_ties(c, object, err) : 0;
}

static int index_objects(struct compiling *c, struct bw_err *err)
{
    for (size_t i = 0; i < c->objects.n; i++) {
        struct bw_map_item *item = bw_map_at(&c->by_label, c->objects.v[i].label);
        if (!item)
            return no_memory(err);
        item->value = &c->objects.v[i];
    }
    return 0;
}

static int read(struct compiling *c, struct bw_str text, struct bw_err *err)
{
    struct bw_str line;
    int rc = 0;
    while (rc == 0 && text.n && bw_str_line(&text, &line))
        rc = take_line(c, line, err);
    return rc ? rc : index_objects(c, err);
}

/* --- what is in force --- */

static void drop(struct compiling *c, struct object *object, const char *why)
{
    if (object->out)
        return;
    object->out = true;
    c->dropped++;
    c->left_out(c->ctx, object->label, why);
}

/* A parameter that is not at hand is not one that does not exist, which may deny. */
static void drop_unavailable(struct compiling *c)
{
    for (size_t i = 0; i < c->objects.n; i++)
        for (size_t j = 0; c->objects.v[i].is_unavailable && j < c->objects.n; j++)
            if (c->objects.v[j].is_policy &&
                bw_str_eq(c->objects.v[j].params, c->objects.v[i].params))
                drop(c, &c->objects.v[j], "its parameters are not at hand");
}

/* A binding of what is not there binds nothing; a policy that nothing binds is not in force.
 * Returns how many policies are. */
static size_t bind(struct compiling *c)
{
    struct bw_map bound BW_CLEANUP(bw_map_free) = BW_MAP(BW_CLUSTER_OBJECTS_MAX);
    size_t in_force = 0;
    for (size_t i = 0; i < c->objects.n; i++) {
        struct object *object = &c->objects.v[i];
        const struct object *policy =
            object->is_binding ? bw_map_get(&c->by_label, object->bound) : NULL;
        if (!object->is_binding || object->out)
            continue;
        if (!policy || policy->out)
            object->out = true;
        else if (!bw_map_at(&bound, object->bound))
            return 0;
        else
            bw_map_at(&bound, object->bound)->value = object;
    }
    for (size_t i = 0; i < c->objects.n; i++) {
        struct object *object = &c->objects.v[i];
        if (object->is_policy && !object->out && !bw_map_get(&bound, object->label))
            object->out = true;
        in_force += object->is_policy && !object->out;
    }
    return in_force;
}

/* --- compiling --- */

/* A problem is of the object that its file is named after; else of the policy. */
static void on_problem(void *ctx, const struct bw_policy_problem *problem)
{
    struct compiling *c = ctx;
    struct object *object = bw_map_get(&c->by_label, problem->file);
    for (size_t i = 0; !object && i < c->objects.n; i++)
        if (c->objects.v[i].is_policy && bw_str_eq(c->objects.v[i].name, problem->policy))
            object = &c->objects.v[i];
    if (object)
        drop(c, object, problem->message);
}

static int compile(struct compiling *c, struct bw_buf *set, struct bw_err *err)
{
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(on_problem, c, err);
    struct bw_policy_set *built BW_CLEANUP(bw_policy_set_freep) = NULL;
    int rc = 0, first = 0;
    if (!loader)
        return no_memory(err);
    for (size_t i = 0; i < c->objects.n; i++) {
        if (c->objects.v[i].out)
            continue;
        rc = bw_policy_load(loader, c->objects.v[i].label, c->objects.v[i].json, err);
        if (rc && rc != BW_EFORMAT)
            return rc;
        first = first ? first : rc;
    }
    if (first)
        return first;
    rc = bw_policy_set_build(loader, &built, err);
    if (rc == 0)
        bw_buf_str(set, bw_policy_set_bytes(built));
    return rc == 0 && bw_buf_failed(set) ? no_memory(err) : rc;
}

/* Rounds, each without what the one before it stumbled over. */
static int compile_all(struct compiling *c, struct bw_buf *set, struct bw_err *err)
{
    size_t before = set->n;
    drop_unavailable(c);
    for (;;) {
        if (!bind(c))
            return 0;
        c->dropped = 0;
        set->n = before;
        int rc = compile(c, set, err);
        if (rc != BW_EFORMAT || !c->dropped)
            return rc;
    }
}

int bw_cluster_policies_compile(struct bw_str text,
                                void (*left_out)(void *ctx, struct bw_str object, const char *why),
                                void *ctx, struct bw_buf *set, struct bw_err *err)
{
    struct compiling c = {.by_label = BW_MAP(BW_CLUSTER_OBJECTS_MAX),
                          .arena = bw_arena_new(BW_POLICY_ARENA_MAX),
                          .left_out = left_out,
                          .ctx = ctx};
    int rc = c.arena ? read(&c, text, err) : no_memory(err);
    if (rc == 0)
        rc = compile_all(&c, set, err);
    BW_VEC_FREE(&c.objects);
    bw_map_free(&c.by_label);
    bw_arena_free(c.arena);
    return rc;
}
