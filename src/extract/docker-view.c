#include "extract/docker-view.h"

#include <ctype.h>
#include <stdio.h>

#include "extract/docker-confinement.h"
#include "extract/host-path.h"

#define INEXPRESSIBLE BW_STR("Docker has no words for it")
#define OF_THE_IMAGE  BW_STR("the image decides, and is not at hand")

static struct bw_value missing(struct bw_value_maker *make, struct bw_str why)
{
    return bw_value_unknown(make, BW_UNKNOWN_MISSING, why);
}

static struct bw_value by_default(struct bw_value value)
{
    value.flags |= BW_VALUE_DEFAULT;
    return value;
}

static struct bw_value at(struct bw_value value, uint32_t place)
{
    value.place = place;
    return value;
}

static struct bw_value literal(struct bw_value_maker *make, const char *text, uint32_t place)
{
    return at(bw_value_string(make, bw_str(text)), place);
}

static void set_default(struct bw_value *field, struct bw_value value)
{
    if (field->kind == BW_VALUE_ABSENT)
        *field = by_default(value);
}

/* The value where it is of that kind or UNKNOWN, else ABSENT. */
static struct bw_value of_kind(struct bw_value value, enum bw_value_kind kind)
{
    return value.kind == kind || value.kind == BW_VALUE_UNKNOWN ? value : (struct bw_value){0};
}

static void append(struct bw_value_maker *make, struct bw_value *list, struct bw_value element)
{
    if (list->kind != BW_VALUE_LIST)
        *list = bw_value_list(make, 4);
    bw_value_add(make, list, element);
}

/* --- users --- */

/* The runtime reads a number as Go's Atoi does: "+0" is root, too. */
static struct bw_value number_of(struct bw_value_maker *make, struct bw_str id, uint32_t place)
{
    uint64_t number = 0;
    struct bw_str digits = bw_str_from(id, id.n && (id.p[0] == '+' || id.p[0] == '-'));
    if (bw_str_eq(id, BW_STR("root")))
        return at(bw_value_int(0), place);
    if (bw_str_to_u64(digits, &number) && number <= INT32_MAX)
        return at(bw_value_int((int64_t)number), place);
    return at(missing(make, BW_STR("a name whose number the image decides")), place);
}

/* NAME[:GROUP]; a name that is not root's counts as somebody else, a number too large is nobody. */
static void user(struct bw_value_maker *make, struct bw_value value, struct bw_pod_view *view)
{
    struct bw_str text = bw_value_text(value);
    size_t colon = bw_str_find(text, ':');
    struct bw_str name = bw_str_take(text, colon);
    struct bw_str group = colon == SIZE_MAX ? BW_STR("") : bw_str_from(text, colon + 1);
    struct bw_value unknown = value.kind == BW_VALUE_UNKNOWN ? value : missing(make, OF_THE_IMAGE);
    view->run_as_user = view->run_as_group = view->run_as_non_root = unknown;
    if (group.n)
        view->run_as_group = number_of(make, group, value.place);
    if (!name.n)
        return;
    view->run_as_user = number_of(make, name, value.place);
    bool root = view->run_as_user.kind == BW_VALUE_INT && view->run_as_user.i == 0;
    view->run_as_non_root = at(bw_value_bool(!root), value.place);
}

static struct bw_value groups(struct bw_value_maker *make, struct bw_value list)
{
    if (list.kind != BW_VALUE_LIST)
        return list;
    struct bw_value ids = at(bw_value_list(make, list.list->n), list.place);
    for (uint32_t i = 0; i < list.list->n; i++) {
        struct bw_value group = list.list->v[i];
        if (group.kind == BW_VALUE_STRING)
            group = number_of(make, bw_value_text(group), group.place);
        bw_value_add(make, &ids, group);
    }
    return ids;
}

/* --- capabilities --- */

static struct bw_value capability(struct bw_value_maker *make, struct bw_value value)
{
    char name[64];
    struct bw_str text = bw_value_text(value);
    if (text.n > 4 && bw_str_eq_nocase(bw_str_take(text, 4), BW_STR("CAP_")))
        text = bw_str_from(text, 4);
    if (value.kind != BW_VALUE_STRING || text.n > sizeof name)
        return value;
    for (size_t i = 0; i < text.n; i++)
        name[i] = (char)toupper((unsigned char)text.p[i]);
    return at(bw_value_string(make, bw_str_n(name, text.n)), value.place);
}

static struct bw_value capabilities(struct bw_value_maker *make, struct bw_value list)
{
    if (list.kind != BW_VALUE_LIST)
        return list.kind == BW_VALUE_UNKNOWN ? list : by_default(bw_value_list(make, 0));
    struct bw_value names = at(bw_value_list(make, list.list->n), list.place);
    for (uint32_t i = 0; i < list.list->n; i++)
        bw_value_add(make, &names, capability(make, list.list->v[i]));
    return names;
}

/* --- namespaces --- */

/* Whether a namespace is the host's: another container's may be. */
static struct bw_value is_host(struct bw_value_maker *make, struct bw_value mode)
{
    struct bw_str text = bw_value_text(mode);
    if (mode.kind == BW_VALUE_UNKNOWN)
        return mode;
    if (!text.n)
        return by_default(bw_value_bool(false));
    if (bw_str_starts(text, BW_STR("container:")) || bw_str_starts(text, BW_STR("service:")))
        return at(missing(make, BW_STR("it is another container's")), mode.place);
    return at(bw_value_bool(bw_str_eq(text, BW_STR("host"))), mode.place);
}

static struct bw_value host_users(struct bw_value_maker *make, struct bw_value mode)
{
    if (mode.kind == BW_VALUE_UNKNOWN)
        return mode;
    if (bw_value_is(mode, "host"))
        return at(bw_value_bool(true), mode.place);
    return missing(make, BW_STR("the daemon's userns-remap decides"));
}

static void namespaces(struct bw_value_maker *make, const struct bw_docker_container *container,
                       struct bw_pod_view *view)
{
    if (view->host_network.kind == BW_VALUE_ABSENT)
        view->host_network = is_host(make, container->network_mode);
    if (view->host_pid.kind == BW_VALUE_ABSENT)
        view->host_pid = is_host(make, container->pid_mode);
    if (view->host_ipc.kind == BW_VALUE_ABSENT)
        view->host_ipc = is_host(make, container->ipc_mode);
    if (view->host_users.kind == BW_VALUE_ABSENT)
        view->host_users = host_users(make, container->userns_mode);
    set_default(&view->share_process_namespace, bw_value_bool(false));
}

/* --- the rest --- */

static struct bw_value sysctls(struct bw_value_maker *make, struct bw_value map)
{
    if (map.kind != BW_VALUE_MAP)
        return of_kind(map, BW_VALUE_UNKNOWN);
    struct bw_value list = at(bw_value_list(make, map.map->n), map.place);
    for (uint32_t i = 0; i < map.map->n; i++) {
        const struct bw_value_member *member = &map.map->v[i];
        struct bw_value entry = at(bw_value_map(make, 2), member->value.place);
        bw_value_set(make, &entry, "name", member->key);
        bw_value_set(make, &entry, "value", member->value);
        bw_value_add(make, &list, entry);
    }
    return list;
}

static struct bw_value restart_policy(struct bw_value_maker *make, struct bw_value restart)
{
    struct bw_str text = bw_value_text(restart);
    if (restart.kind == BW_VALUE_UNKNOWN)
        return restart;
    if (bw_str_eq(text, BW_STR("always")) || bw_str_eq(text, BW_STR("unless-stopped")))
        return literal(make, "Always", restart.place);
    if (bw_str_starts(text, BW_STR("on-failure")))
        return literal(make, "OnFailure", restart.place);
    if (text.n)
        return literal(make, "Never", restart.place);
    return by_default(literal(make, "Never", 0));
}

/* A probe that runs a command; ABSENT for "NONE". */
static struct bw_value probe(struct bw_value_maker *make, struct bw_value test)
{
    struct bw_value command, exec, map, first = bw_value_index(test, 0);
    if (test.kind == BW_VALUE_UNKNOWN)
        return test;
    if (first.kind == BW_VALUE_ABSENT)
        return missing(make, OF_THE_IMAGE);
    if (bw_value_is(first, "NONE"))
        return (struct bw_value){0};
    command = at(bw_value_list(make, test.list->n + 2), test.place);
    if (bw_value_is(first, "CMD-SHELL")) {
        bw_value_add(make, &command, literal(make, "/bin/sh", first.place));
        bw_value_add(make, &command, literal(make, "-c", first.place));
    }
    for (uint32_t i = 1; i < test.list->n; i++)
        bw_value_add(make, &command, test.list->v[i]);
    exec = at(bw_value_map(make, 1), test.place);
    bw_value_set(make, &exec, "command", command);
    map = at(bw_value_map(make, 1), test.place);
    bw_value_set(make, &map, "exec", exec);
    return map;
}

void bw_docker_view(struct bw_value_maker *make, const struct bw_docker_container *container,
                    struct bw_pod_view *view)
{
    user(make, of_kind(container->user, BW_VALUE_STRING), view);
    view->privileged = of_kind(container->privileged, BW_VALUE_BOOL);
    set_default(&view->privileged, bw_value_bool(false));
    view->read_only_root_filesystem = of_kind(container->read_only, BW_VALUE_BOOL);
    set_default(&view->read_only_root_filesystem, bw_value_bool(false));
    view->capabilities_add = capabilities(make, container->cap_add);
    view->capabilities_drop = capabilities(make, container->cap_drop);
    bw_docker_confine(make, container, view);
    namespaces(make, container, view);
    view->supplemental_groups = groups(make, of_kind(container->group_add, BW_VALUE_LIST));
    view->sysctls = sysctls(make, container->sysctls);
    view->restart_policy = restart_policy(make, of_kind(container->restart, BW_VALUE_STRING));
    view->liveness_probe = probe(make, of_kind(container->healthcheck, BW_VALUE_LIST));
    view->readiness_probe = view->liveness_probe;
    if (view->automount_token.kind == BW_VALUE_ABSENT)
        view->automount_token = bw_value_unknown(make, BW_UNKNOWN_INEXPRESSIBLE, INEXPRESSIBLE);
    if (view->image_pull_policy.kind == BW_VALUE_ABSENT)
        view->image_pull_policy = bw_value_unknown(make, BW_UNKNOWN_INEXPRESSIBLE, INEXPRESSIBLE);
}

/* --- what grows --- */

/* "mount-3": names are for the Pod alone, and nothing outside of it has them. */
static struct bw_value mount_name(struct bw_value_maker *make, const struct bw_pod_view *view)
{
    char text[32];
    snprintf(text, sizeof text, "mount-%u", bw_value_count(view->volumes));
    return bw_value_string(make, bw_str(text));
}

static void set_within(struct bw_value_maker *make, struct bw_value *map, const char *outer,
                       const char *inner, struct bw_value value)
{
    struct bw_value source = at(bw_value_map(make, 1), map->place);
    if (inner)
        bw_value_set(make, &source, inner, value);
    bw_value_set(make, map, outer, source);
}

static struct bw_value volume(struct bw_value_maker *make, const struct bw_docker_mount *mount,
                              struct bw_value name)
{
    bool named = mount->source.kind != BW_VALUE_ABSENT;
    struct bw_value map = bw_value_map(make, 2);
    map.place = named ? mount->source.place : mount->target.place;
    bw_value_set(make, &map, "name", name);
    if (mount->kind == BW_DOCKER_BIND)
        set_within(make, &map, "hostPath", "path", bw_host_path(make, mount->source));
    else if (mount->kind == BW_DOCKER_TMPFS)
        set_within(make, &map, "emptyDir", "medium", literal(make, "Memory", map.place));
    else if (mount->kind == BW_DOCKER_SECRET)
        set_within(make, &map, "secret", "secretName", mount->source);
    else if (mount->kind == BW_DOCKER_CONFIG)
        set_within(make, &map, "configMap", "name", mount->source);
    else if (named)
        set_within(make, &map, "persistentVolumeClaim", "claimName", mount->source);
    else
        set_within(make, &map, "emptyDir", NULL, map);
    return map;
}

static struct bw_value propagation(struct bw_value_maker *make, struct bw_value value)
{
    struct bw_str text = bw_value_text(value);
    if (value.kind == BW_VALUE_UNKNOWN)
        return value;
    if (bw_str_eq(text, BW_STR("shared")) || bw_str_eq(text, BW_STR("rshared")))
        return literal(make, "Bidirectional", value.place);
    if (bw_str_eq(text, BW_STR("slave")) || bw_str_eq(text, BW_STR("rslave")))
        return literal(make, "HostToContainer", value.place);
    return (struct bw_value){0};
}

void bw_docker_view_mount(struct bw_value_maker *make, struct bw_pod_view *view,
                          const struct bw_docker_mount *mount)
{
    struct bw_value name, map;
    if (mount->kind == BW_DOCKER_ELSEWHERE) {
        append(make, &view->volumes, mount->source);
        append(make, &view->volume_mounts, mount->source);
        return;
    }
    name = mount_name(make, view);
    append(make, &view->volumes, volume(make, mount, name));
    map = at(bw_value_map(make, 4), mount->target.place);
    bw_value_set(make, &map, "name", name);
    bw_value_set(make, &map, "mountPath", mount->target);
    bw_value_set(make, &map, "readOnly", of_kind(mount->read_only, BW_VALUE_BOOL));
    bw_value_set(make, &map, "mountPropagation", propagation(make, mount->propagation));
    append(make, &view->volume_mounts, map);
}

void bw_docker_view_port(struct bw_value_maker *make, struct bw_pod_view *view,
                         struct bw_value container_port, struct bw_value protocol,
                         struct bw_value host_ip, struct bw_value host_port)
{
    struct bw_value map = at(bw_value_map(make, 4), container_port.place);
    bw_value_set(make, &map, "containerPort", container_port);
    bw_value_set(make, &map, "protocol", capability(make, protocol)); /* upper case */
    bw_value_set(make, &map, "hostIP", host_ip);
    bw_value_set(make, &map, "hostPort", host_port);
    append(make, &view->ports, map);
}

void bw_docker_view_env(struct bw_value_maker *make, struct bw_pod_view *view, struct bw_value name,
                        struct bw_value value)
{
    struct bw_value map = at(bw_value_map(make, 2), name.place ? name.place : value.place);
    bw_value_set(make, &map, "name", name);
    bw_value_set(make, &map, "value", value);
    append(make, &view->env, map);
}

/* A Kubernetes quantity; ABSENT where there is no bound. */
static struct bw_value quantity(struct bw_value_maker *make, struct bw_value number)
{
    char text[64];
    if (number.kind == BW_VALUE_UNKNOWN)
        return number;
    if (number.kind == BW_VALUE_INT && number.i > 0)
        snprintf(text, sizeof text, "%lld", (long long)number.i);
    else if (number.kind == BW_VALUE_DOUBLE && number.d > 0 && number.d < 1e9)
        snprintf(text, sizeof text, "%lldm", (long long)(number.d * 1000 + 0.5));
    else
        return (struct bw_value){0};
    return literal(make, text, number.place);
}

void bw_docker_view_resources(struct bw_value_maker *make, struct bw_pod_view *view, bool limit,
                              struct bw_value memory, struct bw_value cpus)
{
    struct bw_value *map = limit ? &view->limits : &view->requests;
    struct bw_value bytes = quantity(make, memory), share = quantity(make, cpus);
    if (bytes.kind == BW_VALUE_ABSENT && share.kind == BW_VALUE_ABSENT)
        return;
    if (map->kind != BW_VALUE_MAP)
        *map = at(bw_value_map(make, 2), bytes.place ? bytes.place : share.place);
    if (bw_value_get(*map, BW_STR("memory")).kind <= BW_VALUE_UNKNOWN)
        bw_value_set(make, map, "memory", bytes);
    if (bw_value_get(*map, BW_STR("cpu")).kind <= BW_VALUE_UNKNOWN)
        bw_value_set(make, map, "cpu", share);
}
