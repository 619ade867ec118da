#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST 256u

void bw_buf_free(struct bw_buf *buf)
{
    free(buf->p);
    *buf = BW_BUF(buf->max);
}

void bw_buf_clear(struct bw_buf *buf)
{
    buf->n = 0;
    buf->failed = false;
}

uint8_t *bw_buf_reserve(struct bw_buf *buf, size_t n)
{
    if (buf->failed || n > buf->max - buf->n) {
        buf->failed = true;
        return NULL;
    }
    if (buf->p && buf->cap - buf->n >= n)
        return buf->p + buf->n;
    size_t cap = buf->cap ? buf->cap : BUF_FIRST;
    while (cap - buf->n < n)
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    uint8_t *p = realloc(buf->p, cap ? cap : 1);
    if (!p) {
        buf->failed = true;
        return NULL;
    }
    buf->p = p;
    buf->cap = cap;
    return p + buf->n;
}

void bw_buf_add(struct bw_buf *buf, const void *p, size_t n)
{
    uint8_t *to = bw_buf_reserve(buf, n);
    if (to && n) {
        memcpy(to, p, n);
        buf->n += n;
    }
}

void bw_buf_str(struct bw_buf *buf, struct bw_str s)
{
    bw_buf_add(buf, s.p, s.n);
}

void bw_buf_byte(struct bw_buf *buf, uint8_t byte)
{
    bw_buf_add(buf, &byte, 1);
}

void bw_buf_printf(struct bw_buf *buf, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    uint8_t *to = n >= 0 ? bw_buf_reserve(buf, (size_t)n + 1) : NULL;
    if (to) {
        vsnprintf((char *)to, (size_t)n + 1, fmt, again);
        buf->n += (size_t)n;
    } else {
        buf->failed = true;
    }
    va_end(again);
}
