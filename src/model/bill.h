/*
 * bill.h: what a bill of materials (CycloneDX, SPDX, Syft) says of the thing whose materials it
 * lists. The packages themselves are facts of their own.
 */
#ifndef BW_MODEL_BILL_H
#define BW_MODEL_BILL_H

#include "model/layer.h"
#include "model/package.h"

/* What a document does not say is empty. */
struct bw_bill {
    struct bw_str format; /* "CycloneDX 1.6", "SPDX 2.3", "Syft 16.1.3" */
    struct bw_str name;   /* of the thing: "debian:12" */
    struct bw_str digest, platform;
    struct bw_strs tags;
    struct bw_layer *layers; /* lowest first */
    size_t layers_n;
    struct bw_base_image base;
};

#endif
