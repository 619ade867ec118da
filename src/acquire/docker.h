/*
 * docker.h: what the local Docker daemon has, for those who want all of it.
 */
#ifndef BW_ACQUIRE_DOCKER_H
#define BW_ACQUIRE_DOCKER_H

#include "acquire/source.h"

/* The names of all images of the daemon that DOCKER_HOST names, each image once: its first tag, or
 * its identifier where it has none. In the order of the daemon; in the arena. BW_EACCESS,
 * BW_ENET or BW_ETIMEOUT where no daemon can be asked. */
int bw_docker_list_images(struct bw_acquire *acquire, struct bw_strs *ret_names,
                          struct bw_err *err) BW_MUST_USE;

#endif
