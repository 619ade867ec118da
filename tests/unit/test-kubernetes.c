/*
 * The client: what it asks, what it makes of answers, and what kubeconfigs it takes.
 */
#include "kubernetes-rig.h"

#include "base/clock.h"

static const struct bw_kubernetes_resource pods = {"", "v1", "pods"};
static const struct bw_kubernetes_resource deployments = {"apps", "v1", "deployments"};

/* --- requests --- */

static void a_token_file_is_read_for_each_request(void **state)
{
    (void)state;
    static const char *const answers[] = {"200 {}", "200 {\"a\":1}", NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_kubernetes_call call = {
        .of = pods, .verb = "get", .namespace = BW_STR("a/b"), .name = BW_STR("x")};
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1024);
    int status = 0;
    assert_int_equal(bw_kubernetes_ask(client, &call, &body, &status, NULL), 0);
    put_file(s.token, "second\n");
    bw_buf_clear(&body);
    assert_int_equal(bw_kubernetes_ask(client, &call, &body, &status, NULL), 0);
    assert_int_equal(status, 200);
    assert_int_equal(body.n, 7);
    stop(&s, client);
    assert_non_null(strstr(s.asked[0], "GET /api/v1/namespaces/a%2Fb/pods/x HTTP"));
    assert_non_null(strstr(s.asked[0], "Authorization: Bearer first\r\n"));
    assert_non_null(strstr(s.asked[1], "Authorization: Bearer second\r\n"));
}

static void patches_with_a_body(void **state)
{
    (void)state;
    static const char *const answers[] = {"409 {}", NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_kubernetes_call call = {.of = deployments,
                                      .verb = "patch",
                                      .namespace = BW_STR("n"),
                                      .name = BW_STR("x"),
                                      .body = BW_STR("[{\"op\":\"test\"}]"),
                                      .content_type = "application/json-patch+json"};
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1024);
    int status = 0;
    assert_int_equal(bw_kubernetes_ask(client, &call, &body, &status, NULL), 0);
    assert_int_equal(status, BW_KUBERNETES_CONFLICT);
    stop(&s, client);
    assert_non_null(strstr(s.asked[0], "PATCH /apis/apps/v1/namespaces/n/deployments/x HTTP"));
    assert_non_null(strstr(s.asked[0], "Content-Type: application/json-patch+json\r\n"));
    assert_non_null(strstr(s.asked[0], "\r\n\r\n[{\"op\":\"test\"}]"));
}

static void a_refusal_names_the_right_that_is_missing(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "403 {\"kind\":\"Status\",\"message\":\"deployments is forbidden: User x cannot\"}",
        "401 no", "500 boom", NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_kubernetes_call call = {.of = deployments, .verb = "get", .name = BW_STR("x")};
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1024);
    struct bw_err err = {0};
    int status = 7;
    assert_int_equal(bw_kubernetes_ask(client, &call, &body, &status, &err), BW_EACCESS);
    assert_non_null(strstr(err.msg, "not allowed to get deployments.apps"));
    assert_non_null(strstr(err.msg, "User x cannot"));
    assert_int_equal(bw_kubernetes_ask(client, &call, &body, &status, &err), BW_EACCESS);
    assert_non_null(strstr(err.msg, "credentials"));
    assert_int_equal(bw_kubernetes_ask(client, &call, &body, &status, &err), BW_ENET);
    assert_non_null(strstr(err.msg, "status 500: boom"));
    assert_int_equal(status, 7);
    stop(&s, client);
}

/* --- lists --- */

static int note_page(void *ctx, struct bw_str text, struct bw_buf *next, struct bw_err *err)
{
    (void)err;
    struct bw_buf *all = ctx;
    bw_buf_str(all, text);
    if (text.p[0] == 'A')
        bw_buf_printf(next, "go on&=");
    return 0;
}

static void lists_go_on_where_a_page_says(void **state)
{
    (void)state;
    static const char *const answers[] = {"200 A", "200 B", NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_buf all BW_CLEANUP(bw_buf_free) = BW_BUF(1024);
    assert_int_equal(bw_kubernetes_list(client, &pods, note_page, &all, NULL), 0);
    assert_int_equal(all.n, 2);
    stop(&s, client);
    assert_non_null(strstr(s.asked[0], "GET /api/v1/pods?limit=250 HTTP"));
    assert_non_null(strstr(s.asked[1], "GET /api/v1/pods?limit=250&continue=go%20on%26%3D HTTP"));
}

static void a_stale_list_and_a_missing_kind_are_told_apart(void **state)
{
    (void)state;
    static const char *const answers[] = {"200 A", "410 {}", "404 {}", NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_buf all BW_CLEANUP(bw_buf_free) = BW_BUF(1024);
    assert_int_equal(bw_kubernetes_list(client, &pods, note_page, &all, NULL), BW_ETIMEOUT);
    assert_int_equal(bw_kubernetes_list(client, &pods, note_page, &all, NULL), BW_ENOENT);
    stop(&s, client);
}

/* --- watches --- */

static void note_change(void *ctx, size_t of)
{
    unsigned *changes = ctx;
    changes[of]++;
}

static void note_trouble(void *ctx, const struct bw_err *why)
{
    unsigned *changes = ctx;
    (void)why;
    changes[2]++;
}

/* Ends that are no failure begin anew at once; after a failure there is a pause. */
static void a_watch_tells_that_something_changed(void **state)
{
    (void)state;
    static const char *const answers[] = {"200 {\"type\":\"ADDED\"}", "200 {\"type\":\"ADDED\"}",
                                          "500 no", NULL};
    struct server s;
    struct bw_kubernetes *client = start(&s, answers);
    struct bw_kubernetes_watch *watch = NULL;
    unsigned changes[3] = {0};
    assert_int_equal(bw_kubernetes_watch_open(client, &pods, 1, note_change, changes, &watch, NULL),
                     0);
    int64_t end = bw_clock_monotonic_ms() + 20000;
    while (!changes[2] && bw_clock_monotonic_ms() < end)
        assert_int_equal(bw_kubernetes_watch_step(watch, 50, note_trouble, NULL), 0);
    assert_int_equal(changes[0], 2);
    assert_int_equal(changes[2], 1);
    bw_kubernetes_watch_close(watch);
    stop(&s, client);
    assert_non_null(strstr(s.asked[2], "GET /api/v1/pods?watch=1&timeoutSeconds="));
}

/* --- kubeconfig --- */

static int read_config(const char *text, const char *context, struct bw_kubeconfig *config,
                       struct bw_arena *arena, struct bw_err *err)
{
    return bw_kubeconfig_read(bw_str(text), "/etc/k", context, arena, config, err);
}

#define CONFIG                                                                                     \
    "current-context: one\n"                                                                       \
    "contexts:\n"                                                                                  \
    "- {name: one, context: {cluster: c, user: u}}\n"                                              \
    "- {name: two, context: {cluster: c, user: v}}\n"                                              \
    "- {name: three, context: {cluster: none, user: u}}\n"                                         \
    "clusters:\n"                                                                                  \
    "- name: c\n"                                                                                  \
    "  cluster: {server: 'https://h:1//', certificate-authority-data: Q0E=}\n"                     \
    "users:\n"                                                                                     \
    "- name: u\n"                                                                                  \
    "  user: {client-certificate: a.pem, client-key-data: S0VZ, token: t}\n"                       \
    "- name: v\n"                                                                                  \
    "  user: {exec: {command: aws}}\n"

static void reads_a_kubeconfig(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
    struct bw_kubeconfig config = {0};
    struct bw_err err = {0};
    assert_int_equal(read_config(CONFIG, NULL, &config, arena, &err), 0);
    assert_string_equal(config.server.p, "https://h:1");
    assert_string_equal(config.ca_pem.p, "CA");
    assert_string_equal(config.cert_file.p, "/etc/k/a.pem");
    assert_string_equal(config.key_pem.p, "KEY");
    assert_string_equal(config.token.p, "t");
    assert_false(config.insecure);
}

static void what_a_kubeconfig_wants_and_is_not_done_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *text, *context, *said;
        int code;
    } cases[] = {
        {CONFIG, "two", "'exec': plugins are not started", BW_EUNSUPPORTED},
        {CONFIG, "three", "no cluster 'none'", BW_EFORMAT},
        {CONFIG, "four", "no context 'four'", BW_EFORMAT},
        {"a: b", NULL, "--context", BW_EFORMAT},
        {"", NULL, "--context", BW_EFORMAT},
        {"a: [", NULL, "cannot be read", BW_EFORMAT},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
        struct bw_kubeconfig config = {0};
        struct bw_err err = {0};
        assert_int_equal(read_config(cases[i].text, cases[i].context, &config, arena, &err),
                         cases[i].code);
        if (!strstr(err.msg, cases[i].said))
            fail_msg("%s", err.msg);
    }
}

static void a_pod_is_told_by_its_environment(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
    struct bw_kubeconfig config = {0};
    struct bw_err err = {0};
    unsetenv("KUBERNETES_SERVICE_HOST");
    assert_int_equal(bw_kubeconfig_of_pod(arena, &config, &err), BW_ENOENT);
    assert_non_null(strstr(err.msg, "--kubeconfig"));
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
    assert_int_equal(bw_kubeconfig_of_pod(arena, &config, &err), 0);
    assert_string_equal(config.server.p, "https://[fd00::1]:6443");
    assert_string_equal(config.token_file.p, "/var/run/secrets/kubernetes.io/serviceaccount/token");
    unsetenv("KUBERNETES_SERVICE_HOST");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_file_is_read_for_each_request),
        cmocka_unit_test(patches_with_a_body),
        cmocka_unit_test(a_refusal_names_the_right_that_is_missing),
        cmocka_unit_test(lists_go_on_where_a_page_says),
        cmocka_unit_test(a_stale_list_and_a_missing_kind_are_told_apart),
        cmocka_unit_test(a_watch_tells_that_something_changed),
        cmocka_unit_test(reads_a_kubeconfig),
        cmocka_unit_test(what_a_kubeconfig_wants_and_is_not_done_is_an_error),
        cmocka_unit_test(a_pod_is_told_by_its_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
