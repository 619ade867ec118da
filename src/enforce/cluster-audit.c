#include "enforce/cluster-audit.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/map.h"
#include "enforce/gate-gaps.h"
#include "extract/admission-review.h"
#include "extract/kubernetes-list.h"
#include "sandbox/pool.h"
#include "wrap/json.h"

#define REVIEW_MAX ((size_t)32 << 20)
#define RECORD_MAX ((size_t)128 << 10)
#define ARENA_MAX  ((size_t)128 << 20)
#define KNOWN_MAX  1000000u /* what managers were found to have */

/* Managers stand before what they manage. */
static const struct bw_kubernetes_kind kinds[] = {
    {"apps", "v1", "deployments", "Deployment"},
    {"apps", "v1", "statefulsets", "StatefulSet"},
    {"apps", "v1", "daemonsets", "DaemonSet"},
    {"apps", "v1", "replicasets", "ReplicaSet"},
    {"batch", "v1", "cronjobs", "CronJob"},
    {"batch", "v1", "jobs", "Job"},
    {"", "v1", "replicationcontrollers", "ReplicationController"},
    {"", "v1", "pods", "Pod"},
    {"", "v1", "services", "Service"},
    {"networking.k8s.io", "v1", "ingresses", "Ingress"},
    {"networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"},
    {"rbac.authorization.k8s.io", "v1", "roles", "Role"},
    {"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"},
    {"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole"},
    {"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding"},
};

enum tag {
    TAG_RESULT, /* struct verdict and the record */
    TAG_COUNT,  /* objects judged, uint64_t */
    TAG_NEXT,   /* where the list goes on */
};

struct verdict {
    uint8_t denied, warned, doubtful;
};

/* --- in the worker --- */

struct auditor {
    struct bw_gate_judge *judge;
    struct bw_arena *arena; /* of one object */
    struct bw_arena *known_arena;
    struct bw_map known; /* "UID POLICY": told of the object with that uid */
    struct bw_buf review, record;
    const char *const *skip;
    int64_t now_ns;
};

/* Made before the worker is forked, and used in it alone: jobs carry no context. */
static struct auditor *auditor;

struct page {
    struct bw_worker *worker;
    const struct bw_kubernetes_kind *kind;
    uint64_t objects;
};

static bool is_skipped(const struct auditor *a, struct bw_str namespace)
{
    char name[256];
    if (!namespace.n || namespace.n >= sizeof name)
        return false;
    memcpy(name, namespace.p, namespace.n);
    name[namespace.n] = '\0';
    for (const char *const *glob = a->skip; glob && *glob; glob++)
        if (fnmatch(*glob, name, 0) == 0)
            return true;
    return false;
}

static struct bw_str known_key(struct auditor *a, struct bw_str uid,
                               const struct bw_gate_reason *reason)
{
    return bw_arena_printf(a->arena, "%" BW_STR_F " %" BW_STR_F " %d", BW_STR_A(uid),
                           BW_STR_A(reason->policy->id), (int)reason->weight);
}

/* Whether the manager was told to have it. A full memory only says things twice. */
static bool is_the_managers(struct auditor *a, const struct bw_kubernetes_item *item,
                            const struct bw_gate_reason *reason)
{
    if (!reason->policy)
        return false;
    struct bw_str own = known_key(a, item->uid, reason);
    if (own.p && item->uid.n && !bw_map_get(&a->known, own)) {
        struct bw_str kept = bw_arena_str(a->known_arena, own);
        struct bw_map_item *slot = kept.p ? bw_map_at(&a->known, kept) : NULL;
        if (slot)
            slot->value = a;
    }
    struct bw_str managers =
        item->controller.n ? known_key(a, item->controller, reason) : (struct bw_str){0};
    return managers.p && bw_map_get(&a->known, managers);
}

/* Leaves those out that are the manager's. */
static void keep_own(struct auditor *a, const struct bw_kubernetes_item *item,
                     struct bw_gate_decision *decision, struct bw_gate_reason *room,
                     struct verdict *verdict)
{
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < decision->reasons_n; i++) {
        const struct bw_gate_reason *reason = &decision->reasons[i];
        if (is_the_managers(a, item, reason))
            continue;
        verdict->denied |= reason->weight == BW_GATE_DENIES;
        verdict->warned |= reason->weight == BW_GATE_WARNS;
        found |= reason->weight == BW_GATE_DENIES && !reason->doubt;
        room[kept++] = *reason;
    }
    verdict->doubtful = verdict->denied && !found;
    decision->reasons = room;
    decision->reasons_n = kept;
    decision->allowed = !verdict->denied;
}

static void begin_record(struct auditor *a, struct bw_json_writer *w, const struct page *page,
                         const struct bw_kubernetes_item *item)
{
    bw_buf_clear(&a->record);
    *w = bw_json_writer(&a->record, false);
    bw_json_begin_object(w);
    bw_json_member_str(w, "gate", BW_STR("kubernetes-audit"));
    bw_json_member_str(w, "resource", bw_str(page->kind->resource));
    bw_json_member_str(w, "kind", bw_str(page->kind->kind));
    if (item->namespace.n)
        bw_json_member_str(w, "namespace", item->namespace);
    bw_json_member_str(w, "name", item->name);
    if (item->uid.n)
        bw_json_member_str(w, "uid", item->uid);
}

static int send_record(struct auditor *a, struct bw_json_writer *w, const struct page *page,
                       const struct verdict *verdict, struct bw_err *err)
{
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(RECORD_MAX + sizeof *verdict);
    bw_json_end(w);
    if (bw_buf_failed(&a->record))
        return bw_err_set(err, BW_ELIMIT, "a record is longer than %zu KiB", RECORD_MAX >> 10);
    bw_buf_add(&message, verdict, sizeof *verdict);
    bw_buf_add(&message, a->record.p + 1, a->record.n - 2); /* without its braces */
    if (bw_buf_failed(&message))
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    return bw_worker_send(page->worker, TAG_RESULT, message.p, message.n, err);
}

/* What could not be read or judged is a doubt about the object. */
static int send_doubt(struct auditor *a, const struct page *page,
                      const struct bw_kubernetes_item *item, const struct bw_err *why,
                      struct bw_err *err)
{
    const struct verdict verdict = {.denied = true, .doubtful = true};
    struct bw_json_writer w;
    begin_record(a, &w, page, item);
    bw_json_member_str(&w, "verdict", BW_STR("deny"));
    bw_json_member_str(&w, "undecided", bw_str(why->msg));
    return send_record(a, &w, page, &verdict, err);
}

static struct bw_value namespace_named(void *ctx, struct bw_str name)
{
    return bw_gate_namespace(((struct auditor *)ctx)->judge, name);
}

static int decide(struct auditor *a, struct bw_gate_decision *ret, struct bw_err *err)
{
    struct bw_gate_gaps gaps;
    struct bw_admission_review review;
    struct bw_reader_sink sink = bw_gate_gaps_sink(&gaps, a->arena);
    int rc = bw_admission_review_read(bw_buf_slice(&a->review), &sink, a->arena, &review, err);
    if (rc == 0 && gaps.short_of_memory)
        rc = bw_err_set(err, BW_ENOMEM, "out of memory for gaps");
    if (rc)
        return rc;
    /* No request: who would ask is not known, and an empty name is not the same. */
    const struct bw_gate_request request = {
        .document = &review.document,
        .gaps = gaps.v,
        .gaps_n = gaps.n,
        .namespace = review.namespace,
        .name = review.name,
        .around = {.namespace_named = namespace_named, .ctx = a, .now_ns = a->now_ns},
    };
    return bw_gate_decide(a->judge, &request, ret, err);
}

static int judge_item(void *ctx, const struct bw_kubernetes_item *item, struct bw_err *err)
{
    struct page *page = ctx;
    struct auditor *a = auditor;
    struct bw_gate_decision decision;
    struct verdict verdict = {0};
    struct bw_json_writer w;
    struct bw_err why = {0};
    if (is_skipped(a, item->namespace))
        return 0;
    page->objects++;
    bw_arena_reset(a->arena);
    bw_buf_clear(&a->review);
    bw_kubernetes_item_review(item, page->kind, &a->review);
    if (bw_buf_failed(&a->review))
        bw_err_set(&why, BW_ELIMIT, "the object is longer than %zu MiB", REVIEW_MAX >> 20);
    if (why.code || decide(a, &decision, &why))
        return send_doubt(a, page, item, &why, err);
    struct bw_gate_reason *room = bw_arena_array(a->arena, decision.reasons_n + 1, sizeof *room);
    if (!room)
        return bw_err_set(err, BW_ENOMEM, "out of memory for reasons");
    keep_own(a, item, &decision, room, &verdict);
    if (!verdict.denied && !verdict.warned)
        return 0;
    begin_record(a, &w, page, item);
    bw_gate_record(&decision, &w);
    return send_record(a, &w, page, &verdict, err);
}

static int run(struct bw_worker *worker, uint32_t kind, struct bw_str request, const int *fds,
               size_t fds_n, struct bw_err *err)
{
    struct page page = {.worker = worker, .kind = &kinds[kind]};
    struct bw_buf next BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KUBERNETES_CONTINUE_MAX);
    (void)fds, (void)fds_n;
    int rc = bw_kubernetes_page_read(request, judge_item, &page, &next, err);
    if (rc == 0)
        rc = bw_worker_send(worker, TAG_COUNT, &page.objects, sizeof page.objects, err);
    return rc || !next.n ? rc : bw_worker_send(worker, TAG_NEXT, next.p, next.n, err);
}

/* --- in the parent --- */

struct audit {
    const struct bw_cluster_audit_options *options;
    struct bw_cluster_audit_summary summary;
    struct bw_pool *pool;
    size_t kind;
    bool told_wrong; /* `tell` failed, with that error */
};

struct asked {
    struct bw_job job;
    struct audit *audit;
    struct bw_buf *next;
    int status;
    struct bw_err err;
};

/* The worker may be in the hands of an object: what it says of one is JSON on one line with none of
 * the log's own names, or nothing. */
static bool is_record(struct bw_str members)
{
    static const char *const taken[] = {"sequence", "time", "previous", "hash"};
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(RECORD_MAX + 2);
    bw_buf_byte(&text, '{');
    bw_buf_str(&text, members);
    bw_buf_byte(&text, '}');
    if (bw_buf_failed(&text) || bw_str_find(members, '\n') != SIZE_MAX ||
        bw_json_parse(&doc, bw_buf_slice(&text), NULL, 0, NULL) ||
        bw_json_type(bw_json_root(doc)) != BW_JSON_OBJECT)
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(taken); i++)
        if (bw_json_get(bw_json_root(doc), bw_str(taken[i])))
            return false;
    return true;
}

static int take_result(struct audit *audit, struct bw_str bytes, struct bw_err *err)
{
    struct verdict verdict;
    if (bytes.n < sizeof verdict || !is_record(bw_str_from(bytes, sizeof verdict)))
        return bw_err_set(err, BW_EFORMAT, "a worker said something that is no record");
    memcpy(&verdict, bytes.p, sizeof verdict);
    const struct bw_cluster_audit_result result = {
        .denied = verdict.denied,
        .warned = verdict.warned,
        .doubtful = verdict.doubtful,
        .record = bw_str_from(bytes, sizeof verdict),
    };
    audit->summary.denied += result.denied;
    audit->summary.warned += !result.denied && result.warned;
    audit->summary.doubtful += result.doubtful;
    int rc = audit->options->tell(audit->options->ctx, &result, err);
    audit->told_wrong |= rc != 0;
    return rc;
}

static int on_message(struct bw_job *job, uint32_t tag, struct bw_str bytes, struct bw_err *err)
{
    struct asked *asked = job->ctx;
    uint64_t objects = 0;
    switch (tag) {
    case TAG_RESULT:
        return take_result(asked->audit, bytes, err);
    case TAG_COUNT:
        if (bytes.n != sizeof objects)
            break;
        memcpy(&objects, bytes.p, sizeof objects);
        asked->audit->summary.objects += objects;
        return 0;
    case TAG_NEXT:
        bw_buf_str(asked->next, bw_str_take(bytes, BW_KUBERNETES_CONTINUE_MAX));
        return 0;
    default:
        break;
    }
    return bw_err_set(err, BW_EFORMAT, "a worker said something that is no message");
}

static void on_done(struct bw_job *job, int status, const struct bw_err *err)
{
    struct asked *asked = job->ctx;
    asked->status = status;
    if (status)
        asked->err = *err;
}

static int on_page(void *ctx, struct bw_str text, struct bw_buf *next, struct bw_err *err)
{
    struct audit *audit = ctx;
    struct asked asked = {.audit = audit, .next = next};
    asked.job = (struct bw_job){.role = BW_WORKER_PARSER,
                                .kind = (uint32_t)audit->kind,
                                .request = text,
                                .ctx = &asked,
                                .message = on_message,
                                .done = on_done};
    bw_pool_submit(audit->pool, &asked.job);
    int rc = bw_pool_run(audit->pool, err);
    if (rc == 0 && asked.status) {
        if (err)
            *err = asked.err;
        return asked.status;
    }
    return rc;
}

static void add_gap(struct audit *audit, const char *what, const struct bw_err *why)
{
    audit->summary.gaps++;
    if (audit->options->gap)
        audit->options->gap(audit->options->ctx, what, why);
}

static int list_all(struct audit *audit, struct bw_err *err)
{
    for (audit->kind = 0; audit->kind < BW_ARRAY_LEN(kinds); audit->kind++) {
        const struct bw_kubernetes_kind *kind = &kinds[audit->kind];
        const struct bw_kubernetes_resource of = {kind->group, kind->version, kind->resource};
        struct bw_err why = {0};
        int rc = bw_kubernetes_list(audit->options->client, &of, on_page, audit, &why);
        if (rc && audit->told_wrong) {
            if (err)
                *err = why;
            return rc;
        }
        if (rc)
            add_gap(audit, kind->resource, &why);
    }
    return 0;
}

static void free_auditor(struct auditor *a)
{
    bw_gate_judge_free(a->judge);
    bw_arena_free(a->arena);
    bw_arena_free(a->known_arena);
    bw_map_free(&a->known);
    bw_buf_free(&a->review);
    bw_buf_free(&a->record);
}

int bw_cluster_audit(const struct bw_cluster_audit_options *options,
                     struct bw_cluster_audit_summary *ret_summary, struct bw_err *err)
{
    const struct bw_pool_options workers = {
        .workers = {[BW_WORKER_PARSER] = 1}, .run = run, .memory_max = BW_CLUSTER_AUDIT_MEMORY_MAX};
    struct auditor a BW_CLEANUP(free_auditor) = {
        .judge = bw_gate_judge_new(options->rules, err),
        .arena = bw_arena_new(ARENA_MAX),
        .known_arena = bw_arena_new(ARENA_MAX),
        .known = BW_MAP(KNOWN_MAX),
        .review = BW_BUF(REVIEW_MAX),
        .record = BW_BUF(RECORD_MAX),
        .skip = options->skip,
        .now_ns = options->now_ns,
    };
    struct audit audit = {.options = options};
    if (!a.judge)
        return err ? (int)err->code : BW_ENOMEM;
    if (!a.arena || !a.known_arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory for an audit");
    auditor = &a;
    audit.pool = bw_pool_new(&workers, err);
    if (!audit.pool)
        return err ? (int)err->code : BW_EINTERNAL;
    int rc = list_all(&audit, err);
    bw_pool_free(audit.pool);
    auditor = NULL;
    if (rc == 0)
        *ret_summary = audit.summary;
    return rc;
}
