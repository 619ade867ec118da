/* gate-config.c: from what a person writes to the configuration of a gate. */
#include "policy-helper.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/gate-config.h"

static char directory[64], config[128], exceptions[128], policies[128];
static struct bw_gate_options options;
static struct bw_buf json, set;
static struct bw_err error;

static int setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/bulwark-gate-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(config, sizeof config, "%s/gate.yaml", directory);
    snprintf(exceptions, sizeof exceptions, "%s/exceptions.yaml", directory);
    snprintf(policies, sizeof policies, "%s/own.yaml", directory);
    options = bw_gate_options();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    bw_gate_options_free(&options);
    bw_buf_free(&json);
    bw_buf_free(&set);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static void write_file(const char *path, const char *text)
{
    if (bw_fd_replace_file(path, text, strlen(text), 0600, &error))
        fail_msg("%s", error.msg);
}

static void take(int id, const char *value)
{
    if (bw_gate_options_take(&options, id, value, &error))
        fail_msg("%s", error.msg);
}

static const char *load(void)
{
    bw_buf_free(&json);
    bw_buf_free(&set);
    error.msg[0] = '\0';
    if (bw_gate_options_load(&options, &json, &set, &error))
        fail_msg("%s", error.msg);
    bw_buf_byte(&json, '\0');
    json.n--;
    return (const char *)json.p;
}

static void fails(const char *message)
{
    assert_int_not_equal(bw_gate_options_load(&options, &json, &set, &error), 0);
    if (!strstr(error.msg, message))
        fail_msg("'%s' has no '%s'", error.msg, message);
}

static void config_fails(const char *text, const char *message)
{
    write_file(config, text);
    fails(message);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_string_equal(load(),
                        "{\"profiles\":[\"baseline\"],\"library\":true,\"enforce\":\"deny\","
                        "\"scopes\":[],\"exceptions\":[]}");
    assert_int_equal(set.n, 0);
    assert_null(bw_gate_options_watch(&options)[0]);
}

static void test_a_file(void **state)
{
    (void)state;
    write_file(config, "# the gate\n"
                       "profiles: [hosting]\n"
                       "mended:\n  - pids-limit\n"
                       "mutate: [harden]\n"
                       "namespaces:\n  shop:\n    labels: {team: green}\n"
                       "namespaceLabels: true\n"
                       "enforce: deny\n"
                       "userGroups: {anna: [ops]}\n"
                       "library: true\n"
                       "scopes:\n"
                       "  - namespaces: [kube-*]\n"
                       "    profiles: [off]\n"
                       "  - users: &u [root, \"1000\", 1001]\n"
                       "    enforce: warn\n"
                       "exceptions:\n"
                       "  - id: [host-namespaces]\n"
                       "    users: *u\n"
                       "    reason: >-\n      reads the\n      counters\n"
                       "    expires: 2027-06-30\n");
    take(BW_GATE_OPTION_CONFIG, config);
    assert_string_equal(
        load(),
        "{\"profiles\":[\"hosting\"],\"library\":true,\"enforce\":\"deny\","
        "\"mended\":[\"pids-limit\"],\"mutate\":[\"harden\"],\"namespaces\":{\"shop\":{\"labels\":{"
        "\"team\":\"green\"},\"annotations\":{}}},\"namespaceLabels\":true,\"scopes\":[{"
        "\"namespaces\":[\"kube-*\"],"
        "\"profiles\":[]},"
        "{\"users\":[\"root\",\"1000\",\"1001\"],\"enforce\":\"warn\"}],\"exceptions\":[{\"id\":"
        "[\"host-namespaces\"],\"users\":[\"root\",\"1000\",\"1001\"],\"reason\":\"reads the "
        "counters\",\"expires\":\"2027-06-30\"}],\"userGroups\":{\"anna\":[\"ops\"]}}");
    assert_string_equal(bw_gate_options_watch(&options)[0], config);
    assert_null(bw_gate_options_watch(&options)[1]);
    /* read anew each time */
    write_file(config, "");
    assert_non_null(strstr(load(), "[\"baseline\"]"));
}

static void test_options_win(void **state)
{
    (void)state;
    write_file(config, "profiles: [hosting]\nexcept: [host-port]\nscopes:\n"
                       "  - {users: [a], enforce: deny}\n  - {users: [b], enforce: audit}\n");
    take(BW_GATE_OPTION_CONFIG, config);
    take(BW_GATE_OPTION_PROFILE, "restricted");
    take(BW_GATE_OPTION_PROFILE, "cis-docker");
    take(BW_GATE_OPTION_EXCEPT, "run-as-non-root");
    take(BW_GATE_OPTION_WARN_ONLY, NULL);
    assert_string_equal(
        load(),
        "{\"profiles\":[\"restricted\",\"cis-docker\"],\"except\":[\"host-port\","
        "\"run-as-non-root\"],\"library\":true,\"enforce\":\"warn\",\"scopes\":[{\"users\":["
        "\"a\"],\"enforce\":\"warn\"},{\"users\":[\"b\"],\"enforce\":\"audit\"}],"
        "\"exceptions\":[]}");
}

static void test_only_and_off(void **state)
{
    (void)state;
    take(BW_GATE_OPTION_ONLY, "container-privileged");
    assert_non_null(
        strstr(load(), "{\"profiles\":[],\"policies\":[\"container-privileged\"],\"library\""));
    bw_gate_options_free(&options);
    options = bw_gate_options();
    take(BW_GATE_OPTION_PROFILE, "off");
    assert_non_null(strstr(load(), "{\"profiles\":[],\"library\""));
}

static void test_exceptions(void **state)
{
    (void)state;
    write_file(exceptions, "- {id: [host-port], names: [a], reason: r, expires: 2027-01-01}\n"
                           "- {id: ['*'], names: [b], reason: r, expires: 2027-01-01}\n");
    take(BW_GATE_OPTION_EXCEPTIONS, exceptions);
    take(BW_GATE_OPTION_EXCEPTIONS, exceptions);
    const char *text = load();
    size_t n = 0;
    while ((text = strstr(text, "\"id\""))) {
        text++;
        n++;
    }
    assert_int_equal(n, 4);
    write_file(exceptions, "- {id: [host-port], names: [a], reason: r, expires: 2027-01-01}\n"
                           "- id: [host-port]\n  names: [a]\n  expires: 2027-01-01\n");
    fails("exceptions.yaml:2: exceptions[1]: \"reason\" is missing");
    write_file(exceptions, "exceptions: []\n");
    fails("exceptions.yaml:1: no list");
    write_file(exceptions, "- {id: [host-port], names: [a], reason: r, expires: 2027-01-01}\n"
                           "- id:\n    - host-prt\n  names: [a]\n  reason: r\n"
                           "  expires: 2027-01-01\n");
    fails("exceptions.yaml:3: ");
    fails("did you mean 'host-port'");
}

static void test_policies(void **state)
{
    (void)state;
    write_file(policies, SIMPLE("mine", "has(object.data)"));
    take(BW_GATE_OPTION_POLICY, policies);
    take(BW_GATE_OPTION_NO_LIBRARY, NULL);
    take(BW_GATE_OPTION_EXCEPT, "mine");
    assert_non_null(strstr(load(), "\"library\":false"));
    assert_true(set.n > 100);
    struct bw_gate_rules *rules = NULL;
    struct bw_str bytes = bw_buf_slice(&set);
    assert_int_equal(bw_gate_rules_open(BW_STR("{\"library\": false}"), &bytes, 1, &rules, &error),
                     0);
    assert_int_equal(bw_gate_rules_policies(rules), 1);
    bw_gate_rules_unref(rules);
    assert_int_equal(unlink(policies), 0);
    fails("own.yaml");
}

static void test_what_is_wrong_has_its_line(void **state)
{
    (void)state;
    take(BW_GATE_OPTION_CONFIG, config);
    fails("gate.yaml");
    config_fails("profiles: [\n", "gate.yaml: ");
    config_fails("- a\n", "gate.yaml:1: no mapping");
    config_fails("profiles: []\n---\nprofiles: []\n", "a second document");
    config_fails("\nprofile: [baseline]\n",
                 "gate.yaml:2: \"profile\" is no member of it; there are profiles");
    config_fails("profiles: []\nscopes:\n  - users: [a]\n    enforce: warn\n  - users: [b]\n"
                 "    enforce: Warn\n",
                 "gate.yaml:6: scopes[1]: \"enforce\" is none of");
    config_fails("profiles: []\nprofiles: []\n", "gate.yaml:1: \"profiles\" stands there twice");
    config_fails("\n\nexcept: [host-prt]\n", "gate.yaml:3: ");
    config_fails("\nprofiles:\n  - basline\n", "gate.yaml:3: ");
    config_fails("\nprofiles:\n  - basline\n", "did you mean 'baseline'");
    config_fails("library: yes\n", "gate.yaml:1: \"library\" is neither true nor false");
    config_fails("? [a]\n: b\n", "gate.yaml:1: a key is no word");
    config_fails("profiles: [[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]\n", "there is more in it");
}

/* Aliases that multiply end at a budget. */
static void test_aliases(void **state)
{
    (void)state;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_buf out BW_CLEANUP(bw_buf_free) = BW_BUF(BW_GATE_CONFIG_MAX);
    bw_buf_str(&text, BW_STR("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"));
    for (int i = 1; i < 10; i++)
        bw_buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                      i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    int rc = bw_gate_yaml(BW_STR("a.yaml"), bw_buf_slice(&text), false, &out, &error);
    assert_true(rc == BW_EFORMAT || rc == BW_ELIMIT);
}

static void test_options(void **state)
{
    (void)state;
    take(BW_GATE_OPTION_LOG_ROTATE, "1M");
    take(BW_GATE_OPTION_LOG_KEEP, "3");
    take(BW_GATE_OPTION_LOG_SYNC, NULL);
    assert_int_equal(options.log.rotate_bytes, 1 << 20);
    assert_int_equal(options.log.keep, 3);
    assert_true(options.log.sync);
    assert_int_equal(bw_gate_options_take(&options, BW_GATE_OPTION_LOG_ROTATE, "1X", &error),
                     BW_EUSAGE);
    assert_int_equal(bw_gate_options_take(&options, BW_GATE_OPTION_LOG_KEEP, "0", &error),
                     BW_EUSAGE);
    take(BW_GATE_OPTION_LOG_REQUIRED, NULL);
    assert_int_equal(bw_gate_options_check(&options, &error), BW_EUSAGE);
    take(BW_GATE_OPTION_LOG, "/tmp/log");
    assert_int_equal(bw_gate_options_check(&options, &error), 0);
    take(BW_GATE_OPTION_ONLY, "host-port");
    take(BW_GATE_OPTION_PROFILE, "baseline");
    assert_int_equal(bw_gate_options_check(&options, &error), BW_EUSAGE);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nothing),
        CASE(test_a_file),
        CASE(test_options_win),
        CASE(test_only_and_off),
        CASE(test_exceptions),
        CASE(test_policies),
        CASE(test_what_is_wrong_has_its_line),
        CASE(test_aliases),
        CASE(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
