/*
 * layer.h: the layers of an image, and which of them are another's.
 */
#ifndef BW_MODEL_LAYER_H
#define BW_MODEL_LAYER_H

#include <stdint.h>

#include "base/str.h"

struct bw_layer {
    struct bw_str digest;     /* of the blob as stored, "sha256:..."; empty where there is none */
    struct bw_str diff_id;    /* of the uncompressed tar; empty where unknown */
    struct bw_str created_by; /* the Dockerfile step, from the image's history */
    uint64_t size;            /* bytes as stored, 0 where unknown */
};

/* The image that another was built on, as far as it is known. */
struct bw_base_image {
    struct bw_str name;   /* "debian:12"; empty where only the layers are known */
    struct bw_str digest; /* of its manifest, or empty */
    struct bw_str how;    /* "annotation", "history", "given": what it was recognised by */
    uint32_t layers_n;    /* the lowest layers are its own; 0 where it is not known */
};

#endif
