#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "runtime/args.h"

#define WORDS_MAX 32

/* Parses words of one line, which must live on. */
static void parse(char *line, struct bw_runtime_args *args)
{
    char *argv[WORDS_MAX];
    int argc = 0;
    struct bw_err err;
    for (char *word = strtok(line, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    assert_int_equal(bw_runtime_args_parse(argc, argv, args, &err), 0);
}

static const char *act_name(enum bw_runtime_act act)
{
    static const char *const names[] = {"pass", "create", "exec", "update", "hook", "refuse"};
    return names[act];
}

/* The command, what is done about it, and the container and bundle it is understood to be about. */
static void commands_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *line, *act, *id, *bundle;
    } rows[] = {
        /* as containerd's shim, conmon and people call it */
        {"r --root /run/r --log /l --log-format json create --bundle /b --pid-file /p x", "create",
         "x", "/b"},
        {"r --root=/run/r --systemd-cgroup --log-format=json --log=/l create --bundle /b x",
         "create", "x", "/b"},
        {"r run -b /b x", "create", "x", "/b"},
        {"r run x", "create", "x", NULL},
        {"r --rootless auto restore --image-path /i --bundle /b x", "create", "x", "/b"},
        {"r --cgroup-manager cgroupfs run --config f.json x", "create", "x", NULL},
        {"r create --bundle=/b -- x", "create", "x", "/b"},
        /* values are not verbs, and verbs are not values */
        {"r --root create state x", "pass", NULL, NULL},
        {"r --log exec --root run kill x 9", "pass", NULL, NULL},
        {"r create --bundle run --pid-file exec x", "create", "x", "run"},
        {"r --root create", "pass", NULL, NULL},
        /* what starts nothing */
        {"r --root /x state x", "pass", NULL, NULL},
        {"r delete --force x", "pass", NULL, NULL},
        {"r features", "pass", NULL, NULL},
        {"r start x", "pass", NULL, NULL},
        {"r", "pass", NULL, NULL},
        {"r --version", "pass", NULL, NULL},
        {"r -?", "pass", NULL, NULL},
        {"r --debug", "pass", NULL, NULL},
        {"r --unknown delete x", "pass", NULL, NULL},
        {"r exec --user 0:0 -e A=b -t x sh -c ls", "exec", "x", NULL},
        {"r exec --process /p x", "exec", "x", NULL},
        {"r update --resources - x", "update", "x", NULL},
        {"r update --pids-limit -1 x", "update", "x", NULL},
        {"r hook", "hook", NULL, NULL},
        /* what could be read in two ways */
        {"r create -bundle /b x", "refuse", NULL, NULL},
        {"r create -b/b x", "refuse", NULL, NULL},
        {"r create --bun /b x", "refuse", NULL, NULL},
        {"r create --bundle --keep x", "refuse", NULL, NULL},
        {"r create x --bundle /b", "refuse", NULL, NULL},
        {"r create x y", "refuse", NULL, NULL},
        {"r create", "refuse", NULL, NULL},
        {"r create --bundle", "refuse", NULL, NULL},
        {"r exec -dt x sh", "refuse", NULL, NULL},
        {"r --unknown create x", "refuse", NULL, NULL},
        {"r --unknown value run x", "refuse", NULL, NULL},
        {"r --help create x", "refuse", NULL, NULL},
        {"r mounts add x", "refuse", NULL, NULL},
        {"r Create x", "refuse", NULL, NULL},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        char line[256];
        struct bw_runtime_args args;
        snprintf(line, sizeof line, "%s", rows[i].line);
        parse(line, &args);
        if (strcmp(act_name(args.act), rows[i].act) != 0)
            fail_msg("%s: %s, not %s (%s)", rows[i].line, act_name(args.act), rows[i].act,
                     args.why);
        if (rows[i].id)
            assert_string_equal(args.id, rows[i].id);
        const char *bundle = bw_runtime_value(&args, BW_RUNTIME_BUNDLE, NULL);
        if (rows[i].bundle)
            assert_string_equal(bundle, rows[i].bundle);
        else if (args.act != BW_RUNTIME_REFUSE)
            assert_null(bundle);
        bw_runtime_args_free(&args);
    }
}

static void our_own_option_is_taken_off(void **state)
{
    (void)state;
    static const char *const lines[] = {"r --bulwark-config /c --log /l create x",
                                        "r --bulwark-config=/c --log /l create x"};
    for (size_t i = 0; i < BW_ARRAY_LEN(lines); i++) {
        char line[256];
        struct bw_runtime_args args;
        snprintf(line, sizeof line, "%s", lines[i]);
        parse(line, &args);
        assert_int_equal(args.act, BW_RUNTIME_CREATE);
        assert_string_equal(args.configuration, "/c");
        assert_int_equal(args.argc, 5);
        assert_string_equal(args.argv[1], "--log");
        assert_string_equal(bw_runtime_value(&args, BW_RUNTIME_LOG, ""), "/l");
        assert_null(args.argv[5]);
        bw_runtime_args_free(&args);
    }
    /* behind the verb it is none of ours */
    char line[] = "r create --bulwark-config /c x";
    struct bw_runtime_args args;
    parse(line, &args);
    assert_int_equal(args.act, BW_RUNTIME_REFUSE);
    assert_null(args.configuration);
    bw_runtime_args_free(&args);
}

static void values_are_replaced(void **state)
{
    (void)state;
    char line[] = "r exec -p /a --process=/b x";
    struct bw_runtime_args args;
    struct bw_err err;
    parse(line, &args);
    const struct bw_runtime_option *option = bw_runtime_option(&args, BW_RUNTIME_PROCESS);
    assert_string_equal(option->value, "/b"); /* the last one counts */
    assert_int_equal(bw_runtime_args_replace(&args, option, "/c", &err), 0);
    assert_string_equal(args.argv[4], "--process=/c");
    assert_int_equal(bw_runtime_args_replace(&args, &args.options[0], "/d", &err), 0);
    assert_string_equal(args.argv[3], "/d");
    bw_runtime_args_free(&args);
}

static void what_a_process_is_given(void **state)
{
    (void)state;
    char line[] =
        "r exec --cap CAP_SYS_ADMIN -c CAP_BPF --no-new-privs=false --user 5:6 x sh --cap y";
    struct bw_runtime_args args;
    parse(line, &args);
    assert_int_equal(args.act, BW_RUNTIME_EXEC);
    assert_int_equal(args.options_n, 4);
    assert_string_equal(args.options[0].value, "CAP_SYS_ADMIN");
    assert_string_equal(args.options[1].value, "CAP_BPF");
    assert_string_equal(bw_runtime_value(&args, BW_RUNTIME_NO_NEW_PRIVILEGES, ""), "false");
    assert_string_equal(args.argv[args.command], "sh");
    bw_runtime_args_free(&args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_understood),
        cmocka_unit_test(our_own_option_is_taken_off),
        cmocka_unit_test(values_are_replaced),
        cmocka_unit_test(what_a_process_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
