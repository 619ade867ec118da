/*
 * stores.h: what the stores of container engines on this machine have, for those who want all of
 * it.
 */
#ifndef BW_ACQUIRE_STORES_H
#define BW_ACQUIRE_STORES_H

#include "acquire/source.h"

/* The images of all containerd stores, "containerd:NAMESPACE/NAME", and of all Podman stores,
 * "podman:NAME"; in the arena. BW_ENOENT where there is no such store, BW_EACCESS where one is not
 * to be read. */
int bw_containerd_list_images(struct bw_acquire *acquire, struct bw_strs *ret_names,
                              struct bw_err *err) BW_MUST_USE;
int bw_podman_list_images(struct bw_acquire *acquire, struct bw_strs *ret_names,
                          struct bw_err *err) BW_MUST_USE;

#endif
