/*
 * network: networks whose containers are kept apart.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/engine.h"
#include "cli/plan-print.h"
#include "enforce/network-plan.h"

#define ARENA_MAX    ((size_t)1 << 20)
#define OPERANDS_MAX 100u

enum {
    OPTION_ENGINE = 1,
    OPTION_INTERNAL,
    OPTION_ICC,
    OPTION_SUBNET,
    OPTION_EXPLAIN,
    OPTION_DRY_RUN,
};

#define ENGINE_OPTION                                                                              \
    {                                                                                              \
        OPTION_ENGINE, 0, "engine", "NAME", "docker or podman; default: the one that answers"      \
    }

static const struct bw_option create_options[] = {
    {OPTION_INTERNAL, 0, "internal", NULL,
     "no way out: its containers reach nothing but, with --icc, each other"},
    {OPTION_ICC, 0, "icc", NULL, "let its containers reach each other"},
    {OPTION_SUBNET, 0, "subnet", "CIDR", "its addresses; default: the engine chooses"},
    {OPTION_EXPLAIN, 0, "explain", NULL,
     "make nothing; print the command of the engine, and what each flag is good for"},
    {OPTION_DRY_RUN, 0, "dry-run", NULL, "make nothing; print the command of the engine"},
    ENGINE_OPTION,
    {0},
};

static const struct bw_option other_options[] = {
    ENGINE_OPTION,
    {0},
};

struct arguments {
    const char *engine_name;
    const char *names[OPERANDS_MAX];
    size_t names_n;
    struct bw_network_request request;
    bool explain, dry_run;
};

static void take(struct arguments *a, int id, const char *value)
{
    a->request.internal |= id == OPTION_INTERNAL;
    a->request.icc |= id == OPTION_ICC;
    a->explain |= id == OPTION_EXPLAIN;
    a->dry_run |= id == OPTION_DRY_RUN;
    if (id == OPTION_SUBNET)
        a->request.subnet = value;
    if (id == OPTION_ENGINE)
        a->engine_name = value;
}

/* -1 to go on, else the exit code. */
static int read_arguments(struct arguments *a, const struct bw_verb *verb, int argc, char **argv,
                          size_t at_least, size_t at_most)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value;
    int id;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_OPERAND && value[0] == '-')
            id = bw_err_set(&err, BW_EUSAGE, "'%s' is no name of a network", value);
        else if (id == BW_ARG_OPERAND && a->names_n == at_most)
            id = bw_err_set(&err, BW_EUSAGE, "'%s' is one name too many", value);
        if (id == BW_ARG_OPERAND)
            a->names[a->names_n++] = value;
        else if (id < 0)
            return bw_cli_usage_error(verb, &err);
        else
            take(a, id, value);
    }
    if (a->names_n >= at_least)
        return -1;
    bw_err_set(&err, BW_EUSAGE, "which network?");
    return bw_cli_usage_error(verb, &err);
}

static int choose(const struct bw_verb *verb, const struct arguments *a, struct bw_engine *engine)
{
    struct bw_err err = {0};
    int rc = bw_engine_choose(a->engine_name, engine, &err);
    if (rc == BW_ENOENT && (a->explain || a->dry_run)) {
        *engine = (struct bw_engine){.kind = a->engine_name && strcmp(a->engine_name, "podman") == 0
                                                 ? BW_RUN_PODMAN
                                                 : BW_RUN_DOCKER};
        return -1;
    }
    if (rc == 0)
        return -1;
    return rc == BW_EUSAGE ? bw_cli_usage_error(verb, &err) : bw_cli_error(&err);
}

static int explain(const struct arguments *a, const struct bw_network_plan *plan)
{
    static const char apart[] =
        "Podman cannot keep the containers of one network apart: give each that should stand alone "
        "a network of its own.";
    struct bw_err err = {0};
    char begin[40];
    const char *rest[] = {a->request.name, NULL};
    const char *remarks[] = {a->request.engine == BW_RUN_PODMAN && !a->request.icc ? apart : NULL,
                             NULL};
    snprintf(begin, sizeof begin, "%s network create", bw_run_engine_name(a->request.engine));
    const struct bw_command_explained command = {begin, plan->flags, plan->flags_n,
                                                 rest,  remarks,     {0}};
    return bw_print_explained(&command, &err) ? bw_cli_error(&err) : BW_EXIT_FINE;
}

static int create(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct arguments a = {0};
    struct bw_engine engine;
    struct bw_network_plan plan;
    struct bw_err err = {0};
    int code = read_arguments(&a, verb, argc, argv, 1, 1);
    if (code < 0)
        code = choose(verb, &a, &engine);
    if (code >= 0)
        return code;
    a.request.engine = engine.kind;
    a.request.name = a.names[0];
    bw_network_plan_make(&a.request, &plan);
    if (a.explain)
        return explain(&a, &plan);
    const char *const *command = arena ? bw_network_plan_argv(&a.request, &plan, arena) : NULL;
    if (!command)
        return BW_EXIT_INTERNAL;
    if (a.dry_run)
        return bw_print_command(command, &err) ? bw_cli_error(&err) : BW_EXIT_FINE;
    if (engine.kind == BW_RUN_PODMAN && !a.request.icc)
        fputs("bulwark: warning: Podman cannot keep the containers of one network apart\n", stderr);
    return bw_engine_become(command);
}

/* The engine's own verb, with words in front of the names. */
static int hand_on(const struct bw_verb *verb, int argc, char **argv, const char *const *words,
                   size_t at_least)
{
    const char *command[OPERANDS_MAX + 8];
    struct arguments a = {0};
    struct bw_engine engine;
    size_t n = 0;
    int code = read_arguments(&a, verb, argc, argv, at_least, at_least ? OPERANDS_MAX : 0);
    if (code < 0)
        code = choose(verb, &a, &engine);
    if (code >= 0)
        return code;
    command[n++] = bw_run_engine_name(engine.kind);
    command[n++] = "network";
    for (; *words; words++)
        command[n++] = *words;
    for (size_t i = 0; i < a.names_n; i++)
        command[n++] = a.names[i];
    command[n] = NULL;
    return bw_engine_become(command);
}

static int list(const struct bw_verb *verb, int argc, char **argv)
{
    static const char *const words[] = {"ls", "--filter", "label=" BW_NETWORK_LABEL, NULL};
    return hand_on(verb, argc, argv, words, 0);
}

static int inspect(const struct bw_verb *verb, int argc, char **argv)
{
    static const char *const words[] = {"inspect", "--", NULL};
    return hand_on(verb, argc, argv, words, 1);
}

static int rm(const struct bw_verb *verb, int argc, char **argv)
{
    static const char *const words[] = {"rm", "--", NULL};
    return hand_on(verb, argc, argv, words, 1);
}

static const struct bw_verb verbs[] = {
    {.name = "create",
     .summary = "make a network whose containers are kept apart",
     .operands = "NAME",
     .about = "A bridge of its own. Its containers do not reach each other unless with --icc,\n"
              "none of another network reaches them, and a port that is published without an\n"
              "address is this machine's alone. With --internal there is no way out either.\n"
              "Podman keeps networks apart, but not the containers of one network.",
     .examples = "  bulwark network create shop\n"
                 "  bulwark network create --icc --internal shop-db\n"
                 "  bulwark network create --explain shop",
     .options = create_options,
     .run = create},
    {.name = "list",
     .summary = "networks that were made so",
     .operands = "",
     .options = other_options,
     .run = list},
    {.name = "inspect",
     .summary = "everything the engine knows of networks",
     .operands = "NAME...",
     .options = other_options,
     .run = inspect},
    {.name = "rm",
     .summary = "remove networks that no container is in",
     .operands = "NAME...",
     .options = other_options,
     .run = rm},
    {0},
};

const struct bw_verb bw_verb_network = {
    .name = "network",
    .summary = "make networks whose containers are kept apart",
    .operands = "",
    .about = "On an engine's default network every container reaches every other, so that one\n"
             "that is taken over is beside all of them. These networks keep containers apart\n"
             "unless they are told to let them meet.",
    .verbs = verbs,
};
