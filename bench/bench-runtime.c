/*
 * bench-runtime: what the runtime wrapper adds to a call of an engine.
 *
 *     bench-runtime BULWARK-RUNTIME FAKE-RUNTIME
 *
 * Runs the fake runtime by itself and behind the wrapper, in turns, and prints lines WHAT, VALUE,
 * UNIT, TARGET, separated by tabs: the differences of the medians and of the 90th percentiles. The
 * bundle of `create` is as Docker writes it, in a file system in memory, as /run is, and is written
 * anew before each run, so that the wrapper has something to mend.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/seccomp-profile.h"

#define ROUNDS 400

extern char **environ;

static const char head[] =
    "{\"ociVersion\":\"1.0.2-dev\",\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"/bin/"
    "shop\",\"serve\"],\"env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/"
    "bin\",\"HOSTNAME=4f1c\"],\"cwd\":\"/\",\"capabilities\":{";
static const char capabilities[] =
    "[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_"
    "RAW\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\","
    "\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP_AUDIT_WRITE\"]";
static const char middle[] =
    "},\"oomScoreAdj\":0},\"root\":{\"path\":\"rootfs\"},"
    "\"hostname\":\"4f1c\",\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":"
    "\"proc\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},{\"destination\":\"/dev\",\"type\":"
    "\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size="
    "65536k\"]},{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\","
    "\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]}"
    ",{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\","
    "\"noexec\",\"nodev\",\"ro\"]},{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\","
    "\"source\":\"cgroup\",\"options\":[\"ro\",\"nosuid\",\"noexec\",\"nodev\"]},{\"destination\":"
    "\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":[\"nosuid\",\"noexec\","
    "\"nodev\"]},{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":["
    "\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=67108864\"]}],\"linux\":{\"resources\":{"
    "\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,"
    "\"minor\":5,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,"
    "\"access\":\"rwm\"}],\"memory\":{\"disableOOMKiller\":false},\"cpu\":{\"shares\":0},"
    "\"blockIO\""
    ":{\"weight\":0}},\"cgroupsPath\":\"/docker/4f1c\",\"namespaces\":[{\"type\":\"mount\"},{"
    "\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":\"pid\"},{\"type\":\"ipc\"}],"
    "\"maskedPaths\":[\"/proc/asound\",\"/proc/acpi\",\"/proc/kcore\",\"/proc/keys\",\"/proc/"
    "latency_stats\",\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/proc/"
    "scsi\",\"/sys/firmware\"],\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/"
    "sys\",\"/proc/sysrq-trigger\"],\"seccomp\":";

static void die(const char *what);

static void write_text(const char *path, const char *text)
{
    struct bw_err err;
    if (bw_fd_replace_file(path, text, strlen(text), 0644, &err))
        die(err.msg);
}

/* What exec reads: the state that runc keeps, and the process. */
static void write_container(const char *dir, char container[128], char kept[160], char process[128])
{
    char text[256];
    snprintf(container, 128, "%s/x", dir);
    snprintf(kept, 160, "%s/state.json", container);
    snprintf(process, 128, "%s/process.json", dir);
    if (mkdir(container, 0755) != 0)
        die(container);
    snprintf(text, sizeof text, "{\"config\":{\"labels\":[\"bundle=%s\"]}}", dir);
    write_text(kept, text);
    write_text(process, "{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"sh\"],\"cwd\":\"/\","
                        "\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"]}}");
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void write_bundle(const char *path)
{
    static struct bw_buf spec = {.max = (size_t)1 << 20};
    struct bw_seccomp_container container = {0};
    struct bw_err err;
    if (!spec.n) {
        static const char *const sets[] = {"bounding", "effective", "permitted"};
        bw_buf_str(&spec, bw_str(head));
        for (size_t i = 0; i < BW_ARRAY_LEN(sets); i++)
            bw_buf_printf(&spec, "%s\"%s\":%s", i ? "," : "", sets[i], capabilities);
        bw_buf_str(&spec, bw_str(middle));
        if (bw_seccomp_profile_oci(&container, &spec, &err))
            die(err.msg);
        bw_buf_str(&spec, BW_STR("}}"));
    }
    if (bw_fd_replace_file(path, spec.p, spec.n, 0644, &err))
        die(err.msg);
}

/* Milliseconds that passed, and of the processor's time, which others at work do not lengthen. */
struct took {
    double wall, cpu;
};

static struct took run(const char *const *argv)
{
    struct rusage used;
    struct timespec from, to;
    pid_t pid;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
        die(argv[0]);
    if (wait4(pid, &status, 0, &used) < 0 || status != 0)
        die("a run failed");
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (struct took){
        (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6,
        (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
            (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3,
    };
}

/* Column by column, in ascending order. */
struct times {
    double wall[ROUNDS], cpu[ROUNDS];
};

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void keep(struct times *times, size_t i, struct took took)
{
    times->wall[i] = took.wall;
    times->cpu[i] = took.cpu;
}

static double added(const double *with, const double *without, size_t percent)
{
    return with[ROUNDS * percent / 100] - without[ROUNDS * percent / 100];
}

static void report(const char *verb, struct times *with, struct times *without, const char *target)
{
    struct times *const both[] = {with, without};
    for (size_t i = 0; i < BW_ARRAY_LEN(both); i++) {
        qsort(both[i]->wall, ROUNDS, sizeof(double), order);
        qsort(both[i]->cpu, ROUNDS, sizeof(double), order);
    }
    printf("%s: added, p50\t%.2f\tms\t%s\n", verb, added(with->wall, without->wall, 50), target);
    printf("%s: added, p90\t%.2f\tms\t\n", verb, added(with->wall, without->wall, 90));
    printf("%s: added processor time, p50\t%.2f\tms\t\n", verb, added(with->cpu, without->cpu, 50));
}

static void bench(const char *verb, const char *const *wrapped, const char *const *bare,
                  const char *config, const char *target)
{
    static struct times with, without;
    for (size_t i = 0; i < ROUNDS; i++) {
        write_bundle(config);
        keep(&without, i, run(bare));
        keep(&with, i, run(wrapped));
    }
    report(verb, &with, &without, target);
}

int main(int argc, char **argv)
{
    char dir[] = "/dev/shm/bulwark-bench.XXXXXX", config[128], own[128], root[128], text[4400];
    char container[128], kept[160], process[128];
    struct bw_err err;
    if (argc != 3)
        return 2;
    char *wrapper = argv[1], *fake = realpath(argv[2], NULL);
    if (!fake || !mkdtemp(dir))
        die(argv[2]);
    snprintf(config, sizeof config, "%s/config.json", dir);
    snprintf(own, sizeof own, "%s/runtime.json", dir);
    snprintf(root, sizeof root, "%s/rootfs", dir);
    snprintf(text, sizeof text, "{\"runtime\":\"%s\"}", fake);
    if (mkdir(root, 0755) != 0 || bw_fd_replace_file(own, text, strlen(text), 0644, &err))
        die(root);
    write_container(dir, container, kept, process);
    const char *create[] = {wrapper,  "--bulwark-config", own, "--root", dir,
                            "create", "--bundle",         dir, "x",      NULL};
    const char *state[] = {wrapper, "--bulwark-config", own, "--root", dir, "state", "x", NULL};
    const char *exec[] = {wrapper, "--bulwark-config", own,     "--root", dir,
                          "exec",  "--process",        process, "x",      NULL};
    const char *bare[] = {fake, "--root", dir, "create", "--bundle", dir, "x", NULL};
    bench("create", create, bare, config, "<= 2");
    bench("state", state, bare, config, "<= 1");
    /* exec is judged, too: it reads the container's state and specification, and the process. */
    bench("exec", exec, bare, config, "");
    unlink(config);
    unlink(own);
    unlink(process);
    unlink(kept);
    rmdir(container);
    rmdir(root);
    rmdir(dir);
    free(fake);
    return 0;
}
