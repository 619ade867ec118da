/*
 * run: starts a container with hardened defaults, through Docker or Podman.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/vec.h"
#include "cli/cli.h"
#include "cli/engine.h"
#include "cli/plan-print.h"
#include "cli/run-confinement.h"
#include "cli/run-judge.h"
#include "enforce/network-plan.h"
#include "enforce/seccomp-profile.h"

#define ARENA_MAX   ((size_t)256 << 20)
#define SAID_MAX    ((size_t)1 << 20)
#define REMARKS_MAX 16u

/* Options of ours; below are those of the engine, which are handed on by their names. */
enum {
    OPTION_OWN = 1000,
    OPTION_ENGINE,
    OPTION_ALLOW,
    OPTION_EXPLAIN,
    OPTION_DRY_RUN,
    OPTION_PROFILE,
    OPTION_POLICY,
    OPTION_FORCE,
    OPTION_SECCOMP_PROFILE,
};

static const struct bw_option options[] = {
    {OPTION_EXPLAIN, 0, "explain", NULL,
     "start nothing; print the command of the engine, one flag a line, and what each is good for"},
    {OPTION_DRY_RUN, 0, "dry-run", NULL, "start nothing; print the command of the engine"},
    {OPTION_ALLOW, 0, "allow", "LIST",
     "give up single points: root, writable-root, capabilities, new-privileges, engine-seccomp, "
     "unlimited, host-paths; may be given again"},
    {OPTION_FORCE, 0, "force", NULL, "start it although policies deny it"},
    {OPTION_PROFILE, 0, "profile", "LIST",
     "the built-in policies it is held to: hosting, baseline, restricted, cis-docker, strict. "
     "Default: hosting, of which only what is of high or critical severity is denied"},
    {OPTION_POLICY, 0, "policy", "PATH",
     "policies of your own beside them: a file or a directory; may be given again"},
    {OPTION_ENGINE, 0, "engine", "NAME", "docker or podman; default: the one that answers"},
    {OPTION_SECCOMP_PROFILE, 0, "seccomp-profile", NULL,
     "print the seccomp profile and do nothing else"},

    {1, 'd', "detach", NULL, "run in the background; restarted up to five times where it fails"},
    {2, 'i', "interactive", NULL, "keep standard input open"},
    {3, 't', "tty", NULL, "give it a terminal"},
    {4, 0, "rm", NULL, "remove the container when it ends"},
    {5, 0, "name", "NAME", "the container's name"},
    {6, 'e', "env", "NAME=VALUE", "an environment variable; NAME alone: as it is here"},
    {7, 0, "env-file", "FILE", "environment variables from a file; policies do not see them"},
    {8, 'p', "publish", "[ADDR:][PORT:]PORT",
     "publish a port; on 127.0.0.1 unless an address is given"},
    {9, 'v', "volume", "SOURCE:TARGET",
     "mount a volume, or a path of the host: that read-only unless ':rw' is at the end"},
    {10, 0, "mount", "KEY=VALUE,...", "the same, in words; a bind is read-only by default"},
    {11, 0, "tmpfs", "TARGET[:OPTIONS]", "memory as a directory; /tmp and /run are there already"},
    {12, 'w', "workdir", "DIR", "the directory to start in"},
    {13, 'u', "user", "USER[:GROUP]", "the user to run as; needed where the image's is root"},
    {14, 0, "group-add", "GROUP", "one more group"},
    {15, 0, "network", "NAME",
     "the network; default: " BW_RUN_NETWORK ", in which containers do not reach each other"},
    {16, 0, "network-alias", "NAME", "another name of the container in its network"},
    {17, 0, "hostname", "NAME", "the name that the container has for itself"},
    {18, 0, "add-host", "NAME:ADDR", "a line for /etc/hosts"},
    {19, 0, "dns", "ADDR", "a name server"},
    {20, 0, "entrypoint", "PROGRAM", "the program, in place of the image's"},
    {21, 'm', "memory", "SIZE", "memory; default 512m"},
    {22, 0, "memory-swap", "SIZE", "memory and swap together; default: as --memory, so no swap"},
    {23, 0, "cpus", "NUMBER", "processors; default 1"},
    {24, 0, "pids-limit", "NUMBER", "processes and threads; default 512"},
    {25, 0, "shm-size", "SIZE", "size of /dev/shm"},
    {26, 0, "ulimit", "NAME=SOFT[:HARD]", "a limit of each process"},
    {27, 0, "cap-add", "NAME", "a capability; all others are dropped"},
    {28, 0, "cap-drop", "NAME", "all are, so there is no need to"},
    {29, 0, "security-opt", "OPTION", "another profile of seccomp, AppArmor, SELinux"},
    {30, 0, "device", "PATH[:PATH[:rwm]]", "a device of the host"},
    {31, 0, "sysctl", "NAME=VALUE", "a setting of the kernel for the container's namespaces"},
    {32, 'l', "label", "NAME=VALUE", "a label"},
    {33, 0, "restart", "POLICY", "no, on-failure[:N], always, unless-stopped"},
    {34, 0, "stop-signal", "SIGNAL", "the signal to stop it with"},
    {35, 0, "stop-timeout", "SECONDS", "how long it has then"},
    {36, 0, "health-cmd", "COMMAND", "how to see whether it is well"},
    {37, 0, "health-interval", "TIME", "time between two such looks"},
    {38, 0, "health-timeout", "TIME", "time that one may take"},
    {39, 0, "health-retries", "NUMBER", "failures in a row that make it unhealthy"},
    {40, 0, "health-start-period", "TIME", "time to start, in which failures do not count"},
    {41, 0, "no-healthcheck", NULL, "none, also if the image has one"},
    {42, 0, "log-driver", "NAME", "where its output goes"},
    {43, 0, "log-opt", "NAME=VALUE", "an option of that; default max-size=10m, max-file=3"},
    {44, 0, "pull", "WHEN", "missing (default), always or never"},
    {45, 0, "platform", "OS/ARCH", "of an image that is there for several"},
    {46, 0, "cidfile", "FILE", "write the container's id to a file"},
    {47, 0, "ipc", "MODE", "the namespace of shared memory; default private"},
    {48, 0, "read-only", NULL, "it is; --allow writable-root changes that"},
    {49, 0, "init", NULL, "there is one"},
    {0},
};

BW_VEC_TYPE(strings, const char *);
BW_VEC_TYPE(slices, struct bw_str);
BW_VEC_TYPE(engine_words, struct bw_run_word);

struct running {
    struct engine_words words;
    struct slices profiles;
    struct strings paths;
    struct bw_run_request request;
    const char *engine_name;
    bool explain, dry_run, force, print_profile;

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
    BW_VEC_FREE(&r->words);
    BW_VEC_FREE(&r->profiles);
    BW_VEC_FREE(&r->paths);
    bw_arena_free(r->arena);
    free(r->directory);
    bw_buf_free(&r->said);
}

/* --- the command line --- */

static int add_profiles(struct running *r, const char *list, struct bw_err *err)
{
    struct bw_str rest = bw_str(list), word;
    while (bw_str_split(&rest, ',', &word)) {
        struct bw_str *slot = BW_VEC_PUSH(&r->profiles, BW_RUN_FLAGS_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "too many profiles");
        *slot = bw_str_trim(word);
    }
    return 0;
}

static int own_option(struct running *r, int id, const char *value, struct bw_err *err)
{
    switch (id) {
    case OPTION_ENGINE:
        r->engine_name = value;
        return 0;
    case OPTION_ALLOW:
        return bw_run_loosen(bw_str(value), &r->request.allowed, err);
    case OPTION_PROFILE:
        return add_profiles(r, value, err);
    case OPTION_POLICY: {
        const char **slot = BW_VEC_PUSH(&r->paths, BW_RUN_FLAGS_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "too many paths of policies");
        *slot = value;
        return 0;
    }
    default:
        r->explain |= id == OPTION_EXPLAIN;
        r->dry_run |= id == OPTION_DRY_RUN;
        r->force |= id == OPTION_FORCE;
        r->print_profile |= id == OPTION_SECCOMP_PROFILE;
        return 0;
    }
}

static int engine_option(struct running *r, int id, const char *value, struct bw_err *err)
{
    const struct bw_option *option = options;
    while (option->id != id)
        option++;
    struct bw_run_word *word = BW_VEC_PUSH(&r->words, BW_RUN_FLAGS_MAX);
    if (!word)
        return bw_err_set(err, BW_EUSAGE, "too many options");
    *word = (struct bw_run_word){option->name, value};
    return 0;
}

/* The engine may have it, only that nobody has thought it over here. */
static void hint_at_engine(struct bw_err *err)
{
    char said[BW_ERR_MSG_MAX];
    snprintf(said, sizeof said, "%.200s", err->msg);
    if (bw_str_starts(bw_str(said), BW_STR("there is no option")))
        bw_err_set(err, err->code,
                   "%s%s What else the engine takes can be added to the command that --dry-run "
                   "prints",
                   said, bw_str_ends(bw_str(said), BW_STR("?")) ? "" : ".");
}

/* Reads options up to the image; what follows is the container's. -1 to go on, else the exit code.
 */
static int read_arguments(struct running *r, const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value;
    for (;;) {
        int id = bw_args_next(&args, &value, &err), rc = 0;
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_END)
            break;
        if (id == BW_ARG_OPERAND) {
            r->request.image = value;
            r->request.command = (const char *const *)argv + args.at;
            r->request.command_n = (size_t)(argc - args.at);
            break;
        }
        if (id == BW_ARG_WRONG)
            hint_at_engine(&err);
        else
            rc = id > OPTION_OWN ? own_option(r, id, value, &err)
                                 : engine_option(r, id, value, &err);
        if (id == BW_ARG_WRONG || rc)
            return bw_cli_usage_error(verb, &err);
    }
    if (r->request.image || r->print_profile)
        return -1;
    bw_err_set(&err, BW_EUSAGE, "which image?");
    return bw_cli_usage_error(verb, &err);
}

/* --- what is known --- */

static bool starts_nothing(const struct running *r)
{
    return r->explain || r->dry_run;
}

/* Explaining needs no engine: without one the image is not known. */
static int choose_engine(struct running *r, struct bw_err *err)
{
    int rc = bw_engine_choose(r->engine_name, &r->engine, err);
    if (rc == BW_ENOENT && starts_nothing(r)) {
        r->no_engine = true;
        r->engine.kind =
            r->engine_name && strcmp(r->engine_name, "podman") == 0 ? BW_RUN_PODMAN : BW_RUN_DOCKER;
        snprintf(r->engine.log_driver, sizeof r->engine.log_driver, "%s",
                 r->engine.kind == BW_RUN_DOCKER ? "json-file" : "k8s-file");
        rc = 0;
    }
    r->request.engine = r->engine.kind;
    r->request.no_init = !r->no_engine && !r->engine.has_init;
    r->request.log_driver = r->engine.log_driver;
    return rc;
}

static const char *last_word(const struct running *r, const char *name)
{
    for (size_t i = r->words.n; i-- > 0;)
        if (strcmp(r->words.v[i].name, name) == 0)
            return r->words.v[i].value;
    return NULL;
}

static int pull(const struct running *r, struct bw_err *err)
{
    const char *platform = last_word(r, "platform"), *argv[8];
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
    const char *when = last_word(r, "pull");
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
        return bw_err_set(err, BW_ENOENT, "%s has no image %s",
                          bw_run_engine_name(r->engine.kind), r->request.image);
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
    r->request.words = r->words.v;
    r->request.words_n = r->words.n;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        r->request.files_max = files.rlim_max;
    if (!is_remote() && bw_run_has_apparmor())
        r->request.apparmor = BW_RUN_APPARMOR;
    int rc = choose_engine(r, err);
    if (rc == 0)
        rc = look_at_image(r, err);
    return rc ? rc : bw_run_seccomp_file(r->arena, &r->request.seccomp, err);
}

static bool wants_own_network(const struct running *r)
{
    return !bw_run_has_word(&r->request, "network");
}

static int prepare(struct running *r, struct bw_err *err)
{
    const struct bw_run_judging judging = {r->profiles.v, r->profiles.n, r->paths.v, r->paths.n};
    struct bw_str label = {0};
    int rc = look_around(r, err);
    if (rc == 0)
        rc = bw_run_plan_make(&r->request, r->arena, &r->plan, err);
    if (rc == 0)
        rc = bw_run_judge(&judging, &r->plan, r->arena, &r->allowed, &r->said, err);
    if (rc == 0 && wants_own_network(r) && !r->no_engine)
        rc = bw_engine_network(&r->engine, BW_RUN_NETWORK, r->arena, &r->has_network, &label, err);
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

static int explain(struct running *r, struct bw_err *err)
{
    struct bw_buf loosened BW_CLEANUP(bw_buf_free) = BW_BUF(SAID_MAX);
    const char *remarks[REMARKS_MAX + 1] = {NULL}, **rest;
    size_t n = 0;
    char begin[32];
    rest = bw_arena_array(r->arena, r->request.command_n + 2, sizeof *rest);
    if (!rest)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    rest[0] = r->request.image;
    for (size_t i = 0; i < r->request.command_n; i++)
        rest[i + 1] = r->request.command[i];
    snprintf(begin, sizeof begin, "%s run", bw_run_engine_name(r->engine.kind));
    if (r->no_engine)
        remarks[n++] = "No engine answers here: the command is as it would be for Docker with its "
                       "defaults.";
    if (!r->request.about)
        remarks[n++] = "The image is not here, so it is not known whether it starts as root. "
                       "bulwark run fetches it first, and then asks for --user where it does.";
    if (wants_own_network(r) && !r->has_network)
        remarks[n++] = "The network " BW_RUN_NETWORK " is made first: 'bulwark network create "
                       "--explain " BW_RUN_NETWORK "' tells how.";
    const struct bw_command_explained command = {begin, r->plan.flags, r->plan.flags_n, rest,
                                                 remarks};
    int rc = bw_print_explained(&command, err);
    say_loosened(r, &loosened);
    if (rc == 0 && (loosened.n || r->said.n))
        printf("\n%" BW_STR_F "%" BW_STR_F, BW_STR_A(bw_buf_slice(&loosened)),
               BW_STR_A(bw_buf_slice(&r->said)));
    return rc;
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
    if (r->dry_run) {
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
    int code = read_arguments(&r, verb, argc, argv);
    if (code >= 0)
        return code;
    if (r.print_profile)
        return print_profile();
    r.arena = bw_arena_new(ARENA_MAX);
    int rc = r.arena ? prepare(&r, &err) : bw_err_set(&err, BW_ENOMEM, "out of memory");
    if (rc == 0 && r.explain)
        rc = explain(&r, &err);
    if (rc)
        return rc == BW_EUSAGE ? bw_cli_usage_error(verb, &err) : bw_cli_error(&err);
    bool denied = !r.allowed && !r.force;
    if (r.explain)
        return denied ? BW_EXIT_VERDICT : BW_EXIT_FINE;
    tell(&r);
    code = denied && !r.dry_run ? BW_EXIT_VERDICT : start(&r, &err);
    if (!denied)
        return code;
    fprintf(stderr, "bulwark: %s: policies deny it; --force starts it all the same\n",
            r.dry_run ? "it would not be started" : "not started");
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
    .options = options,
    .run = run,
};
