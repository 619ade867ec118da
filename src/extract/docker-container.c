#include "extract/docker-container.h"

#include "extract/docker-fields.h"
#include "extract/docker-mount.h"
#include "extract/docker-view.h"
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
    const struct bw_docker_source *source;
    struct bw_value image; /* its configuration: a MAP where it is known */
    bool settled;          /* what the image says is in `config`, or in `image` */
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

static void add_mounts(struct viewing *v)
{
    struct bw_docker_mounts mounts = {.reading = v->reading,
                                      .follow = v->source->follow,
                                      .view = &v->view,
                                      .volume_driver = get(v->host, "VolumeDriver")};
    if (v->points.kind == BW_VALUE_LIST) {
        bw_docker_mount_points(&mounts, v->points);
    } else {
        bw_docker_mount_binds(&mounts, get(v->host, "Binds"));
        bw_docker_mount_mounts(&mounts, get(v->host, "Mounts"));
        bw_docker_mount_volumes_from(&mounts, get(v->host, "VolumesFrom"));
        bw_docker_mount_targets(&mounts, get(v->config, "Volumes"), BW_DOCKER_VOLUME);
        bw_docker_mount_targets(&mounts, get(v->image, "Volumes"), BW_DOCKER_VOLUME);
    }
    bw_docker_mount_targets(&mounts, get(v->host, "Tmpfs"), BW_DOCKER_TMPFS);
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

/* What the container says, else its image. */
static struct bw_value effective(struct viewing *v, const char *name)
{
    struct bw_value own = get(v->config, name);
    bool empty = own.kind == BW_VALUE_ABSENT ||
                 (own.kind == BW_VALUE_STRING && !bw_value_text(own).n) ||
                 (own.kind == BW_VALUE_LIST && !own.list->n);
    return empty && v->image.kind == BW_VALUE_MAP ? get(v->image, name) : own;
}

static struct bw_value test_of(struct viewing *v)
{
    struct bw_value test = get(get(v->config, "Healthcheck"), "Test");
    return bw_value_count(test) || test.kind == BW_VALUE_UNKNOWN || v->image.kind != BW_VALUE_MAP
               ? test
               : get(get(v->image, "Healthcheck"), "Test");
}

/* Where all is known that the image says, nothing there is nothing. */
static void settle(struct viewing *v)
{
    struct bw_value user = effective(v, "User");
    if (!bw_value_count(test_of(v))) {
        v->view.liveness_probe = (struct bw_value){0};
        v->view.readiness_probe = (struct bw_value){0};
    }
    if (user.kind != BW_VALUE_UNKNOWN && !bw_value_text(user).n) {
        v->view.run_as_user = at(bw_value_int(0), user.place);
        v->view.run_as_group = at(bw_value_int(0), user.place);
        v->view.run_as_non_root = at(bw_value_bool(false), user.place);
    }
}

/* No container comes of an image that there is not: the daemon refuses it, and what it would have
 * said is nobody's loss. A client pulls it then and asks again. */
static void without_image(struct viewing *v)
{
    struct bw_value none = bw_value_unknown(v->make, BW_UNKNOWN_INEXPRESSIBLE,
                                            BW_STR("there is no such image: nothing starts"));
    struct bw_value *const fields[] = {&v->view.run_as_user, &v->view.run_as_group,
                                       &v->view.run_as_non_root, &v->view.liveness_probe,
                                       &v->view.readiness_probe};
    for (size_t i = 0; i < BW_ARRAY_LEN(fields); i++)
        if (fields[i]->kind == BW_VALUE_UNKNOWN)
            *fields[i] = none;
}

/* Asks for the image of a container to be. True where there is one, or nobody was asked. */
static bool ask_image(struct viewing *v)
{
    struct bw_str name = bw_value_text(get(v->config, "Image"));
    struct bw_value image = {0};
    if (!v->source->follow || v->source->form == BW_DOCKER_INSPECTED || !name.n)
        return true;
    image = bw_docker_ask(v->source->follow, BW_DOCKER_THING_IMAGE, name);
    v->image = get(image, "Config");
    v->settled = image.kind == BW_VALUE_MAP;
    return image.kind != BW_VALUE_ABSENT;
}

static struct bw_value mode(struct viewing *v, const char *field)
{
    struct bw_value value = get(v->host, field);
    return v->source->follow ? bw_docker_lent_mode(v->source->follow, field, value) : value;
}

static void add_view(struct viewing *v, uint32_t of)
{
    bool image = ask_image(v);
    struct bw_docker_container container = {
        .user = effective(v, "User"),
        .privileged = get(v->host, "Privileged"),
        .read_only = get(v->host, "ReadonlyRootfs"),
        .cap_add = get(v->host, "CapAdd"),
        .cap_drop = get(v->host, "CapDrop"),
        .security_opt = get(v->host, "SecurityOpt"),
        .network_mode = mode(v, "NetworkMode"),
        .pid_mode = mode(v, "PidMode"),
        .ipc_mode = mode(v, "IpcMode"),
        .userns_mode = get(v->host, "UsernsMode"),
        .group_add = get(v->host, "GroupAdd"),
        .sysctls = get(v->host, "Sysctls"),
        .restart = get(get(v->host, "RestartPolicy"), "Name"),
        .healthcheck = test_of(v),
        .masked_paths = get(v->host, "MaskedPaths"),
    };
    v->view.labels = get(v->config, "Labels");
    v->view.annotations = get(v->host, "Annotations");
    v->view.hostname = get(v->config, "Hostname");
    v->view.name = slice(v, v->reading->objects.v[of].name, get(v->config, "Name").place);
    v->view.image = get(v->config, "Image");
    v->view.command = effective(v, "Entrypoint");
    v->view.args = effective(v, "Cmd");
    v->view.working_dir = effective(v, "WorkingDir");
    add_mounts(v);
    add_ports(v);
    add_environment(v);
    bw_docker_view_resources(v->make, &v->view, true, get(v->host, "Memory"), cpus(v));
    bw_docker_view_resources(v->make, &v->view, false, get(v->host, "MemoryReservation"),
                             (struct bw_value){0});
    bw_docker_view(v->make, &container, &v->view);
    if (v->settled)
        settle(v);
    if (!image)
        without_image(v);
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

void bw_docker_container_add(struct bw_reading *reading, const struct bw_docker_source *source,
                             struct bw_value value)
{
    struct bw_field_check check = {
        .reading = reading, .who = "Docker", .judge = "the daemon", .fold = true};
    bool inspected = source->form == BW_DOCKER_INSPECTED;
    struct viewing v = {
        .reading = reading, .make = &reading->make, .source = source, .settled = inspected};
    v.config =
        bw_field_conform(&check, inspected ? &bw_docker_inspect : &bw_docker_create, "", value);
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
        object.name = source->name;
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

static void add(struct bw_reading *reading, struct bw_value value, bool inspected)
{
    struct bw_str path = reading->request->path;
    struct bw_docker_source source = {.form = inspected ? BW_DOCKER_INSPECTED : BW_DOCKER_BODY,
                                      .name = bw_str_from(path, bw_str_rfind(path, '/') + 1)};
    reading->syntax = inspected ? BW_SYNTAX_DOCKER_INSPECT : BW_SYNTAX_DOCKER_CREATE;
    bw_docker_container_add(reading, &source, value);
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    struct bw_value root = {0};
    unsigned others = 0;
    int rc =
        bw_json_value(reading, 0, reading->request->text, BW_JSON_DUPLICATES_MERGED, &root, err);
    if (rc)
        return rc;
    if (root.kind == BW_VALUE_MAP)
        add(reading, root, is_inspected(root));
    for (uint32_t i = 0; root.kind == BW_VALUE_LIST && i < root.list->n; i++)
        if (is_inspected(root.list->v[i]))
            add(reading, root.list->v[i], true);
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
