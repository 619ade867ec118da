#include "sandbox/confine.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "sandbox/landlock.h"

/* The leak sanitizer traces its own process. */
#if defined(__SANITIZE_ADDRESS__)
#define WITH_LEAK_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_LEAK_SANITIZER 1
#endif
#endif

static const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

static const int denied[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
#ifndef WITH_LEAK_SANITIZER
    SCMP_SYS(ptrace),
#endif
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(kill),
};

static int deny_calls(struct bw_err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the seccomp filter");
    int rc = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(denied) && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    if (rc == 0)
        return 0;
    errno = -rc;
    return bw_err_errno(err, "cannot load the seccomp filter");
}

int bw_confine(const char *directory, bool *ret_landlock, struct bw_err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return bw_err_errno(err, "cannot set no_new_privs");
    uint64_t rights = bw_landlock_rights();
    *ret_landlock = rights != 0;
    int rc = rights ? bw_landlock_restrict(rights & ~reading, directory,
                                           rights & ~reading & ~LANDLOCK_ACCESS_FS_EXECUTE, err)
                    : 0;
    return rc ? rc : deny_calls(err);
}
