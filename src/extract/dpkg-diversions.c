/*
 * var/lib/dpkg/diversions: files that dpkg put elsewhere because another package, or the
 * administrator, wanted their place (dpkg-divert(1)). Three lines each: the place, where the file
 * of all other packages went, and the package that has the place (":" for the administrator).
 *
 * Both paths become files of no package told: each is somebody's, and neither has to be what the
 * package that lists it shipped. A cut last entry is a blocking gap.
 */
#include "extract/parser.h"
#include "extract/path-list.h"
#include "extract/record.h"

#define WHAT           "diverted files (dpkg)"
#define DIVERSIONS_MAX ((size_t)4 << 20)

static const char *const paths[] = {"var/lib/dpkg/diversions", NULL};

static int gather(struct bw_str text, struct bw_path_list *files, struct bw_record_gaps *gaps,
                  struct bw_err *err)
{
    struct bw_str place, elsewhere, by;
    uint32_t line = 1;
    for (; bw_str_line(&text, &place); line += 3) {
        if (!bw_str_line(&text, &elsewhere) || !bw_str_line(&text, &by)) {
            bw_record_gap(gaps, BW_GAP_BLOCKING, line, "the last diversion has fewer lines than 3");
            return 0;
        }
        int rc = bw_path_list_add(files, (struct bw_str){0}, place, err);
        if (!rc)
            rc = bw_path_list_add(files, (struct bw_str){0}, elsewhere, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_record_gaps gaps = {sink, path, BW_STR(WHAT), 0};
    struct bw_path_list files BW_CLEANUP(bw_path_list_free) = BW_PATH_LIST;
    int rc = gather(bw_str_n(p, n), &files, &gaps, err);
    if (rc || files.n == 0)
        return rc;
    struct bw_fact fact = {
        .kind = BW_FACT_OWNERSHIP,
        .place = {.path = path},
        .ownership = {.type = BW_PACKAGE_DEB, .files = bw_path_list_get(&files)},
    };
    return sink->fact(sink->ctx, &fact, err);
}

const struct bw_parser bw_parser_dpkg_diversions = {
    .name = "dpkg-diversions",
    .what = WHAT,
    .paths = paths,
    .max = DIVERSIONS_MAX,
    .parse = parse,
};
