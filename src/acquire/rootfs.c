#include "acquire/local.h"

static int open_rootfs(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                       struct bw_err *err)
{
    return bw_local_open(acquire, argument, BW_ARCHIVE_FILESYSTEM, ret_image, err);
}

const struct bw_source bw_source_rootfs = {
    .name = "rootfs",
    .summary = "a root filesystem: a directory, or a tar of one",
    .probe = bw_local_is_directory,
    .open = open_rootfs,
};
