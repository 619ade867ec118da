#include "enforce/harden.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "enforce/seccomp-profile.h"
#include "model/value-json.h"

/* As in extract/oci-spec.c: with every device open it is what engines call privileged. */
#define ALL_CAPABILITIES 36u

#define CPU_PERIOD 100000 /* microseconds, the kernel's default */
#define PATH_MAX_  64u    /* of an operation; all are literals and an index */

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

/* --- configuration --- */

static int wrong(struct bw_err *err, const char *name, const char *wanted)
{
    return bw_err_set(err, BW_EFORMAT, "harden: \"%s\" wants %s", name, wanted);
}

static int read_switch(struct bw_value map, const char *name, bool *ret_on, struct bw_err *err)
{
    struct bw_value value = get(map, name);
    if (value.kind == BW_VALUE_ABSENT)
        return 0;
    if (value.kind != BW_VALUE_BOOL)
        return wrong(err, name, "true or false");
    *ret_on = value.u;
    return 0;
}

static bool is_false(struct bw_value value)
{
    return value.kind == BW_VALUE_BOOL && !value.u;
}

/* "512m": digits and b, k, m or g, in any case. */
static bool read_size(struct bw_str text, int64_t *ret_bytes)
{
    static const char units[] = "bkmg";
    const char *unit = text.n ? strchr(units, text.p[text.n - 1] | 0x20) : NULL;
    uint64_t n = 0;
    if (unit && *unit)
        text.n--;
    if (!bw_str_to_u64(text, &n) || n > (uint64_t)1 << 32)
        return false;
    *ret_bytes = (int64_t)(n << (unit && *unit ? 10 * (unit - units) : 0));
    return *ret_bytes > 0;
}

static int read_limits(struct bw_value map, struct bw_harden *harden, struct bw_err *err)
{
    struct bw_value pids = get(map, "pids-limit"), memory = get(map, "memory");
    struct bw_value cpus = get(map, "cpus");
    if (is_false(pids))
        harden->pids_limit = 0;
    else if (pids.kind == BW_VALUE_INT && pids.i > 0)
        harden->pids_limit = pids.i;
    else if (pids.kind != BW_VALUE_ABSENT)
        return wrong(err, "pids-limit", "a number over 0, or false");
    if (memory.kind == BW_VALUE_INT && memory.i > 0)
        harden->memory = memory.i;
    else if (memory.kind != BW_VALUE_ABSENT && !is_false(memory) &&
             !read_size(bw_value_text(memory), &harden->memory))
        return wrong(err, "memory", "bytes, as \"512m\", or false");
    if (cpus.kind == BW_VALUE_INT && cpus.i > 0)
        harden->cpus = (double)cpus.i;
    else if (cpus.kind == BW_VALUE_DOUBLE && cpus.d >= 0.01)
        harden->cpus = cpus.d;
    else if (cpus.kind != BW_VALUE_ABSENT && !is_false(cpus))
        return wrong(err, "cpus", "a number of 0.01 or more, or false");
    return harden->cpus <= 100000 ? 0 : wrong(err, "cpus", "at most 100000");
}

static int read_capabilities(struct bw_value map, struct bw_harden *harden, struct bw_err *err)
{
    struct bw_value list = get(map, "drop-capabilities");
    if (list.kind == BW_VALUE_ABSENT || is_false(list))
        return 0;
    if (list.kind != BW_VALUE_LIST || list.list->n > BW_HARDEN_CAPABILITIES)
        return wrong(err, "drop-capabilities", "the list of those that stay, or false");
    for (uint32_t i = 0; i < list.list->n; i++)
        if (list.list->v[i].kind != BW_VALUE_STRING)
            return wrong(err, "drop-capabilities", "names of capabilities");
    harden->drop_capabilities = true;
    harden->kept_capabilities = list;
    return 0;
}

static int check_names(struct bw_value map, struct bw_err *err)
{
    static const char *const names[] = {
        "pids-limit",        "masked-paths",   "seccomp", "no-new-privileges",
        "drop-capabilities", "read-only-root", "memory",  "cpus"};
    for (uint32_t i = 0; map.kind == BW_VALUE_MAP && i < map.map->n; i++) {
        bool known = false;
        for (size_t j = 0; j < BW_ARRAY_LEN(names) && !known; j++)
            known = bw_value_is(map.map->v[i].key, names[j]);
        if (!known)
            return bw_err_set(err, BW_EFORMAT, "harden: \"%.60s\" is not known",
                              bw_value_text(map.map->v[i].key).p);
    }
    return 0;
}

int bw_harden_read(struct bw_value map, struct bw_harden *ret_harden, struct bw_err *err)
{
    struct bw_harden harden = {
        .pids_limit = BW_HARDEN_PIDS_LIMIT, .masked_paths = true, .seccomp = true};
    if (map.kind != BW_VALUE_ABSENT && map.kind != BW_VALUE_MAP)
        return bw_err_set(err, BW_EFORMAT, "harden: not an object");
    int rc = check_names(map, err);
    if (rc == 0)
        rc = read_limits(map, &harden, err);
    if (rc == 0)
        rc = read_capabilities(map, &harden, err);
    if (rc == 0)
        rc = read_switch(map, "masked-paths", &harden.masked_paths, err);
    if (rc == 0)
        rc = read_switch(map, "seccomp", &harden.seccomp, err);
    if (rc == 0)
        rc = read_switch(map, "no-new-privileges", &harden.no_new_privileges, err);
    if (rc == 0)
        rc = read_switch(map, "read-only-root", &harden.read_only_root, err);
    if (rc == 0)
        *ret_harden = harden;
    return rc;
}

/* --- operations --- */

struct mending {
    const struct bw_harden *harden;
    struct bw_value_maker *make;
    struct bw_value *operations;
    const char *prefix; /* in front of every path */
};

void bw_harden_operation(struct bw_value_maker *make, struct bw_value *operations, const char *op,
                         const char *path, struct bw_value value)
{
    struct bw_value map = bw_value_map(make, 3);
    bw_value_set(make, &map, "op", bw_value_string(make, bw_str(op)));
    bw_value_set(make, &map, "path", bw_value_string(make, bw_str(path)));
    if (value.kind != BW_VALUE_ABSENT)
        bw_value_set(make, &map, "value", value);
    bw_value_add(make, operations, map);
}

/* "add" also replaces a member that is there. */
static void add(const struct mending *m, const char *path, struct bw_value value)
{
    char full[PATH_MAX_];
    snprintf(full, sizeof full, "%s%s", m->prefix, path);
    bw_harden_operation(m->make, m->operations, "add", full, value);
}

static struct bw_value text(const struct mending *m, const char *s)
{
    return bw_value_string(m->make, bw_str(s));
}

static struct bw_value empty_map(const struct mending *m)
{
    return bw_value_map(m->make, 0);
}

/* A null is a field that nobody set, for runc and for crun. */
static bool is_missing(struct bw_value value)
{
    return value.kind == BW_VALUE_ABSENT || value.kind == BW_VALUE_NULL;
}

static bool is_positive(struct bw_value value)
{
    return value.kind == BW_VALUE_INT && value.i > 0;
}

/* --- limits --- */

static void set_limit(const struct mending *m, struct bw_value resources, const char *part,
                      const char *name, int64_t limit)
{
    char path[PATH_MAX_];
    if (is_missing(get(resources, part))) {
        snprintf(path, sizeof path, "/%s", part);
        add(m, path, empty_map(m));
    }
    snprintf(path, sizeof path, "/%s/%s", part, name);
    add(m, path, bw_value_int(limit));
}

/* Whether a limit is wanted where `part.name` says none. */
static bool lacks(struct bw_value resources, const char *part, const char *name)
{
    struct bw_value value = bw_value_at(resources, part, name, NULL);
    return value.kind != BW_VALUE_UNKNOWN && !is_positive(value);
}

static int64_t quota_of(const struct bw_harden *harden, struct bw_value resources)
{
    struct bw_value period = bw_value_at(resources, "cpu", "period", NULL);
    double share = harden->cpus * (is_positive(period) ? (double)period.i : CPU_PERIOD);
    return (int64_t)fmin(fmax(share, 1000), 1e15);
}

/* The kernel's own files (cgroup v2) are written last, over the limits by name. */
static void limit_unified(const struct mending *m, struct bw_value resources, const char *file,
                          int64_t most)
{
    char path[PATH_MAX_], number[24];
    if (!most || !bw_value_is(bw_value_at(resources, "unified", file, NULL), "max"))
        return;
    snprintf(path, sizeof path, "/unified/%s", file);
    snprintf(number, sizeof number, "%" PRId64, most);
    add(m, path, text(m, number));
}

static void limit(const struct mending *m, struct bw_value resources, bool all)
{
    const struct bw_harden *h = m->harden;
    limit_unified(m, resources, "pids.max", h->pids_limit);
    if (h->pids_limit && lacks(resources, "pids", "limit"))
        set_limit(m, resources, "pids", "limit", h->pids_limit);
    if (!all)
        return;
    limit_unified(m, resources, "memory.max", h->memory);
    if (h->memory && lacks(resources, "memory", "limit"))
        set_limit(m, resources, "memory", "limit", h->memory);
    if (h->cpus > 0 && lacks(resources, "cpu", "quota"))
        set_limit(m, resources, "cpu", "quota", quota_of(h, resources));
}

/* --- paths of the kernel --- */

static const char *const masked[] = {
    "/proc/acpi",          "/proc/asound",
    "/proc/kcore",         "/proc/keys",
    "/proc/latency_stats", "/proc/sched_debug",
    "/proc/scsi",          "/proc/timer_list",
    "/proc/timer_stats",   "/sys/devices/virtual/powercap",
    "/sys/firmware",
};

static const char *const read_only[] = {
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static bool holds(struct bw_value list, const char *word)
{
    for (uint32_t i = 0; list.kind == BW_VALUE_LIST && i < list.list->n; i++)
        if (bw_value_is(list.list->v[i], word))
            return true;
    return false;
}

/* Adds those that stand neither in the list nor in `also`. */
static void hide(const struct mending *m, const char *path, struct bw_value list,
                 struct bw_value also, const char *const *paths, size_t n)
{
    struct bw_value all = bw_value_list(m->make, (uint32_t)n + bw_value_count(list));
    if (list.kind == BW_VALUE_UNKNOWN || also.kind == BW_VALUE_UNKNOWN)
        return;
    for (uint32_t i = 0; i < bw_value_count(list); i++)
        bw_value_add(m->make, &all, list.list->v[i]);
    for (size_t i = 0; i < n; i++)
        if (!holds(list, paths[i]) && !holds(also, paths[i]))
            bw_value_add(m->make, &all, text(m, paths[i]));
    if (bw_value_count(all) > bw_value_count(list))
        add(m, path, all);
}

static void mask(const struct mending *m, struct bw_value linux_part)
{
    struct bw_value hidden = get(linux_part, "maskedPaths");
    struct bw_value kept = get(linux_part, "readonlyPaths");
    hide(m, "/linux/maskedPaths", hidden, (struct bw_value){0}, masked, BW_ARRAY_LEN(masked));
    hide(m, "/linux/readonlyPaths", kept, hidden, read_only, BW_ARRAY_LEN(read_only));
}

/* --- the process --- */

static struct bw_str bare(struct bw_str name)
{
    return name.n > 4 && bw_str_eq_nocase(bw_str_take(name, 4), BW_STR("CAP_"))
               ? bw_str_from(name, 4)
               : name;
}

static bool is_kept(const struct bw_harden *harden, struct bw_value name)
{
    struct bw_value list = harden->kept_capabilities;
    for (uint32_t i = 0; i < bw_value_count(list); i++)
        if (bw_str_eq_nocase(bare(bw_value_text(list.list->v[i])), bare(bw_value_text(name))))
            return true;
    return false;
}

static void drop_of_set(const struct mending *m, struct bw_value set, const char *path)
{
    struct bw_value left = bw_value_list(m->make, bw_value_count(set));
    for (uint32_t i = 0; set.kind == BW_VALUE_LIST && i < set.list->n; i++)
        if (set.list->v[i].kind == BW_VALUE_STRING && is_kept(m->harden, set.list->v[i]))
            bw_value_add(m->make, &left, set.list->v[i]);
    if (set.kind == BW_VALUE_LIST && bw_value_count(left) < set.list->n)
        add(m, path, left);
}

static void drop_capabilities(const struct mending *m, struct bw_value process)
{
    static const char *const sets[] = {"bounding", "effective", "permitted", "inheritable",
                                       "ambient"};
    char path[PATH_MAX_];
    for (size_t i = 0; i < BW_ARRAY_LEN(sets); i++) {
        snprintf(path, sizeof path, "/capabilities/%s", sets[i]);
        drop_of_set(m, get(get(process, "capabilities"), sets[i]), path);
    }
}

static void confine(const struct mending *m, struct bw_value process)
{
    struct bw_value no_new = get(process, "noNewPrivileges");
    if (process.kind != BW_VALUE_MAP)
        return;
    if (m->harden->no_new_privileges && !bw_value_is_true(no_new) &&
        no_new.kind != BW_VALUE_UNKNOWN)
        add(m, "/noNewPrivileges", bw_value_bool(true));
    if (m->harden->drop_capabilities)
        drop_capabilities(m, process);
}

/* --- system calls --- */

static bool is_open(struct bw_value seccomp)
{
    struct bw_value action = get(seccomp, "defaultAction"), calls = get(seccomp, "syscalls");
    return is_missing(seccomp) ||
           ((bw_value_is(action, "SCMP_ACT_ALLOW") || bw_value_is(action, "SCMP_ACT_LOG")) &&
            calls.kind != BW_VALUE_UNKNOWN && !bw_value_count(calls));
}

/* The profile goes by the capabilities that the container has in the end. */
static void filter(const struct mending *m, struct bw_value spec)
{
    struct bw_str names[BW_HARDEN_CAPABILITIES];
    struct bw_value set = bw_value_at(spec, "process", "capabilities", "bounding", NULL);
    struct bw_seccomp_container container = {.capabilities = names};
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    struct bw_value profile = {0};
    if (!is_open(bw_value_at(spec, "linux", "seccomp", NULL)) || set.kind == BW_VALUE_UNKNOWN)
        return;
    for (uint32_t i = 0; set.kind == BW_VALUE_LIST && i < set.list->n; i++)
        if (set.list->v[i].kind == BW_VALUE_STRING &&
            container.capabilities_n < BW_ARRAY_LEN(names) &&
            (!m->harden->drop_capabilities || is_kept(m->harden, set.list->v[i])))
            names[container.capabilities_n++] = bw_value_text(set.list->v[i]);
    /* Where there is no profile for this machine it stays open, and policies tell. */
    if (bw_seccomp_profile_oci(&container, &json, NULL) == 0 &&
        bw_value_from_json(m->make, bw_buf_slice(&json), &profile, NULL) == 0)
        add(m, "/linux/seccomp", profile);
}

/* --- the root --- */

static bool is_mounted(struct bw_value mounts, const char *place)
{
    for (uint32_t i = 0; mounts.kind == BW_VALUE_LIST && i < mounts.list->n; i++)
        if (bw_value_is(get(mounts.list->v[i], "destination"), place))
            return true;
    return false;
}

/* In front of the others, so that it hides none of them. */
static void mount_tmpfs(const struct mending *m, struct bw_value mounts, const char *place,
                        const char *mode)
{
    const char *const options[] = {"nosuid", "nodev", mode, "size=67108864"};
    struct bw_value map = bw_value_map(m->make, 4), list = bw_value_list(m->make, 4);
    if (is_mounted(mounts, place))
        return;
    for (size_t i = 0; i < BW_ARRAY_LEN(options); i++)
        bw_value_add(m->make, &list, text(m, options[i]));
    bw_value_set(m->make, &map, "destination", text(m, place));
    bw_value_set(m->make, &map, "type", text(m, "tmpfs"));
    bw_value_set(m->make, &map, "source", text(m, "tmpfs"));
    bw_value_set(m->make, &map, "options", list);
    add(m, "/mounts/0", map);
}

static void close_root(const struct mending *m, struct bw_value spec)
{
    struct bw_value root = get(spec, "root"), mounts = get(spec, "mounts");
    struct bw_value written = get(root, "readonly");
    if (root.kind != BW_VALUE_MAP || bw_value_is_true(written) ||
        written.kind == BW_VALUE_UNKNOWN || mounts.kind == BW_VALUE_UNKNOWN)
        return;
    add(m, "/root/readonly", bw_value_bool(true));
    if (is_missing(mounts))
        add(m, "/mounts", bw_value_list(m->make, 0));
    mount_tmpfs(m, mounts, "/tmp", "mode=1777");
    mount_tmpfs(m, mounts, "/run", "mode=755");
}

/* --- the whole --- */

static bool opens_all(struct bw_value rule)
{
    struct bw_str type = bw_value_text(get(rule, "type"));
    return bw_value_is_true(get(rule, "allow")) && (!type.n || bw_str_eq(type, BW_STR("a"))) &&
           get(rule, "major").kind == BW_VALUE_ABSENT && get(rule, "minor").kind == BW_VALUE_ABSENT;
}

static bool is_privileged(struct bw_value spec)
{
    struct bw_value rules = bw_value_at(spec, "linux", "resources", "devices", NULL);
    if (bw_value_count(bw_value_at(spec, "process", "capabilities", "bounding", NULL)) <
        ALL_CAPABILITIES)
        return false;
    for (uint32_t i = 0; rules.kind == BW_VALUE_LIST && i < rules.list->n; i++)
        if (opens_all(rules.list->v[i]))
            return true;
    return false;
}

void bw_harden_spec(const struct bw_harden *harden, struct bw_value spec,
                    struct bw_value_maker *make, struct bw_value *operations)
{
    struct mending whole = {harden, make, operations, ""};
    struct mending process = {harden, make, operations, "/process"};
    struct mending resources = {harden, make, operations, "/linux/resources"};
    struct bw_value linux_part = get(spec, "linux"), limits = get(linux_part, "resources");
    bool privileged = is_privileged(spec);
    if (spec.kind != BW_VALUE_MAP || linux_part.kind == BW_VALUE_UNKNOWN ||
        limits.kind == BW_VALUE_UNKNOWN)
        return;
    if (is_missing(linux_part))
        add(&whole, "/linux", empty_map(&whole));
    if (is_missing(limits))
        add(&resources, "", empty_map(&whole));
    limit(&resources, limits, !privileged);
    if (privileged)
        return;
    if (harden->masked_paths)
        mask(&whole, linux_part);
    confine(&process, get(spec, "process"));
    if (harden->seccomp)
        filter(&whole, spec);
    if (harden->read_only_root)
        close_root(&whole, spec);
}

void bw_harden_process(const struct bw_harden *harden, struct bw_value spec,
                       struct bw_value process, struct bw_value_maker *make,
                       struct bw_value *operations)
{
    struct mending m = {harden, make, operations, ""};
    if (!is_privileged(spec))
        confine(&m, process);
}

/* Of an update 0 means that nothing changes; a negative limit is none. */
static void clamp(const struct mending *m, struct bw_value resources, const char *part,
                  const char *name, int64_t most)
{
    struct bw_value value = bw_value_at(resources, part, name, NULL);
    if (most && value.kind == BW_VALUE_INT && value.i < 0)
        set_limit(m, resources, part, name, most);
}

void bw_harden_resources(const struct bw_harden *harden, struct bw_value resources,
                         struct bw_value_maker *make, struct bw_value *operations)
{
    struct mending m = {harden, make, operations, ""};
    limit_unified(&m, resources, "pids.max", harden->pids_limit);
    limit_unified(&m, resources, "memory.max", harden->memory);
    clamp(&m, resources, "pids", "limit", harden->pids_limit);
    clamp(&m, resources, "memory", "limit", harden->memory);
    clamp(&m, resources, "cpu", "quota", harden->cpus > 0 ? quota_of(harden, resources) : 0);
}
