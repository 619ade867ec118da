/*
 * kubeconfig.h: how an API server of Kubernetes is reached: the file of kubectl
 * (kubectl.config.k8s.io, "Config" of v1), or what a pod is given.
 *
 * A kubeconfig is the person's own file and is believed. What it can say and this program does not
 * do (exec and auth-provider plugins, passwords, impersonation, proxies, another server name for
 * TLS) is an error that names it: half of a configuration would reach another server, or as another
 * user.
 */
#ifndef BW_ACQUIRE_KUBECONFIG_H
#define BW_ACQUIRE_KUBECONFIG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Bytes of a kubeconfig. */
#define BW_KUBECONFIG_MAX ((size_t)1 << 20)

/* Where the kubelet puts what a pod's service account needs. */
#define BW_KUBERNETES_ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

/* Strings end in a NUL; p is NULL for what is not there. A file is named, not read: it may be
 * replaced while the program runs. */
struct bw_kubeconfig {
    struct bw_str server; /* "https://10.0.0.1:6443/base", without a last slash */
    struct bw_str ca_pem, ca_file;
    struct bw_str cert_pem, cert_file;
    struct bw_str key_pem, key_file;
    struct bw_str token, token_file;
    bool insecure;
};

/* Reads a kubeconfig. `directory` is that of the file: relative paths are seen from there.
 * `context` NULL: current-context. Everything lives in the arena. BW_EFORMAT: no such file, or a
 * context, cluster or user that it speaks of and has not; BW_EUNSUPPORTED as above; BW_ENOMEM. */
int bw_kubeconfig_read(struct bw_str text, const char *directory, const char *context,
                       struct bw_arena *arena, struct bw_kubeconfig *ret_config,
                       struct bw_err *err) BW_MUST_USE;

/* Of a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT of the environment, token and
 * authorities of BW_KUBERNETES_ACCOUNT_DIR. BW_ENOENT where this is no pod. */
int bw_kubeconfig_of_pod(struct bw_arena *arena, struct bw_kubeconfig *ret_config,
                         struct bw_err *err) BW_MUST_USE;

#endif
