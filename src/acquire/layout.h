/*
 * layout.h: which files of an archive make an image.
 *
 * An archive or directory holds an image in one of two layouts:
 *   OCI (image-spec v1.1, image-layout.md): oci-layout, index.json, blobs/ALGORITHM/HEX
 *   docker-archive, from `docker save`: manifest.json, a configuration, ID/layer.tar or blobs/...
 * or it is a root filesystem itself. `docker save` since 25 writes both layouts into one tar.
 *
 * Every document that is known by a digest is compared with it: BW_EDIGEST names both. Layers are
 * not read here; who reads them compares.
 */
#ifndef BW_ACQUIRE_LAYOUT_H
#define BW_ACQUIRE_LAYOUT_H

#include "acquire/source.h"
#include "base/buf.h"

/* Files by their path, wherever they lie: in a directory, a tar, the members of a stream. */
struct bw_layout_files {
    void *ctx;
    /* Finds a regular file, links within followed. The blob's descriptor may be -1 (a stream, a
     * registry), its size UINT64_MAX where only a descriptor says it. BW_ENOENT where there is
     * none. */
    int (*find)(void *ctx, struct bw_str path, struct bw_blob *ret_blob, struct bw_err *err);
    /* Appends the whole content of a document, of which the kind is known (a MANIFEST may turn out
     * to be an INDEX): a registry keeps manifests elsewhere than blobs. BW_ENOENT, or BW_ELIMIT at
     * buf->max. */
    int (*read)(void *ctx, struct bw_str path, enum bw_document_kind kind, struct bw_buf *buf,
                struct bw_err *err);
    const char *why_missing; /* a layer, for its gap; NULL: "it is not in the layout" */
};

/* What the files are: OCI, docker-archive or, with neither, a root filesystem. */
enum bw_archive_kind bw_layout_kind(const struct bw_layout_files *files);

/* Whether a path is one that only the archive of an image has ("blobs/sha256", "ID/layer.tar", also
 * below a folder): an archive with such a member and without a document that makes an image of it
 * is no root filesystem, but an image whose documents were lost. */
bool bw_layout_is_part(struct bw_str path);

/* Records that as a blocking gap. */
void bw_layout_report_lost(struct bw_acquire *acquire, struct bw_str where);

/*
 * Finds the image that `selection` names (a tag, "name:tag", a digest, or empty where there is one)
 * for acquire->platform, and fills of ret_image: subject (kind, source, digest, platform, tags) and
 * layers with info, blob and blob_at.
 *
 * kind: BW_ARCHIVE_OCI or BW_ARCHIVE_DOCKER reads that layout whatever else is there.
 * BW_ARCHIVE_ANY takes what bw_layout_kind says, BW_ENOENT for a root filesystem; of both layouts
 * beside each other the OCI one, or manifest.json where it is incomplete; and if they describe
 * different images, that is BW_EFORMAT: which one runs would depend on who loads it.
 *
 * An image that its source streams (ret_image->produce) keeps the source, digest and tags it has by
 * that source: an export of a daemon may lack them.
 *
 * A layer that is not there (a foreign layer, a partial layout) or has another size than its
 * descriptor says is a blocking gap; the others go on.
 */
int bw_layout_resolve(struct bw_acquire *acquire, const struct bw_layout_files *files,
                      enum bw_archive_kind kind, struct bw_str selection,
                      struct bw_image *ret_image, struct bw_err *err) BW_MUST_USE;

/* Fills what a configuration says of an image beyond its layers: what to run, when it was made, all
 * its steps. The slices are borrowed from the document. BW_ENOMEM. */
int bw_layout_describe(struct bw_image *image, const struct bw_image_document *config,
                       struct bw_arena *arena, struct bw_err *err) BW_MUST_USE;

/* As bw_layout_resolve, for a store that knows an image by the digest of its manifest or index
 * rather than by an index.json: every document and layer is at "blobs/ALGORITHM/HEX". */
int bw_layout_resolve_digest(struct bw_acquire *acquire, const struct bw_layout_files *files,
                             struct bw_str digest, struct bw_image *ret_image,
                             struct bw_err *err) BW_MUST_USE;

/* Fills the subject's platform from the configuration. BW_ENOENT where another one is asked for. */
int bw_layout_use_platform(const struct bw_acquire *acquire, const struct bw_image_document *config,
                           struct bw_image *image, struct bw_err *err) BW_MUST_USE;

/* Fills created_by of the layers from the history of their configuration: the steps that made one,
 * lowest first. Where their number is not that of the layers nothing is filled. */
void bw_layout_name_steps(struct bw_image *image, const struct bw_image_document *config);

#endif
