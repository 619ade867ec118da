/*
 * download.h: one URL into a file, resumed where an earlier run was cut off.
 *
 * The bytes gather in NAME.part of the writer's download folder; NAME.part.of beside it says of
 * which URL and ETag they are, without which they are not continued.
 */
#ifndef BW_KNOW_DOWNLOAD_H
#define BW_KNOW_DOWNLOAD_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "know/import.h"
#include "wrap/curl.h"

enum bw_download_outcome {
    BW_DOWNLOAD_WHOLE,     /* fd has the bytes, etag is theirs */
    BW_DOWNLOAD_UNCHANGED, /* what the given ETag names is still current */
    BW_DOWNLOAD_NEWER,     /* it is not, and no more than that was asked */
    BW_DOWNLOAD_ABSENT,
};

struct bw_download {
    int fd; /* -1 unless WHOLE */
    char etag[BW_CURL_ETAG_MAX + 1];
    char *part, *part_of; /* paths */
};

/* etag: NULL or "" for none. only_ask: stop before the bytes where there are new ones. name labels
 * the progress and, percent-encoded, the file. */
int bw_download_get(struct bw_import *import, const char *url, struct bw_str name, const char *etag,
                    bool only_ask, struct bw_download *ret_download,
                    enum bw_download_outcome *ret_outcome, struct bw_err *err) BW_MUST_USE;

/* Closes and removes what was gathered, as it is imported, or no good. */
void bw_download_discard(struct bw_download *download);

/* Closes; what was gathered stays to be continued. Takes a zeroed one with fd -1. */
void bw_download_close(struct bw_download *download);

/* A small answer into memory: a 2xx gives its bytes. UNCHANGED as above. */
int bw_download_small(struct bw_import *import, const char *url, const char *etag,
                      struct bw_buf *buf, char ret_etag[BW_CURL_ETAG_MAX + 1],
                      enum bw_download_outcome *ret_outcome, struct bw_err *err) BW_MUST_USE;

#endif
