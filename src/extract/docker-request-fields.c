#include "extract/docker-request.h"

#include "extract/docker-fields.h"

#define STRUCT(fields)                                                                             \
    {                                                                                              \
        NULL, BW_FIELD_STRUCT, fields                                                              \
    }

static const struct bw_field string = {NULL, BW_FIELD_STRING, NULL};
static const struct bw_field map = {NULL, BW_FIELD_MAP, NULL};

static const struct bw_field exec_fields[] = {
    {"User", BW_FIELD_STRING, NULL},       {"Privileged", BW_FIELD_BOOL, NULL},
    {"Tty", BW_FIELD_BOOL, NULL},          {"AttachStdin", BW_FIELD_BOOL, NULL},
    {"AttachStderr", BW_FIELD_BOOL, NULL}, {"AttachStdout", BW_FIELD_BOOL, NULL},
    {"Detach", BW_FIELD_BOOL, NULL},       {"DetachKeys", BW_FIELD_STRING, NULL},
    {"Env", BW_FIELD_LIST, &string},       {"WorkingDir", BW_FIELD_STRING, NULL},
    {"Cmd", BW_FIELD_STRINGS, NULL},       {0},
};

static const struct bw_field exec_start_fields[] = {
    {"Detach", BW_FIELD_BOOL, NULL},
    {"Tty", BW_FIELD_BOOL, NULL},
    {0},
};

static const struct bw_field copy_fields[] = {
    {"Resource", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field checkpoint_fields[] = {
    {"CheckpointID", BW_FIELD_STRING, NULL},
    {"CheckpointDir", BW_FIELD_STRING, NULL},
    {"Exit", BW_FIELD_BOOL, NULL},
    {0},
};

/* --- volumes and networks --- */

static const struct bw_field volume_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},           {"Driver", BW_FIELD_STRING, NULL},
    {"DriverOpts", BW_FIELD_MAP, &string},     {"Labels", BW_FIELD_MAP, &string},
    {"ClusterVolumeSpec", BW_FIELD_MAP, NULL}, {0},
};

static const struct bw_field volume_update_fields[] = {
    {"Spec", BW_FIELD_MAP, NULL},
    {0},
};

static const struct bw_field ipam_fields[] = {
    {"Driver", BW_FIELD_STRING, NULL},
    {"Options", BW_FIELD_MAP, &string},
    {"Config", BW_FIELD_LIST, &map},
    {0},
};

static const struct bw_field reference_fields[] = {
    {"Network", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field network_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"CheckDuplicate", BW_FIELD_BOOL, NULL},
    {"Driver", BW_FIELD_STRING, NULL},
    {"Scope", BW_FIELD_STRING, NULL},
    {"EnableIPv4", BW_FIELD_BOOL, NULL},
    {"EnableIPv6", BW_FIELD_BOOL, NULL},
    {"IPAM", BW_FIELD_STRUCT, ipam_fields},
    {"Internal", BW_FIELD_BOOL, NULL},
    {"Attachable", BW_FIELD_BOOL, NULL},
    {"Ingress", BW_FIELD_BOOL, NULL},
    {"ConfigOnly", BW_FIELD_BOOL, NULL},
    {"ConfigFrom", BW_FIELD_STRUCT, reference_fields},
    {"Options", BW_FIELD_MAP, &string},
    {"Labels", BW_FIELD_MAP, &string},
    {0},
};

static const struct bw_field connect_fields[] = {
    {"Container", BW_FIELD_STRING, NULL},
    {"EndpointConfig", BW_FIELD_MAP, NULL},
    {0},
};

static const struct bw_field disconnect_fields[] = {
    {"Container", BW_FIELD_STRING, NULL},
    {"Force", BW_FIELD_BOOL, NULL},
    {0},
};

/* --- plugins --- */

static const struct bw_field privilege_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"Description", BW_FIELD_STRING, NULL},
    {"Value", BW_FIELD_LIST, &string},
    {0},
};

static const struct bw_field privilege = STRUCT(privilege_fields);

/* --- services --- */

static const struct bw_field seccomp_fields[] = {
    {"Mode", BW_FIELD_STRING, NULL},
    {"Profile", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field apparmor_fields[] = {
    {"Mode", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field selinux_fields[] = {
    {"Disable", BW_FIELD_BOOL, NULL}, {"User", BW_FIELD_STRING, NULL},
    {"Role", BW_FIELD_STRING, NULL},  {"Type", BW_FIELD_STRING, NULL},
    {"Level", BW_FIELD_STRING, NULL}, {0},
};

static const struct bw_field privileges_fields[] = {
    {"CredentialSpec", BW_FIELD_MAP, NULL},
    {"SELinuxContext", BW_FIELD_STRUCT, selinux_fields},
    {"Seccomp", BW_FIELD_STRUCT, seccomp_fields},
    {"AppArmor", BW_FIELD_STRUCT, apparmor_fields},
    {"NoNewPrivileges", BW_FIELD_BOOL, NULL},
    {0},
};

static const struct bw_field container_fields[] = {
    {"Image", BW_FIELD_STRING, NULL},
    {"Labels", BW_FIELD_MAP, &string},
    {"Command", BW_FIELD_LIST, &string},
    {"Args", BW_FIELD_LIST, &string},
    {"Hostname", BW_FIELD_STRING, NULL},
    {"Env", BW_FIELD_LIST, &string},
    {"Dir", BW_FIELD_STRING, NULL},
    {"User", BW_FIELD_STRING, NULL},
    {"Groups", BW_FIELD_LIST, &string},
    {"Privileges", BW_FIELD_STRUCT, privileges_fields},
    {"Init", BW_FIELD_BOOL, NULL},
    {"StopSignal", BW_FIELD_STRING, NULL},
    {"TTY", BW_FIELD_BOOL, NULL},
    {"OpenStdin", BW_FIELD_BOOL, NULL},
    {"ReadOnly", BW_FIELD_BOOL, NULL},
    {"Mounts", BW_FIELD_LIST, &bw_docker_mount},
    {"StopGracePeriod", BW_FIELD_INT, NULL},
    {"Healthcheck", BW_FIELD_STRUCT, bw_docker_health_fields},
    {"Hosts", BW_FIELD_LIST, &string},
    {"DNSConfig", BW_FIELD_MAP, NULL},
    {"Secrets", BW_FIELD_LIST, &map},
    {"Configs", BW_FIELD_LIST, &map},
    {"Isolation", BW_FIELD_STRING, NULL},
    {"Sysctls", BW_FIELD_MAP, &string},
    {"CapabilityAdd", BW_FIELD_LIST, &string},
    {"CapabilityDrop", BW_FIELD_LIST, &string},
    {"Ulimits", BW_FIELD_LIST, &map},
    {"OomScoreAdj", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field plugin_fields[] = {
    {"name", BW_FIELD_STRING, NULL},     {"remote", BW_FIELD_STRING, NULL},
    {"privileges", BW_FIELD_LIST, &map}, {"disabled", BW_FIELD_BOOL, NULL},
    {"env", BW_FIELD_LIST, &string},     {0},
};

static const struct bw_field limit_fields[] = {
    {"NanoCPUs", BW_FIELD_INT, NULL},
    {"MemoryBytes", BW_FIELD_INT, NULL},
    {"Pids", BW_FIELD_INT, NULL},
    {"GenericResources", BW_FIELD_LIST, NULL},
    {0},
};

static const struct bw_field resource_fields[] = {
    {"Limits", BW_FIELD_STRUCT, limit_fields},
    {"Reservations", BW_FIELD_STRUCT, limit_fields},
    {0},
};

static const struct bw_field restart_fields[] = {
    {"Condition", BW_FIELD_STRING, NULL},
    {"Delay", BW_FIELD_INT, NULL},
    {"MaxAttempts", BW_FIELD_INT, NULL},
    {"Window", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field attachment_fields[] = {
    {"Target", BW_FIELD_STRING, NULL},
    {"Aliases", BW_FIELD_LIST, &string},
    {"DriverOpts", BW_FIELD_MAP, &string},
    {0},
};

static const struct bw_field attachment = STRUCT(attachment_fields);

static const struct bw_field task_fields[] = {
    {"ContainerSpec", BW_FIELD_STRUCT, container_fields},
    {"PluginSpec", BW_FIELD_STRUCT, plugin_fields},
    {"NetworkAttachmentSpec", BW_FIELD_MAP, NULL},
    {"Resources", BW_FIELD_STRUCT, resource_fields},
    {"RestartPolicy", BW_FIELD_STRUCT, restart_fields},
    {"Placement", BW_FIELD_MAP, NULL},
    {"Networks", BW_FIELD_LIST, &attachment},
    {"LogDriver", BW_FIELD_MAP, NULL},
    {"ForceUpdate", BW_FIELD_INT, NULL},
    {"Runtime", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field port_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},        {"Protocol", BW_FIELD_STRING, NULL},
    {"TargetPort", BW_FIELD_INT, NULL},     {"PublishedPort", BW_FIELD_INT, NULL},
    {"PublishMode", BW_FIELD_STRING, NULL}, {0},
};

static const struct bw_field port = STRUCT(port_fields);

static const struct bw_field endpoint_fields[] = {
    {"Mode", BW_FIELD_STRING, NULL},
    {"Ports", BW_FIELD_LIST, &port},
    {0},
};

static const struct bw_field service_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"Labels", BW_FIELD_MAP, &string},
    {"TaskTemplate", BW_FIELD_STRUCT, task_fields},
    {"Mode", BW_FIELD_MAP, NULL},
    {"UpdateConfig", BW_FIELD_MAP, NULL},
    {"RollbackConfig", BW_FIELD_MAP, NULL},
    {"Networks", BW_FIELD_LIST, &attachment},
    {"EndpointSpec", BW_FIELD_STRUCT, endpoint_fields},
    {0},
};

/* --- swarm --- */

static const struct bw_field init_fields[] = {
    {"ListenAddr", BW_FIELD_STRING, NULL},
    {"AdvertiseAddr", BW_FIELD_STRING, NULL},
    {"DataPathAddr", BW_FIELD_STRING, NULL},
    {"DataPathPort", BW_FIELD_INT, NULL},
    {"ForceNewCluster", BW_FIELD_BOOL, NULL},
    {"Spec", BW_FIELD_MAP, NULL},
    {"AutoLockManagers", BW_FIELD_BOOL, NULL},
    {"Availability", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field join_fields[] = {
    {"ListenAddr", BW_FIELD_STRING, NULL},
    {"AdvertiseAddr", BW_FIELD_STRING, NULL},
    {"DataPathAddr", BW_FIELD_STRING, NULL},
    {"RemoteAddrs", BW_FIELD_LIST, &string},
    {"JoinToken", BW_FIELD_STRING, NULL},
    {"Availability", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field swarm_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"Labels", BW_FIELD_MAP, &string},
    {"CAConfig", BW_FIELD_MAP, NULL},
    {"TaskDefaults", BW_FIELD_MAP, NULL},
    {0},
};

static const struct bw_field unlock_fields[] = {
    {"UnlockKey", BW_FIELD_STRING, NULL},
    {0},
};

/* Secrets and configs. */
static const struct bw_field secret_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},    {"Labels", BW_FIELD_MAP, &string},
    {"Data", BW_FIELD_STRING, NULL},    {"Driver", BW_FIELD_MAP, NULL},
    {"Templating", BW_FIELD_MAP, NULL}, {0},
};

static const struct bw_field node_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"Labels", BW_FIELD_MAP, &string},
    {"Role", BW_FIELD_STRING, NULL},
    {"Availability", BW_FIELD_STRING, NULL},
    {0},
};

const struct bw_field bw_docker_body_exec = STRUCT(exec_fields);
const struct bw_field bw_docker_body_exec_start = STRUCT(exec_start_fields);
const struct bw_field bw_docker_body_copy = STRUCT(copy_fields);
const struct bw_field bw_docker_body_checkpoint = STRUCT(checkpoint_fields);
const struct bw_field bw_docker_body_volume = STRUCT(volume_fields);
const struct bw_field bw_docker_body_volume_update = STRUCT(volume_update_fields);
const struct bw_field bw_docker_body_network = STRUCT(network_fields);
const struct bw_field bw_docker_body_connect = STRUCT(connect_fields);
const struct bw_field bw_docker_body_disconnect = STRUCT(disconnect_fields);
const struct bw_field bw_docker_body_privileges = {NULL, BW_FIELD_LIST, &privilege};
const struct bw_field bw_docker_body_strings = {NULL, BW_FIELD_LIST, &string};
const struct bw_field bw_docker_body_service = STRUCT(service_fields);
const struct bw_field bw_docker_body_swarm_init = STRUCT(init_fields);
const struct bw_field bw_docker_body_swarm_join = STRUCT(join_fields);
const struct bw_field bw_docker_body_swarm = STRUCT(swarm_fields);
const struct bw_field bw_docker_body_unlock = STRUCT(unlock_fields);
const struct bw_field bw_docker_body_secret = STRUCT(secret_fields);
const struct bw_field bw_docker_body_node = STRUCT(node_fields);
