/*
 * docker-container.h: a container of Docker's as policies see it: `dockercontainers`, and a Pod.
 */
#ifndef BW_EXTRACT_DOCKER_CONTAINER_H
#define BW_EXTRACT_DOCKER_CONTAINER_H

#include "extract/docker-follow.h"
#include "extract/document.h"

enum bw_docker_form {
    BW_DOCKER_BODY,      /* of POST /containers/create: Config's members beside HostConfig */
    BW_DOCKER_INSPECTED, /* an element of what `docker inspect` prints */
};

struct bw_docker_source {
    enum bw_docker_form form; /* what it is, whatever keys it has */
    struct bw_str name;       /* where the value has none */
    /* Of what it names, what is known; NULL: nothing, and that is nobody's fault. With it the
     * image's configuration completes what the container does not say. */
    struct bw_docker_follow *follow;
};

/* Adds both. */
void bw_docker_container_add(struct bw_reading *reading, const struct bw_docker_source *source,
                             struct bw_value value);

#endif
