/*
 * Tar archives, whole and in crumbs: both give the same entries, and all paths are normalised.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../tests/unit/crumbs.h"
#include "base/str.h"
#include "unpack/tar.h"
#include "wrap/sha256.h"

#define ENTRIES_MAX 1000u
#define CONTENT_MAX ((size_t)64 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(struct bw_str path)
{
    char out[BW_TAR_PATH_MAX + 1];
    struct bw_str again;
    bool odd;
    if (!bw_tar_normalise(path, out, &again, &odd) || !bw_str_eq(path, again))
        abort();
    enum bw_file_type type;
    if (bw_tar_whiteout(path, out, &type, &again) && again.n >= path.n)
        abort();
}

static void check_entry(struct bw_tar *tar, const struct bw_tar_entry *entry, struct bw_sha256 *sha)
{
    check_path(entry->path);
    if (entry->type == BW_FILE_HARDLINK)
        check_path(entry->link);
    bw_sha256_update(sha, entry->path.p, entry->path.n);
    bw_sha256_update(sha, entry->link.p, entry->link.n);
    bw_sha256_update(sha, &entry->offset, sizeof entry->offset);
    if (entry->size % 3 == 0) /* the others are skipped */
        return;
    uint8_t *p;
    size_t n;
    struct bw_err err;
    if (bw_tar_read(tar, CONTENT_MAX, &p, &n, &err) < 0)
        return;
    if (n != entry->size)
        abort();
    bw_sha256_update(sha, p, n);
    free(p);
}

static int unpack(struct bw_stream *stream, uint8_t digest[BW_SHA256_SIZE])
{
    struct bw_tar *tar = stream ? bw_tar_new(stream, ENTRIES_MAX) : NULL;
    struct bw_sha256 *sha = bw_sha256_new();
    if (!tar || !sha)
        abort();
    struct bw_tar_entry entry;
    struct bw_err err;
    int r;
    while ((r = bw_tar_next(tar, &entry, &err)) > 0)
        check_entry(tar, &entry, sha);
    if (bw_sha256_final(sha, digest))
        abort();
    bw_sha256_free(sha);
    bw_tar_free(tar);
    bw_stream_free(stream);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t whole[BW_SHA256_SIZE], crumbled[BW_SHA256_SIZE];
    int r = unpack(bw_stream_memory(data, size), whole);
    size_t piece = size ? 1 + data[size - 1] % 251 : 1;
    if (r != unpack(crumbs_new(data, size, piece), crumbled) ||
        memcmp(whole, crumbled, sizeof whole) != 0)
        abort();
    return 0;
}
