#include "cli/engine.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acquire/command.h"
#include "cli/cli.h"
#include "enforce/network-plan.h"

#define ANSWER_MAX ((size_t)64 << 10)
#define ANSWER_MS  20000

extern char **environ;

/* One line for an error: the first that a program said. */
static struct bw_str first_line(const struct bw_buf *said)
{
    struct bw_str rest = bw_buf_slice(said), line = {0};
    while (bw_str_line(&rest, &line) && !bw_str_trim(line).n)
        ;
    return bw_str_take(bw_str_trim(line), 200);
}

/* Asks; *ret_ok is whether it ended well. */
static int ask(const char *const *argv, struct bw_buf *answer, struct bw_buf *said, bool *ret_ok,
               struct bw_err *err)
{
    struct bw_command command = {
        .argv = argv, .timeout_ms = ANSWER_MS, .output = answer, .errors = said};
    int code = 0;
    int rc = bw_command_run(&command, &code, err);
    if (rc == 0)
        *ret_ok = code == 0;
    return rc;
}

static const char *const about_engine[] = {
    [BW_RUN_DOCKER] = "{{.ServerVersion}} {{.LoggingDriver}}",
    [BW_RUN_PODMAN] = "{{.Version.Version}} {{.Host.LogDriver}}",
};

/* Podman's --init is a package of its own, and an error where that is not installed. */
static bool has_init(enum bw_run_engine kind)
{
    static const char *const places[] = {"/usr/libexec/podman/catatonit",
                                         "/usr/local/libexec/podman/catatonit",
                                         "/usr/lib/podman/catatonit"};
    for (size_t i = 0; i < BW_ARRAY_LEN(places); i++)
        if (kind == BW_RUN_DOCKER || access(places[i], X_OK) == 0)
            return true;
    return false;
}

static int try_engine(enum bw_run_engine kind, struct bw_engine *ret_engine, struct bw_err *err)
{
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(ANSWER_MAX);
    struct bw_buf said BW_CLEANUP(bw_buf_free) = BW_BUF(ANSWER_MAX);
    const char *const argv[] = {bw_run_engine_name(kind), "info", "--format", about_engine[kind],
                                NULL};
    bool ok = false;
    int rc = ask(argv, &answer, &said, &ok, err);
    if (rc)
        return rc;
    struct bw_str rest = bw_str_trim(bw_buf_slice(&answer)), version, driver = {0};
    bw_str_split(&rest, ' ', &version);
    if (rest.p)
        bw_str_split(&rest, ' ', &driver);
    if (!ok || !version.n)
        return bw_err_set(err, BW_ENOENT, "%s does not answer: %" BW_STR_F, argv[0],
                          BW_STR_A(first_line(&said)));
    *ret_engine = (struct bw_engine){.kind = kind, .has_init = has_init(kind)};
    snprintf(ret_engine->log_driver, sizeof ret_engine->log_driver, "%" BW_STR_F, BW_STR_A(driver));
    return 0;
}

int bw_engine_choose(const char *name, struct bw_engine *ret_engine, struct bw_err *err)
{
    struct bw_err docker = {0}, podman = {0};
    if (name && strcmp(name, "docker") == 0)
        return try_engine(BW_RUN_DOCKER, ret_engine, err);
    if (name && strcmp(name, "podman") == 0)
        return try_engine(BW_RUN_PODMAN, ret_engine, err);
    if (name)
        return bw_err_set(err, BW_EUSAGE, "--engine takes docker or podman, not '%s'", name);
    if (try_engine(BW_RUN_DOCKER, ret_engine, &docker) == 0 ||
        try_engine(BW_RUN_PODMAN, ret_engine, &podman) == 0)
        return 0;
    return bw_err_set(err, BW_ENOENT, "no container engine answers. %s. %s", docker.msg,
                      podman.msg);
}

/* A word and the rest of what an engine says of a thing; p NULL where there is no such thing. */
static int inspect(const char *const *argv, struct bw_arena *arena, bool *ret_there,
                   struct bw_str *ret_text, struct bw_err *err)
{
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(ANSWER_MAX);
    bool there = false;
    int rc = ask(argv, &answer, NULL, &there, err);
    if (rc)
        return rc;
    struct bw_str text = bw_arena_str(arena, bw_str_trim(bw_buf_slice(&answer)));
    if (!text.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    *ret_there = there;
    *ret_text = text;
    return 0;
}

int bw_engine_image(const struct bw_engine *engine, const char *image, struct bw_arena *arena,
                    bool *ret_there, struct bw_run_image *ret_image, struct bw_err *err)
{
    /* The user is last: nothing that it holds can be taken for the word before it. */
    const char *format =
        engine->kind == BW_RUN_DOCKER
            ? "{{if .Config.Healthcheck}}healthcheck{{else}}none{{end}} {{.Config.User}}"
            : "{{if .HealthCheck}}healthcheck{{else}}none{{end}} {{.Config.User}}";
    const char *const argv[] = {bw_run_engine_name(engine->kind),
                                "image",
                                "inspect",
                                "--format",
                                format,
                                "--",
                                image,
                                NULL};
    struct bw_str text, word;
    int rc = inspect(argv, arena, ret_there, &text, err);
    if (rc || !*ret_there)
        return rc;
    bw_str_split(&text, ' ', &word);
    *ret_image = (struct bw_run_image){.user = text.p ? text : BW_STR(""),
                                       .healthcheck = bw_str_eq(word, BW_STR("healthcheck"))};
    return 0;
}

int bw_engine_network(const struct bw_engine *engine, const char *name, struct bw_arena *arena,
                      bool *ret_there, struct bw_str *ret_label, struct bw_err *err)
{
    struct bw_str format = bw_arena_printf(arena, "{{index .Labels \"%s\"}}", BW_NETWORK_LABEL);
    const char *const argv[] = {bw_run_engine_name(engine->kind),
                                "network",
                                "inspect",
                                "--format",
                                format.p,
                                "--",
                                name,
                                NULL};
    if (!format.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    return inspect(argv, arena, ret_there, ret_label, err);
}

int bw_engine_call(const char *const *argv, struct bw_err *err)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0, failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    failed = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    /* posix_spawn changes no argument: POSIX has char *const for history's sake. */
    if (!failed)
        failed =
            posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return bw_err_set(err, failed == ENOENT ? BW_ENOENT : BW_EIO, "cannot run %s: %s", argv[0],
                          strerror(failed));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return bw_err_errno(err, "cannot wait for %s", argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return bw_err_set(err, BW_EIO, "'%s %s' failed", argv[0], argv[1]);
    return 0;
}

int bw_engine_become(const char *const *argv)
{
    struct bw_err err = {0};
    signal(SIGPIPE, SIG_DFL); /* the program's own way with pipes, not ours */
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    bw_err_errno(&err, "cannot run %s", argv[0]);
    return bw_cli_error(&err);
}
