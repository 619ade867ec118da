/*
 * A service in a process of its own, and a client that speaks HTTP by hand.
 */
#ifndef SERVICE_RIG_H
#define SERVICE_RIG_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "enforce/certificate.h"
#include "enforce/metrics.h"
#include "enforce/service.h"

struct rig {
    char dir[64], socket[96], rules[96], log[96], errors[96];
    char asked[96]; /* is there once a slow answer is under way */
    char tls[96], address[32], url[64], authority[128], client_ca[128];
    struct bw_certificate *certificate;
    struct bw_service_options options;
    int passed; /* a listening socket that is handed over as a service manager does; 0: none */
    pid_t pid;
};

/* --- the service's side --- */

static int rig_load(void *ctx, struct bw_service_rules *rules, struct bw_err *err)
{
    struct rig *rig = ctx;
    return bw_fd_slurp_path(rig->rules, &rules->configuration, err);
}

static int rig_answer(void *ctx, struct bw_str ask, struct bw_buf *answer, struct bw_err *err)
{
    struct rig *rig = ctx;
    if (bw_str_starts(ask, BW_STR("none")))
        return bw_err_set(err, BW_ENOENT, "there is none");
    if (bw_str_starts(ask, BW_STR("bad")))
        return bw_err_set(err, BW_EIO, "the daemon is away");
    if (bw_str_starts(ask, BW_STR("slow"))) {
        close(open(rig->asked, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        usleep(3000000);
    }
    if (bw_str_starts(ask, BW_STR("long")))
        for (int i = 0; i < 100000; i++)
            bw_buf_printf(answer, "%09d ", i);
    bw_buf_printf(answer, "<%" BW_STR_F ">", BW_STR_A(ask));
    return 0;
}

/* POST /ask?a,b: asks for each; POST /record: records; /again: asks twice. */
static void rig_handle(void *ctx, struct bw_exchange *x)
{
    (void)ctx;
    bool again = bw_str_eq(x->path, BW_STR("/again"));
    if (bw_str_eq(x->path, BW_STR("/ask")) || again) {
        size_t wanted = again ? 2 : 1;
        if (x->answers_n < (again ? wanted : (x->query.n ? 1 : 0))) {
            struct bw_str rest = again ? BW_STR("x") : x->query, part;
            struct bw_str *asks = bw_arena_array(x->arena, 64, sizeof *asks);
            while (x->asks_n < 64 && bw_str_split(&rest, ',', &part))
                asks[x->asks_n++] = bw_arena_str(x->arena, part);
            x->asks = asks;
            return;
        }
        for (size_t i = 0; i < x->answers_n; i++) {
            const struct bw_reader_file *a = &x->answers[i];
            if (a->missing)
                bw_buf_printf(&x->reply, "missing %" BW_STR_F ";", BW_STR_A(a->path));
            else
                bw_buf_printf(&x->reply, "%zu %" BW_STR_F ";", a->text.n,
                              BW_STR_A(bw_str_from(a->text, a->text.n - a->path.n - 2)));
        }
        return;
    }
    if (bw_str_eq(x->path, BW_STR("/big")))
        for (int i = 0; i < 300000; i++)
            bw_buf_printf(&x->reply, "%09d ", i);
    if (bw_str_eq(x->path, BW_STR("/record")))
        bw_buf_printf(&x->record, "\"gate\":\"test\"");
    bw_metrics_add(x->metrics, BW_METRIC_ALLOWED, 1);
    bw_buf_printf(&x->reply, "%" BW_STR_F " %" BW_STR_F "?%" BW_STR_F " %zu %s peer=%" BW_STR_F,
                  BW_STR_A(x->method), BW_STR_A(x->path), BW_STR_A(x->query), x->body.n,
                  x->rules_stale ? "stale" : "fresh", BW_STR_A(x->peer));
}

static void rig_undecided(void *ctx, struct bw_exchange *x, const char *why)
{
    (void)ctx;
    bw_metrics_add(x->metrics, BW_METRIC_UNDECIDED, 1);
    x->reply = BW_BUF(4096);
    x->status = 200;
    bw_buf_printf(&x->reply, "denied: %s", why);
}

static bool BW_UNUSED rig_shell(const char *script, const char *dir)
{
    char line[2048];
    snprintf(line, sizeof line, "cd '%s' && %s", dir, script);
    return system(line) == 0;
}

static void rig_write(const char *path, const char *text)
{
    struct bw_err err = {0};
    if (bw_fd_replace_file(path, text, strlen(text), 0644, &err))
        fail_msg("%s", err.msg);
}

static void rig_new(struct rig *rig)
{
    *rig = (struct rig){0};
    snprintf(rig->dir, sizeof rig->dir, "/tmp/bw-service-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    snprintf(rig->socket, sizeof rig->socket, "%s/run/gate.sock", rig->dir);
    snprintf(rig->rules, sizeof rig->rules, "%s/rules.json", rig->dir);
    snprintf(rig->log, sizeof rig->log, "%s/log", rig->dir);
    assert_int_equal(mkdir(rig->log, 0700), 0);
    snprintf(rig->log, sizeof rig->log, "%s/log/decisions.jsonl", rig->dir);
    snprintf(rig->asked, sizeof rig->asked, "%s/asked", rig->dir);
    snprintf(rig->errors, sizeof rig->errors, "%s/errors", rig->dir);
    rig_write(rig->rules, "{\"profiles\":[\"baseline\"]}");
    static const char *watch[2];
    watch[0] = rig->rules;
    rig->options = (struct bw_service_options){
        .socket = rig->socket,
        .threads = 2,
        .deadline_ms = 1000,
        .drain_ms = 2000,
        .watch = watch,
        .ctx = rig,
        .load = rig_load,
        .answer = rig_answer,
        .handle = rig_handle,
        .undecided = rig_undecided,
        .probes = true,
    };
}

static int BW_UNUSED rig_certificate(void *ctx, struct bw_service_certificate *certificate,
                                     bool *ret_changed, struct bw_err *err)
{
    struct rig *rig = ctx;
    return bw_certificate_look(rig->certificate, bw_clock_wall(), certificate, ret_changed, err);
}

/* A port of the loopback that is free now. */
static unsigned BW_UNUSED rig_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* Over TLS instead of a Unix socket. */
static void BW_UNUSED rig_use_tls(struct rig *rig)
{
    struct bw_str name = BW_STR("127.0.0.1");
    unsigned port = rig_port();
    snprintf(rig->tls, sizeof rig->tls, "%s/tls", rig->dir);
    snprintf(rig->authority, sizeof rig->authority, "%s/ca.pem", rig->tls);
    snprintf(rig->address, sizeof rig->address, "127.0.0.1:%u", port);
    snprintf(rig->url, sizeof rig->url, "https://127.0.0.1:%u", port);
    struct bw_certificate_options options = {.directory = rig->tls, .names = &name, .names_n = 1};
    assert_int_equal(bw_certificate_new(&options, &rig->certificate, NULL), 0);
    rig->options.socket = NULL;
    rig->options.address = rig->address;
    rig->options.certificate = rig_certificate;
}

/* Text on the service's standard error so far. */
static bool rig_said(const struct rig *rig, const char *text)
{
    struct bw_buf buf = BW_BUF((size_t)1 << 20);
    bool found = bw_fd_slurp_path(rig->errors, &buf, NULL) == 0 &&
                 bw_str_find_str(bw_buf_slice(&buf), bw_str(text)) != SIZE_MAX;
    bw_buf_free(&buf);
    return found;
}

static void BW_UNUSED rig_show(const struct rig *rig)
{
    struct bw_buf buf = BW_BUF((size_t)1 << 20);
    if (bw_fd_slurp_path(rig->errors, &buf, NULL) == 0)
        print_message("# %" BW_STR_F "\n", BW_STR_A(bw_buf_slice(&buf)));
    bw_buf_free(&buf);
}

#define RIG_WAIT_MS 20000

#define RIG_UNTIL(condition)                                                                       \
    do {                                                                                           \
        int64_t rig_end = bw_clock_monotonic_ms() + RIG_WAIT_MS;                                   \
        while (!(condition)) {                                                                     \
            if (bw_clock_monotonic_ms() > rig_end)                                                 \
                fail_msg("not in time: %s", #condition);                                           \
            usleep(10000);                                                                         \
        }                                                                                          \
    } while (0)

static void rig_start(struct rig *rig)
{
    fflush(NULL);
    rig->pid = fork();
    if (rig->pid == 0) {
        struct bw_err err = {0};
        /* A test that fails leaves nothing behind. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open(rig->errors, O_WRONLY | O_CREAT | O_APPEND, 0644);
        dup2(fd, STDERR_FILENO);
        dup2(fd, STDOUT_FILENO);
        if (rig->passed) {
            char pid[16];
            snprintf(pid, sizeof pid, "%d", (int)getpid());
            setenv("LISTEN_PID", pid, 1);
            setenv("LISTEN_FDS", "1", 1);
            dup2(rig->passed, 3);
        }
        bw_log_set_level(BW_LOG_INFO);
        int rc = bw_service_run(&rig->options, &err);
        if (rc)
            bw_log(BW_LOG_ERROR, "failed: %s", err.msg);
        bw_certificate_free(rig->certificate);
        exit(rc ? 1 : 0);
    }
    assert_true(rig->pid > 0);
    RIG_UNTIL(rig_said(rig, "listening on") || rig_said(rig, "failed:"));
    if (rig_said(rig, "failed:"))
        rig_show(rig);
}

static int rig_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* Ends the service; it ends well. */
static void rig_end(struct rig *rig)
{
    int status = 0;
    kill(rig->pid, SIGTERM);
    assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
    if (status)
        rig_show(rig);
    assert_int_equal(status, 0);
    if (rig->options.socket)
        assert_int_equal(access(rig->socket, F_OK), rig->passed ? 0 : -1);
    assert_false(rig_said(rig, "Sanitizer"));
    bw_certificate_free(rig->certificate);
    nftw(rig->dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- the client's side --- */

static int BW_UNUSED rig_connect(const struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", rig->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct timeval timeout = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void BW_UNUSED rig_send(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t r = send(fd, p, n, MSG_NOSIGNAL);
        if (r < 0)
            return;
        p += r;
        n -= (size_t)r;
    }
}

/* Reads one reply; its status, or 0 where the connection ended before. The text is in `into`. */
static int BW_UNUSED rig_read(int fd, char *into, size_t room)
{
    size_t n = 0, length = 0, head = 0;
    while (n < room - 1) {
        ssize_t r = recv(fd, into + n, room - 1 - n, 0);
        if (r <= 0)
            return 0;
        n += (size_t)r;
        into[n] = '\0';
        char *end = strstr(into, "\r\n\r\n");
        char *at = strcasestr(into, "content-length:");
        if (!end)
            continue;
        head = (size_t)(end - into) + 4;
        length = at && at < end ? strtoul(at + 15, NULL, 10) : 0;
        if (n >= head + length)
            break;
    }
    int status = atoi(into + 9);
    memmove(into, into + head, n - head + 1);
    return status;
}

static int BW_UNUSED rig_ask(int fd, const char *method, const char *path, const char *body,
                             char *into, size_t room)
{
    char head[1024];
    int n = snprintf(head, sizeof head,
                     "%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     method, path, strlen(body));
    rig_send(fd, head, (size_t)n);
    rig_send(fd, body, strlen(body));
    return rig_read(fd, into, room);
}

/* On a connection of its own. */
static int BW_UNUSED rig_once(const struct rig *rig, const char *method, const char *path,
                              const char *body, char *into, size_t room)
{
    int fd = rig_connect(rig);
    if (fd < 0)
        return 0;
    int status = rig_ask(fd, method, path, body, into, room);
    close(fd);
    return status;
}

/* The value of a metric. */
static double BW_UNUSED rig_metric(const struct rig *rig, const char *name)
{
    static char text[65536];
    if (rig_once(rig, "GET", "/metrics", "", text, sizeof text) != 200)
        return -1;
    char line[128];
    snprintf(line, sizeof line, "\n%s ", name);
    char *at = strstr(text, line);
    return at ? strtod(at + strlen(line), NULL) : -1;
}

#endif
