#include "extract/compose-view.h"

#include "extract/docker-view.h"

struct viewing {
    struct bw_compose *compose;
    struct bw_value_maker *make;
    struct bw_value project, service;
    struct bw_pod_view view;
    unsigned lenders; /* looked at so far */
};

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

/* Of that kind or UNKNOWN, else ABSENT. */
static struct bw_value get_kind(struct bw_value map, const char *name, enum bw_value_kind kind)
{
    struct bw_value value = get(map, name);
    return value.kind == kind || value.kind == BW_VALUE_UNKNOWN ? value : (struct bw_value){0};
}

static struct bw_value element(struct bw_value list, uint32_t i)
{
    return bw_value_index(list, i);
}

static struct bw_value other_service(const struct viewing *v, struct bw_str name)
{
    struct bw_value service = bw_value_get(get(v->project, "services"), name);
    return service.kind == BW_VALUE_MAP ? service : (struct bw_value){0};
}

/* --- mounts --- */

/* A volume that the project declares may be a directory of the host in disguise. */
static void follow_volume(struct viewing *v, struct bw_docker_mount *mount)
{
    struct bw_value volume = bw_value_get(get(v->project, "volumes"), bw_value_text(mount->source));
    struct bw_str driver = bw_value_text(get(volume, "driver"));
    struct bw_value options = get(volume, "driver_opts"), device = get(options, "device");
    struct bw_str rest = bw_value_text(get(options, "o")), option;
    if (driver.n && !bw_str_eq(driver, BW_STR("local")))
        return;
    if (bw_value_is(get(options, "type"), "tmpfs"))
        mount->kind = BW_DOCKER_TMPFS;
    while (rest.n && bw_str_split(&rest, ',', &option))
        if ((bw_str_eq(option, BW_STR("bind")) || bw_str_eq(option, BW_STR("rbind"))) &&
            device.kind != BW_VALUE_ABSENT) {
            mount->kind = BW_DOCKER_BIND;
            mount->source = device;
        }
}

static void add_mount(struct viewing *v, struct bw_value value, bool read_only)
{
    struct bw_value type = get(value, "type");
    struct bw_docker_mount mount = {
        .kind = BW_DOCKER_VOLUME,
        .source = get(value, "source"),
        .target = get(value, "target"),
        .read_only = get(value, "read_only"),
        .propagation = bw_value_at(value, "bind", "propagation", NULL),
    };
    if (read_only)
        mount.read_only = bw_value_bool(true);
    if (value.kind != BW_VALUE_MAP || type.kind == BW_VALUE_UNKNOWN) {
        mount.kind = BW_DOCKER_ELSEWHERE;
        mount.source = type.kind == BW_VALUE_UNKNOWN ? type : value;
    } else if (bw_value_is(type, "bind") || bw_value_is(type, "npipe")) {
        mount.kind = BW_DOCKER_BIND;
    } else if (bw_value_is(type, "tmpfs")) {
        mount.kind = BW_DOCKER_TMPFS;
    } else {
        follow_volume(v, &mount);
    }
    bw_docker_view_mount(v->make, &v->view, &mount);
}

/* "SERVICE[:ro]" or "container:NAME[:ro]". */
static void add_lent(struct viewing *v, struct bw_value entry, unsigned depth);

static void add_volumes(struct viewing *v, struct bw_value service, bool read_only, unsigned depth)
{
    struct bw_value volumes = get(service, "volumes"), from = get(service, "volumes_from");
    if (volumes.kind == BW_VALUE_UNKNOWN)
        add_mount(v, volumes, read_only);
    for (uint32_t i = 0; volumes.kind == BW_VALUE_LIST && i < volumes.list->n; i++)
        add_mount(v, element(volumes, i), read_only);
    for (uint32_t i = 0; from.kind == BW_VALUE_LIST && i < from.list->n; i++)
        add_lent(v, element(from, i), depth);
}

static void add_lent(struct viewing *v, struct bw_value entry, unsigned depth)
{
    struct bw_str text = bw_value_text(entry);
    size_t colon = bw_str_find(text, ':');
    struct bw_value service = other_service(v, bw_str_take(text, colon));
    bool read_only = bw_str_ends(text, BW_STR(":ro"));
    if (v->lenders++ > BW_COMPOSE_LENDERS_MAX)
        return; /* the one before this has left it open */
    if (depth && v->lenders <= BW_COMPOSE_LENDERS_MAX && service.kind == BW_VALUE_MAP)
        add_volumes(v, service, read_only, depth - 1);
    else
        add_mount(v,
                  bw_compose_unknown(v->compose, "volumes of a container that is not at hand",
                                     entry.place),
                  false);
}

static void add_files(struct viewing *v, const char *section, enum bw_docker_mount_kind kind)
{
    struct bw_value files = get(v->service, section);
    for (uint32_t i = 0; files.kind == BW_VALUE_LIST && i < files.list->n; i++) {
        struct bw_value file = element(files, i);
        struct bw_docker_mount mount = {.kind = kind,
                                        .source = get(file, "source"),
                                        .target = get(file, "target"),
                                        .read_only = bw_value_bool(true)};
        if (file.kind == BW_VALUE_MAP && mount.source.kind != BW_VALUE_ABSENT)
            bw_docker_view_mount(v->make, &v->view, &mount);
    }
}

static void mounts(struct viewing *v)
{
    struct bw_value tmpfs = get(v->service, "tmpfs"), socket = get(v->service, "use_api_socket");
    add_volumes(v, v->service, false, BW_COMPOSE_LENT_MAX);
    for (uint32_t i = 0; tmpfs.kind == BW_VALUE_LIST && i < tmpfs.list->n; i++) {
        struct bw_str path = bw_value_text(element(tmpfs, i));
        struct bw_docker_mount mount = {.kind = BW_DOCKER_TMPFS, .target = element(tmpfs, i)};
        if (path.p)
            mount.target = bw_compose_string(v->compose, bw_str_take(path, bw_str_find(path, ':')),
                                             mount.target.place);
        bw_docker_view_mount(v->make, &v->view, &mount);
    }
    add_files(v, "secrets", BW_DOCKER_SECRET);
    add_files(v, "configs", BW_DOCKER_CONFIG);
    if (bw_value_is_true(socket)) {
        struct bw_value path =
            bw_compose_string(v->compose, BW_STR("/var/run/docker.sock"), socket.place);
        struct bw_docker_mount mount = {.kind = BW_DOCKER_BIND, .source = path, .target = path};
        bw_docker_view_mount(v->make, &v->view, &mount);
    }
}

/* --- ports and variables --- */

/* A port of the host: a number, the first of a range, or one that Docker chooses. */
static struct bw_value host_port(struct viewing *v, struct bw_value published, uint32_t place)
{
    struct bw_str text = bw_value_text(published);
    uint64_t number = 0;
    if (published.kind == BW_VALUE_UNKNOWN)
        return published;
    if (!bw_str_to_u64(bw_str_take(text, bw_str_find(text, '-')), &number) || !number)
        return bw_compose_unknown(v->compose, "a port that Docker chooses", place);
    struct bw_value port = bw_value_int((int64_t)(number > UINT16_MAX ? 0 : number));
    port.place = published.place;
    return port;
}

static void ports(struct viewing *v)
{
    struct bw_value list = get(v->service, "ports"), exposed = get(v->service, "expose");
    if (list.kind == BW_VALUE_UNKNOWN)
        v->view.ports = list;
    for (uint32_t i = 0; list.kind == BW_VALUE_LIST && i < list.list->n; i++) {
        struct bw_value port = element(list, i), target = get(port, "target");
        if (port.kind == BW_VALUE_MAP)
            bw_docker_view_port(v->make, &v->view, target, get(port, "protocol"),
                                get(port, "host_ip"),
                                host_port(v, get(port, "published"), target.place));
        else
            bw_docker_view_port(v->make, &v->view, port, port, port, port);
    }
    for (uint32_t i = 0; exposed.kind == BW_VALUE_LIST && i < exposed.list->n; i++) {
        struct bw_value port = element(exposed, i), number = bw_value_int(0);
        struct bw_str text = bw_value_text(port);
        size_t slash = bw_str_find(text, '/');
        struct bw_value protocol =
            slash == SIZE_MAX
                ? bw_compose_string(v->compose, BW_STR("tcp"), port.place)
                : bw_compose_string(v->compose, bw_str_from(text, slash + 1), port.place);
        number.place = port.place;
        if (bw_str_to_u64(bw_str_take(text, slash), &number.u) && number.u <= UINT16_MAX)
            bw_docker_view_port(v->make, &v->view, number, protocol, (struct bw_value){0},
                                (struct bw_value){0});
    }
}

static void variables(struct viewing *v)
{
    struct bw_value map = get(v->service, "environment");
    if (map.kind == BW_VALUE_UNKNOWN)
        v->view.env = map;
    for (uint32_t i = 0; map.kind == BW_VALUE_MAP && i < map.map->n; i++) {
        struct bw_value value = map.map->v[i].value;
        if (value.kind == BW_VALUE_NULL)
            value = bw_compose_unknown(v->compose, "the environment of whoever starts it gives it",
                                       value.place);
        bw_docker_view_env(v->make, &v->view, map.map->v[i].key, value);
    }
}

/* --- the rest --- */

/* What a namespace is in the end, where another service lends its own. */
static struct bw_value lent_mode(const struct viewing *v, const char *name)
{
    struct bw_value mode = get(v->service, name);
    for (unsigned i = 0; i < BW_COMPOSE_LENT_MAX; i++) {
        struct bw_str text = bw_value_text(mode);
        if (!bw_str_starts(text, BW_STR("service:")))
            break;
        struct bw_value other = other_service(v, bw_str_from(text, 8));
        if (other.kind != BW_VALUE_MAP)
            break;
        uint32_t place = mode.place;
        mode = get(other, name);
        mode.place = place;
    }
    return mode;
}

static struct bw_value healthcheck(struct viewing *v)
{
    struct bw_value check = get(v->service, "healthcheck"), disable = get(check, "disable"), list;
    if (check.kind == BW_VALUE_UNKNOWN || !bw_value_is_true(disable))
        return get(check, "test");
    list = bw_value_list(v->make, 1);
    list.place = disable.place;
    bw_value_add(v->make, &list, bw_compose_string(v->compose, BW_STR("NONE"), disable.place));
    return list;
}

static struct bw_value restart(struct viewing *v)
{
    struct bw_value policy = get(v->service, "restart");
    if (policy.kind != BW_VALUE_ABSENT)
        return policy;
    policy = bw_value_at(v->service, "deploy", "restart_policy", "condition", NULL);
    if (bw_value_is(policy, "any"))
        return bw_compose_string(v->compose, BW_STR("always"), policy.place);
    if (bw_value_is(policy, "none"))
        return bw_compose_string(v->compose, BW_STR("no"), policy.place);
    return policy;
}

static struct bw_value image_pull_policy(struct viewing *v)
{
    static const char *const names[][2] = {
        {"always", "Always"}, {"never", "Never"}, {"missing", "IfNotPresent"}};
    struct bw_value policy = get(v->service, "pull_policy");
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_value_is(policy, names[i][0]))
            return bw_compose_string(v->compose, bw_str(names[i][1]), policy.place);
    if (policy.kind != BW_VALUE_ABSENT || get(v->service, "build").kind != BW_VALUE_ABSENT)
        return policy.kind == BW_VALUE_UNKNOWN ? policy : (struct bw_value){0};
    policy = bw_compose_string(v->compose, BW_STR("IfNotPresent"), 0);
    policy.flags = BW_VALUE_DEFAULT;
    return policy;
}

static void resources(struct viewing *v)
{
    struct bw_value limits = bw_value_at(v->service, "deploy", "resources", "limits", NULL);
    struct bw_value wishes = bw_value_at(v->service, "deploy", "resources", "reservations", NULL);
    struct bw_value quota = get(v->service, "cpu_quota"), period = get(v->service, "cpu_period");
    struct bw_value share = {0};
    if (quota.kind == BW_VALUE_INT && quota.i > 0) {
        share = bw_value_double((double)quota.i /
                                (period.kind == BW_VALUE_INT && period.i > 0 ? period.i : 100000));
        share.place = quota.place;
    }
    bw_docker_view_resources(v->make, &v->view, true, get(v->service, "mem_limit"),
                             get(v->service, "cpus"));
    bw_docker_view_resources(v->make, &v->view, true, get(limits, "memory"), get(limits, "cpus"));
    bw_docker_view_resources(v->make, &v->view, true, (struct bw_value){0}, share);
    bw_docker_view_resources(v->make, &v->view, false, get(wishes, "memory"), get(wishes, "cpus"));
    bw_docker_view_resources(v->make, &v->view, false, get(v->service, "mem_reservation"),
                             (struct bw_value){0});
}

static void image(struct viewing *v)
{
    struct bw_value build = get(v->service, "build");
    v->view.image = get_kind(v->service, "image", BW_VALUE_STRING);
    if (v->view.image.kind == BW_VALUE_ABSENT && build.kind == BW_VALUE_MAP) {
        v->view.image = bw_value_unknown(v->make, BW_UNKNOWN_INEXPRESSIBLE,
                                         BW_STR("it is built here, and has no name yet"));
        v->view.image.place = build.place;
    }
}

/* Another file says the rest: no default of Docker's is known to hold, and no list is whole. */
static void leave_open(struct viewing *v)
{
    struct bw_value *fields = (struct bw_value *)&v->view;
    struct bw_value *const lists[] = {
        &v->view.volumes, &v->view.volume_mounts,    &v->view.env,
        &v->view.ports,   &v->view.capabilities_add, &v->view.sysctls};
    struct bw_str why = BW_STR("another file completes this service");
    struct bw_value unknown = bw_value_unknown(v->make, BW_UNKNOWN_MISSING, why);
    for (size_t i = 0; i < sizeof v->view / sizeof *fields; i++)
        if (fields[i].flags & BW_VALUE_DEFAULT)
            fields[i] = unknown;
    for (size_t i = 0; i < BW_ARRAY_LEN(lists); i++)
        if (lists[i]->kind == BW_VALUE_LIST)
            bw_value_add(v->make, lists[i], unknown);
    bw_pod_view_fill(v->make, &v->view, BW_UNKNOWN_MISSING, why);
}

void bw_compose_view(struct bw_compose *compose, struct bw_value project, struct bw_value name,
                     struct bw_value service, uint32_t of)
{
    struct viewing v = {.compose = compose,
                        .make = &compose->reading->make,
                        .project = project,
                        .service = service};
    struct bw_docker_container container = {
        .user = get(service, "user"),
        .privileged = get(service, "privileged"),
        .read_only = get(service, "read_only"),
        .cap_add = get(service, "cap_add"),
        .cap_drop = get(service, "cap_drop"),
        .security_opt = get(service, "security_opt"),
        .network_mode = lent_mode(&v, "network_mode"),
        .pid_mode = lent_mode(&v, "pid"),
        .ipc_mode = lent_mode(&v, "ipc"),
        .userns_mode = get(service, "userns_mode"),
        .group_add = get(service, "group_add"),
        .sysctls = get(service, "sysctls"),
        .restart = restart(&v),
        .healthcheck = healthcheck(&v),
    };
    v.view.name = name;
    v.view.labels = get_kind(service, "labels", BW_VALUE_MAP);
    v.view.annotations = get_kind(service, "annotations", BW_VALUE_MAP);
    v.view.hostname = get_kind(service, "hostname", BW_VALUE_STRING);
    v.view.command = get_kind(service, "entrypoint", BW_VALUE_LIST);
    v.view.args = get_kind(service, "command", BW_VALUE_LIST);
    v.view.working_dir = get_kind(service, "working_dir", BW_VALUE_STRING);
    v.view.image_pull_policy = image_pull_policy(&v);
    image(&v);
    mounts(&v);
    ports(&v);
    variables(&v);
    resources(&v);
    bw_docker_view(v.make, &container, &v.view);
    if (get(service, "extends").kind != BW_VALUE_ABSENT)
        leave_open(&v);
    bw_pod_view_add(compose->reading, &v.view, of);
}
