/*
 * network.h: what the dialects' functions of net.IP differ in; for the files of src/cel/ alone.
 *
 * mapped: an IPv4-mapped IPv6 address in hexadecimal is that IPv4 address, as the conformance suite
 * has it; Kubernetes takes none.
 */
#ifndef BW_CEL_NETWORK_H
#define BW_CEL_NETWORK_H

#include "cel/function.h"

struct bw_value bw_network_ip(struct bw_cel_call *call, struct bw_value text, bool mapped);
struct bw_value bw_network_is_ip(struct bw_cel_call *call, struct bw_value text, bool mapped);
struct bw_value bw_network_is_canonical(struct bw_cel_call *call, struct bw_value text,
                                        bool mapped);
struct bw_value bw_network_contains(struct bw_cel_call *call, struct bw_value cidr,
                                    struct bw_value text, bool mapped);

#endif
