#include <ctype.h>

#include "base/buf.h"
#include "extract/docker-mount.h"
#include "extract/docker-view.h"
#include "extract/document.h"
#include "extract/json-glance.h"
#include "extract/json-value.h"
#include "extract/oci-spec-fields.h"

/* From so many capabilities on, with every device open, it is what engines call privileged. Kernels
 * since 3.16 have 37 and more. */
#define ALL_CAPABILITIES 36u

#define CAPABILITY_BYTES_MAX 64u

#define INEXPRESSIBLE BW_STR("an OCI runtime specification has no words for it")

struct viewing {
    struct bw_reading *reading;
    const struct bw_reader_machine *here;
    struct bw_value_maker *make;
    struct bw_value spec, process, linux_part;
    bool several_pods; /* its mounts are of more Pods than one */
    struct bw_pod_view view;
};

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

static struct bw_value at(struct bw_value value, uint32_t place)
{
    value.place = place;
    return value;
}

static struct bw_value by_default(struct bw_value value)
{
    value.flags |= BW_VALUE_DEFAULT;
    return value;
}

static struct bw_value literal(struct viewing *v, const char *text, uint32_t place)
{
    return at(bw_value_string(v->make, bw_str(text)), place);
}

static struct bw_value missing(struct viewing *v, const char *why, uint32_t place)
{
    return at(bw_value_unknown(v->make, BW_UNKNOWN_MISSING, bw_str(why)), place);
}

/* The value where it is there, else what its absence means. */
static struct bw_value or_else(struct bw_value value, struct bw_value otherwise)
{
    return value.kind == BW_VALUE_ABSENT ? by_default(otherwise) : value;
}

/* --- users and capabilities --- */

static void view_user(struct viewing *v)
{
    struct bw_value user = get(v->process, "user");
    struct bw_value uid = or_else(get(user, "uid"), bw_value_int(0));
    v->view.run_as_user = uid;
    v->view.run_as_group = or_else(get(user, "gid"), bw_value_int(0));
    v->view.run_as_non_root =
        uid.kind == BW_VALUE_INT ? at(bw_value_bool(uid.i != 0), uid.place) : uid;
    v->view.supplemental_groups = get(user, "additionalGids");
}

/* A key of the set of capabilities: the name without "CAP_", in capitals. */
static struct bw_value capability(struct viewing *v, struct bw_value value)
{
    char name[CAPABILITY_BYTES_MAX];
    struct bw_str text = bw_value_text(value);
    if (bw_str_starts(text, BW_STR("CAP_")))
        text = bw_str_from(text, 4);
    if (text.n > sizeof name)
        return at(bw_value_string(v->make, text), value.place);
    for (size_t i = 0; i < text.n; i++)
        name[i] = (char)toupper((unsigned char)text.p[i]);
    return at(bw_value_string(v->make, bw_str_n(name, text.n)), value.place);
}

/* Adds the names of a list to the set; an UNKNOWN in place of one is kept in *unknown. */
static void collect(struct viewing *v, struct bw_value list, struct bw_value *set,
                    struct bw_value *unknown)
{
    if (list.kind == BW_VALUE_UNKNOWN)
        *unknown = list;
    for (uint32_t i = 0; list.kind == BW_VALUE_LIST && i < list.list->n; i++)
        if (list.list->v[i].kind == BW_VALUE_UNKNOWN) {
            *unknown = list.list->v[i];
        } else {
            struct bw_value name = capability(v, list.list->v[i]);
            bw_value_put(v->make, set, name, name);
        }
}

/* What a container has where nobody says more; Docker, containerd and CRI-O agree. */
static const char *const usual[] = {
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER", "FSETID",  "KILL",   "MKNOD",
    "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",      "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
};

static bool is_usual(struct bw_value name)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(usual); i++)
        if (bw_value_is(name, usual[i]))
            return true;
    return false;
}

/* Whether so few of the usual ones are left that somebody dropped them all and added some again. */
static bool all_dropped(struct bw_value set)
{
    size_t n = 0;
    for (uint32_t i = 0; i < bw_value_count(set); i++)
        n += is_usual(set.map->v[i].key);
    return n < BW_ARRAY_LEN(usual) / 2;
}

static void write_capabilities(struct viewing *v, struct bw_value set, uint32_t place)
{
    bool none = all_dropped(set);
    struct bw_value add = at(bw_value_list(v->make, 0), place);
    struct bw_value drop = at(bw_value_list(v->make, 0), place);
    for (uint32_t i = 0; i < bw_value_count(set); i++)
        if (none || !is_usual(set.map->v[i].key))
            bw_value_add(v->make, &add, set.map->v[i].key);
    if (none)
        bw_value_add(v->make, &drop, literal(v, "ALL", place));
    for (size_t i = 0; i < BW_ARRAY_LEN(usual) && !none; i++)
        if (bw_value_get(set, bw_str(usual[i])).kind == BW_VALUE_ABSENT)
            bw_value_add(v->make, &drop, literal(v, usual[i], place));
    v->view.capabilities_add = add;
    v->view.capabilities_drop = drop;
}

/* Returns how many there are. One in any of the sets can be had. */
static uint32_t view_capabilities(struct viewing *v)
{
    static const char *const sets[] = {"bounding", "effective", "permitted", "inheritable",
                                       "ambient"};
    struct bw_value written = get(v->process, "capabilities"), unknown = {0};
    struct bw_value set = bw_value_map(v->make, 16);
    for (size_t i = 0; i < BW_ARRAY_LEN(sets); i++)
        collect(v, get(written, sets[i]), &set, &unknown);
    if (unknown.kind == BW_VALUE_UNKNOWN)
        v->view.capabilities_add = v->view.capabilities_drop = unknown;
    else
        write_capabilities(v, set, written.place);
    return bw_value_count(set);
}

static bool opens_all(struct bw_value rule)
{
    struct bw_str type = bw_value_text(get(rule, "type"));
    return bw_value_is_true(get(rule, "allow")) && (!type.n || bw_str_eq(type, BW_STR("a"))) &&
           get(rule, "major").kind == BW_VALUE_ABSENT && get(rule, "minor").kind == BW_VALUE_ABSENT;
}

/* There is no word for it, but what `--privileged` makes: every capability and every device. */
static void view_privileged(struct viewing *v, uint32_t capabilities)
{
    struct bw_value rules = get(get(v->linux_part, "resources"), "devices");
    v->view.privileged = rules.kind == BW_VALUE_UNKNOWN ? rules : by_default(bw_value_bool(false));
    for (uint32_t i = 0; rules.kind == BW_VALUE_LIST && i < rules.list->n; i++)
        if (opens_all(rules.list->v[i]) && capabilities >= ALL_CAPABILITIES)
            v->view.privileged = at(bw_value_bool(true), rules.list->v[i].place);
}

/* --- confinement --- */

static struct bw_value profile(struct viewing *v, const char *type, struct bw_str local,
                               uint32_t place)
{
    struct bw_value map = at(bw_value_map(v->make, 2), place);
    bw_value_set(v->make, &map, "type", literal(v, type, place));
    if (local.n)
        bw_value_set(v->make, &map, "localhostProfile", at(bw_value_string(v->make, local), place));
    return map;
}

static bool is_one_of(struct bw_str s, const char *const *words)
{
    for (; *words; words++)
        if (bw_str_eq(s, bw_str(*words)))
            return true;
    return false;
}

/* A profile that allows what it does not name is none, as with Docker (docker-confinement.c). */
static void view_seccomp(struct viewing *v)
{
    static const char *const open[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG", NULL};
    struct bw_value seccomp = get(v->linux_part, "seccomp");
    if (seccomp.kind == BW_VALUE_UNKNOWN)
        v->view.seccomp_profile = seccomp;
    else if (seccomp.kind != BW_VALUE_MAP)
        v->view.seccomp_profile = by_default(profile(v, "Unconfined", BW_STR(""), 0));
    else if (is_one_of(bw_value_text(get(seccomp, "defaultAction")), open))
        v->view.seccomp_profile = profile(v, "Unconfined", BW_STR(""), seccomp.place);
    else
        v->view.seccomp_profile = profile(v, "Localhost", BW_STR("inline"), seccomp.place);
}

/* On a host with AppArmor engines always name a profile; without a name there is none, or no
 * AppArmor. */
static void view_apparmor(struct viewing *v)
{
    static const char *const own[] = {"docker-default", "cri-containerd.apparmor.d", "crio-default",
                                      NULL};
    struct bw_value value = get(v->process, "apparmorProfile");
    struct bw_str name = bw_value_text(value);
    if (value.kind == BW_VALUE_UNKNOWN)
        v->view.apparmor_profile = value;
    else if (bw_str_eq(name, BW_STR("unconfined")))
        v->view.apparmor_profile = profile(v, "Unconfined", BW_STR(""), value.place);
    else if (is_one_of(name, own) || bw_str_starts(name, BW_STR("containers-default-")))
        v->view.apparmor_profile = profile(v, "RuntimeDefault", BW_STR(""), value.place);
    else if (name.n)
        v->view.apparmor_profile = profile(v, "Localhost", name, value.place);
    else if (v->here && v->here->apparmor)
        v->view.apparmor_profile = by_default(profile(v, "Unconfined", BW_STR(""), 0));
    else if (!v->here && !bw_value_text(get(v->process, "selinuxLabel")).n)
        v->view.apparmor_profile = missing(v, "whether the host has AppArmor", value.place);
}

/* USER:ROLE:TYPE:LEVEL. The user and role that engines give to every container are not told. */
static void view_selinux(struct viewing *v)
{
    static const char *const names[] = {"user", "role", "type", "level"};
    static const char *const engines[] = {"system_u", "system_r", NULL};
    struct bw_value label = get(v->process, "selinuxLabel");
    struct bw_str rest = bw_value_text(label), part;
    struct bw_value options = at(bw_value_map(v->make, 4), label.place);
    for (size_t i = 0; i < BW_ARRAY_LEN(names) && rest.p; i++) {
        if (i == BW_ARRAY_LEN(names) - 1)
            part = rest;
        else
            bw_str_split(&rest, ':', &part);
        if (part.n && !(i < 2 && is_one_of(part, engines)))
            bw_value_set(v->make, &options, names[i],
                         at(bw_value_string(v->make, part), label.place));
    }
    v->view.selinux_options = label.kind == BW_VALUE_UNKNOWN ? label : options;
}

static void view_confinement(struct viewing *v)
{
    struct bw_value no_new = or_else(get(v->process, "noNewPrivileges"), bw_value_bool(false));
    struct bw_value masked = get(v->linux_part, "maskedPaths");
    bool shown = masked.kind == BW_VALUE_ABSENT || bw_docker_shows_kernel(masked);
    v->view.allow_privilege_escalation = no_new;
    if (no_new.kind == BW_VALUE_BOOL)
        v->view.allow_privilege_escalation.u = !no_new.u;
    v->view.read_only_root_filesystem =
        or_else(get(get(v->spec, "root"), "readonly"), bw_value_bool(false));
    v->view.proc_mount = masked.kind == BW_VALUE_UNKNOWN
                             ? masked
                             : literal(v, shown ? "Unmasked" : "Default", masked.place);
    view_seccomp(v);
    view_apparmor(v);
    view_selinux(v);
}

/* --- namespaces --- */

/* The entry of a namespace, or ABSENT: then the container is in the host's. */
static struct bw_value namespace_of(const struct viewing *v, const char *type)
{
    struct bw_value list = get(v->linux_part, "namespaces");
    if (list.kind == BW_VALUE_UNKNOWN)
        return list;
    for (uint32_t i = 0; list.kind == BW_VALUE_LIST && i < list.list->n; i++)
        if (bw_value_is(get(list.list->v[i], "type"), type))
            return list.list->v[i];
    return (struct bw_value){0};
}

static struct bw_value is_host(struct viewing *v, const char *type)
{
    static const char *const named[] = {"/run/netns/", "/var/run/netns/", "/run/docker/netns/",
                                        "/var/run/docker/netns/"};
    struct bw_value entry = namespace_of(v, type), path = get(entry, "path");
    struct bw_str text = bw_value_text(path);
    if (entry.kind == BW_VALUE_UNKNOWN)
        return entry;
    if (entry.kind == BW_VALUE_ABSENT)
        return at(bw_value_bool(true), get(v->linux_part, "namespaces").place);
    if (path.kind == BW_VALUE_UNKNOWN)
        return path;
    if (!text.n)
        return at(bw_value_bool(false), entry.place);
    if (v->here)
        return at(bw_value_bool(v->here->is_host(bw_str(type), text)), path.place);
    if (bw_str_starts(text, BW_STR("/proc/1/ns/")) || bw_str_ends(text, BW_STR("/netns/default")))
        return at(bw_value_bool(true), path.place);
    for (size_t i = 0; i < BW_ARRAY_LEN(named); i++)
        if (bw_str_starts(text, bw_str(named[i])) &&
            bw_str_find_str(text, BW_STR("..")) == SIZE_MAX)
            return at(bw_value_bool(false), path.place);
    return missing(v, "it joins a namespace that exists already", path.place);
}

/* --- mounts --- */

static bool has_option(struct bw_value mount, const char *option)
{
    struct bw_value options = get(mount, "options");
    for (uint32_t i = 0; options.kind == BW_VALUE_LIST && i < options.list->n; i++)
        if (bw_value_is(options.list->v[i], option))
            return true;
    return false;
}

#define PODS "/var/lib/kubelet/pods/"

/* Where engines keep what they mount for a container themselves. */
static const struct {
    const char *prefix, *within; /* `within` is somewhere behind it */
    enum bw_docker_mount_kind kind;
} kept[] = {
    {"/var/lib/docker/volumes/", "/_data", BW_DOCKER_VOLUME},
    {"/var/lib/containers/storage/volumes/", "/_data", BW_DOCKER_VOLUME},
    {PODS, "/volumes/kubernetes.io~empty-dir/", BW_DOCKER_VOLUME},
    {PODS, "/volumes/kubernetes.io~csi/", BW_DOCKER_VOLUME},
    {PODS, "/volumes/kubernetes.io~secret/", BW_DOCKER_SECRET},
    {PODS, "/volumes/kubernetes.io~projected/", BW_DOCKER_SECRET},
    {PODS, "/volumes/kubernetes.io~configmap/", BW_DOCKER_CONFIG},
};

/* The directory of all that an engine keeps, told by where it put the root file system: DIR of
 * "DIR/overlay2/ID/merged"; empty where that does not tell. */
static struct bw_str state_of_engine(const struct viewing *v)
{
    static const char *const drivers[] = {"/overlay2/", "/overlay/",          "/fuse-overlayfs/",
                                          "/vfs/dir/",  "/btrfs/subvolumes/", "/zfs/graph/",
                                          "/aufs/mnt/", "/buildkit/executor/"};
    struct bw_str path = bw_value_text(get(get(v->spec, "root"), "path"));
    for (size_t i = 0; i < BW_ARRAY_LEN(drivers); i++) {
        size_t at = bw_str_find_str(path, bw_str(drivers[i]));
        if (at != SIZE_MAX && at > 1 && bw_str_starts(path, BW_STR("/")) &&
            bw_str_find_str(path, BW_STR("..")) == SIZE_MAX)
            return bw_str_take(path, at);
    }
    return BW_STR("");
}

/* Whether a path lies beneath a directory of the engine's state: "DIR/volumes/" + something. */
static bool is_kept_in(struct bw_str state, const char *directory, struct bw_str path)
{
    return state.n && bw_str_starts(path, state) &&
           bw_str_starts(bw_str_from(path, state.n), bw_str(directory)) &&
           bw_str_find_str(path, BW_STR("..")) == SIZE_MAX;
}

/* PODS + UID/containers/NAME/ID */
static bool is_termination_log(struct bw_str source)
{
    struct bw_str rest = bw_str_from(source, strlen(PODS)), parts[4] = {0};
    for (size_t i = 0; i < BW_ARRAY_LEN(parts); i++)
        (void)bw_str_split(&rest, '/', &parts[i]);
    return bw_str_starts(source, BW_STR(PODS)) && !rest.p && parts[3].n &&
           bw_str_eq(parts[1], BW_STR("containers"));
}

/* Whether a file of the engine's has the name that belongs where it is mounted: beside it are the
 * engine's sockets, and all that it keeps of other containers. */
static bool is_where_it_belongs(struct bw_str source, struct bw_str destination)
{
    static const char *const table[][2] = {
        {"/etc/hosts", "hosts"},       {"/etc/hosts", "etc-hosts"},
        {"/etc/hostname", "hostname"}, {"/etc/resolv.conf", "resolv.conf"},
        {"/dev/shm", "shm"},           {"/run/.containerenv", ".containerenv"},
    };
    size_t slash = bw_str_rfind(source, '/');
    struct bw_str name = slash == SIZE_MAX ? source : bw_str_from(source, slash + 1);
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        if (bw_str_eq(destination, bw_str(table[i][0])) && bw_str_eq(name, bw_str(table[i][1])))
            return true;
    if (bw_str_eq(destination, BW_STR("/etc/hosts")))
        return bw_str_find_str(source, BW_STR("/buildkit/executor/hosts")) != SIZE_MAX;
    return bw_str_eq(destination, BW_STR("/dev/termination-log")) && is_termination_log(source);
}

/* The files that every container has of its engine. */
static bool is_of_the_engine(const struct viewing *v, struct bw_str source,
                             struct bw_str destination)
{
    struct bw_str state = state_of_engine(v);
    static const char *const states[] = {
        "/var/lib/docker/containers/",  "/var/lib/containerd/",    "/run/containerd/", PODS,
        "/var/lib/containers/storage/", "/run/containers/storage/"};
    if (!is_where_it_belongs(source, destination) ||
        bw_str_find_str(source, BW_STR("..")) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(states); i++)
        if (bw_str_starts(source, bw_str(states[i])))
            return true;
    return is_kept_in(state, "/containers/", source) ||
           is_kept_in(state, "/buildkit/executor/", source) ||
           is_kept_in(state, "/overlay-containers/", source) ||
           is_kept_in(state, "/vfs-containers/", source);
}

/* A container has mounts of its own Pod, at least the file for its last words. With those of
 * another beside them none is trusted. */
static void find_pods(struct viewing *v, struct bw_value mounts)
{
    struct bw_str first = {0};
    for (uint32_t i = 0; mounts.kind == BW_VALUE_LIST && i < mounts.list->n; i++) {
        struct bw_str source = bw_value_text(get(mounts.list->v[i], "source")), uid;
        if (!bw_str_starts(source, BW_STR(PODS)))
            continue;
        source = bw_str_from(source, strlen(PODS));
        uid = bw_str_take(source, bw_str_find(source, '/'));
        if (!first.p)
            first = uid;
        v->several_pods |= !bw_str_eq(uid, first);
    }
}

static enum bw_docker_mount_kind kind_of_bind(const struct viewing *v, struct bw_str source)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(kept); i++)
        if (bw_str_starts(source, bw_str(kept[i].prefix)) &&
            bw_str_find_str(source, bw_str(kept[i].within)) != SIZE_MAX &&
            bw_str_find_str(source, BW_STR("..")) == SIZE_MAX &&
            !(v->several_pods && bw_str_starts(source, BW_STR(PODS))))
            return kept[i].kind;
    if (is_kept_in(state_of_engine(v), "/volumes/", source) &&
        bw_str_find_str(source, BW_STR("/_data")) != SIZE_MAX)
        return BW_DOCKER_VOLUME;
    return BW_DOCKER_BIND;
}

/* The file systems of the kernel that every container has, where it has them: elsewhere nothing is
 * masked. */
static bool is_usual_mount(struct bw_value mount)
{
    static const char *const table[][2] = {
        {"proc", "/proc"},
        {"sysfs", "/sys"},
        {"cgroup", "/sys/fs/cgroup"},
        {"cgroup2", "/sys/fs/cgroup"},
        {"tmpfs", "/dev"},
        {"tmpfs", "/dev/shm"},
        {"devpts", NULL},
        {"mqueue", NULL},
    };
    struct bw_str destination = bw_value_text(get(mount, "destination"));
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        if (bw_value_is(get(mount, "type"), table[i][0]) &&
            (!table[i][1] || bw_str_eq(destination, bw_str(table[i][1]))))
            return true;
    return false;
}

/* Any other file system is what a volume of it would be: a disk, the layers of an overlay. */
static void view_file_system(struct viewing *v, struct bw_value value,
                             struct bw_docker_mount *mount)
{
    struct bw_buf words BW_CLEANUP(bw_buf_free) = BW_BUF(BW_READER_TEXT_MAX);
    struct bw_value options = get(value, "options"), as_volume = bw_value_map(v->make, 3);
    for (uint32_t i = 0; options.kind == BW_VALUE_LIST && i < options.list->n; i++) {
        if (i)
            bw_buf_byte(&words, ',');
        bw_buf_str(&words, bw_value_text(options.list->v[i]));
    }
    struct bw_str text = bw_arena_str(v->reading->arena, bw_buf_slice(&words));
    if (bw_buf_failed(&words) || !text.p)
        v->make->failed = true;
    bw_value_set(v->make, &as_volume, "type", get(value, "type"));
    bw_value_set(v->make, &as_volume, "device", get(value, "source"));
    bw_value_set(v->make, &as_volume, "o", at(bw_value_string(v->make, text), options.place));
    struct bw_value sources = bw_docker_volume_sources(v->make, (struct bw_value){0}, as_volume);
    mount->kind = sources.kind == BW_VALUE_UNKNOWN ? BW_DOCKER_ELSEWHERE : BW_DOCKER_BIND;
    mount->source = sources;
    if (sources.kind == BW_VALUE_UNKNOWN)
        bw_docker_view_mount(v->make, &v->view, mount);
    for (uint32_t i = 0; sources.kind == BW_VALUE_LIST && i < sources.list->n; i++) {
        mount->source = sources.list->v[i];
        bw_docker_view_mount(v->make, &v->view, mount);
    }
}

static void view_mount(struct viewing *v, struct bw_value value)
{
    static const char *const propagations[] = {"rshared", "shared", "rslave", "slave"};
    struct bw_value type = get(value, "type");
    struct bw_docker_mount mount = {.kind = BW_DOCKER_TMPFS, .target = get(value, "destination")};
    bool bind =
        bw_value_is(type, "bind") || has_option(value, "bind") || has_option(value, "rbind");
    struct bw_value unknown = value.kind == BW_VALUE_UNKNOWN ? value : get(value, "options");
    if (unknown.kind == BW_VALUE_UNKNOWN) {
        mount = (struct bw_docker_mount){.kind = BW_DOCKER_ELSEWHERE, .source = unknown};
        bw_docker_view_mount(v->make, &v->view, &mount);
        return;
    }
    if (!bind && is_usual_mount(value))
        return;
    if (!bind && !bw_value_is(type, "tmpfs")) {
        view_file_system(v, value, &mount);
        return;
    }
    if (bind) {
        mount.source = get(value, "source");
        if (is_of_the_engine(v, bw_value_text(mount.source), bw_value_text(mount.target)))
            return;
        mount.kind = kind_of_bind(v, bw_value_text(mount.source));
    }
    if (has_option(value, "ro") || has_option(value, "rro"))
        mount.read_only = at(bw_value_bool(true), value.place);
    for (size_t i = 0; i < BW_ARRAY_LEN(propagations); i++)
        if (has_option(value, propagations[i]))
            mount.propagation = literal(v, propagations[i], value.place);
    bw_docker_view_mount(v->make, &v->view, &mount);
}

static void view_mounts(struct viewing *v)
{
    struct bw_value mounts = get(v->spec, "mounts");
    find_pods(v, mounts);
    for (uint32_t i = 0; mounts.kind == BW_VALUE_LIST && i < mounts.list->n; i++)
        view_mount(v, mounts.list->v[i]);
    if (mounts.kind == BW_VALUE_UNKNOWN)
        v->view.volumes = v->view.volume_mounts = mounts;
}

/* --- the rest --- */

static void view_environment(struct viewing *v)
{
    struct bw_value env = get(v->process, "env");
    for (uint32_t i = 0; env.kind == BW_VALUE_LIST && i < env.list->n; i++) {
        struct bw_value entry = env.list->v[i];
        struct bw_str text = bw_value_text(entry);
        size_t equals = bw_str_find(text, '=');
        bw_docker_view_env(
            v->make, &v->view, at(bw_value_string(v->make, bw_str_take(text, equals)), entry.place),
            at(bw_value_string(v->make,
                               equals == SIZE_MAX ? BW_STR("") : bw_str_from(text, equals + 1)),
               entry.place));
    }
    if (env.kind == BW_VALUE_UNKNOWN)
        v->view.env = env;
}

static void view_resources(struct viewing *v)
{
    struct bw_value resources = get(v->linux_part, "resources"), cpu = get(resources, "cpu");
    struct bw_value quota = get(cpu, "quota"), period = get(cpu, "period");
    if (quota.kind == BW_VALUE_INT && period.kind == BW_VALUE_INT && period.i > 0)
        quota = at(bw_value_double((double)quota.i / (double)period.i), quota.place);
    else if (quota.kind == BW_VALUE_INT)
        quota = at(bw_value_double((double)quota.i / 100000), quota.place);
    bw_docker_view_resources(v->make, &v->view, true,
                             bw_value_at(resources, "memory", "limit", NULL), quota);
    bw_docker_view_resources(v->make, &v->view, false,
                             bw_value_at(resources, "memory", "reservation", NULL),
                             (struct bw_value){0});
}

static void view_sysctls(struct viewing *v)
{
    struct bw_value map = get(v->linux_part, "sysctl");
    struct bw_value list = at(bw_value_list(v->make, bw_value_count(map)), map.place);
    for (uint32_t i = 0; map.kind == BW_VALUE_MAP && i < map.map->n; i++) {
        struct bw_value entry = at(bw_value_map(v->make, 2), map.map->v[i].value.place);
        bw_value_set(v->make, &entry, "name", map.map->v[i].key);
        bw_value_set(v->make, &entry, "value", map.map->v[i].value);
        bw_value_add(v->make, &list, entry);
    }
    if (map.kind == BW_VALUE_MAP)
        v->view.sysctls = list;
    else if (map.kind == BW_VALUE_UNKNOWN)
        v->view.sysctls = map;
}

static void view_names(struct viewing *v, struct bw_str name)
{
    static const char *const images[] = {"io.kubernetes.cri.image-name",
                                         "io.kubernetes.cri-o.ImageName",
                                         "org.opencontainers.image.ref.name"};
    struct bw_value annotations = get(v->spec, "annotations");
    v->view.annotations = annotations;
    v->view.hostname = get(v->spec, "hostname");
    v->view.name = bw_value_string(v->make, name);
    v->view.command = get(v->process, "args");
    v->view.working_dir = get(v->process, "cwd");
    for (size_t i = 0; i < BW_ARRAY_LEN(images); i++)
        if (v->view.image.kind == BW_VALUE_ABSENT)
            v->view.image = get(annotations, images[i]);
    if (v->view.image.kind == BW_VALUE_ABSENT && !v->here)
        v->view.image = missing(v, "the image that the root file system was made from", 0);
    else if (v->view.image.kind == BW_VALUE_ABSENT)
        v->view.image = bw_value_unknown(v->make, BW_UNKNOWN_INEXPRESSIBLE, INEXPRESSIBLE);
}

/* What the specification leaves out is not there at run time; only what a Pod has and a
 * specification has no words for is unknown. */
static void fill(struct viewing *v)
{
    struct bw_pod_view *view = &v->view;
    struct bw_value *const unspoken[] = {
        &view->restart_policy, &view->automount_token, &view->image_pull_policy,       &view->ports,
        &view->liveness_probe, &view->readiness_probe, &view->share_process_namespace,
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(unspoken); i++)
        *unspoken[i] = bw_value_unknown(v->make, BW_UNKNOWN_INEXPRESSIBLE, INEXPRESSIBLE);
}

/* The bundle's directory names it: "bundles/web/config.json" is "web". */
static struct bw_str name_of(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str directory = bw_str_take(path, slash == SIZE_MAX ? 0 : slash);
    struct bw_str name = bw_str_from(directory, bw_str_rfind(directory, '/') + 1);
    return name.n ? name : bw_str_from(path, slash + 1);
}

static void add_spec(struct bw_reading *reading, struct bw_value spec)
{
    struct viewing v = {.reading = reading,
                        .here = reading->request->here,
                        .make = &reading->make,
                        .spec = spec,
                        .process = get(spec, "process"),
                        .linux_part = get(spec, "linux")};
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .group = BW_STR(BW_OBJECT_GROUP),
                               .version = BW_STR("v1"),
                               .resource = BW_STR("ociruntimespecs"),
                               .kind = BW_STR("OCIRuntimeSpec"),
                               .name = name_of(reading->request->path),
                               .place = spec.place,
                               .value = spec};
    uint32_t index = bw_reading_object(reading, &object);
    view_user(&v);
    view_privileged(&v, view_capabilities(&v));
    view_confinement(&v);
    v.view.host_network = is_host(&v, "network");
    v.view.host_pid = is_host(&v, "pid");
    v.view.host_ipc = is_host(&v, "ipc");
    v.view.host_users = is_host(&v, "user");
    view_mounts(&v);
    view_environment(&v);
    view_resources(&v);
    view_sysctls(&v);
    view_names(&v, object.name);
    fill(&v);
    if (index != BW_OBJECT_NO_VIEW)
        bw_pod_view_add(reading, &v.view, index);
}

/* The system that a specification is for, where it is not Linux; else NULL. */
static const char *other_system(struct bw_value spec)
{
    static const char *const systems[] = {"freebsd", "solaris", "windows", "zos"};
    for (size_t i = 0; i < BW_ARRAY_LEN(systems); i++)
        if (bw_value_get(spec, bw_str(systems[i])).kind == BW_VALUE_MAP &&
            bw_value_get(spec, BW_STR("linux")).kind == BW_VALUE_ABSENT)
            return systems[i];
    return NULL;
}

/* Nobody looks for lines in what an engine wrote. */
static int read_bare(struct bw_reading *reading, struct bw_value *ret_root, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, reading->request->text, NULL, 0, err);
    return rc ? rc
              : bw_json_value_bare(reading, bw_json_root(doc), BW_JSON_DUPLICATES_DOUBTED, ret_root,
                                   err);
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    struct bw_field_check check = {.reading = reading,
                                   .who = "the OCI specification",
                                   .judge = "the runtime",
                                   .fold = true,
                                   .doubt_folded = true};
    struct bw_value root = {0};
    /* runc reads with Go's decoder, crun does not. */
    int rc = reading->request->here ? read_bare(reading, &root, err)
                                    : bw_json_value(reading, 0, reading->request->text,
                                                    BW_JSON_DUPLICATES_DOUBTED, &root, err);
    if (rc)
        return rc;
    if (root.kind != BW_VALUE_MAP)
        return bw_err_set(err, BW_EFORMAT, "no OCI runtime specification: not an object");
    const char *system = other_system(root);
    if (system)
        bw_reading_gap(reading, BW_GAP_BLOCKING, 0, BW_STR("the specification"),
                       "it is for %s: only those for Linux are judged", system);
    else
        add_spec(reading, bw_field_conform(&check, &bw_oci_spec, "", root));
    return 0;
}

static bool recognise(struct bw_str path, struct bw_str text)
{
    (void)path;
    return bw_json_has_key(text, "ociVersion") &&
           (bw_json_has_key(text, "process") || bw_json_has_key(text, "linux") ||
            bw_json_has_key(text, "root"));
}

const struct bw_reader bw_reader_oci_spec = {
    .name = "oci-spec",
    .what = "the runtime specification",
    .syntax = BW_SYNTAX_OCI_SPEC,
    .recognise = recognise,
    .read = read,
};
