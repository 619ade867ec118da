/*
 * var/lib/dpkg/status: the packages of Debian, Ubuntu and what derives from them.
 */
#include "extract/dpkg-stanza.h"

#define WHAT       "packages (dpkg)"
#define STATUS_MAX ((size_t)128 << 20)

static const char *const paths[] = {"var/lib/dpkg/status", NULL};

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    return bw_dpkg_stanzas_parse(path, p, n, sink, BW_STR(WHAT), err);
}

const struct bw_parser bw_parser_dpkg_status = {
    .name = "dpkg-status",
    .what = WHAT,
    .paths = paths,
    .max = STATUS_MAX,
    .parse = parse,
};
