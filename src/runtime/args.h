/*
 * args.h: what an engine asks an OCI runtime for.
 *
 * runc and crun share a command line: options, a verb, options of the verb, the container's name.
 * They read it by different rules (Go's flag package and argp), so only what both read the same way
 * is understood: `--name value`, `--name=value`, `-x value`, and flags. An option that is not
 * known, an abbreviation, letters in one word, an option behind the container's name: each is a
 * reason to refuse a verb that starts or changes something, since nobody could say which file the
 * runtime would take for the container's.
 */
#ifndef BW_RUNTIME_ARGS_H
#define BW_RUNTIME_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Words of a command line. The kernel has no such limit, but 2 MiB of text. */
#define BW_RUNTIME_ARGS_MAX 65536

enum bw_runtime_act {
    BW_RUNTIME_PASS,   /* starts nothing new: executed at once */
    BW_RUNTIME_CREATE, /* create, run, restore: the bundle is judged */
    BW_RUNTIME_EXEC,   /* one more process in a container */
    BW_RUNTIME_UPDATE, /* other limits */
    BW_RUNTIME_HOOK,   /* ours: a createRuntime hook */
    BW_RUNTIME_REFUSE, /* not understood, and might start something: `why` */
};

/* Options whose values mean something here. */
enum bw_runtime_slot {
    BW_RUNTIME_OTHER,
    BW_RUNTIME_ROOT,
    BW_RUNTIME_LOG,
    BW_RUNTIME_LOG_FORMAT,
    BW_RUNTIME_BUNDLE,
    BW_RUNTIME_SPEC, /* crun's --config: another name for config.json */
    BW_RUNTIME_PROCESS,
    BW_RUNTIME_USER,
    BW_RUNTIME_CAPABILITY, /* may stand several times */
    BW_RUNTIME_NO_NEW_PRIVILEGES,
    BW_RUNTIME_APPARMOR,
    BW_RUNTIME_SELINUX,
    BW_RUNTIME_PRESERVE_FDS,
    BW_RUNTIME_RESOURCES,
    BW_RUNTIME_PIDS_LIMIT,
    BW_RUNTIME_MEMORY,
    BW_RUNTIME_CPU_QUOTA,
    BW_RUNTIME_CPU_PERIOD,
};
#define BW_RUNTIME_SLOTS 18

struct bw_runtime_option {
    enum bw_runtime_slot slot;
    const char *value; /* of a flag: "true", or what stands behind its "=" */
    int at;            /* argv[at] holds the value, from `offset` on */
    size_t offset;
};

struct bw_runtime_args {
    enum bw_runtime_act act;
    char why[BW_ERR_MSG_MAX];  /* of REFUSE */
    const char *configuration; /* --bulwark-config, or NULL */
    char **argv;               /* for the runtime: argv[0] and all but our own option; a NULL */
    int argc;
    char **owned;                      /* words that were replaced, by their index; else NULL */
    const char *verb;                  /* "create", or "" where there is none */
    const char *id;                    /* the container's name; NULL where there is none */
    int command;                       /* exec: index of the first word of the command in argv */
    struct bw_runtime_option *options; /* that have a slot, in the order given */
    size_t options_n;
};

/* Strings are those of argv. BW_ENOMEM, BW_ELIMIT alone; everything else is REFUSE. */
int bw_runtime_args_parse(int argc, char *const *argv, struct bw_runtime_args *ret_args,
                          struct bw_err *err) BW_MUST_USE;
void bw_runtime_args_free(struct bw_runtime_args *args); /* also for BW_CLEANUP */

/* The last one of a slot, as both runtimes take it; NULL where there is none. */
const struct bw_runtime_option *bw_runtime_option(const struct bw_runtime_args *args,
                                                  enum bw_runtime_slot slot);
/* Its value, or `otherwise`. */
const char *bw_runtime_value(const struct bw_runtime_args *args, enum bw_runtime_slot slot,
                             const char *otherwise);

/* Puts another value in the place of the option's, in argv; the option's own value is gone where it
 * was replaced before. BW_ENOMEM. */
int bw_runtime_args_replace(struct bw_runtime_args *args, const struct bw_runtime_option *option,
                            const char *value, struct bw_err *err) BW_MUST_USE;

#endif
