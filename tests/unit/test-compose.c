/* What is expected here was checked against compose-go v2.16. */
#include "reader-rig.h"

#include "extract/compose-model.h"
#include "wrap/yaml.h"

#define FILES_MAX 8

struct project {
    const char *path; /* of the document; "shop/compose.yaml" where it is NULL */
    const char *text;
    const char *files[FILES_MAX][2]; /* path and text of others */
    const char *profiles[3];
};

static int load(struct reader_rig *rig, const struct project *project)
{
    const struct bw_str environment[] = {BW_STR("SET=s"), BW_STR("EMPTY=")};
    const struct bw_reader *reader = bw_reader_named(BW_STR("compose"));
    struct bw_reader_file files[FILES_MAX];
    struct bw_str profiles[3];
    struct bw_reader_request request = {
        .path = bw_str(project->path ? project->path : "shop/compose.yaml"),
        .text = bw_str(project->text),
        .files = files,
        .profiles = profiles,
        .environment = environment,
        .environment_n = BW_ARRAY_LEN(environment)};
    size_t wanted_n;
    for (; project->files[request.files_n][0]; request.files_n++)
        files[request.files_n] =
            (struct bw_reader_file){.path = bw_str(project->files[request.files_n][0]),
                                    .text = bw_str(project->files[request.files_n][1])};
    for (; project->profiles[request.profiles_n]; request.profiles_n++)
        profiles[request.profiles_n] = bw_str(project->profiles[request.profiles_n]);
    assert_non_null(reader);
    return rig_request(rig, reader, &request, &wanted_n);
}

static void load_text(struct reader_rig *rig, const char *text)
{
    struct project project = {.text = text};
    assert_int_equal(load(rig, &project), 0);
}

/* The project; and the native object or the view of a service. */
static struct bw_value project_of(const struct reader_rig *rig)
{
    assert_in_range(rig->document.objects_n, 1, 1000000);
    assert_true(bw_str_eq(rig->document.objects[0].resource, BW_STR("composefiles")));
    return rig->document.objects[0].value;
}

static struct bw_value find(const struct reader_rig *rig, const char *resource, const char *name)
{
    for (size_t i = 0; i < rig->document.objects_n; i++) {
        const struct bw_object *object = &rig->document.objects[i];
        if (bw_str_eq(object->resource, bw_str(resource)) && bw_str_eq(object->name, bw_str(name)))
            return object->value;
    }
    fail_msg("there is no %s %s", resource, name);
    return (struct bw_value){0};
}

static struct bw_value service_of(const struct reader_rig *rig, const char *name)
{
    return find(rig, "composeservices", name);
}

static struct bw_value context_of(const struct reader_rig *rig, const char *name)
{
    struct bw_value pod = find(rig, "pods", name);
    return bw_value_at(bw_value_index(bw_value_at(pod, "spec", "containers", NULL), 0),
                       "securityContext", NULL);
}

static void assert_line(const struct reader_rig *rig, struct bw_value value, const char *file,
                        uint32_t line)
{
    struct bw_value_place place = rig_place(rig, value);
    assert_true(bw_str_eq(rig->document.files[place.file], bw_str(file)));
    assert_int_equal(place.line, line);
}

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
        {"entrypoint", "a\\tb", "[\"a\\tb\"]"},
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
                    "    hostname: ${NAME:?give a name}\n");
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
#define WHY "{\"$unknown\":\"a variable that nobody gave\"}"
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
    struct bw_value port = bw_value_index(bw_value_get(service, BW_STR("ports")), 0);
    assert_string_equal(rig_json(&rig, bw_value_get(port, BW_STR("published"))), WHY);
    rig_close(&rig);
}

static void env_files(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {
        .text =
            "services:\n"
            "  a: {image: '$IMAGE', env_file: [a.env, {path: no.env, required: false}, b.env],\n"
            "      environment: {OWN: 1, BOTH: service}}\n"
            "  b: {image: x, env_file: [gone.env, ../../out.env]}\n",
        .files = {{"shop/.env", "IMAGE=from-env\nSET=lost\n"},
                  {"shop/a.env", "\xef\xbb\xbf# comment\n\nexport P=1 # c\n"
                                 "Q=\"a\\nb $P \\$P \\\"\"\nR='$P'\nS: x#y  \n"
                                 "T=${P}x${ZZ:-d}\nSET\nBOTH=file\nV=$NONE\n"},
                  {"shop/b.env", "P=2\nOCT=\"\\0101\"\nEMPTY_ONE=\n"}}};
    assert_int_equal(load(&rig, &project), 0);
    assert_string_equal(
        rig_gaps(&rig),
        "note shop/compose.yaml:4: the compose file: env_file: shop/gone.env is not there\n"
        "note shop/compose.yaml:4: the compose file: env_file: ../../out.env lies outside of the "
        "directory that is looked at\n");
    struct bw_value service = service_of(&rig, "a");
    assert_true(bw_value_is(bw_value_get(service, BW_STR("image")), "from-env"));
    struct bw_value environment = bw_value_get(service, BW_STR("environment"));
    assert_string_equal(rig_json(&rig, environment),
                        "{\"P\":\"2\",\"Q\":\"a\\nb 1 $P \\\"\",\"R\":\"$P\",\"S\":\"x#y\","
                        "\"T\":\"1xd\",\"SET\":\"s\",\"BOTH\":\"service\",\"V\":" WHY ","
                        "\"OCT\":\"A\",\"EMPTY_ONE\":\"\",\"OWN\":\"1\"}");
    assert_line(&rig, bw_value_get(environment, BW_STR("Q")), "shop/a.env", 4);
    assert_line(&rig, bw_value_get(environment, BW_STR("P")), "shop/b.env", 1);
    assert_line(&rig, bw_value_get(environment, BW_STR("OWN")), "shop/compose.yaml", 3);
    rig_close(&rig);
}

static void bad_env_files(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"A=\"x\nB=1\n", "line 1: a quote that does not end"},
        {"\nA B=1\n", "line 2: the name of a variable with a blank"},
        {"A!=1\n", "line 1: the name of a variable with \"!\""},
        {"A=${B\n", "line 1: \"${B\" is no reference to a variable; a $ itself is written $$"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        struct project project = {.text = "services: {a: {image: x}}",
                                  .files = {{"shop/.env", rows[i][0]}}};
        assert_int_equal(load(&rig, &project), 0);
        assert_non_null(strstr(rig_gaps(&rig), "blocking shop/compose.yaml"));
        if (!strstr(rig_gaps(&rig), rows[i][1]))
            fail_msg("%s: %s", rows[i][0], rig_gaps(&rig));
        rig_close(&rig);
    }
}

/* --- files together --- */

static void overrides(void **state)
{
    (void)state;
    static const struct {
        const char *member, *base, *over, *json;
    } rows[] = {
        {"command", "one", "two words", "[\"two\",\"words\"]"},
        {"environment", "{A: 1, B: 2}", "[B=3, C=4]", "{\"A\":\"1\",\"B\":\"3\",\"C\":\"4\"}"},
        {"cap_add", "[A, B]", "[B, C]", "[\"A\",\"B\",\"C\"]"},
        {"security_opt", "[x]", "[x, y]", "[\"x\",\"y\"]"},
        {"tmpfs", "['/run:size=1m']", "'/run:size=2m'", "[\"/run:size=2m\"]"},
        {"volumes", "['./a:/a', 'vol:/b']", "['wol:/b']",
         "[{\"type\":\"bind\",\"source\":\"./a\",\"target\":\"/a\",\"bind\":{\"create_host_path\":"
         "true}},{\"type\":\"volume\",\"source\":\"wol\",\"target\":\"/b\"}]"},
        {"depends_on", "{b: {condition: service_healthy}}", "{b: {restart: true}}",
         "{\"b\":{\"condition\":\"service_healthy\",\"restart\":true,\"required\":true}}"},
        {"depends_on", "{b: {condition: service_healthy}}", "[b]",
         "{\"b\":{\"condition\":\"service_started\",\"required\":true}}"},
        {"logging", "{driver: a, options: {x: 1}}", "{driver: b}", "{\"driver\":\"b\"}"},
        {"logging", "{driver: a, options: {x: 1}}", "{options: {y: 2}}",
         "{\"driver\":\"a\",\"options\":{\"x\":\"1\",\"y\":\"2\"}}"},
        {"build", "./x", "{args: {A: 1}}",
         "{\"context\":\"./x\",\"args\":{\"A\":\"1\"},\"dockerfile\":\"Dockerfile\"}"},
        {"ulimits", "{a: 5, b: {soft: 1, hard: 2}}", "{a: {soft: 7, hard: 8}, b: 9}",
         "{\"a\":{\"soft\":7,\"hard\":8},\"b\":{\"soft\":9,\"hard\":9}}"},
        {"healthcheck", "{test: [CMD, x], interval: 5s}", "{test: y}",
         "{\"test\":[\"CMD-SHELL\",\"y\"],\"interval\":\"5s\"}"},
        {"networks", "[n]", "{m: {aliases: [q]}}", "{\"n\":null,\"m\":{\"aliases\":[\"q\"]}}"},
        {"extra_hosts", "['h:1.1.1.1']", "{h: 2.2.2.2}", "{\"h\":[\"1.1.1.1\",\"2.2.2.2\"]}"},
        {"devices", "['/dev/a:/dev/x']", "['/dev/b:/dev/x:r']",
         "[{\"source\":\"/dev/b\",\"target\":\"/dev/x\",\"permissions\":\"r\"}]"},
        {"privileged", "true", "false", "false"},
        {"privileged", "true", "!reset null", "null"},
        {"ports", "['1:1']", "!reset []", "null"},
        {"environment", "{A: 1}", "!override {B: 2}", "{\"B\":\"2\"}"},
        {"x-own", "{a: {b: [1]}}", "{a: {b: [2], c: 3}}", "{\"a\":{\"b\":[1,2],\"c\":3}}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        char base[256], over[256];
        struct project project = {.text = base, .files = {{"shop/compose.override.yml", over}}};
        snprintf(base, sizeof base, "services:\n  a:\n    image: x\n    %s: %s\n", rows[i].member,
                 rows[i].base);
        snprintf(over, sizeof over, "services:\n  a:\n    %s: %s\n", rows[i].member, rows[i].over);
        assert_int_equal(load(&rig, &project), 0);
        const char *json =
            rig_json(&rig, bw_value_get(service_of(&rig, "a"), bw_str(rows[i].member)));
        if (strcmp(json, rows[i].json) != 0)
            fail_msg("%s: %s over %s is %s", rows[i].member, rows[i].over, rows[i].base, json);
        assert_string_equal(rig_gaps(&rig), "");
        rig_close(&rig);
    }
}

static void an_override_is_judged_with_what_it_overrides(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {.path = "shop/compose.override.yaml",
                              .text = "services: {a: {privileged: true}}",
                              .files = {{"shop/compose.yml", "services: {a: {image: x}}"}}};
    assert_int_equal(load(&rig, &project), 0);
    assert_int_equal(rig.document.objects_n, 0);
    assert_string_equal(rig_gaps(&rig), "note shop/compose.override.yaml: the compose file: an "
                                        "override; it is judged as part of compose.yml\n");
    rig_close(&rig);
    project.files[0][0] = NULL;
    assert_int_equal(load(&rig, &project), 0);
    assert_int_equal(rig.document.objects_n, 3);
    rig_close(&rig);
}

static void services_extend_services(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {
        .text = "services:\n"
                "  base: {image: a, ports: ['1:1'], environment: {A: 1}}\n"
                "  mid: {extends: base, environment: {B: 2}}\n"
                "  top: {extends: {service: mid}, privileged: true, ports: !override ['3:3']}\n"
                "  far:\n"
                "    extends: {file: sub/common.yaml, service: x}\n"
                "    environment: [C=3]\n",
        .files = {{"shop/sub/common.yaml",
                   "services:\n"
                   "  x: {extends: {file: deep/d.yml, service: z}, build: .,\n"
                   "      volumes: ['./d:/d', '../e:/e'], env_file: x.env}\n"},
                  {"shop/sub/deep/d.yml",
                   "services:\n  z:\n    image: zz\n    user: '5'\n    volumes: [./zz:/z]\n"},
                  {"shop/sub/x.env", "X=1\n"}}};
    assert_int_equal(load(&rig, &project), 0);
    assert_string_equal(rig_gaps(&rig), "");
    struct bw_value top = service_of(&rig, "top"), far = service_of(&rig, "far");
    assert_string_equal(rig_json(&rig, bw_value_get(top, BW_STR("environment"))),
                        "{\"A\":\"1\",\"B\":\"2\"}");
    assert_int_equal(bw_value_count(bw_value_get(top, BW_STR("ports"))), 1);
    assert_int_equal(bw_value_get(top, BW_STR("extends")).kind, BW_VALUE_ABSENT);
    assert_line(&rig, bw_value_get(top, BW_STR("image")), "shop/compose.yaml", 2);
    assert_line(&rig, bw_value_get(top, BW_STR("privileged")), "shop/compose.yaml", 4);
    assert_line(&rig, bw_value_get(far, BW_STR("user")), "shop/sub/deep/d.yml", 4);
    assert_string_equal(rig_json(&rig, bw_value_get(far, BW_STR("environment"))),
                        "{\"X\":\"1\",\"C\":\"3\"}");
    struct bw_value volumes = bw_value_get(far, BW_STR("volumes"));
    static const char *const sources[] = {"./sub/deep/zz", "./sub/d", "./e"};
    for (uint32_t i = 0; i < 3; i++)
        assert_true(
            bw_value_is(bw_value_get(bw_value_index(volumes, i), BW_STR("source")), sources[i]));
    assert_true(bw_value_is(bw_value_at(far, "build", "context", NULL), "./sub"));
    rig_close(&rig);
}

static void files_include_files(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {
        .text = "name: Dd\n"
                "include:\n"
                "  - inc/compose.yaml\n"
                "  - {path: [inc/two.yaml, inc/over.yaml], project_directory: inc/more,\n"
                "     env_file: inc/two.env}\n"
                "services:\n"
                "  main: {image: 'm:${TAG}'}\n"
                "  one: {privileged: true}\n",
        .files = {
            {"shop/.env", "TAG=t1\n"},
            {"shop/inc/.env", "TAG=t2\nONLY=inc\n"},
            {"shop/inc/compose.yaml", "include: [more/m.yaml]\n"
                                      "services:\n"
                                      "  one: {image: 'o:${TAG}-${ONLY}', read_only: true,\n"
                                      "        environment: [ONLY]}\n"},
            {"shop/inc/more/m.yaml", "services: {m: {image: m, volumes: ['../q:/q']}}"},
            {"shop/inc/two.yaml", "services: {two: {image: 't:${TWO}', volumes: ['./w:/w']}}"},
            {"shop/inc/over.yaml", "services: {two: {read_only: true}}"},
            {"shop/inc/two.env", "TWO=2\n"}}};
    assert_int_equal(load(&rig, &project), 0);
    assert_string_equal(rig_gaps(&rig), "");
    struct bw_value one = service_of(&rig, "one"), two = service_of(&rig, "two");
    assert_true(bw_value_is(bw_value_get(one, BW_STR("image")), "o:t1-inc"));
    assert_line(&rig, bw_value_get(one, BW_STR("image")), "shop/inc/compose.yaml", 3);
    assert_line(&rig, bw_value_get(one, BW_STR("privileged")), "shop/compose.yaml", 8);
    assert_true(bw_value_is(bw_value_at(one, "environment", "ONLY", NULL), "inc"));
    assert_true(bw_value_is(bw_value_get(two, BW_STR("image")), "t:2"));
    assert_true(bw_value_is_true(bw_value_get(two, BW_STR("read_only"))));
    assert_true(bw_value_is(
        bw_value_get(bw_value_index(bw_value_get(two, BW_STR("volumes")), 0), BW_STR("source")),
        "./inc/more/w"));
    assert_true(bw_value_is(
        bw_value_get(bw_value_index(bw_value_get(service_of(&rig, "m"), BW_STR("volumes")), 0),
                     BW_STR("source")),
        "./inc/q"));
    assert_true(bw_value_is(bw_value_get(project_of(&rig), BW_STR("name")), "dd"));
    assert_string_equal(rig_json(&rig, bw_value_get(project_of(&rig), BW_STR("networks"))),
                        "{\"default\":{\"name\":\"dd_default\"}}");
    rig_close(&rig);
}

static void files_that_are_not_to_be_had(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"include: [a.yaml]\n", "shop/compose.yaml:1: the compose file: shop/a.yaml is not there"},
        {"include: [../../a.yaml]\n", "../../a.yaml lies outside of the directory"},
        {"include: [/etc/a.yaml]\n", "/etc/a.yaml lies outside of the directory"},
        {"include: ['oci://x']\n", "oci://x: not a file of this machine"},
        {"include: [compose.yaml]\n", "include: shop/compose.yaml includes itself"},
        {"include: [b.yaml]\n", "shop/b.yaml:1: include: shop/compose.yaml includes itself"},
        {"include: [bad.yaml]\n", "shop/bad.yaml: no valid YAML"},
        {"services: {a: {extends: b}}\n", "extends: there is no service \"b\""},
        {"services: {a: {extends: a}}\n", "extends: a service that extends itself"},
        {"services: {a: {extends: b}, b: {extends: a}}\n", "a service that extends itself"},
        {"services: {a: {extends: {file: b.yaml, service: q}}}\n", "there is no service \"q\""},
        {"services: {a: {extends: {file: c.yaml, service: q}}}\n", "shop/c.yaml is not there"},
        {"services: {a: {extends: {file: compose.yaml, service: a}}}\n",
         "a service that extends itself"},
        {"services: {a: {extends: {}}}\n", "extends: which service is not said"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct reader_rig rig;
        struct project project = {
            .text = rows[i][0],
            .files = {{"shop/b.yaml", "include: [compose.yaml]\n"}, {"shop/bad.yaml", "a: [\n"}}};
        assert_int_equal(load(&rig, &project), 0);
        if (!strstr(rig_gaps(&rig), rows[i][1]) || !strstr(rig_gaps(&rig), "blocking "))
            fail_msg("%s: %s", rows[i][0], rig_gaps(&rig));
        rig_close(&rig);
    }
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

static void profiles(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {.text = "services: {a: {image: x}, b: {image: x, profiles: [p]},"
                                      " c: {image: x, profiles: [q]}}"};
    static const struct {
        const char *profile;
        size_t objects;
    } rows[] = {{NULL, 7}, {"p", 5}, {"none", 3}, {"*", 7}};
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        project.profiles[0] = rows[i].profile;
        assert_int_equal(load(&rig, &project), 0);
        assert_int_equal(rig.document.objects_n, rows[i].objects);
        rig_close(&rig);
    }
}

static void recognised(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text;
        bool ours;
    } rows[] = {
        {"a/compose.yaml", "", true},
        {"docker-compose.yml", "x", true},
        {"docker-compose.test.yml", "services:\n", true},
        {"compose.prod.yaml", "services:\n", true},
        {"shop.compose.yml", "services:\n", true},
        {"shop.yml", "services:\n  a:\n    image: x\n", true},
        {"-", "version: '3'\nservices:\n  a:\n    build: x\n", true},
        {"-", "{\"services\": {\"a\": {\"image\": \"x\"}}}", true},
        {"x.json", "{\"services\": {\"a\": {\"image\": \"x\"}}}", true},
        {"compose.prod.yaml", "apiVersion: v1\nservices:\n", false},
        {"shop.yml", "apiVersion: v1\nservices:\n  a:\n    image: x\n", false},
        {"shop.yml", "spec:\n  services:\n    a:\n      image: x\n", false},
        {"services.txt", "services:\n  a:\n    image: x\n", false},
        {"-", "FROM x\n", false},
    };
    const struct bw_reader *compose = bw_reader_named(BW_STR("compose"));
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        if (compose->recognise(bw_str(rows[i].path), bw_str(rows[i].text)) != rows[i].ours)
            fail_msg("%s: %s", rows[i].path, rows[i].text);
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

/* --- bounds --- */

static void bombs(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {.text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                                      "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                                      "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                                      "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                                      "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                                      "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
                                      "services: {g: *f}\n"};
    assert_int_equal(load(&rig, &project), BW_ELIMIT);
    rig_close(&rig);

    /* Each includes the next one twice. */
    project = (struct project){
        .text = "include: [a.yaml, a.yaml]\nservices: {m: {image: x}}",
        .files = {{"shop/a.yaml", "include: [b.yaml, b.yaml, b.yaml, b.yaml, b.yaml, b.yaml]"},
                  {"shop/b.yaml", "include: [c.yaml, c.yaml, c.yaml, c.yaml, c.yaml, c.yaml]"},
                  {"shop/c.yaml", "include: [d.yaml, d.yaml, d.yaml, d.yaml, d.yaml, d.yaml]"},
                  {"shop/d.yaml", "include: [e.yaml, e.yaml, e.yaml, e.yaml, e.yaml, e.yaml]"},
                  {"shop/e.yaml", "services: {e: {image: x}}"}}};
    assert_int_equal(load(&rig, &project), 0);
    assert_non_null(strstr(rig_gaps(&rig), "more than 500 files in one project"));
    rig_close(&rig);

    project = (struct project){.text = "services: {a: {image: x, ports: ['1-65535:1-65535', "
                                       "'1-65535:1-65535/udp', '1-65535:1-65535/sctp']}}"};
    assert_int_equal(load(&rig, &project), BW_ELIMIT); /* of the rig's small arena */
    rig_close(&rig);
}

static void many_services(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(16 << 20);
    bw_buf_printf(&text, "services:\n");
    for (unsigned i = 0; i < 3000; i++) /* each has the one before it for its base */
        bw_buf_printf(&text, "  s%u: {image: x, extends: s%u}\n", i, i ? i - 1 : 2999);
    bw_buf_byte(&text, 0);
    load_text(&rig, (const char *)text.p);
    assert_int_equal(rig.document.objects_n, 1 + 2 * 3000);
    assert_non_null(strstr(rig_gaps(&rig), "more than 64 services that extend each other"));
    rig_close(&rig);

    bw_buf_clear(&text);
    bw_buf_printf(&text, "services:\n");
    for (unsigned i = 0; i < 1000; i++)
        bw_buf_printf(&text, "  s%u: {image: x, bad%u: 1}\n", i, i);
    bw_buf_byte(&text, 0);
    load_text(&rig, (const char *)text.p);
    assert_non_null(strstr(rig_gaps(&rig), "more than 200 things of this kind"));
    rig_close(&rig);
}

/* Wherever the arena ends, that is what is said. */
static void arenas_of_any_size(void **state)
{
    (void)state;
    const struct bw_reader *reader = bw_reader_named(BW_STR("compose"));
    struct bw_reader_file files[] = {
        {BW_STR("compose.override.yml"),
         BW_STR("services: {a: {ports: !override ['1:1'], environment: [A=2], x-a: {b: [1]}}}"),
         false},
        {BW_STR("b.env"), BW_STR("A=1\nB=\"$A\"\n"), false},
    };
    struct bw_reader_request request = {
        .path = BW_STR("compose.yaml"),
        .text = BW_STR("name: x\n"
                       "services:\n"
                       "  a: {extends: b, ports: ['1-3:1-3'], volumes: ['/a:/b:ro', 'v:/w'],\n"
                       "      labels: [a=$X], command: a b, healthcheck: {test: x}, user: '1:2',\n"
                       "      env_file: b.env, secrets: [s], depends_on: [b], mem_limit: 1m,\n"
                       "      security_opt: ['label=type:x', seccomp=y], cap_add: [A], tmpfs: /t}\n"
                       "  b: {build: ., extra_hosts: [a=b], devices: ['/a'], sysctls: [a=b],\n"
                       "      ulimits: {a: 1}, gpus: all, networks: [n], deploy: {replicas: 2}}\n"
                       "networks: {n: {external: {name: q}}}\n"
                       "secrets: {s: {file: a}}\n"),
        .files = files,
        .files_n = BW_ARRAY_LEN(files)};
    struct bw_buf gaps BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_reader_sink sink = {&gaps, keep_gap};
    int rc = BW_ELIMIT;
    for (size_t max = 4096; rc; max += 512) {
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(max);
        struct bw_document document;
        struct bw_str *wanted;
        size_t wanted_n;
        rc = bw_reader_read(reader, &request, &sink, arena, &document, &wanted, &wanted_n, NULL);
        assert_true(rc == 0 || rc == BW_ELIMIT);
        assert_in_range(max, 4096, 4 << 20);
    }
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
        cmocka_unit_test(env_files),
        cmocka_unit_test(bad_env_files),
        cmocka_unit_test(overrides),
        cmocka_unit_test(an_override_is_judged_with_what_it_overrides),
        cmocka_unit_test(services_extend_services),
        cmocka_unit_test(files_include_files),
        cmocka_unit_test(files_that_are_not_to_be_had),
        cmocka_unit_test(misfits),
        cmocka_unit_test(documents_that_are_none),
        cmocka_unit_test(pods_with_what_docker_does),
        cmocka_unit_test(a_part_of_a_service_is_not_judged_as_a_whole),
        cmocka_unit_test(profiles),
        cmocka_unit_test(recognised),
        cmocka_unit_test(comments_that_waive),
        cmocka_unit_test(schemas),
        cmocka_unit_test(bombs),
        cmocka_unit_test(many_services),
        cmocka_unit_test(arenas_of_any_size),
        cmocka_unit_test(references_stay_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
