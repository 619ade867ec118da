#include "enforce/kubernetes-guard.h"

#include <time.h>

#include "enforce/gate-gaps.h"
#include "enforce/gate-mutate.h"
#include "enforce/kubernetes-update.h"
#include "enforce/metrics.h"
#include "extract/admission-review.h"
#include "model/value-json.h"
#include "wrap/base64.h"
#include "wrap/json.h"
#include "wrap/sha256.h"

#define PATCH_MAX ((size_t)4 << 20)
#define LIST_MAX  ((size_t)64 << 10) /* ids of policies */

/* One request on its way. */
struct asking {
    struct bw_exchange *exchange;
    struct bw_admission_review review;
    struct bw_gate_gaps gaps;
    bool mutates;
    struct bw_str wanted; /* a Namespace that is not at hand; p is NULL where none is */
};

/* What is answered. */
struct answer {
    struct bw_str uid;
    bool allowed;
    unsigned code; /* where it is denied: 403, "Forbidden" */
    const char *reason;
    struct bw_str message;
    const struct bw_gate_decision *decision; /* of which warnings and annotations are; or NULL */
    bool unchanged;                          /* denials became a warning */
    struct bw_str patch;                     /* JSON; empty: none */
};

/* --- answers --- */

static struct bw_str cut(struct bw_str s, size_t max)
{
    struct bw_str out = bw_str_take(s, max);
    while (out.n && out.n < s.n && ((uint8_t)s.p[out.n] & 0xc0) == 0x80)
        out.n--;
    return out;
}

static void put_status(struct bw_json_writer *w, const struct answer *answer)
{
    bw_json_key(w, BW_STR("status"));
    bw_json_begin_object(w);
    bw_json_member_u64(w, "code", answer->code);
    bw_json_member_str(w, "reason", bw_str(answer->reason));
    bw_json_member_str(w, "message", answer->message);
    bw_json_end(w);
}

static bool warns(const struct answer *answer, const struct bw_gate_reason *reason)
{
    return reason->weight == BW_GATE_WARNS ||
           (answer->unchanged && reason->weight == BW_GATE_DENIES);
}

static void put_warnings(struct bw_json_writer *w, const struct answer *answer)
{
    const struct bw_gate_decision *decision = answer->decision;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(LIST_MAX);
    size_t total = 0, said = 0;
    for (size_t i = 0; i < decision->reasons_n; i++) {
        const struct bw_gate_reason *reason = &decision->reasons[i];
        if (!warns(answer, reason))
            continue;
        bw_buf_clear(&text);
        if (reason->policy)
            bw_buf_printf(&text, "[%" BW_STR_F "] ", BW_STR_A(reason->policy->id));
        bw_buf_printf(&text, "%" BW_STR_F ": %" BW_STR_F, BW_STR_A(reason->object),
                      BW_STR_A(reason->message));
        struct bw_str warning = cut(bw_buf_slice(&text), BW_KUBERNETES_GUARD_WARNING_MAX);
        total += warning.n;
        if (total > BW_KUBERNETES_GUARD_WARNINGS_MAX)
            break;
        if (!said++) {
            bw_json_key(w, BW_STR("warnings"));
            bw_json_begin_array(w);
        }
        bw_json_put_str(w, warning);
    }
    if (said)
        bw_json_end(w);
}

/* Ids of the policies with reasons of one weight, each once. */
static void list_policies(const struct bw_gate_decision *decision, enum bw_gate_weight weight,
                          struct bw_buf *list)
{
    const struct bw_policy *last = NULL;
    bw_buf_clear(list);
    for (size_t i = 0; i < decision->reasons_n; i++) {
        const struct bw_gate_reason *reason = &decision->reasons[i];
        if (reason->weight != weight || (reason->policy && reason->policy == last))
            continue;
        bw_buf_printf(list, "%s%" BW_STR_F, list->n ? "," : "",
                      BW_STR_A(reason->policy ? reason->policy->id : BW_STR("gap")));
        last = reason->policy;
    }
}

static void put_annotations(struct bw_json_writer *w, const struct answer *answer)
{
    static const char *const keys[] = {[BW_GATE_DENIES] = "denied",
                                       [BW_GATE_WARNS] = "warned",
                                       [BW_GATE_AUDITS] = "audited",
                                       [BW_GATE_WAIVED] = "waived"};
    struct bw_buf list BW_CLEANUP(bw_buf_free) = BW_BUF(LIST_MAX);
    bw_json_key(w, BW_STR("auditAnnotations"));
    bw_json_begin_object(w);
    for (size_t i = 0; i < BW_ARRAY_LEN(keys); i++) {
        list_policies(answer->decision, (enum bw_gate_weight)i, &list);
        if (list.n)
            bw_json_member_str(w, keys[i], bw_buf_slice(&list));
    }
    if (answer->unchanged)
        bw_json_member_str(w, "unchanged", BW_STR("true"));
    bw_json_end(w);
}

static void put_patch(struct bw_json_writer *w, const struct answer *answer)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(2 * PATCH_MAX);
    bw_base64_write(answer->patch.p, answer->patch.n, &text);
    bw_json_member_str(w, "patchType", BW_STR("JSONPatch"));
    bw_json_member_str(w, "patch", bw_buf_slice(&text));
}

static void reply(struct bw_exchange *exchange, const struct answer *answer)
{
    struct bw_buf *buf = &exchange->reply;
    bw_buf_clear(buf);
    struct bw_json_writer w = bw_json_writer(buf, false);
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "apiVersion", BW_STR("admission.k8s.io/v1"));
    bw_json_member_str(&w, "kind", BW_STR("AdmissionReview"));
    bw_json_key(&w, BW_STR("response"));
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "uid", answer->uid);
    bw_json_member_bool(&w, "allowed", answer->allowed);
    if (!answer->allowed)
        put_status(&w, answer);
    if (answer->decision && answer->decision->reasons_n) {
        put_warnings(&w, answer);
        put_annotations(&w, answer);
    }
    if (answer->patch.n)
        put_patch(&w, answer);
    bw_json_end(&w);
    bw_json_end(&w);
    exchange->status = 200;
    exchange->content_type_out = "application/json";
}

static void reply_error(struct bw_exchange *exchange, unsigned status, const char *why)
{
    bw_buf_clear(&exchange->reply);
    bw_buf_printf(&exchange->reply, "%s\n", why);
    exchange->status = status;
    exchange->content_type_out = "text/plain; charset=utf-8";
    bw_metrics_add(exchange->metrics, BW_METRIC_REFUSED, 1);
}

/* --- the record --- */

static void member_if_any(struct bw_json_writer *w, const char *key, struct bw_str s)
{
    if (s.n)
        bw_json_member_str(w, key, s);
}

static struct bw_str resource_of(const struct bw_admission_review *review)
{
    if (review->document.objects_n)
        return review->document.objects[0].resource;
    return bw_value_text(bw_value_at(review->request, "resource", "resource", NULL));
}

/* What is written down of every request: the members of an object under way. */
static void record_request(const struct asking *asking, struct bw_json_writer *w)
{
    const struct bw_admission_review *review = &asking->review;
    uint8_t digest[BW_SHA256_SIZE];
    char hex[BW_SHA256_HEX_SIZE] = "";
    struct bw_str body = asking->exchange->body;
    if (bw_sha256(body.p, body.n, digest) == 0)
        bw_sha256_hex(digest, hex);
    bw_json_member_str(w, "gate", BW_STR("kubernetes"));
    if (asking->mutates)
        bw_json_member_bool(w, "mutates", true);
    bw_json_member_str(w, "uid", review->uid);
    bw_json_member_str(w, "user", review->user);
    bw_json_member_str(w, "operation", review->operation);
    bw_json_member_str(w, "resource", resource_of(review));
    member_if_any(w, "namespace", review->namespace);
    member_if_any(w, "name", review->name);
    if (review->dry_run)
        bw_json_member_bool(w, "dryRun", true);
    bw_json_member_str(w, "digest", bw_str(hex));
}

/* The log wants the members without the braces around them. */
static struct bw_json_writer begin_record(struct bw_exchange *exchange)
{
    bw_buf_clear(&exchange->record);
    struct bw_json_writer w = bw_json_writer(&exchange->record, false);
    bw_json_begin_object(&w);
    return w;
}

static void end_record(struct bw_exchange *exchange, struct bw_json_writer *w)
{
    struct bw_buf *record = &exchange->record;
    bw_json_end(w);
    if (bw_buf_failed(record) || record->n < 2)
        return;
    memmove(record->p, record->p + 1, record->n - 2);
    record->n -= 2;
}

/* --- what is denied without having been judged --- */

static void deny(struct asking *asking, unsigned code, const char *reason, const char *why)
{
    struct bw_exchange *exchange = asking->exchange;
    struct answer answer = {
        .uid = asking->review.uid, .code = code, .reason = reason, .message = bw_str(why)};
    reply(exchange, &answer);
    struct bw_json_writer w = begin_record(exchange);
    record_request(asking, &w);
    bw_json_member_str(&w, "verdict", BW_STR("deny"));
    bw_json_member_str(&w, "undecided", bw_str(why));
    end_record(exchange, &w);
    bw_metrics_add(exchange->metrics, BW_METRIC_DENIED, 1);
}

static void deny_undecided(struct asking *asking, const char *why)
{
    deny(asking, 500, "InternalError", why);
    bw_metrics_add(asking->exchange->metrics, BW_METRIC_UNDECIDED, 1);
}

/* --- Namespaces --- */

static struct bw_value from_answer(struct asking *asking, const struct bw_reader_file *file)
{
    struct bw_value_maker make = {.arena = asking->exchange->arena};
    struct bw_value value = {0};
    if (file->missing || bw_value_from_json(&make, file->text, &value, NULL))
        return (struct bw_value){0};
    return value;
}

static struct bw_value namespace_named(void *ctx, struct bw_str name)
{
    struct asking *asking = ctx;
    const struct bw_exchange *exchange = asking->exchange;
    struct bw_value known = bw_gate_namespace(exchange->judge, name);
    if (known.kind)
        return known;
    struct bw_str ask =
        bw_arena_printf(exchange->arena, BW_KUBERNETES_GUARD_ASK "%" BW_STR_F, BW_STR_A(name));
    for (size_t i = 0; i < exchange->answers_n; i++)
        if (bw_str_eq(exchange->answers[i].path, ask))
            return from_answer(asking, &exchange->answers[i]);
    asking->wanted = ask;
    return (struct bw_value){0};
}

/* false where nothing is to be asked for, or was already. */
static bool ask(struct asking *asking)
{
    struct bw_exchange *exchange = asking->exchange;
    struct bw_str *asks = NULL;
    if (asking->wanted.p && !exchange->answers_n)
        asks = bw_arena_array(exchange->arena, 1, sizeof *asks);
    if (!asks)
        return false;
    *asks = asking->wanted;
    exchange->asks = asks;
    exchange->asks_n = 1;
    return true;
}

/* --- /validate --- */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct bw_gate_request request_of(struct asking *asking)
{
    const struct bw_admission_review *review = &asking->review;
    return (struct bw_gate_request){
        .document = &review->document,
        .gaps = asking->gaps.v,
        .gaps_n = asking->gaps.n,
        .user = review->user,
        .groups = review->groups,
        .groups_n = review->groups_n,
        .namespace = review->namespace,
        .name = review->name,
        .around = {.request = review->request,
                   .old_object = review->old_object,
                   .namespace_named = namespace_named,
                   .ctx = asking,
                   .now_ns = now_ns()},
    };
}

static void count(struct bw_metrics *metrics, const struct bw_gate_decision *decision, bool allowed)
{
    size_t warned = 0, waived = 0;
    for (size_t i = 0; i < decision->reasons_n; i++) {
        warned += decision->reasons[i].weight == BW_GATE_WARNS;
        waived += decision->reasons[i].weight == BW_GATE_WAIVED;
    }
    bw_metrics_add(metrics, allowed ? BW_METRIC_ALLOWED : BW_METRIC_DENIED, 1);
    if (warned)
        bw_metrics_add(metrics, BW_METRIC_WARNED, warned);
    if (waived)
        bw_metrics_add(metrics, BW_METRIC_WAIVED, waived);
    bw_metrics_took(metrics, decision->cost_ns);
}

static void answer_decision(struct asking *asking, struct bw_gate_decision *decision, bool was_so)
{
    struct bw_exchange *exchange = asking->exchange;
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KUBERNETES_GUARD_MESSAGE_MAX);
    struct answer answer = {
        .uid = asking->review.uid, .code = 403, .reason = "Forbidden", .decision = decision};
    answer.unchanged = was_so;
    decision->allowed |= was_so;
    answer.allowed = decision->allowed;
    if (!answer.allowed) {
        bw_gate_message(decision, BW_KUBERNETES_GUARD_MESSAGE_MAX, &message);
        answer.message = bw_buf_slice(&message);
    }
    reply(exchange, &answer);
    struct bw_json_writer w = begin_record(exchange);
    record_request(asking, &w);
    if (answer.unchanged)
        bw_json_member_bool(&w, "unchanged", true);
    bw_gate_record(decision, &w);
    end_record(exchange, &w);
    count(exchange->metrics, decision, answer.allowed);
}

static void validate(struct asking *asking)
{
    struct bw_gate_request request = request_of(asking);
    struct bw_gate_decision decision;
    struct bw_exchange *exchange = asking->exchange;
    struct bw_err err = {0};
    bool was_so = false;
    int rc = bw_gate_decide(exchange->judge, &request, &decision, &err);
    if (rc == 0 && !decision.allowed)
        rc = bw_kubernetes_was_so_before(exchange->judge, &asking->review, &request,
                                         exchange->arena, &decision, &was_so, &err);
    if (rc)
        deny_undecided(asking, err.msg);
    else if (!ask(asking))
        answer_decision(asking, &decision, was_so);
}

/* --- /mutate --- */

/* Where nothing changes, /validate records all that there is to say. */
static void record_mutation(struct asking *asking, const struct bw_gate_mutation *mutation)
{
    struct bw_exchange *exchange = asking->exchange;
    struct bw_json_writer w = begin_record(exchange);
    record_request(asking, &w);
    bw_json_member_str(&w, "verdict", BW_STR("allow"));
    bw_json_key(&w, BW_STR("mutated"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < mutation->policies_n; i++)
        bw_json_put_str(&w, mutation->policies[i]->id);
    bw_json_end(&w);
    bw_json_member_u64(&w, "operations", mutation->operations_n);
    bw_json_member_u64(&w, "cost_us", mutation->cost_ns / 1000);
    end_record(exchange, &w);
}

static void mutate(struct asking *asking)
{
    struct bw_exchange *exchange = asking->exchange;
    const struct bw_document *document = &asking->review.document;
    struct bw_buf patch BW_CLEANUP(bw_buf_free) = BW_BUF(PATCH_MAX);
    struct bw_gate_request request = request_of(asking);
    struct bw_gate_mutation mutation = {0};
    struct bw_err err = {0};
    int rc = 0;
    if (document->objects_n && document->objects[0].value.kind == BW_VALUE_MAP)
        rc = bw_gate_mutate(exchange->judge, &request, 0, &patch, &mutation, &err);
    if (ask(asking))
        return;
    if (rc == 0 && bw_buf_failed(&patch))
        rc = bw_err_set(&err, BW_ELIMIT, "the patch is longer than %zu MiB", PATCH_MAX >> 20);
    if (rc) {
        deny_undecided(asking, err.msg);
        return;
    }
    struct answer answer = {
        .uid = asking->review.uid, .allowed = true, .patch = bw_buf_slice(&patch)};
    reply(exchange, &answer);
    if (mutation.operations_n)
        record_mutation(asking, &mutation);
    bw_metrics_took(exchange->metrics, mutation.cost_ns);
}

/* --- requests --- */

/* Reads the review; false where that was answered already. */
static bool read_review(struct asking *asking)
{
    struct bw_exchange *exchange = asking->exchange;
    struct bw_reader_sink sink = bw_gate_gaps_sink(&asking->gaps, exchange->arena);
    struct bw_err err = {0};
    int rc =
        bw_admission_review_read(exchange->body, &sink, exchange->arena, &asking->review, &err);
    if (rc == 0 && asking->gaps.short_of_memory)
        rc = bw_err_set(&err, BW_ENOMEM, "out of memory for a request");
    if (rc && !asking->review.uid.n)
        reply_error(exchange, rc == BW_EFORMAT ? 400 : 503, err.msg);
    else if (rc == BW_EFORMAT)
        deny(asking, 400, "BadRequest", err.msg);
    else if (rc)
        deny_undecided(asking, err.msg);
    return rc == 0;
}

static bool is_json(struct bw_str content_type)
{
    struct bw_str type;
    return bw_str_split(&content_type, ';', &type) &&
           bw_str_eq_nocase(bw_str_trim(type), BW_STR("application/json"));
}

void bw_kubernetes_guard_handle(void *ctx, struct bw_exchange *exchange)
{
    (void)ctx;
    bool validates = bw_str_eq(exchange->path, BW_STR("/validate"));
    struct asking asking;
    asking.exchange = exchange;
    asking.wanted = (struct bw_str){0};
    asking.mutates = bw_str_eq(exchange->path, BW_STR("/mutate"));
    if (!validates && !asking.mutates)
        reply_error(exchange, 404, "there are /validate and /mutate");
    else if (!bw_str_eq(exchange->method, BW_STR("POST")))
        reply_error(exchange, 405, "an AdmissionReview is to be POSTed");
    else if (!is_json(exchange->content_type))
        reply_error(exchange, 415, "an AdmissionReview in application/json is expected");
    else if (!read_review(&asking))
        return;
    else if (validates)
        validate(&asking);
    else
        mutate(&asking);
}

/* What could not be judged or recorded: nothing more than the uid is taken of the request. */
void bw_kubernetes_guard_undecided(void *ctx, struct bw_exchange *exchange, const char *why)
{
    (void)ctx;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct answer answer = {.code = 500, .reason = "InternalError", .message = bw_str(why)};
    if (bw_json_parse(&doc, exchange->body, NULL, 0, NULL) == 0)
        answer.uid = bw_json_string(
            bw_json_get(bw_json_get(bw_json_root(doc), BW_STR("request")), BW_STR("uid")));
    if (answer.uid.n)
        reply(exchange, &answer);
    else
        reply_error(exchange, 503, why);
}
