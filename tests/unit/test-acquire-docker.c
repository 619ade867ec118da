/*
 * The daemon is a child process that answers requests on a Unix socket from a table, a connection
 * each, in the order of the table's rows where several fit.
 */
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "acquire-rig.h"
#include "acquire/docker.h"

#define ID64 "1111111111111111111111111111111111111111111111111111111111111111"
#define D1   "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define D2   "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct answer {
    const char *path; /* of the request */
    int status;
    const char *body;
};

static pid_t daemon_pid;

static void answer_one(int fd, const struct answer *answers)
{
    char request[4096];
    size_t n = 0;
    while (n + 1 < sizeof request) {
        ssize_t r = read(fd, request + n, sizeof request - 1 - n);
        if (r <= 0)
            return;
        n += (size_t)r;
        request[n] = '\0';
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    for (; answers->path; answers++) {
        char start[512];
        snprintf(start, sizeof start, "GET %s HTTP/1.1\r\n", answers->path);
        if (strncmp(request, start, strlen(start)) == 0)
            break;
    }
    dprintf(fd, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
            answers->path ? answers->status : 404, strlen(answers->path ? answers->body : "none"),
            answers->path ? answers->body : "none");
}

static void start_daemon(struct rig *rig, const struct answer *answers)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/d.sock", rig->directory);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 8), 0);
    daemon_pid = fork();
    assert_true(daemon_pid >= 0);
    for (; daemon_pid == 0;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            _exit(1);
        answer_one(fd, answers);
        close(fd);
    }
    close(listener);
    setenv("DOCKER_HOST", rig_text(rig, "unix://%s", at.sun_path).p, 1);
}

static int stop_daemon(void **state)
{
    if (daemon_pid > 0) {
        kill(daemon_pid, SIGKILL);
        waitpid(daemon_pid, NULL, 0);
    }
    daemon_pid = 0;
    unsetenv("DOCKER_HOST");
    return rig_teardown(state);
}

static void a_missing_image_comes_with_the_remedy(void **state)
{
    struct rig *rig = *state;
    static const struct answer answers[] = {{0}};
    start_daemon(rig, answers);
    assert_int_equal(rig_open(rig, "nginx:1.27"), BW_ENOENT);
    says(rig->err.msg, "no such file");
    says(rig->err.msg, "no such image in the local Docker daemon");
    says(rig->err.msg, "docker pull nginx:1.27");
    says(rig->err.msg, "registry:nginx:1.27");
}

static void a_failing_daemon_is_quoted(void **state)
{
    struct rig *rig = *state;
    static const struct answer answers[] = {
        {"/images/x/json", 500, "{\"message\":\"disk on fire\"}"}, {0}};
    start_daemon(rig, answers);
    assert_int_equal(rig_open(rig, "x"), BW_ENET);
    says(rig->err.msg, "disk on fire");
}

static int gather(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    (void)err;
    bw_buf_add(ctx, p, n);
    return 0;
}

static int refuse(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    (void)ctx, (void)p, (void)n;
    return bw_err_set(err, BW_EFORMAT, "enough");
}

#define STREAMED                                                                                   \
    "{\"Id\":\"sha256:" ID64 "\",\"RepoTags\":[\"x:1\"],\"Os\":\"linux\",\"Architecture\":"        \
    "\"amd64\",\"GraphDriver\":{\"Name\":\"overlayfs\",\"Data\":null},"                            \
    "\"RootFS\":{\"Layers\":[\"" D1 "\"]}}"

static void other_stores_are_streamed(void **state)
{
    struct rig *rig = *state;
    static const struct answer answers[] = {{"/images/a/b%2Bc:1/json", 200, STREAMED},
                                            {"/images/x/json", 200, STREAMED},
                                            {"/images/sha256:" ID64 "/get", 200, "the tar"},
                                            {0}};
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    start_daemon(rig, answers);
    assert_int_equal(rig_open(rig, "docker:a/b+c:1"), 0);
    assert_int_equal(rig_open(rig, "x"), 0);
    assert_int_equal(rig->image.form, BW_FORM_STREAM);
    assert_int_equal(rig->image.stream_fd, -1);
    is(rig->image.subject.digest, "sha256:" ID64);
    is(rig->image.subject.platform, "linux/amd64");
    is(rig->image.subject.tags.v[0], "x:1");
    for (int i = 0; i < 2; i++) {
        bw_buf_clear(&buf);
        assert_int_equal(rig->image.produce(&rig->image, gather, &buf, &rig->err), 0);
        is(bw_buf_slice(&buf), "the tar");
    }
    assert_int_equal(rig->image.produce(&rig->image, refuse, NULL, &rig->err), BW_EFORMAT);
    assert_string_equal(rig->err.msg, "enough");
    rig->acquire.platform = "linux/arm64";
    assert_int_equal(rig_open(rig, "x"), BW_ENOENT);
    says(rig->err.msg, "linux/amd64");
}

static void overlay2_directories_are_taken_as_they_are(void **state)
{
    struct rig *rig = *state;
    const char *d = rig->directory;
    struct bw_str layers[2] = {rig_layer(rig, "a", "1"), rig_layer(rig, "b", "2")};
    struct bw_str config = rig_config(rig, "amd64", 2, layers);
    const char *hex = rig_hex(rig, config);
    const char *inspect =
        rig_text(rig,
                 "{\"Id\":\"sha256:%s\",\"Os\":\"linux\",\"Architecture\":\"amd64\","
                 "\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"UpperDir\":"
                 "\"%s/overlay2/two/diff\",\"LowerDir\":\"%s/overlay2/one/diff\"}},"
                 "\"RootFS\":{\"Layers\":[\"" D1 "\",\"" D2 "\"]}}",
                 hex, d, d)
            .p;
    const struct answer answers[] = {{"/images/x/json", 200, inspect}, {0}};
    rig_add(rig, "overlay2/one/diff/in-one", BW_STR("1"));
    rig_add(rig, "overlay2/two/diff/in-two", BW_STR("2"));
    rig_add(rig, rig_text(rig, "image/overlay2/imagedb/content/sha256/%s", hex).p, config);
    rig_as_directory(rig, ".");
    start_daemon(rig, answers);
    assert_int_equal(rig_open(rig, "x"), 0);
    if (rig->image.form != BW_FORM_TREES) {
        print_message("SKIP not root: the daemon's directories are not read\n");
        skip();
    }
    assert_int_equal(rig->image.layers_n, 2);
    assert_int_equal(faccessat(rig->image.layers[0].directory, "in-one", F_OK, 0), 0);
    assert_int_equal(faccessat(rig->image.layers[1].directory, "in-two", F_OK, 0), 0);
    assert_true(rig->image.layers[0].overlay);
    is(rig->image.layers[0].info.diff_id, D1);
    is(rig->image.layers[1].info.diff_id, D2);
    is(rig->image.layers[0].info.created_by, "step 0");
    is(rig->image.layers[1].info.created_by, "step 1");
    /* A layer whose directory is not there: the export has all of them. */
    assert_int_equal(rename(rig_path(rig, "overlay2/one"), rig_path(rig, "gone")), 0);
    assert_int_equal(rig_open(rig, "x"), 0);
    assert_int_equal(rig->image.form, BW_FORM_STREAM);
}

static void lists_each_image_once(void **state)
{
    struct rig *rig = *state;
    static const struct answer answers[] = {{"/images/json", 200,
                                             "[{\"Id\":\"" D1
                                             "\",\"RepoTags\":[\"x:1\",\"x:2\"]},{\"Id\":\"" D2
                                             "\",\"RepoTags\":[\"<none>:<none>\"]}]"},
                                            {0}};
    struct bw_strs names;
    start_daemon(rig, answers);
    assert_int_equal(bw_docker_list_images(&rig->acquire, &names, &rig->err), 0);
    assert_int_equal(names.n, 2);
    is(names.v[0], "x:1");
    is(names.v[1], D2);
}

#define WITH_DAEMON(test) cmocka_unit_test_setup_teardown(test, rig_setup, stop_daemon)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DAEMON(a_missing_image_comes_with_the_remedy),
        WITH_DAEMON(a_failing_daemon_is_quoted),
        WITH_DAEMON(other_stores_are_streamed),
        WITH_DAEMON(overlay2_directories_are_taken_as_they_are),
        WITH_DAEMON(lists_each_image_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
