#include <stdlib.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/map.h"
#include "extract/image-document.h"
#include "scan/documents.h"
#include "scan/job.h"
#include "scan/layer.h"
#include "unpack/prepare.h"
#include "wrap/sqlite-image.h"

#define DOCUMENT_ARENA_MAX ((size_t)256 << 20)
#define ANCESTORS_MAX      4096u
#define WINDOW_MAX         (128u << 20)

/* Every directory that a pattern names: "var", "var/lib", "var/lib/dpkg". */
static struct bw_map ancestors = {.max = ANCESTORS_MAX};

static void add_ancestors(struct bw_str pattern)
{
    for (size_t i = 0; i < pattern.n && pattern.p[i] != '*'; i++) {
        if (pattern.p[i] != '/')
            continue;
        struct bw_map_item *item = bw_map_at(&ancestors, bw_str_take(pattern, i));
        if (!item)
            abort();
        item->value = &ancestors;
    }
}

bool bw_scan_is_ancestor(struct bw_str path)
{
    if (!ancestors.n)
        for (const struct bw_parser *const *parser = bw_parsers; *parser; parser++)
            for (const char *const *pattern = (*parser)->paths; *pattern; pattern++)
                add_ancestors(bw_str(*pattern));
    return bw_map_get(&ancestors, path) != NULL;
}

int bw_scan_worker_prepare(struct bw_err *err)
{
    (void)bw_scan_is_ancestor((struct bw_str){0});
    int rc = bw_unpack_prepare(err);
    if (rc == 0)
        rc = bw_examine_prepare(err);
    return rc ? rc : bw_sqlite_image_prepare(err);
}

static int parse_document(struct bw_worker *worker, const struct bw_scan_request *request,
                          struct bw_str json, struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(DOCUMENT_ARENA_MAX);
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a document");
    struct bw_fact fact = {.kind = BW_FACT_DOCUMENT, .place.path = BW_STR("document")};
    int rc = bw_image_document_parse((enum bw_document_kind)request->document, json, arena,
                                     &fact.document, err);
    if (rc)
        return rc;
    struct bw_emitter emitter = bw_emitter(worker);
    if (request->flags & BW_SCAN_SECRETS)
        rc = bw_examine_document(&emitter, &fact.document, arena, err);
    if (rc == 0)
        rc = bw_emit_fact(&emitter, &fact, err);
    int sent = bw_emitter_finish(&emitter, rc ? NULL : err);
    return rc ? rc : sent;
}

static int list_members(struct bw_emitter *emitter, struct bw_tar *tar, struct bw_err *err)
{
    struct bw_tar_entry entry;
    int rc;
    while ((rc = bw_tar_next(tar, &entry, err)) == 1) {
        if (entry.type != BW_FILE_REGULAR && entry.type != BW_FILE_SYMLINK &&
            entry.type != BW_FILE_HARDLINK)
            continue;
        struct bw_file file = {
            .type = entry.type, .link = entry.link, .size = entry.size, .offset = entry.offset};
        rc = bw_emit_file(emitter, entry.path, &file, err);
        if (rc)
            break;
    }
    return rc;
}

static int read_members(struct bw_worker *worker, const struct bw_scan_request *request, int fd,
                        struct bw_err *err)
{
    struct bw_stream *stream BW_CLEANUP(bw_stream_freep) =
        bw_stream_range(fd, request->offset, request->size);
    struct bw_tar *tar BW_CLEANUP(bw_tar_freep) =
        stream ? bw_tar_new(stream, request->entries_max) : NULL;
    if (!tar)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the tar reader");
    struct bw_emitter emitter = bw_emitter(worker);
    int rc = list_members(&emitter, tar, err);
    int sent = bw_emitter_finish(&emitter, rc ? NULL : err);
    return rc ? rc : sent;
}

static int send_blob(struct bw_worker *worker, const struct bw_scan_blob *blob, struct bw_err *err)
{
    return bw_worker_send(worker, BW_SCAN_BLOB, blob, sizeof *blob, err);
}

/* The layer's stream, with a hash tap over the uncompressed bytes where asked. */
static int open_layer(const struct bw_scan_request *request, int fd, struct bw_stream **ret_stream,
                      struct bw_scan_blob *blob, struct bw_err *err)
{
    struct bw_inflate_limits limits = {.output_max = request->output_max, .window_max = WINDOW_MAX};
    struct bw_stream *stored = bw_stream_range(fd, request->offset, request->size), *plain = NULL;
    enum bw_compression compression;
    if (!stored)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a layer");
    int rc = bw_stream_inflate(stored, &limits, &plain, &compression, err);
    if (rc)
        return rc;
    blob->compressed = compression != BW_COMPRESSION_NONE;
    if (request->flags & BW_SCAN_HASH_TAR)
        plain = bw_stream_sha256(plain, true);
    if (!plain)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a digest");
    *ret_stream = plain;
    return 0;
}

static int read_layer(struct bw_worker *worker, const struct bw_scan_request *request,
                      struct bw_str list, int fd, struct bw_err *err)
{
    struct bw_stream *stream BW_CLEANUP(bw_stream_freep) = NULL;
    struct bw_scan_blob blob = {.layer = request->layer, .size = request->size};
    struct bw_wanted wanted BW_CLEANUP(bw_wanted_free) = {0};
    int rc = bw_wanted_init(&wanted, list, request->flags & BW_SCAN_ONLY, err);
    if (rc == 0)
        rc = open_layer(request, fd, &stream, &blob, err);
    if (rc)
        return rc;
    struct bw_emitter emitter = bw_emitter(worker);
    struct bw_examiner examiner BW_CLEANUP(bw_examiner_free);
    emitter.layer = request->layer;
    rc = bw_examiner_init(&examiner, &emitter, request, err);
    if (rc == 0)
        rc = bw_layer_read(&examiner, stream, request->entries_max, &wanted, err);
    int sent = bw_emitter_finish(&emitter, rc ? NULL : err);
    if (rc || sent)
        return rc ? rc : sent;
    if (request->flags & BW_SCAN_HASH_TAR) {
        rc = bw_stream_sha256_final(stream, blob.diff_id, err);
        blob.has_diff_id = rc == 0;
    }
    return rc ? rc : send_blob(worker, &blob, err);
}

/* A file that the parent opened. */
struct opened {
    int fd;
    uint8_t *block;
};

static int next_read(void *ctx, const uint8_t **ret_p, size_t *ret_n, struct bw_err *err)
{
    struct opened *opened = ctx;
    ssize_t n = bw_fd_read_full(opened->fd, opened->block, BW_STREAM_BLOCK);
    if (n < 0)
        return bw_err_errno(err, "cannot be read");
    *ret_p = opened->block;
    *ret_n = (size_t)n;
    return 0;
}

static int read_file(struct bw_examiner *examiner, struct bw_str path, struct bw_str name,
                     const struct bw_scan_stat *stat, struct opened *opened, struct bw_err *err)
{
    const struct bw_parser *parser = name.n ? bw_parser_named(name) : NULL;
    if (name.n && !parser)
        return bw_err_set(err, BW_EINTERNAL, "a job for an unknown parser");
    struct bw_file file = {.type = BW_FILE_REGULAR,
                           .size = stat->size,
                           .has_mode = true,
                           .mode = stat->mode,
                           .uid = stat->uid,
                           .gid = stat->gid,
                           .capabilities = stat->capabilities};
    struct bw_content content = {.ctx = opened, .next = next_read};
    struct bw_err why = {0};
    int rc = bw_examine(examiner, path, &file, parser, &content, &why);
    if (rc == BW_EIO || rc == BW_ENOMEM) {
        bw_emit_gap(examiner->emitter, BW_GAP_BLOCKING, path,
                    parser ? bw_str(parser->what) : BW_STR("the file"), bw_str(why.msg));
        return 0;
    }
    if (rc)
        *err = why;
    return rc;
}

static bool take_stat(struct bw_str *rest, struct bw_scan_stat *ret_stat)
{
    if (rest->n < sizeof *ret_stat)
        return false;
    memcpy(ret_stat, rest->p, sizeof *ret_stat);
    *rest = bw_str_from(*rest, sizeof *ret_stat);
    return true;
}

static int read_files(struct bw_worker *worker, const struct bw_scan_request *request,
                      struct bw_str list, const int *fds, size_t fds_n, struct bw_err *err)
{
    struct bw_emitter emitter = bw_emitter(worker);
    struct bw_examiner examiner BW_CLEANUP(bw_examiner_free);
    struct bw_scan_stat stat;
    struct bw_str path, parser;
    int rc = bw_examiner_init(&examiner, &emitter, request, err);
    struct opened opened = {.block = malloc(BW_STREAM_BLOCK)};
    if (rc == 0 && !opened.block)
        rc = bw_err_set(err, BW_ENOMEM, "out of memory for a file");
    emitter.layer = request->layer;
    for (size_t i = 0; i < fds_n && rc == 0 && bw_str_split(&list, '\0', &path) &&
                       bw_str_split(&list, '\0', &parser) && take_stat(&list, &stat);
         i++) {
        opened.fd = fds[i];
        rc = read_file(&examiner, path, parser, &stat, &opened, err);
    }
    free(opened.block);
    int sent = bw_emitter_finish(&emitter, rc ? NULL : err);
    return rc ? rc : sent;
}

/* How much of the lowest layer is looked through for signs of a package manager. */
#define LOOK_MAX ((uint64_t)64 << 20)

static int look_at_layer(struct bw_worker *worker, const struct bw_scan_request *request, int fd,
                         struct bw_err *err)
{
    struct bw_stream *stream BW_CLEANUP(bw_stream_freep) = NULL;
    struct bw_scan_blob blob;
    enum bw_digest_algorithm algorithm;
    int rc = open_layer(request, fd, &stream, &blob, err);
    if (rc == 0)
        rc = bw_layer_look(stream, request->entries_max, LOOK_MAX, &algorithm, err);
    if (rc)
        return rc;
    uint32_t answer = algorithm;
    return bw_worker_send(worker, BW_SCAN_KIND, &answer, sizeof answer, err);
}

static int hash_blob(struct bw_worker *worker, const struct bw_scan_request *request, int fd,
                     struct bw_err *err)
{
    struct bw_scan_blob blob = {.layer = request->layer, .size = request->size};
    struct bw_stream *hash BW_CLEANUP(bw_stream_freep) =
        bw_stream_sha256(bw_stream_range(fd, request->offset, request->size), false);
    if (!hash)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a digest");
    int rc = bw_stream_drain(hash, err);
    if (rc == 0)
        rc = bw_stream_sha256_final(hash, blob.digest, err);
    blob.has_digest = 1;
    return rc ? rc : send_blob(worker, &blob, err);
}

int bw_scan_worker_run(struct bw_worker *worker, uint32_t kind, struct bw_str bytes, const int *fds,
                       size_t fds_n, struct bw_err *err)
{
    struct bw_scan_request request;
    if (bytes.n < sizeof request || (kind != BW_SCAN_DOCUMENT && fds_n == 0))
        return bw_err_set(err, BW_EINTERNAL, "a malformed job");
    memcpy(&request, bytes.p, sizeof request);
    bytes = bw_str_from(bytes, sizeof request);
    switch (kind) {
    case BW_SCAN_DOCUMENT:
        return parse_document(worker, &request, bytes, err);
    case BW_SCAN_MEMBERS:
        return read_members(worker, &request, fds[0], err);
    case BW_SCAN_LAYER:
        return read_layer(worker, &request, bytes, fds[0], err);
    case BW_SCAN_STREAM:
        return bw_stream_read_archive(worker, &request, bytes, fds[0], err);
    case BW_SCAN_FILES:
        return read_files(worker, &request, bytes, fds, fds_n, err);
    case BW_SCAN_LOOK:
        return look_at_layer(worker, &request, fds[0], err);
    case BW_SCAN_HASH:
        return hash_blob(worker, &request, fds[0], err);
    case BW_SCAN_READ:
        return bw_read_documents(worker, bytes, fds, fds_n, err);
    case BW_SCAN_SBOM:
        return bw_sbom_read(worker, bytes, fds[0], err);
    default:
        return bw_err_set(err, BW_EINTERNAL, "an unknown job");
    }
}
