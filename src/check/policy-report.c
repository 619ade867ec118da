/*
 * Outcomes become results, findings and gaps.
 */
#include <stdlib.h>

#include "check/policy-judge.h"
#include "check/policy-report.h"

#define NAMESPACES_MAX 1000000u
#define NAME_BYTES     ((size_t)1 << 16)
#define BECAUSE_BYTES  ((size_t)1 << 20)
#define BECAUSE_MAX    200u /* of a value that decided */

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for more findings or results");
}

/* --- names --- */

static const struct bw_object *origin_of(const struct bw_document *document,
                                         const struct bw_object *object)
{
    return object->view_of < document->objects_n ? &document->objects[object->view_of] : object;
}

void bw_policy_object_name(const struct bw_document *document, const struct bw_object *object,
                           struct bw_buf *buf)
{
    const struct bw_object *origin = origin_of(document, object);
    bool service = bw_str_eq(origin->resource, BW_STR("composeservices"));
    bw_buf_str(buf, service ? BW_STR("service") : origin->kind);
    if (origin->namespace.n)
        bw_buf_printf(buf, " %" BW_STR_F "/%" BW_STR_F, BW_STR_A(origin->namespace),
                      BW_STR_A(origin->name));
    else if (origin->name.n && !bw_str_eq(origin->name, origin->kind))
        bw_buf_printf(buf, " %" BW_STR_F, BW_STR_A(origin->name));
}

static struct bw_str name_of(struct bw_policy_reporting *r, const struct bw_document *document,
                             const struct bw_object *object)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(NAME_BYTES);
    bw_policy_object_name(document, object, &buf);
    return bw_arena_str(r->output->arena, bw_buf_slice(&buf));
}

/* Where the template of a Pod stands in what makes Pods; empty for what is one, and for other
 * forms, whose own words the path does not have. */
static const char *template_of(const struct bw_document *document, const struct bw_object *object)
{
    const struct bw_object *origin = origin_of(document, object);
    if (origin == object || object->syntax != BW_SYNTAX_MANIFEST)
        return "";
    if (bw_str_eq(origin->resource, BW_STR("cronjobs")))
        return "spec.jobTemplate.spec.template.";
    return bw_str_eq(origin->resource, BW_STR("podtemplates")) ? "template." : "spec.template.";
}

/* "k8s/web.yaml: Deployment shop/web" */
static struct bw_str where_of(struct bw_policy_reporting *r, const struct bw_document *document,
                              const struct bw_object *object)
{
    struct bw_str name = name_of(r, document, object);
    if (document->file >= document->files_n)
        return name;
    return bw_arena_printf(r->output->arena, "%" BW_STR_F ": %" BW_STR_F,
                           BW_STR_A(document->files[document->file]), BW_STR_A(name));
}

/* "spec.hostNetwork is true": what a person looks for in the document. */
static struct bw_str because(struct bw_policy_reporting *r, const struct bw_document *document,
                             const struct bw_object *object,
                             const struct bw_policy_outcome *outcome)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BECAUSE_BYTES);
    struct bw_err ignored;
    struct bw_str path = outcome->path;
    if (bw_str_starts(path, BW_STR("object.")))
        path = bw_arena_printf(r->output->arena, "%s%" BW_STR_F, template_of(document, object),
                               BW_STR_A(bw_str_from(path, 7)));
    if (!path.n)
        return outcome->expression.n
                   ? bw_arena_printf(r->output->arena, "%" BW_STR_F,
                                     BW_STR_A(bw_str_take(outcome->expression, BECAUSE_MAX)))
                   : BW_STR("");
    if (outcome->value.kind == BW_VALUE_ABSENT)
        return bw_arena_printf(r->output->arena, "there is no %" BW_STR_F, BW_STR_A(path));
    if (bw_cel_json(outcome->value, &json, &ignored))
        return bw_arena_str(r->output->arena, path);
    bool cut = json.n > BECAUSE_MAX;
    return bw_arena_printf(r->output->arena, "%" BW_STR_F " is %" BW_STR_F "%s", BW_STR_A(path),
                           BW_STR_A(bw_str_take(bw_buf_slice(&json), BECAUSE_MAX)),
                           cut ? "..." : "");
}

/* --- gaps --- */

void bw_policy_note(struct bw_policy_reporting *r, struct bw_str where, const char *what,
                    struct bw_str why)
{
    struct bw_str key = bw_arena_printf(r->output->arena, "%" BW_STR_F "\n%" BW_STR_F,
                                        BW_STR_A(where), BW_STR_A(why));
    struct bw_map_item *item = key.p ? bw_map_at(&r->told, key) : NULL;
    if (!item || item->value)
        return;
    item->value = r;
    r->output->gap(r->output->gap_ctx, BW_GAP_NOTE, where, bw_str(what), why);
}

/* Several objects may leave the same policy in doubt. */
static bool is_shown(const struct bw_policy_doubt *doubt, uint32_t policy)
{
    for (uint32_t i = 0; i < doubt->n; i++)
        if (doubt->shown[i] == policy)
            return true;
    return false;
}

static int doubt(struct bw_policy_reporting *r, const struct bw_document *document,
                 const struct bw_object *object, const struct bw_policy_outcome *outcome,
                 struct bw_err *err)
{
    struct bw_arena *arena = r->output->arena;
    struct bw_policy_doubt *known = bw_map_get(&r->doubts, outcome->message);
    struct bw_str id = r->set->policies[outcome->policy].id;
    if (known && is_shown(known, outcome->policy))
        return 0;
    if (!known) {
        struct bw_str why = bw_arena_str(arena, outcome->message);
        struct bw_map_item *item = why.p ? bw_map_at(&r->doubts, why) : NULL;
        known = item ? bw_arena_alloc(arena, sizeof *known) : NULL;
        if (!known)
            return r->doubts.n >= BW_POLICY_GAPS_MAX ? 0 : full(err);
        item->value = known;
        *known = (struct bw_policy_doubt){.why = why, .where = where_of(r, document, object)};
    }
    known->more = known->n == BW_POLICY_DOUBT_SHOWN;
    if (!known->more) {
        known->ids = !known->n ? id
                               : bw_arena_printf(arena, "%" BW_STR_F ", %" BW_STR_F,
                                                 BW_STR_A(known->ids), BW_STR_A(id));
        known->shown[known->n++] = outcome->policy;
    }
    return known->ids.p && known->where.p ? 0 : full(err);
}

static void tell_doubts(struct bw_policy_reporting *r)
{
    for (size_t i = 0; i < r->doubts.n; i++) {
        const struct bw_policy_doubt *one = r->doubts.items[i].value;
        struct bw_str what = one ? bw_arena_printf(r->output->arena, "%s %" BW_STR_F "%s",
                                                   one->n == 1 ? "policy" : "policies",
                                                   BW_STR_A(one->ids), one->more ? ", ..." : "")
                                 : (struct bw_str){0};
        if (what.p)
            r->output->gap(r->output->gap_ctx, BW_GAP_NOTE, one->where, what, one->why);
    }
}

/* --- findings --- */

static int add_finding(struct bw_policy_reporting *r, const struct bw_document *document,
                       const struct bw_object *object, const struct bw_policy_outcome *outcome,
                       struct bw_err *err)
{
    const struct bw_policy *policy = &r->set->policies[outcome->policy];
    struct bw_value_place at = {.file = document->file};
    if (outcome->place && outcome->place < document->places_n)
        at = document->places[outcome->place];
    struct bw_finding finding = {
        .kind = BW_FINDING_POLICY,
        .id = policy->id,
        .severity = policy->severity,
        .location = {.line = at.line},
        .column = at.column,
        .title = bw_str(policy->check.title),
        .remedy = bw_str(policy->check.remedy),
        .match = bw_arena_str(r->output->arena, outcome->message),
        .aliases = policy->aliases,
        .action = outcome->action,
        .object = name_of(r, document, object),
        .because = because(r, document, object, outcome),
        .waiver = bw_policy_waiver(r, document, object, policy, outcome->place),
    };
    if (at.file < document->files_n)
        finding.location.path = document->files[at.file];
    if (!finding.match.p || !finding.object.p || !finding.because.p)
        return full(err);
    int rc = bw_check_add_finding(r->input, r->output, &finding, err);
    if (rc == 0 && r->judge->found && !finding.waiver)
        r->judge->found(r->judge->found_ctx, &r->output->findings->v[r->output->findings->n - 1],
                        outcome->policy, document, object);
    return rc;
}

static int take_outcome(struct bw_policy_reporting *r, const struct bw_document *document,
                        const struct bw_object *object, const struct bw_policy_outcome *outcome,
                        bool first, struct bw_err *err)
{
    struct bw_policy_tally *tally = &r->tallies[outcome->policy];
    bool known = outcome->status != BW_STATUS_NOT_APPLICABLE;
    tally->looked_at += first && known;
    if (outcome->status == BW_STATUS_PASS)
        tally->passed++;
    if (!tally->why.p && (outcome->status == BW_STATUS_NOT_EVALUATED || !known)) {
        tally->why = bw_arena_str(r->output->arena, outcome->message);
        if (!tally->why.p)
            return full(err);
    }
    if (outcome->status == BW_STATUS_NOT_EVALUATED) {
        tally->not_evaluated++;
        return doubt(r, document, object, outcome, err);
    }
    if (outcome->status != BW_STATUS_FAIL)
        return 0;
    tally->failed += first;
    tally->findings++;
    return add_finding(r, document, object, outcome, err);
}

/* --- objects --- */

static struct bw_value namespace_named(void *ctx, struct bw_str name)
{
    const struct bw_policy_reporting *r = ctx;
    const struct bw_object *object = bw_map_get(&r->namespaces, name);
    return object ? object->value : (struct bw_value){0};
}

static int judge_object(struct bw_policy_reporting *r, const struct bw_document *document,
                        const struct bw_object *object, struct bw_err *err)
{
    const struct bw_policy_around around = {.namespace_named = namespace_named, .ctx = r};
    const struct bw_policy_outcome *outcomes = NULL;
    size_t n = 0;
    int rc = bw_policy_judge_object(r->judge, object, &around, &outcomes, &n, err);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = take_outcome(r, document, object, &outcomes[i],
                          i == 0 || outcomes[i].policy != outcomes[i - 1].policy, err);
    return rc;
}

static int index_namespaces(struct bw_policy_reporting *r, const struct bw_document *document,
                            struct bw_err *err)
{
    for (size_t i = 0; i < document->objects_n; i++) {
        const struct bw_object *object = &document->objects[i];
        if (object->group.n || !bw_str_eq(object->resource, BW_STR("namespaces")))
            continue;
        struct bw_map_item *item = bw_map_at(&r->namespaces, object->name);
        if (!item)
            return full(err);
        item->value = (void *)object;
    }
    return 0;
}

/* --- results --- */

static struct bw_str evidence(struct bw_policy_reporting *r, const struct bw_policy_tally *tally)
{
    struct bw_arena *arena = r->output->arena;
    if (tally->failed)
        return bw_arena_printf(arena, "%u of %u %s", tally->failed, tally->looked_at,
                               tally->looked_at == 1 ? "object fails" : "objects fail");
    if (tally->not_evaluated)
        return tally->why;
    if (tally->passed)
        return bw_arena_printf(arena, "%u %s", tally->looked_at,
                               tally->looked_at == 1 ? "object passes" : "objects pass");
    return tally->why.p ? tally->why : BW_STR("there is nothing of the kind it looks at");
}

static enum bw_status status_of(const struct bw_policy_tally *tally)
{
    if (tally->failed)
        return BW_STATUS_FAIL;
    if (tally->not_evaluated)
        return BW_STATUS_NOT_EVALUATED;
    return tally->passed ? BW_STATUS_PASS : BW_STATUS_NOT_APPLICABLE;
}

static int add_results(struct bw_policy_reporting *r, struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < r->set->policies_n && rc == 0; i++) {
        const struct bw_policy *policy = &r->set->policies[i];
        if (policy->kind != BW_POLICY_VALIDATING || !bw_policy_is_selected(r->judge->selection, i))
            continue;
        struct bw_result result = {
            .check = &policy->check,
            .subject = r->input->subject_index,
            .status = status_of(&r->tallies[i]),
            .evaluated = r->tallies[i].looked_at,
            .findings = r->tallies[i].findings,
            .evidence = evidence(r, &r->tallies[i]),
        };
        rc = bw_check_add_result(r->output, &result, err);
    }
    return rc;
}

static int check_all(struct bw_policy_reporting *r, struct bw_err *err)
{
    size_t from = r->output->findings->n;
    int rc = 0;
    for (size_t i = 0; i < r->documents->n && rc == 0; i++)
        rc = index_namespaces(r, &r->documents->v[i], err);
    for (size_t i = 0; i < r->documents->n && rc == 0; i++)
        for (size_t j = 0; j < r->documents->v[i].objects_n && rc == 0; j++)
            rc = judge_object(r, &r->documents->v[i], &r->documents->v[i].objects[j], err);
    if (rc)
        return rc;
    bw_check_sort(r->output->findings, from);
    tell_doubts(r);
    return add_results(r, err);
}

void bw_policy_judge_tell(struct bw_policy_judge *judge, bw_policy_found found, void *ctx)
{
    judge->found = found;
    judge->found_ctx = ctx;
}

int bw_policy_check(struct bw_policy_judge *judge, const struct bw_policy_documents *documents,
                    const struct bw_check_input *input, const struct bw_check_output *output,
                    struct bw_err *err)
{
    struct bw_policy_reporting r = {.judge = judge,
                                    .set = judge->set,
                                    .documents = documents,
                                    .input = input,
                                    .output = output,
                                    .namespaces = BW_MAP(NAMESPACES_MAX),
                                    .doubts = BW_MAP(BW_POLICY_GAPS_MAX),
                                    .told = BW_MAP(BW_POLICY_GAPS_MAX)};
    r.tallies = calloc(r.set->policies_n + 1, sizeof *r.tallies);
    int rc = r.tallies ? check_all(&r, err) : full(err);
    free(r.tallies);
    bw_map_free(&r.namespaces);
    bw_map_free(&r.doubts);
    bw_map_free(&r.told);
    return rc;
}
