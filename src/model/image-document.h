/*
 * image-document.h: what the JSON documents around an image say: an OCI index, an OCI or Docker
 * manifest, an image configuration, `docker save`'s manifest.json, the daemon's answer to
 * "inspect", and what the stores of containerd and Podman keep about theirs. One shape for all;
 * what a document does not have stays empty.
 *
 * Specifications: OCI image-spec v1.1 (image-index.md, manifest.md, config.md), Docker Image
 * Manifest V2 Schema 2, Docker Engine API v1.40+.
 */
#ifndef BW_MODEL_IMAGE_DOCUMENT_H
#define BW_MODEL_IMAGE_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "model/package.h"

/* The values are part of the wire form: append only. */
enum bw_document_kind {
    BW_DOCUMENT_INDEX,        /* image index or manifest list: `items` are manifests or indexes */
    BW_DOCUMENT_MANIFEST,     /* image manifest: `config`, `items` are the layers, lowest first */
    BW_DOCUMENT_CONFIG,       /* image configuration: platform, diff_ids, history */
    BW_DOCUMENT_ARCHIVE,      /* docker-archive manifest.json: an item an image */
    BW_DOCUMENT_INSPECT,      /* GET /images/NAME/json */
    BW_DOCUMENT_LIST,         /* GET /images/json: an item an image, with `digest` and `tags` */
    BW_DOCUMENT_CONTAINERD,   /* containerd's meta.db (no JSON): an item a name in a namespace */
    BW_DOCUMENT_STORE_IMAGES, /* containers/storage, images.json: an item an image */
    BW_DOCUMENT_STORE_LAYERS, /* containers/storage, layers.json: an item a layer */
};
#define BW_DOCUMENT_KIND_COUNT 9

/* An OCI content descriptor. In an ARCHIVE document an image, in which `digest` is the path of its
 * configuration, `paths` are those of its layers, lowest first, and `tags` its names.
 * CONTAINERD: `digest` of the manifest or index, ref_name is the name, the only tag its namespace.
 * STORE_IMAGES: ref_name is the identifier, the only path that of its top layer, `tags` its names.
 * STORE_LAYERS: ref_name is the identifier, the only path (none for a lowest layer) that of the
 * layer below, `digest` the diff ID. */
struct bw_descriptor {
    struct bw_str media_type;
    struct bw_str digest; /* "sha256:..." */
    uint64_t size;
    struct bw_str os, architecture, variant;
    struct bw_str ref_name;     /* org.opencontainers.image.ref.name */
    bool attestation;           /* vnd.docker.reference.type is there: no image to run */
    struct bw_strs paths, tags; /* tags of an OCI descriptor: io.containerd.image.name */
};

struct bw_history {
    struct bw_str created_by;
    bool empty_layer;
};

/* What an image tells the engine to run (OCI image-spec v1.1, config.md, "config"). Lists of
 * variables and labels are in the order of the document. */
struct bw_image_config {
    struct bw_str user, working_dir, stop_signal;
    struct bw_strs entrypoint, cmd, shell;
    struct bw_strs env;        /* "NAME=value" */
    struct bw_strs label_keys; /* and, in the same order, their values */
    struct bw_strs label_values;
    struct bw_strs exposed_ports, volumes, on_build;
    struct bw_strs health_check; /* Test: "CMD", "curl", ...; empty where there is none */
};

struct bw_image_document {
    enum bw_document_kind kind;
    struct bw_str os, architecture, variant;
    struct bw_str created;
    struct bw_descriptor config;
    struct bw_descriptor *items;
    size_t items_n;
    struct bw_strs diff_ids; /* lowest layer first */
    struct bw_history *history;
    size_t history_n;
    struct bw_image_config run;                        /* CONFIG, INSPECT */
    struct bw_strs annotation_keys, annotation_values; /* MANIFEST */
    /* INSPECT only. */
    struct bw_str id;                   /* "sha256:..." of the configuration, or of the manifest */
    struct bw_str driver;               /* GraphDriver.Name: "overlay2" */
    struct bw_str upper_dir, lower_dir; /* GraphDriver.Data; lower_dir is ':'-separated, highest
                                           layer first */
    struct bw_strs tags, repo_digests;
};

#endif
