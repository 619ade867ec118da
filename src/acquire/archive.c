#include "acquire/local.h"

static int open_archive(struct bw_acquire *acquire, const char *argument,
                        struct bw_image *ret_image, struct bw_err *err)
{
    return bw_local_open(acquire, argument, BW_ARCHIVE_ANY, ret_image, err);
}

static bool probe_archive(const char *argument)
{
    return bw_local_exists(argument, false);
}

const struct bw_source bw_source_archive = {
    .name = "archive",
    .summary = "a tar of any of these, compressed or not; - is standard input",
    .probe = probe_archive,
    .open = open_archive,
};
