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

static bool is_digest_of(struct bw_str promised, const uint8_t computed[BW_SHA256_SIZE])
{
    uint8_t digest[BW_SHA256_SIZE];
    return bw_str_starts(promised, BW_STR("sha256:")) &&
           bw_sha256_parse(bw_str_from(promised, 7), digest) &&
           memcmp(digest, computed, sizeof digest) == 0;
}

static void after_hash(struct bw_target_job *job, int status)
{
    const struct bw_layer *info = info_of(job);
    if (status || !job->blob_seen)
        return;
    struct bw_str promised = info->digest.n ? info->digest : info->diff_id;
    const struct bw_image *image = &job->target->image;
    if (is_digest_of(promised, job->blob.digest)) {
        bw_target_keep_layer(job->target, job->first_layer);
        /* What was fetched is in a file that soon is no more. */
        if (!image->fetch)
            bw_target_keep_verified(job->target, &image->layers[job->first_layer].blob, promised);
    }
    if (info->digest.n)
        bw_target_compare_digest(job->target, job->where, "digest", info->digest, job->blob.digest);
    if (job->request.flags & BW_SCAN_HASH_TAR)
        bw_target_compare_digest(job->target, job->where, "diff ID", info->diff_id,
                                 job->blob.digest);
}

static void after_layer(struct bw_target_job *job, int status)
{
    const struct bw_layer *info = info_of(job);
    if (status || (job->request.flags & BW_SCAN_ONLY))
        return;
    if (job->blob_seen && job->blob.has_diff_id)
        bw_target_compare_digest(job->target, job->where, "diff ID", info->diff_id,
                                 job->blob.diff_id);
    bool wanted = job->request.flags & BW_SCAN_HASH_TAR;
    if (!wanted ||
        (job->blob_seen && job->blob.has_diff_id && is_digest_of(info->diff_id, job->blob.diff_id)))
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

static bool wants_diff_id(const struct bw_target *target, const struct bw_layer *info)
{
    return info->diff_id.n && (!info->digest.n || target->scan->options.verify_full);
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

static int parse_layer(struct bw_target *target, uint32_t layer, struct bw_str wanted, bool only,
                       struct bw_err *err)
{
    const struct bw_layer *info = &target->image.layers[layer].info;
    bool compressed = is_compressed(&target->image.layers[layer].blob);
    bool hash = !only && (info->digest.n || (wants_diff_id(target, info) && !compressed));
    struct bw_target_job *job = blob_job(target, BW_WORKER_PARSER, BW_SCAN_LAYER, layer);
    if (!job)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    job->what = BW_STR("the rest of the layer");
    if (only)
        job->request.flags = BW_SCAN_ONLY;
    else if (wants_diff_id(target, info) && compressed)
        job->request.flags = BW_SCAN_HASH_TAR;
    job->after = after_layer;
    bw_target_expect(target, layer, hash ? 2 : 1);
    int rc = bw_target_submit(job, wanted, 1, err);
    return rc || !hash
               ? rc
               : submit_hash(target, layer, wants_diff_id(target, info) && !compressed, err);
}

static int read_layer(struct bw_target *target, uint32_t layer, struct bw_str wanted, bool only,
                      struct bw_err *err)
{
    const struct bw_image_layer *here = &target->image.layers[layer];
    bool elsewhere = here->blob.fd < 0 && !here->lost && target->image.fetch;
    bool found = false;
    if (here->blob.fd < 0 && !elsewhere)
        return 0; /* it is not there, which has been reported */
    int rc = 0;
    if (!only && !wants_diff_id(target, &here->info))
        rc = bw_target_replay(target, layer, &found, err);
    /* What is kept had this digest. What is not at hand has no other than the one it is known by.
     */
    if (rc ||
        (found && (elsewhere || bw_target_is_verified(target, &here->blob, here->info.digest))))
        return rc;
    if (found)
        return submit_hash(target, layer, false, err);
    rc = bring(target, layer, err);
    return rc || here->blob.fd < 0 ? rc : parse_layer(target, layer, wanted, only, err);
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
        bw_target_recall_look(target))
        return 0;
    int rc = bring(target, 0, err);
    if (rc || image->layers[0].blob.fd < 0)
        return rc;
    struct bw_target_job *job = blob_job(target, BW_WORKER_PARSER, BW_SCAN_LOOK, 0);
    if (!job)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    job->job.weight = 0;
    job->is_quiet = true;
    job->after = after_look;
    rc = bw_target_submit(job, (struct bw_str){0}, 1, err);
    int waited = bw_target_wait(target, rc ? NULL : err);
    return rc ? rc : waited;
}

int bw_target_read_layers(struct bw_target *target, struct bw_str wanted, bool only,
                          struct bw_err *err)
{
    int rc = only ? 0 : choose_digest(target, err);
    if (!only && target->scan->options.all_files && target->digest == BW_DIGEST_NONE)
        target->digest = BW_DIGEST_SHA256;
    if (rc == 0 && !only && !bw_target_start_recording(target))
        rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < target->image.layers_n && rc == 0; i++)
        rc = read_layer(target, i, wanted, only, err);
    int waited = bw_target_wait(target, rc ? NULL : err);
    bw_target_stop_recording(target);
    return rc ? rc : waited;
}
