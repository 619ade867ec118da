#include "enforce/run-plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "enforce/run-check.h"

/* A plan under way. */
struct planning {
    const struct bw_run_request *request;
    struct bw_arena *arena;
    BW_VEC_TYPE(flags, struct bw_run_flag) flags;
    bool full; /* of flags, or of memory */
};

const char *bw_run_engine_name(enum bw_run_engine engine)
{
    return engine == BW_RUN_DOCKER ? "docker" : "podman";
}

/* --- the request --- */

const char *bw_run_word_of(const struct bw_run_request *request, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < request->words_n; i++)
        if (strcmp(request->words[i].name, name) == 0)
            value = request->words[i].value;
    return value;
}

bool bw_run_has_word(const struct bw_run_request *request, const char *name)
{
    for (size_t i = 0; i < request->words_n; i++)
        if (strcmp(request->words[i].name, name) == 0)
            return true;
    return false;
}

/* Whether an option of `name` was given whose value begins with `start`. */
static bool has_value(const struct bw_run_request *request, const char *name, const char *start)
{
    for (size_t i = 0; i < request->words_n; i++)
        if (strcmp(request->words[i].name, name) == 0 &&
            bw_str_starts(bw_str(request->words[i].value), bw_str(start)))
            return true;
    return false;
}

/* --- flags --- */

static void add(struct planning *p, enum bw_run_origin origin, const char *name,
                struct bw_str value, const char *why)
{
    struct bw_run_flag *flag = BW_VEC_PUSH(&p->flags, BW_RUN_FLAGS_MAX);
    if (flag)
        *flag = (struct bw_run_flag){name, value, why, origin};
    else
        p->full = true;
}

/* A text in the arena; failure is remembered. */
static struct bw_str join(struct planning *p, struct bw_str a, const char *b, struct bw_str c)
{
    struct bw_str text =
        bw_arena_printf(p->arena, "%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(a), b, BW_STR_A(c));
    p->full |= !text.p;
    return text;
}

/* --- the person's options, made stricter --- */

/* Colons that separate: not those of an IPv6 address in brackets. */
static unsigned colons(struct bw_str text)
{
    unsigned n = 0;
    bool bracketed = false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '[' || text.p[i] == ']')
            bracketed = text.p[i] == '[';
        n += text.p[i] == ':' && !bracketed;
    }
    return n;
}

static void add_publish(struct planning *p, struct bw_str value)
{
    unsigned n = colons(value);
    if (n > 1)
        add(p, BW_RUN_GIVEN, "publish", value, NULL);
    else
        add(p, BW_RUN_CHANGED, "publish", join(p, BW_STR("127.0.0.1:"), n ? "" : ":", value),
            "Only this machine reaches the port. An address before it (0.0.0.0:...) opens it to "
            "others, past most firewalls of the host.");
}

/* Whether a list has a word, alone or with a value. */
static bool lists(struct bw_str list, struct bw_str wanted)
{
    struct bw_str word;
    while (bw_str_split(&list, ',', &word))
        if (bw_str_eq_nocase(bw_str_take(word, bw_str_find(word, '=')), wanted))
            return true;
    return false;
}

static const char read_only_mount[] =
    "The program cannot change the host's files. ':rw' at the end lets it.";

/* A relative path, seen from a directory. */
static struct bw_str beneath(struct planning *p, struct bw_str directory, struct bw_str path)
{
    while (bw_str_starts(path, BW_STR("./")))
        path = bw_str_from(path, 2);
    return path.n && !bw_str_eq(path, BW_STR(".")) ? join(p, directory, "/", path) : directory;
}

/* SOURCE:TARGET[:OPTIONS]; of the host where the source is a path. */
static void add_volume(struct planning *p, struct bw_str value)
{
    struct bw_str rest = value, source, target = {0}, options = {0};
    bw_str_split(&rest, ':', &source);
    if (rest.p)
        bw_str_split(&rest, ':', &target);
    options = rest;
    if (!target.n || !source.n || !strchr("/.", source.p[0])) {
        add(p, BW_RUN_GIVEN, "volume", value, NULL);
        return;
    }
    if (source.p[0] == '.' && p->request->directory)
        source = beneath(p, bw_str(p->request->directory), source);
    struct bw_str mount = join(p, source, ":", target);
    bool chosen = lists(options, BW_STR("ro")) || lists(options, BW_STR("rw"));
    if (options.n)
        mount = join(p, mount, ":", options);
    if (chosen)
        add(p, BW_RUN_GIVEN, "volume", mount, NULL);
    else
        add(p, BW_RUN_CHANGED, "volume", join(p, mount, options.n ? "," : ":", BW_STR("ro")),
            read_only_mount);
}

static void add_mount(struct planning *p, struct bw_str value)
{
    bool bind = false;
    struct bw_str rest = value, word;
    while (bw_str_split(&rest, ',', &word))
        bind |= bw_str_eq_nocase(word, BW_STR("type=bind"));
    if (!bind || lists(value, BW_STR("readonly")) || lists(value, BW_STR("ro")) ||
        lists(value, BW_STR("rw")))
        add(p, BW_RUN_GIVEN, "mount", value, NULL);
    else
        add(p, BW_RUN_CHANGED, "mount", join(p, value, ",", BW_STR("readonly")),
            "The program cannot change the host's files. 'readonly=false' lets it.");
}

/* Flags that the defaults set anyway. */
static bool is_settled(const struct planning *p, const struct bw_run_word *word)
{
    const char *name = word->name;
    if (strcmp(name, "read-only") == 0)
        return !(p->request->allowed & BW_RUN_WRITABLE_ROOT);
    if (strcmp(name, "cap-drop") == 0)
        return !(p->request->allowed & BW_RUN_CAPABILITIES);
    return strcmp(name, "init") == 0;
}

static void add_words(struct planning *p)
{
    static const struct {
        const char *name;
        void (*add)(struct planning *p, struct bw_str value);
    } stricter[] = {{"publish", add_publish}, {"volume", add_volume}, {"mount", add_mount}};
    for (size_t i = 0; i < p->request->words_n; i++) {
        const struct bw_run_word *word = &p->request->words[i];
        size_t at = 0;
        while (at < BW_ARRAY_LEN(stricter) && strcmp(stricter[at].name, word->name) != 0)
            at++;
        if (at < BW_ARRAY_LEN(stricter))
            stricter[at].add(p, bw_str(word->value));
        else if (!is_settled(p, word))
            add(p, BW_RUN_GIVEN, word->name, bw_str(word->value), NULL);
    }
}

/* --- the defaults --- */

struct standard {
    const char *name, *value, *why;
    unsigned point;          /* left out where the person allowed this */
    const char *unless_name; /* left out where an option of this name was given ... */
    const char *unless;      /* ... with a value that begins so; NULL: with any */
};

/* Filled in from the request. */
static const char OF_SECCOMP[] = "<seccomp>", OF_APPARMOR[] = "<apparmor>",
                  OF_MEMORY[] = "<memory>", OF_FILES[] = "<files>";

#define FILES_MAX 65536u

static const struct standard protection[] = {
    {"read-only", NULL,
     "Nothing of the image can be changed: no program replaced, no tool dropped beside it.",
     BW_RUN_WRITABLE_ROOT, NULL, NULL},
    {"cap-drop", "ALL",
     "The powers of root are gone: over owners of files, devices, networks, other users' "
     "processes. --cap-add gives single ones back.",
     BW_RUN_CAPABILITIES, NULL, NULL},
    {"security-opt", "no-new-privileges",
     "Programs with a setuid bit or capabilities of their own (su, sudo, mount) give nobody more "
     "rights than before.",
     BW_RUN_NEW_PRIVILEGES, "security-opt", "no-new-privileges"},
    {"security-opt", OF_SECCOMP,
     "What exploits of the kernel use is out of reach: io_uring, keyrings, mounts, namespaces, "
     "modules, rare kinds of sockets.",
     BW_RUN_SECCOMP, "security-opt", "seccomp"},
    {"security-opt", OF_APPARMOR,
     "The kernel's settings below /proc and /sys cannot be written, whoever asks.", 0,
     "security-opt", "apparmor"},
    {"ipc", "private", "Shared memory is its own, and no other container may join it.", 0, "ipc",
     NULL},
    {"cgroupns", "private", "It does not see where it stands among what runs on the host.", 0,
     "cgroupns", NULL},
};

static const struct standard limits[] = {
    {"pids-limit", "512", "A fork bomb ends at 512 processes and threads; the host goes on.",
     BW_RUN_UNLIMITED, "pids-limit", NULL},
    {"memory", "512m", "A leak ends this container, and no other.", BW_RUN_UNLIMITED, "memory",
     NULL},
    {"memory-swap", OF_MEMORY,
     "As much as --memory, so none of it is swap: the host is not slowed down, and nothing of it "
     "comes to the disk.",
     BW_RUN_UNLIMITED, "memory-swap", NULL},
    {"cpus", "1", "An endless loop takes one processor and leaves the others alone.",
     BW_RUN_UNLIMITED, "cpus", NULL},
    {"ulimit", OF_FILES, "Open files of one process are bounded.", 0, "ulimit", "nofile"},
    {"ulimit", "core=0:0", "A crash writes no memory, with the secrets in it, to a file.", 0,
     "ulimit", "core"},
};

static const struct standard tending = {
    "init",
    NULL,
    "A small first process: ended processes do not pile up, and the program gets its signals.",
    0,
    NULL,
    NULL};

static struct bw_str of_files(struct planning *p)
{
    uint64_t most = p->request->files_max;
    unsigned files = most && most < FILES_MAX ? (unsigned)most : FILES_MAX;
    struct bw_str text = bw_arena_printf(p->arena, "nofile=%u:%u", files, files);
    p->full |= !text.p;
    return text;
}

/* The value of a default, or p NULL where there is none here. */
static struct bw_str value_of(struct planning *p, const struct standard *s)
{
    const struct bw_run_request *request = p->request;
    if (s->value == OF_SECCOMP)
        return request->seccomp ? join(p, BW_STR("seccomp="), "", bw_str(request->seccomp))
                                : (struct bw_str){0};
    if (s->value == OF_APPARMOR)
        return request->apparmor ? join(p, BW_STR("apparmor="), "", bw_str(request->apparmor))
                                 : (struct bw_str){0};
    if (s->value == OF_MEMORY) {
        const char *memory = bw_run_word_of(request, "memory");
        return bw_str(memory ? memory : "512m");
    }
    if (s->value == OF_FILES)
        return of_files(p);
    return bw_str(s->value);
}

static void add_standard(struct planning *p, const struct standard *s)
{
    struct bw_str value = value_of(p, s);
    bool given = s->unless_name && (s->unless ? has_value(p->request, s->unless_name, s->unless)
                                              : bw_run_has_word(p->request, s->unless_name));
    if (!given && !(p->request->allowed & s->point) && (value.p || !s->value))
        add(p, BW_RUN_ADDED, s->name, value, s->why);
}

static void add_standards(struct planning *p, const struct standard *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_standard(p, &list[i]);
}

/* What a mount is mounted on: the second part of -v, target= of --mount, the first of --tmpfs. */
static struct bw_str target_of(const struct bw_run_word *word)
{
    struct bw_str rest = bw_str(word->value), part = {0};
    if (strcmp(word->name, "mount") == 0) {
        static const char *const keys[] = {"target=", "destination=", "dst="};
        while (bw_str_split(&rest, ',', &part))
            for (size_t i = 0; i < BW_ARRAY_LEN(keys); i++)
                if (bw_str_eq_nocase(bw_str_take(part, strlen(keys[i])), bw_str(keys[i])))
                    return bw_str_from(part, strlen(keys[i]));
        return (struct bw_str){0};
    }
    bw_str_split(&rest, ':', &part);
    if (strcmp(word->name, "volume") == 0 && rest.p)
        bw_str_split(&rest, ':', &part);
    return part;
}

static bool is_mounted(const struct bw_run_request *request, struct bw_str target)
{
    for (size_t i = 0; i < request->words_n; i++) {
        const struct bw_run_word *word = &request->words[i];
        if ((strcmp(word->name, "mount") == 0 || strcmp(word->name, "volume") == 0 ||
             strcmp(word->name, "tmpfs") == 0) &&
            bw_str_eq(target_of(word), target))
            return true;
    }
    return false;
}

static bool is_number(struct bw_str text)
{
    uint64_t number;
    return bw_str_to_u64(text, &number);
}

/* Some runtimes give a tmpfs the mode of the image's directory, whatever is asked for; so it
 * belongs to the user where that is known by number. Podman has no such option. */
static struct bw_str owned(struct planning *p, struct bw_str options)
{
    const struct bw_run_request *request = p->request;
    const char *given = bw_run_word_of(request, "user");
    struct bw_str user = given ? bw_str(given) : BW_STR(""), group = {0};
    if (!given && request->about)
        user = request->about->user;
    size_t colon = bw_str_find(user, ':');
    if (colon != SIZE_MAX)
        group = bw_str_from(user, colon + 1);
    user = bw_str_take(user, colon);
    if (request->engine == BW_RUN_PODMAN)
        return options;
    if (is_number(user))
        options = join(p, options, ",uid=", user);
    return is_number(group) ? join(p, options, ",gid=", group) : options;
}

/* Any user may write there: which one the program has, the image may know alone. */
static void add_scratch(struct planning *p)
{
    if (p->request->allowed & BW_RUN_WRITABLE_ROOT)
        return;
    if (!is_mounted(p->request, BW_STR("/tmp")))
        add(p, BW_RUN_ADDED, "tmpfs", BW_STR("/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777"),
            "Room for temporary files, in memory: nothing there is executed, and it cannot fill a "
            "disk.");
    if (!is_mounted(p->request, BW_STR("/run")))
        add(p, BW_RUN_ADDED, "tmpfs",
            owned(p, BW_STR("/run:rw,noexec,nosuid,nodev,size=64m,mode=1777")),
            "The same for sockets and PID files.");
}

/* Other drivers send elsewhere and have limits of their own. */
static void add_logging(struct planning *p)
{
    const struct bw_run_request *request = p->request;
    bool given = bw_run_has_word(request, "log-driver") || bw_run_has_word(request, "log-opt");
    bool files = request->log_driver && (strcmp(request->log_driver, "json-file") == 0 ||
                                         strcmp(request->log_driver, "local") == 0 ||
                                         strcmp(request->log_driver, "k8s-file") == 0);
    if (given || !files)
        return;
    add(p, BW_RUN_ADDED, "log-opt", BW_STR("max-size=10m"),
        "What it prints cannot fill the disk: a file ends at 10 MB ...");
    if (request->engine == BW_RUN_DOCKER)
        add(p, BW_RUN_ADDED, "log-opt", BW_STR("max-file=3"), "... and the last three are kept.");
}

static void add_restart(struct planning *p)
{
    const struct bw_run_request *request = p->request;
    if (bw_run_has_word(request, "detach") && !bw_run_has_word(request, "rm") &&
        !bw_run_has_word(request, "restart"))
        add(p, BW_RUN_ADDED, "restart", BW_STR("on-failure:5"),
            "Started again where it fails, but not for ever: a crash that an attacker repeats has "
            "an end.");
}

static void add_network(struct planning *p)
{
    if (bw_run_has_word(p->request, "network"))
        return;
    add(p, BW_RUN_ADDED, "network", BW_STR(BW_RUN_NETWORK),
        p->request->engine == BW_RUN_DOCKER
            ? "Containers in this network do not reach each other, and none of another network "
              "reaches it. --network NAME puts those together that belong together."
            : "Containers of other networks that bulwark made do not reach it. --network NAME puts "
              "those together that belong together.");
}

/* "hardened", or what was given up. */
static void add_label(struct planning *p)
{
    struct bw_str value = BW_STR(BW_RUN_LABEL "=hardened");
    bool first = true;
    const struct bw_run_point *point;
    for (size_t i = 0; (point = bw_run_point_at(i)); i++) {
        if (!(p->request->allowed & point->point))
            continue;
        value = join(p, first ? BW_STR(BW_RUN_LABEL "=") : value, first ? "" : ",",
                     bw_str(point->name));
        first = false;
    }
    add(p, BW_RUN_ADDED, "label", value,
        "Tells later how it was started, and which points were loosened.");
}

static void add_defaults(struct planning *p)
{
    add_standards(p, protection, BW_ARRAY_LEN(protection));
    add_scratch(p);
    add_network(p);
    add_standards(p, limits, BW_ARRAY_LEN(limits));
    add_logging(p);
    add_restart(p);
    if (!p->request->no_init)
        add_standard(p, &tending);
    add_label(p);
}

int bw_run_plan_make(const struct bw_run_request *request, struct bw_arena *arena,
                     struct bw_run_plan *ret_plan, struct bw_err *err)
{
    struct planning p = {.request = request, .arena = arena};
    int rc = bw_run_check(request, err);
    if (rc == 0)
        rc = bw_run_check_user(request, err);
    if (rc)
        return rc;
    add_defaults(&p);
    add_words(&p);
    struct bw_run_flag *flags = bw_arena_array(arena, p.flags.n, sizeof *flags);
    if (p.full || !flags)
        rc = bw_err_set(err, p.flags.n == BW_RUN_FLAGS_MAX ? BW_ELIMIT : BW_ENOMEM,
                        "too many options, or no memory for them");
    else if (p.flags.n)
        memcpy(flags, p.flags.v, p.flags.n * sizeof *flags);
    if (rc == 0)
        *ret_plan = (struct bw_run_plan){request, flags, p.flags.n};
    BW_VEC_FREE(&p.flags);
    return rc;
}
