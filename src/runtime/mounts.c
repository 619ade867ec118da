#include "runtime/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/harden.h"

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

static bool is_bind(struct bw_value mount)
{
    struct bw_value options = get(mount, "options");
    if (bw_value_is(get(mount, "type"), "bind"))
        return true;
    for (uint32_t i = 0; options.kind == BW_VALUE_LIST && i < options.list->n; i++)
        if (bw_value_is(options.list->v[i], "bind") || bw_value_is(options.list->v[i], "rbind"))
            return true;
    return false;
}

/* Kernels before 5.6 have no openat2(2): there a magic link is told by where it leads. */
static int open_source(int bundle, const char *source)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, bundle, source, &how, sizeof how);
    return fd >= 0 || errno != ENOSYS ? fd : openat(bundle, source, O_PATH | O_CLOEXEC);
}

static bool is_same(int fd, const char *path)
{
    struct stat it, named;
    return fstat(fd, &it) == 0 && lstat(path, &named) == 0 && it.st_dev == named.st_dev &&
           it.st_ino == named.st_ino;
}

static int resolve(int bundle, const char *source, char path[PATH_MAX], struct bw_err *err)
{
    char link[64];
    int fd BW_CLEANUP(bw_fd_closep) = open_source(bundle, source);
    if (fd < 0)
        return bw_err_errno(err, "%s, which is to be mounted", source);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0)
        return bw_err_errno(err, "%s", link);
    path[n] = '\0';
    return path[0] == '/' && is_same(fd, path)
               ? 0
               : bw_err_set(err, BW_EACCESS, "%s, which is to be mounted, has no path", source);
}

/* Where engines keep their state; a link to another place is the administrator's. */
static const char *const states[] = {
    "/var/lib/docker",       "/var/lib/containerd",         "/run/containerd",
    "/var/lib/kubelet/pods", "/var/lib/containers/storage", "/run/containers/storage",
};

static void tell_from_state(char path[PATH_MAX])
{
    for (size_t i = 0; i < BW_ARRAY_LEN(states); i++) {
        char real[PATH_MAX], told[PATH_MAX];
        size_t n;
        if (!realpath(states[i], real) || strcmp(real, states[i]) == 0)
            continue;
        n = strlen(real);
        if (strncmp(path, real, n) == 0 && path[n] == '/' &&
            snprintf(told, sizeof told, "%s%s", states[i], path + n) < PATH_MAX) {
            memcpy(path, told, sizeof told);
            return;
        }
    }
}

/* Whether two paths are one but for slashes that mean nothing. */
static bool is_same_text(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    while (*a == '/')
        a++;
    return !*a && !*b;
}

/* Resolves one path and appends an operation at `at` where it leads to another one. */
static int put_real(struct bw_str written, const struct bw_bundle *bundle, const char *at,
                    struct bw_value_maker *make, struct bw_value *operations, struct bw_err *err)
{
    char path[PATH_MAX], whole[2 * PATH_MAX];
    if (written.n >= PATH_MAX || strlen(written.p) != written.n)
        return bw_err_set(err, BW_EFORMAT, "%s is no path", at);
    int rc = resolve(bundle->dir, written.p, path, err);
    if (rc)
        return rc;
    bool absolute = written.p[0] == '/';
    snprintf(whole, sizeof whole, "%s%s%s", absolute ? "" : bundle->path, absolute ? "" : "/",
             written.p);
    if (!is_same_text(whole, path))
        tell_from_state(path);
    if (!is_same_text(whole, path))
        bw_harden_operation(make, operations, "replace", at, bw_value_string(make, bw_str(path)));
    return 0;
}

int bw_runtime_resolve(struct bw_value spec, const struct bw_bundle *bundle,
                       struct bw_value_maker *make, struct bw_value *operations, struct bw_err *err)
{
    struct bw_value mounts = get(spec, "mounts");
    struct bw_str root = bw_value_text(get(get(spec, "root"), "path"));
    uint32_t n = mounts.kind == BW_VALUE_LIST ? mounts.list->n : 0;
    if (n > BW_RUNTIME_MOUNTS_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u mounts", BW_RUNTIME_MOUNTS_MAX);
    int rc = root.n ? put_real(root, bundle, "/root/path", make, operations, err) : 0;
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        struct bw_str source = bw_value_text(get(mounts.list->v[i], "source"));
        char at[48];
        snprintf(at, sizeof at, "/mounts/%u/source", i);
        if (is_bind(mounts.list->v[i]) && source.n)
            rc = put_real(source, bundle, at, make, operations, err);
    }
    return rc;
}
