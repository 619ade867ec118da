#include "runtime/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum kind {
    FLAG,
    VALUE,
};

struct known {
    const char *name;
    char letter; /* or NUL */
    enum kind kind;
    enum bw_runtime_slot slot;
};

#define OTHER BW_RUNTIME_OTHER

/* What runc 1.1 to 1.3 and crun 1.8 to 1.23 have in front of the verb. */
static const struct known general[] = {
    {"root", 0, VALUE, BW_RUNTIME_ROOT},
    {"log", 0, VALUE, BW_RUNTIME_LOG},
    {"log-format", 0, VALUE, BW_RUNTIME_LOG_FORMAT},
    {"log-level", 0, VALUE, OTHER},
    {"criu", 0, VALUE, OTHER},
    {"rootless", 0, VALUE, OTHER},
    {"cgroup-manager", 0, VALUE, OTHER},
    {"debug", 0, FLAG, OTHER},
    {"no-pivot", 0, FLAG, OTHER},
    {"systemd-cgroup", 0, FLAG, OTHER},
    {0},
};

static const struct known creating[] = {
    {"bundle", 'b', VALUE, BW_RUNTIME_BUNDLE},
    {"config", 'f', VALUE, BW_RUNTIME_SPEC},
    {"console-socket", 0, VALUE, OTHER},
    {"pidfd-socket", 0, VALUE, OTHER},
    {"pid-file", 0, VALUE, OTHER},
    {"preserve-fds", 0, VALUE, OTHER},
    {"image-path", 0, VALUE, OTHER},
    {"work-path", 0, VALUE, OTHER},
    {"parent-path", 0, VALUE, OTHER},
    {"manage-cgroups-mode", 0, VALUE, OTHER},
    {"empty-ns", 0, VALUE, OTHER},
    {"lsm-profile", 0, VALUE, OTHER},
    {"lsm-mount-context", 0, VALUE, OTHER},
    {"no-pivot", 0, FLAG, OTHER},
    {"no-new-keyring", 0, FLAG, OTHER},
    {"no-subreaper", 0, FLAG, OTHER},
    {"detach", 'd', FLAG, OTHER},
    {"keep", 0, FLAG, OTHER},
    {"tcp-established", 0, FLAG, OTHER},
    {"ext-unix-sk", 0, FLAG, OTHER},
    {"shell-job", 0, FLAG, OTHER},
    {"file-locks", 0, FLAG, OTHER},
    {"auto-dedup", 0, FLAG, OTHER},
    {"lazy-pages", 0, FLAG, OTHER},
    {0},
};

static const struct known executing[] = {
    {"process", 'p', VALUE, BW_RUNTIME_PROCESS},
    {"user", 'u', VALUE, BW_RUNTIME_USER},
    {"cap", 'c', VALUE, BW_RUNTIME_CAPABILITY},
    {"no-new-privs", 0, FLAG, BW_RUNTIME_NO_NEW_PRIVILEGES},
    {"apparmor", 0, VALUE, BW_RUNTIME_APPARMOR},
    {"process-label", 0, VALUE, BW_RUNTIME_SELINUX},
    {"preserve-fds", 0, VALUE, BW_RUNTIME_PRESERVE_FDS},
    {"additional-gids", 'g', VALUE, OTHER},
    {"console-socket", 0, VALUE, OTHER},
    {"pidfd-socket", 0, VALUE, OTHER},
    {"cwd", 0, VALUE, OTHER},
    {"env", 'e', VALUE, OTHER},
    {"pid-file", 0, VALUE, OTHER},
    {"cgroup", 0, VALUE, OTHER},
    {"tty", 't', FLAG, OTHER},
    {"detach", 'd', FLAG, OTHER},
    {"ignore-paused", 0, FLAG, OTHER},
    {"no-subreaper", 0, FLAG, OTHER},
    {0},
};

static const struct known updating[] = {
    {"resources", 'r', VALUE, BW_RUNTIME_RESOURCES},
    {"pids-limit", 0, VALUE, BW_RUNTIME_PIDS_LIMIT},
    {"memory", 0, VALUE, BW_RUNTIME_MEMORY},
    {"cpu-quota", 0, VALUE, BW_RUNTIME_CPU_QUOTA},
    {"cpu-period", 0, VALUE, BW_RUNTIME_CPU_PERIOD},
    {"cpu-burst", 0, VALUE, OTHER},
    {"cpu-share", 0, VALUE, OTHER},
    {"cpu-rt-period", 0, VALUE, OTHER},
    {"cpu-rt-runtime", 0, VALUE, OTHER},
    {"cpu-idle", 0, VALUE, OTHER},
    {"cpuset-cpus", 0, VALUE, OTHER},
    {"cpuset-mems", 0, VALUE, OTHER},
    {"blkio-weight", 0, VALUE, OTHER},
    {"kernel-memory", 0, VALUE, OTHER},
    {"kernel-memory-tcp", 0, VALUE, OTHER},
    {"memory-reservation", 0, VALUE, OTHER},
    {"memory-swap", 0, VALUE, OTHER},
    {"l3-cache-schema", 0, VALUE, OTHER},
    {"mem-bw-schema", 0, VALUE, OTHER},
    {0},
};

static const struct verb {
    const char *name;
    enum bw_runtime_act act;
    const struct known *options;
} verbs[] = {
    {"create", BW_RUNTIME_CREATE, creating},
    {"run", BW_RUNTIME_CREATE, creating},
    {"restore", BW_RUNTIME_CREATE, creating},
    {"exec", BW_RUNTIME_EXEC, executing},
    {"update", BW_RUNTIME_UPDATE, updating},
    {"hook", BW_RUNTIME_HOOK, NULL},
    {"checkpoint", BW_RUNTIME_PASS, NULL},
    {"delete", BW_RUNTIME_PASS, NULL},
    {"events", BW_RUNTIME_PASS, NULL},
    {"features", BW_RUNTIME_PASS, NULL},
    {"h", BW_RUNTIME_PASS, NULL},
    {"help", BW_RUNTIME_PASS, NULL},
    {"init", BW_RUNTIME_PASS, NULL}, /* runc's own second half; it does nothing without the first */
    {"kill", BW_RUNTIME_PASS, NULL},
    {"list", BW_RUNTIME_PASS, NULL},
    {"pause", BW_RUNTIME_PASS, NULL},
    {"ps", BW_RUNTIME_PASS, NULL},
    {"resume", BW_RUNTIME_PASS, NULL},
    {"spec", BW_RUNTIME_PASS, NULL},
    {"start", BW_RUNTIME_PASS, NULL}, /* what was created, and so judged */
    {"state", BW_RUNTIME_PASS, NULL},
    {0},
};

static void refuse(struct bw_runtime_args *args, const char *format, const char *word)
{
    args->act = BW_RUNTIME_REFUSE;
    snprintf(args->why, sizeof args->why, format, word);
}

static const struct known *find(const struct known *known, const char *word, size_t n, bool longer)
{
    for (; known->name; known++)
        if (longer ? strlen(known->name) == n && strncmp(known->name, word, n) == 0
                   : known->letter && n == 1 && word[0] == known->letter)
            return known;
    return NULL;
}

static void keep(struct bw_runtime_args *args, enum bw_runtime_slot slot, int at, size_t offset)
{
    if (slot != BW_RUNTIME_OTHER)
        args->options[args->options_n++] =
            (struct bw_runtime_option){slot, args->argv[at] + offset, at, offset};
}

static void keep_flag(struct bw_runtime_args *args, enum bw_runtime_slot slot, int at,
                      const char *value)
{
    if (slot != BW_RUNTIME_OTHER)
        args->options[args->options_n++] =
            (struct bw_runtime_option){slot, value ? value : "true", at, 0};
}

/* runc looks for options behind the container's name, too, and finds them in values. */
static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9');
}

/* Takes the option at *i and its value; false (and REFUSE) where it is not understood. */
static bool take(struct bw_runtime_args *args, const struct known *known, int *i)
{
    const char *word = args->argv[*i];
    bool longer = word[1] == '-';
    const char *name = word + (longer ? 2 : 1), *equals = longer ? strchr(name, '=') : NULL;
    const struct known *option =
        find(known, name, equals ? (size_t)(equals - name) : strlen(name), longer);
    if (!option) {
        refuse(args, "the option \"%.80s\" is not known", word);
        return false;
    }
    if (option->kind == FLAG) {
        keep_flag(args, option->slot, *i, equals ? equals + 1 : NULL);
    } else if (equals) {
        keep(args, option->slot, *i, (size_t)(equals + 1 - word));
    } else if (*i + 1 == args->argc || looks_like_option(args->argv[*i + 1])) {
        refuse(args, "the option \"%.80s\" has no value", word);
        return false;
    } else {
        keep(args, option->slot, ++*i, 0);
    }
    return true;
}

/* Takes options from *i on, up to a word that is none. */
static bool take_all(struct bw_runtime_args *args, const struct known *known, int *i)
{
    for (; *i < args->argc; ++*i) {
        const char *word = args->argv[*i];
        if (strcmp(word, "--") == 0) {
            ++*i;
            break;
        }
        if (word[0] != '-' || !word[1])
            break;
        if (!take(args, known, i))
            return false;
    }
    return true;
}

static const struct verb *verb_named(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

static void parse_verb(struct bw_runtime_args *args, const struct verb *verb, int i)
{
    args->act = verb->act;
    if (!verb->options || !take_all(args, verb->options, &i))
        return;
    if (i == args->argc) {
        refuse(args, "%s: no container is named", verb->name);
        return;
    }
    args->id = args->argv[i++];
    args->command = i;
    if (verb->act != BW_RUNTIME_EXEC && i != args->argc)
        refuse(args, "nothing may stand behind the container's name, as \"%.80s\" does",
               args->argv[i]);
}

/* In front of the verb stands something that is not known, so any word may be the verb. */
static void look_for_verb(struct bw_runtime_args *args, int i)
{
    for (; i < args->argc; i++) {
        const struct verb *verb = verb_named(args->argv[i]);
        if (verb && verb->act != BW_RUNTIME_PASS)
            return;
    }
    args->act = BW_RUNTIME_PASS;
}

static bool is_question(const char *word)
{
    static const char *const questions[] = {"--help",    "-h", "-?", "--usage",
                                            "--version", "-v", "-V"};
    for (size_t i = 0; i < BW_ARRAY_LEN(questions); i++)
        if (strcmp(word, questions[i]) == 0)
            return true;
    return false;
}

static void parse(struct bw_runtime_args *args)
{
    int i = 1;
    args->act = BW_RUNTIME_PASS;
    /* A question alone: with a verb behind it runtimes differ. */
    if (args->argc == 2 && is_question(args->argv[1]))
        return;
    if (!take_all(args, general, &i)) {
        look_for_verb(args, i);
        return;
    }
    if (i == args->argc)
        return;
    args->verb = args->argv[i];
    const struct verb *verb = verb_named(args->verb);
    if (verb)
        parse_verb(args, verb, i + 1);
    else
        refuse(args, "the verb \"%.80s\" is not known", args->verb);
}

/* Takes our own option off the front. */
static void take_own(int argc, char *const *argv, struct bw_runtime_args *args)
{
    static const char own[] = "--bulwark-config";
    size_t n = sizeof own - 1;
    int first = 1;
    if (argc > 1 && strncmp(argv[1], own, n) == 0 && (argv[1][n] == '=' || !argv[1][n])) {
        args->configuration = argv[1][n] ? argv[1] + n + 1 : argc > 2 ? argv[2] : "";
        first = argv[1][n] || argc == 2 ? 2 : 3;
    }
    args->argv[args->argc++] = argc ? argv[0] : (char *)"bulwark-runtime";
    for (int i = first; i < argc; i++)
        args->argv[args->argc++] = argv[i];
}

int bw_runtime_args_parse(int argc, char *const *argv, struct bw_runtime_args *ret_args,
                          struct bw_err *err)
{
    struct bw_runtime_args args = {.verb = ""};
    if (argc > BW_RUNTIME_ARGS_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %d words in the command", BW_RUNTIME_ARGS_MAX);
    args.argv = calloc((size_t)argc + 2, sizeof *args.argv);
    args.owned = calloc((size_t)argc + 2, sizeof *args.owned);
    args.options = calloc((size_t)argc + 1, sizeof *args.options);
    if (!args.argv || !args.owned || !args.options) {
        bw_runtime_args_free(&args);
        return bw_err_set(err, BW_ENOMEM, "out of memory for the command");
    }
    take_own(argc, argv, &args);
    parse(&args);
    *ret_args = args;
    return 0;
}

void bw_runtime_args_free(struct bw_runtime_args *args)
{
    for (int i = 0; args->owned && i < args->argc; i++)
        free(args->owned[i]);
    free(args->owned);
    free(args->argv);
    free(args->options);
    *args = (struct bw_runtime_args){.verb = ""};
}

const struct bw_runtime_option *bw_runtime_option(const struct bw_runtime_args *args,
                                                  enum bw_runtime_slot slot)
{
    for (size_t i = args->options_n; i--;)
        if (args->options[i].slot == slot)
            return &args->options[i];
    return NULL;
}

const char *bw_runtime_value(const struct bw_runtime_args *args, enum bw_runtime_slot slot,
                             const char *otherwise)
{
    const struct bw_runtime_option *option = bw_runtime_option(args, slot);
    return option ? option->value : otherwise;
}

int bw_runtime_args_replace(struct bw_runtime_args *args, const struct bw_runtime_option *option,
                            const char *value, struct bw_err *err)
{
    char *word = NULL;
    if (asprintf(&word, "%.*s%s", (int)option->offset, args->argv[option->at], value) < 0)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the command");
    free(args->owned[option->at]);
    args->argv[option->at] = args->owned[option->at] = word;
    return 0;
}
