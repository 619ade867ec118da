#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_ALIGN     16u
#define ARENA_BLOCK_MIN ((size_t)4 << 10)
#define ARENA_BLOCK_MAX ((size_t)1 << 20)

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(ARENA_ALIGN) unsigned char bytes[];
};

struct bw_arena {
    struct block *head;
    size_t max, reserved, used;
    bool full;
};

struct bw_arena *bw_arena_new(size_t max)
{
    struct bw_arena *arena = calloc(1, sizeof *arena);
    if (arena)
        arena->max = max;
    return arena;
}

void bw_arena_free(struct bw_arena *arena)
{
    if (!arena)
        return;
    for (struct block *b = arena->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

/* Blocks grow, so a loop that resets comes to live in its newest. */
void bw_arena_reset(struct bw_arena *arena)
{
    struct block *keep = arena->head;
    for (struct block *b = keep ? keep->next : NULL, *next; b; b = next) {
        next = b->next;
        arena->reserved -= b->size;
        free(b);
    }
    if (keep) {
        memset(keep->bytes, 0, keep->used);
        keep->used = 0;
        keep->next = NULL;
    }
    arena->used = 0;
    arena->full = false;
}

void bw_arena_freep(struct bw_arena **arena)
{
    bw_arena_free(*arena);
    *arena = NULL;
}

/* Blocks double from 4 KiB to 1 MiB, so that a small arena stays small. */
static struct block *add_block(struct bw_arena *arena, size_t need)
{
    size_t size = arena->head ? arena->head->size * 2 : ARENA_BLOCK_MIN;
    if (size > ARENA_BLOCK_MAX)
        size = ARENA_BLOCK_MAX;
    if (size > arena->max - arena->reserved)
        size = arena->max - arena->reserved;
    if (size < need)
        size = need;
    if (size > arena->max - arena->reserved) {
        arena->full = true;
        return NULL;
    }
    struct block *b = calloc(1, sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    b->next = arena->head;
    arena->head = b;
    arena->reserved += size;
    return b;
}

void *bw_arena_alloc(struct bw_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        arena->full = true;
        return NULL;
    }
    size_t need = (size + (size == 0) + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct block *b = arena->head;
    if (!b || b->size - b->used < need)
        b = add_block(arena, need);
    if (!b)
        return NULL;
    void *p = b->bytes + b->used;
    b->used += need;
    arena->used += need;
    return p;
}

void *bw_arena_array(struct bw_arena *arena, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        arena->full = true;
        return NULL;
    }
    return bw_arena_alloc(arena, total);
}

struct bw_str bw_arena_str(struct bw_arena *arena, struct bw_str s)
{
    char *p = s.n < SIZE_MAX ? bw_arena_alloc(arena, s.n + 1) : NULL;
    if (!p)
        return (struct bw_str){NULL, 0};
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct bw_str){p, s.n};
}

struct bw_str bw_arena_printf(struct bw_arena *arena, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n >= 0 ? bw_arena_alloc(arena, (size_t)n + 1) : NULL;
    if (p)
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return (struct bw_str){p, p ? (size_t)n : 0};
}

size_t bw_arena_used(const struct bw_arena *arena)
{
    return arena->used;
}

bool bw_arena_is_full(const struct bw_arena *arena)
{
    return arena->full;
}
