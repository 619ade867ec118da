#include "sandbox/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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

static int set_limits(size_t memory_max, rlim_t file_max, rlim_t descriptors_max,
                      struct bw_err *err)
{
    int rc = limit(RLIMIT_CORE, 0, "core", err);
    if (rc == 0)
        rc = limit(RLIMIT_FSIZE, file_max, "fsize", err);
    if (rc == 0)
        rc = limit(RLIMIT_NOFILE, descriptors_max, "nofile", err);
    /* A sanitizer maps terabytes of shadow memory. */
    if (rc == 0 && memory_max && !WITH_SANITIZER)
        rc = limit(RLIMIT_AS, address_space() + memory_max, "as", err);
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

/* What serving needs besides: connections that others open, and waiting for them. */
static const int allowed_server[] = {
    SCMP_SYS(accept4),     SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2),      SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername),   SCMP_SYS(shutdown),   SCMP_SYS(getuid),
    SCMP_SYS(geteuid),     SCMP_SYS(getgid),        SCMP_SYS(getegid),
};

/* What a log needs besides. Where is Landlock's and chroot's business. */
static const int allowed_log[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(stat),     SCMP_SYS(lstat),
    SCMP_SYS(statx),     SCMP_SYS(newfstatat), SCMP_SYS(rename),   SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(unlink),     SCMP_SYS(unlinkat), SCMP_SYS(ftruncate),
    SCMP_SYS(fsync),     SCMP_SYS(fdatasync),  SCMP_SYS(flock),    SCMP_SYS(pwrite64),
};

/* Which parts of the filter a process gets. */
enum {
    FILTER_SERVER = 1,
    FILTER_LOG = 2,
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

/* Flags of a descriptor, no owner: a signal could be sent with one. */
static int add_fcntl_rules(scmp_filter_ctx filter)
{
    static const int commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC};
    int rc = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(commands) && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                              SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i], 0));
    return rc;
}

static bool among(const int *calls, size_t n, int call)
{
    for (size_t i = 0; i < n; i++)
        if (calls[i] == call)
            return true;
    return false;
}

static int allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return rc;
}

static int add_rules(scmp_filter_ctx filter, unsigned parts)
{
    int rc = allow(filter, allowed, BW_ARRAY_LEN(allowed));
    if (rc == 0 && (parts & FILTER_SERVER))
        rc = allow(filter, allowed_server, BW_ARRAY_LEN(allowed_server));
    if (rc == 0 && (parts & FILTER_LOG))
        rc = allow(filter, allowed_log, BW_ARRAY_LEN(allowed_log));
    if (rc == 0 && (parts & FILTER_SERVER))
        rc = add_fcntl_rules(filter);
    for (size_t i = 0; i < BW_ARRAY_LEN(refused) && rc == 0; i++) {
        if (((parts & FILTER_LOG) && among(allowed_log, BW_ARRAY_LEN(allowed_log), refused[i])) ||
            ((parts & FILTER_SERVER) && refused[i] == SCMP_SYS(fcntl)))
            continue;
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    }
    return rc ? rc : add_argument_rules(filter);
}

static int filter_calls(unsigned parts, struct bw_err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the seccomp filter");
    int rc = add_rules(filter, parts);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    if (rc == 0)
        return 0;
    errno = -rc;
    return bw_err_errno(err, "cannot load the seccomp filter");
}

/* After the change of user, which resets the signal. */
static int close_process(struct bw_err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return bw_err_errno(err, "cannot set no_new_privs");
    if (prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0))
        return bw_err_errno(err, "cannot tie the worker to its parent");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return bw_err_errno(err, "cannot close the worker to tracing");
    return 0;
}

int bw_lockdown(const struct bw_lockdown_options *options, bool *ret_landlock, struct bw_err *err)
{
    int rc = set_limits(options->memory_max, 0, DESCRIPTORS_MAX, err);
    if (rc == 0)
        rc = drop_user(err);
    if (rc == 0)
        rc = close_process(err);
    if (rc == 0)
        rc = restrict_files(ret_landlock, err);
    return rc ? rc : filter_calls(0, err);
}

/* --- servers --- */

/* User 0 stays, and is nobody special: what is left of it is that root's files are its own, of
 * which there are those of the directory alone. */
static int stay_without_capabilities(const char *directory, struct bw_err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (setgroups(0, NULL) || chroot(directory) || chdir("/"))
        return bw_err_errno(err, "cannot make %s all there is", directory);
    if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
        syscall(SYS_capset, &header, none))
        return bw_err_errno(err, "cannot give up the capabilities");
    return 0;
}

static int restrict_to(const char *directory, bool *ret_landlock, struct bw_err *err)
{
    uint64_t rights = bw_landlock_rights();
    uint64_t granted = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                       LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                       LANDLOCK_ACCESS_FS_REMOVE_FILE | BW_LANDLOCK_TRUNCATE;
    *ret_landlock = rights != 0;
    return rights ? bw_landlock_restrict(rights, directory, granted & rights, err) : 0;
}

int bw_lockdown_server(const struct bw_lockdown_server_options *options, bool *ret_rooted,
                       bool *ret_landlock, struct bw_err *err)
{
    const char *directory = options->directory;
    bool rooted = directory && geteuid() == 0;
    /* Files may grow: the log, and what standard error goes to. */
    int rc = set_limits(options->memory_max, RLIM_INFINITY, options->descriptors_max, err);
    if (rc == 0)
        rc = rooted ? stay_without_capabilities(directory, err) : drop_user(err);
    if (rc == 0)
        rc = close_process(err);
    if (rc == 0)
        rc = directory ? restrict_to(rooted ? "/" : directory, ret_landlock, err)
                       : restrict_files(ret_landlock, err);
    *ret_rooted = rooted;
    return rc ? rc : filter_calls(FILTER_SERVER | (directory ? FILTER_LOG : 0), err);
}
