/*
 * The credential helpers: programs that keep passwords, asked over pipes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acquire/registry-credentials.h"
#include "base/clock.h"
#include "base/fd.h"

#define NAME_MAX_BYTES 64u

extern char **environ;

/* It becomes a part of a program's name: it must not lead to another folder. */
static bool is_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= NAME_MAX_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

struct helper {
    char program[NAME_MAX_BYTES + 32];
    pid_t pid;
    int in, out; /* our ends of its standard input and output */
};

static int spawn(struct helper *h, int in, int out, struct bw_err *err)
{
    posix_spawn_file_actions_t actions;
    char get[] = "get";
    char *argv[] = {h->program, get, NULL};
    if (posix_spawn_file_actions_init(&actions))
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int failed = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    failed = failed ? failed
                    : posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                                       O_WRONLY, 0);
    failed = failed ? failed : posix_spawnp(&h->pid, h->program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed ? bw_err_errno(err, "cannot start %s", h->program) : 0;
}

static int start(struct helper *h, struct bw_err *err)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    int rc = 0;
    if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
        rc = bw_err_errno(err, "cannot make a pipe");
    rc = rc ? rc : spawn(h, to[0], from[1], err);
    bw_fd_closep(&to[0]);
    bw_fd_closep(&from[1]);
    h->in = to[1];
    h->out = from[0];
    return rc;
}

static int read_answer(const struct helper *h, struct bw_buf *buf, struct bw_err *err)
{
    int64_t until = bw_clock_monotonic_ms() + BW_CREDENTIALS_HELPER_MS;
    for (;;) {
        struct pollfd fd = {.fd = h->out, .events = POLLIN};
        int64_t left = until - bw_clock_monotonic_ms();
        if (left <= 0)
            return bw_err_set(err, BW_ETIMEOUT, "%s gave no answer within %d seconds", h->program,
                              BW_CREDENTIALS_HELPER_MS / 1000);
        if (poll(&fd, 1, (int)left) <= 0)
            continue;
        uint8_t *to = bw_buf_reserve(buf, 4096);
        if (!to)
            return bw_err_set(err, BW_ELIMIT, "the answer of %s is longer than the limit",
                              h->program);
        ssize_t n = read(h->out, to, 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bw_err_errno(err, "cannot read from %s", h->program);
        if (n == 0)
            return 0;
        buf->n += (size_t)n;
    }
}

/* It may end without having read what it is asked, which must not end us. */
static void write_question(int fd, struct bw_str host)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before);
    (void)!bw_fd_write_full(fd, host.p, host.n);
    sigaction(SIGPIPE, &before, NULL);
}

static int converse(struct helper *h, struct bw_str host, struct bw_buf *buf, struct bw_err *err)
{
    int status = 0;
    write_question(h->in, host);
    bw_fd_closep(&h->in);
    int rc = read_answer(h, buf, err);
    if (rc)
        kill(h->pid, SIGKILL);
    while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (rc || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return rc;
    /* The protocol's own words (credentials/error.go). */
    bool unknown = bw_str_find_str(bw_buf_slice(buf), BW_STR("credentials not found")) != SIZE_MAX;
    return bw_err_set(err, unknown ? BW_ENOENT : BW_EACCESS, "%s failed: %.*s", h->program,
                      BW_STR_A(bw_str_take(bw_str_trim(bw_buf_slice(buf)), 150)));
}

int bw_credential_helper(const char *name, struct bw_str host, struct bw_buf *buf,
                         struct bw_err *err)
{
    struct helper h = {.in = -1, .out = -1};
    if (!is_name(name))
        return bw_err_set(err, BW_EUSAGE, "\"%.60s\" is no name of a credential helper", name);
    snprintf(h.program, sizeof h.program, "docker-credential-%s", name);
    int rc = start(&h, err);
    rc = rc ? rc : converse(&h, host, buf, err);
    bw_fd_closep(&h.in);
    bw_fd_closep(&h.out);
    return rc;
}
