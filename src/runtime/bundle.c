#include "runtime/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "runtime/config.h"
#include "wrap/json.h"

#define TEMPORARY ".config.json.bulwark"

/* What a runtime keeps of a container: its whole configuration, in another form. */
#define STATE_MAX ((size_t)16 << 20)

static int check(int fd, struct bw_bundle *bundle, struct bw_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return bw_err_errno(err, "%s of %s", bundle->name, bundle->path);
    if (!S_ISREG(st.st_mode))
        return bw_err_set(err, BW_EFORMAT, "%s of %s is not a regular file", bundle->name,
                          bundle->path);
    if (!bw_runtime_is_trusted(st.st_uid))
        return bw_err_set(err, BW_EACCESS, "%s of %s belongs to another user", bundle->name,
                          bundle->path);
    bundle->uid = st.st_uid;
    bundle->gid = st.st_gid;
    bundle->mode = st.st_mode & 07777;
    return 0;
}

static int read_spec(struct bw_bundle *bundle, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = openat(
        bundle->dir, bundle->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return bw_err_errno(err, "%s of %s", bundle->name, bundle->path);
    int rc = check(fd, bundle, err);
    if (rc == 0)
        rc = bw_fd_slurp(fd, &bundle->text, err);
    return rc;
}

/* The path of a descriptor, as the kernel has it. */
static int path_of(int fd, char path[PATH_MAX], struct bw_err *err)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0)
        return bw_err_errno(err, "%s", link);
    path[n] = '\0';
    return path[0] == '/' ? 0 : bw_err_set(err, BW_EFORMAT, "%s is not reachable", path);
}

int bw_bundle_open(const char *path, const char *name, struct bw_bundle *bundle, struct bw_err *err)
{
    bundle->name = name;
    bundle->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (bundle->dir < 0)
        return bw_err_errno(err, "the bundle %s", path);
    int rc = path_of(bundle->dir, bundle->path, err);
    return rc ? rc : read_spec(bundle, err);
}

void bw_bundle_close(struct bw_bundle *bundle)
{
    bw_fd_closep(&bundle->dir);
    bw_buf_free(&bundle->text);
}

static int create_beside(const struct bw_bundle *bundle)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(bundle->dir, TEMPORARY, flags, 0600);
    if (fd >= 0 || errno != EEXIST)
        return fd;
    /* Left by a wrapper that was killed. */
    unlinkat(bundle->dir, TEMPORARY, 0);
    return openat(bundle->dir, TEMPORARY, flags, 0600);
}

int bw_bundle_write(const struct bw_bundle *bundle, struct bw_str text, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = create_beside(bundle);
    if (fd < 0)
        return bw_err_errno(err, "%s/%s", bundle->path, TEMPORARY);
    struct stat st;
    bool owned = fstat(fd, &st) == 0 && st.st_uid == bundle->uid && st.st_gid == bundle->gid;
    if ((!owned && fchown(fd, bundle->uid, bundle->gid) != 0) || fchmod(fd, bundle->mode) != 0 ||
        bw_fd_write_full(fd, text.p, text.n) != 0 ||
        renameat(bundle->dir, TEMPORARY, bundle->dir, bundle->name) != 0) {
        bw_err_errno(err, "%s/%s is not written", bundle->path, bundle->name);
        unlinkat(bundle->dir, TEMPORARY, 0);
        return BW_EIO;
    }
    return 0;
}

/* --- containers that exist --- */

static bool is_id(const char *id)
{
    return id && *id && *id != '.' && !strchr(id, '/') && strlen(id) < 1024;
}

/* runc keeps it among labels as "bundle=PATH", crun as a member. */
static struct bw_str bundle_in(const struct bw_json *root)
{
    struct bw_str own = bw_json_string(bw_json_get(root, BW_STR("bundle")));
    const struct bw_json *labels =
        bw_json_get(bw_json_get(root, BW_STR("config")), BW_STR("labels"));
    struct bw_json_iter it = bw_json_iter(labels);
    for (const struct bw_json *label; !own.p && (label = bw_json_next(&it));)
        if (bw_str_starts(bw_json_string(label), BW_STR("bundle=")))
            own = bw_str_from(bw_json_string(label), strlen("bundle="));
    return own;
}

static int read_state(const char *path, char ret_path[PATH_MAX], struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(STATE_MAX);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return bw_err_errno(err, "%s", path);
    int rc = bw_fd_slurp(fd, &text, err);
    if (rc == 0)
        rc = bw_json_parse(&doc, bw_buf_slice(&text), NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "%s", path);
    struct bw_str bundle = bundle_in(bw_json_root(doc));
    if (!bw_str_starts(bundle, BW_STR("/")) || bundle.n >= PATH_MAX ||
        bw_str_find(bundle, '\0') != SIZE_MAX)
        return bw_err_set(err, BW_EFORMAT, "%s does not tell the bundle", path);
    snprintf(ret_path, PATH_MAX, "%" BW_STR_F, BW_STR_A(bundle));
    return 0;
}

static int look_beneath(const char *root, const char *id, char ret_path[PATH_MAX],
                        struct bw_err *err)
{
    static const char *const files[] = {"state.json", "status"};
    int rc = BW_ENOENT;
    for (size_t i = 0; i < BW_ARRAY_LEN(files) && rc == BW_ENOENT; i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s/%s", root, id, files[i]) >= PATH_MAX)
            return bw_err_set(err, BW_ELIMIT, "the path of the container's state is too long");
        rc = read_state(path, ret_path, err);
    }
    return rc;
}

int bw_bundle_of(const struct bw_runtime_args *args, char ret_path[PATH_MAX], struct bw_err *err)
{
    static const char *const usual[] = {"runc", "crun"};
    const char *root = bw_runtime_value(args, BW_RUNTIME_ROOT, NULL);
    const char *runtime = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
    int rc = BW_ENOENT;
    if (!is_id(args->id))
        return bw_err_set(err, BW_EFORMAT, "this is no name of a container");
    if (root)
        return look_beneath(root, args->id, ret_path, err);
    for (size_t i = 0; i < BW_ARRAY_LEN(usual) && rc == BW_ENOENT; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", runtime ? runtime : "/run", usual[i]);
        rc = look_beneath(path, args->id, ret_path, err);
    }
    return rc;
}
