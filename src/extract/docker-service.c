#include "base/buf.h"
#include "extract/docker-mount.h"
#include "extract/docker-request.h"
#include "extract/docker-view.h"
#include "wrap/base64.h"

struct viewing {
    struct bw_reading *reading;
    struct bw_value_maker *make;
    struct bw_docker_follow *follow;
    struct bw_value service, task, container;
    struct bw_pod_view view;
};

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

static struct bw_value literal(struct viewing *v, const char *text, uint32_t place)
{
    struct bw_value value = bw_value_string(v->make, bw_str(text));
    value.place = place;
    return value;
}

/* --- privileges, as security options of `docker run` --- */

static void add_option(struct viewing *v, struct bw_value *options, const char *name,
                       struct bw_value mode)
{
    struct bw_str text = bw_value_text(mode);
    struct bw_value option;
    if (mode.kind == BW_VALUE_UNKNOWN)
        bw_value_add(v->make, options, mode);
    if (!text.n || bw_str_eq(text, BW_STR("default")))
        return;
    if (bw_str_eq(text, BW_STR("disabled")))
        text = BW_STR("unconfined");
    option = bw_value_string(
        v->make, bw_arena_printf(v->reading->arena, "%s=%" BW_STR_F, name, BW_STR_A(text)));
    option.place = mode.place;
    bw_value_add(v->make, options, option);
}

/* "custom" comes with a profile of one's own: it is judged as that of `docker run` is. */
static void add_seccomp(struct viewing *v, struct bw_value *options, struct bw_value seccomp)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_READER_TEXT_MAX);
    struct bw_value mode = get(seccomp, "Mode"), profile = get(seccomp, "Profile");
    if (profile.kind != BW_VALUE_STRING || !bw_value_is(mode, "custom")) {
        add_option(v, options, "seccomp", mode);
        return;
    }
    bw_buf_str(&text, BW_STR("seccomp="));
    if (!bw_base64_read(bw_value_text(profile), &text) ||
        !bw_str_starts(bw_str_trim(bw_str_from(bw_buf_slice(&text), 8)), BW_STR("{")))
        bw_buf_str(&text, BW_STR("{")); /* no profile */
    struct bw_str copy = bw_arena_str(v->reading->arena, bw_buf_slice(&text));
    if (!copy.p)
        v->make->failed = true;
    struct bw_value option = bw_value_string(v->make, copy);
    option.place = profile.place;
    bw_value_add(v->make, options, option);
}

static struct bw_value security_options(struct viewing *v)
{
    struct bw_value privileges = get(v->container, "Privileges");
    struct bw_value selinux = get(privileges, "SELinuxContext");
    struct bw_value no_new = get(privileges, "NoNewPrivileges"), disable = get(selinux, "Disable");
    struct bw_value options = bw_value_list(v->make, 4);
    if (privileges.kind == BW_VALUE_UNKNOWN)
        return privileges;
    add_seccomp(v, &options, get(privileges, "Seccomp"));
    add_option(v, &options, "apparmor", bw_value_at(privileges, "AppArmor", "Mode", NULL));
    add_option(v, &options, "label=user", get(selinux, "User"));
    add_option(v, &options, "label=role", get(selinux, "Role"));
    add_option(v, &options, "label=type", get(selinux, "Type"));
    if (bw_value_is_true(disable))
        bw_value_add(v->make, &options, literal(v, "label=disable", disable.place));
    if (bw_value_is_true(no_new))
        bw_value_add(v->make, &options, literal(v, "no-new-privileges", no_new.place));
    return options;
}

/* --- networks --- */

/* The mode that a network is: "host" for the host's own, by whatever name or id. */
static void take_network(struct viewing *v, struct bw_value target, struct bw_value *mode)
{
    struct bw_value network = {0};
    if (target.kind == BW_VALUE_UNKNOWN || bw_value_is(target, "host")) {
        *mode = target;
        return;
    }
    if (v->follow && bw_value_text(target).n)
        network = bw_docker_ask(v->follow, BW_DOCKER_THING_NETWORK, bw_value_text(target));
    if (network.kind == BW_VALUE_UNKNOWN)
        *mode = network;
    if (bw_value_is(get(network, "Driver"), "host"))
        *mode = literal(v, "host", target.place);
}

static struct bw_value network_mode(struct viewing *v)
{
    struct bw_value lists[] = {get(v->task, "Networks"), get(v->service, "Networks")};
    struct bw_value mode = {0};
    for (size_t i = 0; i < BW_ARRAY_LEN(lists); i++) {
        if (lists[i].kind == BW_VALUE_UNKNOWN)
            mode = lists[i];
        for (uint32_t k = 0; lists[i].kind == BW_VALUE_LIST && k < lists[i].list->n; k++)
            if (!bw_value_is(mode, "host"))
                take_network(v, get(lists[i].list->v[k], "Target"), &mode);
    }
    return mode;
}

/* --- the rest --- */

static void add_environment(struct viewing *v)
{
    struct bw_value env = get(v->container, "Env");
    for (uint32_t i = 0; env.kind == BW_VALUE_LIST && i < env.list->n; i++) {
        struct bw_str text = bw_value_text(env.list->v[i]);
        size_t equals = bw_str_find(text, '=');
        if (equals == SIZE_MAX)
            continue;
        struct bw_value name = bw_value_string(v->make, bw_str_take(text, equals));
        struct bw_value value = bw_value_string(v->make, bw_str_from(text, equals + 1));
        name.place = value.place = env.list->v[i].place;
        bw_docker_view_env(v->make, &v->view, name, value);
    }
    if (env.kind == BW_VALUE_UNKNOWN)
        v->view.env = env;
}

/* A port in mode "ingress" is the routing mesh's, on every node. */
static void add_ports(struct viewing *v)
{
    struct bw_value ports = get(get(v->service, "EndpointSpec"), "Ports");
    for (uint32_t i = 0; ports.kind == BW_VALUE_LIST && i < ports.list->n; i++) {
        struct bw_value port = ports.list->v[i], published = get(port, "PublishedPort");
        struct bw_value protocol = get(port, "Protocol"), target = get(port, "TargetPort");
        if (!bw_value_text(protocol).n)
            protocol = literal(v, "tcp", target.place);
        if (!bw_value_is(get(port, "PublishMode"), "host"))
            published = (struct bw_value){0};
        if (target.kind == BW_VALUE_INT)
            bw_docker_view_port(v->make, &v->view, target, protocol, (struct bw_value){0},
                                published);
    }
    if (ports.kind == BW_VALUE_UNKNOWN)
        v->view.ports = ports;
}

static void add_limits(struct viewing *v, const char *name, bool limit)
{
    struct bw_value part = get(get(v->task, "Resources"), name), cpus = get(part, "NanoCPUs");
    if (cpus.kind == BW_VALUE_INT) {
        uint32_t place = cpus.place;
        cpus = bw_value_double((double)cpus.i / 1e9);
        cpus.place = place;
    }
    bw_docker_view_resources(v->make, &v->view, limit, get(part, "MemoryBytes"), cpus);
}

static void fill(struct viewing *v)
{
    struct bw_docker_mounts mounts = {.reading = v->reading, .follow = v->follow, .view = &v->view};
    v->view.labels = get(v->container, "Labels");
    v->view.hostname = get(v->container, "Hostname");
    v->view.name = get(v->service, "Name");
    v->view.image = get(v->container, "Image");
    v->view.command = get(v->container, "Command");
    v->view.args = get(v->container, "Args");
    v->view.working_dir = get(v->container, "Dir");
    bw_docker_mount_mounts(&mounts, get(v->container, "Mounts"));
    add_environment(v);
    add_ports(v);
    add_limits(v, "Limits", true);
    add_limits(v, "Reservations", false);
}

void bw_docker_service_view(struct bw_reading *reading, struct bw_docker_follow *follow,
                            struct bw_value service, uint32_t of)
{
    struct viewing v = {
        .reading = reading, .make = &reading->make, .follow = follow, .service = service};
    v.task = get(service, "TaskTemplate");
    v.container = get(v.task, "ContainerSpec");
    struct bw_docker_container container = {
        .user = get(v.container, "User"),
        .read_only = get(v.container, "ReadOnly"),
        .cap_add = get(v.container, "CapabilityAdd"),
        .cap_drop = get(v.container, "CapabilityDrop"),
        .security_opt = security_options(&v),
        .network_mode = network_mode(&v),
        .group_add = get(v.container, "Groups"),
        .sysctls = get(v.container, "Sysctls"),
        .healthcheck = get(get(v.container, "Healthcheck"), "Test"),
    };
    fill(&v);
    bw_docker_view(v.make, &container, &v.view);
    bw_pod_view_add(reading, &v.view, of);
}
