/*
 * pod-view.h: a container of any engine, presented as a Pod.
 *
 * One struct has what forms say of a container, one function writes the Pod (core/v1 PodSpec), so
 * that the same danger looks the same whatever it was written in. A form fills what it says; what
 * it leaves ABSENT is absent in the Pod as well, which for Kubernetes means the default of
 * Kubernetes. So a form of another engine must fill everything: with the engine's default (flag
 * BW_VALUE_DEFAULT) or with an UNKNOWN.
 *
 * Fields of a Pod that are not in the struct and that only Kubernetes has (service account,
 * tolerations, lifecycle hooks, ...) are UNKNOWN, class inexpressible. host_users that is UNKNOWN
 * becomes true, a default: no engine makes a user namespace unless it is told to.
 *
 * Values keep their places. Fields are values of CEL's kinds as a Pod has them: strings, booleans,
 * integers, lists, maps; any may be UNKNOWN.
 */
#ifndef BW_EXTRACT_POD_VIEW_H
#define BW_EXTRACT_POD_VIEW_H

#include "base/value.h"
#include "extract/document.h"

struct bw_pod_view {
    /* metadata */
    struct bw_value labels, annotations;
    /* spec */
    struct bw_value host_network, host_pid, host_ipc, host_users;
    struct bw_value hostname, restart_policy;
    struct bw_value share_process_namespace;
    struct bw_value sysctls;             /* list of {name, value} */
    struct bw_value volumes;             /* list of Volume: {name, hostPath: {path, type}}, ... */
    struct bw_value automount_token;     /* automountServiceAccountToken */
    struct bw_value supplemental_groups; /* list of int */
    /* spec.containers[0] */
    struct bw_value name, image, image_pull_policy, command, args, working_dir;
    struct bw_value env;              /* list of {name, value} */
    struct bw_value ports;            /* list of {containerPort, hostPort, hostIP, protocol} */
    struct bw_value volume_mounts;    /* list of {name, mountPath, readOnly, mountPropagation} */
    struct bw_value limits, requests; /* maps: cpu, memory */
    struct bw_value liveness_probe, readiness_probe;
    /* spec.containers[0].securityContext */
    struct bw_value privileged, allow_privilege_escalation, read_only_root_filesystem;
    struct bw_value run_as_user, run_as_group, run_as_non_root;
    struct bw_value capabilities_add, capabilities_drop; /* lists of names without "CAP_" */
    struct bw_value seccomp_profile;                     /* map: type, localhostProfile */
    struct bw_value apparmor_profile;
    struct bw_value selinux_options; /* map: type, user, role */
    struct bw_value proc_mount;
};

/* Fills every ABSENT field with an UNKNOWN of that class: what a form has no words for. */
void bw_pod_view_fill(struct bw_value_maker *make, struct bw_pod_view *view,
                      enum bw_unknown_class class, struct bw_str why);

/* The Pod: apiVersion, kind, metadata, spec with one container. */
struct bw_value bw_pod_view_value(struct bw_value_maker *make, const struct bw_pod_view *view,
                                  struct bw_str name);

/* Adds it to the reading as the view of object `of`. */
void bw_pod_view_add(struct bw_reading *reading, const struct bw_pod_view *view, uint32_t of);

#endif
