#include "extract/manifest-fields.h"

#include "base/buf.h"

#define PATH_MAX_BYTES 512u

enum type {
    ANY,
    BOOL,
    INT,
    STRING,
    LIST,
    MAP
};

/* A field, or what the elements of a list and the members of a map are. */
struct field {
    const char *name;
    enum type type;
    enum type element;      /* of a LIST, or of a MAP with free keys */
    const struct field *of; /* fields of a MAP, or of a LIST's maps; ends with a NULL name */
};

/* --- core/v1 and rbac/v1: what policies ask about --- */

static const struct field names_fields[] = {{"name", STRING, ANY, NULL}, {0}};

static const struct field metadata_fields[] = {
    {"name", STRING, ANY, NULL},        {"generateName", STRING, ANY, NULL},
    {"namespace", STRING, ANY, NULL},   {"labels", MAP, STRING, NULL},
    {"annotations", MAP, STRING, NULL}, {0},
};

static const struct field capabilities_fields[] = {
    {"add", LIST, STRING, NULL},
    {"drop", LIST, STRING, NULL},
    {0},
};

static const struct field profile_fields[] = {
    {"type", STRING, ANY, NULL},
    {"localhostProfile", STRING, ANY, NULL},
    {0},
};

static const struct field selinux_fields[] = {
    {"type", STRING, ANY, NULL},
    {"user", STRING, ANY, NULL},
    {"role", STRING, ANY, NULL},
    {"level", STRING, ANY, NULL},
    {0},
};

static const struct field windows_fields[] = {
    {"hostProcess", BOOL, ANY, NULL},
    {"runAsUserName", STRING, ANY, NULL},
    {"gmsaCredentialSpec", STRING, ANY, NULL},
    {"gmsaCredentialSpecName", STRING, ANY, NULL},
    {0},
};

static const struct field context_fields[] = {
    {"privileged", BOOL, ANY, NULL},
    {"allowPrivilegeEscalation", BOOL, ANY, NULL},
    {"readOnlyRootFilesystem", BOOL, ANY, NULL},
    {"runAsNonRoot", BOOL, ANY, NULL},
    {"runAsUser", INT, ANY, NULL},
    {"runAsGroup", INT, ANY, NULL},
    {"procMount", STRING, ANY, NULL},
    {"capabilities", MAP, ANY, capabilities_fields},
    {"seccompProfile", MAP, ANY, profile_fields},
    {"appArmorProfile", MAP, ANY, profile_fields},
    {"seLinuxOptions", MAP, ANY, selinux_fields},
    {"windowsOptions", MAP, ANY, windows_fields},
    {0},
};

static const struct field sysctl_fields[] = {
    {"name", STRING, ANY, NULL},
    {"value", STRING, ANY, NULL},
    {0},
};

static const struct field pod_context_fields[] = {
    {"runAsNonRoot", BOOL, ANY, NULL},
    {"runAsUser", INT, ANY, NULL},
    {"runAsGroup", INT, ANY, NULL},
    {"fsGroup", INT, ANY, NULL},
    {"fsGroupChangePolicy", STRING, ANY, NULL},
    {"supplementalGroups", LIST, INT, NULL},
    {"sysctls", LIST, MAP, sysctl_fields},
    {"seccompProfile", MAP, ANY, profile_fields},
    {"appArmorProfile", MAP, ANY, profile_fields},
    {"seLinuxOptions", MAP, ANY, selinux_fields},
    {"windowsOptions", MAP, ANY, windows_fields},
    {0},
};

static const struct field port_fields[] = {
    {"name", STRING, ANY, NULL},   {"containerPort", INT, ANY, NULL}, {"hostPort", INT, ANY, NULL},
    {"hostIP", STRING, ANY, NULL}, {"protocol", STRING, ANY, NULL},   {0},
};

static const struct field env_fields[] = {
    {"name", STRING, ANY, NULL},
    {"value", STRING, ANY, NULL},
    {"valueFrom", MAP, ANY, NULL},
    {0},
};

static const struct field mount_fields[] = {
    {"name", STRING, ANY, NULL},        {"mountPath", STRING, ANY, NULL},
    {"subPath", STRING, ANY, NULL},     {"mountPropagation", STRING, ANY, NULL},
    {"readOnly", BOOL, ANY, NULL},      {"recursiveReadOnly", STRING, ANY, NULL},
    {"subPathExpr", STRING, ANY, NULL}, {0},
};

static const struct field resources_fields[] = {
    {"limits", MAP, ANY, NULL},
    {"requests", MAP, ANY, NULL},
    {"claims", LIST, MAP, names_fields},
    {0},
};

static const struct field container_fields[] = {
    {"name", STRING, ANY, NULL},
    {"image", STRING, ANY, NULL},
    {"imagePullPolicy", STRING, ANY, NULL},
    {"workingDir", STRING, ANY, NULL},
    {"command", LIST, STRING, NULL},
    {"args", LIST, STRING, NULL},
    {"env", LIST, MAP, env_fields},
    {"envFrom", LIST, MAP, NULL},
    {"ports", LIST, MAP, port_fields},
    {"resources", MAP, ANY, resources_fields},
    {"volumeMounts", LIST, MAP, mount_fields},
    {"volumeDevices", LIST, MAP, NULL},
    {"livenessProbe", MAP, ANY, NULL},
    {"readinessProbe", MAP, ANY, NULL},
    {"startupProbe", MAP, ANY, NULL},
    {"lifecycle", MAP, ANY, NULL},
    {"securityContext", MAP, ANY, context_fields},
    {"stdin", BOOL, ANY, NULL},
    {"tty", BOOL, ANY, NULL},
    {"restartPolicy", STRING, ANY, NULL},
    {0},
};

static const struct field host_path_fields[] = {
    {"path", STRING, ANY, NULL},
    {"type", STRING, ANY, NULL},
    {0},
};

static const struct field volume_fields[] = {
    {"name", STRING, ANY, NULL},   {"hostPath", MAP, ANY, host_path_fields},
    {"emptyDir", MAP, ANY, NULL},  {"configMap", MAP, ANY, NULL},
    {"secret", MAP, ANY, NULL},    {"persistentVolumeClaim", MAP, ANY, NULL},
    {"projected", MAP, ANY, NULL}, {0},
};

static const struct field pod_fields[] = {
    {"containers", LIST, MAP, container_fields},
    {"initContainers", LIST, MAP, container_fields},
    {"ephemeralContainers", LIST, MAP, container_fields},
    {"volumes", LIST, MAP, volume_fields},
    {"securityContext", MAP, ANY, pod_context_fields},
    {"hostNetwork", BOOL, ANY, NULL},
    {"hostPID", BOOL, ANY, NULL},
    {"hostIPC", BOOL, ANY, NULL},
    {"hostUsers", BOOL, ANY, NULL},
    {"shareProcessNamespace", BOOL, ANY, NULL},
    {"automountServiceAccountToken", BOOL, ANY, NULL},
    {"enableServiceLinks", BOOL, ANY, NULL},
    {"setHostnameAsFQDN", BOOL, ANY, NULL},
    {"serviceAccountName", STRING, ANY, NULL},
    {"serviceAccount", STRING, ANY, NULL},
    {"runtimeClassName", STRING, ANY, NULL},
    {"nodeName", STRING, ANY, NULL},
    {"hostname", STRING, ANY, NULL},
    {"subdomain", STRING, ANY, NULL},
    {"restartPolicy", STRING, ANY, NULL},
    {"dnsPolicy", STRING, ANY, NULL},
    {"schedulerName", STRING, ANY, NULL},
    {"priorityClassName", STRING, ANY, NULL},
    {"priority", INT, ANY, NULL},
    {"terminationGracePeriodSeconds", INT, ANY, NULL},
    {"activeDeadlineSeconds", INT, ANY, NULL},
    {"nodeSelector", MAP, STRING, NULL},
    {"affinity", MAP, ANY, NULL},
    {"tolerations", LIST, MAP, NULL},
    {"hostAliases", LIST, MAP, NULL},
    {"imagePullSecrets", LIST, MAP, names_fields},
    {"os", MAP, ANY, names_fields},
    {0},
};

static const struct field rule_fields[] = {
    {"verbs", LIST, STRING, NULL},           {"apiGroups", LIST, STRING, NULL},
    {"resources", LIST, STRING, NULL},       {"resourceNames", LIST, STRING, NULL},
    {"nonResourceURLs", LIST, STRING, NULL}, {0},
};

static const struct field parts[] = {
    [BW_MANIFEST_METADATA] = {"metadata", MAP, ANY, metadata_fields},
    [BW_MANIFEST_POD_SPEC] = {"spec", MAP, ANY, pod_fields},
    [BW_MANIFEST_POLICY_RULES] = {"rules", LIST, MAP, rule_fields},
};

/* --- the check --- */

/* Where a value is: a chain from the part inwards. */
struct path {
    const struct path *up;
    struct bw_str name; /* p is NULL for an element of a list */
    uint32_t index;
};

static void put_path(struct bw_buf *buf, const struct path *path)
{
    if (path->up)
        put_path(buf, path->up);
    if (!path->name.p)
        bw_buf_printf(buf, "[%u]", path->index);
    else
        bw_buf_printf(buf, "%s%" BW_STR_F, path->up ? "." : "", BW_STR_A(path->name));
}

static bool fits(enum type type, struct bw_value value)
{
    switch (type) {
    case BOOL:
        return value.kind == BW_VALUE_BOOL;
    case INT:
        return value.kind == BW_VALUE_INT;
    case STRING:
        return value.kind == BW_VALUE_STRING;
    case LIST:
        return value.kind == BW_VALUE_LIST;
    case MAP:
        return value.kind == BW_VALUE_MAP;
    default:
        return true;
    }
}

static const char *written(struct bw_value value)
{
    switch (value.kind) {
    case BW_VALUE_BOOL:
        return "a boolean";
    case BW_VALUE_INT:
        return "an integer";
    case BW_VALUE_DOUBLE:
        return "a number with a fraction";
    case BW_VALUE_STRING:
        return "a string";
    case BW_VALUE_LIST:
        return "a list";
    case BW_VALUE_MAP:
        return "a map";
    default:
        return "null";
    }
}

static struct bw_value misfit(struct bw_manifest_check *check, enum type type,
                              struct bw_value value, const struct path *path)
{
    static const char *const wants[] = {"", "boolean", "integer", "string", "list", "map"};
    struct bw_reading *reading = check->reading;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_MAX_BYTES);
    struct bw_value unknown = bw_value_unknown(&reading->make, BW_UNKNOWN_MISSING,
                                               BW_STR("the API server refuses this value"));
    uint32_t line = value.place < reading->places.n ? reading->places.v[value.place].line : 0;
    unknown.place = value.place;
    if (check->misfits++ > BW_MANIFEST_MISFITS_MAX)
        return unknown;
    if (check->misfits > BW_MANIFEST_MISFITS_MAX) {
        bw_reading_gap(reading, BW_GAP_BLOCKING, line, BW_STR("fields of wrong types"),
                       "there are more than the %u that are listed", BW_MANIFEST_MISFITS_MAX);
        return unknown;
    }
    put_path(&text, path);
    bw_reading_gap(reading, BW_GAP_BLOCKING, line, bw_buf_slice(&text),
                   "%s where Kubernetes wants %s %s: the API server refuses it", written(value),
                   type == INT ? "an" : "a", wants[type]);
    return unknown;
}

static struct bw_value conform(struct bw_manifest_check *check, const struct field *field,
                               struct bw_value value, const struct path *path);

static const struct field *field_named(const struct field *fields, struct bw_str name)
{
    for (; fields->name; fields++)
        if (bw_str_eq(bw_str(fields->name), name))
            return fields;
    return NULL;
}

/* Members of a map with fields. A null is no member. */
static struct bw_value conform_fields(struct bw_manifest_check *check, const struct field *fields,
                                      struct bw_value map, const struct path *path)
{
    struct bw_value_maker *make = &check->reading->make;
    struct bw_value kept = bw_value_map(make, bw_value_count(map));
    for (uint32_t i = 0; i < bw_value_count(map) && !make->failed; i++) {
        const struct bw_value_member *member = &map.map->v[i];
        const struct field *field = field_named(fields, bw_value_text(member->key));
        struct path below = {path, bw_value_text(member->key), 0};
        struct bw_value value = member->value;
        if (field && value.kind == BW_VALUE_NULL)
            continue;
        if (field)
            value = conform(check, field, value, &below);
        bw_value_put(make, &kept, member->key, value);
    }
    kept.place = map.place;
    kept.flags = map.flags;
    return kept;
}

static struct bw_value conform_members(struct bw_manifest_check *check, enum type type,
                                       struct bw_value map, const struct path *path)
{
    struct bw_value_maker *make = &check->reading->make;
    const struct field any = {.type = type};
    for (uint32_t i = 0; i < bw_value_count(map) && !make->failed; i++) {
        struct bw_value_member member = map.map->v[i];
        struct path below = {path, bw_value_text(member.key), 0};
        if (member.value.kind != BW_VALUE_NULL)
            bw_value_put(make, &map, member.key, conform(check, &any, member.value, &below));
    }
    return map;
}

static struct bw_value conform_elements(struct bw_manifest_check *check, const struct field *field,
                                        struct bw_value list, const struct path *path)
{
    struct bw_value_maker *make = &check->reading->make;
    struct bw_value kept = bw_value_list(make, bw_value_count(list));
    const struct field element = {.type = field->element, .of = field->of};
    for (uint32_t i = 0; i < bw_value_count(list) && !make->failed; i++) {
        struct path below = {path, {0}, i};
        bw_value_add(make, &kept, conform(check, &element, list.list->v[i], &below));
    }
    kept.place = list.place;
    kept.flags = list.flags;
    return kept;
}

static struct bw_value conform(struct bw_manifest_check *check, const struct field *field,
                               struct bw_value value, const struct path *path)
{
    if (value.kind == BW_VALUE_UNKNOWN || value.kind == BW_VALUE_ABSENT)
        return value;
    if (!fits(field->type, value))
        return misfit(check, field->type, value, path);
    if (field->type == MAP && field->of)
        return conform_fields(check, field->of, value, path);
    if (field->type == MAP && field->element)
        return conform_members(check, field->element, value, path);
    if (field->type == LIST)
        return conform_elements(check, field, value, path);
    return value;
}

struct bw_value bw_manifest_conform(struct bw_manifest_check *check, enum bw_manifest_part part,
                                    const char *path, struct bw_value value)
{
    struct path root = {NULL, bw_str(path), 0};
    return conform(check, &parts[part], value, &root);
}
