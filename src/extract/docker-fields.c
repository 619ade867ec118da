#include "extract/docker-fields.h"

#define STRUCTS(fields) (&(const struct bw_field){NULL, BW_FIELD_STRUCT, fields})
#define LISTS(element)  (&(const struct bw_field){NULL, BW_FIELD_LIST, element})

static const struct bw_field string = {NULL, BW_FIELD_STRING, NULL};
static const struct bw_field map = {NULL, BW_FIELD_MAP, NULL};

const struct bw_field bw_docker_health_fields[] = {
    {"Test", BW_FIELD_LIST, &string},
    {"Interval", BW_FIELD_INT, NULL},
    {"Timeout", BW_FIELD_INT, NULL},
    {"StartPeriod", BW_FIELD_INT, NULL},
    {"StartInterval", BW_FIELD_INT, NULL},
    {"Retries", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field binding_fields[] = {
    {"HostIp", BW_FIELD_STRING, NULL},
    {"HostPort", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field log_fields[] = {
    {"Type", BW_FIELD_STRING, NULL},
    {"Config", BW_FIELD_MAP, &string},
    {0},
};

static const struct bw_field restart_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"MaximumRetryCount", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field device_fields[] = {
    {"PathOnHost", BW_FIELD_STRING, NULL},
    {"PathInContainer", BW_FIELD_STRING, NULL},
    {"CgroupPermissions", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field request_fields[] = {
    {"Driver", BW_FIELD_STRING, NULL},     {"Count", BW_FIELD_INT, NULL},
    {"DeviceIDs", BW_FIELD_LIST, &string}, {"Capabilities", BW_FIELD_LIST, LISTS(&string)},
    {"Options", BW_FIELD_MAP, &string},    {0},
};

static const struct bw_field ulimit_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"Hard", BW_FIELD_INT, NULL},
    {"Soft", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field bind_fields[] = {
    {"Propagation", BW_FIELD_STRING, NULL},          {"NonRecursive", BW_FIELD_BOOL, NULL},
    {"CreateMountpoint", BW_FIELD_BOOL, NULL},       {"ReadOnlyNonRecursive", BW_FIELD_BOOL, NULL},
    {"ReadOnlyForceRecursive", BW_FIELD_BOOL, NULL}, {0},
};

static const struct bw_field driver_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"Options", BW_FIELD_MAP, &string},
    {0},
};

static const struct bw_field volume_fields[] = {
    {"NoCopy", BW_FIELD_BOOL, NULL},
    {"Labels", BW_FIELD_MAP, &string},
    {"DriverConfig", BW_FIELD_STRUCT, driver_fields},
    {"Subpath", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field tmpfs_fields[] = {
    {"SizeBytes", BW_FIELD_INT, NULL},
    {"Mode", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field mount_fields[] = {
    {"Type", BW_FIELD_STRING, NULL},
    {"Source", BW_FIELD_STRING, NULL},
    {"Target", BW_FIELD_STRING, NULL},
    {"ReadOnly", BW_FIELD_BOOL, NULL},
    {"Consistency", BW_FIELD_STRING, NULL},
    {"BindOptions", BW_FIELD_STRUCT, bind_fields},
    {"VolumeOptions", BW_FIELD_STRUCT, volume_fields},
    {"TmpfsOptions", BW_FIELD_STRUCT, tmpfs_fields},
    {0},
};

static const struct bw_field host_fields[] = {
    {"Binds", BW_FIELD_LIST, &string},
    {"ContainerIDFile", BW_FIELD_STRING, NULL},
    {"LogConfig", BW_FIELD_STRUCT, log_fields},
    {"NetworkMode", BW_FIELD_STRING, NULL},
    {"PortBindings", BW_FIELD_MAP, LISTS(STRUCTS(binding_fields))},
    {"RestartPolicy", BW_FIELD_STRUCT, restart_fields},
    {"AutoRemove", BW_FIELD_BOOL, NULL},
    {"VolumeDriver", BW_FIELD_STRING, NULL},
    {"VolumesFrom", BW_FIELD_LIST, &string},
    {"Annotations", BW_FIELD_MAP, &string},
    {"CapAdd", BW_FIELD_STRINGS, NULL},
    {"CapDrop", BW_FIELD_STRINGS, NULL},
    {"CgroupnsMode", BW_FIELD_STRING, NULL},
    {"Dns", BW_FIELD_LIST, &string},
    {"DnsOptions", BW_FIELD_LIST, &string},
    {"DnsSearch", BW_FIELD_LIST, &string},
    {"ExtraHosts", BW_FIELD_LIST, &string},
    {"GroupAdd", BW_FIELD_LIST, &string},
    {"IpcMode", BW_FIELD_STRING, NULL},
    {"Cgroup", BW_FIELD_STRING, NULL},
    {"Links", BW_FIELD_LIST, &string},
    {"OomScoreAdj", BW_FIELD_INT, NULL},
    {"PidMode", BW_FIELD_STRING, NULL},
    {"Privileged", BW_FIELD_BOOL, NULL},
    {"PublishAllPorts", BW_FIELD_BOOL, NULL},
    {"ReadonlyRootfs", BW_FIELD_BOOL, NULL},
    {"SecurityOpt", BW_FIELD_LIST, &string},
    {"StorageOpt", BW_FIELD_MAP, &string},
    {"Tmpfs", BW_FIELD_MAP, &string},
    {"UTSMode", BW_FIELD_STRING, NULL},
    {"UsernsMode", BW_FIELD_STRING, NULL},
    {"ShmSize", BW_FIELD_INT, NULL},
    {"Sysctls", BW_FIELD_MAP, &string},
    {"Runtime", BW_FIELD_STRING, NULL},
    {"Isolation", BW_FIELD_STRING, NULL},
    {"CpuShares", BW_FIELD_INT, NULL},
    {"Memory", BW_FIELD_INT, NULL},
    {"NanoCpus", BW_FIELD_INT, NULL},
    {"CgroupParent", BW_FIELD_STRING, NULL},
    {"BlkioWeight", BW_FIELD_INT, NULL},
    {"CpuPeriod", BW_FIELD_INT, NULL},
    {"CpuQuota", BW_FIELD_INT, NULL},
    {"CpuRealtimePeriod", BW_FIELD_INT, NULL},
    {"CpuRealtimeRuntime", BW_FIELD_INT, NULL},
    {"CpusetCpus", BW_FIELD_STRING, NULL},
    {"CpusetMems", BW_FIELD_STRING, NULL},
    {"Devices", BW_FIELD_LIST, STRUCTS(device_fields)},
    {"DeviceCgroupRules", BW_FIELD_LIST, &string},
    {"DeviceRequests", BW_FIELD_LIST, STRUCTS(request_fields)},
    {"KernelMemory", BW_FIELD_INT, NULL},
    {"KernelMemoryTCP", BW_FIELD_INT, NULL},
    {"MemoryReservation", BW_FIELD_INT, NULL},
    {"MemorySwap", BW_FIELD_INT, NULL},
    {"MemorySwappiness", BW_FIELD_INT, NULL},
    {"OomKillDisable", BW_FIELD_BOOL, NULL},
    {"PidsLimit", BW_FIELD_INT, NULL},
    {"Ulimits", BW_FIELD_LIST, STRUCTS(ulimit_fields)},
    {"Mounts", BW_FIELD_LIST, STRUCTS(mount_fields)},
    {"MaskedPaths", BW_FIELD_LIST, &string},
    {"ReadonlyPaths", BW_FIELD_LIST, &string},
    {"Init", BW_FIELD_BOOL, NULL},
    {0},
};

static const struct bw_field network_fields[] = {
    {"EndpointsConfig", BW_FIELD_MAP, &map},
    {0},
};

static const struct bw_field config_fields[] = {
    {"Hostname", BW_FIELD_STRING, NULL},
    {"Domainname", BW_FIELD_STRING, NULL},
    {"User", BW_FIELD_STRING, NULL},
    {"AttachStdin", BW_FIELD_BOOL, NULL},
    {"AttachStdout", BW_FIELD_BOOL, NULL},
    {"AttachStderr", BW_FIELD_BOOL, NULL},
    {"ExposedPorts", BW_FIELD_MAP, NULL},
    {"Tty", BW_FIELD_BOOL, NULL},
    {"OpenStdin", BW_FIELD_BOOL, NULL},
    {"StdinOnce", BW_FIELD_BOOL, NULL},
    {"Env", BW_FIELD_LIST, &string},
    {"Cmd", BW_FIELD_STRINGS, NULL},
    {"Healthcheck", BW_FIELD_STRUCT, bw_docker_health_fields},
    {"Image", BW_FIELD_STRING, NULL},
    {"Volumes", BW_FIELD_MAP, NULL},
    {"WorkingDir", BW_FIELD_STRING, NULL},
    {"Entrypoint", BW_FIELD_STRINGS, NULL},
    {"NetworkDisabled", BW_FIELD_BOOL, NULL},
    {"MacAddress", BW_FIELD_STRING, NULL},
    {"OnBuild", BW_FIELD_LIST, &string},
    {"Labels", BW_FIELD_MAP, &string},
    {"StopSignal", BW_FIELD_STRING, NULL},
    {"StopTimeout", BW_FIELD_INT, NULL},
    {"Shell", BW_FIELD_STRINGS, NULL},
    {0},
};

static const struct bw_field create_fields[] = {
    {"", BW_FIELD_EMBEDDED, config_fields},
    {"HostConfig", BW_FIELD_STRUCT, host_fields},
    {"NetworkingConfig", BW_FIELD_STRUCT, network_fields},
    {"Name", BW_FIELD_STRING, NULL}, /* not in the body: `?name=`; for one's own files */
    {0},
};

/* What a mount has become: Type is bind, volume, tmpfs, ... */
static const struct bw_field point_fields[] = {
    {"Type", BW_FIELD_STRING, NULL},
    {"Name", BW_FIELD_STRING, NULL},
    {"Source", BW_FIELD_STRING, NULL},
    {"Destination", BW_FIELD_STRING, NULL},
    {"Driver", BW_FIELD_STRING, NULL},
    {"Mode", BW_FIELD_STRING, NULL},
    {"Propagation", BW_FIELD_STRING, NULL},
    {"RW", BW_FIELD_BOOL, NULL},
    {0},
};

static const struct bw_field settings_fields[] = {
    {"Networks", BW_FIELD_MAP, &map},
    {0},
};

static const struct bw_field inspect_fields[] = {
    {"Id", BW_FIELD_STRING, NULL},
    {"Name", BW_FIELD_STRING, NULL},
    {"Image", BW_FIELD_STRING, NULL},
    {"AppArmorProfile", BW_FIELD_STRING, NULL},
    {"Config", BW_FIELD_STRUCT, config_fields},
    {"HostConfig", BW_FIELD_STRUCT, host_fields},
    {"Mounts", BW_FIELD_LIST, STRUCTS(point_fields)},
    {"NetworkSettings", BW_FIELD_STRUCT, settings_fields},
    {0},
};

/* --- what the daemon says of other things --- */

static const struct bw_field volume_inspect_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},    {"Driver", BW_FIELD_STRING, NULL},
    {"Options", BW_FIELD_MAP, &string}, {"Mountpoint", BW_FIELD_STRING, NULL},
    {"Labels", BW_FIELD_MAP, &string},  {0},
};

static const struct bw_field image_inspect_fields[] = {
    {"Id", BW_FIELD_STRING, NULL},
    {"Config", BW_FIELD_STRUCT, config_fields},
    {0},
};

static const struct bw_field network_inspect_fields[] = {
    {"Name", BW_FIELD_STRING, NULL},
    {"Id", BW_FIELD_STRING, NULL},
    {"Driver", BW_FIELD_STRING, NULL},
    {0},
};

/* Daemons before 27.0 take HostConfig's members beside HostConfig, too (runconfig's
 * ContainerConfigWrapper embeds both structs). */
static const struct bw_field request_body_fields[] = {
    {"", BW_FIELD_EMBEDDED, config_fields},
    {"HostConfig", BW_FIELD_STRUCT, host_fields},
    {"NetworkingConfig", BW_FIELD_STRUCT, network_fields},
    {"Name", BW_FIELD_ANY, NULL},
    {"", BW_FIELD_EMBEDDED, host_fields},
    {0},
};

bool bw_docker_is_host_field(struct bw_str name)
{
    for (const struct bw_field *field = host_fields; field->name; field++)
        if (bw_str_eq(name, bw_str(field->name)))
            return true;
    return false;
}

const struct bw_field bw_docker_config = {NULL, BW_FIELD_STRUCT, config_fields};
const struct bw_field bw_docker_host = {NULL, BW_FIELD_STRUCT, host_fields};
const struct bw_field bw_docker_mount = {NULL, BW_FIELD_STRUCT, mount_fields};
const struct bw_field bw_docker_body_create = {NULL, BW_FIELD_STRUCT, request_body_fields};
const struct bw_field bw_docker_volume_inspect = {NULL, BW_FIELD_STRUCT, volume_inspect_fields};
const struct bw_field bw_docker_image_inspect = {NULL, BW_FIELD_STRUCT, image_inspect_fields};
const struct bw_field bw_docker_network_inspect = {NULL, BW_FIELD_STRUCT, network_inspect_fields};

const struct bw_field bw_docker_create = {NULL, BW_FIELD_STRUCT, create_fields};
const struct bw_field bw_docker_inspect = {NULL, BW_FIELD_STRUCT, inspect_fields};
