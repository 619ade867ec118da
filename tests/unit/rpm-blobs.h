/*
 * rpm-blobs.h: makes rpm package headers, and the databases around them, byte by byte.
 */
#ifndef BW_TESTS_RPM_BLOBS_H
#define BW_TESTS_RPM_BLOBS_H

#include <stdlib.h>

#include "base/buf.h"

#define BLOB_MAX ((size_t)64 << 20)

enum {
    BLOB_INT8 = 2,
    BLOB_INT16 = 3,
    BLOB_INT32 = 4,
    BLOB_STRING = 6,
    BLOB_BINARY = 7,
    BLOB_STRINGS = 8
};

/* A header as it grows: the index and the data, joined by blob_end. */
struct blob {
    struct bw_buf index, data;
    unsigned entries;
    bool region;
};

static inline void put_be32(struct bw_buf *to, uint32_t v)
{
    const uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                              (uint8_t)v};
    bw_buf_add(to, bytes, 4);
}

static inline void put_le32(struct bw_buf *to, uint32_t v)
{
    put_be32(to, __builtin_bswap32(v));
}

static inline void put_le16(uint8_t *at, size_t v)
{
    at[0] = (uint8_t)v;
    at[1] = (uint8_t)(v >> 8);
}

static inline void put_le32_at(uint8_t *at, size_t v)
{
    put_le16(at, v);
    put_le16(at + 2, v >> 16);
}

static inline void blob_entry(struct blob *blob, uint32_t tag, uint32_t type, uint32_t offset,
                              uint32_t count)
{
    put_be32(&blob->index, tag);
    put_be32(&blob->index, type);
    put_be32(&blob->index, offset);
    put_be32(&blob->index, count);
    blob->entries++;
}

static inline struct blob blob_begin(bool region)
{
    struct blob blob = {.index = BW_BUF(BLOB_MAX), .data = BW_BUF(BLOB_MAX), .region = region};
    if (region)
        blob_entry(&blob, 63, BLOB_BINARY, 0, 16); /* its offset is set by blob_region_end */
    return blob;
}

static inline void blob_string(struct blob *blob, uint32_t tag, const char *s)
{
    blob_entry(blob, tag, BLOB_STRING, (uint32_t)blob->data.n, 1);
    bw_buf_add(&blob->data, s, strlen(s) + 1);
}

/* Strings apart by '|'. */
static inline void blob_strings(struct blob *blob, uint32_t tag, const char *s)
{
    uint32_t count = 1;
    size_t start = blob->data.n;
    bw_buf_add(&blob->data, s, strlen(s) + 1);
    for (size_t i = start; i < blob->data.n; i++)
        if (blob->data.p[i] == '|') {
            blob->data.p[i] = 0;
            count++;
        }
    blob_entry(blob, tag, BLOB_STRINGS, (uint32_t)start, count);
}

static inline void blob_int32(struct blob *blob, uint32_t tag, const uint32_t *v, uint32_t n)
{
    while (blob->data.n % 4)
        bw_buf_byte(&blob->data, 0);
    blob_entry(blob, tag, BLOB_INT32, (uint32_t)blob->data.n, n);
    for (uint32_t i = 0; i < n; i++)
        put_be32(&blob->data, v[i]);
}

static inline void blob_int16(struct blob *blob, uint32_t tag, const uint16_t *v, uint32_t n)
{
    while (blob->data.n % 2)
        bw_buf_byte(&blob->data, 0);
    blob_entry(blob, tag, BLOB_INT16, (uint32_t)blob->data.n, n);
    for (uint32_t i = 0; i < n; i++) {
        bw_buf_byte(&blob->data, (uint8_t)(v[i] >> 8));
        bw_buf_byte(&blob->data, (uint8_t)v[i]);
    }
}

static inline void blob_int8(struct blob *blob, uint32_t tag, const uint8_t *v, uint32_t n)
{
    blob_entry(blob, tag, BLOB_INT8, (uint32_t)blob->data.n, n);
    bw_buf_add(&blob->data, v, n);
}

/* What follows was added at installation. */
static inline void blob_region_end(struct blob *blob)
{
    struct bw_buf offset BW_CLEANUP(bw_buf_free) = BW_BUF(4);
    put_be32(&offset, (uint32_t)blob->data.n);
    memcpy(blob->index.p + 8, offset.p, 4);
    put_be32(&blob->data, 63);
    put_be32(&blob->data, BLOB_BINARY);
    put_be32(&blob->data, 0u - blob->entries * 16);
    put_be32(&blob->data, 16);
    blob->region = false;
}

/* The finished header, in a buffer the caller frees. */
static inline struct bw_buf blob_end(struct blob *blob)
{
    struct bw_buf out = BW_BUF(BLOB_MAX);
    if (blob->region)
        blob_region_end(blob);
    put_be32(&out, blob->entries);
    put_be32(&out, (uint32_t)blob->data.n);
    bw_buf_str(&out, bw_buf_slice(&blob->index));
    bw_buf_str(&out, bw_buf_slice(&blob->data));
    bw_buf_free(&blob->index);
    bw_buf_free(&blob->data);
    return out;
}

/* A header with a name, version "1.0", release "2" and one file. */
static inline struct bw_buf blob_simple(const char *name)
{
    struct blob blob = blob_begin(true);
    blob_string(&blob, 1000, name);
    blob_string(&blob, 1001, "1.0");
    blob_string(&blob, 1002, "2");
    blob_int32(&blob, 1116, (const uint32_t[]){0}, 1);
    blob_strings(&blob, 1117, "tool");
    blob_strings(&blob, 1118, "/usr/bin/");
    return blob_end(&blob);
}

static inline uint32_t blob_adler(const uint8_t *p, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + p[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* An ndb database of one page of slots and the headers. */
static inline struct bw_buf ndb_of(const struct bw_buf *blobs, unsigned n)
{
    struct bw_buf out = BW_BUF(BLOB_MAX);
    bw_buf_add(&out, "RpmP", 4);
    for (unsigned i = 1; i < 8; i++)
        put_le32(&out, i == 3 ? 1 : i == 4 ? n + 1 : 0);
    while (out.n < 4096) {
        bw_buf_add(&out, "Slot", 4);
        for (unsigned i = 0; i < 3; i++)
            put_le32(&out, 0);
    }
    for (unsigned i = 0; i < n; i++) {
        size_t start = out.n, blocks = (blobs[i].n + 28 + 15) / 16;
        put_le32_at(out.p + 32 + 16 * (size_t)i + 4, i + 1);
        put_le32_at(out.p + 32 + 16 * (size_t)i + 8, start / 16);
        put_le32_at(out.p + 32 + 16 * (size_t)i + 12, blocks);
        bw_buf_add(&out, "BlbS", 4);
        put_le32(&out, i + 1);
        put_le32(&out, 0);
        put_le32(&out, (uint32_t)blobs[i].n);
        bw_buf_str(&out, bw_buf_slice(&blobs[i]));
        while (out.n < start + blocks * 16 - 12)
            bw_buf_byte(&out, 0);
        put_le32(&out, blob_adler(out.p + start, out.n - start));
        put_le32(&out, (uint32_t)blobs[i].n);
        bw_buf_add(&out, "BlbE", 4);
    }
    return out;
}

#define BDB_PAGE 512u

static inline uint8_t *bdb_page(struct bw_buf *to, unsigned type, size_t next)
{
    uint32_t number = (uint32_t)(to->n / BDB_PAGE);
    uint8_t *page = bw_buf_reserve(to, BDB_PAGE);
    if (!page)
        abort();
    memset(page, 0, BDB_PAGE);
    to->n += BDB_PAGE;
    put_le32_at(page + 8, number);
    put_le32_at(page + 16, next);
    page[25] = (uint8_t)type;
    return page;
}

/* Puts an item before the ones that are on the page. */
static inline void bdb_item(uint8_t *page, const void *p, size_t n)
{
    size_t items = page[20] | (size_t)page[21] << 8;
    size_t end =
        items ? page[26 + 2 * items - 2] | (size_t)page[26 + 2 * items - 1] << 8 : BDB_PAGE;
    memcpy(page + end - n, p, n);
    put_le16(page + 26 + 2 * items, end - n);
    put_le16(page + 20, items + 1);
}

/*
 * A Berkeley DB hash table of one bucket on page 1; the headers lie on overflow pages from page 2,
 * the first, where `inline_first`, on the page itself.
 */
static inline struct bw_buf bdb_of(const struct bw_buf *blobs, unsigned n, bool inline_first)
{
    struct bw_buf out = BW_BUF(BLOB_MAX);
    uint8_t *meta = bdb_page(&out, 8, 0);
    put_le32_at(meta + 12, 0x00061561);
    put_le32_at(meta + 16, 9);
    put_le32_at(meta + 20, BDB_PAGE);
    put_le32_at(meta + 96, 1); /* bucket 0 is on page 1 */
    bdb_page(&out, 13, 0);
    bdb_item(out.p + BDB_PAGE, "\1\0\0\0\0", 5); /* record 0: the last number */
    bdb_item(out.p + BDB_PAGE, "\1\0\0\0\0", 5);
    for (unsigned i = 0; i < n; i++) {
        const uint8_t key[5] = {1, (uint8_t)(i + 1), 0, 0, 0};
        bdb_item(out.p + BDB_PAGE, key, sizeof key);
        if (i == 0 && inline_first) {
            uint8_t value[BDB_PAGE] = {1};
            memcpy(value + 1, blobs[i].p, blobs[i].n);
            bdb_item(out.p + BDB_PAGE, value, blobs[i].n + 1);
            continue;
        }
        uint8_t value[12] = {3};
        put_le32_at(value + 4, out.n / BDB_PAGE);
        put_le32_at(value + 8, blobs[i].n);
        bdb_item(out.p + BDB_PAGE, value, sizeof value);
        for (size_t at = 0; at < blobs[i].n; at += BDB_PAGE - 26) {
            size_t left = blobs[i].n - at, used = left < BDB_PAGE - 26 ? left : BDB_PAGE - 26;
            uint8_t *page = bdb_page(&out, 7, used < left ? out.n / BDB_PAGE + 1 : 0);
            put_le16(page + 22, used);
            memcpy(page + 26, blobs[i].p + at, used);
        }
    }
    put_le32_at(out.p + 32, out.n / BDB_PAGE - 1);
    return out;
}

#endif
