#include <stdlib.h>

#include "enforce/service-parts.h"

static void epoch_free(struct bw_service_epoch *epoch)
{
    bw_gate_rules_unref(epoch->rules);
    bw_channel_unmap(epoch->configuration);
    bw_channel_unmap(epoch->set);
    free(epoch);
}

int bw_service_epoch_open(int configuration_fd, int set_fd, struct bw_service_epoch **ret_epoch,
                          struct bw_err *err)
{
    struct bw_service_epoch *epoch = calloc(1, sizeof *epoch);
    if (!epoch)
        return bw_err_set(err, BW_ENOMEM, "out of memory for rules");
    atomic_init(&epoch->refs, 1);
    int rc = bw_channel_map(configuration_fd, &epoch->configuration, err);
    if (rc == 0 && set_fd >= 0)
        rc = bw_channel_map(set_fd, &epoch->set, err);
    if (rc == 0)
        rc = bw_gate_rules_open(epoch->configuration, &epoch->set, epoch->set.n ? 1 : 0,
                                &epoch->rules, err);
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
