/*
 * var/lib/dpkg/status.d/NAME: a file a package, as images without dpkg ("distroless") have them.
 * NAME.md5sums beside it lists its files: dpkg-list.c, which is asked before this parser.
 */
#include "extract/dpkg-stanza.h"

#define WHAT       "packages (dpkg status.d)"
#define STATUS_MAX ((size_t)16 << 20)

static const char *const paths[] = {"var/lib/dpkg/status.d/*", NULL};

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    return bw_dpkg_stanzas_parse(path, p, n, sink, BW_STR(WHAT), err);
}

const struct bw_parser bw_parser_dpkg_status_d = {
    .name = "dpkg-status-d",
    .what = WHAT,
    .paths = paths,
    .max = STATUS_MAX,
    .parse = parse,
};
