/*
 * docker-confinement.h: the part of docker-view.h that is about what confines a container: the
 * security options of `docker run`, and the paths that are masked.
 */
#ifndef BW_EXTRACT_DOCKER_CONFINEMENT_H
#define BW_EXTRACT_DOCKER_CONFINEMENT_H

#include "extract/docker-view.h"

/* Fills what is ABSENT of allow_privilege_escalation, the profiles of seccomp, AppArmor and
 * SELinux, and proc_mount. view->privileged is known by then. Options are read as the daemon reads
 * them: a later one wins. */
void bw_docker_confine(struct bw_value_maker *make, const struct bw_docker_container *container,
                       struct bw_pod_view *view);

#endif
