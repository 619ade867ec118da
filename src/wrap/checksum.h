/*
 * checksum.h: the digests that package databases record of their files, by OpenSSL: MD5 (dpkg),
 * SHA-1 (apk), SHA-256 (rpm). They tell what has changed, not who changed it.
 *
 * As for sha256.h, a process that closes itself in makes one of a kind before.
 */
#ifndef BW_WRAP_CHECKSUM_H
#define BW_WRAP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum bw_checksum_kind {
    BW_CHECKSUM_MD5,
    BW_CHECKSUM_SHA1,
    BW_CHECKSUM_SHA256,
};

#define BW_CHECKSUM_SIZE_MAX 32u

struct bw_checksum;

/* Ready for bytes. NULL when memory is short or OpenSSL does not offer the kind. */
struct bw_checksum *bw_checksum_new(enum bw_checksum_kind kind) BW_MUST_USE;
void bw_checksum_free(struct bw_checksum *checksum);   /* takes NULL */
void bw_checksum_freep(struct bw_checksum **checksum); /* for BW_CLEANUP */

void bw_checksum_update(struct bw_checksum *checksum, const void *p, size_t n);

/* Of all bytes so far, its unused tail zero; the state starts anew. 0, or BW_EINTERNAL. */
int bw_checksum_final(struct bw_checksum *checksum,
                      uint8_t ret_digest[BW_CHECKSUM_SIZE_MAX]) BW_MUST_USE;

#endif
