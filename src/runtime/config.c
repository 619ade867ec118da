#include "runtime/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/value-json.h"

/* /proc/sys/kernel/overflowuid, which nobody changes. */
#define OVERFLOW_UID 65534u

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

/* In a user namespace (of Podman without root) the host's root has no number of its own, and shows
 * as whoever else has none. Who made that namespace could have chosen another runtime. */
static bool is_in_user_namespace(void)
{
    char map[64] = "";
    int fd BW_CLEANUP(bw_fd_closep) = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    unsigned long inside = 0, outside = 0, n = 0;
    if (fd < 0 || bw_fd_read_full(fd, map, sizeof map - 1) <= 0)
        return false;
    return sscanf(map, "%lu %lu %lu", &inside, &outside, &n) == 3 && n != UINT32_MAX;
}

bool bw_runtime_is_trusted(uid_t uid)
{
    return uid == 0 || uid == geteuid() || (uid == OVERFLOW_UID && is_in_user_namespace());
}

int bw_runtime_check_owner(int fd, const char *path, size_t max, struct bw_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return bw_err_errno(err, "%s", path);
    if (!S_ISREG(st.st_mode))
        return bw_err_set(err, BW_EFORMAT, "%s: not a regular file", path);
    if (!bw_runtime_is_trusted(st.st_uid))
        return bw_err_set(err, BW_EACCESS, "%s belongs to another user", path);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return bw_err_set(err, BW_EACCESS, "%s can be written to by others than its owner", path);
    if ((uint64_t)st.st_size > max)
        return bw_err_set(err, BW_ELIMIT, "%s is longer than %zu bytes", path, max);
    return 0;
}

/* --- members --- */

static int wrong(struct bw_err *err, const char *name, const char *wanted)
{
    return bw_err_set(err, BW_EFORMAT, "\"%s\" wants %s", name, wanted);
}

static int check_names(struct bw_value map, const char *where, const char *const *names,
                       struct bw_err *err)
{
    if (map.kind != BW_VALUE_MAP)
        return bw_err_set(err, BW_EFORMAT, "%s is no object", where);
    for (uint32_t i = 0; i < map.map->n; i++) {
        bool known = false;
        for (size_t j = 0; names[j] && !known; j++)
            known = bw_value_is(map.map->v[i].key, names[j]);
        if (!known)
            return bw_err_set(err, BW_EFORMAT, "%s: \"%.60s\" is not known", where,
                              bw_value_text(map.map->v[i].key).p);
    }
    return 0;
}

static int read_path(struct bw_value map, const char *name, const char **ret_path,
                     struct bw_err *err)
{
    struct bw_value value = get(map, name);
    struct bw_str text = bw_value_text(value);
    if (value.kind == BW_VALUE_ABSENT)
        return 0;
    if (!text.n || text.p[0] != '/' || memchr(text.p, '\0', text.n))
        return wrong(err, name, "an absolute path");
    *ret_path = text.p;
    return 0;
}

static int read_number(struct bw_value map, const char *name, int64_t least, int64_t most,
                       int64_t *ret_number, struct bw_err *err)
{
    struct bw_value value = get(map, name);
    if (value.kind == BW_VALUE_ABSENT)
        return 0;
    if (value.kind != BW_VALUE_INT || value.i < least || value.i > most)
        return wrong(err, name, "a number that makes sense");
    *ret_number = value.i;
    return 0;
}

static int read_log(struct bw_value log, struct bw_runtime_config *config, struct bw_err *err)
{
    static const char *const names[] = {"path", "required", "rotateBytes", "keep", NULL};
    struct bw_value required = get(log, "required");
    int64_t rotate = BW_RUNTIME_LOG_ROTATE, kept = BW_RUNTIME_LOG_KEEP;
    if (log.kind == BW_VALUE_ABSENT)
        return 0;
    int rc = check_names(log, "log", names, err);
    if (rc == 0)
        rc = read_path(log, "path", &config->log, err);
    if (rc == 0 && !config->log)
        rc = wrong(err, "log", "a path");
    if (rc == 0 && required.kind != BW_VALUE_ABSENT && required.kind != BW_VALUE_BOOL)
        rc = wrong(err, "required", "true or false");
    if (rc == 0)
        rc = read_number(log, "rotateBytes", 0, INT64_MAX, &rotate, err);
    if (rc == 0)
        rc = read_number(log, "keep", 1, 1000, &kept, err);
    config->log_required = bw_value_is_true(required);
    config->log_rotate_bytes = (uint64_t)rotate;
    config->log_keep = (unsigned)kept;
    return rc;
}

static int read_members(struct bw_value map, struct bw_runtime_config *config, struct bw_err *err)
{
    static const char *const names[] = {"runtime", "gate", "set", "harden", "log", NULL};
    int rc = read_path(map, "runtime", &config->runtime, err);
    if (rc == 0)
        rc = check_names(map, "the configuration", names, err);
    if (rc == 0)
        rc = read_path(map, "set", &config->set, err);
    if (rc == 0)
        rc = bw_harden_read(get(map, "harden"), &config->harden, err);
    if (rc == 0)
        rc = read_log(get(map, "log"), config, err);
    config->gate = get(map, "gate");
    return rc;
}

static int read_file(int fd, const char *path, struct bw_arena *arena,
                     struct bw_runtime_config *config, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_RUNTIME_CONFIG_MAX);
    struct bw_value_maker make = {.arena = arena};
    struct bw_value map = {0};
    struct bw_err bad;
    int owner = bw_runtime_check_owner(fd, path, BW_RUNTIME_CONFIG_MAX, &bad);
    if (owner)
        return bw_err_set(err, bad.code, "%s", bad.msg);
    int rc = bw_fd_slurp(fd, &text, err);
    if (rc == 0)
        rc = bw_value_from_json(&make, bw_buf_slice(&text), &map, err);
    if (rc == 0)
        rc = read_members(map, config, err);
    return rc ? bw_err_prefix(err, rc, "%s", path) : 0;
}

int bw_runtime_config_read(const char *path, struct bw_arena *arena,
                           struct bw_runtime_config *ret_config, struct bw_err *err)
{
    struct bw_runtime_config config = {0};
    const char *name = path ? path : BW_RUNTIME_CONFIG_PATH;
    int fd BW_CLEANUP(bw_fd_closep) = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int rc = bw_harden_read((struct bw_value){0}, &config.harden, err);
    if (fd < 0 && (path || errno != ENOENT))
        rc = bw_err_errno(err, "%s", name);
    else if (fd >= 0)
        rc = read_file(fd, name, arena, &config, err);
    *ret_config = config;
    return rc;
}
