#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/db.h"
#include "know/ecosystem.h"
#include "know/version.h"

#define OPERANDS 3

/* The name of an order, or of an ecosystem; case does not matter. */
static bool find_order(struct bw_str name, enum bw_version_order *ret_order)
{
    static const struct {
        const char *name;
        enum bw_version_order order;
    } more[] = {{"deb", BW_VERSION_DPKG}, {"redhat", BW_VERSION_RPM}, {"rhel", BW_VERSION_RPM}};
    if (bw_version_order_of_ecosystem(name, ret_order))
        return true;
    for (int order = BW_VERSION_DPKG; order < BW_VERSION_ORDER_COUNT; order++) {
        if (bw_str_eq_nocase(name, bw_str(bw_version_order_name((enum bw_version_order)order)))) {
            *ret_order = (enum bw_version_order)order;
            return true;
        }
    }
    for (size_t i = 0; i < BW_ARRAY_LEN(more); i++) {
        if (bw_str_eq_nocase(name, bw_str(more[i].name))) {
            *ret_order = more[i].order;
            return true;
        }
    }
    struct bw_strs known = bw_ecosystem_known(false);
    struct bw_str base = bw_str_take(name, bw_str_find(name, ':'));
    for (size_t i = 0; i < known.n; i++)
        if (bw_str_eq_nocase(base, known.v[i]))
            return bw_version_order_of_ecosystem(known.v[i], ret_order);
    return false;
}

static int unknown(const struct bw_verb *verb, const char *name)
{
    struct bw_err err = {0};
    bw_err_set(&err, BW_EUSAGE, "no version order is known for '%.100s'", name);
    int code = bw_cli_usage_error(verb, &err);
    fputs("Known are the orders", stderr);
    for (int order = 0; order < BW_VERSION_ORDER_COUNT; order++)
        fprintf(stderr, "%s %s", order ? "," : "",
                bw_version_order_name((enum bw_version_order)order));
    fputs(" and the ecosystems", stderr);
    struct bw_strs known = bw_ecosystem_known(false);
    enum bw_version_order order;
    const char *separator = " ";
    for (size_t i = 0; i < known.n; i++) {
        if (!bw_version_order_of_ecosystem(known.v[i], &order))
            continue;
        fprintf(stderr, "%s%" BW_STR_F, separator, BW_STR_A(known.v[i]));
        separator = ", ";
    }
    fputc('\n', stderr);
    return code;
}

static char sign(enum bw_version_order order, struct bw_str a, struct bw_str b)
{
    int c = bw_version_compare(order, a, b);
    return c < 0 ? '<' : c > 0 ? '>' : '=';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word of a line; empty at its end. */
static struct bw_str word(struct bw_str *rest)
{
    size_t from = 0, to;
    while (from < rest->n && is_blank(rest->p[from]))
        from++;
    for (to = from; to < rest->n && !is_blank(rest->p[to]);)
        to++;
    struct bw_str found = bw_str_take(bw_str_from(*rest, from), to - from);
    *rest = bw_str_from(*rest, to);
    return found;
}

static int compare_input(const struct bw_verb *verb, enum bw_version_order order)
{
    char *line = NULL;
    size_t cap = 0, number = 0;
    ssize_t n;
    int code = BW_EXIT_FINE;
    while (code == BW_EXIT_FINE && (n = getline(&line, &cap, stdin)) >= 0) {
        number++;
        struct bw_str rest = bw_str_n(line, (size_t)n);
        while (rest.n && (rest.p[rest.n - 1] == '\n' || rest.p[rest.n - 1] == '\r'))
            rest.n--;
        struct bw_str a = word(&rest), b = word(&rest);
        if (!b.n || word(&rest).n) {
            struct bw_err err = {0};
            bw_err_set(&err, BW_EUSAGE, "line %zu of standard input is no pair of versions",
                       number);
            fflush(stdout);
            code = bw_cli_usage_error(verb, &err);
        } else {
            printf("%c\n", sign(order, a, b));
        }
    }
    bool failed = code == BW_EXIT_FINE && ferror(stdin);
    free(line);
    if (!failed)
        return code;
    struct bw_err err = {0};
    bw_err_errno(&err, "cannot read standard input");
    return bw_cli_error(&err);
}

int bw_db_compare(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *operands[OPERANDS], *value;
    size_t n = 0;
    int id;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_OPERAND && n == OPERANDS)
            bw_err_set(&err, BW_EUSAGE, "more than two versions");
        if (err.code)
            return bw_cli_usage_error(verb, &err);
        operands[n++] = value;
    }
    if (n != 1 && n != OPERANDS) {
        bw_err_set(&err, BW_EUSAGE, n ? "one version is missing" : "which ecosystem?");
        return bw_cli_usage_error(verb, &err);
    }
    enum bw_version_order order;
    if (!find_order(bw_str(operands[0]), &order))
        return unknown(verb, operands[0]);
    if (n == 1)
        return compare_input(verb, order);
    printf("%c\n", sign(order, bw_str(operands[1]), bw_str(operands[2])));
    return BW_EXIT_FINE;
}
