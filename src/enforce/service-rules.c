#include <stdlib.h>

#include "enforce/service-parts.h"

static void epoch_free(struct bw_service_epoch *epoch)
{
    bw_gate_rules_unref(epoch->rules);
    bw_channel_unmap(epoch->configuration);
    for (size_t i = 0; i < BW_SERVICE_SETS; i++)
        bw_channel_unmap(epoch->sets[i]);
    free(epoch);
}

int bw_service_epoch_open(int configuration_fd, const int set_fds[BW_SERVICE_SETS],
                          struct bw_service_epoch **ret_epoch, struct bw_err *err)
{
    size_t sets = 0;
    struct bw_service_epoch *epoch = calloc(1, sizeof *epoch);
    if (!epoch)
        return bw_err_set(err, BW_ENOMEM, "out of memory for rules");
    atomic_init(&epoch->refs, 1);
    int rc = bw_channel_map(configuration_fd, &epoch->configuration, err);
    for (size_t i = 0; rc == 0 && i < BW_SERVICE_SETS; i++) {
        if (set_fds[i] < 0)
            continue;
        rc = bw_channel_map(set_fds[i], &epoch->sets[sets], err);
        sets += rc == 0 && epoch->sets[sets].n;
    }
    if (rc == 0)
        rc = bw_gate_rules_open(epoch->configuration, epoch->sets, sets, &epoch->rules, err);
    if (rc) {
        epoch_free(epoch);
        return rc;
    }
    *ret_epoch = epoch;
    return 0;
}

struct bw_service_epoch *bw_service_epoch_ref(struct bw_service_epoch *epoch)
{
    atomic_fetch_add(&epoch->refs, 1);
    return epoch;
}

void bw_service_epoch_unref(struct bw_service_epoch *epoch)
{
    if (epoch && atomic_fetch_sub(&epoch->refs, 1) == 1)
        epoch_free(epoch);
}
