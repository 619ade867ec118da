/*
 * docker-mount.h: what a container of Docker's mounts, as volumes of a Pod.
 *
 * A volume of the driver "local" may be a directory of the host, a disk, or a file system of the
 * kernel's in disguise: its options (type, o, device) are those of mount(8). Such a one is shown as
 * the hostPath that it is, wherever its options stand: in the mount itself, or in a volume that
 * exists.
 */
#ifndef BW_EXTRACT_DOCKER_MOUNT_H
#define BW_EXTRACT_DOCKER_MOUNT_H

#include "extract/docker-follow.h"
#include "extract/docker-view.h"
#include "extract/document.h"

struct bw_docker_mounts {
    struct bw_reading *reading;
    struct bw_docker_follow *follow; /* NULL: names are not followed */
    struct bw_pod_view *view;        /* what is mounted goes here */
    struct bw_value volume_driver;   /* HostConfig.VolumeDriver: of volumes that Binds make */
    bool read_only;                  /* all that is added, whatever it says */
};

/* Adds all elements of a list. An UNKNOWN list, or element, is an UNKNOWN volume. */
void bw_docker_mount_binds(struct bw_docker_mounts *mounts, struct bw_value binds);
void bw_docker_mount_mounts(struct bw_docker_mounts *mounts, struct bw_value list);
void bw_docker_mount_volumes_from(struct bw_docker_mounts *mounts, struct bw_value list);

/* What mounts have become: `Mounts` of `docker inspect`. */
void bw_docker_mount_points(struct bw_docker_mounts *mounts, struct bw_value points);

/* Volumes without names; the keys of a map are the targets. */
void bw_docker_mount_targets(struct bw_docker_mounts *mounts, struct bw_value map,
                             enum bw_docker_mount_kind kind);

/* The paths of the host that a volume of that driver and with these options is made of: a list of
 * strings, UNKNOWN where they are, ABSENT for a volume that is none of the host's. */
struct bw_value bw_docker_volume_sources(struct bw_value_maker *make, struct bw_value driver,
                                         struct bw_value options);

#endif
