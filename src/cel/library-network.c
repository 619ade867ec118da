/*
 * net.IP and net.CIDR, as cel-go's extension "network" and Kubernetes have them: addresses and
 * prefixes in the strict form of Go's net/netip.
 */
#include <limits.h>
#include <stdio.h>

#include "cel/address.h"
#include "cel/function-text.h"
#include "cel/network.h"

static bool ip_equal(const void *a, const void *b)
{
    return bw_address_equal(a, b);
}

static struct bw_value ip_to_string(struct bw_cel_call *call, const void *p)
{
    char text[BW_ADDRESS_TEXT_MAX];
    return bw_cel_string(call, bw_str(bw_address_write(p, text)));
}

static bool cidr_equal(const void *a, const void *b)
{
    const struct bw_address_prefix *x = a, *y = b;
    return x->bits == y->bits && bw_address_equal(&x->address, &y->address);
}

static struct bw_value cidr_to_string(struct bw_cel_call *call, const void *p)
{
    const struct bw_address_prefix *prefix = p;
    char text[BW_ADDRESS_TEXT_MAX], whole[BW_ADDRESS_TEXT_MAX + 8];
    int n = snprintf(whole, sizeof whole, "%s/%u", bw_address_write(&prefix->address, text),
                     prefix->bits);
    return bw_cel_string(call, bw_str_n(whole, (size_t)n));
}

static const struct bw_cel_opaque_class ip_class = {"net.IP", ip_equal, ip_to_string};
static const struct bw_cel_opaque_class cidr_class = {"net.CIDR", cidr_equal, cidr_to_string};

static const struct bw_address *ip_of(struct bw_value value)
{
    return bw_cel_opaque_of(value, &ip_class);
}

static const struct bw_address_prefix *cidr_of(struct bw_value value)
{
    return bw_cel_opaque_of(value, &cidr_class);
}

static struct bw_value make(struct bw_cel_call *call, const struct bw_cel_opaque_class *class,
                            const void *from, size_t size)
{
    void *p = bw_arena_alloc(call->arena, size);
    if (!p)
        return bw_cel_fail_memory(call->arena);
    memcpy(p, from, size);
    return bw_cel_opaque(call, class, p);
}

static struct bw_value make_ip(struct bw_cel_call *call, const struct bw_address *address)
{
    return make(call, &ip_class, address, sizeof *address);
}

static struct bw_value refuse(struct bw_cel_call *call, const char *what, struct bw_value text,
                              const char *why)
{
    return bw_cel_fail(call, "%s '%" BW_STR_F "' %s", what, BW_STR_A(bw_value_text(text)), why);
}

/* --- reading --- */

struct bw_value bw_network_ip(struct bw_cel_call *call, struct bw_value text, bool mapped)
{
    struct bw_address address;
    if (!bw_cel_charge_bytes(call, bw_value_text(text).n))
        return bw_cel_fail_budget();
    const char *why = bw_address_read(bw_value_text(text), mapped, &address);
    return why ? refuse(call, "IP Address", text, why) : make_ip(call, &address);
}

struct bw_value bw_network_is_ip(struct bw_cel_call *call, struct bw_value text, bool mapped)
{
    struct bw_address address;
    if (!bw_cel_charge_bytes(call, bw_value_text(text).n))
        return bw_cel_fail_budget();
    return bw_value_bool(!bw_address_read(bw_value_text(text), mapped, &address));
}

struct bw_value bw_network_is_canonical(struct bw_cel_call *call, struct bw_value text, bool mapped)
{
    struct bw_address address;
    char canonical[BW_ADDRESS_TEXT_MAX];
    if (!bw_cel_charge_bytes(call, 2 * bw_value_text(text).n))
        return bw_cel_fail_budget();
    const char *why = bw_address_read(bw_value_text(text), mapped, &address);
    if (why)
        return refuse(call, "IP Address", text, why);
    return bw_value_bool(bw_value_is(text, bw_address_write(&address, canonical)));
}

static const char *read_cidr(struct bw_value text, struct bw_address_prefix *ret_prefix)
{
    return bw_address_read_prefix(bw_value_text(text), ret_prefix);
}

static struct bw_value cidr(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_address_prefix prefix;
    if (!bw_cel_charge_bytes(call, bw_value_text(args[0]).n))
        return bw_cel_fail_budget();
    const char *why = read_cidr(args[0], &prefix);
    return why ? refuse(call, "CIDR", args[0], why)
               : make(call, &cidr_class, &prefix, sizeof prefix);
}

static struct bw_value is_cidr(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_address_prefix prefix;
    if (!bw_cel_charge_bytes(call, bw_value_text(args[0]).n))
        return bw_cel_fail_budget();
    return bw_value_bool(!read_cidr(args[0], &prefix));
}

static struct bw_value to_string(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    const struct bw_address *address = ip_of(args[0]);
    return address ? ip_to_string(call, address) : cidr_to_string(call, cidr_of(args[0]));
}

/* --- addresses --- */

#define OF_IP(name, expression)                                                                    \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        (void)call;                                                                                \
        (void)n;                                                                                   \
        const struct bw_address *ip = ip_of(args[0]);                                              \
        return expression;                                                                         \
    }

static bool starts(const struct bw_address *ip, const char *prefix)
{
    struct bw_address_prefix net;
    return !bw_address_read_prefix(bw_str(prefix), &net) &&
           bw_address_starts(ip, &net.address, net.bits);
}

static bool is_global_unicast(const struct bw_address *ip)
{
    return !starts(ip, "0.0.0.0/32") && !starts(ip, "255.255.255.255/32") &&
           !starts(ip, "127.0.0.0/8") && !starts(ip, "224.0.0.0/4") &&
           !starts(ip, "169.254.0.0/16") && !starts(ip, "::/128") && !starts(ip, "::1/128") &&
           !starts(ip, "ff00::/8") && !starts(ip, "fe80::/10");
}

OF_IP(family, bw_value_int(ip->is_v6 ? 6 : 4))
OF_IP(is_unspecified, bw_value_bool(starts(ip, "0.0.0.0/32") || starts(ip, "::/128")))
OF_IP(is_loopback, bw_value_bool(starts(ip, "127.0.0.0/8") || starts(ip, "::1/128")))
OF_IP(is_link_local_multicast,
      bw_value_bool(starts(ip, "224.0.0.0/24") ||
                    (ip->is_v6 && ip->bytes[0] == 0xff && (ip->bytes[1] & 0x0f) == 2)))
OF_IP(is_link_local_unicast, bw_value_bool(starts(ip, "169.254.0.0/16") || starts(ip, "fe80::/10")))
OF_IP(global_unicast, bw_value_bool(is_global_unicast(ip)))

/* --- prefixes --- */

static struct bw_value holds(const struct bw_address_prefix *prefix,
                             const struct bw_address *address, unsigned bits)
{
    return bw_value_bool(prefix->bits <= bits &&
                         bw_address_starts(address, &prefix->address, prefix->bits));
}

static struct bw_value contains_ip(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return holds(cidr_of(args[0]), ip_of(args[1]), UINT_MAX);
}

struct bw_value bw_network_contains(struct bw_cel_call *call, struct bw_value net,
                                    struct bw_value text, bool mapped)
{
    struct bw_value address = bw_network_ip(call, text, mapped);
    return address.kind == BW_CEL_OPAQUE ? holds(cidr_of(net), ip_of(address), UINT_MAX) : address;
}

static struct bw_value contains_cidr(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    struct bw_value inner = args[1].kind == BW_VALUE_STRING ? cidr(call, args + 1, n) : args[1];
    const struct bw_address_prefix *prefix = cidr_of(inner);
    return prefix ? holds(cidr_of(args[0]), &prefix->address, prefix->bits) : inner;
}

static struct bw_value cidr_ip(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return make_ip(call, &cidr_of(args[0])->address);
}

static struct bw_value masked(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_address_prefix prefix = *cidr_of(args[0]);
    prefix.address = bw_address_masked(&prefix);
    return make(call, &cidr_class, &prefix, sizeof prefix);
}

static struct bw_value prefix_length(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    (void)call;
    (void)n;
    return bw_value_int(cidr_of(args[0])->bits);
}

static const char *const types[] = {"net.IP", "net.CIDR", NULL};

static const struct bw_cel_overload overloads[] = {
    {"cidr(string): net.CIDR", cidr},
    {"isCIDR(string): bool", is_cidr},
    {"string(net.IP): string", to_string},
    {"string(net.CIDR): string", to_string},
    {"net.IP.family(): int", family},
    {"net.IP.isUnspecified(): bool", is_unspecified},
    {"net.IP.isLoopback(): bool", is_loopback},
    {"net.IP.isLinkLocalMulticast(): bool", is_link_local_multicast},
    {"net.IP.isLinkLocalUnicast(): bool", is_link_local_unicast},
    {"net.IP.isGlobalUnicast(): bool", global_unicast},
    {"net.CIDR.containsIP(net.IP): bool", contains_ip},
    {"net.CIDR.containsCIDR(net.CIDR): bool", contains_cidr},
    {"net.CIDR.containsCIDR(string): bool", contains_cidr},
    {"net.CIDR.ip(): net.IP", cidr_ip},
    {"net.CIDR.masked(): net.CIDR", masked},
    {"net.CIDR.prefixLength(): int", prefix_length},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_network = {
    .name = "network",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .types = types,
    .overloads = overloads,
};
