/*
 * rpmdb.sqlite-wal: the write-ahead log of rpm's database (sqlite.org/fileformat2.html, section 4).
 * What was committed to it and not yet moved into the database is missing from the database, so
 * such a log is a blocking gap. A log that SQLite would ignore too (empty, of another format, or
 * whose frames are left over from before: salt and checksum tell) says nothing.
 *
 *   header, 32 bytes: magic (its lowest bit: checksums over big-endian words), format 3007000, page
 *     size, sequence, two salts, checksum of all before
 *   frames: page number, pages of the database after a commit (0: not one), the salts, checksum of
 *     the first 8 bytes and the page, continued from the frame before; the page
 */
#include "extract/parser.h"

#define WHAT         "packages (rpm, SQLite log)"
#define WAL_MAX      ((size_t)512 << 20)
#define WAL_HEADER   32u
#define FRAME_HEADER 24u
#define WAL_MAGIC    0x377f0682u
#define WAL_FORMAT   3007000u

static const char *const paths[] = {
    "var/lib/rpm/rpmdb.sqlite-wal",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "usr/share/rpm/rpmdb.sqlite-wal",
    NULL,
};

struct sum {
    uint32_t a, b;
    bool big_endian;
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* n is a multiple of 8. */
static void add_sum(struct sum *sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint32_t x = be32(p + i), y = be32(p + i + 4);
        sum->a += (sum->big_endian ? x : __builtin_bswap32(x)) + sum->b;
        sum->b += (sum->big_endian ? y : __builtin_bswap32(y)) + sum->a;
    }
}

static bool sum_is(const struct sum *sum, const uint8_t *p)
{
    return sum->a == be32(p) && sum->b == be32(p + 4);
}

/* Whether a transaction was committed to the log. */
static bool has_commit(const uint8_t *p, size_t n)
{
    if (n < WAL_HEADER || (be32(p) & ~1u) != WAL_MAGIC || be32(p + 4) != WAL_FORMAT)
        return false;
    size_t page = be32(p + 8);
    struct sum sum = {.big_endian = be32(p) & 1};
    add_sum(&sum, p, 24);
    if (!sum_is(&sum, p + 24) || page < 512 || page > 65536 || (page & (page - 1)))
        return false;
    for (size_t at = WAL_HEADER; n - at >= FRAME_HEADER + page; at += FRAME_HEADER + page) {
        const uint8_t *frame = p + at;
        add_sum(&sum, frame, 8);
        add_sum(&sum, frame + FRAME_HEADER, page);
        if (memcmp(frame + 8, p + 16, 8) != 0 || !sum_is(&sum, frame + 16))
            return false;
        if (be32(frame + 4))
            return true;
    }
    return false;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    (void)err;
    if (has_commit(p, n))
        sink->gap(sink->ctx, BW_GAP_BLOCKING, path, BW_STR(WHAT),
                  BW_STR("changes to the package database lie in its log, which is not read; "
                         "`rpm --rebuilddb` in the image puts them into the database"));
    return 0;
}

const struct bw_parser bw_parser_rpm_sqlite_wal = {
    .name = "rpm-sqlite-wal",
    .what = WHAT,
    .paths = paths,
    .max = WAL_MAX,
    .parse = parse,
};
