/*
 * import-remote.h: sources behind http and https; see import.h for the layout and the ways.
 */
#ifndef BW_KNOW_IMPORT_REMOTE_H
#define BW_KNOW_IMPORT_REMOTE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "know/import.h"
#include "know/store-writer.h"
#include "model/package.h"

/* http:, https:, file: */
bool bw_import_is_url(const char *text);

/* One ecosystem of a bucket. BW_ENOENT where the bucket does not have it. */
int bw_import_remote_ecosystem(struct bw_import *import, const char *root, struct bw_str name,
                               struct bw_err *err) BW_MUST_USE;

/* The ecosystems to take of a bucket, by import.h; sets import->probing where names are guesses. A
 * bucket that does not answer is known here, before each ecosystem waits for it. */
int bw_import_remote_list(struct bw_import *import, const char *root, bool all,
                          struct bw_arena *arena, struct bw_strs *ret_names,
                          struct bw_err *err) BW_MUST_USE;

/* A catalog: hands its bytes to `put`, or not where it is unchanged. BW_ENOENT: not there. */
int bw_import_remote_file(struct bw_import *import, const char *url, struct bw_str source,
                          int (*put)(struct bw_import *import, struct bw_str json,
                                     const struct bw_source_state *state, struct bw_err *err),
                          struct bw_err *err) BW_MUST_USE;

#endif
