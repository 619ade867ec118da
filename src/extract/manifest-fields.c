#include "extract/manifest-fields.h"

/* An element of a list that has these fields. */
#define STRUCTS(fields) (&(const struct bw_field){NULL, BW_FIELD_STRUCT, fields})

static const struct bw_field names_fields[] = {{"name", BW_FIELD_STRING, NULL}, {0}};

static const struct bw_field string = {NULL, BW_FIELD_STRING, NULL};
static const struct bw_field integer = {NULL, BW_FIELD_INT, NULL};
static const struct bw_field map = {NULL, BW_FIELD_MAP, NULL};

static const struct bw_field metadata_fields[] = {
    {"name", BW_FIELD_STRING, NULL},        {"generateName", BW_FIELD_STRING, NULL},
    {"namespace", BW_FIELD_STRING, NULL},   {"labels", BW_FIELD_MAP, &string},
    {"annotations", BW_FIELD_MAP, &string}, {0},
};

static const struct bw_field capabilities_fields[] = {
    {"add", BW_FIELD_LIST, &string},
    {"drop", BW_FIELD_LIST, &string},
    {0},
};

static const struct bw_field profile_fields[] = {
    {"type", BW_FIELD_STRING, NULL},
    {"localhostProfile", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field selinux_fields[] = {
    {"type", BW_FIELD_STRING, NULL},
    {"user", BW_FIELD_STRING, NULL},
    {"role", BW_FIELD_STRING, NULL},
    {"level", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field windows_fields[] = {
    {"hostProcess", BW_FIELD_BOOL, NULL},
    {"runAsUserName", BW_FIELD_STRING, NULL},
    {"gmsaCredentialSpec", BW_FIELD_STRING, NULL},
    {"gmsaCredentialSpecName", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field context_fields[] = {
    {"privileged", BW_FIELD_BOOL, NULL},
    {"allowPrivilegeEscalation", BW_FIELD_BOOL, NULL},
    {"readOnlyRootFilesystem", BW_FIELD_BOOL, NULL},
    {"runAsNonRoot", BW_FIELD_BOOL, NULL},
    {"runAsUser", BW_FIELD_INT, NULL},
    {"runAsGroup", BW_FIELD_INT, NULL},
    {"procMount", BW_FIELD_STRING, NULL},
    {"capabilities", BW_FIELD_STRUCT, capabilities_fields},
    {"seccompProfile", BW_FIELD_STRUCT, profile_fields},
    {"appArmorProfile", BW_FIELD_STRUCT, profile_fields},
    {"seLinuxOptions", BW_FIELD_STRUCT, selinux_fields},
    {"windowsOptions", BW_FIELD_STRUCT, windows_fields},
    {0},
};

static const struct bw_field sysctl_fields[] = {
    {"name", BW_FIELD_STRING, NULL},
    {"value", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field pod_context_fields[] = {
    {"runAsNonRoot", BW_FIELD_BOOL, NULL},
    {"runAsUser", BW_FIELD_INT, NULL},
    {"runAsGroup", BW_FIELD_INT, NULL},
    {"fsGroup", BW_FIELD_INT, NULL},
    {"fsGroupChangePolicy", BW_FIELD_STRING, NULL},
    {"supplementalGroups", BW_FIELD_LIST, &integer},
    {"sysctls", BW_FIELD_LIST, STRUCTS(sysctl_fields)},
    {"seccompProfile", BW_FIELD_STRUCT, profile_fields},
    {"appArmorProfile", BW_FIELD_STRUCT, profile_fields},
    {"seLinuxOptions", BW_FIELD_STRUCT, selinux_fields},
    {"windowsOptions", BW_FIELD_STRUCT, windows_fields},
    {0},
};

static const struct bw_field port_fields[] = {
    {"name", BW_FIELD_STRING, NULL},     {"containerPort", BW_FIELD_INT, NULL},
    {"hostPort", BW_FIELD_INT, NULL},    {"hostIP", BW_FIELD_STRING, NULL},
    {"protocol", BW_FIELD_STRING, NULL}, {0},
};

static const struct bw_field env_fields[] = {
    {"name", BW_FIELD_STRING, NULL},
    {"value", BW_FIELD_STRING, NULL},
    {"valueFrom", BW_FIELD_MAP, NULL},
    {0},
};

static const struct bw_field mount_fields[] = {
    {"name", BW_FIELD_STRING, NULL},        {"mountPath", BW_FIELD_STRING, NULL},
    {"subPath", BW_FIELD_STRING, NULL},     {"mountPropagation", BW_FIELD_STRING, NULL},
    {"readOnly", BW_FIELD_BOOL, NULL},      {"recursiveReadOnly", BW_FIELD_STRING, NULL},
    {"subPathExpr", BW_FIELD_STRING, NULL}, {0},
};

static const struct bw_field resources_fields[] = {
    {"limits", BW_FIELD_MAP, NULL},
    {"requests", BW_FIELD_MAP, NULL},
    {"claims", BW_FIELD_LIST, STRUCTS(names_fields)},
    {0},
};

static const struct bw_field container_fields[] = {
    {"name", BW_FIELD_STRING, NULL},
    {"image", BW_FIELD_STRING, NULL},
    {"imagePullPolicy", BW_FIELD_STRING, NULL},
    {"workingDir", BW_FIELD_STRING, NULL},
    {"command", BW_FIELD_LIST, &string},
    {"args", BW_FIELD_LIST, &string},
    {"env", BW_FIELD_LIST, STRUCTS(env_fields)},
    {"envFrom", BW_FIELD_LIST, &map},
    {"ports", BW_FIELD_LIST, STRUCTS(port_fields)},
    {"resources", BW_FIELD_STRUCT, resources_fields},
    {"volumeMounts", BW_FIELD_LIST, STRUCTS(mount_fields)},
    {"volumeDevices", BW_FIELD_LIST, &map},
    {"livenessProbe", BW_FIELD_MAP, NULL},
    {"readinessProbe", BW_FIELD_MAP, NULL},
    {"startupProbe", BW_FIELD_MAP, NULL},
    {"lifecycle", BW_FIELD_MAP, NULL},
    {"securityContext", BW_FIELD_STRUCT, context_fields},
    {"stdin", BW_FIELD_BOOL, NULL},
    {"tty", BW_FIELD_BOOL, NULL},
    {"restartPolicy", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field host_path_fields[] = {
    {"path", BW_FIELD_STRING, NULL},
    {"type", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field volume_fields[] = {
    {"name", BW_FIELD_STRING, NULL},   {"hostPath", BW_FIELD_STRUCT, host_path_fields},
    {"emptyDir", BW_FIELD_MAP, NULL},  {"configMap", BW_FIELD_MAP, NULL},
    {"secret", BW_FIELD_MAP, NULL},    {"persistentVolumeClaim", BW_FIELD_MAP, NULL},
    {"projected", BW_FIELD_MAP, NULL}, {0},
};

static const struct bw_field pod_fields[] = {
    {"containers", BW_FIELD_LIST, STRUCTS(container_fields)},
    {"initContainers", BW_FIELD_LIST, STRUCTS(container_fields)},
    {"ephemeralContainers", BW_FIELD_LIST, STRUCTS(container_fields)},
    {"volumes", BW_FIELD_LIST, STRUCTS(volume_fields)},
    {"securityContext", BW_FIELD_STRUCT, pod_context_fields},
    {"hostNetwork", BW_FIELD_BOOL, NULL},
    {"hostPID", BW_FIELD_BOOL, NULL},
    {"hostIPC", BW_FIELD_BOOL, NULL},
    {"hostUsers", BW_FIELD_BOOL, NULL},
    {"shareProcessNamespace", BW_FIELD_BOOL, NULL},
    {"automountServiceAccountToken", BW_FIELD_BOOL, NULL},
    {"enableServiceLinks", BW_FIELD_BOOL, NULL},
    {"setHostnameAsFQDN", BW_FIELD_BOOL, NULL},
    {"serviceAccountName", BW_FIELD_STRING, NULL},
    {"serviceAccount", BW_FIELD_STRING, NULL},
    {"runtimeClassName", BW_FIELD_STRING, NULL},
    {"nodeName", BW_FIELD_STRING, NULL},
    {"hostname", BW_FIELD_STRING, NULL},
    {"subdomain", BW_FIELD_STRING, NULL},
    {"restartPolicy", BW_FIELD_STRING, NULL},
    {"dnsPolicy", BW_FIELD_STRING, NULL},
    {"schedulerName", BW_FIELD_STRING, NULL},
    {"priorityClassName", BW_FIELD_STRING, NULL},
    {"priority", BW_FIELD_INT, NULL},
    {"terminationGracePeriodSeconds", BW_FIELD_INT, NULL},
    {"activeDeadlineSeconds", BW_FIELD_INT, NULL},
    {"nodeSelector", BW_FIELD_MAP, &string},
    {"affinity", BW_FIELD_MAP, NULL},
    {"tolerations", BW_FIELD_LIST, &map},
    {"hostAliases", BW_FIELD_LIST, &map},
    {"imagePullSecrets", BW_FIELD_LIST, STRUCTS(names_fields)},
    {"os", BW_FIELD_STRUCT, names_fields},
    {0},
};

static const struct bw_field rule_fields[] = {
    {"verbs", BW_FIELD_LIST, &string},           {"apiGroups", BW_FIELD_LIST, &string},
    {"resources", BW_FIELD_LIST, &string},       {"resourceNames", BW_FIELD_LIST, &string},
    {"nonResourceURLs", BW_FIELD_LIST, &string}, {0},
};

const struct bw_field bw_manifest_metadata = {NULL, BW_FIELD_STRUCT, metadata_fields};
const struct bw_field bw_manifest_pod_spec = {NULL, BW_FIELD_STRUCT, pod_fields};
const struct bw_field bw_manifest_policy_rules = {NULL, BW_FIELD_LIST, STRUCTS(rule_fields)};
