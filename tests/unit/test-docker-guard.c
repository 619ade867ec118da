/*
 * The handlers of the Docker authorization plugin, with the real reader, the real library and a
 * policy that knows users.
 */
#include "policy-helper.h"

#include <stdlib.h>

#include "enforce/docker-guard.h"
#include "enforce/metrics.h"
#include "wrap/json.h"

static const char by_users[] =
    "apiVersion: admissionregistration.k8s.io/v1\n"
    "kind: ValidatingAdmissionPolicy\n"
    "metadata: {name: exec-for-ops}\n"
    "spec:\n"
    "  failurePolicy: Fail\n"
    "  matchConstraints:\n"
    "    resourceRules:\n"
    "    - {apiGroups: [bulwark.dev], apiVersions: [v1], operations: [CREATE],\n"
    "       resources: [dockerrequests]}\n"
    "  validations:\n"
    "  - expression: >-\n"
    "      request.options.route != 'exec/create' || 'ops' in request.userInfo.groups ||\n"
    "      request.userInfo.username == 'root'\n"
    "    messageExpression: \"'exec is not for ' + request.userInfo.username\"\n"
    "  - expression: request.options.route != 'swarm/unlockkey'\n"
    "    messageExpression: \"request.userInfo.username + ' reads keys'\"\n";

static struct bw_docker_guard guard;
static struct bw_policy_set *own;
static struct bw_gate_rules *rules;
static struct bw_metrics *metrics;
static struct bw_exchange exchange;
static struct bw_reader_file answers[BW_SERVICE_ASKS_MAX];

static int setup(void **state)
{
    struct bw_err err = {0};
    (void)state;
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(NULL, NULL, &err);
    if (bw_policy_load(loader, BW_STR("users.yaml"), bw_str(by_users), &err) ||
        bw_policy_set_build(loader, &own, &err))
        fail_msg("%s", err.msg);
    struct bw_str bytes = bw_policy_set_bytes(own);
    if (bw_gate_rules_open(BW_STR("{\"userGroups\": {\"anna\": [\"ops\"]}}"), &bytes, 1, &rules,
                           &err))
        fail_msg("%s", err.msg);
    guard = (struct bw_docker_guard){0};
    metrics = bw_metrics_new();
    exchange = (struct bw_exchange){
        .method = BW_STR("POST"),
        .path = BW_STR("/AuthZPlugin.AuthZReq"),
        .arena = bw_arena_new((size_t)64 << 20),
        .judge = bw_gate_judge_new(rules, &err),
        .metrics = metrics,
        .answers = answers,
    };
    assert_non_null(exchange.judge);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bw_buf_free(&exchange.reply);
    bw_buf_free(&exchange.record);
    bw_gate_judge_freep(&exchange.judge);
    bw_arena_freep(&exchange.arena);
    bw_metrics_free(metrics);
    bw_gate_rules_unrefp(&rules);
    bw_policy_set_freep(&own);
    return 0;
}

/* As the service does it. */
static void handle(struct bw_str body)
{
    bw_buf_free(&exchange.reply);
    bw_buf_free(&exchange.record);
    exchange.reply = BW_BUF((size_t)1 << 20);
    exchange.record = BW_BUF((size_t)1 << 20);
    exchange.asks_n = 0;
    exchange.body = body;
    bw_docker_guard_handle(&guard, &exchange);
}

static struct bw_str base64_of(const char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static char out[8192];
    size_t n = strlen(text), o = 0;
    assert_true(n < 6000);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)(uint8_t)text[i] << 16;
        v |= i + 1 < n ? (uint32_t)(uint8_t)text[i + 1] << 8 : 0;
        v |= i + 2 < n ? (uint8_t)text[i + 2] : 0;
        out[o++] = letters[v >> 18];
        out[o++] = letters[v >> 12 & 63];
        out[o++] = i + 1 < n ? letters[v >> 6 & 63] : '=';
        out[o++] = i + 2 < n ? letters[v & 63] : '=';
    }
    return bw_str_n(out, o);
}

/* As dockerd asks. `body` may be NULL. */
static void ask(const char *user, const char *method, const char *uri, const char *body)
{
    static char text[16384];
    int n =
        snprintf(text, sizeof text, "{\"RequestMethod\":\"%s\",\"RequestUri\":\"%s\"", method, uri);
    if (user)
        n += snprintf(text + n, sizeof text - (size_t)n, ",\"User\":\"%s\"", user);
    if (body) {
        struct bw_str encoded = base64_of(body);
        n += snprintf(text + n, sizeof text - (size_t)n,
                      ",\"RequestHeaders\":{\"Content-Type\":\"application/json\","
                      "\"Content-Length\":\"%zu\"},\"RequestBody\":\"%" BW_STR_F "\"",
                      strlen(body), BW_STR_A(encoded));
    }
    n += snprintf(text + n, sizeof text - (size_t)n, "}");
    handle(bw_str_n(text, (size_t)n));
}

/* What it asks for is not there. */
static void ask_all(const char *user, const char *method, const char *uri, const char *body)
{
    exchange.answers_n = 0;
    ask(user, method, uri, body);
    while (exchange.asks_n) {
        assert_int_equal(exchange.reply.n, 0);
        assert_int_equal(exchange.record.n, 0);
        for (size_t i = 0; i < exchange.asks_n; i++) {
            assert_true(exchange.answers_n < BW_SERVICE_ASKS_MAX);
            answers[exchange.answers_n++] =
                (struct bw_reader_file){.path = exchange.asks[i], .missing = true};
        }
        ask(user, method, uri, body);
    }
}

/* Whether it is allowed; the message is in *message. Every answer has the three members. */
static char message[BW_DOCKER_GUARD_MESSAGE_MAX + 1];
static bool allowed(void)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    assert_int_equal(exchange.asks_n, 0);
    assert_int_equal(exchange.status, 200);
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&exchange.reply), NULL, 0, NULL), 0);
    const struct bw_json *root = bw_json_root(doc), *allow = bw_json_get(root, BW_STR("Allow"));
    struct bw_str text = bw_json_string(bw_json_get(root, BW_STR("Msg")));
    assert_int_equal(bw_json_type(allow), BW_JSON_BOOL);
    assert_non_null(text.p);
    assert_int_equal(bw_json_string(bw_json_get(root, BW_STR("Err"))).n, 0);
    assert_true(text.n <= BW_DOCKER_GUARD_MESSAGE_MAX);
    memcpy(message, text.p, text.n);
    message[text.n] = '\0';
    return bw_json_is_true(allow);
}

static void passes(void)
{
    if (!allowed())
        fail_msg("%s", message);
}

static void says(const char *words)
{
    assert_false(allowed());
    if (!strstr(message, words))
        fail_msg("'%s' has no '%s'", message, words);
}

/* A member of the record as text, which is JSON once braces stand around it. */
static const char *recorded(const char *key)
{
    static char out[512];
    struct bw_buf object BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    bw_buf_printf(&object, "{%" BW_STR_F "}", BW_STR_A(bw_buf_slice(&exchange.record)));
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&object), NULL, 0, NULL), 0);
    struct bw_str text = bw_json_string(bw_json_get(bw_json_root(doc), bw_str(key)));
    snprintf(out, sizeof out, "%" BW_STR_F, BW_STR_A(text));
    return out;
}

#define CREATE "/v1.41/containers/create?name=web"

static void activates(void **state)
{
    (void)state;
    exchange.path = BW_STR("/Plugin.Activate");
    handle(BW_STR(""));
    assert_int_equal(exchange.status, 200);
    assert_true(bw_str_eq(bw_buf_slice(&exchange.reply), BW_STR("{\"Implements\":[\"authz\"]}\n")));
    exchange.method = BW_STR("GET");
    handle(BW_STR(""));
    assert_int_equal(exchange.status, 404);
    exchange.method = BW_STR("POST");
    exchange.path = BW_STR("/VolumeDriver.Create");
    handle(BW_STR(""));
    assert_int_equal(exchange.status, 404);
    assert_int_equal(exchange.record.n, 0);
}

static void lets_answers_pass(void **state)
{
    (void)state;
    exchange.path = BW_STR("/AuthZPlugin.AuthZRes");
    handle(BW_STR("anything"));
    passes();
    assert_int_equal(exchange.record.n, 0);
}

static void decides(void **state)
{
    (void)state;
    ask_all(NULL, "POST", CREATE, "{\"Image\":\"a:1\"}");
    passes();
    assert_string_equal(recorded("verdict"), "allow");
    ask_all(NULL, "POST", CREATE, "{\"Image\":\"a:1\",\"HostConfig\":{\"Privileged\":true}}");
    says("container-privileged");
    assert_string_equal(recorded("gate"), "docker");
    assert_string_equal(recorded("verdict"), "deny");
    assert_string_equal(recorded("method"), "POST");
    assert_string_equal(recorded("uri"), CREATE);
    assert_string_equal(recorded("route"), "containers/create");
    assert_string_equal(recorded("name"), "web");
    assert_int_equal(strlen(recorded("request_sha256")), 64);
    ask_all(NULL, "POST", CREATE, NULL); /* a body that the daemon did not show */
    assert_false(allowed());
}

static void reading_is_free(void **state)
{
    (void)state;
    ask(NULL, "GET", "/v1.41/volumes/data", NULL);
    passes();
    assert_int_equal(exchange.record.n, 0);
    guard.log_reads = true;
    ask_all(NULL, "GET", "/v1.41/volumes/data", NULL);
    passes();
    assert_string_equal(recorded("verdict"), "allow");
    guard.log_reads = false;
    ask_all(NULL, "GET", "/containers/a/export", NULL); /* judged, and nobody objects */
    passes();
    assert_int_equal(exchange.record.n, 0);
    ask_all("eve", "GET", "/swarm/unlockkey", NULL);
    says("eve reads keys");
    assert_string_equal(recorded("route"), "swarm/unlockkey");
    ask_all(NULL, "GET", "/containers/a/attach/ws?stdin=1", NULL);
    assert_string_equal(recorded("route"), "containers/attach");
}

static void asks_what_a_name_means(void **state)
{
    static const char body[] = "{\"Image\":\"a:1\",\"HostConfig\":{\"Binds\":[\"data:/data\"]}}";
    bool asked = false;
    (void)state;
    ask_all(NULL, "POST", CREATE, body); /* made when the container is: an ordinary volume */
    passes();
    for (size_t i = 0; i < exchange.answers_n; i++) {
        if (!bw_str_eq(answers[i].path, BW_STR("/volumes/data")))
            continue;
        asked = true;
        answers[i].missing = false;
        answers[i].text = BW_STR("{\"Name\":\"data\",\"Driver\":\"local\",\"Options\":"
                                 "{\"type\":\"none\",\"o\":\"bind\",\"device\":\"/etc\"}}");
    }
    assert_true(asked);
    ask(NULL, "POST", CREATE, body);
    assert_false(allowed());
}

static void knows_users_and_their_groups(void **state)
{
    static const char body[] = "{\"Cmd\":[\"ls\"]}";
    (void)state;
    ask_all("anna", "POST", "/containers/web/exec", body);
    passes();
    assert_string_equal(recorded("user"), "anna");
    ask_all("root", "POST", "/containers/web/exec", body);
    passes();
    ask_all("bob", "POST", "/containers/web/exec", body);
    says("exec is not for bob");
    ask_all(NULL, "POST", "/containers/web/exec", body);
    assert_false(allowed());
}

static void what_is_no_request_is_denied(void **state)
{
    static const char broken[] =
        "{\"RequestMethod\":\"POST\",\"RequestUri\":\"/containers/create\","
        "\"RequestBody\":\"%%%\"}";
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"RequestMethod\":\"POST\"}",
        "{\"RequestUri\":\"/info\"}",
        "{\"RequestMethod\":1,\"RequestUri\":\"/info\"}",
        "{\"RequestMethod\":\"GET\",\"RequestUri\":\"/info\"} x",
        broken,
    };
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(bodies); i++) {
        handle(bw_str(bodies[i]));
        if (allowed())
            fail_msg("%s is allowed", bodies[i]);
        if (!*recorded("undecided"))
            assert_string_equal(recorded("verdict"), "deny");
    }
    /* dockerd asks again with nothing in hand. */
    handle(BW_STR(""));
    says("send the request once more");
}

static void undecided_is_denied(void **state)
{
    (void)state;
    exchange.reply = BW_BUF((size_t)1 << 20);
    exchange.record = BW_BUF((size_t)1 << 20);
    bw_buf_str(&exchange.reply, BW_STR("{\"Allow\":true}"));
    bw_docker_guard_undecided(&guard, &exchange, "the log's disk is full");
    says("the log's disk is full");
    assert_string_equal(recorded("undecided"), "the log's disk is full");
}

static void memory_that_ends_is_denied(void **state)
{
    (void)state;
    bw_arena_freep(&exchange.arena);
    exchange.arena = bw_arena_new(256);
    assert_non_null(exchange.arena);
    ask(NULL, "POST", CREATE, "{\"Image\":\"a:1\"}");
    assert_false(allowed());
}

static void the_runtime_gate_is_asked_for_unless_it_is_known(void **state)
{
    bool reload = true;
    (void)state;
    guard.host = "unix:///nowhere/docker.sock";
    assert_int_equal(bw_docker_guard_tick(&guard, &reload, NULL), 0);
    assert_false(reload);
    assert_false(bw_docker_guard_mends_later(&guard)); /* a daemon that does not say so */
    guard.runtime_gate = BW_DOCKER_RUNTIME_GATE_YES;
    assert_true(bw_docker_guard_mends_later(&guard));
    guard.runtime_gate = BW_DOCKER_RUNTIME_GATE_NO;
    guard.mended = false;
    assert_false(bw_docker_guard_mends_later(&guard));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(activates),
        CASE(lets_answers_pass),
        CASE(decides),
        CASE(reading_is_free),
        CASE(asks_what_a_name_means),
        CASE(knows_users_and_their_groups),
        CASE(what_is_no_request_is_denied),
        CASE(undecided_is_denied),
        CASE(memory_that_ends_is_denied),
        CASE(the_runtime_gate_is_asked_for_unless_it_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
