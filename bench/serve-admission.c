/*
 * serve-admission: the webhook's handlers behind the service, with nothing of a cluster around.
 *
 *     serve-admission ADDRESS CONFIGURATION CHAIN.pem KEY.pem LOG THREADS
 *
 * "" for CHAIN: no TLS; for LOG: none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "enforce/kubernetes-guard.h"

struct given {
    const char *configuration, *chain, *key;
    bool told;
};

static int load(void *ctx, struct bw_service_rules *rules, struct bw_err *err)
{
    const struct given *given = ctx;
    (void)err;
    bw_buf_str(&rules->configuration, bw_str(given->configuration));
    return 0;
}

static int certificate(void *ctx, struct bw_service_certificate *certificate, bool *ret_changed,
                       struct bw_err *err)
{
    struct given *given = ctx;
    *ret_changed = !given->told;
    if (given->told)
        return 0;
    given->told = true;
    int rc = bw_fd_slurp_path(given->chain, &certificate->chain_pem, err);
    return rc ? rc : bw_fd_slurp_path(given->key, &certificate->key_pem, err);
}

int main(int argc, char **argv)
{
    struct bw_err err = {0};
    if (argc != 7) {
        fputs("usage: serve-admission ADDRESS CONFIGURATION CHAIN.pem KEY.pem LOG THREADS\n",
              stderr);
        return 2;
    }
    struct given given = {argv[2], argv[3], argv[4], false};
    struct bw_service_options options = {
        .address = argv[1],
        .threads = (unsigned)atoi(argv[6]),
        .body_max = BW_KUBERNETES_GUARD_BODY_MAX,
        .memory_max = (size_t)256 << 20,
        .connections_max = BW_SERVICE_CONNECTIONS_MAX,
        .deadline_ms = BW_SERVICE_DEADLINE_MS,
        .drain_ms = 1000,
        .log = {.path = argv[5][0] ? argv[5] : NULL, .rotate_bytes = (uint64_t)64 << 20, .keep = 1},
        .ctx = &given,
        .load = load,
        .certificate = argv[3][0] ? certificate : NULL,
        .handle = bw_kubernetes_guard_handle,
        .undecided = bw_kubernetes_guard_undecided,
        .probes = true,
    };
    if (bw_service_run(&options, &err)) {
        fprintf(stderr, "serve-admission: %s\n", err.msg);
        return 1;
    }
    return 0;
}
