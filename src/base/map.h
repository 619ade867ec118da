/*
 * map.h: a hash map from byte strings to pointers, with a maximum.
 *
 * Keys are borrowed: what they point into must outlive the map. Values are the caller's. Iteration
 * follows insertion order, so that output is the same in every run. Nothing is ever removed.
 */
#ifndef BW_BASE_MAP_H
#define BW_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"

struct bw_map_item {
    struct bw_str key;
    void *value;
};

struct bw_map {
    struct bw_map_item *items; /* items[0..n) in insertion order; read freely, do not write keys */
    size_t n;
    size_t max; /* keys it may hold */
    size_t items_cap, slots_n;
    uint32_t *slots; /* index + 1 into items, 0 is free */
};

#define BW_MAP(maximum) ((struct bw_map){.max = (maximum)})

void bw_map_free(struct bw_map *map); /* also for BW_CLEANUP; the map is empty and usable again */

/* The value of a key, or NULL where there is none. */
void *bw_map_get(const struct bw_map *map, struct bw_str key);

/* The item of a key, added with value NULL where it was missing. NULL at the maximum or when memory
 * is short. Valid until the next call that adds. */
struct bw_map_item *bw_map_at(struct bw_map *map, struct bw_str key) BW_MUST_USE;

#endif
