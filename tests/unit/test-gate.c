/* gate.c: what an enforcement point decides about a document, and what it says of it. */
#include "policy-helper.h"

#include <stdlib.h>

#include "enforce/gate.h"
#include "wrap/json.h"

#define DAY 86400ll

/* 2026-06-15T12:00:00Z */
#define NOON (INT64_C(1781524800) * 1000000000)

static struct bw_arena *arena;
static struct bw_policy_set *own; /* handed over beside the library, or NULL */
static struct bw_gate_rules *rules;
static struct bw_gate_judge *judge;
static struct bw_gate_decision decision;
static struct bw_object objects[8];
static struct bw_document document;
static struct bw_gate_request request;
static struct bw_err error;

static int setup(void **state)
{
    (void)state;
    arena = bw_arena_new((size_t)16 << 20);
    document = (struct bw_document){.objects = objects};
    request = (struct bw_gate_request){.document = &document, .around = {.now_ns = NOON}};
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bw_gate_judge_freep(&judge);
    bw_gate_rules_unrefp(&rules);
    bw_policy_set_freep(&own);
    bw_arena_free(arena);
    return 0;
}

static int open_rules(const char *configuration)
{
    struct bw_str bytes = own ? bw_policy_set_bytes(own) : (struct bw_str){0};
    bw_gate_judge_freep(&judge);
    bw_gate_rules_unrefp(&rules);
    error.msg[0] = '\0';
    return bw_gate_rules_open(bw_str(configuration), &bytes, own != NULL, &rules, &error);
}

static void use(const char *configuration)
{
    if (open_rules(configuration))
        fail_msg("%s", error.msg);
    judge = bw_gate_judge_new(rules, &error);
    assert_non_null(judge);
}

static struct bw_object *add_object(const char *group, const char *resource, const char *kind,
                                    const char *name, const char *json)
{
    struct bw_object *object = &objects[document.objects_n++];
    *object = (struct bw_object){.view_of = BW_OBJECT_NO_VIEW,
                                 .group = bw_str(group),
                                 .version = BW_STR("v1"),
                                 .resource = bw_str(resource),
                                 .kind = bw_str(kind),
                                 .namespace = BW_STR("shop"),
                                 .name = bw_str(name),
                                 .value = json_value(arena, json)};
    return object;
}

static struct bw_object *add_pod(const char *spec)
{
    char json[4096];
    snprintf(json, sizeof json,
             "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"web\"}, "
             "\"spec\": {%s}}",
             spec);
    return add_object("", "pods", "Pod", "web", json);
}

#define CONTAINER(name, image, rest) "{\"name\": \"" name "\", \"image\": \"" image "\"" rest "}"
#define PRIVILEGED                   ", \"securityContext\": {\"privileged\": true}"
#define PRIVILEGED_POD                                                                             \
    "\"containers\": [" CONTAINER("a", "registry.example/shop/web:1", PRIVILEGED) "]"

static bool decide(void)
{
    if (bw_gate_decide(judge, &request, &decision, &error))
        fail_msg("%s", error.msg);
    return decision.allowed;
}

static void config_map(const char *json)
{
    document.objects_n = 0;
    add_object("", "configmaps", "ConfigMap", "web", json);
}

/* --- decisions --- */

static void test_passes_and_denies(void **state)
{
    (void)state;
    use("{}");
    assert_true(bw_gate_rules_policies(rules) > 5);
    add_pod("\"containers\": [" CONTAINER("a", "web:1", "") "]");
    assert_true(decide());
    assert_int_equal(decision.reasons_n, 0);
    assert_true(decision.evaluated > 5);
    document.objects_n = 0;
    add_pod(PRIVILEGED_POD);
    assert_false(decide());
    assert_int_equal(decision.reasons_n, 1);
    assert_string_equal(decision.reasons[0].policy->id.p, "container-privileged");
    assert_int_equal(decision.reasons[0].weight, BW_GATE_DENIES);
    assert_false(decision.reasons[0].doubt);
    assert_memory_equal(decision.reasons[0].object.p, "Pod shop/web", 12);
    assert_memory_equal(decision.reasons[0].path.p, "object.spec.containers[0].securityContext",
                        41);
}

static void test_nothing_to_judge_is_a_doubt(void **state)
{
    (void)state;
    use("{}");
    assert_false(decide());
    assert_true(decision.reasons[0].doubt);
    request.document = NULL;
    assert_false(decide());
}

static void test_profiles(void **state)
{
    (void)state;
    add_pod("\"containers\": [" CONTAINER("a", "web:1", "") "]");
    use("{\"profiles\": [\"restricted\"]}");
    assert_false(decide());
    use("{\"profiles\": [\"off\"]}");
    assert_int_equal(bw_gate_rules_policies(rules), 0);
    assert_true(decide());
    assert_int_equal(decision.evaluated, 0);
    use("{\"profiles\": [], \"policies\": [\"run-as-non-root\"]}");
    assert_int_equal(bw_gate_rules_policies(rules), 1);
    assert_false(decide());
    use("{\"policies\": [\"run-as-non-root\"]}");
    assert_true(bw_gate_rules_policies(rules) > 5);
    assert_false(decide());
    assert_int_equal(decision.reasons_n, 1);
    use("{\"policies\": [\"run-as-non-root\"], \"except\": [\"run-as-non-root\"]}");
    assert_true(decide());
}

static void test_enforce(void **state)
{
    (void)state;
    add_pod(PRIVILEGED_POD);
    use("{\"enforce\": \"warn\"}");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_WARNS);
    use("{\"enforce\": \"audit\"}");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_AUDITS);
}

static void test_mended(void **state)
{
    (void)state;
    add_pod("\"containers\": [" CONTAINER("a", "web:1", "") "]");
    use("{\"profiles\": [], \"policies\": [\"seccomp-profile-missing\"]}");
    assert_false(decide());
    use("{\"profiles\": [], \"policies\": [\"seccomp-profile-missing\"], \"mended\": "
        "[\"pids-limit\"]}");
    assert_false(decide());
    use("{\"profiles\": [], \"policies\": [\"seccomp-profile-missing\"], \"mended\": "
        "[\"seccomp\"]}");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_WARNS);
    use("{\"mended\": [\"*\"]}");
    document.objects_n = 0;
    add_pod(PRIVILEGED_POD);
    assert_false(decide()); /* nothing mends it */
}

#define WANTS_SECRET                                                                               \
    VAP "metadata:\n  name: wants\n  annotations: {bulwark.dev/action: %s}\nspec:\n  "             \
        "failurePolicy: %s\n" RULES("", "configmaps") "  validations:\n"                           \
                                                      "    - expression: \"%s\"\n"

static void own_policy(const char *action, const char *failure_policy, const char *expression)
{
    char text[2048];
    snprintf(text, sizeof text, WANTS_SECRET, action, failure_policy, expression);
    bw_policy_set_freep(&own);
    own = set_of(text);
    use("{\"library\": false}");
    config_map("{\"data\": {\"a\": \"b\"}}");
}

static void test_actions(void **state)
{
    (void)state;
    own_policy("Deny", "Fail", "has(object.data.secret)");
    assert_false(decide());
    own_policy("Warn", "Fail", "has(object.data.secret)");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_WARNS);
    own_policy("Audit", "Fail", "has(object.data.secret)");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_AUDITS);
}

static void test_errors_are_doubts(void **state)
{
    (void)state;
    own_policy("Deny", "Fail", "object.data.missing == 'b'");
    assert_false(decide());
    assert_true(decision.reasons[0].doubt);
    assert_memory_equal(decision.reasons[0].message.p, "cannot be judged: ", 18);
    own_policy("Deny", "Ignore", "object.data.missing == 'b'");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_AUDITS);
    assert_true(decision.reasons[0].doubt);
}

static void test_what_is_missing_is_a_doubt(void **state)
{
    (void)state;
    own_policy("Deny", "Fail", "request.userInfo.username == 'root'");
    assert_false(decide());
    assert_true(decision.reasons[0].doubt);
    assert_non_null(strstr(decision.reasons[0].message.p, "who will create the object"));
    own_policy("Warn", "Fail", "request.userInfo.username == 'root'");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_AUDITS);
    /* What the form has no words for is nothing. */
    own_policy("Deny", "Fail", "namespaceObject.metadata.labels.a == 'b'");
    objects[0].syntax = BW_SYNTAX_DOCKER_CREATE;
    assert_true(decide());
    assert_int_equal(decision.reasons_n, 0);
}

static void test_gaps(void **state)
{
    (void)state;
    struct bw_gate_gap gaps[] = {
        {false, BW_STR("-"), BW_STR("a note"), BW_STR("")},
        {true, BW_STR("the request"), BW_STR("HostConfig"), BW_STR("no list\x1b[2J")}};
    use("{}");
    add_pod("\"containers\": [" CONTAINER("a", "web:1", "") "]");
    request.gaps = gaps;
    request.gaps_n = 1;
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_AUDITS);
    request.gaps_n = 2;
    assert_false(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_DENIES);
    assert_true(decision.reasons[0].doubt);
    assert_null(decision.reasons[0].policy);
    assert_null(strchr(decision.reasons[0].message.p, '\x1b'));
    use("{\"enforce\": \"warn\"}");
    assert_true(decide());
}

static void test_a_view_says_nothing_twice(void **state)
{
    (void)state;
    use("{}");
    struct bw_object *origin =
        add_object("apps", "deployments", "Deployment", "web", "{\"kind\": \"Deployment\"}");
    add_pod(PRIVILEGED_POD)->view_of = 0;
    add_pod(PRIVILEGED_POD)->view_of = 0;
    assert_false(decide());
    assert_int_equal(decision.reasons_n, 1);
    assert_memory_equal(decision.reasons[0].object.p, "Deployment shop/web", 19);
    origin->resource = BW_STR("dockercontainers");
    origin->namespace = origin->name = (struct bw_str){0};
    assert_false(decide());
    assert_memory_equal(decision.reasons[0].object.p, "container", 9);
}

static void test_many_reasons(void **state)
{
    (void)state;
    struct bw_gate_gap gaps[1000];
    static char text[1000][16];
    use("{}");
    for (size_t i = 0; i < BW_ARRAY_LEN(gaps); i++) {
        snprintf(text[i], sizeof text[i], "gap %zu", i);
        gaps[i] = (struct bw_gate_gap){i % 2, BW_STR("x"), bw_str(text[i]), BW_STR("")};
    }
    add_pod(PRIVILEGED_POD);
    request.gaps = gaps;
    request.gaps_n = BW_ARRAY_LEN(gaps);
    assert_false(decide());
    assert_int_equal(decision.reasons_n, BW_GATE_REASONS_MAX);
    const struct bw_gate_reason *last = &decision.reasons[BW_GATE_REASONS_MAX - 1];
    assert_string_equal(last->message.p, "and 802 more, which are not told here");
    assert_int_equal(last->weight, BW_GATE_DENIES);
    assert_false(decision.reasons[0].doubt); /* a finding goes before doubts */
}

/* --- scopes --- */

static void test_scopes(void **state)
{
    (void)state;
    struct bw_str group = BW_STR("system:nodes");
    use("{\"scopes\": [{\"namespaces\": [\"kube-*\"], \"profiles\": [\"off\"]}, {\"users\": "
        "[\"ro*t\"], \"namespaces\": [\"shop\"], \"enforce\": \"warn\"}, {\"groups\": "
        "[\"system:*\"], \"profiles\": [\"restricted\"]}]}");
    add_pod(PRIVILEGED_POD);
    assert_false(decide());
    assert_int_equal(decision.reasons_n, 1);
    request.namespace = BW_STR("kube-system");
    assert_true(decide());
    assert_int_equal(decision.reasons_n, 0);
    request.namespace = BW_STR("not-kube-system");
    assert_false(decide());
    request.namespace = BW_STR("shop");
    request.user = BW_STR("root");
    assert_true(decide());
    assert_int_equal(decision.reasons[0].weight, BW_GATE_WARNS);
    request.user = BW_STR("");
    request.groups = &group;
    request.groups_n = 1;
    assert_false(decide());
    assert_true(decision.reasons_n > 1);
}

/* --- exceptions --- */

#define EXCEPTION(what)                                                                            \
    "{\"exceptions\": [{" what ", \"reason\": \"the node agent\", \"owner\": \"ops\", "            \
    "\"expires\": \"2026-06-15\"}]}"

static bool waived(const char *configuration)
{
    use(configuration);
    bool allowed = decide();
    assert_int_equal(decision.reasons_n, 1);
    assert_int_equal(decision.reasons[0].weight, allowed ? BW_GATE_WAIVED : BW_GATE_DENIES);
    return allowed;
}

static void test_exceptions(void **state)
{
    (void)state;
    struct bw_str groups[] = {BW_STR("a"), BW_STR("b")};
    add_pod(PRIVILEGED_POD);
    request.user = BW_STR("anna");
    request.groups = groups;
    request.groups_n = 2;
    assert_true(
        waived(EXCEPTION("\"id\": [\"container-privileged\"], \"namespaces\": [\"shop\"]")));
    assert_string_equal(decision.reasons[0].exception.p, "the node agent (ops, until 2026-06-15)");
    assert_true(waived(EXCEPTION("\"id\": [\"KSV-0017\"], \"names\": [\"w?b\"]")));
    assert_true(waived(EXCEPTION("\"id\": [\"container-*\"], \"users\": [\"anna\"]")));
    assert_true(waived(EXCEPTION("\"id\": [\"*\"], \"groups\": [\"b\"]")));
    assert_false(waived(EXCEPTION("\"id\": [\"host-*\"], \"names\": [\"web\"]")));
    assert_false(waived(EXCEPTION("\"id\": [\"*\"], \"names\": [\"eb\"]")));
    /* all that are given must fit */
    assert_false(
        waived(EXCEPTION("\"id\": [\"*\"], \"names\": [\"web\"], \"namespaces\": [\"other\"]")));
    assert_false(waived(EXCEPTION("\"id\": [\"*\"], \"names\": [\"web\"], \"users\": [\"bert\"]")));
    assert_false(waived(EXCEPTION("\"id\": [\"*\"], \"names\": [\"web\"], \"groups\": [\"c\"]")));
}

static void test_two_exceptions_do_not_add_up(void **state)
{
    (void)state;
    add_pod(PRIVILEGED_POD);
    assert_false(
        waived("{\"exceptions\": [{\"id\": [\"*\"], \"names\": [\"web\"], \"namespaces\": "
               "[\"other\"], \"reason\": \"r\", \"expires\": \"2030-01-01\"}, {\"id\": [\"*\"], "
               "\"names\": [\"other\"], \"namespaces\": [\"shop\"], \"reason\": \"r\", "
               "\"expires\": \"2030-01-01\"}]}"));
    /* Nor does one for a policy carry another. */
    document.objects_n = 0;
    add_pod("\"hostNetwork\": true, " PRIVILEGED_POD);
    use(EXCEPTION("\"id\": [\"host-namespaces\"], \"names\": [\"web\"]"));
    assert_false(decide());
    assert_int_equal(decision.reasons_n, 2);
    assert_int_equal(decision.reasons[0].weight, BW_GATE_DENIES);
    assert_int_equal(decision.reasons[1].weight, BW_GATE_WAIVED);
}

static void test_expiry(void **state)
{
    (void)state;
    const char *exception = EXCEPTION("\"id\": [\"*\"], \"names\": [\"web\"]");
    add_pod(PRIVILEGED_POD);
    request.around.now_ns = NOON + (DAY / 2 - 1) * 1000000000;
    assert_true(waived(exception));
    assert_int_equal(bw_gate_rules_expired(rules, request.around.now_ns), 0);
    request.around.now_ns = NOON + DAY / 2 * 1000000000;
    assert_false(waived(exception));
    assert_int_equal(bw_gate_rules_expired(rules, request.around.now_ns), 1);
    request.around.now_ns = 0; /* nobody says when */
    assert_false(waived(exception));
}

static bool image_waived(const char *pattern, const char *spec)
{
    char exception[512];
    document.objects_n = 0;
    add_object("apps", "deployments", "Deployment", "web", "{\"kind\": \"Deployment\"}");
    add_pod(spec)->view_of = 0;
    snprintf(exception, sizeof exception,
             EXCEPTION("\"id\": [\"container-privileged\"], \"images\": [\"%s\"]"), pattern);
    return waived(exception);
}

static void test_images(void **state)
{
    (void)state;
    assert_true(image_waived("registry.example/*", PRIVILEGED_POD));
    assert_true(image_waived("registry.example/shop/web:1", PRIVILEGED_POD));
    assert_false(image_waived("registry.example/shop", PRIVILEGED_POD));
    assert_false(image_waived("shop/web:1", PRIVILEGED_POD));
    assert_false(image_waived(
        "registry.example/*",
        "\"containers\": [" CONTAINER("a", "evil.example/registry.example/web", PRIVILEGED) "]"));
    /* every container's, also one that is no danger itself */
    assert_false(image_waived(
        "registry.example/*",
        "\"containers\": [" CONTAINER("a", "registry.example/web",
                                      PRIVILEGED) ", " CONTAINER("b", "evil.example/web", "") "]"));
    assert_false(image_waived(
        "registry.example/*",
        "\"initContainers\": [" CONTAINER(
            "b", "evil.example/web",
            "") "], \"containers\": [" CONTAINER("a", "registry.example/web", PRIVILEGED) "]"));
    assert_false(image_waived(
        "registry.example/*",
        "\"ephemeralContainers\": [" CONTAINER(
            "b", "evil.example/web",
            "") "], \"containers\": [" CONTAINER("a", "registry.example/web", PRIVILEGED) "]"));
    /* an image that is not said is none that fits */
    assert_false(image_waived("*", "\"containers\": [{\"name\": \"a\"" PRIVILEGED "}]"));
}

static void test_images_of_no_container(void **state)
{
    (void)state;
    own_policy("Deny", "Fail", "has(object.data.secret)");
    use("{\"library\": false, \"exceptions\": [{\"id\": [\"wants\"], \"images\": [\"*\"], "
        "\"reason\": \"r\", \"expires\": \"2030-01-01\"}]}");
    assert_false(decide());
}

/* --- configurations --- */

static void refuses(const char *configuration, const char *message)
{
    int rc = open_rules(configuration);
    assert_true(rc == BW_EFORMAT || rc == BW_EUSAGE || rc == BW_ELIMIT);
    if (!strstr(error.msg, message))
        fail_msg("%s: '%s' has no '%s'", configuration, error.msg, message);
}

static void test_configurations_are_strict(void **state)
{
    (void)state;
    refuses("", "configuration");
    refuses("[]", "the gate's configuration: it is no object");
    refuses("{\"profile\": []}", "\"profile\" is no member of it; there are profiles, ");
    refuses("{\"profiles\": \"baseline\"}", "\"profiles\" is no list of words");
    refuses("{\"profiles\": [1]}", "\"profiles\" holds what is no word");
    refuses("{\"profiles\": [\"basline\"]}", "did you mean 'baseline'");
    refuses("{\"profiles\": [\"off\", \"baseline\"]}", "one or the other");
    refuses("{\"profiles\": [], \"profiles\": []}", "stands there twice");
    refuses("{\"policies\": [\"container-privilege\"]}", "did you mean 'container-privileged'");
    refuses("{\"except\": [\"no-such\"]}", "\"except\": there is no policy 'no-such'");
    refuses("{\"library\": 1}", "neither true nor false");
    refuses("{\"enforce\": \"Deny\"}", "none of \"deny\", \"warn\" and \"audit\"");
    refuses("{\"scopes\": {}}", "\"scopes\" is no list");
    refuses("{\"scopes\": [1]}", "scopes[0]: \"scopes\" is no list of objects");
    refuses("{\"scopes\": [{\"enforce\": \"warn\"}]}", "say whom the scope is for");
    refuses("{\"scopes\": [{\"users\": [\"a\"]}]}", "say what is different");
    refuses("{\"scopes\": [{\"users\": [], \"enforce\": \"warn\"}]}", "\"users\" is empty");
    refuses("{\"scopes\": [{\"users\": [\"a\"], \"profiles\": [\"none\"]}]}", "no profile 'none'");
}

static void test_exceptions_are_strict(void **state)
{
    (void)state;
    refuses("{\"exceptions\": [{}]}", "exceptions[0]: \"id\" is missing");
    refuses("{\"exceptions\": [{\"id\": \"a\"}]}", "\"id\" is no list");
    refuses("{\"exceptions\": [{\"id\": [\"*\"]}]}", "say what the exception is for");
    refuses("{\"exceptions\": [{\"id\": [\"*\"], \"names\": [\"a\"]}]}", "\"reason\" is missing");
    refuses("{\"exceptions\": [{\"id\": [\"*\"], \"names\": [\"a\"], \"reason\": \" \"}]}",
            "\"reason\" is no text");
    refuses("{\"exceptions\": [{\"id\": [\"*\"], \"names\": [\"a\"], \"reason\": \"r\"}]}",
            "\"expires\" is missing");
    refuses("{\"exceptions\": [{\"id\": [\"*\"], \"names\": [\"a\"], \"reason\": \"r\", "
            "\"expires\": \"soon\"}]}",
            "is no date");
    refuses("{\"exceptions\": [{\"id\": [\"*\"], \"names\": [\"a\"], \"reason\": \"r\", "
            "\"expires\": \"2027-02-30\"}]}",
            "no calendar has");
    refuses("{\"exceptions\": [{\"id\": [\"container-privilege\"], \"names\": [\"a\"], "
            "\"reason\": \"r\", \"expires\": \"2027-02-28\"}]}",
            "did you mean 'container-privileged'");
    refuses("{\"exceptions\": [{\"id\": [\"*\"], \"namespace\": [\"a\"]}]}",
            "\"namespace\" is no member of it");
}

static void test_groups_of_users(void **state)
{
    size_t n = 9;
    (void)state;
    use("{\"userGroups\": {\"anna\": [\"ops\", \"dev\"], \"\": [\"local\"], \"bob\": []}}");
    const struct bw_str *groups = bw_gate_groups_of(judge, BW_STR("anna"), &n);
    assert_int_equal(n, 2);
    assert_true(bw_str_eq(groups[0], BW_STR("ops")) && bw_str_eq(groups[1], BW_STR("dev")));
    groups = bw_gate_groups_of(judge, BW_STR(""), &n);
    assert_true(n == 1 && bw_str_eq(groups[0], BW_STR("local")));
    bw_gate_groups_of(judge, BW_STR("bob"), &n);
    assert_int_equal(n, 0);
    assert_null(bw_gate_groups_of(judge, BW_STR("Anna"), &n));
    assert_int_equal(n, 0);
    refuses("{\"userGroups\": [\"ops\"]}", "\"userGroups\" is no object");
    refuses("{\"userGroups\": {\"anna\": \"ops\"}}", "\"userGroups\" is no list of words");
    refuses("{\"userGroups\": {\"anna\": [], \"anna\": [\"ops\"]}}", "names a user twice");
}

/* --- what is said --- */

static void test_message(void **state)
{
    (void)state;
    struct bw_buf said BW_CLEANUP(bw_buf_free) = BW_BUF(8192);
    use("{}");
    add_pod("\"hostNetwork\": true, " PRIVILEGED_POD);
    assert_false(decide());
    bw_gate_message(&decision, 8192, &said);
    bw_buf_byte(&said, '\0');
    const char *text = (const char *)said.p;
    assert_memory_equal(text, "Pod shop/web is denied for 2 reasons\n  - runs privileged: a ", 60);
    assert_non_null(strstr(text, " [container-privileged]\n    Remove privileged: true. "));
    assert_non_null(strstr(text, "from: container-privileged, host-namespaces"));
    bw_buf_clear(&said);
    bw_gate_message(&decision, 420, &said);
    bw_buf_byte(&said, '\0');
    assert_true(said.n <= 421);
    assert_non_null(strstr((const char *)said.p, "and 1 more reason, see the log"));
    for (size_t max = 0; max < 800; max++) {
        bw_buf_clear(&said);
        bw_gate_message(&decision, max, &said);
        assert_true(said.n <= max);
    }
}

/* Who asks Docker is told of Docker's options. */
static void test_message_for_docker(void **state)
{
    (void)state;
    struct bw_buf said BW_CLEANUP(bw_buf_free) = BW_BUF(8192);
    use("{}");
    add_pod(PRIVILEGED_POD);
    objects[0].syntax = BW_SYNTAX_DOCKER_CREATE;
    assert_false(decide());
    bw_gate_message(&decision, 8192, &said);
    bw_buf_byte(&said, '\0');
    const char *text = (const char *)said.p;
    assert_non_null(
        strstr(text, " [container-privileged]\n    With docker: leave out --privileged;"));
    assert_null(strstr(text, "Remove privileged: true"));
}

static void test_message_of_what_is_allowed(void **state)
{
    (void)state;
    struct bw_buf said BW_CLEANUP(bw_buf_free) = BW_BUF(8192);
    use("{\"enforce\": \"warn\"}");
    add_pod(PRIVILEGED_POD);
    assert_true(decide());
    bw_gate_message(&decision, 8192, &said);
    assert_int_equal(said.n, 0);
}

static void test_hostile_names(void **state)
{
    (void)state;
    struct bw_buf said BW_CLEANUP(bw_buf_free) = BW_BUF(8192);
    use("{}");
    add_pod("\"containers\": [{\"name\": \"a\\u001b[2J\\nb\\u202e\", \"image\": \"x\"" PRIVILEGED
            "}]");
    assert_false(decide());
    bw_gate_message(&decision, 8192, &said);
    for (size_t i = 0; i < said.n; i++)
        assert_true(said.p[i] == '\n' || said.p[i] >= ' ');
    assert_int_equal(bw_str_find_str(bw_buf_slice(&said), BW_STR("\xe2\x80\xae")), SIZE_MAX);
}

static void test_record(void **state)
{
    (void)state;
    struct bw_buf record BW_CLEANUP(bw_buf_free) = BW_BUF(8192);
    struct bw_json_writer writer = bw_json_writer(&record, false);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    uint64_t evaluated;
    use("{}");
    add_pod(PRIVILEGED_POD);
    assert_false(decide());
    bw_json_begin_object(&writer);
    bw_gate_record(&decision, &writer);
    bw_json_end(&writer);
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&record), NULL, 0, &error), 0);
    const struct bw_json *root = bw_json_root(doc);
    const struct bw_json *reasons = bw_json_get(root, BW_STR("reasons"));
    struct bw_json_iter it = bw_json_iter(reasons);
    const struct bw_json *reason = bw_json_next(&it);
    assert_string_equal(bw_json_string(bw_json_get(root, BW_STR("verdict"))).p, "deny");
    assert_true(bw_json_u64(bw_json_get(root, BW_STR("evaluated")), &evaluated) && evaluated > 5);
    assert_int_equal(bw_json_size(reasons), 1);
    assert_string_equal(bw_json_string(bw_json_get(reason, BW_STR("policy"))).p,
                        "container-privileged");
    assert_string_equal(bw_json_string(bw_json_get(reason, BW_STR("weight"))).p, "deny");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_passes_and_denies),
        CASE(test_nothing_to_judge_is_a_doubt),
        CASE(test_profiles),
        CASE(test_enforce),
        CASE(test_mended),
        CASE(test_actions),
        CASE(test_errors_are_doubts),
        CASE(test_what_is_missing_is_a_doubt),
        CASE(test_gaps),
        CASE(test_a_view_says_nothing_twice),
        CASE(test_many_reasons),
        CASE(test_scopes),
        CASE(test_exceptions),
        CASE(test_two_exceptions_do_not_add_up),
        CASE(test_expiry),
        CASE(test_images),
        CASE(test_images_of_no_container),
        CASE(test_configurations_are_strict),
        CASE(test_exceptions_are_strict),
        CASE(test_groups_of_users),
        CASE(test_message),
        CASE(test_message_for_docker),
        CASE(test_message_of_what_is_allowed),
        CASE(test_hostile_names),
        CASE(test_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
