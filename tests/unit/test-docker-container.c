#include "reader-rig.h"

#include "extract/docker-fields.h"
#include "extract/oci-spec-fields.h"
#include "wrap/json.h"

static int read_json(struct reader_rig *rig, const char *text)
{
    const struct bw_reader *reader = bw_reader_named(BW_STR("docker-container"));
    assert_non_null(reader);
    return rig_read(rig, reader, "web.json", bw_str(text));
}

static void expect_in_pod(const char *body, const char *path, const char *json)
{
    struct reader_rig rig;
    if (read_json(&rig, body))
        fail_msg("%s: %s", body, rig.err.msg);
    assert_string_equal(rig_gaps(&rig), "");
    assert_int_equal(rig.document.objects_n, 2);
    assert_int_equal(rig.document.objects[1].view_of, 0);
    struct bw_value spec = bw_value_at(rig.document.objects[1].value, "spec", NULL);
    const char *got = rig_at(&rig, spec, path);
    if (strcmp(got, json) != 0)
        fail_msg("%s: %s is %s, not %s", body, path, got, json);
    rig_close(&rig);
}

#define HOST(members)      "{\"Image\":\"x\",\"HostConfig\":{" members "}}"
#define CONTEXT(name)      "containers.0.securityContext." name
#define UNKNOWN(why)       "{\"$unknown\":\"" why "\"}"
#define ANOTHER_CONTAINERS UNKNOWN("it is another container's")

static void the_dangerous(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {HOST("\"Privileged\":true"), CONTEXT("privileged"), "true"},
        {HOST("\"Privileged\":true"), CONTEXT("seccompProfile.type"), "\"Unconfined\""},
        {HOST("\"Privileged\":true"), CONTEXT("appArmorProfile.type"), "\"Unconfined\""},
        {HOST("\"PidMode\":\"host\""), "hostPID", "true"},
        {HOST("\"IpcMode\":\"host\""), "hostIPC", "true"},
        {HOST("\"NetworkMode\":\"host\""), "hostNetwork", "true"},
        {HOST("\"UsernsMode\":\"host\""), "hostUsers", "true"},
        {HOST("\"PidMode\":\"container:x\""), "hostPID", ANOTHER_CONTAINERS},
        {HOST("\"Binds\":[\"/:/h:ro,rshared\"]"), "volumes.0.hostPath.path", "\"/\""},
        {HOST("\"Binds\":[\"/srv/../etc//ssh/.:/h\"]"), "volumes.0.hostPath.path", "\"/etc/ssh\""},
        {HOST("\"Binds\":[\"/srv/../../..:/h\"]"), "volumes.0.hostPath.path", "\"/\""},
        {HOST("\"Binds\":[\"/:/h:ro,rshared\"]"), "containers.0.volumeMounts.0",
         "{\"name\":\"mount-0\",\"mountPath\":\"/h\",\"readOnly\":true,\"mountPropagation\":"
         "\"Bidirectional\"}"},
        {HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/var/run/docker.sock\",\"Target\":"
              "\"/s\"}]"),
         "volumes.0.hostPath.path", "\"/var/run/docker.sock\""},
        {HOST("\"Mounts\":[{\"Target\":\"/h\",\"VolumeOptions\":{\"DriverConfig\":{\"Options\":{"
              "\"type\":\"none\",\"o\":\"bind\",\"device\":\"/etc\"}}}}]"),
         "volumes.0.hostPath.path", "\"/etc\""},
        {HOST("\"VolumesFrom\":[\"x\"]"), "volumes.0", UNKNOWN("the volumes of another container")},
        {HOST("\"CapAdd\":[\"cap_sys_admin\",\"ALL\"]"), CONTEXT("capabilities.add"),
         "[\"SYS_ADMIN\",\"ALL\"]"},
        {HOST("\"CapAdd\":\"NET_ADMIN\""), CONTEXT("capabilities.add"), "[\"NET_ADMIN\"]"},
        {HOST("\"SecurityOpt\":[\"seccomp=unconfined\"]"), CONTEXT("seccompProfile.type"),
         "\"Unconfined\""},
        {HOST("\"SecurityOpt\":[\"seccomp:unconfined\"]"), CONTEXT("seccompProfile.type"),
         "\"Unconfined\""},
        {HOST("\"SecurityOpt\":[\"seccomp={\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\"}\"]"),
         CONTEXT("seccompProfile.type"), "\"Unconfined\""},
#define PROFILE(json)                                                                              \
    HOST("\"SecurityOpt\":[\"seccomp= {" json ",\\\"syscalls\\\":[{}]}\"]"),                       \
        CONTEXT("seccompProfile.type")
        {PROFILE("\\\"defaultAction\\\":\\\"SCMP_ACT_LOG\\\""), "\"Unconfined\""},
        {PROFILE("\\\"DEFAULTACTION\\\":\\\"SCMP_ACT_ALLOW\\\""), "\"Unconfined\""},
        {PROFILE("\\\"defaultAction\\\":\\\"SCMP_ACT_ERRNO\\\",\\\"defaultaction\\\":"
                 "\\\"SCMP_ACT_ALLOW\\\""),
         "\"Unconfined\""},
        {PROFILE("\\\"defaultAction\\\":\\\"SCMP_ACT_ERRNO\\\""), "\"Localhost\""},
        {HOST("\"SecurityOpt\":[\"disable\"]"), CONTEXT("seLinuxOptions.type"), "\"spc_t\""},
        {HOST("\"SecurityOpt\":[\"apparmor=unconfined\"]"), CONTEXT("appArmorProfile.type"),
         "\"Unconfined\""},
        {HOST("\"SecurityOpt\":[\"label=disable\"]"), CONTEXT("seLinuxOptions.type"), "\"spc_t\""},
        {HOST("\"SecurityOpt\":[\"no-new-privileges=false\"]"), CONTEXT("allowPrivilegeEscalation"),
         "true"},
        {HOST("\"SecurityOpt\":[\"systempaths=unconfined\"]"), CONTEXT("procMount"),
         "\"Unmasked\""},
        {HOST("\"MaskedPaths\":[]"), CONTEXT("procMount"), "\"Unmasked\""},
        {HOST("\"MaskedPaths\":[\"/nothing\"]"), CONTEXT("procMount"), "\"Unmasked\""},
        {"{\"Image\":\"x\",\"User\":\"0\"}", CONTEXT("runAsUser"), "0"},
        {"{\"Image\":\"x\",\"User\":\"+0:5\"}", CONTEXT("runAsNonRoot"), "false"},
        {"{\"Image\":\"x\",\"User\":\"root\"}", CONTEXT("runAsNonRoot"), "false"},
        {HOST("\"PortBindings\":{\"80/udp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"53\"}]}"),
         "containers.0.ports.0",
         "{\"containerPort\":80,\"protocol\":\"UDP\",\"hostIP\":\"0.0.0.0\",\"hostPort\":53}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(table[i][0], table[i][1], table[i][2]);
}

static void the_safe(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {HOST(""), CONTEXT("privileged"), "false"},
        {HOST(""), CONTEXT("seccompProfile.type"), "\"RuntimeDefault\""},
        {HOST(""), CONTEXT("appArmorProfile.type"), "\"RuntimeDefault\""},
        {HOST(""), CONTEXT("capabilities"), "{\"add\":[],\"drop\":[]}"},
        {HOST(""), CONTEXT("procMount"), "\"Default\""},
        {HOST(""), CONTEXT("runAsUser"), UNKNOWN("the image decides, and is not at hand")},
        {HOST(""), "hostNetwork", "false"},
        {HOST(""), "volumes", ""},
        {HOST(""), "containers.0.resources", ""},
        {HOST("\"Privileged\":null"), CONTEXT("privileged"), "false"},
        {HOST("\"CapDrop\":[\"all\"]"), CONTEXT("capabilities.drop"), "[\"ALL\"]"},
        {HOST("\"SecurityOpt\":[\"no-new-privileges\"]"), CONTEXT("allowPrivilegeEscalation"),
         "false"},
        {HOST("\"SecurityOpt\":[\"no-new-privileges:true\"]"), CONTEXT("allowPrivilegeEscalation"),
         "false"},
        {HOST("\"ReadonlyRootfs\":true"), CONTEXT("readOnlyRootFilesystem"), "true"},
        {HOST("\"Binds\":[\"data:/d\"]"), "volumes.0.persistentVolumeClaim.claimName", "\"data\""},
        {HOST("\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/t\"}]"), "volumes.0.emptyDir.medium",
         "\"Memory\""},
        {HOST("\"Tmpfs\":{\"/run\":\"\"}"), "containers.0.volumeMounts.0.mountPath", "\"/run\""},
        {HOST("\"Memory\":1024,\"NanoCpus\":1500000000"), "containers.0.resources.limits",
         "{\"memory\":\"1024\",\"cpu\":\"1500m\"}"},
        {HOST("\"CpuQuota\":50000,\"CpuPeriod\":200000"), "containers.0.resources.limits.cpu",
         "\"250m\""},
        {HOST("\"RestartPolicy\":{\"Name\":\"on-failure\"}"), "restartPolicy", "\"OnFailure\""},
        {HOST("\"Sysctls\":{\"net.a\":\"1\"}"), "securityContext.sysctls",
         "[{\"name\":\"net.a\",\"value\":\"1\"}]"},
        {HOST("\"GroupAdd\":[\"5\"]"), "securityContext.supplementalGroups", "[5]"},
        {"{\"Image\":\"x\",\"User\":\"1000:100\"}", CONTEXT("runAsUser"), "1000"},
        {"{\"Image\":\"x\",\"User\":\"1000:100\"}", CONTEXT("runAsGroup"), "100"},
        {"{\"Image\":\"x\",\"User\":\"www\"}", CONTEXT("runAsNonRoot"), "true"},
        {"{\"Image\":\"x\",\"Cmd\":\"sleep\",\"Entrypoint\":[\"a\",\"b\"]}", "containers.0.command",
         "[\"a\",\"b\"]"},
        {"{\"Image\":\"x\",\"Cmd\":\"sleep\"}", "containers.0.args", "[\"sleep\"]"},
        {"{\"Image\":\"x\",\"Env\":[\"A=b=c\",\"D\"]}", "containers.0.env",
         "[{\"name\":\"A\",\"value\":\"b=c\"}]"},
        {"{\"Image\":\"x\",\"ExposedPorts\":{\"80/tcp\":{}}}", "containers.0.ports.0",
         "{\"containerPort\":80,\"protocol\":\"TCP\"}"},
        {"{\"Image\":\"x\",\"Healthcheck\":{\"Test\":[\"NONE\"]}}", "containers.0.livenessProbe",
         ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(table[i][0], table[i][1], table[i][2]);
}

/* As Go's encoding/json reads them: any case, kin of s and k, objects merged, the last one wins. */
static void keys_as_the_daemon_reads_them(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"{\"Image\":\"x\",\"hostconfig\":{\"privileged\":true}}", CONTEXT("privileged"), "true"},
        {"{\"Image\":\"x\",\"Ho\xc5\xbftConfig\":{\"Privileged\":true}}", CONTEXT("privileged"),
         "true"},
        {"{\"Image\":\"x\",\"Ho\\u017ftConfig\":{\"Ma\\u017f\\u212aedPaths\":[]}}",
         CONTEXT("procMount"), "\"Unmasked\""},
        {"{\"Image\":\"x\",\"HostConfig\":{\"Privileged\":true},\"hostconfig\":{\"PidMode\":"
         "\"host\"}}",
         CONTEXT("privileged"), "true"},
        {HOST("\"Privileged\":false,\"privileged\":true"), CONTEXT("privileged"), "true"},
        {HOST("\"privileged\":true,\"Privileged\":false,\"privileged\":true"),
         CONTEXT("privileged"), "true"},
        {HOST("\"Privileged\":true,\"PRIVILEGED\":null"), CONTEXT("privileged"), "true"},
        {HOST("\"Privileged\":true,\"Privileged\":false"), CONTEXT("privileged"), "false"},
        /* What the daemon has no field for does not make it another document. */
        {"{\"Image\":\"x\",\"User\":\"0\",\"Config\":{\"User\":\"5\"},\"HostConfig\":{}}",
         CONTEXT("runAsUser"), "0"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(table[i][0], table[i][1], table[i][2]);
}

static void the_native_value(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(read_json(&rig, "{\"image\":\"x\",\"labels\":{\"Image\":\"y\"},\n"
                                     "\"hostconfig\":{\"pidslimit\":\"5\",\"CapAdd\":[1]}}"),
                     0);
    assert_string_equal(
        rig_json(&rig, rig.document.objects[0].value),
        "{\"Image\":\"x\",\"Labels\":{\"Image\":\"y\"},\"HostConfig\":{\"PidsLimit\":" UNKNOWN(
            "the daemon refuses this value") ",\"CapAdd\":[" UNKNOWN("the daemon refuses this "
                                                                     "value") "]}}");
    assert_string_equal(
        rig_gaps(&rig),
        "blocking web.json:2: HostConfig.PidsLimit: a string where Docker wants an integer: the "
        "daemon refuses it\n"
        "blocking web.json:2: HostConfig.CapAdd[0]: an integer where Docker wants a string: the "
        "daemon refuses it\n");
    assert_true(bw_str_eq(rig.document.objects[0].resource, BW_STR("dockercontainers")));
    assert_int_equal(rig.document.objects[0].syntax, BW_SYNTAX_DOCKER_CREATE);
    struct bw_value host = bw_value_at(rig.document.objects[0].value, "HostConfig", NULL);
    assert_int_equal(rig_place(&rig, host).line, 2);
    assert_int_equal(rig_place(&rig, host).column, 14);
    rig_close(&rig);
}

static void inspected(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(
        read_json(&rig,
                  "[{\"Id\":\"1\",\"Name\":\"/web\",\"Image\":\"sha256:2\",\"State\":{},\n"
                  "\"Config\":{\"Image\":\"nginx\",\"User\":\"\"},\n"
                  "\"HostConfig\":{\"Binds\":[\"/a:/b\"],\"VolumesFrom\":[\"y\"]},\n"
                  "\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Destination\":\"/b\",\"RW\":"
                  "false},{\"Type\":\"volume\",\"Name\":\"n\",\"Destination\":\"/c\",\"RW\":true}],"
                  "\"NetworkSettings\":{\"Networks\":{\"bridge\":{}}}},\n"
                  "{\"Id\":\"3\",\"RepoTags\":[]}]"),
        0);
    assert_string_equal(rig_gaps(&rig),
                        "note web.json: what is no container: 1 of the objects, passed over\n");
    assert_int_equal(rig.document.syntax, BW_SYNTAX_DOCKER_INSPECT);
    assert_true(bw_str_eq(rig.document.objects[0].name, BW_STR("web")));
    assert_string_equal(
        rig_json(&rig, rig.document.objects[0].value),
        "{\"Image\":\"nginx\",\"User\":\"\",\"HostConfig\":{\"Binds\":[\"/a:/b\"],\"VolumesFrom\":["
        "\"y\"]},\"NetworkingConfig\":{\"EndpointsConfig\":{\"bridge\":{}}},\"Name\":\"web\","
        "\"Id\":\"1\",\"ImageID\":\"sha256:2\",\"MountPoints\":[{\"Type\":\"bind\",\"Source\":"
        "\"/a\",\"Destination\":\"/b\",\"RW\":false},{\"Type\":\"volume\",\"Name\":\"n\","
        "\"Destination\":\"/c\",\"RW\":true}]}");
    struct bw_value spec = bw_value_at(rig.document.objects[1].value, "spec", NULL);
    /* The image's user has been merged in: nobody is root. */
    assert_string_equal(rig_at(&rig, spec, CONTEXT("runAsUser")), "0");
    assert_string_equal(rig_at(&rig, spec, "containers.0.livenessProbe"), "");
    assert_string_equal(rig_at(&rig, spec, "volumes"),
                        "[{\"name\":\"mount-0\",\"hostPath\":{\"path\":\"/a\"}},{\"name\":"
                        "\"mount-1\",\"persistentVolumeClaim\":{\"claimName\":\"n\"}}]");
    assert_string_equal(rig_at(&rig, spec, "containers.0.volumeMounts.0.readOnly"), "true");
    rig_close(&rig);
}

static void bad_documents(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"", "no JSON: empty"},
        {"5", "no container in it"},
        {"{\"Image\":1} x", "no valid JSON: unexpected content after document at byte 12"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        assert_int_equal(read_json(&rig, table[i][0]), BW_EFORMAT);
        assert_string_equal(rig.err.msg, table[i][1]);
        rig_close(&rig);
    }
}

static void recognised(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reader; /* of the whole table; "" for none */
    } table[] = {
        {HOST(""), "docker-container"},
        {"{\"image\":\"x\",\"hostConfig\":{}}", "docker-container"},
        {"{\"Image\":\"x\",\"Cmd\":[]}", "docker-container"},
        {"[{\"Id\":\"1\",\"HostConfig\":{},\"Config\":{}}]", "docker-container"},
        {"{\"ociVersion\":\"1.0.2\",\"process\":{}}", "oci-spec"},
        {"{\"ociVersion\":\"1.0.2\",\"id\":\"x\",\"status\":\"running\"}", ""},
        {"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Image\":\"\",\"Cmd\":[]},"
         "\"rootfs\":{}}",
         "image-config"},
        {"[{\"Id\":\"\",\"Os\":\"linux\",\"RootFS\":{}}]", "image-config"},
        {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", "manifest"},
        {"{\"a\":{\"HostConfig\":1},\"b\":\"HostConfig\"}", ""},
        {"{\"a\\\\\":1,\"HostConfig\" :1", "docker-container"},
        {"HostConfig", ""},
        {"{\"HostConfig", ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        const struct bw_reader *reader = bw_reader_for(BW_STR("x.json"), bw_str(table[i].text));
        if (strcmp(reader ? reader->name : "", table[i].reader) != 0)
            fail_msg("%s: %s", table[i].text, reader ? reader->name : "none");
    }
}

/* --- the schemas that policies are checked by --- */

static const char *type_in_schema(enum bw_field_type type)
{
    switch (type) {
    case BW_FIELD_BOOL:
        return "boolean";
    case BW_FIELD_INT:
        return "integer";
    case BW_FIELD_STRING:
        return "string";
    case BW_FIELD_LIST:
    case BW_FIELD_STRINGS:
        return "array";
    default:
        return "object";
    }
}

static const struct bw_json *member(const struct bw_json *json, const char *name)
{
    return bw_json_get(json, bw_str(name));
}

static void expect_described(const struct bw_field *field, const char *name,
                             const struct bw_json *schema)
{
    struct bw_str type = bw_json_string(member(schema, "type"));
    if (field->type == BW_FIELD_ANY ? !type.n
                                    : !bw_str_eq(type, bw_str(type_in_schema(field->type))))
        fail_msg("%s: is %s in the schema", name, bw_json_type(schema) ? type.p : "not");
    if (field->type == BW_FIELD_STRUCT || field->type == BW_FIELD_EMBEDDED)
        for (const struct bw_field *at = field->of; at->name; at++)
            expect_described(at, at->name,
                             at->type == BW_FIELD_EMBEDDED
                                 ? schema
                                 : member(member(schema, "properties"), at->name));
    else if (field->type == BW_FIELD_LIST && field->of)
        expect_described(field->of, name, member(schema, "items"));
    else if (field->type == BW_FIELD_MAP && field->of)
        expect_described(field->of, name, member(schema, "additionalProperties"));
}

static void schemas(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const struct bw_field *field;
    } table[] = {{"policies/schema/dockercontainers.json", &bw_docker_create},
                 {"policies/schema/ociruntimespecs.json", &bw_oci_spec}};
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
        static char text[1 << 16];
        FILE *file = fopen(table[i].path, "rb");
        assert_non_null(file);
        size_t n = fread(text, 1, sizeof text, file);
        fclose(file);
        assert_int_equal(bw_json_parse(&doc, bw_str_n(text, n), NULL, 0, NULL), 0);
        expect_described(table[i].field, table[i].path, bw_json_root(doc));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dangerous),
        cmocka_unit_test(the_safe),
        cmocka_unit_test(keys_as_the_daemon_reads_them),
        cmocka_unit_test(the_native_value),
        cmocka_unit_test(inspected),
        cmocka_unit_test(bad_documents),
        cmocka_unit_test(recognised),
        cmocka_unit_test(schemas),
    };
    return cmocka_run_group_tests_name("docker-container", tests, NULL, NULL);
}
