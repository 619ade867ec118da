/*
 * docker-fields.h: the types of the fields of a container in Docker's Engine API: the body of POST
 * /containers/create, and an element of what `docker inspect` prints.
 */
#ifndef BW_EXTRACT_DOCKER_FIELDS_H
#define BW_EXTRACT_DOCKER_FIELDS_H

#include "extract/typed-fields.h"

extern const struct bw_field bw_docker_create;
extern const struct bw_field bw_docker_inspect;

#endif
