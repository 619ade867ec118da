/*
 * buf.h: a growing byte buffer with a maximum.
 *
 * A buffer remembers its first failure: appends after it do nothing, and bw_buf_failed() tells once
 * at the end. So a writer need not check each append. Zero-initialise with BW_BUF(max).
 */
#ifndef BW_BASE_BUF_H
#define BW_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

struct bw_buf {
    uint8_t *p;
    size_t n, cap;
    size_t max;  /* the bytes it may hold */
    bool failed; /* an append was refused: maximum reached or memory short */
};

#define BW_BUF(maximum) ((struct bw_buf){.max = (maximum)})

/* Frees the bytes; the buffer is empty and usable again with the same maximum. */
void bw_buf_free(struct bw_buf *buf); /* also for BW_CLEANUP */

/* Forgets the content and the failure, keeps the memory. */
void bw_buf_clear(struct bw_buf *buf);

void bw_buf_add(struct bw_buf *buf, const void *p, size_t n);
void bw_buf_str(struct bw_buf *buf, struct bw_str s);
void bw_buf_byte(struct bw_buf *buf, uint8_t byte);
void bw_buf_printf(struct bw_buf *buf, const char *fmt, ...) BW_PRINTF(2, 3);

/* Room for n more bytes at p + n; the caller then adds to n what it wrote. NULL on failure. */
uint8_t *bw_buf_reserve(struct bw_buf *buf, size_t n) BW_MUST_USE;

static inline bool bw_buf_failed(const struct bw_buf *buf)
{
    return buf->failed;
}

/* The content as a slice, valid until the next append. */
static inline struct bw_str bw_buf_slice(const struct bw_buf *buf)
{
    return (struct bw_str){(const char *)buf->p, buf->n};
}

#endif
