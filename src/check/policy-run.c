/*
 * The surroundings of expressions: what their variables are, for the object and policy at hand.
 */
#include "check/policy-judge.h"

static struct bw_value unknown(struct bw_policy_judge *judge, enum bw_unknown_class class,
                               const char *why)
{
    struct bw_value_maker make = {.arena = judge->arena};
    return bw_value_unknown(&make, class, bw_str(why));
}

/* --- request --- */

static struct bw_value kind_of(struct bw_value_maker *make, const struct bw_object *object,
                               const char *key, struct bw_str what)
{
    struct bw_value value = bw_value_map(make, 3);
    bw_value_set(make, &value, "group", bw_value_string(make, object->group));
    bw_value_set(make, &value, "version", bw_value_string(make, object->version));
    bw_value_set(make, &value, key, bw_value_string(make, what));
    return value;
}

/* admission.k8s.io/v1 AdmissionRequest, as far as a document tells. */
static struct bw_value make_request(struct bw_policy_judge *judge)
{
    struct bw_value_maker make = {.arena = judge->arena};
    const struct bw_object *object = judge->object;
    struct bw_value request = bw_value_map(&make, 12);
    struct bw_value kind = kind_of(&make, object, "kind", object->kind);
    struct bw_value resource = kind_of(&make, object, "resource", object->resource);
    bw_value_set(&make, &request, "kind", kind);
    bw_value_set(&make, &request, "resource", resource);
    bw_value_set(&make, &request, "requestKind", kind);
    bw_value_set(&make, &request, "requestResource", resource);
    bw_value_set(&make, &request, "name", bw_value_string(&make, object->name));
    bw_value_set(&make, &request, "namespace",
                 bw_value_string(&make, bw_policy_is_cluster_scoped(object)
                                            ? BW_STR("")
                                            : bw_policy_namespace_of(object)));
    bw_value_set(&make, &request, "operation", bw_value_string(&make, BW_STR("CREATE")));
    bw_value_set(&make, &request, "dryRun", bw_value_bool(false));
    bw_value_set(&make, &request, "userInfo",
                 unknown(judge, BW_UNKNOWN_MISSING,
                         "who will create the object is known only when it is created"));
    return make.failed ? (struct bw_value){0} : request;
}

/* The request that is given, for the object at hand: of several that one request brings (a workload
 * and the Pod view of it, a call and the container it makes) each is what it is about.
 * requestKind and requestResource stay what was asked for. */
static struct bw_value given_request(struct bw_policy_judge *judge)
{
    struct bw_value_maker make = {.arena = judge->arena};
    const struct bw_object *object = judge->object;
    struct bw_value given = judge->around->request;
    struct bw_str own = bw_str_take(object->resource, bw_str_find(object->resource, '/'));
    struct bw_value resource = bw_value_at(given, "resource", "resource", NULL);
    struct bw_value request = bw_value_map(&make, bw_value_count(given));
    if (given.kind != BW_VALUE_MAP || bw_str_eq(bw_value_text(resource), own))
        return given;
    for (uint32_t i = 0; i < given.map->n; i++)
        bw_value_put(&make, &request, given.map->v[i].key, given.map->v[i].value);
    bw_value_set(&make, &request, "kind", kind_of(&make, object, "kind", object->kind));
    bw_value_set(&make, &request, "resource", kind_of(&make, object, "resource", own));
    return make.failed ? (struct bw_value){0} : request;
}

/* --- namespaces --- */

/* A Namespace of which the name alone is known. */
static struct bw_value named_namespace(struct bw_policy_judge *judge, struct bw_str name)
{
    struct bw_value_maker make = {.arena = judge->arena};
    bool manifest = judge->object->syntax == BW_SYNTAX_MANIFEST;
    struct bw_value value = bw_value_map(&make, 5), metadata = bw_value_map(&make, 3);
    struct bw_value rest =
        manifest ? unknown(judge, BW_UNKNOWN_MISSING, "the Namespace is not at hand")
                 : unknown(judge, BW_UNKNOWN_INEXPRESSIBLE, "the document has no namespaces");
    bw_value_set(&make, &metadata, "name", bw_value_string(&make, name));
    bw_value_set(&make, &metadata, "labels", rest);
    bw_value_set(&make, &metadata, "annotations", rest);
    bw_value_set(&make, &value, "apiVersion", bw_value_string(&make, BW_STR("v1")));
    bw_value_set(&make, &value, "kind", bw_value_string(&make, BW_STR("Namespace")));
    bw_value_set(&make, &value, "metadata", metadata);
    bw_value_set(&make, &value, "spec", rest);
    bw_value_set(&make, &value, "status", rest);
    return make.failed ? (struct bw_value){0} : value;
}

static struct bw_value namespace_object(struct bw_policy_judge *judge)
{
    const struct bw_policy_around *around = judge->around;
    struct bw_str name = bw_policy_namespace_of(judge->object);
    struct bw_value found = {0};
    if (bw_policy_is_cluster_scoped(judge->object))
        return bw_value_null();
    if (around->namespace_named)
        found = around->namespace_named(around->ctx, name);
    return found.kind ? found : named_namespace(judge, name);
}

static struct bw_value *lazy(struct bw_policy_judge *judge, uint32_t slot)
{
    switch (slot) {
    case BW_POLICY_SLOT_REQUEST:
        if (!judge->request.kind)
            judge->request =
                judge->around->request.kind ? given_request(judge) : make_request(judge);
        return &judge->request;
    case BW_POLICY_SLOT_NAMESPACE:
        if (!judge->namespace_object.kind)
            judge->namespace_object = namespace_object(judge);
        return &judge->namespace_object;
    case BW_POLICY_SLOT_AUTHORIZER:
    case BW_POLICY_SLOT_RESOURCE:
        if (!judge->authorizer.kind)
            judge->authorizer = unknown(judge, BW_UNKNOWN_MISSING,
                                        "there is no cluster that could say who may do what");
        return &judge->authorizer;
    default:
        return NULL;
    }
}

/* --- variables --- */

uint32_t bw_policy_first_variable(const struct bw_policy_judge *judge)
{
    return judge->record->has_params ? BW_POLICY_SLOTS : BW_POLICY_SLOT_PARAMS;
}

static struct bw_value evaluate_variable(struct bw_policy_judge *judge, uint32_t slot,
                                         uint32_t program)
{
    uint32_t limit = judge->limit;
    judge->limit = slot;
    struct bw_value value = bw_cel_eval(judge->set->programs[program], &judge->run);
    judge->limit = limit;
    return value;
}

static struct bw_value variable(struct bw_policy_judge *judge, uint32_t slot)
{
    uint32_t i = slot - bw_policy_first_variable(judge);
    if (slot >= judge->limit || i >= judge->record->variables.n)
        return (struct bw_value){0};
    const struct bw_policy_use *use = &judge->set->parts[judge->record->variables.at + i];
    if (use->memo == BW_POLICY_NONE)
        return evaluate_variable(judge, slot, use->program);
    if (judge->memo_at[use->memo] != judge->generation) {
        judge->memo[use->memo] = evaluate_variable(judge, slot, use->program);
        judge->memo_at[use->memo] = judge->generation;
    }
    return judge->memo[use->memo];
}

static struct bw_value resolve(const struct bw_cel_run *run, uint32_t slot)
{
    struct bw_policy_judge *judge = run->ctx;
    if (slot >= bw_policy_first_variable(judge))
        judge->variables[slot] = variable(judge, slot);
    else if (lazy(judge, slot))
        judge->variables[slot] = *lazy(judge, slot);
    return judge->variables[slot];
}

/* --- running --- */

static uint32_t operation_of(const struct bw_policy_around *around)
{
    static const struct {
        const char *name;
        uint32_t operation;
    } operations[] = {
        {"UPDATE", BW_POLICY_UPDATE}, {"DELETE", BW_POLICY_DELETE}, {"CONNECT", BW_POLICY_CONNECT}};
    struct bw_value given = bw_value_at(around->request, "operation", NULL);
    for (size_t i = 0; i < BW_ARRAY_LEN(operations); i++)
        if (bw_value_is(given, operations[i].name))
            return operations[i].operation;
    return BW_POLICY_CREATE;
}

/* A generation that comes round again must not find what was kept long ago. */
void bw_policy_forget(struct bw_policy_judge *judge)
{
    if (++judge->generation)
        return;
    memset(judge->memo_at, 0, judge->set->head->memos * sizeof *judge->memo_at);
    judge->generation = 1;
}

void bw_policy_begin_object(struct bw_policy_judge *judge, const struct bw_object *object,
                            const struct bw_policy_around *around)
{
    bw_arena_reset(judge->arena);
    bw_policy_forget(judge);
    judge->outcomes.n = 0;
    judge->short_of_room = false;
    judge->object = object;
    judge->around = around;
    judge->operation = operation_of(around);
    judge->value = object->value;
    judge->request = judge->namespace_object = judge->authorizer = (struct bw_value){0};
    judge->run = (struct bw_cel_run){.variables = judge->variables,
                                     .variables_n = BW_ARRAY_LEN(judge->variables),
                                     .resolve = resolve,
                                     .ctx = judge,
                                     .arena = judge->arena,
                                     .budget = &judge->budget,
                                     .patterns = judge->patterns,
                                     .now_ns = around->now_ns};
}

void bw_policy_begin(struct bw_policy_judge *judge, struct bw_value params)
{
    struct bw_value *v = judge->variables;
    uint32_t first = bw_policy_first_variable(judge);
    judge->limit = first + judge->record->variables.n;
    memset(v, 0, judge->limit * sizeof *v);
    v[BW_POLICY_SLOT_OBJECT] = judge->value;
    v[BW_POLICY_SLOT_OLD_OBJECT] =
        judge->around->old_object.kind ? judge->around->old_object : bw_value_null();
    if (judge->record->has_params)
        v[BW_POLICY_SLOT_PARAMS] = params;
}

struct bw_value bw_policy_run_program(struct bw_policy_judge *judge, uint32_t program)
{
    return bw_cel_eval(judge->set->programs[program], &judge->run);
}

enum bw_policy_answer bw_policy_ask_match(struct bw_policy_judge *judge,
                                          const struct bw_policy_match *match)
{
    struct bw_value namespace = {0};
    if (match->namespace_requirements.n)
    namespace = *lazy(judge, BW_POLICY_SLOT_NAMESPACE);
    return bw_policy_match_object(judge->set, match, judge->object, judge->operation,
                                  judge->around->old_object, namespace);
}

/* --- parameters --- */

bool bw_policy_wants_param(const struct bw_policy_judge *judge,
                           const struct bw_policy_binding *binding, uint32_t index)
{
    const struct bw_policy_set *set = judge->set;
    const struct bw_policy_param *param = &set->params[index];
    struct bw_str name = bw_policy_text(set, binding->param_name);
    struct bw_str space = bw_policy_text(set, binding->param_space);
    struct bw_str own = bw_policy_text(set, param->namespace);
    if (name.n && !bw_str_eq(name, bw_policy_text(set, param->name)))
        return false;
    if (own.n && !bw_str_eq(own, space.n ? space : bw_policy_namespace_of(judge->object)))
        return false;
    return bw_policy_match_labels(
               set, binding->requirements,
               bw_value_at(set->param_values[index], "metadata", "labels", NULL)) == BW_POLICY_YES;
}

struct bw_value bw_policy_no_params(struct bw_policy_judge *judge)
{
    if (!judge->record->has_params)
        return (struct bw_value){0};
    return unknown(judge, BW_UNKNOWN_INEXPRESSIBLE, "no binding gives the policy parameters");
}

/* --- messages --- */

static bool is_message(struct bw_value value)
{
    struct bw_str text = bw_value_text(value);
    return value.kind == BW_VALUE_STRING && bw_str_trim(text).n && text.n <= BW_CEL_MESSAGE_MAX &&
           bw_str_find(text, '\n') == SIZE_MAX;
}

struct bw_str bw_policy_message(struct bw_policy_judge *judge, const struct bw_policy_use *use)
{
    struct bw_str text = bw_str_trim(bw_policy_text(judge->set, use->message));
    if (use->message_program != BW_POLICY_NONE) {
        struct bw_value value = bw_policy_run_program(judge, use->message_program);
        if (is_message(value))
            return bw_str_trim(bw_value_text(value));
    }
    if (text.n)
        return text;
    struct bw_str source = bw_str_trim(bw_cel_source(judge->set->programs[use->program]));
    text = bw_arena_printf(judge->arena, "failed expression: %" BW_STR_F,
                           BW_STR_A(bw_str_take(source, BW_CEL_MESSAGE_MAX)));
    return text.p ? text : source;
}
