/*
 * From drafts to a set: names are brought together, expressions compiled, and everything put
 * into tables.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check/policy-environment.h"
#include "check/policy-tables.h"

struct builder {
    struct bw_policy_loader *loader;
    struct bw_policy_reader reader; /* for problems of the policy at hand */
    struct bw_policy_compiler compiler;
    struct bw_policy_tables tables;
    bool strict; /* the program's own library keeps to the types */
    struct bw_err *err;
};

/* --- expressions --- */

/* Kyverno's own functions look things up while they decide. */
static const char *beyond_of(enum bw_policy_author author, struct bw_str source)
{
    static const char *const libraries[] = {
        "http.",
        "resource.",
        "globalContext.",
        "imageData.",
        "image(",
        "parseImageReference(",
        "verifyImageSignatures(",
        "verifyAttestationSignatures(",
        "extractPayload(",
        "images.",
        "user.",
        "hash.",
        "x509.",
        "json.",
        "yaml.",
        "random(",
        "generator.",
        "exceptions.",
    };
    for (size_t i = 0; author == BW_POLICY_KYVERNO && i < BW_ARRAY_LEN(libraries); i++) {
        size_t at = bw_str_find_str(source, bw_str(libraries[i]));
        if (at != SIZE_MAX && (at == 0 || !strchr("._", source.p[at - 1])))
            return libraries[i];
    }
    return NULL;
}

static void place_of(const struct bw_policy_draft *draft, const struct bw_yaml *scalar,
                     size_t offset, uint32_t *ret_line, uint32_t *ret_column)
{
    *ret_line = draft->line;
    *ret_column = draft->column;
    if (scalar)
        bw_policy_place_of(draft->source, scalar, offset, ret_line, ret_column);
}

static int compile_problem(struct builder *b, const struct bw_policy_draft *draft,
                           const struct bw_policy_scalar *scalar, const struct bw_cel_issue *issue)
{
    uint32_t line, column;
    const char *library = beyond_of(draft->author, scalar->text);
    place_of(draft, scalar->node, issue->offset, &line, &column);
    if (library)
        return bw_policy_problem(&b->reader, line, column,
                                 "%s (Kyverno's '%s' is not supported: policies look nothing up "
                                 "while they decide)",
                                 issue->message, library);
    return bw_policy_problem(&b->reader, line, column, "%s", issue->message);
}

/* BW_EFORMAT after a problem. */
static int compile(struct builder *b, const struct bw_policy_draft *draft,
                   struct bw_policy_env_state *state, const struct bw_policy_scalar *scalar,
                   uint32_t *ret_program)
{
    struct bw_cel_issue issue = {0};
    struct bw_err why = {0};
    int rc = bw_policy_compile(&b->compiler, state, scalar->text, ret_program, &issue, &why);
    if (rc == 0 || rc == BW_ENOMEM)
        return rc ? bw_err_set(b->err, rc, "%s", why.msg) : 0;
    if (rc != BW_EFORMAT || !issue.message[0])
        snprintf(issue.message, sizeof issue.message, "%s", why.msg);
    return compile_problem(b, draft, scalar, &issue);
}

static int want_type(struct builder *b, const struct bw_policy_draft *draft,
                     const struct bw_policy_scalar *scalar, uint32_t program, const char *wanted)
{
    struct bw_buf type BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 16);
    uint32_t line, column;
    bw_cel_result_type(b->compiler.compiled.v[program], &type);
    struct bw_str found = bw_buf_slice(&type);
    if (bw_str_eq(found, bw_str(wanted)) || bw_str_eq(found, BW_STR("dyn")))
        return 0;
    place_of(draft, scalar->node, 0, &line, &column);
    return bw_policy_problem(&b->reader, line, column,
                             "the expression gives %" BW_STR_F ", and a %s is wanted",
                             BW_STR_A(bw_str_take(found, 100)), wanted);
}

static int put_part(struct builder *b, const struct bw_policy_draft *draft,
                    struct bw_policy_env_state *state, enum bw_policy_part_kind kind,
                    const struct bw_policy_draft_part *part, struct bw_policy_use *use)
{
    *use = (struct bw_policy_use){
        .kind = kind,
        .message_program = BW_POLICY_NONE,
        .memo = BW_POLICY_NONE,
        .name = bw_policy_put_string(&b->tables, part->name.text),
        .message = bw_policy_put_string(&b->tables, part->message.text),
        .reason = bw_policy_put_string(&b->tables,
                                       part->reason.node ? part->reason.text : BW_STR("Invalid"))};
    place_of(draft, part->expression.node, 0, &use->line, &use->column);
    int rc = compile(b, draft, state, &part->expression, &use->program);
    bool decides = kind == BW_POLICY_PART_CONDITION || kind == BW_POLICY_PART_VALIDATION;
    if (rc == 0 && decides)
        rc = want_type(b, draft, &part->expression, use->program, "bool");
    if (rc == 0 && part->message_expression.node)
        rc = compile(b, draft, state, &part->message_expression, &use->message_program);
    if (rc == 0 && part->message_expression.node)
        rc = want_type(b, draft, &part->message_expression, use->message_program, "string");
    return rc;
}

/* A service of a compose file is no Pod, and the policy's variables are about one. */
static int put_fixes(struct builder *b, const struct bw_policy_draft *draft,
                     struct bw_policy_env_state *state, struct bw_policy_run *ret_run)
{
    int rc = 0;
    *ret_run = (struct bw_policy_run){bw_policy_table_count(&b->tables, BW_POLICY_TABLE_PARTS),
                                      (uint32_t)draft->fixes.n};
    for (size_t i = 0; i < draft->fixes.n && rc == 0; i++) {
        const struct bw_policy_draft_part *part = &draft->fixes.v[i];
        struct bw_policy_env_state *sees =
            part->name.text.n ? bw_policy_state_begin(&b->compiler, 0, b->err) : state;
        struct bw_policy_use use = {0};
        rc = sees ? put_part(b, draft, sees, BW_POLICY_PART_FIX, part, &use) : BW_ENOMEM;
        bw_policy_put_entry(&b->tables, BW_POLICY_TABLE_PARTS, &use);
    }
    return rc;
}

/* Goes on after a problem, so that all are told; BW_ENOMEM alone ends it. */
static int put_parts(struct builder *b, const struct bw_policy_draft *draft,
                     struct bw_policy_env_state *state, enum bw_policy_part_kind kind,
                     const struct bw_policy_draft_parts *parts, struct bw_policy_run *ret_run)
{
    int rc = 0;
    *ret_run = (struct bw_policy_run){bw_policy_table_count(&b->tables, BW_POLICY_TABLE_PARTS),
                                      (uint32_t)parts->n};
    for (size_t i = 0; i < parts->n && rc != BW_ENOMEM; i++) {
        struct bw_policy_use use;
        int one = put_part(b, draft, state, kind, &parts->v[i], &use);
        rc = rc ? rc : one;
        bw_policy_put_entry(&b->tables, BW_POLICY_TABLE_PARTS, &use);
    }
    return rc;
}

/* Ends at the first problem: what follows may depend on it. */
static int put_variables(struct builder *b, const struct bw_policy_draft *draft,
                         struct bw_policy_env_state **state, struct bw_policy_run *ret_run)
{
    const struct bw_policy_draft_parts *parts = &draft->variables;
    int rc = 0;
    *ret_run = (struct bw_policy_run){bw_policy_table_count(&b->tables, BW_POLICY_TABLE_PARTS),
                                      (uint32_t)parts->n};
    for (size_t i = 0; i < parts->n && rc == 0; i++) {
        struct bw_policy_use use;
        rc = put_part(b, draft, *state, BW_POLICY_PART_VARIABLE, &parts->v[i], &use);
        if (rc == 0)
            rc = bw_policy_state_extend(&b->compiler, *state, parts->v[i].name.text, use.program,
                                        state, b->err);
        if (rc == 0)
            use.memo = (*state)->memo;
        bw_policy_put_entry(&b->tables, BW_POLICY_TABLE_PARTS, &use);
    }
    return rc;
}

/* --- parameters and bindings --- */

static bool is_param_of(const struct bw_policy_draft *draft,
                        const struct bw_policy_draft_object *object)
{
    return bw_str_eq(object->version, draft->param_version) &&
           bw_str_eq(object->kind, draft->param_kind);
}

static int put_param(struct builder *b, const struct bw_yaml *root, struct bw_str version,
                     struct bw_str kind, struct bw_str namespace, struct bw_str name)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_TEXT_MAX);
    struct bw_err why = {0};
    size_t slash = bw_str_find(version, '/');
    int rc = bw_policy_yaml_json(root, &json, &why);
    if (rc)
        return bw_policy_problem_at(&b->reader, root, "%s", why.msg);
    struct bw_str copy = bw_arena_str(b->loader->arena, bw_buf_slice(&json));
    if (!copy.p)
        return bw_policy_no_room(&b->reader);
    struct bw_policy_param entry = {
        .group = bw_policy_put_string(&b->tables,
                                      slash == SIZE_MAX ? BW_STR("") : bw_str_take(version, slash)),
        .kind = bw_policy_put_string(&b->tables, kind),
        .namespace = bw_policy_put_string(&b->tables, namespace),
        .name = bw_policy_put_string(&b->tables, name),
        .json = bw_policy_put_string(&b->tables, copy),
    };
    bw_policy_put_entry(&b->tables, BW_POLICY_TABLE_PARAMS, &entry);
    return 0;
}

/* All objects of the policy's paramKind; policies of one kind have each their own copy. */
static int put_params(struct builder *b, const struct bw_policy_draft *draft,
                      struct bw_policy_run *ret_run)
{
    int rc = 0;
    ret_run->at = bw_policy_table_count(&b->tables, BW_POLICY_TABLE_PARAMS);
    for (size_t i = 0; i < b->loader->objects.n && rc == 0; i++) {
        const struct bw_policy_draft_object *object = &b->loader->objects.v[i];
        if (is_param_of(draft, object))
            rc = put_param(b, object->root, object->version, object->kind, object->namespace,
                           object->name);
    }
    ret_run->n = bw_policy_table_count(&b->tables, BW_POLICY_TABLE_PARAMS) - ret_run->at;
    return rc;
}

static bool is_binding_of(const struct bw_policy_draft *draft,
                          const struct bw_policy_draft_binding *binding)
{
    if (binding->constraint)
        return draft->author == BW_POLICY_GATEKEEPER &&
               bw_str_eq(binding->policy, draft->constraint_kind);
    return draft->kind == binding->kind && bw_str_eq(binding->policy, draft->id);
}

static int put_binding(struct builder *b, const struct bw_policy_draft *draft,
                       const struct bw_policy_draft_binding *binding, struct bw_policy_run params)
{
    struct bw_policy_binding entry = {
        .action = binding->has_action ? binding->action : draft->action,
        .refers = binding->refers,
        .deny_without = binding->deny_without,
        .params = params,
        .param_name = bw_policy_put_string(&b->tables, binding->param_name),
        .param_space = bw_policy_put_string(&b->tables, binding->param_namespace),
        .requirements = bw_policy_put_requirements(&b->tables, &binding->param_requirements),
    };
    if (binding->refers && !draft->has_params)
        return bw_policy_problem(&b->reader, draft->line, draft->column,
                                 "the binding '%" BW_STR_F
                                 "' has a paramRef, and the policy no paramKind",
                                 BW_STR_A(binding->name));
    if (binding->constraint) {
        entry.params.at = bw_policy_table_count(&b->tables, BW_POLICY_TABLE_PARAMS);
        entry.params.n = 1;
        int rc = put_param(b, binding->constraint, draft->param_version, draft->param_kind,
                           BW_STR(""), binding->name);
        if (rc)
            return rc;
    }
    entry.match = bw_policy_put_match(&b->tables, &binding->match);
    bw_policy_put_entry(&b->tables, BW_POLICY_TABLE_BINDINGS, &entry);
    return 0;
}

static int put_bindings(struct builder *b, const struct bw_policy_draft *draft,
                        struct bw_policy_record *record)
{
    struct bw_policy_run params = {0};
    int rc = draft->has_params ? put_params(b, draft, &params) : 0;
    uint32_t strictest = BW_POLICY_ACTION_COUNT;
    record->bindings.at = bw_policy_table_count(&b->tables, BW_POLICY_TABLE_BINDINGS);
    for (size_t i = 0; i < b->loader->bindings.n && rc == 0; i++) {
        const struct bw_policy_draft_binding *binding = b->loader->bindings.v[i];
        if (!is_binding_of(draft, binding))
            continue;
        rc = put_binding(b, draft, binding, params);
        if (binding->has_action && binding->action < strictest)
            strictest = binding->action;
    }
    record->bindings.n =
        bw_policy_table_count(&b->tables, BW_POLICY_TABLE_BINDINGS) - record->bindings.at;
    if (strictest < BW_POLICY_ACTION_COUNT)
        record->action = strictest;
    if (rc == 0 && draft->author == BW_POLICY_GATEKEEPER && !record->bindings.n)
        return bw_policy_problem(&b->reader, draft->line, draft->column,
                                 "there is no constraint of kind %" BW_STR_F
                                 ": the template says nothing",
                                 BW_STR_A(draft->constraint_kind));
    return rc;
}

static int check_bindings(struct builder *b)
{
    int rc = 0;
    for (size_t i = 0; i < b->loader->bindings.n; i++) {
        const struct bw_policy_draft_binding *binding = b->loader->bindings.v[i];
        size_t j = 0;
        while (j < b->loader->policies.n && !is_binding_of(b->loader->policies.v[j], binding))
            j++;
        if (j < b->loader->policies.n)
            continue;
        b->reader.source = binding->source;
        b->reader.policy = binding->name;
        rc = bw_policy_problem(&b->reader, binding->line, binding->column,
                               "there is no policy '%" BW_STR_F "' that it could bind",
                               BW_STR_A(binding->policy));
    }
    return rc;
}

/* --- policies --- */

/* Whether every rule is for pods alone. */
static bool sees_pod(const struct bw_policy_draft *draft)
{
    const struct bw_policy_draft_rules *rules = &draft->match.rules;
    for (size_t i = 0; i < rules->n; i++) {
        const struct bw_policy_draft_rule *rule = &rules->v[i];
        if (rule->kinds.n || rule->groups.n != 1 || rule->groups.v[0].n)
            return false;
        for (size_t j = 0; j < rule->resources.n; j++)
            if (!bw_str_eq(rule->resources.v[j], BW_STR("pods")))
                return false;
    }
    return rules->n > 0;
}

/* Whether an expression fits the types; a field that a Pod has not is one to be told. */
static bool fits(struct builder *b, struct bw_policy_env_state *state,
                 const struct bw_policy_scalar *scalar, uint32_t *ret_program)
{
    struct bw_cel_issue issue = {0};
    return !scalar->node ||
           !bw_policy_compile(&b->compiler, state, scalar->text, ret_program, &issue, NULL) ||
           issue.no_such_field;
}

static bool all_fit(struct builder *b, struct bw_policy_env_state *state,
                    const struct bw_policy_draft_parts *parts)
{
    uint32_t program;
    for (size_t i = 0; i < parts->n; i++)
        if (!fits(b, state, &parts->v[i].expression, &program) ||
            !fits(b, state, &parts->v[i].message_expression, &program))
            return false;
    return true;
}

/* To Kubernetes, types are advice. Where a policy of others does not keep to them it is compiled
 * without; what was compiled so far is found again. */
static bool types_fit(struct builder *b, const struct bw_policy_draft *draft, unsigned sight)
{
    struct bw_policy_env_state *state = bw_policy_state_begin(&b->compiler, sight, NULL);
    for (size_t i = 0; state && i < draft->variables.n; i++) {
        const struct bw_policy_draft_part *part = &draft->variables.v[i];
        uint32_t program = BW_POLICY_NONE;
        if (!fits(b, state, &part->expression, &program))
            return false;
        if (program == BW_POLICY_NONE ||
            bw_policy_state_extend(&b->compiler, state, part->name.text, program, &state, NULL))
            return true;
    }
    return !state ||
           (all_fit(b, state, &draft->conditions) && all_fit(b, state, &draft->validations) &&
            all_fit(b, state, &draft->audits) && all_fit(b, state, &draft->mutations));
}

static unsigned sight_of(struct builder *b, const struct bw_policy_draft *draft)
{
    unsigned sight = (draft->has_params ? BW_POLICY_SEES_PARAMS : 0u) |
                     (draft->kind == BW_POLICY_MUTATING ? BW_POLICY_SEES_PATCH : 0u);
    bool typed = sees_pod(draft) && (b->strict || types_fit(b, draft, sight | BW_POLICY_SEES_POD));
    return typed ? sight | BW_POLICY_SEES_POD : sight;
}

static int put_expressions(struct builder *b, const struct bw_policy_draft *draft,
                           struct bw_policy_record *record)
{
    struct bw_policy_env_state *state =
        bw_policy_state_begin(&b->compiler, sight_of(b, draft), b->err);
    if (!state)
        return BW_ENOMEM;
    int rc = put_variables(b, draft, &state, &record->variables);
    if (rc)
        return rc;
    rc = put_parts(b, draft, state, BW_POLICY_PART_CONDITION, &draft->conditions,
                   &record->conditions);
    int more = put_parts(b, draft, state, BW_POLICY_PART_VALIDATION, &draft->validations,
                         &record->validations);
    rc = rc ? rc : more;
    more = put_parts(b, draft, state, BW_POLICY_PART_AUDIT, &draft->audits, &record->audits);
    rc = rc ? rc : more;
    more =
        put_parts(b, draft, state, BW_POLICY_PART_MUTATION, &draft->mutations, &record->mutations);
    rc = rc ? rc : more;
    more = put_fixes(b, draft, state, &record->fixes);
    return rc ? rc : more;
}

/* "pods", "apps/deployments", "kind Ingress"; native kinds without their group. */
static struct bw_policy_run put_resources(struct builder *b, const struct bw_policy_draft *draft)
{
    struct bw_policy_run list = {bw_policy_table_count(&b->tables, BW_POLICY_TABLE_WORDS), 0};
    for (size_t i = 0; i < draft->match.rules.n; i++) {
        const struct bw_policy_draft_rule *rule = &draft->match.rules.v[i];
        struct bw_str group = rule->groups.n ? rule->groups.v[0] : BW_STR("");
        bool plain = !group.n || bw_str_eq(group, BW_STR(BW_OBJECT_GROUP)) || rule->groups.n > 1;
        for (size_t j = 0; j < rule->resources.n; j++) {
            struct bw_str name = rule->resources.v[j];
            if (!plain)
                name = bw_arena_printf(b->loader->arena, "%" BW_STR_F "/%" BW_STR_F,
                                       BW_STR_A(group), BW_STR_A(name));
            struct bw_policy_run word = bw_policy_put_string(&b->tables, name);
            bw_policy_put_entry(&b->tables, BW_POLICY_TABLE_WORDS, &word);
        }
    }
    list.n = bw_policy_table_count(&b->tables, BW_POLICY_TABLE_WORDS) - list.at;
    return list;
}

static int put_policy(struct builder *b, const struct bw_policy_draft *draft)
{
    b->reader.source = draft->source;
    b->reader.policy = draft->id;
    struct bw_policy_record record = {
        .id = bw_policy_put_string(&b->tables, draft->id),
        .title = bw_policy_put_string(&b->tables, draft->title),
        .remedy = bw_policy_put_string(&b->tables, draft->remedy),
        .harden = bw_policy_put_string(&b->tables, draft->harden),
        .docker = bw_policy_put_string(&b->tables, draft->docker),
        .file = bw_policy_put_string(&b->tables, draft->source->file),
        .references = bw_policy_put_words(&b->tables, draft->references),
        .aliases = bw_policy_put_words(&b->tables, draft->aliases),
        .profiles = bw_policy_put_words(&b->tables, draft->profiles),
        .resources = put_resources(b, draft),
        .line = draft->line,
        .kind = draft->kind,
        .severity = draft->severity,
        .action = draft->action,
        .ignores_errors = draft->ignores_errors,
        .has_params = draft->has_params,
        .match = bw_policy_put_match(&b->tables, &draft->match),
    };
    int rc = put_expressions(b, draft, &record);
    if (rc == 0)
        rc = put_bindings(b, draft, &record);
    bw_policy_put_entry(&b->tables, BW_POLICY_TABLE_POLICIES, &record);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    const struct bw_policy_draft *const *x = a, *const *y = b;
    return bw_str_cmp((*x)->id, (*y)->id);
}

/* In the order of ids, so that a set does not depend on the order of files. */
static int put_policies(struct builder *b)
{
    struct bw_policy_draft **v = b->loader->policies.v;
    size_t n = b->loader->policies.n;
    int rc = check_bindings(b);
    if (n)
        qsort(v, n, sizeof *v, by_id);
    for (size_t i = 0; i < n && rc != BW_ENOMEM; i++) {
        int one = put_policy(b, v[i]);
        if (i && bw_str_eq(v[i]->id, v[i - 1]->id))
            one = bw_policy_problem(&b->reader, v[i]->line, v[i]->column,
                                    "the name stands also in %" BW_STR_F ":%u",
                                    BW_STR_A(v[i - 1]->source->file), v[i - 1]->line);
        rc = rc ? rc : one;
    }
    return rc;
}

static int build(struct builder *b, struct bw_str id, struct bw_policy_set **ret_set)
{
    struct bw_buf bytes = BW_BUF(BW_POLICY_SET_MAX);
    int rc = put_policies(b);
    if (b->loader->first.code && rc != BW_ENOMEM)
        rc = bw_err_set(b->err, b->loader->first.code, "%s", b->loader->first.msg);
    if (rc)
        return rc;
    for (size_t i = 0; i < b->compiler.compiled.n; i++)
        bw_policy_put_program(&b->tables, bw_cel_bytes(b->compiler.compiled.v[i]));
    rc = bw_policy_lay_out(&b->tables, b->compiler.memos_n, id, &bytes, b->err);
    if (rc == 0)
        rc = bw_policy_set_open_as(bw_buf_slice(&bytes), id, bytes.p, ret_set, b->err);
    if (rc)
        bw_buf_free(&bytes);
    return rc;
}

int bw_policy_set_build_as(struct bw_policy_loader *loader, struct bw_str id,
                           struct bw_policy_set **ret_set, struct bw_err *err)
{
    struct bw_err own;
    struct builder b = {.loader = loader,
                        .reader = {.loader = loader},
                        .compiler = bw_policy_compiler(loader->arena),
                        .tables = bw_policy_tables(),
                        .strict = !id.n,
                        .err = err ? err : &own};
    int rc = build(&b, id, ret_set);
    bw_policy_tables_free(&b.tables);
    bw_policy_compiler_free(&b.compiler);
    return rc;
}

int bw_policy_set_build(struct bw_policy_loader *loader, struct bw_policy_set **ret_set,
                        struct bw_err *err)
{
    return bw_policy_set_build_as(loader, bw_policy_identity(), ret_set, err);
}
