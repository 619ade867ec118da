/*
 * docker-view.h: Docker's words for a container, presented as a Pod.
 *
 * A compose service and the body of `docker create` say the same in slightly different shapes. Each
 * reader puts what its form says into a struct bw_docker_container, in Docker's own words, and
 * bw_docker_view() translates: names of capabilities, security options, namespaces, users; and
 * writes Docker's defaults in (BW_VALUE_DEFAULT) where the form says nothing. What Docker has no
 * words for is UNKNOWN, class inexpressible; what the image decides is UNKNOWN, class missing.
 *
 * Lists that grow entry by entry (mounts, ports, environment) are written into the view by the
 * functions below, before or after.
 *
 * Any value may be UNKNOWN, and is then UNKNOWN in the Pod. A value of a kind that a field is not
 * for counts as absent: readers have complained about it before.
 */
#ifndef BW_EXTRACT_DOCKER_VIEW_H
#define BW_EXTRACT_DOCKER_VIEW_H

#include "base/value.h"
#include "extract/pod-view.h"

struct bw_docker_container {
    struct bw_value user;                   /* "1000:1000", "www-data", "" */
    struct bw_value privileged, read_only;  /* BOOL */
    struct bw_value cap_add, cap_drop;      /* lists: "NET_ADMIN", "cap_net_admin", "ALL" */
    struct bw_value security_opt;           /* list: "no-new-privileges", "seccomp=..." */
    struct bw_value network_mode, pid_mode; /* "host", "bridge", "container:x" */
    struct bw_value ipc_mode, userns_mode;  /* "host", "shareable", ... */
    struct bw_value group_add;              /* list: numbers, or names of the image's */
    struct bw_value sysctls;                /* map */
    struct bw_value restart;                /* "no", "always", "on-failure:5", ... */
    struct bw_value healthcheck;            /* list: "CMD", ...; "CMD-SHELL", line; "NONE" */
    struct bw_value masked_paths; /* list of `docker create`; short of the usual: unmasked */
};

/* Fills what is ABSENT in the view from the container and Docker's defaults. image, command, args
 * and working_dir stay as they are: ABSENT means the image's own in a Pod, too. */
void bw_docker_view(struct bw_value_maker *make, const struct bw_docker_container *container,
                    struct bw_pod_view *view);

/* Whether a list of masked paths leaves out what the list of every engine has; false where it is no
 * list. */
bool bw_docker_shows_kernel(struct bw_value masked);

enum bw_docker_mount_kind {
    BW_DOCKER_BIND,      /* source is a path of the host */
    BW_DOCKER_VOLUME,    /* source is the name of a volume; ABSENT: one without a name */
    BW_DOCKER_TMPFS,     /* no source */
    BW_DOCKER_SECRET,    /* source is its name */
    BW_DOCKER_CONFIG,    /* source is its name */
    BW_DOCKER_ELSEWHERE, /* what is mounted is not said here; source is an UNKNOWN */
};

struct bw_docker_mount {
    enum bw_docker_mount_kind kind;
    struct bw_value source, target; /* STRING or UNKNOWN */
    struct bw_value read_only;      /* BOOL; ABSENT: writable */
    struct bw_value propagation;    /* "rshared", "rslave", ...; ABSENT: private */
};

/* Adds a volume and its mount. The Pod's volume has the place of the source, or of the target where
 * there is no source. */
void bw_docker_view_mount(struct bw_value_maker *make, struct bw_pod_view *view,
                          const struct bw_docker_mount *mount);

/* Adds a port. Of the container: INT; protocol: "tcp"; host_ip, host_port: ABSENT where there are
 * none. A port that is published somewhere that Docker chooses has an UNKNOWN host_port. */
void bw_docker_view_port(struct bw_value_maker *make, struct bw_pod_view *view,
                         struct bw_value container_port, struct bw_value protocol,
                         struct bw_value host_ip, struct bw_value host_port);

/* Adds a variable; an UNKNOWN value is one that the machine it runs on decides. */
void bw_docker_view_env(struct bw_value_maker *make, struct bw_pod_view *view, struct bw_value name,
                        struct bw_value value);

/* Sets what is not known yet of the limits (`limit`) or the requests: bytes of memory and CPUs (an
 * INT or a DOUBLE), either ABSENT or 0 where there is no bound. */
void bw_docker_view_resources(struct bw_value_maker *make, struct bw_pod_view *view, bool limit,
                              struct bw_value memory, struct bw_value cpus);

#endif
