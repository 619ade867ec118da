/*
 * fields.h: the header of a message, "Name: value" lines with continuations that begin with a blank
 * (RFC 5322, 2.2), as Python's core metadata and R's DESCRIPTION have it.
 */
#ifndef BW_EXTRACT_FIELDS_H
#define BW_EXTRACT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct bw_fields {
    struct bw_str rest;
    uint32_t line; /* of the field last returned, from 1; zero-initialised */
    uint32_t next;
    struct bw_str name;
    struct bw_str value; /* trimmed; continuations with their line breaks as they stand */
};

/* Over the header that a text begins with. */
struct bw_fields bw_fields(struct bw_str text);

/* The next field; false behind the last. Lines that are no field are passed over. */
bool bw_fields_next(struct bw_fields *fields);

/* The first line of a value. */
struct bw_str bw_fields_first_line(struct bw_str value);

#endif
