/*
 * fields.h: the members of a JSON object that a reader knows, each at most once and of its type.
 */
#ifndef BW_KNOW_FIELDS_H
#define BW_KNOW_FIELDS_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "wrap/json.h"

struct bw_field {
    struct bw_str name;
    enum bw_json_type type;      /* what it must be; a JSON null counts as not there */
    const struct bw_json *value; /* out: NULL where it is not there */
};

/* Fills the values in one pass over the object. BW_EFORMAT where object is none, a field is given
 * twice or is of another type; the message says so of `what` ("affected[]"). */
int bw_fields_read(const struct bw_json *object, struct bw_field *fields, size_t n,
                   const char *what, struct bw_err *err) BW_MUST_USE;

/* True where the text has a byte below 0x20 or 0x7f: nothing of a name or a version. */
bool bw_fields_has_control(struct bw_str text);

#endif
