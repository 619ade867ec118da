/*
 * ZIP archives of other kinds: their members are examined as files (archive-members.h); a wheel's
 * METADATA and a NuGet package's nuspec are then found by their paths.
 */
#include "extract/archive-members.h"

#define WHAT        "members of a ZIP archive"
#define ARCHIVE_MAX ((size_t)512 << 20)

static const char *const paths[] = {
    "**/*.zip", "**/*.whl", "**/*.egg", "**/*.nupkg", NULL,
};

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_record_gaps gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)};
    struct bw_members members;
    int rc = bw_members_open(p, n, &gaps, &members, err);
    if (rc)
        return rc;
    rc = bw_members_examine(&members, err);
    bw_members_free(&members);
    bw_record_gaps_end(&gaps);
    return rc;
}

const struct bw_parser bw_parser_zip = {
    .name = "zip",
    .what = WHAT,
    .paths = paths,
    .max = ARCHIVE_MAX,
    .parse = parse,
};
