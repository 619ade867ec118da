/*
 * compose-model.h: what may stand in a compose file: one table, and the walks along it.
 *
 * A type says which form a value has once it is in its long form, how shorter forms become that,
 * how a later file's value meets an earlier one's, and which elements of a list are the same one.
 * The tables are the compose specification's schema, and of compose-go what the schema does not say
 * (its packages transform, override and interpolation).
 *
 * A file passes three walks: references are replaced (bw_compose_interpolate), short forms become
 * long ones and scalars take their types (bw_compose_canonical), and then it is merged with what
 * came before (bw_compose_merge). Values are never changed: each walk makes new ones.
 *
 * What does not fit its type is a blocking gap with its line, and UNKNOWN from then on.
 */
#ifndef BW_EXTRACT_COMPOSE_MODEL_H
#define BW_EXTRACT_COMPOSE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/value.h"
#include "extract/compose-env.h"
#include "extract/document.h"
#include "extract/yaml-value.h"

/* In the flags of a STRING: variables that nobody gave are part of it; BW_COMPOSE_HOLE stands for
 * each of them. With the two tags of yaml-value.h the flags that end with the reading. */
#define BW_COMPOSE_PARTIAL 0x20u
#define BW_COMPOSE_HOLE    '\x01'
#define BW_COMPOSE_FLAGS   (BW_YAML_RESET | BW_YAML_OVERRIDE | BW_COMPOSE_PARTIAL)

/* Gaps of each class that one document sends; one more says that there are more. */
#define BW_COMPOSE_GAPS_MAX 200u

/* A reading of a compose project. */
struct bw_compose {
    struct bw_reading *reading;
    struct bw_compose_env env; /* of the file at hand */
    struct bw_str dir;     /* the file's project directory, seen from the document's: "" or "a/b" */
    struct bw_value name;  /* of the project, or ABSENT */
    struct bw_value unset; /* map: variables without a value that the file at hand refers to */
    struct bw_buf text;    /* scratch */
    unsigned gaps[2];      /* sent, by class */
    uint32_t ports;        /* that ranges became */
    size_t read;           /* bytes of other files; one that is read twice counts twice */
    bool tagged;           /* a value has been reset or overridden */
};

enum bw_compose_form {
    BW_COMPOSE_ANY,    /* as it stands */
    BW_COMPOSE_STRING, /* nothing but a string; UNKNOWN where a part of it is */
    BW_COMPOSE_PATH,   /* so, too; where it is relative, seen from the document's directory */
    BW_COMPOSE_PROSE,  /* a string; a part that is unknown is left out */
    BW_COMPOSE_TEXT,   /* so, too; numbers and booleans become text */
    BW_COMPOSE_BOOL,   /* also "true", "yes", "on", "y" and their opposites, whatever their case */
    BW_COMPOSE_INT,    /* also its digits in a string */
    BW_COMPOSE_NUMBER, /* a double or an integer, or one of them in a string */
    BW_COMPOSE_BYTES,  /* an integer; "512m" and the like become one */
    BW_COMPOSE_MODE,   /* an integer; a string of octal digits becomes one */
    BW_COMPOSE_LIST,   /* of `element` */
    BW_COMPOSE_MAP,    /* any key, of `element` */
    BW_COMPOSE_RECORD, /* `fields`, and x-anything */
};

enum bw_compose_null {
    BW_COMPOSE_NULL_ABSENT, /* as if it were not there */
    BW_COMPOSE_NULL_KEPT,
    BW_COMPOSE_NULL_EMPTY, /* an empty string */
};

struct bw_compose_field;

struct bw_compose_type {
    enum bw_compose_form form;
    enum bw_compose_null null;
    bool replace; /* a later file's value stands instead of an earlier one, whatever they are */
    const char
        *one; /* `replace` too, unless both have the same value for this member, or one has none */
    /* Brings shorter forms to this one; what is in this form already may also be changed. Values it
     * makes have the places of what they are made from. UNKNOWN after a gap. */
    struct bw_value (*convert)(struct bw_compose *compose, struct bw_value value, const char *name);
    /* LIST: what of two elements makes them one; the later one stands, where the earlier was. p is
     * NULL where an element has no such thing. */
    struct bw_str (*identity)(struct bw_compose *compose, struct bw_value element);
    const struct bw_compose_type *element;
    const struct bw_compose_field *fields; /* up to one without a name */
};

struct bw_compose_field {
    const char *name;
    const struct bw_compose_type *type;
};

extern const struct bw_compose_type bw_compose_project; /* a whole file */
extern const struct bw_compose_type bw_compose_service;

/* The type of a member, or NULL where there is no such member. x-anything is ANY. */
const struct bw_compose_type *bw_compose_member_type(const struct bw_compose_type *type,
                                                     struct bw_str name);

/* The name of a field that the word may have been meant for, or NULL. */
const char *bw_compose_nearest(const struct bw_compose_type *type, struct bw_str word);

/* --- the walks --- */

struct bw_value bw_compose_interpolate(struct bw_compose *compose, struct bw_value value);

/* `name`: of the member, for gaps. Unknown members are left out, and are a note. */
struct bw_value bw_compose_canonical(struct bw_compose *compose, const struct bw_compose_type *type,
                                     struct bw_value value, const char *name);

/* `over` onto `base`; both of that type and in long form. Either may be ABSENT. */
struct bw_value bw_compose_merge(struct bw_compose *compose, const struct bw_compose_type *type,
                                 struct bw_value base, struct bw_value over);

/* One element for each identity: the last one, where the first one was. */
struct bw_value bw_compose_unique(struct bw_compose *compose, const struct bw_compose_type *type,
                                  struct bw_value list);

/* `base` without what `over` resets or overrides. */
struct bw_value bw_compose_reset(struct bw_compose *compose, struct bw_value base,
                                 struct bw_value over);

/* Without what is reset, and without the flags of this module. */
struct bw_value bw_compose_untagged(struct bw_compose *compose, struct bw_value value);

/* --- for the walks and the conversions --- */

/* A gap at a place of the document. Names its file where that is not the document's own. */
void bw_compose_gap(struct bw_compose *compose, enum bw_gap_class class, uint32_t place,
                    const char *why, ...) BW_PRINTF(4, 5);

/* A blocking gap, and what stands for the value: UNKNOWN. No gap where the value depends on a
 * variable that nobody gave: that has been said. */
struct bw_value bw_compose_misfit(struct bw_compose *compose, struct bw_value value,
                                  const char *why, ...) BW_PRINTF(3, 4);

struct bw_value bw_compose_string(struct bw_compose *compose, struct bw_str text, uint32_t place);
struct bw_value bw_compose_unknown(struct bw_compose *compose, const char *why, uint32_t place);

/* Whether so many bytes more may be read; a gap at the place where not. */
bool bw_compose_may_read(struct bw_compose *compose, size_t n, uint32_t place);

/* Whether gaps of that class are still sent. */
bool bw_compose_hears(const struct bw_compose *compose, enum bw_gap_class class);

/* A path that the file at hand names, seen from the document's directory. */
struct bw_str bw_compose_path(struct bw_compose *compose, struct bw_str path);

#endif
