/*
 * address.h: IP addresses and prefixes as Go's net/netip reads and writes them; for the files of
 * src/cel/ alone.
 *
 * IPv4 is four decimal numbers without leading zeros, IPv6 RFC 4291 with RFC 5952 as its canonical
 * form.
 */
#ifndef BW_CEL_ADDRESS_H
#define BW_CEL_ADDRESS_H

#include "base/str.h"

struct bw_address {
    uint8_t bytes[16]; /* IPv4: the first four */
    bool is_v6;
};

struct bw_address_prefix {
    struct bw_address address;
    unsigned bits;
};

/* Why an address was refused: a sentence that goes behind it, or NULL where it was taken. A zone is
 * refused. An IPv4-mapped IPv6 address is, too, but for one in hexadecimal where `mapped` allows
 * it: it then is that IPv4 address. */
const char *bw_address_read(struct bw_str s, bool mapped, struct bw_address *ret_address);
const char *bw_address_read_prefix(struct bw_str s, struct bw_address_prefix *ret_prefix);

/* Whether it is an IPv4-mapped IPv6 address in any form. */
bool bw_address_is_mapped(struct bw_str s);

#define BW_ADDRESS_TEXT_MAX 64u

/* The canonical form; returns to. */
const char *bw_address_write(const struct bw_address *address, char to[BW_ADDRESS_TEXT_MAX]);

bool bw_address_equal(const struct bw_address *a, const struct bw_address *b);

/* The first `bits` bits agree, and both are of the same family. */
bool bw_address_starts(const struct bw_address *address, const struct bw_address *with,
                       unsigned bits);

/* All bits behind the prefix are zero in the result. */
struct bw_address bw_address_masked(const struct bw_address_prefix *prefix);

#endif
