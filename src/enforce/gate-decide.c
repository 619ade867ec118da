/*
 * Decisions. What passes is judged briefly and allocates nothing; only where a policy speaks is the
 * object judged once more for what decided.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "enforce/gate-state.h"
#include "report/escape.h"

#define NANOSECONDS 1000000000

/* Of one reason's texts; what they are made of is read as far as that. */
#define TEXT_MAX 1000u
#define READ_MAX 4000u

/* Texts of all reasons of a decision. */
#define ARENA_MAX ((size_t)8 << 20)

struct bw_gate_judge *bw_gate_judge_new(struct bw_gate_rules *rules, struct bw_err *err)
{
    struct bw_gate_judge *judge = calloc(1, sizeof *judge);
    if (judge) {
        judge->rules = bw_gate_rules_ref(rules);
        judge->judges = calloc(rules->lanes.n + 1, sizeof(struct bw_policy_judge *));
        judge->arena = bw_arena_new(ARENA_MAX);
        judge->text = BW_BUF((size_t)READ_MAX * 4);
    }
    if (!judge || !judge->judges || !judge->arena) {
        bw_gate_judge_free(judge);
        bw_err_set(err, BW_ENOMEM, "out of memory for a gate's judge");
        return NULL;
    }
    return judge;
}

void bw_gate_judge_free(struct bw_gate_judge *judge)
{
    if (!judge)
        return;
    for (size_t i = 0; judge->judges && i < judge->rules->lanes.n; i++)
        bw_policy_judge_free(judge->judges[i]);
    free(judge->judges);
    bw_arena_free(judge->arena);
    bw_buf_free(&judge->text);
    bw_gate_rules_unref(judge->rules);
    free(judge);
}

void bw_gate_judge_freep(struct bw_gate_judge **judge)
{
    bw_gate_judge_free(*judge);
    *judge = NULL;
}

const struct bw_str *bw_gate_groups_of(const struct bw_gate_judge *judge, struct bw_str user,
                                       size_t *ret_n)
{
    const struct bw_gate_members *members = &judge->rules->configuration.members;
    *ret_n = 0;
    for (size_t i = 0; i < members->n; i++)
        if (bw_str_eq(members->v[i].user, user)) {
            *ret_n = members->v[i].groups.n;
            return members->v[i].groups.v;
        }
    return NULL;
}

/* --- texts --- */

/* One line, without what a terminal would act on, cut where it is long: names and messages are made
 * of what the request holds. */
static struct bw_str clean(struct bw_gate_judge *judge, const char *prefix, struct bw_str s)
{
    struct bw_buf *buf = &judge->text;
    bw_buf_clear(buf);
    bw_buf_str(buf, bw_str(prefix));
    bw_escape_line(buf, bw_str_take(s, READ_MAX));
    struct bw_str text = bw_buf_slice(buf);
    if (text.n <= TEXT_MAX)
        return bw_arena_str(judge->arena, text);
    size_t n = TEXT_MAX;
    while (n && ((uint8_t)text.p[n] & 0xc0) == 0x80)
        n--;
    return bw_arena_printf(judge->arena, "%" BW_STR_F "...", (int)n, text.p);
}

static struct bw_str kind_of(const struct bw_object *object)
{
    static const struct {
        const char *resource, *word;
    } words[] = {
        {"composeservices", "service"},
        {"dockercontainers", "container"},
        {"ociruntimespecs", "container"},
        {"dockerrequests", ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq(object->resource, bw_str(words[i].resource)))
            return bw_str(words[i].word);
    return object->kind;
}

/* A view is called as what it was made from. */
static struct bw_str call(const struct bw_gate_asking *asking)
{
    const struct bw_document *document = asking->request->document;
    const struct bw_object *object = asking->object;
    if (object->view_of < document->objects_n)
        object = &document->objects[object->view_of];
    char text[512];
    struct bw_str kind = kind_of(object), name = object->name.n ? object->name : asking->name;
    struct bw_str namespace = object->namespace.n ? object->namespace : asking->namespace;
    int n = snprintf(text, sizeof text, "%" BW_STR_F "%s%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(kind),
                     kind.n && name.n ? " " : "", BW_STR_A(bw_str_take(namespace, 100)),
                     namespace.n ? "/" : "", BW_STR_A(bw_str_take(name, 300)));
    return clean(asking->judge, "",
                 bw_str_n(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
}

/* --- exceptions --- */

static bool fits_group(const struct bw_gate_request *request, struct bw_strs patterns)
{
    for (size_t i = 0; i < request->groups_n; i++)
        if (bw_gate_fits_any(patterns, request->groups[i]))
            return true;
    return false;
}

/* *seen counts the containers. */
static bool containers_fit(struct bw_value pod, const char *list, struct bw_strs patterns,
                           size_t *seen)
{
    struct bw_value containers = bw_value_at(pod, "spec", list, NULL);
    if (containers.kind == BW_VALUE_UNKNOWN)
        return false;
    for (size_t i = 0; i < bw_value_count(containers); i++, (*seen)++) {
        struct bw_value container = bw_value_index(containers, i);
        struct bw_str image = bw_value_text(bw_value_get(container, BW_STR("image")));
        if (!image.n || !bw_gate_fits_any(patterns, image))
            return false;
    }
    return true;
}

/* Of all Pods that the object is seen as. Where there is no container, or an image is not known,
 * nothing fits. */
static bool images_fit(const struct bw_gate_asking *asking, struct bw_strs patterns)
{
    const struct bw_document *document = asking->request->document;
    uint32_t origin = asking->object->view_of;
    size_t seen = 0;
    if (origin == BW_OBJECT_NO_VIEW)
        origin = asking->index;
    for (uint32_t i = 0; i < document->objects_n; i++) {
        const struct bw_object *object = &document->objects[i];
        if ((i != origin && object->view_of != origin) || object->group.n ||
            !bw_str_eq(object->resource, BW_STR("pods")))
            continue;
        if (!containers_fit(object->value, "containers", patterns, &seen) ||
            !containers_fit(object->value, "initContainers", patterns, &seen) ||
            !containers_fit(object->value, "ephemeralContainers", patterns, &seen))
            return false;
    }
    return seen > 0;
}

static bool is_for_policy(const struct bw_gate_exception *exception, const struct bw_policy *policy)
{
    for (size_t i = 0; i < exception->ids.n; i++)
        if (bw_gate_names_policy(exception->ids.v[i], policy))
            return true;
    return false;
}

/* Everything that one exception says must fit: two never make up for each other. A request without
 * a time has no exceptions. */
static bool is_excepted(const struct bw_gate_asking *asking,
                        const struct bw_gate_exception *exception, const struct bw_policy *policy)
{
    int64_t now = asking->around.now_ns / NANOSECONDS;
    return now > 0 && now < exception->until && is_for_policy(exception, policy) &&
           (!exception->namespaces.n ||
            bw_gate_fits_any(exception->namespaces, asking->namespace)) &&
           (!exception->names.n || bw_gate_fits_any(exception->names, asking->name)) &&
           (!exception->users.n || bw_gate_fits_any(exception->users, asking->request->user)) &&
           (!exception->groups.n || fits_group(asking->request, exception->groups)) &&
           (!exception->images.n || images_fit(asking, exception->images));
}

const struct bw_gate_exception *bw_gate_exception_for(const struct bw_gate_asking *asking,
                                                      const struct bw_policy *policy)
{
    const struct bw_gate_configuration *configuration = &asking->judge->rules->configuration;
    for (size_t i = 0; i < configuration->exceptions.n; i++)
        if (is_excepted(asking, &configuration->exceptions.v[i], policy))
            return &configuration->exceptions.v[i];
    return NULL;
}

/* --- weights --- */

static bool is_mended(const struct bw_gate_rules *rules, const struct bw_policy *policy)
{
    struct bw_strs words = rules->configuration.mended;
    for (size_t i = 0; i < words.n && policy->harden.n; i++)
        if (bw_str_eq(words.v[i], policy->harden) || bw_str_eq(words.v[i], BW_STR("*")))
            return true;
    return false;
}

static enum bw_policy_action weaker(enum bw_policy_action a, enum bw_policy_action b)
{
    return a > b ? a : b;
}

static enum bw_gate_weight weight_of(enum bw_policy_action action)
{
    return action == BW_POLICY_DENY   ? BW_GATE_DENIES
           : action == BW_POLICY_WARN ? BW_GATE_WARNS
                                      : BW_GATE_AUDITS;
}

/* Whether an outcome says anything, and how much that weighs. A doubt about what would deny weighs
 * as a denial; one about what warns, or ignores errors, is for the log. */
static bool weigh(const struct bw_gate_asking *asking, const struct bw_policy *policy,
                  const struct bw_policy_outcome *outcome, enum bw_gate_weight *ret_weight)
{
    enum bw_policy_action action = weaker(outcome->action, asking->enforce);
    if (outcome->status != BW_STATUS_FAIL && outcome->status != BW_STATUS_NOT_EVALUATED)
        return false;
    if (outcome->status == BW_STATUS_NOT_EVALUATED &&
        (policy->ignores_errors || outcome->action != BW_POLICY_DENY))
        action = BW_POLICY_AUDIT;
    if (is_mended(asking->judge->rules, policy))
        action = weaker(action, BW_POLICY_WARN);
    *ret_weight = weight_of(action);
    return true;
}

/* --- reasons --- */

static bool is_said(const struct bw_gate_bucket *bucket, const struct bw_gate_reason *reason)
{
    for (size_t i = 0; i < bucket->n; i++)
        if (bucket->v[i].policy == reason->policy &&
            bw_str_eq(bucket->v[i].message, reason->message) &&
            bw_str_eq(bucket->v[i].object, reason->object))
            return true;
    return false;
}

/* false where its texts found no room. */
static bool add_reason(struct bw_gate_judge *judge, const struct bw_gate_reason *reason)
{
    struct bw_gate_bucket *bucket = &judge->buckets[reason->weight];
    if (!reason->object.p || !reason->message.p || !reason->path.p || !reason->exception.p)
        return false;
    if (!is_said(bucket, reason))
        bucket->v[bucket->n++] = *reason;
    return true;
}

static bool is_full(struct bw_gate_judge *judge, enum bw_gate_weight weight)
{
    struct bw_gate_bucket *bucket = &judge->buckets[weight];
    if (bucket->n < BW_GATE_REASONS_MAX)
        return false;
    bucket->more++;
    return true;
}

static bool is_dockers(enum bw_syntax syntax)
{
    return syntax == BW_SYNTAX_DOCKER_REQUEST || syntax == BW_SYNTAX_DOCKER_CREATE ||
           syntax == BW_SYNTAX_DOCKER_INSPECT;
}

static bool add_outcome(struct bw_gate_asking *asking, const struct bw_policy *policy,
                        const struct bw_policy_outcome *outcome)
{
    struct bw_gate_judge *judge = asking->judge;
    struct bw_gate_reason reason = {.policy = policy, .exception = BW_STR("")};
    if (!weigh(asking, policy, outcome, &reason.weight))
        return true;
    const struct bw_gate_exception *exception =
        reason.weight == BW_GATE_AUDITS ? NULL : bw_gate_exception_for(asking, policy);
    if (exception) {
        reason.weight = BW_GATE_WAIVED;
        reason.exception = exception->why;
    }
    if (is_full(judge, reason.weight))
        return true;
    if (!asking->called.p)
        asking->called = call(asking);
    reason.doubt = outcome->error || outcome->status == BW_STATUS_NOT_EVALUATED;
    reason.docker = is_dockers(asking->object->syntax);
    reason.object = asking->called;
    reason.message = clean(judge, reason.doubt ? "cannot be judged: " : "", outcome->message);
    reason.path = clean(judge, "", outcome->path);
    return add_reason(judge, &reason);
}

static bool add_gap(struct bw_gate_judge *judge, const struct bw_gate_gap *gap,
                    enum bw_policy_action enforce)
{
    struct bw_gate_reason reason = {.weight = gap->blocking ? weight_of(enforce) : BW_GATE_AUDITS,
                                    .doubt = true,
                                    .path = BW_STR(""),
                                    .exception = BW_STR("")};
    if (is_full(judge, reason.weight))
        return true;
    struct bw_str what = clean(judge, "", gap->what), why = clean(judge, "", gap->why);
    reason.object = clean(judge, "", gap->where);
    reason.message = bw_arena_printf(judge->arena, "%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(what),
                                     what.n && why.n ? ": " : "", BW_STR_A(why));
    return add_reason(judge, &reason);
}

/* --- scopes --- */

static void find_scope(struct bw_gate_asking *asking)
{
    const struct bw_gate_rules *rules = asking->judge->rules;
    asking->selection = rules->selection;
    asking->enforce = rules->configuration.enforce;
    for (size_t i = 0; i < rules->configuration.scopes.n; i++) {
        const struct bw_gate_scope *scope = &rules->configuration.scopes.v[i];
        if ((scope->namespaces.n && !bw_gate_fits_any(scope->namespaces, asking->namespace)) ||
            (scope->users.n && !bw_gate_fits_any(scope->users, asking->request->user)) ||
            (scope->groups.n && !fits_group(asking->request, scope->groups)))
            continue;
        if (scope->selection != BW_GATE_NOT_SAID)
            asking->selection = scope->selection;
        if (scope->has_enforce)
            asking->enforce = scope->enforce;
        return;
    }
    uintptr_t labelled = (uintptr_t)bw_map_get(&rules->labelled, asking->namespace);
    if (labelled)
        asking->selection = (uint32_t)labelled - 1;
}

/* --- judging --- */

static int out_of_room(struct bw_gate_judge *judge, struct bw_err *err)
{
    return bw_err_set(err, bw_arena_is_full(judge->arena) ? BW_ELIMIT : BW_ENOMEM,
                      "no room for the reasons of a decision");
}

static bool speaks(const struct bw_gate_asking *asking, const struct bw_policy_set *set,
                   const struct bw_policy_outcome *outcomes, size_t n)
{
    enum bw_gate_weight weight;
    for (size_t i = 0; i < n; i++)
        if (outcomes[i].status != BW_STATUS_PASS &&
            weigh(asking, bw_policy_at(set, outcomes[i].policy), &outcomes[i], &weight) &&
            weight != BW_GATE_AUDITS)
            return true;
    return false;
}

/* Outcomes of one policy stand together. */
static void count(struct bw_gate_asking *asking, const struct bw_policy_outcome *outcomes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (outcomes[i].status == BW_STATUS_PASS ||
            (outcomes[i].status == BW_STATUS_FAIL &&
             (i == 0 || outcomes[i - 1].policy != outcomes[i].policy)))
            asking->evaluated++;
}

static int judge_lane(struct bw_gate_asking *asking, size_t index, struct bw_err *err)
{
    struct bw_gate_judge *judge = asking->judge;
    const struct bw_gate_lane *lane = &judge->rules->lanes.v[index];
    struct bw_policy_judge **own = &judge->judges[index];
    const struct bw_policy_outcome *outcomes = NULL;
    size_t n = 0;
    if (!*own)
        *own = bw_policy_judge_new(lane->set, lane->selection, err);
    if (!*own)
        return BW_ENOMEM;
    asking->around.brief = true;
    int rc = bw_policy_judge_object(*own, asking->object, &asking->around, &outcomes, &n, err);
    if (rc)
        return rc;
    count(asking, outcomes, n);
    if (speaks(asking, lane->set, outcomes, n)) {
        asking->around.brief = false;
        rc = bw_policy_judge_object(*own, asking->object, &asking->around, &outcomes, &n, err);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < n; i++)
        if (outcomes[i].status != BW_STATUS_PASS &&
            !add_outcome(asking, bw_policy_at(lane->set, outcomes[i].policy), &outcomes[i]))
            return out_of_room(judge, err);
    return 0;
}

void bw_gate_begin_object(struct bw_gate_asking *asking, uint32_t index)
{
    const struct bw_gate_request *request = asking->request;
    asking->object = &request->document->objects[index];
    asking->index = index;
    asking->namespace = request->namespace.n ? request->namespace : asking->object->namespace;
    asking->name = request->name.n ? request->name : asking->object->name;
    asking->called = (struct bw_str){0};
    find_scope(asking);
}

static int judge_objects(struct bw_gate_asking *asking, struct bw_err *err)
{
    const struct bw_gate_rules *rules = asking->judge->rules;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < asking->request->document->objects_n; i++) {
        bw_gate_begin_object(asking, (uint32_t)i);
        for (size_t j = 0; rc == 0 && j < rules->sets_n; j++)
            rc = judge_lane(asking, j, err);
        if (rc == 0 && asking->selection != BW_GATE_NO_LIBRARY)
            rc = judge_lane(asking, asking->selection, err);
    }
    return rc;
}

/* Gaps are of the document, so they go by the scope of its first object. */
static int add_gaps(struct bw_gate_asking *asking, struct bw_err *err)
{
    const struct bw_gate_request *request = asking->request;
    const struct bw_gate_gap nothing = {
        .blocking = true,
        .where = BW_STR("the request"),
        .what = BW_STR("it describes nothing that a policy could look at"),
    };
    bool empty = !request->document || !request->document->objects_n;
    if (empty) {
        asking->namespace = request->namespace;
        find_scope(asking);
    } else if (request->gaps_n) {
        bw_gate_begin_object(asking, 0);
    }
    if (empty && !request->gaps_n && !add_gap(asking->judge, &nothing, asking->enforce))
        return out_of_room(asking->judge, err);
    for (size_t i = 0; i < request->gaps_n; i++)
        if (!add_gap(asking->judge, &request->gaps[i], asking->enforce))
            return out_of_room(asking->judge, err);
    return 0;
}

/* --- the decision --- */

static bool goes_before(const struct bw_gate_reason *a, const struct bw_gate_reason *b)
{
    if (a->doubt != b->doubt)
        return b->doubt;
    return a->policy && b->policy && a->policy->severity > b->policy->severity;
}

/* The gravest first, and otherwise in the order in which they were found. */
static void sort(struct bw_gate_bucket *bucket)
{
    for (size_t i = 1; i < bucket->n; i++) {
        struct bw_gate_reason reason = bucket->v[i];
        size_t at = i;
        for (; at && goes_before(&reason, &bucket->v[at - 1]); at--)
            bucket->v[at] = bucket->v[at - 1];
        bucket->v[at] = reason;
    }
}

static bool close_reasons(struct bw_gate_judge *judge, size_t *ret_n)
{
    size_t total = 0, n = 0, room = BW_GATE_REASONS_MAX;
    enum bw_gate_weight cut = BW_GATE_WAIVED;
    for (size_t i = 0; i < BW_GATE_WEIGHTS; i++)
        total += judge->buckets[i].n + judge->buckets[i].more;
    room -= total > room;
    for (size_t i = BW_GATE_WEIGHTS; i-- > 0;) {
        size_t before = 0;
        for (size_t j = 0; j < i; j++)
            before += judge->buckets[j].n;
        if (judge->buckets[i].more || before + judge->buckets[i].n > room)
            cut = (enum bw_gate_weight)i;
    }
    for (size_t i = 0; i < BW_GATE_WEIGHTS; i++) {
        sort(&judge->buckets[i]);
        for (size_t j = 0; j < judge->buckets[i].n && n < room; j++)
            judge->reasons[n++] = judge->buckets[i].v[j];
    }
    if (total > n) {
        struct bw_str more =
            bw_arena_printf(judge->arena, "and %zu more, which are not told here", total - n);
        if (!more.p)
            return false;
        judge->reasons[n++] = (struct bw_gate_reason){.weight = cut,
                                                      .object = BW_STR(""),
                                                      .message = more,
                                                      .path = BW_STR(""),
                                                      .exception = BW_STR("")};
    }
    *ret_n = n;
    return true;
}

uint64_t bw_gate_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NANOSECONDS + (uint64_t)t.tv_nsec;
}

static void begin(struct bw_gate_judge *judge)
{
    bw_arena_reset(judge->arena);
    for (size_t i = 0; i < BW_GATE_WEIGHTS; i++)
        judge->buckets[i].n = judge->buckets[i].more = 0;
}

int bw_gate_decide(struct bw_gate_judge *judge, const struct bw_gate_request *request,
                   struct bw_gate_decision *ret_decision, struct bw_err *err)
{
    uint64_t start = bw_gate_clock_ns();
    struct bw_gate_asking asking = {.judge = judge, .request = request, .around = request->around};
    size_t n = 0;
    begin(judge);
    int rc = request->document ? judge_objects(&asking, err) : 0;
    if (rc == 0)
        rc = add_gaps(&asking, err);
    if (rc)
        return rc;
    bool allowed = judge->buckets[BW_GATE_DENIES].n == 0;
    if (!close_reasons(judge, &n))
        return out_of_room(judge, err);
    *ret_decision = (struct bw_gate_decision){.allowed = allowed,
                                              .reasons = judge->reasons,
                                              .reasons_n = n,
                                              .evaluated = asking.evaluated,
                                              .cost_ns = bw_gate_clock_ns() - start};
    return 0;
}
