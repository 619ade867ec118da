#include "enforce/service.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "enforce/metrics.h"
#include "enforce/service-supervisor.h"

/* Changes come in swarms: loading waits for this much quiet, but not for ever. */
#define QUIET_MS     200
#define QUIET_MAX_MS 2000

/* How often to look even where nothing was heard; where loading failed it is tried again, too. */
#define LOOK_MS 5000

/* A server that does not take what it is told in this time is replaced. */
#define SEND_TIMEOUT_MS 5000

/* --- what is heard --- */

static void hear(struct bw_supervisor *s, int64_t now)
{
    s->heard = now;
    if (s->heard_first == BW_SUPERVISOR_NEVER)
        s->heard_first = now;
}

/* The next server takes up the directory that is there now. */
static void look_at_log(struct bw_supervisor *s)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_STOP);
    if (!s->link || !bw_service_log_moved(&s->setup))
        return;
    bw_log(BW_LOG_WARN, "the directory of the log is another one; the server is replaced");
    bw_service_log_mark(&s->setup);
    bw_supervisor_tell(s, &message);
}

static void act_on_time(struct bw_supervisor *s)
{
    int64_t now = bw_clock_monotonic_ms();
    struct bw_err err = {0};
    bool wanted = false;
    if (s->heard != BW_SUPERVISOR_NEVER &&
        (now - s->heard >= QUIET_MS || now - s->heard_first >= QUIET_MAX_MS)) {
        s->heard = s->heard_first = BW_SUPERVISOR_NEVER;
        wanted = bw_service_watch_changed(s->watch);
    }
    if (now >= s->look) {
        s->look = now + LOOK_MS;
        look_at_log(s);
        wanted = bw_service_watch_changed(s->watch) || *s->rules_why || wanted;
        (void)!bw_supervisor_load_certificate(s, &err);
    }
    if (s->options->tick && now >= s->tick) {
        bool again = false;
        s->tick = now + s->options->tick_ms;
        if (s->options->tick(s->options->ctx, &again, &err))
            bw_log(BW_LOG_WARN, "%s", err.msg);
        wanted = wanted || again;
        (void)!bw_supervisor_load_certificate(s, &err);
    }
    if (wanted)
        bw_supervisor_reload(s);
}

static void stop(struct bw_supervisor *s)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_STOP);
    if (s->stopping)
        return;
    s->stopping = true;
    s->end = bw_clock_monotonic_ms() + s->options->drain_ms + 500;
    bw_service_notify("STOPPING=1");
    bw_supervisor_tell(s, &message);
}

static void take_signal(struct bw_supervisor *s)
{
    struct signalfd_siginfo info;
    if (read(s->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGHUP) {
        struct bw_err err = {0};
        (void)!bw_supervisor_load_certificate(s, &err);
        bw_supervisor_reload(s);
    } else if (info.ssi_signo != SIGCHLD) {
        stop(s);
    }
}

static void lose_server(struct bw_supervisor *s)
{
    bw_service_link_unref(s->link);
    s->link = NULL;
}

static void take_failure(struct bw_supervisor *s, const struct bw_channel_message *message)
{
    char why[BW_ERR_MSG_MAX];
    snprintf(why, sizeof why, "%" BW_STR_F, BW_STR_A(bw_str_take(message->bytes, 400)));
    bw_log(BW_LOG_ERROR, "the server: %s", why);
    if (!s->served) {
        s->failed = message->code < 0 ? message->code : BW_EINTERNAL;
        memcpy(s->failed_why, why, sizeof why);
    } else {
        bw_supervisor_rules_are_stale(s, why);
    }
}

static void take_serving(struct bw_supervisor *s)
{
    if (s->served)
        bw_log(BW_LOG_INFO, "another server has taken its place");
    else
        bw_log(BW_LOG_INFO, "listening on %s", s->setup.where);
    s->served = true;
    bw_service_notify("READY=1");
}

/* What the server says is checked: it may be in other hands. */
static void take_from_server(struct bw_supervisor *s)
{
    static char room[BW_CHANNEL_INLINE_MAX];
    struct bw_channel_message message;
    bool closed = false;
    if (bw_channel_receive(s->link->fd, false, room, &message, &closed, NULL) || closed) {
        lose_server(s);
        return;
    }
    if (message.type == BW_CHANNEL_ASK)
        bw_service_answerer_ask(s->answerer, s->link, message.id, message.bytes);
    else if (message.type == BW_CHANNEL_SERVING)
        take_serving(s);
    else if (message.type == BW_CHANNEL_FAILED)
        take_failure(s, &message);
}

static void take_started(struct bw_supervisor *s, struct bw_channel_message *message)
{
    lose_server(s);
    struct timeval timeout = {.tv_sec = SEND_TIMEOUT_MS / 1000};
    setsockopt(message->fds[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    s->link = bw_service_link_new(message->fds[0]);
    if (!s->link)
        return;
    message->fds[0] = -1;
    s->server = (pid_t)message->id;
    bw_service_log_mark(&s->setup);
    bw_supervisor_tell_all(s);
}

static void take_ended(struct bw_supervisor *s, const struct bw_channel_message *message)
{
    if (s->stopping)
        return;
    if (WIFSIGNALED(message->code))
        bw_log(BW_LOG_ERROR, "the server was ended by signal %d", WTERMSIG(message->code));
    else if (WEXITSTATUS(message->code))
        bw_log(BW_LOG_ERROR, "the server ended with status %d", WEXITSTATUS(message->code));
    if (!s->served && !s->failed) {
        s->failed = BW_EINTERNAL;
        snprintf(s->failed_why, sizeof s->failed_why, "the server ended before it served");
    }
}

static int take_from_spawner(struct bw_supervisor *s, struct bw_err *err)
{
    static char room[BW_CHANNEL_INLINE_MAX];
    struct bw_channel_message message;
    bool closed = false;
    int rc = bw_channel_receive(s->control, true, room, &message, &closed, err);
    if (rc)
        return rc;
    if (closed)
        return bw_err_set(err, BW_EINTERNAL, "the process that starts servers has ended");
    if (message.type == BW_CHANNEL_STARTED && message.fds[0] >= 0)
        take_started(s, &message);
    else if (message.type == BW_CHANNEL_ENDED)
        take_ended(s, &message);
    bw_channel_close_fds(&message);
    return 0;
}

/* --- the loop --- */

static int time_left(const struct bw_supervisor *s)
{
    int64_t next = s->look;
    if (s->heard != BW_SUPERVISOR_NEVER && s->heard + QUIET_MS < next)
        next = s->heard + QUIET_MS;
    if (s->options->tick && s->tick < next)
        next = s->tick;
    if (s->stopping && s->end < next)
        next = s->end;
    int64_t left = next - bw_clock_monotonic_ms();
    return left < 0 ? 0 : (int)left;
}

static int step(struct bw_supervisor *s, struct bw_err *err)
{
    struct pollfd fds[] = {
        {.fd = s->signals, .events = POLLIN},
        {.fd = s->control, .events = POLLIN},
        {.fd = s->link ? s->link->fd : -1, .events = POLLIN},
        {.fd = bw_service_watch_fd(s->watch), .events = POLLIN},
    };
    if (poll(fds, BW_ARRAY_LEN(fds), time_left(s)) < 0 && errno != EINTR)
        return bw_err_errno(err, "poll");
    if (fds[0].revents)
        take_signal(s);
    /* Before the spawner, whose news may replace the link. */
    if (s->link && fds[2].revents)
        take_from_server(s);
    if (fds[1].revents) {
        int rc = take_from_spawner(s, err);
        if (rc)
            return rc;
    }
    if (fds[3].revents) {
        bw_service_watch_drain(s->watch);
        hear(s, bw_clock_monotonic_ms());
    }
    if (s->failed && !s->served)
        return bw_err_set(err, (enum bw_code)s->failed, "%s", s->failed_why);
    if (!s->stopping)
        act_on_time(s);
    return 0;
}

static int run(struct bw_supervisor *s, struct bw_err *err)
{
    int rc = 0;
    s->look = bw_clock_monotonic_ms() + LOOK_MS;
    s->tick = bw_clock_monotonic_ms() + s->options->tick_ms;
    while (rc == 0 && !(s->stopping && (!s->link || bw_clock_monotonic_ms() >= s->end)))
        rc = step(s, err);
    return rc;
}

/* --- start and end --- */

static unsigned processors(void)
{
    cpu_set_t set;
    unsigned n = sched_getaffinity(0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT(&set);
    return n > BW_SERVICE_THREADS_MAX ? BW_SERVICE_THREADS_MAX : n;
}

/* As many connections as there may be descriptors for. */
static unsigned within_descriptors(unsigned connections)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max == RLIM_INFINITY ||
        limit.rlim_max >= connections + BW_SERVICE_DESCRIPTORS)
        return connections;
    return limit.rlim_max > 2 * BW_SERVICE_DESCRIPTORS
               ? (unsigned)limit.rlim_max - BW_SERVICE_DESCRIPTORS
               : BW_SERVICE_DESCRIPTORS;
}

static void fill_defaults(struct bw_service_options *o)
{
    o->threads = o->threads ? o->threads : processors();
    o->body_max = o->body_max ? o->body_max : BW_SERVICE_BODY_MAX;
    o->memory_max = o->memory_max ? o->memory_max : BW_SERVICE_MEMORY_MAX;
    o->connections_max = o->connections_max ? o->connections_max : BW_SERVICE_CONNECTIONS_MAX;
    o->connections_max = within_descriptors(o->connections_max);
    o->deadline_ms = o->deadline_ms ? o->deadline_ms : BW_SERVICE_DEADLINE_MS;
    o->drain_ms = o->drain_ms ? o->drain_ms : BW_SERVICE_DRAIN_MS;
    if (!o->tick_ms)
        o->tick = NULL;
}

/* The signals that are the supervisor's stay blocked in it and its threads. */
static void block_signals(struct bw_supervisor *s, sigset_t *ret_ours)
{
    sigemptyset(ret_ours);
    sigaddset(ret_ours, SIGHUP);
    sigaddset(ret_ours, SIGTERM);
    sigaddset(ret_ours, SIGINT);
    sigaddset(ret_ours, SIGCHLD);
    sigprocmask(SIG_BLOCK, ret_ours, &s->old_mask);
}

static int fork_spawner(struct bw_supervisor *s, struct bw_err *err)
{
    int ends[2];
    int rc = bw_channel_pair(ends, err);
    if (rc)
        return rc;
    s->spawner = fork();
    if (s->spawner == 0) {
        close(ends[0]);
        bw_service_spawner(&s->setup, ends[1]);
    }
    close(ends[1]);
    s->control = ends[0];
    return s->spawner < 0 ? bw_err_errno(err, "cannot start a process") : 0;
}

static int start(struct bw_supervisor *s, struct bw_err *err)
{
    sigset_t ours;
    block_signals(s, &ours);
    int rc = bw_service_listen(&s->setup, err);
    if (rc == 0)
        rc = bw_service_log_prepare(&s->setup, err);
    if (rc == 0)
        rc = fork_spawner(s, err);
    if (rc)
        return rc;
    s->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signals < 0)
        return bw_err_errno(err, "cannot wait for signals");
    s->watch = bw_service_watch_new(s->options->watch, err);
    if (!s->watch)
        return BW_ENOMEM;
    rc = bw_supervisor_load_rules(s, err);
    if (rc == 0)
        rc = bw_supervisor_load_certificate(s, err);
    return rc ? rc : bw_service_answerer_start(&s->setup, &s->answerer, err);
}

static void finish(struct bw_supervisor *s)
{
    lose_server(s);
    bw_fd_closep(&s->control);
    if (s->spawner > 0)
        waitpid(s->spawner, NULL, 0);
    bw_service_answerer_stop(s->answerer, 1000);
    bw_service_watch_free(s->watch);
    bw_service_unlisten(&s->setup);
    bw_service_log_free(&s->setup);
    int *fds[] = {&s->signals, &s->configuration, &s->sets[0], &s->sets[1],
                  &s->chain,   &s->key,           &s->clients};
    for (size_t i = 0; i < BW_ARRAY_LEN(fds); i++)
        bw_fd_closep(fds[i]);
    if (!s->options->metrics)
        bw_metrics_free(s->setup.metrics);
    sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

int bw_service_run(const struct bw_service_options *options, struct bw_err *err)
{
    struct bw_err local = {0};
    struct bw_supervisor s = {.setup = {.options = *options, .listen_fd = -1},
                              .spawner = -1,
                              .control = -1,
                              .signals = -1,
                              .configuration = -1,
                              .sets = {-1, -1},
                              .chain = -1,
                              .key = -1,
                              .clients = -1,
                              .heard = BW_SUPERVISOR_NEVER,
                              .heard_first = BW_SUPERVISOR_NEVER};
    err = err ? err : &local;
    s.options = &s.setup.options;
    fill_defaults(&s.setup.options);
    s.setup.metrics = options->metrics ? options->metrics : bw_metrics_new();
    if (!s.setup.metrics)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = start(&s, err);
    if (rc == 0)
        rc = run(&s, err);
    finish(&s);
    return rc;
}
