#include "compose-rig.h"

#include "wrap/yaml.h"

/* --- forms --- */

static void short_forms_become_long(void **state)
{
    (void)state;
    static const struct {
        const char *member, *text, *json;
    } rows[] = {
        {"command", "echo \"a b\" 'c d' e\\ f", "[\"echo\",\"a b\",\"c d\",\"e f\"]"},
        {"command", "a ''", "[\"a\",\"\"]"},
        {"command", "sh -c $$(x y) `u v`", "[\"sh\",\"-c\",\"$(x y)\",\"`u v`\"]"},
        {"command", "a 2>b c", "[\"a\"]"},
        {"command", "a b; c", "[\"a\",\"b\"]"},
        {"command", "[a, \"b c\"]", "[\"a\",\"b c\"]"},
        {"entrypoint", "\"\"", "[]"},
        {"entrypoint", "a\\tb", "[\"atb\"]"},
        {"environment", "[A=1, B=, \"C=a=b\"]", "{\"A\":\"1\",\"B\":\"\",\"C\":\"a=b\"}"},
        {"environment", "[SET, NONE]", "{\"SET\":\"s\",\"NONE\":null}"},
        {"environment", "{A: 1, B: true, C: 1.50, D: , SET: }",
         "{\"A\":\"1\",\"B\":\"true\",\"C\":\"1.5\",\"D\":null,\"SET\":\"s\"}"},
        {"labels", "[a=b, c]", "{\"a\":\"b\",\"c\":\"\"}"},
        {"labels", "{a: 1, c: }", "{\"a\":\"1\",\"c\":\"\"}"},
        {"sysctls", "[a.b=1]", "{\"a.b\":\"1\"}"},
        {"build", "./dir", "{\"context\":\"./dir\",\"dockerfile\":\"Dockerfile\"}"},
        {"build", "{args: [A=1, SET, NONE], dockerfile_inline: FROM x}",
         "{\"args\":{\"A\":\"1\",\"SET\":\"s\"},\"dockerfile_inline\":\"FROM "
         "x\",\"context\":\".\"}"},
        {"depends_on", "[b]", "{\"b\":{\"condition\":\"service_started\",\"required\":true}}"},
        {"depends_on", "{b: {restart: yes}}",
         "{\"b\":{\"restart\":true,\"condition\":\"service_started\",\"required\":true}}"},
        {"dns", "1.1.1.1", "[\"1.1.1.1\"]"},
        {"tmpfs", "/run", "[\"/run\"]"},
        {"devices", "[\"/a\", \"/a:/b\", \"/a:/c:r\"]",
         "[{\"source\":\"/a\",\"target\":\"/a\",\"permissions\":\"rwm\"},"
         "{\"source\":\"/a\",\"target\":\"/b\",\"permissions\":\"rwm\"},"
         "{\"source\":\"/a\",\"target\":\"/c\",\"permissions\":\"r\"}]"},
        {"env_file", "x.env", "[{\"path\":\"x.env\",\"required\":true}]"},
        {"expose", "[1, \"2/udp\"]", "[\"1\",\"2/udp\"]"},
        {"extra_hosts", "[\"a:1.2.3.4\", \"b=::1\", \"b=[::2]\"]",
         "{\"a\":[\"1.2.3.4\"],\"b\":[\"::1\",\"::2\"]}"},
        {"extra_hosts", "{a: 1.2.3.4, b: ['::1']}", "{\"a\":[\"1.2.3.4\"],\"b\":[\"::1\"]}"},
        {"gpus", "all", "[{\"count\":\"all\"}]"},
        {"healthcheck", "{test: curl x}", "{\"test\":[\"CMD-SHELL\",\"curl x\"]}"},
        {"networks", "[n]", "{\"n\":null}"},
        {"networks", "{}", "{\"default\":null}"},
        {"secrets", "[s, {source: t, target: /x, mode: \"0440\"}]",
         "[{\"source\":\"s\",\"target\":\"/run/secrets/s\"},"
         "{\"source\":\"t\",\"target\":\"/x\",\"mode\":288}]"},
        {"ulimits", "{a: 5, b: {soft: 1, hard: \"2\"}}",
         "{\"a\":{\"soft\":5,\"hard\":5},\"b\":{\"soft\":1,\"hard\":2}}"},
        {"cap_add", "[A, B, A]", "[\"A\",\"B\"]"},
        {"group_add", "[1, a]", "[\"1\",\"a\"]"},
        {"mem_limit", "1.5gb", "1610612736"},
        {"mem_limit", "1024", "1024"},
        {"memswap_limit", "-1", "-1"},
        {"shm_size", "\"64 MiB\"", "67108864"},
        {"cpus", "\"0.5\"", "0.5"},
        {"pids_limit", "\"100\"", "100"},
        {"pull_policy", "if_not_present", "\"missing\""},
        {"x-own", "{a: [1]}", "{\"a\":[1]}"},
        {"restart", "no", "\"no\""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        char text[512];
        snprintf(text, sizeof text, "services:\n  a:\n    image: x\n    %s: %s\n", rows[i].member,
                 rows[i].text);
        load_text(&rig, text);
        const char *json =
            rig_json(&rig, bw_value_get(service_of(&rig, "a"), bw_str(rows[i].member)));
        if (strcmp(json, rows[i].json) != 0)
            fail_msg("%s: %s is %s", rows[i].member, rows[i].text, json);
        rig_close(&rig);
    }
}

static void ports(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"80", "{\"target\":80,\"protocol\":\"tcp\"}"},
        {"\"8080:80\"", "{\"target\":80,\"published\":\"8080\",\"protocol\":\"tcp\"}"},
        {"\"127.0.0.1:8080:80/UDP\"",
         "{\"host_ip\":\"127.0.0.1\",\"target\":80,\"published\":\"8080\",\"protocol\":\"udp\"}"},
        {"\"127.0.0.1::80\"", "{\"host_ip\":\"127.0.0.1\",\"target\":80,\"protocol\":\"tcp\"}"},
        {"\"[::1]:1:2\"",
         "{\"host_ip\":\"::1\",\"target\":2,\"published\":\"1\",\"protocol\":\"tcp\"}"},
        {"\"::1:1:2\"",
         "{\"host_ip\":\"::1\",\"target\":2,\"published\":\"1\",\"protocol\":\"tcp\"}"},
        {"\"1-2:3-4\"", "{\"target\":3,\"published\":\"1\",\"protocol\":\"tcp\"},"
                        "{\"target\":4,\"published\":\"2\",\"protocol\":\"tcp\"}"},
        {"\"1-2:3\"", "{\"target\":3,\"published\":\"1-2\",\"protocol\":\"tcp\"}"},
        {"{target: \"5\", published: 6}",
         "{\"target\":5,\"published\":\"6\",\"protocol\":\"tcp\"}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        char text[512], expected[512], *at = expected;
        snprintf(text, sizeof text, "services: {a: {image: x, ports: [%s]}}", rows[i][0]);
        load_text(&rig, text);
        const char *json = rig_json(&rig, bw_value_get(service_of(&rig, "a"), BW_STR("ports")));
        for (; *json; json++) /* all have the mode */
            if (strncmp(json, "\"mode\":\"ingress\"", 16) != 0)
                *at++ = *json;
            else
                json += json[16] == ',' ? 16 : (at--, 15);
        *at = '\0';
        if (strncmp(expected + 1, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("%s is %s", rows[i][0], expected);
        rig_close(&rig);
    }
}

static void mounts(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/a", "{\"type\":\"volume\",\"target\":\"/a\"}"},
        {"vol:/a/../b/", "{\"type\":\"volume\",\"source\":\"vol\",\"target\":\"/b\"}"},
        {"/a:/b:ro", "{\"type\":\"bind\",\"source\":\"/a\",\"target\":\"/b\",\"read_only\":true,"
                     "\"bind\":{\"create_host_path\":true}}"},
        {"'~/a:/b:rshared,z'",
         "{\"type\":\"bind\",\"source\":\"~/a\",\"target\":\"/b\",\"bind\":{\"propagation\":"
         "\"rshared\",\"selinux\":\"z\",\"create_host_path\":true}}"},
        {"vol:/b:nocopy", "{\"type\":\"volume\",\"source\":\"vol\",\"target\":\"/b\","
                          "\"volume\":{\"nocopy\":true}}"},
        {"'c:\\a:/b'", "{\"type\":\"bind\",\"source\":\"c:\\\\a\",\"target\":\"/b\","
                       "\"bind\":{\"create_host_path\":true}}"},
        {"'c:\\a:d:\\b'", "{\"type\":\"bind\",\"source\":\"c:\\\\a\",\"target\":\"d:\\\\b\","
                          "\"bind\":{\"create_host_path\":true}}"},
        {"{type: bind, source: ./a, target: /b, bind: {}}",
         "{\"type\":\"bind\",\"source\":\"./a\",\"target\":\"/b\",\"bind\":{\"create_host_path\":"
         "true}}"},
        {"{type: tmpfs, target: /b, tmpfs: {size: 1m}}",
         "{\"type\":\"tmpfs\",\"target\":\"/b\",\"tmpfs\":{\"size\":1048576}}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        char text[512];
        snprintf(text, sizeof text, "services: {a: {image: x, volumes: [%s]}}", rows[i][0]);
        load_text(&rig, text);
        struct bw_value list = bw_value_get(service_of(&rig, "a"), BW_STR("volumes"));
        const char *json = rig_json(&rig, bw_value_index(list, 0));
        if (strcmp(json, rows[i][1]) != 0)
            fail_msg("%s is %s", rows[i][0], json);
        rig_close(&rig);
    }
}

static void booleans(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum bw_value_kind kind;
        bool value;
    } rows[] = {
        {"true", BW_VALUE_BOOL, true},      {"yes", BW_VALUE_BOOL, true},
        {"\"yes\"", BW_VALUE_BOOL, true},   {"ON", BW_VALUE_BOOL, true},
        {"y", BW_VALUE_BOOL, true},         {"\"True\"", BW_VALUE_BOOL, true},
        {"no", BW_VALUE_BOOL, false},       {"\"off\"", BW_VALUE_BOOL, false},
        {"N", BW_VALUE_BOOL, false},        {"FALSE", BW_VALUE_BOOL, false},
        {"1", BW_VALUE_UNKNOWN, false},     {"\"t\"", BW_VALUE_UNKNOWN, false},
        {"maybe", BW_VALUE_UNKNOWN, false}, {"[]", BW_VALUE_UNKNOWN, false},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        char text[128];
        snprintf(text, sizeof text, "services:\n  a:\n    image: x\n    privileged: %s\n",
                 rows[i].text);
        load_text(&rig, text);
        struct bw_value value = bw_value_get(service_of(&rig, "a"), BW_STR("privileged"));
        if (value.kind != rows[i].kind || bw_value_is_true(value) != rows[i].value)
            fail_msg("%s is %s", rows[i].text, rig_json(&rig, value));
        assert_line(&rig, value, "shop/compose.yaml", 4);
        assert_string_equal(rig_gaps(&rig), value.kind == BW_VALUE_BOOL
                                                ? ""
                                                : "blocking shop/compose.yaml:4: the compose file: "
                                                  "privileged is neither true nor false\n");
        rig_close(&rig);
    }
}

/* --- references --- */

static void references(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"$SET ${SET} $SET$SET", "s s ss"},
        {"$$SET $${SET} $$", "$SET ${SET} $"},
        {"$ $5 $- a$", "$ $5 $- a$"},
        {"${SET:-d} ${SET-d} ${SET:+a} ${SET+a} ${SET:?e} ${SET?e}", "s s a a s s"},
        {"${EMPTY:-d}|${EMPTY-d}|${EMPTY:+a}|${EMPTY+a}|${EMPTY?e}", "d|||a|"},
        {"${NONE:-d} ${NONE-d}|${NONE:+a}|${NONE+a}", "d d||"},
        {"${NONE:-a${NONE:-b}c}d", "abcd"},
        {"${NONE:-${SET}${NONE:-x}}", "sx"},
        {"${NONE:-{}}", "{}"},
        {"${NONE:-a:-b} ${NONE-?} ${NONE:--}", "a:-b ? -"},
        {"${SET}}", "s}"},
        {"${NONE:-$$x}", "$x"},
        {"a $NONE b", "a  b"},
        {"${SET", NULL},
        {"${}", NULL},
        {"${SET!}", NULL},
        {"${NONE:-${SET}", NULL},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        char text[256];
        snprintf(text, sizeof text, "services: {a: {image: x, labels: {t: '%s'}}}", rows[i][0]);
        load_text(&rig, text);
        struct bw_value value = bw_value_at(service_of(&rig, "a"), "labels", "t", NULL);
        if (rows[i][1] ? !bw_value_is(value, rows[i][1]) : value.kind != BW_VALUE_UNKNOWN)
            fail_msg("%s is %s", rows[i][0], rig_json(&rig, value));
        if (!rows[i][1])
            assert_non_null(strstr(rig_gaps(&rig), "is no reference to a variable"));
        rig_close(&rig);
    }
}

static void what_nobody_gave_is_unknown(void **state)
{
    (void)state;
    struct reader_rig rig;
    load_text(&rig, "services:\n"
                    "  a:\n"
                    "    image: app:${TAG}\n"
                    "    privileged: ${P}\n"
                    "    mem_limit: ${M}m\n"
                    "    user: ${U}:5\n"
                    "    cap_add: ['${C}', X]\n"
                    "    environment: ['A=${Q}', 'B=x${Q}y', '${R}']\n"
                    "    volumes: ['${D}:/d', './${D}:/e']\n"
                    "    ports: ['${PP}:80', '${T}']\n"
                    "    command: run ${Q} --now\n"
                    "    hostname: ${NAME:?give a name}\n"
                    "    depends_on: ['${M}${U}', db]\n"
                    "  db: {image: x}\n");
    assert_string_equal(
        rig_gaps(&rig),
        "note shop/compose.yaml: the compose file: compose.yaml: variables without a value: TAG, "
        "P, M, U, C, Q, R, D, PP, T, NAME; give them in the environment or in .env\n");
    struct bw_value service = service_of(&rig, "a");
    static const char *const unknown[] = {"image", "privileged", "mem_limit", "user", "hostname"};
    for (size_t i = 0; i < BW_ARRAY_LEN(unknown); i++) {
        struct bw_value value = bw_value_get(service, bw_str(unknown[i]));
        assert_int_equal(value.kind, BW_VALUE_UNKNOWN);
        assert_int_equal(value.unknown->class, BW_UNKNOWN_MISSING);
    }
    assert_string_equal(rig_json(&rig, bw_value_get(service, BW_STR("cap_add"))),
                        "[" WHY ",\"X\"]");
    assert_string_equal(rig_json(&rig, bw_value_get(service, BW_STR("environment"))),
                        "{\"A\":" WHY ",\"B\":\"xy\"}");
    assert_string_equal(rig_json(&rig, bw_value_get(service, BW_STR("volumes"))),
                        "[{\"type\":" WHY ",\"source\":" WHY ",\"target\":\"/d\"},"
                        "{\"type\":\"bind\",\"source\":" WHY ",\"target\":\"/e\","
                        "\"bind\":{\"create_host_path\":true}}]");
    assert_string_equal(rig_json(&rig, bw_value_get(service, BW_STR("command"))),
                        "[\"run\"," WHY ",\"--now\"]");
    assert_int_equal(bw_value_count(bw_value_get(service, BW_STR("depends_on"))), 1);
    struct bw_value port = bw_value_index(bw_value_get(service, BW_STR("ports")), 0);
    assert_string_equal(rig_json(&rig, bw_value_get(port, BW_STR("published"))), WHY);
    rig_close(&rig);
}

/* --- misfits --- */

static void misfits(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"user: 1000", "blocking :4: user is no string"},
        {"mem_limit: 5x", "blocking :4: mem_limit is no size: 64m, 1.5g, 1024"},
        {"pids_limit: many", "blocking :4: pids_limit is no integer"},
        {"cpus: [1]", "blocking :4: cpus is no number"},
        {"ports: 80", "blocking :4: ports is no list"},
        {"ports: ['99999:1']", "blocking :4: ports: no port: "},
        {"ports: ['1-2:3-5']", "blocking :4: ports: no port: "},
        {"ports: ['1.2.3:1:1']", "blocking :4: ports: no port: "},
        {"ports: ['1:1/icmp']", "blocking :4: ports: no port: "},
        {"volumes: ['aa:/b:cc:dd']", "blocking :4: volumes: no mount: "},
        {"volumes: [':/a']", "blocking :4: volumes: no mount: "},
        {"volumes: [{target: /a}]", "blocking :4: volumes: a mount without a type"},
        {"command: echo 'x", "blocking :4: command: no command line"},
        {"command: echo (x)", "blocking :4: command: no command line"},
        {"command: [1]", "blocking :4: command is no string"},
        {"environment: [[a]]", "blocking :4: environment: an entry is NAME=VALUE"},
        {"extra_hosts: [a]", "blocking :4: extra_hosts: an entry is HOST=ADDRESS"},
        {"devices: ['a:b:c:d']", "blocking :4: devices: SOURCE:TARGET:PERMISSIONS at most"},
        {"deploy: x", "blocking :4: deploy is no mapping"},
        {"networks: [{}]", "blocking :4: networks: an entry is a name"},
        {"privledged: true",
         "note :4: a: compose does not know \"privledged\"; did you mean \"privileged\"?"},
        {"qqqqqq: true", "note :4: a: compose does not know \"qqqqqq\""},
        {"deploy: {limits: 1}", "note :4: deploy: compose does not know \"limits\""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        char text[256], expected[256];
        const char *at = strchr(rows[i][1], ':'), *why = strchr(at, ' ');
        snprintf(text, sizeof text, "services:\n  a:\n    image: x\n    %s\n", rows[i][0]);
        load_text(&rig, text);
        snprintf(expected, sizeof expected, "%.*sshop/compose.yaml%.*s the compose file:%s",
                 (int)(at - rows[i][1]), rows[i][1], (int)(why - at), at, why);
        if (strncmp(rig_gaps(&rig), expected, strlen(expected)) != 0 ||
            strchr(rig_gaps(&rig), '\n')[1])
            fail_msg("%s: %s", rows[i][0], rig_gaps(&rig));
        rig_close(&rig);
    }
}

static void documents_that_are_none(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "nothing in it"},
        {"# nothing\n", "nothing in it"},
        {"- a\n", "line 1: not a mapping"},
        {"services: [\n", "line "},
        {"a: 1\na: 2\n", "line 2: the key \"a\" stands at line 1 already"},
        {"a: &a [*a]\n", "line 1"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        struct project project = {.text = rows[i][0]};
        assert_int_equal(load(&rig, &project), BW_EFORMAT);
        if (!strstr(rig.err.msg, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], rig.err.msg);
        rig_close(&rig);
    }
}

/* --- what it all becomes --- */

static void pods_with_what_docker_does(void **state)
{
    (void)state;
    struct reader_rig rig;
    load_text(&rig, "services:\n"
                    "  plain:\n"
                    "    image: x\n"
                    "  free:\n"
                    "    image: x\n"
                    "    privileged: 'yes'\n"
                    "    network_mode: host\n"
                    "    pid: host\n"
                    "    user: root\n"
                    "    cap_add: [cap_sys_admin]\n"
                    "    security_opt: ['seccomp:unconfined', 'label=disable']\n"
                    "    volumes: ['/var/run/docker.sock:/s:ro', 'disguised:/d']\n"
                    "  tight:\n"
                    "    image: x\n"
                    "    read_only: true\n"
                    "    user: '1000:1000'\n"
                    "    cap_drop: [ALL]\n"
                    "    security_opt: [no-new-privileges]\n"
                    "    mem_limit: 1g\n"
                    "    cpus: 0.5\n"
                    "    network_mode: service:free\n"
                    "volumes: {disguised: {driver_opts: {type: none, o: bind, device: /}}}\n");
    assert_string_equal(rig_gaps(&rig), "");
    struct bw_value context = context_of(&rig, "plain");
    struct bw_value seccomp = bw_value_get(context, BW_STR("seccompProfile"));
    assert_true(bw_value_is(bw_value_get(seccomp, BW_STR("type")), "RuntimeDefault"));
    assert_int_equal(seccomp.flags, BW_VALUE_DEFAULT);
    assert_int_equal(bw_value_get(context, BW_STR("privileged")).flags, BW_VALUE_DEFAULT);
    assert_true(bw_value_is_true(bw_value_get(context, BW_STR("allowPrivilegeEscalation"))));
    assert_int_equal(bw_value_get(context, BW_STR("runAsUser")).unknown->class, BW_UNKNOWN_MISSING);
    struct bw_value spec = bw_value_get(find(&rig, "pods", "plain"), BW_STR("spec"));
    assert_int_equal(bw_value_get(spec, BW_STR("hostNetwork")).kind, BW_VALUE_BOOL);
    assert_int_equal(bw_value_get(spec, BW_STR("automountServiceAccountToken")).unknown->class,
                     BW_UNKNOWN_INEXPRESSIBLE);

    context = context_of(&rig, "free");
    spec = bw_value_get(find(&rig, "pods", "free"), BW_STR("spec"));
    assert_string_equal(
        rig_json(&rig, context),
        "{\"privileged\":true,\"allowPrivilegeEscalation\":true,\"readOnlyRootFilesystem\":false,"
        "\"runAsUser\":0,\"runAsGroup\":{\"$unknown\":\"the image decides, and is not at hand\"},"
        "\"runAsNonRoot\":false,\"capabilities\":{\"add\":[\"SYS_ADMIN\"],\"drop\":[]},"
        "\"seccompProfile\":{\"type\":\"Unconfined\"},\"appArmorProfile\":{\"type\":\"Unconfined\"}"
        ","
        "\"seLinuxOptions\":{\"type\":\"spc_t\"},\"procMount\":\"Default\"}");
    assert_line(&rig, bw_value_get(context, BW_STR("privileged")), "shop/compose.yaml", 6);
    assert_true(bw_value_is_true(bw_value_get(spec, BW_STR("hostNetwork"))));
    assert_true(bw_value_is_true(bw_value_get(spec, BW_STR("hostPID"))));
    assert_string_equal(rig_json(&rig, bw_value_get(spec, BW_STR("volumes"))),
                        "[{\"name\":\"mount-0\",\"hostPath\":{\"path\":\"/var/run/docker.sock\"}},"
                        "{\"name\":\"mount-1\",\"hostPath\":{\"path\":\"/\"}}]");
    assert_line(&rig,
                bw_value_at(bw_value_index(bw_value_get(spec, BW_STR("volumes")), 1), "hostPath",
                            "path", NULL),
                "shop/compose.yaml", 22);

    context = context_of(&rig, "tight");
    spec = bw_value_get(find(&rig, "pods", "tight"), BW_STR("spec"));
    assert_true(bw_value_is_true(bw_value_get(context, BW_STR("runAsNonRoot"))));
    assert_int_equal(bw_value_get(context, BW_STR("allowPrivilegeEscalation")).u, 0);
    assert_true(bw_value_is_true(bw_value_get(spec, BW_STR("hostNetwork")))); /* free's */
    struct bw_value container = bw_value_index(bw_value_get(spec, BW_STR("containers")), 0);
    assert_string_equal(rig_json(&rig, bw_value_get(container, BW_STR("resources"))),
                        "{\"limits\":{\"memory\":\"1073741824\",\"cpu\":\"500m\"}}");
    rig_close(&rig);
}

static void a_part_of_a_service_is_not_judged_as_a_whole(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {.path = "compose.prod.yaml",
                              .text = "services: {a: {privileged: true, volumes: ['/a:/b']}}"};
    assert_int_equal(load(&rig, &project), 0);
    struct bw_value context = context_of(&rig, "a");
    assert_true(bw_value_is_true(bw_value_get(context, BW_STR("privileged"))));
    assert_int_equal(bw_value_get(context, BW_STR("readOnlyRootFilesystem")).kind,
                     BW_VALUE_UNKNOWN);
    struct bw_value volumes = bw_value_at(find(&rig, "pods", "a"), "spec", "volumes", NULL);
    assert_int_equal(bw_value_count(volumes), 2);
    assert_int_equal(bw_value_index(volumes, 1).kind, BW_VALUE_UNKNOWN);
    struct bw_value service = service_of(&rig, "a");
    assert_true(bw_value_is_true(bw_value_get(service, BW_STR("privileged"))));
    assert_int_equal(bw_value_get(service, BW_STR("pids_limit")).kind, BW_VALUE_UNKNOWN);
    assert_int_equal(bw_value_get(service, BW_STR("image")).kind, BW_VALUE_UNKNOWN);
    assert_int_equal(bw_value_get(project_of(&rig), BW_STR("networks")).kind, BW_VALUE_ABSENT);
    rig_close(&rig);
}

static void comments_that_waive(void **state)
{
    (void)state;
    struct reader_rig rig;
    load_text(&rig, "services:\n"
                    "  # bulwark:ignore container-privileged until=2030-01-01 a reason\n"
                    "  a:\n"
                    "    image: x\n"
                    "    privileged: true\n"
                    "  b:\n"
                    "    image: y #trivy:ignore:DS-0001\n");
    assert_int_equal(rig.document.ignores_n, 2);
    assert_int_equal(rig.document.ignores[0].first, 3);
    assert_int_equal(rig.document.ignores[0].last, 5);
    assert_int_equal(rig.document.ignores[1].first, 7);
    rig_close(&rig);
}

/* What the schemas of the two native kinds say, and what the table does, are the same members. */
static void check_schema(const char *path, const struct bw_compose_type *type, size_t more,
                         size_t fewer)
{
    static char text[1 << 20];
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL; /* JSON is YAML */
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file), fields = 0;
    fclose(file);
    assert_int_equal(bw_yaml_parse(&stream, bw_str_n(text, n), NULL), 0);
    const struct bw_yaml *members = bw_yaml_get(bw_yaml_first(stream), "properties");
    for (const struct bw_compose_field *field = type->fields; field->name; field++, fields++)
        if (!bw_yaml_get(members, field->name) && strcmp(field->name, "include") != 0)
            fail_msg("%s has no %s", path, field->name);
    assert_int_equal(bw_yaml_size(members), fields + more - fewer);
}

static void schemas(void **state)
{
    (void)state;
    check_schema("policies/schema/composefiles.json", &bw_compose_project, 0, 1);
    check_schema("policies/schema/composeservices.json", &bw_compose_service, 2, 0);
}

static void references_stay_linear(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(16 << 20);
    bw_buf_printf(&text, "services: {a: {image: x, labels: {a: '");
    for (unsigned i = 0; i < 100000; i++)
        bw_buf_printf(&text, "${A-x}");
    bw_buf_printf(&text, "', b: '");
    for (unsigned i = 0; i < 100000; i++)
        bw_buf_printf(&text, "${A-");
    bw_buf_printf(&text, "}', c: '%s', d: '",
                  "${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-"
                  "${A:-${A:-${A:-${A:-${A:-${A:-${A:-deep}}}}}}}}}}"
                  "}}}}}}");
    for (unsigned i = 0; i < 100000; i++)
        bw_buf_printf(&text, "${A-}}");
    bw_buf_printf(&text, "'}}}");
    bw_buf_byte(&text, 0);
    load_text(&rig, (const char *)text.p);
    struct bw_value labels = bw_value_get(service_of(&rig, "a"), BW_STR("labels"));
    assert_int_equal(bw_value_text(bw_value_get(labels, BW_STR("a"))).n, 100000);
    assert_int_equal(bw_value_get(labels, BW_STR("b")).kind, BW_VALUE_UNKNOWN);
    assert_int_equal(bw_value_get(labels, BW_STR("c")).kind, BW_VALUE_UNKNOWN);
    assert_int_equal(bw_value_text(bw_value_get(labels, BW_STR("d"))).n, 100000);
    assert_non_null(strstr(rig_gaps(&rig), "variables within variables, more than 16 deep"));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_forms_become_long),
        cmocka_unit_test(ports),
        cmocka_unit_test(mounts),
        cmocka_unit_test(booleans),
        cmocka_unit_test(references),
        cmocka_unit_test(what_nobody_gave_is_unknown),
        cmocka_unit_test(misfits),
        cmocka_unit_test(documents_that_are_none),
        cmocka_unit_test(pods_with_what_docker_does),
        cmocka_unit_test(a_part_of_a_service_is_not_judged_as_a_whole),
        cmocka_unit_test(comments_that_waive),
        cmocka_unit_test(schemas),
        cmocka_unit_test(references_stay_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
