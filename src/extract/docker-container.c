#include <stdio.h>

#include "extract/docker-fields.h"
#include "extract/docker-view.h"
#include "extract/document.h"
#include "extract/json-glance.h"
#include "extract/json-value.h"

#define NANO          1e9
#define DEFAULT_SHARE 100000 /* CpuPeriod where none is given, in microseconds */

/* A container on its way into a Pod. `points`: what its mounts became, known of one that exists. */
struct viewing {
    struct bw_reading *reading;
    struct bw_value_maker *make;
    struct bw_value config, host; /* the native value, and its HostConfig */
    struct bw_value points;
    bool inspected; /* the image's configuration has been merged in */
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

static struct bw_value slice(struct viewing *v, struct bw_str text, uint32_t place)
{
    return at(bw_value_string(v->make, text), place);
}

static struct bw_value missing(struct viewing *v, const char *why, uint32_t place)
{
    return at(bw_value_unknown(v->make, BW_UNKNOWN_MISSING, bw_str(why)), place);
}

/* --- mounts --- */

static void mount_elsewhere(struct viewing *v, struct bw_value unknown)
{
    struct bw_docker_mount mount = {.kind = BW_DOCKER_ELSEWHERE, .source = unknown};
    bw_docker_view_mount(v->make, &v->view, &mount);
}

/* Calls `add` for each element; of what is UNKNOWN the Pod has an UNKNOWN volume. */
static void each(struct viewing *v, struct bw_value list,
                 void (*add)(struct viewing *v, struct bw_value element))
{
    if (list.kind == BW_VALUE_UNKNOWN)
        mount_elsewhere(v, list);
    for (uint32_t i = 0; list.kind == BW_VALUE_LIST && i < list.list->n; i++)
        if (list.list->v[i].kind == BW_VALUE_UNKNOWN)
            mount_elsewhere(v, list.list->v[i]);
        else
            add(v, list.list->v[i]);
}

static void take_bind_option(struct viewing *v, struct bw_str option, uint32_t place,
                             struct bw_docker_mount *mount)
{
    static const char *const modes[] = {"shared", "rshared", "slave", "rslave"};
    if (bw_str_eq(option, BW_STR("ro")))
        mount->read_only = at(bw_value_bool(true), place);
    for (size_t i = 0; i < BW_ARRAY_LEN(modes); i++)
        if (bw_str_eq(option, bw_str(modes[i])))
            mount->propagation = slice(v, option, place);
}

/* "SOURCE:TARGET[:OPTION,...]"; a source that is no path is the name of a volume. */
static void add_bind(struct viewing *v, struct bw_value bind)
{
    struct bw_str rest = bw_value_text(bind), source, target = BW_STR(""), option;
    struct bw_docker_mount mount = {.kind = BW_DOCKER_VOLUME};
    if (!rest.n || !bw_str_split(&rest, ':', &source))
        return;
    if (rest.p)
        bw_str_split(&rest, ':', &target);
    if (bw_str_starts(source, BW_STR("/")))
        mount.kind = BW_DOCKER_BIND;
    mount.source = slice(v, source, bind.place);
    mount.target = slice(v, target, bind.place);
    while (rest.p && bw_str_split(&rest, ',', &option))
        take_bind_option(v, option, bind.place, &mount);
    bw_docker_view_mount(v->make, &v->view, &mount);
}

/* A volume made on the spot may be a directory or a disk of the host in disguise. */
static void follow_driver(struct bw_value options, struct bw_docker_mount *mount)
{
    struct bw_value driver = get(get(options, "DriverConfig"), "Name");
    struct bw_value device = get(get(get(options, "DriverConfig"), "Options"), "device");
    bool local = !bw_value_text(driver).n || bw_value_is(driver, "local");
    if (local && bw_str_starts(bw_value_text(device), BW_STR("/"))) {
        mount->kind = BW_DOCKER_BIND;
        mount->source = device;
    }
}

static void add_mount(struct viewing *v, struct bw_value value)
{
    struct bw_value type = get(value, "Type"), source = get(value, "Source");
    struct bw_docker_mount mount = {
        .kind = BW_DOCKER_VOLUME,
        .source = source,
        .target = get(value, "Target"),
        .read_only = get(value, "ReadOnly"),
        .propagation = bw_value_at(value, "BindOptions", "Propagation", NULL),
    };
    if (type.kind == BW_VALUE_UNKNOWN) {
        mount_elsewhere(v, type);
        return;
    }
    if (bw_value_is(type, "bind") || bw_value_is(type, "npipe"))
        mount.kind = BW_DOCKER_BIND;
    else if (bw_value_is(type, "tmpfs"))
        mount.kind = BW_DOCKER_TMPFS;
    else
        follow_driver(get(value, "VolumeOptions"), &mount);
    if (source.kind == BW_VALUE_STRING && !bw_value_text(source).n)
        mount.source = (struct bw_value){0};
    bw_docker_view_mount(v->make, &v->view, &mount);
}

/* What a mount has become, as `docker inspect` has it. */
static void add_point(struct viewing *v, struct bw_value point)
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
    bw_docker_view_mount(v->make, &v->view, &mount);
}

static void add_volumes_from(struct viewing *v, struct bw_value from)
{
    mount_elsewhere(v, missing(v, "the volumes of another container", from.place));
}

/* Targets are the keys. */
static void add_targets(struct viewing *v, struct bw_value map, enum bw_docker_mount_kind kind)
{
    for (uint32_t i = 0; map.kind == BW_VALUE_MAP && i < map.map->n; i++) {
        struct bw_docker_mount mount = {.kind = kind, .target = map.map->v[i].key};
        bw_docker_view_mount(v->make, &v->view, &mount);
    }
}

static void add_mounts(struct viewing *v)
{
    if (v->points.kind == BW_VALUE_LIST) {
        each(v, v->points, add_point);
    } else {
        each(v, get(v->host, "Binds"), add_bind);
        each(v, get(v->host, "Mounts"), add_mount);
        each(v, get(v->host, "VolumesFrom"), add_volumes_from);
        add_targets(v, get(v->config, "Volumes"), BW_DOCKER_VOLUME);
    }
    add_targets(v, get(v->host, "Tmpfs"), BW_DOCKER_TMPFS);
}

/* --- ports, environment, resources --- */

/* The number at the front of "8080" or of a range; UNKNOWN where there is none. */
static struct bw_value port_number(struct viewing *v, struct bw_str text, uint32_t place)
{
    uint64_t port = 0;
    if (bw_str_to_u64(bw_str_take(text, bw_str_find(text, '-')), &port) && port > 0 &&
        port <= UINT16_MAX)
        return at(bw_value_int((int64_t)port), place);
    return missing(v, "Docker chooses the port", place);
}

/* "80/tcp" and where it is published; binding is ABSENT where it is not. */
static void add_port(struct viewing *v, struct bw_value key, struct bw_value binding)
{
    struct bw_str text = bw_value_text(key);
    size_t slash = bw_str_find(text, '/');
    struct bw_str protocol = slash == SIZE_MAX ? BW_STR("tcp") : bw_str_from(text, slash + 1);
    struct bw_value host_port = get(binding, "HostPort"), host_ip = get(binding, "HostIp");
    if (binding.kind != BW_VALUE_ABSENT && host_port.kind != BW_VALUE_UNKNOWN)
        host_port = port_number(v, bw_value_text(host_port), binding.place);
    if (host_ip.kind == BW_VALUE_STRING && !bw_value_text(host_ip).n)
        host_ip = (struct bw_value){0};
    bw_docker_view_port(v->make, &v->view, port_number(v, bw_str_take(text, slash), key.place),
                        slice(v, protocol, key.place), host_ip, host_port);
}

static void add_ports(struct viewing *v)
{
    struct bw_value bindings = get(v->host, "PortBindings"),
                    exposed = get(v->config, "ExposedPorts");
    bool all = bw_value_is_true(get(v->host, "PublishAllPorts"));
    struct bw_value somewhere = bw_value_map(v->make, 0);
    for (uint32_t i = 0; bindings.kind == BW_VALUE_MAP && i < bindings.map->n; i++) {
        struct bw_value key = bindings.map->v[i].key, list = bindings.map->v[i].value;
        if (!bw_value_count(list))
            add_port(v, key, list.kind == BW_VALUE_UNKNOWN ? list : at(somewhere, key.place));
        for (uint32_t k = 0; list.kind == BW_VALUE_LIST && k < list.list->n; k++)
            add_port(v, key, list.list->v[k]);
    }
    for (uint32_t i = 0; exposed.kind == BW_VALUE_MAP && i < exposed.map->n; i++) {
        struct bw_value key = exposed.map->v[i].key;
        if (!bw_value_member(bindings, key))
            add_port(v, key, all ? at(somewhere, key.place) : (struct bw_value){0});
    }
    if (bindings.kind == BW_VALUE_UNKNOWN)
        v->view.ports = bindings;
}

static void add_environment(struct viewing *v)
{
    struct bw_value env = get(v->config, "Env");
    for (uint32_t i = 0; env.kind == BW_VALUE_LIST && i < env.list->n; i++) {
        struct bw_value entry = env.list->v[i];
        struct bw_str text = bw_value_text(entry);
        size_t equals = bw_str_find(text, '=');
        if (equals != SIZE_MAX) /* a name alone takes a variable away */
            bw_docker_view_env(v->make, &v->view, slice(v, bw_str_take(text, equals), entry.place),
                               slice(v, bw_str_from(text, equals + 1), entry.place));
    }
    if (env.kind == BW_VALUE_UNKNOWN)
        v->view.env = env;
}

static struct bw_value cpus(struct viewing *v)
{
    struct bw_value nano = get(v->host, "NanoCpus"), quota = get(v->host, "CpuQuota");
    struct bw_value period = get(v->host, "CpuPeriod");
    if (nano.kind == BW_VALUE_UNKNOWN || (nano.kind == BW_VALUE_INT && nano.i > 0))
        return nano.kind == BW_VALUE_INT ? at(bw_value_double((double)nano.i / NANO), nano.place)
                                         : nano;
    if (quota.kind != BW_VALUE_INT)
        return quota;
    double share = period.kind == BW_VALUE_INT && period.i > 0 ? (double)period.i : DEFAULT_SHARE;
    return at(bw_value_double((double)quota.i / share), quota.place);
}

/* --- the view --- */

/* In a container that exists, what the image says is in the configuration: nothing there is
 * nothing. */
static void settle(struct viewing *v)
{
    struct bw_value test = get(get(v->config, "Healthcheck"), "Test");
    struct bw_value user = get(v->config, "User");
    if (!bw_value_count(test)) {
        v->view.liveness_probe = (struct bw_value){0};
        v->view.readiness_probe = (struct bw_value){0};
    }
    if (user.kind != BW_VALUE_UNKNOWN && !bw_value_text(user).n) {
        v->view.run_as_user = at(bw_value_int(0), user.place);
        v->view.run_as_group = at(bw_value_int(0), user.place);
        v->view.run_as_non_root = at(bw_value_bool(false), user.place);
    }
}

static void add_view(struct viewing *v, uint32_t of)
{
    struct bw_docker_container container = {
        .user = get(v->config, "User"),
        .privileged = get(v->host, "Privileged"),
        .read_only = get(v->host, "ReadonlyRootfs"),
        .cap_add = get(v->host, "CapAdd"),
        .cap_drop = get(v->host, "CapDrop"),
        .security_opt = get(v->host, "SecurityOpt"),
        .network_mode = get(v->host, "NetworkMode"),
        .pid_mode = get(v->host, "PidMode"),
        .ipc_mode = get(v->host, "IpcMode"),
        .userns_mode = get(v->host, "UsernsMode"),
        .group_add = get(v->host, "GroupAdd"),
        .sysctls = get(v->host, "Sysctls"),
        .restart = get(get(v->host, "RestartPolicy"), "Name"),
        .healthcheck = get(get(v->config, "Healthcheck"), "Test"),
        .masked_paths = get(v->host, "MaskedPaths"),
    };
    v->view.labels = get(v->config, "Labels");
    v->view.annotations = get(v->host, "Annotations");
    v->view.hostname = get(v->config, "Hostname");
    v->view.name = slice(v, v->reading->objects.v[of].name, get(v->config, "Name").place);
    v->view.image = get(v->config, "Image");
    v->view.command = get(v->config, "Entrypoint");
    v->view.args = get(v->config, "Cmd");
    v->view.working_dir = get(v->config, "WorkingDir");
    add_mounts(v);
    add_ports(v);
    add_environment(v);
    bw_docker_view_resources(v->make, &v->view, true, get(v->host, "Memory"), cpus(v));
    bw_docker_view_resources(v->make, &v->view, false, get(v->host, "MemoryReservation"),
                             (struct bw_value){0});
    bw_docker_view(v->make, &container, &v->view);
    if (v->inspected)
        settle(v);
    bw_pod_view_add(v->reading, &v->view, of);
}

/* --- the native value --- */

/* `docker inspect` in the shape of a body: Config's members beside HostConfig. */
static struct bw_value as_body(struct bw_value_maker *make, struct bw_value inspected)
{
    struct bw_value config = get(inspected, "Config"), name = get(inspected, "Name");
    struct bw_value networks = get(get(inspected, "NetworkSettings"), "Networks");
    struct bw_value body = bw_value_map(make, bw_value_count(config) + 8);
    for (uint32_t i = 0; config.kind == BW_VALUE_MAP && i < config.map->n; i++)
        bw_value_put(make, &body, config.map->v[i].key, config.map->v[i].value);
    bw_value_set(make, &body, "HostConfig", get(inspected, "HostConfig"));
    if (networks.kind == BW_VALUE_MAP) {
        struct bw_value networking = at(bw_value_map(make, 1), networks.place);
        bw_value_set(make, &networking, "EndpointsConfig", networks);
        bw_value_set(make, &body, "NetworkingConfig", networking);
    }
    if (bw_str_starts(bw_value_text(name), BW_STR("/")))
        name = at(bw_value_string(make, bw_str_from(bw_value_text(name), 1)), name.place);
    bw_value_set(make, &body, "Name", name);
    bw_value_set(make, &body, "Id", get(inspected, "Id"));
    bw_value_set(make, &body, "ImageID", get(inspected, "Image"));
    bw_value_set(make, &body, "MountPoints", get(inspected, "Mounts"));
    return at(body, inspected.place);
}

static void add_container(struct bw_field_check *check, struct bw_value value, bool inspected)
{
    struct bw_reading *reading = check->reading;
    struct bw_str path = reading->request->path;
    struct viewing v = {.reading = reading, .make = &reading->make, .inspected = inspected};
    reading->syntax = inspected ? BW_SYNTAX_DOCKER_INSPECT : BW_SYNTAX_DOCKER_CREATE;
    v.config =
        bw_field_conform(check, inspected ? &bw_docker_inspect : &bw_docker_create, "", value);
    if (inspected)
        v.config = as_body(v.make, v.config);
    v.host = get(v.config, "HostConfig");
    v.points = get(v.config, "MountPoints");
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .group = BW_STR(BW_OBJECT_GROUP),
                               .version = BW_STR("v1"),
                               .resource = BW_STR("dockercontainers"),
                               .kind = BW_STR("DockerContainer"),
                               .name = bw_value_text(get(v.config, "Name")),
                               .place = value.place,
                               .value = v.config};
    if (!object.name.n)
        object.name = bw_str_from(path, bw_str_rfind(path, '/') + 1);
    uint32_t index = bw_reading_object(reading, &object);
    if (index != BW_OBJECT_NO_VIEW)
        add_view(&v, index);
}

/* --- the reader --- */

/* A body has no id: only a container that exists has one. */
static bool is_inspected(struct bw_value value)
{
    return get(value, "Id").kind == BW_VALUE_STRING && get(value, "Config").kind == BW_VALUE_MAP &&
           get(value, "HostConfig").kind != BW_VALUE_ABSENT;
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    struct bw_field_check check = {
        .reading = reading, .who = "Docker", .judge = "the daemon", .fold = true};
    struct bw_value root = {0};
    unsigned others = 0;
    int rc =
        bw_json_value(reading, 0, reading->request->text, BW_JSON_DUPLICATES_MERGED, &root, err);
    if (rc)
        return rc;
    if (root.kind == BW_VALUE_MAP)
        add_container(&check, root, is_inspected(root));
    for (uint32_t i = 0; root.kind == BW_VALUE_LIST && i < root.list->n; i++)
        if (is_inspected(root.list->v[i]))
            add_container(&check, root.list->v[i], true);
        else
            others++;
    if (!reading->objects.n && !others)
        return bw_err_set(err, BW_EFORMAT, "no container in it");
    if (others)
        bw_reading_gap(reading, BW_GAP_NOTE, 0, BW_STR("what is no container"),
                       "%u of the objects, passed over", others);
    return 0;
}

static bool recognise(struct bw_str path, struct bw_str text)
{
    static const char *const hints[] = {"Cmd", "Entrypoint", "Env", "User", "NetworkingConfig"};
    (void)path;
    if (bw_json_has_key(text, "apiVersion") || bw_json_has_key(text, "ociVersion") ||
        bw_json_has_key(text, "rootfs"))
        return false;
    if (bw_json_has_key(text, "HostConfig"))
        return true;
    bool body = false;
    for (size_t i = 0; i < BW_ARRAY_LEN(hints) && !body; i++)
        body = bw_json_has_key(text, hints[i]);
    return body && bw_json_has_key(text, "Image");
}

const struct bw_reader bw_reader_docker_container = {
    .name = "docker-container",
    .what = "the container's configuration",
    .syntax = BW_SYNTAX_DOCKER_CREATE,
    .recognise = recognise,
    .read = read,
};
