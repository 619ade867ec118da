/*
 * subject.h: what is examined: an image by digest, a root filesystem, later a container, a host.
 */
#ifndef BW_MODEL_SUBJECT_H
#define BW_MODEL_SUBJECT_H

#include <stdint.h>

#include "base/str.h"
#include "model/distribution.h"
#include "model/package.h"

enum bw_subject_kind {
    BW_SUBJECT_IMAGE,
    BW_SUBJECT_FILESYSTEM,
};

struct bw_layer {
    struct bw_str digest;     /* of the blob as stored, "sha256:..."; empty where there is none */
    struct bw_str diff_id;    /* of the uncompressed tar; empty where unknown */
    struct bw_str created_by; /* the Dockerfile step, from the image's history */
    uint64_t size;            /* bytes as stored, 0 where unknown */
};

/* A package in the topmost view. */
struct bw_installed_package {
    const struct bw_package *package;
    uint32_t layer;         /* that brought this version */
    struct bw_str database; /* the path of the database that lists it */
};

/* A package that an earlier layer installed and a later layer removed or replaced. The image still
 * carries its files. */
struct bw_removed_package {
    const struct bw_package *package;
    uint32_t installed_in; /* the layer whose database last had it */
    uint32_t removed_in;   /* the layer whose database, or whiteout, took it away */
};

struct bw_subject {
    enum bw_subject_kind kind;
    struct bw_str name;     /* as the person named it */
    struct bw_str source;   /* "docker-archive", "oci", "rootfs", "docker": as the prefixes */
    struct bw_str digest;   /* of the manifest, else of the configuration; empty for a filesystem */
    struct bw_str platform; /* "linux/amd64", "linux/arm64/v8" */
    struct bw_strs tags;
    struct bw_layer *layers; /* lowest first; a filesystem has one without digests */
    size_t layers_n;
    struct bw_distribution distribution;   /* id is empty where none was found */
    struct bw_installed_package *packages; /* by type, name, version, arch */
    size_t packages_n;
    struct bw_removed_package *removed;
    size_t removed_n;
};

const char *bw_subject_kind_name(enum bw_subject_kind kind);

#endif
