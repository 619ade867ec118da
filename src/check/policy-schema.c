/*
 * The fields of a Pod (core/v1 of Kubernetes 1.34), for the checker: a word that is no field is an
 * error when a policy is loaded, with the nearest that is.
 *
 * A line a type: its fields, "NAME:TYPE" with blanks between them; a capital letter begins a type
 * of this table. Amounts that may be numbers or texts, and what is not worth a type, are dyn. The
 * containers of all three lists have one type, so that the lists can be joined.
 */
#include <stdio.h>

#include "check/policy-environment.h"

#define PREFIX "core."

static const struct {
    const char *name, *fields;
} types[] = {
    {"OwnerReference", "apiVersion:string kind:string name:string uid:string controller:bool "
                       "blockOwnerDeletion:bool"},
    {"ObjectMeta",
     "name:string generateName:string namespace:string selfLink:string uid:string "
     "resourceVersion:string generation:int creationTimestamp:dyn deletionTimestamp:dyn "
     "deletionGracePeriodSeconds:int labels:map(string,string) annotations:map(string,string) "
     "ownerReferences:list(OwnerReference) finalizers:list(string) managedFields:dyn"},
    {"SELinuxOptions", "user:string role:string type:string level:string"},
    {"SeccompProfile", "type:string localhostProfile:string"},
    {"AppArmorProfile", "type:string localhostProfile:string"},
    {"WindowsSecurityContextOptions", "gmsaCredentialSpecName:string gmsaCredentialSpec:string "
                                      "runAsUserName:string hostProcess:bool"},
    {"Capabilities", "add:list(string) drop:list(string)"},
    {"SecurityContext",
     "capabilities:Capabilities privileged:bool seLinuxOptions:SELinuxOptions "
     "windowsOptions:WindowsSecurityContextOptions runAsUser:int runAsGroup:int runAsNonRoot:bool "
     "readOnlyRootFilesystem:bool allowPrivilegeEscalation:bool procMount:string "
     "seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile"},
    {"Sysctl", "name:string value:string"},
    {"PodSecurityContext",
     "seLinuxOptions:SELinuxOptions windowsOptions:WindowsSecurityContextOptions runAsUser:int "
     "runAsGroup:int runAsNonRoot:bool supplementalGroups:list(int) "
     "supplementalGroupsPolicy:string fsGroup:int sysctls:list(Sysctl) fsGroupChangePolicy:string "
     "seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile seLinuxChangePolicy:string"},
    {"LocalObjectReference", "name:string"},
    {"KeySelector", "name:string key:string optional:bool"},
    {"ObjectFieldSelector", "apiVersion:string fieldPath:string"},
    {"ResourceFieldSelector", "containerName:string resource:string divisor:dyn"},
    {"FileKeySelector", "volumeName:string path:string key:string optional:bool"},
    {"EnvVarSource", "fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector "
                     "configMapKeyRef:KeySelector secretKeyRef:KeySelector "
                     "fileKeyRef:FileKeySelector"},
    {"EnvVar", "name:string value:string valueFrom:EnvVarSource"},
    {"EnvSource", "name:string optional:bool"},
    {"EnvFromSource", "prefix:string configMapRef:EnvSource secretRef:EnvSource"},
    {"ContainerPort", "name:string hostPort:int containerPort:int protocol:string hostIP:string"},
    {"ResourceClaim", "name:string request:string"},
    {"ResourceRequirements",
     "limits:map(string,dyn) requests:map(string,dyn) claims:list(ResourceClaim)"},
    {"ContainerResizePolicy", "resourceName:string restartPolicy:string"},
    {"ContainerRestartRule", "action:string exitCodes:dyn"},
    {"VolumeMount",
     "name:string readOnly:bool recursiveReadOnly:string mountPath:string subPath:string "
     "mountPropagation:string subPathExpr:string"},
    {"VolumeDevice", "name:string devicePath:string"},
    {"ExecAction", "command:list(string)"},
    {"HTTPHeader", "name:string value:string"},
    {"HTTPGetAction",
     "path:string port:dyn host:string scheme:string httpHeaders:list(HTTPHeader)"},
    {"TCPSocketAction", "port:dyn host:string"},
    {"GRPCAction", "port:int service:string"},
    {"SleepAction", "seconds:int"},
    {"Probe", "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction "
              "initialDelaySeconds:int timeoutSeconds:int periodSeconds:int successThreshold:int "
              "failureThreshold:int terminationGracePeriodSeconds:int"},
    {"LifecycleHandler", "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction "
                         "sleep:SleepAction"},
    {"Lifecycle", "postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:string"},
    {"Container",
     "name:string image:string command:list(string) args:list(string) workingDir:string "
     "ports:list(ContainerPort) envFrom:list(EnvFromSource) env:list(EnvVar) "
     "resources:ResourceRequirements resizePolicy:list(ContainerResizePolicy) "
     "restartPolicy:string restartPolicyRules:list(ContainerRestartRule) "
     "volumeMounts:list(VolumeMount) volumeDevices:list(VolumeDevice) livenessProbe:Probe "
     "readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath:string "
     "terminationMessagePolicy:string imagePullPolicy:string securityContext:SecurityContext "
     "stdin:bool stdinOnce:bool tty:bool targetContainerName:string"},
    {"HostPathVolumeSource", "path:string type:string"},
    {"EmptyDirVolumeSource", "medium:string sizeLimit:dyn"},
    {"KeyToPath", "key:string path:string mode:int"},
    {"SecretVolumeSource", "secretName:string items:list(KeyToPath) defaultMode:int optional:bool"},
    {"ConfigMapVolumeSource", "name:string items:list(KeyToPath) defaultMode:int optional:bool"},
    {"NFSVolumeSource", "server:string path:string readOnly:bool"},
    {"PVCVolumeSource", "claimName:string readOnly:bool"},
    {"CSIVolumeSource", "driver:string readOnly:bool fsType:string "
                        "volumeAttributes:map(string,string) "
                        "nodePublishSecretRef:LocalObjectReference"},
    {"ImageVolumeSource", "reference:string pullPolicy:string"},
    {"ProjectedVolumeSource", "sources:list(dyn) defaultMode:int"},
    {"Volume",
     "name:string hostPath:HostPathVolumeSource emptyDir:EmptyDirVolumeSource "
     "secret:SecretVolumeSource configMap:ConfigMapVolumeSource nfs:NFSVolumeSource "
     "persistentVolumeClaim:PVCVolumeSource csi:CSIVolumeSource image:ImageVolumeSource "
     "projected:ProjectedVolumeSource downwardAPI:dyn ephemeral:dyn gcePersistentDisk:dyn "
     "awsElasticBlockStore:dyn gitRepo:dyn iscsi:dyn glusterfs:dyn rbd:dyn flexVolume:dyn "
     "cinder:dyn cephfs:dyn flocker:dyn fc:dyn azureFile:dyn vsphereVolume:dyn quobyte:dyn "
     "azureDisk:dyn photonPersistentDisk:dyn portworxVolume:dyn scaleIO:dyn storageos:dyn"},
    {"LabelSelectorRequirement", "key:string operator:string values:list(string)"},
    {"LabelSelector", "matchLabels:map(string,string) "
                      "matchExpressions:list(LabelSelectorRequirement)"},
    {"NodeSelectorTerm", "matchExpressions:list(LabelSelectorRequirement) "
                         "matchFields:list(LabelSelectorRequirement)"},
    {"NodeSelector", "nodeSelectorTerms:list(NodeSelectorTerm)"},
    {"PreferredSchedulingTerm", "weight:int preference:NodeSelectorTerm"},
    {"NodeAffinity",
     "requiredDuringSchedulingIgnoredDuringExecution:NodeSelector "
     "preferredDuringSchedulingIgnoredDuringExecution:list(PreferredSchedulingTerm)"},
    {"PodAffinityTerm",
     "labelSelector:LabelSelector namespaces:list(string) topologyKey:string "
     "namespaceSelector:LabelSelector matchLabelKeys:list(string) mismatchLabelKeys:list(string)"},
    {"WeightedPodAffinityTerm", "weight:int podAffinityTerm:PodAffinityTerm"},
    {"PodAffinity",
     "requiredDuringSchedulingIgnoredDuringExecution:list(PodAffinityTerm) "
     "preferredDuringSchedulingIgnoredDuringExecution:list(WeightedPodAffinityTerm)"},
    {"Affinity", "nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity"},
    {"Toleration", "key:string operator:string value:string effect:string tolerationSeconds:int"},
    {"HostAlias", "ip:string hostnames:list(string)"},
    {"PodDNSConfigOption", "name:string value:string"},
    {"PodDNSConfig", "nameservers:list(string) searches:list(string) "
                     "options:list(PodDNSConfigOption)"},
    {"TopologySpreadConstraint",
     "maxSkew:int topologyKey:string whenUnsatisfiable:string labelSelector:LabelSelector "
     "minDomains:int nodeAffinityPolicy:string nodeTaintsPolicy:string "
     "matchLabelKeys:list(string)"},
    {"PodReadinessGate", "conditionType:string"},
    {"PodResourceClaim", "name:string resourceClaimName:string resourceClaimTemplateName:string"},
    {"PodSpec",
     "volumes:list(Volume) initContainers:list(Container) containers:list(Container) "
     "ephemeralContainers:list(Container) restartPolicy:string terminationGracePeriodSeconds:int "
     "activeDeadlineSeconds:int dnsPolicy:string nodeSelector:map(string,string) "
     "serviceAccountName:string serviceAccount:string automountServiceAccountToken:bool "
     "nodeName:string hostNetwork:bool hostPID:bool hostIPC:bool shareProcessNamespace:bool "
     "securityContext:PodSecurityContext imagePullSecrets:list(LocalObjectReference) "
     "hostname:string subdomain:string affinity:Affinity schedulerName:string "
     "tolerations:list(Toleration) hostAliases:list(HostAlias) priorityClassName:string "
     "priority:int dnsConfig:PodDNSConfig readinessGates:list(PodReadinessGate) "
     "runtimeClassName:string enableServiceLinks:bool preemptionPolicy:string "
     "overhead:map(string,dyn) topologySpreadConstraints:list(TopologySpreadConstraint) "
     "setHostnameAsFQDN:bool os:LocalObjectReference hostUsers:bool "
     "schedulingGates:list(LocalObjectReference) resourceClaims:list(PodResourceClaim) "
     "resources:ResourceRequirements hostnameOverride:string"},
    {"Pod", "apiVersion:string kind:string metadata:ObjectMeta spec:PodSpec status:dyn"},
};

static const struct bw_cel_type *read_type(struct bw_cel_env *env, struct bw_str text,
                                           struct bw_err *err)
{
    char full[128];
    size_t n = 0;
    for (size_t i = 0; i < text.n && n + sizeof PREFIX < sizeof full; i++) {
        bool begins = i == 0 || text.p[i - 1] == '(' || text.p[i - 1] == ',';
        if (begins && text.p[i] >= 'A' && text.p[i] <= 'Z') {
            memcpy(full + n, PREFIX, sizeof PREFIX - 1);
            n += sizeof PREFIX - 1;
        }
        full[n++] = text.p[i];
    }
    return bw_cel_type_read(env, bw_str_n(full, n), err);
}

static int add_fields(struct bw_cel_env *env, const struct bw_cel_type *object, const char *fields,
                      struct bw_err *err)
{
    struct bw_str rest = bw_str(fields), field;
    while (bw_str_split(&rest, ' ', &field)) {
        size_t colon = bw_str_find(field, ':');
        const struct bw_cel_type *type = read_type(env, bw_str_from(field, colon + 1), err);
        int rc = type ? bw_cel_env_field(env, object, bw_str_take(field, colon), type, err)
                      : BW_EINTERNAL;
        if (rc)
            return rc;
    }
    return 0;
}

int bw_policy_schema_pod(struct bw_cel_env *env, const struct bw_cel_type **ret_pod,
                         struct bw_err *err)
{
    const struct bw_cel_type *object = NULL;
    for (size_t i = 0; i < BW_ARRAY_LEN(types); i++) {
        char name[64];
        int n = snprintf(name, sizeof name, PREFIX "%s", types[i].name);
        int rc = bw_cel_env_object(env, bw_str_n(name, (size_t)n), &object, err);
        if (rc == 0)
            rc = add_fields(env, object, types[i].fields, err);
        if (rc)
            return rc;
    }
    *ret_pod = object;
    return 0;
}
