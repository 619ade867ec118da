#include "know/builtin.h"

#include "know/builtin-table.h"
#include "know/osv-rating.h"
#include "know/store-writer.h"
#include "wrap/sha256.h"

/* Of the table: what a record without a date of its own is as old as. */
#define MADE "2025-11-01T00:00:00Z"

#define MEMORY_MAX ((size_t)1 << 20)

struct made {
    struct bw_osv_record record;
    struct bw_osv_affected affected[BW_BUILTIN_FIXES_MAX];
    struct bw_osv_interval intervals[BW_BUILTIN_FIXES_MAX];
    struct bw_str cve;
};

static void make_affected(const struct bw_builtin_advisory *from, struct made *made)
{
    size_t n = 0;
    for (; n < BW_BUILTIN_FIXES_MAX && from->fixes[n].ecosystem; n++) {
        const struct bw_builtin_fix *fix = &from->fixes[n];
        made->intervals[n] = (struct bw_osv_interval){.introduced = bw_str(fix->introduced),
                                                      .fixed = bw_str(fix->fixed)};
        made->affected[n] = (struct bw_osv_affected){
            .ecosystem = bw_str(fix->ecosystem),
            .package = bw_str(fix->package),
            .intervals = &made->intervals[n],
            .intervals_n = 1,
            .rating = BW_OSV_RATING_NONE,
        };
    }
    made->record.affected = made->affected;
    made->record.affected_n = n;
}

static int make(const struct bw_builtin_advisory *from, struct bw_arena *arena, struct made *made,
                struct bw_err *err)
{
    made->cve = bw_str(from->cve);
    made->record = (struct bw_osv_record){
        .id = made->cve,
        .modified = BW_STR(MADE),
        .summary = bw_str(from->title),
        .cves = {&made->cve, 1},
        .rating = BW_OSV_RATING_NONE,
    };
    made->record.url = bw_arena_printf(arena, "https://www.cve.org/CVERecord?id=%s", from->cve);
    make_affected(from, made);
    if (!made->record.url.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    return bw_osv_rate_vector(bw_str(from->vector), arena, &made->record.rating, err);
}

static int put(struct bw_writer *writer, int64_t source, const struct bw_builtin_advisory *from,
               struct bw_arena *arena, struct bw_err *err)
{
    struct made made;
    uint8_t digest[BW_SHA256_SIZE];
    int rc = make(from, arena, &made, err);
    if (rc)
        return rc;
    struct bw_writer_file file = {
        .source = source, .name = made.cve, .modified = made.record.modified};
    if (bw_sha256(from->vector, strlen(from->vector), digest))
        return bw_err_set(err, BW_EINTERNAL, "SHA-256 failed");
    memcpy(file.digest, digest, sizeof file.digest);
    rc = bw_writer_put(writer, &file, &made.record, err);
    if (rc == 0 && *from->exploited)
        rc = bw_writer_put_kev(writer, made.cve, bw_str(from->exploited), from->ransomware, err);
    return rc;
}

int bw_builtin_open(struct bw_sqlite **ret_db, struct bw_err *err)
{
    struct bw_writer *writer BW_CLEANUP(bw_writer_freep) = NULL;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(MEMORY_MAX);
    int64_t source;
    int rc =
        arena ? bw_writer_open_memory(&writer, err) : bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc == 0)
        rc = bw_writer_source(writer, BW_STR("builtin"), &source, err);
    for (size_t i = 0; rc == 0 && i < BW_BUILTIN_ADVISORIES_N; i++)
        rc = put(writer, source, &BW_BUILTIN_ADVISORIES[i], arena, err);
    if (rc == 0)
        rc = bw_writer_set_builtin(writer, err);
    return rc ? rc : bw_writer_take(writer, ret_db, err);
}
