/*
 * source.h: where images and filesystems come from.
 *
 * Acquisition runs in the parent process: it holds the network, the credentials and the privilege
 * to read the container stores. It never interprets bytes of an image itself: JSON documents and
 * tar headers go to the sandboxed worker through the callbacks of struct bw_acquire, and what comes
 * out is descriptors.
 */
#ifndef BW_ACQUIRE_SOURCE_H
#define BW_ACQUIRE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "acquire/registry-options.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/fact.h"
#include "model/gap.h"
#include "model/subject.h"

/* Largest JSON document read: an index, a manifest, a configuration, an answer of the daemon. */
#define BW_ACQUIRE_DOCUMENT_MAX ((size_t)8 << 20)

/* Most layers of an image. Docker's own limit is 127 (overlay2: 128). */
#define BW_ACQUIRE_LAYERS_MAX 1024u

/* Nested indexes followed before giving up. */
#define BW_ACQUIRE_INDEX_DEPTH_MAX 4u

/* A run of bytes in an open file. The descriptor is borrowed from the image that owns it; -1 where
 * the bytes are not there, for which a blocking gap was recorded. */
struct bw_blob {
    int fd;
    uint64_t offset, size;
};

/* A member of an archive: a regular file, or a link to one. */
struct bw_member {
    struct bw_str path;    /* normalised as in struct bw_place */
    struct bw_str link;    /* symbolic or hard link: normalised path of the target, else empty */
    uint64_t offset, size; /* of the content in the archive */
};

struct bw_members {
    struct bw_member *v;
    size_t n;
};

/* What acquisition asks of its composer. */
struct bw_acquire {
    struct bw_arena *arena; /* the arena of the scan: results live there */
    void *ctx;              /* first argument of the callbacks */

    /* Parses a JSON document in the worker. The bytes are the caller's. */
    int (*document)(void *ctx, enum bw_document_kind kind, struct bw_str bytes,
                    struct bw_image_document *ret_document, struct bw_err *err);
    /* Lists an uncompressed tar in the worker. BW_EFORMAT where it is none. */
    int (*members)(void *ctx, struct bw_blob archive, struct bw_members *ret_members,
                   struct bw_err *err);
    /* Records a gap of the subject that is being opened; the slices may be short-lived. */
    void (*gap)(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                struct bw_str why);

    /* Called now and then while bytes come in: `bytes` since the last call. Lets the workers go on
     * and shows how far it is. NULL: nothing to be done. */
    int (*pump)(void *ctx, uint64_t bytes, struct bw_err *err);
    int64_t deadline_ms; /* monotonic: the network is given up then; 0 is never */

    /* Options. NULL, 0 or empty where not given. */
    const char *platform; /* "linux/arm64[/v8]"; default: linux and this machine's architecture */
    uint64_t layer_size_max; /* a layer that is larger is not fetched */
    struct bw_registry_options registry;
};

enum bw_image_form {
    BW_FORM_BLOBS,    /* each layer is a blob: compressed or plain tar */
    BW_FORM_TREES,    /* each layer is a directory: a root filesystem or an overlay2 "diff" */
    BW_FORM_STREAM,   /* a docker-archive, OCI or root filesystem tar read once, front to back */
    BW_FORM_DOCUMENT, /* a bill of materials: the only one of `files`, no layers */
};

/* What a tar holds. */
enum bw_archive_kind {
    BW_ARCHIVE_ANY, /* it shows in what it holds: see acquire/layout.h */
    BW_ARCHIVE_OCI,
    BW_ARCHIVE_DOCKER,
    BW_ARCHIVE_FILESYSTEM,
};

struct bw_image_layer {
    struct bw_layer info;
    struct bw_blob blob;   /* BW_FORM_BLOBS */
    struct bw_str blob_at; /* its path in the layout, "blobs/sha256/ab12...", "1f3c.../layer.tar";
                              empty where it is the whole file */
    int directory;         /* BW_FORM_TREES: owned descriptor of the directory, else -1 */
    bool overlay;          /* BW_FORM_TREES: whiteouts as overlayfs keeps them */
    bool lost;             /* its bytes could not be had: a blocking gap was recorded */
};

/* Writes a part of the stream to its reader; 0 or negative, which the source hands back. */
typedef int (*bw_stream_write)(void *ctx, const void *p, size_t n, struct bw_err *err);

/* An image at hand: from bw_image_open, which leaves it untouched on failure; freed with
 * bw_image_close, which takes a zeroed one. */
struct bw_image {
    enum bw_image_form form;
    struct bw_subject subject;     /* name, source, digest, platform, tags, as far as known */
    struct bw_image_layer *layers; /* lowest first; in the arena. BW_FORM_STREAM: none */
    size_t layers_n;
    int *files; /* every open file that blobs borrow from; owned, in the arena */
    size_t files_n;

    /* BW_FORM_BLOBS: brings the bytes of a layer, whose blob has no descriptor until then. To be
     * called right before they are read, so that what nobody reads is not fetched. NULL: all that
     * there is is at hand. BW_ENOENT, BW_EFORMAT, BW_EDIGEST, BW_ELIMIT, BW_EUNSUPPORTED: that
     * layer cannot be had; BW_ETIMEOUT: the deadline; else no other can either. */
    int (*fetch)(struct bw_image *image, size_t layer, struct bw_err *err);

    /* BW_FORM_STREAM: what the archive is to be read as, and which of several images in it is meant
     * (as PATH:NAME said; empty where it was not said): both for bw_layout_resolve. The bytes come
     * from either a descriptor the worker reads by itself (>= 0, owned), or a producer
     * that writes everything through `write`. */
    enum bw_archive_kind archive;
    struct bw_str selection;
    int stream_fd;
    /* May be called again for a second look. */
    int (*produce)(struct bw_image *image, bw_stream_write write, void *write_ctx,
                   struct bw_err *err);
    void *source_state; /* of the source, in the arena */
    void (*close)(struct bw_image *image);
};

struct bw_source {
    const char *name;    /* "docker-archive": also the prefix that forces it, "docker-archive:" */
    const char *summary; /* a line for --help */
    const char *aliases; /* more prefixes, separated by blanks, or NULL */
    /* Whether an argument without prefix is for this source, cheaply: a look at the file system or
     * at the form of the name. Asked in the order of the table; the first that says yes gets it.
     * NULL: by prefix alone. */
    bool (*probe)(const char *argument);
    /* Opens. BW_ENOENT with a remedy in the message when the thing is not there. */
    int (*open)(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                struct bw_err *err);
};

/* All sources, NULL at the end: generated from the list in meson.build. */
extern const struct bw_source *const bw_sources[];

/* Opens what the argument names: by prefix, else by the first source whose probe accepts. A path
 * may be followed by ":NAME", which chooses one of several images in an archive or layout.
 * BW_ENOENT where there is no such file or image, BW_EDIGEST where a document is not what it should
 * be, BW_EUSAGE where several images are there and none is chosen; the messages say what to do. */
int bw_image_open(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                  struct bw_err *err) BW_MUST_USE;

void bw_image_close(struct bw_image *image);

#endif
