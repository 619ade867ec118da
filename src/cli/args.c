#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

#define NEAR_WORD_MAX 64

/* Levenshtein distance, two rows; words over the maximum are never near. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NEAR_WORD_MAX + 1], n = strlen(a), m = strlen(b);
    if (n > NEAR_WORD_MAX || m > NEAR_WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[m];
}

const char *bw_cli_nearest(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2;
    for (; *words; words++) {
        size_t d = distance(word, *words);
        if (d < best_distance) {
            best_distance = d;
            best = *words;
        }
    }
    return best;
}

static int wrong_option(const struct bw_args *args, const char *name, struct bw_err *err)
{
    const char *best = NULL;
    size_t best_distance = 4;
    for (const struct bw_option *o = args->verb->options; o && o->id; o++) {
        size_t d = distance(name, o->name);
        if (d < best_distance) {
            best_distance = d;
            best = o->name;
        }
    }
    if (best)
        bw_err_set(err, BW_EUSAGE, "there is no option --%s; did you mean --%s?", name, best);
    else
        bw_err_set(err, BW_EUSAGE, "there is no option --%s", name);
    return BW_ARG_WRONG;
}

static int take_argument(struct bw_args *args, const struct bw_option *option, const char *given,
                         const char **ret_value, struct bw_err *err)
{
    if (!option->argument && given) {
        bw_err_set(err, BW_EUSAGE, "the option --%s takes no argument", option->name);
        return BW_ARG_WRONG;
    }
    if (option->argument && !given) {
        if (args->at >= args->argc) {
            bw_err_set(err, BW_EUSAGE, "the option --%s needs an argument: --%s %s", option->name,
                       option->name, option->argument);
            return BW_ARG_WRONG;
        }
        given = args->argv[args->at++];
    }
    *ret_value = given;
    return option->id;
}

static int long_option(struct bw_args *args, const char *text, const char **ret_value,
                       struct bw_err *err)
{
    char name[NEAR_WORD_MAX + 1];
    const char *eq = strchr(text, '=');
    size_t n = eq ? (size_t)(eq - text) : strlen(text);
    if (n > NEAR_WORD_MAX)
        n = NEAR_WORD_MAX;
    memcpy(name, text, n);
    name[n] = '\0';
    if (strcmp(name, "help") == 0)
        return BW_ARG_HELP;
    for (const struct bw_option *o = args->verb->options; o && o->id; o++)
        if (strcmp(o->name, name) == 0)
            return take_argument(args, o, eq ? eq + 1 : NULL, ret_value, err);
    return wrong_option(args, name, err);
}

static int short_option(struct bw_args *args, const char *text, const char **ret_value,
                        struct bw_err *err)
{
    for (const struct bw_option *o = args->verb->options; o && o->id; o++) {
        if (o->letter != text[0])
            continue;
        if (o->argument)
            return take_argument(args, o, text[1] ? text + 1 : NULL, ret_value, err);
        args->together = text[1] ? text + 1 : NULL;
        return take_argument(args, o, NULL, ret_value, err);
    }
    if (strcmp(text, "h") == 0)
        return BW_ARG_HELP;
    bw_err_set(err, BW_EUSAGE, "there is no option -%c", text[0]);
    return BW_ARG_WRONG;
}

int bw_args_next(struct bw_args *args, const char **ret_value, struct bw_err *err)
{
    const char *together = args->together;
    *ret_value = NULL;
    args->together = NULL;
    if (together)
        return short_option(args, together, ret_value, err);
    if (args->at >= args->argc)
        return BW_ARG_END;
    const char *text = args->argv[args->at++];
    if (!args->operands_only && strcmp(text, "--") == 0) {
        args->operands_only = true;
        return bw_args_next(args, ret_value, err);
    }
    if (args->operands_only || text[0] != '-' || text[1] == '\0') {
        *ret_value = text;
        return BW_ARG_OPERAND;
    }
    if (text[1] == '-')
        return long_option(args, text + 2, ret_value, err);
    return short_option(args, text + 1, ret_value, err);
}

static bool scaled(const char *text, const char *units, const uint64_t *factors, uint64_t *ret)
{
    struct bw_str s = bw_str(text);
    uint64_t factor = 1, value;
    const char *unit = s.n ? strchr(units, s.p[s.n - 1]) : NULL;
    if (unit) {
        factor = factors[unit - units];
        s.n--;
    }
    return bw_str_to_u64(s, &value) && !__builtin_mul_overflow(value, factor, ret);
}

bool bw_cli_parse_size(const char *text, uint64_t *ret_bytes)
{
    return bw_str_to_size(bw_str(text), ret_bytes);
}

bool bw_cli_parse_duration(const char *text, int64_t *ret_ms)
{
    static const uint64_t factors[] = {1, 60, 3600};
    uint64_t seconds;
    if (!scaled(text, "smh", factors, &seconds) || seconds > (uint64_t)INT64_MAX / 1000)
        return false;
    *ret_ms = (int64_t)seconds * 1000;
    return true;
}

#define HELP_COLUMN 29u
#define HELP_WIDTH  79u

/* Words at the column of the help texts, wrapped. */
static void print_wrapped(struct bw_str text, size_t at)
{
    struct bw_str word;
    bool first = true;
    while (bw_str_split(&text, ' ', &word)) {
        if (!first && at + 1 + word.n > HELP_WIDTH) {
            printf("\n%*s", (int)HELP_COLUMN, "");
            at = HELP_COLUMN;
        } else if (!first) {
            putchar(' ');
            at++;
        }
        printf("%" BW_STR_F, BW_STR_A(word));
        at += word.n;
        first = false;
    }
    putchar('\n');
}

static void print_option(const struct bw_option *option)
{
    char left[80];
    snprintf(left, sizeof left, "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
             option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
             option->argument ? " " : "", option->argument ? option->argument : "");
    if (strlen(left) >= HELP_COLUMN - 1) {
        puts(left);
        left[0] = '\0';
    }
    printf("%-*s", (int)HELP_COLUMN, left);
    print_wrapped(bw_str(option->help), HELP_COLUMN);
}

static const char *full_name(const struct bw_verb *verb, char *out, size_t size)
{
    for (const struct bw_verb *const *v = bw_verbs; *v; v++) {
        for (const struct bw_verb *sub = (*v)->verbs; sub && sub->name; sub++) {
            if (sub == verb) {
                snprintf(out, size, "%s %s", (*v)->name, verb->name);
                return out;
            }
        }
    }
    snprintf(out, size, "%s", verb->name);
    return out;
}

void bw_cli_help(const struct bw_verb *verb)
{
    char name[NEAR_WORD_MAX];
    full_name(verb, name, sizeof name);
    printf("bulwark %s: %s\n\n", name, verb->summary);
    if (verb->verbs)
        printf("Usage: bulwark %s VERB [OPTION...]\n", name);
    else
        printf("Usage: bulwark %s [OPTION...]%s%s\n", name, verb->operands[0] ? " " : "",
               verb->operands);
    if (verb->about)
        printf("\n%s\n", verb->about);
    if (verb->verbs)
        puts("\nVerbs:");
    for (const struct bw_verb *sub = verb->verbs; sub && sub->name; sub++)
        printf("  %-*s%s\n", (int)HELP_COLUMN - 2, sub->name, sub->summary);
    puts("\nOptions:");
    for (const struct bw_option *o = verb->options; o && o->id; o++)
        print_option(o);
    printf("%-*s%s\n", (int)HELP_COLUMN, "  -h, --help", "show this help");
    if (verb->examples)
        printf("\nExamples:\n%s\n", verb->examples);
}

int bw_cli_usage_error(const struct bw_verb *verb, const struct bw_err *err)
{
    char name[NEAR_WORD_MAX];
    full_name(verb, name, sizeof name);
    fprintf(stderr, "bulwark %s: %s\nTry 'bulwark %s --help'.\n", name, err->msg, name);
    return BW_EXIT_USAGE;
}

int bw_cli_error(const struct bw_err *err)
{
    fprintf(stderr, "bulwark: %s\n", err->msg);
    return err->code == BW_EUSAGE || err->code == BW_ENOENT ? BW_EXIT_USAGE : BW_EXIT_INTERNAL;
}
