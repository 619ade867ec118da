/*
 * arena.h: memory that is freed all at once.
 *
 * A scan owns one arena; its facts, findings and gaps live there and die with it. An arena has a
 * maximum from birth: reaching it makes an allocation fail, never the machine. Not thread-safe.
 */
#ifndef BW_BASE_ARENA_H
#define BW_BASE_ARENA_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"

struct bw_arena;

/* max: bytes of all blocks together. Returns NULL where memory is short. */
struct bw_arena *bw_arena_new(size_t max) BW_MUST_USE;

/* Takes NULL. Everything allocated from it is gone. */
void bw_arena_free(struct bw_arena *arena);
void bw_arena_freep(struct bw_arena **arena); /* for BW_CLEANUP */

/* Everything allocated from it is gone; it is empty, not full, and keeps one block, so that a loop
 * which resets soon allocates no more. */
void bw_arena_reset(struct bw_arena *arena);

/* Zeroed, aligned for any type; size 0 gives a valid, unique pointer. NULL at the maximum or when
 * memory is short: the caller reports BW_ELIMIT or BW_ENOMEM by bw_arena_is_full(). */
void *bw_arena_alloc(struct bw_arena *arena, size_t size) BW_MUST_USE;

/* As bw_arena_alloc for n elements, with the product checked. */
void *bw_arena_array(struct bw_arena *arena, size_t n, size_t size) BW_MUST_USE;

/* A copy of s followed by a NUL that is not counted. p is NULL on failure. */
struct bw_str bw_arena_str(struct bw_arena *arena, struct bw_str s) BW_MUST_USE;

/* A formatted string; p is NULL on failure. */
struct bw_str bw_arena_printf(struct bw_arena *arena, const char *fmt, ...)
    BW_PRINTF(2, 3) BW_MUST_USE;

/* Bytes handed out so far, and whether an allocation failed because of the maximum. */
size_t bw_arena_used(const struct bw_arena *arena);
bool bw_arena_is_full(const struct bw_arena *arena);

#endif
