/*
 * host-path.h: a path of the host as the engine that mounts it takes it.
 */
#ifndef BW_EXTRACT_HOST_PATH_H
#define BW_EXTRACT_HOST_PATH_H

#include "base/value.h"

/* An absolute path without "//", "/./", "/../" and a "/" at its end: dockerd takes
 * "/srv/../etc" for "/etc" (Go's path.Clean), and so must a policy. What is no absolute path, or is
 * longer than the kernel takes, stays as it is. The place stays. */
struct bw_value bw_host_path(struct bw_value_maker *make, struct bw_value path) BW_MUST_USE;

#endif
