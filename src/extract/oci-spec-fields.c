#include "extract/oci-spec-fields.h"

#define STRUCTS(fields) (&(const struct bw_field){NULL, BW_FIELD_STRUCT, fields})

static const struct bw_field string = {NULL, BW_FIELD_STRING, NULL};
static const struct bw_field integer = {NULL, BW_FIELD_INT, NULL};
static const struct bw_field map = {NULL, BW_FIELD_MAP, NULL};

static const struct bw_field user_fields[] = {
    {"uid", BW_FIELD_INT, NULL},         {"gid", BW_FIELD_INT, NULL},
    {"umask", BW_FIELD_INT, NULL},       {"additionalGids", BW_FIELD_LIST, &integer},
    {"username", BW_FIELD_STRING, NULL}, {0},
};

static const struct bw_field capability_fields[] = {
    {"bounding", BW_FIELD_LIST, &string},    {"effective", BW_FIELD_LIST, &string},
    {"inheritable", BW_FIELD_LIST, &string}, {"permitted", BW_FIELD_LIST, &string},
    {"ambient", BW_FIELD_LIST, &string},     {0},
};

/* Limits are unsigned, up to 2^64 - 1. */
static const struct bw_field rlimit_fields[] = {
    {"type", BW_FIELD_STRING, NULL},
    {"hard", BW_FIELD_ANY, NULL},
    {"soft", BW_FIELD_ANY, NULL},
    {0},
};

static const struct bw_field process_fields[] = {
    {"terminal", BW_FIELD_BOOL, NULL},
    {"user", BW_FIELD_STRUCT, user_fields},
    {"args", BW_FIELD_LIST, &string},
    {"env", BW_FIELD_LIST, &string},
    {"cwd", BW_FIELD_STRING, NULL},
    {"capabilities", BW_FIELD_STRUCT, capability_fields},
    {"noNewPrivileges", BW_FIELD_BOOL, NULL},
    {"apparmorProfile", BW_FIELD_STRING, NULL},
    {"oomScoreAdj", BW_FIELD_INT, NULL},
    {"selinuxLabel", BW_FIELD_STRING, NULL},
    {"consoleSize", BW_FIELD_MAP, NULL},
    {"scheduler", BW_FIELD_MAP, NULL},
    {"ioPriority", BW_FIELD_MAP, NULL},
    {"execCPUAffinity", BW_FIELD_MAP, NULL},
    {"rlimits", BW_FIELD_LIST, STRUCTS(rlimit_fields)},
    {0},
};

static const struct bw_field root_fields[] = {
    {"path", BW_FIELD_STRING, NULL},
    {"readonly", BW_FIELD_BOOL, NULL},
    {0},
};

static const struct bw_field mount_fields[] = {
    {"destination", BW_FIELD_STRING, NULL},
    {"type", BW_FIELD_STRING, NULL},
    {"source", BW_FIELD_STRING, NULL},
    {"options", BW_FIELD_LIST, &string},
    {"uidMappings", BW_FIELD_LIST, &map},
    {"gidMappings", BW_FIELD_LIST, &map},
    {0},
};

static const struct bw_field rule_fields[] = {
    {"allow", BW_FIELD_BOOL, NULL},    {"type", BW_FIELD_STRING, NULL},
    {"major", BW_FIELD_INT, NULL},     {"minor", BW_FIELD_INT, NULL},
    {"access", BW_FIELD_STRING, NULL}, {0},
};

static const struct bw_field memory_fields[] = {
    {"limit", BW_FIELD_INT, NULL},
    {"reservation", BW_FIELD_INT, NULL},
    {"swap", BW_FIELD_INT, NULL},
    {"disableOOMKiller", BW_FIELD_BOOL, NULL},
    {0},
};

static const struct bw_field cpu_fields[] = {
    {"shares", BW_FIELD_INT, NULL},  {"quota", BW_FIELD_INT, NULL},
    {"period", BW_FIELD_INT, NULL},  {"cpus", BW_FIELD_STRING, NULL},
    {"mems", BW_FIELD_STRING, NULL}, {0},
};

static const struct bw_field pids_fields[] = {
    {"limit", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field resource_fields[] = {
    {"devices", BW_FIELD_LIST, STRUCTS(rule_fields)},
    {"memory", BW_FIELD_STRUCT, memory_fields},
    {"cpu", BW_FIELD_STRUCT, cpu_fields},
    {"pids", BW_FIELD_STRUCT, pids_fields},
    {"blockIO", BW_FIELD_MAP, NULL},
    {"hugepageLimits", BW_FIELD_LIST, NULL},
    {"network", BW_FIELD_MAP, NULL},
    {"rdma", BW_FIELD_MAP, NULL},
    {"unified", BW_FIELD_MAP, &string},
    {0},
};

static const struct bw_field namespace_fields[] = {
    {"type", BW_FIELD_STRING, NULL},
    {"path", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field device_fields[] = {
    {"path", BW_FIELD_STRING, NULL},
    {"type", BW_FIELD_STRING, NULL},
    {"major", BW_FIELD_INT, NULL},
    {"minor", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field seccomp_fields[] = {
    {"defaultAction", BW_FIELD_STRING, NULL},  {"defaultErrnoRet", BW_FIELD_INT, NULL},
    {"listenerPath", BW_FIELD_STRING, NULL},   {"listenerMetadata", BW_FIELD_STRING, NULL},
    {"architectures", BW_FIELD_LIST, &string}, {"flags", BW_FIELD_LIST, &string},
    {"syscalls", BW_FIELD_LIST, &map},         {0},
};

static const struct bw_field linux_fields[] = {
    {"uidMappings", BW_FIELD_LIST, &map},
    {"gidMappings", BW_FIELD_LIST, &map},
    {"sysctl", BW_FIELD_MAP, &string},
    {"resources", BW_FIELD_STRUCT, resource_fields},
    {"cgroupsPath", BW_FIELD_STRING, NULL},
    {"namespaces", BW_FIELD_LIST, STRUCTS(namespace_fields)},
    {"devices", BW_FIELD_LIST, STRUCTS(device_fields)},
    {"seccomp", BW_FIELD_STRUCT, seccomp_fields},
    {"rootfsPropagation", BW_FIELD_STRING, NULL},
    {"maskedPaths", BW_FIELD_LIST, &string},
    {"readonlyPaths", BW_FIELD_LIST, &string},
    {"mountLabel", BW_FIELD_STRING, NULL},
    {"intelRdt", BW_FIELD_MAP, NULL},
    {"memoryPolicy", BW_FIELD_MAP, NULL},
    {"netDevices", BW_FIELD_MAP, NULL},
    {"personality", BW_FIELD_MAP, NULL},
    {"timeOffsets", BW_FIELD_MAP, NULL},
    {0},
};

static const struct bw_field hook_fields[] = {
    {"path", BW_FIELD_STRING, NULL},
    {"args", BW_FIELD_LIST, &string},
    {"env", BW_FIELD_LIST, &string},
    {"timeout", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field hooks_fields[] = {
    {"prestart", BW_FIELD_LIST, STRUCTS(hook_fields)},
    {"createRuntime", BW_FIELD_LIST, STRUCTS(hook_fields)},
    {"createContainer", BW_FIELD_LIST, STRUCTS(hook_fields)},
    {"startContainer", BW_FIELD_LIST, STRUCTS(hook_fields)},
    {"poststart", BW_FIELD_LIST, STRUCTS(hook_fields)},
    {"poststop", BW_FIELD_LIST, STRUCTS(hook_fields)},
    {0},
};

static const struct bw_field spec_fields[] = {
    {"ociVersion", BW_FIELD_STRING, NULL},    {"process", BW_FIELD_STRUCT, process_fields},
    {"root", BW_FIELD_STRUCT, root_fields},   {"hostname", BW_FIELD_STRING, NULL},
    {"domainname", BW_FIELD_STRING, NULL},    {"mounts", BW_FIELD_LIST, STRUCTS(mount_fields)},
    {"hooks", BW_FIELD_STRUCT, hooks_fields}, {"annotations", BW_FIELD_MAP, &string},
    {"linux", BW_FIELD_STRUCT, linux_fields}, {0},
};

const struct bw_field bw_oci_spec = {NULL, BW_FIELD_STRUCT, spec_fields};
