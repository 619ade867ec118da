#include "acquire/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define BLOCK   4096u
#define WAIT_MS 2 /* between two looks at a program that is about to end */

extern char **environ;

enum {
    IN,
    OUT,
    ERR,
    ENDS
};

struct running {
    const struct bw_command *command;
    const char *program;
    pid_t pid;
    int ours[ENDS]; /* of its three standard files; -1: closed */
    int theirs[ENDS];
    size_t written; /* of the input */
};

static int make_pipes(struct running *r, struct bw_err *err)
{
    for (int i = 0; i < ENDS; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC))
            return bw_err_errno(err, "cannot make a pipe");
        r->ours[i] = ends[i == IN];
        r->theirs[i] = ends[i != IN];
        if (fcntl(r->ours[i], F_SETFL, O_NONBLOCK))
            return bw_err_errno(err, "cannot make a pipe");
    }
    return 0;
}

static int spawn(struct running *r, struct bw_err *err)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    for (int i = 0; i < ENDS && !failed; i++)
        failed = posix_spawn_file_actions_adddup2(&actions, r->theirs[i], i);
    /* posix_spawn changes no argument: POSIX has char *const for history's sake. */
    if (!failed)
        failed = posix_spawnp(&r->pid, r->program, &actions, NULL,
                              (char *const *)(uintptr_t)r->command->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed ? bw_err_errno(err, "cannot start %s", r->program) : 0;
}

static void write_some(struct running *r)
{
    struct bw_str rest = bw_str_from(r->command->input, r->written);
    ssize_t n = rest.n ? write(r->ours[IN], rest.p, rest.n) : 0;
    if (n > 0)
        r->written += (size_t)n;
    /* It may end without having read all. */
    if (r->written == r->command->input.n || (n < 0 && errno != EAGAIN && errno != EINTR))
        bw_fd_closep(&r->ours[IN]);
}

/* What goes over the maximum of the errors is thrown away, of the output it is a failure. */
static int read_some(struct running *r, int end, struct bw_err *err)
{
    char block[BLOCK];
    struct bw_buf *buf = end == OUT ? r->command->output : r->command->errors;
    ssize_t n = read(r->ours[end], block, sizeof block);
    if (n == 0)
        bw_fd_closep(&r->ours[end]);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return bw_err_errno(err, "cannot read from %s", r->program);
    if (n <= 0)
        return 0;
    if (buf && (end == OUT || buf->n + (size_t)n <= buf->max))
        bw_buf_add(buf, block, (size_t)n);
    return buf && end == OUT && bw_buf_failed(buf)
               ? bw_err_set(err, BW_ELIMIT, "the answer of %s is longer than the limit", r->program)
               : 0;
}

static int too_slow(const struct running *r, struct bw_err *err)
{
    return bw_err_set(err, BW_ETIMEOUT, "%s gave no answer within %lld seconds", r->program,
                      (long long)(r->command->timeout_ms / 1000));
}

static int converse(struct running *r, int64_t until, struct bw_err *err)
{
    int rc = 0;
    while (rc == 0 && (r->ours[OUT] >= 0 || r->ours[ERR] >= 0)) {
        struct pollfd fds[ENDS] = {{.fd = r->ours[IN], .events = POLLOUT},
                                   {.fd = r->ours[OUT], .events = POLLIN},
                                   {.fd = r->ours[ERR], .events = POLLIN}};
        int64_t left = until - bw_clock_monotonic_ms();
        if (left <= 0)
            return too_slow(r, err);
        if (poll(fds, ENDS, (int)left) <= 0)
            continue;
        if (fds[IN].revents)
            write_some(r);
        for (int end = OUT; end < ENDS && rc == 0; end++)
            if (fds[end].revents)
                rc = read_some(r, end, err);
    }
    return rc;
}

/* One that has closed its output may still be there. */
static int await_end(const struct running *r, int64_t until, int *ret_status, struct bw_err *err)
{
    for (;;) {
        pid_t ended = waitpid(r->pid, ret_status, WNOHANG);
        if (ended == r->pid)
            return 0;
        if (ended < 0 && errno != EINTR)
            return bw_err_errno(err, "cannot wait for %s", r->program);
        if (bw_clock_monotonic_ms() >= until)
            return too_slow(r, err);
        poll(NULL, 0, WAIT_MS);
    }
}

static int run(struct running *r, int *ret_exit, struct bw_err *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int status = 0;
    int rc = make_pipes(r, err);
    rc = rc ? rc : spawn(r, err);
    for (int i = 0; i < ENDS; i++)
        bw_fd_closep(&r->theirs[i]);
    if (rc)
        return rc;
    /* After the spawn: the program has the signal as it was. */
    sigaction(SIGPIPE, &ignore, &before);
    int64_t until = bw_clock_monotonic_ms() + r->command->timeout_ms;
    rc = converse(r, until, err);
    sigaction(SIGPIPE, &before, NULL);
    if (rc == 0)
        rc = await_end(r, until, &status, err);
    if (rc) {
        kill(r->pid, SIGKILL);
        while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (rc == 0)
        *ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return rc;
}

int bw_command_run(const struct bw_command *command, int *ret_exit, struct bw_err *err)
{
    struct running r = {.command = command,
                        .program = command->argv[0],
                        .ours = {-1, -1, -1},
                        .theirs = {-1, -1, -1}};
    int rc = run(&r, ret_exit, err);
    for (int i = 0; i < ENDS; i++) {
        bw_fd_closep(&r.ours[i]);
        bw_fd_closep(&r.theirs[i]);
    }
    return rc;
}
