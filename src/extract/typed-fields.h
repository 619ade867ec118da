/*
 * typed-fields.h: fields of documents whose reader in production insists on their types.
 *
 * The API server and Docker's daemon decode a document into fields with types, and refuse it where
 * one does not fit: `privileged: "true"` creates nothing. Such a value is neither true nor
 * harmless: it becomes UNKNOWN, with a blocking gap. A null stands for a field that is not set and
 * is taken out. Members that no field is for stay as they are.
 */
#ifndef BW_EXTRACT_TYPED_FIELDS_H
#define BW_EXTRACT_TYPED_FIELDS_H

#include "base/value.h"
#include "extract/document.h"

/* Gaps about such fields in one document; one more says that there are others. */
#define BW_FIELD_MISFITS_MAX 100u

enum bw_field_type {
    BW_FIELD_ANY,
    BW_FIELD_BOOL,
    BW_FIELD_INT,
    BW_FIELD_STRING,
    BW_FIELD_STRINGS, /* a list of strings; a string alone becomes one (Docker's StrSlice) */
    BW_FIELD_LIST,
    BW_FIELD_MAP,      /* with free keys */
    BW_FIELD_STRUCT,   /* with fields */
    BW_FIELD_EMBEDDED, /* no field: the fields of another struct are fields of this one */
};

struct bw_field {
    const char *name; /* NULL behind the last field of a struct */
    enum bw_field_type type;
    /* Of a STRUCT or EMBEDDED: its fields. Of a LIST or MAP: what its elements are, or NULL for
     * anything. */
    const struct bw_field *of;
};

struct bw_field_check {
    struct bw_reading *reading;
    const char *who;   /* wants a type: "Kubernetes" */
    const char *judge; /* refuses another: "the API server" */
    /* Keys are matched as Go's encoding/json matches them, without regard to case (U+017F is an s
     * and U+212A a k), and become the field's; of several keys for one field objects are merged,
     * of anything else the last one in the text stays. Lists are a blocking gap: Go mixes their
     * elements. */
    bool fold;
    bool doubt_folded; /* a key in another case is a blocking gap: not everybody matches it so */
    unsigned misfits;  /* begin with 0 */
    bool mixed;        /* begin with false */
};

/* The value with what does not fit replaced; lists and maps within may be changed in place. `path`
 * names it for gaps: "spec.template.spec", or "". An ABSENT value stays ABSENT. */
struct bw_value bw_field_conform(struct bw_field_check *check, const struct bw_field *field,
                                 const char *path, struct bw_value value);

#endif
