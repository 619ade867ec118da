#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/map.h"
#include "enforce/cluster-agent-parts.h"
#include "wrap/json.h"

#define PROGRAM      "/proc/self/exe"
#define FIRST_MS     5000 /* after the start */
#define LINE_MAX_    ((size_t)256 << 10)
#define POLICIES_MAX 1000u
#define READ_MAX     ((size_t)64 << 10)
#define AT_A_TIME    64u /* reads of one step: the agent has more to do */
#define KNOWN_MAX    200000u
#define ARENA_MAX    ((size_t)32 << 20)

struct bw_cluster_auditor {
    const struct bw_cluster_agent_options *options;
    int64_t due_ms;
    pid_t pid;
    int fd; /* what it prints; -1: none runs */
    struct bw_buf line;
    struct bw_arena *arena; /* of this audit */
    struct bw_map policies; /* id -> count, as a pointer */
    struct bw_buf figures;  /* of its last line */
    uint64_t *known, *now; /* hashes of records of the last audit and of this one, sorted and not */
    size_t known_n, now_n;
};

struct bw_cluster_auditor *bw_cluster_auditor_new(const struct bw_cluster_agent_options *options)
{
    struct bw_cluster_auditor *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    *a = (struct bw_cluster_auditor){.options = options,
                                     .due_ms = bw_clock_monotonic_ms() + FIRST_MS,
                                     .fd = -1,
                                     .line = BW_BUF(LINE_MAX_),
                                     .policies = BW_MAP(POLICIES_MAX),
                                     .figures = BW_BUF(READ_MAX)};
    a->arena = bw_arena_new(ARENA_MAX);
    a->known = calloc(KNOWN_MAX, sizeof *a->known);
    a->now = calloc(KNOWN_MAX, sizeof *a->now);
    if (a->arena && a->known && a->now)
        return a;
    bw_cluster_auditor_free(a);
    return NULL;
}

void bw_cluster_auditor_free(struct bw_cluster_auditor *a)
{
    if (!a)
        return;
    if (a->fd >= 0) {
        kill(a->pid, SIGKILL);
        waitpid(a->pid, NULL, 0);
        close(a->fd);
    }
    bw_buf_free(&a->line);
    bw_buf_free(&a->figures);
    bw_map_free(&a->policies);
    bw_arena_free(a->arena);
    free(a->known);
    free(a->now);
    free(a);
}

/* --- the process --- */

static int start(struct bw_cluster_auditor *a, struct bw_err *err)
{
    int pipe_ends[2];
    posix_spawn_file_actions_t files;
    if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK))
        return bw_err_errno(err, "cannot make a pipe for an audit");
    /* The writer waits where the reader is slow. */
    fcntl(pipe_ends[1], F_SETFL, 0);
    posix_spawn_file_actions_init(&files);
    int rc = posix_spawn_file_actions_adddup2(&files, pipe_ends[1], STDOUT_FILENO);
    rc = rc ? rc : posix_spawn_file_actions_addclose(&files, BW_CLUSTER_AGENT_FD);
    rc = rc ? rc : posix_spawn(&a->pid, PROGRAM, &files, NULL, a->options->audit_argv, environ);
    posix_spawn_file_actions_destroy(&files);
    close(pipe_ends[1]);
    if (rc) {
        close(pipe_ends[0]);
        errno = rc;
        return bw_err_errno(err, "cannot start an audit");
    }
    a->fd = pipe_ends[0];
    a->now_n = 0;
    bw_arena_reset(a->arena);
    bw_map_free(&a->policies);
    bw_buf_clear(&a->line);
    bw_buf_clear(&a->figures);
    return 0;
}

/* --- what it prints --- */

static void count_policies(struct bw_cluster_auditor *a, const struct bw_json *record)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(record, BW_STR("reasons")));
    for (const struct bw_json *reason; (reason = bw_json_next(&it));) {
        struct bw_str id = bw_json_string(bw_json_get(reason, BW_STR("policy")));
        struct bw_str weight = bw_json_string(bw_json_get(reason, BW_STR("weight")));
        if (!id.n || !bw_str_eq(weight, BW_STR("deny")))
            continue;
        struct bw_str kept = bw_arena_str(a->arena, id);
        struct bw_map_item *item = kept.p ? bw_map_at(&a->policies, kept) : NULL;
        if (item)
            item->value = (void *)((uintptr_t)item->value + 1);
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* What was the same at the last audit is not written down again. */
static bool is_new(struct bw_cluster_auditor *a, struct bw_str line)
{
    /* But for the time that it took. */
    size_t cost = bw_str_find_str(line, BW_STR(",\"cost_us\":"));
    uint64_t hash = bw_str_hash(bw_str_take(line, cost));
    if (a->now_n < KNOWN_MAX)
        a->now[a->now_n++] = hash;
    return !bsearch(&hash, a->known, a->known_n, sizeof hash, compare);
}

static int take_line(struct bw_cluster_auditor *a, struct bw_str line, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    if (line.n < 2 || bw_json_parse(&doc, line, NULL, 0, err))
        return bw_err_set(err, BW_EFORMAT, "an audit printed something that is no record");
    const struct bw_json *record = bw_json_root(doc);
    const struct bw_json *summary = bw_json_get(record, BW_STR("summary"));
    if (summary) {
        struct bw_json_iter it = bw_json_iter(summary);
        for (const struct bw_json *value; (value = bw_json_next(&it));) {
            uint64_t n = 0;
            if (bw_json_u64(value, &n))
                bw_buf_printf(&a->figures, "%" BW_STR_F " %llu\n", BW_STR_A(it.key),
                              (unsigned long long)n);
        }
        return 0;
    }
    count_policies(a, record);
    if (!a->options->log || !is_new(a, line))
        return 0;
    return bw_evidence_append(a->options->log, bw_str_n(line.p + 1, line.n - 2), err);
}

static int take_lines(struct bw_cluster_auditor *a, struct bw_err *err)
{
    struct bw_str rest = bw_buf_slice(&a->line);
    int rc = 0;
    for (size_t end; rc == 0 && (end = bw_str_find(rest, '\n')) != SIZE_MAX;) {
        rc = take_line(a, bw_str_take(rest, end), err);
        rest = bw_str_from(rest, end + 1);
    }
    if (rest.n)
        memmove(a->line.p, rest.p, rest.n);
    a->line.n = rest.n;
    return rc;
}

/* --- the end --- */

static void finish(struct bw_cluster_auditor *a, struct bw_buf *figures)
{
    uint64_t *then = a->known;
    bw_fd_closep(&a->fd);
    while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    a->known = a->now;
    a->known_n = a->now_n;
    a->now = then;
    qsort(a->known, a->known_n, sizeof *a->known, compare);
    a->due_ms = bw_clock_monotonic_ms() + a->options->audit_ms;
    if (!a->figures.n) {
        bw_log(BW_LOG_WARN, "cluster: an audit ended before its end");
        return;
    }
    bw_buf_str(figures, bw_buf_slice(&a->figures));
    bw_buf_printf(figures, "seconds %lld\n", (long long)bw_clock_wall());
    for (size_t i = 0; i < a->policies.n; i++)
        bw_buf_printf(figures, "policy %" BW_STR_F " %llu\n", BW_STR_A(a->policies.items[i].key),
                      (unsigned long long)(uintptr_t)a->policies.items[i].value);
}

int bw_cluster_auditor_step(struct bw_cluster_auditor *a, struct bw_buf *figures,
                            struct bw_err *err)
{
    if (a->fd < 0)
        return bw_clock_monotonic_ms() < a->due_ms ? 0 : start(a, err);
    for (unsigned i = 0; i < AT_A_TIME; i++) {
        uint8_t *room = bw_buf_reserve(&a->line, READ_MAX);
        ssize_t n = room ? read(a->fd, room, READ_MAX) : 0;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : bw_err_errno(err, "an audit");
        a->line.n += (size_t)n;
        int rc = n ? take_lines(a, err) : 0;
        if (rc)
            kill(a->pid, SIGKILL);
        if (rc || !n) {
            finish(a, figures);
            return rc;
        }
    }
    return 0;
}
