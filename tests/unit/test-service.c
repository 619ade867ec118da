/*
 * A service with its real processes, over a Unix socket: what it answers, what it survives, and
 * that nothing is lost while it is told other things.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "enforce/service-parts.h"
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

/* --- look-ups --- */

static void asks_are_answered(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig_start(&rig);
    int fd = rig_connect(&rig);
    assert_int_equal(rig_ask(fd, "POST", "/ask?a,none,long", "{}", text, sizeof text), 200);
    assert_string_equal(text, "3 <a>;missing none;1000006 <long>;");
    assert_int_equal(rig_ask(fd, "POST", "/again", "{}", text, sizeof text), 200);
    assert_string_equal(text, "3 <x>;3 <x>;");
    assert_int_equal(rig_ask(fd, "POST", "/ask?a,bad", "{}", text, sizeof text), 200);
    assert_string_equal(text, "denied: bad: the daemon is away");
    close(fd);
    rig_end(&rig);
}

static void a_slow_answer_holds_up_nobody(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig.options.threads = 1;
    rig_start(&rig);
    int slow = rig_connect(&rig), quick = rig_connect(&rig);
    static const char ask[] = "POST /ask?slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    rig_send(slow, ask, sizeof ask - 1);
    int64_t from = bw_clock_monotonic_ms();
    for (int i = 0; i < 20; i++)
        assert_int_equal(rig_ask(quick, "POST", "/ask?a", "{}", text, sizeof text), 200);
    assert_true(bw_clock_monotonic_ms() - from < 900);
    /* And is not waited for longer than a request may take. */
    assert_int_equal(rig_read(slow, text, sizeof text), 200);
    assert_string_equal(text, "denied: slow: no answer came in time");
    assert_int_equal(rig_ask(slow, "POST", "/ask?a", "{}", text, sizeof text), 200);
    assert_string_equal(text, "3 <a>;");
    close(slow);
    close(quick);
    rig_end(&rig);
}

/* --- bounds --- */

static void long_bodies_are_refused(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig.options.body_max = 10000;
    rig_start(&rig);
    int fd = rig_connect(&rig);
    static const char told[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10001\r\n\r\n";
    rig_send(fd, told, sizeof told - 1);
    assert_int_equal(rig_read(fd, text, sizeof text), 413);
    close(fd);
    fd = rig_connect(&rig);
    static const char chunked[] =
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    rig_send(fd, chunked, sizeof chunked - 1);
    for (int i = 0; i < 11; i++) {
        static char chunk[1000];
        rig_send(fd, "3e8\r\n", 5);
        rig_send(fd, chunk, sizeof chunk);
        rig_send(fd, "\r\n", 2);
    }
    rig_send(fd, "0\r\n\r\n", 5);
    assert_int_equal(rig_read(fd, text, sizeof text), 413);
    close(fd);
    fd = rig_connect(&rig);
    rig_send(fd, chunked, sizeof chunked - 1);
    rig_send(fd, "3\r\nabc\r\n0\r\n\r\n", 13);
    assert_int_equal(rig_read(fd, text, sizeof text), 200);
    assert_string_equal(text, "POST /? 3 fresh peer=");
    close(fd);
    assert_true(rig_metric(&rig, "bulwark_refused_requests_total") == 2);
    rig_end(&rig);
}

static void bodies_share_a_bounded_memory(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig.options.body_max = (size_t)1 << 20;
    rig.options.memory_max = (size_t)4 << 20;
    rig.options.deadline_ms = 5000;
    rig_start(&rig);
    static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
    static char part[600000];
    int fds[8];
    for (int i = 0; i < 8; i++) {
        fds[i] = rig_connect(&rig);
        rig_send(fds[i], head, sizeof head - 1);
        rig_send(fds[i], part, sizeof part);
    }
    /* Half of the memory is left to small ones. */
    static char small[100001];
    memset(small, ' ', sizeof small - 1);
    assert_int_equal(rig_once(&rig, "POST", "/", small, text, sizeof text), 200);
    int served = 0, refused = 0;
    for (int i = 0; i < 8; i++) {
        rig_send(fds[i], part, 400000);
        int status = rig_read(fds[i], text, sizeof text);
        served += status == 200;
        refused += status == 503;
        close(fds[i]);
    }
    /* Replies count, too. */
    assert_int_equal(rig_once(&rig, "POST", "/big", "{}", text, sizeof text), 503);
    assert_true(served >= 1);
    assert_true(refused >= 1);
    assert_int_equal(served + refused, 8);
    rig_end(&rig);
}

static void slow_and_odd_clients_are_cut(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig.options.deadline_ms = 500;
    rig_start(&rig);
    static const char *const starts[] = {
        "",
        "POST / HTTP/1.1\r\nHost: x\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "\x16\x03\x01\x02",
    };
    int fds[BW_ARRAY_LEN(starts)];
    for (size_t i = 0; i < BW_ARRAY_LEN(starts); i++) {
        fds[i] = rig_connect(&rig);
        rig_send(fds[i], starts[i], strlen(starts[i]));
    }
    int64_t from = bw_clock_monotonic_ms();
    for (size_t i = 0; i < BW_ARRAY_LEN(starts); i++) {
        assert_int_equal(rig_read(fds[i], text, sizeof text), 0);
        close(fds[i]);
    }
    assert_true(bw_clock_monotonic_ms() - from < 5000);
    static const char *const garbage[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "POST / HTTP/9.9\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "\x80\x81\x82\x83\r\n\r\n",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(garbage); i++) {
        int fd = rig_connect(&rig);
        rig_send(fd, garbage[i], strlen(garbage[i]));
        shutdown(fd, SHUT_WR);
        rig_read(fd, text, sizeof text);
        close(fd);
    }
    int fd = rig_connect(&rig);
    rig_send(fd, "GET /", 5);
    memset(text, 'a', 200000);
    rig_send(fd, text, 200000);
    close(fd);
    assert_int_equal(rig_once(&rig, "POST", "/", "{}", text, sizeof text), 200);
    assert_true(rig_metric(&rig, "bulwark_server_starts_total") == 1);
    rig_end(&rig);
}

static void idle_connections_make_room(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig.options.connections_max = 64;
    rig.options.deadline_ms = 30000;
    rig_start(&rig);
    enum {
        N = 400
    };
    int fds[N];
    for (int i = 0; i < N; i++) {
        fds[i] = rig_connect(&rig);
        rig_send(fds[i], "POST", 4);
    }
    assert_int_equal(rig_once(&rig, "POST", "/", "{}", text, sizeof text), 200);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    assert_true(rig_metric(&rig, "bulwark_server_starts_total") == 1);
    rig_end(&rig);
}

/* --- load, while things happen --- */

struct client {
    pthread_t thread;
    const struct rig *rig;
    _Atomic bool *stop;
    unsigned served, failed;
};

/* On one connection as long as it lasts. */
static void *run_client(void *arg)
{
    struct client *client = arg;
    char reply[4096];
    int fd = -1;
    while (!atomic_load(client->stop)) {
        if (fd < 0)
            fd = rig_connect(client->rig);
        const char *path = client->served % 3 ? "/x" : "/ask?a,b";
        int status = fd < 0 ? 0 : rig_ask(fd, "POST", path, "{}", reply, sizeof reply);
        if (status == 200 && !strstr(reply, "denied")) {
            client->served++;
            continue;
        }
        client->failed++;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

#define CLIENTS 8

static void start_load(const struct rig *rig, struct client clients[CLIENTS], _Atomic bool *stop)
{
    atomic_store(stop, false);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.rig = rig, .stop = stop};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, run_client, &clients[i]), 0);
    }
}

static void end_load(struct client clients[CLIENTS], _Atomic bool *stop, unsigned *ret_served,
                     unsigned *ret_failed)
{
    *ret_served = *ret_failed = 0;
    atomic_store(stop, true);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        *ret_served += clients[i].served;
        *ret_failed += clients[i].failed;
    }
}

static void rules_change_without_a_lost_request(void **state)
{
    (void)state;
    struct rig rig;
    struct client clients[CLIENTS];
    _Atomic bool stop;
    unsigned served, failed;
    rig_new(&rig);
    rig_start(&rig);
    double before = rig_metric(&rig, "bulwark_policies");
    start_load(&rig, clients, &stop);
    rig_write(rig.rules, "{\"profiles\":[\"restricted\"]}");
    RIG_UNTIL(rig_metric(&rig, "bulwark_policies") > before);
    for (int i = 0; i < 5; i++) {
        kill(rig.pid, SIGHUP);
        RIG_UNTIL(rig_metric(&rig, "bulwark_reloads_total") >= 3 + i);
    }
    end_load(clients, &stop, &served, &failed);
    assert_true(served > 0);
    assert_int_equal(failed, 0);
    assert_true(rig_metric(&rig, "bulwark_server_starts_total") == 1);
    rig_end(&rig);
}

static void rules_that_do_not_load_leave_the_old_ones(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig_start(&rig);
    double policies = rig_metric(&rig, "bulwark_policies");
    rig_write(rig.rules, "{\"profiles\":[\"no-such-profile\"]}");
    RIG_UNTIL(rig_metric(&rig, "bulwark_rules_stale") == 1);
    RIG_UNTIL(rig_once(&rig, "GET", "/readyz", "", text, sizeof text) == 200 &&
              strstr(text, "rules are stale") && strstr(text, "no-such-profile"));
    assert_int_equal(rig_once(&rig, "POST", "/", "{}", text, sizeof text), 200);
    assert_string_equal(text, "POST /? 2 stale peer=");
    assert_true(rig_metric(&rig, "bulwark_policies") == policies);
    assert_true(rig_said(&rig, "the old ones stay in force"));
    /* A server that is replaced meanwhile has the old ones, too, and says so. */
    unlink(rig.rules);
    RIG_UNTIL(rig_once(&rig, "GET", "/readyz", "", text, sizeof text) == 200 &&
              strstr(text, "rules.json"));
    rig_write(rig.rules, "{\"profiles\":[\"restricted\"]}");
    RIG_UNTIL(rig_metric(&rig, "bulwark_rules_stale") == 0);
    RIG_UNTIL(rig_once(&rig, "GET", "/readyz", "", text, sizeof text) == 200 &&
              strcmp(text, "ok\n") == 0);
    assert_true(rig_metric(&rig, "bulwark_policies") > policies);
    rig_end(&rig);
}

/* The server: the child of the child. */
static pid_t child_of(pid_t parent)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *f = fopen(path, "re");
    int pid = 0;
    if (f) {
        if (fscanf(f, "%d", &pid) != 1)
            pid = 0;
        fclose(f);
    }
    return pid;
}

static void a_killed_server_is_replaced(void **state)
{
    (void)state;
    struct rig rig;
    struct client clients[CLIENTS];
    _Atomic bool stop;
    unsigned served, failed;
    rig_new(&rig);
    rig_start(&rig);
    start_load(&rig, clients, &stop);
    for (int i = 0; i < 3; i++) {
        pid_t server = 0;
        RIG_UNTIL((server = child_of(child_of(rig.pid))) > 0);
        usleep(100000);
        kill(server, SIGKILL);
        RIG_UNTIL(rig_metric(&rig, "bulwark_server_starts_total") == 2 + i);
    }
    end_load(clients, &stop, &served, &failed);
    assert_true(served > 0);
    /* At each kill what was under way on a connection, and no more. */
    print_message("# %u served, %u failed\n", served, failed);
    assert_true(failed <= 3 * CLIENTS);
    assert_true(rig_said(&rig, "ended by signal 9"));
    rig_end(&rig);
}

static void what_is_under_way_ends_before_it_stops(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig.options.deadline_ms = 10000;
    rig.options.drain_ms = 8000;
    rig_start(&rig);
    int slow = rig_connect(&rig), idle = rig_connect(&rig);
    static const char ask[] = "POST /ask?slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(rig_ask(idle, "POST", "/", "{}", text, sizeof text), 200);
    rig_send(slow, ask, sizeof ask - 1);
    RIG_UNTIL(access(rig.asked, F_OK) == 0);
    kill(rig.pid, SIGTERM);
    assert_int_equal(rig_read(slow, text, sizeof text), 200);
    assert_string_equal(text, "6 <slow>;");
    assert_int_equal(rig_read(idle, text, sizeof text), 0);
    close(slow);
    close(idle);
    rig_end(&rig);
}

static bool is_heard(struct bw_service_watch *watch)
{
    struct pollfd fd = {.fd = bw_service_watch_fd(watch), .events = POLLIN};
    bool heard = poll(&fd, 1, 2000) == 1;
    bw_service_watch_drain(watch);
    return heard;
}

/* A directory with one beneath, as policies lie in; and a link that is swapped. */
static void what_is_watched_may_go_and_come_back(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    assert_true(rig_shell("mkdir -p p/sub v1 v2 && echo a > p/sub/x && ln -s v1 link", rig.dir));
    char directory[128], link[128];
    snprintf(directory, sizeof directory, "%s/p", rig.dir);
    snprintf(link, sizeof link, "%s/link", rig.dir);
    const char *const paths[] = {directory, link, NULL};
    struct bw_service_watch *watch = bw_service_watch_new(paths, NULL);
    assert_non_null(watch);
    static const char *const changes[] = {
        "echo b > p/sub/x", "mv p/sub/x p/sub/y", "touch other p/new", "rm -r p",
        "mkdir p",          "echo c > p/z",       "mv p q && mv q p",  "ln -sfn v2 link",
        "chmod 600 p/z",    "echo d > v2/inside",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(changes); i++) {
        bw_service_watch_drain(watch);
        assert_false(bw_service_watch_changed(watch));
        assert_true(rig_shell(changes[i], rig.dir));
        if (!is_heard(watch) || !bw_service_watch_changed(watch))
            fail_msg("not seen: %s", changes[i]);
    }
    assert_true(rig_shell("touch beside", rig.dir));
    assert_false(bw_service_watch_changed(watch));
    bw_service_watch_free(watch);
    nftw(rig.dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- the log --- */

static void decisions_are_recorded_or_denied(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig.options.log = (struct bw_evidence_options){
        .path = rig.log, .rotate_bytes = 2000, .keep = 3, .sync = true};
    rig.options.log_required = true;
    rig_start(&rig);
    int fd = rig_connect(&rig);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(rig_ask(fd, "POST", "/record", "{}", text, sizeof text), 200);
        assert_string_equal(text, "POST /record? 2 fresh peer=");
    }
    struct bw_evidence_verdict verdict = {0};
    struct bw_evidence_question question = {.path = rig.log};
    assert_int_equal(bw_evidence_verify(&question, &verdict, NULL), 0);
    assert_int_equal(verdict.problems, 0);
    assert_int_equal(verdict.last, 30);
    assert_true(verdict.files > 1);
    /* The directory goes: nothing is decided that cannot be recorded. */
    char directory[128];
    snprintf(directory, sizeof directory, "%s/log", rig.dir);
    nftw(directory, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(rig_ask(fd, "POST", "/record", "{}", text, sizeof text), 200);
    assert_non_null(strstr(text, "denied: the decision cannot be recorded"));
    assert_int_equal(rig_ask(fd, "POST", "/other", "{}", text, sizeof text), 200);
    assert_null(strstr(text, "denied"));
    close(fd);
    assert_true(rig_metric(&rig, "bulwark_log_failures_total") == 1);
    assert_true(rig_metric(&rig, "bulwark_undecided_total") == 1);
    /* It comes back, and a server takes it up. */
    assert_int_equal(mkdir(directory, 0700), 0);
    RIG_UNTIL(rig_once(&rig, "POST", "/record", "{}", text, sizeof text) == 200 &&
              !strstr(text, "denied"));
    rig_end(&rig);
}

/* --- start --- */

static int run_to_end(struct rig *rig)
{
    int status = -1;
    rig_start(rig);
    assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
    return WEXITSTATUS(status);
}

static void it_does_not_start_on_sand(void **state)
{
    (void)state;
    struct rig rig, second;
    rig_new(&rig);
    rig_start(&rig);
    rig_new(&second);
    snprintf(second.socket, sizeof second.socket, "%s", rig.socket);
    assert_int_equal(run_to_end(&second), 1);
    assert_true(rig_said(&second, "another process serves"));
    assert_int_equal(rig_once(&rig, "POST", "/", "{}", text, sizeof text), 200);
    nftw(second.dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);

    rig_new(&second);
    rig_write(second.rules, "{\"profiles\":");
    assert_int_equal(run_to_end(&second), 1);
    assert_int_equal(access(second.socket, F_OK), -1);
    nftw(second.dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);

    rig_new(&second);
    second.options.log.path = "/nonexistent/log";
    second.options.log.keep = 1;
    assert_int_equal(run_to_end(&second), 1);
    nftw(second.dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);

    /* What a killed one left behind is no obstacle. */
    rig_new(&second);
    rig_start(&second);
    kill(second.pid, SIGKILL);
    waitpid(second.pid, NULL, 0);
    assert_int_equal(access(second.socket, F_OK), 0);
    unlink(second.errors);
    /* Its server goes with it. */
    RIG_UNTIL(rig_connect(&second) < 0);
    rig_start(&second);
    assert_int_equal(rig_once(&second, "POST", "/", "{}", text, sizeof text), 200);
    rig_end(&second);
    rig_end(&rig);
}

static int bound_socket(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, type, 0);
    struct timeval timeout = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void await(int fd, const char *what)
{
    char state[256];
    ssize_t n = recv(fd, state, sizeof state - 1, 0);
    assert_true(n > 0);
    state[n] = '\0';
    assert_non_null(strstr(state, what));
}

static void a_service_manager_hands_over_and_is_told(void **state)
{
    (void)state;
    struct rig rig;
    char notify[128];
    rig_new(&rig);
    snprintf(rig.socket, sizeof rig.socket, "%s/gate.sock", rig.dir);
    snprintf(notify, sizeof notify, "%s/notify", rig.dir);
    rig.passed = bound_socket(rig.socket, SOCK_STREAM);
    assert_int_equal(listen(rig.passed, 16), 0);
    int told = bound_socket(notify, SOCK_DGRAM);
    setenv("NOTIFY_SOCKET", notify, 1);
    rig_start(&rig);
    unsetenv("NOTIFY_SOCKET");
    await(told, "READY=1");
    assert_int_equal(rig_once(&rig, "POST", "/", "{}", text, sizeof text), 200);
    kill(rig.pid, SIGHUP);
    await(told, "RELOADING=1\nMONOTONIC_USEC=");
    await(told, "READY=1");
    close(told);
    rig_end(&rig);
    close(rig.passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_and_keeps_connections),
        cmocka_unit_test(asks_are_answered),
        cmocka_unit_test(a_slow_answer_holds_up_nobody),
        cmocka_unit_test(long_bodies_are_refused),
        cmocka_unit_test(bodies_share_a_bounded_memory),
        cmocka_unit_test(slow_and_odd_clients_are_cut),
        cmocka_unit_test(idle_connections_make_room),
        cmocka_unit_test(rules_change_without_a_lost_request),
        cmocka_unit_test(rules_that_do_not_load_leave_the_old_ones),
        cmocka_unit_test(a_killed_server_is_replaced),
        cmocka_unit_test(what_is_watched_may_go_and_come_back),
        cmocka_unit_test(what_is_under_way_ends_before_it_stops),
        cmocka_unit_test(decisions_are_recorded_or_denied),
        cmocka_unit_test(it_does_not_start_on_sand),
        cmocka_unit_test(a_service_manager_hands_over_and_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
