/* What the gate at Docker's API makes of requests where nobody chose a profile: each known way
 * around a guard is denied, and ordinary use is not. */
#include "policy-helper.h"

#include "enforce/gate-gaps.h"
#include "enforce/gate.h"
#include "extract/document.h"

/* 2026-06-15T12:00:00Z */
#define NOON (INT64_C(1781524800) * 1000000000)

static struct bw_gate_rules *rules;
static struct bw_gate_judge *judge;

static int open_gate(void **state)
{
    struct bw_err err = {0};
    (void)state;
    if (bw_gate_rules_open(BW_STR("{}"), NULL, 0, &rules, &err))
        fail_msg("%s", err.msg);
    judge = bw_gate_judge_new(rules, &err);
    return judge ? 0 : -1;
}

static int close_gate(void **state)
{
    (void)state;
    bw_gate_judge_freep(&judge);
    bw_gate_rules_unrefp(&rules);
    return 0;
}

/* What exists, by the paths that tell of it; null: not that. */
#define REFERENCES                                                                                 \
    "\"references\":{\"/images/x/json\":{\"Id\":\"sha256:1\",\"Config\":{\"User\":\"\"}},"         \
    "\"/images/gone/json\":null,\"/volumes/new\":null,"                                            \
    "\"/volumes/plain\":{\"Name\":\"plain\",\"Driver\":\"local\",\"Options\":null},"               \
    "\"/volumes/etc\":{\"Name\":\"etc\",\"Driver\":\"local\",\"Options\":{\"type\":\"none\","      \
    "\"o\":\"bind\",\"device\":\"/etc\"}},"                                                        \
    "\"/volumes/disk\":{\"Name\":\"disk\",\"Driver\":\"local\",\"Options\":{\"type\":\"ext4\","    \
    "\"device\":\"/dev/sda1\"}},"                                                                  \
    "\"/networks/lan\":{\"Name\":\"host\",\"Id\":\"lan\",\"Driver\":\"host\"},"                    \
    "\"/containers/web/json\":{\"Id\":\"1\",\"Name\":\"/web\",\"Config\":{\"Image\":\"x\"},"       \
    "\"HostConfig\":{\"NetworkMode\":\"bridge\",\"IpcMode\":\"private\",\"Runtime\":\"runc\","     \
    "\"CgroupnsMode\":\"private\",\"Binds\":null,\"CapAdd\":null,\"SecurityOpt\":null,"            \
    "\"MaskedPaths\":[\"/proc/acpi\",\"/proc/kcore\",\"/proc/keys\",\"/sys/firmware\"],"           \
    "\"ReadonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\","                   \
    "\"/proc/sysrq-trigger\"],\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":"        \
    "\"8080\"}]}},\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"plain\",\"Driver\":\"local\","       \
    "\"Source\":\"/var/lib/docker/volumes/plain/_data\",\"Destination\":\"/d\",\"RW\":true}]},"    \
    "\"/containers/old/json\":{\"Id\":\"2\",\"Name\":\"/old\",\"Config\":{\"Image\":\"x\"},"       \
    "\"HostConfig\":{\"NetworkMode\":\"host\",\"PidMode\":\"host\",\"IpcMode\":\"host\"},"         \
    "\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/\",\"Destination\":\"/h\",\"RW\":false}]}}"

struct case_of {
    const char *method, *uri, *body; /* NULL: not shown */
    const char *policy;              /* that denies; NULL: none does; "": a gap */
};

static void read_case(const struct case_of *one, struct bw_arena *arena, struct bw_gate_gaps *gaps,
                      struct bw_document *ret_document)
{
    static char text[1 << 16];
    const struct bw_reader *reader = bw_reader_named(BW_STR("docker-request"));
    struct bw_reader_sink sink = bw_gate_gaps_sink(gaps, arena);
    struct bw_str *wanted = NULL;
    size_t wanted_n = 0;
    struct bw_err err = {0};
    int n = snprintf(text, sizeof text, "{\"method\":\"%s\",\"uri\":\"%s\",%s%s%s%s}", one->method,
                     one->uri, one->body ? "\"body\":" : "", one->body ? one->body : "",
                     one->body ? "," : "", REFERENCES);
    struct bw_reader_request request = {.path = BW_STR("request"),
                                        .text = bw_str_n(text, (size_t)n)};
    assert_in_range(n, 1, sizeof text - 1);
    if (bw_reader_read(reader, &request, &sink, arena, ret_document, &wanted, &wanted_n, &err))
        fail_msg("%s: %s", text, err.msg);
    assert_int_equal(wanted_n, 0);
}

static bool denies(const struct bw_gate_decision *decision, const char *policy)
{
    for (size_t i = 0; i < decision->reasons_n; i++) {
        const struct bw_gate_reason *reason = &decision->reasons[i];
        struct bw_str id = reason->policy ? reason->policy->id : BW_STR("");
        if (reason->weight == BW_GATE_DENIES && bw_str_eq(id, bw_str(policy)))
            return true;
    }
    return false;
}

static void judge_case(const struct case_of *one)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)16 << 20);
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    struct bw_gate_gaps gaps;
    struct bw_document document;
    struct bw_gate_decision decision;
    struct bw_err err = {0};
    read_case(one, arena, &gaps, &document);
    struct bw_gate_request request = {
        .document = &document, .gaps = gaps.v, .gaps_n = gaps.n, .around = {.now_ns = NOON}};
    /* As the guard has it: one request, whatever objects it brings. */
    request.around.request =
        json_value(arena, "{\"resource\":{\"group\":\"bulwark.dev\",\"version\":\"v1\","
                          "\"resource\":\"dockerrequests\"},\"operation\":\"CREATE\","
                          "\"userInfo\":{\"username\":\"\",\"groups\":[]}}");
    assert_int_equal(bw_gate_decide(judge, &request, &decision, &err), 0);
    bw_gate_message(&decision, 1 << 15, &message);
    if (decision.allowed != !one->policy || (one->policy && !denies(&decision, one->policy)))
        fail_msg("%s %s %s: %s, not by %s:\n%" BW_STR_F, one->method, one->uri,
                 one->body ? one->body : "", decision.allowed ? "allowed" : "denied",
                 one->policy ? one->policy : "nothing", BW_STR_A(bw_buf_slice(&message)));
}

#define CREATE        "POST", "/v1.47/containers/create?name=shop"
#define HOST(members) "{\"Image\":\"x\",\"HostConfig\":{" members "}}"
#define VOLUME_OF(options)                                                                         \
    HOST(                                                                                          \
        "\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/h\",\"VolumeOptions\":{\"DriverConfig\":{" \
        "\"Name\":\"local\",\"Options\":{" options "}}}}]")
#define SERVICE(members)                                                                           \
    "{\"Name\":\"s\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"x\"" members "}}}"

static void ways_around(void **state)
{
    (void)state;
    static const struct case_of table[] = {
        {CREATE, HOST("\"Privileged\":true"), "container-privileged"},
        {CREATE, "{\"hostconfig\":{\"privileged\":true}}", "container-privileged"},
        {CREATE, "{\"Ho\\u017ftConfig\":{\"privileged\":true}}", "container-privileged"},
        {CREATE, "{\"HostConfig\":{},\"hostconfig\":{\"Privileged\":true}}",
         "container-privileged"},
        {CREATE, "{\"Privileged\":true}", "container-privileged"},
        {"POST", "/v1.41/containers/%63reate", HOST("\"Privileged\":true"), "container-privileged"},
        {"POST", "/v1.41.0/containers/create", HOST("\"Privileged\":true"), "container-privileged"},
        {"POST", "http://x/containers/create", HOST("\"Privileged\":true"), "container-privileged"},
        {"POST", "/v1.47//containers/create", HOST(""), "docker-request-unknown"},
        {"POST", "/v1.47/containers/%zzcreate", HOST(""), "docker-request-unknown"},
        {"POST", "/v1.47/frobnicate", NULL, "docker-request-unknown"},
        {CREATE, NULL, "docker-body-missing"},
        {CREATE, "null", "docker-body-missing"},
        {"POST", "/volumes/create", NULL, "docker-body-missing"},
        {"POST", "/v1.22/containers/web/start", NULL, "docker-body-missing"},
        {"POST", "/v1.22/containers/web/start", "{\"Binds\":[\"/:/h\"]}",
         "docker-start-configured"},
        {"POST", "/containers/web/exec", "{\"Cmd\":[\"sh\"],\"Privileged\":true}",
         "docker-exec-privileged"},
        {CREATE, HOST("\"Privileged\":\"true\""), ""},
        {CREATE, HOST("\"Binds\":[\"/:/h\"],\"binds\":[null]"), ""},

        {CREATE, HOST("\"Binds\":[\"/:/h\"]"), "host-path-volume"},
        {CREATE, HOST("\"Binds\":[\"/etc:/h:ro\"]"), "host-path-volume"},
        {CREATE, HOST("\"Binds\":[\"/var/run/docker.sock:/s\"]"), "host-path-volume"},
        {CREATE, HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/srv\",\"Target\":\"/h\"}]"),
         "host-path-volume"},
        {CREATE, VOLUME_OF("\"type\":\"none\",\"o\":\"bind\",\"device\":\"/\""),
         "host-path-volume"},
        {CREATE, VOLUME_OF("\"type\":\"proc\",\"device\":\"proc\""), "host-path-volume"},
        {CREATE, HOST("\"Binds\":[\"etc:/h\"]"), "host-path-volume"},
        {CREATE, HOST("\"Binds\":[\"disk:/h\"]"), "host-path-volume"},
        {CREATE, HOST("\"Mounts\":[{\"Source\":\"etc\",\"Target\":\"/h\"}]"), "host-path-volume"},
        {CREATE, HOST("\"VolumesFrom\":[\"old:ro\"]"), "host-path-volume"},
        {CREATE, HOST("\"Binds\":[\"unknown:/h\"]"), "host-path-volume"},
        {CREATE, HOST("\"Binds\":[\"../x:/h\"]"), ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        judge_case(&table[i]);
}

static void powers_of_a_container(void **state)
{
    (void)state;
    static const struct case_of table[] = {
        {CREATE, HOST("\"NetworkMode\":\"host\""), "host-namespaces"},
        {CREATE, HOST("\"PidMode\":\"host\""), "host-namespaces"},
        {CREATE, HOST("\"IpcMode\":\"host\""), "host-namespaces"},
        {CREATE, HOST("\"UTSMode\":\"host\""), "container-uts-host"},
        {CREATE, HOST("\"UsernsMode\":\"host\""), "container-userns-host"},
        {CREATE, HOST("\"NetworkMode\":\"container:old\""), "host-namespaces"},
        {CREATE, HOST("\"PidMode\":\"container:old\""), "host-namespaces"},
        {CREATE, HOST("\"NetworkMode\":\"container:unknown\""), "host-namespaces"},

        {CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/sda\"}]"), "container-devices"},
        {CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/proc/self/root/dev/sda\"}]"),
         "container-devices"},
        {CREATE, HOST("\"DeviceCgroupRules\":[\"a *:* rwm\"]"), "container-device-rules"},
        {CREATE, HOST("\"CgroupParent\":\"/system.slice\""), "container-cgroup-parent"},
        {CREATE, HOST("\"SecurityOpt\":[\"seccomp=unconfined\"]"), "seccomp-unconfined"},
        {CREATE, HOST("\"SecurityOpt\":[\"seccomp= {}\"]"), "seccomp-unconfined"},
        {CREATE, HOST("\"SecurityOpt\":[\"apparmor:unconfined\"]"), "apparmor-unconfined"},
        {CREATE, HOST("\"SecurityOpt\":[\"label=disable\"]"), "container-selinux-disabled"},
        {CREATE, HOST("\"SecurityOpt\":[\"disable\"]"), "container-selinux-disabled"},
        {CREATE, HOST("\"SecurityOpt\":[\"writable-cgroups\"]"), "docker-cgroups-writable"},
        {CREATE, HOST("\"SecurityOpt\":[\"systempaths=unconfined\"]"), "proc-mount-unmasked"},
        {CREATE, HOST("\"MaskedPaths\":[]"), "docker-masked-paths-empty"},
        {CREATE, HOST("\"ReadonlyPaths\":[\"/x\"]"), "docker-masked-paths-empty"},
        {CREATE, HOST("\"Sysctls\":{\"kernel.msgmax\":\"1\"}"), "unsafe-sysctl"},
        {CREATE, HOST("\"Runtime\":\"runc\""), "docker-runtime-chosen"},
        {CREATE, HOST("\"Annotations\":{\"run.oci.handler\":\"krun\"}"),
         "container-runtime-annotation"},
        {CREATE, HOST("\"CapAdd\":[\"cap_sys_admin\"]"), "capabilities-added"},
        {CREATE, HOST("\"CapAdd\":\"ALL\""), "capabilities-added"},
        {CREATE, HOST("\"GroupAdd\":[\"docker\"]"), "container-group-powerful"},
        {CREATE, HOST("\"GroupAdd\":[\"+0\"]"), "container-group-powerful"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        judge_case(&table[i]);
}

static void powers_over_the_daemon(void **state)
{
    (void)state;
    static const struct case_of table[] = {
        {"POST", "/containers/old/start", NULL, "host-path-volume"},
        {"POST", "/containers/old/restart", NULL, "host-namespaces"},
        {"POST", "/containers/unknown/start", NULL, ""},
        {"POST", "/volumes/create", "{\"DriverOpts\":{\"o\":\"bind\",\"device\":\"/etc\"}}",
         "docker-volume-host-path"},
        {"POST", "/networks/create", "{\"Driver\":\"macvlan\",\"Options\":{\"parent\":\"eth0\"}}",
         "docker-network-host-link"},
        {"POST", "/build?networkmode=host", NULL, "docker-build-host"},
        {"POST", "/plugins/pull?remote=x", "[]", "docker-plugin-installed"},
        {"POST", "/plugins/bulwark/disable", NULL, "docker-plugin-removed"},
        {"DELETE", "/plugins/bulwark", NULL, "docker-plugin-removed"},
        {"POST", "/swarm/leave?force=1", NULL, "docker-swarm-membership"},
        {"POST", "/services/create",
         SERVICE(",\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/\",\"Target\":\"/h\"}]"),
         "host-path-volume"},
        {"POST", "/services/s/update", SERVICE(",\"CapabilityAdd\":[\"SYS_ADMIN\"]"),
         "capabilities-added"},
        {"POST", "/services/create",
         "{\"TaskTemplate\":{\"ContainerSpec\":{},\"Networks\":[{\"Target\":\"lan\"}]}}",
         "host-namespaces"},
        {"POST", "/services/create",
         "{\"TaskTemplate\":{\"Runtime\":\"plugin\",\"PluginSpec\":{\"remote\":\"x\"}}}",
         "docker-service-plugin"},
        {"POST", "/containers/web/checkpoints", "{\"CheckpointDir\":\"/etc\"}",
         "docker-checkpoint-directory"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        judge_case(&table[i]);
}

static void ordinary_use(void **state)
{
    (void)state;
    static const struct case_of table[] = {
        {"GET", "/_ping", NULL, NULL},
        {"GET", "/v1.47/containers/web/logs?follow=1", NULL, NULL},
        {"POST", "/v1.47/images/create?fromImage=x&tag=1", NULL, NULL},
        {CREATE, "{\"Image\":\"x\"}", NULL},
        {CREATE, "{\"Image\":\"gone\"}", NULL}, /* the client pulls it, and comes again */
        {CREATE,
         HOST("\"Binds\":[\"new:/d\",\"plain:/p:ro\"],\"NetworkMode\":\"default\",\"AutoRemove\":"
              "true,\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":0},"
              "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]},"
              "\"Tmpfs\":{\"/t\":\"\"},\"LogConfig\":{\"Type\":\"\",\"Config\":{}},\"Memory\":0,"
              "\"ConsoleSize\":[0,0],\"Devices\":[],\"MaskedPaths\":null,\"ReadonlyPaths\":null,"
              "\"CapAdd\":[\"CHOWN\"],\"SecurityOpt\":[\"no-new-privileges\"]"),
         NULL},
        {CREATE,
         "{\"Image\":\"x\",\"Labels\":{\"com.docker.compose.project\":\"shop\"},\"HostConfig\":{"
         "\"NetworkMode\":\"shop_default\",\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"plain\","
         "\"Target\":\"/d\",\"VolumeOptions\":{}}]},\"NetworkingConfig\":{\"EndpointsConfig\":{"
         "\"shop_default\":{\"Aliases\":[\"web\"]}}},\"Healthcheck\":{\"Test\":[\"CMD\",\"/h\"]}}",
         NULL},
        {CREATE, HOST("\"NetworkMode\":\"container:web\""), NULL},
        {"POST", "/v1.47/containers/web/start", NULL, NULL},
        {"POST", "/v1.47/containers/web/start", "{}", NULL},
        {"POST", "/v1.47/containers/web/restart?t=5", NULL, NULL},
        {"POST", "/v1.47/containers/web/attach?stream=1", NULL, NULL},
        {"POST", "/v1.47/containers/web/wait?condition=next-exit", NULL, NULL},
        {"POST", "/v1.47/containers/web/resize?h=1&w=1", NULL, NULL},
        {"POST", "/v1.47/containers/web/stop", NULL, NULL},
        {"POST", "/v1.47/containers/web/update", "{\"Memory\":1073741824}", NULL},
        {"DELETE", "/v1.47/containers/web?force=1&v=1", NULL, NULL},
        {"POST", "/v1.47/containers/web/exec",
         "{\"User\":\"\",\"Privileged\":false,\"Tty\":true,\"Cmd\":[\"ls\"]}", NULL},
        {"POST", "/v1.47/exec/4f/start", "{\"Detach\":false,\"Tty\":true}", NULL},
        {"PUT", "/v1.47/containers/web/archive?path=/tmp", NULL, NULL},
        {"POST", "/v1.47/build?t=x&networkmode=default&cgroupparent=&remote=", NULL, NULL},
        {"POST", "/v1.47/session", NULL, NULL},
        {"POST", "/v1.47/commit?container=web", "null", NULL},
        {"POST", "/v1.47/images/load?quiet=1", NULL, NULL},
        {"POST", "/v1.47/networks/create",
         "{\"Name\":\"shop\",\"Driver\":\"bridge\",\"IPAM\":{\"Driver\":\"default\",\"Config\":[]},"
         "\"ConfigFrom\":null,\"Options\":{},\"Labels\":null}",
         NULL},
        {"POST", "/v1.47/networks/shop/connect",
         "{\"Container\":\"web\",\"EndpointConfig\":{\"Aliases\":[\"a\"]}}", NULL},
        {"POST", "/v1.47/volumes/create",
         "{\"Name\":\"data\",\"Driver\":\"local\",\"DriverOpts\":null,\"Labels\":{}}", NULL},
        {"POST", "/v1.47/containers/prune", NULL, NULL},
        {"POST", "/v1.47/services/create", SERVICE(""), NULL},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        judge_case(&table[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_around),
        cmocka_unit_test(powers_of_a_container),
        cmocka_unit_test(powers_over_the_daemon),
        cmocka_unit_test(ordinary_use),
    };
    return cmocka_run_group_tests(tests, open_gate, close_gate);
}
