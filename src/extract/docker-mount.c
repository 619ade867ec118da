#include "extract/docker-mount.h"

#include "extract/host-path.h"

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

static struct bw_value at(struct bw_value value, uint32_t place)
{
    value.place = place;
    return value;
}

static struct bw_value slice(struct bw_docker_mounts *mounts, struct bw_str text, uint32_t place)
{
    return at(bw_value_string(&mounts->reading->make, text), place);
}

static void add(struct bw_docker_mounts *mounts, struct bw_docker_mount *mount)
{
    if (mounts->read_only)
        mount->read_only = bw_value_bool(true);
    bw_docker_view_mount(&mounts->reading->make, mounts->view, mount);
}

static void elsewhere(struct bw_docker_mounts *mounts, struct bw_value unknown)
{
    struct bw_docker_mount mount = {.kind = BW_DOCKER_ELSEWHERE, .source = unknown};
    add(mounts, &mount);
}

/* Calls `one` for each element; of what is UNKNOWN the Pod has an UNKNOWN volume. */
static void each(struct bw_docker_mounts *mounts, struct bw_value list,
                 void (*one)(struct bw_docker_mounts *mounts, struct bw_value element))
{
    if (list.kind == BW_VALUE_UNKNOWN)
        elsewhere(mounts, list);
    for (uint32_t i = 0; list.kind == BW_VALUE_LIST && i < list.list->n; i++)
        if (list.list->v[i].kind == BW_VALUE_UNKNOWN)
            elsewhere(mounts, list.list->v[i]);
        else
            one(mounts, list.list->v[i]);
}

/* --- volumes of the driver "local" --- */

static bool has_option(struct bw_str options, const char *name)
{
    struct bw_str option;
    while (bw_str_split(&options, ',', &option))
        if (bw_str_eq(option, bw_str(name)))
            return true;
    return false;
}

/* A relative path begins where the daemon stands: at the root. */
static void add_source(struct bw_value_maker *make, struct bw_value *list, struct bw_str path,
                       uint32_t place)
{
    struct bw_value value;
    if (bw_str_starts(path, BW_STR("/")))
        value = bw_value_string(make, path);
    else
        value = bw_value_string(make, bw_arena_printf(make->arena, "/%" BW_STR_F, BW_STR_A(path)));
    bw_value_add(make, list, at(value, place));
}

/* lowerdir=A:B,upperdir=C,workdir=D, or lowerdir+=A,lowerdir+=B,datadir+=C since Linux 6.8 */
static void add_layers(struct bw_value_maker *make, struct bw_value *list, struct bw_value options)
{
    struct bw_str rest = bw_value_text(options), option, path;
    while (bw_str_split(&rest, ',', &option)) {
        size_t equals = bw_str_find(option, '=');
        struct bw_str paths = equals == SIZE_MAX ? BW_STR("") : bw_str_from(option, equals + 1);
        if (bw_str_find_str(bw_str_take(option, equals), BW_STR("dir")) == SIZE_MAX)
            continue;
        while (bw_str_split(&paths, ':', &path))
            if (path.n)
                add_source(make, list, path, options.place);
    }
}

/* What a file system of the kernel's shows of the host; "" for those that hold nothing of it: in
 * memory, or of another machine. NULL for one whose device matters. */
static const char *kernel_path(struct bw_str type)
{
    static const char *const table[][2] = {
        {"proc", "/proc"},
        {"sysfs", "/sys"},
        {"cgroup", "/sys/fs/cgroup"},
        {"cgroup2", "/sys/fs/cgroup"},
        {"devtmpfs", "/dev"},
        {"devpts", "/dev/pts"},
        {"mqueue", "/dev/mqueue"},
        {"debugfs", "/sys/kernel/debug"},
        {"tracefs", "/sys/kernel/tracing"},
        {"securityfs", "/sys/kernel/security"},
        {"selinuxfs", "/sys/fs/selinux"},
        {"configfs", "/sys/kernel/config"},
        {"efivarfs", "/sys/firmware/efi/efivars"},
        {"bpf", "/sys/fs/bpf"},
        {"pstore", "/sys/fs/pstore"},
        {"binfmt_misc", "/proc/sys/fs/binfmt_misc"},
        {"tmpfs", ""},
        {"ramfs", ""},
        {"nfs", ""},
        {"nfs4", ""},
        {"cifs", ""},
        {"smb3", ""},
        {"ceph", ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        if (bw_str_eq(type, bw_str(table[i][0])))
            return table[i][1];
    return NULL;
}

static struct bw_value sources_of(struct bw_value_maker *make, struct bw_value type,
                                  struct bw_value options, struct bw_value device)
{
    const char *kernel = kernel_path(bw_value_text(type));
    struct bw_str words = bw_value_text(options);
    bool bind = has_option(words, "bind") || has_option(words, "rbind");
    struct bw_value list = bw_value_list(make, 1);
    if (!bind && bw_value_is(type, "overlay"))
        add_layers(make, &list, options);
    if (bw_value_count(list))
        return list;
    if (!bind && kernel && kernel[0])
        add_source(make, &list, bw_str(kernel), type.place);
    else if (!bind && kernel)
        return (struct bw_value){0};
    else if (bind || bw_value_text(device).n || bw_value_text(type).n)
        add_source(make, &list, bw_value_text(device), device.place);
    return bw_value_count(list) ? list : (struct bw_value){0};
}

struct bw_value bw_docker_volume_sources(struct bw_value_maker *make, struct bw_value driver,
                                         struct bw_value options)
{
    struct bw_value parts[] = {get(options, "type"), get(options, "o"), get(options, "device")};
    if (driver.kind == BW_VALUE_UNKNOWN)
        return driver;
    if (bw_value_text(driver).n && !bw_value_is(driver, "local"))
        return (struct bw_value){0};
    for (size_t i = 0; i < BW_ARRAY_LEN(parts); i++)
        if (parts[i].kind == BW_VALUE_UNKNOWN)
            return parts[i];
    return sources_of(make, parts[0], parts[1], parts[2]);
}

/* Adds a volume for what it is. */
static void add_volume(struct bw_docker_mounts *mounts, const struct bw_docker_mount *mount,
                       struct bw_value driver, struct bw_value options)
{
    struct bw_value sources = bw_docker_volume_sources(&mounts->reading->make, driver, options);
    struct bw_docker_mount each = *mount;
    each.kind = BW_DOCKER_BIND;
    for (uint32_t i = 0; sources.kind == BW_VALUE_LIST && i < sources.list->n; i++) {
        each.source = sources.list->v[i];
        add(mounts, &each);
    }
    if (sources.kind == BW_VALUE_UNKNOWN)
        elsewhere(mounts, sources);
    if (sources.kind == BW_VALUE_ABSENT) {
        each = *mount;
        add(mounts, &each);
    }
}

/* A volume by name: the one that exists, and the one that is made with these options where it is
 * removed in the meantime. */
static void add_named(struct bw_docker_mounts *mounts, const struct bw_docker_mount *mount,
                      struct bw_value driver, struct bw_value options)
{
    struct bw_value volume = {0};
    if (mounts->follow && mount->source.kind == BW_VALUE_STRING)
        volume =
            bw_docker_ask(mounts->follow, BW_DOCKER_THING_VOLUME, bw_value_text(mount->source));
    if (volume.kind == BW_VALUE_UNKNOWN)
        elsewhere(mounts, at(volume, mount->source.place));
    if (volume.kind == BW_VALUE_MAP)
        add_volume(mounts, mount, get(volume, "Driver"), get(volume, "Options"));
    if (volume.kind != BW_VALUE_MAP || bw_value_count(options))
        add_volume(mounts, mount, driver, options);
}

/* --- Binds --- */

static void take_option(struct bw_docker_mounts *mounts, struct bw_str option, uint32_t place,
                        struct bw_docker_mount *mount)
{
    static const char *const modes[] = {"shared", "rshared", "slave", "rslave"};
    if (bw_str_eq(option, BW_STR("ro")))
        mount->read_only = at(bw_value_bool(true), place);
    for (size_t i = 0; i < BW_ARRAY_LEN(modes); i++)
        if (bw_str_eq(option, bw_str(modes[i])))
            mount->propagation = slice(mounts, option, place);
}

/* "SOURCE:TARGET[:OPTION,...]", or "TARGET" for a volume without a name; a source that is no path
 * is the name of a volume. */
static void add_bind(struct bw_docker_mounts *mounts, struct bw_value bind)
{
    struct bw_str rest = bw_value_text(bind), source, target = BW_STR(""), option;
    struct bw_docker_mount mount = {.kind = BW_DOCKER_VOLUME};
    if (!rest.n || !bw_str_split(&rest, ':', &source))
        return;
    bool named = rest.p && bw_str_split(&rest, ':', &target);
    mount.target = slice(mounts, named ? target : source, bind.place);
    while (rest.p && bw_str_split(&rest, ',', &option))
        take_option(mounts, option, bind.place, &mount);
    if (named)
        mount.source = slice(mounts, source, bind.place);
    if (named && bw_str_starts(source, BW_STR("/")))
        mount.kind = BW_DOCKER_BIND;
    if (mount.kind == BW_DOCKER_BIND)
        add(mounts, &mount);
    else
        add_named(mounts, &mount, mounts->volume_driver, (struct bw_value){0});
}

void bw_docker_mount_binds(struct bw_docker_mounts *mounts, struct bw_value binds)
{
    each(mounts, binds, add_bind);
}

/* --- Mounts --- */

static void add_mount(struct bw_docker_mounts *mounts, struct bw_value value)
{
    struct bw_value type = get(value, "Type"), source = get(value, "Source");
    struct bw_value driver = bw_value_at(value, "VolumeOptions", "DriverConfig", NULL);
    struct bw_docker_mount mount = {
        .kind = BW_DOCKER_VOLUME,
        .source = source,
        .target = get(value, "Target"),
        .read_only = get(value, "ReadOnly"),
        .propagation = bw_value_at(value, "BindOptions", "Propagation", NULL),
    };
    if (type.kind == BW_VALUE_UNKNOWN) {
        elsewhere(mounts, type);
        return;
    }
    if (source.kind == BW_VALUE_STRING && !bw_value_text(source).n)
        mount.source = (struct bw_value){0};
    if (bw_value_is(type, "bind") || bw_value_is(type, "npipe"))
        mount.kind = BW_DOCKER_BIND;
    else if (bw_value_is(type, "tmpfs"))
        mount.kind = BW_DOCKER_TMPFS;
    if (mount.kind != BW_DOCKER_VOLUME || bw_value_is(type, "image") ||
        bw_value_is(type, "cluster"))
        add(mounts, &mount);
    else
        add_named(mounts, &mount, get(driver, "Name"), get(driver, "Options"));
}

void bw_docker_mount_mounts(struct bw_docker_mounts *mounts, struct bw_value list)
{
    each(mounts, list, add_mount);
}

/* --- what others have --- */

/* What a mount has become, as `docker inspect` has it. */
static void add_point(struct bw_docker_mounts *mounts, struct bw_value point)
{
    struct bw_value type = get(point, "Type"), writable = get(point, "RW");
    struct bw_docker_mount mount = {
        .kind = BW_DOCKER_VOLUME,
        .source = get(point, "Name"),
        .target = get(point, "Destination"),
        .propagation = get(point, "Propagation"),
    };
    if (bw_value_is(type, "bind") || bw_value_is(type, "npipe")) {
        mount.kind = BW_DOCKER_BIND;
        mount.source = get(point, "Source");
    } else if (bw_value_is(type, "tmpfs")) {
        mount.kind = BW_DOCKER_TMPFS;
    }
    if (writable.kind == BW_VALUE_BOOL)
        mount.read_only = at(bw_value_bool(!writable.u), writable.place);
    if (bw_value_is(type, "volume") && bw_value_text(mount.source).n)
        add_named(mounts, &mount, get(point, "Driver"), (struct bw_value){0});
    else
        add(mounts, &mount);
}

void bw_docker_mount_points(struct bw_docker_mounts *mounts, struct bw_value points)
{
    each(mounts, points, add_point);
}

/* "NAME[:MODE]" */
static void add_volumes_from(struct bw_docker_mounts *mounts, struct bw_value from)
{
    struct bw_str mode = bw_value_text(from), name = BW_STR("");
    struct bw_docker_mounts lent = *mounts;
    struct bw_value lender = {0};
    (void)bw_str_split(&mode, ':', &name);
    if (mounts->follow)
        lender = bw_docker_ask(mounts->follow, BW_DOCKER_THING_CONTAINER, name);
    if (lender.kind != BW_VALUE_MAP) {
        struct bw_value unknown = bw_value_unknown(&mounts->reading->make, BW_UNKNOWN_MISSING,
                                                   BW_STR("the volumes of another container"));
        elsewhere(mounts, at(unknown, from.place));
        return;
    }
    lent.read_only |= has_option(mode, "ro");
    bw_docker_mount_points(&lent, get(lender, "Mounts"));
}

void bw_docker_mount_volumes_from(struct bw_docker_mounts *mounts, struct bw_value list)
{
    each(mounts, list, add_volumes_from);
}

void bw_docker_mount_targets(struct bw_docker_mounts *mounts, struct bw_value map,
                             enum bw_docker_mount_kind kind)
{
    for (uint32_t i = 0; map.kind == BW_VALUE_MAP && i < map.map->n; i++) {
        struct bw_docker_mount mount = {.kind = kind, .target = map.map->v[i].key};
        add(mounts, &mount);
    }
}
