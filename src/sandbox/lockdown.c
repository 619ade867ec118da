#include "sandbox/lockdown.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox/landlock.h"

#define NOBODY          65534u
#define DESCRIPTORS_MAX 1024u

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WITH_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif
#ifndef WITH_SANITIZER
#define WITH_SANITIZER 0
#endif

static int limit(int resource, rlim_t value, const char *name, struct bw_err *err)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now))
        return bw_err_errno(err, "getrlimit %s", name);
    if (now.rlim_max < value)
        value = now.rlim_max;
    struct rlimit want = {value, value};
    if (setrlimit((__rlimit_resource_t)resource, &want))
        return bw_err_errno(err, "setrlimit %s", name);
    return 0;
}

/* Bytes of address space mapped now: the first field of /proc/self/statm, in pages. */
static size_t address_space(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int set_limits(const struct bw_lockdown_options *options, struct bw_err *err)
{
    int rc = limit(RLIMIT_CORE, 0, "core", err);
    if (rc == 0)
        rc = limit(RLIMIT_FSIZE, 0, "fsize", err);
    if (rc == 0)
        rc = limit(RLIMIT_NOFILE, DESCRIPTORS_MAX, "nofile", err);
    /* A sanitizer maps terabytes of shadow memory. */
    if (rc == 0 && options->memory_max && !WITH_SANITIZER)
        rc = limit(RLIMIT_AS, address_space() + options->memory_max, "as", err);
    return rc;
}

static int drop_user(struct bw_err *err)
{
    if (geteuid() != 0)
        return 0;
    if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
        setresuid(NOBODY, NOBODY, NOBODY))
        return bw_err_errno(err, "cannot become an unprivileged user");
    return 0;
}

static int restrict_files(bool *ret_landlock, struct bw_err *err)
{
    uint64_t rights = bw_landlock_rights();
    *ret_landlock = rights != 0;
    return rights ? bw_landlock_restrict(rights, NULL, 0, err) : 0;
}

/* What parsing needs: descriptors it holds, memory that is not executable, threads, time. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo), /* the C library's qsort asks how much memory there is */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Libraries that look for a file (a locale, a time zone) are told no instead of being ended. */
static const int refused[] = {
    SCMP_SYS(open),     SCMP_SYS(openat), SCMP_SYS(openat2),    SCMP_SYS(stat),
    SCMP_SYS(lstat),    SCMP_SYS(access), SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(readlink), SCMP_SYS(ioctl),  SCMP_SYS(faccessat2), SCMP_SYS(readlinkat),
    SCMP_SYS(fcntl),    SCMP_SYS(prctl),
};

static int add_argument_rules(scmp_filter_ctx filter)
{
    /* Memory that can be written is never executable. */
    int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* Threads, no processes. clone3 passes its flags in memory, out of a filter's sight: with
     * ENOSYS the C library falls back to clone. */
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    /* abort() signals itself. */
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    /* A sanitizer's report reads /proc and asks for terminals; it forks no program. */
    if (rc == 0 && WITH_SANITIZER)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(pipe2), 0);
    return rc;
}

static int add_rules(scmp_filter_ctx filter)
{
    int rc = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(allowed) && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < BW_ARRAY_LEN(refused) && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    return rc ? rc : add_argument_rules(filter);
}

static int filter_calls(struct bw_err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the seccomp filter");
    int rc = add_rules(filter);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    if (rc == 0)
        return 0;
    errno = -rc;
    return bw_err_errno(err, "cannot load the seccomp filter");
}

int bw_lockdown(const struct bw_lockdown_options *options, bool *ret_landlock, struct bw_err *err)
{
    int rc = set_limits(options, err);
    if (rc == 0)
        rc = drop_user(err);
    if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        rc = bw_err_errno(err, "cannot set no_new_privs");
    /* After the change of user, which resets it. */
    if (rc == 0 && prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0))
        rc = bw_err_errno(err, "cannot tie the worker to its parent");
    if (rc == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        rc = bw_err_errno(err, "cannot close the worker to tracing");
    if (rc == 0)
        rc = restrict_files(ret_landlock, err);
    return rc ? rc : filter_calls(err);
}
