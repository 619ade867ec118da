#include "reader-rig.h"

static int read_json(struct reader_rig *rig, const char *path, const char *text)
{
    const struct bw_reader *reader = bw_reader_named(BW_STR("oci-spec"));
    assert_non_null(reader);
    return rig_read(rig, reader, path, bw_str(text));
}

static void expect_in_pod(const char *spec, const char *path, const char *json)
{
    struct reader_rig rig;
    if (read_json(&rig, "config.json", spec))
        fail_msg("%s: %s", spec, rig.err.msg);
    assert_string_equal(rig_gaps(&rig), "");
    assert_int_equal(rig.document.objects_n, 2);
    const char *got = rig_at(&rig, bw_value_at(rig.document.objects[1].value, "spec", NULL), path);
    if (strcmp(got, json) != 0)
        fail_msg("%s: %s is %s, not %s", spec, path, got, json);
    rig_close(&rig);
}

#define SPEC(members)    "{\"ociVersion\":\"1.0.2\"," members "}"
#define PROCESS(members) SPEC("\"process\":{" members "}")
#define LINUX(members)   SPEC("\"linux\":{" members "}")
#define MOUNT(members)   SPEC("\"mounts\":[{" members "}]")
#define CAPS(list)       PROCESS("\"capabilities\":{\"bounding\":[" list "]}")
#define CONTEXT(name)    "containers.0.securityContext." name
#define UNKNOWN(why)     "{\"$unknown\":\"" why "\"}"
#define USUAL                                                                                      \
    "\"CAP_AUDIT_WRITE\",\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FOWNER\",\"CAP_FSETID\","        \
    "\"CAP_KILL\",\"CAP_MKNOD\",\"CAP_NET_BIND_SERVICE\",\"CAP_NET_RAW\",\"CAP_SETFCAP\","         \
    "\"CAP_SETGID\",\"CAP_SETPCAP\",\"CAP_SETUID\",\"CAP_SYS_CHROOT\""
#define DEFAULT_MASK "\"/proc/kcore\",\"/proc/keys\",\"/sys/firmware\""

/* What is absent is absent at run time. */
static void what_is_left_out(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {CONTEXT("runAsUser"), "0"},
        {CONTEXT("runAsNonRoot"), "false"},
        {CONTEXT("allowPrivilegeEscalation"), "true"},
        {CONTEXT("readOnlyRootFilesystem"), "false"},
        {CONTEXT("privileged"), "false"},
        {CONTEXT("seccompProfile.type"), "\"Unconfined\""},
        {CONTEXT("procMount"), "\"Unmasked\""},
        {CONTEXT("appArmorProfile"), UNKNOWN("whether the host has AppArmor")},
        {CONTEXT("capabilities"), "{\"add\":[],\"drop\":[\"ALL\"]}"},
        {"hostNetwork", "true"},
        {"hostPID", "true"},
        {"hostIPC", "true"},
        {"hostUsers", "true"},
        {"volumes", ""},
        {"containers.0.resources", ""},
        {"restartPolicy", UNKNOWN("an OCI runtime specification has no words for it")},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(LINUX(""), table[i][0], table[i][1]);
}

static void what_is_written(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {PROCESS("\"user\":{\"uid\":5,\"gid\":6,\"additionalGids\":[7]}"), CONTEXT("runAsUser"),
         "5"},
        {PROCESS("\"user\":{\"uid\":5,\"gid\":6,\"additionalGids\":[7]}"), CONTEXT("runAsNonRoot"),
         "true"},
        {PROCESS("\"user\":{\"uid\":5,\"gid\":6,\"additionalGids\":[7]}"),
         "securityContext.supplementalGroups", "[7]"},
        {PROCESS("\"noNewPrivileges\":true"), CONTEXT("allowPrivilegeEscalation"), "false"},
        {PROCESS("\"apparmorProfile\":\"docker-default\""), CONTEXT("appArmorProfile.type"),
         "\"RuntimeDefault\""},
        {PROCESS("\"apparmorProfile\":\"unconfined\""), CONTEXT("appArmorProfile.type"),
         "\"Unconfined\""},
        {PROCESS("\"apparmorProfile\":\"mine\""), CONTEXT("appArmorProfile.localhostProfile"),
         "\"mine\""},
        {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_t:s0:c1,c2\""),
         CONTEXT("seLinuxOptions"), "{\"type\":\"container_t\",\"level\":\"s0:c1,c2\"}"},
        {PROCESS("\"selinuxLabel\":\"a:b:spc_t\""), CONTEXT("appArmorProfile"), ""},
        {PROCESS("\"args\":[\"sh\"],\"env\":[\"A=b\"],\"cwd\":\"/w\""), "containers.0.command",
         "[\"sh\"]"},
        {PROCESS("\"args\":[\"sh\"],\"env\":[\"A=b\"],\"cwd\":\"/w\""), "containers.0.env",
         "[{\"name\":\"A\",\"value\":\"b\"}]"},
        {SPEC("\"root\":{\"readonly\":true}"), CONTEXT("readOnlyRootFilesystem"), "true"},
        {SPEC("\"annotations\":{\"io.kubernetes.cri.image-name\":\"nginx:1\"}"),
         "containers.0.image", "\"nginx:1\""},
        {LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}"),
         CONTEXT("seccompProfile.type"), "\"Localhost\""},
        {LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"),
         CONTEXT("seccompProfile.type"), "\"Unconfined\""},
        {LINUX(
             "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[\"acct\"],"
             "\"action\":\"SCMP_ACT_ERRNO\"}]}"),
         CONTEXT("seccompProfile.type"), "\"Unconfined\""},
        {LINUX("\"maskedPaths\":[" DEFAULT_MASK "]"), CONTEXT("procMount"), "\"Default\""},
        {LINUX("\"maskedPaths\":[\"/x\"]"), CONTEXT("procMount"), "\"Unmasked\""},
        {LINUX("\"resources\":{\"memory\":{\"limit\":99},\"cpu\":{\"quota\":5,\"period\":10}}"),
         "containers.0.resources.limits", "{\"memory\":\"99\",\"cpu\":\"500m\"}"},
        {LINUX("\"sysctl\":{\"a.b\":\"1\"}"), "securityContext.sysctls",
         "[{\"name\":\"a.b\",\"value\":\"1\"}]"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(table[i][0], table[i][1], table[i][2]);
}

static void capabilities(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {CAPS(USUAL), "{\"add\":[],\"drop\":[]}"},
        {CAPS(USUAL ",\"CAP_SYS_ADMIN\""), "{\"add\":[\"SYS_ADMIN\"],\"drop\":[]}"},
        {CAPS("\"CAP_NET_BIND_SERVICE\""), "{\"add\":[\"NET_BIND_SERVICE\"],\"drop\":[\"ALL\"]}"},
        {CAPS("\"CAP_SYS_ADMIN\",\"CAP_SYS_ADMIN\""),
         "{\"add\":[\"SYS_ADMIN\"],\"drop\":[\"ALL\"]}"},
        {CAPS("\"CAP_CHOWN\",\"CAP_NET_RAW\""),
         "{\"add\":[\"CHOWN\",\"NET_RAW\"],\"drop\":[\"ALL\"]}"},
        {CAPS("\"CAP_AUDIT_WRITE\",\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FOWNER\","
              "\"CAP_FSETID\",\"CAP_KILL\",\"CAP_SETUID\""),
         "{\"add\":[],\"drop\":[\"MKNOD\",\"NET_BIND_SERVICE\",\"NET_RAW\",\"SETFCAP\","
         "\"SETGID\",\"SETPCAP\",\"SYS_CHROOT\"]}"},
        {PROCESS("\"capabilities\":{\"bounding\":[],\"ambient\":[\"CAP_BPF\"]}"),
         "{\"add\":[\"BPF\"],\"drop\":[\"ALL\"]}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(table[i][0], CONTEXT("capabilities"), table[i][1]);
}

/* What `docker run --privileged` leaves behind. */
static void privileged(void **state)
{
    (void)state;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    for (unsigned n = 35; n <= 36; n++) {
        bw_buf_clear(&text);
        bw_buf_printf(&text,
                      "{\"ociVersion\":\"1\",\"process\":{\"capabilities\":{\"effective\":[");
        for (unsigned i = 0; i < n; i++)
            bw_buf_printf(&text, "%s\"CAP_X%u\"", i ? "," : "", i);
        bw_buf_printf(&text, "]}},\"linux\":{\"resources\":{\"devices\":[{\"allow\":false},"
                             "{\"allow\":true,\"access\":\"rwm\"}]}}}");
        bw_buf_byte(&text, 0);
        expect_in_pod((char *)text.p, CONTEXT("privileged"), n < 36 ? "false" : "true");
    }
}

#define NAMESPACES(list) LINUX("\"namespaces\":[" list "]")
#define JOINED           UNKNOWN("it joins a namespace that exists already")

static void namespaces(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {NAMESPACES("{\"type\":\"network\"}"), "hostNetwork", "false"},
        {NAMESPACES("{\"type\":\"network\"}"), "hostPID", "true"},
        {NAMESPACES("{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"}"), "hostNetwork", "true"},
        {NAMESPACES("{\"type\":\"network\",\"path\":\"/proc/77/ns/net\"}"), "hostNetwork", JOINED},
        {NAMESPACES("{\"type\":\"network\",\"path\":\"/var/run/netns/cni-1\"}"), "hostNetwork",
         "false"},
        {NAMESPACES("{\"type\":\"network\",\"path\":\"/var/run/docker/netns/default\"}"),
         "hostNetwork", "true"},
        {NAMESPACES("{\"type\":\"network\",\"path\":\"/run/netns/../../proc/1/ns/net\"}"),
         "hostNetwork", JOINED},
        {NAMESPACES("{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"user\"}"), "hostPID",
         "false"},
        {NAMESPACES("{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"user\"}"), "hostIPC",
         "false"},
        {NAMESPACES("{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"user\"}"), "hostUsers",
         "false"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(table[i][0], table[i][1], table[i][2]);
}

#define BIND(source, destination)                                                                  \
    MOUNT("\"type\":\"bind\",\"source\":\"" source "\",\"destination\":\"" destination             \
          "\",\"options\":[\"rbind\",\"ro\",\"rslave\"]")

static void mounts(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {BIND("/etc", "/e"), "volumes.0",
         "{\"name\":\"mount-0\",\"hostPath\":{\"path\":\"/etc\"}}"},
        {BIND("/etc", "/e"), "containers.0.volumeMounts.0",
         "{\"name\":\"mount-0\",\"mountPath\":\"/e\",\"readOnly\":true,\"mountPropagation\":"
         "\"HostToContainer\"}"},
        {MOUNT("\"type\":\"none\",\"source\":\"/x\",\"destination\":\"/y\",\"options\":[\"bind\"]"),
         "volumes.0.hostPath.path", "\"/x\""},
        {MOUNT("\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"destination\":\"/t\""),
         "volumes.0.emptyDir.medium", "\"Memory\""},
        {MOUNT("\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"destination\":\"/dev\""), "volumes", ""},
        {MOUNT("\"type\":\"proc\",\"source\":\"proc\",\"destination\":\"/proc\""), "volumes", ""},
        /* What engines keep for a container themselves. */
        {BIND("/var/lib/docker/volumes/data/_data", "/d"),
         "volumes.0.persistentVolumeClaim.claimName", "\"/var/lib/docker/volumes/data/_data\""},
        {BIND("/var/lib/docker/volumes/../../../etc/_data", "/d"), "volumes.0.hostPath.path",
         "\"/var/etc/_data\""},
        {BIND("/var/lib/docker/containers/2", "/dev/shm"), "volumes.0.hostPath.path",
         "\"/var/lib/docker/containers/2\""},
        {BIND("/var/lib/docker/containers/1/mounts/shm", "/dev/shm"), "volumes", ""},
        {BIND("/var/lib/kubelet/pods/u/etc-hosts", "/etc/hosts"), "volumes", ""},
        {BIND("/var/lib/kubelet/pods/u/containers/web/1f", "/dev/termination-log"), "volumes", ""},
        {BIND("/var/lib/docker/containers/1/hosts", "/etc/hosts"), "volumes", ""},
        {BIND("/var/lib/docker/containers/1/hosts", "/x"), "volumes.0.hostPath.path",
         "\"/var/lib/docker/containers/1/hosts\""},
        {BIND("/var/lib/docker/containers/../../../../etc", "/etc/hosts"),
         "volumes.0.hostPath.path", "\"/etc\""},
        /* Beside them is what nobody gets. */
        {BIND("/run/containerd/containerd.sock", "/etc/hosts"), "volumes.0.hostPath.path",
         "\"/run/containerd/containerd.sock\""},
        {BIND("/var/lib/docker/containers/1", "/dev/shm"), "volumes.0.hostPath.path",
         "\"/var/lib/docker/containers/1\""},
        {BIND("/var/lib/docker/containers/1/mounts/shm", "/dev/shm"), "volumes", ""},
        {BIND("/var/lib/kubelet/pods/1/containers/web/2", "/dev/termination-log"), "volumes", ""},
        {BIND("/var/lib/kubelet/pods/1/volumes", "/dev/termination-log"), "volumes.0.hostPath.path",
         "\"/var/lib/kubelet/pods/1/volumes\""},
        {SPEC("\"mounts\":[{\"destination\":\"/dev/termination-log\",\"type\":\"bind\","
              "\"source\":\"/var/lib/kubelet/pods/1/containers/web/2\"},{\"destination\":\"/s\","
              "\"type\":\"bind\",\"source\":"
              "\"/var/lib/kubelet/pods/2/volumes/kubernetes.io~secret/s\"}]"),
         "volumes.0.hostPath.path", "\"/var/lib/kubelet/pods/2/volumes/kubernetes.io~secret/s\""},
        /* File systems that show the host. */
        {MOUNT("\"type\":\"overlay\",\"source\":\"overlay\",\"destination\":\"/x\","
               "\"options\":[\"lowerdir=/etc\",\"upperdir=/u\",\"workdir=/w\"]"),
         "volumes.0.hostPath.path", "\"/etc\""},
        {MOUNT("\"type\":\"ext4\",\"source\":\"/dev/sda1\",\"destination\":\"/x\""),
         "volumes.0.hostPath.path", "\"/dev/sda1\""},
        {MOUNT("\"type\":\"proc\",\"source\":\"proc\",\"destination\":\"/x\""),
         "volumes.0.hostPath.path", "\"/proc\""},
        {MOUNT("\"type\":\"devpts\",\"source\":\"devpts\",\"destination\":\"/dev/pts\""), "volumes",
         ""},
        {MOUNT("\"type\":\"ramfs\",\"source\":\"ramfs\",\"destination\":\"/x\""), "volumes", ""},
        {BIND("/var/lib/kubelet/pods/1/volumes/kubernetes.io~secret/s", "/s"),
         "volumes.0.secret.secretName",
         "\"/var/lib/kubelet/pods/1/volumes/kubernetes.io~secret/s\""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(table[i][0], table[i][1], table[i][2]);
}

static void other_systems(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(read_json(&rig, "config.json", SPEC("\"freebsd\":{}")), 0);
    assert_int_equal(rig.document.objects_n, 0);
    assert_string_equal(rig_gaps(&rig), "blocking config.json: the specification: it is for "
                                        "freebsd: only those for Linux are judged\n");
    rig_close(&rig);
}

static void wrong_types(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(
        read_json(&rig, "bundles/web/config.json",
                  "{\"ociVersion\":\"1\",\"process\":5,\n\"linux\":{\"seccomp\":[],"
                  "\"namespaces\":{},\"maskedPaths\":\"\",\"resources\":{\"devices\":5}},\n"
                  "\"mounts\":[{\"destination\":\"/x\",\"options\":5}]}"),
        0);
    assert_string_equal(
        rig_gaps(&rig),
        "blocking bundles/web/config.json:1: process: an integer where the OCI specification wants "
        "a map: the runtime refuses it\n"
        "blocking bundles/web/config.json:2: linux.seccomp: a list where the OCI specification "
        "wants a map: the runtime refuses it\n"
        "blocking bundles/web/config.json:2: linux.namespaces: a map where the OCI specification "
        "wants a list: the runtime refuses it\n"
        "blocking bundles/web/config.json:2: linux.maskedPaths: a string where the OCI "
        "specification wants a list: the runtime refuses it\n"
        "blocking bundles/web/config.json:2: linux.resources.devices: an integer where the OCI "
        "specification wants a list: the runtime refuses it\n"
        "blocking bundles/web/config.json:3: mounts[0].options: an integer where the OCI "
        "specification wants a list: the runtime refuses it\n");
    static const char *const unknown[] = {
        CONTEXT("runAsUser"),
        CONTEXT("runAsNonRoot"),
        CONTEXT("capabilities.add"),
        CONTEXT("allowPrivilegeEscalation"),
        CONTEXT("privileged"),
        CONTEXT("seccompProfile"),
        CONTEXT("procMount"),
        CONTEXT("appArmorProfile"),
        "hostNetwork",
        "hostPID",
        "volumes.0",
        "containers.0.env",
        "containers.0.volumeMounts.0",
    };
    struct bw_value spec = bw_value_at(rig.document.objects[1].value, "spec", NULL);
    for (size_t i = 0; i < BW_ARRAY_LEN(unknown); i++)
        if (strcmp(rig_at(&rig, spec, unknown[i]), UNKNOWN("the runtime refuses this value")) != 0)
            fail_msg("%s: %s", unknown[i], rig_at(&rig, spec, unknown[i]));
    assert_true(bw_str_eq(rig.document.objects[0].name, BW_STR("web")));
    assert_true(bw_str_eq(rig.document.objects[0].resource, BW_STR("ociruntimespecs")));
    rig_close(&rig);
    assert_int_equal(read_json(&rig, "config.json", "[]"), BW_EFORMAT);
    rig_close(&rig);
}

/* runc takes a key in any case and the last of two, crun neither. */
static void what_runtimes_read_in_two_ways(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(
        read_json(&rig, "config.json",
                  "{\"ociVersion\":\"1\",\n\"Process\":{\"noNewprivileges\":true},"
                  "\n\"linux\":{},\"linux\":{},\n\"annotations\":{\"A\":\"\",\"a\":\"\"}}"),
        0);
    assert_string_equal(
        rig_gaps(&rig),
        "blocking config.json:3: linux: the key stands twice: which one counts depends on who "
        "reads it\n"
        "blocking config.json:2: Process: some readers take it for \"process\" and others pass it "
        "over\n"
        "blocking config.json:2: noNewprivileges: some readers take it for \"noNewPrivileges\" and "
        "others pass it over\n");
    rig_close(&rig);
}

static bool is_of_the_machine(struct bw_str type, struct bw_str path)
{
    return bw_str_eq(type, BW_STR("pid")) && bw_str_eq(path, BW_STR("/proc/7/ns/pid"));
}

/* What cannot be told of a file is known where the container is about to be made. */
static void on_the_machine_itself(void **state)
{
    (void)state;
    static const char spec[] = LINUX(
        "\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/7/ns/pid\"},{\"type\":\"network\","
        "\"path\":\"/run/netns/default\"},{\"type\":\"ipc\"}]");
    for (int apparmor = 0; apparmor < 2; apparmor++) {
        struct bw_reader_machine machine = {apparmor, is_of_the_machine};
        struct bw_reader_request request = {
            .path = BW_STR("config.json"), .text = bw_str(spec), .here = &machine};
        struct reader_rig rig;
        size_t wanted_n = 0;
        assert_int_equal(
            rig_request(&rig, bw_reader_named(BW_STR("oci-spec")), &request, &wanted_n), 0);
        struct bw_value pod = bw_value_at(rig.document.objects[1].value, "spec", NULL);
        assert_string_equal(rig_at(&rig, pod, "hostPID"), "true");
        assert_string_equal(rig_at(&rig, pod, "hostNetwork"), "false");
        assert_string_equal(rig_at(&rig, pod, CONTEXT("appArmorProfile.type")),
                            apparmor ? "\"Unconfined\"" : "");
        assert_string_equal(rig_at(&rig, pod, "containers.0.image"),
                            UNKNOWN("an OCI runtime specification has no words for it"));
        rig_close(&rig);
    }
}

/* Where the engine keeps its state shows in the root file system's path. */
static void the_engine_keeps_its_state_elsewhere(void **state)
{
    (void)state;
    static const char spec[] = SPEC(
        "\"root\":{\"path\":\"/data/docker/overlay2/1/merged\"},\"mounts\":["
        "{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":\"/data/docker/containers/1/"
        "hosts\"},"
        "{\"destination\":\"/v\",\"type\":\"bind\",\"source\":\"/data/docker/volumes/v/_data\"},"
        "{\"destination\":\"/etc/hostname\",\"type\":\"bind\",\"source\":\"/data/docker/containers/"
        "../x\"},"
        "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/data/docker/containers/1/"
        "hosts\"}]");
    expect_in_pod(spec, "volumes.0.hostPath", "");
    expect_in_pod(spec, "volumes.1.hostPath.path", "\"/data/docker/x\"");
    expect_in_pod(spec, "volumes.2.hostPath.path", "\"/data/docker/containers/1/hosts\"");
    expect_in_pod(spec, "volumes.3", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out),
        cmocka_unit_test(what_is_written),
        cmocka_unit_test(capabilities),
        cmocka_unit_test(privileged),
        cmocka_unit_test(namespaces),
        cmocka_unit_test(mounts),
        cmocka_unit_test(wrong_types),
        cmocka_unit_test(other_systems),
        cmocka_unit_test(what_runtimes_read_in_two_ways),
        cmocka_unit_test(on_the_machine_itself),
        cmocka_unit_test(the_engine_keeps_its_state_elsewhere),
    };
    return cmocka_run_group_tests_name("oci-spec", tests, NULL, NULL);
}
