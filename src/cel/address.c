#include "cel/address.h"

#include <stdio.h>

#include "cel/text.h"

#define V4_BYTES 4u
#define V6_BYTES 16u

#define WHY_PARSE  "parse error during conversion from string"
#define WHY_ZONE   "with zone value is not allowed"
#define WHY_MAPPED "IPv4-mapped IPv6 address is not allowed"

/* --- reading --- */

/* A number of the least digits, up to `max`. */
static bool read_number(struct bw_str s, uint64_t max, uint64_t *ret_value)
{
    return s.n && s.n <= 3 && (s.n == 1 || s.p[0] != '0') && bw_str_to_u64(s, ret_value) &&
           *ret_value <= max;
}

static bool read_v4(struct bw_str s, uint8_t *to)
{
    struct bw_str part;
    unsigned n = 0;
    for (; n < V4_BYTES && bw_str_split(&s, '.', &part); n++) {
        uint64_t value;
        if (!read_number(part, 255, &value))
            return false;
        to[n] = (uint8_t)value;
    }
    return n == V4_BYTES && !s.p;
}

/* Up to four digits at the begin of s; returns how many. */
static size_t read_hex(struct bw_str s, unsigned *ret_value)
{
    size_t n = 0;
    unsigned value = 0;
    while (n < s.n && n < 4 && bw_cel_hex_digit((uint8_t)s.p[n]) >= 0)
        value = value * 16 + (unsigned)bw_cel_hex_digit((uint8_t)s.p[n++]);
    *ret_value = value;
    return n;
}

struct v6_reader {
    uint8_t bytes[V6_BYTES];
    unsigned n;
    unsigned gap; /* where "::" stood; V6_BYTES + 1: nowhere */
    bool dotted;
};

/* A piece up to a colon, or an IPv4 address at the end; cut off *s. */
static bool read_piece(struct v6_reader *reader, struct bw_str *s)
{
    unsigned value;
    size_t digits = read_hex(*s, &value);
    if (!digits || reader->n + 2 > V6_BYTES)
        return false;
    if (digits < s->n && s->p[digits] == '.') {
        if (reader->n + V4_BYTES > V6_BYTES || !read_v4(*s, reader->bytes + reader->n))
            return false;
        reader->n += V4_BYTES;
        reader->dotted = true;
        *s = bw_str_from(*s, s->n);
        return true;
    }
    reader->bytes[reader->n++] = (uint8_t)(value >> 8);
    reader->bytes[reader->n++] = (uint8_t)value;
    *s = bw_str_from(*s, digits);
    return true;
}

/* What stands between two pieces. */
static bool read_separator(struct v6_reader *reader, struct bw_str *s)
{
    if (bw_str_starts(*s, BW_STR("::"))) {
        if (reader->gap <= V6_BYTES)
            return false;
        reader->gap = reader->n;
        *s = bw_str_from(*s, 2);
        return true;
    }
    bool colon = bw_str_starts(*s, BW_STR(":")) && s->n > 1;
    *s = bw_str_from(*s, 1);
    return colon;
}

static bool fill_gap(struct v6_reader *reader)
{
    if (reader->gap > V6_BYTES || reader->n == V6_BYTES)
        return reader->gap > V6_BYTES && reader->n == V6_BYTES;
    unsigned behind = reader->n - reader->gap;
    memmove(reader->bytes + V6_BYTES - behind, reader->bytes + reader->gap, behind);
    memset(reader->bytes + reader->gap, 0, V6_BYTES - reader->n);
    return true;
}

static bool read_v6(struct bw_str s, struct v6_reader *reader)
{
    *reader = (struct v6_reader){.gap = V6_BYTES + 1};
    if (bw_str_starts(s, BW_STR("::"))) {
        reader->gap = 0;
        s = bw_str_from(s, 2);
    }
    while (s.n) {
        if (!read_piece(reader, &s) || (s.n && !read_separator(reader, &s)))
            return false;
    }
    return fill_gap(reader);
}

static bool is_mapped(const uint8_t *bytes)
{
    static const uint8_t prefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

bool bw_address_is_mapped(struct bw_str s)
{
    struct v6_reader reader;
    return read_v6(s, &reader) && is_mapped(reader.bytes);
}

const char *bw_address_read(struct bw_str s, bool mapped, struct bw_address *ret_address)
{
    struct bw_address address = {.is_v6 = bw_str_find(s, ':') != SIZE_MAX};
    struct v6_reader reader;
    size_t zone = bw_str_find(s, '%');
    if (!address.is_v6) {
        if (!read_v4(s, address.bytes))
            return WHY_PARSE;
        *ret_address = address;
        return NULL;
    }
    if (!read_v6(bw_str_take(s, zone), &reader) || (zone != SIZE_MAX && zone + 1 == s.n))
        return WHY_PARSE;
    if (zone != SIZE_MAX)
        return WHY_ZONE;
    memcpy(address.bytes, reader.bytes, sizeof address.bytes);
    if (is_mapped(reader.bytes)) {
        if (!mapped || reader.dotted)
            return WHY_MAPPED;
        address = (struct bw_address){0};
        memcpy(address.bytes, reader.bytes + V6_BYTES - V4_BYTES, V4_BYTES);
    }
    *ret_address = address;
    return NULL;
}

const char *bw_address_read_prefix(struct bw_str s, struct bw_address_prefix *ret_prefix)
{
    size_t slash = bw_str_rfind(s, '/');
    struct bw_address_prefix prefix;
    uint64_t bits;
    if (slash == SIZE_MAX || !read_number(bw_str_from(s, slash + 1), V6_BYTES * 8, &bits))
        return WHY_PARSE;
    const char *why = bw_address_read(bw_str_take(s, slash), false, &prefix.address);
    if (why)
        return why;
    prefix.bits = (unsigned)bits;
    if (!prefix.address.is_v6 && bits > V4_BYTES * 8)
        return WHY_PARSE;
    *ret_prefix = prefix;
    return NULL;
}

/* --- writing --- */

/* The longest run of zero pieces, of at least two, the first of equals. */
static void find_zeros(const uint8_t *bytes, unsigned *ret_from, unsigned *ret_to)
{
    unsigned best = 1;
    *ret_from = *ret_to = V6_BYTES;
    for (unsigned i = 0; i < V6_BYTES; i += 2) {
        unsigned end = i;
        while (end < V6_BYTES && !bytes[end] && !bytes[end + 1])
            end += 2;
        if ((end - i) / 2 > best) {
            best = (end - i) / 2;
            *ret_from = i;
            *ret_to = end;
        }
    }
}

static const char *write_v6(const uint8_t *bytes, char *to)
{
    unsigned from, end;
    size_t n = 0;
    find_zeros(bytes, &from, &end);
    for (unsigned i = 0; i < V6_BYTES; i += 2) {
        if (i == from) {
            n += (size_t)snprintf(to + n, BW_ADDRESS_TEXT_MAX - n, "::");
            i = end;
            if (i >= V6_BYTES)
                break;
        } else if (i) {
            to[n++] = ':';
        }
        n += (size_t)snprintf(to + n, BW_ADDRESS_TEXT_MAX - n, "%x",
                              (unsigned)bytes[i] << 8 | bytes[i + 1]);
    }
    return to;
}

const char *bw_address_write(const struct bw_address *address, char to[BW_ADDRESS_TEXT_MAX])
{
    const uint8_t *b = address->bytes;
    if (address->is_v6)
        return write_v6(b, to);
    (void)snprintf(to, BW_ADDRESS_TEXT_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    return to;
}

/* --- comparing --- */

bool bw_address_equal(const struct bw_address *a, const struct bw_address *b)
{
    return a->is_v6 == b->is_v6 && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool bw_address_starts(const struct bw_address *address, const struct bw_address *with,
                       unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (address->is_v6 != with->is_v6 || memcmp(address->bytes, with->bytes, whole) != 0)
        return false;
    return !rest || (address->bytes[whole] ^ with->bytes[whole]) >> (8 - rest) == 0;
}

struct bw_address bw_address_masked(const struct bw_address_prefix *prefix)
{
    struct bw_address address = prefix->address;
    for (unsigned i = 0; i < V6_BYTES; i++) {
        unsigned bits = prefix->bits > i * 8 ? prefix->bits - i * 8 : 0;
        if (bits < 8)
            address.bytes[i] &= (uint8_t)(0xff00u >> bits);
    }
    return address;
}
