#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "enforce/metrics.h"
#include "enforce/service-parts.h"

/* A server that ends sooner than this after its start makes the next wait, longer each time. */
#define LIVED_MS  10000
#define WAIT_MS   100
#define WAIT_MAX  5000
#define NO_SERVER (-1)

struct spawner {
    const struct bw_service_setup *setup;
    int control, signals;
    pid_t server;
    int64_t started, next; /* monotonic ms */
    unsigned early;        /* servers in a row that ended early */
};

static BW_NORETURN void become_server(struct spawner *s, int channel, pid_t parent)
{
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    close(s->control);
    close(s->signals);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    bw_service_server(s->setup, channel);
}

static void start(struct spawner *s)
{
    int ends[2];
    s->started = bw_clock_monotonic_ms();
    s->next = s->started + WAIT_MAX;
    if (bw_channel_pair(ends, NULL))
        return;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(ends[0]);
        become_server(s, ends[1], parent);
    }
    close(ends[1]);
    if (pid > 0) {
        s->server = pid;
        bw_metrics_add(s->setup->metrics, BW_METRIC_SERVER_STARTS, 1);
        struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_STARTED);
        message.id = (uint64_t)pid;
        message.fds[0] = ends[0];
        if (bw_channel_send(s->control, &message, true, NULL))
            _exit(1);
    }
    close(ends[0]);
}

static void take_ended(struct spawner *s)
{
    struct signalfd_siginfo info;
    int status = 0;
    (void)!read(s->signals, &info, sizeof info);
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0 || pid != s->server)
        return;
    int64_t now = bw_clock_monotonic_ms();
    s->server = NO_SERVER;
    s->early = now - s->started < LIVED_MS ? s->early + 1 : 0;
    int64_t wait = s->early > 1 ? WAIT_MS << (s->early < 8 ? s->early - 2 : 6) : 0;
    s->next = now + (wait < WAIT_MAX ? wait : WAIT_MAX);
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_ENDED);
    message.id = (uint64_t)pid;
    message.code = status;
    if (bw_channel_send(s->control, &message, true, NULL))
        _exit(1);
}

static BW_NORETURN void end(struct spawner *s)
{
    if (s->server > 0) {
        kill(s->server, SIGKILL);
        waitpid(s->server, NULL, 0);
    }
    _exit(0);
}

static void take_message(struct spawner *s)
{
    static char room[BW_CHANNEL_INLINE_MAX];
    struct bw_channel_message message;
    bool closed = false;
    if (bw_channel_receive(s->control, false, room, &message, &closed, NULL) || closed)
        end(s);
    if (message.type == BW_CHANNEL_KILL && s->server > 0 && (uint64_t)s->server == message.id)
        kill(s->server, SIGKILL);
}

/* Ends by its control alone: a signal to the whole group is the supervisor's to act on. */
static int ignore_signals(void)
{
    sigset_t child;
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void bw_service_spawner(const struct bw_service_setup *setup, int control)
{
    struct spawner s = {.setup = setup, .control = control, .server = NO_SERVER};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    s.signals = ignore_signals();
    if (s.signals < 0)
        _exit(1);
    for (;;) {
        int64_t left = s.next - bw_clock_monotonic_ms();
        if (s.server == NO_SERVER && left <= 0) {
            start(&s);
            continue;
        }
        struct pollfd fds[] = {{.fd = s.control, .events = POLLIN},
                               {.fd = s.signals, .events = POLLIN}};
        if (poll(fds, 2, s.server == NO_SERVER ? (int)left : -1) < 0)
            continue;
        if (fds[0].revents)
            take_message(&s);
        if (fds[1].revents)
            take_ended(&s);
    }
}
