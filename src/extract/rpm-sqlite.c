/*
 * rpmdb.sqlite: rpm's database since 2020: a table Packages of numbered header blobs. A log beside
 * it is rpm-sqlite-wal.c's business.
 */
#include "extract/rpm-packages.h"
#include "wrap/sqlite-image.h"

#define WHAT       "packages (rpm, SQLite)"
#define SQLITE_MAX ((size_t)512 << 20)

static const char *const paths[] = {
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/share/rpm/rpmdb.sqlite",
    NULL,
};

static int take_row(void *ctx, int64_t id, const uint8_t *blob, size_t n, struct bw_err *err)
{
    return bw_rpm_packages_blob(ctx, (uint64_t)id, blob, n, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_sqlite_image_query query = {"Packages", "hnum", "blob"};
    struct bw_rpm_packages to = bw_rpm_packages(path, BW_STR(WHAT), sink);
    uint64_t rows = 0;
    int rc = bw_sqlite_image_read(p, n, &query, take_row, &to, &rows, err);
    return bw_rpm_packages_end(&to, rc);
}

const struct bw_parser bw_parser_rpm_sqlite = {
    .name = "rpm-sqlite",
    .what = WHAT,
    .paths = paths,
    .max = SQLITE_MAX,
    .parse = parse,
};
