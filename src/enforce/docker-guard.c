#include "enforce/docker-guard.h"

#include <time.h>

#include "enforce/docker-daemon.h"
#include "enforce/gate-gaps.h"
#include "enforce/metrics.h"
#include "wrap/json.h"
#include "wrap/sha256.h"

/* Bytes of a request's URI in the log. */
#define URI_SHOWN 2048u

#define PLUGIN_TYPE "application/vnd.docker.plugins.v1.1+json"

/* --- answers --- */

static void reply_allow(struct bw_exchange *exchange)
{
    bw_buf_str(&exchange->reply, BW_STR("{\"Allow\":true,\"Msg\":\"\",\"Err\":\"\"}\n"));
}

static void reply_deny(struct bw_exchange *exchange, struct bw_str message)
{
    struct bw_json_writer w = bw_json_writer(&exchange->reply, false);
    bw_json_begin_object(&w);
    bw_json_member_bool(&w, "Allow", false);
    bw_json_member_str(&w, "Msg", message);
    bw_json_member_str(&w, "Err", BW_STR(""));
    bw_json_end(&w);
}

/* --- what is asked --- */

/* The parts of AuthZReq that are needed before and beside the reader. Slices of the arena. */
struct call {
    struct bw_str user, method, uri;
};

/* Members that are not there, or no text, are empty: the reader has its say on them. */
static int glance(struct bw_exchange *exchange, struct call *call, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    if (!exchange->body.n)
        return bw_err_set(
            err, BW_EFORMAT,
            "the daemon asked without saying what about, as it does when it asks again "
            "after a connection broke: send the request once more");
    int rc = bw_json_parse(&doc, exchange->body, NULL, 0, err);
    if (rc)
        return rc;
    const struct bw_json *root = bw_json_root(doc);
    const struct {
        struct bw_str key, *into;
    } members[] = {
        {BW_STR("User"), &call->user},
        {BW_STR("RequestMethod"), &call->method},
        {BW_STR("RequestUri"), &call->uri},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(members); i++) {
        *members[i].into =
            bw_arena_str(exchange->arena, bw_json_string(bw_json_get(root, members[i].key)));
        if (!members[i].into->p)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    return 0;
}

/* --- reading --- */

static int read_request(struct bw_exchange *exchange, struct bw_gate_gaps *gaps,
                        struct bw_document *document, struct bw_err *err)
{
    const struct bw_reader *reader = bw_reader_named(BW_STR("docker-request"));
    const struct bw_reader_request request = {
        .path = BW_STR("request"),
        .text = exchange->body,
        .files = exchange->answers,
        .files_n = exchange->answers_n,
    };
    const struct bw_reader_sink sink = bw_gate_gaps_sink(gaps, exchange->arena);
    struct bw_str *wanted = NULL;
    size_t wanted_n = 0;
    int rc =
        bw_reader_read(reader, &request, &sink, exchange->arena, document, &wanted, &wanted_n, err);
    if (rc == 0 && gaps->short_of_memory)
        rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc == 0 && wanted_n > BW_SERVICE_ASKS_MAX)
        rc = bw_err_set(err, BW_ELIMIT, "the request refers to more than %u things",
                        BW_SERVICE_ASKS_MAX);
    if (rc)
        return rc;
    exchange->asks = wanted;
    exchange->asks_n = wanted_n;
    return 0;
}

/* --- deciding --- */

static struct bw_value names(struct bw_value_maker *make, const struct bw_str *list, size_t n)
{
    struct bw_value value = bw_value_list(make, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        bw_value_add(make, &value, bw_value_string(make, list[i]));
    return value;
}

static struct bw_value native_kind(struct bw_value_maker *make, const char *key, const char *word)
{
    struct bw_value value = bw_value_map(make, 3);
    bw_value_set(make, &value, "group", bw_value_string(make, BW_STR(BW_OBJECT_GROUP)));
    bw_value_set(make, &value, "version", bw_value_string(make, BW_STR("v1")));
    bw_value_set(make, &value, key, bw_value_string(make, bw_str(word)));
    return value;
}

/* What `request` is to a policy: an AdmissionRequest in shape. What is about to be is the request
 * itself, whatever it does, so that the operation is always CREATE; `options` tells what it does.
 */
static struct bw_value make_request(struct bw_exchange *exchange, const struct call *call,
                                    const struct bw_gate_request *gate)
{
    const struct bw_object *object = &gate->document->objects[0];
    struct bw_value_maker make = {.arena = exchange->arena};
    struct bw_value request = bw_value_map(&make, 12), user = bw_value_map(&make, 2),
                    options = bw_value_map(&make, 2);
    bw_value_set(&make, &user, "username", bw_value_string(&make, call->user));
    bw_value_set(&make, &user, "groups", names(&make, gate->groups, gate->groups_n));
    bw_value_set(&make, &options, "method", bw_value_string(&make, call->method));
    bw_value_set(&make, &options, "route", bw_value_get(object->value, BW_STR("route")));
    struct bw_value kind = native_kind(&make, "kind", "DockerRequest");
    struct bw_value resource = native_kind(&make, "resource", "dockerrequests");
    bw_value_set(&make, &request, "kind", kind);
    bw_value_set(&make, &request, "resource", resource);
    bw_value_set(&make, &request, "requestKind", kind);
    bw_value_set(&make, &request, "requestResource", resource);
    bw_value_set(&make, &request, "name", bw_value_string(&make, object->name));
    bw_value_set(&make, &request, "namespace", bw_value_string(&make, BW_STR("")));
    bw_value_set(&make, &request, "operation", bw_value_string(&make, BW_STR("CREATE")));
    bw_value_set(&make, &request, "dryRun", bw_value_bool(false));
    bw_value_set(&make, &request, "userInfo", user);
    bw_value_set(&make, &request, "options", options);
    return make.failed ? (struct bw_value){0} : request;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int decide(struct bw_exchange *exchange, const struct call *call,
                  const struct bw_document *document, const struct bw_gate_gaps *gaps,
                  struct bw_gate_decision *decision, struct bw_err *err)
{
    struct bw_gate_request request = {
        .document = document,
        .gaps = gaps->v,
        .gaps_n = gaps->n,
        .user = call->user,
        .around = {.now_ns = now_ns()},
    };
    request.groups = bw_gate_groups_of(exchange->judge, call->user, &request.groups_n);
    if (document->objects_n) {
        request.around.request = make_request(exchange, call, &request);
        if (request.around.request.kind == BW_VALUE_ABSENT)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    return bw_gate_decide(exchange->judge, &request, decision, err);
}

/* --- the log --- */

/* document: NULL where there is none; decision: NULL where there is none, `why`. */
static void record(struct bw_exchange *exchange, const struct call *call,
                   const struct bw_document *document, const struct bw_gate_decision *decision,
                   const char *why)
{
    struct bw_buf object BW_CLEANUP(bw_buf_free) = BW_BUF(exchange->record.max);
    struct bw_json_writer w = bw_json_writer(&object, false);
    uint8_t digest[BW_SHA256_SIZE];
    char hex[BW_SHA256_HEX_SIZE];
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "gate", BW_STR("docker"));
    bw_json_member_str(&w, "user", call->user);
    bw_json_member_str(&w, "method", call->method);
    bw_json_member_str(&w, "uri", bw_str_take(call->uri, URI_SHOWN));
    if (document && document->objects_n) {
        const struct bw_object *native = &document->objects[0];
        bw_json_member_str(&w, "route",
                           bw_value_text(bw_value_get(native->value, BW_STR("route"))));
        bw_json_member_str(&w, "name", native->name);
    }
    if (bw_sha256(exchange->body.p, exchange->body.n, digest) == 0) {
        bw_sha256_hex(digest, hex);
        bw_json_member_str(&w, "request_sha256", bw_str(hex));
    }
    if (decision)
        bw_gate_record(decision, &w);
    else
        bw_json_member_str(&w, "undecided", bw_str(why));
    bw_json_end(&w);
    /* The log wants the members without their braces. */
    if (bw_buf_failed(&object))
        exchange->record.failed = true;
    else
        bw_buf_add(&exchange->record, object.p + 1, object.n - 2);
}

static void count(struct bw_exchange *exchange, const struct bw_gate_decision *decision)
{
    bw_metrics_add(exchange->metrics, decision->allowed ? BW_METRIC_ALLOWED : BW_METRIC_DENIED, 1);
    for (size_t i = 0; i < decision->reasons_n; i++) {
        if (decision->reasons[i].weight == BW_GATE_WARNS)
            bw_metrics_add(exchange->metrics, BW_METRIC_WARNED, 1);
        if (decision->reasons[i].weight == BW_GATE_WAIVED)
            bw_metrics_add(exchange->metrics, BW_METRIC_WAIVED, 1);
    }
    bw_metrics_took(exchange->metrics, decision->cost_ns);
}

/* --- a request of the daemon's --- */

/* What clients ask all day, and the guard itself: it tells no secret, and is not judged. */
static const char *const asked_in_passing[] = {
    "ping",
    "version",
    "info",
    "events",
    "system/df",
    "containers/list",
    "images/list",
    "networks/list",
    "volumes/list",
    "containers/inspect",
    "images/inspect",
    "volumes/inspect",
    "networks/inspect",
    "exec/inspect",
    "plugins/inspect",
    "containers/logs",
    "containers/stats",
    "containers/top",
    "containers/changes",
};

static bool is_in_passing(const struct bw_document *document)
{
    struct bw_value route = bw_value_get(document->objects[0].value, BW_STR("route"));
    for (size_t i = 0; i < BW_ARRAY_LEN(asked_in_passing); i++)
        if (bw_value_is(route, asked_in_passing[i]))
            return true;
    return false;
}

static bool has_blocking(const struct bw_gate_gaps *gaps)
{
    for (size_t i = 0; i < gaps->n; i++)
        if (gaps->v[i].blocking)
            return true;
    return false;
}

/* Nothing changes, and nobody has anything to say about it. */
static bool is_idle(const struct bw_document *document, const struct bw_gate_decision *decision)
{
    return !decision->reasons_n && document->objects_n &&
           bw_value_is_true(bw_value_get(document->objects[0].value, BW_STR("read")));
}

static void settle(const struct bw_docker_guard *guard, struct bw_exchange *exchange,
                   const struct call *call, const struct bw_document *document,
                   const struct bw_gate_decision *decision)
{
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_DOCKER_GUARD_MESSAGE_MAX);
    count(exchange, decision);
    if (guard->log_reads || !is_idle(document, decision))
        record(exchange, call, document, decision, NULL);
    if (decision->allowed) {
        reply_allow(exchange);
        return;
    }
    bw_gate_message(decision, BW_DOCKER_GUARD_MESSAGE_MAX, &message);
    reply_deny(exchange, bw_buf_slice(&message));
}

static bool asks_for_images_alone(const struct bw_exchange *exchange)
{
    for (size_t i = 0; i < exchange->asks_n; i++)
        if (!bw_str_starts(exchange->asks[i], BW_STR("/images/")))
            return false;
    return true;
}

static bool is_settled(const struct bw_gate_decision *decision)
{
    for (size_t i = 0; i < decision->reasons_n; i++)
        if (decision->reasons[i].doubt)
            return false;
    return true;
}

/* What an image decides is UNKNOWN until it is looked up, so a verdict without a doubt does not
 * depend on it: most requests are decided without asking. Volumes and other containers can turn out
 * to be worse than they look, and are always asked for. */
static int judge(const struct bw_docker_guard *guard, struct bw_exchange *exchange,
                 struct bw_err *err)
{
    struct call call = {0};
    struct bw_gate_gaps gaps;
    struct bw_document document;
    struct bw_gate_decision decision = {.allowed = true};
    int rc = glance(exchange, &call, err);
    if (rc == 0)
        rc = read_request(exchange, &gaps, &document, err);
    if (rc || !asks_for_images_alone(exchange))
        return rc;
    if (!document.objects_n || has_blocking(&gaps) || !is_in_passing(&document))
        rc = decide(exchange, &call, &document, &gaps, &decision, err);
    if (rc || (exchange->asks_n && !is_settled(&decision)))
        return rc;
    exchange->asks_n = 0;
    settle(guard, exchange, &call, &document, &decision);
    return 0;
}

/* --- the service's handlers --- */

void bw_docker_guard_handle(void *ctx, struct bw_exchange *exchange)
{
    struct bw_err err = {0};
    bool post = bw_str_eq(exchange->method, BW_STR("POST"));
    exchange->status = 200;
    exchange->content_type_out = PLUGIN_TYPE;
    if (post && bw_str_eq(exchange->path, BW_STR("/AuthZPlugin.AuthZReq"))) {
        if (judge(ctx, exchange, &err))
            bw_docker_guard_undecided(ctx, exchange, err.msg);
    } else if (post && bw_str_eq(exchange->path, BW_STR("/AuthZPlugin.AuthZRes"))) {
        reply_allow(exchange);
    } else if (post && bw_str_eq(exchange->path, BW_STR("/Plugin.Activate"))) {
        bw_buf_str(&exchange->reply, BW_STR("{\"Implements\":[\"authz\"]}\n"));
    } else {
        exchange->status = 404;
        bw_buf_str(&exchange->reply, BW_STR("{\"Err\":\"no such method of an authz plugin\"}\n"));
    }
}

void bw_docker_guard_undecided(void *ctx, struct bw_exchange *exchange, const char *why)
{
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(BW_DOCKER_GUARD_MESSAGE_MAX);
    struct call call = {0};
    (void)ctx;
    (void)!glance(exchange, &call, NULL); /* what cannot be read is recorded, too */
    bw_metrics_add(exchange->metrics, BW_METRIC_UNDECIDED, 1);
    bw_buf_clear(&exchange->record);
    bw_buf_clear(&exchange->reply);
    exchange->asks_n = 0;
    exchange->status = 200;
    exchange->content_type_out = PLUGIN_TYPE;
    record(exchange, &call, NULL, NULL, why);
    bw_buf_printf(&message, "denied, because it could not be decided: %s", why);
    reply_deny(exchange, bw_buf_slice(&message));
}

/* --- in the supervisor --- */

/* Questions between two looks at a runtime that is known: a minute. */
#define TICKS_BETWEEN 30u

int bw_docker_guard_answer(void *ctx, struct bw_str ask, struct bw_buf *answer, struct bw_err *err)
{
    const struct bw_docker_guard *guard = ctx;
    return bw_docker_daemon_ask(guard->host, ask, answer, err);
}

int bw_docker_guard_tick(void *ctx, bool *ret_reload, struct bw_err *err)
{
    struct bw_docker_guard *guard = ctx;
    bool has = false, due = !guard->asked || guard->ticks % TICKS_BETWEEN == 0;
    (void)err;
    *ret_reload = false;
    guard->ticks++;
    if (guard->runtime_gate != BW_DOCKER_RUNTIME_GATE_AUTO || !due ||
        bw_docker_daemon_has_runtime_gate(guard->host, &has, NULL))
        return 0;
    *ret_reload = has != guard->mended;
    guard->asked = true;
    guard->mended = has;
    return 0;
}

bool bw_docker_guard_mends_later(const struct bw_docker_guard *guard)
{
    return guard->runtime_gate == BW_DOCKER_RUNTIME_GATE_YES || guard->mended;
}
