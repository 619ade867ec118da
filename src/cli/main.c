#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/version.h"
#include "cli/cli.h"

static void print_help(void)
{
    puts("bulwark " BW_VERSION ": protects a container for its whole life\n\n"
         "Usage: bulwark VERB [OPTION...] [OPERAND...]\n\nVerbs:");
    for (const struct bw_verb *const *v = bw_verbs; *v; v++)
        printf("  %-12s %s\n", (*v)->name, (*v)->summary);
    puts("\nOptions:\n"
         "  --version    print the version\n"
         "  -h, --help   show this help; 'bulwark VERB --help' explains a verb\n\n"
         "Exit codes: 0 fine, 1 the verdict is a failure, 2 wrong use, 3 a blocking gap\n"
         "(something was not examined), 4 internal error.");
}

static int unknown_verb(const char *name)
{
    const char *names[64];
    size_t n = 0;
    for (const struct bw_verb *const *v = bw_verbs; *v && n < BW_ARRAY_LEN(names) - 1; v++)
        names[n++] = (*v)->name;
    names[n] = NULL;
    const char *near = bw_cli_nearest(name, names);
    fprintf(stderr, "bulwark: there is no verb '%s'%s%s%s\nTry 'bulwark --help'.\n", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return BW_EXIT_USAGE;
}

/* A verb that only holds sub-verbs. */
static int run_group(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_err err = {0};
    if (argc < 2) {
        bw_err_set(&err, BW_EUSAGE, "which of its verbs? They are listed by --help");
        return bw_cli_usage_error(verb, &err);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        bw_cli_help(verb);
        return BW_EXIT_FINE;
    }
    for (const struct bw_verb *sub = verb->verbs; sub->name; sub++)
        if (strcmp(sub->name, argv[1]) == 0)
            return sub->run(sub, argc - 1, argv + 1);
    bw_err_set(&err, BW_EUSAGE, "there is no verb '%s %s'", verb->name, argv[1]);
    return bw_cli_usage_error(verb, &err);
}

int main(int argc, char **argv)
{
    /* File names are bytes; UTF-8 is what archives say of theirs. C.UTF-8 needs no locale file. */
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help();
        return BW_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return BW_EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("bulwark " BW_VERSION);
        return BW_EXIT_FINE;
    }
    for (const struct bw_verb *const *v = bw_verbs; *v; v++)
        if (strcmp((*v)->name, argv[1]) == 0)
            return (*v)->run ? (*v)->run(*v, argc - 1, argv + 1)
                             : run_group(*v, argc - 1, argv + 1);
    return unknown_verb(argv[1]);
}
