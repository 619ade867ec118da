/*
 * What acquisition asks while it opens a target, put to a worker: the meaning of a JSON document,
 * the members of a tar.
 */
#include "scan/target.h"
#include "unpack/tar.h"

#define CONFIG_SECRETS_MAX 10000u

/* A question to a worker whose answer acquisition waits for. */
struct question {
    struct bw_job job;
    struct bw_arena *arena;
    int status;
    struct bw_err err;
    struct bw_image_document *document;
    struct bw_target *target; /* takes what was found in the document; NULL: not looked */
    BW_VEC_TYPE(member_vec, struct bw_member) members;
};

/* Where a symbolic link of the archive leads, as a path in it: empty where nowhere. */
static struct bw_str link_target(struct bw_arena *arena, struct bw_str path, struct bw_str link)
{
    char out[BW_TAR_PATH_MAX + 1];
    struct bw_str joined = link, target;
    size_t slash = bw_str_rfind(path, '/');
    bool odd;
    if (!bw_str_starts(link, BW_STR("/")) && slash != SIZE_MAX)
        joined = bw_arena_printf(arena, "%" BW_STR_F "/%" BW_STR_F,
                                 BW_STR_A(bw_str_take(path, slash)), BW_STR_A(link));
    if (!joined.p || !bw_tar_normalise(joined, out, &target, &odd))
        return (struct bw_str){0};
    return bw_arena_str(arena, target);
}

static int take_member(struct question *question, const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_member *member = BW_VEC_PUSH(&question->members, BW_SCAN_ENTRIES_MAX);
    if (!member)
        return bw_err_set(err, BW_ELIMIT, "the archive has more than %u members",
                          BW_SCAN_ENTRIES_MAX);
    *member = (struct bw_member){.path = fact->place.path,
                                 .link = fact->file.link,
                                 .offset = fact->file.offset,
                                 .size = fact->file.size};
    if (fact->file.type == BW_FILE_SYMLINK)
        member->link = link_target(question->arena, member->path, member->link);
    return 0;
}

/* Several documents may describe the same image: the daemon's answer and the configuration. */
static bool is_known(const struct bw_target *target, const struct bw_fact *fact)
{
    for (size_t i = 0; i < target->config_secrets.n; i++) {
        const struct bw_kept_secret *known = &target->config_secrets.v[i];
        if (bw_str_eq(known->place.inner, fact->place.inner) &&
            bw_str_eq(known->secret->rule, fact->secret.rule) &&
            bw_str_eq(known->secret->match, fact->secret.match))
            return true;
    }
    return false;
}

static int take_secret(struct question *question, const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_target *target = question->target;
    if (!target->scan->options.secrets || is_known(target, fact))
        return 0;
    struct bw_kept_secret *kept = BW_VEC_PUSH(&target->config_secrets, CONFIG_SECRETS_MAX);
    struct bw_secret *secret =
        kept ? bw_scan_keep(question->arena, &fact->secret, 1, sizeof *secret) : NULL;
    if (!secret)
        return bw_err_set(err, BW_ELIMIT, "more than %u secrets in the configuration of the image",
                          CONFIG_SECRETS_MAX);
    *kept = (struct bw_kept_secret){.secret = secret, .place = fact->place};
    return 0;
}

static int on_answer(struct bw_job *job, uint32_t tag, struct bw_str bytes, struct bw_err *err)
{
    struct question *question = job->ctx;
    if (tag != BW_SCAN_RECORDS)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker gave an answer of a wrong form");
    while (bytes.n) {
        struct bw_record record;
        int rc = bw_wire_get(&bytes, question->arena, &record, err);
        if (rc)
            return rc;
        if (record.kind == BW_RECORD_GAP && question->target)
            bw_target_gap(question->target, record.gap.class, record.gap.where, record.gap.what,
                          record.gap.why);
        if (record.kind != BW_RECORD_FACT)
            continue;
        if (question->target && record.fact.kind == BW_FACT_SECRET) {
            rc = take_secret(question, &record.fact, err);
            if (rc)
                return rc;
        } else if (question->document && record.fact.kind == BW_FACT_DOCUMENT) {
            *question->document = record.fact.document;
        } else if (record.fact.kind == BW_FACT_FILE) {
            rc = take_member(question, &record.fact, err);
            if (rc)
                return rc;
        }
    }
    return 0;
}

static void on_answered(struct bw_job *job, int status, const struct bw_err *err)
{
    struct question *question = job->ctx;
    question->status = status;
    question->err = *err;
}

static int put_question(struct bw_scan *scan, struct question *question, enum bw_scan_job kind,
                        const struct bw_scan_request *request, struct bw_str tail, const int *fd,
                        struct bw_err *err)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POOL_MESSAGE_MAX);
    bw_buf_add(&bytes, request, sizeof *request);
    bw_buf_str(&bytes, tail);
    if (bw_buf_failed(&bytes))
        return bw_err_set(err, BW_ENOMEM, "out of memory for a question to a worker");
    question->arena = scan->arena;
    question->job = (struct bw_job){
        .role = BW_WORKER_PARSER,
        .kind = kind,
        .request = bw_buf_slice(&bytes),
        .fds = fd,
        .fds_n = fd ? 1 : 0,
        .ctx = question,
        .message = on_answer,
        .done = on_answered,
    };
    bw_pool_submit(scan->pool, &question->job);
    int rc = bw_pool_run(scan->pool, err);
    if (rc == 0 && question->status) {
        if (err)
            *err = question->err;
        rc = question->status;
    }
    return rc;
}

static int parse_document(void *ctx, enum bw_document_kind kind, struct bw_str bytes,
                          struct bw_image_document *ret_document, struct bw_err *err)
{
    struct bw_target *target = ctx;
    struct bw_image_document document = {0};
    bool describes =
        kind == BW_DOCUMENT_CONFIG || kind == BW_DOCUMENT_INSPECT || kind == BW_DOCUMENT_MANIFEST;
    struct question question = {.document = &document, .target = describes ? target : NULL};
    /* Always: its texts go into reports, and the values of secrets must not. */
    struct bw_scan_request request = {.document = kind, .flags = describes ? BW_SCAN_SECRETS : 0u};
    int rc = put_question(target->scan, &question, BW_SCAN_DOCUMENT, &request, bytes, NULL, err);
    BW_VEC_FREE(&question.members);
    if (rc == 0)
        *ret_document = document;
    return rc;
}

static int list_members(void *ctx, struct bw_blob archive, struct bw_members *ret_members,
                        struct bw_err *err)
{
    struct bw_target *target = ctx;
    struct question question = {0};
    struct bw_scan_request request = {.offset = archive.offset,
                                      .size = archive.size,
                                      .entries_max = target->scan->options.entries_max};
    int rc = put_question(target->scan, &question, BW_SCAN_MEMBERS, &request, (struct bw_str){0},
                          &archive.fd, err);
    struct bw_member *members = NULL;
    if (rc == 0) {
        members = bw_arena_array(target->scan->arena, question.members.n, sizeof *members);
        if (!members)
            rc = bw_err_set(err, BW_ELIMIT, "no room for the members of the archive");
    }
    if (rc == 0) {
        if (question.members.n)
            memcpy(members, question.members.v, question.members.n * sizeof *members);
        *ret_members = (struct bw_members){members, question.members.n};
    }
    BW_VEC_FREE(&question.members);
    return rc;
}

static void acquire_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                        struct bw_str why)
{
    bw_target_gap(ctx, class, where, what, why);
}

/* Layers that are there already are read while the next one comes in. */
static int pump(void *ctx, uint64_t bytes, struct bw_err *err)
{
    struct bw_target *target = ctx;
    target->fetched += bytes;
    target->scan->progress.bytes_done += bytes;
    return bw_pool_step(target->scan->pool, 0, -1, err);
}

struct bw_acquire bw_target_acquire(struct bw_target *target)
{
    const struct bw_scan *scan = target->scan;
    return (struct bw_acquire){
        .arena = target->scan->arena,
        .ctx = target,
        .document = parse_document,
        .members = list_members,
        .gap = acquire_gap,
        .pump = pump,
        .deadline_ms = scan->options.timeout_ms ? scan->started_ms + scan->options.timeout_ms : 0,
        .platform = scan->options.platform,
        .layer_size_max = scan->options.layer_size_max,
        .registry = scan->options.registry,
    };
}
