/*
 * registry-reference.h: the name of an image in a registry; private to src/acquire.
 *
 * Grammar: github.com/distribution/reference (reference.go, normalize.go), which Docker, containerd
 * and Podman share:
 *     [HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]
 * The first component is a host where it has a '.' or ':' in it, is "localhost" or has an
 * upper-case letter; else the host is docker.io, and there a REPOSITORY of one component is
 * library/REPOSITORY. Without tag and digest the tag is "latest".
 */
#ifndef BW_ACQUIRE_REGISTRY_REFERENCE_H
#define BW_ACQUIRE_REGISTRY_REFERENCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* Longest repository, and longest tag. */
#define BW_REFERENCE_REPOSITORY_MAX 255u
#define BW_REFERENCE_TAG_MAX        128u

struct bw_reference {
    struct bw_str host;       /* "docker.io", "localhost:5000", "[::1]:5000" */
    struct bw_str repository; /* "library/nginx" */
    struct bw_str tag;        /* empty where a digest alone was given */
    struct bw_str digest;     /* "sha256:HEX", or empty */
};

/* Slices of the result point into text, into the arena or to constants. BW_EUSAGE says what is
 * wrong. */
int bw_reference_parse(struct bw_str text, struct bw_arena *arena, struct bw_reference *ret,
                       struct bw_err *err) BW_MUST_USE;

/* The whole name, "docker.io/library/nginx:latest"; p is NULL when the arena is full. */
struct bw_str bw_reference_text(const struct bw_reference *reference,
                                struct bw_arena *arena) BW_MUST_USE;

/* Whether a host is this machine: localhost, 127.0.0.0/8 or ::1, with or without a port. */
bool bw_reference_is_loopback(struct bw_str host);

#endif
