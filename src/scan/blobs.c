/*
 * Layers that are blobs in files: each is parsed in one worker and hashed in another, at the same
 * time; what protects its bytes decides which digests are taken.
 */
#include "base/fd.h"
#include "scan/target.h"
#include "wrap/sha256.h"

/* gzip, zstd (or its skippable frame), xz; anything else is taken for a plain tar. */
static bool is_compressed(const struct bw_blob *blob)
{
    unsigned char m[6] = {0};
    if (bw_fd_pread_full(blob->fd, m, sizeof m, blob->offset) < 4)
        return false;
    return (m[0] == 0x1f && m[1] == 0x8b) || memcmp(m, "\x28\xb5\x2f\xfd", 4) == 0 ||
           ((m[0] & 0xf0) == 0x50 && memcmp(m + 1, "\x2a\x4d\x18", 3) == 0) ||
           memcmp(m, "\xfd\x37zXZ", 6) == 0;
}

static const struct bw_layer *info_of(const struct bw_target_job *job)
{
    return &job->target->image.layers[job->first_layer].info;
}

static bool equals(const struct bw_target_job *job, struct bw_str promised)
{
    uint8_t digest[BW_SHA256_SIZE];
    return bw_str_starts(promised, BW_STR("sha256:")) &&
           bw_sha256_parse(bw_str_from(promised, 7), digest) &&
           memcmp(digest, job->blob.digest, sizeof digest) == 0;
}

static void after_hash(struct bw_target_job *job, int status)
{
    const struct bw_layer *info = info_of(job);
    if (status || !job->blob_seen)
        return;
    struct bw_str promised = info->digest.n ? info->digest : info->diff_id;
    if (equals(job, promised))
        bw_target_keep_verified(job->target, &job->target->image.layers[job->first_layer].blob,
                                promised);
    if (info->digest.n)
        bw_target_compare_digest(job->target, job->where, "digest", info->digest, job->blob.digest);
    if (job->request.flags & BW_SCAN_HASH_TAR)
        bw_target_compare_digest(job->target, job->where, "diff ID", info->diff_id,
                                 job->blob.digest);
}

static void after_layer(struct bw_target_job *job, int status)
{
    if (status == 0 && job->blob_seen && job->blob.has_diff_id)
        bw_target_compare_digest(job->target, job->where, "diff ID", info_of(job)->diff_id,
                                 job->blob.diff_id);
    if (status == 0 && !(job->request.flags & BW_SCAN_ONLY))
        bw_target_keep_layer(job->target, job->first_layer);
}

static struct bw_target_job *blob_job(struct bw_target *target, enum bw_worker_role role,
                                      enum bw_scan_job kind, uint32_t layer)
{
    const struct bw_blob *blob = &target->image.layers[layer].blob;
    struct bw_target_job *job = bw_target_job_new(target, role, kind, layer);
    if (!job)
        return NULL;
    job->request.offset = blob->offset;
    job->request.size = blob->size;
    job->job.weight = blob->size;
    job->fds[0] = blob->fd;
    job->where = bw_target_layer_name(target, layer);
    return job;
}

static int submit_hash(struct bw_target *target, uint32_t layer, bool is_diff_id,
                       struct bw_err *err)
{
    struct bw_target_job *job = blob_job(target, BW_WORKER_HASHER, BW_SCAN_HASH, layer);
    if (!job)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    job->what = BW_STR("whether the layer is what it claims");
    job->request.flags = is_diff_id ? BW_SCAN_HASH_TAR : 0u;
    job->after = after_hash;
    return bw_target_submit(job, (struct bw_str){0}, 1, err);
}

/* What a layer's failure is: a gap of that layer, or the end of all of them. */
static bool concerns_one(int code)
{
    return code == BW_ENOENT || code == BW_EFORMAT || code == BW_EDIGEST || code == BW_ELIMIT ||
           code == BW_EUNSUPPORTED || code == BW_ETIMEOUT;
}

/* Fetches a layer that is not at hand yet; workers go on with those before it meanwhile. */
static int bring(struct bw_target *target, uint32_t layer, struct bw_err *err)
{
    struct bw_image_layer *wanted = &target->image.layers[layer];
    struct bw_scan_progress *progress = &target->scan->progress;
    struct bw_err why = {0};
    if (wanted->blob.fd >= 0 || wanted->lost || !target->image.fetch)
        return 0;
    target->fetched = 0;
    progress->bytes_total += wanted->info.size;
    int rc = target->image.fetch(&target->image, layer, &why);
    /* What came twice, or did not come, must not move the end. */
    progress->bytes_done -= target->fetched;
    progress->bytes_done += wanted->info.size;
    if (rc == 0)
        return 0;
    wanted->lost = true;
    bw_target_gap(target, BW_GAP_BLOCKING, bw_target_layer_name(target, layer), BW_STR("the layer"),
                  bw_str(why.msg));
    if (concerns_one(rc))
        return 0;
    if (err)
        *err = why;
    return rc;
}

static int read_layer(struct bw_target *target, uint32_t layer, struct bw_str wanted, bool only,
                      struct bw_err *err)
{
    const struct bw_layer *info = &target->image.layers[layer].info;
    int brought = bring(target, layer, err);
    if (brought)
        return brought;
    if (target->image.layers[layer].blob.fd < 0)
        return 0; /* it is not there, which has been reported */
    bool compressed = is_compressed(&target->image.layers[layer].blob);
    bool want_diff_id =
        !only && info->diff_id.n && (!info->digest.n || target->scan->options.verify_full);
    const struct bw_blob *blob = &target->image.layers[layer].blob;
    bool found = false;
    int rc = only || want_diff_id ? 0 : bw_target_replay(target, layer, &found, err);
    if (rc || (found && bw_target_is_verified(target, blob, info->digest)))
        return rc;
    if (found)
        return submit_hash(target, layer, false, err);
    struct bw_target_job *job = blob_job(target, BW_WORKER_PARSER, BW_SCAN_LAYER, layer);
    if (!job)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    job->what = BW_STR("the rest of the layer");
    if (only)
        job->request.flags = BW_SCAN_ONLY;
    if (want_diff_id && compressed)
        job->request.flags |= BW_SCAN_HASH_TAR;
    job->after = after_layer;
    rc = bw_target_submit(job, wanted, 1, err);
    if (rc == 0 && !only && (info->digest.n || (want_diff_id && !compressed)))
        rc = submit_hash(target, layer, want_diff_id && !compressed, err);
    return rc;
}

static void after_look(struct bw_target_job *job, int status)
{
    if (status == 0 && job->answer < BW_DIGEST_ALGORITHM_COUNT)
        job->target->digest = (enum bw_digest_algorithm)job->answer;
    if (status == 0)
        bw_target_keep_look(job->target);
}

/* Which checksums to take shows in the lowest layer, before all layers are read at once. One that
 * cannot be read fails again, with a gap, when it is. */
static int choose_digest(struct bw_target *target, struct bw_err *err)
{
    const struct bw_image *image = &target->image;
    target->digest = target->scan->options.digest;
    if (!target->scan->options.files || target->digest != BW_DIGEST_NONE || image->layers_n == 0 ||
        image->layers[0].blob.fd < 0 || bw_target_recall_look(target))
        return 0;
    struct bw_target_job *job = blob_job(target, BW_WORKER_PARSER, BW_SCAN_LOOK, 0);
    if (!job)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    job->job.weight = 0;
    job->is_quiet = true;
    job->after = after_look;
    int rc = bw_target_submit(job, (struct bw_str){0}, 1, err);
    int waited = bw_target_wait(target, rc ? NULL : err);
    return rc ? rc : waited;
}

int bw_target_read_layers(struct bw_target *target, struct bw_str wanted, bool only,
                          struct bw_err *err)
{
    int rc = only ? 0 : choose_digest(target, err);
    if (rc == 0 && !only && !bw_target_start_recording(target))
        rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < target->image.layers_n && rc == 0; i++)
        rc = read_layer(target, i, wanted, only, err);
    int waited = bw_target_wait(target, rc ? NULL : err);
    bw_target_stop_recording(target);
    return rc ? rc : waited;
}
