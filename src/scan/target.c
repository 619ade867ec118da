#include "scan/target.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "wrap/sha256.h"

static void fail_target(struct bw_target *target, int code, const struct bw_err *err)
{
    if (target->failure)
        return;
    target->failure = code;
    target->failure_err = *err;
}

void bw_target_gap(struct bw_target *target, enum bw_gap_class class, struct bw_str where,
                   struct bw_str what, struct bw_str why)
{
    struct bw_scan *scan = target->scan;
    struct bw_err err = {0};
    struct bw_gap *gap = BW_VEC_PUSH(&scan->gaps, BW_SCAN_GAPS_MAX);
    if (gap) {
        *gap = (struct bw_gap){
            .class = class,
            .subject = (uint32_t)scan->subjects.n,
            .where = bw_arena_str(scan->arena, where),
            .what = bw_arena_str(scan->arena, what),
            .why = bw_arena_str(scan->arena, why),
        };
    }
    if (!gap || !gap->where.p || !gap->what.p || !gap->why.p)
        fail_target(target,
                    bw_err_set(&err, BW_ELIMIT, "no room for more than %u gaps", BW_SCAN_GAPS_MAX),
                    &err);
}

struct bw_str bw_target_layer_name(const struct bw_target *target, uint32_t layer)
{
    const struct bw_image *image = &target->image;
    if (layer >= image->layers_n || (image->layers_n == 1 && !image->layers[0].info.diff_id.n &&
                                     !image->layers[0].info.digest.n))
        return BW_STR("the file system");
    const struct bw_layer *info = &image->layers[layer].info;
    struct bw_str digest = info->digest.n ? info->digest : info->diff_id;
    struct bw_str name = bw_arena_printf(target->scan->arena, "layer %u %" BW_STR_F, layer + 1,
                                         BW_STR_A(bw_str_take(digest, 7 + 12)));
    return name.p ? name : BW_STR("a layer");
}

static const void *keep(struct bw_arena *arena, const void *p, size_t n)
{
    void *copy = bw_arena_alloc(arena, n);
    return copy ? memcpy(copy, p, n) : NULL;
}

/* The entry that a fact was read from: the newest of its layer at its path. */
static struct bw_view_entry *entry_of(struct bw_target *target, const struct bw_place *place)
{
    const struct bw_view_entry *newest = bw_view_newest(target->view, place->path);
    struct bw_view_entry *e = (struct bw_view_entry *)(uintptr_t)newest;
    while (e && (e->layer != place->layer || !(e->file.read || e->file.examined)))
        e = e->older;
    return e;
}

static int take_content_fact(struct bw_target *target, const struct bw_fact *fact,
                             struct bw_err *err)
{
    struct bw_arena *arena = target->scan->arena;
    struct bw_view_entry *entry = entry_of(target, &fact->place);
    if (!entry)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker told of a file it did not read");
    struct bw_scan_fact *kept = bw_arena_alloc(arena, sizeof *kept);
    if (!kept)
        return bw_err_set(err, BW_ELIMIT, "no room for more facts");
    *kept = (struct bw_scan_fact){.next = entry->facts, .kind = fact->kind, .place = fact->place};
    switch (fact->kind) {
    case BW_FACT_DISTRIBUTION:
        kept->distribution = keep(arena, &fact->distribution, sizeof fact->distribution);
        break;
    case BW_FACT_PACKAGE:
        kept->package = keep(arena, &fact->package, sizeof fact->package);
        break;
    case BW_FACT_OWNERSHIP:
        kept->ownership = keep(arena, &fact->ownership, sizeof fact->ownership);
        break;
    case BW_FACT_SECRET:
        kept->secret = keep(arena, &fact->secret, sizeof fact->secret);
        break;
    default:
        kept->elf = keep(arena, &fact->elf, sizeof fact->elf);
    }
    if (!kept->package)
        return bw_err_set(err, BW_ELIMIT, "no room for more facts");
    entry->facts = kept;
    return 0;
}

static int take_fact(struct bw_target *target, uint32_t first, uint32_t last,
                     const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_view_entry *entry;
    if (fact->place.layer < first || fact->place.layer > last)
        return bw_err_set(err, BW_EINTERNAL,
                          "the sandboxed worker told of a layer it was not "
                          "given");
    if (fact->kind == BW_FACT_FILE)
        return bw_view_add(target->view, fact->place.layer, fact->place.path, &fact->file, &entry,
                           err);
    if (fact->kind == BW_FACT_DOCUMENT)
        return 0;
    return take_content_fact(target, fact, err);
}

static void take_gap(struct bw_target *target, uint32_t layer, const struct bw_gap *gap)
{
    struct bw_str name = bw_target_layer_name(target, layer);
    struct bw_str where = name;
    if (target->image.form == BW_FORM_STREAM)
        where = gap->where.n ? gap->where : bw_str(target->argument);
    else if (gap->where.n)
        where = bw_arena_printf(target->scan->arena, "%" BW_STR_F ": %" BW_STR_F, BW_STR_A(name),
                                BW_STR_A(gap->where));
    bw_target_gap(target, gap->class, where, gap->what, gap->why);
}

int bw_target_replay_records(struct bw_target *target, uint32_t layer, struct bw_str bytes,
                             struct bw_err *err)
{
    int rc = 0;
    while (bytes.n && rc == 0) {
        struct bw_record record;
        rc = bw_wire_get(&bytes, target->scan->arena, &record, err);
        if (rc)
            return rc;
        if (record.kind == BW_RECORD_GAP) {
            take_gap(target, layer, &record.gap);
            continue;
        }
        record.fact.place.layer = layer;
        rc = take_fact(target, layer, layer, &record.fact, err);
    }
    return rc;
}

int bw_target_records(struct bw_target *target, uint32_t first, uint32_t last, struct bw_str bytes,
                      struct bw_err *err)
{
    while (bytes.n) {
        struct bw_record record;
        int rc = bw_wire_get(&bytes, target->scan->arena, &record, err);
        if (rc)
            return rc;
        if (record.kind == BW_RECORD_GAP && record.gap.class == BW_GAP_BLOCKING)
            bw_target_spoil(target, first);
        if (record.kind == BW_RECORD_GAP)
            take_gap(target, first, &record.gap);
        else
            rc = take_fact(target, first, last, &record.fact, err);
        if (rc)
            return rc;
    }
    return 0;
}

void bw_target_compare_digest(struct bw_target *target, struct bw_str where, const char *kind,
                              struct bw_str promised, const uint8_t computed[32])
{
    char hex[BW_SHA256_HEX_SIZE], why[320];
    bw_sha256_hex(computed, hex);
    if (!bw_str_starts(promised, BW_STR("sha256:"))) {
        bw_target_gap(target, BW_GAP_BLOCKING, where, BW_STR("whether the layer is what it claims"),
                      BW_STR("its digest is not of SHA-256, which alone is computed"));
        return;
    }
    if (bw_str_eq(bw_str_from(promised, 7), bw_str(hex)))
        return;
    snprintf(why, sizeof why, "its %s is sha256:%s, and the image promises %" BW_STR_F, kind, hex,
             BW_STR_A(promised));
    bw_target_gap(target, BW_GAP_BLOCKING, where, BW_STR("whether the layer is what it claims"),
                  bw_str(why));
}

static void free_job(struct bw_target_job *job)
{
    for (size_t i = 0; job->owns_fds && i < job->job.fds_n; i++)
        bw_fd_closep(&job->fds[i]);
    bw_buf_free(&job->bytes);
    free(job);
}

static int on_message(struct bw_job *base, uint32_t tag, struct bw_str bytes, struct bw_err *err)
{
    struct bw_target_job *job = base->ctx;
    if (tag == BW_SCAN_RECORDS) {
        bw_target_record(job->target, job->first_layer, bytes);
        return bw_target_records(job->target, job->first_layer, job->last_layer, bytes, err);
    }
    if (tag == BW_SCAN_KIND && bytes.n == sizeof job->answer) {
        memcpy(&job->answer, bytes.p, sizeof job->answer);
        return 0;
    }
    if (tag != BW_SCAN_BLOB || bytes.n != sizeof job->blob)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker gave an answer of a wrong form");
    memcpy(&job->blob, bytes.p, sizeof job->blob);
    job->blob_seen = true;
    return 0;
}

/* Bad input is a gap, and so is a worker that died of it; a limit of ours on all facts, or the
 * machine's end, fails the target. */
static void on_done(struct bw_job *base, int status, const struct bw_err *err)
{
    struct bw_target_job *job = base->ctx;
    struct bw_target *target = job->target;
    if (status)
        bw_target_spoil(target, job->first_layer);
    if (status && !job->is_quiet)
        bw_target_gap(target, BW_GAP_BLOCKING, job->where, job->what, bw_str(err->msg));
    if (job->after)
        job->after(job, status);
    target->scan->progress.bytes_done += base->weight;
    free_job(job);
}

struct bw_target_job *bw_target_job_new(struct bw_target *target, enum bw_worker_role role,
                                        enum bw_scan_job kind, uint32_t layer)
{
    struct bw_target_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->target = target;
    job->first_layer = job->last_layer = layer;
    const struct bw_scan_options *options = &target->scan->options;
    bool source = target->image.subject.kind == BW_SUBJECT_SOURCE;
    job->request = (struct bw_scan_request){
        .layer = layer,
        .flags = (options->secrets ? BW_SCAN_SECRETS : 0u) |
                 (options->files || options->all_files ? BW_SCAN_ALL_FILES : 0u) |
                 (options->locks || source ? BW_SCAN_LOCKS : 0u),
        .digest = target->digest,
        .output_max = options->layer_size_max,
        .entries_max = options->entries_max,
        .members_max = options->archive_size_max,
    };
    job->bytes = BW_BUF(BW_POOL_MESSAGE_MAX);
    job->job = (struct bw_job){
        .role = role, .kind = kind, .ctx = job, .message = on_message, .done = on_done};
    return job;
}

int bw_target_submit(struct bw_target_job *job, struct bw_str tail, size_t fds_n,
                     struct bw_err *err)
{
    bw_buf_add(&job->bytes, &job->request, sizeof job->request);
    bw_buf_str(&job->bytes, tail);
    job->job.fds = job->fds;
    job->job.fds_n = fds_n;
    if (bw_buf_failed(&job->bytes)) {
        free_job(job);
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    }
    job->job.request = bw_buf_slice(&job->bytes);
    job->target->scan->progress.bytes_total += job->job.weight;
    bw_pool_submit(job->target->scan->pool, &job->job);
    return 0;
}

int bw_target_wait(struct bw_target *target, struct bw_err *err)
{
    int rc = bw_pool_run(target->scan->pool, err);
    if (rc == 0 && target->failure) {
        if (err)
            *err = target->failure_err;
        rc = target->failure;
    }
    return rc;
}
