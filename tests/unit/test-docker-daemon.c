/*
 * What the Docker guard asks its daemon: which questions are put, and what becomes of a daemon that
 * does not answer. The daemon is a child process on a Unix socket.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "enforce/docker-daemon.h"
#include "enforce/docker-guard.h"

static void asks_for_what_requests_name_and_nothing_else(void **state)
{
    static const char *const fine[] = {
        "/volumes/data",
        "/volumes/a.b_c-d",
        "/containers/0a1b2c/json",
        "/images/docker.io/library/debian:13/json",
        "/images/sha256:abc/json",
        "/images/x@sha256:abc/json",
        "/networks/shop_default",
        "/exec/0a1b/json",
        "/plugins/vieux/sshfs:latest/json",
    };
    static const char *const refused[] = {
        "",
        "/",
        "/info",
        "/volumes/",
        "/volumes/..",
        "/volumes/../containers/json",
        "/volumes/a/b",
        "/volumes/a?force=1",
        "/volumes/a%2fb",
        "/volumes/a b",
        "/volumes/a\r\nX: y",
        "/containers/json",
        "/containers/x",
        "/containers//json",
        "/containers/x/archive",
        "/containers/x/archive?path=/json",
        "/containers/x/logs/json",
        "/images/../info/json",
        "/images/a//b/json",
        "/images/a:/json",
        "/images//json",
        "/v1.41/volumes/data",
        "volumes/data",
        "http://elsewhere/volumes/data",
        "/secrets/x",
    };
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(fine); i++)
        if (!bw_docker_daemon_may_ask(bw_str(fine[i])))
            fail_msg("%s is not asked for", fine[i]);
    for (size_t i = 0; i < BW_ARRAY_LEN(refused); i++)
        if (bw_docker_daemon_may_ask(bw_str(refused[i])))
            fail_msg("%s is asked for", refused[i]);
    char longer[600] = "/volumes/";
    memset(longer + strlen(longer), 'a', 580);
    assert_false(bw_docker_daemon_may_ask(bw_str_n(longer, 589)));
    assert_false(bw_docker_daemon_may_ask(bw_str_n("/volumes/a\0b", 12)));
}

static void knows_the_runtime_gate_by_its_program(void **state)
{
    static const struct {
        const char *info;
        int has; /* -1: not to be understood */
    } rows[] = {
        {"{\"DefaultRuntime\":\"runc\",\"Runtimes\":{\"runc\":{\"path\":\"runc\"},"
         "\"bulwark\":{\"path\":\"/usr/bin/bulwark-runtime\"}}}",
         0},
        {"{\"DefaultRuntime\":\"bulwark\",\"Runtimes\":{\"runc\":{\"path\":\"runc\"},"
         "\"bulwark\":{\"path\":\"/usr/bin/bulwark-runtime\"}}}",
         1},
        {"{\"DefaultRuntime\":\"bulwark-runtime\"}", 1},
        /* A name alone says nothing where there is a program. */
        {"{\"DefaultRuntime\":\"bulwark-runtime\",\"Runtimes\":"
         "{\"bulwark-runtime\":{\"path\":\"/usr/bin/runc\"}}}",
         0},
        {"{\"DefaultRuntime\":\"x\",\"Runtimes\":{\"x\":{\"path\":\"/not-bulwark-runtime\"}}}", 0},
        {"{}", -1},
        {"{\"DefaultRuntime\":1}", -1},
        {"", -1},
        {"nonsense", -1},
    };
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_err err = {0};
        bool has = false;
        int rc = bw_docker_daemon_info_has_runtime_gate(bw_str(rows[i].info), &has, &err);
        if (rows[i].has < 0)
            assert_int_equal(rc, BW_EFORMAT);
        else if (rc || has != (rows[i].has == 1))
            fail_msg("%s: %d %d", rows[i].info, rc, has);
    }
}

/* --- a daemon --- */

struct daemon {
    char directory[64], socket[96], host[128];
    pid_t pid;
};

/* Answers each connection with the text; NULL: with silence. */
static void serve(int listener, const char *answer)
{
    for (;;) {
        char request[4096];
        int fd = accept(listener, NULL, NULL);
        ssize_t got = fd < 0 ? -1 : read(fd, request, sizeof request);
        if (got <= 0)
            _exit(1);
        if (!answer)
            pause();
        ssize_t put = write(fd, answer, strlen(answer));
        (void)put;
        close(fd);
    }
}

static void start(struct daemon *daemon, const char *answer)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(daemon->directory, sizeof daemon->directory, "/tmp/bulwark-test-XXXXXX");
    assert_non_null(mkdtemp(daemon->directory));
    snprintf(daemon->socket, sizeof daemon->socket, "%s/s", daemon->directory);
    snprintf(daemon->host, sizeof daemon->host, "unix://%s", daemon->socket);
    memcpy(at.sun_path, daemon->socket, sizeof daemon->socket);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 8), 0);
    daemon->pid = fork();
    assert_true(daemon->pid >= 0);
    if (!daemon->pid)
        serve(listener, answer);
    close(listener);
}

static void stop(struct daemon *daemon)
{
    kill(daemon->pid, SIGKILL);
    waitpid(daemon->pid, NULL, 0);
    unlink(daemon->socket);
    rmdir(daemon->directory);
}

static int ask(struct daemon *daemon, const char *path, struct bw_buf *answer)
{
    struct bw_err err = {0};
    return bw_docker_daemon_ask(daemon->host, bw_str(path), answer, &err);
}

static void gives_the_answer(void **state)
{
    struct daemon daemon;
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    (void)state;
    start(&daemon, "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"Name\":\"data\"}\n");
    assert_int_equal(ask(&daemon, "/volumes/data", &answer), 0);
    assert_int_equal(answer.n, 16);
    assert_memory_equal(answer.p, "{\"Name\":\"data\"}\n", 16);
    assert_int_equal(ask(&daemon, "/volumes/../info", &answer), BW_EUSAGE);
    stop(&daemon);
}

static void tells_what_is_not_there_from_a_daemon_that_is_not(void **state)
{
    struct daemon daemon;
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    (void)state;
    start(&daemon, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(ask(&daemon, "/volumes/data", &answer), BW_ENOENT);
    stop(&daemon);
    assert_int_equal(ask(&daemon, "/volumes/data", &answer), BW_ENET);
    start(&daemon, "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(ask(&daemon, "/volumes/data", &answer), BW_ENET);
    stop(&daemon);
    assert_int_equal(answer.n, 0);
}

static void waits_no_longer_than_the_deadline(void **state)
{
    struct daemon daemon;
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    (void)state;
    start(&daemon, NULL);
    int64_t began = bw_clock_monotonic_ms();
    assert_int_equal(ask(&daemon, "/volumes/data", &answer), BW_ETIMEOUT);
    assert_true(bw_clock_monotonic_ms() - began < 30000); /* not the 900 s of an export */
    stop(&daemon);
}

static void takes_no_answer_beyond_its_bound(void **state)
{
    struct daemon daemon;
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(8);
    (void)state;
    start(&daemon, "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"Name\":\"data\"}\n");
    assert_int_equal(ask(&daemon, "/volumes/data", &answer), BW_ELIMIT);
    stop(&daemon);
}

#define INFO(runtime)                                                                              \
    "HTTP/1.1 200 OK\r\nContent-Length: 93\r\n\r\n"                                                \
    "{\"DefaultRuntime\":\"" runtime                                                               \
    "\",\"Runtimes\":{\"ours\":{\"path\":\"/opt/bulwark-runtime\"},\"runc\":{}}}      "

static void loads_anew_when_the_runtime_gate_comes_and_goes(void **state)
{
    struct bw_docker_guard guard = {0};
    struct daemon daemon;
    bool reload = false;
    (void)state;
    start(&daemon, INFO("ours"));
    guard.host = daemon.host;
    assert_int_equal(bw_docker_guard_tick(&guard, &reload, NULL), 0);
    assert_true(reload);
    assert_true(bw_docker_guard_mends_later(&guard));
    assert_int_equal(bw_docker_guard_tick(&guard, &reload, NULL), 0);
    assert_false(reload);
    stop(&daemon);
    /* One that is away is as it was: it starts nothing meanwhile. */
    for (unsigned i = 0; i < 100; i++)
        assert_true(bw_docker_guard_tick(&guard, &reload, NULL) == 0 && !reload);
    assert_true(bw_docker_guard_mends_later(&guard));
    start(&daemon, INFO("runc"));
    guard.host = daemon.host;
    for (unsigned i = 0; i < 100 && !reload; i++)
        assert_int_equal(bw_docker_guard_tick(&guard, &reload, NULL), 0);
    assert_true(reload);
    assert_false(bw_docker_guard_mends_later(&guard));
    stop(&daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_what_requests_name_and_nothing_else),
        cmocka_unit_test(knows_the_runtime_gate_by_its_program),
        cmocka_unit_test(gives_the_answer),
        cmocka_unit_test(tells_what_is_not_there_from_a_daemon_that_is_not),
        cmocka_unit_test(waits_no_longer_than_the_deadline),
        cmocka_unit_test(takes_no_answer_beyond_its_bound),
        cmocka_unit_test(loads_anew_when_the_runtime_gate_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
