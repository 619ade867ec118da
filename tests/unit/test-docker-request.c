#include "reader-rig.h"

#include "wrap/base64.h"
#include "wrap/json.h"

#define REQUEST   0
#define CONTAINER 1
#define POD       2

#define CREATE        "/v1.41/containers/create"
#define MISSING(why)  "{\"$unknown\":\"" why "\"}"
#define NOT_SHOWN     MISSING("the daemon did not show the body")
#define NOT_AT_HAND   MISSING("what it names is not at hand")
#define PRIVILEGED    "containers.0.securityContext.privileged"
#define HOST(members) "{\"Image\":\"x\",\"HostConfig\":{" members "}}"
#define NO_IMAGE      "note r.json: /images/x/json: there is no such thing, or it is not at hand\n"
#define MIXED(where)  "the key stands twice, with a list: the elements of both are mixed\n"
#define FILES_MAX     80

struct sent {
    const char *method, *uri;
    const char *type, *length; /* headers; NULL: none */
    const char *body;          /* NULL: not shown */
};

/* What the daemon answers. */
struct answer {
    const char *path, *text; /* NULL: 404 */
};

static const struct bw_reader *the_reader(void)
{
    const struct bw_reader *reader = bw_reader_named(BW_STR("docker-request"));
    assert_non_null(reader);
    return reader;
}

static void put_header(struct bw_json_writer *w, const char *name, const char *value)
{
    if (value)
        bw_json_member_str(w, name, bw_str(value));
}

/* As the daemon writes it to a plugin. */
static void put_plugin_form(const struct sent *sent, struct bw_buf *buf)
{
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 24);
    struct bw_json_writer w = bw_json_writer(buf, false);
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "User", BW_STR("alice"));
    bw_json_member_str(&w, "RequestMethod", bw_str(sent->method));
    bw_json_member_str(&w, "RequestUri", bw_str(sent->uri));
    if (sent->body) {
        bw_base64_write(sent->body, strlen(sent->body), &body);
        bw_json_member_str(&w, "RequestBody", bw_buf_slice(&body));
    }
    bw_json_key(&w, BW_STR("RequestHeaders"));
    bw_json_begin_object(&w);
    put_header(&w, "Content-Type", sent->type);
    put_header(&w, "Content-Length", sent->length);
    bw_json_end(&w);
    bw_json_end(&w);
}

static size_t fill(const struct answer *answers, size_t n, struct bw_reader_file *files)
{
    assert_in_range(n, 0, FILES_MAX);
    for (size_t i = 0; i < n; i++)
        files[i] = (struct bw_reader_file){.path = bw_str(answers[i].path),
                                           .text = bw_str(answers[i].text),
                                           .missing = !answers[i].text};
    return n;
}

/* Reads with these answers; how many more are wanted. */
static size_t read_sent(struct reader_rig *rig, const struct sent *sent,
                        const struct answer *answers, size_t n)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 24);
    struct bw_reader_file files[FILES_MAX];
    size_t wanted_n = 0;
    put_plugin_form(sent, &text);
    struct bw_reader_request request = {.path = BW_STR("r.json"),
                                        .text = bw_buf_slice(&text),
                                        .files = files,
                                        .files_n = fill(answers, n, files)};
    assert_true(the_reader()->recognise(request.path, request.text));
    if (rig_request(rig, the_reader(), &request, &wanted_n))
        fail_msg("%s %s: %s", sent->method, sent->uri, rig->err.msg);
    assert_in_range(rig->document.objects_n, 1, 1000);
    return wanted_n;
}

static const struct answer no_image[] = {{"/images/x/json", NULL}};

static void expect(struct reader_rig *rig, size_t object, const char *path, const char *json,
                   const char *of)
{
    assert_in_range(object, 0, rig->document.objects_n - 1);
    struct bw_value value = rig->document.objects[object].value;
    const char *got =
        rig_at(rig, object == POD ? bw_value_get(value, BW_STR("spec")) : value, path);
    if (strcmp(got, json) != 0)
        fail_msg("%s: %s is %s, not %s", of, path, got, json);
}

static void expect_gaps(struct reader_rig *rig, const char *gaps, const char *of)
{
    if (strcmp(rig_gaps(rig), gaps) != 0)
        fail_msg("%s: gaps are\n%snot\n%s", of, rig_gaps(rig), gaps);
}

/* --- ways to say the same --- */

static void expect_in_pod(const char *uri, const char *body, const char *path, const char *json)
{
    struct reader_rig rig;
    struct sent sent = {"POST", uri, "application/json", NULL, body};
    assert_int_equal(read_sent(&rig, &sent, no_image, BW_ARRAY_LEN(no_image)), 0);
    expect_gaps(&rig, NO_IMAGE, body);
    assert_int_equal(rig.document.objects_n, 3);
    assert_int_equal(rig.document.objects[POD].view_of, CONTAINER);
    expect(&rig, REQUEST, "route", "\"containers/create\"", uri);
    expect(&rig, POD, path, json, body);
    rig_close(&rig);
}

static void ways_to_be_privileged(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"Image\":\"x\",\"HostConfig\":{\"Privileged\":true}}",
        "{\"image\":\"x\",\"hostconfig\":{\"privileged\":true}}",
        "{\"Image\":\"x\",\"Ho\\u017ftConfig\":{\"PRIVILEGED\":true}}",
        "{\"Image\":\"x\",\"Ho\xc5\xbftConfig\":{\"privileged\":true}}",
        "{\"Image\":\"x\",\"hostconfig\":{\"Privileged\":true},\"HostConfig\":{\"Memory\":1}}",
        "{\"Image\":\"x\",\"HostConfig\":{\"Memory\":1},\"HostConfig\":{\"Privileged\":true}}",
        "{\"Image\":\"x\",\"HostConfig\":{\"Privileged\":true},\"HostConfig\":null}",
        "{\"Image\":\"x\",\"HostConfig\":{\"Privileged\":false,\"privileged\":true}}",
        "{\"Image\":\"x\",\"HostConfig\":{\"Privileged\":false,\"Privileged\":true}}",
        "{\"Image\":\"x\",\"HostConfig\":{\"Privileged\":true,\"Privileged\":null}}",
        /* Daemons before 27.0 */
        "{\"Image\":\"x\",\"Privileged\":true}",
        "{\"Image\":\"x\",\"privileged\":true,\"HostConfig\":{}}",
        /* No answer of `docker inspect`, whatever it looks like */
        "{\"Id\":\"4f\",\"Config\":{},\"Image\":\"x\",\"HostConfig\":{\"Privileged\":true}}",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(bodies); i++)
        expect_in_pod(CREATE, bodies[i], PRIVILEGED, "true");
}

static void ways_to_the_route(void **state)
{
    (void)state;
    static const char *const uris[] = {
        "/containers/create",
        "/v1.41/containers/create",
        "/v1.41.0/containers/create",
        "/v1/containers/create",
        "/v.../containers/create",
        "/v1.41/containers/%63reate",
        "/%76%31.41/containers/create",
        "/v1.41%2Fcontainers%2fcreate",
        "/v1.41/containers/create?",
        "/v1.41/containers/create?name=web",
        "http://localhost/v1.41/containers/create",
        "HTTP+x://[::1]:80/v1.41/containers/create?name=web",
        "http:/v1.41/containers/create",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(uris); i++)
        expect_in_pod(uris[i], HOST("\"Privileged\":true"), PRIVILEGED, "true");
}

static void host_paths_in_disguise(void **state)
{
    (void)state;
#define MOUNT(options)                                                                             \
    HOST(                                                                                          \
        "\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/h\",\"VolumeOptions\":{\"DriverConfig\":{" \
        "\"Name\":\"local\",\"Options\":{" options "}}}}]")
    static const char *const table[][2] = {
        {MOUNT("\"type\":\"none\",\"o\":\"bind\",\"device\":\"/\""), "{\"path\":\"/\"}"},
        {MOUNT("\"o\":\"ro,rbind\",\"device\":\"etc\""), "{\"path\":\"/etc\"}"},
        {MOUNT("\"type\":\"ext4\",\"device\":\"/dev/sda1\""), "{\"path\":\"/dev/sda1\"}"},
        {MOUNT("\"type\":\"proc\",\"device\":\"proc\""), "{\"path\":\"/proc\"}"},
        {MOUNT("\"type\":\"sysfs\",\"device\":\"x\""), "{\"path\":\"/sys\"}"},
        {MOUNT("\"type\":\"overlay\",\"o\":\"lowerdir=/a:/etc\",\"device\":\"o\""),
         "{\"path\":\"/a\"}"},
        {MOUNT("\"type\":\"nfs\",\"o\":\"addr=192.0.2.1\",\"device\":\":/srv\""), ""},
        {MOUNT("\"type\":\"tmpfs\",\"device\":\"tmpfs\",\"o\":\"size=1m\""), ""},
        {HOST("\"Binds\":[\"/etc:/e:ro\"]"), "{\"path\":\"/etc\"}"},
        {HOST("\"Binds\":[\"/etc\"]"), ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        expect_in_pod(CREATE, table[i][0], "volumes.0.hostPath", table[i][1]);
}

/* --- URIs --- */

static void uris(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *path, *version, *query, *problem;
    } table[] = {
        {"/v1.47/info", "\"/info\"", "\"1.47\"", "{}", ""},
        {"/info?a=1&b&a=2&&c=%26+x", "\"/info\"", "\"\"",
         "{\"a\":[\"1\",\"2\"],\"b\":[\"\"],\"c\":[\"& x\"]}", ""},
        {"/version", "\"/version\"", "\"\"", "{}", ""},
        {"/v/x", "\"/v/x\"", "\"\"", "{}", ""},
        {"/v1.47", "\"/v1.47\"", "\"\"", "{}", ""},
        {"/v1.47/v1.47/x", "\"/v1.47/x\"", "\"1.47\"", "{}", ""},
        {"/a%20b+c#d", "\"/a b+c#d\"", "\"\"", "{}", ""},
        {"//info", "\"//info\"", "\"\"", "{}",
         "\"its path has empty components or dots, and is redirected\""},
        {"/v1.47/%2e%2e/info", "\"/v1.47/../info\"", "\"\"", "{}",
         "\"its path has empty components or dots, and is redirected\""},
        {"/x%2", "\"\"", "\"\"", "{}", "\"its path has an escape that is none\""},
        {"/x%zz", "\"\"", "\"\"", "{}", "\"its path has an escape that is none\""},
        {"/x%00y", "\"\"", "\"\"", "{}", "\"its path has bytes that no name has\""},
        {"/x%ff", "\"\"", "\"\"", "{}", "\"its path has bytes that no name has\""},
        {"http://host", "\"\"", "\"\"", "{}", "\"it has no path\""},
        {"x:containers/create", "\"\"", "\"\"", "{}", "\"it has no path\""},
        {"containers/create", "\"\"", "\"\"", "{}", "\"it has no path\""},
        {"/info ", "\"\"", "\"\"", "{}", "\"it has a blank or a control character\""},
        {"/info?a=1;b=2", "\"/info\"", "\"\"", "{}",
         "\"its parameters have a semicolon, which daemons take in different ways\""},
        {"/info?a=%", "\"/info\"", "\"\"", "{}", "\"its parameters have an escape that is none\""},
        {"/info?a=%ff", "\"/info\"", "\"\"", "{}", "\"its parameters are not UTF-8\""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        struct sent sent = {"GET", table[i].uri, NULL, NULL, NULL};
        assert_int_equal(read_sent(&rig, &sent, NULL, 0), 0);
        expect(&rig, REQUEST, "path", table[i].path, table[i].uri);
        expect(&rig, REQUEST, "apiVersion", table[i].version, table[i].uri);
        expect(&rig, REQUEST, "query", table[i].query, table[i].uri);
        expect(&rig, REQUEST, "problem", table[i].problem, table[i].uri);
        expect(&rig, REQUEST, "read", table[i].problem[0] ? "false" : "true", table[i].uri);
        rig_close(&rig);
    }
}

static void too_many_parameters(void **state)
{
    (void)state;
    struct bw_buf uri BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct reader_rig rig;
    bw_buf_printf(&uri, "/info?");
    for (unsigned i = 0; i < 1001; i++)
        bw_buf_printf(&uri, "&a=%u", i);
    bw_buf_byte(&uri, 0);
    struct sent sent = {"GET", (const char *)uri.p, NULL, NULL, NULL};
    assert_int_equal(read_sent(&rig, &sent, NULL, 0), 0);
    expect(&rig, REQUEST, "problem", "\"it has more parameters than are read\"", "1001");
    rig_close(&rig);
}

/* --- routes --- */

static void routes(void **state)
{
    (void)state;
    static const struct {
        const char *method, *uri, *route, *id, *verb, *takes;
    } table[] = {
        {"GET", "/v1.47/containers/json", "containers/list", "", "read", "none"},
        {"GET", "/containers/a/b/json", "containers/inspect", "a/b", "read", "none"},
        {"HEAD", "/_ping", "ping", "", "read", "none"},
        {"OPTIONS", "/v1.47/anything", "options", "anything", "read", "none"},
        {"POST", "/containers/web/kill", "containers/kill", "web", "stop", "none"},
        {"POST", "/containers/create/start", "containers/start", "create", "start", "none"},
        {"POST", "/exec/4f/start", "exec/start", "4f", "exec", "optional"},
        {"PUT", "/containers/web/archive", "containers/upload", "web", "copy", "stream"},
        {"DELETE", "/containers/web", "containers/delete", "web", "delete", "none"},
        {"DELETE", "/containers/a/checkpoints/b", "checkpoints/delete", "a", "delete", "none"},
        {"GET", "/containers/web/attach/ws", "containers/attach", "web", "attach", "none"},
        {"POST", "/images/reg:5000/a/b/push", "images/push", "reg:5000/a/b", "push", "optional"},
        {"POST", "/images/create", "images/create", "", "pull", "stream"},
        {"POST", "/build", "build", "", "build", "stream"},
        {"POST", "/session", "session", "", "build", "none"},
        {"POST", "/auth", "auth", "", "login", "hidden"},
        {"POST", "/plugins/vieux/sshfs/disable", "plugins/disable", "vieux/sshfs", "disable",
         "none"},
        {"POST", "/networks/create", "networks/create", "", "create", "json"},
        {"PUT", "/volumes/data", "volumes/update", "data", "update", "json"},
        {"POST", "/services/web/update", "services/update", "web", "update", "json"},
        {"POST", "/secrets/a/update", "secrets/update", "a", "update", "json"},
        {"POST", "/secrets/a/b/update", "", "", "", "none"},
        {"POST", "/something", "", "", "", "none"},
        {"post", "/containers/create", "", "", "", "none"},
        {"GET", "/containers/create", "", "", "", "none"},
        {"POST", "/containers/create/", "", "", "", "none"},
        {"CONNECT", "/containers/create", "", "", "", "none"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        char quoted[128];
        struct sent sent = {table[i].method, table[i].uri, NULL, NULL, NULL};
        (void)read_sent(&rig, &sent, NULL, 0);
        const char *const fields[][2] = {{"route", table[i].route},
                                         {"id", table[i].id},
                                         {"verb", table[i].verb},
                                         {"takes", table[i].takes}};
        for (size_t k = 0; k < BW_ARRAY_LEN(fields); k++) {
            snprintf(quoted, sizeof quoted, "\"%s\"", fields[k][1]);
            expect(&rig, REQUEST, fields[k][0], quoted, table[i].uri);
        }
        rig_close(&rig);
    }
}

/* --- bodies --- */

static void bodies_that_are_not_shown(void **state)
{
    (void)state;
    static const struct {
        struct sent sent;
        const char *body, *seen, *hidden;
    } table[] = {
        {{"POST", CREATE, "application/json", "1100000", NULL}, NOT_SHOWN, "false", "true"},
        {{"POST", CREATE, "application/json", NULL, NULL}, NOT_SHOWN, "false", "false"},
        {{"POST", CREATE, "text/plain", "20", NULL}, NOT_SHOWN, "false", "true"},
        {{"POST", CREATE, NULL, "0", "null"}, NOT_SHOWN, "false", "false"},
        {{"POST", "/containers/a/kill", NULL, "0", NULL}, "", "false", "false"},
        {{"POST", "/containers/a/kill", NULL, "7", NULL}, "", "false", "true"},
        {{"POST", "/containers/a/kill", "Application/X-WWW-Form-Urlencoded; a=b", NULL, NULL},
         "",
         "false",
         "true"},
        {{"POST", "/build", "application/x-tar", NULL, NULL}, "", "false", "false"},
        {{"POST", "/build", "application/x-www-form-urlencoded", NULL, NULL}, "", "false", "true"},
        {{"POST", "/build", "multipart/form-data; boundary=x", NULL, NULL}, "", "false", "true"},
        {{"POST", "/auth", "application/json", "70", NULL}, "", "false", "false"},
        {{"GET", "/info", "application/json", "70", NULL}, "", "false", "false"},
        {{"POST", "/commit?container=a", "application/json", "5", "null"}, "", "false", "false"},
        {{"POST", "/networks/create", "text/plain", NULL, "{\"name\":\"a\"}"},
         "{\"Name\":\"a\"}",
         "true",
         "false"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        (void)read_sent(&rig, &table[i].sent, NULL, 0);
        expect(&rig, REQUEST, "body", table[i].body, table[i].sent.uri);
        expect(&rig, REQUEST, "bodySeen", table[i].seen, table[i].sent.uri);
        if (!table[i].sent.body || table[i].sent.body[0] == '{')
            expect(&rig, REQUEST, "bodyHidden", table[i].hidden, table[i].sent.uri);
        rig_close(&rig);
    }
}

/* What the daemon refuses, or takes in a way that cannot be told. */
static void bodies_that_block(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"{} {}", "the body: it is not one JSON value: "},
        {"{\"Image\":\"x\"}x", "the body: it is not one JSON value: "},
        {"", ""},
        {"{\"Image\":", "the body: it is not one JSON value: "},
        {"[]", ": a list where Docker wants a map: the daemon refuses it\n"},
        {"7", ": an integer where Docker wants a map: the daemon refuses it\n"},
        {HOST("\"Privileged\":\"true\""),
         "HostConfig.Privileged: a string where Docker wants a boolean: the daemon refuses it\n"},
        {HOST("\"Privileged\":1"),
         "HostConfig.Privileged: an integer where Docker wants a boolean: the daemon refuses it\n"},
        {HOST("\"Memory\":1e3"),
         "HostConfig.Memory: a number that is no integer where Docker wants "
         "an integer: the daemon refuses it\n"},
        /* Go decodes the second over the first: what it leaves out stays. */
        {HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/\"}],\"mounts\":[{\"Target\":\"/h\"}]"),
         "Mounts: " MIXED()},
        {HOST("\"Binds\":[\"/:/h\"],\"Binds\":[null]"), "Binds: " MIXED()},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        struct sent sent = {"POST", CREATE, "application/json", NULL, table[i][0]};
        (void)read_sent(&rig, &sent, no_image, BW_ARRAY_LEN(no_image));
        if (table[i][1][0] &&
            (!strstr(rig_gaps(&rig), "blocking r.json") || !strstr(rig_gaps(&rig), table[i][1])))
            fail_msg("%s: gaps are\n%s", table[i][0], rig_gaps(&rig));
        rig_close(&rig);
    }
}

static void too_deep(void **state)
{
    (void)state;
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct reader_rig rig;
    for (unsigned i = 0; i < 127; i++)
        bw_buf_printf(&body, "{\"a\":");
    bw_buf_printf(&body, "1");
    for (unsigned i = 0; i < 127; i++)
        bw_buf_printf(&body, "}");
    bw_buf_byte(&body, 0);
    struct sent sent = {"POST", CREATE, "application/json", NULL, (const char *)body.p};
    (void)read_sent(&rig, &sent, NULL, 0);
    expect_gaps(&rig, "blocking r.json: the body: deeper than 126 levels\n", "127 levels");
    rig_close(&rig);
}

/* Names are parameters: a body that calls itself "web" is not web. */
static void names(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct sent sent = {"POST", CREATE "?name=shop&name=web", NULL, NULL,
                        "{\"Image\":\"x\",\"name\":\"web\",\"Name\":\"web\"}"};
    (void)read_sent(&rig, &sent, no_image, BW_ARRAY_LEN(no_image));
    for (size_t i = 0; i < 3; i++)
        assert_true(bw_str_eq(rig.document.objects[i].name, BW_STR("shop")));
    assert_string_equal(rig_json(&rig, rig.document.objects[CONTAINER].value),
                        "{\"Image\":\"x\",\"Name\":\"shop\"}");
    rig_close(&rig);
    sent.uri = CREATE;
    (void)read_sent(&rig, &sent, no_image, BW_ARRAY_LEN(no_image));
    assert_true(bw_str_eq(rig.document.objects[CONTAINER].name, BW_STR("r.json")));
    rig_close(&rig);
}

/* --- what it names --- */

#define VOLUME(options) "{\"Name\":\"v\",\"Driver\":\"local\",\"Options\":" options "}"
#define BIND_OF(path)   VOLUME("{\"type\":\"none\",\"o\":\"bind\",\"device\":\"" path "\"}")

static const struct answer answers[] = {
    {"/images/x/json", "{\"Id\":\"sha256:1\",\"Config\":{\"User\":\"\",\"Volumes\":{\"/v\":{}},"
                       "\"Entrypoint\":[\"/entry\"],\"Cmd\":[\"serve\"]}}"},
    {"/volumes/etc", BIND_OF("/etc")},
    {"/volumes/plain", VOLUME("null")},
    {"/volumes/new", NULL},
    {"/containers/lender/json",
     "{\"Id\":\"1\",\"Config\":{},\"HostConfig\":{\"NetworkMode\":\"host\",\"PidMode\":\"\"},"
     "\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/root\",\"Destination\":\"/r\",\"RW\":true},"
     "{\"Type\":\"volume\",\"Name\":\"etc\",\"Driver\":\"local\",\"Source\":"
     "\"/var/lib/docker/volumes/etc/_data\",\"Destination\":\"/e\",\"RW\":true}]}"},
    {"/containers/between/json",
     "{\"Id\":\"2\",\"Config\":{},\"HostConfig\":{\"NetworkMode\":\"container:lender\"}}"},
    {"/containers/round/json",
     "{\"Id\":\"3\",\"Config\":{},\"HostConfig\":{\"NetworkMode\":\"container:round\"}}"},
    {"/containers/gone/json", NULL},
    {"/containers/odd/json", "{]"},
    {"/containers/web/json",
     "{\"Id\":\"4\",\"Name\":\"/web\",\"Config\":{\"Image\":\"x\",\"User\":\"\"},"
     "\"HostConfig\":{\"Privileged\":true},\"Mounts\":[]}"},
    {"/containers/cafe/json", "{\"Id\":\"5\",\"Name\":\"/cafe\",\"Config\":{},\"HostConfig\":{}}"},
    {"/containers/beef/json", "{\"Id\":\"beef6\",\"Name\":\"/x\",\"Config\":{},\"HostConfig\":{}}"},
    {"/networks/lan", "{\"Name\":\"host\",\"Id\":\"lan\",\"Driver\":\"host\"}"},
};

static void references(void **state)
{
    (void)state;
#define LENT_UNKNOWN MISSING("it is another container's, and that is not known")
    static const char *const table[][3] = {
        {HOST("\"Binds\":[\"etc:/e:ro\"]"), "volumes.0.hostPath.path", "\"/etc\""},
        {HOST("\"Binds\":[\"plain:/p\"]"), "volumes.0.persistentVolumeClaim.claimName",
         "\"plain\""},
        {HOST("\"Binds\":[\"new:/p\"]"), "volumes.0.persistentVolumeClaim.claimName", "\"new\""},
        {HOST("\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"etc\",\"Target\":\"/e\"}]"),
         "volumes.0.hostPath.path", "\"/etc\""},
        {HOST("\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"new\",\"Target\":\"/e\","
              "\"VolumeOptions\":{\"DriverConfig\":{\"Options\":{\"o\":\"bind\",\"device\":"
              "\"/srv\"}}}}]"),
         "volumes.0.hostPath.path", "\"/srv\""},
        /* It may be removed before the daemon gets to it. */
        {HOST("\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"plain\",\"Target\":\"/e\","
              "\"VolumeOptions\":{\"DriverConfig\":{\"Options\":{\"o\":\"bind\",\"device\":"
              "\"/srv\"}}}}]"),
         "volumes.1.hostPath.path", "\"/srv\""},
        {HOST("\"VolumesFrom\":[\"lender\"]"), "volumes.0.hostPath.path", "\"/root\""},
        {HOST("\"VolumesFrom\":[\"/lender:ro\"]"), "volumes.1.hostPath.path", "\"/etc\""},
        {HOST("\"VolumesFrom\":[\"lender:ro\"]"), "containers.0.volumeMounts.1.readOnly", "true"},
        {HOST("\"VolumesFrom\":[\"lender\"]"), "containers.0.volumeMounts.1.readOnly", "false"},
        {HOST("\"VolumesFrom\":[\"gone\"]"), "volumes.0",
         MISSING("the volumes of another container")},
        {HOST("\"NetworkMode\":\"container:lender\""), "hostNetwork", "true"},
        {HOST("\"NetworkMode\":\"container:between\""), "hostNetwork", "true"},
        {HOST("\"NetworkMode\":\"container:round\""), "hostNetwork", LENT_UNKNOWN},
        {HOST("\"NetworkMode\":\"container:gone\""), "hostNetwork", LENT_UNKNOWN},
        {HOST("\"PidMode\":\"container:lender\""), "hostPID", "false"},
        {HOST(""), "containers.0.securityContext.runAsUser", "0"},
        {HOST(""), "containers.0.command", "[\"/entry\"]"},
        {HOST(""), "containers.0.args", "[\"serve\"]"},
        {HOST(""), "volumes.0.emptyDir", "{}"},
        {"{\"Image\":\"x\",\"User\":\"7\"}", "containers.0.securityContext.runAsUser", "7"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        struct sent sent = {"POST", CREATE, "application/json", NULL, table[i][0]};
        assert_int_equal(read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers)), 0);
        assert_null(strstr(rig_gaps(&rig), "blocking"));
        expect(&rig, POD, table[i][1], table[i][2], table[i][0]);
        rig_close(&rig);
    }
}

/* What is not at hand is asked for, and is neither harmless nor harmful until then. */
static void asked_for(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct sent sent = {"POST", CREATE, NULL, NULL,
                        HOST("\"Binds\":[\"data:/d\",\"data:/e\"],\"VolumesFrom\":[\"db\"],"
                             "\"IpcMode\":\"container:db\"")};
    assert_int_equal(read_sent(&rig, &sent, NULL, 0), 3);
    expect(&rig, POD, "volumes.0", NOT_AT_HAND, "data");
    expect(&rig, POD, "hostIPC", NOT_AT_HAND, "db");
    expect(&rig, POD, "containers.0.securityContext.runAsUser",
           MISSING("the image decides, and is not at hand"), "image");
    rig_close(&rig);
}

/* Nothing comes of an image that there is not. */
static void no_such_image(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct sent sent = {"POST", CREATE, NULL, NULL, HOST("")};
    assert_int_equal(read_sent(&rig, &sent, no_image, BW_ARRAY_LEN(no_image)), 0);
    struct bw_value user =
        bw_value_at(rig_container(&rig, POD), "securityContext", "runAsUser", NULL);
    assert_int_equal(user.kind, BW_VALUE_UNKNOWN);
    assert_int_equal(user.unknown->class, BW_UNKNOWN_INEXPRESSIBLE);
    rig_close(&rig);
}

static void hostile_names(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        HOST("\"Binds\":[\"..:/d\"]"),
        HOST("\"Binds\":[\"a/../../secrets:/d\"]"),
        HOST("\"Binds\":[\"a?b:/d\"]"),
        HOST("\"Binds\":[\"-a:/d\"]"),
        HOST("\"Binds\":[\"a\\u0000b:/d\"]"),
        HOST("\"NetworkMode\":\"container:\""),
        HOST("\"NetworkMode\":\"container:a%2fb\""),
        HOST("\"VolumesFrom\":[\"a b\"]"),
        HOST("\"VolumesFrom\":[\"\"]"),
        "{\"Image\":\"x/../../containers/web\"}",
        "{\"Image\":\"//x\"}",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(bodies); i++) {
        struct reader_rig rig;
        struct sent sent = {"POST", CREATE, NULL, NULL, bodies[i]};
        assert_int_equal(read_sent(&rig, &sent, no_image, 1), 0);
        if (!strstr(rig_gaps(&rig), "is no name the daemon gives to anything\n"))
            fail_msg("%s: gaps are\n%s", bodies[i], rig_gaps(&rig));
        rig_close(&rig);
    }
}

static void too_many_names(void **state)
{
    (void)state;
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct reader_rig rig;
    bw_buf_printf(&body, "{\"HostConfig\":{\"Binds\":[\"v0:/v\"");
    for (unsigned i = 1; i < 5000; i++)
        bw_buf_printf(&body, ",\"v%u:/v\"", i);
    bw_buf_printf(&body, "]}}");
    bw_buf_byte(&body, 0);
    struct sent sent = {"POST", CREATE, NULL, NULL, (const char *)body.p};
    assert_int_equal(read_sent(&rig, &sent, NULL, 0), 64);
    expect_gaps(&rig,
                "blocking r.json: what it names: it names more than the 64 things that are "
                "followed\n",
                "5000 names");
    rig_close(&rig);
}

static void bad_answers(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct sent sent = {"POST", CREATE, NULL, NULL, HOST("\"VolumesFrom\":[\"odd\"]")};
    assert_int_equal(read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers)), 0);
    assert_non_null(strstr(rig_gaps(&rig), "blocking r.json: /containers/odd/json: the daemon's "
                                           "answer is not JSON: "));
    rig_close(&rig);
}

/* --- containers that exist --- */

static void started(void **state)
{
    (void)state;
    static const char *const uris[] = {"/v1.47/containers/web/start", "/containers/web/restart",
                                       "/containers/web/unpause",
                                       "/containers/web/rename?name=plain"};
    struct reader_rig rig;
    for (size_t i = 0; i < BW_ARRAY_LEN(uris); i++) {
        struct sent sent = {"POST", uris[i], "text/plain", "0", NULL};
        assert_int_equal(read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers)), 0);
        assert_int_equal(rig.document.objects_n, 3);
        expect(&rig, POD, PRIVILEGED, "true", uris[i]);
        expect(&rig, POD, "containers.0.securityContext.runAsUser", "0", uris[i]);
        expect(&rig, REQUEST, "takes", "\"none\"", uris[i]);
        rig_close(&rig);
    }
    struct sent unknown = {"POST", "/containers/web/start", NULL, "0", NULL};
    assert_int_equal(read_sent(&rig, &unknown, NULL, 0), 1);
    expect_gaps(&rig,
                "blocking r.json: the container that is started: what it is configured as is not "
                "at hand\n",
                "not at hand");
    rig_close(&rig);
    struct sent ambiguous = {"POST", "/containers/cafe/start", NULL, "0", NULL};
    assert_int_equal(read_sent(&rig, &ambiguous, answers, BW_ARRAY_LEN(answers)), 0);
    expect_gaps(&rig,
                "blocking r.json: the name of the container: it could be the beginning of "
                "another's id: give the whole id\n",
                "a name of hexadecimal digits");
    rig_close(&rig);
    ambiguous.uri = "/containers/beef/start"; /* the beginning of an id, as the daemon says */
    assert_int_equal(read_sent(&rig, &ambiguous, answers, BW_ARRAY_LEN(answers)), 0);
    expect_gaps(&rig, "", "an id");
    rig_close(&rig);
}

static void started_with_a_body(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct sent sent = {"POST", "/v1.22/containers/web/start", "application/json", "30",
                        "{\"hostconfig\":{\"Privileged\":true}}"};
    assert_int_equal(read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers)), 0);
    assert_int_equal(rig.document.objects_n, 5); /* what it asks for, and what there is */
    expect(&rig, POD, PRIVILEGED, "true", "the body");
    expect(&rig, REQUEST, "body", "{\"HostConfig\":{\"Privileged\":true}}", "the body");
    rig_close(&rig);
    sent.body = NULL; /* in pieces, or too long: an old API takes it */
    assert_int_equal(read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers)), 0);
    expect(&rig, REQUEST, "takes", "\"json\"", "unseen");
    expect(&rig, REQUEST, "body", NOT_SHOWN, "unseen");
    rig_close(&rig);
}

static void executed(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct sent sent = {"POST", "/containers/web/exec", "application/json", NULL,
                        "{\"privileged\":true,\"Cmd\":\"sh\",\"u\xc5\xbf\x65r\":\"0\"}"};
    assert_int_equal(read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers)), 0);
    assert_int_equal(rig.document.objects_n, 1);
    expect(&rig, REQUEST, "body", "{\"Privileged\":true,\"Cmd\":[\"sh\"],\"User\":\"0\"}", "exec");
    expect(&rig, REQUEST, "target.Name", "\"/web\"", "exec");
    rig_close(&rig);
}

/* --- services, volumes --- */

static void services(void **state)
{
    (void)state;
#define SPEC(members) "{\"tasktemplate\":{\"ContainerSpec\":{\"Image\":\"x\"" members "}}}"
#define CONTEXT(name) "containers.0.securityContext." name
    static const char *const table[][3] = {
        {SPEC(",\"mounts\":[{\"type\":\"bind\",\"Source\":\"/\",\"Target\":\"/h\"}]"),
         "volumes.0.hostPath.path", "\"/\""},
        {SPEC(",\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"etc\",\"Target\":\"/h\"}]"),
         "volumes.0.hostPath.path", "\"/etc\""},
        {SPEC(",\"CapabilityAdd\":[\"CAP_SYS_ADMIN\"]"), CONTEXT("capabilities.add"),
         "[\"SYS_ADMIN\"]"},
        {SPEC(",\"Privileges\":{\"Seccomp\":{\"Mode\":\"unconfined\"}}"),
         CONTEXT("seccompProfile.type"), "\"Unconfined\""},
        {SPEC(",\"Privileges\":{\"Seccomp\":{\"Mode\":\"custom\",\"Profile\":"
              "\"eyJkZWZhdWx0QWN0aW9uIjoiU0NNUF9BQ1RfQUxMT1cifQ==\"}}"),
         CONTEXT("seccompProfile.type"), "\"Unconfined\""},
        {SPEC(",\"Privileges\":{\"Seccomp\":{\"Mode\":\"custom\",\"Profile\":"
              "\"eyJkZWZhdWx0QWN0aW9uIjoiU0NNUF9BQ1RfRVJSTk8ifQ==\"}}"),
         CONTEXT("seccompProfile.type"), "\"Localhost\""},
        {SPEC(",\"Privileges\":{\"Seccomp\":{\"Mode\":\"custom\",\"Profile\":\"\"}}"),
         CONTEXT("seccompProfile"), MISSING("a seccomp profile that is no JSON")},
        {SPEC(",\"Privileges\":{\"AppArmor\":{\"Mode\":\"disabled\"}}"),
         CONTEXT("appArmorProfile.type"), "\"Unconfined\""},
        {SPEC(",\"Privileges\":{\"SELinuxContext\":{\"Disable\":true}}"),
         CONTEXT("seLinuxOptions.type"), "\"spc_t\""},
        {SPEC(",\"Sysctls\":{\"kernel.msgmax\":\"1\"}"), "securityContext.sysctls",
         "[{\"name\":\"kernel.msgmax\",\"value\":\"1\"}]"},
        {SPEC(",\"User\":\"root\""), CONTEXT("runAsUser"), "0"},
        {"{\"TaskTemplate\":{\"ContainerSpec\":{},\"Networks\":[{\"Target\":\"lan\"}]}}",
         "hostNetwork", "true"},
        {"{\"TaskTemplate\":{\"ContainerSpec\":{}},\"Networks\":[{\"Target\":\"host\"}]}",
         "hostNetwork", "true"},
        {"{\"TaskTemplate\":{\"ContainerSpec\":{},\"Resources\":{\"Limits\":{\"NanoCPUs\":"
         "500000000,"
         "\"MemoryBytes\":64}}}}",
         "containers.0.resources.limits", "{\"memory\":\"64\",\"cpu\":\"500m\"}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        struct sent sent = {"POST", "/services/create", NULL, NULL, table[i][0]};
        assert_int_equal(read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers)), 0);
        expect_gaps(&rig, "", table[i][0]);
        assert_int_equal(rig.document.objects_n, 2);
        assert_int_equal(rig.document.objects[1].view_of, REQUEST);
        struct bw_value spec = bw_value_get(rig.document.objects[1].value, BW_STR("spec"));
        const char *got = rig_at(&rig, spec, table[i][1]);
        if (strcmp(got, table[i][2]) != 0)
            fail_msg("%s: %s is %s, not %s", table[i][0], table[i][1], got, table[i][2]);
        rig_close(&rig);
    }
}

static void volumes(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"{\"Name\":\"a\"}", "[]"},
        {"{\"driveropts\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"/etc\"}}", "[\"/etc\"]"},
        {"{\"Driver\":\"local\",\"DriverOpts\":{\"type\":\"overlay\",\"device\":\"o\",\"o\":"
         "\"lowerdir=/a:/b,upperdir=/c,workdir=/d\"}}",
         "[\"/a\",\"/b\",\"/c\",\"/d\"]"},
        {"{\"DriverOpts\":{\"type\":\"overlay\",\"device\":\"o\",\"o\":"
         "\"lowerdir+=/a,datadir+=/b\"}}",
         "[\"/a\",\"/b\"]"},
        {"{\"DriverOpts\":{\"type\":\"overlay\",\"device\":\"/o\",\"o\":\"index=on\"}}",
         "[\"/o\"]"},
        {"{\"Driver\":\"sshfs\",\"DriverOpts\":{\"device\":\"/etc\"}}", "[]"},
        {"{\"DriverOpts\":{\"type\":\"devtmpfs\",\"device\":\"x\"}}", "[\"/dev\"]"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct reader_rig rig;
        struct sent sent = {"POST", "/volumes/create", NULL, NULL, table[i][0]};
        assert_int_equal(read_sent(&rig, &sent, NULL, 0), 0);
        expect(&rig, REQUEST, "hostPaths", table[i][1], table[i][0]);
        rig_close(&rig);
    }
}

/* --- as people write it --- */

static void written(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_str text = BW_STR(
        "{\"method\":\"POST\",\"uri\":\"/v1.47/containers/create\",\"user\":\"alice\","
        "\"headers\":{\"content-type\":\"application/json\"},"
        "\"body\":{\"Image\":\"x\",\"HostConfig\":{\"Binds\":[\"a:/a\",\"b:/b\",\"c:/c\"]}},"
        "\"references\":{\"/volumes/a\":{\"Name\":\"a\",\"Driver\":\"local\",\"Options\":{\"o\":"
        "\"bind\",\"device\":\"/etc\"}},\"/volumes/b\":null}}");
    assert_true(the_reader()->recognise(BW_STR("r.json"), text));
    assert_int_equal(rig_read(&rig, the_reader(), "r.json", text), 0);
    expect(&rig, REQUEST, "user", "\"alice\"", "");
    expect(&rig, REQUEST, "contentType", "\"application/json\"", "");
    expect(&rig, POD, "volumes.0.hostPath.path", "\"/etc\"", "");
    expect(&rig, POD, "volumes.1.persistentVolumeClaim.claimName", "\"b\"", "");
    expect(&rig, POD, "volumes.2", NOT_AT_HAND, "");
    expect_gaps(&rig, "", "");
    rig_close(&rig);
}

static void bad_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"method\":\"GET\"}",
        "{\"RequestMethod\":\"GET\"}",
        "{\"method\":1,\"uri\":\"/info\"}",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(texts); i++) {
        struct reader_rig rig;
        if (rig_read(&rig, the_reader(), "r.json", bw_str(texts[i])) != BW_EFORMAT)
            fail_msg("%s: read", texts[i]);
        rig_close(&rig);
    }
}

static void no_base64(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_str text = BW_STR("{\"RequestMethod\":\"POST\",\"RequestUri\":\"/volumes/create\","
                                "\"RequestBody\":\"*\"}");
    assert_int_equal(rig_read(&rig, the_reader(), "r.json", text), 0);
    expect_gaps(&rig, "blocking r.json: the body: it is no base64\n", "*");
    rig_close(&rig);
}

/* Each member that a request can have is described. */
static void schema(void **state)
{
    (void)state;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    static char text[1 << 16];
    FILE *file = fopen("policies/schema/dockerrequests.json", "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_int_equal(bw_json_parse(&doc, bw_str_n(text, n), NULL, 0, NULL), 0);
    const struct bw_json *properties = bw_json_get(bw_json_root(doc), BW_STR("properties"));
    struct reader_rig rig;
    struct sent sent = {"POST", "/containers/web/exec?a=1;", "application/json", "2", "{}"};
    (void)read_sent(&rig, &sent, answers, BW_ARRAY_LEN(answers));
    struct bw_value value = rig.document.objects[REQUEST].value;
    assert_in_range(bw_value_count(value), 15, 100);
    for (uint32_t i = 0; i < bw_value_count(value); i++)
        assert_non_null(bw_json_get(properties, bw_value_text(value.map->v[i].key)));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_to_be_privileged),
        cmocka_unit_test(ways_to_the_route),
        cmocka_unit_test(host_paths_in_disguise),
        cmocka_unit_test(uris),
        cmocka_unit_test(too_many_parameters),
        cmocka_unit_test(routes),
        cmocka_unit_test(bodies_that_are_not_shown),
        cmocka_unit_test(bodies_that_block),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(names),
        cmocka_unit_test(references),
        cmocka_unit_test(asked_for),
        cmocka_unit_test(no_such_image),
        cmocka_unit_test(hostile_names),
        cmocka_unit_test(too_many_names),
        cmocka_unit_test(bad_answers),
        cmocka_unit_test(started),
        cmocka_unit_test(started_with_a_body),
        cmocka_unit_test(executed),
        cmocka_unit_test(services),
        cmocka_unit_test(volumes),
        cmocka_unit_test(written),
        cmocka_unit_test(bad_documents),
        cmocka_unit_test(no_base64),
        cmocka_unit_test(schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
