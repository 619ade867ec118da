#include "acquire/layout.h"
#include "acquire/local-files.h"
#include "acquire/registry-client.h"
#include "acquire/registry-reference.h"
#include "acquire/spool.h"
#include "base/fd.h"
#include "wrap/sha256.h"

#define BLOBS "blobs/sha256/"

struct state {
    struct bw_acquire *acquire;
    struct bw_reference reference;
    struct bw_registry *registry;
    struct bw_buf root; /* the document that the reference names, until it was read */
    struct bw_str root_digest;
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

/* --- the registry as a layout --- */

static int digest_of(const struct state *state, struct bw_str path, struct bw_str *ret,
                     struct bw_err *err)
{
    struct bw_str hex = bw_str_from(path, sizeof BLOBS - 1);
    if (!bw_str_starts(path, BW_STR(BLOBS)))
        return bw_err_set(err, BW_EUNSUPPORTED, "%" BW_STR_F ": only sha256 digests are supported",
                          BW_STR_A(path));
    *ret = bw_arena_printf(state->acquire->arena, "sha256:%" BW_STR_F, BW_STR_A(hex));
    return ret->p ? 0 : no_memory(err);
}

/* Layers are fetched later; how large one is, its descriptor says. */
static int find(void *ctx, struct bw_str path, struct bw_blob *ret_blob, struct bw_err *err)
{
    struct bw_str digest;
    int rc = digest_of(ctx, path, &digest, err);
    if (rc == 0)
        *ret_blob = (struct bw_blob){.fd = -1, .size = UINT64_MAX};
    return rc;
}

static int read_document(void *ctx, struct bw_str path, enum bw_document_kind kind,
                         struct bw_buf *buf, struct bw_err *err)
{
    struct state *state = ctx;
    struct bw_str digest;
    int rc = digest_of(state, path, &digest, err);
    if (rc)
        return rc;
    if (bw_str_eq(digest, state->root_digest)) {
        bw_buf_str(buf, bw_buf_slice(&state->root));
        return bw_buf_failed(buf) ? no_memory(err) : 0;
    }
    return kind == BW_DOCUMENT_CONFIG ? bw_registry_blob(state->registry, digest, buf, err)
                                      : bw_registry_manifest(state->registry, digest, buf, err);
}

/* --- the document that the reference names --- */

static int read_root(struct state *state, struct bw_err *err)
{
    const struct bw_reference *reference = &state->reference;
    struct bw_str by = reference->digest.n ? reference->digest : reference->tag;
    uint8_t digest[BW_SHA256_SIZE];
    char hex[BW_SHA256_HEX_SIZE];
    int rc = bw_registry_manifest(state->registry, by, &state->root, err);
    if (rc)
        return rc;
    if (bw_sha256(state->root.p, state->root.n, digest))
        return bw_err_set(err, BW_EINTERNAL, "SHA-256 is not available");
    bw_sha256_hex(digest, hex);
    /* With a digest, bw_layout_resolve_digest compares it; with a tag this one becomes it. */
    state->root_digest = reference->digest.n
                             ? reference->digest
                             : bw_arena_printf(state->acquire->arena, "sha256:%s", hex);
    return state->root_digest.p ? 0 : no_memory(err);
}

static int describe(const struct state *state, struct bw_image *image, struct bw_err *err)
{
    struct bw_str *tag = bw_arena_alloc(state->acquire->arena, sizeof *tag);
    if (!tag)
        return no_memory(err);
    *tag = bw_reference_text(&state->reference, state->acquire->arena);
    if (!tag->p)
        return no_memory(err);
    image->subject.tags = (struct bw_strs){tag, 1};
    return 0;
}

/* --- layers --- */

static int fetch(struct bw_image *image, size_t layer, struct bw_err *err)
{
    struct state *state = image->source_state;
    struct bw_image_layer *wanted = &image->layers[layer];
    int file BW_CLEANUP(bw_fd_closep) = -1;
    int sealed;
    uint64_t max = state->acquire->layer_size_max;
    if (max && wanted->info.size > max)
        return bw_err_set(err, BW_ELIMIT,
                          "it has %llu bytes, more than the limit of %llu (--max-layer-size)",
                          (unsigned long long)wanted->info.size, (unsigned long long)max);
    int rc = bw_spool_new(&file, err);
    rc = rc ? rc
            : bw_registry_blob_to_file(state->registry, wanted->info.digest, wanted->info.size,
                                       file, err);
    rc = rc ? rc : bw_spool_seal(&file, &sealed, err);
    rc = rc ? rc : bw_image_keep_file(image, state->acquire->arena, sealed, err);
    if (rc == 0)
        wanted->blob = (struct bw_blob){.fd = sealed, .size = wanted->info.size};
    return rc;
}

static void close_registry(struct bw_image *image)
{
    struct state *state = image->source_state;
    bw_registry_close(state->registry);
    bw_buf_free(&state->root);
}

static int open_registry(struct bw_acquire *acquire, const char *argument,
                         struct bw_image *ret_image, struct bw_err *err)
{
    struct state *state = bw_arena_alloc(acquire->arena, sizeof *state);
    struct bw_acquire *kept = bw_arena_alloc(acquire->arena, sizeof *kept);
    if (!state || !kept)
        return no_memory(err);
    *kept = *acquire; /* the image outlives the call */
    state->acquire = kept;
    state->root = BW_BUF(BW_ACQUIRE_DOCUMENT_MAX);
    ret_image->source_state = state;
    ret_image->close = close_registry;
    struct bw_layout_files files = {.ctx = state, .find = find, .read = read_document};
    int rc = bw_reference_parse(bw_str(argument), acquire->arena, &state->reference, err);
    rc = rc ? rc : bw_registry_open(kept, &state->reference, &state->registry, err);
    rc = rc ? rc : read_root(state, err);
    rc = rc ? rc : describe(state, ret_image, err);
    rc = rc ? rc : bw_layout_resolve_digest(kept, &files, state->root_digest, ret_image, err);
    if (rc)
        return bw_err_prefix(err, rc, "%.100s", argument);
    ret_image->form = BW_FORM_BLOBS;
    ret_image->fetch = fetch;
    return 0;
}

const struct bw_source bw_source_registry = {
    .name = "registry",
    .summary = "an image in a registry (OCI distribution), fetched layer by layer",
    .open = open_registry,
};
