/*
 * capability.h: the capabilities of Linux by name (capabilities(7)).
 */
#ifndef BW_CHECK_CAPABILITY_H
#define BW_CHECK_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* "cap_net_admin, cap_net_raw"; bits without a name as "cap_63". p is NULL when the arena is full.
 */
struct bw_str bw_capability_names(uint64_t capabilities, struct bw_arena *arena);

/* Whether one of them lets its holder become root, or undo what confines it. */
bool bw_capability_is_root(uint64_t capabilities);

#endif
