#include "extract/compose-model.h"

#include "extract/compose-short.h"

#define LIST_OF(type, same)                                                                        \
    {                                                                                              \
        .form = BW_COMPOSE_LIST, .element = &(type), .identity = (same)                            \
    }
#define MAP_OF(type, from)                                                                         \
    {                                                                                              \
        .form = BW_COMPOSE_MAP, .element = &(type), .convert = (from)                              \
    }
#define RECORD(table, from)                                                                        \
    {                                                                                              \
        .form = BW_COMPOSE_RECORD, .fields = (table), .convert = (from)                            \
    }

typedef const struct bw_compose_type type;
typedef const struct bw_compose_field field;

static type any = {.form = BW_COMPOSE_ANY};
static type any_or_null = {.form = BW_COMPOSE_ANY, .null = BW_COMPOSE_NULL_KEPT};
static type string = {.form = BW_COMPOSE_STRING};
static type prose = {.form = BW_COMPOSE_PROSE};
static type path = {.form = BW_COMPOSE_PATH};
static type text = {.form = BW_COMPOSE_TEXT};
static type text_or_null = {.form = BW_COMPOSE_TEXT, .null = BW_COMPOSE_NULL_KEPT};
static type text_or_empty = {.form = BW_COMPOSE_TEXT, .null = BW_COMPOSE_NULL_EMPTY};
static type boolean = {.form = BW_COMPOSE_BOOL};
static type integer = {.form = BW_COMPOSE_INT};
static type number = {.form = BW_COMPOSE_NUMBER};
static type bytes = {.form = BW_COMPOSE_BYTES};
static type mode = {.form = BW_COMPOSE_MODE};

static type strings = LIST_OF(string, bw_compose_by_text);
static type names = LIST_OF(string, bw_compose_by_name);
static type texts = LIST_OF(text, bw_compose_by_text);
static type anything = LIST_OF(any, bw_compose_by_content);
static type string_or_list = {.form = BW_COMPOSE_LIST,
                              .element = &string,
                              .convert = bw_compose_to_list,
                              .identity = bw_compose_by_text};
static type path_or_list = {.form = BW_COMPOSE_LIST,
                            .element = &path,
                            .convert = bw_compose_to_list,
                            .identity = bw_compose_by_text};
static type name_or_list = {.form = BW_COMPOSE_LIST,
                            .element = &string,
                            .convert = bw_compose_to_list,
                            .identity = bw_compose_by_name};
static type words = {.form = BW_COMPOSE_LIST,
                     .null = BW_COMPOSE_NULL_KEPT,
                     .replace = true,
                     .element = &prose,
                     .convert = bw_compose_to_words};
static type test = {
    .form = BW_COMPOSE_LIST, .replace = true, .element = &prose, .convert = bw_compose_to_test};

static type variables = MAP_OF(text_or_null, bw_compose_to_variables);
static type text_map = MAP_OF(text_or_empty, bw_compose_to_texts);
static type context_map = MAP_OF(string, bw_compose_to_contexts);
static type name_map = MAP_OF(any_or_null, bw_compose_to_names);
static type host_map = MAP_OF(texts, bw_compose_to_hosts);

/* --- parts of a service --- */

static field ulimit_fields[] = {{"soft", &integer}, {"hard", &integer}, {0}};
static type ulimit_pair = RECORD(ulimit_fields, NULL);
static struct bw_value ulimit_of(struct bw_compose *compose, struct bw_value value,
                                 const char *name);
static type ulimit = {.form = BW_COMPOSE_ANY, .convert = ulimit_of};
static type ulimits = MAP_OF(ulimit, NULL);

/* Both limits as one number stay one until all files are merged: such a number replaces a pair. */
static struct bw_value ulimit_of(struct bw_compose *compose, struct bw_value value,
                                 const char *name)
{
    return bw_compose_canonical(compose, value.kind == BW_VALUE_MAP ? &ulimit_pair : &integer,
                                value, name);
}

static field file_mount_fields[] = {{"source", &string}, {"target", &string}, {"uid", &string},
                                    {"gid", &string},    {"mode", &mode},     {0}};
static type file_mount = RECORD(file_mount_fields, bw_compose_to_file_mount);
static type secrets = LIST_OF(file_mount, bw_compose_by_secret);
static type configs = LIST_OF(file_mount, bw_compose_by_config);

static field build_fields[] = {
    {"context", &path},
    {"dockerfile", &string},
    {"dockerfile_inline", &prose},
    {"entitlements", &strings},
    {"args", &variables},
    {"ssh", &variables},
    {"labels", &text_map},
    {"cache_from", &strings},
    {"cache_to", &strings},
    {"no_cache", &boolean},
    {"no_cache_filter", &string_or_list},
    {"additional_contexts", &context_map},
    {"network", &string},
    {"provenance", &text},
    {"sbom", &text},
    {"pull", &boolean},
    {"target", &string},
    {"shm_size", &bytes},
    {"extra_hosts", &host_map},
    {"isolation", &string},
    {"privileged", &boolean},
    {"secrets", &secrets},
    {"tags", &names},
    {"ulimits", &ulimits},
    {"platforms", &strings},
    {0},
};
static type build = RECORD(build_fields, bw_compose_to_build);

static field device_fields[] = {
    {"source", &string}, {"target", &string}, {"permissions", &string}, {0}};
static type device = RECORD(device_fields, bw_compose_to_device);
static type devices = LIST_OF(device, bw_compose_by_target);

static field env_file_fields[] = {
    {"path", &path}, {"required", &boolean}, {"format", &string}, {0}};
static type env_file = RECORD(env_file_fields, bw_compose_to_env_file);
static type env_files = {.form = BW_COMPOSE_LIST,
                         .element = &env_file,
                         .convert = bw_compose_to_list,
                         .identity = bw_compose_by_path};

static field dependency_fields[] = {
    {"condition", &string}, {"required", &boolean}, {"restart", &boolean}, {0}};
static type dependency = RECORD(dependency_fields, NULL);
static type dependencies = MAP_OF(dependency, bw_compose_to_dependencies);

static field resource_fields[] = {{"cpus", &number},      {"memory", &bytes},
                                  {"pids", &integer},     {"generic_resources", &anything},
                                  {"devices", &anything}, {0}};
static type resource = RECORD(resource_fields, NULL);
static field resources_fields[] = {{"limits", &resource}, {"reservations", &resource}, {0}};
static type resources = RECORD(resources_fields, NULL);
static field restart_policy_fields[] = {{"condition", &string},
                                        {"delay", &string},
                                        {"max_attempts", &integer},
                                        {"window", &string},
                                        {0}};
static type restart_policy = RECORD(restart_policy_fields, NULL);
static field deploy_fields[] = {{"mode", &string},         {"endpoint_mode", &string},
                                {"replicas", &integer},    {"labels", &text_map},
                                {"rollback_config", &any}, {"update_config", &any},
                                {"resources", &resources}, {"restart_policy", &restart_policy},
                                {"placement", &any},       {0}};
static type deploy = RECORD(deploy_fields, NULL);

static field extends_fields[] = {{"service", &string}, {"file", &path}, {0}};
static type extends = RECORD(extends_fields, bw_compose_to_extends);

static field healthcheck_fields[] = {
    {"disable", &boolean}, {"interval", &string},     {"retries", &integer},       {"test", &test},
    {"timeout", &string},  {"start_period", &string}, {"start_interval", &string}, {0}};
static type healthcheck = RECORD(healthcheck_fields, NULL);

static field hook_fields[] = {{"command", &words},         {"user", &string},
                              {"privileged", &boolean},    {"working_dir", &string},
                              {"environment", &variables}, {0}};
static type hook = RECORD(hook_fields, NULL);
static type hooks = LIST_OF(hook, bw_compose_by_content);

static field logging_fields[] = {{"driver", &string}, {"options", &text_map}, {0}};
static type logging = {.form = BW_COMPOSE_RECORD, .fields = logging_fields, .one = "driver"};

static field port_fields[] = {
    {"name", &string},    {"mode", &string},     {"host_ip", &string},      {"target", &integer},
    {"published", &text}, {"protocol", &string}, {"app_protocol", &string}, {0}};
static type port = RECORD(port_fields, NULL);
static type ports = {.form = BW_COMPOSE_LIST,
                     .element = &port,
                     .convert = bw_compose_to_ports,
                     .identity = bw_compose_by_port};

static field bind_fields[] = {{"propagation", &string},
                              {"create_host_path", &boolean},
                              {"recursive", &string},
                              {"selinux", &string},
                              {0}};
static type bind = RECORD(bind_fields, NULL);
static field volume_options_fields[] = {
    {"labels", &text_map}, {"nocopy", &boolean}, {"subpath", &string}, {0}};
static type volume_options = RECORD(volume_options_fields, NULL);
static field tmpfs_fields[] = {{"size", &bytes}, {"mode", &mode}, {0}};
static type tmpfs = RECORD(tmpfs_fields, NULL);
static field mount_fields[] = {{"type", &string},
                               {"source", &string},
                               {"target", &string},
                               {"read_only", &boolean},
                               {"consistency", &string},
                               {"bind", &bind},
                               {"volume", &volume_options},
                               {"tmpfs", &tmpfs},
                               {"image", &any},
                               {0}};
static type mount = RECORD(mount_fields, bw_compose_to_mount);
static type mounts = LIST_OF(mount, bw_compose_by_target);

static type gpus = {.form = BW_COMPOSE_LIST,
                    .element = &any,
                    .convert = bw_compose_to_gpus,
                    .identity = bw_compose_by_content};

static type container_hooks = LIST_OF(bw_compose_service, bw_compose_by_content);

/* Of services, and of jobs and pre_start hooks, which have some of these and few of their own. */
static field service_fields[] = {
    {"annotations", &text_map},
    {"attach", &boolean},
    {"blkio_config", &any},
    {"build", &build},
    {"cap_add", &names},
    {"cap_drop", &names},
    {"cgroup", &string},
    {"cgroup_parent", &string},
    {"command", &words},
    {"configs", &configs},
    {"container_name", &string},
    {"cpu_count", &integer},
    {"cpu_percent", &number},
    {"cpu_period", &integer},
    {"cpu_quota", &integer},
    {"cpu_rt_period", &integer},
    {"cpu_rt_runtime", &integer},
    {"cpu_shares", &integer},
    {"cpus", &number},
    {"cpuset", &string},
    {"credential_spec", &any},
    {"depends_on", &dependencies},
    {"deploy", &deploy},
    {"develop", &any},
    {"device_cgroup_rules", &strings},
    {"devices", &devices},
    {"dns", &name_or_list},
    {"dns_opt", &names},
    {"dns_search", &name_or_list},
    {"domainname", &string},
    {"entrypoint", &words},
    {"env_file", &env_files},
    {"environment", &variables},
    {"expose", &texts},
    {"extends", &extends},
    {"external_links", &strings},
    {"extra_hosts", &host_map},
    {"gpus", &gpus},
    {"group_add", &texts},
    {"healthcheck", &healthcheck},
    {"hostname", &string},
    {"image", &string},
    {"init", &boolean},
    {"ipc", &string},
    {"isolation", &string},
    {"label_file", &path_or_list},
    {"labels", &text_map},
    {"links", &names},
    {"logging", &logging},
    {"mac_address", &string},
    {"mem_limit", &bytes},
    {"mem_reservation", &bytes},
    {"mem_swappiness", &integer},
    {"memswap_limit", &bytes},
    {"models", &name_map},
    {"network_mode", &string},
    {"networks", &name_map},
    {"oom_kill_disable", &boolean},
    {"oom_score_adj", &integer},
    {"per_replica", &boolean},
    {"pid", &string},
    {"pids_limit", &integer},
    {"platform", &string},
    {"ports", &ports},
    {"post_start", &hooks},
    {"pre_start", &container_hooks},
    {"pre_stop", &hooks},
    {"privileged", &boolean},
    {"profiles", &names},
    {"provider", &any},
    {"pull_policy", &string},
    {"pull_refresh_after", &string},
    {"read_only", &boolean},
    {"restart", &string},
    {"runtime", &string},
    {"scale", &integer},
    {"secrets", &secrets},
    {"security_opt", &strings},
    {"shm_size", &bytes},
    {"stdin_open", &boolean},
    {"stop_grace_period", &string},
    {"stop_signal", &string},
    {"storage_opt", &any},
    {"sysctls", &text_map},
    {"tmpfs", &name_or_list},
    {"triggers", &any},
    {"tty", &boolean},
    {"ulimits", &ulimits},
    {"umask", &text},
    {"use_api_socket", &boolean},
    {"user", &string},
    {"userns_mode", &string},
    {"uts", &string},
    {"volumes", &mounts},
    {"volumes_from", &strings},
    {"working_dir", &string},
    {0},
};
type bw_compose_service = RECORD(service_fields, NULL);

/* --- the other sections --- */

static field network_fields[] = {{"name", &string},
                                 {"driver", &string},
                                 {"driver_opts", &text_map},
                                 {"ipam", &any},
                                 {"external", &boolean},
                                 {"internal", &boolean},
                                 {"enable_ipv4", &boolean},
                                 {"enable_ipv6", &boolean},
                                 {"attachable", &boolean},
                                 {"labels", &text_map},
                                 {0}};
static type network = {.form = BW_COMPOSE_RECORD,
                       .null = BW_COMPOSE_NULL_KEPT,
                       .fields = network_fields,
                       .convert = bw_compose_to_resource};
static type networks = MAP_OF(network, NULL);

static field volume_fields[] = {{"name", &string},          {"driver", &string},
                                {"driver_opts", &text_map}, {"external", &boolean},
                                {"labels", &text_map},      {0}};
static type volume = {.form = BW_COMPOSE_RECORD,
                      .null = BW_COMPOSE_NULL_KEPT,
                      .fields = volume_fields,
                      .convert = bw_compose_to_resource};
static type volumes = MAP_OF(volume, NULL);

/* Of secrets and configs. */
static field content_fields[] = {{"name", &string},
                                 {"environment", &string},
                                 {"file", &path},
                                 {"content", &prose},
                                 {"external", &boolean},
                                 {"labels", &text_map},
                                 {"driver", &string},
                                 {"driver_opts", &text_map},
                                 {"template_driver", &string},
                                 {0}};
static type content = {.form = BW_COMPOSE_RECORD,
                       .null = BW_COMPOSE_NULL_KEPT,
                       .fields = content_fields,
                       .convert = bw_compose_to_resource};
static type contents = MAP_OF(content, NULL);

static field include_fields[] = {
    {"path", &string_or_list}, {"env_file", &string_or_list}, {"project_directory", &string}, {0}};
static type include = RECORD(include_fields, bw_compose_to_include);
static type includes = LIST_OF(include, NULL);

static type services = MAP_OF(bw_compose_service, NULL);

static field project_fields[] = {{"version", &text},
                                 {"name", &string},
                                 {"include", &includes},
                                 {"services", &services},
                                 {"models", &any},
                                 {"networks", &networks},
                                 {"volumes", &volumes},
                                 {"secrets", &contents},
                                 {"configs", &contents},
                                 {"jobs", &services},
                                 {0}};
type bw_compose_project = RECORD(project_fields, NULL);

/* --- looking up --- */

const struct bw_compose_type *bw_compose_member_type(const struct bw_compose_type *of,
                                                     struct bw_str name)
{
    if (of->form == BW_COMPOSE_MAP)
        return of->element;
    if (bw_str_starts(name, BW_STR("x-")))
        return &any;
    for (field *at = of->fields; at && at->name; at++)
        if (name.n && at->name[0] == name.p[0] && bw_str_eq(name, bw_str(at->name)))
            return at->type;
    return of->form == BW_COMPOSE_ANY ? &any : NULL;
}

#define WORD_MAX 40u

/* Letters that one word takes to become the other (Levenshtein). */
static size_t distance(struct bw_str a, struct bw_str b)
{
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t change = corner + (a.p[i - 1] != b.p[j - 1]);
            corner = row[j];
            row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < row[j] ? change : row[j];
        }
    }
    return row[b.n];
}

const char *bw_compose_nearest(const struct bw_compose_type *of, struct bw_str word)
{
    const char *best = NULL;
    size_t closest = word.n / 3 + 1;
    for (field *at = of->fields; word.n <= WORD_MAX && at && at->name; at++) {
        size_t away = distance(word, bw_str(at->name));
        if (away < closest) {
            closest = away;
            best = at->name;
        }
    }
    return best;
}
