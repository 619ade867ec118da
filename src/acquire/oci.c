#include "acquire/local.h"

static int open_oci(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                    struct bw_err *err)
{
    return bw_local_open(acquire, argument, BW_ARCHIVE_OCI, ret_image, err);
}

const struct bw_source bw_source_oci = {
    .name = "oci",
    .aliases = "oci-dir oci-archive",
    .summary = "an OCI image layout: a directory, or a tar of one",
    .probe = bw_local_is_layout,
    .open = open_oci,
};
