#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "acquire/command.h"

struct ran {
    int rc, code;
    struct bw_buf output, errors;
};

static struct ran run_shell(const char *script, const char *input, int64_t timeout_ms, size_t max)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct ran ran = {.code = -1, .output = BW_BUF(max), .errors = BW_BUF(16)};
    const struct bw_command command = {.argv = argv,
                                       .input = bw_str(input),
                                       .timeout_ms = timeout_ms,
                                       .output = &ran.output,
                                       .errors = &ran.errors};
    ran.rc = bw_command_run(&command, &ran.code, NULL);
    return ran;
}

static void done(struct ran *ran)
{
    bw_buf_free(&ran->output);
    bw_buf_free(&ran->errors);
}

static void answers(void **state)
{
    (void)state;
    struct ran ran = run_shell("cat; echo oops >&2; exit 3", "hello", 60000, 100);
    assert_int_equal(ran.rc, 0);
    assert_int_equal(ran.code, 3);
    assert_true(bw_str_eq(bw_buf_slice(&ran.output), BW_STR("hello")));
    assert_true(bw_str_eq(bw_buf_slice(&ran.errors), BW_STR("oops\n")));
    done(&ran);
    /* Errors are cut, and a program need not read what it is given. */
    ran = run_shell("printf 0123456789abcdef0123 >&2; kill -9 $$", "hello", 60000, 100);
    assert_int_equal(ran.rc, 0);
    assert_int_equal(ran.code, 128 + 9);
    assert_true(ran.errors.n <= 16);
    done(&ran);
}

static void is_bounded(void **state)
{
    (void)state;
    struct ran ran = run_shell("while :; do echo more; done", "", 60000, 1000);
    assert_int_equal(ran.rc, BW_ELIMIT);
    done(&ran);
    ran = run_shell("sleep 1000", "", 200, 100);
    assert_int_equal(ran.rc, BW_ETIMEOUT);
    done(&ran);
    ran = run_shell("exec >&- 2>&-; sleep 1000", "", 200, 100);
    assert_int_equal(ran.rc, BW_ETIMEOUT);
    assert_int_equal(ran.code, -1);
    done(&ran);
}

static void is_not_there(void **state)
{
    (void)state;
    const char *const argv[] = {"no-such-program-anywhere", NULL};
    struct bw_buf output = BW_BUF(10);
    const struct bw_command command = {.argv = argv, .timeout_ms = 1000, .output = &output};
    struct bw_err err = {0};
    int code = -1;
    assert_int_equal(bw_command_run(&command, &code, &err), BW_ENOENT);
    assert_non_null(strstr(err.msg, "no-such-program-anywhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
