/*
 * docker-fields.h: the types of the fields of a container in Docker's Engine API: the body of POST
 * /containers/create, and an element of what `docker inspect` prints.
 */
#ifndef BW_EXTRACT_DOCKER_FIELDS_H
#define BW_EXTRACT_DOCKER_FIELDS_H

#include "extract/typed-fields.h"

extern const struct bw_field bw_docker_create;
extern const struct bw_field bw_docker_inspect;

/* What GET /volumes/{name}, /images/{name}/json and /networks/{id} answer. */
extern const struct bw_field bw_docker_volume_inspect;
extern const struct bw_field bw_docker_image_inspect;
extern const struct bw_field bw_docker_network_inspect;

/* Parts of them. */
extern const struct bw_field bw_docker_config;
extern const struct bw_field bw_docker_host;
extern const struct bw_field bw_docker_health_fields[];
extern const struct bw_field bw_docker_mount;

/* The body of POST /containers/create (and of start, in old versions) as daemons take it: before
 * 27.0 the members of HostConfig may stand beside it. */
extern const struct bw_field bw_docker_body_create;
bool bw_docker_is_host_field(struct bw_str name);

#endif
