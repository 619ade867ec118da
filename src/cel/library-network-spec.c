/*
 * The reading of net.IP, as the conformance suite has it: IPv4-mapped IPv6 addresses are taken in
 * hexadecimal, and are IPv4.
 */
#include "cel/network.h"

static struct bw_value ip(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_network_ip(call, args[0], true);
}

static struct bw_value is_ip(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_network_is_ip(call, args[0], true);
}

static struct bw_value is_canonical(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_network_is_canonical(call, args[0], true);
}

static struct bw_value contains(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_network_contains(call, args[0], args[1], true);
}

static const struct bw_cel_overload overloads[] = {
    {"ip(string): net.IP", ip},
    {"isIP(string): bool", is_ip},
    {"ip.isCanonical(string): bool", is_canonical},
    {"net.CIDR.containsIP(string): bool", contains},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_network_spec = {
    .name = "network-spec",
    .dialects = BW_CEL_IN_SPEC,
    .overloads = overloads,
};
