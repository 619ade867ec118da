#include "acquire/local.h"

static int open_docker_archive(struct bw_acquire *acquire, const char *argument,
                               struct bw_image *ret_image, struct bw_err *err)
{
    return bw_local_open(acquire, argument, BW_ARCHIVE_DOCKER, ret_image, err);
}

/* Without the prefix the source "archive" takes such files, as only their content tells them. */
const struct bw_source bw_source_docker_archive = {
    .name = "docker-archive",
    .summary = "a tar that `docker save` or `podman save` wrote",
    .open = open_docker_archive,
};
