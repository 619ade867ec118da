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

static void check_order(enum bw_version_order order, const struct bw_str *v)
{
    int ab = sign(bw_version_compare(order, v[0], v[1]));
    int bc = sign(bw_version_compare(order, v[1], v[2]));
    int ac = sign(bw_version_compare(order, v[0], v[2]));
    demand(bw_version_compare(order, v[0], v[0]) == 0);
    demand(sign(bw_version_compare(order, v[1], v[0])) == -ab);
    if (ab == bc || bc == 0)
        demand(ac == ab);
    if (ab == 0)
        demand(ac == bc);
    for (int i = 0; i < 3; i++)
        (void)!bw_version_valid(order, v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_str rest = bw_str_n(data, size), v[3] = {{0}};
    for (int i = 0; i < 2; i++)
        if (!bw_str_split(&rest, '\n', &v[i]))
            break;
    v[2] = rest;
    for (int order = BW_VERSION_DPKG; order <= BW_VERSION_PUB; order++)
        check_order((enum bw_version_order)order, v);
    enum bw_version_order order;
    if (bw_version_order_of_ecosystem(v[0], &order))
        demand(bw_version_order_name(order) != NULL);
    return 0;
}
