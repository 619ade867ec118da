#include "compose-rig.h"

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
        {"logging", "'$NONE'", "'$NONE'", WHY},
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
        assert_null(strstr(rig_gaps(&rig), "blocking"));
        assert_int_equal(rig.document.places[rig.document.objects[1].place].file, 0);
        rig_close(&rig);
    }
}

/* compose-go takes a member away before it merges "<<", which then brings it. */
static void what_is_reset_may_be_merged_again(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {
        .text = "services: {a: {image: x, ports: ['1:1'], cap_add: [A]}}",
        .files = {{"shop/compose.override.yml", "x-base: &base {privileged: true, ports: ['2:2']}\n"
                                                "services:\n"
                                                "  a:\n"
                                                "    <<: *base\n"
                                                "    privileged: !reset null\n"
                                                "    ports: !reset null\n"
                                                "    cap_add: !reset null\n"}}};
    assert_int_equal(load(&rig, &project), 0);
    struct bw_value service = service_of(&rig, "a");
    assert_true(bw_value_is_true(bw_value_get(service, BW_STR("privileged"))));
    assert_int_equal(bw_value_count(bw_value_get(service, BW_STR("ports"))), 1);
    assert_int_equal(bw_value_get(service, BW_STR("cap_add")).kind, BW_VALUE_ABSENT);
    rig_close(&rig);
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
        {"include: [empty.yaml, a.yaml]\n",
         "blocking shop/compose.yaml:1: the compose file: shop/a.yaml is not there"},
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
        struct project project = {.text = rows[i][0],
                                  .files = {{"shop/b.yaml", "include: [compose.yaml]\n"},
                                            {"shop/empty.yaml", NULL},
                                            {"shop/bad.yaml", "a: [\n"}}};
        assert_int_equal(load(&rig, &project), 0);
        if (!strstr(rig_gaps(&rig), rows[i][1]) || !strstr(rig_gaps(&rig), "blocking ") ||
            strstr(rig_gaps(&rig), "empty.yaml"))
            fail_msg("%s: %s", rows[i][0], rig_gaps(&rig));
        rig_close(&rig);
    }
}

static void labels_come_from_files(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {.text =
                                  "services: {a: {image: x, label_file: ./l, labels: {a: own}}}",
                              .files = {{"shop/l", "a=file\nb=$a\nc=$SET\n"}}};
    assert_int_equal(load(&rig, &project), 0);
    assert_string_equal(rig_json(&rig, bw_value_get(service_of(&rig, "a"), BW_STR("labels"))),
                        "{\"a\":\"own\",\"b\":\"file\",\"c\":" WHY "}");
    rig_close(&rig);
}

static void init_containers_are_containers(void **state)
{
    (void)state;
    struct reader_rig rig;
    load_text(&rig, "services:\n"
                    "  a:\n"
                    "    image: x\n"
                    "    user: '5'\n"
                    "    environment: {A: 1}\n"
                    "    volumes: ['/:/host']\n"
                    "    ports: ['1:1']\n"
                    "    pre_start:\n"
                    "      - {command: a b, privileged: true, environment: [B=2]}\n");
    struct bw_value hook = service_of(&rig, "a/pre_start/0");
    assert_string_equal(rig_json(&rig, hook),
                        "{\"name\":\"a/pre_start/0\",\"project\":\"shop\",\"image\":\"x\","
                        "\"user\":\"5\",\"environment\":{\"A\":\"1\",\"B\":\"2\"},"
                        "\"command\":[\"a\",\"b\"],\"privileged\":true,"
                        "\"networks\":{\"default\":null}}");
    assert_true(
        bw_value_is_true(bw_value_get(context_of(&rig, "a/pre_start/0"), BW_STR("privileged"))));
    assert_line(&rig, bw_value_get(hook, BW_STR("privileged")), "shop/compose.yaml", 9);
    assert_int_equal(rig.document.objects_n, 5);
    rig_close(&rig);
}

static void a_provider_is_no_container(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct project project = {.text = "services: {a: {provider: {type: x}}, b: {image: x}}"};
    assert_int_equal(load(&rig, &project), 0);
    assert_int_equal(rig.document.objects_n, 4);
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

/* Each has the volumes of the next one a hundred times. */
static void volumes_that_multiply(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    bw_buf_printf(&text, "services:\n");
    for (unsigned i = 0; i < 8; i++) {
        bw_buf_printf(&text, "  s%u: {image: x, volumes_from: [", i);
        for (unsigned j = 0; j < 100; j++)
            bw_buf_printf(&text, "'s%u:%u',", i + 1, j);
        bw_buf_printf(&text, "]}\n");
    }
    bw_buf_printf(&text, "  s8: {image: x}\n");
    bw_buf_byte(&text, 0);
    load_text(&rig, (const char *)text.p);
    struct bw_value volumes = bw_value_at(find(&rig, "pods", "s0"), "spec", "volumes", NULL);
    assert_in_range(bw_value_count(volumes), 1, 2);
    assert_int_equal(bw_value_index(volumes, 0).kind, BW_VALUE_UNKNOWN);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(env_files),
        cmocka_unit_test(bad_env_files),
        cmocka_unit_test(overrides),
        cmocka_unit_test(what_is_reset_may_be_merged_again),
        cmocka_unit_test(an_override_is_judged_with_what_it_overrides),
        cmocka_unit_test(services_extend_services),
        cmocka_unit_test(files_include_files),
        cmocka_unit_test(files_that_are_not_to_be_had),
        cmocka_unit_test(labels_come_from_files),
        cmocka_unit_test(init_containers_are_containers),
        cmocka_unit_test(a_provider_is_no_container),
        cmocka_unit_test(profiles),
        cmocka_unit_test(recognised),
        cmocka_unit_test(bombs),
        cmocka_unit_test(volumes_that_multiply),
        cmocka_unit_test(many_services),
        cmocka_unit_test(arenas_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
