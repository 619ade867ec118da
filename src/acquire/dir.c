#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "acquire/local.h"

/* What a root filesystem has and the source of a program has not. */
static const char *const marks[] = {
    "etc/os-release", "usr/lib/os-release",   "etc/passwd",         "var/lib/dpkg",
    "var/lib/rpm",    "usr/lib/sysimage/rpm", "lib/apk/db",         "usr/lib/apk/db",
    "bin/sh",         "usr/bin/env",          "etc/alpine-release",
};

static bool is_source_tree(const char *argument)
{
    char path[4096];
    if (!bw_local_is_directory(argument))
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(marks); i++)
        if ((size_t)snprintf(path, sizeof path, "%s/%s", argument, marks[i]) >= sizeof path ||
            faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return false;
    return true;
}

static int open_dir(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                    struct bw_err *err)
{
    int rc = bw_local_open(acquire, argument, BW_ARCHIVE_FILESYSTEM, ret_image, err);
    if (rc == 0) {
        ret_image->subject.kind = BW_SUBJECT_SOURCE;
        ret_image->subject.source = BW_STR("dir");
    }
    return rc;
}

const struct bw_source bw_source_dir = {
    .name = "dir",
    .aliases = "fs",
    .summary = "a source tree, or a tar of one: what its lock files name counts as well",
    .probe = is_source_tree,
    .open = open_dir,
};
