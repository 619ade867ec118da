/* Plans of `bulwark run`: what is added, made stricter, loosened; the command and the body that
 * policies judge say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "enforce/network-plan.h"
#include "enforce/run-plan.h"
#include "wrap/json.h"

#define ARENA_MAX ((size_t)4 << 20)

struct rig {
    struct bw_arena *arena;
    struct bw_run_image image;
    struct bw_run_request request;
    struct bw_run_plan plan;
    struct bw_err err;
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (!rig)
        return -1;
    rig->arena = bw_arena_new(ARENA_MAX);
    rig->image.user = BW_STR("65532:65532");
    rig->request = (struct bw_run_request){.image = "shop/web:1",
                                           .about = &rig->image,
                                           .seccomp = "/s.json",
                                           .log_driver = "json-file",
                                           .directory = "/home/anna",
                                           .files_max = 1u << 20};
    *state = rig;
    return rig->arena ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    bw_arena_free(rig->arena);
    free(rig);
    return 0;
}

static int make(struct rig *rig, const struct bw_run_word *words, size_t n)
{
    rig->request.words = words;
    rig->request.words_n = n;
    return bw_run_plan_make(&rig->request, rig->arena, &rig->plan, &rig->err);
}

#define MAKE(rig, ...)                                                                             \
    make(rig, (const struct bw_run_word[]){__VA_ARGS__},                                           \
         sizeof((const struct bw_run_word[]){__VA_ARGS__}) / sizeof(struct bw_run_word))

/* The command as one line. */
static const char *command(struct rig *rig)
{
    struct bw_buf line = BW_BUF(1u << 20);
    const char *const *argv = bw_run_plan_argv(&rig->plan, rig->arena);
    assert_non_null(argv);
    for (size_t i = 0; argv[i]; i++) {
        bw_buf_byte(&line, ' ');
        bw_run_shell_quote(bw_str(argv[i]), &line);
    }
    bw_buf_byte(&line, ' ');
    struct bw_str text = bw_arena_str(rig->arena, bw_buf_slice(&line));
    bw_buf_free(&line);
    assert_non_null(text.p);
    return text.p;
}

static void has(struct rig *rig, const char *part)
{
    const char *line = command(rig);
    if (!strstr(line, part))
        fail_msg("no '%s' in:%s", part, line);
}

static void has_not(struct rig *rig, const char *part)
{
    const char *line = command(rig);
    if (strstr(line, part))
        fail_msg("'%s' in:%s", part, line);
}

static const char *const protections[] = {
    " --read-only ",
    " --cap-drop ALL ",
    " --security-opt no-new-privileges ",
    " --security-opt seccomp=/s.json ",
    " --tmpfs /tmp:rw,noexec,nosuid,nodev,",
    " --tmpfs /run:rw,noexec,nosuid,nodev,size=64m,mode=1777,uid=65532,gid=65532 ",
    " --pids-limit 512 ",
    " --memory 512m ",
    " --memory-swap 512m ",
    " --cpus 1 ",
    " --ulimit nofile=65536:65536 ",
    " --ulimit core=0:0 ",
    " --ipc private ",
    " --cgroupns private ",
    " --init ",
    " --network bulwark ",
    " --log-opt max-size=10m --log-opt max-file=3 ",
    " --label bulwark.dev/run=hardened ",
};

static void test_defaults(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(make(rig, NULL, 0), 0);
    for (size_t i = 0; i < BW_ARRAY_LEN(protections); i++)
        has(rig, protections[i]);
    has(rig, " docker run ");
    has(rig, " shop/web:1 ");
    has_not(rig, "--restart");
    has_not(rig, "apparmor");
    for (size_t i = 0; i < rig->plan.flags_n; i++) {
        assert_int_equal(rig->plan.flags[i].origin, BW_RUN_ADDED);
        assert_non_null(rig->plan.flags[i].why);
    }
}

static void test_what_is_known_of_the_place(void **state)
{
    struct rig *rig = *state;
    rig->request.apparmor = "bulwark-default";
    rig->request.log_driver = "journald";
    rig->request.files_max = 4096;
    rig->request.no_init = true;
    rig->request.engine = BW_RUN_PODMAN;
    assert_int_equal(make(rig, NULL, 0), 0);
    has(rig, " podman run ");
    has(rig, " --security-opt apparmor=bulwark-default ");
    has(rig, " --ulimit nofile=4096:4096 ");
    has_not(rig, "--log-opt");
    has_not(rig, "--init");
    has_not(rig, "uid=");
}

static void test_options_replace_defaults(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(MAKE(rig, {"memory", "2g"}, {"cpus", "3"}, {"pids-limit", "40"},
                          {"network", "shop"}, {"tmpfs", "/tmp:exec"}, {"volume", "runs:/run"},
                          {"ulimit", "nofile=10"}, {"log-opt", "tag=x"},
                          {"security-opt", "seccomp=mine.json"}, {"detach", NULL}),
                     0);
    has(rig, " --memory 2g ");
    has(rig, " --memory-swap 2g ");
    has(rig, " --security-opt seccomp=mine.json ");
    has(rig, " --restart on-failure:5 ");
    static const char *const gone[] = {"512m",   "--cpus 1 ",    "512 ",     "--network bulwark",
                                       "noexec", "nofile=65536", "max-size", "/run:rw"};
    for (size_t i = 0; i < BW_ARRAY_LEN(gone); i++)
        has_not(rig, gone[i]);
    has_not(rig, "seccomp=/s.json");
    has(rig, " --ulimit core=0:0 ");
}

static void test_a_container_that_goes_away_is_not_restarted(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(MAKE(rig, {"detach", NULL}, {"rm", NULL}), 0);
    has_not(rig, "--restart");
    assert_int_equal(MAKE(rig, {"detach", NULL}, {"restart", "always"}), 0);
    has(rig, " --restart always ");
    has_not(rig, "on-failure");
}

static void test_ports_are_of_this_machine(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(MAKE(rig, {"publish", "8080:80"}, {"publish", "9000"},
                          {"publish", "0.0.0.0:443:443"}, {"publish", "53:53/udp"},
                          {"publish", "[::1]:81:81"}, {"publish", "10.0.0.1::82"}),
                     0);
    has(rig, " --publish 127.0.0.1:8080:80 ");
    has(rig, " --publish 127.0.0.1::9000 ");
    has(rig, " --publish 127.0.0.1:53:53/udp ");
    has(rig, " --publish 0.0.0.0:443:443 ");
    has(rig, " --publish '[::1]:81:81' ");
    has(rig, " --publish 10.0.0.1::82 ");
}

static void test_paths_of_the_host_are_read_only(void **state)
{
    struct rig *rig = *state;
    static const char *const wanted[][2] = {
        {"/srv:/srv", "/srv:/srv:ro"},
        {"/srv:/srv:rw", "/srv:/srv:rw"},
        {"/srv:/srv:ro,z", "/srv:/srv:ro,z"},
        {"/srv:/srv:z", "/srv:/srv:z,ro"},
        {"./data:/data", "/home/anna/data:/data:ro"},
        {".:/data", "/home/anna:/data:ro"},
        {"../x:/data", "/home/anna/../x:/data:ro"},
        {"data:/var/lib/data", "data:/var/lib/data"},
        {"/data", "/data"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(wanted); i++) {
        char part[100];
        assert_int_equal(MAKE(rig, {"volume", wanted[i][0]}), 0);
        snprintf(part, sizeof part, " --volume %s ", wanted[i][1]);
        has(rig, part);
    }
    assert_int_equal(MAKE(rig, {"mount", "type=bind,src=/a,dst=/b"},
                          {"mount", "type=bind,src=/c,dst=/d,readonly=false"},
                          {"mount", "type=volume,src=v,dst=/e"}),
                     0);
    has(rig, " --mount type=bind,src=/a,dst=/b,readonly ");
    has(rig, " --mount type=bind,src=/c,dst=/d,readonly=false ");
    has(rig, " --mount type=volume,src=v,dst=/e ");
}

static void test_root_is_asked_for(void **state)
{
    struct rig *rig = *state;
    static const char *const roots[] = {"",   "root", "0",  "0:0", "root:staff",
                                        "00", "0:5",  "+0", "-0"};
    for (size_t i = 0; i < BW_ARRAY_LEN(roots); i++) {
        rig->image.user = bw_str(roots[i]);
        assert_int_equal(make(rig, NULL, 0), BW_EUSAGE);
        assert_non_null(strstr(rig->err.msg, "--user 65532:65532"));
        assert_int_equal(MAKE(rig, {"user", "1000"}), 0);
        assert_int_equal(MAKE(rig, {"user", roots[i]}), BW_EUSAGE);
    }
    rig->request.allowed = BW_RUN_ROOT;
    assert_int_equal(make(rig, NULL, 0), 0);
    has(rig, "bulwark.dev/run=root ");
    rig->request.allowed = 0;
    rig->image.user = BW_STR("nginx");
    assert_int_equal(make(rig, NULL, 0), 0);
    has_not(rig, "uid=");
    rig->request.about = NULL; /* not known is not root, and not its contrary */
    assert_int_equal(make(rig, NULL, 0), 0);
    assert_int_equal(MAKE(rig, {"user", "0"}), BW_EUSAGE);
}

static void test_each_point_can_be_loosened(void **state)
{
    struct rig *rig = *state;
    static const struct {
        const char *name, *gone;
    } points[] = {{"writable-root", "--read-only"}, {"writable-root", "--tmpfs"},
                  {"capabilities", "--cap-drop"},   {"new-privileges", "no-new-privileges"},
                  {"engine-seccomp", "seccomp="},   {"unlimited", "--memory"},
                  {"unlimited", "--pids-limit"},    {"unlimited", "--cpus"}};
    for (size_t i = 0; i < BW_ARRAY_LEN(points); i++) {
        char label[64];
        rig->request.allowed = 0;
        assert_int_equal(bw_run_loosen(bw_str(points[i].name), &rig->request.allowed, &rig->err),
                         0);
        assert_int_equal(make(rig, NULL, 0), 0);
        has_not(rig, points[i].gone);
        snprintf(label, sizeof label, " --label bulwark.dev/run=%s ", points[i].name);
        has(rig, label);
    }
    unsigned both = 0;
    assert_int_equal(bw_run_loosen(BW_STR("root, unlimited"), &both, &rig->err), 0);
    assert_int_equal(both, BW_RUN_ROOT | BW_RUN_UNLIMITED);
    assert_int_equal(bw_run_loosen(BW_STR("root,rot"), &both, &rig->err), BW_EUSAGE);
    assert_non_null(strstr(rig->err.msg, "writable-root"));
}

static void test_quoting(void **state)
{
    struct rig *rig = *state;
    static const char *const words[] = {"sh", "-c", "it's $HOME; echo \"x\"", ""};
    rig->request.command = words;
    rig->request.command_n = BW_ARRAY_LEN(words);
    assert_int_equal(make(rig, NULL, 0), 0);
    has(rig, " shop/web:1 sh -c 'it'\\''s $HOME; echo \"x\"' '' ");
}

/* What the engine may read otherwise is refused. */
static void test_only_what_is_understood(void **state)
{
    struct rig *rig = *state;
    static const struct bw_run_word wrong[] = {
        {"mount", "type=volume,\"volume-opt=device=/\",dst=/x"},
        {"mount", "type=bind,src=/a,dst=/b,surprise=1"},
        {"network", "name=host"},
        {"network", "shop,alias=x"},
        {"publish", "80:80,90:90"},
        {"cap-add", "CHOWN,SYS_ADMIN"},
        {"device", "/dev/a,/dev/b"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(wrong); i++)
        assert_int_equal(make(rig, &wrong[i], 1), BW_EUSAGE);
    assert_int_equal(MAKE(rig, {"network", "host"}, {"network", "shop"}), BW_EUSAGE);
    rig->request.image = "--privileged";
    assert_int_equal(make(rig, NULL, 0), BW_EUSAGE);
}

/* --- the body --- */

static struct bw_json_doc *body(struct rig *rig)
{
    struct bw_buf buf = BW_BUF(BW_RUN_BODY_MAX);
    struct bw_json_doc *doc = NULL;
    bw_run_plan_body(&rig->plan, &buf);
    assert_false(bw_buf_failed(&buf));
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&buf), NULL, 0, &rig->err), 0);
    bw_buf_free(&buf);
    return doc;
}

static const struct bw_json *host(const struct bw_json_doc *doc, const char *name)
{
    return bw_json_get(bw_json_get(bw_json_root(doc), BW_STR("HostConfig")), bw_str(name));
}

static int64_t number(const struct bw_json *value)
{
    int64_t n = -77;
    return bw_json_i64(value, &n) ? n : -77;
}

static bool is_text(const struct bw_json *value, const char *text)
{
    return bw_str_eq(bw_json_string(value), bw_str(text));
}

static const struct bw_json *element(const struct bw_json *list, size_t i)
{
    struct bw_json_iter it = bw_json_iter(list);
    const struct bw_json *value = bw_json_next(&it);
    while (i-- > 0)
        value = bw_json_next(&it);
    return value;
}

static void test_body_of_defaults(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(make(rig, NULL, 0), 0);
    struct bw_json_doc *doc = body(rig);
    assert_true(is_text(bw_json_get(bw_json_root(doc), BW_STR("Image")), "shop/web:1"));
    assert_true(is_text(bw_json_get(bw_json_root(doc), BW_STR("User")), "65532:65532"));
    assert_true(bw_json_is_true(host(doc, "ReadonlyRootfs")));
    assert_true(is_text(element(host(doc, "CapDrop"), 0), "ALL"));
    assert_true(is_text(element(host(doc, "SecurityOpt"), 0), "no-new-privileges"));
    assert_int_equal(number(host(doc, "Memory")), 512 << 20);
    assert_int_equal(number(host(doc, "MemorySwap")), 512 << 20);
    assert_int_equal(number(host(doc, "NanoCpus")), 1000000000);
    assert_int_equal(number(host(doc, "PidsLimit")), 512);
    assert_true(is_text(host(doc, "NetworkMode"), "bulwark"));
    assert_int_equal(bw_json_size(host(doc, "Tmpfs")), 2);
    assert_true(is_text(bw_json_get(host(doc, "LogConfig"), BW_STR("Type")), "json-file"));
    bw_json_free(doc);
}

/* Every place where a port is published is there, also where it is several for one port. */
static void test_body_of_ports(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(MAKE(rig, {"publish", "0.0.0.0:80:80"}, {"publish", "127.0.0.1:81:80/tcp"},
                          {"publish", "[::]:53:53/udp"}, {"publish", "70"}),
                     0);
    struct bw_json_doc *doc = body(rig);
    const struct bw_json *ports = host(doc, "PortBindings");
    assert_int_equal(bw_json_size(ports), 3);
    const struct bw_json *web = bw_json_get(ports, BW_STR("80/tcp"));
    assert_int_equal(bw_json_size(web), 2);
    assert_true(is_text(bw_json_get(element(web, 0), BW_STR("HostIp")), "0.0.0.0"));
    assert_true(is_text(bw_json_get(element(web, 1), BW_STR("HostPort")), "81"));
    const struct bw_json *dns = element(bw_json_get(ports, BW_STR("53/udp")), 0);
    assert_true(is_text(bw_json_get(dns, BW_STR("HostIp")), "::"));
    const struct bw_json *any = element(bw_json_get(ports, BW_STR("70/tcp")), 0);
    assert_true(is_text(bw_json_get(any, BW_STR("HostIp")), "127.0.0.1"));
    assert_true(is_text(bw_json_get(any, BW_STR("HostPort")), ""));
    bw_json_free(doc);
}

static void test_body_of_options(void **state)
{
    struct rig *rig = *state;
    rig->image.healthcheck = true;
    assert_int_equal(MAKE(rig, {"memory", "1.5g"}, {"device", "/dev/fuse::r"},
                          {"volume", "/etc:/etc"}, {"mount", "type=bind,source=/a,dst=/b"},
                          {"cap-add", "SYS_ADMIN"}, {"restart", "on-failure:3"},
                          {"ulimit", "nproc=5"}, {"env", "A=b=c"}, {"label", "x=y"}, {"user", "5"},
                          {"user", "1000"}, {"name", "web"}),
                     0);
    struct bw_json_doc *doc = body(rig);
    const struct bw_json *root = bw_json_root(doc);
    assert_int_equal(number(host(doc, "Memory")), 3 * (512 << 20));
    const struct bw_json *device = element(host(doc, "Devices"), 0);
    assert_true(is_text(bw_json_get(device, BW_STR("PathInContainer")), "/dev/fuse"));
    assert_true(is_text(bw_json_get(device, BW_STR("CgroupPermissions")), "r"));
    assert_true(is_text(element(host(doc, "Binds"), 0), "/etc:/etc:ro"));
    const struct bw_json *mount = element(host(doc, "Mounts"), 0);
    assert_true(is_text(bw_json_get(mount, BW_STR("Source")), "/a"));
    assert_true(is_text(bw_json_get(mount, BW_STR("Target")), "/b"));
    assert_true(bw_json_is_true(bw_json_get(mount, BW_STR("ReadOnly"))));
    assert_true(is_text(element(host(doc, "CapAdd"), 0), "SYS_ADMIN"));
    assert_int_equal(number(bw_json_get(host(doc, "RestartPolicy"), BW_STR("MaximumRetryCount"))),
                     3);
    assert_int_equal(bw_json_size(host(doc, "Ulimits")), 3);
    assert_true(is_text(element(bw_json_get(root, BW_STR("Env")), 0), "A=b=c"));
    assert_true(is_text(bw_json_get(bw_json_get(root, BW_STR("Labels")), BW_STR("x")), "y"));
    assert_true(is_text(bw_json_get(root, BW_STR("User")), "1000"));
    assert_true(is_text(bw_json_get(root, BW_STR("Name")), "web"));
    assert_int_equal(
        bw_json_size(bw_json_get(bw_json_get(root, BW_STR("Healthcheck")), BW_STR("Test"))), 2);
    bw_json_free(doc);
}

/* A volume that is a directory of the host in disguise, and keys in any case. */
static void test_body_of_mounts(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(
        MAKE(rig, {"mount", "TYPE=Bind,Source=/a,dst=/b,bind-propagation=rshared"},
             {"mount", "dst=/c,volume-driver=local,volume-opt=o=bind,volume-opt=device=/"},
             {"mount", "type=bind,src=/d,dst=/e,readonly=0"}),
        0);
    has(rig, "rshared,readonly ");
    struct bw_json_doc *doc = body(rig);
    const struct bw_json *bind = element(host(doc, "Mounts"), 0);
    assert_true(is_text(bw_json_get(bind, BW_STR("Type")), "bind"));
    assert_true(is_text(bw_json_get(bind, BW_STR("Source")), "/a"));
    assert_true(bw_json_is_true(bw_json_get(bind, BW_STR("ReadOnly"))));
    assert_true(is_text(
        bw_json_get(bw_json_get(bind, BW_STR("BindOptions")), BW_STR("Propagation")), "rshared"));
    const struct bw_json *volume = element(host(doc, "Mounts"), 1);
    assert_true(is_text(bw_json_get(volume, BW_STR("Type")), "volume"));
    const struct bw_json *driver =
        bw_json_get(bw_json_get(volume, BW_STR("VolumeOptions")), BW_STR("DriverConfig"));
    assert_true(
        is_text(bw_json_get(bw_json_get(driver, BW_STR("Options")), BW_STR("device")), "/"));
    assert_true(is_text(bw_json_get(bw_json_get(driver, BW_STR("Options")), BW_STR("o")), "bind"));
    assert_false(bw_json_is_true(bw_json_get(element(host(doc, "Mounts"), 2), BW_STR("ReadOnly"))));
    bw_json_free(doc);
}

/* --- networks --- */

static void network_has(struct rig *rig, const struct bw_network_request *request,
                        const char *wanted)
{
    struct bw_network_plan plan;
    struct bw_buf line = BW_BUF(1u << 16);
    bw_network_plan_make(request, &plan);
    const char *const *argv = bw_network_plan_argv(request, &plan, rig->arena);
    assert_non_null(argv);
    for (size_t i = 0; argv[i]; i++)
        bw_buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
    struct bw_str got = bw_arena_str(rig->arena, bw_buf_slice(&line));
    bw_buf_free(&line);
    assert_string_equal(got.p, wanted);
}

static void test_networks(void **state)
{
    struct rig *rig = *state;
    network_has(rig, &(struct bw_network_request){.name = "shop"},
                "docker network create --driver bridge "
                "--opt com.docker.network.bridge.enable_icc=false "
                "--opt com.docker.network.bridge.host_binding_ipv4=127.0.0.1 "
                "--label bulwark.dev/network=isolated shop");
    network_has(rig,
                &(struct bw_network_request){
                    .name = "db", .icc = true, .internal = true, .subnet = "10.1.0.0/24"},
                "docker network create --driver bridge "
                "--opt com.docker.network.bridge.host_binding_ipv4=127.0.0.1 "
                "--opt com.docker.network.bridge.gateway_mode_ipv4=isolated --internal "
                "--subnet 10.1.0.0/24 --label bulwark.dev/network=shared db");
    network_has(rig, &(struct bw_network_request){.engine = BW_RUN_PODMAN, .name = "shop"},
                "podman network create --driver bridge --opt isolate=true "
                "--label bulwark.dev/network=isolated shop");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_what_is_known_of_the_place),
        TEST(test_options_replace_defaults),
        TEST(test_a_container_that_goes_away_is_not_restarted),
        TEST(test_ports_are_of_this_machine),
        TEST(test_paths_of_the_host_are_read_only),
        TEST(test_root_is_asked_for),
        TEST(test_each_point_can_be_loosened),
        TEST(test_quoting),
        TEST(test_only_what_is_understood),
        TEST(test_body_of_defaults),
        TEST(test_body_of_ports),
        TEST(test_body_of_options),
        TEST(test_body_of_mounts),
        TEST(test_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
