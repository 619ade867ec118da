#include "base/map.h"

#include <stdlib.h>

void bw_map_free(struct bw_map *map)
{
    free(map->items);
    free(map->slots);
    *map = BW_MAP(map->max);
}

/* The slot that holds the key, or the free one where it belongs. slots_n is a power of two and at
 * most half full, so the probe ends. */
static uint32_t *find_slot(const struct bw_map *map, struct bw_str key)
{
    size_t at = bw_str_hash(key) & (map->slots_n - 1);
    while (map->slots[at] && !bw_str_eq(map->items[map->slots[at] - 1].key, key))
        at = (at + 1) & (map->slots_n - 1);
    return &map->slots[at];
}

void *bw_map_get(const struct bw_map *map, struct bw_str key)
{
    if (!map->slots_n)
        return NULL;
    uint32_t at = *find_slot(map, key);
    return at ? map->items[at - 1].value : NULL;
}

static bool grow(struct bw_map *map)
{
    size_t slots_n = map->slots_n ? map->slots_n * 2 : 16;
    uint32_t *slots = calloc(slots_n, sizeof *slots);
    struct bw_map_item *items = reallocarray(map->items, slots_n / 2, sizeof *items);
    if (items) {
        map->items = items;
        map->items_cap = slots_n / 2;
    }
    if (!slots || !items) {
        free(slots);
        return false;
    }
    free(map->slots);
    map->slots = slots;
    map->slots_n = slots_n;
    for (size_t i = 0; i < map->n; i++)
        *find_slot(map, map->items[i].key) = (uint32_t)i + 1;
    return true;
}

struct bw_map_item *bw_map_at(struct bw_map *map, struct bw_str key)
{
    uint32_t *slot = map->slots_n ? find_slot(map, key) : NULL;
    if (slot && *slot)
        return &map->items[*slot - 1];
    if (map->n >= map->max || map->n >= UINT32_MAX - 1)
        return NULL;
    if (!slot || (map->n + 1) * 2 > map->slots_n) {
        if (!grow(map))
            return NULL;
        slot = find_slot(map, key);
    }
    map->items[map->n] = (struct bw_map_item){.key = key};
    *slot = (uint32_t)++map->n;
    return &map->items[map->n - 1];
}
