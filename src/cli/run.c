/*
 * run: starts a container with hardened defaults, through Docker or Podman.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/engine.h"
#include "cli/plan-print.h"
#include "cli/run-arguments.h"
#include "cli/run-confinement.h"
#include "cli/run-judge.h"
#include "enforce/network-plan.h"
#include "enforce/run-check.h"
#include "enforce/seccomp-profile.h"

#define ARENA_MAX   ((size_t)256 << 20)
#define SAID_MAX    ((size_t)1 << 20)
#define REMARKS_MAX 3u

struct running {
    struct bw_run_arguments arguments;
    struct bw_run_request request;
    struct bw_arena *arena;
    struct bw_engine engine;
    bool no_engine; /* none answers, and none is needed */
    struct bw_run_image about;
    char *directory;
    struct bw_run_plan plan;
    bool allowed; /* by policies */
    struct bw_buf said;
    bool has_network;
};

static void free_running(struct running *r)
{
    bw_run_arguments_free(&r->arguments);
    bw_arena_free(r->arena);
    free(r->directory);
    bw_buf_free(&r->said);
}

/* --- what is known --- */

static bool starts_nothing(const struct running *r)
{
    return r->arguments.explain || r->arguments.dry_run;
}

/* Explaining needs no engine: without one the image is not known. */
static int choose_engine(struct running *r, struct bw_err *err)
{
    int rc = bw_engine_choose(r->arguments.engine, &r->engine, err);
    if (rc == BW_ENOENT && starts_nothing(r)) {
        r->no_engine = true;
        r->engine.kind = r->arguments.engine && strcmp(r->arguments.engine, "podman") == 0
                             ? BW_RUN_PODMAN
                             : BW_RUN_DOCKER;
        snprintf(r->engine.log_driver, sizeof r->engine.log_driver, "%s",
                 r->engine.kind == BW_RUN_DOCKER ? "json-file" : "k8s-file");
        rc = 0;
    }
    r->request.engine = r->engine.kind;
    r->request.no_init = !r->no_engine && !r->engine.has_init;
    r->request.log_driver = r->engine.log_driver;
    return rc;
}

static int pull(const struct running *r, struct bw_err *err)
{
    const char *platform = bw_run_word_of(&r->request, "platform"), *argv[8];
    size_t n = 0;
    argv[n++] = bw_run_engine_name(r->engine.kind);
    argv[n++] = "pull";
    if (platform) {
        argv[n++] = "--platform";
        argv[n++] = platform;
    }
    argv[n++] = "--";
    argv[n++] = r->request.image;
    argv[n] = NULL;
    return bw_engine_call(argv, err);
}

/* Who the program runs as is the image's word, so the image has to be here first. */
static int look_at_image(struct running *r, struct bw_err *err)
{
    const char *when = bw_run_word_of(&r->request, "pull");
    bool there = false, always = when && strcmp(when, "always") == 0;
    bool may_pull = !starts_nothing(r) && !(when && strcmp(when, "never") == 0);
    if (r->no_engine)
        return 0;
    int rc = 0;
    if (always && may_pull)
        rc = pull(r, err);
    if (rc == 0)
        rc = bw_engine_image(&r->engine, r->request.image, r->arena, &there, &r->about, err);
    if (rc == 0 && !there && may_pull && !always) {
        rc = pull(r, err);
        if (rc == 0)
            rc = bw_engine_image(&r->engine, r->request.image, r->arena, &there, &r->about, err);
    }
    if (rc == 0 && !there && !starts_nothing(r))
        return bw_err_set(err, BW_ENOENT, "%s has no image %s", bw_run_engine_name(r->engine.kind),
                          r->request.image);
    if (rc == 0 && there)
        r->request.about = &r->about;
    return rc;
}

static bool is_remote(void)
{
    const char *host = getenv("DOCKER_HOST");
    return host && *host && strncmp(host, "unix:", 5) != 0;
}

static int look_around(struct running *r, struct bw_err *err)
{
    r->directory = getcwd(NULL, 0);
    r->request.directory = r->directory;
    r->request.words = r->arguments.words.v;
    r->request.words_n = r->arguments.words.n;
    r->request.image = r->arguments.image;
    r->request.command = r->arguments.command;
    r->request.command_n = r->arguments.command_n;
    r->request.allowed = r->arguments.allowed;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        r->request.files_max = files.rlim_max;
    if (!is_remote() && bw_run_has_apparmor())
        r->request.apparmor = BW_RUN_APPARMOR;
    int rc = bw_run_check(&r->request, err);
    if (rc == 0)
        rc = choose_engine(r, err);
    if (rc == 0)
        rc = look_at_image(r, err);
    return rc ? rc : bw_run_seccomp_file(r->arena, &r->request.seccomp, err);
}

static bool wants_own_network(const struct running *r)
{
    return !bw_run_has_word(&r->request, "network");
}

/* What policies do not see is told, too. */
static void say_unseen(struct running *r)
{
    for (size_t i = 0; i < r->arguments.words.n; i++)
        if (strcmp(r->arguments.words.v[i].name, "env-file") == 0)
            bw_buf_printf(&r->said, "not judged: the variables of %s\n",
                          r->arguments.words.v[i].value);
}

/* A network of that name that somebody else made may be as open as the default one. */
static int look_at_network(struct running *r, struct bw_err *err)
{
    struct bw_str label = {0};
    if (!wants_own_network(r) || r->no_engine)
        return 0;
    int rc = bw_engine_network(&r->engine, BW_RUN_NETWORK, r->arena, &r->has_network, &label, err);
    if (rc == 0 && r->has_network && !bw_str_eq(label, BW_STR("isolated")))
        bw_buf_printf(&r->said, "warning: the network " BW_RUN_NETWORK " was not made by bulwark, "
                                "so its containers may reach each other\n");
    return rc;
}

static int prepare(struct running *r, struct bw_err *err)
{
    const struct bw_run_judging judging = {r->arguments.profiles.v, r->arguments.profiles.n,
                                           r->arguments.paths.v, r->arguments.paths.n};
    int rc = look_around(r, err);
    if (rc == 0)
        rc = bw_run_plan_make(&r->request, r->arena, &r->plan, err);
    if (rc == 0)
        rc = bw_run_judge(&judging, &r->plan, r->arena, &r->allowed, &r->said, err);
    if (rc == 0)
        say_unseen(r);
    if (rc == 0)
        rc = look_at_network(r, err);
    return rc;
}

/* --- what comes of it --- */

/* Every point that is given up, each on a line of `buf`. */
static void say_loosened(const struct running *r, struct bw_buf *buf)
{
    const struct bw_run_point *point;
    for (size_t i = 0; (point = bw_run_point_at(i)); i++)
        if (r->request.allowed & point->point)
            bw_buf_printf(buf, "loosened: %s: %s\n", point->name, point->meaning);
}

static const char *const *network_argv(struct running *r)
{
    const struct bw_network_request request = {.engine = r->engine.kind, .name = BW_RUN_NETWORK};
    struct bw_network_plan plan;
    bw_network_plan_make(&request, &plan);
    return bw_network_plan_argv(&request, &plan, r->arena);
}

/* What the flags do not tell, as paragraphs. */
static void remark(const struct running *r, const char **remarks)
{
    if (r->no_engine)
        *remarks++ = "No engine answers here: the command is as it would be for one with its "
                     "defaults.";
    if (!r->request.about && !bw_run_has_word(&r->request, "user"))
        *remarks++ = "The image is not here, so it is not known whether it starts as root. "
                     "bulwark run fetches it first, and then asks for --user where it does.";
    if (wants_own_network(r) && !r->has_network)
        *remarks++ = "The network " BW_RUN_NETWORK " is made first: 'bulwark network create "
                     "--explain " BW_RUN_NETWORK "' tells how.";
    *remarks = NULL;
}

static int explain(struct running *r, struct bw_err *err)
{
    struct bw_buf notes BW_CLEANUP(bw_buf_free) = BW_BUF(2 * SAID_MAX);
    const char *remarks[REMARKS_MAX + 1], **rest;
    char begin[32];
    rest = bw_arena_array(r->arena, r->request.command_n + 2, sizeof *rest);
    if (!rest)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    rest[0] = r->request.image;
    for (size_t i = 0; i < r->request.command_n; i++)
        rest[i + 1] = r->request.command[i];
    snprintf(begin, sizeof begin, "%s run", bw_run_engine_name(r->engine.kind));
    remark(r, remarks);
    say_loosened(r, &notes);
    bw_buf_str(&notes, bw_buf_slice(&r->said));
    const struct bw_command_explained command = {begin, r->plan.flags, r->plan.flags_n,
                                                 rest,  remarks,       bw_buf_slice(&notes)};
    return bw_print_explained(&command, err);
}

/* Standard error has what a person should know; the lines of remedies are indented. */
static void tell(const struct running *r)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(2 * SAID_MAX);
    say_loosened(r, &text);
    bw_buf_str(&text, bw_buf_slice(&r->said));
    struct bw_str rest = bw_buf_slice(&text), line;
    while (bw_str_line(&rest, &line))
        fprintf(stderr, "%s%" BW_STR_F "\n",
                bw_str_starts(line, BW_STR(" ")) ? "" : "bulwark: ", BW_STR_A(line));
}

static int start(struct running *r, struct bw_err *err)
{
    const char *const *argv = bw_run_plan_argv(&r->plan, r->arena), *const *network = NULL;
    bool make_network = wants_own_network(r) && !r->has_network;
    if (make_network)
        network = network_argv(r);
    if (!argv || (make_network && !network))
        return bw_cli_error((bw_err_set(err, BW_ENOMEM, "out of memory"), err));
    if (r->arguments.dry_run) {
        int rc = network ? bw_print_command(network, err) : 0;
        if (rc == 0)
            rc = bw_print_command(argv, err);
        return rc ? bw_cli_error(err) : BW_EXIT_FINE;
    }
    if (network && bw_engine_call(network, err)) {
        bw_err_prefix(err, err->code,
                      "the network " BW_RUN_NETWORK " cannot be made; --network "
                      "NAME takes another");
        return bw_cli_error(err);
    }
    return bw_engine_become(argv);
}

static int print_profile(void)
{
    struct bw_buf profile BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    bw_seccomp_profile_docker(&profile);
    if (bw_buf_failed(&profile) || fwrite(profile.p, 1, profile.n, stdout) != profile.n)
        return BW_EXIT_INTERNAL;
    return BW_EXIT_FINE;
}

static int run(const struct bw_verb *verb, int argc, char **argv)
{
    struct running r BW_CLEANUP(free_running) = {.said = BW_BUF(SAID_MAX)};
    struct bw_err err = {0};
    int code = bw_run_arguments_read(&r.arguments, verb, argc, argv);
    if (code >= 0)
        return code;
    if (r.arguments.print_profile)
        return print_profile();
    r.arena = bw_arena_new(ARENA_MAX);
    int rc = r.arena ? prepare(&r, &err) : bw_err_set(&err, BW_ENOMEM, "out of memory");
    if (rc == 0 && r.arguments.explain)
        rc = explain(&r, &err);
    if (rc)
        return rc == BW_EUSAGE ? bw_cli_usage_error(verb, &err) : bw_cli_error(&err);
    bool denied = !r.allowed && !r.arguments.force;
    if (r.arguments.explain)
        return denied ? BW_EXIT_VERDICT : BW_EXIT_FINE;
    tell(&r);
    code = denied && !r.arguments.dry_run ? BW_EXIT_VERDICT : start(&r, &err);
    if (!denied)
        return code;
    fprintf(stderr, "bulwark: %s: policies deny it; --force starts it all the same\n",
            r.arguments.dry_run ? "it would not be started" : "not started");
    return BW_EXIT_VERDICT;
}

const struct bw_verb bw_verb_run = {
    .name = "run",
    .summary = "start a container with hardened defaults",
    .operands = "IMAGE [COMMAND...]",
    .about = "Takes the usual options of 'docker run' and starts the container through Docker\n"
             "or Podman, so that the safe way is the short way: the files of the image cannot\n"
             "be changed, /tmp and /run are in memory, there are no capabilities, setuid\n"
             "programs gain nothing, a stricter seccomp profile is in place, memory,\n"
             "processors, processes and logs are limited, ports are published on this machine\n"
             "alone, directories of the host are mounted read-only, and no other container\n"
             "reaches it. --explain shows each flag and what it is good for.\n"
             "\n"
             "A program that would run as root is not started: name another user with --user\n"
             "(65532:65532 is nobody's on most systems), or allow it. What a program cannot\n"
             "do without is given back by its own option (--cap-add NET_RAW, --tmpfs\n"
             "/var/cache, -v ./data:/data:rw, -m 2g), or a whole point by --allow; what was\n"
             "loosened is said, and stands in the label " BW_RUN_LABEL ".\n"
             "\n"
             "Before it starts, policies judge it ('bulwark policy list'): warnings are told,\n"
             "and what is denied does not start unless with --force.\n"
             "\n"
             "Once the container runs, all is the engine's: the terminal, signals, the exit\n"
             "code. Before: 1 policies deny it; 2 wrong use; 4 internal error.",
    .examples = "  bulwark run --explain nginx\n"
                "  bulwark run -d -p 8080:8080 --user 65532:65532 shop/web:1.4\n"
                "  bulwark run --rm -it --network none --user 1000:1000 alpine sh\n"
                "  bulwark run -d --allow root --cap-add CHOWN --cap-add SETUID \\\n"
                "    --cap-add SETGID -v data:/var/lib/postgresql/data postgres:17\n"
                "  bulwark run --dry-run IMAGE",
    .options = bw_run_options,
    .run = run,
};
