#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

uint64_t bw_landlock_rights(void)
{
    /* How many rights each ABI has: 1 the first, 2 refer, 3 truncate, 4 none, 5 ioctl_dev. */
    static const unsigned char rights[] = {0, 13, 14, 15, 15, 16};
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return 0;
    size_t known = (size_t)abi < sizeof rights ? (size_t)abi : sizeof rights - 1;
    return (1ull << rights[known]) - 1;
}

static int grant(int ruleset, const char *directory, uint64_t granted, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return bw_err_errno(err, "cannot open %s", directory);
    struct landlock_path_beneath_attr rule = {.allowed_access = granted, .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
        return bw_err_errno(err, "cannot add a Landlock rule");
    return 0;
}

int bw_landlock_restrict(uint64_t handled, const char *directory, uint64_t granted,
                         struct bw_err *err)
{
    struct landlock_ruleset_attr attr = {.handled_access_fs = handled};
    /* Only the first member: kernels refuse a larger structure than theirs. */
    int fd BW_CLEANUP(bw_fd_closep) =
        (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
    if (fd < 0)
        return bw_err_errno(err, "cannot create a Landlock ruleset");
    int rc = directory ? grant(fd, directory, granted, err) : 0;
    if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0))
        rc = bw_err_errno(err, "cannot enforce a Landlock ruleset");
    return rc;
}
