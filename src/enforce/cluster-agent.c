#include "enforce/cluster-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "enforce/cluster-agent-parts.h"
#include "enforce/service-channel.h"
#include "wrap/json.h"

#define PROGRAM      "/proc/self/exe"
#define RESTART_MS   1000
#define NAMESPACE_MS 20 /* between looks for a namespace that is new */
#define AUDIT_MAX    BW_CHANNEL_INLINE_MAX

struct bw_cluster_agent {
    char *const *argv;
    pid_t pid;
    int fd; /* -1: it does not run */
    int64_t again_ms;
    pthread_mutex_t lock; /* of all below */
    struct bw_str policies, namespaces;
    bool has_policies, has_namespaces, changed;
    struct bw_json_doc *parsed; /* the namespaces, where one was asked for */
    bool has_secret, has_authority;
    enum bw_cluster_secret_state secret;
    struct bw_cluster_authority authority;
    struct bw_buf audit;
    int64_t read_at;
    char trouble[BW_ERR_MSG_MAX];
    char room[BW_CHANNEL_INLINE_MAX];
};

int bw_cluster_agent_new(char *const *argv, bool has_secret, struct bw_cluster_agent **ret_agent,
                         struct bw_err *err)
{
    struct bw_cluster_agent *agent = calloc(1, sizeof *agent);
    if (!agent)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    agent->argv = argv;
    agent->fd = -1;
    agent->has_secret = has_secret;
    agent->secret = BW_CLUSTER_SECRET_SAME;
    agent->authority = (struct bw_cluster_authority){.pem = BW_BUF(BW_CLUSTER_AUTHORITY_MAX),
                                                     .key = BW_BUF(BW_CLUSTER_AUTHORITY_MAX)};
    agent->audit = BW_BUF(AUDIT_MAX);
    pthread_mutex_init(&agent->lock, NULL);
    *ret_agent = agent;
    return 0;
}

static void end(struct bw_cluster_agent *agent)
{
    if (agent->fd < 0)
        return;
    kill(agent->pid, SIGKILL);
    while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    bw_fd_closep(&agent->fd);
}

void bw_cluster_agent_free(struct bw_cluster_agent *agent)
{
    if (!agent)
        return;
    end(agent);
    bw_channel_unmap(agent->policies);
    bw_channel_unmap(agent->namespaces);
    bw_json_free(agent->parsed);
    bw_buf_free(&agent->audit);
    bw_buf_free(&agent->authority.pem);
    bw_buf_free(&agent->authority.key);
    pthread_mutex_destroy(&agent->lock);
    free(agent);
}

void bw_cluster_agent_freep(struct bw_cluster_agent **agent)
{
    bw_cluster_agent_free(*agent);
    *agent = NULL;
}

/* --- the process --- */

static int spawn(struct bw_cluster_agent *agent, int end, struct bw_err *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    int rc = posix_spawn_file_actions_adddup2(&files, end, BW_CLUSTER_AGENT_FD);
    rc = rc ? rc : posix_spawnattr_setsigmask(&attributes, &none);
    rc = rc ? rc : posix_spawnattr_setsigdefault(&attributes, &all);
    rc = rc ? rc
            : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    rc = rc ? rc : posix_spawn(&agent->pid, PROGRAM, &files, &attributes, agent->argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    errno = rc;
    return rc ? bw_err_errno(err, "cannot start the cluster's agent") : 0;
}

static int start(struct bw_cluster_agent *agent, struct bw_err *err)
{
    int ends[2];
    int rc = bw_channel_pair(ends, err);
    if (rc)
        return rc;
    rc = spawn(agent, ends[1], err);
    close(ends[1]);
    if (rc)
        close(ends[0]);
    else
        agent->fd = ends[0];
    return rc;
}

static void lose(struct bw_cluster_agent *agent)
{
    end(agent);
    agent->again_ms = bw_clock_monotonic_ms() + RESTART_MS;
    bw_log(BW_LOG_WARN, "the cluster's agent has ended; another one is started");
}

/* --- what it says --- */

/* Memory that could shrink while it is read would end the reader. */
static bool is_sealed(int fd)
{
    int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_SHRINK) && (seals & F_SEAL_WRITE);
}

static void take_memory(struct bw_cluster_agent *agent, struct bw_str *into, bool *has, int fd)
{
    struct bw_str bytes;
    if (!is_sealed(fd) || bw_channel_map(fd, &bytes, NULL))
        return;
    bw_channel_unmap(*into);
    *into = bytes;
    *has = true;
    agent->changed = true;
}

static void copy_memory(struct bw_buf *into, int fd)
{
    struct bw_str bytes;
    bw_buf_clear(into);
    if (!is_sealed(fd) || bw_channel_map(fd, &bytes, NULL))
        return;
    bw_buf_str(into, bytes);
    bw_channel_unmap(bytes);
}

static void take_authority(struct bw_cluster_agent *agent, const struct bw_channel_message *message)
{
    agent->has_authority = true;
    agent->secret = (enum bw_cluster_secret_state)message->code;
    if (agent->secret != BW_CLUSTER_SECRET_TAKE)
        return;
    copy_memory(&agent->authority.pem, message->fds[0]);
    copy_memory(&agent->authority.key, message->fds[1]);
}

static void take(struct bw_cluster_agent *agent, const struct bw_channel_message *message)
{
    switch (message->type) {
    case BW_CLUSTER_POLICIES:
        take_memory(agent, &agent->policies, &agent->has_policies, message->fds[0]);
        break;
    case BW_CLUSTER_NAMESPACES:
        bw_json_free(agent->parsed);
        agent->parsed = NULL;
        take_memory(agent, &agent->namespaces, &agent->has_namespaces, message->fds[0]);
        break;
    case BW_CLUSTER_AUDIT:
        bw_buf_clear(&agent->audit);
        bw_buf_str(&agent->audit, message->bytes);
        break;
    case BW_CLUSTER_AUTHORITY:
        take_authority(agent, message);
        break;
    case BW_CLUSTER_READ:
        agent->read_at = (int64_t)time(NULL);
        break;
    case BW_CLUSTER_TROUBLE:
        snprintf(agent->trouble, sizeof agent->trouble, "%" BW_STR_F, BW_STR_A(message->bytes));
        break;
    default:
        break;
    }
}

/* Takes all that is there. Returns whether the agent is gone. */
static bool take_all(struct bw_cluster_agent *agent, int wait_ms)
{
    struct pollfd p = {.fd = agent->fd, .events = POLLIN};
    bool closed = false;
    for (int timeout = wait_ms; !closed && poll(&p, 1, timeout) > 0; timeout = 0) {
        struct bw_channel_message message = BW_CHANNEL_MESSAGE(0);
        closed = bw_channel_receive(agent->fd, true, agent->room, &message, &closed, NULL) != 0 ||
                 closed;
        if (!closed)
            take(agent, &message);
        bw_channel_close_fds(&message);
    }
    return closed;
}

static bool is_complete(const struct bw_cluster_agent *agent)
{
    return agent->has_policies && agent->has_namespaces &&
           (agent->has_authority || !agent->has_secret);
}

static int step(struct bw_cluster_agent *agent, int wait_ms, struct bw_err *err)
{
    int64_t now = bw_clock_monotonic_ms(), until = now + wait_ms;
    do {
        int rc = 0;
        if (agent->fd < 0 && now >= agent->again_ms)
            rc = start(agent, err);
        if (rc)
            return rc;
        int wait = is_complete(agent) || !wait_ms ? 0 : 100;
        if (agent->fd < 0)
            usleep((unsigned)wait * 1000);
        else if (take_all(agent, wait))
            lose(agent);
        now = bw_clock_monotonic_ms();
    } while (!is_complete(agent) && now < until);
    return 0;
}

int bw_cluster_agent_step(struct bw_cluster_agent *agent, int wait_ms, bool *ret_changed,
                          struct bw_err *err)
{
    pthread_mutex_lock(&agent->lock);
    int rc = step(agent, wait_ms, err);
    if (rc == 0 && wait_ms && !is_complete(agent))
        rc = bw_err_set(err, BW_ETIMEOUT, "the cluster did not say what it has within %d s%s%s",
                        wait_ms / 1000, *agent->trouble ? ": " : "", agent->trouble);
    if (rc == 0) {
        *ret_changed = agent->changed;
        agent->changed = false;
    }
    pthread_mutex_unlock(&agent->lock);
    return rc;
}

struct bw_str bw_cluster_agent_policies(const struct bw_cluster_agent *agent)
{
    return agent->policies;
}

struct bw_str bw_cluster_agent_namespaces(const struct bw_cluster_agent *agent)
{
    return agent->namespaces;
}

struct bw_str bw_cluster_agent_audit(const struct bw_cluster_agent *agent)
{
    return bw_buf_slice(&agent->audit);
}

enum bw_cluster_secret_state
bw_cluster_agent_authority(struct bw_cluster_agent *agent,
                           const struct bw_cluster_authority **ret_authority)
{
    pthread_mutex_lock(&agent->lock);
    enum bw_cluster_secret_state state = agent->secret;
    /* What is taken is the same from then on; the agent looks again. */
    if (state == BW_CLUSTER_SECRET_TAKE)
        agent->secret = BW_CLUSTER_SECRET_NONE;
    pthread_mutex_unlock(&agent->lock);
    *ret_authority = &agent->authority;
    return state;
}

int64_t bw_cluster_agent_read_at(const struct bw_cluster_agent *agent)
{
    return agent->read_at;
}

/* --- a namespace --- */

static const struct bw_json *find(struct bw_cluster_agent *agent, struct bw_str name)
{
    if (!agent->parsed && agent->namespaces.n &&
        bw_json_parse(&agent->parsed, agent->namespaces, NULL, 0, NULL))
        return NULL;
    return agent->parsed ? bw_json_get(bw_json_root(agent->parsed), name) : NULL;
}

static void put(const struct bw_json *metadata, struct bw_str name, struct bw_buf *json)
{
    struct bw_json_writer w = bw_json_writer(json, false);
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "apiVersion", BW_STR("v1"));
    bw_json_member_str(&w, "kind", BW_STR("Namespace"));
    bw_json_key(&w, BW_STR("metadata"));
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "name", name);
    struct bw_json_iter it = bw_json_iter(metadata);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        bw_json_key(&w, it.key);
        bw_json_put_value(&w, value);
    }
    bw_json_end(&w);
    bw_json_end(&w);
}

int bw_cluster_agent_namespace(struct bw_cluster_agent *agent, struct bw_str name, int wait_ms,
                               struct bw_buf *json, struct bw_err *err)
{
    int64_t until = bw_clock_monotonic_ms() + wait_ms;
    bool found = false;
    for (;;) {
        pthread_mutex_lock(&agent->lock);
        const struct bw_json *metadata = find(agent, name);
        found = metadata != NULL;
        if (found)
            put(metadata, name, json);
        pthread_mutex_unlock(&agent->lock);
        if (found || bw_clock_monotonic_ms() >= until)
            break;
        usleep(NAMESPACE_MS * 1000);
    }
    if (!found)
        return bw_err_set(err, BW_ENOENT, "the cluster has no namespace %" BW_STR_F,
                          BW_STR_A(name));
    return bw_buf_failed(json) ? bw_err_set(err, BW_ELIMIT, "a namespace is too large") : 0;
}
