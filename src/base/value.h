/*
 * value.h: the one shape of every document: 16 bytes a node.
 *
 * A Dockerfile, a compose file, a manifest, an API call, what a scanner found: each becomes a tree
 * of values once, and policies evaluate over it. A value is passed by value; what it points to lies
 * in an arena, is never changed once the tree is built, and may be shared by several trees.
 *
 * Two kinds stand beside JSON's null:
 *   ABSENT   there is nothing: a zeroed value, the answer of a lookup that finds no member. It
 * never stands in a list or a map. UNKNOWN  there is something, or may be, and this form of the
 * document does not say what: the user of an image that is not at hand. `unknown` says why, and
 * whether anybody could have said it in this form. A verdict that depends on one is neither PASS
 * nor FAIL.
 *
 * Values of kinds from BW_VALUE_FOREIGN on belong to the module that made them (cel/) and appear in
 * no document.
 */
#ifndef BW_BASE_VALUE_H
#define BW_BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/str.h"

/* Longest string, most elements of one list or map. */
#define BW_VALUE_TEXT_MAX  ((size_t)256 << 20)
#define BW_VALUE_COUNT_MAX ((uint32_t)16 << 20)

/* Deepest tree that readers make and walkers follow. */
#define BW_VALUE_DEPTH_MAX 128u

/* In the order in which kinds of scalars stand in diagnostics; part of stored forms: append only.
 */
enum bw_value_kind {
    BW_VALUE_ABSENT,
    BW_VALUE_UNKNOWN,
    BW_VALUE_NULL,
    BW_VALUE_BOOL,
    BW_VALUE_INT,
    BW_VALUE_UINT,
    BW_VALUE_DOUBLE,
    BW_VALUE_STRING, /* UTF-8 */
    BW_VALUE_BYTES,
    BW_VALUE_LIST,
    BW_VALUE_MAP,
    BW_VALUE_FOREIGN = 16,
};

/* The value is an engine's default that was written in: nobody wrote it in the document. */
#define BW_VALUE_DEFAULT 1u

struct bw_value_text;
struct bw_value_list;
struct bw_value_map;
struct bw_value_unknown;

struct bw_value {
    uint8_t kind;  /* enum bw_value_kind, or a foreign one */
    uint8_t flags; /* BW_VALUE_DEFAULT */
    uint16_t tag;  /* STRING: the low half of the hash of its bytes, so that keys compare quickly */
    uint32_t place; /* where it was written: an index into its document's places; 0: nowhere */
    union {
        int64_t i;
        uint64_t u; /* also BOOL: 0 or 1 */
        double d;
        const struct bw_value_text *text; /* STRING, BYTES */
        const struct bw_value_list *list;
        const struct bw_value_map *map;
        const struct bw_value_unknown *unknown;
        const void *foreign;
    };
};

struct bw_value_text {
    uint32_t n;
    char p[]; /* and a NUL that is not counted */
};

struct bw_value_list {
    uint32_t n, cap;
    struct bw_value v[];
};

struct bw_value_member {
    struct bw_value key; /* STRING in documents; CEL also makes BOOL, INT and UINT keys */
    struct bw_value value;
};

/* Members stand in the order in which they were added; no key stands twice. */
struct bw_value_map {
    uint32_t n, cap;
    uint32_t *slots; /* of large maps: a hash table of indices into v; private */
    struct bw_value_member v[];
};

enum bw_unknown_class {
    BW_UNKNOWN_INEXPRESSIBLE, /* the form has no words for it: a check that asks is not applicable
                               */
    BW_UNKNOWN_MISSING,       /* it could be known, and is not at hand: not evaluated */
};

struct bw_value_unknown {
    enum bw_unknown_class class;
    struct bw_str why; /* for a person: "the image is not at hand" */
};

/* --- making --- */

/*
 * Makes values in an arena. A maker remembers its first failure (the arena is full, a maximum was
 * reached): every function then returns an ABSENT value or does nothing, and `failed` tells once at
 * the end. bw_arena_is_full() tells which.
 */
struct bw_value_maker {
    struct bw_arena *arena;
    bool failed;
};

static inline struct bw_value bw_value_null(void)
{
    return (struct bw_value){.kind = BW_VALUE_NULL};
}

static inline struct bw_value bw_value_bool(bool boolean)
{
    return (struct bw_value){.kind = BW_VALUE_BOOL, .u = boolean};
}

static inline struct bw_value bw_value_int(int64_t i)
{
    return (struct bw_value){.kind = BW_VALUE_INT, .i = i};
}

static inline struct bw_value bw_value_uint(uint64_t u)
{
    return (struct bw_value){.kind = BW_VALUE_UINT, .u = u};
}

static inline struct bw_value bw_value_double(double d)
{
    return (struct bw_value){.kind = BW_VALUE_DOUBLE, .d = d};
}

/* A copy of the bytes. That a string is UTF-8 is the caller's to see to. */
struct bw_value bw_value_string(struct bw_value_maker *make, struct bw_str s);
struct bw_value bw_value_bytes(struct bw_value_maker *make, struct bw_str s);

/* `why` is copied. */
struct bw_value bw_value_unknown(struct bw_value_maker *make, enum bw_unknown_class class,
                                 struct bw_str why);

/* Empty, with room for `expected` elements; more may be added. */
struct bw_value bw_value_list(struct bw_value_maker *make, uint32_t expected);
struct bw_value bw_value_map(struct bw_value_maker *make, uint32_t expected);

/* While a tree is built: *list and *map may come to lie elsewhere, so a container is put into its
 * parent when it is complete. An ABSENT value is not added. */
void bw_value_add(struct bw_value_maker *make, struct bw_value *list, struct bw_value element);

/* Puts a member, in the place of an older one with that key. */
void bw_value_put(struct bw_value_maker *make, struct bw_value *map, struct bw_value key,
                  struct bw_value value);

/* As bw_value_put, with a literal for the key; an older member keeps its own, which knows where it
 * was written. */
void bw_value_set(struct bw_value_maker *make, struct bw_value *map, const char *key,
                  struct bw_value value);

/* --- reading --- */

/* The bytes of a STRING or BYTES; p is NULL for anything else, and never for these. */
static inline struct bw_str bw_value_text(struct bw_value value)
{
    if (value.kind != BW_VALUE_STRING && value.kind != BW_VALUE_BYTES)
        return (struct bw_str){0};
    return (struct bw_str){value.text->p, value.text->n};
}

/* Elements of a list, members of a map, else 0. */
static inline uint32_t bw_value_count(struct bw_value value)
{
    if (value.kind == BW_VALUE_LIST)
        return value.list->n;
    return value.kind == BW_VALUE_MAP ? value.map->n : 0;
}

/* The member with that key, or ABSENT; of something UNKNOWN that same UNKNOWN. Keys equal when kind
 * and content do: numbers of different kinds differ here. Constant time but for hostile keys,
 * linear in small maps. */
struct bw_value bw_value_get(struct bw_value map, struct bw_str key);
struct bw_value bw_value_find(struct bw_value map, struct bw_value key);

/* A path of literals: bw_value_at(pod, "spec", "securityContext", NULL). */
struct bw_value bw_value_at(struct bw_value map, ...) __attribute__((sentinel));

/* The member as it stands, with its key (and the key's place); NULL where there is none. */
const struct bw_value_member *bw_value_member(struct bw_value map, struct bw_value key);

/* An element, or ABSENT. */
static inline struct bw_value bw_value_index(struct bw_value list, size_t i)
{
    return list.kind == BW_VALUE_LIST && i < list.list->n ? list.list->v[i] : (struct bw_value){0};
}

/* Whether it is true; false for anything else, UNKNOWN too. */
static inline bool bw_value_is_true(struct bw_value value)
{
    return value.kind == BW_VALUE_BOOL && value.u;
}

/* Equal to a literal. */
static inline bool bw_value_is(struct bw_value value, const char *literal)
{
    return value.kind == BW_VALUE_STRING && bw_str_eq(bw_value_text(value), bw_str(literal));
}

/* The tag of a string's bytes. */
uint16_t bw_value_tag(struct bw_str s);

/* "null", "bool", "string", ... "unknown"; "value" for a foreign kind. */
const char *bw_value_kind_name(enum bw_value_kind kind);

#endif
