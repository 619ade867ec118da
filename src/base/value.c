#include "base/value.h"

#include <stdarg.h>
#include <sys/random.h>

/* Maps up to this size are looked through; larger ones have a hash table. */
#define SMALL_MAP 16u

/* Of all tables; random, so that nobody can choose keys that share a slot. */
static uint64_t seed(void)
{
    static uint64_t value;
    if (!value && getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value)
        value = 0x9e3779b97f4a7c15u;
    value |= 1;
    return value;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ 0xa0761d6478bd642fu) * (b ^ 0xe7037ed1a0b428dbu);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_text(struct bw_str s)
{
    uint64_t hash = mix(seed(), s.n), word;
    while (s.n >= sizeof word) {
        memcpy(&word, s.p, sizeof word);
        hash = mix(hash, word);
        s = bw_str_from(s, sizeof word);
    }
    word = 0;
    if (s.n)
        memcpy(&word, s.p, s.n);
    return mix(hash, word ^ seed());
}

static uint64_t hash_key(struct bw_value key)
{
    if (key.kind == BW_VALUE_STRING)
        return hash_text(bw_value_text(key));
    return mix(seed() + key.kind, key.u);
}

uint16_t bw_value_tag(struct bw_str s)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (uint8_t)s.p[i]) * 16777619u;
    return (uint16_t)(hash ^ hash >> 16);
}

static bool keys_equal(struct bw_value a, struct bw_value b)
{
    if (a.kind != b.kind || a.tag != b.tag)
        return false;
    if (a.kind != BW_VALUE_STRING)
        return a.u == b.u;
    return a.text == b.text || bw_str_eq(bw_value_text(a), bw_value_text(b));
}

/* --- making --- */

static void *take(struct bw_value_maker *make, size_t head, uint64_t n, size_t size)
{
    void *p = make->failed ? NULL : bw_arena_alloc(make->arena, head + n * size);
    if (!p)
        make->failed = true;
    return p;
}

static struct bw_value text_value(struct bw_value_maker *make, enum bw_value_kind kind,
                                  struct bw_str s)
{
    if (s.n > BW_VALUE_TEXT_MAX)
        make->failed = true;
    struct bw_value_text *text = take(make, sizeof *text, (uint64_t)s.n + 1, 1);
    if (!text)
        return (struct bw_value){0};
    text->n = (uint32_t)s.n;
    if (s.n)
        memcpy(text->p, s.p, s.n);
    return (struct bw_value){
        .kind = (uint8_t)kind, .tag = kind == BW_VALUE_STRING ? bw_value_tag(s) : 0, .text = text};
}

struct bw_value bw_value_string(struct bw_value_maker *make, struct bw_str s)
{
    return text_value(make, BW_VALUE_STRING, s);
}

struct bw_value bw_value_bytes(struct bw_value_maker *make, struct bw_str s)
{
    return text_value(make, BW_VALUE_BYTES, s);
}

struct bw_value bw_value_unknown(struct bw_value_maker *make, enum bw_unknown_class class,
                                 struct bw_str why)
{
    struct bw_value_unknown *unknown = take(make, sizeof *unknown, 0, 0);
    struct bw_str copy = unknown ? bw_arena_str(make->arena, why) : (struct bw_str){0};
    if (!copy.p) {
        make->failed = true;
        return (struct bw_value){0};
    }
    *unknown = (struct bw_value_unknown){class, copy};
    return (struct bw_value){.kind = BW_VALUE_UNKNOWN, .unknown = unknown};
}

struct bw_value bw_value_list(struct bw_value_maker *make, uint32_t expected)
{
    struct bw_value_list *list = take(make, sizeof *list, expected, sizeof list->v[0]);
    if (!list)
        return (struct bw_value){0};
    list->cap = expected;
    return (struct bw_value){.kind = BW_VALUE_LIST, .list = list};
}

struct bw_value bw_value_map(struct bw_value_maker *make, uint32_t expected)
{
    struct bw_value_map *map = take(make, sizeof *map, expected, sizeof map->v[0]);
    if (!map)
        return (struct bw_value){0};
    map->cap = expected;
    return (struct bw_value){.kind = BW_VALUE_MAP, .map = map};
}

static uint32_t grown(struct bw_value_maker *make, uint32_t cap)
{
    if (cap >= BW_VALUE_COUNT_MAX)
        make->failed = true;
    return cap < 4 ? 4 : cap * 2;
}

void bw_value_add(struct bw_value_maker *make, struct bw_value *list, struct bw_value element)
{
    if (make->failed || element.kind == BW_VALUE_ABSENT)
        return;
    /* What is being built is the builder's alone; const is for those who read it afterwards. */
    struct bw_value_list *at = (struct bw_value_list *)list->list;
    if (at->n == at->cap) {
        uint32_t cap = grown(make, at->cap);
        struct bw_value_list *more = take(make, sizeof *more, cap, sizeof more->v[0]);
        if (!more)
            return;
        more->n = at->n;
        more->cap = cap;
        memcpy(more->v, at->v, at->n * sizeof at->v[0]);
        list->list = at = more;
    }
    at->v[at->n++] = element;
}

static void add_slot(const struct bw_value_map *map, uint32_t mask, uint32_t index)
{
    uint32_t i = (uint32_t)hash_key(map->v[index].key) & mask;
    while (map->slots[i])
        i = (i + 1) & mask;
    map->slots[i] = index + 1;
}

/* The table has room for all members that the map has room for. */
static uint32_t slots_mask(const struct bw_value_map *map)
{
    uint32_t n = 64;
    while (n < map->cap * 2)
        n *= 2;
    return n - 1;
}

static void index_map(struct bw_value_maker *make, struct bw_value_map *map)
{
    uint32_t mask = slots_mask(map);
    map->slots = take(make, 0, (uint64_t)mask + 1, sizeof map->slots[0]);
    for (uint32_t i = 0; map->slots && i < map->n; i++)
        add_slot(map, mask, i);
}

static struct bw_value_member *find_member(const struct bw_value_map *map, struct bw_value key)
{
    struct bw_value_map *at = (struct bw_value_map *)map;
    if (!at->slots) {
        for (uint32_t i = 0; i < at->n; i++)
            if (keys_equal(at->v[i].key, key))
                return &at->v[i];
        return NULL;
    }
    uint32_t mask = slots_mask(at);
    for (uint32_t i = (uint32_t)hash_key(key) & mask; at->slots[i]; i = (i + 1) & mask)
        if (keys_equal(at->v[at->slots[i] - 1].key, key))
            return &at->v[at->slots[i] - 1];
    return NULL;
}

static struct bw_value_map *with_room(struct bw_value_maker *make, struct bw_value *map)
{
    struct bw_value_map *at = (struct bw_value_map *)map->map;
    if (at->n < at->cap)
        return at;
    uint32_t cap = grown(make, at->cap);
    struct bw_value_map *more = take(make, sizeof *more, cap, sizeof more->v[0]);
    if (!more)
        return NULL;
    more->n = at->n;
    more->cap = cap;
    memcpy(more->v, at->v, at->n * sizeof at->v[0]);
    if (at->slots)
        index_map(make, more);
    map->map = more;
    return make->failed ? NULL : more;
}

void bw_value_put(struct bw_value_maker *make, struct bw_value *map, struct bw_value key,
                  struct bw_value value)
{
    if (make->failed || value.kind == BW_VALUE_ABSENT)
        return;
    struct bw_value_member *old = find_member(map->map, key);
    if (old) {
        *old = (struct bw_value_member){key, value};
        return;
    }
    struct bw_value_map *at = with_room(make, map);
    if (!at)
        return;
    at->v[at->n++] = (struct bw_value_member){key, value};
    if (at->slots)
        add_slot(at, slots_mask(at), at->n - 1);
    else if (at->n > SMALL_MAP)
        index_map(make, at);
}

void bw_value_set(struct bw_value_maker *make, struct bw_value *map, const char *key,
                  struct bw_value value)
{
    if (value.kind == BW_VALUE_ABSENT || make->failed)
        return;
    struct bw_value made = bw_value_string(make, bw_str(key));
    const struct bw_value_member *old = make->failed ? NULL : find_member(map->map, made);
    bw_value_put(make, map, old ? old->key : made, value);
}

/* --- reading --- */

const struct bw_value_member *bw_value_member(struct bw_value map, struct bw_value key)
{
    return map.kind == BW_VALUE_MAP ? find_member(map.map, key) : NULL;
}

struct bw_value bw_value_find(struct bw_value map, struct bw_value key)
{
    if (map.kind == BW_VALUE_UNKNOWN)
        return map;
    const struct bw_value_member *member = bw_value_member(map, key);
    return member ? member->value : (struct bw_value){0};
}

static struct bw_value get_tagged(const struct bw_value_map *map, uint16_t tag, struct bw_str key)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (map->v[i].key.tag == tag && map->v[i].key.kind == BW_VALUE_STRING &&
            bw_str_eq(bw_value_text(map->v[i].key), key))
            return map->v[i].value;
    return (struct bw_value){0};
}

static struct bw_value get_slotted(const struct bw_value_map *map, struct bw_str key)
{
    uint32_t mask = slots_mask(map);
    for (uint32_t i = (uint32_t)hash_text(key) & mask; map->slots[i]; i = (i + 1) & mask) {
        const struct bw_value_member *member = &map->v[map->slots[i] - 1];
        if (member->key.kind == BW_VALUE_STRING && bw_str_eq(bw_value_text(member->key), key))
            return member->value;
    }
    return (struct bw_value){0};
}

struct bw_value bw_value_get(struct bw_value map, struct bw_str key)
{
    if (map.kind == BW_VALUE_UNKNOWN)
        return map;
    if (map.kind != BW_VALUE_MAP)
        return (struct bw_value){0};
    return map.map->slots ? get_slotted(map.map, key) : get_tagged(map.map, bw_value_tag(key), key);
}

struct bw_value bw_value_at(struct bw_value map, ...)
{
    va_list keys;
    va_start(keys, map);
    for (const char *key; (key = va_arg(keys, const char *));)
        map = bw_value_get(map, bw_str(key));
    va_end(keys);
    return map;
}

const char *bw_value_kind_name(enum bw_value_kind kind)
{
    static const char *const names[] = {
        [BW_VALUE_ABSENT] = "absent", [BW_VALUE_UNKNOWN] = "unknown", [BW_VALUE_NULL] = "null",
        [BW_VALUE_BOOL] = "bool",     [BW_VALUE_INT] = "int",         [BW_VALUE_UINT] = "uint",
        [BW_VALUE_DOUBLE] = "double", [BW_VALUE_STRING] = "string",   [BW_VALUE_BYTES] = "bytes",
        [BW_VALUE_LIST] = "list",     [BW_VALUE_MAP] = "map",
    };
    return kind < BW_ARRAY_LEN(names) ? names[kind] : "value";
}
