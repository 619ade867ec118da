/*
 * Versions: three strings, separated by newlines, in every order. No order may read out of bounds,
 * contradict itself when turned round, or go in a circle.
 */
#include <stdint.h>
#include <stdlib.h>

#include "know/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static int sign(int c)
{
    return (c > 0) - (c < 0);
}

static bool is_word(char c)
{
    return c != '.' && c != '-' && !(c >= '0' && c <= '9');
}

static bool has_dotted_word(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_word(s.p[i]) && (i == 0 || s.p[i - 1] == '.'))
            return true;
    return false;
}

/* What version.h says to be not transitive. */
static bool is_odd(enum bw_version_order order, struct bw_str s)
{
    return (order == BW_VERSION_PACKAGIST && bw_str_find(s, '#') != SIZE_MAX) ||
           (order == BW_VERSION_MAVEN && has_dotted_word(s));
}

static void check_order(enum bw_version_order order, const struct bw_str *v)
{
    int ab = sign(bw_version_compare(order, v[0], v[1]));
    int bc = sign(bw_version_compare(order, v[1], v[2]));
    int ac = sign(bw_version_compare(order, v[0], v[2]));
    demand(bw_version_compare(order, v[0], v[0]) == 0);
    demand(sign(bw_version_compare(order, v[1], v[0])) == -ab);
    bool transitive = true;
    for (int i = 0; i < 3; i++) {
        (void)!bw_version_valid(order, v[i]);
        transitive = transitive && !is_odd(order, v[i]);
    }
    if (transitive && (ab == bc || bc == 0))
        demand(ac == ab);
    if (transitive && ab == 0)
        demand(ac == bc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_str rest = bw_str_n(data, size), v[3] = {{0}};
    for (int i = 0; i < 2; i++)
        if (!bw_str_split(&rest, '\n', &v[i]))
            break;
    v[2] = rest;
    for (int order = BW_VERSION_DPKG; order < BW_VERSION_ORDER_COUNT; order++)
        check_order((enum bw_version_order)order, v);
    enum bw_version_order order;
    if (bw_version_order_of_ecosystem(v[0], &order))
        demand(bw_version_order_name(order) != NULL);
    return 0;
}
