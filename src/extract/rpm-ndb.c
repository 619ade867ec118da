/*
 * Packages.db: rpm's "ndb" database (SUSE). All numbers are little-endian.
 *
 *   header, 32 bytes: "RpmP", version 0, generation, pages of slots, next package index
 *   slots, 16 bytes each to the end of their pages of 4096 bytes: "Slot", package index (0: free),
 *     offset and count in blocks of 16 bytes
 *   blobs: "BlbS", package index, generation, bytes; the package header; padding to the end of the
 *     last block but 12 bytes: Adler-32 (RFC 1950) of all before, bytes, "BlbE"
 *
 * The slots may claim the same bytes many times; a slot that overlaps another is a gap, so that no
 * byte is read twice.
 */
#include <stdlib.h>

#include "base/vec.h"
#include "extract/rpm-packages.h"

#define WHAT        "packages (rpm, ndb)"
#define NDB_MAX     ((size_t)512 << 20)
#define PAGE_SIZE   4096u
#define BLOCK_SIZE  16u
#define SLOT_SIZE   16u
#define HEADER_SIZE 32u
#define BLOB_HEAD   16u
#define BLOB_TAIL   12u

static const char *const paths[] = {
    "var/lib/rpm/Packages.db",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/share/rpm/Packages.db",
    NULL,
};

struct slot {
    uint32_t package, block, blocks;
};

struct slots {
    BW_VEC(struct slot);
};

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t adler32(const uint8_t *p, size_t n)
{
    uint32_t a = 1, b = 0;
    while (n) {
        size_t run = n < 5552 ? n : 5552; /* the most before b could overflow */
        n -= run;
        for (; run; run--) {
            a += *p++;
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

static int read_slots(const uint8_t *p, size_t n, struct slots *slots, struct bw_record_gaps *gaps,
                      struct bw_err *err)
{
    if (n < PAGE_SIZE || memcmp(p, "RpmP", 4) != 0)
        return bw_err_set(err, BW_EFORMAT, "not an ndb package database");
    if (le32(p + 4) != 0)
        return bw_err_set(err, BW_EUNSUPPORTED, "ndb package database of version %u", le32(p + 4));
    uint64_t end = (uint64_t)le32(p + 12) * PAGE_SIZE;
    if (end == 0 || end > n)
        return bw_err_set(err, BW_EFORMAT, "the ndb package database is cut in its slots");
    for (size_t at = HEADER_SIZE; at < end; at += SLOT_SIZE) {
        struct slot slot = {le32(p + at + 4), le32(p + at + 8), le32(p + at + 12)};
        if (memcmp(p + at, "Slot", 4) != 0)
            return bw_err_set(err, BW_EFORMAT, "the slot at byte %zu of the ndb package database",
                              at);
        if (slot.block == 0)
            continue;
        uint64_t from = (uint64_t)slot.block * BLOCK_SIZE;
        if (slot.package == 0 || slot.blocks == 0 || from < end || from > n ||
            (uint64_t)slot.blocks * BLOCK_SIZE > n - from) {
            bw_record_gap(gaps, BW_GAP_BLOCKING, 0,
                          "record %u lies outside of the database: it may be cut", slot.package);
            continue;
        }
        struct slot *new = BW_VEC_PUSH(slots, SIZE_MAX / sizeof *new);
        if (!new)
            return bw_err_set(err, BW_ENOMEM, "no memory for the slots of a package database");
        *new = slot;
    }
    return 0;
}

static int compare_slots(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return (x->package > y->package) - (x->package < y->package);
}

static int read_blob(const uint8_t *p, const struct slot *slot, struct bw_rpm_packages *to,
                     struct bw_err *err)
{
    const uint8_t *blob = p + (size_t)slot->block * BLOCK_SIZE;
    size_t size = (size_t)slot->blocks * BLOCK_SIZE;
    uint64_t want = (uint64_t)BLOB_HEAD + le32(blob + 12) + BLOB_TAIL;
    const uint8_t *tail = blob + size - BLOB_TAIL;
    if (memcmp(blob, "BlbS", 4) != 0 || le32(blob + 4) != slot->package ||
        (want + BLOCK_SIZE - 1) / BLOCK_SIZE != slot->blocks || memcmp(tail + 8, "BlbE", 4) != 0 ||
        le32(tail + 4) != le32(blob + 12)) {
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0,
                      "record %u: the frame of its header is damaged", slot->package);
        return 0;
    }
    if (adler32(blob, size - BLOB_TAIL) != le32(tail))
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0,
                      "record %u: its checksum is wrong, so it may say something else",
                      slot->package);
    return bw_rpm_packages_blob(to, slot->package, blob + BLOB_HEAD, le32(blob + 12), err);
}

static int read_blobs(const uint8_t *p, struct slots *slots, struct bw_rpm_packages *to,
                      struct bw_err *err)
{
    if (slots->n)
        qsort(slots->v, slots->n, sizeof *slots->v, compare_slots);
    uint64_t end = 0;
    int rc = 0;
    for (size_t i = 0; i < slots->n && !rc; i++) {
        const struct slot *slot = &slots->v[i];
        if (slot->block < end) {
            bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0, "record %u overlaps another one",
                          slot->package);
            continue;
        }
        end = (uint64_t)slot->block + slot->blocks;
        rc = read_blob(p, slot, to, err);
    }
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_rpm_packages to = bw_rpm_packages(path, BW_STR(WHAT), sink);
    struct slots slots = {0};
    int rc = read_slots(p, n, &slots, &to.gaps, err);
    if (!rc)
        rc = read_blobs(p, &slots, &to, err);
    BW_VEC_FREE(&slots);
    return bw_rpm_packages_end(&to, rc);
}

const struct bw_parser bw_parser_rpm_ndb = {
    .name = "rpm-ndb",
    .what = WHAT,
    .paths = paths,
    .max = NDB_MAX,
    .parse = parse,
};
