/*
 * docker-name.h: how a person calls a container of Docker.
 *
 * A specification has the container's number alone. Docker keeps the name beside the files that it
 * mounts for the container (config.v2.json), where the mounts of the specification lead.
 */
#ifndef BW_RUNTIME_DOCKER_NAME_H
#define BW_RUNTIME_DOCKER_NAME_H

#include "base/arena.h"
#include "base/str.h"
#include "base/value.h"

/* The name, in the arena; empty where it is no container of Docker, or anything is not as it should
 * be: it is for messages, and for exceptions, which only a name that is there can bring. */
struct bw_str bw_docker_name(struct bw_value spec, struct bw_str id, struct bw_arena *arena);

#endif
