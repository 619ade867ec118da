/*
 * zip.h: reading ZIP archives (APPNOTE 6.3), by libzip.
 *
 * Archives may be hostile: the number of entries is bounded before libzip allocates for them, an
 * entry is read to a bound whatever its header promises, and its CRC is verified.
 */
#ifndef BW_WRAP_ZIP_H
#define BW_WRAP_ZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Most entries of an archive, and its longest file. */
#define BW_ZIP_ENTRIES_MAX 4000000u
#define BW_ZIP_FILE_MAX    ((uint64_t)8 << 30)

struct bw_zip;

/* What the central directory says of an entry. name is valid while the archive is open; it need not
 * be UTF-8. */
struct bw_zip_entry {
    struct bw_str name;
    uint64_t size;   /* uncompressed */
    uint64_t packed; /* as it is stored */
    uint32_t crc32;
    bool directory;
};

/* Opens the archive that the descriptor's file holds, from its beginning; fd stays the caller's
 * and is not used after the call. BW_EFORMAT, BW_ELIMIT, BW_EIO, BW_ENOMEM. */
int bw_zip_open(int fd, struct bw_zip **ret_zip, struct bw_err *err) BW_MUST_USE;
/* The same for an archive in memory, which must outlive it. Bytes in front of the archive (a script
 * that starts it) do not matter. */
int bw_zip_open_memory(const uint8_t *p, size_t n, struct bw_zip **ret_zip,
                       struct bw_err *err) BW_MUST_USE;
void bw_zip_close(struct bw_zip *zip);   /* takes NULL */
void bw_zip_closep(struct bw_zip **zip); /* for BW_CLEANUP */

uint64_t bw_zip_count(const struct bw_zip *zip);
int bw_zip_stat(struct bw_zip *zip, uint64_t index, struct bw_zip_entry *ret_entry,
                struct bw_err *err) BW_MUST_USE;

/* Appends the content of an entry. BW_ELIMIT where buf->max would be passed, BW_EFORMAT where the
 * bytes do not inflate to the size and CRC of the directory, BW_EUNSUPPORTED for encryption and for
 * compression methods that libzip lacks. */
int bw_zip_read(struct bw_zip *zip, uint64_t index, struct bw_buf *buf,
                struct bw_err *err) BW_MUST_USE;

#endif
