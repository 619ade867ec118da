#include "extract/pod-view.h"

/* Every field is one, so that what fills them all cannot forget one. */
_Static_assert(sizeof(struct bw_pod_view) % sizeof(struct bw_value) == 0, "fields are values");

void bw_pod_view_fill(struct bw_value_maker *make, struct bw_pod_view *view,
                      enum bw_unknown_class class, struct bw_str why)
{
    struct bw_value unknown = bw_value_unknown(make, class, why);
    struct bw_value *fields = (struct bw_value *)view;
    for (size_t i = 0; i < sizeof *view / sizeof *fields; i++)
        if (fields[i].kind == BW_VALUE_ABSENT)
            fields[i] = unknown;
}

/* What only Kubernetes has, and no other engine has words for. */
static void of_kubernetes(struct bw_value_maker *make, struct bw_value *map,
                          const char *const *fields, size_t n)
{
    struct bw_value unknown = bw_value_unknown(make, BW_UNKNOWN_INEXPRESSIBLE,
                                               BW_STR("only Kubernetes has words for it"));
    for (size_t i = 0; i < n; i++)
        bw_value_set(make, map, fields[i], unknown);
}

/* Every engine shares the host's user namespace with a container unless it is told otherwise. */
static struct bw_value host_users(struct bw_value host_users)
{
    if (host_users.kind != BW_VALUE_UNKNOWN)
        return host_users;
    struct bw_value shared = bw_value_bool(true);
    shared.flags |= BW_VALUE_DEFAULT;
    return shared;
}

/* A map that would be empty is left out. */
static struct bw_value or_absent(struct bw_value map)
{
    return bw_value_count(map) ? map : (struct bw_value){0};
}

static struct bw_value security_context(struct bw_value_maker *make, const struct bw_pod_view *view)
{
    struct bw_value context = bw_value_map(make, 12), capabilities = bw_value_map(make, 2);
    bw_value_set(make, &capabilities, "add", view->capabilities_add);
    bw_value_set(make, &capabilities, "drop", view->capabilities_drop);
    bw_value_set(make, &context, "privileged", view->privileged);
    bw_value_set(make, &context, "allowPrivilegeEscalation", view->allow_privilege_escalation);
    bw_value_set(make, &context, "readOnlyRootFilesystem", view->read_only_root_filesystem);
    bw_value_set(make, &context, "runAsUser", view->run_as_user);
    bw_value_set(make, &context, "runAsGroup", view->run_as_group);
    bw_value_set(make, &context, "runAsNonRoot", view->run_as_non_root);
    bw_value_set(make, &context, "capabilities", or_absent(capabilities));
    bw_value_set(make, &context, "seccompProfile", view->seccomp_profile);
    bw_value_set(make, &context, "appArmorProfile", view->apparmor_profile);
    bw_value_set(make, &context, "seLinuxOptions", view->selinux_options);
    bw_value_set(make, &context, "procMount", view->proc_mount);
    return or_absent(context);
}

static struct bw_value container(struct bw_value_maker *make, const struct bw_pod_view *view)
{
    static const char *const foreign[] = {"envFrom", "lifecycle", "startupProbe"};
    struct bw_value value = bw_value_map(make, 20), resources = bw_value_map(make, 2);
    bw_value_set(make, &resources, "limits", view->limits);
    bw_value_set(make, &resources, "requests", view->requests);
    bw_value_set(make, &value, "name", view->name);
    bw_value_set(make, &value, "image", view->image);
    bw_value_set(make, &value, "imagePullPolicy", view->image_pull_policy);
    bw_value_set(make, &value, "command", view->command);
    bw_value_set(make, &value, "args", view->args);
    bw_value_set(make, &value, "workingDir", view->working_dir);
    bw_value_set(make, &value, "env", view->env);
    bw_value_set(make, &value, "ports", view->ports);
    bw_value_set(make, &value, "volumeMounts", view->volume_mounts);
    bw_value_set(make, &value, "resources", or_absent(resources));
    bw_value_set(make, &value, "livenessProbe", view->liveness_probe);
    bw_value_set(make, &value, "readinessProbe", view->readiness_probe);
    bw_value_set(make, &value, "securityContext", security_context(make, view));
    of_kubernetes(make, &value, foreign, BW_ARRAY_LEN(foreign));
    return value;
}

static struct bw_value spec(struct bw_value_maker *make, const struct bw_pod_view *view)
{
    static const char *const foreign[] = {"serviceAccountName",
                                          "serviceAccount",
                                          "terminationGracePeriodSeconds",
                                          "hostAliases",
                                          "priorityClassName",
                                          "tolerations",
                                          "nodeName"};
    struct bw_value value = bw_value_map(make, 20), pod_context = bw_value_map(make, 2);
    struct bw_value containers = bw_value_list(make, 1);
    bw_value_add(make, &containers, container(make, view));
    bw_value_set(make, &pod_context, "sysctls", view->sysctls);
    bw_value_set(make, &pod_context, "supplementalGroups", view->supplemental_groups);
    bw_value_set(make, &value, "hostNetwork", view->host_network);
    bw_value_set(make, &value, "hostPID", view->host_pid);
    bw_value_set(make, &value, "hostIPC", view->host_ipc);
    bw_value_set(make, &value, "hostUsers", host_users(view->host_users));
    bw_value_set(make, &value, "hostname", view->hostname);
    bw_value_set(make, &value, "restartPolicy", view->restart_policy);
    bw_value_set(make, &value, "shareProcessNamespace", view->share_process_namespace);
    bw_value_set(make, &value, "automountServiceAccountToken", view->automount_token);
    bw_value_set(make, &value, "securityContext", or_absent(pod_context));
    bw_value_set(make, &value, "volumes", view->volumes);
    bw_value_set(make, &value, "containers", containers);
    of_kubernetes(make, &value, foreign, BW_ARRAY_LEN(foreign));
    return value;
}

struct bw_value bw_pod_view_value(struct bw_value_maker *make, const struct bw_pod_view *view,
                                  struct bw_str name)
{
    struct bw_value pod = bw_value_map(make, 4), metadata = bw_value_map(make, 3);
    bw_value_set(make, &metadata, "name", bw_value_string(make, name));
    bw_value_set(make, &metadata, "labels", view->labels);
    bw_value_set(make, &metadata, "annotations", view->annotations);
    bw_value_set(make, &pod, "apiVersion", bw_value_string(make, BW_STR("v1")));
    bw_value_set(make, &pod, "kind", bw_value_string(make, BW_STR("Pod")));
    bw_value_set(make, &pod, "metadata", metadata);
    bw_value_set(make, &pod, "spec", spec(make, view));
    return pod;
}

void bw_pod_view_add(struct bw_reading *reading, const struct bw_pod_view *view, uint32_t of)
{
    if (of >= reading->objects.n)
        return;
    struct bw_object object = reading->objects.v[of];
    object.view_of = of;
    object.group = BW_STR("");
    object.version = BW_STR("v1");
    object.resource = BW_STR("pods");
    object.kind = BW_STR("Pod");
    object.value = bw_pod_view_value(&reading->make, view, object.name);
    bw_reading_object(reading, &object);
}
