/*
 * The pool with real processes: what a worker may do, what ends it, and what its parent learns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sandbox/confine.h"
#include "sandbox/lockdown.h"
#include "sandbox/pool.h"

enum {
    JOB_ECHO,
    JOB_READ_FD,
    JOB_OPEN,
    JOB_SOCKET,
    JOB_FORK,
    JOB_EXEC_MEMORY,
    JOB_CRASH,
    JOB_FAIL,
    JOB_SLEEP,
    JOB_THREAD,
    JOB_CLOSE_AND_LOOP,
};

static void *thread_body(void *arg)
{
    *(int *)arg = 42;
    return NULL;
}

static int run_thread(struct bw_worker *worker, struct bw_err *err)
{
    pthread_t thread;
    int answer = 0;
    if (pthread_create(&thread, NULL, thread_body, &answer))
        return bw_err_set(err, BW_EIO, "no thread");
    pthread_join(thread, NULL);
    return bw_worker_send(worker, 0, &answer, sizeof answer, err);
}

static int read_fd(struct bw_worker *worker, int fd, struct bw_err *err)
{
    char bytes[64];
    ssize_t n = bw_fd_pread_full(fd, bytes, sizeof bytes, 0);
    if (n < 0)
        return bw_err_errno(err, "read");
    return bw_worker_send(worker, 7, bytes, (size_t)n, err);
}

static int run(struct bw_worker *worker, uint32_t kind, struct bw_str request, const int *fds,
               size_t fds_n, struct bw_err *err)
{
    switch (kind) {
    case JOB_ECHO:
        return bw_worker_send(worker, 1, request.p, request.n, err);
    case JOB_READ_FD:
        return fds_n == 2 ? read_fd(worker, fds[1], err) : bw_err_set(err, BW_EFORMAT, "no fd");
    case JOB_OPEN:
        return open("/etc/passwd", O_RDONLY) < 0 ? bw_err_errno(err, "open") : 0;
    case JOB_SOCKET:
        return socket(AF_INET, SOCK_STREAM, 0);
    case JOB_FORK:
        return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    case JOB_EXEC_MEMORY:
        return (int)syscall(SYS_mmap, 0, 4096, 7 /* rwx */, 0x22, -1, 0);
    case JOB_CRASH:
        abort();
    case JOB_FAIL:
        return bw_err_set(err, BW_EFORMAT, "bad bytes at 7");
    case JOB_SLEEP:
        usleep(20000000);
        return 0;
    case JOB_THREAD:
        return run_thread(worker, err);
    default:
        close(3);
        for (;;)
            usleep(1000);
    }
}

struct outcome {
    struct bw_job job;
    int status, calls;
    struct bw_err err;
    uint32_t tag;
    struct bw_buf bytes;
};

static int on_message(struct bw_job *job, uint32_t tag, struct bw_str bytes, struct bw_err *err)
{
    struct outcome *o = job->ctx;
    (void)err;
    o->tag = tag;
    bw_buf_str(&o->bytes, bytes);
    return 0;
}

static void on_done(struct bw_job *job, int status, const struct bw_err *err)
{
    struct outcome *o = job->ctx;
    o->status = status;
    o->calls++;
    o->err = *err;
}

static void prepare(struct outcome *o, uint32_t kind)
{
    *o = (struct outcome){.bytes = BW_BUF((size_t)32 << 20)};
    o->job = (struct bw_job){.kind = kind, .ctx = o, .message = on_message, .done = on_done};
}

static struct bw_pool *new_pool(void)
{
    struct bw_err err = {0};
    struct bw_pool_options options = {.workers = {2, 0}, .run = run, .memory_max = 256u << 20};
    struct bw_pool *pool = bw_pool_new(&options, &err);
    if (!pool)
        fail_msg("%s", err.msg);
    return pool;
}

static void run_one(struct bw_pool *pool, struct outcome *o)
{
    struct bw_err err = {0};
    bw_pool_submit(pool, &o->job);
    assert_int_equal(bw_pool_run(pool, &err), 0);
    assert_int_equal(o->calls, 1);
}

static void big_messages_come_back(void **state)
{
    (void)state;
    struct bw_pool *pool = new_pool();
    struct outcome o;
    prepare(&o, JOB_ECHO);
    size_t n = (size_t)9 << 20;
    char *big = malloc(n);
    assert_non_null(big);
    for (size_t i = 0; i < n; i++)
        big[i] = (char)(i * 31);
    o.job.request = bw_str_n(big, n);
    run_one(pool, &o);
    assert_int_equal(o.status, 0);
    assert_int_equal(o.bytes.n, n);
    assert_memory_equal(o.bytes.p, big, n);
    bw_buf_free(&o.bytes);
    free(big);
    bw_pool_free(pool);
}

static void descriptors_arrive(void **state)
{
    (void)state;
    struct bw_pool *pool = new_pool();
    struct outcome o;
    prepare(&o, JOB_READ_FD);
    char path[] = "/tmp/bw-sandbox-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && bw_fd_write_full(fd, "hello", 5) == 0);
    unlink(path);
    int fds[] = {fd, fd};
    o.job.fds = fds;
    o.job.fds_n = 2;
    run_one(pool, &o);
    assert_int_equal(o.tag, 7);
    assert_true(bw_str_eq(bw_buf_slice(&o.bytes), BW_STR("hello")));
    bw_buf_free(&o.bytes);
    close(fd);
    bw_pool_free(pool);
}

static void worker_is_locked_down(void **state)
{
    (void)state;
    struct bw_pool *pool = new_pool();
    struct outcome o;
    prepare(&o, JOB_OPEN);
    run_one(pool, &o);
    assert_int_equal(o.status, BW_EACCESS);
    static const uint32_t fatal[] = {JOB_SOCKET, JOB_FORK, JOB_EXEC_MEMORY};
    for (size_t i = 0; i < BW_ARRAY_LEN(fatal); i++) {
        prepare(&o, fatal[i]);
        run_one(pool, &o);
        assert_int_equal(o.status, BW_EINTERNAL);
        assert_non_null(strstr(o.err.msg, "system call"));
    }
    prepare(&o, JOB_THREAD);
    run_one(pool, &o);
    assert_int_equal(o.status, 0);
    assert_int_equal(o.bytes.n, sizeof(int));
    bw_buf_free(&o.bytes);
    bw_pool_free(pool);
}

static void failure_is_of_the_job_alone(void **state)
{
    (void)state;
    struct bw_pool *pool = new_pool();
    struct outcome o[6];
    static const uint32_t kinds[] = {JOB_CRASH, JOB_FAIL,           JOB_ECHO,
                                     JOB_CRASH, JOB_CLOSE_AND_LOOP, JOB_ECHO};
    for (size_t i = 0; i < 6; i++) {
        prepare(&o[i], kinds[i]);
        o[i].job.request = BW_STR("x");
        bw_pool_submit(pool, &o[i].job);
    }
    struct bw_err err = {0};
    assert_int_equal(bw_pool_run(pool, &err), 0);
    assert_int_equal(o[0].status, BW_EINTERNAL);
    assert_int_equal(o[1].status, BW_EFORMAT);
    assert_string_equal(o[1].err.msg, "bad bytes at 7");
    assert_int_equal(o[2].status, 0);
    assert_int_equal(o[3].status, BW_EINTERNAL);
    assert_int_equal(o[4].status, BW_EINTERNAL);
    assert_int_equal(o[5].status, 0);
    bw_buf_free(&o[2].bytes);
    bw_buf_free(&o[5].bytes);
    bw_pool_free(pool);
}

static void deadline_ends_jobs(void **state)
{
    (void)state;
    struct bw_pool *pool = new_pool();
    struct outcome o[3];
    for (size_t i = 0; i < 3; i++) {
        prepare(&o[i], JOB_SLEEP);
        bw_pool_submit(pool, &o[i].job);
    }
    bw_pool_set_deadline(pool, bw_clock_monotonic_ms() + 150);
    struct bw_err err = {0};
    assert_int_equal(bw_pool_run(pool, &err), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(o[i].status, BW_ETIMEOUT);
    bw_pool_free(pool);
}

/* In a child: what bw_confine leaves, as bits. */
static int confined(const char *directory)
{
    bool landlock;
    struct bw_err err = {0};
    char inside[128];
    char *const argv[] = {(char[]){"true"}, NULL};
    if (bw_confine(directory, &landlock, &err))
        return 100;
    snprintf(inside, sizeof inside, "%s/new", directory);
    int bits = open(inside, O_CREAT | O_WRONLY, 0600) >= 0;
    bits |= (open("/tmp/bw-must-not-be-there", O_CREAT | O_WRONLY, 0600) >= 0) << 1;
    bits |= (open("/etc/passwd", O_RDONLY) >= 0) << 2;
    bits |= (socket(AF_INET, SOCK_STREAM, 0) >= 0) << 3;
    execv("/bin/true", argv);
    bits |= (errno == EPERM) << 4;
    return landlock ? bits : bits & ~2;
}

static void confined_process_writes_in_one_place(void **state)
{
    (void)state;
    char directory[] = "/tmp/bw-confine-XXXXXX", inside[64];
    assert_non_null(mkdtemp(directory));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(confined(directory));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 1 | 4 | 8 | 16);
    snprintf(inside, sizeof inside, "%s/new", directory);
    unlink(inside);
    rmdir(directory);
}

/* --- a server --- */

enum probe {
    PROBE_LOG,     /* creates, writes, locks, renames, removes in its directory */
    PROBE_ACCEPT,  /* on a socket it holds */
    PROBE_OUTSIDE, /* a file that anybody may read */
    PROBE_ABOVE,   /* the same, on the way that leads up */
    PROBE_SOCKET,
    PROBE_CONNECT,
    PROBE_EXEC,
    PROBE_SIGNAL,
    PROBE_OWNER, /* of a descriptor: a way to send signals */
};

static bool uses_log(const char *directory)
{
    char path[128], other[128];
    snprintf(path, sizeof path, "%s/log", directory);
    snprintf(other, sizeof other, "%s/log.1", directory);
    int fd = open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0640);
    return fd >= 0 && flock(fd, LOCK_EX) == 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0 &&
           fdatasync(fd) == 0 && rename(path, other) == 0 && unlink(other) == 0;
}

/* In a child. 0: it could. */
static int try(enum probe probe, const char *directory, int listener, pid_t parent)
{
    struct bw_lockdown_server_options options = {.directory = directory, .descriptors_max = 64};
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/x"};
    bool rooted = false, landlock = false;
    char *const argv[] = {(char[]){"true"}, NULL};
    if (bw_lockdown_server(&options, &rooted, &landlock, NULL))
        return 100;
    /* Such a kernel leaves what the user may read. */
    if (directory && !landlock && !rooted && (probe == PROBE_OUTSIDE || probe == PROBE_ABOVE))
        return 1;
    switch (probe) {
    case PROBE_LOG:
        return directory && uses_log(rooted ? "/" : directory) ? 0 : 1;
    case PROBE_ACCEPT:
        return accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0 ? 0 : 1;
    case PROBE_OUTSIDE:
        return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1;
    case PROBE_ABOVE:
        return open("../etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1;
    case PROBE_SOCKET:
        return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : 1;
    case PROBE_CONNECT:
        return connect(listener, (struct sockaddr *)&address, sizeof address) ? 1 : 0;
    case PROBE_EXEC:
        return execv("/bin/true", argv);
    case PROBE_SIGNAL:
        return kill(parent, 0) ? 1 : 0;
    default:
        return fcntl(listener, F_SETOWN, parent) ? 1 : 0;
    }
}

/* An exit code, or a signal as 1000 and more. */
static int probe_server(enum probe probe, const char *directory, int listener)
{
    pid_t parent = getpid(), pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(try(probe, directory, listener, parent));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void a_server_keeps_its_log_and_its_sockets(void **state)
{
    (void)state;
    char directory[] = "/tmp/bw-server-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/socket", directory);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    const char *const directories[] = {directory, NULL};
    for (size_t i = 0; i < BW_ARRAY_LEN(directories); i++) {
        const char *of = directories[i];
        assert_int_equal(probe_server(PROBE_LOG, of, listener), of ? 0 : 1);
        assert_int_equal(probe_server(PROBE_OUTSIDE, of, listener), 1);
        assert_int_equal(probe_server(PROBE_ABOVE, of, listener), 1);
        assert_int_equal(probe_server(PROBE_SOCKET, of, listener), 1000 + SIGSYS);
        assert_int_equal(probe_server(PROBE_CONNECT, of, listener), 1000 + SIGSYS);
        assert_int_equal(probe_server(PROBE_EXEC, of, listener), 1000 + SIGSYS);
        assert_int_equal(probe_server(PROBE_SIGNAL, of, listener), 1000 + SIGSYS);
        assert_int_equal(probe_server(PROBE_OWNER, of, listener), 1000 + SIGSYS);
    }
    assert_int_equal(probe_server(PROBE_ACCEPT, directory, listener), 0);
    close(listener);
    close(client);
    unlink(path);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(big_messages_come_back),
        cmocka_unit_test(descriptors_arrive),
        cmocka_unit_test(worker_is_locked_down),
        cmocka_unit_test(failure_is_of_the_job_alone),
        cmocka_unit_test(deadline_ends_jobs),
        cmocka_unit_test(confined_process_writes_in_one_place),
        cmocka_unit_test(a_server_keeps_its_log_and_its_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
