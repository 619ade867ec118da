/*
 * make-tar.h: tar archives made byte by byte, the odd ones too. For tests.
 */
#ifndef TESTS_UNIT_MAKE_TAR_H
#define TESTS_UNIT_MAKE_TAR_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

struct tar_maker {
    uint8_t *p;
    size_t n, cap;
};

static inline uint8_t *tar_room(struct tar_maker *m, size_t n)
{
    while (m->n + n > m->cap || !m->p) {
        m->cap = m->cap ? 2 * m->cap : 4096;
        m->p = realloc(m->p, m->cap);
        if (!m->p)
            abort();
    }
    uint8_t *at = m->p + m->n;
    if (n)
        memset(at, 0, n);
    m->n += n;
    return at;
}

static inline void tar_seal(uint8_t *header)
{
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

/* A ustar header; call tar_seal() again after changing it. */
static inline uint8_t *tar_header(struct tar_maker *m, char type, const char *name,
                                  const char *link, uint64_t size)
{
    uint8_t *h = tar_room(m, 512);
    memcpy(h, name, strnlen(name, 100));
    memcpy(h + 100, "0000644", 7);
    memcpy(h + 108, "0001750", 7);
    memcpy(h + 116, "0000144", 7);
    snprintf((char *)h + 124, 12, "%011llo", (unsigned long long)(size & 077777777777u));
    memcpy(h + 136, "00000000000", 11);
    h[156] = (uint8_t)type;
    if (link)
        memcpy(h + 157, link, strnlen(link, 100));
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    tar_seal(h);
    return h;
}

static inline void tar_body(struct tar_maker *m, const void *p, size_t n)
{
    uint8_t *at = tar_room(m, (n + 511) / 512 * 512);
    if (n)
        memcpy(at, p, n);
}

static inline void tar_file(struct tar_maker *m, const char *name, const void *p, size_t n)
{
    tar_header(m, '0', name, NULL, n);
    tar_body(m, p, n);
}

static inline void tar_text(struct tar_maker *m, const char *name, const char *text)
{
    tar_file(m, name, text, strlen(text));
}

/* Adds a record "LENGTH KEY=VALUE\n" to the body of a pax header. */
static inline void pax_add(char *body, size_t size, const char *key, const char *value)
{
    size_t at = strlen(body), bare = strlen(key) + strlen(value) + 3, n = bare + 1;
    char digits[24];
    while ((size_t)snprintf(digits, sizeof digits, "%zu", n) + bare != n)
        n++;
    snprintf(body + at, size - at, "%zu %s=%s\n", n, key, value);
}

/* A pax header with one record, for the entry that follows. */
static inline void tar_pax(struct tar_maker *m, const char *key, const char *value)
{
    char body[8192] = "";
    pax_add(body, sizeof body, key, value);
    tar_header(m, 'x', "PaxHeaders/x", NULL, strlen(body));
    tar_body(m, body, strlen(body));
}

static inline void tar_end(struct tar_maker *m)
{
    tar_room(m, 1024);
}

static inline void tar_free(struct tar_maker *m)
{
    free(m->p);
    *m = (struct tar_maker){0};
}

#endif
