#include "enforce/run-plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrap/json.h"

/* --- the command --- */

const char *const *bw_run_plan_argv(const struct bw_run_plan *plan, struct bw_arena *arena)
{
    const struct bw_run_request *request = plan->request;
    const char **argv =
        bw_arena_array(arena, plan->flags_n * 2 + request->command_n + 4, sizeof *argv);
    size_t n = 0;
    if (!argv)
        return NULL;
    argv[n++] = bw_run_engine_name(request->engine);
    argv[n++] = "run";
    for (size_t i = 0; i < plan->flags_n; i++) {
        struct bw_str name = bw_arena_printf(arena, "--%s", plan->flags[i].name);
        struct bw_str value = bw_arena_str(arena, plan->flags[i].value);
        if (!name.p || !value.p)
            return NULL;
        argv[n++] = name.p;
        if (plan->flags[i].value.p)
            argv[n++] = value.p;
    }
    argv[n++] = request->image;
    for (size_t i = 0; i < request->command_n; i++)
        argv[n++] = request->command[i];
    return argv;
}

void bw_run_shell_quote(struct bw_str word, struct bw_buf *buf)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "@%_+=:,./-";
    bool quoted = word.n == 0;
    for (size_t i = 0; i < word.n; i++)
        quoted |= word.p[i] == '\0' || !strchr(plain, word.p[i]);
    if (!quoted) {
        bw_buf_str(buf, word);
        return;
    }
    bw_buf_byte(buf, '\'');
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] == '\'')
            bw_buf_str(buf, BW_STR("'\\''"));
        else
            bw_buf_byte(buf, (uint8_t)word.p[i]);
    bw_buf_byte(buf, '\'');
}

/* --- the body of POST /containers/create --- */

struct body {
    struct bw_json_writer w;
    const struct bw_run_plan *plan;
};

typedef void (*put_value)(struct bw_json_writer *w, struct bw_str value);

static bool is_named(const struct bw_run_flag *flag, const char *name)
{
    return strcmp(flag->name, name) == 0;
}

static const struct bw_run_flag *last_of(const struct bw_run_plan *plan, const char *name)
{
    for (size_t i = plan->flags_n; i-- > 0;)
        if (is_named(&plan->flags[i], name))
            return &plan->flags[i];
    return NULL;
}

static struct bw_str before(struct bw_str text, char c)
{
    return bw_str_take(text, bw_str_find(text, c));
}

static struct bw_str after(struct bw_str text, char c)
{
    size_t at = bw_str_find(text, c);
    return at == SIZE_MAX ? BW_STR("") : bw_str_from(text, at + 1);
}

/* "512m", "1.5g", "64MiB", "-1", as the engines read it; the engine refuses what it cannot. */
static void put_size(struct bw_json_writer *w, struct bw_str value)
{
    static const char units[] = "bkmgtp";
    char text[64], *end;
    snprintf(text, sizeof text, "%" BW_STR_F, BW_STR_A(value));
    double size = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end | 0x20) : NULL;
    for (const char *u = units; unit && u < unit; u++)
        size *= 1024;
    bw_json_put_i64(w, size > -2 && size < 1e18 ? (int64_t)size : 0);
}

static void put_integer(struct bw_json_writer *w, struct bw_str value)
{
    char text[32];
    snprintf(text, sizeof text, "%" BW_STR_F, BW_STR_A(value));
    bw_json_put_i64(w, strtoll(text, NULL, 10));
}

static void put_nano(struct bw_json_writer *w, struct bw_str value)
{
    char text[32];
    snprintf(text, sizeof text, "%" BW_STR_F, BW_STR_A(value));
    double cpus = strtod(text, NULL);
    bw_json_put_i64(w, cpus > 0 && cpus < 1e6 ? (int64_t)(cpus * 1e9) : 0);
}

/* A flag alone is true; the others are Go's words for false. */
static bool is_true(struct bw_str value)
{
    static const char *const no[] = {"0", "f", "F", "false", "False", "FALSE"};
    for (size_t i = 0; i < BW_ARRAY_LEN(no); i++)
        if (bw_str_eq(value, bw_str(no[i])))
            return false;
    return true;
}

static void put_bool(struct bw_json_writer *w, struct bw_str value)
{
    bw_json_put_bool(w, is_true(value));
}

static void put_words(struct bw_json_writer *w, struct bw_str value)
{
    bw_json_begin_array(w);
    bw_json_put_str(w, value);
    bw_json_end(w);
}

static void put_restart(struct bw_json_writer *w, struct bw_str value)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "Name", before(value, ':'));
    if (after(value, ':').n) {
        bw_json_key(w, BW_STR("MaximumRetryCount"));
        put_integer(w, after(value, ':'));
    }
    bw_json_end(w);
}

/* NAME=SOFT[:HARD] */
static void put_ulimit(struct bw_json_writer *w, struct bw_str value)
{
    struct bw_str range = after(value, '='), hard = after(range, ':');
    bw_json_begin_object(w);
    bw_json_member_str(w, "Name", before(value, '='));
    bw_json_key(w, BW_STR("Soft"));
    put_integer(w, before(range, ':'));
    bw_json_key(w, BW_STR("Hard"));
    put_integer(w, hard.n ? hard : range);
    bw_json_end(w);
}

/* HOST[:CONTAINER[:rwm]] */
static void put_device(struct bw_json_writer *w, struct bw_str value)
{
    struct bw_str host = before(value, ':'), rest = after(value, ':');
    struct bw_str there = before(rest, ':'), permissions = after(rest, ':');
    bw_json_begin_object(w);
    bw_json_member_str(w, "PathOnHost", host);
    bw_json_member_str(w, "PathInContainer", there.n ? there : host);
    bw_json_member_str(w, "CgroupPermissions", permissions.n ? permissions : BW_STR("rwm"));
    bw_json_end(w);
}

/* The value that a key of --mount has; false where it has none. */
static bool mount_has(struct bw_str mount, const char *key, struct bw_str *ret_value)
{
    struct bw_str field;
    bool found = false;
    while (bw_str_split(&mount, ',', &field))
        if (bw_str_eq_nocase(before(field, '='), bw_str(key))) {
            *ret_value = after(field, '=');
            found = true;
        }
    return found;
}

/* A volume's driver and its options may make a directory of the host of it. */
static void put_volume_options(struct bw_json_writer *w, struct bw_str mount)
{
    struct bw_str driver = {0}, option = {0}, field, rest = mount;
    bool has_driver = mount_has(mount, "volume-driver", &driver);
    if (!has_driver && !mount_has(mount, "volume-opt", &option))
        return;
    bw_json_key(w, BW_STR("VolumeOptions"));
    bw_json_begin_object(w);
    bw_json_key(w, BW_STR("DriverConfig"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "Name", driver);
    bw_json_key(w, BW_STR("Options"));
    bw_json_begin_object(w);
    while (bw_str_split(&rest, ',', &field))
        if (bw_str_eq_nocase(before(field, '='), BW_STR("volume-opt"))) {
            option = after(field, '=');
            bw_json_key(w, before(option, '='));
            bw_json_put_str(w, after(option, '='));
        }
    bw_json_end(w);
    bw_json_end(w);
    bw_json_end(w);
}

/* Types are words in any case to the engines. */
static void put_mount_type(struct bw_json_writer *w, struct bw_str type)
{
    static const char *const types[] = {"bind", "tmpfs", "npipe", "volume"};
    for (size_t i = 0; i < BW_ARRAY_LEN(types); i++)
        if (bw_str_eq_nocase(type, bw_str(types[i])))
            type = bw_str(types[i]);
    bw_json_member_str(w, "Type", type);
}

static void put_mount(struct bw_json_writer *w, struct bw_str mount)
{
    static const struct {
        const char *word, *key;
    } keys[] = {{"source", "Source"},
                {"src", "Source"},
                {"target", "Target"},
                {"dst", "Target"},
                {"destination", "Target"}};
    struct bw_str value;
    bw_json_begin_object(w);
    put_mount_type(w, mount_has(mount, "type", &value) ? value : BW_STR("volume"));
    for (size_t i = 0; i < BW_ARRAY_LEN(keys); i++)
        if (mount_has(mount, keys[i].word, &value))
            bw_json_member_str(w, keys[i].key, value);
    bw_json_member_bool(w, "ReadOnly",
                        (mount_has(mount, "readonly", &value) && is_true(value)) ||
                            (mount_has(mount, "ro", &value) && is_true(value)));
    if (mount_has(mount, "bind-propagation", &value)) {
        bw_json_key(w, BW_STR("BindOptions"));
        bw_json_begin_object(w);
        bw_json_member_str(w, "Propagation", value);
        bw_json_end(w);
    }
    put_volume_options(w, mount);
    bw_json_end(w);
}

/* Members of the body, or of its HostConfig, that one flag gives. */
struct member {
    const char *flag, *key;
    put_value put;
};

static const struct member of_container[] = {
    {"hostname", "Hostname", bw_json_put_str},
    {"user", "User", bw_json_put_str},
    {"workdir", "WorkingDir", bw_json_put_str},
    {"entrypoint", "Entrypoint", put_words},
    {"tty", "Tty", put_bool},
    {"interactive", "OpenStdin", put_bool},
    {"stop-signal", "StopSignal", bw_json_put_str},
};
static const struct member of_host[] = {
    {"read-only", "ReadonlyRootfs", put_bool},
    {"init", "Init", put_bool},
    {"rm", "AutoRemove", put_bool},
    {"network", "NetworkMode", bw_json_put_str},
    {"ipc", "IpcMode", bw_json_put_str},
    {"cgroupns", "CgroupnsMode", bw_json_put_str},
    {"pids-limit", "PidsLimit", put_integer},
    {"memory", "Memory", put_size},
    {"memory-swap", "MemorySwap", put_size},
    {"shm-size", "ShmSize", put_size},
    {"cpus", "NanoCpus", put_nano},
    {"restart", "RestartPolicy", put_restart},
    {"cidfile", "ContainerIDFile", bw_json_put_str},
};
/* Lists, an element a flag. */
static const struct member host_lists[] = {
    {"volume", "Binds", bw_json_put_str},        {"mount", "Mounts", put_mount},
    {"cap-add", "CapAdd", bw_json_put_str},      {"cap-drop", "CapDrop", bw_json_put_str},
    {"group-add", "GroupAdd", bw_json_put_str},  {"security-opt", "SecurityOpt", bw_json_put_str},
    {"add-host", "ExtraHosts", bw_json_put_str}, {"dns", "Dns", bw_json_put_str},
    {"device", "Devices", put_device},           {"ulimit", "Ulimits", put_ulimit},
};

static void put_members(struct body *b, const struct member *members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct bw_run_flag *flag = last_of(b->plan, members[i].flag);
        if (flag) {
            bw_json_key(&b->w, bw_str(members[i].key));
            members[i].put(&b->w, flag->value);
        }
    }
}

static void put_list(struct body *b, const struct member *member)
{
    if (!last_of(b->plan, member->flag))
        return;
    bw_json_key(&b->w, bw_str(member->key));
    bw_json_begin_array(&b->w);
    for (size_t i = 0; i < b->plan->flags_n; i++)
        if (is_named(&b->plan->flags[i], member->flag))
            member->put(&b->w, b->plan->flags[i].value);
    bw_json_end(&b->w);
}

/* A member whose keys and values come from flags: "KEY<separator>VALUE". */
static void put_map(struct body *b, const char *name, const char *key, char separator)
{
    bw_json_key(&b->w, bw_str(key));
    bw_json_begin_object(&b->w);
    for (size_t i = 0; i < b->plan->flags_n; i++)
        if (is_named(&b->plan->flags[i], name)) {
            bw_json_key(&b->w, before(b->plan->flags[i].value, separator));
            bw_json_put_str(&b->w, after(b->plan->flags[i].value, separator));
        }
    bw_json_end(&b->w);
}

static void put_env(struct body *b)
{
    bw_json_key(&b->w, BW_STR("Env"));
    bw_json_begin_array(&b->w);
    for (size_t i = 0; i < b->plan->flags_n; i++)
        if (is_named(&b->plan->flags[i], "env"))
            bw_json_put_str(&b->w, b->plan->flags[i].value);
    bw_json_end(&b->w);
}

static void put_command(struct body *b)
{
    const struct bw_run_request *request = b->plan->request;
    bw_json_member_str(&b->w, "Image", bw_str(request->image));
    if (!request->command_n)
        return;
    bw_json_key(&b->w, BW_STR("Cmd"));
    bw_json_begin_array(&b->w);
    for (size_t i = 0; i < request->command_n; i++)
        bw_json_put_str(&b->w, bw_str(request->command[i]));
    bw_json_end(&b->w);
}

static void put_healthcheck(struct body *b)
{
    const struct bw_run_image *about = b->plan->request->about;
    const struct bw_run_flag *command = last_of(b->plan, "health-cmd");
    bool none = last_of(b->plan, "no-healthcheck") != NULL;
    if (!none && !command && !(about && about->healthcheck))
        return;
    bw_json_key(&b->w, BW_STR("Healthcheck"));
    bw_json_begin_object(&b->w);
    bw_json_key(&b->w, BW_STR("Test"));
    bw_json_begin_array(&b->w);
    bw_json_put_str(&b->w, none ? BW_STR("NONE") : BW_STR("CMD-SHELL"));
    if (!none)
        bw_json_put_str(&b->w, command ? command->value : BW_STR("the image's own"));
    bw_json_end(&b->w);
    bw_json_end(&b->w);
}

/* [ADDRESS:][HOST:]CONTAINER[/PROTOCOL] */
struct port {
    struct bw_str address, host, container, protocol;
};

static struct port port_of(struct bw_str value)
{
    struct port port = {.protocol = after(value, '/')};
    value = before(value, '/');
    size_t colon = bw_str_rfind(value, ':');
    port.container = colon == SIZE_MAX ? value : bw_str_from(value, colon + 1);
    struct bw_str rest = bw_str_take(value, colon == SIZE_MAX ? 0 : colon);
    size_t split = bw_str_rfind(rest, ':');
    port.host = split == SIZE_MAX ? rest : bw_str_from(rest, split + 1);
    port.address = bw_str_take(rest, split == SIZE_MAX ? 0 : split);
    if (!port.protocol.n)
        port.protocol = BW_STR("tcp");
    if (bw_str_starts(port.address, BW_STR("[")) && bw_str_ends(port.address, BW_STR("]")))
        port.address = bw_str_take(bw_str_from(port.address, 1), port.address.n - 2);
    return port;
}

static bool is_same_port(const struct bw_run_flag *flag, const struct port *port)
{
    struct port other = port_of(flag->value);
    return is_named(flag, "publish") && bw_str_eq(other.container, port->container) &&
           bw_str_eq(other.protocol, port->protocol);
}

/* All places where the port of the i-th flag is published, with the first flag that names it. */
static void put_port(struct body *b, size_t i)
{
    const struct bw_run_flag *flags = b->plan->flags;
    struct port port = port_of(flags[i].value);
    char key[128];
    for (size_t j = 0; j < i; j++)
        if (is_same_port(&flags[j], &port))
            return;
    snprintf(key, sizeof key, "%" BW_STR_F "/%" BW_STR_F, BW_STR_A(bw_str_take(port.container, 60)),
             BW_STR_A(bw_str_take(port.protocol, 60)));
    bw_json_key(&b->w, bw_str(key));
    bw_json_begin_array(&b->w);
    for (size_t j = i; j < b->plan->flags_n; j++) {
        if (!is_same_port(&flags[j], &port))
            continue;
        struct port place = port_of(flags[j].value);
        bw_json_begin_object(&b->w);
        bw_json_member_str(&b->w, "HostIp", place.address);
        bw_json_member_str(&b->w, "HostPort", place.host);
        bw_json_end(&b->w);
    }
    bw_json_end(&b->w);
}

static void put_ports(struct body *b)
{
    bw_json_key(&b->w, BW_STR("PortBindings"));
    bw_json_begin_object(&b->w);
    for (size_t i = 0; i < b->plan->flags_n; i++)
        if (is_named(&b->plan->flags[i], "publish"))
            put_port(b, i);
    bw_json_end(&b->w);
}

static void put_logging(struct body *b)
{
    const struct bw_run_flag *driver = last_of(b->plan, "log-driver");
    const char *standard = b->plan->request->log_driver;
    if (!driver && !standard)
        return;
    bw_json_key(&b->w, BW_STR("LogConfig"));
    bw_json_begin_object(&b->w);
    bw_json_member_str(&b->w, "Type", driver ? driver->value : bw_str(standard));
    put_map(b, "log-opt", "Config", '=');
    bw_json_end(&b->w);
}

void bw_run_plan_body(const struct bw_run_plan *plan, struct bw_buf *buf)
{
    struct body b = {bw_json_writer(buf, false), plan};
    const struct bw_run_flag *name = last_of(plan, "name");
    const struct bw_run_image *about = plan->request->about;
    bw_json_begin_object(&b.w);
    bw_json_member_str(&b.w, "Name", name ? name->value : bw_str(plan->request->image));
    put_command(&b);
    put_members(&b, of_container, BW_ARRAY_LEN(of_container));
    if (about && !last_of(plan, "user"))
        bw_json_member_str(&b.w, "User", about->user.n ? about->user : BW_STR("0"));
    put_env(&b);
    put_map(&b, "label", "Labels", '=');
    put_healthcheck(&b);
    bw_json_key(&b.w, BW_STR("HostConfig"));
    bw_json_begin_object(&b.w);
    put_members(&b, of_host, BW_ARRAY_LEN(of_host));
    for (size_t i = 0; i < BW_ARRAY_LEN(host_lists); i++)
        put_list(&b, &host_lists[i]);
    put_map(&b, "tmpfs", "Tmpfs", ':');
    put_map(&b, "sysctl", "Sysctls", '=');
    put_ports(&b);
    put_logging(&b);
    bw_json_end(&b.w);
    bw_json_end(&b.w);
}
