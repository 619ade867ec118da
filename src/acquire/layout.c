#include "acquire/layout.h"

#include <stdio.h>

#include "acquire/choose.h"
#include "wrap/sha256.h"

#define DIGEST_SIZE (sizeof "sha256:" - 1 + BW_SHA256_HEX_SIZE)

struct resolving {
    struct bw_acquire *acquire;
    const struct bw_layout_files *files;
    struct bw_image *image;
    struct bw_err *err;
    bool *incomplete; /* set where a document is named and not there */
};

static bool has(const struct bw_layout_files *files, struct bw_str path)
{
    struct bw_blob blob;
    return files->find(files->ctx, path, &blob, NULL) == 0;
}

enum bw_archive_kind bw_layout_kind(const struct bw_layout_files *files)
{
    if (has(files, BW_STR("index.json")) && has(files, BW_STR("oci-layout")))
        return BW_ARCHIVE_OCI;
    return has(files, BW_STR("manifest.json")) ? BW_ARCHIVE_DOCKER : BW_ARCHIVE_FILESYSTEM;
}

bool bw_layout_is_part(struct bw_str path)
{
    struct bw_str blobs = BW_STR("blobs/sha256");
    size_t at = bw_str_find_str(path, blobs);
    if (at != SIZE_MAX && (at == 0 || path.p[at - 1] == '/') &&
        (at + blobs.n == path.n || path.p[at + blobs.n] == '/'))
        return true;
    return bw_str_ends(path, BW_STR("/layer.tar"));
}

void bw_layout_report_lost(struct bw_acquire *acquire, struct bw_str where)
{
    acquire->gap(acquire->ctx, BW_GAP_BLOCKING, where, BW_STR("the image"),
                 BW_STR("it holds parts of an image, and neither an index.json with its oci-layout "
                        "nor a manifest.json that says which: save the image again"));
}

static int no_memory(const struct resolving *r)
{
    return bw_err_set(r->err, bw_arena_is_full(r->acquire->arena) ? BW_ELIMIT : BW_ENOMEM,
                      "no memory left to describe the image");
}

/* Reads a document at a path and parses it. With a digest its bytes are compared first. */
static int read_document(const struct resolving *r, struct bw_str path, struct bw_str digest,
                         enum bw_document_kind kind, char ret_digest[DIGEST_SIZE],
                         struct bw_image_document *ret_document)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_ACQUIRE_DOCUMENT_MAX);
    uint8_t computed[BW_SHA256_SIZE];
    char hex[BW_SHA256_HEX_SIZE];
    int rc = r->files->read(r->files->ctx, path, kind, &buf, r->err);
    /* The first document is named by nobody: without it this is no such image. */
    bool first = bw_str_eq(path, BW_STR("index.json")) || bw_str_eq(path, BW_STR("manifest.json"));
    if (rc == BW_ENOENT && !first) {
        *r->incomplete = true;
        return bw_err_set(r->err, BW_EFORMAT,
                          "%" BW_STR_F ": the image names this document and it is not there",
                          BW_STR_A(path));
    }
    if (rc)
        return rc;
    if (bw_sha256(buf.p, buf.n, computed))
        return bw_err_set(r->err, BW_EINTERNAL, "SHA-256 is not available");
    bw_sha256_hex(computed, hex);
    snprintf(ret_digest, DIGEST_SIZE, "sha256:%s", hex);
    if (digest.n && !bw_str_starts(digest, BW_STR("sha256:")))
        return bw_err_set(r->err, BW_EUNSUPPORTED,
                          "%" BW_STR_F ": only sha256 digests of documents are supported",
                          BW_STR_A(path));
    if (digest.n && !bw_str_eq(digest, bw_str(ret_digest)))
        return bw_err_set(r->err, BW_EDIGEST,
                          "%" BW_STR_F ": the document is known by %" BW_STR_F
                          " but its bytes have %s: it was damaged or changed",
                          BW_STR_A(path), BW_STR_A(digest), ret_digest);
    rc = r->acquire->document(r->acquire->ctx, kind, bw_buf_slice(&buf), ret_document, r->err);
    return rc ? bw_err_prefix(r->err, rc, "%" BW_STR_F, BW_STR_A(path)) : 0;
}

/* "blobs/sha256/ab12..." of "sha256:ab12..." (image-layout.md). */
static struct bw_str blob_path(const struct resolving *r, struct bw_str digest)
{
    size_t colon = bw_str_find(digest, ':');
    return bw_arena_printf(r->acquire->arena, "blobs/%" BW_STR_F "/%" BW_STR_F,
                           BW_STR_A(bw_str_take(digest, colon)),
                           BW_STR_A(bw_str_from(digest, colon + 1)));
}

static int read_blob(const struct resolving *r, const struct bw_descriptor *item,
                     enum bw_document_kind kind, struct bw_image_document *ret_document)
{
    char computed[DIGEST_SIZE];
    struct bw_str path = blob_path(r, item->digest);
    return path.p ? read_document(r, path, item->digest, kind, computed, ret_document)
                  : no_memory(r);
}

/* --- what both layouts share --- */

static int add_layers(const struct resolving *r, size_t n)
{
    if (n > BW_ACQUIRE_LAYERS_MAX)
        return bw_err_set(r->err, BW_ELIMIT, "the image has %zu layers, more than the limit of %u",
                          n, BW_ACQUIRE_LAYERS_MAX);
    struct bw_image_layer *layers = bw_arena_array(r->acquire->arena, n, sizeof *layers);
    if (!layers)
        return no_memory(r);
    for (size_t i = 0; i < n; i++) {
        layers[i].blob.fd = -1;
        layers[i].directory = -1;
    }
    r->image->layers = layers;
    r->image->layers_n = n;
    return 0;
}

void bw_layout_name_steps(struct bw_image *image, const struct bw_image_document *config)
{
    size_t made = 0;
    for (size_t i = 0; i < config->history_n; i++)
        made += !config->history[i].empty_layer;
    if (made != image->layers_n)
        return;
    for (size_t i = 0, layer = 0; i < config->history_n; i++)
        if (!config->history[i].empty_layer)
            image->layers[layer++].info.created_by = config->history[i].created_by;
}

int bw_layout_describe(struct bw_image *image, const struct bw_image_document *config,
                       struct bw_arena *arena, struct bw_err *err)
{
    struct bw_subject *subject = &image->subject;
    subject->run = config->run;
    subject->created = config->created;
    subject->history.v = bw_arena_array(arena, config->history_n, sizeof *subject->history.v);
    if (!subject->history.v)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; i < config->history_n; i++)
        subject->history.v[i] = config->history[i].created_by;
    subject->history.n = config->history_n;
    return 0;
}

int bw_layout_use_platform(const struct bw_acquire *acquire, const struct bw_image_document *config,
                           struct bw_image *image, struct bw_err *err)
{
    struct bw_platform wanted;
    struct bw_str has_platform =
        bw_platform_text(config->os, config->architecture, config->variant, acquire->arena);
    if (!has_platform.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    image->subject.platform = has_platform;
    if (!acquire->platform)
        return 0;
    int rc = bw_platform_parse(acquire->platform, &wanted, err);
    if (rc || bw_platform_fits(&wanted, config->os, config->architecture, config->variant))
        return rc;
    return bw_err_set(err, BW_ENOENT, "the image is for %" BW_STR_F ", not for %s (--platform)",
                      BW_STR_A(bw_str_take(has_platform, 80)), acquire->platform);
}

static int use_config(const struct resolving *r, const struct bw_image_document *config)
{
    if (config->diff_ids.n != r->image->layers_n)
        return bw_err_set(r->err, BW_EFORMAT,
                          "the image has %zu layers but its configuration names %zu",
                          r->image->layers_n, config->diff_ids.n);
    for (size_t i = 0; i < config->diff_ids.n; i++)
        r->image->layers[i].info.diff_id = config->diff_ids.v[i];
    bw_layout_name_steps(r->image, config);
    int rc = bw_layout_describe(r->image, config, r->acquire->arena, r->err);
    return rc ? rc : bw_layout_use_platform(r->acquire, config, r->image, r->err);
}

static void layer_gap(const struct resolving *r, const struct bw_image_layer *layer,
                      const char *why)
{
    struct bw_str digest = layer->info.digest.n ? layer->info.digest : layer->info.diff_id;
    char where[160];
    snprintf(where, sizeof where, "layer %zu %" BW_STR_F, (size_t)(layer - r->image->layers) + 1,
             BW_STR_A(bw_str_take(digest, 100)));
    r->acquire->gap(r->acquire->ctx, BW_GAP_BLOCKING, bw_str(where), BW_STR("the layer"),
                    bw_str(why));
}

/* Finds the bytes of a layer at blob_at; `promised` is UINT64_MAX where no size was. */
static int find_layer(const struct resolving *r, struct bw_image_layer *layer, uint64_t promised,
                      const char *why_missing)
{
    struct bw_err missing = {0};
    char why[160];
    int rc = r->files->find(r->files->ctx, layer->blob_at, &layer->blob, &missing);
    if (rc == BW_ENOENT || rc == BW_EACCESS || rc == BW_EUNSUPPORTED) {
        layer->blob = (struct bw_blob){.fd = -1};
        layer->lost = true;
        layer_gap(r, layer, rc == BW_ENOENT ? why_missing : missing.msg);
        return 0;
    }
    if (rc) {
        if (r->err)
            *r->err = missing;
        return rc;
    }
    if (layer->blob.size == UINT64_MAX)
        layer->blob.size = promised;
    layer->info.size = layer->blob.size;
    if (promised == UINT64_MAX || promised == layer->blob.size)
        return 0;
    snprintf(why, sizeof why, "it has %llu bytes where its descriptor says %llu",
             (unsigned long long)layer->blob.size, (unsigned long long)promised);
    layer_gap(r, layer, why);
    return 0;
}

/* --- OCI --- */

static bool is_one_of(struct bw_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_str_eq(s, bw_str(list[i])))
            return true;
    return false;
}

/* Layers that a registry may not hand on: Windows base layers (manifest.md, "non-distributable").
 */
static bool is_foreign(struct bw_str type)
{
    return bw_str_starts(type, BW_STR("application/vnd.oci.image.layer.nondistributable.")) ||
           bw_str_starts(type, BW_STR("application/vnd.docker.image.rootfs.foreign."));
}

static bool is_layer(struct bw_str type)
{
    static const char *const types[] = {
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.v1.tar+xz", /* no standard names it; tools write it */
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "",
    };
    return is_one_of(type, types, BW_ARRAY_LEN(types)) || is_foreign(type);
}

static bool is_image_config(struct bw_str type)
{
    static const char *const types[] = {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "",
    };
    return is_one_of(type, types, BW_ARRAY_LEN(types));
}

static int unsupported_type(const struct resolving *r, const char *what, struct bw_str type)
{
    return bw_err_set(r->err, BW_EUNSUPPORTED, "%s of type \"%" BW_STR_F "\" is not supported",
                      what, BW_STR_A(bw_str_take(type, 120)));
}

static int add_oci_layer(const struct resolving *r, struct bw_image_layer *layer,
                         const struct bw_descriptor *item)
{
    if (!is_layer(item->media_type))
        return unsupported_type(r, "a layer", item->media_type);
    layer->info.digest = item->digest;
    layer->info.size = item->size;
    layer->blob_at = blob_path(r, item->digest);
    if (!layer->blob_at.p)
        return no_memory(r);
    return find_layer(r, layer, item->size,
                      is_foreign(item->media_type)
                          ? "a foreign layer, which is not part of the image: fetch it from where "
                            "its vendor offers it"
                      : r->files->why_missing ? r->files->why_missing
                                              : "it is not in the layout");
}

static int use_manifest(const struct resolving *r, const struct bw_image_document *manifest)
{
    struct bw_image_document config = {0};
    if (!is_image_config(manifest->config.media_type))
        return unsupported_type(r, "no container image: an artifact", manifest->config.media_type);
    int rc = read_blob(r, &manifest->config, BW_DOCUMENT_CONFIG, &config);
    rc = rc ? rc : add_layers(r, manifest->items_n);
    rc = rc ? rc : use_config(r, &config);
    r->image->subject.config_digest = manifest->config.digest;
    r->image->subject.annotation_keys = manifest->annotation_keys;
    r->image->subject.annotation_values = manifest->annotation_values;
    for (size_t i = 0; rc == 0 && i < manifest->items_n; i++)
        rc = add_oci_layer(r, &r->image->layers[i], &manifest->items[i]);
    return rc;
}

static int add_names(const struct resolving *r, const struct bw_descriptor *item)
{
    if (r->image->subject.tags.n || (!item->tags.n && !item->ref_name.n))
        return 0;
    if (item->tags.n) {
        r->image->subject.tags = item->tags;
        return 0;
    }
    struct bw_str *tag = bw_arena_alloc(r->acquire->arena, sizeof *tag);
    if (!tag)
        return no_memory(r);
    *tag = item->ref_name;
    r->image->subject.tags = (struct bw_strs){tag, 1};
    return 0;
}

/* From a document through nested indexes to the manifest. */
static int descend(const struct resolving *r, struct bw_image_document *doc,
                   struct bw_str selection)
{
    int rc = 0;
    size_t item = 0;
    for (unsigned depth = 0; rc == 0 && doc->kind == BW_DOCUMENT_INDEX; depth++) {
        if (depth > BW_ACQUIRE_INDEX_DEPTH_MAX)
            return bw_err_set(r->err, BW_ELIMIT, "more than the limit of %u indexes in each other",
                              BW_ACQUIRE_INDEX_DEPTH_MAX);
        rc = bw_choose_manifest(doc, r->acquire->platform, depth ? (struct bw_str){0} : selection,
                                &item, r->err);
        if (rc)
            return rc;
        r->image->subject.digest = doc->items[item].digest;
        rc = add_names(r, &doc->items[item]);
        rc = rc ? rc : read_blob(r, &doc->items[item], BW_DOCUMENT_MANIFEST, doc);
    }
    return rc;
}

static int resolve_oci(const struct resolving *r, struct bw_str selection,
                       struct bw_str *ret_config_digest)
{
    struct bw_image_document doc;
    char computed[DIGEST_SIZE];
    int rc = read_document(r, BW_STR("index.json"), (struct bw_str){0}, BW_DOCUMENT_INDEX, computed,
                           &doc);
    rc = rc ? rc : descend(r, &doc, selection);
    if (rc)
        return rc;
    if (!r->image->subject.digest.n)
        return bw_err_set(r->err, BW_EFORMAT, "index.json: a manifest where an index should be");
    *ret_config_digest = doc.config.digest;
    return use_manifest(r, &doc);
}

int bw_layout_resolve_digest(struct bw_acquire *acquire, const struct bw_layout_files *files,
                             struct bw_str digest, struct bw_image *ret_image, struct bw_err *err)
{
    bool incomplete = false;
    struct resolving r = {acquire, files, ret_image, err, &incomplete};
    struct bw_descriptor root = {.digest = digest};
    struct bw_image_document doc;
    ret_image->subject.kind = BW_SUBJECT_IMAGE;
    ret_image->subject.digest = digest;
    int rc = read_blob(&r, &root, BW_DOCUMENT_MANIFEST, &doc);
    rc = rc ? rc : descend(&r, &doc, (struct bw_str){0});
    return rc ? rc : use_manifest(&r, &doc);
}

/* --- docker-archive --- */

/* The digest that a path carries as its name: "blobs/sha256/HEX", and for a configuration
 * "HEX.json" or "sha256:HEX" as well. Empty where it carries none: "config.json". */
static struct bw_str hex_in_path(struct bw_str path, bool configuration)
{
    uint8_t ignored[BW_SHA256_SIZE];
    struct bw_str hex, blobs = BW_STR("blobs/sha256/"), sha256 = BW_STR("sha256:"),
                       json = BW_STR(".json");
    if (bw_str_starts(path, blobs))
        hex = bw_str_from(path, blobs.n);
    else if (configuration && bw_str_starts(path, sha256))
        hex = bw_str_from(path, sha256.n);
    else if (configuration && bw_str_ends(path, json))
        hex = bw_str_take(path, path.n - json.n);
    else
        return (struct bw_str){0};
    return bw_sha256_parse(hex, ignored) ? hex : (struct bw_str){0};
}

static int digest_in_path(const struct resolving *r, struct bw_str path, bool configuration,
                          struct bw_str *ret_digest)
{
    struct bw_str hex = hex_in_path(path, configuration);
    *ret_digest = (struct bw_str){0};
    if (!hex.n)
        return 0;
    *ret_digest = bw_arena_printf(r->acquire->arena, "sha256:%" BW_STR_F, BW_STR_A(hex));
    return ret_digest->p ? 0 : no_memory(r);
}

static int add_archived_layer(const struct resolving *r, struct bw_image_layer *layer,
                              struct bw_str path)
{
    layer->blob_at = path;
    int rc = digest_in_path(r, path, false, &layer->info.digest);
    return rc ? rc : find_layer(r, layer, UINT64_MAX, "it is not in the archive");
}

static int use_archived(const struct resolving *r, const struct bw_descriptor *item)
{
    struct bw_image_document config;
    struct bw_str promised;
    char computed[DIGEST_SIZE];
    int rc = digest_in_path(r, item->digest, true, &promised);
    rc = rc ? rc : read_document(r, item->digest, promised, BW_DOCUMENT_CONFIG, computed, &config);
    if (rc)
        return rc;
    r->image->subject.tags = item->tags;
    r->image->subject.digest = bw_arena_str(r->acquire->arena, bw_str(computed));
    r->image->subject.config_digest = r->image->subject.digest;
    if (!r->image->subject.digest.p)
        return no_memory(r);
    rc = add_layers(r, item->paths.n);
    rc = rc ? rc : use_config(r, &config);
    for (size_t i = 0; rc == 0 && i < item->paths.n; i++)
        rc = add_archived_layer(r, &r->image->layers[i], item->paths.v[i]);
    return rc;
}

static int read_archive_list(const struct resolving *r, struct bw_image_document *ret)
{
    char computed[DIGEST_SIZE];
    return read_document(r, BW_STR("manifest.json"), (struct bw_str){0}, BW_DOCUMENT_ARCHIVE,
                         computed, ret);
}

static int resolve_docker(const struct resolving *r, struct bw_str selection)
{
    struct bw_image_document list;
    size_t item;
    int rc = read_archive_list(r, &list);
    rc = rc ? rc : bw_choose_archived(&list, selection, &item, r->err);
    return rc ? rc : use_archived(r, &list.items[item]);
}

/* --- both --- */

/* That manifest.json, where it is there, has an image of the configuration that index.json led to.
 */
static int check_agreement(const struct resolving *r, struct bw_str config_digest)
{
    struct bw_image_document list, config;
    if (!has(r->files, BW_STR("manifest.json")))
        return 0;
    int rc = read_archive_list(r, &list);
    if (rc)
        return rc;
    for (size_t i = 0; i < list.items_n; i++) {
        char computed[DIGEST_SIZE];
        rc = read_document(r, list.items[i].digest, (struct bw_str){0}, BW_DOCUMENT_CONFIG,
                           computed, &config);
        if (rc || !bw_str_eq(config_digest, bw_str(computed)))
            continue;
        if (list.items[i].tags.n)
            r->image->subject.tags = list.items[i].tags;
        return 0;
    }
    return bw_err_set(r->err, BW_EFORMAT,
                      "index.json and manifest.json describe different images: choose with the "
                      "prefix oci: or docker-archive:");
}

static int resolve_any(const struct resolving *r, struct bw_str selection,
                       enum bw_archive_kind *kind)
{
    struct bw_err oci_err = {0};
    bool incomplete = false;
    struct resolving oci = {r->acquire, r->files, r->image, &oci_err, &incomplete};
    struct bw_image before = *r->image;
    struct bw_str config = {0};
    if (*kind != BW_ARCHIVE_OCI)
        return resolve_docker(r, selection);
    int rc = resolve_oci(&oci, selection, &config);
    if ((incomplete || rc == BW_ENOENT || rc == BW_EUNSUPPORTED) &&
        has(r->files, BW_STR("manifest.json"))) {
        /* All but the files that were opened, which are closed with the image. */
        before.files = r->image->files;
        before.files_n = r->image->files_n;
        *r->image = before;
        *kind = BW_ARCHIVE_DOCKER;
        if (resolve_docker(r, selection) == 0)
            return 0;
    }
    if (rc == 0)
        rc = check_agreement(&oci, config);
    if (rc && r->err)
        *r->err = oci_err;
    return rc;
}

int bw_layout_resolve(struct bw_acquire *acquire, const struct bw_layout_files *files,
                      enum bw_archive_kind kind, struct bw_str selection,
                      struct bw_image *ret_image, struct bw_err *err)
{
    bool incomplete = false;
    struct resolving r = {acquire, files, ret_image, err, &incomplete};
    struct bw_subject known = ret_image->subject;
    struct bw_str config;
    int rc;
    ret_image->subject.kind = BW_SUBJECT_IMAGE;
    if (kind == BW_ARCHIVE_ANY) {
        kind = bw_layout_kind(files);
        if (kind == BW_ARCHIVE_FILESYSTEM)
            return bw_err_set(err, BW_ENOENT, "neither index.json nor manifest.json in it");
        rc = resolve_any(&r, selection, &kind);
    } else if (kind == BW_ARCHIVE_OCI) {
        rc = resolve_oci(&r, selection, &config);
    } else {
        rc = resolve_docker(&r, selection);
    }
    ret_image->subject.source = kind == BW_ARCHIVE_OCI ? BW_STR("oci") : BW_STR("docker-archive");
    if (ret_image->produce) {
        ret_image->subject.source = known.source;
        ret_image->subject.digest = known.digest;
        ret_image->subject.tags = known.tags;
    }
    return rc;
}
