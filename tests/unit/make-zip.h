/*
 * make-zip.h: ZIP archives of stored entries (APPNOTE 6.3), for tests.
 */
#ifndef BW_TESTS_MAKE_ZIP_H
#define BW_TESTS_MAKE_ZIP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "wrap/crc32.h"

struct zip_entry {
    const char *name, *content;
    bool wrong_crc;
};

static inline void zip_number(struct bw_buf *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        bw_buf_byte(out, (uint8_t)(value >> (8 * i)));
}

static inline void zip_common(struct bw_buf *out, const struct zip_entry *entry)
{
    uint32_t size = (uint32_t)strlen(entry->content);
    uint32_t crc = bw_crc32(0, entry->content, size) ^ (entry->wrong_crc ? 1u : 0u);
    zip_number(out, 20, 2);    /* version needed */
    zip_number(out, 0x800, 2); /* names are UTF-8 */
    zip_number(out, 0, 2);     /* stored */
    zip_number(out, 0x21, 4);  /* time and date */
    zip_number(out, crc, 4);
    zip_number(out, size, 4);
    zip_number(out, size, 4);
    zip_number(out, (uint32_t)strlen(entry->name), 2);
    zip_number(out, 0, 2); /* extra */
}

static inline void make_zip(struct bw_buf *out, const struct zip_entry *entries, size_t n)
{
    uint32_t offsets[64];
    for (size_t i = 0; i < n; i++) {
        offsets[i] = (uint32_t)out->n;
        bw_buf_add(out, "PK\3\4", 4);
        zip_common(out, &entries[i]);
        bw_buf_str(out, bw_str(entries[i].name));
        bw_buf_str(out, bw_str(entries[i].content));
    }
    uint32_t start = (uint32_t)out->n;
    for (size_t i = 0; i < n; i++) {
        bw_buf_add(out, "PK\1\2", 4);
        zip_number(out, 20, 2);
        zip_common(out, &entries[i]);
        zip_number(out, 0, 2); /* comment */
        zip_number(out, 0, 2); /* disk */
        zip_number(out, 0, 2);
        zip_number(out, 0, 4);
        zip_number(out, offsets[i], 4);
        bw_buf_str(out, bw_str(entries[i].name));
    }
    uint32_t size = (uint32_t)out->n - start;
    bw_buf_add(out, "PK\5\6", 4);
    zip_number(out, 0, 4);
    zip_number(out, (uint32_t)n, 2);
    zip_number(out, (uint32_t)n, 2);
    zip_number(out, size, 4);
    zip_number(out, start, 4);
    zip_number(out, 0, 2);
}

#endif
