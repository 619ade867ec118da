/*
 * ZIP archives of other kinds: their members are examined as files (archive-members.h); a wheel's
 * METADATA and a NuGet package's nuspec are then found by their paths.
 *
 * Nothing is installed in such an archive, and many are damaged or encrypted on purpose (the test
 * data of every library that reads them): what cannot be read is a note. A limit blocks all the
 * same.
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
    struct bw_err why = {0};
    int rc = bw_members_open(p, n, &gaps, &members, &why);
    if (rc == BW_EFORMAT || rc == BW_EUNSUPPORTED) {
        bw_record_gap(&gaps, BW_GAP_NOTE, 0, "%s", why.msg);
        bw_record_gaps_end(&gaps);
        return 0;
    }
    if (rc)
        return bw_err_set(err, rc, "%s", why.msg);
    members.damage = BW_GAP_NOTE;
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
