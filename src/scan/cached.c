/*
 * What the cache knows of a target: its layers by their digests, and the whole of it where nothing
 * has changed.
 */
#include "base/build.h"
#include "model/wire-subject.h"
#include "scan/base-image.h"
#include "scan/target.h"

/* Everything that decides what is found in the same bytes. */
static void put_options(struct bw_cache_parts *parts, const struct bw_target *target)
{
    const struct bw_scan_options *options = &target->scan->options;
    const uint64_t numbers[] = {
        options->secrets,
        options->files,
        options->locks,
        options->digest,
        options->all_files,
        options->want_files,
        options->layer_size_max,
        options->entries_max,
        options->archive_size_max,
        target->image.subject.kind,
    };
    bw_cache_part(parts, bw_build_id());
    for (size_t i = 0; i < BW_ARRAY_LEN(numbers); i++)
        bw_cache_part_u64(parts, numbers[i]);
}

/* --- layers --- */

/* What the bytes of a layer are verified by: of a blob its digest, while the diff ID is a mere
 * claim of the configuration; of a tree its diff ID, for which the engine that unpacked it vouches.
 */
static struct bw_str content_of(const struct bw_image *image, const struct bw_layer *layer)
{
    bool blobs = image->form == BW_FORM_BLOBS;
    return (blobs && layer->digest.n) || !layer->diff_id.n ? layer->digest : layer->diff_id;
}

/* Which checksums were taken is not among the options: it shows in the lowest layer. */
static bool layer_key(const struct bw_target *target, enum bw_cache_kind kind, uint32_t layer,
                      struct bw_cache_key *ret_key)
{
    struct bw_str content = content_of(&target->image, &target->image.layers[layer].info);
    if (!target->scan->cache || !content.n)
        return false;
    struct bw_cache_parts parts = bw_cache_parts();
    put_options(&parts, target);
    if (kind == BW_CACHE_LAYER)
        bw_cache_part_u64(&parts, target->digest);
    bw_cache_part(&parts, content);
    return bw_cache_key(&parts, ret_key);
}

void bw_target_record(struct bw_target *target, uint32_t layer, struct bw_str bytes)
{
    if (target->recordings && layer < target->image.layers_n)
        bw_buf_str(&target->recordings[layer].bytes, bytes);
}

void bw_target_spoil(struct bw_target *target, uint32_t layer)
{
    if (target->recordings && layer < target->image.layers_n)
        target->recordings[layer].spoilt = true;
}

bool bw_target_start_recording(struct bw_target *target)
{
    size_t n = target->image.layers_n;
    if (!target->scan->cache)
        return true;
    target->recordings = bw_arena_array(target->scan->arena, n, sizeof *target->recordings);
    for (size_t i = 0; target->recordings && i < n; i++)
        target->recordings[i].bytes = BW_BUF(BW_CACHE_ENTRY_MAX);
    return target->recordings != NULL;
}

void bw_target_expect(struct bw_target *target, uint32_t layer, unsigned calls)
{
    if (target->recordings)
        target->recordings[layer].due = calls;
}

void bw_target_keep_layer(struct bw_target *target, uint32_t layer)
{
    struct bw_cache_key key;
    if (!target->recordings)
        return;
    struct bw_recording *recording = &target->recordings[layer];
    if (recording->due && --recording->due)
        return;
    if (!recording->spoilt && !recording->replayed && !bw_buf_failed(&recording->bytes) &&
        layer_key(target, BW_CACHE_LAYER, layer, &key))
        bw_cache_put(target->scan->cache, BW_CACHE_LAYER, &key, (struct bw_str){0},
                     bw_buf_slice(&recording->bytes));
    bw_buf_free(&recording->bytes);
}

void bw_target_stop_recording(struct bw_target *target)
{
    for (size_t i = 0; target->recordings && i < target->image.layers_n; i++)
        bw_buf_free(&target->recordings[i].bytes);
    target->recordings = NULL;
}

int bw_target_replay(struct bw_target *target, uint32_t layer, bool *ret_found, struct bw_err *err)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CACHE_ENTRY_MAX);
    struct bw_cache_key key;
    *ret_found = layer_key(target, BW_CACHE_LAYER, layer, &key) &&
                 bw_cache_get(target->scan->cache, BW_CACHE_LAYER, &key, &bytes);
    if (!*ret_found)
        return 0;
    if (target->recordings)
        target->recordings[layer].replayed = true;
    return bw_target_replay_records(target, layer, bw_buf_slice(&bytes), err);
}

bool bw_target_recall_look(struct bw_target *target)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(64);
    struct bw_cache_key key;
    if (!layer_key(target, BW_CACHE_LOOK, 0, &key) ||
        !bw_cache_get(target->scan->cache, BW_CACHE_LOOK, &key, &bytes) || bytes.n != 1 ||
        bytes.p[0] >= BW_DIGEST_ALGORITHM_COUNT)
        return false;
    target->digest = (enum bw_digest_algorithm)bytes.p[0];
    return true;
}

void bw_target_keep_look(struct bw_target *target)
{
    struct bw_cache_key key;
    char byte = (char)target->digest;
    if (layer_key(target, BW_CACHE_LOOK, 0, &key))
        bw_cache_put(target->scan->cache, BW_CACHE_LOOK, &key, (struct bw_str){0},
                     bw_str_n(&byte, 1));
}

/* --- files that were verified --- */

bool bw_target_is_verified(struct bw_target *target, const struct bw_blob *blob,
                           struct bw_str digest)
{
    struct bw_buf known BW_CLEANUP(bw_buf_free) = BW_BUF(512);
    struct bw_cache_key key;
    return digest.n && target->scan->cache &&
           bw_cache_identify(blob->fd, blob->offset, blob->size, &key) &&
           bw_cache_get(target->scan->cache, BW_CACHE_BLOB, &key, &known) &&
           bw_str_eq(bw_buf_slice(&known), digest);
}

void bw_target_keep_verified(struct bw_target *target, const struct bw_blob *blob,
                             struct bw_str digest)
{
    struct bw_cache_key key;
    if (digest.n && target->scan->cache &&
        bw_cache_identify(blob->fd, blob->offset, blob->size, &key))
        bw_cache_put(target->scan->cache, BW_CACHE_BLOB, &key, (struct bw_str){0}, digest);
}

/* --- subjects --- */

/* A layer without a digest is known by the file it is in. */
static bool put_layer(struct bw_cache_parts *parts, const struct bw_image_layer *layer)
{
    struct bw_cache_key file;
    bw_cache_part(parts, layer->info.digest);
    bw_cache_part(parts, layer->info.diff_id);
    if (layer->info.digest.n || layer->info.diff_id.n)
        return true;
    if (!bw_cache_identify(layer->blob.fd, layer->blob.offset, layer->blob.size, &file))
        return false;
    bw_cache_part(parts, bw_str_n(file.bytes, sizeof file.bytes));
    return true;
}

/* An archive that passes once: by what the daemon calls it, or by the file it is in. */
static bool put_stream(struct bw_cache_parts *parts, const struct bw_image *image)
{
    struct bw_cache_key file;
    bw_cache_part_u64(parts, image->archive);
    bw_cache_part(parts, image->selection);
    bw_cache_part(parts, image->subject.digest);
    if (image->stream_fd < 0)
        return image->subject.digest.n > 0;
    if (!bw_cache_identify(image->stream_fd, 0, UINT64_MAX, &file))
        return false;
    bw_cache_part(parts, bw_str_n(file.bytes, sizeof file.bytes));
    return true;
}

/* The same configuration and layers may be named by manifests that say different things of them. */
static void put_annotations(struct bw_cache_parts *parts, const struct bw_subject *subject)
{
    bw_cache_part_u64(parts, subject->annotation_keys.n);
    for (size_t i = 0; i < subject->annotation_keys.n; i++) {
        bw_cache_part(parts, subject->annotation_keys.v[i]);
        bw_cache_part(parts, subject->annotation_values.v[i]);
    }
}

bool bw_target_subject_key(const struct bw_target *target, struct bw_cache_key *ret_key)
{
    const struct bw_image *image = &target->image;
    const struct bw_scan_options *options = &target->scan->options;
    if (!target->scan->cache || options->want_files || options->all_files ||
        image->form == BW_FORM_DOCUMENT)
        return false;
    struct bw_cache_parts parts = bw_cache_parts();
    put_options(&parts, target);
    bw_cache_part_u64(&parts, options->verify_full);
    bw_cache_part_u64(&parts, image->form);
    bw_cache_part(&parts, bw_str(options->platform));
    bw_cache_part(&parts, image->subject.config_digest);
    put_annotations(&parts, &image->subject);
    bool known = image->form != BW_FORM_STREAM || put_stream(&parts, image);
    for (size_t i = 0; known && i < image->layers_n; i++)
        known = put_layer(&parts, &image->layers[i]);
    return bw_cache_key(&parts, ret_key) && known;
}

/* Whether the bytes are those that the subject was made of: files that did not change since, or a
 * store or a registry that names its content by digests (a subject is kept where all of it had the
 * digests that it is kept under). */
static bool is_unchanged(struct bw_target *target)
{
    const struct bw_image *image = &target->image;
    for (size_t i = 0; image->form == BW_FORM_BLOBS && i < image->layers_n; i++) {
        const struct bw_image_layer *layer = &image->layers[i];
        struct bw_str digest = layer->info.digest.n ? layer->info.digest : layer->info.diff_id;
        bool elsewhere = image->fetch && layer->blob.fd < 0 && !layer->lost;
        if (digest.n && !elsewhere && !bw_target_is_verified(target, &layer->blob, digest))
            return false;
    }
    return true;
}

static int take_gaps(struct bw_target *target, struct bw_str rest, struct bw_err *err)
{
    while (rest.n) {
        struct bw_record record;
        int rc = bw_wire_get(&rest, target->scan->arena, &record, err);
        if (rc)
            return rc;
        if (record.kind == BW_RECORD_GAP)
            bw_target_gap(target, record.gap.class, record.gap.where, record.gap.what,
                          record.gap.why);
    }
    return 0;
}

int bw_target_recall(struct bw_target *target, const struct bw_cache_key *key,
                     struct bw_subject *subject, bool *ret_found, struct bw_err *err)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CACHE_ENTRY_MAX);
    struct bw_subject kept;
    *ret_found = false;
    if (!is_unchanged(target) || !bw_cache_get(target->scan->cache, BW_CACHE_SUBJECT, key, &bytes))
        return 0;
    struct bw_str rest = bw_buf_slice(&bytes);
    int rc = bw_wire_get_subject(&rest, target->scan->arena, &kept, err);
    if (rc == BW_EFORMAT)
        return 0;
    rc = rc ? rc : take_gaps(target, rest, err);
    if (rc)
        return rc;
    /* The same layers may have come from elsewhere, and by another manifest. */
    kept.name = target->image.subject.name;
    kept.source = target->image.subject.source;
    kept.digest = target->image.subject.digest;
    kept.tags = target->image.subject.tags.n ? target->image.subject.tags : kept.tags;
    *subject = kept;
    *ret_found = true;
    return 0;
}

/* Only what was seen whole is worth keeping: a blocking gap may be gone the next time. */
void bw_target_keep(struct bw_target *target, const struct bw_cache_key *key,
                    const struct bw_subject *subject)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CACHE_ENTRY_MAX);
    const struct bw_scan *scan = target->scan;
    bw_wire_put_subject(&bytes, subject);
    for (size_t i = target->gaps_from; i < scan->gaps.n; i++) {
        if (scan->gaps.v[i].class == BW_GAP_BLOCKING)
            return;
        bw_wire_put_gap(&bytes, &scan->gaps.v[i]);
    }
    if (!bw_buf_failed(&bytes))
        bw_cache_put(scan->cache, BW_CACHE_SUBJECT, key, subject->name, bw_buf_slice(&bytes));
}

static int add_cached(void *ctx, struct bw_str label, struct bw_str bytes, struct bw_err *err)
{
    struct bw_scan *scan = ctx;
    struct bw_target target = {.scan = scan, .argument = "the cache"};
    struct bw_subject subject;
    struct bw_err damaged = {0};
    (void)label;
    int rc = bw_wire_get_subject(&bytes, scan->arena, &subject, &damaged);
    if (rc == BW_EFORMAT)
        return 0;
    if (rc) {
        *err = damaged;
        return rc;
    }
    rc = take_gaps(&target, bytes, err);
    if (rc)
        return rc;
    bw_base_image_recognise(&subject, (struct bw_str){0}, (struct bw_strs){0});
    struct bw_subject *slot = BW_VEC_PUSH(&scan->subjects, BW_SCAN_TARGETS_MAX);
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "more than %u subjects in the cache",
                          BW_SCAN_TARGETS_MAX);
    *slot = subject;
    return 0;
}

int bw_scan_cached(struct bw_scan *scan, struct bw_err *err)
{
    if (!scan->cache)
        return bw_err_set(err, BW_ENOENT, "there is no cache: scan images first");
    int rc = bw_cache_subjects(scan->cache, add_cached, scan, err);
    if (rc == 0 && scan->subjects.n == 0)
        return bw_err_set(err, BW_ENOENT,
                          "the cache has no images of this build of bulwark: scan them first");
    return rc;
}
