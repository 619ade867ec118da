#include "cli/run-arguments.h"

#include <stdio.h>
#include <string.h>

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

const struct bw_option bw_run_options[] = {
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

static int add_profiles(struct bw_run_arguments *arguments, const char *list, struct bw_err *err)
{
    struct bw_str rest = bw_str(list), word;
    while (bw_str_split(&rest, ',', &word)) {
        struct bw_str *slot = BW_VEC_PUSH(&arguments->profiles, BW_RUN_FLAGS_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "too many profiles");
        *slot = bw_str_trim(word);
    }
    return 0;
}

static int own_option(struct bw_run_arguments *arguments, int id, const char *value,
                      struct bw_err *err)
{
    switch (id) {
    case OPTION_ENGINE:
        arguments->engine = value;
        return 0;
    case OPTION_ALLOW:
        return bw_run_loosen(bw_str(value), &arguments->allowed, err);
    case OPTION_PROFILE:
        return add_profiles(arguments, value, err);
    case OPTION_POLICY: {
        const char **slot = BW_VEC_PUSH(&arguments->paths, BW_RUN_FLAGS_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "too many paths of policies");
        *slot = value;
        return 0;
    }
    default:
        arguments->explain |= id == OPTION_EXPLAIN;
        arguments->dry_run |= id == OPTION_DRY_RUN;
        arguments->force |= id == OPTION_FORCE;
        arguments->print_profile |= id == OPTION_SECCOMP_PROFILE;
        return 0;
    }
}

static int engine_option(struct bw_run_arguments *arguments, int id, const char *value,
                         struct bw_err *err)
{
    const struct bw_option *option = bw_run_options;
    while (option->id != id)
        option++;
    struct bw_run_word *word = BW_VEC_PUSH(&arguments->words, BW_RUN_FLAGS_MAX);
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

int bw_run_arguments_read(struct bw_run_arguments *arguments, const struct bw_verb *verb, int argc,
                          char **argv)
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
            arguments->image = value;
            arguments->command = (const char *const *)argv + args.at;
            arguments->command_n = (size_t)(argc - args.at);
            break;
        }
        if (id == BW_ARG_WRONG)
            hint_at_engine(&err);
        else
            rc = id > OPTION_OWN ? own_option(arguments, id, value, &err)
                                 : engine_option(arguments, id, value, &err);
        if (id == BW_ARG_WRONG || rc)
            return bw_cli_usage_error(verb, &err);
    }
    if (arguments->image || arguments->print_profile)
        return -1;
    bw_err_set(&err, BW_EUSAGE, "which image?");
    return bw_cli_usage_error(verb, &err);
}

void bw_run_arguments_free(struct bw_run_arguments *arguments)
{
    BW_VEC_FREE(&arguments->words);
    BW_VEC_FREE(&arguments->profiles);
    BW_VEC_FREE(&arguments->paths);
}
