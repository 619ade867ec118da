/*
 * cache.h: what scans found, for the next one: by what it was found in and by which build.
 *
 * One SQLite file in WAL mode that any number of processes use at once; each entry is written in a
 * transaction of its own. A scan never depends on it: a cache that cannot be opened, read or
 * written is none, and a line in the log says so once.
 *
 *   entry(kind, key, used, size, label, build, bytes)   bytes are a zstd frame; used is the day
 *                                                       since 1970
 *
 * Kinds and what their keys are made of, beside the build and the options that matter:
 *   LAYER    the layer's digest -> its records, as wire.h has them
 *   SUBJECT  the digests of the configuration and of all layers, the manifest's annotations -> the
 *            subject and its note gaps
 *   BLOB     device, inode, size, times and range of a file -> the digest that it was verified to
 *            have
 *   MEMBERS  the same -> the members of a tar
 *   LOOK     the lowest layer's digest -> which checksums to take
 *
 * Place: $BULWARK_CACHE, else for root /var/cache/bulwark/cache.db, else
 * $XDG_CACHE_HOME/bulwark/cache.db, else ~/.cache/bulwark/cache.db. Its bytes are trusted no more
 * than a worker's: everything is checked when it is read.
 */
#ifndef BW_SCAN_CACHE_H
#define BW_SCAN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "wrap/sha256.h"

/* Bytes of all entries; the least recently used go first. */
#define BW_CACHE_SIZE_MAX ((uint64_t)4 << 30)

/* Bytes of one entry, unpacked. Larger ones are not kept. */
#define BW_CACHE_ENTRY_MAX ((size_t)256 << 20)

enum bw_cache_kind {
    BW_CACHE_LAYER,
    BW_CACHE_SUBJECT,
    BW_CACHE_BLOB,
    BW_CACHE_MEMBERS,
    BW_CACHE_LOOK,
};

struct bw_cache;

struct bw_cache_key {
    uint8_t bytes[BW_SHA256_SIZE];
};

/* Gathers what a key is made of. */
struct bw_cache_parts {
    struct bw_sha256 *sha;
};
struct bw_cache_parts bw_cache_parts(void);
void bw_cache_part(struct bw_cache_parts *parts, struct bw_str part);
void bw_cache_part_u64(struct bw_cache_parts *parts, uint64_t part);
/* Ends the parts. false when memory was short. */
bool bw_cache_key(struct bw_cache_parts *parts, struct bw_cache_key *ret_key) BW_MUST_USE;

/* Device, inode, size and times of an open file, and a range of it. false where it is no regular
 * file, or it was changed within the last two seconds: a change to come could go unnoticed. */
bool bw_cache_identify(int fd, uint64_t offset, uint64_t size, struct bw_cache_key *ret_key);

/* free(3) it. BW_EUSAGE where there is no home directory. */
int bw_cache_default_path(char **ret_path, struct bw_err *err) BW_MUST_USE;

/* Makes the file and its directories where they are missing, for this user alone. */
int bw_cache_open(const char *path, struct bw_cache **ret_cache, struct bw_err *err) BW_MUST_USE;
void bw_cache_close(struct bw_cache *cache); /* takes NULL */

/* Appends the bytes of an entry. false where there is none, or cache is NULL. */
bool bw_cache_get(struct bw_cache *cache, enum bw_cache_kind kind, const struct bw_cache_key *key,
                  struct bw_buf *to);

/* Keeps an entry. `label` is what people call it; empty for none. */
void bw_cache_put(struct bw_cache *cache, enum bw_cache_kind kind, const struct bw_cache_key *key,
                  struct bw_str label, struct bw_str bytes);

/* Every subject of this build, the most recently used first, one for each label. Non-zero from
 * `each` stops and is returned. */
int bw_cache_subjects(struct bw_cache *cache,
                      int (*each)(void *ctx, struct bw_str label, struct bw_str bytes,
                                  struct bw_err *err),
                      void *ctx, struct bw_err *err) BW_MUST_USE;

#endif
