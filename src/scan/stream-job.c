/*
 * A whole archive in one pass, front to back: it may be a docker-archive, an OCI layout or a root
 * filesystem, and which of them shows only in the end. So each member is looked at as all of them:
 * as a file of a root filesystem (layer 0), as a JSON document and as a layer (numbered from 1).
 * The parent takes what fits.
 */
#include <stdlib.h>

#include "scan/layer.h"
#include "wrap/sha256.h"

/* Members up to this size are held in memory, to tell JSON from a layer. */
#define SMALL_MEMBER_MAX ((size_t)8 << 20)
#define WINDOW_MAX       (128u << 20)

struct archive {
    struct bw_worker *worker;
    const struct bw_scan_request *request;
    struct bw_wanted wanted;
    struct bw_emitter emitter;
    struct bw_examiner examiner;
    uint32_t layers;
};

static bool is_hex(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.n > 0;
}

/* Names that `docker save`, `podman save` and the OCI layout give to what belongs to an image:
 * blobs/ALGORITHM/HEX, ID/layer.tar, HEX.tar, HEX.json, ID/json, manifest.json, index.json,
 * oci-layout. */
static bool belongs_to_image(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str base = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    if (bw_str_starts(path, BW_STR("blobs/")))
        return is_hex(base);
    if (slash != SIZE_MAX)
        return bw_str_eq(base, BW_STR("layer.tar")) && is_hex(bw_str_take(path, slash));
    size_t dot = bw_str_find(base, '.');
    if (dot != SIZE_MAX && is_hex(bw_str_take(base, dot)))
        return true;
    return bw_str_eq(base, BW_STR("manifest.json")) || bw_str_eq(base, BW_STR("index.json")) ||
           bw_str_eq(base, BW_STR("oci-layout"));
}

static bool looks_like_json(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i < n && (p[i] == ' ' || p[i] == '\n' || p[i] == '\r' || p[i] == '\t'))
        i++;
    return i < n && (p[i] == '{' || p[i] == '[');
}

static int send_member(struct archive *archive, uint32_t tag, const void *head, size_t head_n,
                       struct bw_str path, struct bw_str tail, struct bw_err *err)
{
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POOL_MESSAGE_MAX);
    bw_buf_add(&message, head, head_n);
    bw_buf_str(&message, path);
    if (tag == BW_SCAN_JSON) {
        bw_buf_byte(&message, 0);
        bw_buf_str(&message, tail);
    }
    if (bw_buf_failed(&message))
        return bw_err_set(err, BW_ENOMEM, "out of memory for a member of the archive");
    return bw_worker_send(archive->worker, tag, message.p, message.n, err);
}

/* A layer that fails is a gap of its own; the archive goes on with its next member. */
static int failed_layer(struct archive *archive, struct bw_str path, int rc,
                        const struct bw_err *why, struct bw_err *err)
{
    if (rc != BW_EFORMAT && rc != BW_ELIMIT && rc != BW_EUNSUPPORTED) {
        *err = *why;
        return rc;
    }
    bw_emit_gap(&archive->emitter, BW_GAP_BLOCKING, path, BW_STR("the rest of the layer"),
                bw_str(why->msg));
    return 0;
}

static int read_tapped(struct archive *archive, struct bw_stream *tap, struct bw_stream **plain,
                       struct bw_scan_blob *blob, struct bw_err *err)
{
    struct bw_inflate_limits limits = {.output_max = archive->request->output_max,
                                       .window_max = WINDOW_MAX};
    enum bw_compression compression;
    int rc = bw_stream_inflate(tap, &limits, plain, &compression, err);
    if (rc)
        return rc;
    blob->compressed = compression != BW_COMPRESSION_NONE;
    if (blob->compressed && archive->request->flags & BW_SCAN_HASH_TAR) {
        *plain = bw_stream_sha256(*plain, true);
        if (!*plain)
            return bw_err_set(err, BW_ENOMEM, "out of memory for a digest");
    }
    archive->emitter.layer = blob->layer;
    rc = bw_layer_read(&archive->examiner, *plain, archive->request->entries_max, &archive->wanted,
                       err);
    archive->emitter.layer = 0;
    if (rc == 0 && blob->compressed && archive->request->flags & BW_SCAN_HASH_TAR) {
        rc = bw_stream_sha256_final(*plain, blob->diff_id, err);
        blob->has_diff_id = rc == 0;
    }
    return rc;
}

/* The digest of the stored bytes is taken beneath the decompressor, which must read to their end
 * for it. An uncompressed layer's is its diff ID as well. */
static int read_layer_member(struct archive *archive, struct bw_str path, uint64_t size,
                             struct bw_stream *content, struct bw_err *err)
{
    struct bw_stream *tap = content ? bw_stream_sha256(content, size > SMALL_MEMBER_MAX) : NULL;
    if (!tap)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a member of the archive");
    struct bw_scan_blob blob = {.layer = ++archive->layers, .size = size};
    struct bw_stream *plain = NULL;
    struct bw_err why = {0};
    int rc = read_tapped(archive, tap, &plain, &blob, &why);
    if (rc == 0)
        rc = bw_stream_sha256_final(tap, blob.digest, &why);
    if (rc == 0) {
        blob.has_digest = 1;
        if (!blob.compressed) {
            memcpy(blob.diff_id, blob.digest, sizeof blob.diff_id);
            blob.has_diff_id = 1;
        }
    }
    bw_stream_free(plain);
    if (rc)
        rc = failed_layer(archive, path, rc, &why, err);
    return rc ? rc
              : send_member(archive, BW_SCAN_BLOB, &blob, sizeof blob, path, (struct bw_str){0},
                            err);
}

static int small_member(struct archive *archive, struct bw_tar *tar,
                        const struct bw_tar_entry *entry, struct bw_err *err)
{
    uint8_t *p = NULL;
    size_t n = 0;
    int rc = bw_tar_read(tar, SMALL_MEMBER_MAX, &p, &n, err);
    if (rc)
        return rc;
    if (looks_like_json(p, n))
        rc = archive->wanted.only
                 ? 0
                 : send_member(archive, BW_SCAN_JSON, NULL, 0, entry->path, bw_str_n(p, n), err);
    else
        rc = read_layer_member(archive, entry->path, n, bw_stream_memory(p, n), err);
    free(p);
    return rc;
}

static int image_member(struct archive *archive, struct bw_tar *tar,
                        const struct bw_tar_entry *entry, struct bw_err *err)
{
    struct bw_file file = {
        .type = entry->type, .link = entry->link, .size = entry->size, .offset = entry->offset};
    int rc = archive->wanted.only ? 0 : bw_emit_file(&archive->emitter, entry->path, &file, err);
    if (rc || entry->type != BW_FILE_REGULAR)
        return rc;
    if (entry->size <= SMALL_MEMBER_MAX)
        return small_member(archive, tar, entry, err);
    return read_layer_member(archive, entry->path, entry->size, bw_tar_content(tar), err);
}

static int read_members(struct archive *archive, struct bw_tar *tar, struct bw_err *err)
{
    struct bw_tar_entry entry;
    int rc;
    while ((rc = bw_tar_next(tar, &entry, err)) == 1) {
        if (entry.type != BW_FILE_DIRECTORY && belongs_to_image(entry.path))
            rc = image_member(archive, tar, &entry, err);
        else
            rc = bw_layer_entry(&archive->examiner, tar, &entry, &archive->wanted, err);
        if (rc)
            break;
    }
    return rc;
}

int bw_stream_read_archive(struct bw_worker *worker, const struct bw_scan_request *request,
                           struct bw_str wanted, int fd, struct bw_err *err)
{
    struct archive archive = {
        .worker = worker,
        .request = request,
        .emitter = bw_emitter(worker),
    };
    struct bw_inflate_limits limits = {.output_max = request->output_max, .window_max = WINDOW_MAX};
    enum bw_compression compression;
    struct bw_stream *inner = bw_stream_fd(fd), *stream BW_CLEANUP(bw_stream_freep) = NULL;
    if (!inner)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the archive");
    int rc = bw_stream_inflate(inner, &limits, &stream, &compression, err);
    if (rc)
        return rc;
    struct bw_tar *tar BW_CLEANUP(bw_tar_freep) = bw_tar_new(stream, request->entries_max);
    if (!tar)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the tar reader");
    rc = bw_examiner_init(&archive.examiner, &archive.emitter, request, err);
    int known = bw_wanted_init(&archive.wanted, wanted, request->flags & BW_SCAN_ONLY, err);
    rc = rc ? rc : known;
    if (rc == 0)
        rc = read_members(&archive, tar, err);
    bw_wanted_free(&archive.wanted);
    if (rc == 0)
        rc = bw_stream_drain(stream, err);
    bw_examiner_free(&archive.examiner);
    int sent = bw_emitter_finish(&archive.emitter, rc ? NULL : err);
    return rc ? rc : sent;
}
