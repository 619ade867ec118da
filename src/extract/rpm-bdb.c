/*
 * Packages: rpm's Berkeley DB database, before 2020 (CentOS 7, Amazon Linux 2, Photon): a hash
 * table (Berkeley DB 4 and 5, hash version 8 to 10) from a 4-byte number to a package header. Its
 * numbers are in the byte order of the machine that wrote it, which the magic number tells.
 *
 * A page has 26 bytes of head: 8 its own number, 16 the next page of the chain, 20 the items on it,
 * 22 bytes used (overflow pages), 25 its type; then a 16-bit offset an item, items growing from the
 * page's end downwards. Items are, in turn, keys and values: a type byte (1: bytes follow; 3: on
 * overflow pages, whose first number and whole length stand at 4 and 8).
 *
 * Bucket b starts at page b + spares[bits of b], and each page belongs to one chain: a page that
 * comes up twice is a gap, so that no page is read twice and no chain is endless.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "extract/rpm-header.h"
#include "extract/rpm-packages.h"

#define WHAT        "packages (rpm, Berkeley DB)"
#define BDB_MAX     ((size_t)512 << 20)
#define META_SIZE   512u
#define HEAD_SIZE   26u
#define MAGIC_HASH  0x00061561u
#define MAGIC_BTREE 0x00053162u
#define SPARES      32u

enum page_type {
    PAGE_HASH_UNSORTED = 2,
    PAGE_OVERFLOW = 7,
    PAGE_HASH = 13
};
enum item_type {
    ITEM_BYTES = 1,
    ITEM_OFF_PAGE = 3
};

static const char *const paths[] = {
    "var/lib/rpm/Packages",
    "usr/lib/sysimage/rpm/Packages",
    "usr/share/rpm/Packages",
    NULL,
};

struct database {
    const uint8_t *p;
    size_t page_size;
    uint32_t pages; /* whole pages that are there */
    bool swapped;   /* big-endian */
    uint32_t max_bucket;
    uint32_t spares[SPARES];
    uint8_t *seen; /* a bit a page */
    struct bw_buf value;
};

static uint32_t u32(const struct database *db, const uint8_t *p)
{
    if (db->swapped)
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t u16(const struct database *db, const uint8_t *p)
{
    return db->swapped ? (uint32_t)p[0] << 8 | p[1] : p[0] | (uint32_t)p[1] << 8;
}

static int open_kind(struct database *db, struct bw_err *err)
{
    db->swapped = false;
    uint32_t magic = u32(db, db->p + 12);
    if (magic != MAGIC_HASH && magic != MAGIC_BTREE) {
        db->swapped = true;
        magic = u32(db, db->p + 12);
    }
    if (magic == MAGIC_BTREE)
        return bw_err_set(err, BW_EUNSUPPORTED, "a Berkeley DB tree, where rpm has a hash table");
    if (magic != MAGIC_HASH)
        return bw_err_set(err, BW_EFORMAT, "not a Berkeley DB database");
    uint32_t version = u32(db, db->p + 16);
    if (version < 8 || version > 10)
        return bw_err_set(err, BW_EUNSUPPORTED, "Berkeley DB hash table of version %u", version);
    if (db->p[24])
        return bw_err_set(err, BW_EUNSUPPORTED, "the Berkeley DB database is encrypted");
    return 0;
}

static int open_database(const uint8_t *p, size_t n, struct database *db, struct bw_err *err)
{
    if (n < META_SIZE)
        return bw_err_set(err, BW_EFORMAT, "not a Berkeley DB database");
    db->p = p;
    int rc = open_kind(db, err);
    if (rc)
        return rc;
    db->page_size = u32(db, p + 20);
    if (db->page_size < 512 || db->page_size > 65536 || (db->page_size & (db->page_size - 1)))
        return bw_err_set(err, BW_EFORMAT, "Berkeley DB pages of %zu bytes", db->page_size);
    uint64_t last = u32(db, p + 32);
    uint64_t there = n / db->page_size;
    db->pages = (uint32_t)(last + 1 < there ? last + 1 : there);
    db->max_bucket = u32(db, p + 72);
    if (db->max_bucket >= there)
        return bw_err_set(err, BW_EFORMAT, "the Berkeley DB database is cut, or its head damaged");
    for (size_t i = 0; i < SPARES; i++)
        db->spares[i] = u32(db, p + 96 + 4 * i);
    db->seen = calloc(db->pages / 8 + 1, 1);
    db->value = BW_BUF(BW_RPM_HEADER_MAX);
    return db->seen ? 0 : bw_err_set(err, BW_ENOMEM, "no memory for a package database");
}

/* The page with that number, the first time it is asked for; else NULL. */
static const uint8_t *take_page(struct database *db, uint64_t number)
{
    if (number == 0 || number >= db->pages || (db->seen[number / 8] >> number % 8 & 1))
        return NULL;
    db->seen[number / 8] |= (uint8_t)(1u << number % 8);
    const uint8_t *page = db->p + number * db->page_size;
    return u32(db, page + 8) == number ? page : NULL;
}

static uint64_t page_of_bucket(const struct database *db, uint32_t bucket)
{
    unsigned bits = bucket ? 32u - (unsigned)__builtin_clz(bucket) : 0;
    return bits < SPARES ? (uint64_t)bucket + db->spares[bits] : 0;
}

struct item {
    const uint8_t *p;
    size_t n;
};

/* Item i of a page: it ends where the one before starts. */
static bool item_at(const struct database *db, const uint8_t *page, uint32_t i, struct item *ret)
{
    size_t start = u16(db, page + HEAD_SIZE + 2 * (size_t)i);
    size_t end = i ? u16(db, page + HEAD_SIZE + 2 * (size_t)i - 2) : db->page_size;
    if (start >= end || end > db->page_size)
        return false;
    *ret = (struct item){page + start, end - start};
    return true;
}

/* Gathers what lies on overflow pages into db->value. */
static bool read_overflow(struct database *db, const struct item *item, struct item *ret)
{
    if (item->n != 12)
        return false;
    uint64_t number = u32(db, item->p + 4);
    size_t left = u32(db, item->p + 8);
    bw_buf_clear(&db->value);
    while (left) {
        const uint8_t *page = take_page(db, number);
        size_t used = page ? u16(db, page + 22) : 0;
        if (!page || page[25] != PAGE_OVERFLOW || used == 0 || used > db->page_size - HEAD_SIZE ||
            used > left)
            return false;
        bw_buf_add(&db->value, page + HEAD_SIZE, used);
        left -= used;
        number = u32(db, page + 16);
    }
    *ret = (struct item){db->value.p, db->value.n};
    return !bw_buf_failed(&db->value) && ret->n;
}

static bool read_item(struct database *db, const struct item *item, struct item *ret)
{
    if (item->p[0] == ITEM_OFF_PAGE)
        return read_overflow(db, item, ret);
    *ret = (struct item){item->p + 1, item->n - 1};
    return item->p[0] == ITEM_BYTES;
}

static void bad_page(struct bw_rpm_packages *to, uint64_t number)
{
    bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0, "page %llu of the database is damaged",
                  (unsigned long long)number);
}

/* Record 0 holds the last number that was given, and is no package. */
static int read_pair(struct database *db, const struct item *key, const struct item *value,
                     struct bw_rpm_packages *to, struct bw_err *err)
{
    struct item blob;
    uint32_t number = u32(db, key->p + 1);
    if (number == 0)
        return 0;
    if (!read_item(db, value, &blob)) {
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0,
                      "record %u: its pages are damaged, or it is larger than %zu bytes", number,
                      BW_RPM_HEADER_MAX);
        return 0;
    }
    return bw_rpm_packages_blob(to, number, blob.p, blob.n, err);
}

/* Ends at the first item that is not in its place: behind it items could overlap. */
static int read_page(struct database *db, const uint8_t *page, struct bw_rpm_packages *to,
                     struct bw_err *err)
{
    struct item key, value;
    uint32_t items = u16(db, page + 20);
    bool good = items % 2 == 0 && items <= (db->page_size - HEAD_SIZE) / 2 &&
                (page[25] == PAGE_HASH || page[25] == PAGE_HASH_UNSORTED);
    int rc = 0;
    for (uint32_t i = 0; i < items && good && !rc; i += 2) {
        good = item_at(db, page, i, &key) && item_at(db, page, i + 1, &value) && key.n == 5 &&
               key.p[0] == ITEM_BYTES;
        if (good)
            rc = read_pair(db, &key, &value, to, err);
    }
    if (!good)
        bad_page(to, u32(db, page + 8));
    return rc;
}

static int read_bucket(struct database *db, uint64_t number, struct bw_rpm_packages *to,
                       struct bw_err *err)
{
    int rc = 0;
    do {
        const uint8_t *page = take_page(db, number);
        if (!page) {
            bad_page(to, number);
            return 0;
        }
        rc = read_page(db, page, to, err);
        number = u32(db, page + 16);
    } while (!rc && number);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_rpm_packages to = bw_rpm_packages(path, BW_STR(WHAT), sink);
    struct database db = {0};
    int rc = open_database(p, n, &db, err);
    for (uint32_t bucket = 0; !rc && bucket <= db.max_bucket; bucket++)
        rc = read_bucket(&db, page_of_bucket(&db, bucket), &to, err);
    free(db.seen);
    bw_buf_free(&db.value);
    return bw_rpm_packages_end(&to, rc);
}

const struct bw_parser bw_parser_rpm_bdb = {
    .name = "rpm-bdb",
    .what = WHAT,
    .paths = paths,
    .max = BDB_MAX,
    .parse = parse,
};
