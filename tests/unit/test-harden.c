#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "enforce/harden.h"
#include "model/object.h"
#include "model/value-json.h"
#include "wrap/json.h"

#define TEXT_MAX ((size_t)1 << 20)

struct rig {
    struct bw_arena *arena;
    struct bw_value_maker make;
    struct bw_buf text;
    struct bw_err err;
};

static void open_rig(struct rig *rig)
{
    *rig = (struct rig){.arena = bw_arena_new((size_t)64 << 20), .text = BW_BUF(TEXT_MAX)};
    rig->make.arena = rig->arena;
    assert_non_null(rig->arena);
}

static void close_rig(struct rig *rig)
{
    bw_arena_free(rig->arena);
    bw_buf_free(&rig->text);
}

static struct bw_value value_of(struct rig *rig, const char *json)
{
    struct bw_value value = {0};
    if (bw_value_from_json(&rig->make, bw_str(json), &value, &rig->err))
        fail_msg("%s: %s", json, rig->err.msg);
    return value;
}

static struct bw_harden configured(struct rig *rig, const char *json)
{
    struct bw_harden harden;
    struct bw_value map = json ? value_of(rig, json) : (struct bw_value){0};
    if (bw_harden_read(map, &harden, &rig->err))
        fail_msg("%s: %s", json, rig->err.msg);
    return harden;
}

/* The specification with what is mended, as JSON. */
static const char *mended(struct rig *rig, const char *configuration, const char *spec)
{
    struct bw_harden harden = configured(rig, configuration);
    struct bw_value operations = bw_value_list(&rig->make, 0);
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
    bw_harden_spec(&harden, value_of(rig, spec), &rig->make, &operations);
    bw_object_json(operations, false, &json);
    bw_buf_clear(&rig->text);
    if (bw_json_patch(bw_str(spec), bw_buf_slice(&json), &rig->text, &rig->err))
        fail_msg("%s: %s", spec, rig->err.msg);
    bw_buf_byte(&rig->text, 0);
    return (const char *)rig->text.p;
}

#define ONLY(word) "{\"pids-limit\":false,\"masked-paths\":false,\"seccomp\":false," word "}"
#define NOTHING    "{\"pids-limit\":false,\"masked-paths\":false,\"seccomp\":false}"
#define CAPS(list)                                                                                 \
    "{\"process\":{\"capabilities\":{\"bounding\":[" list "]}},\"linux\":{\"resources\":{}}}"

static void each_step_mends_what_is_missing(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {NOTHING, "{}", "{\"linux\":{\"resources\":{}}}"},
        {ONLY("\"pids-limit\":9"), "{\"a\":1.50}",
         "{\"a\":1.50,\"linux\":{\"resources\":{\"pids\":{\"limit\":9}}}}"},
        {ONLY("\"pids-limit\":9"), "{\"linux\":{\"resources\":null,\"seccomp\":null}}",
         "{\"linux\":{\"resources\":{\"pids\":{\"limit\":9}},\"seccomp\":null}}"},
        {ONLY("\"pids-limit\":9"), "{\"linux\":{\"resources\":{\"pids\":{\"limit\":-1}}}}",
         "{\"linux\":{\"resources\":{\"pids\":{\"limit\":9}}}}"},
        {ONLY("\"pids-limit\":9"), "{\"linux\":{\"resources\":{\"pids\":{\"limit\":70000}}}}",
         "{\"linux\":{\"resources\":{\"pids\":{\"limit\":70000}}}}"},
        {ONLY("\"pids-limit\":9"),
         "{\"linux\":{\"resources\":{\"pids\":{\"limit\":7},\"unified\":{\"pids.max\":\"max\"}}}}",
         "{\"linux\":{\"resources\":{\"pids\":{\"limit\":7},\"unified\":{\"pids.max\":\"9\"}}}}"},
        {ONLY("\"memory\":\"64m\",\"cpus\":0.5"),
         "{\"linux\":{\"resources\":{\"cpu\":{\"shares\":2}}}}",
         "{\"linux\":{\"resources\":{\"cpu\":{\"shares\":2,\"quota\":50000},\"memory\":{\"limit\":"
         "67108864}}}}"},
        {ONLY("\"cpus\":2"), "{\"linux\":{\"resources\":{\"cpu\":{\"period\":10000}}}}",
         "{\"linux\":{\"resources\":{\"cpu\":{\"period\":10000,\"quota\":20000}}}}"},
        {ONLY("\"no-new-privileges\":true"),
         "{\"process\":{\"noNewPrivileges\":false},\"linux\":{\"resources\":{}}}",
         "{\"process\":{\"noNewPrivileges\":true},\"linux\":{\"resources\":{}}}"},
        {ONLY("\"drop-capabilities\":[\"CAP_CHOWN\",\"kill\"]"),
         CAPS("\"CAP_CHOWN\",\"CAP_NET_RAW\",\"CAP_KILL\""), CAPS("\"CAP_CHOWN\",\"CAP_KILL\"")},
        {ONLY("\"drop-capabilities\":[]"), CAPS("\"CAP_CHOWN\""), CAPS("")},
        {ONLY("\"read-only-root\":true"),
         "{\"root\":{\"path\":\"r\"},\"mounts\":[{\"destination\":\"/tmp\",\"type\":\"tmpfs\"}],"
         "\"linux\":{\"resources\":{}}}",
         "{\"root\":{\"path\":\"r\",\"readonly\":true},\"mounts\":[{\"destination\":\"/run\","
         "\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\",\"mode=755\","
         "\"size=67108864\"]},{\"destination\":\"/tmp\",\"type\":\"tmpfs\"}],\"linux\":{"
         "\"resources\":{}}}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct rig rig;
        open_rig(&rig);
        assert_string_equal(mended(&rig, rows[i][0], rows[i][1]), rows[i][2]);
        /* and what it gives stays as it is */
        char *once = strdup(rows[i][2]);
        assert_string_equal(mended(&rig, rows[i][0], once), once);
        free(once);
        close_rig(&rig);
    }
}

static bool has(struct bw_value list, const char *word)
{
    for (uint32_t i = 0; i < bw_value_count(list); i++)
        if (bw_value_is(bw_value_index(list, i), word))
            return true;
    return false;
}

static void the_kernel_is_hidden(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig);
    struct bw_value spec = value_of(
        &rig, mended(&rig, NULL, "{\"linux\":{\"maskedPaths\":[\"/mine\",\"/proc/keys\"]}}"));
    struct bw_value masked = bw_value_at(spec, "linux", "maskedPaths", NULL);
    assert_int_equal(bw_value_count(masked), 12);
    assert_true(has(masked, "/mine") && has(masked, "/sys/firmware") && has(masked, "/proc/keys"));
    assert_true(has(bw_value_at(spec, "linux", "readonlyPaths", NULL), "/proc/sys"));
    close_rig(&rig);
}

/* What the profile lets pass goes by the capabilities that are left. */
static void calls_are_filtered(void **state)
{
    (void)state;
    static const char spec[] = CAPS("\"CAP_SYS_ADMIN\"");
    struct rig rig;
    open_rig(&rig);
    struct bw_value open = value_of(&rig, mended(&rig, NULL, spec));
    struct bw_value closed =
        value_of(&rig, mended(&rig, "{\"drop-capabilities\":[\"CHOWN\"]}", spec));
    bool allowed[2] = {false, false};
    for (size_t i = 0; i < 2; i++) {
        struct bw_value seccomp = bw_value_at(i ? closed : open, "linux", "seccomp", NULL);
        struct bw_value calls = bw_value_get(seccomp, BW_STR("syscalls"));
        assert_true(bw_value_is(bw_value_get(seccomp, BW_STR("defaultAction")), "SCMP_ACT_ERRNO"));
        for (uint32_t j = 0; j < bw_value_count(calls); j++) {
            struct bw_value rule = bw_value_index(calls, j);
            if (bw_value_is(bw_value_get(rule, BW_STR("action")), "SCMP_ACT_ALLOW"))
                allowed[i] |= has(bw_value_get(rule, BW_STR("names")), "mount");
        }
    }
    assert_true(allowed[0]);
    assert_false(allowed[1]);
    close_rig(&rig);
}

/* A profile that somebody chose stays, whatever it is. */
static void what_was_chosen_stays(void **state)
{
    (void)state;
    static const char spec[] =
        "{\"linux\":{\"resources\":{\"pids\":{\"limit\":5}},\"seccomp\":{\"defaultAction\":"
        "\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\"}]}}}";
    struct rig rig;
    open_rig(&rig);
    assert_string_equal(mended(&rig, "{\"masked-paths\":false}", spec), spec);
    close_rig(&rig);
}

/* It gets a limit of processes; all else would break what somebody allowed on purpose. */
static void a_privileged_container_is_left_alone(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig);
    struct bw_buf spec BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
    bw_buf_str(&spec, BW_STR("{\"process\":{\"capabilities\":{\"bounding\":["));
    for (unsigned i = 0; i < 41; i++)
        bw_buf_printf(&spec, "%s\"CAP_%u\"", i ? "," : "", i);
    bw_buf_str(&spec,
               BW_STR("]}},\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"access\":"
                      "\"rwm\"}]}}}"));
    bw_buf_byte(&spec, 0);
    struct bw_value value = value_of(
        &rig, mended(&rig, "{\"read-only-root\":true,\"drop-capabilities\":[],\"memory\":1}",
                     (const char *)spec.p));
    assert_int_equal(bw_value_at(value, "linux", "resources", "pids", "limit", NULL).i, 512);
    assert_int_equal(bw_value_count(bw_value_get(value, BW_STR("linux"))), 1);
    assert_int_equal(bw_value_count(bw_value_at(value, "linux", "resources", NULL)), 2);
    assert_int_equal(
        bw_value_count(bw_value_at(value, "process", "capabilities", "bounding", NULL)), 41);
    close_rig(&rig);
}

static void limits_are_not_lifted(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"pids\":{\"limit\":-1}}", "{\"pids\":{\"limit\":512}}"},
        {"{\"pids\":{\"limit\":0}}", "{\"pids\":{\"limit\":0}}"},
        {"{\"pids\":{\"limit\":900}}", "{\"pids\":{\"limit\":900}}"},
        {"{\"memory\":{\"limit\":-1},\"cpu\":{\"quota\":-1}}",
         "{\"memory\":{\"limit\":1024},\"cpu\":{\"quota\":100000}}"},
        {"{\"unified\":{\"pids.max\":\"max\"}}", "{\"unified\":{\"pids.max\":\"512\"}}"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct rig rig;
        open_rig(&rig);
        struct bw_harden harden = configured(&rig, "{\"memory\":\"1k\",\"cpus\":1}");
        struct bw_value operations = bw_value_list(&rig.make, 0);
        struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
        bw_harden_resources(&harden, value_of(&rig, rows[i][0]), &rig.make, &operations);
        bw_object_json(operations, false, &json);
        assert_int_equal(
            bw_json_patch(bw_str(rows[i][0]), bw_buf_slice(&json), &rig.text, &rig.err), 0);
        bw_buf_byte(&rig.text, 0);
        assert_string_equal((const char *)rig.text.p, rows[i][1]);
        close_rig(&rig);
    }
}

static void a_slip_of_the_pen_is_told(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"[]", "harden: not an object"},
        {"{\"pids\":5}", "harden: \"pids\" is not known"},
        {"{\"pids-limit\":0}", "harden: \"pids-limit\" wants a number over 0, or false"},
        {"{\"pids-limit\":true}", "harden: \"pids-limit\" wants a number over 0, or false"},
        {"{\"memory\":\"12x\"}", "harden: \"memory\" wants bytes, as \"512m\", or false"},
        {"{\"memory\":\"99999999999999g\"}",
         "harden: \"memory\" wants bytes, as \"512m\", or false"},
        {"{\"cpus\":0}", "harden: \"cpus\" wants a number of 0.01 or more, or false"},
        {"{\"cpus\":1e9}", "harden: \"cpus\" wants at most 100000"},
        {"{\"seccomp\":\"yes\"}", "harden: \"seccomp\" wants true or false"},
        {"{\"drop-capabilities\":true}",
         "harden: \"drop-capabilities\" wants the list of those that stay, or false"},
        {"{\"drop-capabilities\":[5]}",
         "harden: \"drop-capabilities\" wants names of capabilities"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct rig rig;
        struct bw_harden harden;
        open_rig(&rig);
        assert_int_equal(bw_harden_read(value_of(&rig, rows[i][0]), &harden, &rig.err), BW_EFORMAT);
        assert_string_equal(rig.err.msg, rows[i][1]);
        close_rig(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_mends_what_is_missing),
        cmocka_unit_test(the_kernel_is_hidden),
        cmocka_unit_test(calls_are_filtered),
        cmocka_unit_test(what_was_chosen_stays),
        cmocka_unit_test(a_privileged_container_is_left_alone),
        cmocka_unit_test(limits_are_not_lifted),
        cmocka_unit_test(a_slip_of_the_pen_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
