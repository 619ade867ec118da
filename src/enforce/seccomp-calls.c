#include <errno.h>

#include "enforce/seccomp-profile.h"

/* linux/sched.h; CLONE_NEWTIME is not among the flags of clone. */
#define NEWNS      0x00020000u
#define NEWCGROUP  0x02000000u
#define NEWUTS     0x04000000u
#define NEWIPC     0x08000000u
#define NEWUSER    0x10000000u
#define NEWPID     0x20000000u
#define NEWNET     0x40000000u
#define NAMESPACES (NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET)

/* File scope: the array lives as long as the program. */
#define VALUES(...)                                                                                \
    .values = (const uint64_t[]){__VA_ARGS__},                                                     \
    .values_n = sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)
#define EACH_NAMESPACE VALUES(NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET)

/* On s390 the flags of clone are its second argument. */
#define CLONE_ELSEWHERE "s390x s390"

/* A group that everybody has. */
#define FOR(purpose_, names_)                                                                      \
    {                                                                                              \
        .purpose = (purpose_), .names = (names_)                                                   \
    }
/* One that comes with a capability. */
#define WITH(capabilities_, purpose_, names_)                                                      \
    {                                                                                              \
        .purpose = (purpose_), .names = (names_), .with = (capabilities_), .otherwise = EPERM      \
    }
/* One that nobody has. */
#define NEVER(purpose_, names_)                                                                    \
    {                                                                                              \
        .purpose = (purpose_), .names = (names_), .answer = EPERM                                  \
    }
#define ABSENT(purpose_, names_)                                                                   \
    {                                                                                              \
        .purpose = (purpose_), .names = (names_), .answer = BW_SECCOMP_ABSENT                      \
    }

const struct bw_seccomp_group bw_seccomp_groups[] = {
    /* --- files --- */
    FOR("open and close files", "open openat openat2 creat close close_range"),
    FOR("read and write",
        "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek"),
    FOR("move bytes within the kernel",
        "copy_file_range sendfile sendfile64 splice tee vmsplice readahead fadvise64 fadvise64_64 "
        "arm_fadvise64_64"),
    FOR("change a file's size", "fallocate ftruncate ftruncate64 truncate truncate64"),
    FOR("bring what was written to the disk",
        "fdatasync fsync sync syncfs sync_file_range sync_file_range2 arm_sync_file_range"),
    FOR("look at files",
        "access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 "
        "statx readlink readlinkat getdents getdents64 getcwd name_to_handle_at cachestat"),
    FOR("look at file systems", "statfs statfs64 fstatfs fstatfs64 statmount listmount"),
    FOR("make, name and remove files; devices need CAP_MKNOD besides",
        "mkdir mkdirat rmdir mknod mknodat link linkat symlink symlinkat unlink unlinkat rename "
        "renameat renameat2 chdir fchdir umask"),
    FOR("owners, modes and times of files",
        "chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown lchown32 "
        "utime utimes futimesat utimensat utimensat_time64"),
    FOR("extended attributes of files",
        "getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat "
        "setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr "
        "removexattrat"),
    FOR("descriptors, pipes and locks",
        "dup dup2 dup3 fcntl fcntl64 flock ioctl pipe pipe2 memfd_create"),
    FOR("wait until something happens",
        "poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create "
        "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd "
        "signalfd4 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch"),
    FOR("asynchronous reads and writes of the older kind",
        "io_setup io_submit io_getevents io_pgetevents io_pgetevents_time64 io_cancel io_destroy"),

    /* --- a process and its memory --- */
    FOR("memory",
        "brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock "
        "munlockall remap_file_pages pkey_alloc pkey_free pkey_mprotect mseal membarrier"),
    FOR("start programs and wait for them",
        "execve execveat exit exit_group fork vfork wait4 waitid waitpid"),
    FOR("who a process is and where it belongs",
        "getpid getppid gettid getpgid getpgrp getsid setpgid setsid set_tid_address prctl capget "
        "capset pidfd_open"),
    FOR("users and groups; only CAP_SETUID and CAP_SETGID make another of oneself",
        "getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid "
        "getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 "
        "setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 "
        "setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32"),
    FOR("limits, shares and what was used of them",
        "getrlimit ugetrlimit setrlimit prlimit64 getrusage times sysinfo getpriority setpriority "
        "ioprio_get ioprio_set sched_getaffinity sched_setaffinity sched_getattr sched_setattr "
        "sched_getparam sched_setparam sched_getscheduler sched_setscheduler "
        "sched_get_priority_max sched_get_priority_min sched_rr_get_interval "
        "sched_rr_get_interval_time64 sched_yield getcpu"),
    FOR("signals",
        "kill tkill tgkill pidfd_send_signal process_mrelease rt_sigaction rt_sigpending "
        "rt_sigprocmask rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend "
        "rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack sigprocmask sigreturn pause "
        "restart_syscall"),
    FOR("locks between threads",
        "futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue get_robust_list "
        "set_robust_list rseq"),
    FOR("the time; setting it needs CAP_SYS_TIME",
        "time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 "
        "adjtimex clock_adjtime clock_adjtime64"),
    FOR("sleep and timers",
        "nanosleep clock_nanosleep clock_nanosleep_time64 alarm getitimer setitimer timer_create "
        "timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
        "timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
        "timerfd_settime64"),
    FOR("the name of the system, and random numbers", "uname getrandom"),
    FOR("debug processes of one's own: sanitizers, crash reporters and debuggers do; since Linux "
        "4.8 a tracer cannot undo this filter",
        "ptrace process_vm_readv process_vm_writev"),
    FOR("confine oneself further",
        "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"),

    /* --- between processes --- */
    FOR("sockets that are open; i386 packs all of its calls into socketcall",
        "socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt "
        "setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64 "
        "socketcall"),
    {.purpose = "sockets: unix, IPv4, IPv6 and netlink",
     .names = "socket",
     .test = BW_SECCOMP_IS,
     VALUES(1, 2, 10, 16)},
    {.purpose = "raw access to a network: packet, CAN, Bluetooth and XDP sockets",
     .names = "socket",
     .with = "CAP_NET_RAW",
     .otherwise = EAFNOSUPPORT,
     .test = BW_SECCOMP_IS,
     VALUES(17, 29, 31, 44)},
    {.purpose = "other families of sockets, AF_ALG (writes to the page cache) and AF_VSOCK (the "
                "hypervisor's host) among them",
     .names = "socket",
     .answer = EAFNOSUPPORT,
     .test = BW_SECCOMP_IS,
     VALUES(0, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
            30, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43)},
    {.purpose = "later families",
     .names = "socket",
     .answer = EAFNOSUPPORT,
     .test = BW_SECCOMP_OVER,
     VALUES(44)},
    FOR("shared memory, semaphores and message queues; they are of the container's IPC namespace",
        "ipc shmget shmat shmdt shmctl semget semop semctl semtimedop semtimedop_time64 msgget "
        "msgsnd msgrcv msgctl mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend "
        "mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64"),

    /* --- architectures --- */
    FOR("x86: thread areas, shadow stacks, and what the kernel makes a traced program call",
        "arch_prctl set_thread_area get_thread_area map_shadow_stack uprobe uretprobe"),
    FOR("x86: segments, for programs of 16 bits", "modify_ldt"),
    FOR("arm: thread areas and caches", "breakpoint cacheflush set_tls get_tls"),
    FOR("ppc64le: contexts", "swapcontext"),
    FOR("riscv64: caches, and what the processor can", "riscv_flush_icache riscv_hwprobe"),
    FOR("s390x: devices on PCI, and run-time instrumentation",
        "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"),
    {.purpose = "personalities that only change what uname says: Linux, 32 bits, version 2.6; and "
                "the question",
     .names = "personality",
     .test = BW_SECCOMP_IS,
     VALUES(0, 0x8, 0x20000, 0x20008, 0xffffffff)},

    /* --- namespaces --- */
    {.purpose = "threads and processes in the namespaces of their parent",
     .names = "clone",
     .without = "CAP_SYS_ADMIN",
     .not_arches = CLONE_ELSEWHERE,
     .test = BW_SECCOMP_LACKS,
     VALUES(NAMESPACES)},
    {.purpose = "a namespace of users makes root of anybody, and opens most of the kernel to them",
     .names = "clone",
     .answer = EPERM,
     .without = "CAP_SYS_ADMIN",
     .not_arches = CLONE_ELSEWHERE,
     .test = BW_SECCOMP_HAS,
     EACH_NAMESPACE},
    {.purpose = "threads and processes in the namespaces of their parent",
     .names = "clone",
     .without = "CAP_SYS_ADMIN",
     .arches = CLONE_ELSEWHERE,
     .test = BW_SECCOMP_LACKS,
     .argument = 1,
     VALUES(NAMESPACES)},
    {.purpose = "a namespace of users makes root of anybody, and opens most of the kernel to them",
     .names = "clone",
     .answer = EPERM,
     .without = "CAP_SYS_ADMIN",
     .arches = CLONE_ELSEWHERE,
     .test = BW_SECCOMP_HAS,
     .argument = 1,
     EACH_NAMESPACE},
    {.purpose = "new namespaces",
     .names = "clone",
     .with = "CAP_SYS_ADMIN",
     .otherwise = BW_SECCOMP_ABSENT},
    {.purpose = "its flags are in memory, where a filter cannot see them; C libraries fall back to "
                "clone",
     .names = "clone3",
     .with = "CAP_SYS_ADMIN",
     .otherwise = ENOSYS},
    WITH("CAP_SYS_ADMIN", "enter and make namespaces", "setns unshare"),

    /* --- what comes with a capability --- */
    WITH("CAP_SYS_ADMIN", "mount, and undo mounts that hide or protect something",
         "mount umount umount2 move_mount mount_setattr open_tree open_tree_attr fsopen fsconfig "
         "fsmount fspick"),
    WITH("CAP_SYS_ADMIN", "watch and hold up what others do with files",
         "fanotify_init fanotify_mark"),
    WITH("CAP_SYS_ADMIN", "quotas of file systems", "quotactl quotactl_fd"),
    WITH("CAP_SYS_ADMIN", "the system's names", "sethostname setdomainname"),
    {.purpose = "labels of security modules; libraries fall back to /proc/self/attr",
     .names = "lsm_get_self_attr lsm_set_self_attr lsm_list_modules",
     .with = "CAP_SYS_ADMIN",
     .otherwise = ENOSYS},
    WITH("CAP_DAC_READ_SEARCH",
         "open a file by its inode, past every mount: the way out of a "
         "container that was first to be known",
         "open_by_handle_at"),
    WITH("CAP_SYS_CHROOT", "another root directory", "chroot"),
    WITH("CAP_SYS_PTRACE", "descriptors and memory of other processes",
         "kcmp pidfd_getfd process_madvise"),
    WITH("CAP_BPF CAP_SYS_ADMIN", "programs in the kernel", "bpf"),
    WITH("CAP_PERFMON CAP_SYS_ADMIN", "watch the processor, and through it others",
         "perf_event_open"),
    WITH("CAP_SYSLOG CAP_SYS_ADMIN", "the kernel's messages, with addresses in them", "syslog"),
    WITH("CAP_SYS_NICE", "which memory of a machine with several nodes",
         "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
    WITH("CAP_SYS_TIME", "set the clock of the whole machine",
         "settimeofday stime clock_settime clock_settime64"),
    WITH("CAP_SYS_MODULE", "modules of the kernel", "init_module finit_module delete_module"),
    WITH("CAP_SYS_BOOT", "reboot", "reboot"),
    WITH("CAP_SYS_PACCT", "accounting of all processes", "acct"),
    WITH("CAP_SYS_RAWIO", "ports of devices", "ioperm iopl"),
    WITH("CAP_SYS_TTY_CONFIG", "hang up a terminal", "vhangup"),

    /* --- never --- */
    NEVER("a second way to the kernel, whose requests no filter and few sensors see",
          "io_uring_setup io_uring_enter io_uring_register"),
    NEVER("stop the kernel in the middle of a copy: it makes races easy to win", "userfaultfd"),
    NEVER("keyrings are the machine's, not the container's", "add_key request_key keyctl"),
    NEVER("another kernel", "kexec_load kexec_file_load"),
    NEVER("swap", "swapon swapoff"),
    NEVER("another root file system: runtimes do that before this filter stands", "pivot_root"),
    NEVER("move memory of other processes", "move_pages migrate_pages"),
    NEVER("processors of 1985", "vm86 vm86old"),
    NEVER("power: co-processors, firmware, pages and byte order",
          "spu_create spu_run rtas subpage_prot switch_endian sys_debug_setcontext "
          "pciconfig_iobase pciconfig_read pciconfig_write"),
    NEVER("s390x: the hypervisor, guarded storage", "s390_sthyi s390_guarded_storage"),
    ABSENT("memory that not even the kernel reads: nothing needs it, and it cannot be examined",
           "memfd_secret"),
    ABSENT("too new to be needed: the C library has another way",
           "file_getattr file_setattr listns rseq_slice_yield"),
    ABSENT("replaced on every architecture since decades",
           "sigaction signal sigpending sigsuspend sgetmask ssetmask oldstat oldfstat oldlstat "
           "olduname oldolduname readdir nice uselib ustat sysfs _sysctl bdflush epoll_ctl_old "
           "epoll_wait_old lookup_dcookie usr26 usr32 multiplexer"),
    ABSENT("no longer in the kernel, or never",
           "afs_syscall break create_module ftime get_kernel_syms getpmsg gtty idle lock mpx "
           "nfsservctl prof profil putpmsg query_module security stty tuxcall ulimit vserver"),
};

const size_t bw_seccomp_groups_n = BW_ARRAY_LEN(bw_seccomp_groups);
