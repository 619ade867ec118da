/*
 * registry-options.h: what a person says about registries.
 */
#ifndef BW_ACQUIRE_REGISTRY_OPTIONS_H
#define BW_ACQUIRE_REGISTRY_OPTIONS_H

#include <stddef.h>

struct bw_registry_options {
    const char *ca_file; /* PEM: whom to trust, beside the system's directory of authorities */
    /* HOST[:PORT] of registries whose certificate is not verified, and that may speak HTTP. */
    const char *const *insecure;
    size_t insecure_n;
    /* URLs of mirrors of docker.io, which are asked before it, in this order. */
    const char *const *mirrors;
    size_t mirrors_n;
};

#endif
