/*
 * bolt.h: reads a bbolt database (go.etcd.io/bbolt): containerd keeps its names in one.
 *
 * No C library reads the format, which is a B+tree of pages as lmdb's is:
 *   page       id u64, flags u16, count u16, overflow u32; then `count` elements of 16 bytes
 *   branch     pos u32, ksize u32, page u64                         (flag 1)
 *   leaf       flags u32, pos u32, ksize u32, vsize u32; flags 1: the value is a bucket  (flag 2)
 *   meta       magic, version 2, page size, flags u32; root bucket; freelist, pages,
 *              transaction u64; FNV-1a of all that                  (flag 4; pages 0 and 1)
 *   bucket     root page u64, sequence u64; with root 0 a page of its own follows inline
 * `pos` counts from the element. Numbers are in the byte order of the machine that wrote them,
 * which is taken to be this one.
 *
 * The bytes are not trusted: every offset is checked, and the elements that a whole reading comes
 * upon are bounded by the bytes there are, as no element of a sound database is met twice. That
 * bounds time for a database whose pages form circles, too.
 */
#ifndef BW_EXTRACT_BOLT_H
#define BW_EXTRACT_BOLT_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Deepest tree of pages. A sound one of 2^64 bytes has less than half of that. */
#define BW_BOLT_DEPTH_MAX 32u

struct bw_bolt {
    struct bw_str bytes;
    uint32_t page_size;
    uint64_t root;
    uint64_t left; /* elements and pages that may still be visited */
};

struct bw_bolt_bucket {
    uint64_t root;        /* page; 0: */
    struct bw_str inside; /* the page itself */
};

/* The newest of its two states that is whole. The bytes outlive it. BW_EFORMAT. */
int bw_bolt_open(struct bw_str bytes, struct bw_bolt *ret, struct bw_err *err) BW_MUST_USE;

struct bw_bolt_bucket bw_bolt_root(const struct bw_bolt *bolt);

/* Calls `each` for every member of a bucket in the order of keys: a value, or a bucket (and then
 * the value is empty); slices of the bytes. What it returns other than 0 ends the walk and is
 * returned. It may walk the bucket it is given. BW_EFORMAT. */
int bw_bolt_each(struct bw_bolt *bolt, struct bw_bolt_bucket bucket,
                 int (*each)(void *ctx, struct bw_str key, struct bw_str value,
                             const struct bw_bolt_bucket *bucket, struct bw_err *err),
                 void *ctx, struct bw_err *err) BW_MUST_USE;

#endif
