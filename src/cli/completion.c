/*
 * Prints a completion script for a shell, made from the tables of verbs and options.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void print_words(const struct bw_verb *verb, const char *separator)
{
    for (const struct bw_verb *sub = verb->verbs; sub && sub->name; sub++)
        printf("%s%s", sub->name, separator);
    for (const struct bw_option *o = verb->options; o && o->id; o++)
        printf("--%s%s", o->name, separator);
    printf("--help%s", separator);
}

static void bash_cases(void)
{
    for (const struct bw_verb *const *v = bw_verbs; *v; v++) {
        for (const struct bw_verb *sub = (*v)->verbs; sub && sub->name; sub++) {
            printf("        '%s %s') words='", (*v)->name, sub->name);
            print_words(sub, " ");
            puts("' ;;");
        }
        printf("        '%s '*) words='", (*v)->name);
        print_words(*v, " ");
        puts("' ;;");
    }
}

static void print_bash(void)
{
    puts("_bulwark() {\n"
         "    local words='' sub='' current=\"${COMP_WORDS[COMP_CWORD]}\"\n"
         "    if [ \"$COMP_CWORD\" -eq 1 ]; then");
    printf("        words='");
    for (const struct bw_verb *const *v = bw_verbs; *v; v++)
        printf("%s ", (*v)->name);
    puts("--help --version'\n"
         "    else\n"
         "        [ \"$COMP_CWORD\" -eq 2 ] || sub=\"${COMP_WORDS[2]}\"\n"
         "        case \"${COMP_WORDS[1]} $sub\" in");
    bash_cases();
    puts("        esac\n"
         "    fi\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o default -F _bulwark bulwark");
}

static void fish_options(const char *condition, const struct bw_verb *verb)
{
    for (const struct bw_option *o = verb->options; o && o->id; o++) {
        printf("complete -c bulwark -n '%s' -l %s", condition, o->name);
        if (o->letter)
            printf(" -s %c", o->letter);
        printf("%s -d '%.*s'\n", o->argument ? " -r" : "", (int)strcspn(o->help, "\n'"), o->help);
    }
}

static void print_fish(void)
{
    for (const struct bw_verb *const *v = bw_verbs; *v; v++) {
        char seen[128];
        printf("complete -c bulwark -n __fish_use_subcommand -a %s -d '%s'\n", (*v)->name,
               (*v)->summary);
        snprintf(seen, sizeof seen, "__fish_seen_subcommand_from %s", (*v)->name);
        fish_options(seen, *v);
        for (const struct bw_verb *sub = (*v)->verbs; sub && sub->name; sub++) {
            printf("complete -c bulwark -n '%s' -a %s -d '%s'\n", seen, sub->name, sub->summary);
            char both[256];
            snprintf(both, sizeof both, "%s; and __fish_seen_subcommand_from %s", seen, sub->name);
            fish_options(both, sub);
        }
    }
}

static void print_zsh(void)
{
    puts("#compdef bulwark\nautoload -U +X bashcompinit && bashcompinit");
    print_bash();
}

static int run(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value, *shell = NULL;
    for (int got; (got = bw_args_next(&args, &value, &err)) != BW_ARG_END;) {
        if (got == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (got != BW_ARG_OPERAND)
            return bw_cli_usage_error(verb, &err);
        shell = value;
    }
    if (shell && strcmp(shell, "bash") == 0)
        print_bash();
    else if (shell && strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (shell && strcmp(shell, "fish") == 0)
        print_fish();
    else {
        bw_err_set(&err, BW_EUSAGE, "name a shell: bash, zsh or fish");
        return bw_cli_usage_error(verb, &err);
    }
    return BW_EXIT_FINE;
}

const struct bw_verb bw_verb_completion = {
    .name = "completion",
    .summary = "print a completion script for bash, zsh or fish",
    .operands = "SHELL",
    .about = "Prints a script that completes bulwark's verbs and options.",
    .examples = "  bulwark completion bash > /etc/bash_completion.d/bulwark\n"
                "  bulwark completion fish > ~/.config/fish/completions/bulwark.fish",
    .run = run,
};
