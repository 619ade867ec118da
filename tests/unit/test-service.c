/*
 * A service with its real processes, over a Unix socket and over TLS: what it answers, what it
 * survives, and that nothing is lost while it is told other things.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "service-rig.h"

static char text[(size_t)1 << 20];

static void answers_and_keeps_connections(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig_start(&rig);
    int fd = rig_connect(&rig);
    assert_true(fd >= 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_ask(fd, "POST", "/a%2fb?c=%41", "{}", text, sizeof text), 200);
        assert_string_equal(text, "POST /a%2fb?c=%41 2 fresh peer=");
    }
    assert_int_equal(rig_ask(fd, "GET", "/healthz", "", text, sizeof text), 200);
    assert_int_equal(rig_ask(fd, "GET", "/readyz", "", text, sizeof text), 200);
    assert_string_equal(text, "ok\n");
    close(fd);
    assert_true(rig_metric(&rig, "bulwark_policies") > 10);
    assert_true(rig_metric(&rig, "bulwark_server_starts_total") == 1);
    assert_true(rig_metric(&rig, "bulwark_decisions_total{verdict=\"allow\"}") == 3);
    struct stat st;
    assert_int_equal(stat(rig.socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_and_keeps_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
