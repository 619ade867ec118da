/*
 * policy.h: the verbs of `bulwark policy`, each in a file of its own.
 */
#ifndef BW_CLI_POLICY_H
#define BW_CLI_POLICY_H

#include "cli/cli.h"
#include "scan/policy-files.h"

/* Option ids that several of them share; a verb's own start at 100. */
enum {
    BW_POLICY_OPTION_POLICY = 1,
    BW_POLICY_OPTION_FORMAT,
    BW_POLICY_OPTION_OUTPUT,
    BW_POLICY_OPTION_QUIET,
};

#define BW_POLICY_OPTION_POLICY_ROW                                                                \
    {                                                                                              \
        BW_POLICY_OPTION_POLICY, 0, "policy", "PATH",                                              \
            "policies from this file, directory or compiled set instead of the built-in ones; "    \
            "may "                                                                                 \
            "be repeated"                                                                          \
    }

struct bw_policy_words {
    BW_VEC(const char *);
};

/* What most of them take. */
struct bw_policy_arguments {
    struct bw_policy_words operands, paths;
    const char *format, *output;
    bool quiet;
};

/* Reads all arguments; ids from 100 on go to `own`, which may be NULL. -1 to go on, else the exit
 * code: help was printed, or the use was wrong. */
int bw_policy_arguments_read(struct bw_policy_arguments *arguments, const struct bw_verb *verb,
                             int argc, char **argv,
                             int (*own)(void *ctx, int id, const char *value, struct bw_err *err),
                             void *ctx);
void bw_policy_arguments_free(struct bw_policy_arguments *arguments);

/* One more word of a repeated option. BW_EUSAGE where there are too many. */
int bw_policy_add_word(struct bw_policy_words *words, const char *word, struct bw_err *err);

extern const struct bw_option bw_policy_list_options[];
int bw_policy_list(const struct bw_verb *verb, int argc, char **argv);
extern const struct bw_option bw_policy_explain_options[];
int bw_policy_explain_verb(const struct bw_verb *verb, int argc, char **argv);
extern const struct bw_option bw_policy_test_options[];
int bw_policy_test(const struct bw_verb *verb, int argc, char **argv);
extern const struct bw_option bw_policy_eval_options[];
int bw_policy_eval(const struct bw_verb *verb, int argc, char **argv);
extern const struct bw_option bw_policy_compile_options[];
int bw_policy_compile_verb(const struct bw_verb *verb, int argc, char **argv);
int bw_policy_lint(const struct bw_verb *verb, int argc, char **argv);

#endif
