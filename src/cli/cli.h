/*
 * cli.h: verbs, their options, and what all of them share.
 *
 * A verb is one .c file in src/cli/ that exports `const struct bw_verb bw_verb_NAME` and one word
 * in meson.build. Help, `bulwark --help`, completion and the check of options come from the struct.
 *
 * Standard output carries the verb's result and nothing else; progress and logs go to standard
 * error.
 */
#ifndef BW_CLI_CLI_H
#define BW_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The process's exit code. 1 wins over 3. */
enum bw_exit {
    BW_EXIT_FINE = 0,
    BW_EXIT_VERDICT = 1,  /* the verdict is a failure */
    BW_EXIT_USAGE = 2,    /* wrong use */
    BW_EXIT_GAP = 3,      /* something that should have been examined was not */
    BW_EXIT_INTERNAL = 4, /* the environment or bulwark itself failed */
};

struct bw_option {
    int id;               /* > 0, unique in the verb; 0 ends the list */
    char letter;          /* short form, or 0 */
    const char *name;     /* long form without "--" */
    const char *argument; /* what its argument is called, "FILE"; NULL is a flag */
    const char *help;     /* words, wrapped when printed */
};

struct bw_verb {
    const char *name;
    const char *summary;             /* one line */
    const char *operands;            /* "TARGET...", or "" */
    const char *about;               /* paragraphs for --help; lines of at most 78 columns */
    const char *examples;            /* lines "  bulwark scan ...", or NULL */
    const struct bw_option *options; /* ended by id 0; --help is understood without being listed */
    const struct bw_verb *verbs;     /* sub-verbs, ended by name NULL; then run is NULL */
    /* argv[0] is the verb's name. Returns an enum bw_exit. */
    int (*run)(const struct bw_verb *verb, int argc, char **argv);
};

/* Walks the arguments of a verb: options and operands in any order, "--" ends options,
 * "--name=value" and "--name value", "-n value", "-nvalue", and flags together: "-it". */
struct bw_args {
    const struct bw_verb *verb;
    int argc;
    char **argv;
    int at;               /* start with 1 */
    bool operands_only;   /* "--" was seen */
    const char *together; /* what is left of short flags that were written in one word */
};

enum bw_arg {
    BW_ARG_END = 0,
    BW_ARG_OPERAND = -1, /* *ret_value is the operand */
    BW_ARG_HELP = -2,    /* --help or -h: call bw_cli_help and return BW_EXIT_FINE */
    BW_ARG_WRONG = -3,   /* err says what is wrong; bw_cli_usage_error prints it */
};

/* An enum bw_arg, or the id of an option, whose argument is *ret_value (NULL for a flag). */
int bw_args_next(struct bw_args *args, const char **ret_value, struct bw_err *err);

/* Prints the verb's help to standard output. */
void bw_cli_help(const struct bw_verb *verb);

/* Prints "bulwark VERB: MESSAGE" and where help is, to standard error. Returns BW_EXIT_USAGE. */
int bw_cli_usage_error(const struct bw_verb *verb, const struct bw_err *err);

/* Prints "bulwark: MESSAGE" to standard error. Returns the exit code that fits err->code:
 * BW_EXIT_USAGE for BW_EUSAGE and BW_ENOENT, else BW_EXIT_INTERNAL. */
int bw_cli_error(const struct bw_err *err);

/* The word in `words` (NULL at the end) nearest to a mistyped one, or NULL when none is near. */
const char *bw_cli_nearest(const char *word, const char *const *words);

/* A number of bytes: "4096", "512K", "64M", "16G". false when it is none. */
bool bw_cli_parse_size(const char *text, uint64_t *ret_bytes);

/* A duration: "90", "90s", "10m", "2h". Milliseconds. */
bool bw_cli_parse_duration(const char *text, int64_t *ret_ms);

/* All verbs, NULL at the end: generated from the list in meson.build. */
extern const struct bw_verb *const bw_verbs[];

#endif
